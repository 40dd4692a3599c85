/* One test of a pattern over one object: the path leads to values, each of which is held against the literals until one fits. */
#include "intel/pattern-inside.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "intel/jcs.h"

#include <arpa/inet.h>
#include <errno.h>

#define REGEX_STEPS 100000u /* of PCRE2's own counting, for one value */
#define REGEX_DEPTH 1000u
#define REGEX_HEAP_KIB 1024u
#define BYTES_MAX ((size_t)32 << 20)
#define BYTES_A_STEP 64u

struct walk {
    const struct pattern_node *test;
    const struct pattern_observation *o;
    struct pattern_steps *steps;
    bool holds;
};

static bool spend(struct pattern_steps *s, size_t n)
{
    bool can = s->left >= n;

    s->left = can ? s->left - n : 0;
    s->is_maybe |= !can;
    return can;
}

/* ---- what a value is compared as ---- */

/* Text (for LIKE and MATCHES in NFC), or bytes where the property's name says that it holds them encoded. */
struct operand {
    struct str text, bytes;
    bool is_text, has_bytes;
    struct buf made, made_bytes;
};

static void operand_done(struct operand *v)
{
    buf_done(&v->made);
    buf_done(&v->made_bytes);
}

static int latin_bytes(struct operand *v)
{
    int r = 0;

    for (size_t at = 0; at < v->text.len && !r;) {
        uint32_t c = utf8_next(v->text, &at);

        if (c > 0xff)
            return 0;
        r = buf_add_char(&v->made_bytes, (char)(unsigned char)c);
    }
    v->has_bytes = !r;
    v->bytes = buf_str(&v->made_bytes);
    return r;
}

static int decode(struct operand *v, struct str text, bool is_hex)
{
    int r;

    if (is_hex) {
        void *out = text.len % 2 ? NULL : buf_grow(&v->made_bytes, text.len / 2);

        if (text.len && !out)
            return text.len % 2 ? 0 : buf_error(&v->made_bytes);
        r = text.len ? hex_parse(text, out, text.len / 2) : 0;
    } else {
        r = text.len ? base64_parse(text, &v->made_bytes) : 0;
    }
    if (r < 0)
        return r;
    v->has_bytes = r == 0;
    v->bytes = buf_str(&v->made_bytes);
    return 0;
}

/* `name`: of the property that holds the value. */
static int operand_init(struct operand *v, const struct scan_value *value, struct str name,
                        enum pattern_operator op)
{
    bool is_hex = str_ends(name, STR("_hex")), is_bin = str_ends(name, STR("_bin"));
    int r;

    *v = (struct operand){0};
    buf_init(&v->made, BYTES_MAX);
    buf_init(&v->made_bytes, BYTES_MAX);
    if (value->kind != SCAN_STRING)
        return 0;
    if (is_hex || is_bin)
        return decode(v, scan_str(value), is_hex);
    v->is_text = true;
    v->text = scan_str(value);
    if (op != OP_LIKE && op != OP_MATCHES)
        return 0;
    r = utf8_check_nfc(v->text);
    if (r == UTF8_E_FORM) {
        r = utf8_nfc(v->text, true, &v->made);
        if (!r)
            v->text = buf_str(&v->made);
        r = r < 0 ? r : 0;
    }
    return r;
}

/* ---- operators ---- */

static bool is_order(enum pattern_operator op, int cmp)
{
    switch (op) {
    case OP_LT:
        return cmp < 0;
    case OP_LE:
        return cmp <= 0;
    case OP_GT:
        return cmp > 0;
    case OP_GE:
        return cmp >= 0;
    case OP_NE:
        return cmp != 0;
    default:
        return cmp == 0;
    }
}

/* Of things that cannot be compared only "differs" holds. */
static bool without_comparing(enum pattern_operator op)
{
    return op == OP_NE;
}

static bool compare_number(enum pattern_operator op, const struct scan_value *v,
                           const struct pattern_literal *l)
{
    double d;

    if ((l->kind != LITERAL_INTEGER && l->kind != LITERAL_FLOAT) || jcs_double(scan_str(v), &d))
        return without_comparing(op);
    return is_order(op, d < l->number ? -1 : d > l->number);
}

static bool compare_time(struct walk *w, enum pattern_operator op, struct str text,
                         const struct pattern_literal *l)
{
    struct stix_time t;

    if (!stix_time_read(text, &t)) {
        w->steps->is_bad_data = true;
        return false;
    }
    return is_order(op, stix_time_cmp(t, l->time));
}

