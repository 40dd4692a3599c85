/* The place of threat intelligence and what readers see of it, on SQLite and on a real PostgreSQL: nothing before the opening, then everything that is in
 * sight and no more, the same before and after merging; dropped runs leave nothing, killed ones show nothing; copies hold all of it; segments are known again and refused out of turn (ST4, ST6, TX1, TX2,
 * TX5, CO2, LB2, LB5, LI1 of doc/design/intelligence.md). */
#include "intel/stock-lives.h"
#include "store-place.h"
#include "store/intel-lives.h"
#include "store/backup.h"
#include "store/intel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define COLLECTION "IC-2026-0001"
#define ID "tool--00000000-0000-4000-8000-000000000000"

struct bench {
    struct place place;
    const char *db;
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    struct sight *all, *open; /* who sees everything; who sees the lowest level alone */
    int64_t audiences[3];
    struct segment_writer *writer;
    const struct decay *decay; /* of all runs; NULL: nothing decays */
    int64_t next_run;
};

/* ---- a place with three audiences ---- */

static int64_t intern(struct bench *b, struct arena *a, int level, const char *unit)
{
    struct audience au = {.label_id = "test/intel"};
    const char *key = admit_unit(a, unit);
    struct label_set range;
    int64_t id = 0;

    OK(label_set_make(a, &key, 1, &range));
    OK(label_make(a, level, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label));
    OK(audience_intern(b->store, &au, &id));
    return id;
}

static void have_audiences(struct bench *b)
{
    struct arena *a = arena_new(1 << 20);
    const char *keys[3];

    OK(store_begin(b->store));
    for (int i = 0; i < 3; i++) {
        char unit[2] = {(char)('a' + i), '\0'};

        b->audiences[i] = intern(b, a, i + 1, unit);
        keys[i] = admit_unit(a, unit);
    }
    OK(store_commit(b->store));
    b->table = audience_table_new();
    OK(audience_table_refresh(b->table, b->store, NULL, NULL));
    OK(sight_new(b->table, keys, 3, &b->all));
    OK(sight_new(b->table, keys, 1, &b->open));
    arena_free(a);
}

static void begin(struct bench *b, enum place_kind kind)
{
    struct diag diag;

    *b = (struct bench){.next_run = 1};
    diag_init(&diag);
    OK(place_start(&b->place, kind));
    b->db = place_fresh(&b->place);
    if (store_create(b->db, &b->store, &diag))
        fail_msg("%s", diag_first(&diag));
    OK(intel_open(b->db, STORE_WRITE, &b->intel, &diag));
    have_audiences(b);
    OK(stock_open(b->db, b->store, &b->stock, &diag));
    b->writer = segment_writer_new();
    assert_non_null(b->writer);
    diag_done(&diag);
}

static void end(struct bench *b)
{
    segment_writer_free(b->writer);
    stock_close(b->stock);
    sight_free(b->all);
    sight_free(b->open);
    audience_table_free(b->table);
    store_close(b->intel);
    store_close(b->store);
    place_stop(&b->place);
}

/* ---- writing ---- */

static int64_t begin_run(struct bench *b)
{
    int64_t run = b->next_run++;
    char record[32];

    snprintf(record, sizeof(record), "II-2026-%04d", (int)run);
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_BEGIN, V_INT(run), V_TEXT(record), V_TEXT(COLLECTION), V_TEXT("p1"), V_INT(0), V_INT(b->audiences[0]),
                 V_INT(b->audiences[1]), V_INT(b->audiences[2]), V_INT(1), V_TEXT(""), V_TEXT("")));
    OK(store_commit(b->store));
    return run;
}

static struct intel_writing writing(const struct bench *b, int64_t run)
{
    struct intel_writing w = {.run = run, .decay = b->decay};

    memcpy(w.audiences, b->audiences, sizeof(w.audiences));
    return w;
}

/* {"id": …, "n": n} with some values. */
static void add(struct bench *b, const char *id, const char *type, const char *version, int n, enum tlp tlp, const char *const *names)
{
    struct segment_object o = {.tlp = (uint8_t)tlp, .type = str_of(type), .id = str_of(id), .version = str_of(version)};
    char text[200], packed[300];

    snprintf(text, sizeof(text), "{\"id\": \"%s\", \"n\": %d}", id, n);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 3)};
    o.sum = o.digest = sha256(str_of(text));
    if (!strcmp(type, "indicator")) {
        o.life = SEGMENT_INDICATOR;
        o.until_us = 1000 + n;
    }
    for (; names && *names; names++)
        OK(segment_writer_value(b->writer, CLUE_DOMAIN, **names == '*', str_of(*names + (**names == '*'))));
    OK(segment_writer_add(b->writer, &o));
}

/* Every content counts as known, whosever run it is in. */
static bool known(void *context, int64_t run)
{
    return true;
}

