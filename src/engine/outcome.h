/* What acts and readings answer, as far as it is the same: {"result": …}, and where the entry stands.
 * Threads  any. */
#pragma once

#include "base/json.h"
#include "ledger/log.h"

/* {"result": WORD}, yours. NULL: no memory. */
json_t *outcome(const char *result);
/* "t", "shard" and "seq" of the entry. 0, -ENOMEM. */
MUST_CHECK int outcome_put_place(json_t *o, const struct log_place *place);
/* The same into the outcome that is handed back, which is let go, and NULL, where that fails; NULL before: -ENOMEM. */
MUST_CHECK int outcome_placed(const struct log_place *place, json_t **ret);
/* Only what a record's id is made of, 80 characters at most, goes into the ledger as what was asked for; who asked for something else has mistyped. */
bool outcome_may_name(const char *id);
