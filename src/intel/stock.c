#include "intel/stock.h"

#include "intel/stock-inside.h"

#include "store/intel.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define VERSIONS_MAX 100000u

/* ---- opening ---- */

static int place_open(struct stock *k, struct diag *diag)
{
    int r = k->place ? 0 : intel_open(k->db, STORE_READ, &k->place, diag);

    return r == STORE_E_NONE ? 0 : r;
}

int stock_open(const char *db, struct store *store, struct stock **ret, struct diag *diag)
{
    CLEANUP(stock_closep) struct stock *k = calloc(1, sizeof(*k));
    int r;

    if (!k)
        return -ENOMEM;
    k->store = store;
    buf_init(&k->bytes, SEGMENT_UNPACKED_MAX);
    buf_init(&k->id, SEGMENT_WORD_MAX);
    buf_init(&k->type, SEGMENT_WORD_MAX);
    buf_init(&k->version, SEGMENT_WORD_MAX);
    k->db = strdup(db);
    k->unpacker = unpacker_new();
    r = k->db && k->unpacker ? place_open(k, diag) : -ENOMEM;
    if (!r)
        r = stock_refresh(k);
    if (!r)
        *ret = TAKE(k);
    return r;
}

void stock_close(struct stock *k)
{
    if (!k)
        return;
    store_close(k->place);
    unpacker_free(k->unpacker);
    buf_done(&k->bytes);
    buf_done(&k->id);
    buf_done(&k->type);
    buf_done(&k->version);
    free(k->opened);
    free(k->shelves);
    free(k->removed);
    free(k->waiting);
    free(k->db);
    free(k);
}

static int opened_cmp(const void *a, const void *b)
{
    const struct opened *x = a, *y = b;

    return x->run < y->run ? -1 : x->run > y->run;
}

struct opened *stock_opened_of(const struct stock *k, int64_t run)
{
    struct opened key = {.run = run};

    return k->n_opened ? bsearch(&key, k->opened, k->n_opened, sizeof(key), opened_cmp) : NULL;
}

