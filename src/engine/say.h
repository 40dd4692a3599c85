/* What would satisfy an unmet condition, in both languages, when the pack does not say it itself; and the words for input that
 * cannot be taken. Threads  any. */
#pragma once

#include "engine/inside.h"

/* "1年6か月", "1 year 6 months" */
MUST_CHECK int say_length(struct duration d, struct buf *ja, struct buf *en);
/* {"ja","en"} for one unmet condition. It names what stands in the way, and which items two lists do not
 * share, as far as the actor may see the records. */
MUST_CHECK int say_cond(struct stage *sc, const struct cond *c, json_t **ret);
/* The same of many values together: without what stands in the way of one of them by name. */
MUST_CHECK int say_rule(struct stage *sc, const struct cond *c, json_t **ret);
