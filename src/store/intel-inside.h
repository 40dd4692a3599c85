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
