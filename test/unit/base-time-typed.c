/* Dates as people type them, and eras. */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_typed(const char *typed, const char *iso)
{
    int32_t got = 0, want = 0;

    assert_int_equal(day_parse_iso(str_of(iso), &want), 0);
    if (day_parse_any(str_of(typed), &got) != 0 || got != want)
        fail_msg("%s is not %s", typed, iso);
}

static void assert_refused(const char *typed, int answer)
{
    int32_t got = 7;

    if (day_parse_any(str_of(typed), &got) != answer || got != 7)
        fail_msg("%s did not get %d", typed, answer);
}

static void assert_era(const char *iso, const char *want)
{
    struct buf out;
    int32_t d = 0;

    buf_init(&out, 100);
    assert_int_equal(day_parse_iso(str_of(iso), &d), 0);
    assert_int_equal(day_print_era(d, &out), 0);
    assert_string_equal(out.at, want);
    buf_done(&out);
}

static void the_directives_spellings(void **state)
{
    assert_typed("R8.11.20", "2026-11-20");
    assert_typed("令和8年11月20日", "2026-11-20");
    assert_typed("2026/11/20", "2026-11-20");
    assert_typed("２０２６／１１／２０", "2026-11-20");
    assert_typed("令和８年１１月２０日", "2026-11-20");
    assert_era("2026-11-20", "令和8年11月20日");
}

static void other_spellings(void **state)
{
    assert_typed("2026-04-10", "2026-04-10");
    assert_typed("2026/4/10", "2026-04-10");
    assert_typed("2026.4.10", "2026-04-10");
    assert_typed("2026年4月10日", "2026-04-10");
    assert_typed("西暦2026年4月10日", "2026-04-10");
    assert_typed("R8.4.10", "2026-04-10");
    assert_typed("r8-04-10", "2026-04-10");
    assert_typed("Ｒ８．４．１０", "2026-04-10");
    assert_typed("R08/04/10", "2026-04-10");
    assert_typed("R8年4月10日", "2026-04-10");
    assert_typed("令和 8年 4月10日", "2026-04-10");
    assert_typed("　令和　８年　４月　１０日　", "2026-04-10");
    assert_typed("㋿8年4月10日", "2026-04-10");
    assert_typed("令和元年5月1日", "2019-05-01");
    assert_typed("R元.5.1", "2019-05-01");
    assert_typed("令和1年5月1日", "2019-05-01");
    assert_typed("2026−4−10", "2026-04-10");
    assert_typed("2026ー4ー10", "2026-04-10");
    assert_typed("2026－04－10", "2026-04-10");
}

static void first_and_last_days_of_eras(void **state)
{
    assert_era("2019-05-01", "令和元年5月1日");
    assert_era("2019-04-30", "平成31年4月30日");
    assert_era("1989-01-08", "平成元年1月8日");
    assert_era("1989-01-07", "昭和64年1月7日");
    assert_era("1926-12-25", "昭和元年12月25日");
    assert_era("1926-12-24", "大正15年12月24日");
    assert_era("1912-07-30", "大正元年7月30日");
    assert_era("1912-07-29", "明治45年7月29日");
    assert_era("1873-01-01", "明治6年1月1日");
    assert_era("1872-12-31", "西暦1872年12月31日");
    assert_typed("H31.4.30", "2019-04-30");
    assert_typed("S64.1.7", "1989-01-07");
    assert_typed("昭和元年12月25日", "1926-12-25");
    assert_typed("T15.12.24", "1926-12-24");
    assert_typed("M45.7.29", "1912-07-29");
    assert_typed("明治6年1月1日", "1873-01-01");
    assert_typed("西暦1872年12月31日", "1872-12-31");
}

static void dates_outside_their_era(void **state)
{
    static const char *const rows[] = {"R1.4.30",         "令和元年4月30日", "H31.5.1",
                                       "平成32年1月1日",  "H1.1.7",          "S64.1.8",
                                       "昭和1年12月24日", "T15.12.25",       "T1.7.29",
                                       "M45.7.30",        "明治5年12月31日", "R0.1.1",
                                       "2026-02-29",      "R8.13.1",         "R8.2.29",
                                       "2026/4/31",       "0000-01-01",      "R8.0.1"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i], TIME_E_RANGE);
}

