/* What the objects of a run are found by, written for many segments at once: ids, lives, values, postings. Each kind goes in the order of its key, so that a page
 * is written once for all that falls on it, however large the place is; a segment at a time would touch most pages of ids and values for each. */
#include "store/driver.h"
#include "store/intel-inside.h"
#include "store/intel-lives.h"
#include "store/intel-post.h"
#include "store/load.h"

#include <stdlib.h>
#include <string.h>

/* A segment. */
struct piece {
    struct pending of;
    size_t *ends;     /* of value `place` in `lane` its objects end at ends[place * LEVELS + lane] in `numbers`, and begin where the one before ends */
    int64_t *numbers; /* of objects, by value and lane */
    size_t at;        /* the value that is to be merged next */
};

struct indexing {
    struct store *s;
    const struct intel_writing *w;
    bool may_be_there; /* of segments before these keys stand there */
    struct piece *pieces;
    size_t n_pieces, n_allocated, n_objects;
};

/* ---- what is pending ---- */

static int64_t number_of(const struct indexing *x, const struct piece *p, size_t i)
{
    return x->w->run << 32 | (p->of.first + (int64_t)i);
}

static int make_room(struct indexing *x)
{
    size_t n = x->n_allocated ? 2 * x->n_allocated : 16;
    struct piece *more;

    if (x->n_pieces < x->n_allocated)
        return 0;
    if (!(more = reallocarray(x->pieces, n, sizeof(*more))))
        return -ENOMEM;
    x->pieces = more;
    x->n_allocated = n;
    return 0;
}

static int take_pending(struct pending *p, void *context)
{
    struct indexing *x = context;
    int r = make_room(x);

    if (r)
        return r;
    x->pieces[x->n_pieces++] = (struct piece){.of = *p};
    x->n_objects += p->segment.n_objects;
    *p = (struct pending){.n = p->n};
    return 0;
}

static void let_go(struct indexing *x)
{
    for (size_t i = 0; i < x->n_pieces; i++) {
        intel_pending_done(&x->pieces[i].of);
        free(x->pieces[i].ends);
        free(x->pieces[i].numbers);
    }
    free(x->pieces);
}

/* ---- ids and lives ---- */

struct keyed {
    const struct segment_object *o;
    int64_t number;
};

static int keyed_cmp(const void *a, const void *b)
{
    const struct keyed *m = a, *n = b;
    int order = str_cmp(m->o->id, n->o->id);

    order = order ? order : str_cmp(m->o->version, n->o->version);
    return order ? order : m->number < n->number ? -1 : m->number > n->number;
}

/* All objects, by id, version and number. */
static struct keyed *sort_objects(const struct indexing *x)
{
    struct keyed *all = calloc(x->n_objects, sizeof(*all));
    size_t n = 0;

    for (size_t k = 0; all && k < x->n_pieces; k++)
        for (size_t i = 0; i < x->pieces[k].of.segment.n_objects; i++)
            all[n++] = (struct keyed){&x->pieces[k].of.segment.objects[i], number_of(x, &x->pieces[k], i)};
    if (all)
        qsort(all, n, sizeof(*all), keyed_cmp);
    return all;
}

/* The least level with the same audience: what is written together. */
static unsigned lane_of(const struct indexing *x, const struct segment_object *o)
{
    unsigned level = intel_level_of(o->tlp), lane = 0;

    while (x->w->audiences[lane] != x->w->audiences[level])
        lane++;
    return lane;
}

static int add_idents(const struct indexing *x, const struct keyed *all)
{
    struct load rows;
    int r = load_init(&rows, x->s, STMT_INTEL_IDENT_ADD, 6);

    for (unsigned lane = 0; lane < STORE_INTEL_LEVELS; lane++)
        for (size_t i = 0; !r && i < x->n_objects; i++) {
            const struct segment_object *o = all[i].o;

            if (lane_of(x, o) == lane)
                r = LOAD_ADD(&rows, V_INT(x->w->audiences[lane]), V_INT(x->w->run), V_STR(o->id), V_STR(o->version), V_INT(all[i].number),
                             V_BLOB(o->digest.bytes, sizeof(o->digest.bytes)));
        }
    r = r ? r : load_flush(&rows);
    load_done(&rows);
    return r;
}

