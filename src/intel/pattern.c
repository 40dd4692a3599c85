/* Reading by recursive descent over tokens, printing by walking the tree. Several operands of one operator stand beside each other under one node, so that the
 * tree is only as deep as the brackets and qualifiers are. */
#include "intel/pattern.h"

#include "intel/pattern-token.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "intel/jcs.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)
#define LITERALS_MAX PATTERN_NODES_MAX
#define STEPS_MAX 64u
#define LATIN_MAX 0xffu

/* ---- nodes ---- */

static struct pattern_node *node(struct parser *s, enum pattern_kind kind)
{
    struct pattern_node *n;

    if (s->p->n_nodes++ >= PATTERN_NODES_MAX) {
        parser_fail(s, PATTERN_E_LIMIT, s->token.offset);
        return NULL;
    }
    n = arena_alloc(s->p->arena, sizeof(*n));
    if (!n)
        parser_fail(s, -ENOMEM, s->token.offset);
    else
        n->kind = kind;
    return n;
}

/* One operand stays itself; several come under a node of the kind, those of the same kind in brackets among them. */
typedef struct pattern_node *reader(struct parser *s);

static struct pattern_node *joined(struct parser *s, enum pattern_kind kind, const char *between,
                                   reader *operand)
{
    struct pattern_node *first = operand(s), *all, **end;

    if (s->error || !parser_is_word(s, between))
        return first;
    all = node(s, kind);
    if (!all)
        return NULL;
    end = &all->first;
    for (struct pattern_node *n = first;; n = operand(s)) {
        if (s->error)
            return NULL;
        *end = n->kind == kind ? n->first : n;
        while (*end)
            end = &(*end)->next;
        if (!parser_take(s, parser_is_word(s, between)))
            return s->error ? NULL : all;
    }
}

/* ---- literals ---- */

/* The one form of a number: no plus, no needless zeros, a digit on both sides of the point. */
static bool number_form(struct parser *s, struct str t, struct pattern_literal *ret)
{
    struct str whole = t, fraction = STR_NONE;
    bool is_negative = t.len && t.at[0] == '-', has_point = memchr(t.at, '.', t.len) != NULL;
    char *out;
    int r;

    if (t.at[0] == '+' || t.at[0] == '-') {
        whole.at++;
        whole.len--;
    }
    t = whole;
    str_split(&t, '.', &whole);
    fraction = t;
    if (has_point ? !fraction.len || memchr(fraction.at, '.', fraction.len)
                  : !whole.len || (whole.len > 1 && whole.at[0] == '0'))
        return false;
    while (whole.len > 1 && whole.at[0] == '0') {
        whole.at++;
        whole.len--;
    }
    while (fraction.len > 1 && fraction.at[fraction.len - 1] == '0')
        fraction.len--;
    if (!whole.len)
        whole = STR("0");
    if (str_eq(whole, STR("0")) && (!has_point || str_eq(fraction, STR("0"))))
        is_negative = false;
    out = arena_printf(s->p->arena, "%s%.*s%s%.*s", is_negative ? "-" : "", STR_ARG(whole),
                       has_point ? "." : "", STR_ARG(fraction));
    if (!out) {
        parser_fail(s, -ENOMEM, 0);
        return true;
    }
    ret->kind = has_point ? LITERAL_FLOAT : LITERAL_INTEGER;
    ret->text = str_of(out);
    r = jcs_double(ret->text, &ret->number);
    if (r < 0)
        parser_fail(s, r, s->token.offset);
    return r == 0;
}

static bool as_bytes(struct parser *s, struct str text, struct str *ret)
{
    char *out = arena_alloc(s->p->arena, text.len);
    size_t n = 0;

    if (!out) {
        parser_fail(s, -ENOMEM, 0);
        return false;
    }
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);

        if (c > LATIN_MAX)
            return false;
        out[n++] = (char)(unsigned char)c;
    }
    *ret = (struct str){out, n};
    return true;
}

