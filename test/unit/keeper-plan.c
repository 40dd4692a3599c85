/* Plans of transfers in the keeper, over both databases: a draft is judged, changed and dropped; another administrator adopts what was
 * shown and nothing else; the ledger names no person. */
#include "keeper-bench.h"
#include "engine/engine.h"
#include "engine/second.h"
#include "keeper/account-operation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define GOOD "person,unit,post,kind,from,to,leaving\nX,uke,member,,2026-05-01,,\nD,,,,,,2026-04-30\n"

/* What `person` asks as an administrator. */
static json_t *ask(struct bench *b, const char *person, json_t *message)
{
    assert_int_equal(operation_find(json_str(message, "op"))->right, OPERATION_ADMINISTRATOR);
    return bench_run_as(b, person, bench_well_formed(b, message));
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
    JSON_AUTO *in = bench_last_entry(b, act, result);
    char *text = json_dumps(in, JSON_COMPACT);

    assert_non_null(text);
    assert_null(strstr(text, "uke"));
    assert_null(strstr(text, "\"X\""));
    assert_null(strstr(text, "異動"));
    free(text);
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
    assert_string_equal(json_str(json_obj(one, "say"), "ja"), "所属「ukke」はありません。近いのは次のとおりです：試験署受付係 (uke)");
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

static void assert_wanted(struct bench *b, const char *person, const char *login, unsigned rights, const size_t (*want)[4])
{
    struct second_wanted n;

    OK(second_wanted(b->store, (struct account_actor){person, rights}, login, b->real_us, b->now_us, &n));
    assert_int_equal(n.codes, (*want)[0]);
    assert_int_equal(n.takeovers, (*want)[1]);
    assert_int_equal(n.plans, (*want)[2]);
    assert_int_equal(n.packs, (*want)[3]);
}

/* What one began waits for everybody else who may decide it, and for nobody once it is decided. */
static void test_what_waits_for_another(void **state)
{
    static const size_t none[4], all[4] = {1, 1, 2, 1}, of_m[4] = {1, 0, 1, 0},
                                 own[4] = {0, 1, 2, 1}, code[4] = {1}, less[4] = {0, 1, 1, 1},
                                 replaced[4] = {0, 1, 1, 0};
    char id[40], other[40], reset[RESET_ID_SIZE], given[CODE_SIZE];
    struct bench b;

    bench_open(state, &b);
    assert_wanted(&b, "C", "p-c", RIGHT_ADMINISTRATOR, &none);
    save(&b, "M", "", GOOD, id);
    save(&b, "Y", "", "person,unit,post,from\nX,uke,member,2026-06-01\n", other);
    OK(store_begin(b.store));
    OK(reset_propose(b.store, ACCOUNT_OPERATOR, "p-a", b.real_us, reset));
    OK(STORE_RUN(b.store, STMT_TAKEOVER_ADD, V_TEXT("TAKEOVER-2026-0001"), V_TEXT("items"), V_INT(1), V_BLOB("x", 1), V_TEXT(""), V_TEXT("M"),
                 V_INT(1)));
    OK(STORE_RUN(b.store, STMT_PACK_ADD, V_TEXT("0123"), V_TEXT("next"), V_INT(1), V_INT(2), V_TEXT("{}"), V_INT(1), V_TEXT("M"), V_NULL,
                 V_TEXT("")));
    OK(store_commit(b.store));
    assert_wanted(&b, "C", "p-c", RIGHT_ADMINISTRATOR, &all);
    assert_wanted(&b, "M", "p-m", RIGHT_ADMINISTRATOR, &of_m);
    assert_wanted(&b, "A", "p-a", RIGHT_ACCOUNT_RESET, &none); /* his own code */
    assert_wanted(&b, "B", "p-b", RIGHT_ACCOUNT_RESET, &code);
    assert_wanted(&b, "B", "p-b", RIGHT_AUDITOR, &none);
    OK(store_begin(b.store));
    OK(reset_approve(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, reset, b.real_us, given));
    OK(store_commit(b.store));
    assert_wanted(&b, "C", "p-c", RIGHT_ADMINISTRATOR, &own);
    assert_answer(ask(&b, "C", drops(id)), "");
    assert_wanted(&b, "C", "p-c", RIGHT_ADMINISTRATOR, &less);
    OK(store_begin(
        b.store)); /* a later text of the directive, adopted already: the one before is asked of nobody any more */
    OK(STORE_RUN(b.store, STMT_PACK_ADD, V_TEXT("0122"), V_TEXT("next"), V_INT(1), V_INT(2),
                 V_TEXT("{}"), V_INT(2), V_TEXT("M"), V_INT(3), V_TEXT("C")));
    OK(store_commit(b.store));
    assert_wanted(&b, "C", "p-c", RIGHT_ADMINISTRATOR, &replaced);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_another_administrator_adopts),
        ON_BOTH(test_faults_are_told_and_nothing_is_kept),
        ON_BOTH(test_a_changed_draft),
        ON_BOTH(test_a_dropped_draft),
        ON_BOTH(test_two_plans),
        ON_BOTH(test_what_waits_for_another),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-plan", tests, grounds_start, grounds_stop);
}
