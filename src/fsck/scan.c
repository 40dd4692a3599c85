/* Canonical JSON has one spelling for each value, so that reading it strictly is the same as writing it again and
 * comparing: no white space, keys in bytewise order, integers in their shortest form, no null and no fractions, only the
 * two escapes that are needed. Whether a text is in Unicode's form C is not looked at here. */
#include "fsck/fsck.h"

#include <string.h>

#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

bool scan_fail(struct scan *s, const char *problem)
{
    if (!s->problem)
        s->problem = problem;
    return false;
}

static inline bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

bool scan_open(struct scan *s, char bracket)
{
    return take(s, bracket) || scan_fail(s, bracket == '{' ? "an object is missing" : "a list is missing");
}

/* Length of the well-formed character of two to four bytes at p, 0 when there is none or it is a control. */
static inline size_t wide(const unsigned char *p, size_t left)
{
    size_t need = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

    if (need == 0 || need > left)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return need;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* The bytes of eight that are zero, as high bits. A byte above a zero one may be marked wrongly: only the lowest mark
 * counts. */
static inline uint64_t zero_byte(uint64_t v)
{
    return (v - ONES) & ~v & HIGHS;
}

/* The first byte from `at` on that needs thought: a quote, a backslash, a control, or beyond ASCII. */
static inline const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t v, odd;

        memcpy(&v, at, sizeof(v));
        odd = (v & HIGHS) | ((v - ONES * 0x20) & HIGHS) | zero_byte(v ^ ONES * '"') | zero_byte(v ^ ONES * '\\') |
              zero_byte(v ^ ONES * 0x7f);
        if (odd && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return at + __builtin_ctzll(odd) / 8;
        if (odd)
            break;
        at += 8;
    }
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20 && *at < 0x7f)
        at++;
    return at;
}

/* Well-formed characters beyond ASCII from `at` on, none of them a control. */
static inline const char *skip_wide(const char *at, const char *end)
{
    size_t n;

    while (at < end && (unsigned char)*at >= 0x80 && (n = wide((const unsigned char *)at, (size_t)(end - at))) > 0)
        at += n;
    return at;
}

bool scan_string(struct scan *s, struct slice *ret)
{
    const char *at;

    if (!take(s, '"'))
        return scan_fail(s, "a text is missing");
    for (at = skip_plain(s->at, s->end); at < s->end; at = skip_plain(at, s->end)) {
        const char *next;

        if (*at == '"') {
            *ret = (struct slice){s->at, (size_t)(at - s->at)};
            s->at = at + 1;
            return true;
        }
        if (*at == '\\') {
            if (s->end - at < 2 || (at[1] != '"' && at[1] != '\\'))
                return scan_fail(s, "an escape that is not needed");
            at += 2;
            continue;
        }
        next = skip_wide(at, s->end);
        if (next == at)
            return scan_fail(s, "a control character or wrong UTF-8");
        at = next;
    }
    return scan_fail(s, "a text that does not end");
}

bool scan_integer(struct scan *s, int64_t *ret)
{
    bool minus = take(s, '-');
    const char *start = s->at;
    int64_t v = 0;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        v = v * 10 + (*s->at++ - '0');
        if (v > INTEGER_MAX)
            return scan_fail(s, "an integer beyond 2^53 - 1");
    }
    if (s->at == start || (*start == '0' && (s->at - start > 1 || minus)))
        return scan_fail(s, "an integer that is not in its shortest form");
    if (s->at < s->end && (*s->at == '.' || *s->at == 'e' || *s->at == 'E'))
        return scan_fail(s, "a number that is not an integer");
    *ret = minus ? -v : v;
    return true;
}

bool scan_literal(struct scan *s, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
        return scan_fail(s, "a value that canonical JSON does not have");
    s->at += len;
    return true;
}

static int bad(struct scan *s, const char *problem)
{
    (void)scan_fail(s, problem);
    return -1;
}

/* Keys as their texts compare, without the escapes. */
static int key_compare(struct slice a, struct slice b)
{
    size_t i = 0, j = 0;

    while (i < a.len && j < b.len) {
        i += a.at[i] == '\\';
        j += b.at[j] == '\\';
        if (a.at[i] != b.at[j])
            return (unsigned char)a.at[i] < (unsigned char)b.at[j] ? -1 : 1;
        i++;
        j++;
    }
    return i < a.len ? 1 : j < b.len ? -1 : 0;
}

static int plain_compare(struct slice a, struct slice b)
{
    int c = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

    return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

int scan_member(struct scan *s, struct scan_object *o)
{
    unsigned char all = 0;
    bool escaped = false;
    struct slice key;

    if (take(s, '}'))
        return 0;
    if (o->started && !take(s, ','))
        return bad(s, "a comma is missing");
    if (!scan_string(s, &key))
        return -1;
    for (size_t i = 0; i < key.len; i++) {
        all |= (unsigned char)key.at[i];
        escaped |= key.at[i] == '\\';
    }
    if (all >= 0x80)
        return bad(s, "a key that is not ASCII");
    if (o->started && (escaped || o->has_escaped ? key_compare(o->key, key) : plain_compare(o->key, key)) >= 0)
        return bad(s, "keys out of order");
    if (!take(s, ':'))
        return bad(s, "a colon is missing");
    o->key = key;
    o->started = true;
    o->has_escaped = o->has_escaped || escaped;
    return 1;
}

int scan_element(struct scan *s, bool *started)
{
    if (take(s, ']'))
        return 0;
    if (*started && !take(s, ','))
        return bad(s, "a comma is missing");
    *started = true;
    return 1;
}

static bool skip_object(struct scan *s, unsigned depth)
{
    struct scan_object o = {0};
    int r;

    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0)
        if (!scan_skip(s, depth + 1))
            return false;
    return r == 0;
}

static bool skip_list(struct scan *s, unsigned depth)
{
    bool started = false;
    int r;

    if (!scan_open(s, '['))
        return false;
    while ((r = scan_element(s, &started)) > 0)
        if (!scan_skip(s, depth + 1))
            return false;
    return r == 0;
}

bool scan_skip(struct scan *s, unsigned depth)
{
    struct slice text;
    int64_t number;

    if (depth > SCAN_DEPTH)
        return scan_fail(s, "nested too deeply");
    if (s->at == s->end)
        return scan_fail(s, "a value is missing");
    switch (*s->at) {
    case '{':
        return skip_object(s, depth);
    case '[':
        return skip_list(s, depth);
    case '"':
        return scan_string(s, &text);
    case 't':
        return scan_literal(s, "true");
    case 'f':
        return scan_literal(s, "false");
    default:
        return scan_integer(s, &number);
    }
}

size_t scan_unescape(struct slice s, char *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        i += s.at[i] == '\\';
        ret[n++] = s.at[i];
    }
    return n;
}
