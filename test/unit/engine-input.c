/* Moments and numbers as people type them. */
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
    if (input_instant(text, 0, &got))
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
        assert_int_equal(input_instant(shapeless[i], 0, &us), TIME_E_SYNTAX);
    for (size_t i = 0; i < ARRAY_LEN(impossible); i++)
        assert_int_equal(input_instant(impossible[i], 0, &us), TIME_E_RANGE);
    memset(long_text, '9', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_int_equal(input_instant(long_text, 0, &us), TIME_E_SYNTAX);
    (void)state;
}

/* What is left out is today's day or this year, where it can be no other. */
static void today_and_this_year_need_not_be_said(void **state)
{
    static const struct {
        const char *text, *wanted;
    } forms[] = {{"20時5分", "2026-11-20T20:05"},         {"17時", "2026-11-20T17:00"},
                 {"17:30", "2026-11-20T17:30"},           {"２０時５分", "2026-11-20T20:05"},
                 {"11月18日 17時", "2026-11-18T17:00"},   {"11月18日17時5分", "2026-11-18T17:05"},
                 {"１１月１８日　９：３０", "2026-11-18T09:30"}, {"11/18 9:30", "2026-11-18T09:30"},
                 {"6月1日 9時", "2026-06-01T09:00"},      {"令和8年1月5日 9時", "2026-01-05T09:00"}};
    static const char *const shapeless[] = {"",           " ",        "11月18日", "18日 17時", "11月 17時", "17",        "1月5",
                                            "年11月18日 9時", "11/18",  "/18 9:30", "26/11/18 9:30", "11/ 9:30", "日 9時", "t9:30x"};
    uint64_t now = 0, got, wanted;

    assert_int_equal(instant_parse(STR("2026-11-20T10:00"), &now), 0);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        assert_int_equal(instant_parse(str_of(forms[i].wanted), &wanted), 0);
        if (input_instant(forms[i].text, now, &got) || got != wanted)
            fail_msg("\"%s\" is not %s", forms[i].text, forms[i].wanted);
        if (i < ARRAY_LEN(forms) - 1)
            assert_int_not_equal(input_instant(forms[i].text, 0, &got), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(shapeless); i++)
        if (input_instant(shapeless[i], now, &got) != TIME_E_SYNTAX)
            fail_msg("\"%s\" is taken", shapeless[i]);
    assert_int_equal(input_instant("1月5日 9時", now, &got), TIME_E_NO_YEAR); /* the next one's? */
    assert_int_equal(input_instant("11月31日 9時", now, &got), TIME_E_RANGE);
    assert_int_equal(input_instant("25時", now, &got), TIME_E_RANGE);
    (void)state;
}

/* What becomes of a value: it, or NULL and its problem in English. */
static json_t *value(const struct field *f, const char *text, char problem[128])
{
    struct stage sc = {0};
    JSON_AUTO *v = json_string(text);
    JSON_AUTO *problems = json_array();
    json_t *got = NULL;

    assert_int_equal(input_value(&sc, f, v, NULL, &got, problems), 0);
    snprintf(problem, 128, "%s", json_str(json_obj(json_array_get(problems, 0), "say"), "en"));
    assert_int_equal(json_array_size(problems), got ? 0 : 1);
    return got;
}

static int number(int64_t min, const char *text, int64_t *ret, char problem[128])
{
    const struct field f = {.id = "count", .type = FIELD_NUMBER, .min = min};
    JSON_AUTO *got = value(&f, text, problem);

    *ret = json_integer_value(got);
    return got ? 0 : 1;
}

static void months_are_kept_in_one_form(void **state)
{
    static const char *const forms[] = {"2026-04", "令和8年4月", " Ｒ８．４ ", "2026年4月", "令和8年4月分"};
    static const struct {
        const char *text, *problem;
    } bad[] = {{"4月", "does not say of which year it is; write the year, too, such as 2026-04"},
               {"R8.13", "is not a month of the calendar"},
               {"2026-04-10", "must be a month, such as 2026-04"},
               {"春", "must be a month, such as 2026-04"}};
    const struct field f = {.id = "month", .type = FIELD_MONTH};
    char problem[128];

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        JSON_AUTO *got = value(&f, forms[i], problem);

        assert_string_equal(json_string_value(got), "2026-04");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_null(value(&f, bad[i].text, problem));
        assert_string_equal(problem, bad[i].problem);
    }
    (void)state;
}

