/* Text that is drawn out of files: in the encodings that Japanese offices write, out of markup that cuts names into pieces, and how it is told
 * that something was left out. */
#include "guard/draw.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static enum drawn drawn_from(enum content_type type, const char *bytes, size_t n, size_t max, const char *wanted)
{
    CLEANUP(buf_done) struct buf out;
    enum drawn how;

    buf_init(&out, (size_t)1 << 20);
    assert_int_equal(draw(type, (struct str){bytes, n}, max, &out, &how), 0);
    assert_int_equal(out.len, strlen(wanted));
    if (out.len)
        assert_memory_equal(out.at, wanted, out.len);
    return how;
}

#define DRAWN(type, bytes, wanted) drawn_from(type, bytes, sizeof(bytes) - 1, 1000, wanted)

static void test_encodings(void **state)
{
    (void)state;
    assert_int_equal(DRAWN(CONTENT_TEXT, "渡邉\r\n\t太郎\f。", "渡邉 太郎 。"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_TEXT, "\xef\xbb\xbf" "a", "a"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_OTHER, "\x8e\x52\x93\x63\x91\xbe\x98\x59", "山田太郎"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_OTHER, "\xff\xfe\x71\x5c\x30\x75\x42\xd8\xb7\xdf", "山田𠮷"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_OTHER, "\xfe\xff\x5c\x71\x75\x30\xdf\xb7", "山田"), DRAWN_ALL);
    /* kana and its mark are one character: as every value of the ledger */
    assert_int_equal(DRAWN(CONTENT_TEXT, "か\xe3\x82\x99", "が"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_OTHER, "\x81", ""), DRAWN_NONE);
    assert_int_equal(DRAWN(CONTENT_OTHER, "\x00\x01\x02", ""), DRAWN_NONE);
    assert_int_equal(DRAWN(CONTENT_OTHER, "a\x1b[31m", ""), DRAWN_NONE);
    assert_int_equal(DRAWN(CONTENT_PDF, "%PDF-1.4 (a)", ""), DRAWN_NONE);
    assert_int_equal(DRAWN(CONTENT_EMPTY, "", ""), DRAWN_ALL);
}

static void test_markup(void **state)
{
    (void)state;
    assert_int_equal(DRAWN(CONTENT_TEXT, "<w:p><w:r><w:t>山</w:t></w:r><w:r w:rsid=\"00 1\"><w:t>&#30000;&amp;&#x592a;</w:t></w:r></w:p><w:p>x</w:p>", "山田&太 x 00 1 "),
                     DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_TEXT, "<?xml version=\"1.0\"?><a b='山田'>1<!-- 太郎 --><![CDATA[<2>]]></a>", "1<2> 山田 太郎 "), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_TEXT, "<p>a &unknown; b &#0; &", "a &unknown; b &#0; &"), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_OTHER, "<p>\x8e\x52\x93\x63</p>", "山田 "), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_TEXT, "<a b=\"never ends", "never ends "), DRAWN_ALL);
    assert_int_equal(DRAWN(CONTENT_TEXT, "a < b and c > d", "a < b and c > d"), DRAWN_ALL);
}

static void test_limits(void **state)
{
    static char long_text[DRAW_BYTES_MAX + 100];

    (void)state;
    assert_int_equal(drawn_from(CONTENT_TEXT, "山田太郎", 12, 7, "山田"), DRAWN_PART);
    memset(long_text, 'a', sizeof(long_text));
    assert_int_equal(drawn_from(CONTENT_TEXT, long_text, sizeof(long_text), 10, ""), DRAWN_NONE);
    long_text[20] = '\n';
    assert_int_equal(drawn_from(CONTENT_TEXT, long_text, sizeof(long_text), 1000, "aaaaaaaaaa"), DRAWN_PART);
}

static void test_code_page(void **state)
{
    CLEANUP(buf_done) struct buf out;

    (void)state;
    assert_int_equal(draw_prepare(), 0);
    buf_init(&out, 100);
    assert_int_equal(draw_cp932(STR("a\x81"), &out), 1);
    assert_int_equal(out.len, 0);
    assert_int_equal(draw_cp932(STR("\x87\x40"), &out), 0); /* what Windows added: ① */
    assert_int_equal(out.len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_encodings), cmocka_unit_test(test_markup), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_code_page)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