static void what_is_no_date(void **state)
{
    static const char *const rows[] = {
        "",           "R",          "8.4.10",         "26/4/10", "2026-4/10",        "2026年4月10",
        "2026年4-10", "元年5月1日", "2026元年5月1日", "X8.4.10", "R8.4.10x",         "2026-04-100",
        "2026-4-1 0", "R100.1.1",   "20260410",       "R8 4 10", "令和八年四月十日", "2026--4-10",
        "R-8.4.10",   "\xff\xfe",   "西暦R8.4.10"};
    char text[1000];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i], TIME_E_SYNTAX);
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_refused(text, TIME_E_SYNTAX);
}

/* What is printed can be typed, for every day from 1868 to 2100. */
static void printed_eras_read_back(void **state)
{
    int32_t first = day_from_civil((struct civil){1868, 1, 1});
    int32_t last = day_from_civil((struct civil){2100, 12, 31});

    for (int32_t d = first; d <= last; d++) {
        struct buf out;
        int32_t got = 0;

        buf_init(&out, 100);
        assert_int_equal(day_print_era(d, &out), 0);
        if (day_parse_any(buf_str(&out), &got) != 0 || got != d)
            fail_msg("%s", out.at);
        buf_done(&out);
    }
}

static void assert_month(const char *typed, const char *iso)
{
    struct buf out;
    int32_t got = 0, want = 0;

    assert_int_equal(month_parse_iso(str_of(iso), &want), 0);
    if (month_parse_any(str_of(typed), &got) != 0 || got != want)
        fail_msg("%s is not %s", typed, iso);
    buf_init(&out, 100);
    assert_int_equal(month_print_iso(got, &out), 0);
    assert_string_equal(out.at, iso);
    buf_done(&out);
}

static void assert_no_month(const char *typed, int answer)
{
    int32_t got = 7;

    if (month_parse_any(str_of(typed), &got) != answer || got != 7)
        fail_msg("%s did not get %d", typed, answer);
}

static void assert_era_month(const char *iso, const char *want)
{
    struct buf out;
    int32_t m = 0;

    buf_init(&out, 100);
    assert_int_equal(month_parse_iso(str_of(iso), &m), 0);
    assert_int_equal(month_print_era(m, &out), 0);
    assert_string_equal(out.at, want);
    buf_done(&out);
}

static void months_as_people_type_them(void **state)
{
    static const char *const typed[] = {
        "2026-04",   "2026/4",        "2026.4",       "２０２６－０４",     "R8.4",
        "r8-04",     "Ｒ８．４",      "令和8年4月",   "令和８年４月",       "令和 8年 4月",
        "2026年4月", "西暦2026年4月", "令和8年4月分", "　令和８年４月分　", "R8年4月"};

    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        assert_month(typed[i], "2026-04");
    assert_month("令和元年5月", "2019-05");
    assert_era_month("2026-04", "令和8年4月");
    assert_era_month("2019-05", "令和元年5月");
    assert_era_month("2019-04", "平成31年4月");
    assert_era_month("1872-12", "西暦1872年12月");
    assert_era_month("9999-12", "令和7981年12月");
}

/* Both eras have the month in which one ends and the other begins, and it reads back as it is printed. */
static void months_of_two_eras(void **state)
{
    assert_month("昭和64年1月", "1989-01");
    assert_month("平成元年1月", "1989-01");
    assert_era_month("1989-01", "昭和64年1月");
    assert_month("大正15年12月", "1926-12");
    assert_month("昭和元年12月", "1926-12");
    assert_no_month("平成31年5月", TIME_E_RANGE);
    assert_no_month("令和元年4月", TIME_E_RANGE);
}

