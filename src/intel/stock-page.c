/* Members of a collection, page by page: lists of one audience merged by number, opening after opening. */
#include "intel/stock-inside.h"

#include "store/intel.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_ROWS 256

/* What a collection has: rows of intel_member. */
struct member_row {
    int64_t audience, opening, run, n, added_us;
};

struct page {
    struct stock *k;
    const struct sight *sight;
    const struct stock_query *q;
    stock_member_fn *call;
    void *context;
    struct member_row *rows; /* in sight, by opening and audience */
    size_t n_rows, size;
    unsigned told;
    bool more;
};

static bool is_among(struct str s, const struct str *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(s, words[i]))
            return true;
    return !n;
}

static int read_members(struct page *p)
{
    ROWS_AUTO *rows = NULL;
    int64_t from = p->q->after.opening - (p->q->after.number != INT64_MAX);
    int r = STORE_QUERY(p->k->store, &rows, STMT_INTEL_MEMBERS, V_STR(p->q->collection), V_INT(from));

    while (!r && (r = rows_next(rows)) == 1) {
        struct member_row m = {rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3), rows_int(rows, 4), rows_int(rows, 5)};

        r = 0;
        if (m.opening > p->k->opening || (p->q->until_opening && m.opening > p->q->until_opening) || !stock_may_see(p->k, p->sight, m.audience))
            continue;
        if (p->n_rows == p->size) {
            size_t size = p->size ? 2 * p->size : 16;
            struct member_row *more = reallocarray(p->rows, size, sizeof(*more));

            if (!more)
                return -ENOMEM;
            p->rows = more;
            p->size = size;
        }
        p->rows[p->n_rows++] = m;
    }
    return r;
}

/* A run's list for one audience, row by row: a cursor that reads some rows at once. */
struct list {
    const struct member_row *m;
    int64_t no;   /* of the row at hand */
    struct rows *rows;
    unsigned n_read;
    bool is_over;
};

static int list_query(struct page *p, struct list *l, int64_t after)
{
    const struct stock_query *q = p->q;

    rows_done(l->rows);
    l->rows = NULL;
    l->n_read = 0;
    if (q->n_types == 1)
        return STORE_QUERY(p->k->place, &l->rows, STMT_INTEL_OBJECT_OF_TYPE, V_INT(l->m->audience), V_INT(l->m->run), V_INT(after), V_INT(PAGE_ROWS),
                           V_STR(q->types[0]));
    return STORE_QUERY(p->k->place, &l->rows, STMT_INTEL_OBJECT_LIST, V_INT(l->m->audience), V_INT(l->m->run), V_INT(after), V_INT(PAGE_ROWS));
}

static int list_next(struct page *p, struct list *l, int64_t after)
{
    int r = l->rows ? 0 : list_query(p, l, after);

    if (!r)
        r = rows_next(l->rows);
    if (r == 0 && l->n_read == PAGE_ROWS) {
        r = list_query(p, l, l->no);
        if (!r)
            r = rows_next(l->rows);
    }
    if (r == 1) {
        l->no = rows_int(l->rows, 0);
        l->n_read++;
        return 0;
    }
    l->is_over = true;
    return r;
}

/* First and last are those in sight in this collection. */
static bool is_in_collection(const struct page *p, int64_t run)
{
    ROWS_AUTO *row = NULL;

    return !STORE_ONE(p->k->store, &row, STMT_INTEL_RUN_READ, V_INT(run)) && str_eq(rows_str(row, 1), p->q->collection);
}

static int is_wanted_version(struct page *p, const struct stock_object *o, bool *ret)
{
    CLEANUP(versions_done) struct versions v = {.n = 0};
    size_t n = 0;
    int r;

    *ret = true;
    if (p->q->which == STOCK_ALL || !o->version.len)
        return 0;
    *ret = str_eq(o->version, p->q->version);
    if (p->q->which == STOCK_VERSION)
        return 0;
    v.id = o->id;
    buf_init(&v.texts, 64u << 20);
    r = stock_each_place(p->k, p->sight, stock_find_versions, &v);
    for (size_t i = 0; !r && i < v.n; i++)
        if (is_in_collection(p, STOCK_RUN(v.at[i].ref.number)))
            v.at[n++] = v.at[i];
    if (r || !n)
        return r;
    qsort_r(v.at, n, sizeof(*v.at), stock_version_cmp, &v);
    v.n = n;
    *ret = str_eq(version_instant(&v, &v.at[p->q->which == STOCK_FIRST ? 0 : n - 1]), o->version);
    return 0;
}

