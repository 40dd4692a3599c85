#include "base/time.h"

#include "base/utf8.h"

#include <errno.h>
#include <time.h>

#define YEAR_MIN 1
#define YEAR_MAX 9999
#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_WEEK 7
/* Days from 0000-03-01 to 1970-01-01. */
#define EPOCH_SHIFT 719468
/* Longest text of a date, instant or duration that is looked at. */
#define TEXT_MAX 96

/* ---- days ---- */

/* Years are counted from March here, so that the leap day is the last of its year and months have a pattern of
 * 153 days in five. */
int32_t day_from_civil(struct civil c)
{
    int32_t year = c.month <= 2 ? c.year - 1 : c.year;
    int32_t month = c.month <= 2 ? c.month + 9 : c.month - 3; /* 0 = March */
    int32_t cycle = (year >= 0 ? year : year - 399) / 400;
    int32_t year_in_cycle = year - cycle * 400;
    int32_t day_in_year = (153 * month + 2) / 5 + c.day - 1;

    return cycle * DAYS_PER_400_YEARS + year_in_cycle * 365 + year_in_cycle / 4 -
           year_in_cycle / 100 + day_in_year - EPOCH_SHIFT;
}

struct civil civil_from_day(int32_t day)
{
    int32_t shifted = day + EPOCH_SHIFT;
    int32_t cycle =
        (shifted >= 0 ? shifted : shifted - (DAYS_PER_400_YEARS - 1)) / DAYS_PER_400_YEARS;
    int32_t in_cycle = shifted - cycle * DAYS_PER_400_YEARS;
    /* Take the leap days out, then divide by 365. 1460, 36524, 146096: last days of 4, 100 and 400 years. */
    int32_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int32_t day_in_year = in_cycle - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * day_in_year + 2) / 153;
    struct civil c;

    c.day = day_in_year - (153 * month + 2) / 5 + 1;
    c.month = month < 10 ? month + 3 : month - 9;
    c.year = cycle * 400 + year + (c.month <= 2 ? 1 : 0);
    return c;
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    assert(month >= 1 && month <= 12);
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool civil_is_valid(struct civil c)
{
    return c.year >= YEAR_MIN && c.year <= YEAR_MAX && c.month >= 1 && c.month <= 12 &&
           c.day >= 1 && c.day <= days_in_month(c.year, c.month);
}

int32_t day_of_week(int32_t day)
{
    /* 1970-01-01 was a Thursday. */
    int32_t rest = (day % DAYS_PER_WEEK + 4) % DAYS_PER_WEEK;

    return rest < 0 ? rest + DAYS_PER_WEEK : rest;
}

/* ---- eras ---- */

struct era {
    struct civil first; /* its first day */
    const char *name;   /* as printed and read */
    char letter;        /* as read, folded to lower case */
};

/* The latest first. 明治 starts with the solar calendar: its earlier dates are of another calendar. */
static const struct era eras[] = {
    {{2019, 5, 1}, "令和", 'r'},  {{1989, 1, 8}, "平成", 'h'}, {{1926, 12, 25}, "昭和", 's'},
    {{1912, 7, 30}, "大正", 't'}, {{1873, 1, 1}, "明治", 'm'},
};
/* 明治 counts from 1868 though it is used from 1873 on. */
#define MEIJI_FIRST_YEAR 1868

static int32_t era_first_year(const struct era *era)
{
    return era == &eras[ARRAY_LEN(eras) - 1] ? MEIJI_FIRST_YEAR : era->first.year;
}

/* NULL for a day before all eras. */
static const struct era *era_of_day(int32_t day)
{
    for (size_t i = 0; i < ARRAY_LEN(eras); i++) {
        if (day >= day_from_civil(eras[i].first))
            return &eras[i];
    }
    return NULL;
}

/* ---- reading ---- */

/* Take `prefix` off the front of *in. */
static bool take(struct str *in, const char *prefix)
{
    struct str p = str_of(prefix);

    if (!str_starts(*in, p))
        return false;
    *in = (struct str){in->at + p.len, in->len - p.len};
    return true;
}