static void periods_are_kept_in_one_form(void **state)
{
    static const char *const forms[] = {"P1Y6M", "1年6か月", "１年６ヶ月", " 18 カ月間 ", "ｐ18ｍ"};
    static const char must[] = "must be a period, such as P3Y, P6M, P30D, PT72H, or 3年, 6か月, 30日";
    static const struct {
        const char *text, *problem;
    } bad[] = {{"三年", must}, {"3", must}, {"無期限", must}, {"3年度", must}, {"0日", "is no time at all"}, {"P0D", "is no time at all"}, {"10000年", "is too long a period"}};
    const struct field f = {.id = "period", .type = FIELD_DURATION};
    char problem[128];

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        JSON_AUTO *got = value(&f, forms[i], problem);

        assert_string_equal(json_string_value(got), "P1Y6M");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_null(value(&f, bad[i].text, problem));
        assert_string_equal(problem, bad[i].problem);
    }
    (void)state;
}

static void numbers_in_every_form(void **state)
{
    static const struct {
        const char *text;
        int64_t n;
    } forms[] = {{"0", 0},
                 {"3500", 3500},
                 {"3,500", 3500},
                 {"３，５００", 3500},
                 {" 3500 ", 3500},
                 {"　３５００", 3500},
                 {"12,345,678", 12345678},
                 {"999", 999},
                 {"-40", -40},
                 {"3,500円", 3500},
                 {"２回", 2},
                 {"１８０分", 180},
                 {"12 件", 12},
                 {"３　台", 3},
                 {"5人", 5},
                 {"30日", 30},
                 {"7個", 7},
                 {"－１，０００", -1000},
                 {"9,007,199,254,740,991", INT64_C(9007199254740991)}};
    char problem[128];
    int64_t n;

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (number(-1000, forms[i].text, &n, problem))
            fail_msg("\"%s\": %s", forms[i].text, problem);
        assert_int_equal(n, forms[i].n);
    }
    (void)state;
}

static void other_forms_get_an_example(void **state)
{
    static const char *const bad[] = {"多数",   "3,50",     "3500,",  ",500",
                                      "1,2345", "1234,567", "3,,500", "3、500",
                                      "3.5",    "3500枚",   "-",      "9,007,199,254,740,992",
                                      "1,-23",  "-,500",    "円",     "2回目",
                                      "3円円",  "3.5円",    "2日3",   "3,50円"};
    char problem[128];
    int64_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (!number(-1000, bad[i], &n, problem))
            fail_msg("\"%s\" is taken", bad[i]);
        assert_string_equal(problem, "must be a whole number, such as 3500 or 3,500");
    }
    (void)state;
}

static void no_number_lies_below_the_least(void **state)
{
    char problem[128];
    int64_t n;

    assert_int_equal(number(0, "-1", &n, problem), 1);
    assert_string_equal(problem, "must be at least 0");
    assert_int_equal(number(0, "0", &n, problem), 0);
    assert_int_equal(number(-40, "-40", &n, problem), 0);
    assert_int_equal(number(-40, "-41", &n, problem), 1);
    assert_string_equal(problem, "must be at least -40");
    assert_int_equal(number(1, "0", &n, problem), 1);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_times_in_every_form),
        cmocka_unit_test(others_are_told_from_impossible_ones),
        cmocka_unit_test(today_and_this_year_need_not_be_said),
        cmocka_unit_test(months_are_kept_in_one_form),
        cmocka_unit_test(periods_are_kept_in_one_form),
        cmocka_unit_test(numbers_in_every_form),
        cmocka_unit_test(other_forms_get_an_example),
        cmocka_unit_test(no_number_lies_below_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
