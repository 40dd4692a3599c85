/* Writing a segment into the place of threat intelligence, in one transaction: its objects get numbers. What they are found by waits for more of its kind
 * (intel-index.c): rows of one segment would fall on most pages of ids and values. */
#include "store/driver.h"
#include "store/intel-inside.h"
#include "store/intel-seen.h"
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
    struct intel_seen *seen;
    int64_t n_pending, pending_bytes; /* segments whose keys are not written yet */
    int64_t *waiting; /* runs whose ids are not in run 0 */
    size_t n_waiting;
    int64_t n_added, levels[STORE_INTEL_LEVELS];
    uint64_t n_known;
    uint32_t *order;       /* objects as they are numbered */
    uint32_t *by_id;       /* those that are looked up, by audience, id, version and content */
    size_t n_asked;
    bool *is_known;        /* each */
    struct digest digest;
};

static int64_t audience_of(const struct writing *x, const struct segment_object *o)
{
    return intel_audience_of(x->w, o);
}

static struct value blob_of(const struct digest *d)
{
    return V_BLOB(d->bytes, sizeof(d->bytes));
}

/* ---- what is there already ---- */

static int content_cmp(const void *a, const void *b, void *context)
{
    const struct writing *x = context;
    const struct segment_object *m = &x->segment->objects[*(const uint32_t *)a], *n = &x->segment->objects[*(const uint32_t *)b];
    int64_t ours = audience_of(x, m), theirs = audience_of(x, n);
    int order = ours < theirs ? -1 : ours > theirs;

    order = order ? order : str_cmp(m->id, n->id);
    order = order ? order : str_cmp(m->version, n->version);
    return order ? order : memcmp(m->digest.bytes, n->digest.bytes, sizeof(m->digest.bytes));
}

/* Those that come twice, in this segment or in others whose keys wait, count once, as the first. */
static int find_repeated(struct writing *x)
{
    int r = 0;

    for (size_t i = 0; !r && i < x->segment->n_objects; i++) {
        const struct segment_object *o = &x->segment->objects[x->order[i]];

        r = intel_seen_add(x->seen, audience_of(x, o), o, &x->is_known[x->order[i]]);
    }
    return r;
}

/* Is anything there, of any audience of the run? Mostly nothing is, when a collection gets its first import. */
static int has_any(const struct writing *x, int64_t run, bool *ret)
{
    int r = 0;

    *ret = false;
    for (unsigned i = 0; !r && !*ret && i < STORE_INTEL_LEVELS; i++) {
        ROWS_AUTO *row = NULL;

        r = STORE_ONE(x->s, &row, STMT_INTEL_IDENT_ANY, V_INT(x->w->audiences[i]), V_INT(run));
        *ret = !r;
        r = r == STORE_E_NONE ? 0 : r;
    }
    return r;
}

