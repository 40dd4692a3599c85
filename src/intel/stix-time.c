#include "intel/stix-time.h"

#include "base/time.h"

#define SECONDS_PER_DAY 86400
#define FORM "dddd-dd-ddTdd:dd:dd"

static bool fits(struct str text)
{
    for (size_t i = 0; i < sizeof(FORM) - 1; i++)
        if (FORM[i] == 'd' ? text.at[i] < '0' || text.at[i] > '9' : text.at[i] != FORM[i])
            return false;
    return true;
}

static int32_t number(const char *at, unsigned n)
{
    int32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v * 10 + (at[i] - '0');
    return v;
}

bool stix_time_read(struct str text, struct stix_time *ret)
{
    size_t n = sizeof(FORM) - 1;
    struct str fraction = STR_NONE;
    struct civil day;
    int32_t hour, minute, second;

    if (text.len < n + 1 || !fits(text) || text.at[text.len - 1] != 'Z')
        return false;
    if (text.len > n + 1) {
        fraction = (struct str){text.at + n + 1, text.len - n - 2};
        if (text.at[n] != '.' || !fraction.len)
            return false;
    }
    for (size_t i = 0; i < fraction.len; i++)
        if (fraction.at[i] < '0' || fraction.at[i] > '9')
            return false;
    while (fraction.len && fraction.at[fraction.len - 1] == '0')
        fraction.len--;
    day = (struct civil){number(text.at, 4), number(text.at + 5, 2), number(text.at + 8, 2)};
    hour = number(text.at + 11, 2);
    minute = number(text.at + 14, 2);
    second = number(text.at + 17, 2);
    if (!civil_is_valid(day) || hour > 23 || minute > 59 || second > 60)
        return false;
    ret->seconds =
        (int64_t)day_from_civil(day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    ret->fraction = fraction;
    return true;
}

int stix_time_cmp(struct stix_time a, struct stix_time b)
{
    if (a.seconds != b.seconds)
        return a.seconds < b.seconds ? -1 : 1;
    return str_cmp(a.fraction, b.fraction);
}

int64_t stix_time_us(struct stix_time t)
{
    int64_t us = 0;

    for (size_t i = 0; i < 6; i++)
        us = us * 10 + (i < t.fraction.len ? t.fraction.at[i] - '0' : 0);
    return t.seconds * (int64_t)US_PER_SECOND + us;
}