static int add_lives(const struct indexing *x, const struct keyed *all)
{
    static const struct decay none = {0};
    const struct intel_writing *w = x->w;
    struct intel_life *lives = calloc(x->n_objects, sizeof(*lives));
    size_t n = 0;
    int r;

    if (!lives)
        return -ENOMEM;
    for (size_t i = 0; i < x->n_objects; i++) {
        const struct segment_object *o = all[i].o;
        bool is_late = o->life != SEGMENT_INDICATOR && w->now_us;

        if (o->life != SEGMENT_LIFELESS)
            lives[n++] = (struct intel_life){o, intel_audience_of(w, o), all[i].number, is_late ? MIN_OF(o->at_us, w->now_us) : o->at_us};
    }
    r = n ? intel_lives_add(x->s, w->decay ? w->decay : &none, w->run, lives, n) : 0;
    free(lives);
    return r;
}

static int write_objects(const struct indexing *x)
{
    struct keyed *all = sort_objects(x);
    int r = all ? add_idents(x, all) ?: add_lives(x, all) : -ENOMEM;

    free(all);
    return r;
}

/* ---- values of one segment ---- */

static int sort_by_value(const struct indexing *x, struct piece *p)
{
    const struct segment *g = &p->of.segment;
    size_t n_slots = g->n_values * STORE_INTEL_LEVELS, all = 0;

    p->ends = calloc(n_slots + 1, sizeof(*p->ends));
    if (!p->ends)
        return -ENOMEM;
    for (size_t i = 0; i < g->n_objects; i++)
        for (size_t k = 0; k < g->objects[i].n_values; k++, all++)
            p->ends[segment_place(&g->objects[i], k) * STORE_INTEL_LEVELS + lane_of(x, &g->objects[i])]++;
    p->numbers = reallocarray(NULL, all ? all : 1, sizeof(*p->numbers));
    if (!p->numbers)
        return -ENOMEM;
    for (size_t i = 0, sum = 0; i <= n_slots; i++) {
        size_t n = p->ends[i];

        p->ends[i] = sum; /* its beginning, until it is filled */
        sum += n;
    }
    for (size_t i = 0; i < g->n_objects; i++)
        for (size_t k = 0; k < g->objects[i].n_values; k++)
            p->numbers[p->ends[segment_place(&g->objects[i], k) * STORE_INTEL_LEVELS + lane_of(x, &g->objects[i])]++] = number_of(x, p, i);
    return 0;
}

static size_t begin_of(const struct piece *p, size_t slot)
{
    return slot ? p->ends[slot - 1] : 0;
}

/* Those that nothing has any more are passed over. */
static void pass_unused(struct piece *p)
{
    while (p->at < p->of.segment.n_values && begin_of(p, p->at * STORE_INTEL_LEVELS) == p->ends[p->at * STORE_INTEL_LEVELS + STORE_INTEL_LEVELS - 1])
        p->at++;
}

/* ---- values of all: merged in the order of the dictionary's index ---- */

/* A value that objects have. */
struct merged {
    const struct segment_value *v;
    int64_t number;  /* 0: it is in no dictionary yet */
    bool is_new;     /* just made, so that nothing has it yet */
    size_t from, n[STORE_INTEL_LEVELS]; /* its objects among all, lane by lane */
};

struct values {
    const struct indexing *x;
    struct merged *all;
    int64_t *numbers; /* of objects */
    size_t n, n_allocated, n_numbers;
    size_t *heap, n_heap; /* pieces, by the value that each stands at */
};

static int piece_cmp(const struct values *y, size_t a, size_t b)
{
    const struct piece *m = &y->x->pieces[a], *n = &y->x->pieces[b];
    int order = segment_value_cmp(&m->of.segment.values[m->at], &n->of.segment.values[n->at]);

    return order ? order : a < b ? -1 : a > b;
}

static void sink(struct values *y, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < y->n_heap; i = child) {
        size_t kept = y->heap[i];

        if (child + 1 < y->n_heap && piece_cmp(y, y->heap[child + 1], y->heap[child]) < 0)
            child++;
        if (piece_cmp(y, kept, y->heap[child]) < 0)
            return;
        y->heap[i] = y->heap[child];
        y->heap[child] = kept;
    }
}

/* The first piece goes on to its next value. */
static void advance(struct values *y)
{
    struct piece *p = &y->x->pieces[y->heap[0]];

    p->at++;
    pass_unused(p);
    if (p->at == p->of.segment.n_values)
        y->heap[0] = y->heap[--y->n_heap];
    sink(y, 0);
}

