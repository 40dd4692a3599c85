/* The first N of many rows, in order, while they come in any order.
 *
 *     struct first f = {.max = 200};
 *     first_init(&f, arena); first_put(&f, at, id, what) …; first_sort(&f) ─> f.rows[0 … f.n - 1]
 *
 * In ascending order of `at`, id and what; with `is_newest` in descending order of all three.
 * Owner    the arena has all of it; a row that is pushed out leaves its texts there.
 * Threads  any, one at a time. */
#pragma once

#include "base/arena.h"

struct first_row {
    int64_t at;
    const char *id, *what;
};

struct first {
    size_t max;     /* N; 0: none are kept */
    bool is_newest;
    struct arena *arena;
    struct first_row *rows; /* until first_sort() a heap, the last of them in front */
    size_t n;
    bool is_cut;    /* more than N came */
};

/* 0, -ENOMEM. */
MUST_CHECK int first_init(struct first *f, struct arena *arena);
/* The texts are copied where the row is among the first so far. 0, -ENOMEM. */
MUST_CHECK int first_put(struct first *f, int64_t at, const char *id, const char *what);
void first_sort(struct first *f); /* nothing is put afterwards */
