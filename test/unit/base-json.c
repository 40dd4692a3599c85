#include "base/json-look.h"
#include "base/json-quick.h"

#include <errno.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *v = NULL;
    struct diag d;

    diag_init(&d);
    assert_int_equal(json_parse(str_of(text), JSON_LIMITS_DEFAULT, &v, &d), 0);
    assert_int_equal(d.n, 0);
    diag_done(&d);
    return v;
}

static void assert_canonical(const char *text, const char *want)
{
    JSON_AUTO *v = parse(text);
    struct buf out;

    buf_init(&out, 10000);
    assert_int_equal(json_canonical(v, &out, NULL), 0);
    assert_string_equal(out.at, want);
    buf_done(&out);
}

/* The same bytes as jansson's. */
static void printed(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", "\"\"", "null", "[true,false,null,0,-9007199254740991,1.5,1e300]",
        "{\"b\":{\"a\":[[],{},\"辻番\"]},\"a\":\"\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0001 \\u001f \\u007f \\u0085 \\u8fbb \\ud83d\\ude00\",\"\\n\":1}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        JSON_AUTO *v = parse(texts[i]);
        char *want = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
        struct buf out;

        buf_init(&out, 10000);
        assert_int_equal(json_print(v, &out), 0);
        assert_string_equal(out.at, want);
        buf_done(&out);
        buf_init(&out, 1);
        assert_int_equal(json_print(v, &out), -ENOSPC);
        buf_done(&out);
        free(want);
    }
}

static void canonical_form(void **state)
{
    assert_canonical(" { \"b\" : [ 1 , true, false ] , \"a\" : { } } ",
                     "{\"a\":{},\"b\":[1,true,false]}");
    assert_canonical("[]", "[]");
    assert_canonical("\"\"", "\"\"");
    assert_canonical("{\"aa\":1,\"a\":2,\"B\":3,\"_\":4}", "{\"B\":3,\"_\":4,\"a\":2,\"aa\":1}");
    assert_canonical("\"\\u8fbb\\/\\\"\\\\\"", "\"辻/\\\"\\\\\"");
    assert_canonical("[-0,9007199254740991,-9007199254740991]",
                     "[0,9007199254740991,-9007199254740991]");
    assert_canonical("\"\\ud842\\udfb7\"", "\"𠮷\"");
}

static void assert_uncanonical(const char *text, const char *path)
{
    JSON_AUTO *v = parse(text);
    struct buf out;
    struct diag d;

    buf_init(&out, 10000);
    diag_init(&d);
    assert_int_equal(json_canonical(v, &out, &d), JSON_E_CANON);
    if (strstr(diag_first(&d), path) == NULL)
        fail_msg("\"%s\" does not name %s", diag_first(&d), path);
    if (strstr(d.entries[0].ja, " a ") || strstr(d.entries[0].ja, " is "))
        fail_msg("English in Japanese: %s", d.entries[0].ja);
    diag_done(&d);
    buf_done(&out);
}

static void what_has_no_canonical_form(void **state)
{
    assert_uncanonical("{\"a\":[0,{\"b\":null}]}", "\"/a/1/b\"");
    assert_uncanonical("{\"a\":1.5}", "\"/a\"");
    assert_uncanonical("{\"a\":1.0}", "\"/a\"");
    assert_uncanonical("[9007199254740992]", "\"/0\"");
    assert_uncanonical("[-9007199254740992]", "\"/0\"");
    assert_uncanonical("[\"a\\nb\"]", "\"/0\"");
    assert_uncanonical("[\"\\u0085\"]", "\"/0\"");
    assert_uncanonical("[\"e\\u0301\"]", "\"/0\"");
    assert_uncanonical("{\"\\u8fbb\":1}", "ASCII");
}

static void digest_of_the_canonical_form(void **state)
{
    JSON_AUTO *a = parse("{\"x\":1,\"y\":\"辻\"}");
    JSON_AUTO *b = parse("{ \"y\":\"\\u8fbb\", \"x\":1 }");
    struct digest da, db, want = sha256(STR("{\"x\":1,\"y\":\"辻\"}"));

    assert_int_equal(json_digest(a, &da, NULL), 0);
    assert_int_equal(json_digest(b, &db, NULL), 0);
    assert_true(digest_eq(&da, &want) && digest_eq(&db, &want));
}

