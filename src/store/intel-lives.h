/* The ends of indicators in the fourth place (store/intel.h), written where something happens to one: it comes in, or a report on it does. Each is written by
 * whichever of the two comes later, and counts for who sees both (doc/design/intelligence.md, LI1, LI2).
 * Threads  as store/intel.h. */
#pragma once

#include "store/decay.h"
#include "store/segment.h"
#include "store/store.h"

/* What the object says, in the caller's transaction: its row in the run, and the ends that follow, under `to_run`. `audience` and `number` are its own. */
struct intel_life {
    const struct decay *decay;
    int64_t audience, run, to_run, number;
};
MUST_CHECK int intel_life_add(struct store *s, const struct intel_life *l, const struct segment_object *o);