static void text_literal(struct parser *s, struct str text, struct pattern_literal *ret)
{
    ret->kind = LITERAL_TEXT;
    ret->text = text;
    ret->has_bytes = as_bytes(s, text, &ret->bytes);
}

/* What LIKE and MATCHES are given is compared in NFC; `=` and its kind compare code points. */
static void to_nfc(struct parser *s, struct pattern_literal *ret)
{
    CLEANUP(buf_done) struct buf nfc;
    struct str text = ret->text;
    int r = utf8_check_nfc(text);

    buf_init(&nfc, 4 * PATTERN_TEXT_MAX);
    if (r != UTF8_E_FORM) {
        if (r)
            parser_fail(s, r < 0 ? r : PATTERN_E_UTF8, s->token.offset);
        return;
    }
    r = utf8_nfc(text, true, &nfc);
    if (r == UTF8_E_CONTROL)
        return; /* compared as it is written */
    if (r)
        parser_fail(s, r < 0 ? r : PATTERN_E_UTF8, s->token.offset);
    ret->text = arena_str(s->p->arena, buf_str(&nfc));
}

static bool time_literal(struct parser *s, struct str text, struct pattern_literal *ret)
{
    char *out;

    ret->kind = LITERAL_TIME;
    if (!stix_time_read(text, &ret->time))
        return false;
    out = arena_printf(s->p->arena, "%.19s%s%.*sZ", text.at, ret->time.fraction.len ? "." : "",
                       STR_ARG(ret->time.fraction));
    ret->text = out ? str_of(out) : STR_NONE;
    return out && stix_time_read(ret->text, &ret->time); /* its fraction lies in our own text now */
}

static bool bytes_literal(struct parser *s, struct str text, bool is_hex,
                          struct pattern_literal *ret)
{
    CLEANUP(buf_done) struct buf bytes;
    char *form = arena_strdup(s->p->arena, text);
    int r = 0;

    buf_init(&bytes, PATTERN_TEXT_MAX);
    if (!form)
        return false; /* the arena tells why */
    if (is_hex && text.len) {
        char *out = text.len % 2 ? NULL : buf_grow(&bytes, text.len / 2);

        r = text.len % 2 ? CODEC_E_SYNTAX : !out ? -ENOMEM : hex_parse(text, out, text.len / 2);
        for (size_t i = 0; i < text.len; i++)
            form[i] = (char)(form[i] >= 'A' && form[i] <= 'F' ? form[i] | 0x20 : form[i]);
    } else if (text.len) {
        r = base64_parse(text, &bytes);
    }
    if (r < 0)
        parser_fail(s, r, s->token.offset);
    ret->kind = is_hex ? LITERAL_HEX : LITERAL_BINARY;
    ret->text = str_of(form);
    ret->bytes = arena_str(s->p->arena, buf_str(&bytes));
    ret->has_bytes = true;
    return r == 0;
}

static int literal(struct parser *s, struct pattern_literal *ret)
{
    struct token t = s->token;
    bool is_right = true;

    if (s->p->n_nodes++ >= PATTERN_NODES_MAX)
        return parser_fail(s, PATTERN_E_LIMIT, t.offset);
    if (t.kind == TOKEN_TEXT)
        text_literal(s, t.text, ret);
    else if (t.kind == TOKEN_NUMBER)
        is_right = number_form(s, t.text, ret);
    else if (parser_is_word(s, "true") || parser_is_word(s, "false"))
        *ret = (struct pattern_literal){.kind = LITERAL_BOOLEAN,
                                        .text = str_of(parser_is_word(s, "true") ? "true" : "false"),
                                        .is_true = parser_is_word(s, "true")};
    else if (t.kind == TOKEN_SPECIAL && t.special == 't')
        is_right = time_literal(s, t.text, ret);
    else if (t.kind == TOKEN_SPECIAL)
        is_right = bytes_literal(s, t.text, t.special == 'h', ret);
    else
        return parser_fail_here(s, PATTERN_E_OPERAND);
    if (arena_error(s->p->arena))
        return parser_fail(s, -ENOMEM, t.offset);
    if (!is_right)
        return parser_fail(s, PATTERN_E_LITERAL, t.offset);
    if (!s->error)
        parser_advance(s);
    return s->error;
}

