/* The ends of indicators in the fourth place (store/intel.h), written where something happens to one: it comes in, or a report on it does. Each is written by
 * whichever of the two comes later, and counts for who sees both (doc/design/intelligence.md, LI1, LI2).
 * Threads  as store/intel.h. */
#pragma once

#include "store/decay.h"
#include "store/segment.h"
#include "store/store.h"

/* An object that says something of lives, as it is written: `audience` and `number` are its own. */
struct intel_life {
    const struct segment_object *o;
    int64_t audience, number;
    int64_t at_us; /* as it counts: nobody saw anything later than now */
};
/* What they say, in the caller's transaction: their rows in the run, and the ends that follow. In the order of ids it is fastest. */
MUST_CHECK int intel_lives_add(struct store *s, const struct decay *decay, int64_t run, const struct intel_life *lives, size_t n);

/* All ends of merged indicators anew, because decay is another now: each from its row and the reports on it, so that whatever was written before is gone, also
 * an end by a version of a report that a newer one has replaced earlier in time. `at` is where the walk stands, zeroed at its beginning; some thousand in a
 * transaction of its own, so that who reads meanwhile finds each indicator with its old end or its new one. *ret_more false: all of them are written.
 * What is not merged yet keeps the ends of its run. (intel-renew.c) */
struct intel_renewal {
    int64_t number;
    char id[SEGMENT_WORD_MAX + 1];
};
MUST_CHECK int intel_lives_renew(struct store *s, const struct decay *d, struct intel_renewal *at, bool *ret_more);