static int send(struct bench *b, int64_t run, int64_t n, bool is_asked, uint64_t *ret_known)
{
    CLEANUP(buf_done) struct buf message;
    struct intel_writing w = writing(b, run);
    struct segment segment;
    struct digest digest;
    int r;

    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(b->writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    w.is_known = is_asked ? known : NULL;
    r = intel_write(b->intel, &w, n, &segment, &digest, ret_known);
    segment_done(&segment);
    return r;
}

static void open_run(struct bench *b, int64_t run, int64_t opening, int64_t at_us)
{
    struct intel_writing w = writing(b, run);
    struct intel_totals t;

    OK(intel_finish(b->intel, &w, &t));
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_OPEN, V_INT(run), V_INT(opening), V_INT(at_us), V_INT(t.n_objects), V_TEXT("")));
    for (int i = 0; i < 3; i++)
        if (t.levels[i])
            OK(STORE_RUN(b->store, STMT_INTEL_MEMBER_ADD, V_TEXT(COLLECTION), V_INT(b->audiences[i]), V_INT(opening), V_INT(run), V_INT(t.levels[i]),
                         V_INT(at_us)));
    OK(store_commit(b->store));
    OK(stock_refresh(b->stock));
}

static void merge_all(struct bench *b, int64_t run)
{
    bool more = true;

    while (more)
        OK(intel_merge(b->intel, run, true, &more));
}

/* ---- reading ---- */

static void name_value(struct clue *v, const char *name)
{
    clue_init(v);
    OK(clue_read_as(CLUE_DOMAIN, str_of(name), v));
}

static uint64_t count(struct bench *b, const struct sight *sight, const char *name, enum stock_how how)
{
    struct clue v;
    uint64_t n = 99;

    name_value(&v, name);
    OK(stock_count(b->stock, sight, &v, how, &n));
    clue_done(&v);
    return n;
}

struct walk {
    struct bench *b;
    const struct sight *sight;
    uint64_t n;
    int64_t last_us, last_end;
    struct stock_ref last;
    struct stock_place place;
};

static int walk_ref(struct stock_ref ref, void *context)
{
    struct walk *w = context;
    struct stock_object o;

    assert_true(ref.audience > w->last.audience || ref.number > w->last.number);
    OK(stock_get(w->b->stock, w->sight, ref, &o));
    assert_true(o.bytes.len > 10 && o.bytes.at[0] == '{');
    w->last = ref;
    w->n++;
    return 0;
}

static uint64_t sharing(struct bench *b, const struct sight *sight, const char *name)
{
    struct walk w = {.b = b, .sight = sight};
    struct clue v;

    name_value(&v, name);
    OK(stock_sharing(b->stock, sight, &v, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, walk_ref, &w));
    clue_done(&v);
    return w.n;
}

static int walk_member(const struct stock_member *m, void *context)
{
    struct walk *w = context;

    assert_true(m->added_us > w->last_us); /* TX2 */
    assert_true(m->place.opening > w->place.opening || m->place.number > w->place.number);
    w->last_us = m->added_us;
    w->place = m->place;
    w->n++;
    return 0;
}

/* Page by page, of that size. */
static uint64_t members(struct bench *b, const struct sight *sight, unsigned limit, const char *type, enum stock_which which)
{
    struct str types[1] = {str_of(type ? type : "")};
    struct stock_query q = {.collection = STR(COLLECTION), .limit = limit, .types = types, .n_types = type ? 1 : 0, .which = which, .wants_bytes = true};
    struct walk w = {.b = b, .sight = sight};
    bool more = true;

    for (int i = 0; more; i++) {
        assert_true(i < 100000);
        q.after = w.place;
        OK(stock_page(b->stock, sight, &q, walk_member, &w, &more));
    }
    return w.n;
}

static int walk_end(struct stock_ref ref, int64_t end_us, void *context)
{
    struct walk *w = context;

    w->n++;
    w->last_end = end_us;
    return 0;
}

static uint64_t ends_between(struct bench *b, const struct sight *sight, int64_t behind_us, int64_t until_us)
{
    struct walk w = {.n = 0};

    OK(stock_ends(b->stock, sight, behind_us, until_us, walk_end, &w));
    return w.n;
}

static uint64_t ends(struct bench *b, const struct sight *sight, int64_t behind_us)
{
    return ends_between(b, sight, behind_us, INT64_MAX);
}

static void assert_standing(struct bench *b, const struct sight *sight, struct str collection, uint64_t n, int64_t opened_us)
{
    struct stock_standing s;

    OK(stock_standing(b->stock, sight, collection, &s));
    assert_int_equal(s.n, n);
    assert_int_equal(s.opened_us, opened_us);
}

static int take_ref(struct stock_ref ref, void *context)
{
    struct stock_ref *ret = context;

    *ret = ref;
    return 0;
}

