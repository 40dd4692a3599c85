/* Records that come to and leave tallies (table `tally`): noted one by one, and written once for each tally, when the transaction commits or before a
 * statement reads them. So a transaction of thousands of records changes a tally once: PostgreSQL keeps each version of a row until the
 * transaction ends, and each further change looks at all of them.
 * What was noted since a savepoint is undone with it; what was noted before and written since, is written again.
 * Owner    the store; inside store_begin() only.
 * Threads  as the store.
 * Source   doc/design/store.md, S19. */
#pragma once

#include "store/store.h"

struct tally_note { /* borrowed for the call */
    const char *reg, *state;
    int64_t audience;
    bool comes; /* else it leaves, and what stands below is not looked at */
    int64_t changed_us, opened_us;
    const char *id;
};

/* Counts as one writing statement in store_n_writes(). 0; -ECANCELED: the work is spoiled; -ENOMEM: nothing is noted. */
MUST_CHECK int store_tally(struct store *s, const struct tally_note *note);