static bool compare_string(struct walk *w, enum pattern_operator op, struct operand *v,
                           const struct pattern_literal *l)
{
    if (l->kind == LITERAL_TIME && v->is_text)
        return compare_time(w, op, v->text, l);
    if (l->kind == LITERAL_TEXT && v->is_text)
        return is_order(op, str_cmp(v->text, l->text));
    if (l->kind != LITERAL_TEXT && l->kind != LITERAL_HEX && l->kind != LITERAL_BINARY)
        return without_comparing(op);
    if (v->is_text && latin_bytes(v)) {
        w->steps->error = -ENOMEM;
        return false;
    }
    if (!v->has_bytes || !l->has_bytes)
        return without_comparing(op);
    return is_order(op, str_cmp(v->bytes, l->bytes));
}

static bool compare(struct walk *w, enum pattern_operator op, const struct scan_value *v,
                    struct operand *o, const struct pattern_literal *l)
{
    if (v->kind == SCAN_NUMBER)
        return compare_number(op, v, l);
    if (v->kind == SCAN_TRUE || v->kind == SCAN_FALSE) {
        if (l->kind != LITERAL_BOOLEAN)
            return without_comparing(op);
        return is_order(op, (v->kind == SCAN_TRUE) - (int)l->is_true);
    }
    if (v->kind == SCAN_STRING)
        return compare_string(w, op, o, l);
    return without_comparing(op);
}

/* % any number of characters, _ one; over bytes when the value is bytes. Linear but for the last % to which it goes back. */
static bool like(struct str text, struct str pattern, bool is_text)
{
    size_t t = 0, p = 0, back_t = 0, back_p = SIZE_MAX;

    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '%') {
            back_p = ++p;
            back_t = t;
            continue;
        }
        if (p < pattern.len && pattern.at[p] == '_') {
            p++;
            if (is_text)
                (void)utf8_next(text, &t);
            else
                t++;
            continue;
        }
        if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
            continue;
        }
        if (back_p == SIZE_MAX)
            return false;
        p = back_p;
        if (is_text)
            (void)utf8_next(text, &back_t);
        else
            back_t++;
        t = back_t;
    }
    while (p < pattern.len && pattern.at[p] == '%')
        p++;
    return p == pattern.len;
}

static bool test_like(struct walk *w, const struct operand *v)
{
    const struct pattern_literal *l = w->test->literals;
    struct str text = v->is_text ? v->text : v->bytes, pattern = v->is_text ? l->text : l->bytes;

    if ((!v->is_text && !v->has_bytes) || (!v->is_text && !l->has_bytes))
        return false;
    /* At worst each character begins the rest of the pattern anew. */
    if (!spend(w->steps, text.len / BYTES_A_STEP * (1 + pattern.len / BYTES_A_STEP)))
        return false;
    return like(text, pattern, v->is_text);
}

static bool run_regex(struct walk *w, const pcre2_code *code, struct str text)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int r = PCRE2_ERROR_NOMEMORY;

    if (context && data) {
        pcre2_set_match_limit(context, REGEX_STEPS);
        pcre2_set_depth_limit(context, REGEX_DEPTH);
        pcre2_set_heap_limit(context, REGEX_HEAP_KIB);
        r = pcre2_match(code, (PCRE2_SPTR)(text.at ? text.at : ""), text.len, 0, 0, data, context);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    if (r == PCRE2_ERROR_NOMEMORY)
        w->steps->error = -ENOMEM;
    w->steps->is_maybe |= r < 0 && r != PCRE2_ERROR_NOMATCH;
    return r >= 0;
}

static bool test_matches(struct walk *w, const struct operand *v)
{
    if (!spend(w->steps, 1 + (v->is_text ? v->text.len : v->bytes.len) / BYTES_A_STEP))
        return false;
    if (v->is_text)
        return run_regex(w, w->test->regex, v->text);
    return v->has_bytes && w->test->regex_bytes && run_regex(w, w->test->regex_bytes, v->bytes);
}

struct net {
    uint8_t bytes[16];
    unsigned size; /* 4 or 16 bytes */
    unsigned bits;
};

static bool net_read(struct str text, struct net *ret)
{
    char address[INET6_ADDRSTRLEN];
    struct str rest = text, s = text;
    uint64_t bits;

    if (!str_split(&rest, '/', &s) || s.len >= sizeof(address))
        return false;
    memcpy(address, s.at, s.len);
    address[s.len] = '\0';
    if (strlen(address) != s.len)
        return false;
    ret->size = inet_pton(AF_INET, address, ret->bytes) == 1    ? 4
                : inet_pton(AF_INET6, address, ret->bytes) == 1 ? 16
                                                                : 0;
    ret->bits = ret->size * 8;
    if (rest.at && str_to_u64(rest, 0, ret->bits, &bits))
        return false;
    if (rest.at)
        ret->bits = (unsigned)bits;
    return ret->size > 0;
}