/* Of an object that whoever sees RED alone has. */
static void assert_collection(struct bench *b)
{
    CLEANUP(buf_done) struct buf id;
    struct stock_ref red = {b->audiences[2], 0};
    struct clue v;

    buf_init(&id, 96);
    clue_init(&v);
    OK(clue_read(STR("hot.example.jp"), &v));
    OK(stock_sharing(b->stock, b->all, &v, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, take_ref, &red));
    clue_done(&v);
    assert_int_equal(red.audience, b->audiences[2]);
    OK(stock_collection(b->stock, b->all, red, &id));
    assert_true(str_eq(buf_str(&id), STR(COLLECTION)));
    assert_int_equal(stock_collection(b->stock, b->open, red, &id), STOCK_E_NONE);
    red.number = (int64_t)9999 << 32;
    assert_int_equal(stock_collection(b->stock, b->all, red, &id), STOCK_E_NONE);
}

static int count_version(const struct stock_version *v, void *context)
{
    int *counts = context;

    counts[0]++;
    counts[1] += v->is_conflict;
    return 0;
}

/* ---- tests ---- */

static const char *const hot[] = {"hot.example.jp", "*example.jp", NULL};
static const char *const rare[] = {"rare.example.com", NULL};

static void fill(struct bench *b, int64_t run, int from, int n)
{
    char id[80];

    for (int i = from; i < from + n; i++) {
        snprintf(id, sizeof(id), "indicator--%08d-0000-4000-8000-000000000000", i);
        add(b, id, i % 10 ? "indicator" : "malware", "2026-04-10T09:00:00", i, i % 3 == 2 ? TLP_RED : TLP_CLEAR, i % 2 ? hot : i == 4 ? rare : NULL);
    }
}

static void check_all(struct bench *b)
{
    /* of 4,000: 0, 1 modulo 3 are open; odd ones are hot */
    assert_int_equal(count(b, b->all, "hot.example.jp", STOCK_AS_IT_IS), 2000);
    assert_int_equal(count(b, b->all, "example.jp", STOCK_DERIVED), 2000);
    assert_int_equal(count(b, b->all, "example.jp", STOCK_AS_IT_IS), 0);
    assert_int_equal(count(b, b->all, "rare.example.com", STOCK_AS_IT_IS), 1);
    assert_int_equal(count(b, b->all, "nowhere.example.com", STOCK_AS_IT_IS), 0);
    assert_int_equal(count(b, b->open, "hot.example.jp", STOCK_AS_IT_IS), 1334);
    assert_int_equal(sharing(b, b->all, "hot.example.jp"), 2000);
    assert_int_equal(sharing(b, b->open, "hot.example.jp"), 1334);
    assert_int_equal(members(b, b->all, 7, NULL, STOCK_ALL), 4000);
    assert_int_equal(members(b, b->all, 1000, NULL, STOCK_ALL), 4000);
    assert_int_equal(members(b, b->open, 100, NULL, STOCK_ALL), 2667);
    assert_int_equal(members(b, b->all, 100, "malware", STOCK_ALL), 400);
    assert_int_equal(members(b, b->open, 100, "tool", STOCK_ALL), 0);
    assert_int_equal(ends(b, b->all, 0), 3600);
    assert_int_equal(ends(b, b->all, 1000 + 3989), 9);
    assert_int_equal(ends_between(b, b->all, 1000, 1000 + 100), 90);
    assert_int_equal(ends_between(b, b->all, 1000, 1000), 0);
    assert_standing(b, b->all, STR(COLLECTION), 4000, 2000000);
    assert_standing(b, b->open, STR(COLLECTION), 2667, 2000000);
    assert_standing(b, b->all, STR("nowhere"), 0, 0);
    assert_collection(b);
}

/* Where the store's own file is for a group to read, this one is too. */
static void assert_shared(const char *dir, mode_t store_mode, mode_t wanted)
{
    char store[256], intel[256];
    struct store *place = NULL;
    struct stat st;

    snprintf(store, sizeof(store), "%s/tsujiban.db", dir);
    snprintf(intel, sizeof(intel), "%s/intel.db", dir);
    OK(chmod(store, store_mode));
    OK(intel_open(dir, STORE_WRITE, &place, NULL));
    store_close(place);
    OK(stat(intel, &st));
    assert_int_equal(st.st_mode & 0777, wanted);
    OK(unlink(intel));
}

static void read_by_the_stores_readers(void **state)
{
    struct place place;
    struct store *store = NULL;
    const char *db;

    OK(place_start(&place, PLACE_DIR));
    db = place_fresh(&place);
    OK(store_create(db, &store, NULL));
    assert_shared(db, 0600, 0600);
    assert_shared(db, 0640, 0640);
    store_close(store);
    place_stop(&place);
}

