/* Patterns: their one form, what is refused and where, what they find; the fast evaluator held against the slow one. */
#include "base/file.h"
#include "base/json.h"
#include "pattern-slow.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)4 << 20)
#define STEPS 1000000u

static struct pattern *read_pattern(const char *text)
{
    struct pattern_fault fault;
    struct pattern *p = NULL;

    if (pattern_parse(str_of(text), &p, &fault))
        fail_msg("%s: error %d at column %zu", text, (int)fault.error, fault.column);
    return p;
}

/* The one form; it has itself as its form. */
static char *form(const char *text)
{
    struct pattern *p = read_pattern(text), *again;
    struct buf out, out_again;

    buf_init(&out, TEXT_MAX);
    buf_init(&out_again, TEXT_MAX);
    assert_int_equal(pattern_print(p, &out), 0);
    again = read_pattern(out.at);
    assert_int_equal(pattern_print(again, &out_again), 0);
    assert_string_equal(out.at, out_again.at);
    pattern_free(p);
    pattern_free(again);
    buf_done(&out_again);
    return buf_take(&out);
}

static void one_form(void **state)
{
    static const char *const pairs[][2] = {
        {"[a:b=1]", "[a:b = 1]"},
        {" ( [ ( a:b == +01.50 ) ] ) ", "[a:b = 1.5]"},
        {"[a:b<>.5 AND (a:c = -0.0 AND a:d NOT = -5)]",
         "[a:b != 0.5 AND a:c = 0.0 AND a:d NOT = -5]"},
        {"[(a:b=1 OR a:c=2) AND a:d=3]", "[(a:b = 1 OR a:c = 2) AND a:d = 3]"},
        {"[(a:b=1 AND a:c=2) OR a:d=3]", "[a:b = 1 AND a:c = 2 OR a:d = 3]"},
        {"[a:'b'.'c-d'[0][*].'e' LIKE '%\\'_\\\\']", "[a:b.'c-d'[0][*].e LIKE '%\\'_\\\\']"},
        {"[a-b:t IN(1,2.0,3)]", "[a-b:t IN (1, 2.0, 3)]"},
        {"[a:b IN ()]", "[a:b IN ()]"},
        {"[NOT EXISTS a:b OR EXISTS a:'AND']", "[NOT EXISTS a:b OR EXISTS a:'AND']"},
        {"[a:b = t'2026-04-01T00:00:00.100Z' OR a:b = h'0AfF' OR a:b = b'YQ==' OR a:b = true]",
         "[a:b = t'2026-04-01T00:00:00.1Z' OR a:b = h'0aff' OR a:b = b'YQ==' OR a:b = true]"},
        {"[a:b=1]/* why */OR[a:b=2]AND[a:b=3] // so\n FOLLOWEDBY [a:b=4]",
         "[a:b = 1] OR [a:b = 2] AND [a:b = 3] FOLLOWEDBY [a:b = 4]"},
        {"([a:b=1] OR [a:b=2]) AND ([a:b=3] AND [a:b=4])",
         "([a:b = 1] OR [a:b = 2]) AND [a:b = 3] AND [a:b = 4]"},
        {"[a:b=1] FOLLOWEDBY ([a:b=2] FOLLOWEDBY [a:b=3])",
         "[a:b = 1] FOLLOWEDBY [a:b = 2] FOLLOWEDBY [a:b = 3]"},
        {"([a:b=1]) WITHIN 05.0 SECONDS REPEATS 2 TIMES",
         "[a:b = 1] WITHIN 5.0 SECONDS REPEATS 2 TIMES"},
        {"([a:b=1] AND [a:b=2]) WITHIN 5 SECONDS", "([a:b = 1] AND [a:b = 2]) WITHIN 5 SECONDS"},
        {"([a:b=1] WITHIN 5 SECONDS) WITHIN 6 SECONDS",
         "([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS"},
        {"([a:b=1] REPEATS 2 TIMES) REPEATS 3 TIMES",
         "([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES"},
        {"[a:b=1] REPEATS 2 TIMES REPEATS 3 TIMES", "([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES"},
        {"[a:b=1] START t'2026-04-01T00:00:00.00Z' STOP t'2026-04-02T00:00:00Z'",
         "[a:b = 1] START t'2026-04-01T00:00:00Z' STOP t'2026-04-02T00:00:00Z'"},
        {"[a:b LIKE 'か\xe3\x82\x99']", "[a:b LIKE 'が']"},
        {"[a:b = 'か\xe3\x82\x99']", "[a:b = 'か\xe3\x82\x99']"},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char *is = form(pairs[i][0]);

        assert_string_equal(is, pairs[i][1]);
        free(is);
    }
}

