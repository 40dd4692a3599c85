/* The scanner of JSON texts, held against jansson, and the passing over values, held against the plain way. */
#include "base/json.h"
#include "intel/json-scan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY ((size_t)1 << 20)

/* A small generator with a seed, so that a failure comes again. */
static uint64_t step(uint64_t *s)
{
    uint64_t z = (*s += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int read_text(struct scanner *s, struct str text, const struct scan_value **v, char *path,
                     size_t *at)
{
    struct scan_place place;
    int r;

    buf_init(&place.path, 200);
    r = scanner_read(s, text, v, &place);
    if (r > 0) {
        *at = place.offset;
        snprintf(path, 200, "%.*s", STR_ARG(buf_str(&place.path)));
    }
    buf_done(&place.path);
    return r;
}

static void fails(const char *text, int fault, size_t offset, const char *path)
{
    struct scanner *s = scanner_new(MEMORY);
    const struct scan_value *v;
    char where[200];
    size_t at = 0;
    int r = read_text(s, str_of(text), &v, where, &at);

    if (r != fault || at != offset || strcmp(where, path))
        fail_msg("%s: fault %d at %zu in \"%s\" instead of %d at %zu in \"%s\"", text, r, at, where,
                 fault, offset, path);
    scanner_free(s);
}

static void each_fault_has_its_place(void **state)
{
    fails("", SCAN_E_END, 0, "");
    fails("x", SCAN_E_VALUE, 0, "");
    fails("{\"a\":}", SCAN_E_VALUE, 5, "a");
    fails("[1,]", SCAN_E_VALUE, 3, "[1]");
    fails("{\"a\":1,}", SCAN_E_KEY, 7, "a");
    fails("{a:1}", SCAN_E_KEY, 1, "");
    fails("{\"a\" 1}", SCAN_E_COLON, 5, "a");
    fails("{\"a\":[1,{\"b\":2 3}]}", SCAN_E_COMMA, 15, "a[1].b");
    fails("[1}", SCAN_E_COMMA, 2, "[0]");
    fails("{\"a\":\"x\ny\"}", SCAN_E_CONTROL, 7, "a");
    fails("[\"\\x\"]", SCAN_E_ESCAPE, 3, "[0]");
    fails("[\"\\u12g4\"]", SCAN_E_ESCAPE, 4, "[0]");
    fails("[\"\\ud800\"]", SCAN_E_SURROGATE, 8, "[0]");
    fails("[\"\\udc00\"]", SCAN_E_SURROGATE, 8, "[0]");
    fails("[\"a\xc0\x80\"]", SCAN_E_UTF8, 1, "[0]");
    fails("[01]", SCAN_E_NUMBER, 2, "[0]");
    fails("[-]", SCAN_E_NUMBER, 2, "[0]");
    fails("[1.]", SCAN_E_NUMBER, 3, "[0]");
    fails("[1e]", SCAN_E_NUMBER, 3, "[0]");
    fails("{\"a\":1,\"b\":2,\"a\":3}", SCAN_E_DUPLICATE, 13, "a");
    fails("{\"a\":1,\"\\u0061\":3}", SCAN_E_DUPLICATE, 7, "a");
    fails("[1,2", SCAN_E_END, 4, "[1]");
    fails("[\"abc", SCAN_E_END, 5, "[0]");
    fails("{} {}", SCAN_E_MORE, 3, "");
}

static void limits_hold(void **state)
{
    struct scanner *s = scanner_new(MEMORY);
    const struct scan_value *v;
    struct buf text;
    char path[200];
    size_t at;

    buf_init(&text, 4 << 20);
    for (unsigned depth = SCAN_DEPTH_MAX; depth <= SCAN_DEPTH_MAX + 1; depth++) {
        buf_clear(&text);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buf_add_char(&text, '['), 0);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buf_add_char(&text, ']'), 0);
        assert_int_equal(read_text(s, buf_str(&text), &v, path, &at),
                         depth > SCAN_DEPTH_MAX ? SCAN_E_DEPTH : 0);
    }
    for (unsigned n = 30000; n <= 30001 + SCAN_MEMBERS_MAX; n += SCAN_MEMBERS_MAX) {
        buf_clear(&text);
        assert_int_equal(buf_add_text(&text, "[0"), 0);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(buf_add_text(&text, ",0"), 0);
        assert_int_equal(buf_add_char(&text, ']'), 0);
        assert_int_equal(read_text(s, buf_str(&text), &v, path, &at),
                         n > SCAN_MEMBERS_MAX ? SCAN_E_MEMORY : 0);
    }
    scanner_free(s);
    s = scanner_new(16 << 20);
    assert_int_equal(read_text(s, buf_str(&text), &v, path, &at), SCAN_E_MEMBERS);
    buf_clear(&text);
    for (unsigned i = 0; i < 40000; i++)
        assert_int_equal(buf_printf(&text, "%s\"k%u\":0", i ? "," : "{", i == 39999 ? 7 : i), 0);
    assert_int_equal(buf_add_char(&text, '}'), 0);
    assert_int_equal(read_text(s, buf_str(&text), &v, path, &at), SCAN_E_DUPLICATE);
    assert_true(at > text.len - 10);
    buf_done(&text);
    scanner_free(s);
}

