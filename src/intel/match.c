#include "intel/match.h"

#include "base/codec.h"
#include "base/time.h"
#include "intel/clue-inside.h"
#include "intel/match-inside.h"
#include "intel/match-walk.h"

#include <errno.h>
#include <stdlib.h>

static_assert(MATCH_LINE_MAX == MATCH_SLICE_MAX,
              "no line is longer than what is walked over at once");

struct matcher {
    const struct set *set;
    struct match_options options;
    match_fn *tell;
    void *context;
    struct match_walk *walk;
    struct buf kept;       /* the beginning of a line */
    uint64_t line, offset; /* of the text at hand */
    struct str s;          /* the text at hand: lines, or as much of one as a line may have */
    size_t counted;        /* lines of it are counted up to here */
    const struct match_hit
        *where; /* of a value that was found by other means; NULL: places are those of the text */
    struct clue url;
    size_t url_seen;             /* no :// before it is of interest any more */
    size_t url_end;              /* no URL begins before it */
    size_t run_end, run_trimmed; /* of what URLs are made of, as looked at last */
    struct {
        size_t from, end;
        uint64_t us;
    } timed; /* the line whose time was read last */
};

static bool was_in(const struct matcher *m, size_t i, uint8_t set)
{
    return match_was_in(m->s, i, set);
}

/* The line that holds that byte. */
static uint64_t line_of(struct matcher *m, size_t i)
{
    if (i > m->counted) {
        m->line += classify_count_lines((struct str){m->s.at + m->counted, i - m->counted});
        m->counted = i;
    }
    return m->line;
}

/* A CR ends the last field of a line that ends with CR LF. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Field `n` of the line, from 1. STR_NONE: it has fewer. */
static struct str field_of(struct str line, unsigned n)
{
    size_t i = 0, from = 0;

    for (unsigned k = 0; k < n; k++) {
        while (i < line.len && is_blank(line.at[i]))
            i++;
        for (from = i; i < line.len && !is_blank(line.at[i]) && line.at[i] != '\n';)
            i++;
    }
    return (struct str){line.at + from, i - from};
}

static bool read_time(struct str s, uint64_t *ret_us)
{
    struct str whole = s, fraction = STR_NONE;
    const char *dot;

    while (s.len && strchr("[\"'", s.at[0]))
        s = whole = (struct str){s.at + 1, s.len - 1};
    while (s.len && strchr("]\"',", s.at[s.len - 1]))
        s = whole = (struct str){s.at, s.len - 1};
    if (s.len && memchr(s.at, 'T', s.len))
        return instant_parse(s, ret_us) == 0;
    dot = s.len ? memchr(s.at, '.', s.len) : NULL;
    if (dot) {
        whole.len = (size_t)(dot - s.at);
        fraction = (struct str){dot + 1, s.len - whole.len - 1};
    }
    for (size_t i = 0; i < fraction.len; i++)
        if (!(fraction.at[i] >= '0' && fraction.at[i] <= '9'))
            return false;
    if (str_to_u64(whole, 0, UINT64_C(253402300799), ret_us))
        return false;
    *ret_us *=
        US_PER_SECOND; /* entries end at seconds that are told; a fraction changes nothing that counts */
    return true;
}

/* When the line was written that holds that byte of the text at hand; now, where it does not say. Read once a line, however many hits it has. */
static uint64_t time_at(struct matcher *m, size_t at)
{
    const char *before, *end;
    uint64_t us;

    if (!m->options.time_field)
        return m->options.now_us;
    if (at >= m->timed.from && at < m->timed.end)
        return m->timed.us;
    before = at ? memrchr(m->s.at, '\n', at) : NULL;
    end = at < m->s.len ? memchr(m->s.at + at, '\n', m->s.len - at) : NULL;
    m->timed.from = before ? (size_t)(before + 1 - m->s.at) : 0;
    m->timed.end = end ? (size_t)(end + 1 - m->s.at) : m->s.len;
    m->timed.us =
        read_time(field_of((struct str){m->s.at + m->timed.from, m->timed.end - m->timed.from},
                           m->options.time_field),
                  &us)
            ? us
            : m->options.now_us;
    return m->timed.us;
}

/* All entries of the value that have not ended; when that is asked, the line is where `at` says. */
static int tell_entries(struct matcher *m, enum clue_type type, struct str bytes,
                        const struct match_hit *where, size_t at)
{
    struct set_cursor c = set_find(m->set, type, bytes);
    struct match_hit hit = *where;
    struct set_entry entry;
    int r = 0;

    hit.entry = &entry;
    while (!r && set_next(m->set, type, bytes, &c, &entry))
        if (!entry.until_us || time_at(m, at) < entry.until_us)
            r = m->tell(&hit, m->context);
    return r;
}

