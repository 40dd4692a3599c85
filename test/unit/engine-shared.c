/* Engines of one process read each text and each force once; what changes reaches each of them when it refreshes and not before; what
 * was undone reaches nobody; and threads may do all that at once. */
#include "engine/inside.h"
#include "keeper-place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <pthread.h>

#define TITLE "\"en\":\"Loans\",\"ja\":\"貸出簿\""
#define OK(call) assert_int_equal((call), 0)

static struct ground dir_place, postgres_place;

struct bench {
    struct keeper_place home;
    struct store *store; /* that writes */
    struct engine_shared *shared;
    char hash[2 * SHA256_SIZE + 1]; /* of the one text */
    struct diag diag;
};

static void bench_open(void **state, struct bench *b)
{
    ROWS_AUTO *rows = NULL;

    *b = (struct bench){0};
    diag_init(&b->diag);
    OK(ground_install(*state, &b->home));
    OK(store_open(b->home.db, STORE_WRITE, &b->store, &b->diag));
    OK(engine_shared_new(&b->shared));
    OK(STORE_ONE(b->store, &rows, STMT_PACK_LIST));
    snprintf(b->hash, sizeof(b->hash), "%s", rows_text(rows, 0));
}

static void bench_close(struct bench *b)
{
    engine_shared_free(b->shared);
    store_close(b->store);
    diag_done(&b->diag);
}

struct side {
    struct store *store;
    struct engine *engine;
};

static void side_open(struct bench *b, struct engine_shared *shared, struct side *r)
{
    OK(store_open(b->home.db, STORE_READ, &r->store, &b->diag));
    OK(engine_open_shared(r->store, shared, &r->engine, &b->diag));
}

static void side_close(struct side *r)
{
    engine_close(r->engine);
    store_close(r->store);
}

/* The force with another name for its officers, as that generation. */
static void write_force(struct bench *b, const char *rank_name, const char *generation)
{
    CLEANUP(force_unrefp) struct force *now = NULL, *next = NULL;
    struct buf files[FORCE_FILES];
    struct str texts[FORCE_FILES];
    char ranks[256];

    OK(force_load_store(b->store, &now, &b->diag));
    for (int f = 0; f < FORCE_FILES; f++) {
        buf_init(&files[f], 1 << 20);
        OK(force_export(now, f, &files[f]));
        texts[f] = buf_str(&files[f]);
    }
    snprintf(ranks, sizeof(ranks),
             "id,level,service,name_ja,name_en\nofficer,10,police,巡査,%s\nsergeant,20,police,"
             "巡査部長,Sergeant\n"
             "inspector,40,police,警部,Inspector\nsuperintendent,50,police,警視,Superintendent\n",
             rank_name);
    texts[FORCE_RANKS] = str_of(ranks);
    OK(force_load_texts(texts, &next, &b->diag));
    OK(force_save_store(next, b->store, &b->diag));
    OK(STORE_RUN(b->store, STMT_META_SET, V_TEXT("generation"), V_TEXT(generation)));
    for (int f = 0; f < FORCE_FILES; f++)
        buf_done(&files[f]);
}

/* The text of the store with another English title of `loans`. */
static void rename_loans(struct bench *b, const char *title, struct pack **ret)
{
    ROWS_AUTO *rows = NULL;
    CLEANUP(buf_done) struct buf text;
    const char *at;
    struct str old;

    OK(STORE_ONE(b->store, &rows, STMT_PACK_GET, V_TEXT(b->hash)));
    old = rows_str(rows, 3);
    at = memmem(old.at, old.len, TITLE, strlen(TITLE));
    assert_non_null(at);
    buf_init(&text, 1 << 20);
    OK(buf_add(&text, old.at, (size_t)(at - old.at)));
    OK(buf_printf(&text, "\"en\":\"%s\",\"ja\":\"貸出簿\"", title));
    at += strlen(TITLE);
    OK(buf_add(&text, at, old.len - (size_t)(at - old.at)));
    OK(pack_load_canonical(buf_str(&text), ret, &b->diag));
}

/* Adopted as of a day of the demonstration's April. */
static void write_text(struct bench *b, const char *title, int day, const char *generation)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    CLEANUP(buf_done) struct buf hash;
    char from[16];
    int32_t from_day;

    snprintf(from, sizeof(from), "2026-04-%02d", day);
    OK(day_parse_iso(str_of(from), &from_day));
    rename_loans(b, title, &pack);
    buf_init(&hash, 2 * SHA256_SIZE);
    OK(hex_print(pack->hash.bytes, SHA256_SIZE, &hash));
    OK(STORE_RUN(b->store, STMT_PACK_ADD, V_STR(buf_str(&hash)), V_TEXT(pack->id), V_INT(from_day),
                 V_INT(pack->to_day), V_STR(pack->canonical), V_INT(day), V_TEXT("S"), V_INT(day),
                 V_TEXT("T")));
    OK(STORE_RUN(b->store, STMT_META_SET, V_TEXT("generation"), V_TEXT(generation)));
}