/* A number of min_len..max_len digits (at most 9) off the front of *in. */
static bool take_number(struct str *in, size_t min_len, size_t max_len, int32_t *ret)
{
    int32_t value = 0;
    size_t n = 0;

    while (n < in->len && n < max_len && in->at[n] >= '0' && in->at[n] <= '9')
        value = value * 10 + (in->at[n++] - '0');
    if (n < min_len || n == 0)
        return false;
    *in = (struct str){in->at + n, in->len - n};
    *ret = value;
    return true;
}

static int day_of_valid(struct civil c, int32_t *ret_day)
{
    if (!civil_is_valid(c))
        return TIME_E_RANGE;
    *ret_day = day_from_civil(c);
    return 0;
}

static bool take_iso(struct str *in, struct civil *ret)
{
    return take_number(in, 4, 4, &ret->year) && take(in, "-") &&
           take_number(in, 2, 2, &ret->month) && take(in, "-") && take_number(in, 2, 2, &ret->day);
}

int day_parse_iso(struct str s, int32_t *ret_day)
{
    struct civil c;

    if (!take_iso(&s, &c) || s.len != 0)
        return TIME_E_SYNTAX;
    return day_of_valid(c, ret_day);
}

static void skip_spaces(struct str *in)
{
    while (take(in, " "))
        ;
}

static const struct era *take_era(struct str *in)
{
    for (size_t i = 0; i < ARRAY_LEN(eras); i++) {
        char letter[2] = {eras[i].letter, '\0'};

        if (take(in, eras[i].name) || take(in, letter))
            return &eras[i];
    }
    return NULL;
}

/* The mark between two numbers; the second must be the same as the first. 年, 月 and 日 go together. */
static bool take_separator(struct str *in, const char **kind)
{
    static const char *const kinds[] = {"-", "/", "."};

    skip_spaces(in);
    if (*kind != NULL)
        return take(in, *kind);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (take(in, kinds[i])) {
            *kind = kinds[i];
            return true;
        }
    }
    return false;
}

static bool take_year(struct str *in, const struct era *era, int32_t *ret)
{
    skip_spaces(in);
    if (era == NULL)
        return take_number(in, 4, 4, ret);
    if (take(in, "元")) {
        *ret = 1;
        return true;
    }
    return take_number(in, 1, 2, ret);
}

/* Year and month, without what stands behind the month. */
static bool take_year_and_month(struct str *in, const struct era *era, bool *ret_kanji,
                                const char **separator, struct civil *ret)
{
    if (!take_year(in, era, &ret->year))
        return false;
    skip_spaces(in);
    *ret_kanji = take(in, "年");
    if (!*ret_kanji && !take_separator(in, separator))
        return false;
    skip_spaces(in);
    return take_number(in, 1, 2, &ret->month);
}

/* The text after the era, to its end. */
static bool take_typed_date(struct str in, const struct era *era, struct civil *ret)
{
    const char *separator = NULL;
    bool kanji;

    if (!take_year_and_month(&in, era, &kanji, &separator, ret))
        return false;
    skip_spaces(&in);
    if (kanji ? !take(&in, "月") : !take_separator(&in, &separator))
        return false;
    skip_spaces(&in);
    if (!take_number(&in, 1, 2, &ret->day))
        return false;
    skip_spaces(&in);
    if (kanji && !take(&in, "日"))
        return false;
    skip_spaces(&in);
    return in.len == 0;
}

/* NFKC makes wide digits and marks narrow and takes ㋿ apart; the other dashes that keyboards give are left to us. */
static int fold_typed(struct str s, struct buf *out)
{
    struct buf folded;
    int r;

    buf_init(&folded, 4 * TEXT_MAX);
    r = utf8_fold(s, &folded);
    for (size_t at = 0; r == 0 && at < folded.len;) {
        uint32_t c = utf8_next(buf_str(&folded), &at);

        /* hyphens, dashes, minus, and the katakana length mark */
        if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30fc)
            c = '-';
        r = utf8_put(c, out);
    }
    buf_done(&folded);
    return r;
}