static bool is_subset(const struct net *a, const struct net *b)
{
    unsigned whole = b->bits / 8, rest = b->bits % 8;

    if (a->size != b->size || a->bits < b->bits || memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

static bool test_subset(struct walk *w, const struct operand *v)
{
    struct net value, literal;

    if (!v->is_text || !net_read(v->text, &value) || !net_read(w->test->literals[0].text, &literal))
        return false;
    return w->test->op == OP_SUBSET ? is_subset(&value, &literal) : is_subset(&literal, &value);
}

static bool test_in(struct walk *w, const struct scan_value *v, struct operand *o)
{
    bool is_in = false;

    for (unsigned i = 0; i < w->test->n_literals && !w->steps->is_bad_data && !w->steps->error;
         i++) {
        if (!spend(w->steps, 1))
            return false;
        is_in |= compare(w, OP_EQ, v, o, &w->test->literals[i]);
    }
    return is_in;
}

static bool test_value(struct walk *w, const struct scan_value *v, struct operand *o)
{
    switch (w->test->op) {
    case OP_EXISTS:
        return true;
    case OP_IN:
        return test_in(w, v, o);
    case OP_LIKE:
        return v->kind == SCAN_STRING && test_like(w, o);
    case OP_MATCHES:
        return v->kind == SCAN_STRING && test_matches(w, o);
    case OP_SUBSET:
    case OP_SUPERSET:
        return test_subset(w, o);
    default:
        return compare(w, w->test->op, v, o, w->test->literals);
    }
}

/* A limit within it leaves it open, negated or not. */
static void at_value(struct walk *w, const struct scan_value *v, struct str name)
{
    bool was_maybe = w->steps->is_maybe;
    struct operand o;
    int r;

    if (!spend(w->steps, 1 + (v->kind == SCAN_STRING ? v->len / BYTES_A_STEP : 0)))
        return;
    r = operand_init(&o, v, name, w->test->op);
    if (r) {
        w->steps->error = r;
    } else {
        bool fits;

        w->steps->is_maybe = false;
        fits = test_value(w, v, &o) != w->test->is_negated;
        w->holds |= fits && !w->steps->is_maybe && !w->steps->is_bad_data && !w->steps->error;
        w->steps->is_maybe |= was_maybe;
    }
    operand_done(&o);
}

/* ---- the path ---- */

static const struct scan_value *object_of(const struct pattern_object *list, size_t n,
                                          struct str key, struct pattern_steps *steps)
{
    for (size_t i = 0; i < n; i++)
        if (!spend(steps, i % 8 == 0) || str_eq(list[i].key, key))
            return steps->is_maybe ? NULL : list[i].value;
    return NULL;
}

static const struct scan_value *referred(struct walk *w, struct str key)
{
    const struct scan_value *v = object_of(w->o->objects, w->o->n_objects, key, w->steps);

    return v ? v : object_of(w->o->referred, w->o->n_referred, key, w->steps);
}

/* From the value on, the steps from `i` on; `name` is the last property's, and refers where it ends in _ref or _refs. The depth is that of the path. */
static void walk(struct walk *w, const struct scan_value *v, unsigned i, struct str name)
{
    const struct pattern_step *step;
    bool is_ref = str_ends(name, STR("_ref")) || str_ends(name, STR("_refs"));

    if (w->holds || w->steps->is_bad_data || w->steps->error || !spend(w->steps, 1))
        return;
    if (i == w->test->n_steps) {
        at_value(w, v, name);
        return;
    }
    step = &w->test->steps[i];
    if (step->kind == STEP_KEY) {
        if (v->kind == SCAN_STRING && is_ref)
            v = referred(w, scan_str(v));
        v = v ? scan_member(v, step->key) : NULL;
        if (v)
            walk(w, v, i + 1, step->key);
    } else if (v->kind == SCAN_ARRAY) {
        const struct scan_value *entry = v + 1;

        for (uint32_t k = 0; k < v->len; k++, entry += entry->skip)
            if (step->kind == STEP_ANY || step->index == k)
                walk(w, entry, i + 1, name);
    }
}

bool pattern_test(const struct pattern_node *test, const struct pattern_observation *o,
                  const struct scan_value *object, struct pattern_steps *steps)
{
    struct walk w = {.test = test, .o = o, .steps = steps};

    steps->is_maybe = false;
    if (test->op == OP_EXISTS && test->is_negated) {
        struct pattern_node plain = *test;

        plain.is_negated = false;
        return !pattern_test(&plain, o, object, steps) && !steps->is_maybe && !steps->is_bad_data &&
               !steps->error;
    }
    walk(&w, object, 0, STR_NONE);
    if (w.holds)
        steps->is_maybe = false;
    return w.holds;
}