static void refused(const char *text, enum pattern_error error, size_t column)
{
    struct pattern_fault fault = {0};
    struct pattern *p = NULL;
    int r = pattern_parse(str_of(text), &p, &fault);

    if (r != (int)error || fault.error != error || fault.column != column)
        fail_msg("%s: %d at column %zu instead of %d at %zu", text, r, fault.column, (int)error,
                 column);
    assert_null(p);
}

static void each_error_has_its_column(void **state)
{
    refused("", PATTERN_E_OBSERVATION, 1);
    refused("a:b = 1", PATTERN_E_OBSERVATION, 1);
    refused("[あ:b = 1]", PATTERN_E_TOKEN, 2);
    refused("[a:b = 'あ' ? ]", PATTERN_E_TOKEN, 12);
    refused("[a:b = 'x]", PATTERN_E_STRING, 8);
    refused("[a:b = 'x\\n']", PATTERN_E_STRING, 11);
    refused("[a:b = 1.2.3]", PATTERN_E_LITERAL, 8);
    refused("[a:b = 01]", PATTERN_E_LITERAL, 8);
    refused("[a:b = t'2026-02-30T00:00:00Z']", PATTERN_E_LITERAL, 8);
    refused("[a:b = h'abc']", PATTERN_E_LITERAL, 8);
    refused("[a:b = b'abc']", PATTERN_E_LITERAL, 8);
    refused("[]", PATTERN_E_COMPARISON, 2);
    refused("[a = 1]", PATTERN_E_PATH, 4);
    refused("[a:b-c = 1]", PATTERN_E_PATH, 4);
    refused("[a:b[-1] = 1]", PATTERN_E_PATH, 6);
    refused("[a:b.IN = 1]", PATTERN_E_PATH, 6);
    refused("[a:b 1]", PATTERN_E_OPERATOR, 6);
    refused("[a:b NOT]", PATTERN_E_OPERATOR, 9);
    refused("[a:b = ]", PATTERN_E_OPERAND, 8);
    refused("[a:b LIKE 1]", PATTERN_E_OPERAND, 11);
    refused("[a:b IN 1]", PATTERN_E_OPERAND, 9);
    refused("[a:b IN (1, 'x')]", PATTERN_E_MIXED, 11);
    refused("[a:b = 1", PATTERN_E_BRACKET, 9);
    refused("([a:b = 1]", PATTERN_E_BRACKET, 11);
    refused("[a:b = 1] WITHIN 5 HOURS", PATTERN_E_QUALIFIER, 20);
    refused("[a:b = 1] WITHIN -5 SECONDS", PATTERN_E_QUALIFIER, 18);
    refused("[a:b = 1] REPEATS 0 TIMES", PATTERN_E_QUALIFIER, 19);
    refused("[a:b = 1] REPEATS 1.5 TIMES", PATTERN_E_QUALIFIER, 19);
    refused("[a:b = 1] START t'2026-04-01T00:00:00Z'", PATTERN_E_QUALIFIER, 40);
    refused("[a:b = 1] WITHIN 5 SECONDS WITHIN 6 SECONDS", PATTERN_E_TWICE, 28);
    refused("[a:b MATCHES '(']", PATTERN_E_REGEX, 14);
    refused("[a:b = 1] [a:b = 2]", PATTERN_E_MORE, 11);
    refused("[a:b = 1] and [a:b = 2]", PATTERN_E_MORE, 11);
    refused("[a:b = '\xff']", PATTERN_E_UTF8, 1);
}

