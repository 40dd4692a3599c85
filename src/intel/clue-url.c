/* URLs with an authority, made one as the WHATWG URL standard does, with four differences that keep the canonical form ASCII of RFC 3986 and
 * readable again: [ ] { } | \ ^ ` are encoded everywhere behind the host, the root dot of a host goes, a host is always a name or
 * an address, and the path is never empty. Nothing is decoded but the host: %41 and A are two URLs to a server. */
#include "intel/clue-inside.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>

struct scheme {
    struct str name;
    const char *
        port; /* its own, which is not written; NULL: none, and not special in the sense of the standard */
};
static const struct scheme schemes[] = {
    {{"http", 4}, "80"}, {{"https", 5}, "443"}, {{"ftp", 3}, "21"},
    {{"ws", 2}, "80"},   {{"wss", 3}, "443"},
};
/* How people write what must not be clicked. */
static const struct {
    struct str written, meant;
} fanged_schemes[] = {
    {{"hxxp", 4}, {"http", 4}},   {{"hxxps", 5}, {"https", 5}}, {{"h**p", 4}, {"http", 4}},
    {{"h**ps", 5}, {"https", 5}}, {{"hxtp", 4}, {"http", 4}},   {{"hxtps", 5}, {"https", 5}},
    {{"htxp", 4}, {"http", 4}},   {{"htxps", 5}, {"https", 5}}, {{"fxp", 3}, {"ftp", 3}},
    {{"fxps", 4}, {"ftps", 4}},   {{"meow", 4}, {"http", 4}},
};

#define SCHEME_MAX 32u

static struct str rest_of(struct str s, size_t at)
{
    return (struct str){s.at + at, s.len - at};
}

static struct str start_of(struct str s, size_t len)
{
    return (struct str){s.at, len};
}

