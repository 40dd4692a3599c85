/* Every widget with hostile text in every place: the page stays whole and nothing of the text becomes markup. */
#include "web-gallery-page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void render(struct buf *ret, enum message_lang lang, struct str text)
{
    struct arena *arena = arena_new(4 * 1024 * 1024);
    struct http_request req = {.arena = arena};
    struct http_response resp = {0};

    buf_init(&resp.body, 4 * 1024 * 1024);
    assert_int_equal(gallery_page(&req, &resp, lang, text), 0);
    *ret = resp.body;
    arena_free(arena);
}

static size_t count(const struct buf *b, const char *what)
{
    size_t n = 0;

    for (const char *p = b->at; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void test_hostile(void **state)
{
    static const char *const texts[] = {
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)", "</title></textarea></select><b>",
        "<!--", "]]>", "&lt;script&gt;", "\xff\xfe<\xc0\xbcscript>", "{count}{name}%s%n", "\r\n\r\n<html>",
    };
    struct buf normal, page;

    render(&normal, MESSAGE_JA, STR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        size_t tags = 0;

        render(&page, MESSAGE_JA, str_of(texts[i]));
        /* As many tags as with harmless texts: none was added, none swallowed. */
        for (const char *p = normal.at; *p; p++)
            tags += *p == '<';
        for (const char *p = page.at; *p; p++)
            tags -= *p == '<';
        assert_int_equal(tags, 0);
        assert_int_equal(count(&page, "<script"), 4);
        assert_int_equal(count(&page, "alert(1)>"), 0);
        assert_null(strstr(page.at, "onfocus='"));
        buf_done(&page);
    }
    buf_done(&normal);
}

static void test_whole(void **state)
{
    struct buf page;

    render(&page, MESSAGE_JA, STR_NONE);
    assert_non_null(strstr(page.at, "<html lang=\"ja\">"));
    assert_int_equal(count(&page, "<h1>"), 1);
    assert_int_equal(count(&page, " style="), 0);
    assert_int_equal(count(&page, "<style"), 0);
    assert_non_null(strstr(page.at, "aria-describedby=\"f-why-error f-why-support\""));
    assert_non_null(strstr(page.at, "<a href=\"#f-why\">"));
    assert_non_null(strstr(page.at, "※必須"));
    buf_done(&page);
    render(&page, MESSAGE_EN, STR_NONE);
    assert_non_null(strstr(page.at, "<html lang=\"en\">"));
    assert_non_null(strstr(page.at, "2 entries need correction"));
    buf_done(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile), cmocka_unit_test(test_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
