/* Inside src/store: many rows for one statement, some at a time (store_run_rows()). What values point at has to stay until load_flush().
 * Owner    the caller: load_done(), whether flushed or not.
 * Threads  as the store. */
#pragma once

#include "store/store.h"

struct load {
    struct store *s;
    enum store_stmt id;
    size_t n, n_rows; /* values of a row; rows that wait */
    struct value *values;
};

/* 0, -ENOMEM. */
MUST_CHECK int load_init(struct load *l, struct store *s, enum store_stmt id, size_t n);
void load_done(struct load *l); /* accepts a zeroed one */
/* As STORE_RUN, of this row or of those before it. */
#define LOAD_ADD(l, ...) load_add((l), (const struct value[]){__VA_ARGS__}, sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))
MUST_CHECK int load_add(struct load *l, const struct value *values, size_t n);
MUST_CHECK int load_flush(struct load *l);
