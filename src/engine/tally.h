/* How many records a register has in each audience and state, kept in memory and brought up to date by what was changed since,
 * and in which order the first record of each can stand: so a list counts without counting, and reads those audiences only that
 * a page can show, whether there are ten or a hundred thousand.
 *
 * Bounds  of each row: no record of it was changed or opened later, none has a lesser id. They may be wide (the record that was the
 *         last may have left), never narrow. TALLY_PASSED in store/statements.def is what proves it.
 * Owner   the engine's; what tally_of() answers is good until the next call for that register.
 * Threads as the engine: one. */
#pragma once

#include "base/arena.h"

struct store;

enum tally_order { TALLY_BY_CHANGE, TALLY_BY_OPENING, TALLY_BY_ID, TALLY_ORDERS };

struct tally_row { /* those of one audience in one state */
    int64_t audience;
    const char *state;
    uint64_t n;                    /* 0: there were some */
    int64_t changed_us, opened_us; /* of none later */
    char first_id[32];             /* of none lesser; cut, which only makes it wider */
};

struct tally {
    const struct tally_row *rows;
    size_t n;
    /* Rows by where the first of each can stand, the first one first: numbers of rows. */
    const uint32_t *order[TALLY_ORDERS];
};

/* What a list counts over the rows that belong to it: `list_count` of list.c fills it, and it is remembered until the register changes or the texts do. */
struct tally_sum {
    const void *reg; /* the text of the register by which states were judged */
    uint64_t sight; /* serial number of the sight that was counted for */
    enum tally_order by;
    char state[64];
    uint64_t all, total;   /* records of the register, and of the list */
    size_t lanes;          /* rows that belong to the list */
    int64_t last_audience; /* the greatest number among theirs */
    int64_t first;         /* row where the list's first record can stand; -1: the list is empty */
};

struct tallies;
struct tallies *tallies_new(void); /* NULL: out of memory */
void tallies_free(struct tallies *t);
/* Of that register as it stands in `s` now. Inside a writer's transaction all is read anew, since it may be rolled back.
 * 0, -ENOMEM, or negative as store_failed(). */
MUST_CHECK int tally_of(struct tallies *t, struct store *s, const char *reg, const struct tally **ret);
/* The register's counter as tally_of() found it last: it goes up with every record that is made, changed, or disposed of. */
int64_t tally_counter(struct tallies *t, const char *reg);
/* The sum for that text of the register, sight, order and state, as tally_of() answered it last; *ret_known: it is filled already. `state`
 * is cut, and then never known. */
struct reg;
struct tally_sum *tally_sum(struct tallies *t, const struct reg *reg, uint64_t sight, enum tally_order by, const char *state, bool *ret_known);
/* Texts were read anew. */
void tallies_forget_sums(struct tallies *t);
