/* Moments as people type them. */
#include "engine/input.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void taken(const char *text, const char *wanted)
{
    uint64_t got = 0, us = 1;

    assert_int_equal(instant_parse(str_of(wanted), &us), 0);
    if (input_instant(text, &got))
        fail_msg("\"%s\" is not taken", text);
    if (got != us)
        fail_msg("\"%s\" is not %s", text, wanted);
}

static void days_and_times_in_every_form(void **state)
{
    static const char *const forms[] = {
        "2026-04-10T09:30",         "2026-04-10 09:30", "2026-04-10 9:30",      "２０２６－０４－１０　９：３０",
        "令和8年4月10日 9:30",      "令和８年４月１０日　９時３０分", "令和8年4月10日9:30", "令和8年4月10日9時30分",
        " R8.4.10 9時30分 ",        "2026/4/10 09:30",  "令和8年4月10日T09:30", "2026-04-10 09:30:00",
    };

    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        taken(forms[i], "2026-04-10T09:30");
    taken("令和8年4月10日 9時", "2026-04-10T09:00");
    (void)state;
}

static void others_are_told_from_impossible_ones(void **state)
{
    static const char *const shapeless[] = {"", " ", "明日", "9:30", "2026-04-10", "令和8年4月10日", "2026-04-10 930",
                                            "2026-04-10 9:30 頃", "2026-04-10 :30", "令和8年4月10日 9時30分40"};
    static const char *const impossible[] = {"令和8年11月31日 9:00", "2026-02-29 9:00", "2026-04-10 25:00", "2026-04-10 9:60"};
    char long_text[1000];
    uint64_t us;

    for (size_t i = 0; i < ARRAY_LEN(shapeless); i++)
        assert_int_equal(input_instant(shapeless[i], &us), TIME_E_SYNTAX);
    for (size_t i = 0; i < ARRAY_LEN(impossible); i++)
        assert_int_equal(input_instant(impossible[i], &us), TIME_E_RANGE);
    memset(long_text, '9', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_int_equal(input_instant(long_text, &us), TIME_E_SYNTAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_times_in_every_form),
        cmocka_unit_test(others_are_told_from_impossible_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
