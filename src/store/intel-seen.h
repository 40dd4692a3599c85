/* Which contents a run has whose keys are not written yet, from one segment to the next (doc/design/intelligence.md, ST6). It holds what the place's rows of
 * `pending` say, and what came in these segments and was known elsewhere, so that it can be thrown away at any time: the former is read from the rows, the latter
 * found again where it lies.
 * Owner    whoever writes (struct intel_writing).
 * Size     64 bytes an object at most, of those with INTEL_PENDING_MAX bytes of keys.
 * Threads  as the store's handle. */
#pragma once

#include "store/intel.h"

/* Makes it hold the contents of that run up to `n_segments`. In a transaction. */
MUST_CHECK int intel_seen_fill(struct intel_seen *x, struct store *s, const struct intel_writing *w, int64_t n_segments);
/* *ret: whether it was there already. 0, -ENOMEM. */
MUST_CHECK int intel_seen_add(struct intel_seen *x, int64_t audience, const struct segment_object *o, bool *ret);
/* The transaction was committed: it stands for so many segments, of which none waits for its keys any more if `is_written`. */
void intel_seen_settle(struct intel_seen *x, int64_t n_segments, bool is_written);
/* It was not: nothing is known. */
void intel_seen_forget(struct intel_seen *x);
