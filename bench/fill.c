/* A register with many records, without waiting for as many acts: copies of its first record, each with a number, key, sealed
 * values, index rows, history and instants of its own, written by the engine's own room for records.
 *
 *     fill STORE REGISTER N [AUDIENCES PERSON=PERCENT...]
 *
 * STORE is a directory or a URL, nobody else may be writing in it. Copies lie five minutes apart, back from the first one.
 * A field that names a record names those of that series in turn; one that must be unique gets the copy's number behind it.
 * With AUDIENCES each copy belongs, one after the other, to one of so many audiences. Each audience admits one invented reader, and each
 * named person as many per cent of them, spread evenly; all else of its label is the first record's.
 * No entry is made in the ledger: such a store is for looking at pages, `ledger verify` would find every copy. */
#include "engine/engine.h"
#include "engine/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 20000
/* SQLite's log is emptied behind each batch, under the write lock, by a thread of the store's: on a machine with much else to do that takes longer than a lock
 * is waited for. */
#define TRIES 60
#define GAP_US INT64_C(300000000)
#define HISTORY_MAX 32
#define READERS_MAX 8
#define AUDIENCES_MAX 1000000

struct past { /* a row of history */
    int64_t version, shard, seq, after_us;
    const char *act, *actor, *post, *from, *to, *note;
};

struct fill {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    struct record first;
    json_t *personal; /* values of the first record by field */
    struct past past[HISTORY_MAX];
    size_t n_past;
    char series[128]; /* of its number: "TO-2026" */
    int64_t begin, n; /* copies have the numbers from `begin` on */
    int64_t *audiences; /* NULL: all copies belong to the first record's */
    size_t n_audiences;
    const char *readers[READERS_MAX]; /* ids of persons */
    uint64_t percents[READERS_MAX];
    size_t n_readers;
};

static const struct reg *reg_of(void *user, const char *reg, const char *pack)
{
    return engine_reg_in(user, reg, pack);
}

/* What stands before the last hyphen of a record's number. */
static bool series_of(const char *id, char ret[128])
{
    const char *end = strrchr(id, '-');

    return end && snprintf(ret, 128, "record/%.*s", (int)(end - id), id) < 128;
}

static int64_t last_of_series(struct fill *f, const char *series)
{
    ROWS_AUTO *row = NULL;

    return STORE_ONE(f->store, &row, STMT_COUNTER_GET, V_TEXT(series)) ? 0 : rows_int(row, 0);
}

/* ---- the record that is copied ---- */

static int find_first(struct fill *f, const char *reg)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(f->store, &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(100000));

    while (!r && (r = rows_next(rows)) > 0) {
        r = 0;
        if (!strcmp(rows_text(rows, 1), reg) && rows_is_null(rows, 11))
            return record_load(f->store, f->arena, rows_text(rows, 0), reg_of, f->engine, &f->first);
    }
    return r ? r : -ENOENT;
}

static int open_personal(struct fill *f)
{
    f->personal = json_object();
    for (size_t i = 0; f->personal && i < f->first.reg->n_fields; i++) {
        const struct field *field = &f->first.reg->fields[i];
        json_t *v = NULL;
        int r = field_is_personal(field) ? record_value(f->store, &f->first, field, &v) : 0;

        if (r || (v && json_object_set(f->personal, field->id, v)))
            return r ? r : -ENOMEM;
    }
    return f->personal ? 0 : -ENOMEM;
}

static int read_past(struct fill *f)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(f->store, &rows, STMT_HISTORY_LIST, V_TEXT(f->first.id));

    while (!r && (r = rows_next(rows)) > 0 && f->n_past < HISTORY_MAX) {
        struct past *p = &f->past[f->n_past++];

        *p = (struct past){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2),
                           rows_int(rows, 3) - (int64_t)f->first.opened_us, arena_strdup(f->arena, rows_str(rows, 4)),
                           arena_strdup(f->arena, rows_str(rows, 5)), arena_strdup(f->arena, rows_str(rows, 6)),
                           arena_strdup(f->arena, rows_str(rows, 7)), arena_strdup(f->arena, rows_str(rows, 8)),
                           arena_strdup(f->arena, rows_str(rows, 9))};
        r = 0;
    }
    return MIN_OF(r, 0);
}

