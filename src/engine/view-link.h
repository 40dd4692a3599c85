/* What a view says of other records: those that name it and those that it names, of both only what the person may see. Whoever opens
 * another is entered as having tried, so no page leads there.
 * Owner    the view. Limits 200 that name it, 1000 different ones that it names; others are left out. Threads as the engine. */
#pragma once

#include "engine/inside.h"

/* "links" of `o`: an array, empty where nothing in his sight names it. 0, -ENOMEM, the store's failures. */
MUST_CHECK int view_put_links(struct stage *sc, const struct sight *sight, const struct record *r, json_t *o);
/* "named" of `o`, likewise. Behind values, personal ones and corrections of `o`, which it reads; all of them are looked up at once. */
MUST_CHECK int view_put_named(struct stage *sc, const struct sight *sight, const struct reg *reg, json_t *o);
