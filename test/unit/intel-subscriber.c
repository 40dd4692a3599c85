/* A collection read on and on by programs whose sight comes and goes level by level, while objects come in and the collection's label changes: each gets
 * everything that it sees in the end, each once, in the order of dates that only grow, and nothing that it did not see just then; by cursor and by date; on
 * SQLite and on a real PostgreSQL (TX1 to TX3, ST11 of doc/design/intelligence.md). The chance is a fixed one. */
#include "engine/subscriber.h"

#include "intel/stock.h"
#include "store-place.h"
#include "store/intel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define COLLECTION "IC-2026-0001"
#define READERS 4
#define OBJECTS_MAX 4096
#define LABELS 2

struct reader {
    char person[8];
    bool by_date;
    unsigned keys;                 /* bits of levels that he may see */
    struct stock_place at;
    int64_t last_us;
    bool got[OBJECTS_MAX];
};

struct world {
    struct place place;
    struct store *store, *intel;
    struct stock *stock;
    struct audience_table *table;
    int64_t audiences[LABELS][3], shelves[3];
    unsigned label;                /* the collection's now */
    int levels[OBJECTS_MAX];
    int n_objects;
    int64_t run;
    uint64_t now_us, chance;
    struct reader readers[READERS];
};

static unsigned draw(struct world *w, unsigned n)
{
    w->chance = w->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(w->chance >> 33) % n;
}

/* ---- the world ---- */

static const char *key_of(struct arena *a, unsigned label, int level)
{
    return arena_printf(a, "u:l%u-%d", label, level);
}

static void have_shelves(struct world *w)
{
    struct arena *a = arena_new(1 << 20);

    OK(store_begin(w->store));
    for (unsigned label = 0; label < LABELS; label++) {
        for (int level = 0; level < 3; level++) {
            struct audience au = {.label_id = "test/intel"};
            const char *key = key_of(a, label, level);
            struct label_set range;

            OK(label_set_make(a, &key, 1, &range));
            OK(label_make(a, level + 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label));
            OK(audience_intern(w->store, &au, &w->audiences[label][level]));
        }
    }
    for (int level = 0; level < 3; level++) {
        ROWS_AUTO *row = NULL;

        OK(STORE_RUN(w->store, STMT_INTEL_SHELF_ADD, V_TEXT(COLLECTION), V_INT(level + 1), V_INT(w->audiences[0][level])));
        OK(STORE_ONE(w->store, &row, STMT_INTEL_SHELF_OF, V_TEXT(COLLECTION), V_INT(level + 1)));
        w->shelves[level] = rows_int(row, 0);
    }
    OK(store_commit(w->store));
    arena_free(a);
}

static void begin(struct world *w, enum place_kind kind)
{
    const char *db;
    struct diag diag;

    *w = (struct world){.now_us = 1000000, .chance = 7};
    diag_init(&diag);
    OK(place_start(&w->place, kind));
    db = place_fresh(&w->place);
    OK(store_create(db, &w->store, &diag));
    OK(intel_open(db, STORE_WRITE, &w->intel, &diag));
    have_shelves(w);
    w->table = audience_table_new();
    OK(audience_table_refresh(w->table, w->store, NULL, NULL));
    OK(stock_open(db, w->store, &w->stock, &diag));
    for (unsigned i = 0; i < READERS; i++) {
        snprintf(w->readers[i].person, sizeof(w->readers[i].person), "p%u", i);
        w->readers[i].by_date = i % 2;
        w->readers[i].keys = i < 2 ? 1 : 1 + draw(w, 7);
    }
    diag_done(&diag);
}

static void end(struct world *w)
{
    stock_close(w->stock);
    audience_table_free(w->table);
    store_close(w->intel);
    store_close(w->store);
    place_stop(&w->place);
}

/* ---- what happens ---- */

static void add_object(struct world *w, struct segment_writer *writer)
{
    static const enum tlp tlps[] = {TLP_GREEN, TLP_AMBER, TLP_RED};
    int level = (int)draw(w, 3);
    char id[64], text[100], packed[200];
    struct segment_object o = {.tlp = (uint8_t)tlps[level], .type = STR("tool"), .version = STR("2026-04-10T09:00:00")};

    snprintf(id, sizeof(id), "tool--00000000-0000-4000-8000-%012d", w->n_objects);
    snprintf(text, sizeof(text), "{\"id\": \"%s\"}", id);
    o.id = str_of(id);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 3)};
    o.sum = o.digest = sha256(str_of(text));
    w->levels[w->n_objects++] = level;
    OK(segment_writer_add(writer, &o));
}

