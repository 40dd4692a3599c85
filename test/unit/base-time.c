#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A whole cycle of the Gregorian calendar, from 2000-01-01. */
#define CYCLE_DAYS 146097

static int32_t day(const char *iso)
{
    int32_t d = 0;

    assert_int_equal(day_parse_iso(str_of(iso), &d), 0);
    return d;
}

static struct duration duration(const char *text)
{
    struct duration d = {0};

    assert_int_equal(duration_parse(str_of(text), &d), 0);
    return d;
}

static void assert_day(int32_t got, const char *want)
{
    struct buf out;

    buf_init(&out, 100);
    assert_int_equal(day_print_iso(got, &out), 0);
    assert_string_equal(out.at, want);
    buf_done(&out);
}

static void every_day_there_and_back(void **state)
{
    int32_t first = day_from_civil((struct civil){1, 1, 1});
    int32_t last = day_from_civil((struct civil){9999, 12, 31});
    struct civil want = {1, 1, 1};

    for (int32_t d = first; d <= last; d++) {
        struct civil c = civil_from_day(d);

        if (c.year != want.year || c.month != want.month || c.day != want.day ||
            day_from_civil(c) != d)
            fail_msg("day %d", d);
        if (++want.day > days_in_month(want.year, want.month)) {
            want.day = 1;
            if (++want.month > 12)
                want = (struct civil){want.year + 1, 1, 1};
        }
    }
    assert_int_equal(want.year, 10000);
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2000-03-01"), 11017);
}

static void days_of_the_week(void **state)
{
    assert_int_equal(day_of_week(day("1970-01-01")), 4);
    assert_int_equal(day_of_week(day("1969-12-31")), 3);
    assert_int_equal(day_of_week(day("2026-04-10")), 5);
    assert_int_equal(day_of_week(day("0001-01-01")), 1);
}

static void months_and_leap_years(void **state)
{
    assert_int_equal(days_in_month(2000, 2), 29);
    assert_int_equal(days_in_month(1900, 2), 28);
    assert_int_equal(days_in_month(2028, 2), 29);
    assert_int_equal(days_in_month(2026, 4), 30);
    assert_false(civil_is_valid((struct civil){2026, 2, 29}));
    assert_false(civil_is_valid((struct civil){2026, 13, 1}));
    assert_false(civil_is_valid((struct civil){0, 1, 1}));
    assert_false(civil_is_valid((struct civil){10000, 1, 1}));
    assert_true(civil_is_valid((struct civil){9999, 12, 31}));
}

static void iso_dates_are_strict(void **state)
{
    static const char *const bad[] = {"",         "2026-4-10",  "2026-04-10 ", "2026/04/10",
                                      "20260410", "2026-04-1O", "+026-04-10",  "2026-04-010",
                                      "26-04-10", "２026-04-10"};
    int32_t d = 7;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(day_parse_iso(str_of(bad[i]), &d), TIME_E_SYNTAX);
    assert_int_equal(day_parse_iso(STR("2026-02-29"), &d), TIME_E_RANGE);
    assert_int_equal(day_parse_iso(STR("2026-00-10"), &d), TIME_E_RANGE);
    assert_int_equal(day_parse_iso(STR("0000-01-01"), &d), TIME_E_RANGE);
    assert_int_equal(d, 7);
}

static void durations_read_and_print(void **state)
{
    static const char *const same[] = {"P1Y",   "P6M",        "P60D", "PT30M",  "PT1H",
                                       "P1Y6M", "P1DT2H3M4S", "P0D",  "P9999Y", "PT0.500000S"};
    static const char *const bad[] = {"",     "P",      "1Y",     "PT",    "P1",    "P1YT",
                                      "P1H",  "PT1Y",   "P1D1Y",  "P1Y1Y", "-P1Y",  "P-1Y",
                                      "+P1Y", "P1Y ",   "p1y",    "P1.5D", "PT1.S", "PT0.1234567S",
                                      "P1WT", "PT1.5M", "PT1ST1S"};
    struct duration d = {7, 7, 7};

    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct buf out;

        buf_init(&out, 100);
        assert_int_equal(duration_print(duration(same[i]), &out), 0);
        assert_string_equal(out.at, same[i]);
        buf_done(&out);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (duration_parse(str_of(bad[i]), &d) != TIME_E_SYNTAX)
            fail_msg("%s was taken", bad[i]);
    }
    assert_int_equal(duration_parse(STR("P10000Y"), &d), TIME_E_RANGE);
    assert_int_equal(duration_parse(STR("P999999999D"), &d), TIME_E_RANGE);
    assert_int_equal(duration_parse(STR("PT999999999H"), &d), TIME_E_RANGE);
    assert_int_equal(duration_parse(STR("P9999999999D"), &d), TIME_E_SYNTAX);
    assert_int_equal(d.months, 7);
    d = duration("P2W");
    assert_int_equal(d.days, 14);
    d = duration("PT90S");
    assert_true(d.us == 90 * US_PER_SECOND);
}

