/* Writing a segment into the place of threat intelligence, in one transaction: its objects get numbers, its values theirs, and each value's postings grow. Rows of
 * a kind go together, in the order of their key as far as they have one: neighbours share pages, and PostgreSQL is not asked a row at a time. */
#include "store/driver.h"
#include "store/intel-inside.h"
#include "store/intel-lives.h"
#include "store/intel-post.h"
#include "store/load.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define SHUFFLED 1000u /* TX5 */

struct writing {
    struct store *s;
    const struct intel_writing *w;
    const struct segment *segment;
    struct run_row row;
    int64_t *waiting; /* runs whose ids are not in run 0 */
    size_t n_waiting;
    int64_t n_added, levels[STORE_INTEL_LEVELS];
    uint64_t n_known;
    const uint32_t *order; /* objects as they are numbered */
    uint32_t *ranks;       /* of each object: its place in that order */
    uint32_t *by_id;       /* objects by audience, id, version, content and rank */
    bool *is_known;        /* each */
    int64_t *numbers;      /* of each object; -1: it is known */
    struct digest digest;
};

static unsigned level_of(uint8_t tlp)
{
    return tlp <= 1 ? 0 : tlp <= 3 ? 1 : 2;
}

static int64_t audience_of(const struct writing *x, const struct segment_object *o)
{
    return x->w->audiences[level_of(o->tlp)];
}

static struct value blob_of(const struct digest *d)
{
    return V_BLOB(d->bytes, sizeof(d->bytes));
}

/* ---- what is there already ---- */

static int content_cmp(const struct writing *x, uint32_t a, uint32_t b)
{
    const struct segment_object *m = &x->segment->objects[a], *n = &x->segment->objects[b];
    int64_t ours = audience_of(x, m), theirs = audience_of(x, n);
    int order = ours < theirs ? -1 : ours > theirs;

    order = order ? order : str_cmp(m->id, n->id);
    order = order ? order : str_cmp(m->version, n->version);
    return order ? order : memcmp(m->digest.bytes, n->digest.bytes, sizeof(m->digest.bytes));
}

static int by_id_cmp(const void *a, const void *b, void *context)
{
    const struct writing *x = context;
    uint32_t m = *(const uint32_t *)a, n = *(const uint32_t *)b;
    int order = content_cmp(x, m, n);

    return order ? order : x->ranks[m] < x->ranks[n] ? -1 : x->ranks[m] > x->ranks[n];
}

/* Those that come twice in the segment count once, as its first. */
static void sort_by_id(struct writing *x)
{
    size_t n = x->segment->n_objects;

    for (uint32_t i = 0; i < n; i++) {
        x->by_id[i] = i;
        x->ranks[x->order[i]] = i;
    }
    qsort_r(x->by_id, n, sizeof(*x->by_id), by_id_cmp, x);
    for (size_t i = 1; i < n; i++)
        x->is_known[x->by_id[i]] = !content_cmp(x, x->by_id[i - 1], x->by_id[i]);
}

/* Objects that are looked up together. */
struct asking {
    struct writing *x;
    size_t n;
    uint32_t objects[STORE_ROWS_AT_ONCE];
    struct value values[5 * STORE_ROWS_AT_ONCE];
};

/* In run 0 the caller says which runs count; in the run at hand all do. */
static int take_known(struct rows *rows, size_t at, void *context)
{
    const struct asking *a = context;
    const struct intel_writing *w = a->x->w;
    bool *known = &a->x->is_known[a->objects[at]];
    int r = 0;

    while (!*known && (r = rows_next(rows)) == 1) {
        int64_t number = rows_int(rows, 0);

        *known = number >> 32 == w->run || (w->is_known && w->is_known(w->context, number));
        r = 0;
    }
    return r;
}

static int ask_some(struct asking *a)
{
    int r = a->n ? store_query_rows(a->x->s, STMT_INTEL_IDENT_OF_CONTENT, a->values, 5, a->n, take_known, a) : 0;

    a->n = 0;
    return r;
}

