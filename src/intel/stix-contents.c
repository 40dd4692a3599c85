#include "intel/stix-contents.h"

#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 128u /* of the longest digest in hexadecimal */

struct stix_contents {
    struct buf text, bytes; /* in another form */
    stix_content_fn *call;
    void *context;
};

struct stix_contents *stix_contents_new(void)
{
    struct stix_contents *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    buf_init(&x->text, 2 * (size_t)SEGMENT_UNPACKED_MAX + 2); /* each byte of it may be a line end; no object is longer */
    buf_init(&x->bytes, SEGMENT_UNPACKED_MAX);
    return x;
}

void stix_contents_free(struct stix_contents *x)
{
    if (!x)
        return;
    buf_done(&x->text);
    buf_done(&x->bytes);
    free(x);
}

static int tell(struct stix_contents *x, struct str bytes)
{
    struct digest d;

    if (bytes.len < STIX_CONTENT_MIN)
        return 0;
    d = sha256(bytes);
    return x->call(&d, x->context);
}

/* ---- base64 ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

/* Words are mostly none at the first point or hyphen. */
static bool is_coded(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit64(s.at[i]) && !is_space(s.at[i]))
            return false;
        n += is_digit64(s.at[i]);
    }
    return n % 4 == 0;
}

/* Without what stands between. */
static int decode(struct stix_contents *x, struct str s)
{
    const char *at = s.at, *end = s.at + s.len;
    int r = 0;

    buf_clear(&x->text);
    while (!r && at < end) {
        const char *from = at;

        while (at < end && !is_space(*at))
            at++;
        r = buf_add(&x->text, from, (size_t)(at - from));
        while (at < end && is_space(*at))
            at++;
    }
    buf_clear(&x->bytes);
    return r ? r : base64_parse(buf_str(&x->text), &x->bytes);
}

static int tell_decoded(struct stix_contents *x, struct str s)
{
    int r = decode(x, s);

    return r == -ENOMEM ? r : r ? 0 : tell(x, buf_str(&x->bytes));
}

/* ---- texts ---- */

static int add_lines(struct stix_contents *x, struct str s, struct str end)
{
    struct str line;
    bool is_first = true;
    int r = 0;

    while (!r && str_split(&s, '\n', &line)) {
        if (s.at && line.len && line.at[line.len - 1] == '\r')
            line.len--;
        r = is_first ? buf_add_str(&x->text, line) : buf_add_str(&x->text, end) ?: buf_add_str(&x->text, line);
        is_first = false;
    }
    return r;
}

static struct str without_end(struct str s)
{
    if (s.len && s.at[s.len - 1] == '\n')
        s.len--;
    if (s.len && s.at[s.len - 1] == '\r')
        s.len--;
    return s;
}

static int tell_lines(struct stix_contents *x, struct str s)
{
    static const struct str ends[] = {{"\n", 1}, {"\r\n", 2}};
    struct str body = without_end(s);
    bool is_one = !memchr(body.at, '\n', body.len);
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(ends); i++) {
        buf_clear(&x->text);
        r = add_lines(x, body, ends[i]);
        if (!r && (!is_one || !i)) /* of one line nothing stands between */
            r = tell(x, buf_str(&x->text));
        if (!r)
            r = buf_add_str(&x->text, ends[i]) ?: tell(x, buf_str(&x->text));
    }
    return r;
}

static bool is_digest(struct str s)
{
    if (s.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("0123456789abcdefABCDEF", s.at[i]) || !s.at[i])
            return false;
    return true;
}

static int tell_text(struct stix_contents *x, struct str s)
{
    if (s.len + 2 < STIX_CONTENT_MIN || is_digest(s))
        return 0;
    if (is_coded(s))
        return tell(x, s) ?: tell_decoded(x, s);
    return tell(x, s) ?: tell_lines(x, s);
}

/* Keys are texts as well. */
int stix_contents(struct stix_contents *x, const struct scan_value *object, stix_content_fn *call, void *context)
{
    bool has_pattern = str_eq(scan_text(object, STR("pattern_type")), STR("stix"));
    const struct scan_value *pattern = has_pattern ? scan_member(object, STR("pattern")) : NULL;
    int r = 0;

    x->call = call;
    x->context = context;
    for (const struct scan_value *v = object; !r && v < object + object->skip; v++)
        if (v->kind == SCAN_STRING && v != pattern)
            r = tell_text(x, scan_str(v));
    return r;
}