static void sort_by_id(struct writing *x)
{
    if (x->n_asked)
        return; /* once for all runs that are asked */
    for (uint32_t i = 0; i < x->segment->n_objects; i++)
        if (!x->is_known[i])
            x->by_id[x->n_asked++] = i;
    qsort_r(x->by_id, x->n_asked, sizeof(*x->by_id), content_cmp, x);
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
    bool any;
    int r = has_any(x, run, &any);

    if (r || !any)
        return r;
    sort_by_id(x);
    for (size_t i = 0; !r && i < x->n_asked; i++) {
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

/* Where all keys of the run wait, what it has is seen already. */
static int find_known(struct writing *x)
{
    int r = find_repeated(x);

    if (!r && x->row.n_segments > x->n_pending)
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
    x->levels[intel_level_of(o->tlp)]++;
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

/* ---- a segment ---- */

/* `order` as the objects come. */
static int prepare(struct writing *x)
{
    size_t n_objects = x->segment->n_objects;

    x->order = calloc(n_objects, sizeof(*x->order));
    x->by_id = calloc(n_objects, sizeof(*x->by_id));
    x->is_known = calloc(n_objects, sizeof(*x->is_known));
    x->seen = x->w->seen ? x->w->seen : intel_seen_new();
    for (size_t i = 0; x->order && i < n_objects; i++)
        x->order[i] = (uint32_t)i;
    return x->order && x->by_id && x->is_known && x->seen ? 0 : -ENOMEM;
}

static void let_go(struct writing *x)
{
    free(x->order);
    free(x->by_id);
    free(x->is_known);
    free(x->waiting);
    if (x->seen != x->w->seen)
        intel_seen_free(x->seen);
}

/* Of a run that is none: what was seen before says nothing of it. */
int intel_has_new(struct store *s, const struct intel_writing *w, const struct segment *segment, bool *ret)
{
    struct intel_writing alone = *w;
    struct writing x = {.s = s, .w = &alone, .segment = segment};
    int r;

    alone.seen = NULL;
    r = prepare(&x) ?: find_known(&x);
    *ret = false;
    for (size_t i = 0; !r && i < segment->n_objects; i++)
        *ret = *ret || !x.is_known[i];
    let_go(&x);
    return r;
}

static size_t pending_max(const struct writing *x)
{
    if (x->w->pending_max)
        return x->w->pending_max;
    return store_kind(x->s) == STORE_POSTGRES ? INTEL_PENDING_MAX_POSTGRES : INTEL_PENDING_MAX;
}

/* What the added objects are found by; and all that waits, once it is much. */
static int add_keys(struct writing *x, int64_t n, bool *ret_written)
{
    CLEANUP(buf_done) struct buf keys;
    int r;

    buf_init(&keys, SEGMENT_SIZE_MAX);
    *ret_written = false;
    if (!x->n_added)
        return 0;
    r = segment_print_keys(x->segment, x->order, x->is_known, &keys);
    if (!r)
        r = intel_pending_add(x->s, x->w->run, n, x->row.n_objects, buf_str(&keys));
    if (r || (size_t)x->pending_bytes + keys.len < pending_max(x))
        return r;
    *ret_written = true;
    return intel_index(x->s, x->w, n + 1);
}

static int pending_sum(struct writing *x)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(x->s, &row, STMT_INTEL_PENDING_SUM, V_INT(x->w->run));

    if (r)
        return r;
    x->n_pending = rows_int(row, 0);
    x->pending_bytes = rows_int(row, 1);
    return 0;
}

static int write_rows(struct writing *x, int64_t n, const struct digest *message, bool *ret_written)
{
    int r = pending_sum(x) ?: intel_seen_fill(x->seen, x->s, x->w, x->row.n_segments);

    if (r)
        return r;
    shuffle(x->order, x->segment->n_objects);
    r = find_known(x) ?: add_objects(x) ?: add_keys(x, n, ret_written);
    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_SEGMENT_ADD, V_INT(x->w->run), V_INT(n), V_INT(x->n_added), V_INT(x->n_known), blob_of(message),
                      blob_of(&x->digest));
    return r ? r : STORE_RUN(x->s, STMT_INTEL_RUN_GROW, V_INT(x->w->run), V_INT(x->n_added), V_INT(x->levels[0]), V_INT(x->levels[1]), V_INT(x->levels[2]));
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

static int begin(struct writing *x)
{
    int r = store_begin_by(x->s, CONTROL_BEGIN_OWN);

    return r ? r : take_run(x->s, x->w, &x->row);
}

int intel_write(struct store *s, const struct intel_writing *w, int64_t n, const struct segment *segment, const struct digest *message,
                uint64_t *ret_known)
{
    struct writing x = {.s = s, .w = w, .segment = segment};
    bool is_written = false;
    int r;

    if (w->run < 1 || w->run > STORE_INTEL_RUN_MAX || n < 0)
        return -EINVAL;
    r = begin(&x);
    if (!r && n != x.row.n_segments) {
        r = n < x.row.n_segments ? written_before(s, w->run, n, message, ret_known) : STORE_E_EXISTS;
        store_rollback(s);
        return r;
    }
    r = r ? r : prepare(&x) ?: write_rows(&x, n, message, &is_written);
    r = intel_settle(s, r);
    if (x.seen && r)
        intel_seen_forget(x.seen);
    else if (!r)
        intel_seen_settle(x.seen, n + 1, is_written);
    *ret_known = x.n_known;
    let_go(&x);
    return r;
}