static int begin_merging(struct values *y)
{
    const struct indexing *x = y->x;
    size_t all = 0;
    int r = 0;

    y->heap = calloc(x->n_pieces, sizeof(*y->heap));
    if (!y->heap)
        return -ENOMEM;
    for (size_t i = 0; !r && i < x->n_pieces; i++) {
        struct piece *p = &x->pieces[i];

        if ((r = sort_by_value(x, p)))
            break;
        pass_unused(p);
        if (p->at == p->of.segment.n_values)
            continue;
        all += p->ends[p->of.segment.n_values * STORE_INTEL_LEVELS - 1];
        y->heap[y->n_heap++] = i;
    }
    for (size_t i = y->n_heap / 2; !r && i-- > 0;)
        sink(y, i);
    y->numbers = r ? NULL : reallocarray(NULL, all ? all : 1, sizeof(*y->numbers));
    return r ? r : y->numbers ? 0 : -ENOMEM;
}

static int more_values(struct values *y)
{
    size_t n = y->n_allocated ? 2 * y->n_allocated : 4096;
    struct merged *more = y->n < y->n_allocated ? y->all : reallocarray(y->all, n, sizeof(*more));

    if (!more)
        return -ENOMEM;
    y->n_allocated = y->n < y->n_allocated ? y->n_allocated : n;
    y->all = more;
    return 0;
}

/* The least value, of each segment that has it, in order of these: so its objects come in theirs. `alike`: room for one a piece. */
static int merge_least(struct values *y, size_t *alike)
{
    const struct piece *pieces = y->x->pieces;
    struct merged *m;
    size_t n_alike = 0;
    int r = more_values(y);

    if (r)
        return r;
    m = &y->all[y->n++];
    *m = (struct merged){.v = &pieces[y->heap[0]].of.segment.values[pieces[y->heap[0]].at], .from = y->n_numbers};
    while (y->n_heap) {
        const struct piece *p = &pieces[y->heap[0]];

        if (segment_value_cmp(&p->of.segment.values[p->at], m->v) != 0)
            break;
        alike[2 * n_alike] = y->heap[0];
        alike[2 * n_alike++ + 1] = p->at;
        advance(y);
    }
    for (unsigned lane = 0; lane < STORE_INTEL_LEVELS; lane++)
        for (size_t i = 0; i < n_alike; i++) {
            const struct piece *p = &pieces[alike[2 * i]];
            size_t slot = alike[2 * i + 1] * STORE_INTEL_LEVELS + lane, n = p->ends[slot] - begin_of(p, slot);

            memcpy(y->numbers + y->n_numbers, p->numbers + begin_of(p, slot), n * sizeof(*y->numbers));
            y->n_numbers += n;
            m->n[lane] += n;
        }
    return 0;
}

static int merge_values(struct values *y)
{
    size_t *alike = calloc(y->x->n_pieces, 2 * sizeof(*alike));
    int r = alike ? begin_merging(y) : -ENOMEM;

    while (!r && y->n_heap)
        r = merge_least(y, alike);
    free(alike);
    return r;
}

/* ---- their numbers ---- */

struct numbering {
    const struct values *y;
    size_t n_asked;
    struct merged *asked[STORE_ROWS_AT_ONCE];
    struct value values[3 * STORE_ROWS_AT_ONCE];
};

static int take_number(struct rows *rows, size_t at, void *context)
{
    const struct numbering *z = context;
    int r = rows_next(rows);

    if (r == 1)
        z->asked[at]->number = rows_int(rows, 0);
    return MIN_OF(r, 0);
}

static int ask_numbers(struct numbering *z)
{
    int r = z->n_asked ? store_query_rows(z->y->x->s, STMT_INTEL_VALUE_GET, z->values, 3, z->n_asked, take_number, z) : 0;

    z->n_asked = 0;
    return r;
}

/* Of all that have none. */
static int find_numbers(const struct values *y)
{
    struct numbering z = {.y = y};
    int r = 0;

    for (size_t i = 0; !r && i < y->n; i++) {
        const struct segment_value *v = y->all[i].v;

        if (y->all[i].number)
            continue;
        memcpy(z.values + 3 * z.n_asked, (const struct value[]){V_INT(v->type), V_INT(v->is_derived), V_BLOB(v->bytes.at, v->bytes.len)},
               3 * sizeof(*z.values));
        z.asked[z.n_asked++] = &y->all[i];
        if (z.n_asked == STORE_ROWS_AT_ONCE)
            r = ask_numbers(&z);
    }
    return r ? r : ask_numbers(&z);
}

