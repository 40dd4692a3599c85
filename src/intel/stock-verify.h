/* Threat intelligence against the ledger (doc/design/intelligence.md, ST6, ST12): of each open import the objects' bytes are hashed, the segments' digests and
 * the root derived anew, and held against what its record has, which the ledger cites (engine/verify.h).
 * Owner    nothing stays.
 * Threads  one; the store is a reading handle.
 * Limits   a page of objects in memory. */
#pragma once

#include "base/diag.h"
#include "store/store.h"

/* Findings are errors in diag, each naming the import. *ret_objects: how many were hashed. 0 also when there are findings; negative: it could not be read. */
MUST_CHECK int stock_verify(const char *db, struct store *store, uint64_t *ret_objects, struct diag *diag);
