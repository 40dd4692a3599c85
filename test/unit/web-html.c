/* The HTML writer: what it writes, what it refuses, and that hostile text comes out inert. */
#include "web/html.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct buf out;
    struct html h;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    buf_init(&f->out, 1024 * 1024);
    html_init(&f->h, &f->out, true);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    buf_done(&f->out);
    free(f);
    return 0;
}

static void expect(struct fixture *f, const char *want)
{
    int r = html_end(&f->h);

    if (r)
        fail_msg("%d: %s", r, html_problem(&f->h));
    assert_string_equal(f->out.at, want);
}

static void test_plain(void **state)
{
    struct fixture *f = *state;
    struct html *h = &f->h;

    html_begin(h, HTML_P, "note wide");
    html_text(h, STR("登録 "));
    html_open(h, HTML_A);
    html_attr_url(h, HTML_HREF, STR("/records?a=1&b=2"));
    html_text(h, STR("一覧"));
    html_close(h, HTML_A);
    html_open(h, HTML_INPUT);
    html_attr_if(h, HTML_CHECKED, true);
    html_attr_if(h, HTML_DISABLED, false);
    html_attr_number(h, HTML_SIZE, 8);
    html_close(h, HTML_P);
    expect(f, "<p class=\"note wide\">登録 <a href=\"/records?a=1&amp;b=2\">一覧</a><input checked size=\"8\"></p>\n");
}

static void test_hostile_text(void **state)
{
    static const struct {
        struct str text;
        const char *want;
    } rows[] = {
        {{"<script>alert('\"&')</script>", 28}, "<span>&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;</span>"},
        {{"a\0b", 3}, "<span>a\xef\xbf\xbd" "b</span>"},
        {{"\x1b[31m\x7f", 6}, "<span>\xef\xbf\xbd[31m\xef\xbf\xbd</span>"},
        {{"\xff<\xc0\xbc", 4}, "<span>\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd</span>"},
        {{"\xe3\x81", 2}, "<span>\xef\xbf\xbd\xef\xbf\xbd</span>"},
        {{"a\xe2\x80\xae" "b", 5}, "<span>a\xef\xbf\xbd" "b</span>"},
        {{"a\r\nb\rc\td", 8}, "<span>a\nb\xef\xbf\xbd" "c\td</span>"},
        {{"\xc2\x85", 2}, "<span>\xef\xbf\xbd</span>"},
        {{"\xe9\xab\x99\xef\xa8\x91\xf3\xa0\x84\x80", 10}, "<span>\xe9\xab\x99\xef\xa8\x91\xf3\xa0\x84\x80</span>"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture *f = *state;

        buf_clear(&f->out);
        html_init(&f->h, &f->out, true);
        html_element(&f->h, HTML_SPAN, NULL, rows[i].text);
        assert_int_equal(html_end(&f->h), 0);
        assert_string_equal(f->out.at, rows[i].want);
    }
}

static void test_hostile_attribute(void **state)
{
    struct fixture *f = *state;

    html_open(&f->h, HTML_INPUT);
    html_attr(&f->h, HTML_VALUE, STR("\" onfocus=alert(1) x='<"));
    expect(f, "<input value=\"&quot; onfocus=alert(1) x=&#39;&lt;\">");
}

static void test_urls(void **state)
{
    static const char *const good[] = {"", "/", "/a:b", "?a:b", "#x:y", "a/b:c", "http://a.example/", "HTTPS://a.example",
                                       "mailto:a@b.example"};
    static const char *const bad[] = {"javascript:alert(1)", "JaVaScRiPt:x", "java\nscript:x", " javascript:x",
                                      "\x01javascript:x", "data:text/html,x", "vbscript:x", "//evil.example",
                                      "/\\evil.example", "\\\\evil.example", "a:b", ":x", "ftp://a/"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!html_url_is_allowed(str_of(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (html_url_is_allowed(str_of(bad[i])))
            fail_msg("allowed: %s", bad[i]);
}

static void misuse(struct fixture *f)
{
    size_t len = f->out.len;

    html_element(&f->h, HTML_P, NULL, STR("never written"));
    assert_int_equal(f->out.len, len);
    assert_int_equal(html_end(&f->h), -EINVAL);
    assert_non_null(html_problem(&f->h));
    buf_clear(&f->out);
    html_init(&f->h, &f->out, true);
}

static void test_misuse(void **state)
{
    struct fixture *f = *state;
    struct html *h = &f->h;

    html_open(h, HTML_DIV);
    html_close(h, HTML_SPAN);
    misuse(f);
    html_close(h, HTML_DIV);
    misuse(f);
    html_open(h, HTML_DIV);
    html_text(h, STR("x"));
    html_attr(h, HTML_ID, STR("late"));
    misuse(f);
    html_open(h, HTML_DIV);
    html_attr(h, HTML_ID, STR("a"));
    html_attr(h, HTML_ID, STR("b"));
    misuse(f);
    html_open(h, HTML_A);
    html_attr(h, HTML_HREF, STR("javascript:x"));
    misuse(f);
    html_open(h, HTML_A);
    html_attr_url(h, HTML_HREF, STR("javascript:x"));
    misuse(f);
    html_open(h, HTML_SCRIPT);
    html_text(h, STR("alert(1)"));
    misuse(f);
    html_open(h, HTML_P);
    html_open(h, HTML_DIV);
    misuse(f);
    html_open(h, HTML_UL);
    html_open(h, HTML_P);
    misuse(f);
    html_open(h, HTML_DIV);
    html_open(h, HTML_TD);
    misuse(f);
    html_open(h, HTML_A);
    html_open(h, HTML_SPAN);
    html_open(h, HTML_A);
    misuse(f);
    html_open(h, HTML_BUTTON);
    html_open(h, HTML_A);
    misuse(f);
    html_open(h, HTML_TR);
    html_text(h, STR("x"));
    misuse(f);
    html_open(h, HTML_TITLE);
    html_open(h, HTML_SPAN);
    misuse(f);
    for (int i = 0; i <= HTML_DEPTH_MAX; i++)
        html_open(h, HTML_DIV);
    misuse(f);
    html_open(h, HTML_DIV);
    assert_int_equal(html_end(h), -EINVAL);
}

/* A textarea keeps a leading line break, and its end tag cannot be smuggled in. */
static void test_textarea(void **state)
{
    struct fixture *f = *state;

    html_element(&f->h, HTML_TEXTAREA, NULL, STR("\n</textarea>"));
    expect(f, "<textarea>\n\n&lt;/textarea&gt;</textarea>");
}

static void test_full_buffer(void **state)
{
    struct buf out;
    struct html h;

    buf_init(&out, 20);
    html_init(&h, &out, true);
    html_element(&h, HTML_P, NULL, STR("more than twenty bytes of text"));
    assert_int_equal(html_end(&h), -ENOSPC);
    buf_done(&out);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_plain), WITH(test_hostile_text), WITH(test_hostile_attribute), WITH(test_urls),
        WITH(test_misuse), WITH(test_textarea), WITH(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
