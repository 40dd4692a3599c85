#include "base/json-quick.h"

#include "base/utf8.h"

#include <errno.h>

struct quick {
    const char *at, *end;
    unsigned depth;  /* that may still be gone down */
    struct buf text; /* of a string with escapes */
};

enum { QUICK_E_OTHER = 1 };

static void skip_space(struct quick *q)
{
    while (q->at < q->end && (*q->at == ' ' || *q->at == '\n' || *q->at == '\t' || *q->at == '\r'))
        q->at++;
}

/* Is the next thing this character? Then it is behind us. */
static bool take(struct quick *q, char c)
{
    skip_space(q);
    if (q->at == q->end || *q->at != c)
        return false;
    q->at++;
    return true;
}

static bool take_word(struct quick *q, struct str word)
{
    if (!str_starts((struct str){q->at, (size_t)(q->end - q->at)}, word))
        return false;
    q->at += word.len;
    return true;
}

/* ---- strings ---- */

/* To the next byte that is not simply a part of the string. */
static void skip_plain(struct quick *q)
{
    while (q->at < q->end && *q->at != '"' && *q->at != '\\' && (unsigned char)*q->at >= 0x20)
        q->at++;
}

static char unescaped(char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = c ? strchr(from, c) : NULL;

    return found ? to[found - from] : '\0';
}

/* From the first escape on; what stands before it begins at `begin`. */
static int read_escaped(struct quick *q, const char *begin, struct str *ret)
{
    int r = 0;

    buf_clear(&q->text);
    while (!r && q->at < q->end && *q->at == '\\') {
        char c = q->end - q->at > 1 ? unescaped(q->at[1]) : '\0';

        if (c == '\0')
            return QUICK_E_OTHER;
        r = buf_add(&q->text, begin, (size_t)(q->at - begin));
        if (!r)
            r = buf_add_char(&q->text, c);
        q->at += 2;
        begin = q->at;
        skip_plain(q);
    }
    if (!r)
        r = buf_add(&q->text, begin, (size_t)(q->at - begin));
    *ret = buf_str(&q->text);
    return r;
}

/* Behind its first quote. The text is borrowed until the next string. */
static int read_text(struct quick *q, struct str *ret)
{
    const char *begin = q->at;
    int r;

    skip_plain(q);
    *ret = (struct str){begin, (size_t)(q->at - begin)};
    if (q->at < q->end && *q->at == '\\' && (r = read_escaped(q, begin, ret)))
        return r;
    if (q->at == q->end || *q->at != '"')
        return QUICK_E_OTHER;
    q->at++;
    return 0;
}

static int read_string(struct quick *q, json_t **ret)
{
    struct str text;
    int r = read_text(q, &text);

    if (r)
        return r;
    *ret = json_stringn_nocheck(text.len ? text.at : "", text.len);
    return *ret ? 0 : -ENOMEM;
}

/* ---- the rest ---- */

#define DIGITS_MAX 18 /* every number of so many fits */

static int read_number(struct quick *q, json_t **ret)
{
    bool is_minus = take_word(q, STR("-"));
    const char *begin = q->at;
    json_int_t n = 0;

    for (; q->at < q->end && *q->at >= '0' && *q->at <= '9' && q->at - begin < DIGITS_MAX; q->at++)
        n = 10 * n + (*q->at - '0');
    if (q->at == begin || (*begin == '0' && (is_minus || q->at - begin > 1)))
        return QUICK_E_OTHER;
    if (q->at < q->end &&
        ((*q->at >= '0' && *q->at <= '9') || *q->at == '.' || *q->at == 'e' || *q->at == 'E'))
        return QUICK_E_OTHER;
    *ret = json_integer(is_minus ? -n : n);
    return *ret ? 0 : -ENOMEM;
}

static int read_value(struct quick *q, json_t **ret);

static int read_elements(struct quick *q, json_t *array)
{
    int r;

    if (take(q, ']'))
        return 0;
    do {
        json_t *v;

        if ((r = read_value(q, &v)))
            return r;
        if (json_array_append_new(array, v))
            return -ENOMEM;
    } while (take(q, ','));
    return take(q, ']') ? 0 : QUICK_E_OTHER;
}

static int read_member(struct quick *q, json_t *object)
{
    CLEANUP(buf_done) struct buf copy;
    struct str key;
    json_t *v;
    int r;

    buf_init(&copy, SIZE_MAX / 2);
    if (!take(q, '"'))
        return QUICK_E_OTHER;
    if ((r = read_text(q, &key)))
        return r;
    if (key.at == q->text.at) { /* the value may need the place */
        if ((r = buf_add_str(&copy, key)))
            return r;
        key = buf_str(&copy);
    }
    if (!take(q, ':') || json_object_getn(object, key.at, key.len))
        return QUICK_E_OTHER;
    if ((r = read_value(q, &v)))
        return r;
    return json_object_setn_new_nocheck(object, key.at, key.len, v) ? -ENOMEM : 0;
}

static int read_members(struct quick *q, json_t *object)
{
    int r;

    if (take(q, '}'))
        return 0;
    do
        if ((r = read_member(q, object)))
            return r;
    while (take(q, ','));
    return take(q, '}') ? 0 : QUICK_E_OTHER;
}

static int read_nested(struct quick *q, bool is_object, json_t **ret)
{
    json_t *v;
    int r;

    if (!q->depth)
        return QUICK_E_OTHER;
    v = is_object ? json_object() : json_array();
    if (!v)
        return -ENOMEM;
    q->depth--;
    r = is_object ? read_members(q, v) : read_elements(q, v);
    q->depth++;
    if (r)
        json_decref(v);
    else
        *ret = v;
    return r;
}

static int read_value(struct quick *q, json_t **ret)
{
    skip_space(q);
    if (q->at == q->end)
        return QUICK_E_OTHER;
    switch (*q->at) {
    case '"':
        q->at++;
        return read_string(q, ret);
    case '{':
    case '[':
        return read_nested(q, *q->at++ == '{', ret);
    case 't':
        *ret = json_true();
        return take_word(q, STR("true")) ? 0 : QUICK_E_OTHER;
    case 'f':
        *ret = json_false();
        return take_word(q, STR("false")) ? 0 : QUICK_E_OTHER;
    case 'n':
        *ret = json_null();
        return take_word(q, STR("null")) ? 0 : QUICK_E_OTHER;
    default:
        return read_number(q, ret);
    }
}

int json_quick(struct str text, unsigned max_depth, json_t **ret)
{
    struct quick q = {.at = text.at, .depth = max_depth};
    json_t *v = NULL;
    int r;

    if (!text.len || !utf8_is_valid(text))
        return QUICK_E_OTHER;
    q.end = text.at + text.len;
    buf_init_secret(&q.text, SIZE_MAX / 2);
    r = read_value(&q, &v);
    buf_wipe(&q.text);
    if (r)
        return r;
    skip_space(&q);
    if (q.at != q.end) {
        json_decref(v);
        return QUICK_E_OTHER;
    }
    *ret = v;
    return 0;
}
