/* What is due of a record is told on its page, too, and leads to a form that begins with what it is about: the inspection of a lent
 * phone in the patrol pack. PATROL_PACK names it. */
#include "setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

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

static json_t *seen_by(struct fixture *x, const char *person)
{
    json_t *view = NULL;

    assert_int_equal(engine_view(scenario_play_engine(x->play), person, x->loan,
                                 scenario_play_now(x->play), &view),
                     0);
    return view;
}

static const json_t *named_in(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), "id"), id) &&
            strcmp(json_str(json_array_get(list, i), "name"), id) != 0)
            return json_array_get(list, i);
    return NULL;
}

static void it_begins_with_what_it_is_about(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *view = seen_by(x, "H");
    JSON_AUTO *today = NULL;
    JSON_AUTO *begin = NULL;
    const json_t *due = json_array_get(json_arr(view, "due"), 0), *listed;

    assert_int_equal(json_array_size(json_arr(view, "due")), 1);
    assert_string_equal(json_str(due, "do"), "inspections/inspect");
    assert_string_equal(json_str(due, "or"), "");
    OK(engine_next_values(scenario_play_engine(x->play), "H",
                          procedure_step(pack_reg(x->setting.pack, "inspections")->procedure, "inspect", 0),
                          x->loan, scenario_play_now(x->play), &begin));
    assert_string_equal(json_str(begin, "phone"), scenario_play_record(x->play, "CP07"));
    assert_null(json_object_get(begin, "inspected_month")); /* it is not asked */
    assert_int_equal(
        engine_today(scenario_play_engine(x->play), "H", scenario_play_now(x->play), &today), 0);
    listed = json_array_get(json_arr(today, "due"), 0);
    assert_true(json_equal(due, listed));
    assert_string_equal(json_str(json_obj(listed, "about"), "phone"),
                        scenario_play_record(x->play, "CP07"));
    assert_non_null(named_in(json_arr(today, "named"), scenario_play_record(x->play, "CP07")));
}

/* Who may not do it is not sent there. */
static void it_is_told_to_whom_it_concerns(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *view = seen_by(x, "U");
    const json_t *due = json_array_get(json_arr(view, "due"), 0);

    assert_int_equal(json_array_size(json_arr(view, "due")), 1);
    assert_string_equal(json_str(due, "obligation"), "loan-expiry");
    assert_string_equal(json_str(due, "do"), "loans/start-return"); /* two ways out of it */
    assert_string_equal(json_str(due, "or"), "consultations/propose");
}

static const json_t *due_named(const json_t *view, const char *obligation)
{
    const json_t *due = json_arr(view, "due");

    for (size_t i = 0; i < json_array_size(due); i++)
        if (!strcmp(json_str(json_array_get(due, i), "obligation"), obligation))
            return json_array_get(due, i);
    return NULL;
}

/* S heads a unit, too, but not the one to which the phone is lent. */
static void of_another_unit_it_says_whose_it_is(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *view = seen_by(x, "S");
    JSON_AUTO *own = seen_by(x, "U");
    const json_t *due = due_named(view, "loan-expiry"), *by = json_arr(due, "by");

    assert_int_equal(json_array_size(by), 1);
    assert_string_equal(json_str(json_array_get(by, 0), "unit"), "shiken-sho");
    assert_string_equal(json_str(json_obj(json_array_get(by, 0), "title"), "ja"), "運用管理者");
    assert_null(json_object_get(due_named(own, "loan-expiry"), "by"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_what_it_is_about),
        cmocka_unit_test(of_another_unit_it_says_whose_it_is),
        cmocka_unit_test(it_is_told_to_whom_it_concerns),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