/* ---- against jansson ---- */

static bool same(const struct scan_value *v, const json_t *j)
{
    static const json_type kinds[] = {JSON_NULL,   JSON_FALSE, JSON_TRUE,  JSON_REAL,
                                      JSON_STRING, JSON_ARRAY, JSON_OBJECT};
    json_type kind = json_typeof(j) == JSON_INTEGER ? JSON_REAL : json_typeof(j);
    const struct scan_value *c = v + 1;

    if (kinds[v->kind] != kind)
        return false;
    if (kind == JSON_STRING)
        return str_eq(scan_str(v), (struct str){json_string_value(j), json_string_length(j)});
    if (kind == JSON_REAL) {
        char text[64];

        snprintf(text, sizeof(text), "%.*s", STR_ARG(scan_str(v)));
        return v->len > 60 || json_number_value(j) == strtod(text, NULL);
    }
    if (kind == JSON_ARRAY) {
        for (uint32_t i = 0; i < v->len; i++, c += c->skip)
            if (!same(c, json_array_get(j, i)))
                return false;
        return v->len == json_array_size(j) && c == v + v->skip;
    }
    for (uint32_t i = 0; kind == JSON_OBJECT && i < v->len; i++, c += 1 + c[1].skip) {
        json_t *m = json_object_getn(j, c->at, c->len);

        if (!m || !same(c + 1, m) || scan_member(v, scan_str(c)) != c + 1)
            return false;
    }
    return kind != JSON_OBJECT || (v->len == json_object_size(j) && c == v + v->skip);
}

/* Texts that are JSON, or nearly. */
static void make(uint64_t *seed, struct buf *out, unsigned depth)
{
    static const char *const leaves[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "12.50",
        "1e5",
        "-0.0E-3",
        "9007199254740993",
        "\"\"",
        "\"id\"",
        "\"\\u3042\\n\\\"x\"",
        "\"\\ud83d\\ude00\"",
        "\"辻番と長い文字列がここにある\"",
        "\"abcdefghijklmnopqrstuvwxyz0123456789\\\\\"",
        "\"a\\/b\"",
        "\"\\u0000\"",
    };
    unsigned kind = (unsigned)(step(seed) % 10), n = (unsigned)(step(seed) % 5);

    if (depth == 0 || kind < 5) {
        IGNORE(buf_add_text(out, leaves[step(seed) % ARRAY_LEN(leaves)]), "checked at the end");
        return;
    }
    IGNORE(buf_add_char(out, kind < 8 ? '{' : '['), "checked at the end");
    for (unsigned i = 0; i < n; i++) {
        if (i)
            IGNORE(buf_add_text(out, step(seed) % 3 ? "," : " ,\n          "),
                   "checked at the end");
        if (kind < 8)
            IGNORE(buf_printf(out, "\"k%u\"%s:", (unsigned)(step(seed) % 40),
                              step(seed) % 2 ? " " : ""),
                   "checked at the end");
        make(seed, out, depth - 1);
    }
    IGNORE(buf_add_char(out, kind < 8 ? '}' : ']'), "checked at the end");
}