static void opened_and_merged(enum place_kind kind)
{
    struct bench b;
    uint64_t n_known;
    int64_t first, second;

    begin(&b, kind);
    first = begin_run(&b);
    fill(&b, first, 0, 1500);
    OK(send(&b, first, 0, false, &n_known));
    OK(send(&b, first, 0, false, &n_known)); /* its answer was lost */
    segment_writer_clear(b.writer);
    fill(&b, first, 1500, 500);
    assert_int_equal(send(&b, first, 2, false, &n_known), STORE_E_EXISTS);
    assert_int_equal(send(&b, first, 0, false, &n_known), STORE_E_EXISTS);
    OK(send(&b, first, 1, false, &n_known));
    OK(stock_refresh(b.stock));
    assert_int_equal(count(&b, b.all, "hot.example.jp", STOCK_AS_IT_IS), 0); /* nothing is open */
    assert_int_equal(members(&b, b.all, 100, NULL, STOCK_ALL), 0);
    open_run(&b, first, 1, 1000000);
    assert_int_equal(count(&b, b.all, "hot.example.jp", STOCK_AS_IT_IS), 1000);
    assert_int_equal(send(&b, first, 2, false, &n_known), STORE_E_NONE); /* it is finished */
    second = begin_run(&b);
    segment_writer_clear(b.writer);
    fill(&b, second, 2000, 2000);
    OK(send(&b, second, 0, false, &n_known));
    open_run(&b, second, 2, 2000000);
    check_all(&b);
    merge_all(&b, first);
    check_all(&b);
    merge_all(&b, second);
    check_all(&b);
    end(&b);
}

static void known_and_dropped(enum place_kind kind)
{
    struct bench b;
    uint64_t n_known = 0;
    int64_t first, second, third;
    bool more = true;

    begin(&b, kind);
    first = begin_run(&b);
    fill(&b, first, 0, 100);
    fill(&b, first, 0, 10); /* twice in one import */
    OK(send(&b, first, 0, true, &n_known));
    assert_int_equal(n_known, 10);
    open_run(&b, first, 1, 1000);
    assert_int_equal(members(&b, b.all, 100, NULL, STOCK_ALL), 100);
    second = begin_run(&b);
    segment_writer_clear(b.writer);
    fill(&b, second, 50, 100);
    OK(send(&b, second, 0, true, &n_known));
    assert_int_equal(n_known, 50);
    third = begin_run(&b);
    segment_writer_clear(b.writer);
    fill(&b, third, 5000, 700);
    OK(send(&b, third, 0, true, &n_known));
    for (int i = 0; more; i++) {
        assert_true(i < 1000);
        OK(intel_sweep(b.intel, third, &more));
    }
    segment_writer_clear(b.writer);
    fill(&b, third, 6000, 1);
    assert_int_equal(send(&b, third, 1, true, &n_known), STORE_E_NONE);
    merge_all(&b, first);
    open_run(&b, second, 2, 2000);
    assert_int_equal(members(&b, b.all, 100, NULL, STOCK_ALL), 150);
    assert_int_equal(count(&b, b.all, "hot.example.jp", STOCK_AS_IT_IS), 75);
    end(&b);
}

static void versions_are_told(enum place_kind kind)
{
    struct bench b;
    struct stock_object o;
    struct stock_place place;
    uint64_t n_known;
    int counts[2] = {0};
    int64_t run;

    begin(&b, kind);
    run = begin_run(&b);
    add(&b, ID, "tool", "2026-04-10T09:00:00.12", 1, TLP_CLEAR, NULL);
    add(&b, ID, "tool", "2026-04-10T09:00:00.1", 2, TLP_CLEAR, NULL);
    add(&b, ID, "tool", "2026-04-11T09:00:00", 3, TLP_RED, NULL);
    OK(send(&b, run, 0, false, &n_known));
    open_run(&b, run, 1, 1000);
    OK(stock_latest(b.stock, b.all, STR(ID), &o));
    assert_true(str_eq(o.version, STR("2026-04-11T09:00:00")));
    assert_int_equal(o.tlp, TLP_RED);
    OK(stock_latest(b.stock, b.open, STR(ID), &o));
    assert_true(str_eq(o.version, STR("2026-04-10T09:00:00.12")));
    run = begin_run(&b);
    segment_writer_clear(b.writer);
    add(&b, ID, "tool", "2026-04-10T09:00:00.12", 4, TLP_CLEAR, NULL); /* another content of that instant */
    add(&b, ID, "tool", "2026-04-11T09:00:00", 3, TLP_CLEAR, NULL);    /* the same content for more readers */
    OK(send(&b, run, 0, false, &n_known));
    open_run(&b, run, 2, 5000);
    OK(stock_versions(b.stock, b.all, STR(ID), count_version, counts));
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 1);
    OK(stock_latest(b.stock, b.open, STR(ID), &o));
    assert_true(str_eq(o.version, STR("2026-04-11T09:00:00")));
    assert_int_equal(stock_versions(b.stock, b.all, STR("tool--0"), count_version, counts), STOCK_E_NONE);
    assert_int_equal(members(&b, b.all, 100, NULL, STOCK_ALL), 5);
    for (int64_t merged = run - 2; merged <= run; merged++) { /* neither of the runs, the first, both */
        if (merged > run - 2)
            merge_all(&b, merged);
        assert_int_equal(members(&b, b.all, 100, NULL, STOCK_LAST), 2); /* one content, in two audiences of his */
        assert_int_equal(members(&b, b.all, 100, NULL, STOCK_FIRST), 1);
        assert_int_equal(members(&b, b.open, 100, NULL, STOCK_LAST), 1);
        assert_int_equal(members(&b, b.open, 100, NULL, STOCK_FIRST), 1);
    }
    OK(stock_place_of(b.stock, STR(COLLECTION), NULL, 1001, &place));
    assert_int_equal(place.opening, 1);
    OK(stock_place_of(b.stock, STR(COLLECTION), NULL, 999, &place));
    assert_int_equal(place.opening, 0);
    end(&b);
}

