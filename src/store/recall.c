#include "store/recall.h"

#include "store/recall-inside.h"
#include "base/arena.h"

#include <stdlib.h>

#define BUCKETS 4096u

struct answer_row {
    struct answer_row *next;
    struct value cells[];
};

struct answer {
    struct answer *next;       /* of its bucket */
    struct answer *next_noted; /* of those that are not known */
    uint64_t hash;
    unsigned id;
    size_t n;
    struct value *values;
    bool is_known;
    int n_cols;
    struct answer_row *rows, **end;
};

struct recall {
    struct arena *arena; /* of all below */
    struct answer *buckets[BUCKETS];
    struct answer *noted;
    uint64_t n_writes; /* of the store, when it was right */
    bool is_undone;
    size_t n_open; /* rows that read it */
};

struct recalled_rows {
    struct rows base;
    struct recall *of;
    const struct answer *answer;
    const struct answer_row *row;
    bool is_begun;
};

/* ---- rows out of memory ---- */

static int recalled_next(struct rows *base)
{
    struct recalled_rows *r = (struct recalled_rows *)base;

    if (!r->is_begun)
        r->row = r->answer->rows;
    else if (r->row)
        r->row = r->row->next;
    r->is_begun = true;
    return r->row != NULL;
}

static const struct value *cell(struct rows *base, int col)
{
    const struct recalled_rows *r = (const struct recalled_rows *)base;

    assert(r->row && col >= 0 && col < r->answer->n_cols);
    return &r->row->cells[col];
}

static enum value_type recalled_type(struct rows *base, int col)
{
    return cell(base, col)->type;
}

static int recalled_n_cols(struct rows *base)
{
    return ((struct recalled_rows *)base)->answer->n_cols;
}

static int64_t recalled_number(struct rows *base, int col)
{
    return cell(base, col)->number;
}

static struct str recalled_bytes(struct rows *base, int col)
{
    return cell(base, col)->bytes;
}

static void recalled_stale(struct rows *base)
{
    struct recalled_rows *r = (struct recalled_rows *)base;

    r->of->n_open--;
    r->answer = NULL;
    r->row = NULL;
}

static void recalled_done(struct rows *base)
{
    recalled_stale(base);
    free(base);
}

static const struct driver from_memory = {
    .next = recalled_next,
    .type = recalled_type,
    .n_cols = recalled_n_cols,
    .number = recalled_number,
    .bytes = recalled_bytes,
    .rows_done = recalled_done,
    .rows_stale = recalled_stale,
};

static int open_answer(struct recall *rc, const struct answer *a, struct rows **ret)
{
    struct recalled_rows *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    r->base.by = &from_memory;
    r->of = rc;
    r->answer = a;
    rc->n_open++;
    *ret = &r->base;
    return 0;
}

/* ---- what is kept ---- */

static uint64_t hash_add(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_of(unsigned id, const struct value *values, size_t n)
{
    uint64_t hash = hash_add(UINT64_C(0xcbf29ce484222325), &id, sizeof(id));

    for (size_t i = 0; i < n; i++) {
        hash = hash_add(hash, &values[i].number, sizeof(values[i].number));
        hash = hash_add(hash, values[i].bytes.at, values[i].bytes.len);
        hash = hash_add(hash, &values[i].type, sizeof(values[i].type));
    }
    return hash;
}

static bool is_same(const struct value *a, const struct value *b)
{
    return a->type == b->type && a->number == b->number && a->bytes.len == b->bytes.len &&
           (!a->bytes.len || !memcmp(a->bytes.at, b->bytes.at, a->bytes.len));
}

static struct answer *answer_find(const struct recall *rc, uint64_t hash, unsigned id, const struct value *values, size_t n)
{
    for (struct answer *a = rc->buckets[hash % BUCKETS]; a; a = a->next) {
        size_t same = 0;

        if (a->hash != hash || a->id != id || a->n != n)
            continue;
        while (same < n && is_same(&a->values[same], &values[same]))
            same++;
        if (same == n)
            return a;
    }
    return NULL;
}

static bool copy_value(struct arena *arena, const struct value *from, struct value *to)
{
    *to = *from;
    to->bytes = from->type == VALUE_TEXT || from->type == VALUE_BLOB ? arena_str(arena, from->bytes) : STR_NONE;
    return from->type == VALUE_NULL || from->type == VALUE_INT || to->bytes.at;
}

static struct answer *answer_new(struct recall *rc, uint64_t hash, unsigned id, const struct value *values, size_t n)
{
    struct answer *a = arena_alloc(rc->arena, sizeof(*a));

    if (!a || !(a->values = arena_alloc_n(rc->arena, n + 1, sizeof(*a->values))))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!copy_value(rc->arena, &values[i], &a->values[i]))
            return NULL;
    a->hash = hash;
    a->id = id;
    a->n = n;
    a->next = rc->buckets[hash % BUCKETS];
    rc->buckets[hash % BUCKETS] = a;
    return a;
}

static struct value cell_of(struct rows *rows, int col)
{
    struct value v = {.type = rows_type(rows, col)};

    if (v.type == VALUE_INT)
        v.number = rows_int(rows, col);
    else if (v.type == VALUE_TEXT)
        v.bytes = rows_str(rows, col);
    else if (v.type == VALUE_BLOB)
        v.bytes = rows_blob(rows, col);
    return v;
}

