/* A store with a place of threat intelligence in a directory of its own and one reader, who sees all of it: what the loops that read a stock work on.
 * Owner    the caller; stock_bench_end().
 * Threads  one at a time. */
#pragma once

#include "intel/stock.h"
#include "store/intel.h"

struct stock_bench {
    char dir[40];
    struct store *store, *intel; /* intel: as the keeper's thread has it */
    struct stock *stock;
    struct audience_table *table;
    struct sight *sight;
    int64_t audience;    /* of every level */
    int64_t n_runs;      /* that came in */
    struct buf is, want; /* what an operation wrote, and what it writes without faults */
};

/* Nothing is in it. Failures end the test, here and below. */
void stock_bench_begin(struct stock_bench *b);
void stock_bench_end(struct stock_bench *b);
/* What the writer holds, as a run of its own that is opened; the writer is empty then. `decay` may be NULL: nothing decays. */
void stock_bench_take(struct stock_bench *b, struct segment_writer *w, const struct decay *decay);
/* A loop (loop.h) over the allocations of an operation that writes into `is`: each success writes the same, which stands in `want` then. Each run finds the
 * connection open and its statements ready: a failure costs it both, and most places would not be reached again. */
void stock_bench_loop(struct stock_bench *b, const char *name, int (*run)(void *), void *user);