/* ---- a copy ---- */

static json_t *value_of_copy(struct fill *f, const struct field *field, const char *text, int64_t n)
{
    char series[128], value[512];
    int64_t last;

    if (field->type == FIELD_RECORD && series_of(text, series) && (last = last_of_series(f, series))) {
        snprintf(value, sizeof(value), "%s-%04" PRId64, series + strlen("record/"), 1 + n % last);
        return json_string(value);
    }
    if (field->unique != UNIQUE_NO) {
        snprintf(value, sizeof(value), "%s-%" PRId64, text, n);
        return json_string(value);
    }
    return NULL;
}

static int set_values(struct fill *f, struct record *r, int64_t n)
{
    const char *id;
    json_t *v;
    int e = 0;

    for (size_t i = 0; !e && i < r->reg->n_fields; i++) {
        const struct field *field = &r->reg->fields[i];
        const char *text = json_string_value(json_object_get(r->values, field->id));
        JSON_AUTO *own = text ? value_of_copy(f, field, text, n) : NULL;

        if (own)
            e = record_set(r, field, own, NULL);
    }
    json_object_foreach(f->personal, id, v)
        if (!e)
            e = record_set(r, reg_field(r->reg, id), v, NULL);
    return e;
}

static int add_past(struct fill *f, const struct record *r)
{
    int e = 0;

    for (size_t i = 0; !e && i < f->n_past; i++) {
        const struct past *p = &f->past[i];

        e = STORE_RUN(f->store, STMT_HISTORY_ADD, V_TEXT(r->id), V_INT(p->version), V_INT(p->shard), V_INT(p->seq),
                      V_INT((int64_t)r->opened_us + p->after_us), V_TEXT(p->act), V_TEXT(p->actor), V_TEXT(p->post),
                      V_TEXT(p->from), V_TEXT(p->to), V_TEXT(p->note));
    }
    return e;
}

static int add_copy(struct fill *f, int64_t i)
{
    int64_t back_us = (f->n - i) * GAP_US, number = f->begin + i;
    char id[160];
    struct record r = {.id = id, .reg = f->first.reg, .state = f->first.state, .unit = f->first.unit, .pack = f->first.pack,
                       .version = f->first.version,
                       .audience = f->audiences ? f->audiences[(size_t)i % f->n_audiences] : f->first.audience, .completed_day = f->first.completed_day,
                       .keep_until_day = f->first.keep_until_day, .is_new = true};
    int e;

    snprintf(id, sizeof(id), "%s-%04" PRId64, f->series + strlen("record/"), number);
    r.opened_us = f->first.opened_us - (uint64_t)back_us;
    r.values = json_copy(f->first.values);
    r.commits = json_object();
    e = r.values && r.commits ? set_values(f, &r, number) : -ENOMEM;
    if (!e)
        e = record_save(f->store, &r, f->first.changed_us - (uint64_t)back_us);
    if (!e)
        e = add_past(f, &r);
    record_done(&r);
    return e;
}

static int begin(struct fill *f)
{
    int r = store_begin(f->store);

    for (int i = 1; r == STORE_E_BUSY && i < TRIES; i++)
        r = store_begin(f->store);
    return r;
}

static int add_batch(struct fill *f, int64_t from, int64_t to)
{
    int r = begin(f);

    for (; !r && from < to; from++)
        r = add_copy(f, from);
    if (!r)
        r = STORE_RUN(f->store, STMT_COUNTER_SET, V_TEXT(f->series), V_INT(f->begin + to - 1));
    if (!r)
        return store_commit(f->store);
    store_rollback(f->store);
    return r;
}

/* ---- audiences ---- */

