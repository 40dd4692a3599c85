/* Sealing: files into one that only its receiver opens (Z1 to Z5 of doc/design/information.md). Written through outgoing.h, so whole or
 * not at all; opened again by a separate reader before it gets its name.
 * Memory   bounded, whatever the files' sizes. Threads  one call each.
 * Secrets  passwords and keys are borrowed for the call, wiped where they were copied, and in no report and no words. */
#pragma once

#include "base/json.h"

#define SEAL_SOURCES_MAX 10000u
#define SEAL_PASSWORD_MIN 12u /* characters of a given one (H-4-3-4: of secrets) */
#define SEAL_PASSWORD_MAX 128u
#define SEAL_MADE_DEFAULT 20u /* characters of a made one: 115 bits */

enum { SEAL_E_REFUSED = 1 }; /* diag says what is wrong and what would be right */

struct seal_progress {
    void (*tell)(void *user, uint64_t done, uint64_t size); /* bytes; NULL: nobody wants to know */
    void *user;
};

/* One file that goes in; read from its beginning to its end, which must not move meanwhile. */
struct seal_source {
    const char *name; /* its name inside: outgoing_name_is_good(), none twice */
    int fd;           /* a regular file; stays the caller's */
};

/* A ZIP cites its approval in its comment, which every tool shows (`unzip -z`) and nothing proves: whoever has the file can write another one. A box proves it. */
#define SEAL_ZIP_COMMENT "tsujiban-approved "

struct seal_request {
    const char *dir, *name; /* where the sealed file appears, and its name */
    const struct seal_source *sources;
    size_t n;
    struct seal_progress progress;
    const char *approved; /* the manifest by which it was approved (engine/manifest.h), 64 hexadecimal digits; NULL or "": none */
};

/* The report: {"file": NAME, "size": n, "sha256": HEX, "members": [{"name": NAME, "size": n, "sha256": HEX}, …]}; digests of the sealed
 * file as read back from the medium, and of each file inside. */

/* AES-256 in ZIP. `password`: printable ASCII, good by password_judge() of force/password.h.
 * 0; SEAL_E_REFUSED; -ENOMEM. Nothing has the name unless it is 0. */
MUST_CHECK int seal_zip(const struct seal_request *q, struct str password, json_t **ret_report,
                        struct diag *diag);

/* A box says first what is in it: the canonical JSON of {"approved": HEX, "members": [{"name", "sha256", "size"}], "salt": HEX}, whose SHA-256 its header cites
 * in clear. So whoever has the box and not its key can tell that it is the one of a report ("manifest"), nobody can guess from it what is inside, and
 * what was approved, what was sealed and what comes out are held against each other: by whoever opens it, before anything gets its name. The files
 * are read twice for that. */
/* For receivers who run this program: a box (box-seal.h) for each of the keys, or for whoever has the passphrase (any UTF-8 that
 * password_judge() takes). At most BOX_MEMBERS_MAX sources. Answers as seal_zip(). */
struct box_for;
MUST_CHECK int seal_box(const struct seal_request *q, const struct box_for *who,
                        json_t **ret_report, struct diag *diag);
/* Takes the files out of the box that `fd` holds, into the folder `dir`. Nothing is named before the last byte was proved. `shown` is the
 * box's name for the words. The report has no "file" of its own: {"members": […], "manifest": HEX,
 * "approved": HEX where it was said}. With `approved` in `with`, a box of another approval is refused. */
struct box_with;
MUST_CHECK int seal_box_open(int fd, const char *shown, const char *dir, const struct box_with *with,
                         struct seal_progress progress, json_t **ret_report, struct diag *diag);

/* `n` characters (16 to SEAL_PASSWORD_MAX) without 0 O o 1 l I i and signs, drawn evenly, in groups of nothing. */
MUST_CHECK int seal_password_make(unsigned n, struct buf *out);
/* The name of a sealed file: "KJ-0007_機密性2（中）.zip". `id` may be "": the label alone. SEAL_E_REFUSED: not a good name. */
MUST_CHECK int seal_name_make(struct str id, unsigned confidentiality, const char *suffix,
                              struct buf *out);
