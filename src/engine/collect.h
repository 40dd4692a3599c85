/* Lines that collectors on other terminals wrote: trails, settings, scans. Each line has a number and the digest of the line before, so that what
 * was left out, changed or not written shows; what the directive says of it is the pack's. doc/man/collectors.md describes the files.
 *
 *   table     {"headings": [text…], "rows": [[text…]…]}, as engine/takeover.h has it; the headings are names of collect-columns.def
 *   digest    SHA-256 of a line's cells in the order of that file, a tab between each two, in UTF-8; 64 zeros before the first line
 *   mark      a line that says only that the collector lives: it has a number and a digest, and becomes no record
 *   the pack  collections (step enter), collected-lines (enter), terminal-states (settings, scan), and, to find what a cell names, devices.name,
 *             device-sheets.device, media.serial, identities.user_id, media-grants.medium: fields of C code's choosing, as those of cmd/media-gate.h
 *
 * A file may overlap with what was taken before: its lines up to the last one known are passed over when the chain says that they are the same.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define COLLECT_LINES_MAX 1000u  /* lines of a file: all of them are one transaction of the keeper */
#define COLLECT_FAULTS_MAX 200u  /* told; all are counted */
#define COLLECT_DAYS_MAX 366     /* between two lines; what lies further apart is a fault */

enum collect_kind { COLLECT_TRAILS, COLLECT_SETTINGS, COLLECT_SCANS, COLLECT_KINDS };
/* "trails", "settings", "scans"; COLLECT_KINDS: none of them. */
enum collect_kind collect_kind_of(const char *word);
const char *collect_kind_word(enum collect_kind k);

struct collect_column {
    const char *name;
    struct text2 title;
    bool is_required;
};
/* Of the kind, in the order of the digest. */
const struct collect_column *collect_columns(enum collect_kind k, size_t *ret_n);

enum { COLLECT_E_NONE = 1, /* no directive in force has the registers */
       COLLECT_E_FAULTS,   /* *ret tells them; nothing was done */
       COLLECT_E_REFUSED }; /* *ret has "outcome"; the caller undoes what was done, unless "is_first": then nothing but the refusal was */

/* May the person enter a file of some unit? Asked before any row is looked at: what is said of rows tells which devices there are. 0; COLLECT_E_NONE;
 * COLLECT_E_REFUSED: *ret has "outcome" and "is_first", and nothing was entered in the ledger. -EACCES: he is not of the force. */
MUST_CHECK int engine_collect_may(struct engine *e, const char *person, uint64_t now_us, json_t **ret);

/* Judge without doing: {"kind","collector","n_lines","n_new","n_marks","first","last","gaps","breaks","silent","faults":[{"row","col","say"}],"n_faults"}.
 * Rows count from 1, 0 are the headings; columns from 0, -1 is the whole row. Sight: a cell may name any record; who may enter learns no more
 * of it than that it is there. */
MUST_CHECK int engine_collect_judge(struct engine *e, enum collect_kind k, const json_t *table, uint64_t now_us, json_t **ret);

/* Judge, then enter: the collection and a record of each line that is new, by acts of the person, measured by `import`. In the caller's transaction.
 * The judgement with "lines": [{"row","record","state"}] and "states": {state: n}. Nothing new: "n_new" 0, and nothing is entered.
 * < 0, and COLLECT_E_REFUSED as said above: the caller undoes all. */
MUST_CHECK int engine_collect_enter(struct engine *e, struct log *log, const char *person, enum collect_kind k, const char *file_name, const json_t *table,
                                    uint64_t now_us, json_t **ret);