#define N_VERSIONED 300 /* more than one cursor reads */

/* Objects of three versions, of which all but the first are RED: each in a run of its own, the newest first. */
static void assert_each_once(struct bench *b)
{
    static const enum stock_which whiches[] = {STOCK_LAST, STOCK_FIRST};

    for (unsigned limit = 9; limit <= 1000; limit *= 7)
        for (size_t i = 0; i < ARRAY_LEN(whiches); i++) {
            assert_int_equal(members(b, b->all, limit, NULL, whiches[i]), N_VERSIONED);
            assert_int_equal(members(b, b->all, limit, "malware", whiches[i]), N_VERSIONED / 10);
            assert_int_equal(members(b, b->open, limit, NULL, whiches[i]), N_VERSIONED);
            assert_int_equal(members(b, b->open, limit, "indicator", whiches[i]), N_VERSIONED - N_VERSIONED / 10);
        }
    assert_int_equal(members(b, b->all, 100, NULL, STOCK_ALL), 3 * N_VERSIONED);
}

/* Across pages and cursors, by type, while runs wait and behind their merging. */
static void versions_are_passed(enum place_kind kind)
{
    struct bench b;
    int64_t runs[3];

    begin(&b, kind);
    for (int k = 0; k < 3; k++) {
        uint64_t n_known;

        runs[k] = begin_run(&b);
        segment_writer_clear(b.writer);
        for (int i = 0; i < N_VERSIONED; i++) {
            char id[80], version[32];

            snprintf(id, sizeof(id), "indicator--%08d-0000-4000-8000-000000000000", i);
            snprintf(version, sizeof(version), "2026-04-1%dT09:00:00", 2 - k);
            add(&b, id, i % 10 ? "indicator" : "malware", version, 3 * i + k, k == 2 ? TLP_CLEAR : TLP_RED, NULL);
        }
        OK(send(&b, runs[k], 0, false, &n_known));
        open_run(&b, runs[k], k + 1, (k + 1) * 1000000);
    }
    assert_each_once(&b);
    merge_all(&b, runs[0]);
    merge_all(&b, runs[1]);
    assert_each_once(&b);
    merge_all(&b, runs[2]);
    assert_each_once(&b);
    end(&b);
}

/* ---- copies ---- */

/* From one kind into another, and on from there: numbers of values are not given again. */
static void backed_up(enum place_kind from, enum place_kind into)
{
    struct bench b, other;
    struct place place;
    struct diag diag;
    uint64_t n_known;
    char file[100];
    int64_t run;

    begin(&b, from);
    for (int i = 0; i < 2; i++) {
        run = begin_run(&b);
        segment_writer_clear(b.writer);
        fill(&b, run, i * 2000, 2000);
        OK(send(&b, run, 0, false, &n_known));
        open_run(&b, run, i + 1, (i + 1) * 1000000);
        if (!i)
            merge_all(&b, run);
    }
    check_all(&b);
    diag_init(&diag);
    snprintf(file, sizeof(file), "%s", place_file(&b.place, "copy"));
    if (store_backup(b.store, file, NULL, &diag))
        fail_msg("%s", diag_first(&diag));
    OK(place_start(&place, into));
    assert_non_null(place_fresh(&place));
    if (store_restore(file, place.db, NULL, &diag))
        fail_msg("%s", diag_first(&diag));
    other = b;
    OK(store_open(place.db, STORE_WRITE, &other.store, &diag));
    OK(intel_open(place.db, STORE_WRITE, &other.intel, &diag));
    OK(stock_open(place.db, other.store, &other.stock, &diag));
    check_all(&other);
    run = begin_run(&other);
    segment_writer_clear(other.writer);
    add(&other, ID, "tool", "", 1, TLP_CLEAR, (const char *const[]){"new.example.org", NULL});
    OK(send(&other, run, 0, false, &n_known));
    open_run(&other, run, 3, 9000000);
    assert_int_equal(count(&other, b.all, "new.example.org", STOCK_AS_IT_IS), 1);
    assert_int_equal(count(&other, b.all, "hot.example.jp", STOCK_AS_IT_IS), 2000);
    stock_close(other.stock);
    store_close(other.intel);
    store_close(other.store);
    place_stop(&place);
    /* without its fourth file it is not whole */
    OK(place_start(&place, PLACE_DIR));
    assert_non_null(place_fresh(&place));
    OK(remove(place_file(&b.place, "copy.intel")));
    assert_int_equal(store_restore(file, place.db, NULL, &diag), STORE_E_NONE);
    place_stop(&place);
    diag_done(&diag);
    end(&b);
}

