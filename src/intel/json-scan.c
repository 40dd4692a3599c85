/* Reading one text is a loop over bytes with a stack of what is open; strings are passed sixteen bytes at a time. */
#include "intel/json-scan.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define VALUES_FIRST 256u
#define KEPT_MAX ((size_t)1 << 20)
#define KEYS_COMPARED \
    24u /* objects of more members have their keys sorted to find one that comes twice */

struct level {
    uint32_t value; /* the array or object */
    uint32_t key;   /* of an object: the key read last */
    uint64_t seen;  /* of an object: a bit for each hash of a key */
};

struct scanner {
    struct scan_value *values;
    size_t n, size; /* used; allocated */
    size_t memory_max;
    char *texts; /* strings that had escapes */
    size_t texts_len, texts_size;
    struct level levels[SCAN_DEPTH_MAX];
    unsigned depth;
    struct str text;
    size_t at;
};

struct scanner *scanner_new(size_t memory_max)
{
    struct scanner *s = calloc(1, sizeof(*s));

    if (s)
        s->memory_max = memory_max;
    return s;
}

void scanner_free(struct scanner *s)
{
    if (!s)
        return;
    free(s->values);
    free(s->texts);
    free(s);
}

/* ---- values ---- */

static int grow(struct scanner *s)
{
    size_t size = s->size ? s->size * 2 : VALUES_FIRST;
    size_t most = (s->memory_max - MIN_OF(s->memory_max, s->texts_size)) / sizeof(*s->values);
    struct scan_value *values;

    size = MIN_OF(size, most);
    if (s->n >= size)
        return SCAN_E_MEMORY;
    values = realloc(s->values, size * sizeof(*values));
    if (!values)
        return -ENOMEM;
    s->values = values;
    s->size = size;
    return 0;
}

static inline int add(struct scanner *s, enum scan_kind kind, size_t offset, struct str text)
{
    if (s->n == s->size) {
        int r = grow(s);

        if (r)
            return r;
    }
    s->values[s->n++] =
        (struct scan_value){text.at, (uint32_t)text.len, 1, (uint32_t)offset, (uint32_t)kind};
    return 0;
}

/* ---- strings ---- */

/* From `at` on, the first quote, backslash or control character; *ret_ascii: only ASCII stood before it. */
static inline size_t plain_until(struct str text, size_t at, bool *ret_ascii)
{
    bool ascii = true;

#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), low = _mm_set1_epi8(0x1f);

    while (text.len - at >= 16) {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, back)),
                                    _mm_cmpeq_epi8(_mm_min_epu8(b, low), b));
        unsigned m = (unsigned)_mm_movemask_epi8(stop), high = (unsigned)_mm_movemask_epi8(b);

        if (m) {
            unsigned n = (unsigned)__builtin_ctz(m);

            *ret_ascii = ascii && !(high & ((1u << n) - 1));
            return at + n;
        }
        ascii &= !high;
        at += 16;
    }
#endif
    for (; at < text.len; at++) {
        unsigned char c = (unsigned char)text.at[at];

        if (c == '"' || c == '\\' || c < 0x20)
            break;
        ascii &= c < 0x80;
    }
    *ret_ascii = ascii;
    return at;
}

static int hex4(struct str text, size_t at, uint32_t *ret)
{
    uint32_t c = 0;

    if (text.len - at < 4)
        return SCAN_E_END;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(text.at[at + i]);

        if (digit < 0)
            return SCAN_E_ESCAPE;
        c = c << 4 | (uint32_t)digit;
    }
    *ret = c;
    return 0;
}