/* The same of a month; 令和8年4月分 is what bills say. */
static bool take_typed_month(struct str in, const struct era *era, struct civil *ret)
{
    const char *separator = NULL;
    bool kanji;

    if (!take_year_and_month(&in, era, &kanji, &separator, ret))
        return false;
    skip_spaces(&in);
    if (kanji && !take(&in, "月"))
        return false;
    skip_spaces(&in);
    if (kanji && take(&in, "分"))
        skip_spaces(&in);
    ret->day = 1;
    return in.len == 0;
}

/* "4月", "4月分". */
static bool is_month_alone(struct str in)
{
    int32_t number;

    if (!take_number(&in, 1, 2, &number))
        return false;
    skip_spaces(&in);
    if (!take(&in, "月"))
        return false;
    skip_spaces(&in);
    if (take(&in, "分"))
        skip_spaces(&in);
    return in.len == 0;
}

/* What somebody typed, folded, into `out`, which the caller gives back in any case. */
static int take_typed(struct str s, struct buf *out)
{
    int r;

    buf_init(out, 4 * TEXT_MAX);
    r = s.len > TEXT_MAX ? TIME_E_SYNTAX : fold_typed(s, out);
    return r == 0 || r == -ENOMEM ? r : TIME_E_SYNTAX;
}

int day_parse_any(struct str s, int32_t *ret_day)
{
    const struct era *era;
    struct civil c;
    struct buf text;
    struct str in;
    int32_t day = 0;
    int r;

    r = take_typed(s, &text);
    if (r != 0) {
        buf_done(&text);
        return r;
    }
    in = buf_str(&text);
    era = take(&in, "西暦") ? NULL : take_era(&in);
    if (!take_typed_date(in, era, &c)) {
        buf_done(&text);
        return TIME_E_SYNTAX;
    }
    buf_done(&text);
    if (era != NULL && c.year == 0)
        return TIME_E_RANGE;
    if (era != NULL)
        c.year += era_first_year(era) - 1;
    r = day_of_valid(c, &day);
    if (r)
        return r;
    if (era != NULL && era_of_day(day) != era)
        return TIME_E_RANGE;
    *ret_day = day;
    return 0;
}

/* ---- months ---- */

int32_t month_of_day(int32_t day)
{
    struct civil c = civil_from_day(day);

    return c.year * 12 + c.month - 1;
}

int32_t month_first_day(int32_t month)
{
    return day_from_civil((struct civil){month / 12, month % 12 + 1, 1});
}

/* How many months it has, and which month of a year it begins with (0: January). */
static int32_t months_of(enum calendar_period p, int32_t *ret_from)
{
    *ret_from = p == PERIOD_HALF_YEAR || p == PERIOD_FISCAL_YEAR ? 3 : 0;
    switch (p) {
    case PERIOD_QUARTER:
        return 3;
    case PERIOD_HALF_YEAR:
        return 6;
    case PERIOD_CALENDAR_YEAR:
    case PERIOD_FISCAL_YEAR:
        return 12;
    case PERIOD_MONTH:
    case PERIOD_WEEK:
        break;
    }
    return 1;
}

int32_t calendar_period_first(enum calendar_period p, int32_t day)
{
    int32_t from, n = months_of(p, &from), month = month_of_day(day);

    if (p == PERIOD_WEEK)
        return day - (day_of_week(day) + 6) % 7;
    return month_first_day(month - (month - from) % n);
}

int32_t calendar_period_next(enum calendar_period p, int32_t day)
{
    int32_t from, n = months_of(p, &from), first = calendar_period_first(p, day);

    return p == PERIOD_WEEK ? first + 7 : month_first_day(month_of_day(first) + n);
}

static int month_of_valid(struct civil c, int32_t *ret_month)
{
    if (!civil_is_valid(c))
        return TIME_E_RANGE;
    *ret_month = c.year * 12 + c.month - 1;
    return 0;
}