/* The first shelf whose key is not less. */
static size_t shelf_place(const struct stock *k, int64_t key)
{
    size_t low = 0, high = k->n_shelves;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (k->shelves[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* `audience` 0: leave it as it is, or the key's own. */
static int set_shelf(struct stock *k, int64_t key, int64_t audience)
{
    size_t at = shelf_place(k, key);

    if (at == k->n_shelves || k->shelves[at].key != key) {
        if (k->n_shelves == k->size_shelves) {
            size_t size = k->size_shelves ? 2 * k->size_shelves : 64;
            struct shelf *more = reallocarray(k->shelves, size, sizeof(*more));

            if (!more)
                return -ENOMEM;
            k->shelves = more;
            k->size_shelves = size;
        }
        memmove(&k->shelves[at + 1], &k->shelves[at], (k->n_shelves++ - at) * sizeof(*k->shelves));
        k->shelves[at] = (struct shelf){key, key};
    }
    if (audience)
        k->shelves[at].audience = audience;
    return 0;
}

size_t stock_removed_place(const struct stock *k, int64_t number)
{
    size_t low = 0, high = k->n_removed;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (k->removed[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool stock_has(const struct stock *k, int64_t number)
{
    size_t at = stock_removed_place(k, number);

    return stock_opened_of(k, STOCK_RUN(number)) && (at == k->n_removed || k->removed[at].number != number);
}

static int add_removed(struct stock *k, struct rows *row)
{
    size_t at = stock_removed_place(k, rows_int(row, 0));

    if (k->n_removed == k->size_removed) {
        size_t size = k->size_removed ? 2 * k->size_removed : 64;
        struct removed *more = reallocarray(k->removed, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        k->removed = more;
        k->size_removed = size;
    }
    memmove(&k->removed[at + 1], &k->removed[at], (k->n_removed++ - at) * sizeof(*k->removed));
    k->removed[at] = (struct removed){rows_int(row, 0), rows_int(row, 1)};
    k->removed_changed = rows_int(row, 2);
    return 0;
}

static int take_removed(struct stock *k)
{
    int64_t before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = k->removed_changed;
        r = STORE_QUERY(k->store, &rows, STMT_INTEL_REMOVED, V_INT(before));
        while (!r && (r = rows_next(rows)) == 1)
            r = add_removed(k, rows);
    } while (!r && k->removed_changed != before);
    return r;
}

static int take_shelves(struct stock *k)
{
    int64_t before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = k->shelves_changed;
        r = STORE_QUERY(k->store, &rows, STMT_INTEL_SHELVES, V_INT(before));
        while (!r && (r = rows_next(rows)) == 1) {
            r = set_shelf(k, rows_int(rows, 0), rows_int(rows, 1));
            k->shelves_changed = rows_int(rows, 4);
        }
    } while (!r && k->shelves_changed != before);
    return r;
}

bool stock_may_see(const struct stock *k, const struct sight *sight, int64_t audience)
{
    size_t at = shelf_place(k, audience);

    return at < k->n_shelves && k->shelves[at].key == audience && sight_may_see(sight, k->shelves[at].audience);
}

int64_t stock_audience(const struct stock *k, int64_t key)
{
    size_t at = shelf_place(k, key);

    return at < k->n_shelves && k->shelves[at].key == key ? k->shelves[at].audience : key;
}

int64_t stock_next_audience(const struct stock *k, const struct sight *sight, int64_t after)
{
    for (size_t at = shelf_place(k, after + 1); at < k->n_shelves; at++)
        if (sight_may_see(sight, k->shelves[at].audience))
            return k->shelves[at].key;
    return 0;
}

static int add_opened(struct stock *k, struct rows *row)
{
    if (k->n_opened == k->size_opened) {
        size_t size = k->size_opened ? 2 * k->size_opened : 64;
        struct opened *more = reallocarray(k->opened, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        k->opened = more;
        k->size_opened = size;
    }
    k->opened[k->n_opened++] = (struct opened){rows_int(row, 0), rows_int(row, 1)};
    for (int i = 0; i < (int)STORE_INTEL_LEVELS; i++)
        if (set_shelf(k, rows_int(row, 3 + i), 0))
            return -ENOMEM;
    k->opening = rows_int(row, 0);
    return 0;
}

static int take_openings(struct stock *k)
{
    int64_t before;
    int r;

    do {
        ROWS_AUTO *rows = NULL;

        before = k->opening;
        r = STORE_QUERY(k->store, &rows, STMT_INTEL_OPENINGS, V_INT(before));
        while (!r && (r = rows_next(rows)) == 1)
            r = add_opened(k, rows);
    } while (!r && k->opening != before);
    if (!r && k->n_opened)
        qsort(k->opened, k->n_opened, sizeof(*k->opened), opened_cmp);
    return r;
}

/* Runs that are finished and not merged; those that nobody opened among them, which are passed over. In a snapshot of the place. */
static int take_waiting(struct stock *k)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_RUNS_WAITING);

    k->n_waiting = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        int64_t run = rows_int(rows, 0), *more;

        r = 0;
        if (!stock_opened_of(k, run))
            continue;
        more = reallocarray(k->waiting, k->n_waiting + 1, sizeof(*more));
        if (!more)
            return -ENOMEM;
        k->waiting = more;
        k->waiting[k->n_waiting++] = run;
    }
    return r;
}

int stock_refresh(struct stock *k)
{
    int r = take_openings(k);

    if (!r)
        r = take_shelves(k);
    if (!r)
        r = take_removed(k);
    return r ? r : place_open(k, NULL);
}

int64_t stock_opening(const struct stock *k)
{
    return k->opening;
}

int stock_snapshot(struct stock *k)
{
    int r = store_begin_read(k->place);

    if (!r && (r = take_waiting(k)))
        store_end_read(k->place);
    return r;
}

/* ---- objects ---- */

static int keep(struct buf *b, struct str s)
{
    buf_clear(b);
    return buf_add_str(b, s);
}

int stock_take_object(struct stock *k, struct rows *row, int64_t audience, int64_t run, bool wants_bytes, struct stock_object *ret)
{
    struct str digest = rows_blob(row, 5), packed;
    size_t length = (size_t)rows_int(row, 7);
    char *at;

    *ret = (struct stock_object){.ref = {audience, run << 32 | rows_int(row, 0)}, .tlp = (enum tlp)rows_int(row, 4)};
    if (digest.len != sizeof(ret->digest.bytes) || length > SEGMENT_UNPACKED_MAX || rows_int(row, 4) < 0 || rows_int(row, 4) > TLP_RED)
        return STOCK_E_DAMAGED;
    memcpy(ret->digest.bytes, digest.at, digest.len);
    if (keep(&k->id, rows_str(row, 1)) || keep(&k->type, rows_str(row, 2)) || keep(&k->version, rows_str(row, 3)))
        return -ENOMEM;
    ret->id = buf_str(&k->id);
    ret->type = buf_str(&k->type);
    ret->version = buf_str(&k->version);
    if (!wants_bytes)
        return 0;
    packed = rows_blob(row, 8);
    buf_clear(&k->bytes);
    at = buf_grow(&k->bytes, length);
    if (!at)
        return -ENOMEM;
    if (!unpacker_get(k->unpacker, packed, length, at))
        return STOCK_E_DAMAGED;
    ret->bytes = buf_str(&k->bytes);
    return 0;
}

static int get(struct stock *k, const struct sight *sight, struct stock_ref ref, bool wants_bytes, struct stock_object *ret)
{
    ROWS_AUTO *row = NULL;
    int64_t run = STOCK_RUN(ref.number);
    int r;

    if (!k->place || !stock_may_see(k, sight, ref.audience) || !stock_has(k, ref.number))
        return STOCK_E_NONE;
    r = STORE_ONE(k->place, &row, wants_bytes ? STMT_INTEL_OBJECT_GET : STMT_INTEL_OBJECT_HEAD, V_INT(ref.audience), V_INT(run),
                  V_INT(ref.number & UINT32_MAX));
    if (r)
        return r == STORE_E_NONE ? STOCK_E_NONE : r;
    return stock_take_object(k, row, ref.audience, run, wants_bytes, ret);
}

int stock_get(struct stock *k, const struct sight *sight, struct stock_ref ref, struct stock_object *ret)
{
    return get(k, sight, ref, true, ret);
}

int stock_head(struct stock *k, const struct sight *sight, struct stock_ref ref, struct stock_object *ret)
{
    return get(k, sight, ref, false, ret);
}

/* ---- what is coming in ---- */

/* *left: how many are still wanted. */
static int staged_of(struct stock *k, int64_t run, int64_t audience, struct stock_staged after, unsigned *left, stock_staged_fn *call, void *context)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_OBJECT_LIST, V_INT(audience), V_INT(run), V_INT(after.no), V_INT(*left));

    while (!r && (r = rows_next(rows)) == 1) {
        struct stock_object o;

        after.no = rows_int(rows, 0);
        r = stock_take_object(k, rows, audience, run, true, &o);
        if (!r)
            r = call(&o, after, context);
        --*left;
    }
    return r;
}

int stock_staged(struct stock *k, int64_t run, const int64_t audiences[3], struct stock_staged after, unsigned limit, stock_staged_fn *call, void *context)
{
    int r = 0;

    for (unsigned i = after.level; k->place && !r && limit && i < STORE_INTEL_LEVELS; i++) {
        bool is_told = false; /* levels may share an audience */

        for (unsigned m = 0; m < i; m++)
            is_told = is_told || audiences[m] == audiences[i];
        if (!is_told)
            r = staged_of(k, run, audiences[i], (struct stock_staged){i, i == after.level ? after.no : -1}, &limit, call, context);
    }
    return r;
}

int stock_staged_count(struct stock *k, int64_t run, int64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int r = k->place ? STORE_ONE(k->place, &row, STMT_INTEL_RUN_GET, V_INT(run)) : STORE_E_NONE;

    *ret = r ? 0 : rows_int(row, 2);
    return r == STORE_E_NONE ? 0 : r;
}

/* ---- audiences in sight ---- */

int stock_one_place(struct stock *k, int64_t audience, each_fn *call, void *context)
{
    int r = call(k, audience, 0, context);

    for (size_t i = 0; !r && i < k->n_waiting; i++)
        r = call(k, audience, k->waiting[i], context);
    return r;
}

int stock_each_place(struct stock *k, const struct sight *sight, each_fn *call, void *context)
{
    int r = 0;

    for (int64_t a = stock_next_audience(k, sight, 0); !r && a; a = stock_next_audience(k, sight, a))
        r = stock_one_place(k, a, call, context);
    return r;
}

/* ---- versions ---- */

/* Versions of one id. */
struct versions {
    struct str id;
    struct found_version {
        struct stock_ref ref;
        struct digest digest;
        int64_t opening;
        size_t at, len; /* of its instant, in `texts` */
    } *at;
    size_t n, size;
    struct buf texts;
};

static void versions_done(struct versions *v)
{
    free(v->at);
    buf_done(&v->texts);
}

static struct str version_instant(const struct versions *v, const struct found_version *f)
{
    return (struct str){v->texts.at + f->at, f->len};
}

static int add_version(struct stock *k, struct versions *v, int64_t audience, struct rows *row)
{
    struct str instant = rows_str(row, 0), digest = rows_blob(row, 2);
    int64_t number = rows_int(row, 1);
    const struct opened *o = stock_opened_of(k, STOCK_RUN(number));
    struct found_version *f;

    if (!o || !stock_has(k, number))
        return 0;
    if (digest.len != sizeof(f->digest.bytes) || v->n == VERSIONS_MAX)
        return STOCK_E_DAMAGED;
    if (v->n == v->size) {
        size_t size = v->size ? 2 * v->size : 8;

        f = reallocarray(v->at, size, sizeof(*f));
        if (!f)
            return -ENOMEM;
        v->at = f;
        v->size = size;
    }
    f = &v->at[v->n++];
    *f = (struct found_version){.ref = {audience, number}, .opening = o->opening, .at = v->texts.len, .len = instant.len};
    memcpy(f->digest.bytes, digest.at, digest.len);
    return buf_add_str(&v->texts, instant);
}

static int find_versions(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct versions *v = context;
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_IDENT_OF_ID, V_INT(audience), V_INT(run), V_STR(v->id));

    while (!r && (r = rows_next(rows)) == 1)
        r = add_version(k, v, audience, rows);
    return r;
}

