/* A moment as people type it. */
#include "engine/input.h"

#include "base/utf8.h"

#define INSTANT_TEXT_MAX 96 /* bytes; the longest form in full-width digits has 64 */

/* Where the day ends in folded text: at a space, at T, or behind 日. */
static size_t day_len(struct str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.at[i] == ' ' || s.at[i] == 't')
            return i;
        if (str_ends((struct str){s.at, i}, STR("日")))
            return i;
    }
    return s.len;
}

/* "9:30", "9時5分" and "9時" as 09:30, 09:05 and 09:00; what is not of these forms stays as it is. */
static int print_time(struct str s, struct buf *out)
{
    struct str hour = {s.at, 0}, rest;
    bool has_unit;
    int e;

    while (hour.len < s.len && s.at[hour.len] >= '0' && s.at[hour.len] <= '9')
        hour.len++;
    rest = (struct str){s.at + hour.len, s.len - hour.len};
    has_unit = str_starts(rest, STR("時"));
    if (hour.len < 1 || hour.len > 2 || (!has_unit && !str_starts(rest, STR(":"))))
        return buf_add(out, s.at, s.len);
    rest.at += has_unit ? STR("時").len : 1;
    rest.len -= has_unit ? STR("時").len : 1;
    if (has_unit && !rest.len)
        rest = STR("00");
    else if (has_unit && str_ends(rest, STR("分")))
        rest.len -= STR("分").len;
    if ((e = buf_add(out, "00", 2 - hour.len)) || (e = buf_add(out, hour.at, hour.len)) || (e = buf_add_char(out, ':')))
        return e;
    if (has_unit && rest.len == 1 && (e = buf_add_char(out, '0')))
        return e;
    return buf_add(out, rest.at, rest.len);
}

#define YEAR_GUESS_MOST 183 /* days from today, either way */

/* "11月18日" or "11/18" of this year, in folded text. TIME_E_NO_YEAR: so far off that the last year or the next may be meant. */
static int day_of_this_year(struct str s, uint64_t now_us, int32_t *ret_day)
{
    CLEANUP(buf_done) struct buf dated = {0};
    int32_t today = day_of_instant(now_us), day;
    const char *slash = memchr(s.at, '/', s.len);
    bool has_month = s.at[0] >= '0' && s.at[0] <= '9' && str_ends(s, STR("日")) && s.len > STR("1月1日").len - 1;
    int e;

    if (!has_month && (!slash || slash == s.at || memchr(slash + 1, '/', s.len - (size_t)(slash + 1 - s.at))))
        return TIME_E_SYNTAX;
    buf_init(&dated, 512);
    if ((e = buf_printf(&dated, "%04d%s", year_of_instant(now_us), has_month ? "年" : "/")) || (e = buf_add_str(&dated, s)) ||
        (e = day_parse_any(buf_str(&dated), &day)))
        return e;
    if (day > today + YEAR_GUESS_MOST || day < today - YEAR_GUESS_MOST)
        return TIME_E_NO_YEAR;
    *ret_day = day;
    return 0;
}

/* Today where no day stands before the time, and this year where no year does. */
static int day_meant(struct str s, uint64_t now_us, int32_t *ret_day)
{
    int e;

    if (!s.len) {
        *ret_day = day_of_instant(now_us);
        return now_us ? 0 : TIME_E_SYNTAX;
    }
    e = day_parse_any(s, ret_day);
    return e == TIME_E_SYNTAX && now_us ? day_of_this_year(s, now_us, ret_day) : e;
}

int input_instant(const char *text, uint64_t now_us, uint64_t *ret)
{
    CLEANUP(buf_done) struct buf wide = {0};
    CLEANUP(buf_done) struct buf iso = {0};
    struct str s, time;
    size_t cut;
    int32_t day;
    int e;

    if (!instant_parse(str_of(text), ret))
        return 0;
    if (strlen(text) > INSTANT_TEXT_MAX)
        return TIME_E_SYNTAX;
    buf_init(&wide, 512);
    buf_init(&iso, 512);
    if ((e = utf8_fold(str_of(text), &wide)))
        return e;
    s = str_trim(buf_str(&wide));
    cut = day_len(s);
    if (!s.len)
        return TIME_E_SYNTAX;
    if (cut == s.len)
        cut = 0;
    if ((e = day_meant((struct str){s.at, cut}, now_us, &day)))
        return e;
    time = (struct str){s.at + cut, s.len - cut};
    if (str_starts(time, STR("t")))
        time = (struct str){time.at + 1, time.len - 1};
    if ((e = day_print_iso(day, &iso)) || (e = buf_add_char(&iso, 'T')) || (e = print_time(str_trim(time), &iso)))
        return e;
    return instant_parse(buf_str(&iso), ret);
}