static void adding_months_keeps_within_the_month(void **state)
{
    assert_day(day_add(day("2026-01-31"), duration("P1M"), +1), "2026-02-28");
    assert_day(day_add(day("2028-02-29"), duration("P1Y"), +1), "2029-02-28");
    assert_day(day_add(day("2026-03-31"), duration("P1M"), -1), "2026-02-28");
    assert_day(day_add(day("2026-01-15"), duration("P2M"), -1), "2025-11-15");
    assert_day(day_add(day("2026-01-31"), duration("P1M1D"), +1), "2026-03-01");
    assert_day(day_add(day("2027-04-09"), duration("P60D"), -1), "2027-02-08");
    assert_day(day_add(day("9999-06-01"), duration("P1Y"), +1), "9999-12-31");
    assert_day(day_add(day("0001-06-01"), duration("P1Y"), -1), "0001-01-01");
    assert_day(day_add(day("9999-12-31"), duration("P3000000D"), +1), "9999-12-31");
}

static void periods_count_their_first_day(void **state)
{
    assert_day(period_last_day(day("2026-04-10"), duration("P1Y")), "2027-04-09");
    assert_day(period_last_day(day("2028-02-29"), duration("P1Y")), "2029-02-28");
    assert_day(period_last_day(day("2027-03-01"), duration("P1Y")), "2028-02-29");
    assert_day(period_last_day(day("2026-01-31"), duration("P1M")), "2026-02-28");
    assert_day(period_last_day(day("2026-01-01"), duration("P1M")), "2026-01-31");
    assert_day(period_last_day(day("2026-04-10"), duration("P60D")), "2026-06-08");
    assert_day(period_last_day(day("2026-04-10"), duration("P1D")), "2026-04-10");
    assert_day(period_last_day(day("2026-04-10"), duration("PT1H")), "2026-04-10");
    assert_day(period_last_day(day("2026-04-10"), duration("PT24H")), "2026-04-10");
    assert_day(period_last_day(day("2026-04-10"), duration("PT25H")), "2026-04-11");
    assert_day(period_last_day(day("2026-04-10"), duration("P0D")), "2026-04-09");
}

/* For every start of a cycle: a year has 365 or 366 days, the next day begins the next year's count on the anniversary
 * (or on 1 March where there is none), and a later start never ends earlier. */
static void yearly_periods_over_a_whole_cycle(void **state)
{
    struct duration year = duration("P1Y");
    int32_t first = day("2000-01-01"), before = 0;

    for (int32_t start = first; start < first + CYCLE_DAYS; start++) {
        int32_t last = period_last_day(start, year);
        struct civil from = civil_from_day(start), next = civil_from_day(last + 1);
        bool leap_day = from.month == 2 && from.day == 29;

        if (last - start + 1 != 365 && last - start + 1 != 366)
            fail_msg("start %d lasts %d days", start, last - start + 1);
        if (next.year != from.year + 1 || next.month != (leap_day ? 3 : from.month) ||
            next.day != (leap_day ? 1 : from.day))
            fail_msg("start %d", start);
        if (start > first && last < before)
            fail_msg("start %d ends before its neighbour", start);
        before = last;
    }
}

static void monthly_periods_over_a_whole_cycle(void **state)
{
    struct duration month = duration("P1M");
    int32_t first = day("2000-01-01"), before = 0;

    for (int32_t start = first; start < first + CYCLE_DAYS; start++) {
        int32_t length, last = period_last_day(start, month);

        length = last - start + 1;
        if (length < 28 || length > 31)
            fail_msg("start %d lasts %d days", start, length);
        if (start > first && last < before)
            fail_msg("start %d ends before its neighbour", start);
        before = last;
    }
}