static int version_cmp(const void *a, const void *b, void *context)
{
    const struct found_version *x = a, *y = b;
    int order = str_cmp(version_instant(context, x), version_instant(context, y));

    if (order)
        return order;
    if (x->opening != y->opening)
        return x->opening < y->opening ? -1 : 1;
    return x->ref.number < y->ref.number ? -1 : x->ref.number > y->ref.number;
}

static bool is_same_instant(const struct versions *v, size_t i, size_t k)
{
    return str_eq(version_instant(v, &v->at[i]), version_instant(v, &v->at[k]));
}

/* In order; doubles are taken out. */
static int collect_versions(struct stock *k, const struct sight *sight, struct str id, struct versions *v)
{
    size_t n = 0;
    int r = stock_snapshot(k);

    *v = (struct versions){.id = id};
    buf_init(&v->texts, 64u << 20);
    if (r)
        return r;
    r = stock_each_place(k, sight, find_versions, v);
    store_end_read(k->place);
    if (r)
        return r;
    if (v->n)
        qsort_r(v->at, v->n, sizeof(*v->at), version_cmp, v);
    for (size_t i = 0; i < v->n; i++) {
        struct found_version f = v->at[i];
        bool known = false;

        for (size_t m = n; m-- > 0 && str_eq(version_instant(v, &f), version_instant(v, &v->at[m]));)
            known = known || digest_eq(&f.digest, &v->at[m].digest);
        if (!known)
            v->at[n++] = f;
    }
    v->n = n;
    return n ? 0 : STOCK_E_NONE;
}