static size_t put_utf8(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX, perhaps with a second half; s->at stands behind the u. */
static int unicode(struct scanner *s, char **to)
{
    uint32_t c, second;
    int r = hex4(s->text, s->at, &c);

    if (r)
        return r;
    s->at += 4;
    if (c >= 0xdc00 && c <= 0xdfff)
        return SCAN_E_SURROGATE;
    if (c >= 0xd800 && c <= 0xdbff) {
        if (s->text.len - s->at < 2)
            return SCAN_E_END;
        if (s->text.at[s->at] != '\\' || s->text.at[s->at + 1] != 'u')
            return SCAN_E_SURROGATE;
        r = hex4(s->text, s->at + 2, &second);
        if (r)
            return r;
        if (second < 0xdc00 || second > 0xdfff)
            return SCAN_E_SURROGATE;
        s->at += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (second - 0xdc00);
    }
    *to += put_utf8(c, *to);
    return 0;
}

static int escape(struct scanner *s, char **to)
{
    static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
    const char *found;
    char c;

    if (++s->at >= s->text.len)
        return SCAN_E_END;
    c = s->text.at[s->at];
    if (c == 'u') {
        s->at++;
        return unicode(s, to);
    }
    found = c ? strchr(from, c) : NULL;
    if (!found)
        return SCAN_E_ESCAPE;
    *(*to)++ = is[found - from];
    s->at++;
    return 0;
}

/* What strings become is never longer than what they were, so one piece as long as the text holds all of them. */
static int make_room(struct scanner *s)
{
    size_t need = s->text.len;
    char *texts;

    if (s->texts_size >= need)
        return 0;
    if (need > s->memory_max || s->n * sizeof(*s->values) > s->memory_max - need)
        return SCAN_E_MEMORY;
    texts = malloc(need); /* nothing is in the old one yet: this text is the first of its object */
    if (!texts)
        return -ENOMEM;
    free(s->texts);
    s->texts = texts;
    s->texts_size = need;
    return 0;
}

/* A string with escapes, from its first byte at `begin`; s->at stands at the first escape. */
static int escaped_string(struct scanner *s, size_t begin, bool ascii, struct str *ret)
{
    int r = make_room(s);
    char *start, *to;

    if (r)
        return r;
    start = to = s->texts + s->texts_len;
    memcpy(to, s->text.at + begin, s->at - begin);
    to += s->at - begin;
    for (;;) {
        size_t from = s->at;
        bool is_ascii;

        s->at = plain_until(s->text, from, &is_ascii);
        ascii &= is_ascii;
        memcpy(to, s->text.at + from, s->at - from);
        to += s->at - from;
        if (s->at >= s->text.len)
            return SCAN_E_END;
        if (s->text.at[s->at] == '"')
            break;
        if (s->text.at[s->at] != '\\')
            return SCAN_E_CONTROL;
        r = escape(s, &to);
        if (r)
            return r;
    }
    *ret = (struct str){start, (size_t)(to - start)};
    s->texts_len += ret->len;
    s->at++;
    return ascii ? 0 : utf8_is_valid(*ret) ? 0 : SCAN_E_UTF8;
}

/* s->at stands at the quote; behind the string afterwards, or at the fault. */
static inline int string(struct scanner *s)
{
    size_t begin = s->at + 1, offset = s->at;
    struct str text;
    bool ascii;
    int r;

    s->at = plain_until(s->text, begin, &ascii);
    if (s->at >= s->text.len)
        return SCAN_E_END;
    if (s->text.at[s->at] == '"') {
        text = (struct str){s->text.at + begin, s->at - begin};
        s->at++;
        r = ascii || utf8_is_valid(text) ? 0 : SCAN_E_UTF8;
    } else if (s->text.at[s->at] == '\\') {
        r = escaped_string(s, begin, ascii, &text);
    } else {
        r = SCAN_E_CONTROL;
    }
    if (r == SCAN_E_UTF8)
        s->at = offset;
    return r ? r : add(s, SCAN_STRING, offset, text);
}

/* ---- numbers and words ---- */

static inline bool is_digit(struct scanner *s)
{
    return s->at < s->text.len && s->text.at[s->at] >= '0' && s->text.at[s->at] <= '9';
}

static bool digits(struct scanner *s)
{
    size_t from = s->at;

    while (is_digit(s))
        s->at++;
    return s->at > from;
}

static int number(struct scanner *s)
{
    size_t from = s->at;

    if (s->text.at[s->at] == '-')
        s->at++;
    if (s->at < s->text.len && s->text.at[s->at] == '0')
        s->at++;
    else if (!digits(s))
        return SCAN_E_NUMBER;
    if (is_digit(s))
        return SCAN_E_NUMBER;
    if (s->at < s->text.len && s->text.at[s->at] == '.') {
        s->at++;
        if (!digits(s))
            return SCAN_E_NUMBER;
    }
    if (s->at < s->text.len && (s->text.at[s->at] | 0x20) == 'e') {
        s->at++;
        if (s->at < s->text.len && (s->text.at[s->at] == '+' || s->text.at[s->at] == '-'))
            s->at++;
        if (!digits(s))
            return SCAN_E_NUMBER;
    }
    return add(s, SCAN_NUMBER, from, (struct str){s->text.at + from, s->at - from});
}

static int word(struct scanner *s, struct str is, enum scan_kind kind)
{
    size_t from = s->at;

    if (!str_starts((struct str){s->text.at + from, s->text.len - from}, is))
        return SCAN_E_VALUE;
    s->at += is.len;
    return add(s, kind, from, (struct str){s->text.at + from, is.len});
}

/* ---- keys that come twice ---- */

static inline unsigned key_hash(struct str key)
{
    uint32_t h = (uint32_t)key.len * 31;

    if (key.len)
        h += (uint32_t)(unsigned char)key.at[0] * 7 +
             (uint32_t)(unsigned char)key.at[key.len - 1] * 13 +
             (uint32_t)(unsigned char)key.at[key.len / 2] * 3;
    return h & 63;
}

static bool has_key_before(const struct scan_value *object, const struct scan_value *key,
                           unsigned n)
{
    const struct scan_value *v = object + 1;

    for (unsigned i = 0; i < n; i++) {
        if (str_eq(scan_str(v), scan_str(key)))
            return true;
        v += 1 + v[1].skip;
    }
    return false;
}

static int by_key(const void *a, const void *b)
{
    const struct scan_value *const *x = a, *const *y = b;
    int r = str_cmp(scan_str(*x), scan_str(*y));

    return r ? r : (int)((*x)->offset > (*y)->offset) - (int)((*x)->offset < (*y)->offset);
}

/* The keys of a large object, sorted. 0, SCAN_E_DUPLICATE with s->at at the second one, -ENOMEM. */
static int check_keys(struct scanner *s, const struct scan_value *object)
{
    const struct scan_value **keys = malloc(object->len * sizeof(const struct scan_value *));
    const struct scan_value *v = object + 1;
    int r = 0;

    if (!keys)
        return -ENOMEM;
    for (uint32_t i = 0; i < object->len; i++) {
        keys[i] = v;
        v += 1 + v[1].skip;
    }
    qsort(keys, object->len, sizeof(const struct scan_value *), by_key);
    for (uint32_t i = 1; i < object->len && !r; i++)
        if (str_eq(scan_str(keys[i - 1]), scan_str(keys[i]))) {
            s->at = keys[i]->offset;
            r = SCAN_E_DUPLICATE;
        }
    free(keys);
    return r;
}

/* ---- the loop ---- */

static inline void space(struct scanner *s)
{
    static const uint64_t spaces = UINT64_C(0x2020202020202020);

    while (s->at < s->text.len) {
        char c = s->text.at[s->at];
        uint64_t eight;

        if (c == ' ' && s->text.len - s->at >= 8) {
            memcpy(&eight, s->text.at + s->at, 8);
            if (eight == spaces) {
                s->at += 8;
                continue;
            }
        }
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        s->at++;
    }
}

static int open_level(struct scanner *s, enum scan_kind kind)
{
    int r;

    if (s->depth == SCAN_DEPTH_MAX)
        return SCAN_E_DEPTH;
    r = add(s, kind, s->at, (struct str){s->text.at + s->at, 0});
    if (r)
        return r;
    s->levels[s->depth++] = (struct level){.value = (uint32_t)(s->n - 1)};
    s->at++;
    return 0;
}

static int close_level(struct scanner *s)
{
    struct level *l = &s->levels[s->depth - 1];
    struct scan_value *v = &s->values[l->value];
    int r = 0;

    if (v->kind == SCAN_OBJECT && v->len > KEYS_COMPARED)
        r = check_keys(s, v);
    if (r)
        return r;
    v->skip = (uint32_t)(s->n - l->value);
    s->depth--;
    s->at++;
    return 0;
}

static int key(struct scanner *s, struct level *l)
{
    struct scan_value *object;
    size_t from = s->at;
    uint64_t bit;
    int r;

    if (s->at >= s->text.len)
        return SCAN_E_END;
    if (s->text.at[s->at] != '"')
        return SCAN_E_KEY;
    l->key = (uint32_t)s->n;
    r = string(s);
    if (r)
        return r;
    object = &s->values[l->value];
    bit = UINT64_C(1) << key_hash(scan_str(&s->values[l->key]));
    if (object->len <= KEYS_COMPARED && (l->seen & bit) &&
        has_key_before(object, &s->values[l->key], object->len)) {
        s->at = from;
        return SCAN_E_DUPLICATE;
    }
    l->seen |= bit;
    space(s);
    if (s->at >= s->text.len)
        return SCAN_E_END;
    if (s->text.at[s->at] != ':')
        return SCAN_E_COLON;
    s->at++;
    space(s);
    return 0;
}

static inline int value(struct scanner *s)
{
    if (s->at >= s->text.len)
        return SCAN_E_END;
    switch (s->text.at[s->at]) {
    case '"':
        return string(s);
    case '{':
        return open_level(s, SCAN_OBJECT);
    case '[':
        return open_level(s, SCAN_ARRAY);
    case 't':
        return word(s, STR("true"), SCAN_TRUE);
    case 'f':
        return word(s, STR("false"), SCAN_FALSE);
    case 'n':
        return word(s, STR("null"), SCAN_NULL);
    case '-':
    case '0' ... '9':
        return number(s);
    default:
        return SCAN_E_VALUE;
    }
}

/* The next member or entry of what is open, or its end. */
static inline int next(struct scanner *s, bool *is_first)
{
    struct level *l = &s->levels[s->depth - 1];
    struct scan_value *v = &s->values[l->value];
    char end = v->kind == SCAN_OBJECT ? '}' : ']';
    int r;

    space(s);
    if (s->at >= s->text.len)
        return SCAN_E_END;
    if (s->text.at[s->at] == end && (*is_first || v->len > 0)) {
        *is_first = false;
        return close_level(s);
    }
    if (!*is_first) {
        if (s->text.at[s->at] != ',')
            return SCAN_E_COMMA;
        s->at++;
        space(s);
    }
    if (v->len == SCAN_MEMBERS_MAX)
        return SCAN_E_MEMBERS;
    r = v->kind == SCAN_OBJECT ? key(s, l) : 0;
    if (r)
        return r;
    s->values[l->value].len++;
    *is_first = true; /* of what this value may open */
    r = value(s);
    if (!r && s->values[s->n - 1].kind < SCAN_ARRAY)
        *is_first = false;
    return r;
}

static int read_all(struct scanner *s)
{
    bool is_first = true;
    int r;

    space(s);
    r = value(s);
    while (!r && s->depth)
        r = next(s, &is_first);
    if (r)
        return r;
    space(s);
    return s->at < s->text.len ? SCAN_E_MORE : 0;
}

static int path_member(struct str key, struct buf *out)
{
    int r = out->len ? buf_add_char(out, '.') : 0;

    return r ? r : buf_add_str(out, key);
}

/* The way to what was read last, from the stack. */
static void tell_place(struct scanner *s, struct scan_place *ret)
{
    ret->offset = MIN_OF(s->at, s->text.len);
    buf_clear(&ret->path);
    for (unsigned i = 0; i < s->depth; i++) {
        const struct level *l = &s->levels[i];
        const struct scan_value *v = &s->values[l->value];

        if (v->kind == SCAN_ARRAY)
            IGNORE(buf_printf(&ret->path, "[%u]", v->len ? v->len - 1 : 0), "a long path is cut");
        else if (l->key && l->key < s->n)
            IGNORE(path_member(scan_str(&s->values[l->key]), &ret->path), "a long path is cut");
    }
}

int scanner_read(struct scanner *s, struct str text, const struct scan_value **ret,
                 struct scan_place *ret_place)
{
    int r;

    /* What one large text needed is not kept beside what the next needs of the other kind. */
    if (s->texts_size > KEPT_MAX && s->texts_size > text.len) {
        free(s->texts);
        s->texts = NULL;
        s->texts_size = 0;
    }
    if (s->size > KEPT_MAX / sizeof(*s->values)) {
        free(s->values);
        s->values = NULL;
        s->size = 0;
    }
    s->text = text;
    s->at = s->n = s->texts_len = 0;
    s->depth = 0;
    r = text.len > UINT32_MAX ? SCAN_E_MEMORY : read_all(s);
    if (r > 0) {
        tell_place(s, ret_place);
        if (buf_error(&ret_place->path) == -ENOMEM)
            return -ENOMEM;
    } else if (!r) {
        *ret = s->values;
    }
    return r;
}

/* ---- looking at what was read ---- */

const struct scan_value *scan_member(const struct scan_value *object, struct str name)
{
    const struct scan_value *v;

    if (!object || object->kind != SCAN_OBJECT)
        return NULL;
    v = object + 1;
    for (uint32_t i = 0; i < object->len; i++) {
        if (v->len == name.len && memcmp(v->at, name.at, name.len) == 0)
            return v + 1;
        v += 1 + v[1].skip;
    }
    return NULL;
}

struct str scan_text(const struct scan_value *object, struct str name)
{
    const struct scan_value *v = scan_member(object, name);

    return v && v->kind == SCAN_STRING ? scan_str(v) : STR_NONE;
}

int scan_path(const struct scan_value *root, const struct scan_value *v, struct buf *out)
{
    const struct scan_value *in = root;

    while (in < v && in->kind >= SCAN_ARRAY) {
        const struct scan_value *c = in + 1;
        bool is_object = in->kind == SCAN_OBJECT;
        uint32_t i = 0;

        while (i + 1 < in->len && v >= c + is_object + c[is_object].skip) {
            c += is_object + c[is_object].skip;
            i++;
        }
        if (is_object)
            path_member(scan_str(c), out);
        else
            buf_printf(out, "[%u]", i);
        if (v <= c)
            break;
        in = c + is_object;
    }
    return buf_error(out);
}

/* ---- where a value ends ---- */

/* Within a string; false: it had ended with its line, and `c` stands outside. */
static bool in_string(struct scan_skip *s, char c)
{
    if (c == '\n') {
        s->is_broken = s->is_behind_break = true;
        s->is_escaped = false;
        return true;
    }
    if (s->is_behind_break && c != ' ' && c != '\t' && c != '\r') {
        s->is_behind_break = false;
        s->in_string = !strchr("\"}],", c) || !c;
        if (!s->in_string)
            return false;
    }
    if (s->is_escaped)
        s->is_escaped = false;
    else if (c == '\\')
        s->is_escaped = true;
    else if (c == '"')
        s->in_string = false;
    return true;
}

size_t scan_skip_plain(struct scan_skip *s, struct str piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.at[i];

        if (s->in_string && in_string(s, c))
            continue;
        if (c == '"')
            s->in_string = true;
        else if ((c | 0x20) == '{')
            s->depth++;
        else if ((c | 0x20) == '}' && --s->depth == 0)
            return i + 1;
    }
    return piece.len;
}

