/* What is in a file, down to its last member: types, sizes, digests, what the scanner says of each. Foreign formats are unpacked
 * nowhere else; the process that calls this is guard/examiner.h, which can touch nothing but what it was handed.
 *
 * A file is `clean` only when every byte that can be unpacked was counted, hashed and taken by the scanner. Everything else is
 * `not-examinable`, with the reason and the place, whatever the scanner answered for the whole (第4の1(11): a check that did not
 * see the content is no check).
 *
 * The report, as JSON:
 *   {"verdict": "clean" | "infected" | "not-examinable",
 *    "found": NAME, "why": REASON, "place": "a.zip > b.exe",          of the finding that decides; absent when clean
 *    "scanner": "ClamAV 1.4.6/…",
 *    "unpacked": bytes of all members, "layers": depth reached,
 *    "members": [{"name": "a.zip > b.exe", "layer": 1, "type": "pe", "size": n, "sha256": HEX,
 *                 "verdict": …, "found": NAME, "why": REASON, "macros": true, "runs": WORD,                      as runs.h
 *                 "metadata": [{"kind": KIND, "value": TEXT}, …], "hidden": [{…}, …], "cut": true,      as survey.h; "cut": there is more
 *                 "width": n, "height": n, "orientation": 1..8,
 *                 "named_level": 1..3}, …]}                         the label that a name bears which is too long to be shown whole
 * The first member is the file itself (layer 0). Type, size and digest are absent where not all bytes were read. Names are made visible (utf8_print_safe) and cut at 1,024 bytes, those of
 * members in their middle; " > " stands between layers. An infection anywhere makes the whole infected, else the first reason makes it not examinable.
 * Reasons: `encrypted` (an archive's member, or an office document with a password: as ECMA-376 has it, an old workbook, Word document or slides; a PDF), `layers`, `members`, `size`, `ratio`, `time`, `stream` (larger than the scanner takes), `damaged` (also a ZIP that readers take apart
 * differently: by its directory, by the headers before its members, by another directory; a 7z or an image of a disc that says that it ends beyond the file; a tar or a cabinet that does not say for all readers the same where its members lie),
 * `special` (a device, or a link in an archive: what it would become is not in it), `path` (a member's name leads out of the folder in which it is unpacked: "..", from the root, from a drive), `polyglot` (a file of another kind that ends as a ZIP, or has a RAR, 7z, CAB, LHA or an image of a disc in it, or an archive with another one behind it: some readers open that), `image` (of a disc, whose file system is not opened), `archive` (a container of a kind that nothing here opens: ARJ, ACE, ALZ, EGG, StuffIt, mail folders, a file that is coded as a text), `scanner` (it answered with an error).
 * An image of a disc is gone through twice, by the names of Windows and by those of others. What both lead to under one name is told once; members and bytes are counted for each
 * way by itself (`unpacked` is the larger), the time for both.
 * A message is opened as an archive is; its parts are members of it, and those without a name have their number. So is a compound file (.msg, old office documents, objects in new ones) whose attachments, packages and objects lie in it as they are.
 * Without a scanner verdicts of members are absent, and the whole is `not-scanned` where it would be clean.
 * Threads  one. */
#pragma once

#include "base/json.h"

struct clamd;

/* The pack's parameters lower these ceilings; they never rise above them. */
#define EXAMINE_UNPACKED_MAX ((uint64_t)4 << 30)
#define EXAMINE_MEMBERS_MAX 10000u
#define EXAMINE_LAYERS_MAX 8u
#define EXAMINE_TIME_MAX_S 60u
#define EXAMINE_RATIO_MAX 200u
#define EXAMINE_RATIO_FREE ((uint64_t)64 << 20) /* unpacked bytes before the ratio counts */
#define EXAMINE_SPOOL_MAX ((uint64_t)512 << 20) /* bytes of one archive within an archive */
#define EXAMINE_REPORT_MAX \
    ((size_t)32 << 20)             /* bytes as JSON: so many members with the longest names */
#define EXAMINE_FINDINGS_MAX 2000u /* of all members together, before they are only marked as cut */
#define EXAMINE_PASSWORD_MAX 256u
#define EXAMINE_TEXTS_MAX ((size_t)384 << 10) /* bytes of the text of all members that is told */

struct examine_limits {
    uint64_t unpacked_max;
    unsigned members_max, layers_max, time_s, ratio_max;
    uint64_t stream_max; /* bytes that the scanner takes in one stream (its StreamMaxLength) */
};
extern const struct examine_limits examine_limits_default;
/* Within the ceilings and none of them 0. */
bool examine_limits_are_valid(const struct examine_limits *l);

/* A name of any bytes as it is shown: UTF-8 without controls, 1,024 bytes at most. */
MUST_CHECK int examine_name(const char *name, struct buf *out);

struct examine_input {
    int fd; /* a regular file, or a memory file, read from its beginning; stays the caller's */
    const char *name;     /* as examine_name() makes it */
    const char *password; /* tried on what is encrypted; NULL: none */
    const char *cover;    /* of a message that is sealed: guard/mail-seal.h; NULL: none */
    bool is_drawn;        /* the text of members is told, too; draw_prepare() first */
    bool
        has_cp932; /* names of members in code page 932 are read as such, as with is_drawn: its converter is open */
};

/* 0 with the report, whatever was found; -EIO: the file itself could not be read; -ENOMEM. `deadline_us` is monotonic: the earlier
 * of it and the limit counts. `scanner` NULL: none is asked. */
MUST_CHECK int examine(const struct examine_input *in, const struct examine_limits *limits,
                       struct clamd *scanner, uint64_t deadline_us, json_t **ret_report);