/* Whether the k-th of 0, 1, 2, ... is among so many per cent of them, spread evenly. */
static bool is_admitted(size_t k, uint64_t percent)
{
    return (k + 1) * percent / 100 > k * percent / 100;
}

static int add_audience(struct fill *f, struct audience *au, size_t k, struct arena *a, int64_t *ret)
{
    const char *keys[READERS_MAX + 1] = {admit_person(a, arena_printf(a, "reader-%zu", k))};
    struct label_set range;
    size_t n = 1;
    int r;

    for (size_t i = 0; i < f->n_readers; i++)
        if (is_admitted(k, f->percents[i]))
            keys[n++] = admit_person(a, f->readers[i]);
    for (size_t i = 0; i < n; i++)
        if (!keys[i])
            return -ENOMEM;
    if ((r = label_set_make(a, keys, n, &range)))
        return r;
    au->label.ranges = &range;
    au->label.n_ranges = 1;
    return audience_intern(f->store, au, ret);
}

static int add_audiences(struct fill *f)
{
    struct audience au;
    int r = audience_get(f->store, f->first.audience, f->arena, &au, NULL);

    f->audiences = calloc(f->n_audiences, sizeof(*f->audiences));
    if (!r)
        r = f->audiences ? begin(f) : -ENOMEM;
    for (size_t k = 0; !r && k < f->n_audiences; k++) {
        CLEANUP(arena_freep) struct arena *a = arena_new((size_t)1 << 20);

        r = a ? add_audience(f, &au, k, a, &f->audiences[k]) : -ENOMEM;
    }
    return r ? r : store_commit(f->store);
}

static int fill(struct fill *f, const char *reg)
{
    int r = find_first(f, reg);

    if (!r && !series_of(f->first.id, f->series))
        r = -EINVAL;
    if (!r)
        r = open_personal(f);
    if (!r)
        r = read_past(f);
    if (!r && f->n_audiences)
        r = add_audiences(f);
    f->begin = last_of_series(f, f->series) + 1;
    for (int64_t i = 0; !r && i < f->n; i += BATCH)
        r = add_batch(f, i, MIN_OF(i + BATCH, f->n));
    record_done(&f->first);
    json_decref(f->personal);
    free(f->audiences);
    return r;
}

/* AUDIENCES PERSON=PERCENT... */
static bool read_readers(struct fill *f, char **args, int n)
{
    uint64_t audiences;

    if (n < 2)
        return n == 0;
    if (n - 1 > READERS_MAX || str_to_u64(str_of(args[0]), 1, AUDIENCES_MAX, &audiences))
        return false;
    f->n_audiences = (size_t)audiences;
    for (int i = 1; i < n; i++) {
        char *percent = strchr(args[i], '=');

        if (!percent || str_to_u64(str_of(percent + 1), 0, 100, &f->percents[f->n_readers]))
            return false;
        *percent = '\0';
        f->readers[f->n_readers++] = args[i];
    }
    return true;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
    STORE_AUTO *store = NULL;
    CLEANUP(engine_closep) struct engine *engine = NULL;
    struct fill f = {.arena = arena};
    struct diag diag;
    uint64_t n;
    int r;

    if (argc < 4 || str_to_u64(str_of(argv[3]), 1, 10000000, &n) || !read_readers(&f, argv + 4, argc - 4)) {
        fprintf(stderr, "usage: fill STORE REGISTER N [AUDIENCES PERSON=PERCENT...]\n");
        return 2;
    }
    diag_init(&diag);
    r = crypto_start();
    if (!r)
        r = store_open(argv[1], STORE_WRITE, &store, &diag);
    if (!r)
        r = engine_open(store, &engine, &diag);
    f.store = store;
    f.engine = engine;
    f.n = (int64_t)n;
    if (!r)
        r = fill(&f, argv[2]);
    if (r)
        fprintf(stderr, "fill: %s: answer %d %s\n", argv[2], r, store ? store_message(store) : "no store");
    diag_done(&diag);
    return r ? 1 : 0;
}
