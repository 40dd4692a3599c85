/* Conditions about the rows of a group and the elements of a list.
 * Threads  as the engine. */
#pragma once

#include "engine/ref.h"

/* Does every row satisfy what a COND_EACH asks of it? None at all does. `permits`: as in gather_cond(). 1, 0 or negative. */
MUST_CHECK int each_holds(struct stage *sc, const struct cond *c, bool permits);
/* Numbers, from 1, of the rows that do not, `max` at most into `ret`; *ret_n: how many there are in all. */
MUST_CHECK int each_unmet(struct stage *sc, const struct cond *c, size_t *ret, size_t max, size_t *ret_n);