/* ---- tests ---- */

static bool like_each_other(const struct pattern_literal *a, const struct pattern_literal *b)
{
    bool a_number = a->kind == LITERAL_INTEGER || a->kind == LITERAL_FLOAT,
         b_number = b->kind == LITERAL_INTEGER || b->kind == LITERAL_FLOAT;

    return a->kind == b->kind || (a_number && b_number);
}

static int keep_literals(struct parser *s, struct pattern_node *n, const struct buf *list)
{
    n->n_literals = (unsigned)(list->len / sizeof(struct pattern_literal));
    n->literals =
        arena_alloc_n(s->p->arena, MAX_OF(n->n_literals, 1u), sizeof(struct pattern_literal));
    if (!n->literals)
        return parser_fail(s, -ENOMEM, 0);
    if (list->len)
        memcpy(n->literals, list->at, list->len);
    return 0;
}

static int set(struct parser *s, struct pattern_node *n)
{
    CLEANUP(buf_done) struct buf list;
    size_t offset = s->token.offset;
    struct pattern_literal first = {0}, one;

    buf_init(&list, LITERALS_MAX * sizeof(one));
    n->is_set = true;
    if (!parser_take(s, parser_is_sign(s, "(")))
        return parser_fail_here(s, PATTERN_E_OPERAND);
    while (!parser_is_sign(s, ")")) {
        memset(&one, 0, sizeof(one));
        offset = s->token.offset;
        if (list.len && !parser_take(s, parser_is_sign(s, ",")))
            return parser_fail_here(s, PATTERN_E_BRACKET);
        if (literal(s, &one))
            return s->error;
        if (!list.len)
            first = one;
        if (!like_each_other(&first, &one))
            return parser_fail(s, PATTERN_E_MIXED, offset);
        if (buf_add(&list, &one, sizeof(one)))
            return parser_fail(s, buf_error(&list) == -ENOMEM ? -ENOMEM : PATTERN_E_LIMIT, offset);
    }
    parser_take(s, true);
    return s->error ? s->error : keep_literals(s, n, &list);
}

/* 0, PATTERN_E_REGEX, -ENOMEM. */
static int compile(struct str text, uint32_t options, pcre2_code **ret)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    PCRE2_SIZE offset;
    int error;

    if (!context)
        return -ENOMEM;
    pcre2_set_parens_nest_limit(context, PATTERN_DEPTH_MAX);
    *ret =
        pcre2_compile((PCRE2_SPTR)(text.at ? text.at : ""), text.len,
                      options | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOTALL, &error, &offset, context);
    pcre2_compile_context_free(context);
    return *ret ? 0 : error == PCRE2_ERROR_HEAP_FAILED ? -ENOMEM : PATTERN_E_REGEX;
}

static size_t size_of(const pcre2_code *code)
{
    size_t size = 0;

    if (code)
        IGNORE(pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size), "it has one");
    return size;
}

static int regex(struct parser *s, struct pattern_node *n, size_t offset)
{
    int r;

    n->next_regex = s->p->regexes;
    s->p->regexes = n;
    r = compile(n->literals[0].text, PCRE2_UTF | PCRE2_UCP, &n->regex);
    if (!r && n->literals[0].has_bytes)
        r = compile(n->literals[0].bytes, 0, &n->regex_bytes);
    s->p->regex_size += size_of(n->regex) + size_of(n->regex_bytes);
    if (!r && s->p->regex_size > PATTERN_REGEX_MAX)
        r = PATTERN_E_LIMIT;
    return r ? parser_fail(s, r, offset) : 0;
}

