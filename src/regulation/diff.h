/* What an amended directive changes: as text, and as concrete cases that were allowed and are refused now, or the other way.
 * Threads  any. */
#pragma once

#include "force/force.h"
#include "regulation/facts.h"

#define DIFF_CASES_MAX (UINT64_C(1) << 16) /* combinations of one act in one state that are all tried; of more, a sample */
#define DIFF_CASES_SHOWN 5                 /* of one act */

struct diff_summary {
    size_t n_lines; /* of the text */
    size_t n_cases; /* changed decisions that are shown, and more that are alike */
    size_t n_sampled; /* acts of which not every case was tried */
};

/* Lines into `out`:
 *   "- parameter loan-cap P1Y", "+ parameter loan-cap P6M"      what stands in one text only
 *   "take-outs/leave in permitted: allowed before, forbidden now: unlocked phone take-out [P-3-2-4-I.2]; when …"
 *   "loans: the period loan from 2027-04-01 to 2027-04-03: allowed before, forbidden now [P-3-2-2-I.1]"
 * 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int pack_diff(const struct pack *before, const struct pack *after, const struct force *force, struct buf *out,
                         struct diff_summary *ret);