static int find_known_in(struct writing *x, int64_t run)
{
    struct asking a = {.x = x};
    int r = 0;

    for (size_t i = 0; !r && i < x->segment->n_objects; i++) {
        const struct segment_object *o = &x->segment->objects[x->by_id[i]];

        if (x->is_known[x->by_id[i]])
            continue;
        memcpy(a.values + 5 * a.n, (const struct value[]){V_INT(audience_of(x, o)), V_INT(run), V_STR(o->id), V_STR(o->version), blob_of(&o->digest)},
               5 * sizeof(*a.values));
        a.objects[a.n++] = x->by_id[i];
        if (a.n == STORE_ROWS_AT_ONCE)
            r = ask_some(&a);
    }
    return r ? r : ask_some(&a);
}

static int waiting_read(struct writing *x)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(x->s, &rows, STMT_INTEL_RUNS_WAITING);

    while (!r && (r = rows_next(rows)) == 1) {
        int64_t *more = reallocarray(x->waiting, x->n_waiting + 1, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->waiting = more;
        x->waiting[x->n_waiting++] = rows_int(rows, 0);
        r = 0;
    }
    return r;
}

static int find_known(struct writing *x)
{
    int r = 0;

    sort_by_id(x);
    if (x->row.n_segments)
        r = find_known_in(x, x->w->run);
    if (!r && x->w->is_known)
        r = find_known_in(x, 0) ?: waiting_read(x);
    for (size_t i = 0; !r && i < x->n_waiting; i++)
        if (x->waiting[i] != x->w->run)
            r = find_known_in(x, x->waiting[i]);
    return r;
}

/* ---- objects ---- */

static void digest_object(const struct writing *x, struct sha256_state *sum, const struct segment_object *o, int64_t no)
{
    uint64_t head[3] = {htobe64((uint64_t)no), htobe64((uint64_t)audience_of(x, o)), htobe64(o->tlp)};

    sha256_add(sum, (struct str){(const char *)head, sizeof(head)});
    sha256_add(sum, (struct str){(const char *)o->sum.bytes, sizeof(o->sum.bytes)});
    sha256_add(sum, (struct str){(const char *)o->digest.bytes, sizeof(o->digest.bytes)});
}

/* A random order within pieces. */
static void shuffle(uint32_t *order, size_t n)
{
    uint32_t random[SHUFFLED];

    for (size_t from = 0; from < n; from += SHUFFLED) {
        size_t piece = MIN_OF(n - from, SHUFFLED);

        random_fill(random, sizeof(random));
        for (size_t i = piece; i-- > 1;) {
            size_t k = random[i] % (i + 1);
            uint32_t kept = order[from + i];

            order[from + i] = order[from + k];
            order[from + k] = kept;
        }
    }
}

static int add_object(struct writing *x, struct load *rows, struct sha256_state *sum, const struct segment_object *o, int64_t no)
{
    digest_object(x, sum, o, no);
    x->n_added++;
    x->levels[level_of(o->tlp)]++;
    return LOAD_ADD(rows, V_INT(audience_of(x, o)), V_INT(x->w->run), V_INT(no), V_STR(o->id), V_STR(o->type), V_STR(o->version), V_INT(o->tlp),
                    blob_of(&o->digest), blob_of(&o->sum), V_INT(o->length), V_BLOB(o->packed.at, o->packed.len));
}

/* In the order of their numbers, which they get. */
static int add_objects(struct writing *x)
{
    struct sha256_state *sum = sha256_new();
    struct load rows = {0};
    int r = sum ? load_init(&rows, x->s, STMT_INTEL_OBJECT_ADD, 11) : -ENOMEM;

    for (size_t i = 0; !r && i < x->segment->n_objects; i++) {
        int64_t no = x->row.n_objects + x->n_added;
        bool known = x->is_known[x->order[i]];

        x->numbers[x->order[i]] = known ? -1 : x->w->run << 32 | no;
        x->n_known += known;
        if (!known)
            r = no > UINT32_MAX ? -E2BIG : add_object(x, &rows, sum, &x->segment->objects[x->order[i]], no);
    }
    r = r ? r : load_flush(&rows);
    load_done(&rows);
    if (sum)
        x->digest = sha256_end(sum);
    return r;
}

