/* The rows of one page of a list: read by one statement, and of each body no more is decoded than the list shows. How the records are
 * called that the rows name, is read by a second one, for all of them.
 * Owner, limits  as engine_list_rows(), which asks.
 * Threads        as the engine. */
#pragma once

#include "engine/inside.h"

/* The records of those ids into ret->at, in the order of `ids`. One that is not there any more, or out of sight by now, is left out.
 * 0; -EBADMSG: a body cannot be read; then, as after any failure, nothing is kept. */
MUST_CHECK int list_rows_read(struct stage *sc, const struct sight *sight,
                              const struct list_query *q, const char *const *ids, size_t n,
                              struct arena *a, struct list_rows *ret);