static void it_reads_what_jansson_reads(void **state)
{
    struct scanner *s = scanner_new(MEMORY);
    unsigned n_read = 0, n_refused = 0;
    uint64_t seed = 1;
    struct buf text;

    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < 40000; i++) {
        const struct scan_value *v;
        json_error_t error;
        json_t *j;
        char path[200], *exact;
        size_t at;
        int r;

        buf_clear(&text);
        make(&seed, &text, 5);
        assert_int_equal(buf_error(&text), 0);
        for (unsigned m = (unsigned)(step(&seed) % 3); m && text.len; m--)
            text.at[step(&seed) % text.len] = "\"\\{}[],:0eu\n\xe3 ."[step(&seed) % 15];
        exact = malloc(text.len ? text.len : 1);
        assert_non_null(exact);
        memcpy(exact, text.at, text.len);
        r = read_text(s, (struct str){exact, text.len}, &v, path, &at);
        j = json_loadb(exact, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                       &error);
        if (!j && json_error_code(&error) == json_error_numeric_overflow)
            r = -1; /* jansson's numbers end sooner than the text's */
        else if ((r == 0) != (j != NULL) || (j && !same(v, j)))
            fail_msg("%.*s: %d, jansson: %s", STR_ARG(buf_str(&text)), r, j ? "read" : error.text);
        n_read += r == 0;
        n_refused += r > 0;
        json_decref(j);
        free(exact);
    }
    assert_true(n_read > 10000 && n_refused > 5000);
    buf_done(&text);
    scanner_free(s);
}

/* ---- passing over ---- */

static void passing_over_ends_where_the_plain_way_does(void **state)
{
    uint64_t seed = 7;
    char text[600];

    for (unsigned i = 0; i < 20000; i++) {
        size_t len = 1 + (size_t)(step(&seed) % sizeof(text)), end = 0, at = 0;
        struct scan_skip plain = {0}, quick = {0};

        text[0] = '{';
        for (size_t k = 1; k < len; k++)
            text[k] = "aaaaaaaaaa \"\"\"\\\\{}[]\n"[step(&seed) % (i % 2 ? 21 : 20)];
        end = scan_skip_plain(&plain, (struct str){text, len});
        while (at < len) {
            size_t most = 1 + (size_t)(step(&seed) % 200), piece = MIN_OF(len - at, most);
            size_t n = scan_skip(&quick, (struct str){text + at, piece});

            at += n;
            if (quick.depth == 0)
                break;
            assert_int_equal(n, piece);
        }
        if (at != end || plain.depth != quick.depth ||
            (plain.depth && plain.in_string != quick.in_string) ||
            plain.is_broken != quick.is_broken)
            fail_msg("%.*s: ends at %zu instead of %zu", (int)len, text, at, end);
    }
}

static void a_line_break_ends_a_string_that_lacks_its_quote(void **state)
{
    struct scan_skip s = {0};
    struct str text = STR("{\"a\": \"x,\n\"b\": {\"c\": 1}\n}, {");

    assert_int_equal(scan_skip(&s, text), text.len - 3);
    assert_true(s.is_broken);
    s = (struct scan_skip){0};
    text = STR("{\"a\": \"x\n  y}\", \"b\": 1}, {");
    assert_int_equal(scan_skip(&s, text), text.len - 3);
    assert_true(s.is_broken);
}

static void paths_of_values_are_told(void **state)
{
    struct scanner *s = scanner_new(MEMORY);
    const struct scan_value *v, *d;
    char path[200];
    struct buf out;
    size_t at;

    assert_int_equal(read_text(s, STR("{\"a\":[1,{\"b\":2}],\"c\":{\"d\":[0,1]}}"), &v, path, &at),
                     0);
    buf_init(&out, 100);
    assert_int_equal(scan_path(v, v, &out), 0);
    assert_int_equal(out.len, 0);
    d = scan_member(scan_member(v, STR("c")), STR("d"));
    assert_int_equal(scan_path(v, d + 2, &out), 0);
    assert_string_equal(out.at, "c.d[1]");
    buf_clear(&out);
    assert_int_equal(scan_path(v, scan_member(scan_member(v, STR("a")) + 2, STR("b")), &out), 0);
    assert_string_equal(out.at, "a[1].b");
    buf_clear(&out);
    assert_int_equal(scan_path(v, scan_member(v, STR("c")), &out), 0);
    assert_string_equal(out.at, "c");
    assert_null(scan_member(v, STR("nothing")));
    assert_null(scan_member(NULL, STR("a")));
    buf_done(&out);
    scanner_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(it_reads_what_jansson_reads),
        cmocka_unit_test(passing_over_ends_where_the_plain_way_does),
        cmocka_unit_test(a_line_break_ends_a_string_that_lacks_its_quote),
        cmocka_unit_test(paths_of_values_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