static void limits_hold(void **state)
{
    struct buf text;
    struct pattern *p = NULL;
    struct pattern_fault fault;

    buf_init(&text, TEXT_MAX);
    for (unsigned depth = PATTERN_DEPTH_MAX - 1; depth <= PATTERN_DEPTH_MAX; depth++) {
        buf_clear(&text);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buf_add_char(&text, '('), 0);
        assert_int_equal(buf_add_text(&text, "[a:b = 1]"), 0);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buf_add_char(&text, ')'), 0);
        assert_int_equal(pattern_parse(buf_str(&text), &p, &fault),
                         depth == PATTERN_DEPTH_MAX ? PATTERN_E_LIMIT : 0);
        pattern_free(p);
        p = NULL;
    }
    for (unsigned n = 3300; n <= 3400; n += 100) { /* two nodes and a literal each */
        buf_clear(&text);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(buf_printf(&text, "%s[a:b = 1]", i ? " AND " : ""), 0);
        assert_int_equal(pattern_parse(buf_str(&text), &p, &fault),
                         n == 3400 ? PATTERN_E_LIMIT : 0);
        pattern_free(p);
        p = NULL;
    }
    for (unsigned n = 100; n <= 2000; n += 1900) { /* each small as text, and many KiB compiled */
        buf_clear(&text);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(
                buf_printf(&text, "%sa:b MATCHES '(?:abcdefghij){500}'", i ? " OR " : "["), 0);
        assert_int_equal(buf_add_char(&text, ']'), 0);
        assert_int_equal(pattern_parse(buf_str(&text), &p, &fault),
                         n == 2000 ? PATTERN_E_LIMIT : 0);
        pattern_free(p);
        p = NULL;
    }
    for (unsigned n = PATTERN_TEXT_MAX; n <= PATTERN_TEXT_MAX + 1; n++) {
        buf_clear(&text);
        assert_int_equal(buf_add_text(&text, "[a:b = '"), 0);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(buf_add_char(&text, 'x'), 0);
        assert_int_equal(buf_add_text(&text, "']"), 0);
        assert_int_equal(pattern_parse(buf_str(&text), &p, &fault),
                         n > PATTERN_TEXT_MAX ? PATTERN_E_LIMIT : 0);
        pattern_free(p);
        p = NULL;
    }
    buf_done(&text);
}

/* ---- evaluation ---- */

#define OBSERVED_MAX 200u

struct data {
    struct scanner *scanner;
    char *text;
    struct pattern_object objects[OBSERVED_MAX * 4], referred[OBSERVED_MAX];
    struct pattern_observation o[OBSERVED_MAX];
    size_t n, n_objects, n_referred;
};

static int64_t us_of(const struct scan_value *v, const char *name)
{
    struct stix_time t;

    assert_true(stix_time_read(scan_text(v, str_of(name)), &t));
    return stix_time_us(t);
}

static const struct scan_value *by_id(const struct scan_value *objects, struct str id)
{
    const struct scan_value *v = objects + 1;

    for (uint32_t i = 0; i < objects->len; i++, v += v->skip)
        if (str_eq(scan_text(v, STR("id")), id))
            return v;
    return NULL;
}

/* Observed data of STIX 2.0 ("objects" by key), or of 2.1 with the bundle's objects. */
static void add_observed(struct data *d, const struct scan_value *v,
                         const struct scan_value *bundle)
{
    const struct scan_value *objects = scan_member(v, STR("objects")),
                            *refs = scan_member(v, STR("object_refs"));
    struct pattern_observation *o = &d->o[d->n++];
    const struct scan_value *c = (refs ? refs : objects) + 1;
    uint64_t number;

    assert_int_equal(str_to_u64(scan_str(scan_member(v, STR("number_observed"))), 1, 1000, &number),
                     0);
    *o = (struct pattern_observation){.first_us = us_of(v, "first_observed"),
                                      .last_us = us_of(v, "last_observed"),
                                      .number = number,
                                      .objects = &d->objects[d->n_objects],
                                      .referred = d->referred};
    for (uint32_t i = 0; i < (refs ? refs : objects)->len; i++, o->n_objects++) {
        const struct scan_value *is = refs ? by_id(bundle, scan_str(c)) : c + 1;

        assert_non_null(is);
        d->objects[d->n_objects++] = (struct pattern_object){scan_str(c), is};
        c += refs ? 1 : 1 + c[1].skip;
    }
}