static int add_idents(struct writing *x)
{
    struct load rows;
    int r = load_init(&rows, x->s, STMT_INTEL_IDENT_ADD, 6);

    for (size_t i = 0; !r && i < x->segment->n_objects; i++) {
        const struct segment_object *o = &x->segment->objects[x->by_id[i]];
        int64_t number = x->numbers[x->by_id[i]];

        if (number >= 0)
            r = LOAD_ADD(&rows, V_INT(audience_of(x, o)), V_INT(x->w->run), V_STR(o->id), V_STR(o->version), V_INT(number), blob_of(&o->digest));
    }
    r = r ? r : load_flush(&rows);
    load_done(&rows);
    return r;
}

static int add_lives(struct writing *x)
{
    static const struct decay none = {0};
    struct intel_life *lives = calloc(x->segment->n_objects, sizeof(*lives));
    size_t n = 0;
    int r;

    if (!lives)
        return -ENOMEM;
    for (size_t i = 0; i < x->segment->n_objects; i++) {
        const struct segment_object *o = &x->segment->objects[x->by_id[i]];
        bool is_late = o->life != SEGMENT_INDICATOR && x->w->now_us;

        if (o->life != SEGMENT_LIFELESS && x->numbers[x->by_id[i]] >= 0)
            lives[n++] = (struct intel_life){o, audience_of(x, o), x->numbers[x->by_id[i]], is_late ? MIN_OF(o->at_us, x->w->now_us) : o->at_us};
    }
    r = n ? intel_lives_add(x->s, x->w->decay ? x->w->decay : &none, x->w->run, lives, n) : 0;
    free(lives);
    return r;
}

/* ---- values ---- */

/* The least level with the same audience: what is written together. */
static unsigned lane_of(const struct writing *x, const struct segment_object *o)
{
    unsigned level = level_of(o->tlp), lane = 0;

    while (x->w->audiences[lane] != x->w->audiences[level])
        lane++;
    return lane;
}

/* Objects by value and lane: of value `place` in `lane` those from ends[place * LEVELS + lane] (of the one before) up to its own. */
struct sorted {
    size_t *ends;
    int64_t *numbers;
};

static int sort_by_value(const struct writing *x, struct sorted *ret)
{
    const struct segment *g = x->segment;
    size_t n_slots = g->n_values * STORE_INTEL_LEVELS, all = 0;

    ret->numbers = NULL;
    ret->ends = calloc(n_slots + 1, sizeof(*ret->ends));
    if (!ret->ends)
        return -ENOMEM;
    for (size_t i = 0; i < g->n_objects; i++)
        for (size_t k = 0; x->numbers[i] >= 0 && k < g->objects[i].n_values; k++, all++)
            ret->ends[segment_place(&g->objects[i], k) * STORE_INTEL_LEVELS + lane_of(x, &g->objects[i])]++;
    ret->numbers = reallocarray(NULL, all ? all : 1, sizeof(*ret->numbers));
    if (!ret->numbers)
        return -ENOMEM;
    for (size_t i = 0, sum = 0; i <= n_slots; i++) {
        size_t n = ret->ends[i];

        ret->ends[i] = sum; /* its beginning, until it is filled */
        sum += n;
    }
    for (size_t i = 0; i < g->n_objects; i++) {
        const struct segment_object *o = &g->objects[x->order[i]];

        for (size_t k = 0; x->numbers[x->order[i]] >= 0 && k < o->n_values; k++)
            ret->numbers[ret->ends[segment_place(o, k) * STORE_INTEL_LEVELS + lane_of(x, o)]++] = x->numbers[x->order[i]];
    }
    return 0;
}

static size_t begin_of(const struct sorted *m, size_t slot)
{
    return slot ? m->ends[slot - 1] : 0;
}

static bool is_had(const struct sorted *m, size_t value)
{
    size_t slot = value * STORE_INTEL_LEVELS;

    return begin_of(m, slot) < m->ends[slot + STORE_INTEL_LEVELS - 1];
}

/* A value of the segment that objects which were added have. */
struct numbered {
    int64_t number; /* 0: it is in no dictionary yet */
    uint32_t place;
    bool is_new; /* just made, so that nothing has it yet */
};

struct numbering {
    const struct writing *x;
    struct numbered *all;
    size_t n, n_asked;
    struct numbered *asked[STORE_ROWS_AT_ONCE];
    struct value values[3 * STORE_ROWS_AT_ONCE];
};