static int tell_member(struct page *p, struct list *l)
{
    struct stock_member m = {.place = {l->m->opening, l->m->run << 32 | l->no}, .added_us = l->m->added_us + l->no};
    bool is_wanted;
    int r;

    if (!is_among(rows_str(l->rows, 2), p->q->types, p->q->n_types) || !is_among(rows_str(l->rows, 1), p->q->ids, p->q->n_ids))
        return 0;
    r = stock_take_object(p->k, l->rows, l->m->audience, l->m->run, p->q->wants_bytes, &m.object);
    if (!r)
        r = is_wanted_version(p, &m.object, &is_wanted);
    if (r || !is_wanted)
        return r;
    if (p->told == p->q->limit) {
        p->more = true;
        return 0;
    }
    p->told++;
    return p->call(&m, p->context);
}

/* All lists of one opening, merged by number. */
static int tell_opening(struct page *p, size_t from, size_t to)
{
    struct list lists[STORE_INTEL_LEVELS];
    size_t n = to - from;
    int r = n > ARRAY_LEN(lists) ? STOCK_E_DAMAGED : 0;

    for (size_t i = 0; !r && i < n; i++) {
        int64_t after = p->rows[from].opening == p->q->after.opening ? p->q->after.number & UINT32_MAX : -1;

        lists[i] = (struct list){.m = &p->rows[from + i]};
        if (p->rows[from].opening == p->q->after.opening && !p->q->after.number)
            after = -1;
        r = list_next(p, &lists[i], after);
        n = r ? i + 1 : n;
    }
    while (!r && !p->more) {
        struct list *least = NULL;

        for (size_t i = 0; i < n; i++)
            if (!lists[i].is_over && (!least || lists[i].no < least->no))
                least = &lists[i];
        if (!least)
            break;
        r = tell_member(p, least);
        if (!r && !p->more)
            r = list_next(p, least, least->no);
    }
    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(lists)); i++)
        rows_done(lists[i].rows);
    return r;
}

int stock_page(struct stock *k, const struct sight *sight, const struct stock_query *q, stock_member_fn *call, void *context, bool *ret_more)
{
    struct page p = {.k = k, .sight = sight, .q = q, .call = call, .context = context};
    int r;

    *ret_more = false;
    if (q->limit < 1 || q->limit > STOCK_PAGE_MAX || q->n_types > STOCK_FILTER_MAX || q->n_ids > STOCK_FILTER_MAX)
        return -EINVAL;
    if (!k->place)
        return 0;
    r = read_members(&p);
    if (!r)
        r = stock_snapshot(k);
    if (!r) {
        for (size_t i = 0, end; !r && !p.more && i < p.n_rows; i = end) {
            for (end = i + 1; end < p.n_rows && p.rows[end].opening == p.rows[i].opening;)
                end++;
            r = tell_opening(&p, i, end);
        }
        store_end_read(k->place);
    }
    free(p.rows);
    *ret_more = p.more;
    return r;
}

int stock_place_of(struct stock *k, struct str collection, int64_t added_us, struct stock_place *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->store, &rows, STMT_INTEL_MEMBERS, V_STR(collection), V_INT(0));

    *ret = (struct stock_place){0, 0};
    while (!r && (r = rows_next(rows)) == 1) {
        int64_t no = added_us - rows_int(rows, 5);

        r = 0;
        if (rows_int(rows, 2) > k->opening || no < 0)
            continue;
        *ret = (struct stock_place){rows_int(rows, 2), rows_int(rows, 3) << 32 | MIN_OF(no, UINT32_MAX)};
    }
    return r;
}