static void add_bundle(struct data *d, const struct scan_value *objects)
{
    const struct scan_value *v = objects + 1;

    for (uint32_t i = 0; i < objects->len; i++, v += v->skip) {
        if (str_eq(scan_text(v, STR("type")), STR("observed-data")))
            add_observed(d, v, objects);
        else
            d->referred[d->n_referred++] = (struct pattern_object){scan_text(v, STR("id")), v};
    }
}

static void data_init(struct data *d, char *text /* taken */)
{
    const struct scan_value *all, *v;
    struct scan_place place;

    memset(d, 0, sizeof(*d));
    d->text = text;
    d->scanner = scanner_new(TEXT_MAX);
    buf_init(&place.path, 100);
    assert_int_equal(scanner_read(d->scanner, str_of(text), &all, &place), 0);
    buf_done(&place.path);
    v = all + 1;
    for (uint32_t i = 0; i < all->len; i++, v += v->skip) {
        if (str_eq(scan_text(v, STR("type")), STR("bundle")))
            add_bundle(d, scan_member(v, STR("objects")));
        else
            add_observed(d, v, NULL);
    }
    for (size_t i = 0; i < d->n; i++)
        d->o[i].n_referred = d->n_referred;
}

static void data_done(struct data *d)
{
    scanner_free(d->scanner);
    free(d->text);
}

static enum pattern_answer answer(const struct data *d, const char *text, uint64_t steps)
{
    struct pattern *p = read_pattern(text);
    enum pattern_answer is;

    assert_int_equal(pattern_eval(p, d->o, d->n, steps, &is, NULL), 0);
    pattern_free(p);
    return is;
}

#define SEEN(first, last, number, objects)                                             \
    "{\"type\":\"observed-data\",\"first_observed\":\"2026-04-01T00:00:" first         \
    "Z\",\"last_observed\":\"2026-04-01T00:00:" last "Z\",\"number_observed\":" number \
    ",\"objects\":{" objects "}}"

/* One a second. */
static void forty(struct data *d)
{
    struct buf json;

    buf_init(&json, TEXT_MAX);
    assert_int_equal(buf_add_char(&json, '['), 0);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(
            buf_printf(&json, "%s" SEEN("%02u", "%02u", "1", "\"0\":{\"type\":\"t\",\"v\":1}"),
                       i ? "," : "", i, i),
            0);
    assert_int_equal(buf_add_char(&json, ']'), 0);
    data_init(d, buf_take(&json));
}