static int take_number(struct rows *rows, size_t at, void *context)
{
    const struct numbering *y = context;
    int r = rows_next(rows);

    if (r == 1)
        y->asked[at]->number = rows_int(rows, 0);
    return MIN_OF(r, 0);
}

static int ask_numbers(struct numbering *y)
{
    int r = y->n_asked ? store_query_rows(y->x->s, STMT_INTEL_VALUE_GET, y->values, 3, y->n_asked, take_number, y) : 0;

    y->n_asked = 0;
    return r;
}

/* Of all that have none; they stand in the order of the dictionary's index. */
static int find_numbers(struct numbering *y)
{
    int r = 0;

    for (size_t i = 0; !r && i < y->n; i++) {
        const struct segment_value *v = &y->x->segment->values[y->all[i].place];

        if (y->all[i].number)
            continue;
        memcpy(y->values + 3 * y->n_asked, (const struct value[]){V_INT(v->type), V_INT(v->is_derived), V_BLOB(v->bytes.at, v->bytes.len)},
               3 * sizeof(*y->values));
        y->asked[y->n_asked++] = &y->all[i];
        if (y->n_asked == STORE_ROWS_AT_ONCE)
            r = ask_numbers(y);
    }
    return r ? r : ask_numbers(y);
}

/* Numbers for those that have none. */
static int give_numbers(struct numbering *y, size_t n_new)
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