/* All of them, as they come. */
static int answer_fill(struct recall *rc, struct answer *a, struct rows *rows)
{
    int r;

    a->rows = NULL;
    a->end = &a->rows;
    a->n_cols = rows_n_cols(rows);
    while ((r = rows_next(rows)) > 0) {
        struct answer_row *row = arena_alloc(rc->arena, sizeof(*row) + (size_t)a->n_cols * sizeof(row->cells[0]));

        if (!row)
            return -ENOMEM;
        for (int i = 0; i < a->n_cols; i++) {
            struct value v = cell_of(rows, i);

            if (!copy_value(rc->arena, &v, &row->cells[i]))
                return -ENOMEM;
        }
        *a->end = row;
        a->end = &row->next;
    }
    a->is_known = r == 0;
    return r;
}

/* ---- life ---- */

static void forget(struct recall *rc)
{
    assert(!rc->n_open);
    arena_free(rc->arena);
    *rc = (struct recall){0};
}

void recall_free(struct store *s)
{
    if (s->recall)
        forget(s->recall);
    free(s->recall);
    s->recall = NULL;
    s->recalling = RECALL_NOT;
}

void recall_undone(struct store *s)
{
    if (s->recall)
        s->recall->is_undone = true;
}

static bool is_right(const struct store *s)
{
    return s->recall && s->recall->arena && !s->recall->is_undone && s->recall->n_writes == s->n_writes;
}

static bool is_full(const struct recall *rc)
{
    return arena_used(rc->arena) > RECALL_BYTES_MAX;
}

void store_recall(struct store *s, enum recalling how)
{
    assert(s->tx == TX_WRITE);
    if (how != RECALL_NOT && s->recall && (!is_right(s) || is_full(s->recall)))
        forget(s->recall);
    s->recalling = s->driver->query_rows ? how : RECALL_NOT;
}

void store_recall_holds(struct store *s, uint64_t since)
{
    if (s->recall && s->recall->n_writes == since)
        s->recall->n_writes = s->n_writes;
}

/* ---- asking ---- */

/* There is a memory, and it is right. False also where memory lacks: then what is asked for goes to the database. */
static bool have_memory(struct store *s)
{
    if (!s->recall && !(s->recall = calloc(1, sizeof(*s->recall))))
        return false;
    if (!s->recall->arena) {
        s->recall->arena = arena_new(SIZE_MAX);
        s->recall->n_writes = s->n_writes;
    }
    return is_right(s);
}

static int ask_alone(struct store *s, struct recall *rc, struct answer *a, struct rows **ret)
{
    struct rows *rows;
    int r = a ? s->driver->query(s, a->id, a->values, a->n, false, &rows) : -ENOMEM;

    if (r)
        return r;
    rows_add(s, rows);
    r = answer_fill(rc, a, rows);
    rows_done(rows);
    return r ? r : open_answer(rc, a, ret);
}

static struct answer *note(struct recall *rc, struct answer *a)
{
    if (a) {
        a->next_noted = rc->noted;
        rc->noted = a;
    }
    return a;
}

int recall_query(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret)
{
    uint64_t hash = hash_of(id, values, n);
    struct recall *rc;
    struct answer *a;

    if (!have_memory(s))
        return s->driver->query(s, id, values, n, false, ret);
    rc = s->recall;
    a = answer_find(rc, hash, id, values, n);
    if (a && a->is_known)
        return open_answer(rc, a, ret);
    if (is_full(rc))
        return s->driver->query(s, id, values, n, false, ret);
    if (s->recalling == RECALL_ALONE)
        return ask_alone(s, rc, a ? a : answer_new(rc, hash, id, values, n), ret);
    return a || note(rc, answer_new(rc, hash, id, values, n)) ? STORE_NOTED : -ENOMEM;
}

struct asking {
    struct recall *of;
    struct answer *at[STORE_ROWS_AT_ONCE];
    size_t n;
    struct value *values;
};

static int take_answer(struct rows *rows, size_t at, void *context)
{
    struct asking *k = context;

    return answer_fill(k->of, k->at[at], rows);
}

/* The first that is noted, and those behind it that are asked by the same statement, off the list. */
static void take_noted(struct asking *k)
{
    struct answer **at = &k->of->noted;
    unsigned id = (*at)->id;

    k->n = 0;
    while (*at && k->n < ARRAY_LEN(k->at)) {
        struct answer *a = *at;

        if (a->id != id) {
            at = &a->next_noted;
            continue;
        }
        *at = a->next_noted;
        k->at[k->n++] = a;
    }
}

static int ask_some(struct store *s, struct asking *k)
{
    size_t n = k->at[0]->n;
    int r;

    k->values = calloc(k->n * n + 1, sizeof(*k->values));
    if (!k->values)
        return -ENOMEM;
    for (size_t i = 0; i < k->n; i++)
        memcpy(k->values + i * n, k->at[i]->values, n * sizeof(*k->values));
    r = store_query_rows(s, (enum store_stmt)k->at[0]->id, k->values, n, k->n, take_answer, k);
    free(k->values);
    return r;
}

int store_recall_ask(struct store *s)
{
    struct asking k = {.of = s->recall};
    int r = 0;

    assert(s->recalling == RECALL_NOT);
    while (!r && k.of && k.of->noted && !is_full(k.of)) {
        take_noted(&k);
        r = ask_some(s, &k);
    }
    if (k.of)
        k.of->noted = NULL; /* what is left goes to the database by itself */
    if (r)
        recall_undone(s);
    return r;
}
