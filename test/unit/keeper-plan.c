/* Plans of transfers in the keeper, over both databases: a draft is judged, changed and dropped; another administrator adopts what was
 * shown and nothing else; the ledger names no person. */
#include "keeper-place.h"
#include "engine/engine.h"
#include "keeper/account-operation.h"
#include "keeper/install.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define GOOD "person,unit,post,kind,from,to,leaving\nX,uke,member,,2026-05-01,,\nD,,,,,,2026-04-30\n"

static struct ground dir_place, postgres_place;

struct bench {
    struct keeper_place home;
    struct store *store;
    struct engine *engine;
    struct log *log;
    struct clock_setting clock;
    struct diag diag;
};

static void bench_open(void **state, struct bench *b)
{
    uint8_t seed[LOG_SEED_SIZE];

    *b = (struct bench){0};
    diag_init(&b->diag);
    OK(ground_install(*state, &b->home));
    OK(install_read_seed(b->home.data, seed, &b->diag));
    OK(store_open(b->home.db, STORE_WRITE, &b->store, &b->diag));
    OK(log_open(b->store, seed, &b->log, &b->diag));
    OK(engine_open(b->store, &b->engine, &b->diag));
    OK(clock_load(b->store, &b->clock));
}

static void bench_close(struct bench *b)
{
    log_close(b->log);
    engine_close(b->engine);
    store_close(b->store);
    diag_done(&b->diag);
}

/* What `person` asks as an administrator, in a batch of its own. */
static json_t *ask(struct bench *b, const char *person, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = {.store = b->store, .engine = b->engine, .log = b->log, .clock = &b->clock, .person = person,
                                  .now_us = clock_now(b->clock), .real_us = clock_real_us(), .diag = &b->diag};
    json_t *answer = NULL;

    assert_non_null(op);
    assert_int_equal(op->right, OPERATION_ADMINISTRATOR);
    assert_true(operation_message_ok(op, message, &b->diag));
    OK(store_begin(b->store));
    OK(log_begin(b->log));
    OK(store_savepoint(b->store));
    OK(op->run(&c, message, &answer));
    OK(store_release(b->store));
    OK(log_end(b->log));
    OK(store_commit(b->store));
    json_decref(message);
    assert_non_null(answer);
    return answer;
}

static void assert_answer(json_t *answer, const char *error)
{
    if (json_flag(answer, "ok") != !*error || strcmp(json_str(answer, "error"), error))
        fail_msg("wanted %s, got %s", *error ? error : "ok", json_dumps(answer, 0));
    json_decref(answer);
}

static void save(struct bench *b, const char *person, const char *plan, const char *body, char ret_id[40])
{
    JSON_AUTO *answer = ask(b, person, json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-save", "plan", plan, "title", "春の異動", "body", body));

    assert_true(json_flag(answer, "ok"));
    snprintf(ret_id, 40, "%s", json_str(answer, "plan"));
}

static json_t *adopts(struct bench *b, const char *id)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(id)));
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", id, "digest", rows_text(row, 4), "seen",
                     engine_setting(b->engine, "generation"));
}

static json_t *drops(const char *id)
{
    return json_pack("{s:s, s:s}", "op", "plan-drop", "plan", id);
}

/* The last entry, whole; it must be of that act and result and hold nothing of the table. */
static void assert_entered(struct bench *b, const char *act, const char *result)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *json = NULL;
    struct leaf leaf;
    int64_t shard;
    uint64_t size;
    char *in;

    log_head(b->log, &shard, &size);
    OK(STORE_QUERY(b->store, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(size - 1), V_INT(size)));
    assert_int_equal(rows_next(rows), 1);
    OK(leaf_parse(rows_blob(rows, 2), &leaf, &json, NULL));
    assert_string_equal(leaf.act, act);
    assert_string_equal(leaf.result, result);
    in = json_dumps(leaf.in, JSON_COMPACT);
    assert_null(strstr(in, "uke"));
    assert_null(strstr(in, "\"X\""));
    assert_null(strstr(in, "異動"));
    free(in);
}

static int32_t day(const char *iso)
{
    int32_t d;

    OK(day_parse_iso(str_of(iso), &d));
    return d;
}

static const char *unit_on(struct bench *b, const char *person, const char *on)
{
    const struct force *f = engine_force(b->engine);
    const struct appointment *a;

    return force_appointments(f, force_person(f, person), day(on), &a, 1) ? a->unit->id : "";
}

static void assert_state(struct bench *b, const char *id, const char *state, bool has_body)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(id)));
    assert_string_equal(rows_text(row, 1), state);
    assert_int_equal(rows_str(row, 3).len > 0, has_body);
}

