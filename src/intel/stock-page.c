/* Members of a collection, page by page: lists of one audience merged by number, opening after opening. */
#include "intel/stock-inside.h"

#include "engine/subscriber.h"
#include "store/intel.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_ROWS 256u
#define PAGE_ROWS_LEAST 16u
#define RUNS_KNOWN 64u

/* What a collection has: rows of intel_member. */
struct member_row {
    int64_t audience, opening, run, added_us, span; /* of the whole run */
};

/* Of a member row what stands at one opening for the reader: its own, or the one by which the shelf came into his sight. Numbers above `lo`, up to `hi`. */
struct part {
    int64_t opening, under, audience, run, lo, hi, added_us;
};

/* Members that stand at an opening of the reader's own: dates go on from run to run. */
struct block {
    int64_t since, next_us;    /* of the run behind */
    int64_t opening, added_us; /* of the run at hand */
};

struct page {
    struct stock *k;
    const struct sight *sight;
    const struct stock_query *q;
    stock_member_fn *call;
    void *context;
    struct part *parts; /* in sight, by opening, by that under which they came, and audience */
    size_t n_parts, size;
    struct block *blocks;
    size_t n_blocks;
    struct place {
        int64_t audience, run;
    } *places; /* in which ids lie that he sees; found when the first is asked for */
    size_t n_places, size_places;
    bool has_places;
    struct run_known {
        int64_t run; /* 0: nothing yet */
        bool is_ours;
    } runs[RUNS_KNOWN]; /* whether they came into this collection, by run */
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

static int add_part(struct page *p, const struct part *part)
{
    if (part->lo >= part->hi || (p->q->until_opening && part->opening > p->q->until_opening))
        return 0;
    if (p->n_parts == p->size) {
        size_t size = p->size ? 2 * p->size : 16;
        struct part *more = reallocarray(p->parts, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->parts = more;
        p->size = size;
    }
    p->parts[p->n_parts++] = *part;
    return 0;
}

/* ---- openings of the reader's own ---- */

static struct block *block_of(struct block *blocks, size_t n, int64_t since)
{
    for (size_t i = 0; i < n; i++)
        if (blocks[i].since == since)
            return &blocks[i];
    return NULL;
}

static int make_blocks(const struct subscriber *b, struct block **ret, size_t *ret_n)
{
    *ret_n = 0;
    *ret = calloc(b && b->n ? b->n : 1, sizeof(**ret));
    for (size_t i = 0; *ret && b && i < b->n; i++)
        if (b->rows[i].since && !block_of(*ret, *ret_n, b->rows[i].since))
            (*ret)[(*ret_n)++] = (struct block){.since = b->rows[i].since, .next_us = b->rows[i].at_us};
    return *ret ? 0 : -ENOMEM;
}

/* As the keeper counted, who reserved the dates of the block. */
static bool reaches_over(const struct sight_row *r, const struct member_row *m)
{
    return r->shelf == m->audience && r->since > m->opening && sight_row_is_behind(r->after_opening, r->after_number, m->opening, m->span);
}

/* The run takes its dates in each block that has something of it, whether that is in sight today or not. */
static void date_in_blocks(const struct subscriber *b, struct block *blocks, size_t n, const struct member_row *m)
{
    for (size_t i = 0; b && i < b->n; i++) {
        struct block *at = reaches_over(&b->rows[i], m) ? block_of(blocks, n, b->rows[i].since) : NULL;

        if (!at || at->opening == m->opening)
            continue;
        at->opening = m->opening;
        at->added_us = at->next_us;
        at->next_us += m->span;
    }
}

/* Of the rows that reach over a member the latest counts. */
static int add_parts(struct page *p, const struct member_row *m)
{
    const struct subscriber *b = p->q->reader;
    struct part part = {m->opening, m->opening, m->audience, m->run, -1, UINT32_MAX, m->added_us};
    int r = 0;

    for (size_t i = 0; !r && b && i < b->n; i++) {
        const struct sight_row *row = &b->rows[i];
        struct part moved = part;
        const struct block *at = reaches_over(row, m) ? block_of(p->blocks, p->n_blocks, row->since) : NULL;

        if (!at)
            continue;
        moved.opening = row->since;
        moved.added_us = at->added_us;
        moved.lo = row->after_opening == m->opening ? row->after_number & UINT32_MAX : -1;
        r = add_part(p, &moved);
        part.hi = MIN_OF(part.hi, moved.lo);
    }
    return r ? r : add_part(p, &part);
}

/* The first opening whose rows are needed: where the reader stands, or where what came into his sight later begins. */
static int64_t first_opening(const struct subscriber *b, int64_t at)
{
    int64_t from = at;

    for (size_t i = 0; b && i < b->n; i++)
        if (b->rows[i].since && b->rows[i].since >= at)
            from = MIN_OF(from, b->rows[i].after_opening);
    return from;
}

static bool is_open_to(const struct subscriber *b, int64_t shelf)
{
    for (size_t i = 0; b && i < b->n; i++)
        if (b->rows[i].shelf == shelf)
            return b->rows[i].until.opening < 0;
    return !b;
}

static int part_cmp(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    if (x->opening != y->opening)
        return x->opening < y->opening ? -1 : 1;
    if (x->under != y->under)
        return x->under < y->under ? -1 : 1;
    return (x->audience > y->audience) - (x->audience < y->audience);
}

static int read_members(struct page *p)
{
    ROWS_AUTO *rows = NULL;
    int64_t from = first_opening(p->q->reader, p->q->after.opening);
    int r = make_blocks(p->q->reader, &p->blocks, &p->n_blocks);

    if (!r)
        r = STORE_QUERY(p->k->store, &rows, STMT_INTEL_MEMBERS, V_STR(p->q->collection), V_INT(from - 1));
    while (!r && (r = rows_next(rows)) == 1) {
        struct member_row m = {rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3), rows_int(rows, 5), rows_int(rows, 6)};

        r = 0;
        if (m.opening > p->k->opening)
            continue;
        date_in_blocks(p->q->reader, p->blocks, p->n_blocks, &m);
        if (stock_may_see(p->k, p->sight, m.audience) && is_open_to(p->q->reader, m.audience))
            r = add_parts(p, &m);
    }
    if (!r && p->n_parts)
        qsort(p->parts, p->n_parts, sizeof(*p->parts), part_cmp);
    return r;
}

/* A run's list for one audience, row by row: a cursor that reads some rows at once. */
struct list {
    const struct part *m;
    int64_t no;   /* of the row at hand */
    struct rows *rows;
    unsigned n_read, n_asked; /* rows of this cursor */
    int64_t *passed; /* of these the ones that are not the version that is asked for */
    size_t n_passed, size_passed;
    bool is_over;
};

static int is_in_collection(struct page *p, int64_t run, bool *ret)
{
    struct run_known *known = &p->runs[(uint64_t)run % RUNS_KNOWN];
    ROWS_AUTO *row = NULL;
    int r = known->run == run ? 0 : STORE_ONE(p->k->store, &row, STMT_INTEL_RUN_READ, V_INT(run));

    if (r && r != STORE_E_NONE)
        return r;
    if (known->run != run)
        *known = (struct run_known){run, !r && str_eq(rows_str(row, 1), p->q->collection)};
    *ret = known->is_ours;
    return 0;
}

/* ---- versions ---- */

/* Where ids lie that the reader sees, of one audience and run; a place without any is not asked again for each cursor. */
static int add_place(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct page *p = context;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(k->place, &row, STMT_INTEL_IDENT_ANY, V_INT(audience), V_INT(run));

    if (r)
        return r == STORE_E_NONE ? 0 : r;
    if (p->n_places == p->size_places) {
        size_t size = p->size_places ? 2 * p->size_places : 8;
        struct place *more = reallocarray(p->places, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->places = more;
        p->size_places = size;
    }
    p->places[p->n_places++] = (struct place){audience, run};
    return 0;
}

/* On his shelves of this collection, and anywhere where nobody says which they are. */
static int find_places(struct page *p)
{
    const struct subscriber *b = p->q->reader;
    int r = 0;

    if (p->has_places)
        return 0;
    p->has_places = true;
    if (!b)
        return stock_each_place(p->k, p->sight, add_place, p);
    for (size_t i = 0; !r && i < b->n; i++)
        if ((!i || b->rows[i].shelf != b->rows[i - 1].shelf) && b->rows[i].until.opening < 0 && stock_may_see(p->k, p->sight, b->rows[i].shelf))
            r = stock_one_place(p->k, b->rows[i].shelf, add_place, p);
    return r;
}

static bool is_passed(const struct list *l, int64_t no)
{
    for (size_t i = 0; i < l->n_passed; i++)
        if (l->passed[i] == no)
            return true;
    return false;
}

static int pass(struct list *l, int64_t no)
{
    if (l->n_passed == l->size_passed) {
        size_t size = l->size_passed ? 2 * l->size_passed : 16;
        int64_t *more = reallocarray(l->passed, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        l->passed = more;
        l->size_passed = size;
    }
    l->passed[l->n_passed++] = no;
    return 0;
}

/* Of the rows of a cursor those of which a later version lies in that place, or an earlier one, that is in sight in this collection. Most have none. */
static int pass_others(struct page *p, struct list *l, int64_t after, const struct place *at)
{
    static const enum store_stmt stmts[2][2] = {{STMT_INTEL_OBJECT_LATER, STMT_INTEL_OBJECT_OF_TYPE_LATER},
                                                {STMT_INTEL_OBJECT_EARLIER, STMT_INTEL_OBJECT_OF_TYPE_EARLIER}};
    bool has_type = p->q->n_types == 1;
    struct value values[7] = {V_INT(l->m->audience), V_INT(l->m->run), V_INT(after), V_INT(l->n_asked), V_INT(at->audience), V_INT(at->run)};
    ROWS_AUTO *rows = NULL;
    int r;

    if (has_type)
        values[6] = V_STR(p->q->types[0]);
    r = store_query(p->k->place, &rows, stmts[p->q->which == STOCK_FIRST][has_type], values, has_type ? 7 : 6);
    while (!r && (r = rows_next(rows)) == 1) {
        int64_t no = rows_int(rows, 0), number = rows_int(rows, 1);
        bool is_other = false;

        r = stock_has(p->k, number) && !is_passed(l, no) ? is_in_collection(p, STOCK_RUN(number), &is_other) : 0;
        if (!r && is_other)
            r = pass(l, no);
    }
    return r;
}

/* First and last are those in sight in this collection. Observables have no versions. */
static int find_passed(struct page *p, struct list *l, int64_t after)
{
    int r;

    l->n_passed = 0;
    if (p->q->which != STOCK_LAST && p->q->which != STOCK_FIRST)
        return 0;
    r = find_places(p);
    for (size_t i = 0; !r && i < p->n_places; i++)
        r = pass_others(p, l, after, &p->places[i]);
    return r;
}

static bool is_wanted_version(const struct page *p, const struct list *l, const struct stock_object *o)
{
    if (p->q->which == STOCK_VERSION && o->version.len)
        return str_eq(o->version, p->q->version);
    return !is_passed(l, l->no);
}

/* ---- lists ---- */

/* As many as the page still has room for, and one that says that there are more; where a filter leaves some out, more at once. */
static unsigned rows_to_ask(const struct page *p)
{
    unsigned left = p->q->limit - p->told + 1;

    return p->q->n_ids || p->q->n_types > 1 ? PAGE_ROWS : MAX_OF(MIN_OF(left, PAGE_ROWS), PAGE_ROWS_LEAST);
}

static int list_query(struct page *p, struct list *l, int64_t after)
{
    const struct stock_query *q = p->q;
    int r;

    rows_done(l->rows);
    l->rows = NULL;
    l->n_read = 0;
    l->n_asked = rows_to_ask(p);
    r = find_passed(p, l, after);
    if (r)
        return r;
    if (q->n_types == 1)
        return STORE_QUERY(p->k->place, &l->rows, STMT_INTEL_OBJECT_OF_TYPE, V_INT(l->m->audience), V_INT(l->m->run), V_INT(after), V_INT(l->n_asked),
                           V_STR(q->types[0]));
    return STORE_QUERY(p->k->place, &l->rows, STMT_INTEL_OBJECT_LIST, V_INT(l->m->audience), V_INT(l->m->run), V_INT(after), V_INT(l->n_asked));
}

static int list_next(struct page *p, struct list *l, int64_t after)
{
    int r = l->rows ? 0 : list_query(p, l, after);

    if (!r)
        r = rows_next(l->rows);
    if (r == 0 && l->n_read == l->n_asked) {
        r = list_query(p, l, l->no);
        if (!r)
            r = rows_next(l->rows);
    }
    if (r == 1 && rows_int(l->rows, 0) <= l->m->hi) {
        l->no = rows_int(l->rows, 0);
        l->n_read++;
        return 0;
    }
    r = MIN_OF(r, 0);
    l->is_over = true;
    return r;
}

/* ---- telling ---- */

static int tell_member(struct page *p, struct list *l)
{
    struct stock_member m = {.place = {l->m->opening, l->m->run << 32 | l->no, l->m->under == l->m->opening ? 0 : l->m->under}, .added_us = l->m->added_us + l->no};
    int r;

    if (!stock_has(p->k, l->m->run << 32 | l->no) || !is_among(rows_str(l->rows, 2), p->q->types, p->q->n_types) || !is_among(rows_str(l->rows, 1), p->q->ids, p->q->n_ids))
        return 0;
    r = stock_take_object(p->k, l->rows, l->m->audience, l->m->run, p->q->wants_bytes, &m.object);
    if (r || !is_wanted_version(p, l, &m.object))
        return r;
    if (p->told == p->q->limit) {
        p->more = true;
        return 0;
    }
    p->told++;
    return p->call(&m, p->context);
}

/* Where the lists of those parts begin; false: all of them lie before the reader's place. */
static bool list_begin(const struct stock_place *after, const struct part *part, int64_t *ret)
{
    int64_t under = after->under ? after->under : after->opening;

    *ret = -1;
    if (part->opening != after->opening || part->under != under)
        return part->opening > after->opening || (part->opening == after->opening && part->under > under);
    if (after->number == INT64_MAX)
        return false;
    *ret = after->number ? after->number & UINT32_MAX : -1;
    return true;
}

/* All lists of what came by one opening, merged by number. */
static int tell_opening(struct page *p, size_t from, size_t to)
{
    struct list lists[STORE_INTEL_LEVELS];
    size_t n = to - from;
    int64_t after;
    int r = n > ARRAY_LEN(lists) ? STOCK_E_DAMAGED : 0;

    if (r || !list_begin(&p->q->after, &p->parts[from], &after))
        return r;
    for (size_t i = 0; !r && i < n; i++) {
        lists[i] = (struct list){.m = &p->parts[from + i]};
        r = list_next(p, &lists[i], MAX_OF(after, lists[i].m->lo));
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
    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(lists)); i++) {
        rows_done(lists[i].rows);
        free(lists[i].passed);
    }
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
        for (size_t i = 0, end; !r && !p.more && i < p.n_parts; i = end) {
            for (end = i + 1; end < p.n_parts && p.parts[end].opening == p.parts[i].opening && p.parts[end].under == p.parts[i].under;)
                end++;
            r = tell_opening(&p, i, end);
        }
        store_end_read(k->place);
    }
    free(p.parts);
    free(p.blocks);
    free(p.places);
    *ret_more = p.more;
    return r;
}

/* The latest opening of his own whose dates begin not behind the instant, behind that opening; 0: none. */
static int64_t own_opening(const struct subscriber *b, int64_t added_us, int64_t behind)
{
    int64_t since = 0;

    for (size_t i = 0; b && i < b->n; i++)
        if (b->rows[i].at_us <= added_us && b->rows[i].since > MAX_OF(since, behind))
            since = b->rows[i].since;
    return since;
}

static int place_in_block(struct stock *k, struct str collection, const struct subscriber *b, int64_t since, int64_t added_us, struct stock_place *ret)
{
    struct block *blocks;
    ROWS_AUTO *rows = NULL;
    size_t n;
    int r = make_blocks(b, &blocks, &n);

    if (!r)
        r = STORE_QUERY(k->store, &rows, STMT_INTEL_MEMBERS, V_STR(collection), V_INT(first_opening(b, since) - 1));
    while (!r && (r = rows_next(rows)) == 1) {
        struct member_row m = {rows_int(rows, 1), rows_int(rows, 2), rows_int(rows, 3), rows_int(rows, 5), rows_int(rows, 6)};
        const struct block *at = block_of(blocks, n, since);

        r = 0;
        date_in_blocks(b, blocks, n, &m);
        if (at && at->opening == m.opening && at->added_us <= added_us)
            *ret = (struct stock_place){since, m.run << 32 | MIN_OF(added_us - at->added_us, UINT32_MAX), m.opening};
    }
    free(blocks);
    return r;
}

int stock_place_of(struct stock *k, struct str collection, const struct subscriber *reader, int64_t added_us, struct stock_place *ret)
{
    ROWS_AUTO *row = NULL;
    int64_t since;
    int r = STORE_ONE(k->store, &row, STMT_INTEL_MEMBER_AT, V_STR(collection), V_INT(added_us), V_INT(k->opening));

    *ret = (struct stock_place){0, 0, 0};
    if (r && r != STORE_E_NONE)
        return r;
    if (!r)
        *ret = (struct stock_place){rows_int(row, 0), rows_int(row, 1) << 32 | MIN_OF(added_us - rows_int(row, 2), UINT32_MAX), 0};
    since = own_opening(reader, added_us, ret->opening);
    return since ? place_in_block(k, collection, reader, since, added_us, ret) : 0;
}
