/* Rows are only ever added or changed, as in the table; their orders are arrays of row numbers in which a changed row moves. */
#include "engine/tally.h"

#include "engine/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define STATES_MAX 256u        /* of one register, over all its texts */
#define ROWS_MAX 4000000u
#define SUMS_MAX 16u           /* remembered */
#define MOVES_MAX 64u          /* more changed rows than these: sort anew */
#define BY_KEY TALLY_ORDERS    /* the order by which rows are found: audience, state */

struct board { /* one register */
    char reg[128];
    int64_t seq; /* up to which changes are taken up; 0: none, or what is held may be rolled back */
    struct tally_row *rows;
    size_t n, max;
    uint32_t *order[TALLY_ORDERS + 1];
    char *states[STATES_MAX];
    size_t n_states;
    struct tally seen;
    struct tally_sum sums[SUMS_MAX]; /* of what is held now */
    size_t n_sums, next_sum;
    struct board *next;
};

struct tallies {
    struct board *first;
};

struct tallies *tallies_new(void)
{
    return calloc(1, sizeof(struct tallies));
}

static void forget(struct board *b)
{
    for (size_t i = 0; i < b->n_states; i++)
        free(b->states[i]);
    b->n_states = b->n = b->n_sums = 0;
    b->seq = 0;
}

static void board_free(struct board *b)
{
    forget(b);
    for (size_t i = 0; i < ARRAY_LEN(b->order); i++)
        free(b->order[i]);
    free(b->rows);
    free(b);
}

void tallies_free(struct tallies *t)
{
    while (t && t->first) {
        struct board *b = t->first;

        t->first = b->next;
        board_free(b);
    }
    free(t);
}

static struct board *board_of(struct tallies *t, const char *reg)
{
    struct board *b = t->first;

    while (b && strcmp(b->reg, reg) != 0)
        b = b->next;
    if (!b && (b = calloc(1, sizeof(*b)))) {
        snprintf(b->reg, sizeof(b->reg), "%s", reg);
        b->next = t->first;
        t->first = b;
    }
    return b;
}

/* ---- orders ---- */

static int compare_int(int64_t x, int64_t y)
{
    return (x > y) - (x < y);
}

static int compare_key(int64_t audience, const char *state, const struct tally_row *r)
{
    return audience != r->audience ? compare_int(audience, r->audience) : strcmp(state, r->state);
}

/* The number of a row decides where nothing else does, so that each has one place. */
static int compare(const struct board *b, size_t order, uint32_t i, uint32_t k)
{
    const struct tally_row *x = &b->rows[i], *y = &b->rows[k];
    int c;

    switch (order) {
    case TALLY_BY_CHANGE:
        c = compare_int(y->changed_us, x->changed_us);
        break;
    case TALLY_BY_OPENING:
        c = compare_int(y->opened_us, x->opened_us);
        break;
    case TALLY_BY_ID:
        c = strcmp(x->first_id, y->first_id);
        break;
    default:
        c = compare_key(x->audience, x->state, y);
        break;
    }
    return c ? c : (i > k) - (i < k);
}

struct sorting {
    const struct board *board;
    size_t order;
};

static int compare_for_sort(const void *x, const void *y, void *user)
{
    const struct sorting *s = user;

    return compare(s->board, s->order, *(const uint32_t *)x, *(const uint32_t *)y);
}

/* Where row `i`, as it is now, stands or would stand among the first `n` of that order. */
static size_t place_of(const struct board *b, size_t order, size_t n, uint32_t i)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(b, order, b->order[order][mid], i) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void take_out(struct board *b, size_t order, size_t n, uint32_t i)
{
    size_t at = place_of(b, order, n, i);
    uint32_t *p = b->order[order];

    memmove(p + at, p + at + 1, (n - at - 1) * sizeof(*p));
}

static void put_in(struct board *b, size_t order, size_t n, uint32_t i)
{
    size_t at = place_of(b, order, n, i);
    uint32_t *p = b->order[order];

    memmove(p + at + 1, p + at, (n - at) * sizeof(*p));
    p[at] = i;
}

static void sort_all(struct board *b)
{
    for (size_t order = 0; order < TALLY_ORDERS; order++) {
        struct sorting s = {b, order};

        for (size_t i = 0; i < b->n; i++)
            b->order[order][i] = (uint32_t)i;
        qsort_r(b->order[order], b->n, sizeof(uint32_t), compare_for_sort, &s);
    }
}

/* ---- rows ---- */

static int grow(struct board *b)
{
    size_t max = b->max ? 2 * b->max : 64;
    struct tally_row *rows;

    if (b->n >= ROWS_MAX)
        return -ENOSPC;
    if (!(rows = realloc(b->rows, max * sizeof(*rows))))
        return -ENOMEM;
    b->rows = rows;
    for (size_t i = 0; i < ARRAY_LEN(b->order); i++) {
        uint32_t *p = realloc(b->order[i], max * sizeof(*p));

        if (!p)
            return -ENOMEM;
        b->order[i] = p;
    }
    b->max = max;
    return 0;
}

