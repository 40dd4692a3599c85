#include "intel/match-inside.h"

#include "intel/clue-inside.h"

#define IPV6_TEXT_MAX 45u
#define LETTER_SETS (IN_ALNUM | IN_TOKEN | IN_LOCAL | IN_URL | IN_SCHEME)

const uint8_t match_sets[256] = {
    ['0' ... '9'] = LETTER_SETS | IN_IPV6,
    ['A' ... 'F'] = LETTER_SETS | IN_IPV6,
    ['a' ... 'f'] = LETTER_SETS | IN_IPV6,
    ['G' ... 'Z'] = LETTER_SETS,
    ['g' ... 'z'] = LETTER_SETS,
    ['_'] = IN_TOKEN | IN_LOCAL | IN_URL,
    ['.'] = IN_TOKEN | IN_LOCAL | IN_IPV6 | IN_URL | IN_SCHEME,
    ['-'] = IN_TOKEN | IN_LOCAL | IN_URL | IN_SCHEME,
    ['%'] = IN_LOCAL | IN_URL,
    ['+'] = IN_LOCAL | IN_URL | IN_SCHEME,
    [':'] = IN_IPV6 | IN_URL,
    ['!'] = IN_URL,
    ['#' ... '$'] = IN_URL,
    ['&' ... '*'] = IN_URL,
    [','] = IN_URL,
    ['/'] = IN_URL,
    [';'] = IN_URL,
    ['='] = IN_URL,
    ['?' ... '@'] = IN_URL,
    ['['] = IN_URL,
    [']'] = IN_URL,
    ['~'] = IN_URL,
};

bool match_find_ipv6(struct str s, size_t i, size_t *ret_from, size_t *ret_to,
                     uint8_t ret_bytes[16])
{
    size_t end = match_run_end(s, i, IN_IPV6), from = i, to = end, colons = 0;

    while (from < end && !match_is_in(s, from, IN_ALNUM))
        from++;
    if (from == end)
        return false;
    while (!match_is_in(s, to - 1, IN_ALNUM))
        to--;
    if (from - i >= 2 && s.at[from - 1] == ':' && s.at[from - 2] == ':')
        from -= 2;
    if (end - to >= 2 && s.at[to] == ':' && s.at[to + 1] == ':')
        to += 2;
    for (size_t k = from; k < to && to - from <= IPV6_TEXT_MAX; k++)
        colons += s.at[k] == ':';
    if (colons < 2 || match_was_in(s, from, IN_ALNUM) || match_is_in(s, to, IN_ALNUM) ||
        clue_parse_ipv6((struct str){s.at + from, to - from}, ret_bytes))
        return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}

bool match_is_mapped(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    return !memcmp(bytes, mapped, sizeof(mapped));
}

bool match_find_mail(struct str s, size_t sign, size_t *ret_from, size_t *ret_to)
{
    size_t from = sign, to;

    if (!match_is_in(s, sign + 1, IN_TOKEN) || match_is_joint(s.at[sign + 1]) ||
        !match_was_in(s, sign, IN_LOCAL))
        return false;
    from =
        match_run_start(s, sign, sign > MATCH_LOCAL_MAX ? sign - MATCH_LOCAL_MAX - 1 : 0, IN_LOCAL);
    to = match_run_end(s, sign + 1, IN_TOKEN);
    while (match_is_joint(s.at[to - 1]))
        to--;
    if (sign - from > MATCH_LOCAL_MAX || to - sign - 1 > MATCH_NAME_MAX)
        return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}

void match_keep_bits(uint8_t *bytes, size_t n, unsigned bits)
{
    for (size_t i = 0; i < n; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * (unsigned)i;

        bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}