static void limits_end_in_undecided(void **state)
{
    static struct data d;
    char long_text[4000], *text;
    struct buf json, pattern;

    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    buf_init(&json, TEXT_MAX);
    assert_int_equal(
        buf_printf(&json, "[" SEEN("00", "00", "1", "\"0\":{\"type\":\"t\",\"s\":\"%s\"}") "]",
                   long_text),
        0);
    text = buf_take(&json);
    data_init(&d, text);
    assert_int_equal(answer(&d, "[t:s MATCHES '^(a+)+$']", STEPS), PATTERN_YES);
    assert_int_equal(answer(&d, "[t:s MATCHES '^(a+)+[bc]$' OR t:s = 'x']", STEPS),
                     PATTERN_UNDECIDED);
    assert_int_equal(answer(&d, "[t:s NOT MATCHES '^(a+)+[bc]$']", STEPS), PATTERN_UNDECIDED);
    assert_int_equal(answer(&d, "[t:s MATCHES '^(a|aa)+[bc]$'] OR [t:s LIKE 'a%']", STEPS),
                     PATTERN_YES);
    assert_int_equal(answer(&d, "[t:s MATCHES '^(a+)+[bc]$' AND t:s = 'x']", STEPS), PATTERN_NO);
    assert_int_equal(answer(&d, "[t:s = 'x']", 0), PATTERN_UNDECIDED);
    data_done(&d);
    /* Windows that none fits, over many that could be chosen. */
    forty(&d);
    buf_init(&pattern, TEXT_MAX);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(buf_printf(&pattern, "%s[t:v = 1]", i ? " AND " : "("), 0);
    assert_int_equal(buf_add_text(&pattern, ") WITHIN 18 SECONDS"), 0);
    assert_int_equal(answer(&d, pattern.at, 20000), PATTERN_UNDECIDED);
    assert_int_equal(answer(&d, "[t:v = 1] REPEATS 20 TIMES WITHIN 18 SECONDS", 20000), PATTERN_NO);
    assert_int_equal(answer(&d, "[t:v = 1] REPEATS 20 TIMES WITHIN 19 SECONDS", 20000),
                     PATTERN_YES);
    assert_int_equal(answer(&d, "[t:v = 1] REPEATS 1000000000 TIMES", 20000), PATTERN_NO);
    buf_done(&pattern);
    data_done(&d);
    /* As deep as a search goes, and deeper than it may. */
    data_init(&d, strdup("[" SEEN("00", "01", "1000", "\"0\":{\"type\":\"t\",\"v\":1}") "," SEEN(
                      "02", "02", "1000", "\"0\":{\"type\":\"t\",\"v\":2}") "]"));
    assert_int_equal(answer(&d, "([t:v = 1] OR [t:v = 2]) REPEATS 990 TIMES WITHIN 1 SECONDS",
                            STEPS),
                     PATTERN_YES);
    assert_int_equal(answer(&d, "([t:v = 1] OR [t:v = 2]) REPEATS 1500 TIMES WITHIN 1 SECONDS",
                            STEPS),
                     PATTERN_UNDECIDED);
    data_done(&d);
    forty(&d);
    /* One too many is told by counting, without trying all orders. */
    buf_init(&pattern, TEXT_MAX);
    for (unsigned i = 0; i < 41; i++)
        assert_int_equal(buf_printf(&pattern, "%s[t:v = 1]", i ? " AND " : ""), 0);
    assert_int_equal(answer(&d, pattern.at, 20000), PATTERN_NO);
    buf_done(&pattern);
    data_done(&d);
}