/* Of an observable each content is a version of its own, and none is in conflict. */
static bool is_conflict(const struct versions *v, size_t i)
{
    return i && v->at[i].len && is_same_instant(v, i, i - 1);
}

int stock_versions(struct stock *k, const struct sight *sight, struct str id, stock_version_fn *call, void *context)
{
    CLEANUP(versions_done) struct versions v = {.n = 0};
    int r = k->place ? collect_versions(k, sight, id, &v) : STOCK_E_NONE;

    for (size_t i = 0; !r && i < v.n; i++) {
        struct stock_version told = {v.at[i].ref, version_instant(&v, &v.at[i]), v.at[i].digest, is_conflict(&v, i)};

        r = call(&told, context);
    }
    return r;
}

/* The newest that counts (ST4). */
static size_t newest_of(const struct versions *v)
{
    size_t i = v->n - 1;

    while (is_conflict(v, i))
        i--;
    return i;
}

int stock_latest(struct stock *k, const struct sight *sight, struct str id, struct stock_object *ret)
{
    CLEANUP(versions_done) struct versions v = {.n = 0};
    int r = k->place ? collect_versions(k, sight, id, &v) : STOCK_E_NONE;

    return r ? r : stock_get(k, sight, v.at[newest_of(&v)].ref, ret);
}

int stock_is_latest(struct stock *k, const struct sight *sight, struct stock_ref ref, struct str id, bool *ret)
{
    CLEANUP(versions_done) struct versions v = {.n = 0};
    int r = k->place ? collect_versions(k, sight, id, &v) : STOCK_E_NONE;
    const struct stock_ref *newest = r ? NULL : &v.at[newest_of(&v)].ref;

    *ret = newest && newest->audience == ref.audience && newest->number == ref.number;
    return r;
}

