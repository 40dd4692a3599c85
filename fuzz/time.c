/* Any bytes as a day, a month, an instant or a duration: what is taken prints as a text that is read back as the same, and
 * reckoning with it stays within the years 1 to 9999. */
#include "base/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 200
#define SOME_DAY 20553 /* 2026-04-10 */
#define ERA_YEAR_MAX 2117 /* 令和99年: nobody types three digits for a year of an era but by mistake, so they are refused */
#define SOME_INSTANT (SOME_DAY * US_PER_DAY)

static void check_day(int32_t day)
{
    assert(civil_is_valid(civil_from_day(day)) && day_from_civil(civil_from_day(day)) == day);
    assert(day_of_week(day) >= 0 && day_of_week(day) <= 6);
}

static void try_day(struct str text)
{
    int32_t day, again;
    struct buf iso, era;
    int r = day_parse_any(text, &day);

    assert(r >= 0);
    if (r != 0)
        return;
    buf_init(&iso, TEXT_MAX);
    buf_init(&era, TEXT_MAX);
    check_day(day);
    if (day_print_iso(day, &iso) || day_parse_iso(buf_str(&iso), &again) || again != day)
        abort();
    if (day_print_era(day, &era))
        abort();
    if (civil_from_day(day).year <= ERA_YEAR_MAX && (day_parse_any(buf_str(&era), &again) || again != day))
        abort();
    buf_done(&iso);
    buf_done(&era);
}

static void try_month(struct str text)
{
    int32_t month, again;
    struct buf iso, era;
    int r = month_parse_any(text, &month);

    assert(r >= 0);
    if (r != 0)
        return;
    buf_init(&iso, TEXT_MAX);
    buf_init(&era, TEXT_MAX);
    assert(month_of_day(month_first_day(month)) == month);
    if (month_print_iso(month, &iso) || month_parse_iso(buf_str(&iso), &again) || again != month)
        abort();
    if (month_print_era(month, &era))
        abort();
    if (civil_from_day(month_first_day(month)).year <= ERA_YEAR_MAX && (month_parse_any(buf_str(&era), &again) || again != month))
        abort();
    buf_done(&iso);
    buf_done(&era);
}

static void try_instant(struct str text)
{
    uint64_t t_us, again_us;
    struct buf out;

    if (instant_parse(text, &t_us) != 0)
        return;
    buf_init(&out, TEXT_MAX);
    check_day(day_of_instant(t_us));
    assert(instant_of_day(day_of_instant(t_us)) <= t_us);
    if (instant_print_utc(t_us, &out) || instant_parse(buf_str(&out), &again_us) || again_us != t_us)
        abort();
    buf_clear(&out);
    if (instant_print_local(t_us, &out) || instant_print_local_era(t_us, &out))
        abort();
    buf_done(&out);
}

static void try_duration(struct str text)
{
    struct duration d, again;
    struct buf out;
    int r = duration_parse_any(text, &d);

    assert(r >= 0);
    if (duration_parse(text, &again) == 0)
        assert(r == 0 && again.months == d.months && again.days == d.days && again.us == d.us);
    if (r != 0)
        return;
    buf_init(&out, TEXT_MAX);
    if (duration_print(d, &out) || duration_parse(buf_str(&out), &again))
        abort();
    assert(again.months == d.months && again.days == d.days && again.us == d.us);
    check_day(day_add(SOME_DAY, d, 1));
    check_day(day_add(SOME_DAY, d, -1));
    assert(instant_add(SOME_INSTANT, d, 1) >= SOME_INSTANT && instant_add(SOME_INSTANT, d, -1) <= SOME_INSTANT);
    check_day(period_last_day(SOME_DAY, d));
    check_day(retention_last_day(SOME_DAY, d, YEAR_CALENDAR));
    check_day(retention_last_day(SOME_DAY, d, YEAR_FISCAL));
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    try_day(text);
    try_month(text);
    try_instant(text);
    try_duration(text);
    return 0;
}