static void adopt(struct bench *b, const char *title, int day, const char *generation)
{
    OK(store_begin(b->store));
    write_text(b, title, day, generation);
    OK(store_commit(b->store));
}

static void next_force(struct bench *b, const char *rank_name, const char *generation)
{
    OK(store_begin(b->store));
    write_force(b, rank_name, generation);
    OK(store_commit(b->store));
}

static const char *title_of_loans(const struct engine *e)
{
    return engine_reg(e, "loans")->title.en;
}

static const char *rank_name(const struct engine *e)
{
    return force_rank(engine_force(e), "officer")->name_en;
}

static void test_read_once(void **state)
{
    struct side one, two, alone;
    struct bench b;

    bench_open(state, &b);
    side_open(&b, b.shared, &one);
    side_open(&b, b.shared, &two);
    side_open(&b, NULL, &alone);
    assert_non_null(engine_reg(one.engine, "loans"));
    assert_ptr_equal(engine_reg(one.engine, "loans"), engine_reg(two.engine, "loans"));
    assert_ptr_equal(engine_force(one.engine), engine_force(two.engine));
    assert_ptr_not_equal(engine_reg(one.engine, "loans"), engine_reg(alone.engine, "loans"));
    assert_ptr_not_equal(engine_force(one.engine), engine_force(alone.engine));
    side_close(&one); /* the other's stay */
    assert_non_null(engine_program(two.engine, engine_reg(two.engine, "loans")->procedure));
    side_close(&two);
    side_close(&alone);
    bench_close(&b);
}

static void test_each_changes_when_it_refreshes(void **state)
{
    struct side one, two;
    const struct reg *loans;
    struct bench b;

    bench_open(state, &b);
    side_open(&b, b.shared, &one);
    side_open(&b, b.shared, &two);
    loans = engine_reg(one.engine, "loans");
    next_force(&b, "Constable", "7");
    OK(engine_refresh(one.engine, &b.diag));
    assert_string_equal(rank_name(one.engine), "Constable");
    assert_string_equal(rank_name(two.engine), "Officer");
    OK(engine_refresh(two.engine, &b.diag));
    assert_ptr_equal(engine_force(one.engine), engine_force(two.engine));
    assert_ptr_equal(engine_reg(one.engine, "loans"), loans); /* the text was not read again */
    side_close(&one);
    side_close(&two);
    bench_close(&b);
}

/* Who has not refreshed goes on by the text that he has; it stays what it was, as long as anybody has it. */
static void test_adopted(void **state)
{
    const struct program *before;
    struct side one, two;
    const struct reg *old;
    struct bench b;

    bench_open(state, &b);
    side_open(&b, b.shared, &one);
    side_open(&b, b.shared, &two);
    old = engine_reg(two.engine, "loans");
    before = engine_program(two.engine, old->procedure);
    adopt(&b, "Lent", 5, "7");
    OK(engine_refresh(one.engine, &b.diag));
    assert_string_equal(title_of_loans(one.engine), "Lent");
    assert_ptr_equal(engine_reg(two.engine, "loans"), old);
    assert_string_equal(old->title.en, "Loans");
    OK(engine_refresh(two.engine, &b.diag));
    assert_ptr_equal(engine_reg(two.engine, "loans"), engine_reg(one.engine, "loans"));
    assert_ptr_equal(engine_program(two.engine, engine_reg(two.engine, "loans")->procedure),
                     engine_program(one.engine, engine_reg(one.engine, "loans")->procedure));
    assert_ptr_equal(engine_program(two.engine, old->procedure), before); /* it is adopted still */
    side_close(&one);
    side_close(&two);
    bench_close(&b);
}

/* An adoption that was undone: the text is left, and the next may have its generation. */
static void test_undone_text(void **state)
{
    struct engine *e;
    struct side other;
    struct bench b;

    bench_open(state, &b);
    side_open(&b, b.shared, &other);
    OK(engine_open_shared(b.store, b.shared, &e, &b.diag));
    OK(store_begin(b.store));
    write_text(&b, "Undone", 5, "7");
    OK(engine_refresh(e, &b.diag));
    assert_string_equal(title_of_loans(e), "Undone");
    store_rollback(b.store);
    engine_forget(e);
    OK(engine_refresh(e, &b.diag));
    assert_ptr_equal(engine_reg(e, "loans"), engine_reg(other.engine, "loans"));
    adopt(&b, "Lent", 5, "7");
    OK(engine_refresh(e, &b.diag));
    assert_string_equal(title_of_loans(e), "Lent");
    engine_close(e);
    side_close(&other);
    bench_close(&b);
}