#ifdef __SSE2__
#define BLOCK 64u

struct block_masks {
    uint64_t quote, back, open, close, line_break;
};

static inline struct block_masks look(const char *at)
{
    struct block_masks m = {0};

    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        __m128i low = _mm_or_si128(b, _mm_set1_epi8(0x20));

        m.quote |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(b, _mm_set1_epi8('"')))
                   << i;
        m.back |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(b, _mm_set1_epi8('\\')))
                  << i;
        m.line_break |=
            (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(b, _mm_set1_epi8('\n'))) << i;
        m.open |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(low, _mm_set1_epi8('{')))
                  << i;
        m.close |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(low, _mm_set1_epi8('}')))
                   << i;
    }
    return m;
}

/* The bytes that stand behind a backslash which is not itself behind one; *carry: the first is, and whether the next block's first is. */
static inline uint64_t escaped_of(uint64_t back, uint64_t *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t follows, odd_starts, even_runs;

    if (!back) {
        uint64_t first = *carry;

        *carry = 0;
        return first;
    }
    back &= ~*carry;
    follows = back << 1 | *carry;
    odd_starts = back & ~even & ~follows;
    *carry = __builtin_add_overflow(odd_starts, back, &even_runs);
    return (even ^ even_runs << 1) & follows;
}

