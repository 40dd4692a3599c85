/* Writing the postings of a run: each value's grow at the end of its last block (doc/design/intelligence.md, CO2).
 * Threads  as store/intel.h. */
#pragma once

#include "store/store.h"

/* Numbers of objects, in order, that come behind those which the run has of that value. */
struct posted {
    int64_t audience, value;
    const int64_t *numbers;
    size_t n;
    bool may_be_there; /* the run may have some of it already */
};
/* In the caller's transaction; in the order of value and audience it is fastest. -EIO: a block is not what was written. */
MUST_CHECK int intel_post(struct store *s, int64_t run, const struct posted *items, size_t n);
/* A difference as blocks hold it (LEB128): how many bytes were written. */
size_t intel_varint(uint64_t v, char ret[10]);