static int add_new(struct numbering *y, uint64_t *ret_changed)
{
    struct load rows;
    int r = load_init(&rows, y->x->s, STMT_INTEL_VALUE_ADD, 4);

    *ret_changed = 0;
    for (size_t i = 0; !r && i < y->n; i++) {
        const struct segment_value *v = &y->x->segment->values[y->all[i].place];

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
static int find_again(struct numbering *y)
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

static int numbered_cmp(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

/* The dictionary's numbers of the values that are had, made where there are none; they are written in the order of these. */
static int number_values(const struct writing *x, const struct sorted *m, struct numbered *ret, size_t *ret_n)
{
    struct numbering y = {.x = x, .all = ret};
    uint64_t changed;
    size_t n_new = 0;
    int r;

    for (size_t i = 0; i < x->segment->n_values; i++)
        if (is_had(m, i))
            ret[y.n++] = (struct numbered){.place = (uint32_t)i};
    r = find_numbers(&y);
    for (size_t i = 0; i < y.n; i++)
        n_new += !ret[i].number;
    r = r ? r : give_numbers(&y, n_new) ?: add_new(&y, &changed);
    if (!r && changed != n_new)
        r = find_again(&y);
    if (!r && y.n)
        qsort(ret, y.n, sizeof(*ret), numbered_cmp);
    *ret_n = y.n;
    return r;
}

static int post_values(struct writing *x, const struct sorted *m, const struct numbered *values, size_t n)
{
    struct posted *items = calloc(n ? n * STORE_INTEL_LEVELS : 1, sizeof(*items));
    size_t n_items = 0;
    int r;

    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (unsigned lane = 0; lane < STORE_INTEL_LEVELS; lane++) {
            size_t slot = values[i].place * STORE_INTEL_LEVELS + lane, from = begin_of(m, slot);

            if (m->ends[slot] > from)
                items[n_items++] = (struct posted){x->w->audiences[lane], values[i].number, m->numbers + from, m->ends[slot] - from,
                                                   x->row.n_segments > 0 && !values[i].is_new};
        }
    r = intel_post(x->s, x->w->run, items, n_items);
    free(items);
    return r;
}

static int add_postings(struct writing *x)
{
    struct numbered *values = calloc(x->segment->n_values ? x->segment->n_values : 1, sizeof(*values));
    struct sorted m;
    size_t n;
    int r = sort_by_value(x, &m);

    if (!r)
        r = values ? number_values(x, &m, values, &n) : -ENOMEM;
    if (!r)
        r = post_values(x, &m, values, n);
    free(m.numbers);
    free(m.ends);
    free(values);
    return r;
}

/* ---- a segment ---- */

/* `order` as the objects come. */
static int prepare(struct writing *x, uint32_t *order)
{
    size_t n_objects = x->segment->n_objects;

    x->order = order;
    x->ranks = calloc(n_objects, sizeof(*x->ranks));
    x->by_id = calloc(n_objects, sizeof(*x->by_id));
    x->is_known = calloc(n_objects, sizeof(*x->is_known));
    x->numbers = calloc(n_objects, sizeof(*x->numbers));
    for (size_t i = 0; order && i < n_objects; i++)
        order[i] = (uint32_t)i;
    return order && x->ranks && x->by_id && x->is_known && x->numbers ? 0 : -ENOMEM;
}

static void let_go(struct writing *x, uint32_t *order)
{
    free(order);
    free(x->ranks);
    free(x->by_id);
    free(x->is_known);
    free(x->numbers);
    free(x->waiting);
}

int intel_has_new(struct store *s, const struct intel_writing *w, const struct segment *segment, bool *ret)
{
    struct writing x = {.s = s, .w = w, .segment = segment};
    uint32_t *order = calloc(segment->n_objects, sizeof(*order));
    int r = prepare(&x, order) ?: find_known(&x);

    *ret = false;
    for (size_t i = 0; !r && i < segment->n_objects; i++)
        *ret = *ret || !x.is_known[i];
    let_go(&x, order);
    return r;
}

static int write_rows(struct writing *x, int64_t n, const struct digest *message)
{
    size_t n_objects = x->segment->n_objects;
    uint32_t *order = calloc(n_objects, sizeof(*order));
    int r = prepare(x, order);

    if (!r) {
        shuffle(order, n_objects);
        r = find_known(x) ?: add_objects(x) ?: add_idents(x) ?: add_lives(x) ?: add_postings(x);
    }
    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_SEGMENT_ADD, V_INT(x->w->run), V_INT(n), V_INT(x->n_added), V_INT(x->n_known), blob_of(message),
                      blob_of(&x->digest));
    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_RUN_GROW, V_INT(x->w->run), V_INT(x->n_added), V_INT(x->levels[0]), V_INT(x->levels[1]), V_INT(x->levels[2]));
    let_go(x, order);
    return r;
}

/* It was written already, and its answer was lost? */
static int written_before(struct store *s, int64_t run, int64_t n, const struct digest *message, uint64_t *ret_known)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_SEGMENT_GET, V_INT(run), V_INT(n));

    if (r)
        return r == STORE_E_NONE ? STORE_E_EXISTS : r;
    if (!str_eq(rows_blob(row, 2), (struct str){(const char *)message->bytes, sizeof(message->bytes)}))
        return STORE_E_EXISTS;
    *ret_known = (uint64_t)rows_int(row, 1);
    return 0;
}

/* The run's row, made by its first segment. */
static int take_run(struct store *s, const struct intel_writing *w, struct run_row *ret)
{
    int r = STORE_RUN(s, STMT_INTEL_RUN_ADD, V_INT(w->run), V_INT(w->audiences[0]), V_INT(w->audiences[1]), V_INT(w->audiences[2]), V_BLOB("", 0));

    r = r ? r : intel_run_get(s, w->run, ret);
    if (!r && ret->state != RUN_WRITTEN)
        return STORE_E_NONE;
    return r ? r : memcmp(ret->audiences, w->audiences, sizeof(ret->audiences)) ? -EINVAL : 0;
}

int intel_write(struct store *s, const struct intel_writing *w, int64_t n, const struct segment *segment, const struct digest *message,
                uint64_t *ret_known)
{
    struct writing x = {.s = s, .w = w, .segment = segment};
    int r;

    if (w->run < 1 || w->run > STORE_INTEL_RUN_MAX || n < 0)
        return -EINVAL;
    r = store_begin_by(s, CONTROL_BEGIN_OWN);
    if (!r)
        r = take_run(s, w, &x.row);
    if (!r && n != x.row.n_segments) {
        r = n < x.row.n_segments ? written_before(s, w->run, n, message, ret_known) : STORE_E_EXISTS;
        store_rollback(s);
        return r;
    }
    if (!r)
        r = write_rows(&x, n, message);
    *ret_known = x.n_known;
    return intel_settle(s, r);
}