static inline uint64_t prefix_xor(uint64_t m)
{
    for (unsigned by = 1; by < 64; by *= 2)
        m ^= m << by;
    return m;
}

/* Bytes of the block up to the end of the value; BLOCK when it goes on. */
static inline size_t brackets(struct scan_skip *s, uint64_t open, uint64_t close)
{
    uint64_t both = open | close;
    unsigned n_close = (unsigned)__builtin_popcountll(close);

    if (s->depth > n_close) {
        s->depth += (unsigned)__builtin_popcountll(open);
        s->depth -= n_close;
        return BLOCK;
    }
    for (; both; both &= both - 1) {
        unsigned i = (unsigned)__builtin_ctzll(both);

        if (open >> i & 1)
            s->depth++;
        else if (--s->depth == 0)
            return i + 1;
    }
    return BLOCK;
}

size_t scan_skip(struct scan_skip *s, struct str piece)
{
    size_t at = 0;

    while (piece.len - at >= BLOCK) {
        struct block_masks m = look(piece.at + at);
        uint64_t carry = s->is_escaped, escaped = escaped_of(m.back, &carry);
        uint64_t within = prefix_xor(m.quote & ~escaped) ^ (s->in_string ? ~UINT64_C(0) : 0);
        size_t n;

        /* Backslashes outside strings are no JSON either: the plain way sees to both. */
        if ((m.line_break & within) || (m.back & ~within) || s->is_behind_break) {
            n = scan_skip_plain(s, (struct str){piece.at + at, BLOCK});
        } else {
            n = brackets(s, m.open & ~within, m.close & ~within);
            s->in_string = n == BLOCK && within >> 63;
            s->is_escaped = n == BLOCK && carry;
        }
        at += n;
        if (s->depth == 0)
            return at;
    }
    return at + scan_skip_plain(s, (struct str){piece.at + at, piece.len - at});
}
#else
size_t scan_skip(struct scan_skip *s, struct str piece)
{
    return scan_skip_plain(s, piece);
}
#endif

/* ---- lines ---- */

static size_t n_characters(struct str bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i++) /* the compiler makes vectors of this */
        n += ((unsigned char)bytes.at[i] & 0xc0) != 0x80;
    return n;
}

static size_t n_line_breaks(struct str bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i++)
        n += bytes.at[i] == '\n';
    return n;
}

void scan_line_pass(struct scan_line *l, struct str bytes)
{
    const char *last = bytes.len ? memrchr(bytes.at, '\n', bytes.len) : NULL;

    if (last) {
        l->line += n_line_breaks((struct str){bytes.at, (size_t)(last - bytes.at)}) + 1;
        l->column = 1;
        bytes.len -= (size_t)(last + 1 - bytes.at);
        bytes.at = last + 1;
    }
    l->column += n_characters(bytes);
}