static void assert_syntax(struct str text, unsigned line, unsigned col)
{
    json_t *v = NULL;
    struct diag d;

    diag_init(&d);
    assert_int_equal(json_parse(text, JSON_LIMITS_DEFAULT, &v, &d), JSON_E_SYNTAX);
    assert_null(v);
    assert_int_equal(d.n_errors, 1);
    if (line != 0)
        assert_int_equal(d.entries[0].line, line);
    if (col != 0)
        assert_int_equal(d.entries[0].col, col);
    diag_done(&d);
}

static void bad_texts_are_refused_with_their_place(void **state)
{
    assert_syntax(STR(""), 1, 0);
    assert_syntax(STR("{\"a\":1,\n \"a\":2}"), 2, 0);
    assert_syntax(STR("[1,]"), 1, 4);
    assert_syntax(STR("[1] x"), 1, 5);
    assert_syntax(STR("[\"\xff\"]"), 1, 0);
    assert_syntax(STR("[\"\\u0000\"]"), 1, 0);
    assert_syntax(STR("[\"\\ud800\"]"), 1, 0);
    assert_syntax(STR("[99999999999999999999]"), 1, 0);
    assert_syntax(STR("[1]\0"), 1, 0);
    assert_syntax(STR("\"a"), 1, 0);
    assert_syntax(STR("NaN"), 1, 0);
}

static void limits_hold(void **state)
{
    json_t *v = NULL;
    struct diag d;

    diag_init(&d);
    assert_int_equal(json_parse(STR("[[1]]"), (struct json_limits){100, 2}, &v, &d), 0);
    json_decref(TAKE(v));
    assert_int_equal(json_parse(STR("\n [[[1]]]"), (struct json_limits){100, 2}, &v, &d),
                     JSON_E_LIMIT);
    assert_int_equal(d.entries[0].line, 2);
    assert_int_equal(d.entries[0].col, 4);
    assert_int_equal(json_parse(STR("[1]"), (struct json_limits){2, 2}, &v, &d), JSON_E_LIMIT);
    assert_int_equal(json_parse(STR("[\"[[[\\\"[[\"]"), (struct json_limits){100, 1}, &v, &d), 0);
    json_decref(v);
    diag_done(&d);
}

static void members_never_mistake_types(void **state)
{
    JSON_AUTO *v = parse("{\"s\":\"x\",\"n\":-5,\"t\":true,\"o\":{},\"a\":[]}");

    assert_string_equal(json_str(v, "s"), "x");
    assert_string_equal(json_str(v, "n"), "");
    assert_string_equal(json_str(v, "none"), "");
    assert_string_equal(json_str(NULL, "s"), "");
    assert_string_equal(json_str_or(v, "n", "other"), "other");
    assert_int_equal(json_int(v, "n"), -5);
    assert_int_equal(json_int(v, "s"), 0);
    assert_true(json_flag(v, "t"));
    assert_false(json_flag(v, "n"));
    assert_non_null(json_obj(v, "o"));
    assert_null(json_obj(v, "a"));
    assert_non_null(json_arr(v, "a"));
    assert_null(json_arr(v, "o"));
}

static void members_are_put(void **state)
{
    JSON_AUTO *v = json_object();
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(json_put_str(v, "s", "辻"), 0);
    assert_int_equal(json_put_strn(v, "n", (struct str){"abc", 2}), 0);
    assert_int_equal(json_put_strn(v, "e", STR_NONE), 0);
    assert_int_equal(json_put_int(v, "i", 3), 0);
    assert_int_equal(json_put_flag(v, "f", false), 0);
    assert_int_equal(json_put(v, "a", json_array()), 0);
    assert_true(json_put_str(v, "bad", "\xff") < 0);
    assert_true(json_put(v, "bad", NULL) < 0);
    assert_int_equal(json_canonical(v, &out, NULL), 0);
    assert_string_equal(out.at,
                        "{\"a\":[],\"e\":\"\",\"f\":false,\"i\":3,\"n\":\"ab\",\"s\":\"辻\"}");
    buf_done(&out);
}

/* ---- the quick reader ---- */