/* ---- values ---- */

struct sharing {
    int64_t value;
    uint64_t count;
};

/* The dictionary's number. 0: there is none, which a reader cannot tell from nobody's. */
static int value_of(struct stock *k, const struct clue *v, enum stock_how how, int64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(k->place, &row, STMT_INTEL_VALUE_GET, V_INT(v->type), V_INT(how == STOCK_DERIVED), V_BLOB(v->bytes.at, v->bytes.len));

    *ret = r ? 0 : rows_int(row, 0);
    return r == STORE_E_NONE ? 0 : r;
}

/* One that was taken out still stands in its block. */
static int uncount(struct stock *k, struct sharing *s, int64_t run, const struct removed *at)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(k->place, &row, STMT_INTEL_POSTING_AT, V_INT(at->shelf), V_INT(run), V_INT(s->value), V_INT(at->number));
    int64_t number, n;
    struct str block;

    if (r)
        return r == STORE_E_NONE ? 0 : r;
    number = rows_int(row, 0);
    n = rows_int(row, 1);
    block = rows_blob(row, 2);
    for (int64_t i = 1; i < n && number < at->number; i++)
        if (!intel_block_next(&block, &number))
            return STOCK_E_DAMAGED;
    s->count -= number == at->number;
    return 0;
}

static int count_one(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct sharing *s = context;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(k->place, &row, STMT_INTEL_POSTING_COUNT, V_INT(audience), V_INT(run), V_INT(s->value));

    s->count += r ? 0 : (uint64_t)rows_int(row, 0);
    for (size_t i = 0; !r && s->count && i < k->n_removed; i++)
        if (k->removed[i].shelf == audience)
            r = uncount(k, s, run, &k->removed[i]);
    return r;
}

int stock_count(struct stock *k, const struct sight *sight, const struct clue *value, enum stock_how how, uint64_t *ret)
{
    struct sharing s = {0};
    int r;

    *ret = 0;
    if (!k->place)
        return 0;
    r = stock_snapshot(k);
    if (r)
        return r;
    r = value_of(k, value, how, &s.value);
    if (!r) /* also of none: the same way for what is hidden */
        r = stock_each_place(k, sight, count_one, &s);
    store_end_read(k->place);
    *ret = s.count;
    return r;
}

/* The blocks of one audience, behind a number, by number over all runs: run 0 and the waiting ones hold different ranges, in any order. */
struct blocks {
    struct stock *k;
    struct stock_ref after;
    int64_t value;
    stock_ref_fn *call;
    void *context;
    int64_t *numbers; /* of one audience, sorted before they are told */
    size_t n, size;
};