/* Numbers for those that have none. */
static int give_numbers(const struct values *y, size_t n_new)
{
    ROWS_AUTO *rows = NULL;
    int r = n_new ? STORE_QUERY(y->x->s, &rows, STMT_INTEL_VALUE_NUMBERS, V_INT(n_new)) : 0;

    for (size_t i = 0; !r && n_new && i < y->n; i++) {
        if (y->all[i].number)
            continue;
        r = rows_next(rows);
        r = r == 1 ? 0 : r ? r : -EIO;
        if (!r) {
            y->all[i].number = rows_int(rows, 0);
            y->all[i].is_new = true;
        }
    }
    return r;
}

static int add_new(const struct values *y, uint64_t *ret_changed)
{
    struct load rows;
    int r = load_init(&rows, y->x->s, STMT_INTEL_VALUE_ADD, 4);

    *ret_changed = 0;
    for (size_t i = 0; !r && i < y->n; i++) {
        const struct segment_value *v = y->all[i].v;

        if (!y->all[i].is_new)
            continue;
        r = LOAD_ADD(&rows, V_INT(y->all[i].number), V_INT(v->type), V_INT(v->is_derived), V_BLOB(v->bytes.at, v->bytes.len));
        *ret_changed += rows.n_rows ? 0 : store_changed(y->x->s);
    }
    if (!r && rows.n_rows && !(r = load_flush(&rows)))
        *ret_changed += store_changed(y->x->s);
    load_done(&rows);
    return r;
}

/* Another node made some of them meanwhile: which, and whether it has them in a posting, is not known. */
static int find_again(const struct values *y)
{
    int r;

    for (size_t i = 0; i < y->n; i++)
        if (y->all[i].is_new)
            y->all[i].number = y->all[i].is_new = 0;
    r = find_numbers(y);
    for (size_t i = 0; !r && i < y->n; i++)
        r = y->all[i].number ? 0 : -EIO;
    return r;
}

/* The dictionary's, made where there are none; they are written in the order of these. */
static int number_values(const struct values *y)
{
    uint64_t changed;
    size_t n_new = 0;
    int r = find_numbers(y);

    for (size_t i = 0; i < y->n; i++)
        n_new += !y->all[i].number;
    r = r ? r : give_numbers(y, n_new) ?: add_new(y, &changed);
    return r || changed == n_new ? r : find_again(y);
}

/* ---- their postings ---- */

static int merged_cmp(const void *a, const void *b)
{
    const struct merged *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

static int post_values(const struct values *y)
{
    const struct indexing *x = y->x;
    struct posted *items;
    size_t n_items = 0;
    int r;

    if (y->n)
        qsort(y->all, y->n, sizeof(*y->all), merged_cmp);
    items = calloc(y->n ? y->n : 1, STORE_INTEL_LEVELS * sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < y->n; i++) {
        const struct merged *m = &y->all[i];
        size_t from = m->from;

        for (unsigned lane = 0; lane < STORE_INTEL_LEVELS; from += m->n[lane], lane++)
            if (m->n[lane])
                items[n_items++] = (struct posted){x->w->audiences[lane], m->number, y->numbers + from, m->n[lane], x->may_be_there && !m->is_new};
    }
    r = intel_post(x->s, x->w->run, items, n_items);
    free(items);
    return r;
}

static int write_values(const struct indexing *x)
{
    struct values y = {.x = x};
    int r = merge_values(&y) ?: number_values(&y) ?: post_values(&y);

    free(y.heap);
    free(y.numbers);
    free(y.all);
    return r;
}

/* ---- all ---- */

int intel_index(struct store *s, const struct intel_writing *w, int64_t n_segments)
{
    struct indexing x = {.s = s, .w = w};
    int r = intel_pending_each(s, w->run, take_pending, &x);

    x.may_be_there = (size_t)n_segments > x.n_pieces;
    if (!r && x.n_pieces)
        r = write_objects(&x) ?: write_values(&x) ?: STORE_RUN(s, STMT_INTEL_PENDING_DROP, V_INT(w->run));
    let_go(&x);
    return r;
}
