/* Inside src/store: what store.c hands on to the memory of answers (store/recall.h). */
#pragma once

#include "store/driver.h"

/* A query while the store recalls; *ret is not among the open rows yet. As the driver's, and STORE_NOTED. */
MUST_CHECK int recall_query(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret);
/* What was written since is undone. */
void recall_undone(struct store *s);
/* Nothing is kept, and nobody recalls; its rows are closed. */
void recall_free(struct store *s);
/* store.c */
void rows_add(struct store *s, struct rows *rows);