static void import(struct world *w)
{
    struct segment_writer *writer = segment_writer_new();
    struct intel_writing writing = {.run = ++w->run, .audiences = {w->shelves[0], w->shelves[1], w->shelves[2]}};
    CLEANUP(buf_done) struct buf message;
    struct intel_totals t;
    struct segment segment;
    struct digest digest;
    int64_t opening, at_us;
    uint64_t known;
    char record[32];

    for (unsigned n = 1 + draw(w, 9); n; n--)
        add_object(w, writer);
    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(writer, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    OK(intel_write(w->intel, &writing, 0, &segment, &digest, &known));
    OK(intel_finish(w->intel, &writing, &t));
    segment_done(&segment);
    segment_writer_free(writer);
    snprintf(record, sizeof(record), "II-2026-%04d", (int)w->run);
    OK(store_begin(w->store));
    OK(STORE_RUN(w->store, STMT_INTEL_RUN_BEGIN, V_INT(w->run), V_TEXT(record), V_TEXT(COLLECTION), V_TEXT("p"), V_INT(0), V_INT(w->shelves[0]),
                 V_INT(w->shelves[1]), V_INT(w->shelves[2]), V_INT(1), V_TEXT(""), V_TEXT("")));
    OK(engine_next_opening(w->store, w->now_us, &opening, &at_us));
    OK(STORE_RUN(w->store, STMT_INTEL_RUN_OPEN, V_INT(w->run), V_INT(opening), V_INT(at_us), V_INT(t.n_objects), V_TEXT("")));
    for (int i = 0; i < 3; i++)
        if (t.levels[i])
            OK(STORE_RUN(w->store, STMT_INTEL_MEMBER_ADD, V_TEXT(COLLECTION), V_INT(w->shelves[i]), V_INT(opening), V_INT(w->run), V_INT(t.levels[i]),
                         V_INT(at_us)));
    OK(store_commit(w->store));
}

static void relabel(struct world *w)
{
    w->label = (w->label + 1) % LABELS;
    OK(store_begin(w->store));
    for (int i = 0; i < 3; i++)
        OK(STORE_RUN(w->store, STMT_INTEL_SHELF_SET, V_INT(w->shelves[i]), V_INT(w->audiences[w->label][i])));
    OK(store_commit(w->store));
}

/* ---- polls ---- */

/* Of the second label a reader sees the levels that he does not see of the first. */
static unsigned seen_levels(const struct world *w, const struct reader *r)
{
    return w->label ? ~r->keys & 7 : r->keys;
}

static void sight_of(struct world *w, const struct reader *r, struct sight **ret)
{
    struct arena *a = arena_new(1 << 16);
    const char *keys[6];
    size_t n = 0;

    for (int level = 0; level < 3; level++)
        keys[n++] = key_of(a, r->keys >> level & 1 ? 0 : 1, level);
    OK(sight_new(w->table, keys, n, ret));
    arena_free(a);
}

struct taking {
    struct world *w;
    struct reader *r;
    unsigned n;
};

static int take(const struct stock_member *m, void *context)
{
    struct taking *t = context;
    int64_t number = -1;

    OK(str_to_i64((struct str){m->object.id.at + m->object.id.len - 12, 12}, 0, t->w->n_objects - 1, &number));
    assert_true(seen_levels(t->w, t->r) >> t->w->levels[number] & 1);
    if (t->r->got[number])
        fail_msg("%s got %d twice", t->r->person, (int)number);
    assert_true(m->added_us > t->r->last_us);
    t->r->got[number] = true;
    t->r->last_us = m->added_us;
    t->r->at = m->place;
    t->n++;
    return 0;
}

static void enter(struct world *w, const struct reader *r, const struct sight *sight, const struct stock_place *at)
{
    struct subscriber_place place = {at->opening, at->number, at->under};
    struct subscriber_asks who = {r->person, "program", COLLECTION, &place};
    struct subscriber b;
    bool is_due;

    OK(subscriber_read(w->store, r->person, COLLECTION, &b));
    OK(subscriber_is_due(w->store, &b, COLLECTION, sight, &place, w->now_us, &is_due));
    subscriber_done(&b);
    if (!is_due)
        return;
    OK(store_begin(w->store));
    OK(subscriber_enter(w->store, &who, sight, 3, w->now_us));
    OK(store_commit(w->store));
}

/* One page. */
static unsigned poll(struct world *w, struct reader *r, unsigned limit)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct stock_query q = {.collection = STR(COLLECTION), .limit = limit, .wants_bytes = true};
    struct taking t = {w, r, 0};
    struct subscriber b;
    bool more;

    OK(stock_refresh(w->stock));
    sight_of(w, r, &sight);
    q.after = r->at;
    OK(subscriber_read(w->store, r->person, COLLECTION, &b));
    if (r->by_date && r->last_us)
        OK(stock_place_of(w->stock, STR(COLLECTION), &b, r->last_us, &q.after));
    subscriber_done(&b);
    enter(w, r, sight, &q.after);
    OK(subscriber_read(w->store, r->person, COLLECTION, &b));
    assert_true(subscriber_agrees(w->store, &b, COLLECTION, sight));
    q.reader = &b;
    OK(stock_page(w->stock, sight, &q, take, &t, &more));
    subscriber_done(&b);
    return t.n;
}

static void check_whole(struct world *w, struct reader *r)
{
    while (poll(w, r, 5))
        ;
    for (int i = 0; i < w->n_objects; i++)
        if ((seen_levels(w, r) >> w->levels[i] & 1) && !r->got[i])
            fail_msg("%s (%u) missed %d of level %d", r->person, r->keys, i, w->levels[i]);
}

static void step(struct world *w)
{
    struct reader *r = &w->readers[draw(w, READERS)];

    w->now_us += draw(w, 3) ? draw(w, 50) : 0; /* clocks stand still, and dates run ahead of them */
    switch (draw(w, 9)) {
    case 0:
    case 1:
        import(w);
        break;
    case 2:
        r->keys = draw(w, 8);
        break;
    case 3:
        if (!draw(w, 3))
            relabel(w);
        break;
    case 4:
        check_whole(w, r);
        break;
    default:
        poll(w, r, 1 + draw(w, 6));
        break;
    }
}

static void run(enum place_kind kind, int steps)
{
    struct world *w = calloc(1, sizeof(*w));

    begin(w, kind);
    for (int i = 0; i < steps && w->n_objects < OBJECTS_MAX - 10; i++)
        step(w);
    for (unsigned i = 0; i < READERS; i++)
        check_whole(w, &w->readers[i]);
    assert_true(w->n_objects > steps / 2);
    end(w);
    free(w);
}

static void on_sqlite(void **state)
{
    run(PLACE_DIR, 1500);
}

static void on_postgres(void **state)
{
    run(PLACE_POSTGRES, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(on_sqlite), cmocka_unit_test(on_postgres)};

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("subscriber", tests, NULL, NULL);
}
