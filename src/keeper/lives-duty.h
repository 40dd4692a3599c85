/* Ends of indicators written anew when the directive says another decay than that by which they were written (doc/design/intelligence.md, LI1): noticed when a
 * day begins and each hour, done beside the loop (keeper/stocking.h), entered when all are written.
 *
 *     lives_look ── another decay ──> "intel-tidy" with "decay" … "renewed" ──> lives_end: the runs bear it, "system/intel-ends"
 *
 * What broke off begins anew: to write an end twice changes nothing.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"
#include "store/decay.h"

struct lives_duty {
    bool is_due, is_done;
    char decay[DECAY_TEXT_MAX + 1]; /* as it is to be (store/decay.h) */
    int64_t opening;                /* of the last run that counts: what is opened later is looked at when this is done */
};

/* In the keeper's transaction. Reads. */
MUST_CHECK int lives_look(struct operation_context *c, struct lives_duty *l);
/* Likewise: where the thread has written them, the rows of the runs and the entry. */
MUST_CHECK int lives_end(struct operation_context *c, struct lives_duty *l);
/* By any reading handle: are ends written by another decay than that text? *ret_opening (may be NULL) as above. */
MUST_CHECK int lives_are_old(struct store *s, struct str decay, bool *ret, int64_t *ret_opening);
