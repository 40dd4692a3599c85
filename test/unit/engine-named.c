/* A role that a parameter names: what waits for it is the task of whom the rule in force names, also of what waited before the rule changed, and a
 * refusal tells whom it names. HANDLING_PACK names the pack of information under rule. */
#include "setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    char *waiting; /* a take-out of a device that somebody has to permit */
};

/* The record of an act that is allowed. */
static char *act_of(struct fixture *x, const char *person, const char *reg, const char *step, const char *record, json_t *with)
{
    JSON_AUTO *values = with;
    struct act act = {.person = person, .reg = reg, .step = step, .record = record, .with = values, .now_us = scenario_play_now(x->play)};
    JSON_AUTO *outcome = setting_act(x->play, &act);

    assert_string_equal(json_str(outcome, "result"), "allowed");
    return strdup(json_str(outcome, "record"));
}

/* Under 乙第5号 the information security manager permits (story y-permitters). */
static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("HANDLING_PACK"), false);
    x.play = setting_play(&x.setting, false, "y-permitters");
    x.waiting = act_of(&x, "K", "device-outs", "apply", "",
                       json_pack("{s:s, s:s, s:s, s:s, s:s}", "device", scenario_play_record(x.play, "PC31"), "destination", "試験銀行", "purpose", "分析", "from",
                                 "2026-08-21", "until", "2026-08-22"));
    *state = &x;
    return *x.waiting ? 0 : -1;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    free(x->waiting);
    scenario_play_close(x->play);
    setting_close(&x->setting);
    return 0;
}

static bool has_task(struct fixture *x, const char *person)
{
    JSON_AUTO *today = NULL;
    bool is_there = false;

    OK(engine_today(scenario_play_engine(x->play), person, scenario_play_now(x->play), &today));
    for (size_t i = 0; i < json_array_size(json_arr(today, "waiting")); i++) {
        const json_t *one = json_array_get(json_arr(today, "waiting"), i);

        is_there = is_there || (!strcmp(json_str(one, "record"), x->waiting) && !strcmp(json_str(one, "step"), "permit"));
    }
    return is_there;
}

/* In which unit he is such a one; "-": in none. */
static const char *held_in(struct fixture *x, const char *person, char unit[64])
{
    JSON_AUTO *roles = NULL;

    snprintf(unit, 64, "-");
    OK(engine_roles(scenario_play_engine(x->play), person, scenario_play_now(x->play), &roles));
    for (size_t i = 0; i < json_array_size(roles); i++)
        if (!strcmp(json_str(json_array_get(roles, i), "role"), "handling/devices-permitter"))
            snprintf(unit, 64, "%s", json_str(json_array_get(roles, i), "unit"));
    return unit;
}

static void assert_refused(struct fixture *x, const char *person, const char *say)
{
    struct act act = {.person = person, .reg = "device-outs", .step = "permit", .record = x->waiting, .now_us = scenario_play_now(x->play)};
    JSON_AUTO *outcome = setting_act(x->play, &act);
    const json_t *unmet = json_arr(outcome, "unmet");
    bool is_said = false;

    assert_string_equal(json_str(outcome, "result"), "forbidden");
    for (size_t i = 0; i < json_array_size(unmet); i++)
        is_said = is_said || strstr(json_str(json_obj(json_array_get(unmet, i), "say"), "ja"), say) != NULL;
    assert_true(is_said);
}

static void name_another(struct fixture *x, const char *permitter)
{
    char *rule = act_of(x, "V", "delegated-rules", "key-in", "",
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "point", "devices-out", "permitter", permitter, "number", "乙第50号",
                                  "issued_on", "2026-08-20", "issuer", "npa-infosec", "cited_number", "警察庁丙情管発第46号", "cited_on", "2021-10-05", "content",
                                  "内容", "from", "2026-08-21", "until", "2027-03-31"));

    free(act_of(x, "V2", "delegated-rules", "confirm", rule, NULL));
    free(rule);
}

static void it_waits_for_whom_the_rule_names(void **state)
{
    struct fixture *x = *state;
    char unit[64];

    assert_true(has_task(x, "M"));
    assert_false(has_task(x, "U"));
    assert_string_equal(held_in(x, "M", unit), ""); /* he is one for the force, and so in every unit */
    assert_string_equal(held_in(x, "U", unit), "-");
    assert_refused(x, "U", "（情報セキュリティ管理者）");
}

static void it_waits_for_another_once_another_is_named(void **state)
{
    struct fixture *x = *state;
    char unit[64];

    name_another(x, "operations-manager");
    assert_true(has_task(x, "U"));
    assert_false(has_task(x, "M"));
    assert_string_not_equal(held_in(x, "U", unit), "-");
    assert_string_not_equal(unit, "");
    assert_string_equal(held_in(x, "M", unit), "-");
    assert_refused(x, "M", "運用管理者）");
}

/* A rule of later comes in the other's place, and may name nobody of the two. */
static void without_a_rule_it_waits_for_nobody(void **state)
{
    struct fixture *x = *state;
    char unit[64];

    free(act_of(x, "V2", "delegated-rules", "withdraw", scenario_play_record(x->play, "N6"), NULL));
    assert_true(has_task(x, "U")); /* the later rule stands */
    name_another(x, "force-head");
    assert_true(has_task(x, "L"));
    assert_false(has_task(x, "U"));
    assert_string_equal(held_in(x, "L", unit), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_for_whom_the_rule_names),
        cmocka_unit_test(it_waits_for_another_once_another_is_named),
        cmocka_unit_test(without_a_rule_it_waits_for_nobody),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