int month_parse_iso(struct str s, int32_t *ret_month)
{
    struct civil c = {.day = 1};

    if (!take_number(&s, 4, 4, &c.year) || !take(&s, "-") || !take_number(&s, 2, 2, &c.month) ||
        s.len != 0)
        return TIME_E_SYNTAX;
    return month_of_valid(c, ret_month);
}

/* An era may begin and end within a month, which then is a month of both. */
static bool month_has_era(int32_t month, const struct era *era)
{
    return era_of_day(month_first_day(month)) == era ||
           era_of_day(month_first_day(month + 1) - 1) == era;
}

static int month_of_typed(struct str in, int32_t *ret_month)
{
    const struct era *era = take(&in, "西暦") ? NULL : take_era(&in);
    struct civil c;
    int32_t month = 0;
    int r;

    if (!take_typed_month(in, era, &c))
        return !era && is_month_alone(in) ? TIME_E_NO_YEAR : TIME_E_SYNTAX;
    if (era != NULL && c.year == 0)
        return TIME_E_RANGE;
    if (era != NULL)
        c.year += era_first_year(era) - 1;
    r = month_of_valid(c, &month);
    if (r)
        return r;
    if (era != NULL && !month_has_era(month, era))
        return TIME_E_RANGE;
    *ret_month = month;
    return 0;
}

int month_parse_any(struct str s, int32_t *ret_month)
{
    struct buf text;
    int r;

    r = take_typed(s, &text);
    if (!r)
        r = month_of_typed(str_trim(buf_str(&text)), ret_month);
    buf_done(&text);
    return r;
}

/* ---- writing ---- */

int day_print_iso(int32_t day, struct buf *out)
{
    struct civil c = civil_from_day(day);

    return buf_printf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
}

/* The month of a day, by its era. */
static int print_era_month(int32_t day, struct buf *out)
{
    const struct era *era = era_of_day(day);
    struct civil c = civil_from_day(day);
    int32_t year;

    if (era == NULL)
        return buf_printf(out, "西暦%04d年%d月", c.year, c.month);
    year = c.year - era_first_year(era) + 1;
    if (year == 1)
        return buf_printf(out, "%s元年%d月", era->name, c.month);
    return buf_printf(out, "%s%d年%d月", era->name, year, c.month);
}

int day_print_era(int32_t day, struct buf *out)
{
    int r = print_era_month(day, out);

    return r ? r : buf_printf(out, "%d日", civil_from_day(day).day);
}

int month_print_iso(int32_t month, struct buf *out)
{
    return buf_printf(out, "%04d-%02d", month / 12, month % 12 + 1);
}

int month_print_era(int32_t month, struct buf *out)
{
    return print_era_month(month_first_day(month), out);
}

/* ---- durations ---- */

/* Caps of each number, so that sums stay far from overflow: 9,999 years, and 10,000 years in days. */
#define MONTHS_MAX (YEAR_MAX * 12)
#define DAYS_MAX 3652425
#define SECONDS_MAX (UINT64_C(86400) * DAYS_MAX)

struct unit {
    char letter;
    bool of_time; /* behind the T */
    int32_t months, days;
    uint64_t seconds;
};

/* In the order in which they must stand. */
static const struct unit units[] = {
    {'Y', false, 12, 0, 0},  {'M', false, 1, 0, 0}, {'W', false, 0, 7, 0}, {'D', false, 0, 1, 0},
    {'H', true, 0, 0, 3600}, {'M', true, 0, 0, 60}, {'S', true, 0, 0, 1},
};

/* ".5" behind whole seconds, as microseconds; 0 when there is none. */
static bool take_fraction(struct str *in, uint64_t *ret_us)
{
    uint64_t us = 0, weight = US_PER_SECOND / 10;
    size_t n = 0;

    *ret_us = 0;
    if (!take(in, "."))
        return true;
    for (; n < in->len && in->at[n] >= '0' && in->at[n] <= '9'; n++, weight /= 10) {
        if (n == 6)
            return false;
        us += weight * (uint64_t)(in->at[n] - '0');
    }
    *in = (struct str){in->at + n, in->len - n};
    *ret_us = us;
    return n > 0;
}

