#include "intel/match.h"

#include "base/codec.h"
#include "intel/clue-inside.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_MAX_LEN 253u
#define LOCAL_MAX 64u
#define IPV6_TEXT_MAX 45u
#define SCHEME_MAX 16u
#define SHORTEST_HASH 32u /* digits */

enum { IN_ALNUM = 1, IN_TOKEN = 2, IN_LOCAL = 4, IN_IPV6 = 8, IN_URL = 16, IN_SCHEME = 32 };

#define LETTER_SETS (IN_ALNUM | IN_TOKEN | IN_LOCAL | IN_URL | IN_SCHEME)

static const uint8_t sets[256] = {
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

struct matcher {
    const struct set *set;
    match_fn *tell;
    void *context;
    struct buf kept;
    uint64_t line, offset; /* of the line at hand */
    struct str s;          /* the line */
    struct clue url;
    size_t url_end;              /* no URL begins before it */
    size_t run_end, run_trimmed; /* of what URLs are made of, as looked at last */
};

static bool is_in(const struct matcher *m, size_t i, uint8_t set)
{
    return i < m->s.len && (sets[(unsigned char)m->s.at[i]] & set);
}

static bool was_in(const struct matcher *m, size_t i, uint8_t set)
{
    return i > 0 && is_in(m, i - 1, set);
}

static size_t run_end(const struct matcher *m, size_t i, uint8_t set)
{
    while (is_in(m, i, set))
        i++;
    return i;
}

/* All entries of the value, as found in the bytes [from, to) of the line. */
static int tell_all(struct matcher *m, enum clue_type type, struct str bytes, size_t from,
                    size_t to)
{
    struct set_cursor c = set_find(m->set, type, bytes);
    struct match_hit hit = {
        .line = m->line, .offset = m->offset + from, .written = {m->s.at + from, to - from}};
    struct set_entry entry;
    int r = 0;

    hit.entry = &entry;
    while (!r && set_next(m->set, type, bytes, &c, &entry))
        r = m->tell(&hit, m->context);
    return r;
}

static void keep_bits(uint8_t *bytes, size_t n, unsigned bits)
{
    for (size_t i = 0; i < n; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * (unsigned)i;

        bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

/* The address, and every network of the set that may contain it, from the smallest up. */
static int tell_address(struct matcher *m, enum clue_type type, const uint8_t *address, size_t size,
                        size_t from, size_t to)
{
    enum clue_type net = type == CLUE_IPV4 ? CLUE_IPV4_NET : CLUE_IPV6_NET;
    int r = set_has_type(m->set, type)
                ? tell_all(m, type, (struct str){(const char *)address, size}, from, to)
                : 0;

    if (!set_has_type(m->set, net))
        return r;
    for (unsigned bits = 8 * (unsigned)size; bits-- > 0 && !r;) {
        uint8_t bytes[17];

        if (!set_has_prefix(m->set, net, bits))
            continue;
        memcpy(bytes, address, size);
        keep_bits(bytes, size, bits);
        bytes[size] = (uint8_t)bits;
        r = tell_all(m, net, (struct str){(const char *)bytes, size + 1}, from, to);
    }
    return r;
}

static int tell_ipv6(struct matcher *m, size_t i)
{
    size_t end, from = i, to, colons = 0;
    uint8_t bytes[16];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (was_in(m, i, IN_IPV6))
        return 0;
    end = to = run_end(m, i, IN_IPV6);
    while (from < end && !is_in(m, from, IN_ALNUM))
        from++;
    if (from == end)
        return 0;
    while (!is_in(m, to - 1, IN_ALNUM))
        to--;
    if (from - i >= 2 && m->s.at[from - 1] == ':' && m->s.at[from - 2] == ':')
        from -= 2;
    if (end - to >= 2 && m->s.at[to] == ':' && m->s.at[to + 1] == ':')
        to += 2;
    for (size_t k = from; k < to && to - from <= IPV6_TEXT_MAX; k++)
        colons += m->s.at[k] == ':';
    if (colons < 2 || was_in(m, from, IN_ALNUM) || is_in(m, to, IN_ALNUM) ||
        clue_parse_ipv6((struct str){m->s.at + from, to - from}, bytes))
        return 0;
    if (!memcmp(bytes, mapped, sizeof(mapped)))
        return tell_address(m, CLUE_IPV4, bytes + 12, 4, from, to);
    return tell_address(m, CLUE_IPV6, bytes, 16, from, to);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int tell_name(struct matcher *m, size_t from, size_t to)
{
    char name[NAME_MAX_LEN];
    size_t len = to - from;
    int r = 0;

    if (len > sizeof(name) || !set_has_type(m->set, CLUE_DOMAIN) ||
        !memchr(m->s.at + from, '.', len))
        return 0;
    for (size_t i = 0; i < len; i++)
        name[i] = lower(m->s.at[from + i]);
    r = tell_all(m, CLUE_DOMAIN, (struct str){name, len}, from, to);
    for (size_t i = 0; i < len && !r && (set_flags(m->set) & SET_BELOW); i++)
        if (name[i] == '.')
            r = tell_all(m, CLUE_DOMAIN, (struct str){name + i + 1, len - i - 1}, from, to);
    return r;
}

static int tell_words(struct matcher *m, size_t from, size_t to)
{
    int r = 0;

    for (size_t i = from; i < to && !r;) {
        size_t end = run_end(m, i, IN_ALNUM);
        enum clue_type type = clue_hash_of(end - i);
        uint8_t bytes[64];

        if (type != CLUE_NONE && set_has_type(m->set, type) &&
            hex_parse((struct str){m->s.at + i, end - i}, bytes, (end - i) / 2) == 0)
            r = tell_all(m, type, (struct str){(const char *)bytes, (end - i) / 2}, i, end);
        i = end + 1;
    }
    return r;
}

static bool is_joint(char c)
{
    return c == '.' || c == '-';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The token that begins at `i`; *ret_end is where its run ends. */
static int tell_token(struct matcher *m, size_t i, size_t *ret_end)
{
    size_t end, from = i, to;
    uint8_t bytes[4];
    int r;

    end = to = *ret_end = run_end(m, i, IN_TOKEN);
    while (from < end && is_joint(m->s.at[from]))
        from++;
    while (to > from && is_joint(m->s.at[to - 1]))
        to--;
    if (from == to)
        return 0;
    if (is_digit(m->s.at[from]) && is_digit(m->s.at[to - 1]) &&
        clue_parse_ipv4((struct str){m->s.at + from, to - from}, bytes) == 0)
        return tell_address(m, CLUE_IPV4, bytes, sizeof(bytes), from, to);
    r = tell_name(m, from, to);
    return r || end - i < SHORTEST_HASH ? r : tell_words(m, i, end);
}

static int tell_mail(struct matcher *m, size_t sign)
{
    char text[LOCAL_MAX + 1 + NAME_MAX_LEN];
    size_t from = sign, to = run_end(m, sign + 1, IN_TOKEN);

    if (!set_has_type(m->set, CLUE_EMAIL) || to == sign + 1 || is_joint(m->s.at[sign + 1]))
        return 0;
    while (sign - from <= LOCAL_MAX && was_in(m, from, IN_LOCAL))
        from--;
    while (is_joint(m->s.at[to - 1]))
        to--;
    if (from == sign || sign - from > LOCAL_MAX || to - sign - 1 > NAME_MAX_LEN)
        return 0;
    for (size_t i = from; i < to; i++)
        text[i - from] = lower(m->s.at[i]);
    return tell_all(m, CLUE_EMAIL, (struct str){text, to - from}, from, to);
}

/* The end of the run at `i`, and that without what a sentence or a list puts behind it; looked for once a run. */
static void look_at_run(struct matcher *m, size_t i)
{
    if (i < m->run_end)
        return;
    m->run_end = m->run_trimmed = run_end(m, i, IN_URL);
    while (m->run_trimmed > i && strchr(",;')]", m->s.at[m->run_trimmed - 1]))
        m->run_trimmed--;
}

static int tell_url(struct matcher *m, size_t colon)
{
    size_t from = colon, to;
    int r;

    if (colon < m->url_end || !set_has_type(m->set, CLUE_URL) || m->s.len - colon < 3 ||
        m->s.at[colon + 1] != '/' || m->s.at[colon + 2] != '/')
        return 0;
    while (was_in(m, from, IN_SCHEME) && colon - from <= SCHEME_MAX)
        from--;
    if (from == colon || colon - from > SCHEME_MAX)
        return 0;
    while (from < colon && !((unsigned)((m->s.at[from] | 0x20) - 'a') < 26))
        from++;
    look_at_run(m, colon + 3);
    to = MAX_OF(m->run_trimmed, from);
    r = to - from > CLUE_URL_MAX
            ? CLUE_E_LONG
            : clue_make(CLUE_URL, (struct str){m->s.at + from, to - from}, &m->url);
    if (r == 0 || r == CLUE_E_LONG)
        m->url_end = m->run_end;
    if (r)
        return r < 0 ? ERR(r) : 0;
    return tell_all(m, CLUE_URL, buf_str(&m->url.bytes), from, to);
}

/* What is found from unit `*at`, which is moved over what needs no second look: within a token an IPv6 address can begin only when a colon
 * follows it. */
static int tell_at(struct matcher *m, size_t *at)
{
    size_t i = *at, end = i;
    char c = m->s.at[i];
    int r = 0;

    if (c == ':')
        r = tell_url(m, i);
    if (!r && c == '@')
        r = tell_mail(m, i);
    if (!r && is_in(m, i, IN_IPV6))
        r = tell_ipv6(m, i);
    if (!r && is_in(m, i, IN_TOKEN) && !was_in(m, i, IN_TOKEN))
        r = tell_token(m, i, &end);
    if (end > i && !(end < m->s.len && m->s.at[end] == ':'))
        *at = end - 1;
    return r;
}

static int match_line(struct matcher *m, struct str s)
{
    int r = 0;

    m->s = s;
    m->url_end = m->run_end = 0;
    for (size_t i = 0; i < s.len && !r; i++)
        if (sets[(unsigned char)s.at[i]] & (IN_TOKEN | IN_IPV6) || s.at[i] == '@')
            r = tell_at(m, &i);
    return r;
}

struct matcher *matcher_new(const struct set *set, match_fn *tell, void *context)
{
    struct matcher *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->set = set;
    m->tell = tell;
    m->context = context;
    m->line = 1;
    buf_init(&m->kept, MATCH_LINE_MAX);
    clue_init(&m->url);
    return m;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    buf_done(&m->kept);
    clue_done(&m->url);
    free(m);
}

/* A line, or as much of one as a line may have. */
static int pass(struct matcher *m, struct str s, bool ends)
{
    int r = match_line(m, s);

    m->offset += s.len;
    m->line += ends;
    buf_clear(&m->kept);
    return r;
}

static int keep(struct matcher *m, struct str s)
{
    int r = 0;

    while (s.len && !r) {
        size_t n = MIN_OF(s.len, MATCH_LINE_MAX - m->kept.len);

        r = buf_add(&m->kept, s.at, n);
        if (!r && m->kept.len == MATCH_LINE_MAX)
            r = pass(m, buf_str(&m->kept), false);
        s = (struct str){s.at + n, s.len - n};
    }
    return r;
}

int matcher_add(struct matcher *m, struct str text)
{
    int r = 0;

    while (text.len && !r) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t n = end ? (size_t)(end - text.at) + 1 : text.len;
        bool stands_whole = end && !m->kept.len && n <= MATCH_LINE_MAX;

        if (stands_whole) {
            r = pass(m, (struct str){text.at, n}, true);
        } else {
            r = keep(m, (struct str){text.at, n});
            if (!r && end)
                r = pass(m, buf_str(&m->kept), true);
        }
        text = (struct str){text.at + n, text.len - n};
    }
    return r;
}

int matcher_end(struct matcher *m)
{
    int r = pass(m, buf_str(&m->kept), false);

    m->line = 1;
    m->offset = 0;
    return r;
}
