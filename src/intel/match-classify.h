/* Which bytes of a text are of which kind, and what follows from that and from their neighbours, 64 at once: a bit a byte, the first the lowest. By
 * vector instructions where the processor has them, which is asked when a matcher is made; every way gives the same bits
 * (test/unit/intel-walk.c).
 * Threads  any; a struct classified belongs to one at a time. */
#pragma once

#include "base/str.h"

#define CLASSIFY_BLOCK 64u
#define CLASSIFY_STRIP 32u /* blocks, that are classified at once */

/* Of the blocks of a strip from [1] on, and in [0] of the last block before; zeros at first. */
struct classified {
    uint64_t token[CLASSIFY_STRIP + 1]; /* letters, digits, _ . - */
    uint64_t dot[CLASSIFY_STRIP + 1];
    uint64_t joint[CLASSIFY_STRIP + 1]; /* . and -, which are no end of a value */
    uint64_t digit[CLASSIFY_STRIP + 1], hex[CLASSIFY_STRIP + 1];
    uint64_t colon[CLASSIFY_STRIP + 1], slash[CLASSIFY_STRIP + 1], at[CLASSIFY_STRIP + 1];
    /* What follows from them. */
    uint64_t edge[CLASSIFY_STRIP + 1];     /* no token, or a dot */
    uint64_t unnumber[CLASSIFY_STRIP + 1]; /* neither digit nor dot */
    uint64_t lettered[CLASSIFY_STRIP + 1]; /* a letter or _ behind a dot: its token may be a name */
    /* no letter, digit or _, behind four numbers with dots between, of which the last three have at most three digits */
    uint64_t address[CLASSIFY_STRIP + 1];
    uint64_t host[CLASSIFY_STRIP + 1];         /* behind ://, and a letter, a digit or _ */
    uint64_t odd_host[CLASSIFY_STRIP + 1];     /* behind ://, and anything else */
    uint64_t path[CLASSIFY_STRIP + 1];         /* a / that is not behind a joint */
    uint64_t second_slash[CLASSIFY_STRIP + 1]; /* of :// */
    uint64_t octets[3][CLASSIFY_STRIP + 1];    /* dots behind one number as above, two, three */
};

/* The next `n` blocks from `text`, CLASSIFY_STRIP at most, into [1] to [n], when [0] is what it was to be: by classify_begin(), or what
 * classify_go_on() made of the `n` blocks before, of the same struct or of another. */
typedef void classify_fn(const char *text, size_t n, struct classified *c);
void classify_begin(struct classified *c);
void classify_go_on(struct classified *c, const struct classified *before, size_t n);

/* The best way on this machine. */
classify_fn *classify_best(void);

/* How many bytes of the text are line ends. */
uint64_t classify_count_lines(struct str s);

/* All ways that this machine has, for the test and for measuring; how many. The first is by table, the last the best. */
#define CLASSIFY_WAYS_MAX 4u
struct classify_way {
    const char *name;
    classify_fn *run;
};
size_t classify_ways(struct classify_way ret[CLASSIFY_WAYS_MAX]);