static void what_is_no_month(void **state)
{
    static const char *const alone[] = {"4月", "４月", "04月", "4月分", " 12 月 "};
    static const char *const shapeless[] = {
        "",        "4",   "2026",    "2026-04-10", "令和8年4月10日",
        "令和8年", "8.4", "2026-4-", "今月",       "R8.4月"};
    int32_t got = 7;

    for (size_t i = 0; i < ARRAY_LEN(alone); i++)
        assert_no_month(alone[i], TIME_E_NO_YEAR);
    for (size_t i = 0; i < ARRAY_LEN(shapeless); i++)
        assert_no_month(shapeless[i], TIME_E_SYNTAX);
    assert_no_month("2026-13", TIME_E_RANGE);
    assert_no_month("2026-00", TIME_E_RANGE);
    assert_no_month("令和0年4月", TIME_E_RANGE);
    assert_int_equal(month_parse_iso(STR("2026-4"), &got), TIME_E_SYNTAX);
    assert_int_equal(month_parse_iso(STR("2026-04-01"), &got), TIME_E_SYNTAX);
    assert_int_equal(month_parse_iso(STR("0000-04"), &got), TIME_E_RANGE);
    assert_int_equal(got, 7);
}

/* Its first day tells a month, and the other way round. */
static void months_and_their_days(void **state)
{
    for (int32_t m = 12; m < 10000 * 12; m++)
        assert_true(month_of_day(month_first_day(m)) == m &&
                    month_of_day(month_first_day(m) - 1) == m - 1);
}

static void assert_length(const char *typed, const char *iso)
{
    CLEANUP(buf_done) struct buf out;
    struct duration d;

    buf_init(&out, 100);
    if (duration_parse_any(str_of(typed), &d) || duration_print(d, &out) || strcmp(out.at, iso) != 0)
        fail_msg("%s is not %s but %s", typed, iso, out.at ? out.at : "none");
}

static void durations(void **state)
{
    static const char *const refused[] = {"", " ", "3", "年", "三年", "3年度", "3か", "1か月2年", "-3年", "3.5年", "3年 と 2日", "P", "3Y", "P3年", "無期限", "3年P1D"};
    struct duration d = {.days = 7};

    assert_length("3年", "P3Y");
    assert_length("３年", "P3Y");
    assert_length("3年間", "P3Y");
    assert_length("３か月", "P3M");
    assert_length("3ヶ月", "P3M");
    assert_length("3ヵ月間", "P3M");
    assert_length("３ヶ月", "P3M");
    assert_length("6カ月", "P6M");
    assert_length("6ｶ月", "P6M");
    assert_length("6箇月", "P6M");
    assert_length("6月", "P6M");
    assert_length("18か月", "P1Y6M");
    assert_length("1年6か月", "P1Y6M");
    assert_length("　1 年　6 か月 ", "P1Y6M");
    assert_length("30日", "P30D");
    assert_length("30日間", "P30D");
    assert_length("2週間", "P14D");
    assert_length("72時間", "PT72H");
    assert_length("1日12時間30分", "P1DT12H30M");
    assert_length("P3Y", "P3Y");
    assert_length("p30d", "P30D");
    assert_length("Ｐ３Ｙ", "P3Y");
    assert_length("PT30M", "PT30M");
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        assert_int_equal(duration_parse_any(str_of(refused[i]), &d), TIME_E_SYNTAX);
        assert_int_equal(d.days, 7);
    }
    assert_int_equal(duration_parse_any(STR("99999年"), &d), TIME_E_RANGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directives_spellings),
        cmocka_unit_test(other_spellings),
        cmocka_unit_test(first_and_last_days_of_eras),
        cmocka_unit_test(dates_outside_their_era),
        cmocka_unit_test(what_is_no_date),
        cmocka_unit_test(printed_eras_read_back),
        cmocka_unit_test(months_as_people_type_them),
        cmocka_unit_test(months_of_two_eras),
        cmocka_unit_test(what_is_no_month),
        cmocka_unit_test(months_and_their_days),
        cmocka_unit_test(durations),
    };

    return cmocka_run_group_tests_name("time-typed", tests, NULL, NULL);
}