static void test_another_administrator_adopts(void **state)
{
    struct bench b;
    char id[40];

    bench_open(state, &b);
    save(&b, "M", "", GOOD, id);
    assert_string_equal(id, "PLAN-2026-0001");
    assert_entered(&b, "system/plan-save", "recorded");
    assert_string_equal(unit_on(&b, "X", "2026-05-01"), "kei");
    assert_answer(ask(&b, "M", adopts(&b, id)), "forbidden");
    assert_entered(&b, "system/plan-adopt", "refused");
    assert_answer(ask(&b, "Y", adopts(&b, id)), "");
    assert_entered(&b, "system/plan-adopt", "recorded");
    assert_string_equal(unit_on(&b, "X", "2026-04-30"), "kei");
    assert_string_equal(unit_on(&b, "X", "2026-05-01"), "uke");
    assert_string_equal(unit_on(&b, "D", "2026-05-01"), "");
    assert_state(&b, id, "adopted", true);
    /* What was decided stays decided. */
    assert_answer(ask(&b, "Y", adopts(&b, id)), "over");
    assert_answer(ask(&b, "Y", drops(id)), "over");
    bench_close(&b);
}

static void test_faults_are_told_and_nothing_is_kept(void **state)
{
    JSON_AUTO *answer = NULL;
    ROWS_AUTO *rows = NULL;
    const json_t *one;
    struct bench b;

    bench_open(state, &b);
    answer = ask(&b, "M", json_pack("{s:s, s:s, s:s}", "op", "plan-save", "title", "x", "body", "person,unit,post,from\nX,ukke,member,2026-05-01\n"));
    assert_string_equal(json_str(answer, "error"), "invalid");
    one = json_array_get(json_arr(answer, "problems"), 0);
    assert_string_equal(json_str(one, "heading"), "unit");
    assert_int_equal(json_int(one, "line"), 2);
    assert_string_equal(json_str(json_obj(one, "say"), "ja"), "所属「ukke」はありません。最も近いのは「uke」です。");
    OK(STORE_QUERY(b.store, &rows, STMT_PLAN_LIST, V_TEXT("PLAN-~"), V_INT(10)));
    assert_int_equal(rows_next(rows), 0);
    assert_answer(ask(&b, "M", json_pack("{s:s, s:s, s:s}", "op", "plan-save", "title", " ", "body", GOOD)), "title");
    assert_answer(ask(&b, "M", drops("PLAN-2026-0009")), "none");
    bench_close(&b);
}

/* Whoever changed the table last is its maker: two persons have looked at what is adopted. */
static void test_a_changed_draft(void **state)
{
    json_t *before;
    struct bench b;
    char id[40], again[40];

    bench_open(state, &b);
    save(&b, "M", "", GOOD, id);
    before = adopts(&b, id);
    save(&b, "Y", id, "person,unit,post,from\nX,uke,member,2026-05-02\n", again);
    assert_string_equal(again, id);
    assert_answer(ask(&b, "C", before), "stale"); /* of the table before */
    assert_answer(ask(&b, "Y", adopts(&b, id)), "forbidden");
    assert_answer(ask(&b, "M", adopts(&b, id)), "");
    assert_string_equal(unit_on(&b, "X", "2026-05-01"), "kei");
    assert_string_equal(unit_on(&b, "X", "2026-05-02"), "uke");
    bench_close(&b);
}

static void test_a_dropped_draft(void **state)
{
    struct bench b;
    char id[40];

    bench_open(state, &b);
    save(&b, "M", "", GOOD, id);
    assert_answer(ask(&b, "M", drops(id)), "");
    assert_entered(&b, "system/plan-drop", "recorded");
    assert_state(&b, id, "dropped", false);
    assert_string_equal(unit_on(&b, "X", "2026-05-01"), "kei");
    bench_close(&b);
}

/* A second plan is judged against what the first one made of the force, and its preview is of before. */
static void test_two_plans(void **state)
{
    json_t *shown;
    struct bench b;
    char first[40], second[40];

    bench_open(state, &b);
    save(&b, "M", "", GOOD, first);
    save(&b, "M", "", "person,unit,post,from\nX,uke,member,2026-06-01\n", second);
    shown = adopts(&b, second);
    assert_answer(ask(&b, "Y", adopts(&b, first)), "");
    assert_answer(ask(&b, "Y", shown), "stale");
    assert_answer(ask(&b, "Y", adopts(&b, second)), "invalid"); /* he is there already */
    assert_state(&b, second, "draft", true);
    bench_close(&b);
}

#define BOTH(test) {"directory: " #test, test, NULL, NULL, &dir_place}, {"postgresql: " #test, test, NULL, NULL, &postgres_place}

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_another_administrator_adopts), BOTH(test_faults_are_told_and_nothing_is_kept), BOTH(test_a_changed_draft),
        BOTH(test_a_dropped_draft),              BOTH(test_two_plans),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("keeper-plan", tests, start_all, stop_all);
}