static int operand(struct parser *s, struct pattern_node *n)
{
    struct pattern_literal one = {0};
    size_t offset = s->token.offset;

    if (n->op == OP_IN)
        return set(s, n);
    if (n->op >= OP_LIKE && s->token.kind != TOKEN_TEXT)
        return parser_fail_here(s, PATTERN_E_OPERAND);
    if (literal(s, &one))
        return s->error;
    n->n_literals = 1;
    n->literals = arena_alloc(s->p->arena, sizeof(one));
    if (!n->literals)
        return parser_fail(s, -ENOMEM, offset);
    if (n->op == OP_LIKE || n->op == OP_MATCHES)
        to_nfc(s, &one);
    *n->literals = one;
    if (s->error)
        return s->error;
    return n->op == OP_MATCHES ? regex(s, n, offset) : 0;
}

static int operator(struct parser *s, struct pattern_node *n)
{
    static const struct {
        const char *text;
        enum pattern_operator op;
    } operators[] = {{"=", OP_EQ},
                     {"==", OP_EQ},
                     {"!=", OP_NE},
                     {"<>", OP_NE},
                     {"<", OP_LT},
                     {"<=", OP_LE},
                     {">", OP_GT},
                     {">=", OP_GE},
                     {"IN", OP_IN},
                     {"LIKE", OP_LIKE},
                     {"MATCHES", OP_MATCHES},
                     {"ISSUBSET", OP_SUBSET},
                     {"ISSUPERSET", OP_SUPERSET}};

    n->is_negated = parser_take(s, parser_is_word(s, "NOT"));
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (parser_is_sign(s, operators[i].text) || parser_is_word(s, operators[i].text)) {
            n->op = operators[i].op;
            parser_advance(s);
            return s->error;
        }
    return parser_fail_here(s, PATTERN_E_OPERATOR);
}

static int key(struct parser *s, struct pattern_step *step)
{
    step->kind = STEP_KEY;
    step->key = s->token.text;
    if (s->token.kind != TOKEN_TEXT &&
        (s->token.kind != TOKEN_WORD || s->token.has_hyphen || pattern_is_keyword(s->token.text)))
        return parser_fail_here(s, PATTERN_E_PATH);
    if (s->token.kind == TOKEN_WORD)
        step->key = arena_str(s->p->arena, s->token.text);
    parser_take(s, true);
    return s->error;
}

static int list_step(struct parser *s, struct pattern_step *step)
{
    uint64_t n = 0;

    step->kind = parser_is_sign(s, "*") ? STEP_ANY : STEP_INDEX;
    if (step->kind == STEP_INDEX &&
        (s->token.kind != TOKEN_NUMBER || str_to_u64(s->token.text, 0, UINT32_MAX, &n) ||
         (s->token.text.len > 1 && s->token.text.at[0] == '0')))
        return parser_fail_here(s, PATTERN_E_PATH);
    step->index = (uint32_t)n;
    parser_take(s, true);
    return parser_take(s, parser_is_sign(s, "]")) ? 0 : parser_fail_here(s, PATTERN_E_BRACKET);
}

static int path(struct parser *s, struct pattern_node *n)
{
    struct pattern_step steps[STEPS_MAX] = {{.kind = STEP_KEY}};

    if (s->token.kind != TOKEN_WORD || pattern_is_keyword(s->token.text))
        return parser_fail_here(s, PATTERN_E_COMPARISON);
    n->type = arena_str(s->p->arena, s->token.text);
    parser_take(s, true);
    if (!parser_take(s, parser_is_sign(s, ":")))
        return parser_fail_here(s, PATTERN_E_PATH);
    if (key(s, &steps[n->n_steps++]))
        return s->error;
    while (parser_is_sign(s, ".") || parser_is_sign(s, "[")) {
        bool is_key = parser_is_sign(s, ".");

        if (n->n_steps == STEPS_MAX)
            return parser_fail_here(s, PATTERN_E_LIMIT);
        parser_take(s, true);
        if (is_key ? key(s, &steps[n->n_steps]) : list_step(s, &steps[n->n_steps]))
            return s->error;
        n->n_steps++;
    }
    n->steps = arena_alloc_n(s->p->arena, n->n_steps, sizeof(*n->steps));
    if (!n->steps)
        return parser_fail(s, -ENOMEM, 0);
    memcpy(n->steps, steps, n->n_steps * sizeof(*n->steps));
    return s->error;
}

