/* What is the same text, and what is told of two lists that are not: the return of a phone in the patrol pack. PATROL_PACK names it. */
#include "setting.h"
#include "engine/same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    const char *loan;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("PATROL_PACK"), false);
    x.play = setting_play(&x.setting, false, "b-handover");
    x.loan = scenario_play_record(x.play, "L1");
    *state = &x;
    return *x.loan ? 0 : -1;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    setting_close(&x->setting);
    return 0;
}

static bool is_same(const char *one, const char *other)
{
    JSON_AUTO *a = json_string(one);
    JSON_AUTO *b = json_string(other);
    JSON_AUTO *folded_a = NULL;
    JSON_AUTO *folded_b = NULL;

    assert_int_equal(same_folded(a, &folded_a), 0);
    assert_int_equal(same_folded(b, &folded_b), 0);
    return json_equal(folded_a, folded_b);
}

static void width_case_and_spaces_say_nothing(void **state)
{
    assert_true(is_same("Ｘ", "x"));
    assert_true(is_same("位置情報　切", "位置情報 切"));
    assert_true(is_same("位置情報　切", "位置情報切"));
    assert_true(is_same("ｶﾒﾗ停止", "カメラ停止"));
    assert_true(is_same("画面ロック６桁", "画面ロック6桁"));
    assert_false(is_same("画面ロック6桁", "画面ロック8桁"));
    assert_false(is_same("X-1", "X1"));
    assert_false(is_same("力", "カ"));
    (void)state;
}

static void what_is_no_text_stays_what_it_is(void **state)
{
    JSON_AUTO *v = json_pack("[s, i, b]", "Ａ", 3, 1);
    JSON_AUTO *want = json_pack("[s, i, b]", "a", 3, 1);
    JSON_AUTO *folded = NULL;
    JSON_AUTO *none = NULL;

    assert_int_equal(same_folded(v, &folded), 0);
    assert_true(json_equal(folded, want));
    assert_int_equal(same_folded(NULL, &none), 0);
    assert_null(none);
    (void)state;
}

/* What is told, in Japanese, of the condition of that rule when U starts the return; NULL: it holds. */
static const json_t *told(struct fixture *x, const json_t *with, const char *rule, json_t **ret)
{
    struct act act = {.person = "U",
                      .reg = "loans",
                      .step = "start-return",
                      .record = x->loan,
                      .with = (json_t *)(uintptr_t)with,
                      .now_us = scenario_play_now(x->play)};

    assert_int_equal(engine_explain(scenario_play_engine(x->play), &act, ret), 0);
    for (size_t i = 0; i < json_array_size(json_arr(*ret, "unmet")); i++)
        if (!strcmp(json_str(json_array_get(json_arr(*ret, "unmet"), i), "rule"), rule))
            return json_obj(json_array_get(json_arr(*ret, "unmet"), i), "say");
    return NULL;
}

static void accounts_that_are_left_are_named(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = NULL;
    char ja[256];

    snprintf(ja, sizeof(ja), "全てのアカウントを削除する（%s　試験SNS）",
             scenario_play_record(x->play, "ACCOUNT-1"));
    assert_string_equal(json_str(told(x, NULL, "loans/start-return#2", &o), "ja"), ja);
}

/* Differences are told item by item, as they were written, and in the order of the lists. */
static void items_that_differ_are_named(void **state)
{
    struct fixture *x = *state;
    const struct reg *reg = engine_reg(scenario_play_engine(x->play), "loans");
    const struct step *st = procedure_step(reg->procedure, "start-return", 0);
    JSON_AUTO *have = json_pack("[s, s]", "充 電 器", "スタンド");
    struct stage sc;
    size_t n = 0;

    assert_int_equal(
        stage_open(&sc, scenario_play_engine(x->play), "U", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, x->loan, &sc.hand), 0);
    sc.procedure = reg->procedure;
    assert_int_equal(
        record_set(sc.hand, reg_field(reg, "returned_accessories"), have, NULL), 0);
    for (size_t i = 0; i < st->n_conds; i++) {
        JSON_AUTO *missing = NULL;
        JSON_AUTO *beyond = NULL;

        assert_int_equal(same_difference(&sc, st->conds[i], &missing, &beyond), 0);
        if (st->conds[i]->kind != COND_SAME ||
            strcmp(st->conds[i]->subject.text, "returned_accessories") != 0)
            continue;
        n++;
        assert_int_equal(json_array_size(missing), 1);
        assert_string_equal(json_string_value(json_array_get(missing, 0)), "ケース");
        assert_int_equal(json_array_size(beyond), 1);
        assert_string_equal(json_string_value(json_array_get(beyond, 0)), "スタンド");
    }
    assert_int_equal(n, 1);
    stage_done(&sc);
}

/* Nothing is told of a record to somebody who may not see it. */
static void nothing_is_told_out_of_sight(void **state)
{
    struct fixture *x = *state;
    const struct reg *reg = engine_reg(scenario_play_engine(x->play), "loans");
    const struct step *st = procedure_step(reg->procedure, "start-return", 0);
    struct stage sc;
    json_t *wanted = NULL;

    assert_int_equal(
        stage_open(&sc, scenario_play_engine(x->play), "X", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, x->loan, &sc.hand), 0);
    sc.procedure = reg->procedure;
    for (size_t i = 0; i < st->n_conds; i++) {
        json_t *missing = NULL, *beyond = NULL;

        assert_int_equal(same_difference(&sc, st->conds[i], &missing, &beyond), 0);
        assert_true(!missing && !beyond);
    }
    assert_int_equal(same_wanted(&sc, st, &wanted), 0);
    assert_int_equal(json_object_size(wanted), 0);
    json_decref(wanted);
    stage_done(&sc);
}

static void what_a_list_must_be_is_laid_before_who_fills_it_in(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *steps = NULL;
    const json_t *wanted = NULL;

    assert_int_equal(engine_steps(scenario_play_engine(x->play), "U", "loans", x->loan,
                                  scenario_play_now(x->play), &steps),
                     0);
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!strcmp(json_str(json_array_get(steps, i), "step"), "start-return"))
            wanted = json_obj(json_array_get(steps, i), "wanted");
        else
            assert_int_equal(json_object_size(json_obj(json_array_get(steps, i), "wanted")), 0);
    assert_int_equal(json_object_size(wanted), 3);
    assert_string_equal(
        json_string_value(json_array_get(json_arr(wanted, "returned_accessories"), 1)), "ケース");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_case_and_spaces_say_nothing),
        cmocka_unit_test(what_is_no_text_stays_what_it_is),
        cmocka_unit_test(accounts_that_are_left_are_named),
        cmocka_unit_test(items_that_differ_are_named),
        cmocka_unit_test(nothing_is_told_out_of_sight),
        cmocka_unit_test(what_a_list_must_be_is_laid_before_who_fills_it_in),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