static void values_are_compared_as_the_text_says(void **state)
{
    static struct data d;
    static const struct {
        const char *pattern;
        enum pattern_answer answer;
    } cases[] = {
        {"[t:s = 'が']", PATTERN_NO},
        {"[t:s = 'か\xe3\x82\x99']", PATTERN_YES},
        {"[t:s LIKE '_']", PATTERN_YES},
        {"[t:s MATCHES '^.$']", PATTERN_YES},
        {"[t:n = 5.0]", PATTERN_YES},
        {"[t:n = '5']", PATTERN_NO},
        {"[t:n != '5']", PATTERN_YES},
        {"[EXISTS t:n]", PATTERN_YES},
        {"[EXISTS t:nothing]", PATTERN_NO},
        {"[NOT EXISTS t:nothing]", PATTERN_YES},
        {"[t:nothing NOT = 1]", PATTERN_NO},
        {"[t:at > t'2026-03-31T23:59:59.999999999Z']", PATTERN_YES},
        {"[t:s > t'2026-03-31T23:59:59Z']", PATTERN_BAD_DATA},
        {"[t:list[1] = 2]", PATTERN_YES},
        {"[t:list[*] = 3]", PATTERN_NO},
        {"[t:other_ref.v = 7]", PATTERN_YES},
        {"[t:other_ref.other_ref.n = 5]", PATTERN_YES},
        {"[t:name.v = 7]", PATTERN_NO},
        {"[t:n = 5 AND t:s = 'x']", PATTERN_NO},
        {"[t:n = 5 AND u:v = 7]", PATTERN_YES},
        {"[t:n = 5 AND u:v = 8]", PATTERN_NO},
        {"[t:n = 5 AND u:v = 7 AND t:list[1] = 2 AND u:other_ref.n = 5]", PATTERN_YES},
        {"[t:n = 5 AND u:v = 7 AND t:list[1] = 2 AND u:other_ref.n = 6]", PATTERN_NO},
        {"[(t:n = 5 AND u:v = 7) AND (t:list[1] = 3 AND u:other_ref.n = 5)]", PATTERN_NO},
        {"[(t:n = 6 OR u:v = 7) AND (t:list[1] = 3 OR u:other_ref.n = 5)]", PATTERN_YES},
        {"[(t:n = 6 OR u:v = 7) AND t:n = 5]", PATTERN_YES},
        {"[(t:n = 6 OR u:v = 8) AND t:n = 5]", PATTERN_NO},
        {"[(t:n = 5 OR u:v = 7) AND (t:n = 6 OR u:v = 7) AND t:n = 5 AND u:v = 7]", PATTERN_YES},
        {"[(t:n = 6 AND u:v = 7 OR u:v = 7 AND t:list[1] = 2) AND (t:n = 5 OR x:y = 1)]",
         PATTERN_YES},
        {"[(t:n = 6 OR u:v = 7) AND t:s > t'2026-03-31T23:59:59Z']", PATTERN_BAD_DATA},
        {"[t:ip ISSUBSET '192.0.2.0/24']", PATTERN_YES},
        {"[t:ip ISSUBSET '192.0.3.0/24']", PATTERN_NO},
        {"[t:ip ISSUBSET '2001:db8::/32']", PATTERN_NO},
        {"[t:ip ISSUPERSET '192.0.2.200/32']", PATTERN_YES},
        {"[t:ip ISSUPERSET '192.0.2.0/24']", PATTERN_NO},
        {"[t:x_hex = h'6162']", PATTERN_YES},
        {"[t:x_hex LIKE 'a_']", PATTERN_YES},
        {"[t:x_bin MATCHES '^a\\\\x62$']", PATTERN_YES},
    };

    data_init(&d, strdup("[" SEEN("00", "00", "1",
                                  "\"0\":{\"type\":\"t\",\"s\":\"か\\u3099\",\"n\":5,\"at\":\"2026-"
                                  "04-01T00:00:00Z\",\"list\":[1,2],"
                                  "\"other_ref\":\"1\",\"name\":\"1\",\"ip\":\"192.0.2.128/"
                                  "25\",\"x_hex\":\"6162\",\"x_bin\":\"YWI=\"},"
                                  "\"1\":{\"type\":\"u\",\"v\":7,\"other_ref\":\"0\"}") "]"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (answer(&d, cases[i].pattern, STEPS) != cases[i].answer)
            fail_msg("%s: %d", cases[i].pattern, (int)answer(&d, cases[i].pattern, STEPS));
    data_done(&d);
}

/* ---- at random, against the slow one ---- */

static uint64_t step(uint64_t *s)
{
    uint64_t z = (*s += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(uint64_t *s, unsigned n)
{
    return (unsigned)(step(s) % n);
}

/* Tests about either type, joined anyhow. */
static void make_tests(uint64_t *s, unsigned depth, struct buf *out)
{
    if (!depth || below(s, 2)) {
        IGNORE(buf_printf(out, "%s:%s %s %u", below(s, 2) ? "t" : "u", below(s, 2) ? "v" : "w",
                          below(s, 3) ? "<=" : "=", below(s, 3)),
               "sticky");
        return;
    }
    IGNORE(buf_add_char(out, '('), "sticky");
    make_tests(s, depth - 1, out);
    IGNORE(buf_add_text(out, below(s, 3) ? " OR " : " AND "), "sticky");
    make_tests(s, depth - 1, out);
    IGNORE(buf_add_char(out, ')'), "sticky");
}

static void make_pattern(uint64_t *s, unsigned depth, struct buf *out)
{
    static const char *const between[] = {" AND ", " OR ", " FOLLOWEDBY ", " AND "};
    unsigned kind = depth ? below(s, 8) : 0, n = 2 + below(s, 2);

    assert_int_equal(buf_error(out), 0);
    if (kind < 2) {
        IGNORE(buf_printf(out, "[t:v %s %u", below(s, 2) ? "=" : "<=", below(s, 3)), "sticky");
        for (unsigned more = below(s, 3) ? 0 : 1 + below(s, 3); more; more--) {
            IGNORE(buf_add_text(out, " AND "), "sticky");
            make_tests(s, 2, out);
        }
        IGNORE(buf_add_char(out, ']'), "sticky");
    } else if (kind < 6) {
        for (unsigned i = 0; i < n; i++) {
            IGNORE(buf_add_text(out, i ? between[kind - 2] : "("), "sticky");
            make_pattern(s, depth - 1, out);
        }
        IGNORE(buf_add_char(out, ')'), "sticky");
    } else {
        IGNORE(buf_add_char(out, '('), "sticky");
        make_pattern(s, depth - 1, out);
        IGNORE(buf_add_char(out, ')'), "sticky");
        kind = below(s, 3);
        if (kind == 0)
            IGNORE(buf_printf(out, " WITHIN %u SECONDS", 1 + below(s, 6)), "sticky");
        else if (kind == 1)
            IGNORE(buf_printf(out, " REPEATS %u TIMES", 1 + below(s, 3)), "sticky");
        else
            IGNORE(buf_printf(out,
                              " START t'2026-04-01T00:00:%02uZ' STOP t'2026-04-01T00:00:%02uZ'",
                              below(s, 8), 2 + below(s, 10)),
                   "sticky");
    }
}

static void make_observed(uint64_t *s, struct buf *out)
{
    unsigned n = 1 + below(s, 6), total = 0;

    IGNORE(buf_add_char(out, '['), "sticky");
    for (unsigned i = 0; i < n; i++) {
        unsigned first = below(s, 10), number = below(s, 4) ? 1 : 2;

        if (total + number > PATTERN_SLOW_MAX)
            break;
        total += number;
        IGNORE(buf_printf(out,
                          "%s" SEEN("%02u", "%02u", "%u",
                                    "\"0\":{\"type\":\"t\",\"v\":%u,\"w\":%u},"
                                    "\"1\":{\"type\":\"u\",\"v\":%u,\"w\":%u},"
                                    "\"2\":{\"type\":\"%s\",\"v\":%u,\"w\":%u}"),
                          i ? "," : "", first, first + (below(s, 2) ? 0 : below(s, 5)), number,
                          below(s, 3), below(s, 3), below(s, 3), below(s, 3),
                          below(s, 2) ? "t" : "u", below(s, 3), below(s, 3)),
               "sticky");
    }
    IGNORE(buf_add_char(out, ']'), "sticky");
    assert_int_equal(buf_error(out), 0);
}

static void the_slow_one_finds_the_same(void **state)
{
    static struct data d;
    unsigned n_yes = 0, n_no = 0;
    uint64_t seed = 11;

    for (unsigned i = 0; i < 6000; i++) {
        enum pattern_answer fast, slowly;
        struct buf text, json;
        struct pattern *p;
        char *canonical;

        buf_init(&text, TEXT_MAX);
        buf_init(&json, TEXT_MAX);
        make_pattern(&seed, 1 + i % 3, &text);
        make_observed(&seed, &json);
        data_init(&d, buf_take(&json));
        p = read_pattern(text.at);
        slowly = pattern_slow(p, d.o, d.n);
        assert_int_equal(pattern_eval(p, d.o, d.n, 10 * STEPS, &fast, NULL), 0);
        canonical = form(text.at);
        if (fast != slowly || answer(&d, canonical, 10 * STEPS) != slowly)
            fail_msg("%s over %s: %d instead of %d", text.at, d.text, (int)fast, (int)slowly);
        n_yes += slowly == PATTERN_YES;
        n_no += slowly == PATTERN_NO;
        free(canonical);
        pattern_free(p);
        data_done(&d);
        buf_done(&text);
    }
    assert_true(n_yes > 1000 && n_no > 1000);
}

/* ---- the cases of the standard's own tools, where they lie beside the tree ---- */

static json_t *load(const char *name)
{
    const char *folder = getenv("SHARED_DATA");
    CLEANUP(buf_done) struct buf text;
    json_t *all = NULL;
    char path[1000];
    int r;

    snprintf(path, sizeof(path), "%s/stix/patterns/%s", folder ? folder : "", name);
    buf_init(&text, TEXT_MAX);
    r = file_read(path, TEXT_MAX, &text, NULL);
    assert_true(r == 0 || r == FILE_E_MISSING);
    if (r) {
        print_message("# not there, left out: %s\n", path);
        return NULL;
    }
    all = json_loads(text.at, 0, NULL);
    assert_non_null(all);
    return all;
}

static void shared_syntax(void **state)
{
    JSON_AUTO *all = load("syntax-cases.json");
    unsigned n_wrong = 0;
    json_t *v;
    size_t i;

    json_array_foreach (all, i, v) {
        bool is_valid = !strcmp(json_str(v, "expect"), "valid");
        struct pattern_fault fault = {0};
        struct pattern *p = NULL;
        int r = pattern_parse(str_of(json_str(v, "pattern")), &p, &fault);

        pattern_free(p);
        if ((r == 0) != is_valid) {
            print_message("# %s: %d at %zu\n", json_str(v, "pattern"), r, fault.column);
            n_wrong++;
        }
        if (r == 0)
            free(form(json_str(v, "pattern")));
    }
    assert_int_equal(n_wrong, 0);
    assert_true(!all || i > 80);
}

static bool is_as_wanted(const json_t *c, const struct data *d, int *ret)
{
    const json_t *expect = json_object_get(c, "expect");
    struct pattern_fault fault;
    struct pattern *p = NULL;
    enum pattern_answer is = PATTERN_BAD_DATA;
    int r = pattern_parse(str_of(json_str(c, "pattern")), &p, &fault);

    if (r == 0)
        assert_int_equal(pattern_eval(p, d->o, d->n, STEPS, &is, NULL), 0);
    pattern_free(p);
    *ret = r ? 100 + r : (int)is;
    if (json_is_string(expect))
        return r > 0 || is == PATTERN_BAD_DATA;
    return r == 0 && is == (json_is_true(expect) ? PATTERN_YES : PATTERN_NO);
}

/* Two of the sets stand for several: the same pattern is said to match them and not to. Nothing can be held against those. */
static bool is_contradicted(const json_t *cases, const char *observations)
{
    const json_t *a, *b;
    size_t i, k;

    json_array_foreach (cases, i, a) {
        if (strcmp(json_str(a, "observations"), observations) ||
            !json_is_true(json_object_get(a, "expect")))
            continue;
        json_array_foreach (cases, k, b)
            if (!strcmp(json_str(b, "observations"), observations) &&
                json_is_false(json_object_get(b, "expect")) &&
                !strcmp(json_str(a, "pattern"), json_str(b, "pattern")))
                return true;
    }
    return false;
}

static void shared_matches(void **state)
{
    JSON_AUTO *all = load("match-cases.json");
    static struct data d;
    unsigned n_wrong = 0, n_left_out = 0;
    json_t *c;
    size_t i;

    json_array_foreach (json_arr(all, "cases"), i, c) {
        int is;

        if (is_contradicted(json_arr(all, "cases"), json_str(c, "observations"))) {
            n_left_out++;
            continue;
        }
        data_init(&d, json_dumps(json_object_get(json_obj(all, "observations"),
                                                 json_str(c, "observations")),
                                 JSON_COMPACT));
        if (!is_as_wanted(c, &d, &is)) {
            print_message("# %s over %s: %d\n", json_str(c, "pattern"), json_str(c, "observations"),
                          is);
            n_wrong++;
        }
        data_done(&d);
    }
    assert_int_equal(n_wrong, 0);
    if (all)
        print_message("# %zu cases, %u left out\n", i, n_left_out);
    assert_true(!all || (i > 600 && n_left_out < 60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_form),
        cmocka_unit_test(each_error_has_its_column),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(values_are_compared_as_the_text_says),
        cmocka_unit_test(limits_end_in_undecided),
        cmocka_unit_test(the_slow_one_finds_the_same),
        cmocka_unit_test(shared_syntax),
        cmocka_unit_test(shared_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
