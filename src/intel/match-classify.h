/* Which bytes of a text are of which kind, 64 at once: a bit a byte, the first the lowest. By vector instructions where the processor has them,
 * which is asked when a matcher is made; every way gives the same bits (test/unit/intel-classify.c).
 * Threads  any. */
#pragma once

#include "base/str.h"

#define CLASSIFY_BLOCK 64u

struct classified {
    uint64_t token; /* letters, digits, _ . - */
    uint64_t dot, colon, slash, at;
    uint64_t hex; /* hexadecimal digits */
};

/* `n` whole blocks from `text`. */
typedef void classify_fn(const char *text, size_t n, struct classified *ret);

/* The best way on this machine. */
classify_fn *classify_best(void);

/* How many bytes of the text are line ends. */
uint64_t classify_count_lines(struct str s);

/* All ways that this machine has, for the test and for measuring; how many. The first is by table, the last the best. */
#define CLASSIFY_WAYS_MAX 3u
struct classify_way {
    const char *name;
    classify_fn *run;
};
size_t classify_ways(struct classify_way ret[CLASSIFY_WAYS_MAX]);
