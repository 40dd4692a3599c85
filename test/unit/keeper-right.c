/* The administrator's right in the keeper, over both databases: beside another administrator it is held as a plan, which neither who asked nor who
 * is given it adopts. */
#include "engine/engine.h"
#include "engine/second.h"
#include "keeper-bench.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

/* `person` 0: the operator at the console. */
static json_t *ask(struct bench *b, char person, json_t *message)
{
    bench_well_formed(b, message);
    if (person)
        OK(json_put_str(message, "token", keeper_place_cookie(&b->home, person)));
    return bench_run(b, person != 0, message);
}

static json_t *gives(const char *login, const char *rights)
{
    return json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", login, "rights", rights);
}

static json_t *changes(const char *op, const char *login, const char *reason)
{
    return json_pack("{s:s, s:s, s:s}", "op", op, "login", login, "reason", reason);
}

static json_t *adopts(struct bench *b, const char *plan)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(plan)));
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", plan, "digest", rows_text(row, 4), "seen", engine_setting(b->engine, "generation"));
}

static bool is_administrator(struct bench *b, const char *login)
{
    struct account a;

    OK(account_get(b->store, login, &a));
    return a.state != ACCOUNT_CLOSED && a.rights & RIGHT_ADMINISTRATOR;
}

static void assert_entry(struct bench *b, const char *act, const char *result, const char *login, const char *plan)
{
    JSON_AUTO *in = bench_last_entry(b, act, result);

    assert_string_equal(json_str(in, "login"), login);
    assert_string_equal(json_str(in, "plan"), plan);
}

static void assert_waiting(struct bench *b, const char *person, size_t n)
{
    struct second_wanted wanted;

    OK(second_wanted(b->store, (struct account_actor){person, RIGHT_ADMINISTRATOR}, "", b->real_us, b->now_us, &wanted));
    assert_int_equal(wanted.plans, n);
}

/* C is the only one, and makes M the second. */
static void open_with_two(void **state, struct bench *b)
{
    bench_open(state, b);
    assert_answer(ask(b, 'C', gives("p-m", "administrator")), "");
    assert_entry(b, "system/account-rights", "recorded", "p-m", "");
    assert_true(is_administrator(b, "p-m"));
}

static void test_rights(void **state)
{
    struct bench b;

    open_with_two(state, &b);
    assert_answer(ask(&b, 'C', gives("p-b", "auditor")), ""); /* another right is given as ever */
    assert_answer(ask(&b, 'C', gives("p-b", "administrator;auditor")), "second");
    assert_entry(&b, "system/account-hold", "recorded", "p-b", "PLAN-2026-0001");
    assert_false(is_administrator(&b, "p-b"));
    assert_waiting(&b, "C", 0);
    assert_waiting(&b, "M", 1);
    assert_answer(ask(&b, 'C', adopts(&b, "PLAN-2026-0001")), "forbidden"); /* who asked */
    json_decref(bench_last_entry(&b, "system/plan-adopt", "refused"));
    assert_answer(ask(&b, 'B', adopts(&b, "PLAN-2026-0001")), "forbidden"); /* no administrator */
    assert_false(is_administrator(&b, "p-b"));
    assert_answer(ask(&b, 'M', adopts(&b, "PLAN-2026-0001")), "");
    assert_entry(&b, "system/account-rights", "recorded", "p-b", "PLAN-2026-0001");
    assert_true(is_administrator(&b, "p-b"));
    assert_answer(ask(&b, 'M', adopts(&b, "PLAN-2026-0001")), "over");
    assert_waiting(&b, "M", 0);
    assert_answer(ask(&b, 'M', gives("p-b", "")), ""); /* taking it away */
    assert_false(is_administrator(&b, "p-b"));
    bench_close(&b);
}

static void test_not_by_who_is_given_it(void **state)
{
    struct bench b;

    open_with_two(state, &b);
    assert_answer(ask(&b, 'C', gives("p-b", "administrator")), "second");
    assert_answer(ask(&b, 0, gives("p-b", "administrator")), ""); /* the console */
    assert_answer(ask(&b, 'B', adopts(&b, "PLAN-2026-0001")), "forbidden");
    json_decref(bench_last_entry(&b, "system/plan-adopt", "refused"));
    bench_close(&b);
}

/* Who has shut the other one out is not alone by that. */
static void test_opened_again(void **state)
{
    struct bench b;

    open_with_two(state, &b);
    assert_answer(ask(&b, 'C', changes("account-close", "p-m", "absent")), "");
    assert_answer(ask(&b, 'C', gives("p-b", "administrator")), "second");
    assert_entry(&b, "system/account-hold", "recorded", "p-b", "PLAN-2026-0001");
    assert_answer(ask(&b, 'C', changes("account-reopen", "p-m", "back")), "second");
    assert_entry(&b, "system/account-hold", "recorded", "p-m", "PLAN-2026-0002");
    assert_false(is_administrator(&b, "p-m"));
    assert_answer(ask(&b, 'C', adopts(&b, "PLAN-2026-0002")), "forbidden");
    assert_answer(ask(&b, 0, adopts(&b, "PLAN-2026-0002")), ""); /* the console is another one */
    assert_entry(&b, "system/account-reopen", "recorded", "p-m", "PLAN-2026-0002");
    assert_true(is_administrator(&b, "p-m"));
    bench_close(&b);
}

static void test_added(void **state)
{
    struct account a;
    struct bench b;

    open_with_two(state, &b);
    assert_answer(ask(&b, 'C', json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", "p-new", "person", "NEW", "rights", "administrator")), "second");
    assert_entry(&b, "system/account-hold", "recorded", "p-new", "PLAN-2026-0001");
    assert_int_equal(account_get(b.store, "p-new", &a), ACCOUNT_E_NONE);
    assert_answer(ask(&b, 'M', json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", "p-new", "person", "OTHER", "rights", "")), "");
    assert_answer(ask(&b, 'M', adopts(&b, "PLAN-2026-0001")), "exists"); /* as things stand by now */
    assert_answer(ask(&b, 'M', json_pack("{s:s, s:s}", "op", "plan-drop", "plan", "PLAN-2026-0001")), "");
    assert_answer(ask(&b, 'C', json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", "p-newer", "person", "NEW", "rights", "administrator")), "second");
    assert_answer(ask(&b, 'M', adopts(&b, "PLAN-2026-0002")), "");
    assert_entry(&b, "system/account-add", "recorded", "p-newer", "PLAN-2026-0002");
    assert_true(is_administrator(&b, "p-newer"));
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_rights),
        ON_BOTH(test_not_by_who_is_given_it),
        ON_BOTH(test_opened_again),
        ON_BOTH(test_added),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-right", tests, grounds_start, grounds_stop);
}