/* The same generation may come twice, when the first was undone. */
static void test_undone(void **state)
{
    struct engine *e;
    struct bench b;

    bench_open(state, &b);
    OK(engine_open_shared(b.store, b.shared, &e, &b.diag));
    OK(store_begin(b.store));
    write_force(&b, "Undone", "7");
    OK(engine_refresh(e, &b.diag));
    assert_string_equal(rank_name(e), "Undone");
    store_rollback(b.store);
    engine_forget(e);
    next_force(&b, "Constable", "7");
    OK(engine_refresh(e, &b.diag));
    assert_string_equal(rank_name(e), "Constable");
    engine_close(e);
    bench_close(&b);
}

/* A text that cannot be read stops every refresh, not only the first, and what was read before stays. */
static void test_a_damaged_text(void **state)
{
    char hash[2 * SHA256_SIZE + 1];
    struct side one;
    struct bench b;

    bench_open(state, &b);
    side_open(&b, b.shared, &one);
    memset(hash, 'a', sizeof(hash) - 1);
    hash[sizeof(hash) - 1] = 0;
    OK(store_begin(b.store));
    OK(STORE_RUN(b.store, STMT_PACK_ADD, V_TEXT(hash), V_TEXT("aa"), V_INT(0), V_INT(1),
                 V_TEXT("{}"), V_INT(0), V_TEXT("S"), V_INT(0), V_TEXT("T")));
    OK(STORE_RUN(b.store, STMT_META_SET, V_TEXT("generation"), V_TEXT("7")));
    OK(store_commit(b.store));
    for (int i = 0; i < 3; i++) {
        assert_true(engine_refresh(one.engine, &b.diag) < 0);
        assert_non_null(engine_reg(one.engine, "loans"));
        assert_string_equal(rank_name(one.engine), "Officer");
    }
    side_close(&one);
    bench_close(&b);
}

#define ASKERS 6
#define ASKS 40

struct asker {
    struct bench *bench;
    int error;
    size_t n_steps;
};

static void *ask_steps(void *arg)
{
    struct asker *a = arg;
    struct side r = {0};
    json_t *steps = NULL;

    a->error = store_open(a->bench->home.db, STORE_READ, &r.store, NULL);
    if (!a->error)
        a->error = engine_open_shared(r.store, a->bench->shared, &r.engine, NULL);
    for (int i = 0; !a->error && i < ASKS; i++) {
        a->error = engine_refresh(r.engine, NULL);
        if (!a->error)
            a->error = engine_steps(r.engine, "A", "loans", "", engine_now(r.engine), &steps);
        if (!a->error)
            a->n_steps += json_array_size(steps);
        json_decref(steps);
        steps = NULL;
    }
    side_close(&r);
    return NULL;
}

static void test_many_threads(void **state)
{
    struct asker askers[ASKERS];
    pthread_t threads[ASKERS];
    char generation[16], title[16];
    struct bench b;

    bench_open(state, &b);
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.bench = &b};
        OK(pthread_create(&threads[i], NULL, ask_steps, &askers[i]));
    }
    for (int i = 0; i < 8; i++) {
        snprintf(title, sizeof(title), "Lent %d", i);
        snprintf(generation, sizeof(generation), "%d", 7 + 2 * i);
        next_force(&b, i % 2 ? "Constable" : "Officer", generation);
        snprintf(generation, sizeof(generation), "%d", 8 + 2 * i);
        adopt(&b, title, 1 + i, generation);
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(threads[i], NULL);
        OK(askers[i].error);
        assert_true(askers[i].n_steps >= ASKS);
    }
    bench_close(&b);
}

#define BOTH(test)                                              \
    {"directory: " #test, test, NULL, NULL, &dir_place},        \
    {                                                           \
        "postgresql: " #test, test, NULL, NULL, &postgres_place \
    }

static int start_all(void **state)
{
    return ground_start(&dir_place, false) || ground_start(&postgres_place, true) ? -1 : 0;
}

static int stop_all(void **state)
{
    ground_stop(&dir_place);
    ground_stop(&postgres_place);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_read_once),    BOTH(test_each_changes_when_it_refreshes),
        BOTH(test_adopted),      BOTH(test_undone_text),
        BOTH(test_undone),       BOTH(test_a_damaged_text),
        BOTH(test_many_threads),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("engine-shared", tests, start_all, stop_all);
}
