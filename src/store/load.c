#include "store/load.h"

#include <stdlib.h>

int load_init(struct load *l, struct store *s, enum store_stmt id, size_t n)
{
    *l = (struct load){.s = s, .id = id, .n = n, .values = calloc(STORE_ROWS_AT_ONCE * n, sizeof(*l->values))};
    return l->values ? 0 : -ENOMEM;
}

void load_done(struct load *l)
{
    free(l->values);
    *l = (struct load){0};
}

int load_flush(struct load *l)
{
    int r = l->n_rows ? store_run_rows(l->s, l->id, l->values, l->n, l->n_rows) : 0;

    l->n_rows = 0;
    return r;
}

int load_add(struct load *l, const struct value *values, size_t n)
{
    assert(n == l->n);
    memcpy(l->values + l->n_rows++ * n, values, n * sizeof(*values));
    return l->n_rows == STORE_ROWS_AT_ONCE ? load_flush(l) : 0;
}