/* One number and its unit, from units[*next] on. TIME_E_*. */
static int take_part(struct str *in, bool of_time, size_t *next, struct duration *d)
{
    uint64_t fraction_us = 0, seconds = d->us / US_PER_SECOND;
    int64_t months, days;
    int32_t number;
    size_t i = *next;

    if (!take_number(in, 1, 9, &number))
        return TIME_E_SYNTAX;
    if (in->len > 0 && in->at[0] == '.' && (!of_time || !take_fraction(in, &fraction_us)))
        return TIME_E_SYNTAX;
    while (i < ARRAY_LEN(units) &&
           (in->len == 0 || units[i].letter != in->at[0] || units[i].of_time != of_time))
        i++;
    if (i == ARRAY_LEN(units) || (fraction_us != 0 && units[i].letter != 'S'))
        return TIME_E_SYNTAX;
    *in = (struct str){in->at + 1, in->len - 1};
    *next = i + 1;
    months = d->months + (int64_t)number * units[i].months;
    days = d->days + (int64_t)number * units[i].days;
    seconds += (uint64_t)number * units[i].seconds;
    if (months > MONTHS_MAX || days > DAYS_MAX || seconds > SECONDS_MAX)
        return TIME_E_RANGE;
    *d = (struct duration){(int32_t)months, (int32_t)days, seconds * US_PER_SECOND + fraction_us};
    return 0;
}

int duration_parse(struct str s, struct duration *ret)
{
    struct duration d = {0};
    size_t next = 0;
    bool of_time = false;
    int r;

    if (s.len > TEXT_MAX || !take(&s, "P") || s.len == 0)
        return TIME_E_SYNTAX;
    while (s.len > 0) {
        if (!of_time && take(&s, "T"))
            of_time = true;
        r = take_part(&s, of_time, &next, &d);
        if (r)
            return r;
    }
    *ret = d;
    return 0;
}

/* What a unit is called, as the letter of units[]; what begins alike stands with the longest first. */
static const struct {
    const char *name;
    char letter;
    bool of_time;
} typed_units[] = {
    {"年間", 'Y', false}, {"年", 'Y', false}, {"か月", 'M', false}, {"ヶ月", 'M', false}, {"ケ月", 'M', false}, {"カ月", 'M', false},
    {"ヵ月", 'M', false}, {"箇月", 'M', false}, {"個月", 'M', false}, {"月", 'M', false}, {"週間", 'W', false}, {"週", 'W', false},
    {"日間", 'D', false}, {"日", 'D', false}, {"時間", 'H', true}, {"分間", 'M', true}, {"分", 'M', true}, {"秒間", 'S', true}, {"秒", 'S', true},
};

/* "1年6か月間" as P1Y6M. */
static int typed_duration(struct str in, struct buf *out)
{
    bool of_time = false;
    int32_t number;
    size_t i;

    (void)buf_add_char(out, 'P');
    for (skip_spaces(&in); in.len > 0; skip_spaces(&in)) {
        if (!take_number(&in, 1, 9, &number))
            return TIME_E_SYNTAX;
        skip_spaces(&in);
        for (i = 0; i < ARRAY_LEN(typed_units) && !take(&in, typed_units[i].name);)
            i++;
        if (i == ARRAY_LEN(typed_units))
            return TIME_E_SYNTAX;
        if (typed_units[i].letter == 'M' && !typed_units[i].of_time)
            (void)take(&in, "間");
        if (typed_units[i].of_time && !of_time)
            (void)buf_add_char(out, 'T');
        of_time = of_time || typed_units[i].of_time;
        (void)buf_printf(out, "%d%c", number, typed_units[i].letter);
    }
    return buf_error(out);
}