static const struct scheme *special(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_eq(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

/* The scheme in lower case and as it is meant, into `out`. */
static int put_scheme(struct str s, struct buf *out)
{
    char name[SCHEME_MAX];

    if (!s.len || s.len > SCHEME_MAX)
        return CLUE_E_SHAPE;
    for (size_t i = 0; i < s.len; i++)
        name[i] = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] | 0x20) : s.at[i];
    s = start_of((struct str){name, SCHEME_MAX}, s.len);
    for (size_t i = 0; i < ARRAY_LEN(fanged_schemes); i++)
        if (str_eq(s, fanged_schemes[i].written))
            s = fanged_schemes[i].meant;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        if (!(c >= 'a' && c <= 'z') &&
            (i == 0 || (!(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')))
            return CLUE_E_SHAPE;
    }
    return buf_add_str(out, s);
}

/* Percent-encoded: what is not printable ASCII, and what is in `set`. */
static int put_encoded(struct str s, const char *set, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; i < s.len && !r; i++) {
        unsigned char c = (unsigned char)s.at[i];

        r = c <= 0x20 || c >= 0x7f || strchr(set, c) ? buf_printf(out, "%%%02X", c)
                                                     : buf_add_char(out, (char)c);
    }
    return r;
}

#define SET_ALL "\"<>[]{}|\\^`"
#define SET_QUERY SET_ALL "'"
#define SET_USER SET_ALL "/:;=@?#"

static int put_user(struct str s, struct buf *out)
{
    const char *colon = s.len ? memchr(s.at, ':', s.len) : NULL;
    struct str user = colon ? start_of(s, (size_t)(colon - s.at)) : s,
               password = colon ? rest_of(s, user.len + 1) : STR_NONE;
    int r;

    if (!user.len && !password.len)
        return 0;
    r = put_encoded(user, SET_USER, out);
    if (!r && password.len)
        r = buf_add_char(out, ':');
    if (!r)
        r = put_encoded(password, SET_USER, out);
    return r ? ERR(r) : buf_add_char(out, '@');
}

static int put_decoded(struct str s, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; i < s.len && !r; i++) {
        int high = s.at[i] == '%' && i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1,
            low = high < 0 ? -1 : hex_digit(s.at[i + 2]);

        r = buf_add_char(out, low < 0 ? s.at[i] : (char)(high << 4 | low));
        i += low < 0 ? 0 : 2;
    }
    return r;
}

static int put_ipv4(const uint8_t at[4], struct buf *out)
{
    return buf_printf(out, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
}

static int put_ipv6(struct str s, struct buf *out)
{
    uint8_t bytes[16];
    int r = clue_parse_ipv6(start_of(rest_of(s, 1), s.len - 2), bytes);

    if (r)
        return r;
    r = buf_add_char(out, '[');
    if (!r)
        r = clue_print_ipv6(bytes, out);
    return r ? ERR(r) : buf_add_char(out, ']');
}

/* A name or an IPv4 address; in a special scheme in any spelling. */
static int put_name(struct str s, bool is_special, struct buf *out)
{
    uint8_t bytes[4];
    const char *dot;
    struct str last;
    int r;

    if (s.len > 1 && s.at[s.len - 1] == '.')
        s.len--;
    if (!s.len)
        return CLUE_E_SHAPE;
    dot = memrchr(s.at, '.', s.len);
    last = dot ? rest_of(s, (size_t)(dot + 1 - s.at)) : s;
    if (last.len && last.at[0] >= '0' && last.at[0] <= '9') {
        r = is_special ? clue_odd_ipv4(s, bytes) : clue_parse_ipv4(s, bytes);
        if (r != CLUE_E_SHAPE)
            return r ? r : put_ipv4(bytes, out);
    }
    return clue_name(s, 0, out);
}

static int put_host(struct str s, bool is_special, struct buf *out)
{
    CLEANUP(buf_done) struct buf decoded;
    int r;

    buf_init(&decoded, CLUE_TEXT_MAX);
    if (s.len > 2 && s.at[0] == '[' && s.at[s.len - 1] == ']')
        return put_ipv6(s, out);
    r = put_decoded(s, &decoded);
    if (r)
        return ERR(r);
    return utf8_is_valid(buf_str(&decoded)) ? put_name(buf_str(&decoded), is_special, out)
                                            : CLUE_E_NAME;
}

static int put_port(struct str s, const struct scheme *known, struct buf *out)
{
    uint64_t port;
    char text[8];
    int r;

    if (!s.len)
        return 0;
    r = str_to_u64(s, 0, 65535, &port);
    if (r)
        return r == STR_E_RANGE ? CLUE_E_RANGE : CLUE_E_SHAPE;
    snprintf(text, sizeof(text), "%u", (unsigned)port);
    return known && str_eq(str_of(text), str_of(known->port)) ? 0 : buf_printf(out, ":%s", text);
}

static int put_authority(struct str s, const struct scheme *known, struct buf *out)
{
    const char *at = s.len ? memrchr(s.at, '@', s.len) : NULL, *colon, *bracket;
    int r = 0;

    if (at) {
        r = put_user(start_of(s, (size_t)(at - s.at)), out);
        s = rest_of(s, (size_t)(at + 1 - s.at));
    }
    colon = s.len ? memrchr(s.at, ':', s.len) : NULL;
    bracket = s.len ? memrchr(s.at, ']', s.len) : NULL;
    if (colon && bracket && colon < bracket)
        colon = NULL;
    if (!r)
        r = put_host(colon ? start_of(s, (size_t)(colon - s.at)) : s, known, out);
    return r || !colon ? r : put_port(rest_of(s, (size_t)(colon + 1 - s.at)), known, out);
}

static bool is_dot(struct str s)
{
    return str_eq(s, STR(".")) || str_eq_nocase(s, STR("%2e"));
}

static bool is_double_dot(struct str s)
{
    return (s.len == 2 && s.at[0] == '.' && s.at[1] == '.') ||
           (s.len == 4 && s.at[0] == '.' && is_dot(rest_of(s, 1))) ||
           (s.len == 4 && is_dot(start_of(s, 3)) && s.at[3] == '.') ||
           (s.len == 6 && is_dot(start_of(s, 3)) && is_dot(rest_of(s, 3)));
}

/* Dot segments are taken out; `s` begins with a slash or is empty. */
static int put_path(struct str s, bool is_special, struct buf *out)
{
    size_t start = out->len, at = 1;
    int r = 0;

    while (!r && at <= s.len) {
        size_t end = at;
        struct str segment;
        bool last;

        while (end < s.len && s.at[end] != '/' && !(is_special && s.at[end] == '\\'))
            end++;
        segment = start_of(rest_of(s, at), end - at);
        last = end >= s.len;
        if (is_double_dot(segment)) {
            const char *slash =
                out->len > start ? memrchr(out->at + start, '/', out->len - start) : NULL;

            buf_cut(out, slash ? (size_t)(slash - out->at) : start);
            r = last ? buf_add_char(out, '/') : 0;
        } else if (is_dot(segment)) {
            r = last ? buf_add_char(out, '/') : 0;
        } else {
            r = buf_add_char(out, '/');
            if (!r)
                r = put_encoded(segment, SET_ALL, out);
        }
        at = end + 1;
    }
    return r || out->len > start ? r : buf_add_char(out, '/');
}

/* Path, query and fragment. */
static int put_tail(struct str s, const struct scheme *known, struct buf *out)
{
    const char *hash = s.len ? memchr(s.at, '#', s.len) : NULL, *mark;
    struct str fragment = hash ? rest_of(s, (size_t)(hash - s.at)) : STR_NONE, query;
    int r;

    s = start_of(s, s.len - fragment.len);
    mark = s.len ? memchr(s.at, '?', s.len) : NULL;
    query = mark ? rest_of(s, (size_t)(mark - s.at)) : STR_NONE;
    r = put_path(start_of(s, s.len - query.len), known, out);
    if (!r)
        r = put_encoded(query, known ? SET_QUERY : SET_ALL, out);
    if (!r && fragment.len) {
        r = buf_add_char(out, '#');
        if (!r)
            r = put_encoded(rest_of(fragment, 1), SET_ALL, out);
    }
    return r;
}

int clue_make_url(struct str s, struct clue *ret)
{
    const char *colon = s.len ? memmem(s.at, s.len, "://", 3) : NULL;
    const struct scheme *known;
    size_t end = 0;
    int r;

    if (!colon)
        return CLUE_E_SHAPE;
    r = put_scheme(start_of(s, (size_t)(colon - s.at)), &ret->bytes);
    if (r)
        return r;
    known = special(buf_str(&ret->bytes));
    r = buf_add_text(&ret->bytes, "://");
    if (r)
        return ERR(r);
    s = rest_of(s, (size_t)(colon + 3 - s.at));
    while (known && s.len && (s.at[0] == '/' || s.at[0] == '\\'))
        s = rest_of(s, 1);
    while (end < s.len && !strchr(known ? "/?#\\" : "/?#", s.at[end]))
        end++;
    r = put_authority(start_of(s, end), known, &ret->bytes);
    if (!r)
        r = put_tail(rest_of(s, end), known, &ret->bytes);
    return r == -ENOSPC || (!r && ret->bytes.len > CLUE_URL_MAX) ? CLUE_E_LONG : r;
}

/* The host of a canonical URL, without user, port and brackets' contents told apart. */
struct str clue_url_host(struct str url)
{
    const char *slashes = memmem(url.at, url.len, "://", 3), *at;
    struct str s = slashes ? rest_of(url, (size_t)(slashes + 3 - url.at)) : STR_NONE;
    size_t end = 0;

    while (end < s.len && s.at[end] != '/')
        end++;
    s = start_of(s, end);
    at = s.len ? memrchr(s.at, '@', s.len) : NULL;
    if (at)
        s = rest_of(s, (size_t)(at + 1 - s.at));
    if (s.len && s.at[0] == '[')
        return s;
    for (end = 0; end < s.len && s.at[end] != ':';)
        end++;
    return start_of(s, end);
}

static int put_host_and_rest(struct str url, struct str host,
                             int (*put)(struct str host, struct buf *out), struct buf *out)
{
    int r = host.len ? put(host, out) : 0;

    return r ? ERR(r)
             : buf_add_str(out, rest_of(url, host.len ? (size_t)(host.at + host.len - url.at)
                                                      : url.len));
}

int clue_show_url(struct str url, struct buf *out)
{
    struct str host = clue_url_host(url);
    int r = buf_add_str(out, start_of(url, host.len ? (size_t)(host.at - url.at) : url.len));

    return r ? ERR(r) : put_host_and_rest(url, host, clue_show_name, out);
}

int clue_defang_url(struct str url, struct buf *out)
{
    static const struct {
        struct str scheme, harmless;
    } rows[] = {{{"http", 4}, {"hxxp:", 5}},
                {{"https", 5}, {"hxxps:", 6}},
                {{"ftp", 3}, {"fxp:", 4}},
                {{"ftps", 4}, {"fxps:", 5}}};
    struct str host = clue_url_host(url);
    const char *colon = memchr(url.at, ':', url.len);
    struct str scheme = start_of(url, colon ? (size_t)(colon - url.at) : url.len);
    size_t before = host.len ? (size_t)(host.at - url.at) : url.len;
    bool done = false;
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows) && !r && !done; i++) {
        done = str_eq(scheme, rows[i].scheme);
        r = done ? buf_add_str(out, rows[i].harmless) : 0;
    }
    if (!done) {
        r = buf_add_str(out, scheme);
        if (!r)
            r = buf_add_text(out, "[:]");
    }
    if (!r && before > scheme.len + 1)
        r = buf_add(out, url.at + scheme.len + 1, before - scheme.len - 1);
    return r ? ERR(r) : put_host_and_rest(url, host, clue_defang_name, out);
}
