/* Instants, civil days, eras, durations and periods.
 * An instant is uint64_t microseconds since 1970-01-01T00:00:00Z (`_us`); a day is int32_t days since 1970-01-01 in the
 * proleptic Gregorian calendar (`_day`). Local means Asia/Tokyo: UTC+9, no summer time since 1952; the offset is one
 * constant here and nowhere else.
 * Threads  any.
 * Source   spec: eras from their first days; first year is 元年; Meiji before 1873-01-01 is printed in 西暦. */
#pragma once

#include "base/buf.h"

#define US_PER_SECOND UINT64_C(1000000)
#define US_PER_DAY (UINT64_C(86400) * US_PER_SECOND)
#define LOCAL_OFFSET_US (UINT64_C(9) * 3600 * US_PER_SECOND)

struct civil {
    int32_t year;  /* 1..9999 */
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

enum { TIME_E_SYNTAX = 1, TIME_E_RANGE, TIME_E_NO_YEAR };

/* ---- days ---- */
int32_t day_from_civil(struct civil c); /* c must be valid */
struct civil civil_from_day(int32_t day);
bool civil_is_valid(struct civil c);
int32_t day_of_week(int32_t day); /* 0 = Sunday */
int32_t days_in_month(int32_t year, int32_t month);
/* Strict ISO "2026-04-10". */
MUST_CHECK int day_parse_iso(struct str s, int32_t *ret_day);
/* What people type: 2026-04-10, 2026/4/10, R8.4.10, 令和8年4月10日, 令和元年5月1日, 2026年4月10日, full-width digits and
 * separators; 西暦 may stand before a western year, which has four digits. A date before an era's first day or after its last is TIME_E_RANGE. */
MUST_CHECK int day_parse_any(struct str s, int32_t *ret_day); /* also -ENOMEM */
int day_print_iso(int32_t day, struct buf *out);
/* 令和8年11月20日; before 1873, 西暦1872年12月31日, the year always with the four digits that day_parse_any() wants. */
int day_print_era(int32_t day, struct buf *out);

/* ---- months: year * 12 + month - 1, of the years 1 to 9999 ---- */
int32_t month_of_day(int32_t day);
int32_t month_first_day(int32_t month);
/* Strict "2026-04". */
MUST_CHECK int month_parse_iso(struct str s, int32_t *ret_month);
/* What people type: 2026-04, 2026/4, R8.4, 令和8年4月, 令和8年4月分, 2026年4月, in any width. A month that ends before its era begins, or
 * begins behind its end, is TIME_E_RANGE; 4月 alone, of whichever year, TIME_E_NO_YEAR. */
MUST_CHECK int month_parse_any(struct str s, int32_t *ret_month); /* also -ENOMEM */
int month_print_iso(int32_t month, struct buf *out);
/* 令和8年4月; by the era of its first day, so that January 1989 is 昭和64年1月. */
int month_print_era(int32_t month, struct buf *out);

/* ---- calendar periods: months, weeks from Monday, quarters, halves from April and October, years from January or April ---- */
enum calendar_period { PERIOD_MONTH, PERIOD_WEEK, PERIOD_QUARTER, PERIOD_HALF_YEAR, PERIOD_CALENDAR_YEAR, PERIOD_FISCAL_YEAR };
/* The first day of the one that holds `day`, and of the next. Days from year 2 on. */
int32_t calendar_period_first(enum calendar_period p, int32_t day);
int32_t calendar_period_next(enum calendar_period p, int32_t day);

/* ---- durations: P1Y, P6M, P60D, P1W, PT30M, PT1H, PT90S; one or more parts, in the order Y M W D T H M S,
 *      no sign; seconds may have up to 6 digits of fraction. At most 9,999 years and 10,000 years in days. ---- */
struct duration {
    int32_t months;   /* years folded in */
    int32_t days;     /* weeks folded in */
    uint64_t us;      /* hours, minutes, seconds */
};
MUST_CHECK int duration_parse(struct str s, struct duration *ret);
/* What people type: 3年, ３か月, 1年6ヶ月, 30日間, 2週間, 72時間, 30分 (numbers with their units from the longest to the shortest, in any
 * width, with 間 behind each that takes it), and P3Y in any width and case. TIME_E_SYNTAX, TIME_E_RANGE, -ENOMEM. */
MUST_CHECK int duration_parse_any(struct str s, struct duration *ret);
int duration_print(struct duration d, struct buf *out);
/* Months first (a day that the month lacks becomes its last), then days. `sign` +1 or -1. Here and below, results
 * outside the years 1 to 9999 stop at the first or last day of them, and instants at 0. */
int32_t day_add(int32_t day, struct duration d, int sign);
uint64_t instant_add(uint64_t t_us, struct duration d, int sign); /* months and days in local time */
/* Last day of a period that starts on `start` and lasts `d`, the first day included: P1Y from 2026-04-10 is 2027-04-09;
 * from 2028-02-29 it is 2029-02-28 (no anniversary that year: the day before 03-01). Hours count as begun days;
 * an empty duration ends on the day before `start`. */
int32_t period_last_day(int32_t start, struct duration d);
/* Last day kept: `d` counted from the end of the calendar (or fiscal, April to March) year that holds `completed`. */
enum year_basis { YEAR_CALENDAR, YEAR_FISCAL };
int32_t retention_last_day(int32_t completed, struct duration d, enum year_basis basis);

/* ---- instants ---- */
int32_t day_of_instant(uint64_t t_us);          /* local day */
uint64_t instant_of_day(int32_t day);           /* local midnight at its start; 0 before 1970-01-02 */
int32_t year_of_instant(uint64_t t_us);         /* local year: the ledger's shard */
/* "2026-04-10T09:00" or with seconds, fraction up to 6 digits; suffix Z, +09:00 or none (local). TIME_E_RANGE also for what
 * lies before 1970-01-01T00:00Z or has a 60th second. */
MUST_CHECK int instant_parse(struct str s, uint64_t *ret_us);
int instant_print_utc(uint64_t t_us, struct buf *out);   /* 2026-04-10T00:00:00.000000Z */
int instant_print_local(uint64_t t_us, struct buf *out); /* 2026-04-10 09:00 */
int instant_print_local_era(uint64_t t_us, struct buf *out); /* 令和8年4月10日 09:00 */

/* ---- the clock ---- */
/* Microseconds of the real clock. Pages, decisions and timers never call it: they take the installation's time
 * (engine/clock). */
uint64_t clock_real_us(void);
uint64_t clock_monotonic_us(void);