/* ---- killed ---- */

/* Writes until it is killed. */
static void write_for_ever(struct bench *b, int64_t run, int64_t from)
{
    uint64_t n_known;

    OK(intel_open(b->db, STORE_WRITE, &b->intel, NULL));
    for (int64_t n = from;; n++) {
        segment_writer_clear(b->writer);
        fill(b, run, (int)n * 300, 300);
        OK(send(b, run, n, false, &n_known));
    }
}

static int64_t segments_of(struct bench *b, int64_t run, int64_t *ret_objects)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(b->intel, &row, STMT_INTEL_RUN_GET, V_INT(run));

    *ret_objects = r ? 0 : rows_int(row, 2);
    return r ? 0 : rows_int(row, 1);
}

static int64_t objects_of(struct bench *b, int64_t run)
{
    int64_t n = 0;

    for (int i = 0; i < 3; i++) {
        int64_t no = -1, before;

        do {
            ROWS_AUTO *rows = NULL;

            before = no;
            OK(STORE_QUERY(b->intel, &rows, STMT_INTEL_OBJECT_LIST, V_INT(b->audiences[i]), V_INT(run), V_INT(no), V_INT(1000)));
            while (rows_next(rows) == 1) {
                no = rows_int(rows, 0);
                n++;
            }
        } while (no != before);
    }
    return n;
}

/* Whole segments or none of them, nothing to be seen, and nothing left when it is swept. */
static void killed_on_sqlite(void **state)
{
    struct bench b;
    int64_t run, n = 0, n_objects;
    bool more = true;

    begin(&b, PLACE_DIR);
    run = begin_run(&b);
    for (int i = 0; i < 8 || (!n && i < 60); i++) { /* a busy machine needs longer for the first segment */
        int64_t from = segments_of(&b, run, &n_objects);
        pid_t child;

        store_close(b.intel); /* no handle survives fork() */
        stock_close(b.stock);
        child = fork();
        if (!child) {
            write_for_ever(&b, run, from);
            _exit(0);
        }
        usleep((useconds_t)(20000 + 30000 * i));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        OK(intel_open(b.db, STORE_WRITE, &b.intel, NULL));
        OK(stock_open(b.db, b.store, &b.stock, NULL));
        n = segments_of(&b, run, &n_objects);
        assert_int_equal(n_objects, 300 * n);
        assert_int_equal(objects_of(&b, run), n_objects);
        assert_int_equal(count(&b, b.all, "hot.example.jp", STOCK_AS_IT_IS), 0);
        assert_int_equal(members(&b, b.all, 100, NULL, STOCK_ALL), 0);
    }
    assert_true(n > 0);
    while (more)
        OK(intel_sweep(b.intel, run, &more));
    assert_int_equal(objects_of(&b, run), 0);
    end(&b);
}

static void copied_to_postgres(void **state)
{
    backed_up(PLACE_DIR, PLACE_POSTGRES);
}

static void copied_to_sqlite(void **state)
{
    backed_up(PLACE_POSTGRES, PLACE_DIR);
}

static void on_sqlite(void **state)
{
    opened_and_merged(PLACE_DIR);
}

static void on_postgres(void **state)
{
    opened_and_merged(PLACE_POSTGRES);
}

static void known_on_sqlite(void **state)
{
    known_and_dropped(PLACE_DIR);
}

static void known_on_postgres(void **state)
{
    known_and_dropped(PLACE_POSTGRES);
}

static void versions_on_sqlite(void **state)
{
    versions_are_told(PLACE_DIR);
}

static void versions_on_postgres(void **state)
{
    versions_are_told(PLACE_POSTGRES);
}

static void passed_on_sqlite(void **state)
{
    versions_are_passed(PLACE_DIR);
}