/* The same, as found in the bytes [from, to) of the text at hand. */
static int tell_all(struct matcher *m, enum clue_type type, struct str bytes, size_t from,
                    size_t to)
{
    struct match_hit hit;

    if (m->where)
        return tell_entries(m, type, bytes, m->where, 0);
    hit = (struct match_hit){.line = line_of(m, from),
                             .offset = m->offset + from,
                             .written = {m->s.at + from, to - from}};
    return tell_entries(m, type, bytes, &hit, from);
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
        match_keep_bits(bytes, size, bits);
        bytes[size] = (uint8_t)bits;
        r = tell_all(m, net, (struct str){(const char *)bytes, size + 1}, from, to);
    }
    return r;
}

/* One that stands for an IPv4 address is that. */
static int tell_any_ipv6(struct matcher *m, const uint8_t bytes[16], size_t from, size_t to)
{
    if (match_is_mapped(bytes))
        return tell_address(m, CLUE_IPV4, bytes + 12, 4, from, to);
    return tell_address(m, CLUE_IPV6, bytes, 16, from, to);
}

static int tell_ipv6(struct matcher *m, size_t i)
{
    size_t from, to;
    uint8_t bytes[16];

    return match_find_ipv6(m->s, i, &from, &to, bytes) ? tell_any_ipv6(m, bytes, from, to) : 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A canonical name, and those above it. */
static int tell_names(struct matcher *m, struct str name, size_t from, size_t to)
{
    int r = tell_all(m, CLUE_DOMAIN, name, from, to);

    for (size_t i = 0; i < name.len && !r && (set_mark(m->set)->flags & SET_BELOW); i++)
        if (name.at[i] == '.')
            r = tell_all(m, CLUE_DOMAIN, (struct str){name.at + i + 1, name.len - i - 1}, from, to);
    return r;
}

static int tell_name(struct matcher *m, size_t from, size_t to)
{
    char name[MATCH_NAME_MAX];
    size_t len = to - from;

    if (len > sizeof(name) || !set_has_type(m->set, CLUE_DOMAIN) ||
        !memchr(m->s.at + from, '.', len))
        return 0;
    for (size_t i = 0; i < len; i++)
        name[i] = lower(m->s.at[from + i]);
    return tell_names(m, (struct str){name, len}, from, to);
}

static int tell_words(struct matcher *m, size_t from, size_t to)
{
    int r = 0;

    for (size_t i = from; i < to && !r;) {
        size_t end = match_run_end(m->s, i, IN_ALNUM);
        enum clue_type type = clue_hash_of(end - i);
        uint8_t bytes[64];

        if (type != CLUE_NONE && set_has_type(m->set, type) &&
            hex_parse((struct str){m->s.at + i, end - i}, bytes, (end - i) / 2) == 0)
            r = tell_all(m, type, (struct str){(const char *)bytes, (end - i) / 2}, i, end);
        i = end + 1;
    }
    return r;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The token that begins at `i`. */
static int tell_token(struct matcher *m, size_t i)
{
    size_t end = match_run_end(m->s, i, IN_TOKEN), from = i, to = end;
    uint8_t bytes[4];
    int r;

    while (from < end && match_is_joint(m->s.at[from]))
        from++;
    while (to > from && match_is_joint(m->s.at[to - 1]))
        to--;
    if (from == to)
        return 0;
    if (is_digit(m->s.at[from]) && is_digit(m->s.at[to - 1]) &&
        clue_parse_ipv4((struct str){m->s.at + from, to - from}, bytes) == 0)
        return tell_address(m, CLUE_IPV4, bytes, sizeof(bytes), from, to);
    r = tell_name(m, from, to);
    return r || end - i < MATCH_HASH_MIN ? r : tell_words(m, i, end);
}

static int tell_mail(struct matcher *m, size_t sign)
{
    char text[MATCH_LOCAL_MAX + 1 + MATCH_NAME_MAX];
    size_t from, to;

    if (!match_find_mail(m->s, sign, &from, &to))
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
    m->run_end = m->run_trimmed = match_run_end(m->s, i, IN_URL);
    while (m->run_trimmed > i && strchr(",;')]", m->s.at[m->run_trimmed - 1]))
        m->run_trimmed--;
}

/* What begins with the scheme before `colon`: whether it is a URL, or too long for one, and its hits if it `is_asked`. */
static int look_at_url(struct matcher *m, size_t colon, bool is_asked)
{
    size_t from = colon, to;
    int r;

    if (colon < m->url_end)
        return 0;
    while (was_in(m, from, IN_SCHEME) && colon - from <= MATCH_SCHEME_MAX)
        from--;
    if (from == colon || colon - from > MATCH_SCHEME_MAX)
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
    return is_asked ? tell_all(m, CLUE_URL, buf_str(&m->url.bytes), from, to) : 0;
}

/* Whether a URL may begin there hangs on every :// before it in the same run, which the walk has dropped. */
static int tell_url(struct matcher *m, size_t colon)
{
    size_t at = match_run_start(m->s, colon, m->url_seen, IN_URL);
    const char *p;
    int r = 0;

    while (!r && (p = memmem(m->s.at + at, colon + 2 - at, "://", 3))) {
        at = (size_t)(p - m->s.at);
        r = look_at_url(m, at++, false);
    }
    m->url_seen = colon + 1;
    return r ? r : look_at_url(m, colon, true);
}

static int tell_at(struct matcher *m, uint32_t at)
{
    size_t place = at >> MATCH_KIND_BITS;

    switch ((enum match_kind)(at & ((1u << MATCH_KIND_BITS) - 1))) {
    case MATCH_URL:
        return tell_url(m, place);
    case MATCH_MAIL:
        return tell_mail(m, place);
    case MATCH_IPV6:
        return tell_ipv6(m, place);
    case MATCH_TOKEN:
        break;
    }
    return tell_token(m, place);
}

struct matcher *matcher_new(const struct set *set, const struct match_options *options,
                            match_fn *tell, void *context)
{
    struct matcher *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->walk = match_walk_new(set, NULL);
    if (!m->walk) {
        free(m);
        return NULL;
    }
    m->set = set;
    if (options)
        m->options = *options;
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
    match_walk_free(m->walk);
    free(m);
}

/* Whole lines, or as much of one as a line may have. */
static int pass(struct matcher *m, struct str s)
{
    struct match_places places;
    int r = match_walk(m->walk, s, &places);

    if (r)
        return ERR(r);
    m->s = s;
    m->counted = m->url_seen = m->url_end = m->run_end = m->timed.end = 0;
    for (size_t i = 0; i < places.n && !r; i++)
        r = tell_at(m, places.at[i]);
    IGNORE(!line_of(m, s.len), "counted to the end");
    m->offset += s.len;
    return r;
}

/* More of a line that is not whole yet; how much of `s` was taken. */
static int keep(struct matcher *m, struct str s, bool ends, size_t *ret_n)
{
    size_t n = MIN_OF(s.len, MATCH_LINE_MAX - m->kept.len);
    int r = buf_add(&m->kept, s.at, n);

    *ret_n = n;
    if (r || (m->kept.len < MATCH_LINE_MAX && !(ends && n == s.len)))
        return r;
    r = pass(m, buf_str(&m->kept));
    buf_clear(&m->kept);
    return r;
}

/* How much of the text is whole lines, or the part of one that is cut off; 0: the beginning of a line. */
static size_t whole(struct str text)
{
    size_t n = MIN_OF(text.len, MATCH_LINE_MAX);
    const char *end = memrchr(text.at, '\n', n);

    return end ? (size_t)(end + 1 - text.at) : n == MATCH_LINE_MAX ? n : 0;
}

int matcher_add(struct matcher *m, struct str text)
{
    int r = 0;

    while (text.len && !r) {
        size_t n = m->kept.len ? 0 : whole(text);

        if (n) {
            r = pass(m, (struct str){text.at, n});
        } else {
            const char *end = memchr(text.at, '\n', text.len);

            r = keep(m, (struct str){text.at, end ? (size_t)(end + 1 - text.at) : text.len}, end,
                     &n);
        }
        text = (struct str){text.at + n, text.len - n};
    }
    return r;
}

void matcher_start(struct matcher *m, uint64_t line, uint64_t offset)
{
    buf_clear(&m->kept);
    m->line = line;
    m->offset = offset;
}

int matcher_end(struct matcher *m)
{
    int r = pass(m, buf_str(&m->kept));

    matcher_start(m, 1, 0);
    return r;
}

static int tell_host(struct matcher *m, struct str host)
{
    uint8_t bytes[16];

    if (host.len > 2 && host.at[0] == '[')
        return clue_parse_ipv6((struct str){host.at + 1, host.len - 2}, bytes) == 0
                   ? tell_any_ipv6(m, bytes, 0, 0)
                   : 0;
    if (clue_parse_ipv4(host, bytes) == 0)
        return tell_address(m, CLUE_IPV4, bytes, 4, 0, 0);
    return host.len && memchr(host.at, '.', host.len) ? tell_names(m, host, 0, 0) : 0;
}

static int tell_value(struct matcher *m, const struct clue *value)
{
    struct str bytes = buf_str(&value->bytes);
    const char *sign;
    int r;

    switch (value->type) {
    case CLUE_IPV4:
    case CLUE_IPV6:
        return tell_address(m, value->type, (const uint8_t *)bytes.at, bytes.len, 0, 0);
    case CLUE_DOMAIN:
        return tell_names(m, bytes, 0, 0);
    case CLUE_URL:
        r = tell_all(m, CLUE_URL, bytes, 0, 0);
        return r ? r : tell_host(m, clue_url_host(bytes));
    case CLUE_EMAIL:
        r = tell_all(m, CLUE_EMAIL, bytes, 0, 0);
        sign = bytes.len ? memrchr(bytes.at, '@', bytes.len) : NULL;
        return r || !sign
                   ? r
                   : tell_names(m,
                                (struct str){sign + 1, bytes.len - (size_t)(sign + 1 - bytes.at)},
                                0, 0);
    default:
        return tell_all(m, value->type, bytes, 0, 0);
    }
}

int matcher_value(struct matcher *m, const struct clue *value, const struct match_hit *where)
{
    int r;

    m->s = STR_NONE;
    m->timed.end = 0;
    m->where = where;
    r = tell_value(m, value);
    m->where = NULL;
    return r;
}