/* `folded` has letters of any case. */
static int duration_of_typed(struct str folded, struct duration *ret)
{
    struct buf iso;
    int r = 0;

    buf_init(&iso, 4 * TEXT_MAX);
    if (folded.len > 0 && (folded.at[0] == 'P' || folded.at[0] == 'p'))
        for (size_t i = 0; i < folded.len; i++)
            (void)buf_add_char(&iso, folded.at[i] >= 'a' && folded.at[i] <= 'z' ? (char)(folded.at[i] - 'a' + 'A') : folded.at[i]);
    else
        r = typed_duration(folded, &iso);
    if (!r)
        r = buf_error(&iso);
    if (!r)
        r = duration_parse(buf_str(&iso), ret);
    buf_done(&iso);
    return r;
}

int duration_parse_any(struct str s, struct duration *ret)
{
    struct buf text;
    int r;

    r = take_typed(s, &text);
    if (!r)
        r = duration_of_typed(str_trim(buf_str(&text)), ret);
    buf_done(&text);
    return r;
}

int duration_print(struct duration d, struct buf *out)
{
    uint64_t seconds = d.us / US_PER_SECOND, fraction = d.us % US_PER_SECOND;

    if (d.months == 0 && d.days == 0 && d.us == 0)
        return buf_add_text(out, "P0D");
    (void)buf_add_char(out, 'P');
    if (d.months / 12 != 0)
        (void)buf_printf(out, "%dY", d.months / 12);
    if (d.months % 12 != 0)
        (void)buf_printf(out, "%dM", d.months % 12);
    if (d.days != 0)
        (void)buf_printf(out, "%dD", d.days);
    if (d.us != 0)
        (void)buf_add_char(out, 'T');
    if (seconds / 3600 != 0)
        (void)buf_printf(out, "%lluH", (unsigned long long)(seconds / 3600));
    if (seconds / 60 % 60 != 0)
        (void)buf_printf(out, "%lluM", (unsigned long long)(seconds / 60 % 60));
    if (fraction != 0)
        (void)buf_printf(out, "%llu.%06lluS", (unsigned long long)(seconds % 60),
                         (unsigned long long)fraction);
    else if (seconds % 60 != 0)
        (void)buf_printf(out, "%lluS", (unsigned long long)(seconds % 60));
    return buf_error(out);
}

/* Results beyond the years 1 to 9999 stop at their ends. */
static int32_t day_clamp(int64_t day)
{
    int32_t first = day_from_civil((struct civil){YEAR_MIN, 1, 1});
    int32_t last = day_from_civil((struct civil){YEAR_MAX, 12, 31});

    return day < first ? first : day > last ? last : (int32_t)day;
}

/* The same day `months` later; *ret_whole is false when that month lacks it and its last day was taken. */
static int32_t add_months(int32_t day, int64_t months, bool *ret_whole)
{
    struct civil c = civil_from_day(day);
    int64_t count = (int64_t)c.year * 12 + (c.month - 1) + months;
    int32_t length;

    *ret_whole = true;
    if (count < (int64_t)YEAR_MIN * 12)
        return day_clamp(INT64_MIN);
    if (count >= ((int64_t)YEAR_MAX + 1) * 12)
        return day_clamp(INT64_MAX);
    c.year = (int32_t)(count / 12);
    c.month = (int32_t)(count % 12) + 1;
    length = days_in_month(c.year, c.month);
    if (c.day > length) {
        c.day = length;
        *ret_whole = false;
    }
    return day_from_civil(c);
}

int32_t day_add(int32_t day, struct duration d, int sign)
{
    bool whole;

    day = add_months(day, (int64_t)d.months * sign, &whole);
    return day_clamp((int64_t)day + (int64_t)d.days * sign);
}

uint64_t instant_add(uint64_t t_us, struct duration d, int sign)
{
    int32_t day = day_of_instant(t_us);
    uint64_t of_day = (t_us + LOCAL_OFFSET_US) % US_PER_DAY;
    int64_t local = (int64_t)day_add(day, d, sign) * (int64_t)US_PER_DAY + (int64_t)of_day;

    local += sign * (int64_t)d.us - (int64_t)LOCAL_OFFSET_US;
    return local < 0 ? 0 : (uint64_t)local;
}