static void passed_on_postgres(void **state)
{
    versions_are_passed(PLACE_POSTGRES);
}

/* ---- lives: ends by sightings for who sees them, whichever comes first; the newest word counts (LI1, LI2) ---- */

#define INDICATOR "indicator--00000000-0000-4000-8000-000000000001"
#define DAY_US (INT64_C(86400) * 1000000)

/* A report, or, with `of` NULL, the indicator itself. */
static void add_life(struct bench *b, const char *own, enum tlp tlp, enum segment_life life, const char *of, int64_t at_us, int64_t until_us)
{
    struct segment_object o = {.tlp = (uint8_t)tlp, .type = str_of(of ? "sighting" : "indicator"), .id = str_of(own), .version = STR("2026-04-10T09:00:00"),
                               .life = life, .decay_class = DECAY_ADDRESS, .at_us = at_us, .until_us = until_us, .n = 1};
    char text[200], packed[300];

    o.of = of ? str_of(of) : STR_NONE;
    snprintf(text, sizeof(text), "{\"id\": \"%s\", \"at\": %lld}", own, (long long)at_us);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 3)};
    o.sum = o.digest = sha256(str_of(text));
    OK(segment_writer_add(b->writer, &o));
}

/* Ten days each, from when it was heard of. */
static void send_lives(struct bench *b, int64_t run)
{
    static const struct decay decay = {.of = {[DECAY_ADDRESS] = {10, DECAY_STEADY}}};
    CLEANUP(buf_done) struct buf message;
    struct intel_writing w;
    struct segment segment;
    struct digest digest;
    uint64_t n_known;

    b->decay = &decay;
    w = writing(b, run);
    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(b->writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    OK(intel_write(b->intel, &w, 0, &segment, &digest, &n_known));
    segment_done(&segment);
    segment_writer_clear(b->writer);
}

static int take_version_ref(const struct stock_version *v, void *context)
{
    *(struct stock_ref *)context = v->ref;
    return 0;
}

static struct stock_life life_of(struct bench *b, const struct sight *sight, int64_t *ret_current)
{
    CLEANUP(stock_current_freep) struct stock_current *current = NULL;
    struct stock_ref ref = {0, 0};
    struct stock_life life;

    OK(stock_versions(b->stock, sight, STR(INDICATOR), take_version_ref, &ref));
    OK(stock_life(b->stock, sight, ref, STR(INDICATOR), &life));
    OK(stock_current(b->stock, sight, 20 * DAY_US, &current));
    *ret_current = stock_current_end(current, ref);
    return life;
}

static void assert_life(struct bench *b, const struct sight *sight, int64_t end_days, enum stock_why why, uint64_t n_seen)
{
    int64_t current_us;
    struct stock_life life = life_of(b, sight, &current_us);

    assert_int_equal(life.end_us, end_days * DAY_US);
    assert_int_equal(life.why, why);
    assert_int_equal(life.n_seen, n_seen);
    assert_int_equal(current_us, end_days > 20 ? end_days * DAY_US : 0);
}

static void run_lives(struct bench *b, bool is_merged)
{
    int64_t runs[5];

    for (size_t i = 0; i < 5; i++)
        runs[i] = begin_run(b);
    /* Seen on day 18, which the lowest level does not see; it comes before what it is about, and is written before that is open. */
    add_life(b, "sighting--1", TLP_RED, SEGMENT_SIGHTING, INDICATOR, 18 * DAY_US, 0);
    send_lives(b, runs[0]);
    add_life(b, INDICATOR, TLP_CLEAR, SEGMENT_INDICATOR, NULL, 5 * DAY_US, 100 * DAY_US);
    send_lives(b, runs[1]);
    open_run(b, runs[1], 1, 1000);
    assert_life(b, b->all, 15, STOCK_WHY_DECAY, 0);
    open_run(b, runs[0], 2, 2000);
    if (is_merged) {
        merge_all(b, runs[1]);
        merge_all(b, runs[0]);
    }
    assert_life(b, b->all, 28, STOCK_WHY_SEEN, 1);
    assert_life(b, b->open, 15, STOCK_WHY_DECAY, 0);
    /* Seen by all on day 95: no longer than its maker says. */
    add_life(b, "sighting--2", TLP_CLEAR, SEGMENT_SIGHTING, INDICATOR, 95 * DAY_US, 0);
    send_lives(b, runs[2]);
    open_run(b, runs[2], 3, 3000);
    assert_life(b, b->open, 100, STOCK_WHY_UNTIL, 1);
    assert_life(b, b->all, 100, STOCK_WHY_UNTIL, 2);
    /* A false positive on day 96, for who sees that; it is not the first one that the report is about. */
    add_life(b, "opinion--1", TLP_RED, SEGMENT_FALSE, "indicator--00000000-0000-4000-8000-000000000009 " INDICATOR, 96 * DAY_US, 0);
    send_lives(b, runs[3]);
    open_run(b, runs[3], 4, 4000);
    if (is_merged)
        merge_all(b, runs[3]);
    assert_life(b, b->all, 96, STOCK_WHY_FALSE, 2);
    assert_life(b, b->open, 100, STOCK_WHY_UNTIL, 1);
    /* Withdrawn on day 19, whatever was seen later. */
    add_life(b, "opinion--2", TLP_CLEAR, SEGMENT_WITHDRAWAL, INDICATOR, 19 * DAY_US, 0);
    send_lives(b, runs[4]);
    open_run(b, runs[4], 5, 5000);
    assert_life(b, b->open, 19, STOCK_WHY_WITHDRAWN, 1);
    assert_life(b, b->all, 19, STOCK_WHY_WITHDRAWN, 2);
}

static void lives_on(enum place_kind kind)
{
    for (int merged = 0; merged < 2; merged++) {
        struct bench b;

        begin(&b, kind);
        run_lives(&b, merged);
        end(&b);
    }
}

static void lives_on_sqlite(void **state)
{
    lives_on(PLACE_DIR);
}

static void lives_on_postgres(void **state)
{
    lives_on(PLACE_POSTGRES);
}

/* ---- ends written anew, when lives are others (LI1) ---- */

static void renew(struct bench *b, int64_t days)
{
    struct decay decay = {.of = {[DECAY_ADDRESS] = {days, DECAY_STEADY}}};
    struct intel_renewal at = {.number = 0};
    bool more = true;

    while (more)
        OK(intel_lives_renew(b->intel, &decay, &at, &more));
}

static void renewed_on(enum place_kind kind)
{
    struct bench b;
    int64_t runs[3];
    char id[80];

    begin(&b, kind);
    for (size_t i = 0; i < 3; i++)
        runs[i] = begin_run(&b);
    add_life(&b, "sighting--1", TLP_RED, SEGMENT_SIGHTING, INDICATOR, 18 * DAY_US, 0);
    send_lives(&b, runs[0]);
    add_life(&b, INDICATOR, TLP_CLEAR, SEGMENT_INDICATOR, NULL, 5 * DAY_US, 100 * DAY_US);
    for (int i = 0; i < 2500; i++) { /* more than go in one transaction */
        snprintf(id, sizeof(id), "indicator--%08d-0000-4000-8000-00000000000a", i);
        add_life(&b, id, TLP_CLEAR, SEGMENT_INDICATOR, NULL, 30 * DAY_US, 100 * DAY_US);
    }
    send_lives(&b, runs[1]);
    open_run(&b, runs[0], 1, 1000);
    open_run(&b, runs[1], 2, 2000);
    merge_all(&b, runs[0]);
    merge_all(&b, runs[1]);
    assert_life(&b, b.all, 28, STOCK_WHY_SEEN, 1);
    renew(&b, 30);
    assert_life(&b, b.all, 48, STOCK_WHY_SEEN, 1);
    assert_life(&b, b.open, 35, STOCK_WHY_DECAY, 0);
    assert_int_equal(ends_between(&b, b.open, 59 * DAY_US, 60 * DAY_US), 2500);
    renew(&b, 5);
    renew(&b, 5); /* twice changes nothing */
    assert_life(&b, b.all, 23, STOCK_WHY_SEEN, 1);
    assert_life(&b, b.open, 10, STOCK_WHY_DECAY, 0);
    assert_int_equal(ends(&b, b.all, 0), 2502);
    assert_int_equal(ends_between(&b, b.open, 34 * DAY_US, 35 * DAY_US), 2500);
    renew(&b, 1000);
    assert_life(&b, b.open, 100, STOCK_WHY_UNTIL, 0);
    end(&b);
}

static void renewed_on_sqlite(void **state)
{
    renewed_on(PLACE_DIR);
}

static void renewed_on_postgres(void **state)
{
    renewed_on(PLACE_POSTGRES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renewed_on_sqlite), cmocka_unit_test(renewed_on_postgres),
        cmocka_unit_test(lives_on_sqlite),   cmocka_unit_test(lives_on_postgres),
        cmocka_unit_test(on_sqlite),         cmocka_unit_test(on_postgres),          cmocka_unit_test(known_on_sqlite),
        cmocka_unit_test(known_on_postgres), cmocka_unit_test(versions_on_sqlite), cmocka_unit_test(versions_on_postgres), cmocka_unit_test(passed_on_sqlite), cmocka_unit_test(passed_on_postgres),
        cmocka_unit_test(copied_to_postgres), cmocka_unit_test(copied_to_sqlite),  cmocka_unit_test(killed_on_sqlite),
        cmocka_unit_test(read_by_the_stores_readers),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
