/* The strict head reader: every rule H1 to H20 of doc/design/http.md with a head that breaks it. */
#include "web/http-head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct http_limits limits;

#define HEAD(text) {text, sizeof(text) - 1}

static void test_good(void **state)
{
    static const struct {
        struct str head;
        enum http_method method;
        const char *path;
        const char *query; /* NULL: none */
        bool keep_alive;
    } rows[] = {
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET, "/", NULL, true},
        {HEAD("GET /a/b?x=1&y=%E3%81%82 HTTP/1.1\r\nhost:a.example:8480\r\n\r\n"), HTTP_GET, "/a/b", "x=1&y=%E3%81%82", true},
        {HEAD("GET /a/? HTTP/1.1\r\nHost: [::1]:80\r\nConnection: foo, Close\r\n\r\n"), HTTP_GET, "/a/", "", false},
        {HEAD("HEAD / HTTP/1.0\r\n\r\n"), HTTP_HEAD, "/", NULL, false},
        {HEAD("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), HTTP_GET, "/", NULL, false},
        {HEAD("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), HTTP_POST, "/x", NULL, true},
        {HEAD("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), HTTP_POST, "/x", NULL, true},
        {HEAD("GET http://A/x?y HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET, "/x", "y", true},
        {HEAD("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_OPTIONS, "*", NULL, true},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX-Other:\t b c \t\r\nX-Empty:\r\n\r\n"), HTTP_GET, "/", NULL, true},
        {HEAD("GET /..a/.b/a.. HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET, "/..a/.b/a..", NULL, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_head head;
        struct http_head_error error = {0};

        if (http_head_check(rows[i].head, &limits, &head, &error) != HTTP_HEAD_OK)
            fail_msg("row %zu: %u %s", i, error.status, error.reason);
        assert_int_equal(head.method, rows[i].method);
        assert_true(str_eq(head.path, str_of(rows[i].path)));
        assert_int_equal(head.query.at != NULL, rows[i].query != NULL);
        assert_true(str_eq(head.query, str_of(rows[i].query)));
        assert_int_equal(head.keep_alive, rows[i].keep_alive);
    }
}

static void test_bad(void **state)
{
    static const struct {
        struct str head;
        unsigned status;
    } rows[] = {
        /* request line */
        {HEAD("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET\r\n\r\n"), 400},
        {HEAD(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501},
        {HEAD("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501},
        {HEAD("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"), 405},
        {HEAD("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405},
        {HEAD("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505},
        {HEAD("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505},
        {HEAD("GET / HTTP/1.1x\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET / http/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a[::1]\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: [a.b-c]\r\n\r\n"), 400},
        {HEAD("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /?%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /% HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /%4g HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /\xe3\x81\x82 HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET //a HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /../a HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {HEAD("GET /a/. HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        /* line ends and control characters */
        {HEAD("GET / HTTP/1.1\nHost: a\n\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: a\x0b\r\n\r\n"), 400},
        {HEAD("\x16\x03\x01"), 400},
        /* header lines */
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n Content-Length: 5\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX(: x\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX\xe3: x\r\n\r\n"), 400},
        /* Host */
        {HEAD("GET / HTTP/1.1\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400},
        /* length and coding of the body */
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), 411},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00000000000000000000000005\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello"), 413},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 400},
        {HEAD("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 411},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"), 501},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), 400},
        {HEAD("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), 400},
        {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: tea\r\n\r\nhello"), 417},
        {HEAD("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n"), 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_head head;
        struct http_head_error error = {0};
        enum http_head_answer r = http_head_check(rows[i].head, &limits, &head, &error);

        if (r != HTTP_HEAD_BAD || error.status != rows[i].status)
            fail_msg("row %zu (%.*s): answer %d, %u %s, wanted %u", i, STR_ARG(rows[i].head), r, error.status,
                     error.reason ? error.reason : "", rows[i].status);
    }
}

/* Every cut of a good head asks for more, whatever pieces it comes in, and never reads behind its end. */
static void test_pieces(void **state)
{
    static const char text[] = "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    size_t whole = sizeof(text) - 1 - 5, scanned = 0, head_size = 0;
    struct http_head_error error;

    for (size_t len = 0; len < whole; len++)
        assert_int_equal(http_head_scan(text, len, &scanned, &limits, &head_size, &error), HTTP_HEAD_MORE);
    assert_int_equal(http_head_scan(text, whole, &scanned, &limits, &head_size, &error), HTTP_HEAD_OK);
    assert_int_equal(head_size, whole);
}

static void test_limits(void **state)
{
    static char text[64 * 1024];
    struct http_head head;
    struct http_head_error error = {0};
    int n;

    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    assert_int_equal(http_head_check((struct str){text, sizeof(text)}, &limits, &head, &error), HTTP_HEAD_BAD);
    assert_int_equal(error.status, 414);

    n = snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", (int)HTTP_TARGET_SIZE_MAX, 0);
    assert_int_equal(http_head_check((struct str){text, (size_t)n}, &limits, &head, &error), HTTP_HEAD_BAD);
    assert_int_equal(error.status, 414);

    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d", (int)HTTP_HEAD_SIZE_MAX, 0);
    assert_int_equal(http_head_check((struct str){text, (size_t)n}, &limits, &head, &error), HTTP_HEAD_BAD);
    assert_int_equal(error.status, 431);

    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < HTTP_HEADERS_MAX - 1; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "X-%d: 1\r\n", i);
    memcpy(text + n, "\r\n", 2);
    assert_int_equal(http_head_check((struct str){text, (size_t)n + 2}, &limits, &head, &error), HTTP_HEAD_OK);
    assert_int_equal(head.n_headers, HTTP_HEADERS_MAX);
    memcpy(text + n, "Y: 1\r\n\r\n", 8);
    assert_int_equal(http_head_check((struct str){text, (size_t)n + 8}, &limits, &head, &error), HTTP_HEAD_BAD);
    assert_int_equal(error.status, 431);
}

static void test_find(void **state)
{
    struct http_head head;
    struct http_head_error error;

    assert_int_equal(http_head_check(STR("GET / HTTP/1.1\r\nHost: a\r\nACCEPT: b\r\nX-Empty:\r\nX-Own: c\r\n\r\n"), &limits,
                                     &head, &error),
                     HTTP_HEAD_OK);
    assert_true(str_eq(http_head_find(&head, HTTP_HEADER_ACCEPT), STR("b")));
    assert_null(http_head_find(&head, HTTP_HEADER_COOKIE).at);
    assert_true(str_eq(http_head_find_name(&head, STR("x-own")), STR("c")));
    assert_non_null(http_head_find_name(&head, STR("X-Empty")).at);
    assert_null(http_head_find_name(&head, STR("X-Absent")).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),  cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
