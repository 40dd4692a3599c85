/* Objects that the program itself writes about indicators, and how they come in: as one import, opened at once (LI2, LI3 of doc/design/intelligence.md).
 *
 *     own_print    a sighting, or an opinion that disagrees: a false positive, or, in a run with `object` (intel/run.h), a withdrawal of what others made
 *     own_revoke   a version anew that says `revoked`: a withdrawal of what is our own
 *     own_relation a relationship that tells of a confirmed link
 *     own_bring    such objects as one import
 *
 * Owner    all are borrowed for the call.
 * Threads  any; own_bring() as intel/run.h. */
#pragma once

#include "intel/run.h"

#define OWN_TEXT_MAX 4000u /* bytes of what is said in words */

struct own_report {
    bool is_false;     /* an opinion, else a sighting */
    struct str of;     /* id of an indicator */
    enum tlp tlp;      /* it is marked so: no less than what it is about, of which it tells */
    uint64_t at_us;    /* when it was seen */
    uint64_t now_us;   /* when it is said */
    uint32_t n;        /* how often it was seen, from 1 */
    struct str text;   /* in words; may be empty */
};
/* Appends the object, with a comma where something stands before. 0, -ENOMEM. -ENOSPC: the buffer's limit. */
MUST_CHECK int own_print(const struct own_report *o, struct buf *out);
/* In the same way the object of those bytes as a new version, later than the one that it was. 1: it cannot be one (no object, no `modified`). -ENOMEM, -ENOSPC. */
MUST_CHECK int own_revoke(struct str bytes, uint64_t now_us, struct buf *out);

/* A confirmed link on its way out: a `related-to` of ours, whose id is that of the record and both ends. */
struct own_link {
    const char *record;
    struct str a, b;
    enum tlp tlp; /* it is marked so */
    uint64_t made_us;
};
/* As own_print(). */
MUST_CHECK int own_relation(const struct own_link *l, struct buf *out);

struct own_brought {
    char record[96];  /* of the import */
    uint64_t added;
};
/* `objects`: one or more, with commas between them. 0. RUN_E_REFUSED, RUN_E_WAITS: *ret_answer, and nothing came in. OWN_E_WRONG: an object breaks a rule of
 * STIX, and nothing came in. Negative as run_open(). */
enum { OWN_E_WRONG = 20 };
MUST_CHECK int own_bring(const struct run_setting *s, struct str objects, struct own_brought *ret, json_t **ret_answer);
