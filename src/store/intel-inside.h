/* What the files of the place of threat intelligence share: see store/intel.h. */
#pragma once

#include "store/intel.h"

enum run_state { RUN_WRITTEN, RUN_FINISHED, RUN_MERGED, RUN_SWEPT };

struct run_row {
    enum run_state state;
    int64_t n_segments, n_objects, levels[STORE_INTEL_LEVELS], audiences[STORE_INTEL_LEVELS];
    struct digest root;
};

/* STORE_E_NONE: nothing of it was written. */
MUST_CHECK int intel_run_get(struct store *s, int64_t run, struct run_row *ret);
/* Ends the transaction, whatever `r` says, which is the answer. */
int intel_settle(struct store *s, int r);

/* Of an object, as the run has it. */
unsigned intel_level_of(uint8_t tlp);
int64_t intel_audience_of(const struct intel_writing *w, const struct segment_object *o);

/* ---- segments whose keys are not written yet (intel-pending.c) ---- */

struct pending {
    int64_t n, first; /* which segment; place of its first object in the run, the others behind it in their order */
    char *keys;       /* what the segment's texts point into */
    struct segment segment;
};
void intel_pending_done(struct pending *p); /* accepts a zeroed one */
/* `keys` as segment_print_keys() prints them. */
MUST_CHECK int intel_pending_add(struct store *s, int64_t run, int64_t n, int64_t first, struct str keys);
/* All of the run, in order; the call may take `keys` and `segment`, and leaves them zeroed then; its answer ends it unless it is 0. -EIO: a row is not what was
 * written. */
typedef int intel_pending_fn(struct pending *p, void *context);
MUST_CHECK int intel_pending_each(struct store *s, int64_t run, intel_pending_fn *call, void *context);

/* ---- their keys (intel-index.c) ---- */

/* Writes ids, lives, values and postings of all that is pending in the run, of `n_segments`; nothing is pending then. In the caller's transaction. */
MUST_CHECK int intel_index(struct store *s, const struct intel_writing *w, int64_t n_segments);
