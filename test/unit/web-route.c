/* Routes, forms, assets and messages: exact matching, decoding, limits. */
#include "base/message.h"
#include "web/asset.h"
#include "web/form.h"
#include "web/route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int page(struct http_request *req, const struct route_call *call, struct http_response *resp, void *ctx)
{
    return 0;
}

static const struct route rows[] = {
    {HTTP_GET, "/", page, "home", ROUTE_SIGNED_IN, 0},
    {HTTP_GET, "/records/new", page, "record_new", ROUTE_SIGNED_IN, 0},
    {HTTP_GET, "/records/:id", page, "record", ROUTE_SIGNED_IN, 0},
    {HTTP_POST, "/records/:id", page, "record_save", ROUTE_SIGNED_IN, 5000},
    {HTTP_POST, "/records/:id/steps/:step", page, "step", ROUTE_SIGNED_IN, 0},
};
static const struct route_table table = {rows, ARRAY_LEN(rows)};

static void test_route(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        int answer;
        const char *name;
    } cases[] = {
        {HTTP_GET, "/", 0, "home"},
        {HTTP_HEAD, "/", 0, "home"},
        {HTTP_GET, "/records/new", 0, "record_new"},
        {HTTP_GET, "/records/x", 0, "record"},
        {HTTP_POST, "/records/new", 0, "record_save"},
        {HTTP_POST, "/records/a/steps/b", 0, "step"},
        {HTTP_GET, "/records", ROUTE_E_NOT_FOUND, NULL},
        {HTTP_GET, "/records/", ROUTE_E_NOT_FOUND, NULL},
        {HTTP_GET, "/records/a/", ROUTE_E_NOT_FOUND, NULL},
        {HTTP_GET, "/Records/a", ROUTE_E_NOT_FOUND, NULL},
        {HTTP_DELETE, "/records/a", ROUTE_E_METHOD, NULL},
        {HTTP_GET, "/records/a/steps/b", ROUTE_E_METHOD, NULL},
        {HTTP_GET, "/records/%ff", ROUTE_E_PATH, NULL},
    };
    struct arena *arena = arena_new(1024 * 1024);
    struct route_call call;
    struct buf allow;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int r = route_find(&table, cases[i].method, str_of(cases[i].path), arena, &call);

        if (r != cases[i].answer)
            fail_msg("%s: %d", cases[i].path, r);
        if (!r)
            assert_string_equal(call.route->name, cases[i].name);
    }
    assert_int_equal(route_find(&table, HTTP_POST, STR("/records/%E7%95%AA+1/steps/x"), arena, &call), 0);
    assert_true(str_eq(route_param(&call, STR("id")), STR("番+1")));
    assert_true(str_eq(route_param(&call, STR("step")), STR("x")));
    assert_null(route_param(&call, STR("other")).at);
    buf_init(&allow, 100);
    assert_int_equal(route_allow(&table, STR("/records/a"), &allow), 0);
    assert_string_equal(allow.at, "GET, HEAD, POST");
    buf_done(&allow);
    arena_free(arena);
}