static void the_quick_reader_reads_what_jansson_reads(void **state)
{
    static const struct {
        const char *text;
        bool is_quick;
    } rows[] = {{"{\"b\":[1,-2,0,true,false,null],\"a\":{\"\":\"辻\\\"\\\\\\n\"}}", true},
                {" [ 1 , { \"a\\\\b\" : \"c\" } ]\n", true},
                {"\"𠮷\"", true},
                {"999999999999999999", true},
                {"9223372036854775807", false}, /* jansson decides from here on */
                {"-0", false},
                {"1.5", false},
                {"1e3", false},
                {"\"\\u8fbb\"", false},
                {"[[[[[[[[[1]]]]]]]]]", false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        JSON_AUTO *quick = NULL;
        JSON_AUTO *slow = NULL;
        JSON_AUTO *parsed = parse(rows[i].text);

        assert_int_equal(json_slow(str_of(rows[i].text), &slow), 0);
        assert_true(json_equal(parsed, slow));
        assert_int_equal(json_quick(str_of(rows[i].text), 8, &quick), !rows[i].is_quick);
        assert_true(!rows[i].is_quick || json_equal(quick, slow));
    }
}

static void the_quick_reader_takes_nothing_that_is_wrong(void **state)
{
    static const char *const bad[] = {"", " ", "{", "[", "[1", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}",
                                      "\"", "\"a", "\"\\", "\"\\x\"", "\"\n\"", "\"\xff\"", "01", "-", "--1", "+1", "tru", "nulls",
                                      "1 2", "{\"a\\\"\":1,\"a\\\"\":2}"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        JSON_AUTO *v = NULL;

        if (json_quick(str_of(bad[i]), 8, &v) != 1)
            fail_msg("%s is read", bad[i]);
        assert_int_equal(json_slow(str_of(bad[i]), &v), JSON_E_SYNTAX);
        assert_int_equal(json_parse(str_of(bad[i]), JSON_LIMITS_DEFAULT, &v, NULL), JSON_E_SYNTAX);
    }
}

/* ---- a look at the members ---- */

static void look_finds_what_parsing_finds(void **state)
{
    static const char text[] = "{\"a\":\"辻\",\"b\":{\"c\":\"}\",\"d\":[1,\"]\"]},\"c\":\"say \\\"x\\\" \\\\\","
                               "\"d\":-12,\"e\":true,\"f\":[],\"g\":\"\"}";
    JSON_AUTO *whole = parse(text);
    struct json_look look;
    struct str key, value;
    size_t n = 0;

    assert_int_equal(json_look_begin(str_of(text), &look), 0);
    while (json_look_next(&look, &key, &value) == 1) {
        JSON_AUTO *v = NULL;

        assert_int_equal(json_look_value(value, JSON_LIMITS_DEFAULT, &v), 0);
        assert_int_equal(key.len, 1);
        assert_int_equal(key.at[0], 'a' + (int)n);
        assert_true(json_equal(v, json_object_getn(whole, key.at, key.len)));
        n++;
    }
    assert_int_equal(n, json_object_size(whole));
    assert_int_equal(json_look_next(&look, &key, &value), 0); /* and stays at the end */
    assert_int_equal(json_look_begin(STR("{}"), &look), 0);
    assert_int_equal(json_look_next(&look, &key, &value), 0);
}

static void look_refuses(const char *text)
{
    struct json_look look;
    struct str key, value;
    int r = json_look_begin(str_of(text), &look);

    while (!r && (r = json_look_next(&look, &key, &value)) == 1)
        r = 0;
    if (r != -EBADMSG)
        fail_msg("%s is taken", text);
}

static void look_never_reads_past_the_end(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "x", "{\"a\"}", "{\"a\":}", "{\"a\":\"}", "{\"a\":\"x\\\"}", "{\"a\":[1}",
                                      "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a",
                                      "{\"a\":{\"b\":1}", "{ \"a\":1}"};
    JSON_AUTO *v = NULL;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        look_refuses(bad[i]);
    assert_int_equal(json_look_value(STR("\"\xff\""), JSON_LIMITS_DEFAULT, &v), -EBADMSG);
    assert_int_equal(json_look_value(STR("nul"), JSON_LIMITS_DEFAULT, &v), -EBADMSG);
    assert_int_equal(json_look_value(STR("[[[]]]"), ((struct json_limits){100, 2}), &v), -EBADMSG);
    assert_int_equal(json_look_value(STR("\"abc\""), ((struct json_limits){4, 2}), &v), -EBADMSG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(what_has_no_canonical_form),
        cmocka_unit_test(digest_of_the_canonical_form),
        cmocka_unit_test(bad_texts_are_refused_with_their_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(members_never_mistake_types),
        cmocka_unit_test(members_are_put),
        cmocka_unit_test(the_quick_reader_reads_what_jansson_reads),
        cmocka_unit_test(the_quick_reader_takes_nothing_that_is_wrong),
        cmocka_unit_test(look_finds_what_parsing_finds),
        cmocka_unit_test(look_never_reads_past_the_end),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