static int add_number(struct blocks *b, int64_t number)
{
    if (number <= b->after.number || !stock_has(b->k, number))
        return 0;
    if (b->n == b->size) {
        size_t size = b->size ? 2 * b->size : 256;
        int64_t *more = reallocarray(b->numbers, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        b->numbers = more;
        b->size = size;
    }
    b->numbers[b->n++] = number;
    return 0;
}

static int take_block(struct blocks *b, struct rows *row, int64_t *ret_first)
{
    int64_t number = rows_int(row, 0), n = rows_int(row, 1);
    struct str block = rows_blob(row, 2);
    int r = add_number(b, number);

    *ret_first = number;
    for (int64_t i = 1; !r && i < n; i++) {
        if (!intel_block_next(&block, &number))
            return STOCK_E_DAMAGED;
        r = add_number(b, number);
    }
    return r ? r : block.len ? STOCK_E_DAMAGED : 0;
}

static int take_blocks(struct blocks *b, int64_t audience, int64_t run)
{
    int64_t first = -1, before;
    ROWS_AUTO *at = NULL;
    int r = STORE_ONE(b->k->place, &at, STMT_INTEL_POSTING_AT, V_INT(audience), V_INT(run), V_INT(b->value), V_INT(b->after.number));

    r = r == STORE_E_NONE ? 0 : r ? r : take_block(b, at, &first);
    do {
        ROWS_AUTO *rows = NULL;

        before = first;
        if (!r)
            r = STORE_QUERY(b->k->place, &rows, STMT_INTEL_POSTING_LIST, V_INT(audience), V_INT(run), V_INT(b->value), V_INT(first));
        while (!r && (r = rows_next(rows)) == 1)
            r = take_block(b, rows, &first);
    } while (!r && first != before);
    return r;
}

static int number_cmp(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Collected in the snapshot, told behind it: the call may ask the stock. */
static int tell_audience(struct blocks *b, int64_t audience)
{
    int r = stock_snapshot(b->k);

    b->n = 0;
    if (r)
        return r;
    r = take_blocks(b, audience, 0);
    for (size_t i = 0; !r && i < b->k->n_waiting; i++)
        r = take_blocks(b, audience, b->k->waiting[i]);
    store_end_read(b->k->place);
    if (!r && b->n)
        qsort(b->numbers, b->n, sizeof(*b->numbers), number_cmp);
    for (size_t i = 0; !r && i < b->n; i++)
        r = b->call((struct stock_ref){audience, b->numbers[i]}, b->context);
    return r;
}

int stock_sharing(struct stock *k, const struct sight *sight, const struct clue *value, enum stock_how how, struct stock_ref after, stock_ref_fn *call,
                  void *context)
{
    struct blocks b = {.k = k, .after = after, .call = call, .context = context};
    int r = k->place ? value_of(k, value, how, &b.value) : 0;

    if (!k->place)
        return 0;
    for (int64_t a = after.audience && stock_may_see(k, sight, after.audience) ? after.audience : stock_next_audience(k, sight, after.audience); !r && a;
         a = stock_next_audience(k, sight, a)) {
        if (a != after.audience)
            b.after.number = -1;
        r = tell_audience(&b, a);
    }
    free(b.numbers);
    return r;
}

/* ---- networks ---- */

static int length_cmp(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static int read_prefixes(struct stock *k, enum clue_type family, struct stock_prefixes *p)
{
    ROWS_AUTO *rows = NULL;
    unsigned most = family == CLUE_IPV4_NET ? 32 : 128;
    int r = STORE_QUERY(k->place, &rows, STMT_INTEL_VALUE_ENDS, V_INT(family), V_INT(family == CLUE_IPV4_NET ? 5 : 17));

    p->n = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        struct str end = rows_blob(rows, 0);

        r = end.len != 1 || (uint8_t)end.at[0] >= most || p->n == most ? STOCK_E_DAMAGED : 0;
        if (!r)
            p->bits[p->n++] = (uint8_t)end.at[0];
    }
    qsort(p->bits, p->n, 1, length_cmp);
    return r;
}

int stock_prefixes(struct stock *k, enum clue_type family, struct stock_prefixes *ret)
{
    struct known_prefixes *p = &k->prefixes[family == CLUE_IPV6_NET];
    int r = 0;

    if (!k->place) {
        ret->n = 0;
        return 0;
    }
    if (!p->is_known || p->opening != k->opening) {
        r = read_prefixes(k, family, &p->at);
        p->is_known = !r;
        p->opening = k->opening;
    }
    *ret = p->at;
    return r;
}

/* ---- collections ---- */

/* Of the run, on that shelf. */
static uint64_t n_removed(const struct stock *k, int64_t shelf, int64_t run)
{
    uint64_t n = 0;

    for (size_t i = stock_removed_place(k, run << 32); i < k->n_removed && STOCK_RUN(k->removed[i].number) == run; i++)
        n += k->removed[i].shelf == shelf;
    return n;
}

int stock_standing(struct stock *k, const struct sight *sight, struct str collection, struct stock_standing *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(k->store, &rows, STMT_INTEL_MEMBERS, V_STR(collection), V_INT(0));

    *ret = (struct stock_standing){0, 0};
    while (!r && (r = rows_next(rows)) == 1) {
        r = 0;
        if (rows_int(rows, 2) > k->opening || !stock_may_see(k, sight, rows_int(rows, 1)))
            continue;
        ret->n += (uint64_t)rows_int(rows, 4) - n_removed(k, rows_int(rows, 1), rows_int(rows, 3));
        ret->opened_us = MAX_OF(ret->opened_us, rows_int(rows, 5));
    }
    return r;
}

int stock_collection(struct stock *k, const struct sight *sight, struct stock_ref ref, struct buf *ret)
{
    ROWS_AUTO *row = NULL;
    int r = stock_may_see(k, sight, ref.audience) && stock_has(k, ref.number) ? 0 : STOCK_E_NONE;

    if (!r)
        r = STORE_ONE(k->store, &row, STMT_INTEL_RUN_READ, V_INT(STOCK_RUN(ref.number)));
    return r ? r : buf_add_str(ret, rows_str(row, 1));
}
