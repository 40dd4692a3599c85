/* Which fields the list of a register shows, on the page and on paper without a form's table: what tells its records apart.
 * Owner    the pack's.
 * Threads  any. */
#pragma once

#include "regulation/model.h"

/* Those that the register names, in its order; of one that names none those which are there from the beginning and say most, in the order
 * of its fields: days on which something is due, other records, persons, choices, then other days. Never what is sealed, holds several
 * values, or is the unit or the name of the record, which have columns of their own. */
size_t list_columns(const struct reg *reg, const struct field *ret[REG_LIST_MAX]);
