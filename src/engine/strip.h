/* Whose the records of a register are, row after row in one order, kept in memory as far as somebody asked for a page by its number: so that the rows
 * before it are counted, not read again, whoever asks.
 *
 *   strip  ─ block ─ block ─ block ─ …      each up to 64 rows: audience, state, a mark of the id; and the place of the row behind which it ends
 *
 * Changes  are found by when records were changed. What a changed one leaves is found by its mark, where it comes to stand by its place; those blocks, and
 *          perhaps some more, are read anew before they are counted, up to their ends. So what is counted is what a walk would count.
 * Owner    the engine's.
 * Limits   about STRIP_ROWS_MAX rows of each of the STRIPS_MAX strips that were asked for last; ids of less than STRIP_ID_MAX bytes.
 * Threads  as the engine: one. */
#pragma once

#include "engine/tally.h"
#include "label/audience.h"

#define STRIPS_MAX 3u
#define STRIP_ROWS_MAX 1000000u /* some 11 MB */
#define STRIP_ID_MAX 64u

struct strips;
struct strips *strips_new(void); /* NULL: out of memory */
void strips_free(struct strips *t);
/* So many rows instead of STRIP_ROWS_MAX, for stories that have few; nothing is kept from before. */
void strips_limit(struct strips *t, size_t rows);
/* Texts were read anew. */
void strips_forget_counts(struct strips *t);

struct strip_ask {
    const char *reg;
    enum tally_order order;
    int64_t seq; /* tally_counter() of what is there now */
    const struct sight *sight;
    const char *state; /* that is wanted, and the register's text by which states are judged */
    const void *text;
    bool (*fits)(const void *arg, const char *state);
    const void *arg;
    uint64_t skip;   /* so many of his rows stand before the one that is looked for */
};

/* Rows of it may be read from the place on: `skip` of his stand between it and the one that is looked for, fewer than a block has. */
struct strip_place {
    bool is_begin; /* the beginning of the register */
    int64_t at;
    char id[STRIP_ID_MAX];
    size_t skip;
};

/* 1: found. 0: it lies further behind than a strip goes, or nowhere; ret->skip of his were counted. -ENOMEM, or negative as store_failed(). */
MUST_CHECK int strip_find(struct strips *t, struct store *s, const struct strip_ask *ask, struct strip_place *ret);