static int state_of(struct board *b, const char *state, const char **ret)
{
    for (size_t i = 0; i < b->n_states; i++) {
        if (!strcmp(b->states[i], state)) {
            *ret = b->states[i];
            return 0;
        }
    }
    if (b->n_states == STATES_MAX)
        return -ENOSPC;
    if (!(b->states[b->n_states] = strdup(state)))
        return -ENOMEM;
    *ret = b->states[b->n_states++];
    return 0;
}

/* Its row, or SIZE_MAX and where it belongs. */
static size_t find(const struct board *b, int64_t audience, const char *state, size_t *ret_place)
{
    size_t low = 0, high = b->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = compare_key(audience, state, &b->rows[b->order[BY_KEY][mid]]);

        if (!c)
            return b->order[BY_KEY][mid];
        if (c > 0)
            low = mid + 1;
        else
            high = mid;
    }
    *ret_place = low;
    return SIZE_MAX;
}

static int add_row(struct board *b, const struct tally_row *row, size_t place)
{
    uint32_t *keys;
    int r = b->n == b->max ? grow(b) : 0;

    if (r)
        return r;
    keys = b->order[BY_KEY];
    memmove(keys + place + 1, keys + place, (b->n - place) * sizeof(*keys));
    keys[place] = (uint32_t)b->n;
    b->rows[b->n++] = *row;
    return 0;
}

/* `moves`: the orders are kept right on the way; else they are sorted anew afterwards. */
static int take_row(struct board *b, struct rows *rows, bool moves)
{
    struct tally_row row = {.audience = rows_int(rows, 0), .n = (uint64_t)MAX_OF(rows_int(rows, 2), 0),
                            .changed_us = rows_int(rows, 4), .opened_us = rows_int(rows, 5)};
    size_t place = 0, i, n = b->n;
    int r = state_of(b, rows_text(rows, 1), &row.state);

    if (r)
        return r;
    snprintf(row.first_id, sizeof(row.first_id), "%s", rows_text(rows, 6));
    i = find(b, row.audience, row.state, &place);
    if (i == SIZE_MAX) {
        i = n;
        r = add_row(b, &row, place);
    } else {
        for (size_t order = 0; moves && order < TALLY_ORDERS; order++)
            take_out(b, order, n, (uint32_t)i);
        b->rows[i] = row;
        n--;
    }
    for (size_t order = 0; !r && moves && order < TALLY_ORDERS; order++)
        put_in(b, order, n, (uint32_t)i);
    if (!r)
        b->seq = rows_int(rows, 3);
    return r;
}

/* With many changed rows the orders are made once. How many there are is not known before they were read, so the first ones move. */
static int take_all(struct board *b, struct rows *rows)
{
    size_t taken = 0;
    bool moves = b->n > 0;
    int r;

    while ((r = rows_next(rows)) > 0) {
        if (++taken > MOVES_MAX)
            moves = false;
        if ((r = take_row(b, rows, moves)))
            return r;
    }
    if (taken)
        b->n_sums = 0;
    if (!r && taken && !moves)
        sort_all(b);
    return r;
}

int tally_of(struct tallies *t, struct store *s, const char *reg, const struct tally **ret)
{
    ROWS_AUTO *rows = NULL;
    struct board *b = board_of(t, reg);
    bool is_loose = store_role(s) != STORE_READ && store_in_transaction(s);
    int r;

    if (!b)
        return -ENOMEM;
    if (is_loose || !b->seq)
        forget(b);
    r = store_failed(STORE_QUERY(s, &rows, STMT_TALLY_SINCE, V_TEXT(reg), V_INT(b->seq)));
    if (!r)
        r = take_all(b, rows);
    if (r) {
        forget(b); /* half taken up */
        return store_failed(r);
    }
    if (is_loose)
        b->seq = 0;
    b->seen = (struct tally){.rows = b->rows, .n = b->n};
    for (size_t i = 0; i < TALLY_ORDERS; i++)
        b->seen.order[i] = b->order[i];
    *ret = &b->seen;
    return 0;
}

int64_t tally_counter(struct tallies *t, const char *reg)
{
    const struct board *b = board_of(t, reg);

    return b ? b->seq : 0;
}

struct tally_sum *tally_sum(struct tallies *t, const struct reg *reg, uint64_t sight, enum tally_order by, const char *state, bool *ret_known)
{
    struct board *b = t->first;
    struct tally_sum *sum;

    while (strcmp(b->reg, reg->id) != 0) /* tally_of() made it */
        b = b->next;
    for (size_t i = 0; i < b->n_sums; i++) {
        sum = &b->sums[i];
        if (sum->reg == reg && sum->sight == sight && sum->by == by && !strcmp(sum->state, state)) {
            *ret_known = true;
            return sum;
        }
    }
    sum = b->n_sums < SUMS_MAX ? &b->sums[b->n_sums++] : &b->sums[b->next_sum++ % SUMS_MAX];
    *sum = (struct tally_sum){.reg = reg, .sight = sight, .by = by, .first = -1};
    snprintf(sum->state, sizeof(sum->state), "%s", state);
    *ret_known = false;
    return sum;
}

void tallies_forget_sums(struct tallies *t)
{
    for (struct board *b = t->first; b; b = b->next)
        b->n_sums = 0;
}