static reader comparison, observations;

static struct pattern_node *bracketed(struct parser *s, reader *inner, const char *end)
{
    struct pattern_node *n = NULL;

    if (++s->depth > PATTERN_DEPTH_MAX)
        parser_fail_here(s, PATTERN_E_LIMIT);
    else if (parser_take(s, true))
        n = inner(s);
    s->depth--;
    if (!s->error && !parser_take(s, parser_is_sign(s, end)) && !s->error)
        parser_fail_here(s, PATTERN_E_BRACKET);
    return s->error ? NULL : n;
}

static struct pattern_node *test(struct parser *s)
{
    struct pattern_node *n;
    bool is_negated;

    if (parser_is_sign(s, "("))
        return bracketed(s, comparison, ")");
    n = node(s, PATTERN_TEST);
    if (!n)
        return NULL;
    is_negated = parser_take(s, parser_is_word(s, "NOT"));
    if (parser_take(s, parser_is_word(s, "EXISTS"))) {
        n->op = OP_EXISTS;
        n->is_negated = is_negated;
        return path(s, n) ? NULL : n;
    }
    if (is_negated)
        parser_fail_here(s, PATTERN_E_COMPARISON);
    if (s->error || path(s, n) || operator(s, n) || operand(s, n))
        return NULL;
    return n;
}

static struct pattern_node *both(struct parser *s)
{
    return joined(s, PATTERN_BOTH, "AND", test);
}

static struct pattern_node *comparison(struct parser *s)
{
    return joined(s, PATTERN_EITHER, "OR", both);
}

/* ---- observations ---- */

static int64_t microseconds(struct str seconds)
{
    struct str rest = seconds, whole = STR_NONE;
    uint64_t n = 0;

    str_split(&rest, '.', &whole);
    if (str_to_u64(whole, 0, INT64_MAX / 2000000, &n))
        return INT64_MAX / 2;
    for (size_t i = 0; i < 6; i++)
        n = n * 10 + (i < rest.len ? (uint64_t)(rest.at[i] - '0') : 0);
    return (int64_t)n;
}

static int within(struct parser *s, struct pattern_node *n)
{
    struct pattern_literal number = {0};
    size_t offset = s->token.offset;

    if (s->token.kind != TOKEN_NUMBER || s->token.text.at[0] == '-')
        return parser_fail_here(s, PATTERN_E_QUALIFIER);
    if (literal(s, &number))
        return s->error;
    n->seconds = number.text;
    n->within_us = microseconds(number.text);
    if (!parser_take(s, parser_is_word(s, "SECONDS")))
        return parser_fail(s, PATTERN_E_QUALIFIER, s->error ? offset : s->token.offset);
    return 0;
}

static int repeats(struct parser *s, struct pattern_node *n)
{
    struct str t = s->token.text;

    if (s->token.kind == TOKEN_NUMBER && t.at[0] == '+') {
        t.at++;
        t.len--;
    }
    if (s->token.kind != TOKEN_NUMBER || str_to_u64(t, 1, PATTERN_REPEATS_MAX, &n->times))
        return parser_fail_here(s, PATTERN_E_QUALIFIER);
    parser_take(s, true);
    return parser_take(s, parser_is_word(s, "TIMES")) ? 0 : parser_fail_here(s, PATTERN_E_QUALIFIER);
}

static int instant(struct parser *s, struct str *ret, int64_t *ret_us)
{
    struct pattern_literal t = {0};

    if (s->token.kind != TOKEN_SPECIAL || s->token.special != 't')
        return parser_fail_here(s, PATTERN_E_QUALIFIER);
    if (literal(s, &t))
        return s->error;
    *ret = t.text;
    *ret_us = stix_time_us(t.time);
    return 0;
}