int32_t period_last_day(int32_t start, struct duration d)
{
    int64_t whole_days = (int64_t)(d.us / US_PER_DAY) + (d.us % US_PER_DAY != 0);
    bool whole;
    int64_t end = add_months(start, d.months, &whole); /* first day after the months */

    if (!whole)
        end++;
    return day_clamp(end + d.days + whole_days - 1);
}

int32_t retention_last_day(int32_t completed, struct duration d, enum year_basis basis)
{
    struct civil c = civil_from_day(completed);
    struct civil next = {c.year + 1, 1, 1};

    if (basis == YEAR_FISCAL)
        next = (struct civil){c.month >= 4 ? c.year + 1 : c.year, 4, 1};
    return period_last_day(day_from_civil(next), d);
}

/* ---- instants ---- */

int32_t day_of_instant(uint64_t t_us)
{
    return day_clamp((int64_t)((t_us + LOCAL_OFFSET_US) / US_PER_DAY));
}

uint64_t instant_of_day(int32_t day)
{
    if (day < 1)
        return 0;
    return (uint64_t)day * US_PER_DAY - LOCAL_OFFSET_US;
}

int32_t year_of_instant(uint64_t t_us)
{
    return civil_from_day(day_of_instant(t_us)).year;
}

/* "09:00", "09:00:30", "09:00:30.25" as microseconds of the day. */
static int take_clock_time(struct str *in, uint64_t *ret_us)
{
    int32_t hour, minute, second = 0;
    uint64_t fraction_us = 0;

    if (!take_number(in, 2, 2, &hour) || !take(in, ":") || !take_number(in, 2, 2, &minute))
        return TIME_E_SYNTAX;
    if (take(in, ":") && (!take_number(in, 2, 2, &second) || !take_fraction(in, &fraction_us)))
        return TIME_E_SYNTAX;
    if (hour > 23 || minute > 59 || second > 59)
        return TIME_E_RANGE;
    *ret_us = (uint64_t)(hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction_us;
    return 0;
}

int instant_parse(struct str s, uint64_t *ret_us)
{
    uint64_t of_day_us = 0;
    int64_t us;
    int32_t day = 0;
    struct civil c;
    bool utc;
    int r;

    if (!take_iso(&s, &c) || !take(&s, "T"))
        return TIME_E_SYNTAX;
    r = take_clock_time(&s, &of_day_us);
    if (r == TIME_E_SYNTAX)
        return r;
    utc = take(&s, "Z");
    if (!utc)
        (void)take(&s, "+09:00");
    if (s.len != 0)
        return TIME_E_SYNTAX;
    if (r || day_of_valid(c, &day) != 0)
        return TIME_E_RANGE;
    us = (int64_t)day * (int64_t)US_PER_DAY + (int64_t)of_day_us;
    if (!utc)
        us -= (int64_t)LOCAL_OFFSET_US;
    if (us < 0)
        return TIME_E_RANGE;
    *ret_us = (uint64_t)us;
    return 0;
}

int instant_print_utc(uint64_t t_us, struct buf *out)
{
    uint64_t of_day = t_us % US_PER_DAY, seconds = of_day / US_PER_SECOND;

    (void)day_print_iso(day_clamp((int64_t)(t_us / US_PER_DAY)), out);
    return buf_printf(out, "T%02u:%02u:%02u.%06uZ", (unsigned)(seconds / 3600),
                      (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60),
                      (unsigned)(of_day % US_PER_SECOND));
}

static int print_local_time(uint64_t t_us, struct buf *out)
{
    uint64_t minutes = (t_us + LOCAL_OFFSET_US) % US_PER_DAY / US_PER_SECOND / 60;

    return buf_printf(out, " %02u:%02u", (unsigned)(minutes / 60), (unsigned)(minutes % 60));
}

int instant_print_local(uint64_t t_us, struct buf *out)
{
    (void)day_print_iso(day_of_instant(t_us), out);
    return print_local_time(t_us, out);
}

int instant_print_local_era(uint64_t t_us, struct buf *out)
{
    (void)day_print_era(day_of_instant(t_us), out);
    return print_local_time(t_us, out);
}

/* ---- the clock ---- */

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_real_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
