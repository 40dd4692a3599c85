/* What would satisfy an unmet condition, in both languages, when the pack does not say it itself; and the words for input that
 * cannot be taken. Threads  any. */
#pragma once

#include "engine/inside.h"

/* {"ja","en"} for one unmet condition; NULL when out of memory. */
json_t *say_cond(struct stage *sc, const struct cond *c);