static int between(struct parser *s, struct pattern_node *n)
{
    if (instant(s, &n->start, &n->start_us))
        return s->error;
    if (!parser_take(s, parser_is_word(s, "STOP")))
        return parser_fail_here(s, PATTERN_E_QUALIFIER);
    return instant(s, &n->stop, &n->stop_us);
}

/* REPEATS twice without brackets is read, as OASIS's matcher does; printed it has them, since the validator refuses it without. */
static struct pattern_node *qualified(struct parser *s, struct pattern_node *inner)
{
    bool has_within = false, has_between = false;
    unsigned n_qualifiers = 0;

    while (!s->error && (parser_is_word(s, "WITHIN") || parser_is_word(s, "REPEATS") || parser_is_word(s, "START"))) {
        enum pattern_kind kind = parser_is_word(s, "WITHIN")  ? PATTERN_WITHIN
                                 : parser_is_word(s, "START") ? PATTERN_BETWEEN
                                                       : PATTERN_REPEATS;
        struct pattern_node *n;

        if ((kind == PATTERN_WITHIN && has_within) || (kind == PATTERN_BETWEEN && has_between))
            parser_fail_here(s, PATTERN_E_TWICE);
        has_within |= kind == PATTERN_WITHIN;
        has_between |= kind == PATTERN_BETWEEN;
        if (s->depth + ++n_qualifiers > PATTERN_DEPTH_MAX)
            parser_fail_here(s, PATTERN_E_LIMIT);
        n = s->error ? NULL : node(s, kind);
        if (!n || !parser_take(s, true))
            return NULL;
        n->first = inner;
        inner = n;
        if (kind == PATTERN_WITHIN    ? within(s, n)
            : kind == PATTERN_REPEATS ? repeats(s, n)
                                      : between(s, n))
            return NULL;
    }
    return s->error ? NULL : inner;
}

static struct pattern_node *observation(struct parser *s)
{
    struct pattern_node *n = NULL;

    if (parser_is_sign(s, "(")) {
        n = bracketed(s, observations, ")");
    } else if (parser_is_sign(s, "[")) {
        n = node(s, PATTERN_OBSERVATION);
        if (!n)
            return NULL;
        n->leaf = s->p->n_leaves++;
        n->first = bracketed(s, comparison, "]");
    } else {
        parser_fail_here(s, PATTERN_E_OBSERVATION);
    }
    return s->error ? NULL : qualified(s, n);
}

static struct pattern_node *all_of(struct parser *s)
{
    return joined(s, PATTERN_AND, "AND", observation);
}

static struct pattern_node *one_of(struct parser *s)
{
    return joined(s, PATTERN_OR, "OR", all_of);
}

static struct pattern_node *observations(struct parser *s)
{
    return joined(s, PATTERN_FOLLOWED, "FOLLOWEDBY", one_of);
}

/* Qualifiers around brackets around qualifiers: each level of them is one of the tree. */
static unsigned depth_of(const struct pattern_node *n)
{
    unsigned most = 0;

    for (const struct pattern_node *c = n->first; c; c = c->next) {
        unsigned d = depth_of(c);

        most = MAX_OF(most, d);
    }
    return most + 1;
}

static bool has_type(const struct pattern_node *n, struct str type)
{
    if (n->kind == PATTERN_TEST)
        return str_eq(n->type, type);
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (has_type(c, type))
            return true;
    return false;
}

/* Is a type of `n` in those from `first` up to `until`? */
static bool shares(const struct pattern_node *first, const struct pattern_node *until,
                   const struct pattern_node *n)
{
    if (n->kind == PATTERN_TEST) {
        for (const struct pattern_node *c = first; c != until; c = c->next)
            if (has_type(c, n->type))
                return true;
        return false;
    }
    for (const struct pattern_node *d = n->first; d; d = d->next)
        if (shares(first, until, d))
            return true;
    return false;
}

static void mark_shared(struct pattern_node *n)
{
    for (struct pattern_node *c = n->first; c; c = c->next) {
        c->shares_type = n->kind == PATTERN_BOTH && shares(n->first, c, c);
        mark_shared(c);
    }
}

