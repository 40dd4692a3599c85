/* One rule taken out of a pack. See mutate.h for what that means for each kind.
 * Threads  any. */
#pragma once

#include "base/json.h"
#include "regulation/rules.h"

enum { MUTANT_E_NONE = 1, MUTANT_E_UNREADABLE };
/* `canonical` is the parsed canonical form of row's pack, borrowed and left as it was.
 * MUTANT_E_NONE: such a rule is not taken out by itself. MUTANT_E_UNREADABLE: what is left is no pack. Negative: -ENOMEM. */
MUST_CHECK int mutant_load(const struct pack *pack, const json_t *canonical, const struct rule_row *row, struct pack **ret);
/* The same for one that ends anyhow: `canonical` is of no use afterwards, and a copy is saved. */
MUST_CHECK int mutant_make(const struct pack *pack, json_t *canonical, const struct rule_row *row, struct pack **ret);
/* Two rows that the same change takes out: separations of one pair stand at each of its steps. */
bool mutant_same(const struct rule_row *a, const struct rule_row *b);
