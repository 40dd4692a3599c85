#include "base/str.h"

/* Longer texts are compared by their first bytes only; names are shorter. */
#define DISTANCE_MAX 64

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_ascii_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_head(const char *nul_ended, size_t max)
{
    struct str s = str_of(nul_ended);

    if (s.len <= max)
        return s;
    s.len = max;
    while (s.len > 0 && ((unsigned char)s.at[s.len] & 0xc0) == 0x80)
        s.len--;
    return s;
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    }
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = MIN_OF(a.len, b.len);
    int r = n > 0 ? memcmp(a.at, b.at, n) : 0;

    if (r != 0)
        return r;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    if (prefix.len > s.len)
        return false;
    return prefix.len == 0 || memcmp(s.at, prefix.at, prefix.len) == 0;
}

bool str_ends(struct str s, struct str suffix)
{
    if (suffix.len > s.len)
        return false;
    return suffix.len == 0 || memcmp(s.at + (s.len - suffix.len), suffix.at, suffix.len) == 0;
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_ascii_space(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_ascii_space(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool str_split(struct str *rest, char sep, struct str *ret_piece)
{
    const char *found;

    if (rest->at == NULL)
        return false;
    found = memchr(rest->at, sep, rest->len);
    if (found == NULL) {
        *ret_piece = *rest;
        *rest = STR_NONE;
        return true;
    }
    *ret_piece = (struct str){rest->at, (size_t)(found - rest->at)};
    rest->len -= ret_piece->len + 1;
    rest->at = found + 1;
    return true;
}

/* Rows of the usual table, three of them kept: a swap of neighbours looks two rows back. */
unsigned str_distance(struct str a, struct str b)
{
    unsigned rows[3][DISTANCE_MAX + 1] = {0};
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    size_t n = MIN_OF(a.len, (size_t)DISTANCE_MAX), m = MIN_OF(b.len, (size_t)DISTANCE_MAX);

    for (size_t j = 0; j <= m; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *spare = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = a.at[i - 1] == b.at[j - 1] ? 0 : 1;
            unsigned best = MIN_OF(last[j] + 1, now[j - 1] + 1);

            best = MIN_OF(best, last[j - 1] + cost);
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
                best = MIN_OF(best, before[j - 2] + 1);
            now[j] = best;
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

/* Digits only; *ret is UINT64_MAX and the answer STR_E_RANGE when they do not fit. */
static int digits_to_u64(struct str s, uint64_t *ret)
{
    uint64_t value = 0;
    bool over = false;

    if (s.len == 0)
        return STR_E_SYNTAX;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit;

        if (s.at[i] < '0' || s.at[i] > '9')
            return STR_E_SYNTAX;
        digit = (uint64_t)(s.at[i] - '0');
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            over = true;
    }
    if (over)
        return STR_E_RANGE;
    *ret = value;
    return 0;
}

int str_to_u64(struct str s, uint64_t min, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    int r = digits_to_u64(s, &value);

    if (r)
        return r;
    if (value < min || value > max)
        return STR_E_RANGE;
    *ret = value;
    return 0;
}

int str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = s.len > 0 && s.at[0] == '-';
    uint64_t magnitude = 0;
    int64_t value;
    int r;

    if (negative)
        s = (struct str){s.at + 1, s.len - 1};
    r = digits_to_u64(s, &magnitude);
    if (r)
        return r;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return STR_E_RANGE;
    /* Minus one first: the magnitude of INT64_MIN has no positive counterpart. */
    if (negative && magnitude > 0)
        value = -(int64_t)(magnitude - 1) - 1;
    else
        value = (int64_t)magnitude;
    if (value < min || value > max)
        return STR_E_RANGE;
    *ret = value;
    return 0;
}