struct types {
    struct str one;
    bool has_several, is_open; /* open: an OR of several types may hold for either */
};

static struct types mark_types(struct pattern_node *n)
{
    struct types all = {.one = n->type};

    for (struct pattern_node *c = n->first; c; c = c->next) {
        struct types of = mark_types(c);

        if (c == n->first)
            all.one = of.one;
        all.has_several |= of.has_several || !str_eq(of.one, all.one);
        all.is_open |= of.is_open;
    }
    all.is_open |= n->kind == PATTERN_EITHER && all.has_several;
    n->by_type = n->kind == PATTERN_BOTH && all.has_several && !all.is_open;
    n->by_choice = n->kind == PATTERN_BOTH && all.is_open;
    n->has_one_type = !all.has_several;
    n->type = all.one;
    return all;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    for (struct pattern_node *n = p->regexes; n; n = n->next_regex) {
        pcre2_code_free(n->regex);
        pcre2_code_free(n->regex_bytes);
    }
    arena_free(p->arena);
    free(p);
}

int pattern_parse(struct str text, struct pattern **ret, struct pattern_fault *ret_fault)
{
    CLEANUP(pattern_freep) struct pattern *p = calloc(1, sizeof(*p));
    struct parser s = {.p = p, .text = text};

    if (!p || !(p->arena = arena_new(ARENA_MAX)))
        return -ENOMEM;
    if (text.len > PATTERN_LEN_MAX) {
        parser_fail(&s, PATTERN_E_LIMIT, PATTERN_LEN_MAX);
    } else if (!utf8_is_valid(text)) {
        parser_fail(&s, PATTERN_E_UTF8, 0);
    } else {
        parser_advance(&s);
        p->root = observations(&s);
        if (!s.error && s.token.kind != TOKEN_END)
            parser_fail_here(&s, PATTERN_E_MORE);
        if (!s.error && depth_of(p->root) > 2 * PATTERN_DEPTH_MAX)
            parser_fail(&s, PATTERN_E_LIMIT, 0);
        if (!s.error) {
            mark_shared(p->root);
            mark_types(p->root);
        }
    }
    if (arena_error(p->arena))
        s.error = -ENOMEM;
    if (s.error > 0) {
        struct str before = {text.at, MIN_OF(s.offset, text.len)};

        *ret_fault =
            (struct pattern_fault){(enum pattern_error)s.error, before.len, utf8_count(before) + 1};
    }
    if (!s.error)
        *ret = TAKE(p);
    return s.error;
}

enum message_key pattern_error_text(enum pattern_error error)
{
    static const enum message_key keys[] = {
        [PATTERN_E_TOKEN] = MSG_PATTERN_TOKEN,
        [PATTERN_E_STRING] = MSG_PATTERN_STRING,
        [PATTERN_E_LITERAL] = MSG_PATTERN_LITERAL,
        [PATTERN_E_OBSERVATION] = MSG_PATTERN_OBSERVATION,
        [PATTERN_E_COMPARISON] = MSG_PATTERN_COMPARISON,
        [PATTERN_E_PATH] = MSG_PATTERN_PATH,
        [PATTERN_E_OPERATOR] = MSG_PATTERN_OPERATOR,
        [PATTERN_E_OPERAND] = MSG_PATTERN_OPERAND,
        [PATTERN_E_MIXED] = MSG_PATTERN_MIXED,
        [PATTERN_E_BRACKET] = MSG_PATTERN_BRACKET,
        [PATTERN_E_QUALIFIER] = MSG_PATTERN_QUALIFIER,
        [PATTERN_E_TWICE] = MSG_PATTERN_TWICE,
        [PATTERN_E_REGEX] = MSG_PATTERN_REGEX,
        [PATTERN_E_MORE] = MSG_PATTERN_MORE,
        [PATTERN_E_LIMIT] = MSG_PATTERN_LIMIT,
        [PATTERN_E_UTF8] = MSG_PATTERN_UTF8,
    };

    return keys[error];
}