static void test_form(void **state)
{
    struct arena *arena = arena_new(8 * 1024 * 1024);
    struct form_data f;
    static char many[FORM_FIELDS_MAX * 4 + 16];
    static char large[3 * FORM_VALUE_MAX + 2];
    struct buf out;

    assert_int_equal(form_parse(STR("a=1&b=%E3%81%82+x&c=&d&a2=%2B&n=1&n=2&"), arena, &f), 0);
    assert_int_equal(f.n, 7);
    assert_true(str_eq(form_get(&f, STR("b")), STR("あ x")));
    assert_true(str_eq(form_get(&f, STR("a2")), STR("+")));
    assert_non_null(form_get(&f, STR("c")).at);
    assert_non_null(form_get(&f, STR("d")).at);
    assert_null(form_get(&f, STR("n")).at);
    assert_int_equal(form_count(&f, STR("n")), 2);
    assert_true(str_eq(form_get_nth(&f, STR("n"), 1), STR("2")));
    assert_null(form_get_nth(&f, STR("n"), 2).at);
    assert_null(form_get(&f, STR("absent")).at);
    assert_int_equal(form_parse(STR(""), arena, &f), 0);
    assert_int_equal(f.n, 0);
    assert_int_equal(form_parse(STR("a=%4"), arena, &f), FORM_E_SYNTAX);
    assert_int_equal(form_parse(STR("a=%zz"), arena, &f), FORM_E_SYNTAX);
    assert_int_equal(form_parse(STR("a=%00"), arena, &f), FORM_E_TEXT);
    assert_int_equal(form_parse(STR("a=%C0%BC"), arena, &f), FORM_E_TEXT);
    assert_int_equal(form_parse(STR("a=\xff"), arena, &f), FORM_E_TEXT);
    for (size_t i = 0; i < FORM_FIELDS_MAX + 1; i++)
        memcpy(many + i * 4, "a=1&", 4);
    assert_int_equal(form_parse((struct str){many, FORM_FIELDS_MAX * 4 + 4}, arena, &f), FORM_E_LIMIT);
    memset(large, 'a', sizeof(large));
    memcpy(large, "v=", 2);
    assert_int_equal(form_parse((struct str){large, FORM_VALUE_MAX + 3}, arena, &f), FORM_E_LIMIT);
    buf_init(&out, 100);
    assert_int_equal(url_encode(STR("a b/あ&~"), &out), 0);
    assert_string_equal(out.at, "a%20b%2F%E3%81%82%26~");
    buf_done(&out);
    arena_free(arena);
}

static void test_asset(void **state)
{
    const struct asset *css = asset_get(ASSET_TSUJIBAN_CSS);
    struct http_head head = {.n_headers = 0};
    struct http_request req = {.path = str_of(css->url), .head = &head};
    struct http_response resp = {.status = 200};

    buf_init(&resp.body, 4096);
    buf_init(&resp.headers, 4096);
    assert_int_equal(asset_serve(&req, NULL, &resp, NULL), 0);
    assert_int_equal(resp.status, 200);
    assert_int_equal(resp.cache, HTTP_CACHE_FOR_EVER);
    assert_ptr_equal(resp.body_static.at, css->bytes.at);
    head.headers[head.n_headers++] =
        (struct http_header){HTTP_HEADER_IF_NONE_MATCH, STR("If-None-Match"), str_of(css->etag)};
    assert_int_equal(asset_serve(&req, NULL, &resp, NULL), 0);
    assert_int_equal(resp.status, 304);
    req.path = STR("/assets/0000000000000000/tsujiban.css");
    assert_int_equal(asset_serve(&req, NULL, &resp, NULL), 0);
    assert_int_equal(resp.status, 404);
    buf_done(&resp.body);
    buf_done(&resp.headers);
}

static void test_message(void **state)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(message_print(&out, MESSAGE_JA, MSG_DUE_OVERDUE, {"days", STR("3")}), 0);
    assert_string_equal(out.at, "3日超過");
    buf_clear(&out);
    assert_int_equal(message_print(&out, MESSAGE_EN, MSG_PAGE_TITLE, {"page", STR("{program}")}, {"program", STR("A")}), 0);
    assert_string_equal(out.at, "{program} | A");
    buf_clear(&out);
    assert_int_equal(message_print(&out, MESSAGE_JA, MSG_DUE_OVERDUE, {"other", STR("3")}), -EINVAL);
    assert_string_equal(out.at, "{days}日超過");
    buf_done(&out);
    for (unsigned k = 0; k < MESSAGE_COUNT; k++) {
        assert_true(message_text(MESSAGE_JA, k).len > 0);
        assert_true(message_text(MESSAGE_EN, k).len > 0);
    }
    assert_int_equal(message_lang_of(STR("en-GB")), MESSAGE_EN);
    assert_int_equal(message_lang_of(STR("xx")), MESSAGE_JA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_asset),
        cmocka_unit_test(test_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