static void retention_in_whole_years(void **state)
{
    assert_day(retention_last_day(day("2025-05-16"), duration("P5Y"), YEAR_FISCAL), "2031-03-31");
    assert_day(retention_last_day(day("2017-09-29"), duration("P1Y"), YEAR_FISCAL), "2019-03-31");
    assert_day(retention_last_day(day("2025-05-16"), duration("P5Y"), YEAR_CALENDAR), "2030-12-31");
    assert_day(retention_last_day(day("2026-04-06"), duration("P1Y"), YEAR_CALENDAR), "2027-12-31");
    assert_day(retention_last_day(day("2027-07-30"), duration("P3Y"), YEAR_CALENDAR), "2030-12-31");
    assert_day(retention_last_day(day("2026-03-31"), duration("P1Y"), YEAR_FISCAL), "2027-03-31");
    assert_day(retention_last_day(day("2026-04-01"), duration("P1Y"), YEAR_FISCAL), "2028-03-31");
    assert_day(retention_last_day(day("2026-01-01"), duration("P1Y"), YEAR_CALENDAR), "2027-12-31");
    assert_day(retention_last_day(day("2026-12-31"), duration("P1Y"), YEAR_CALENDAR), "2027-12-31");
    assert_day(retention_last_day(day("2026-12-31"), duration("P6M"), YEAR_CALENDAR), "2027-06-30");
}

