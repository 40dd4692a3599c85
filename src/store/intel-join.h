/* Small blocks of postings made into one behind the opening (doc/design/intelligence.md, CO2). Private to the fourth place.
 * Owner    all are borrowed for the call.
 * Threads  as the store; in a writer's transaction. */
#pragma once

#include "store/store.h"

/* Of values up to `bound` the small blocks of the run, which were put into run 0 and are still in the run: each goes to the end of the small block of run 0 that it
 * comes behind. No numbers may come between the two any more. */
MUST_CHECK int intel_join(struct store *s, int64_t audience, int64_t run, int64_t bound);