static void instants_read_and_print(void **state)
{
    static const char *const rows[][2] = {
        {"2026-04-10T09:00", "2026-04-10T00:00:00.000000Z"},
        {"2026-04-10T09:00+09:00", "2026-04-10T00:00:00.000000Z"},
        {"2026-04-10T00:00Z", "2026-04-10T00:00:00.000000Z"},
        {"2026-04-10T00:00:00", "2026-04-09T15:00:00.000000Z"},
        {"2026-04-10T23:59:59.5Z", "2026-04-10T23:59:59.500000Z"},
        {"2026-04-10T23:59:59.000001Z", "2026-04-10T23:59:59.000001Z"},
        {"1970-01-01T09:00", "1970-01-01T00:00:00.000000Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t t = 0;
        struct buf out;

        buf_init(&out, 100);
        assert_int_equal(instant_parse(str_of(rows[i][0]), &t), 0);
        assert_int_equal(instant_print_utc(t, &out), 0);
        assert_string_equal(out.at, rows[i][1]);
        buf_done(&out);
    }
}

static void wrong_instants_are_refused(void **state)
{
    static const char *const bad[] = {"2026-04-10",           "2026-04-10 09:00",
                                      "2026-04-10T9:00",      "2026-04-10T09",
                                      "2026-04-10T09:00z",    "2026-04-10T09:00+00:00",
                                      "2026-04-10T09:00:00.", "2026-04-10T09:00:00.1234567",
                                      "2026-04-10T09:00Z ",   ""};
    static const char *const over[] = {"2026-04-10T24:00",     "2026-04-10T09:60",
                                       "2026-04-10T23:59:60Z", "2026-02-29T00:00",
                                       "1970-01-01T08:59:59",  "1969-12-31T23:59:59Z"};
    uint64_t t = 7;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (instant_parse(str_of(bad[i]), &t) != TIME_E_SYNTAX)
            fail_msg("%s was taken", bad[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(over); i++) {
        if (instant_parse(str_of(over[i]), &t) != TIME_E_RANGE)
            fail_msg("%s was taken", over[i]);
    }
    assert_true(t == 7);
}

static void local_days_and_years(void **state)
{
    uint64_t new_year = instant_of_day(day("2027-01-01"));
    struct buf out;

    assert_int_equal(year_of_instant(new_year), 2027);
    assert_int_equal(year_of_instant(new_year - 1), 2026);
    assert_int_equal(day_of_instant(new_year), day("2027-01-01"));
    assert_int_equal(day_of_instant(new_year - 1), day("2026-12-31"));
    assert_true(instant_of_day(0) == 0 && instant_of_day(-5) == 0);
    assert_true(instant_of_day(1) == 15 * 3600 * US_PER_SECOND);
    assert_int_equal(day_of_instant(UINT64_MAX / 2), day("9999-12-31"));
    buf_init(&out, 100);
    assert_int_equal(instant_print_local(new_year - 1, &out), 0);
    (void)buf_add_char(&out, '|');
    assert_int_equal(instant_print_local_era(new_year, &out), 0);
    assert_string_equal(out.at, "2026-12-31 23:59|令和9年1月1日 00:00");
    buf_done(&out);
}

static void adding_to_instants_is_local(void **state)
{
    /* 23:30 of 31 January in Tokyo is still 31 January, though 14:30 in UTC; 00:30 is another UTC day. */
    uint64_t late = instant_of_day(day("2026-01-31")) + 30 * 60 * US_PER_SECOND;

    assert_true(instant_add(late, duration("P1M"), +1) ==
                instant_of_day(day("2026-02-28")) + 30 * 60 * US_PER_SECOND);
    assert_true(instant_add(late, duration("PT24H"), +1) == late + US_PER_DAY);
    assert_true(instant_add(late, duration("PT1H"), -1) == late - 3600 * US_PER_SECOND);
    assert_true(instant_add(late, duration("P1D"), -1) == late - US_PER_DAY);
    assert_true(instant_add(5, duration("P1Y"), -1) == 0);
}

/* Every day of a 400-year cycle lies in the period that begins with its first day and ends before the next. */
static void calendar_periods_follow_each_other(void **state)
{
    static const struct {
        enum calendar_period p;
        const char *day, *first, *next;
    } rows[] = {
        {PERIOD_MONTH, "2028-02-29", "2028-02-01", "2028-03-01"},         {PERIOD_WEEK, "2026-05-17", "2026-05-11", "2026-05-18"},
        {PERIOD_WEEK, "2026-05-18", "2026-05-18", "2026-05-25"},          {PERIOD_QUARTER, "2026-06-30", "2026-04-01", "2026-07-01"},
        {PERIOD_HALF_YEAR, "2026-03-31", "2025-10-01", "2026-04-01"},     {PERIOD_HALF_YEAR, "2026-10-01", "2026-10-01", "2027-04-01"},
        {PERIOD_CALENDAR_YEAR, "2026-12-31", "2026-01-01", "2027-01-01"}, {PERIOD_FISCAL_YEAR, "2027-01-01", "2026-04-01", "2027-04-01"},
    };
    int32_t from = day("2000-01-01");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(calendar_period_first(rows[i].p, day(rows[i].day)), day(rows[i].first));
        assert_int_equal(calendar_period_next(rows[i].p, day(rows[i].day)), day(rows[i].next));
    }
    for (int p = PERIOD_MONTH; p <= PERIOD_FISCAL_YEAR; p++)
        for (int32_t d = from; d < from + 146097; d++) {
            int32_t first = calendar_period_first((enum calendar_period)p, d), next = calendar_period_next((enum calendar_period)p, d);

            if (first > d || next <= d || calendar_period_first((enum calendar_period)p, next) != next ||
                calendar_period_first((enum calendar_period)p, next - 1) != first)
                fail_msg("period %d of day %d", p, d);
        }
}

static void clocks_run(void **state)
{
    uint64_t real = clock_real_us(), first = clock_monotonic_us(), second = clock_monotonic_us();

    assert_true(year_of_instant(real) >= 2024);
    assert_true(first > 0 && second >= first);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_there_and_back),
        cmocka_unit_test(days_of_the_week),
        cmocka_unit_test(months_and_leap_years),
        cmocka_unit_test(iso_dates_are_strict),
        cmocka_unit_test(durations_read_and_print),
        cmocka_unit_test(adding_months_keeps_within_the_month),
        cmocka_unit_test(periods_count_their_first_day),
        cmocka_unit_test(yearly_periods_over_a_whole_cycle),
        cmocka_unit_test(monthly_periods_over_a_whole_cycle),
        cmocka_unit_test(retention_in_whole_years),
        cmocka_unit_test(instants_read_and_print),
        cmocka_unit_test(wrong_instants_are_refused),
        cmocka_unit_test(local_days_and_years),
        cmocka_unit_test(adding_to_instants_is_local),
        cmocka_unit_test(calendar_periods_follow_each_other),
        cmocka_unit_test(clocks_run),
    };

    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
