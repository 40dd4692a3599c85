#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void tells_valid_from_invalid(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "é",
                                       "辻番",
                                       "more than eight, 辻番 between, and more than eight",
                                       "𠮷野家",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe8\xbe",
                                      "\xff",
                                      "a\xe8\xbe\xbb\xe7",
                                      "eight by\xff",
                                      "seventh\xe8more than eight",
                                      "eight of them, and then\x80"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(utf8_is_valid(str_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(utf8_is_valid(str_of(bad[i])));
    assert_true(utf8_is_valid(STR("a\0b")));
}

static void every_character_survives(void **state)
{
    for (uint32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 13) {
        struct buf b;
        size_t at = 0;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        buf_init(&b, 4);
        assert_int_equal(utf8_put(c, &b), 0);
        assert_int_equal(utf8_next(buf_str(&b), &at), c);
        assert_int_equal(at, b.len);
        buf_done(&b);
    }
}

static void steps_over_bad_bytes_one_by_one(void **state)
{
    struct str s = STR("a\xe8\xbe"
                       "b");
    size_t at = 0;

    assert_int_equal(utf8_next(s, &at), 'a');
    assert_int_equal(utf8_next(s, &at), 0xfffd);
    assert_int_equal(at, 2);
    assert_int_equal(utf8_count(s), 4);
    assert_int_equal(utf8_count(STR("辻番𠮷")), 3);
    assert_true(utf8_is_blank(STR("")) && utf8_is_blank(STR(" \t　\n")));
    assert_false(utf8_is_blank(STR("　x")) || utf8_is_blank(STR("\xe3\x80")));
}

static void assert_nfc(const char *in, const char *want)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(utf8_nfc(str_of(in), true, &out), 0);
    assert_true(str_eq(buf_str(&out), str_of(want)));
    assert_int_equal(utf8_check_nfc(buf_str(&out)), 0);
    assert_int_equal(utf8_check_nfc(str_of(in)), str_eq(str_of(in), str_of(want)) ? 0 : UTF8_E_FORM);
    buf_done(&out);
}

static void normalises_to_nfc_and_no_further(void **state)
{
    assert_nfc("", "");
    assert_nfc("か\xe3\x82\x99", "が"); /* U+304B U+3099 */
    assert_nfc("e\xcc\x81", "é");
    assert_nfc("\xef\xa4\x80", "豈"); /* U+F900, a singleton */
    assert_nfc("髙橋﨑", "髙橋﨑");   /* variants in names stay */
    assert_nfc("ＡＢＣ１２３ｶﾅ㍻", "ＡＢＣ１２３ｶﾅ㍻");
    assert_nfc("\xe2\x84\xab", "Å"); /* U+212B, the sign of the unit */
    assert_nfc("ﾊﾞ", "ﾊﾞ");
    assert_nfc("葛\xf3\xa0\x84\x80", "葛\xf3\xa0\x84\x80"); /* with a variation selector */
}

static void refuses_controls_and_bad_bytes(void **state)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(utf8_nfc(STR("a\x1b[0m"), true, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\0b"), true, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\x7f"), true, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\xc2\x85"), true, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\r\nb"), true, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\nb"), false, &out), UTF8_E_CONTROL);
    assert_int_equal(utf8_nfc(STR("a\xff"), true, &out), UTF8_E_INVALID);
    assert_int_equal(out.len, 0);
    assert_int_equal(utf8_nfc(STR("a\tb\nc"), true, &out), 0);
    assert_string_equal(out.at, "a\tb\nc");
    assert_int_equal(utf8_check_nfc(STR("\xff")), UTF8_E_INVALID);
    buf_done(&out);
}

static void assert_fold(const char *in, const char *want)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(utf8_fold(str_of(in), &out), 0);
    assert_true(str_eq(buf_str(&out), str_of(want)));
    buf_done(&out);
}

static void folds_for_comparing(void **state)
{
    struct buf out;

    assert_fold("", "");
    assert_fold("　Ｔｅｓｔ　", "test");
    assert_fold("ｶﾞｿﾘﾝ", "ガソリン");
    assert_fold("Straße", "strasse");
    assert_fold("㋿８年", "令和8年");
    assert_fold("髙", "髙");
    buf_init(&out, 10);
    assert_int_equal(utf8_fold(STR("\xc3"), &out), UTF8_E_INVALID);
    buf_done(&out);
}

static void shows_safely(void **state)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(utf8_print_safe(STR("辻\n\x1b\xff\xc2\x9b"
                                         "a\xe2\x80\xae"
                                         "b\x7f"),
                                     &out),
                     0);
    assert_string_equal(out.at, "辻\\x0A\\x1B\\xFF\\xC2\\x9Ba\\xE2\\x80\\xAEb\\x7F");
    buf_done(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_valid_from_invalid),
        cmocka_unit_test(every_character_survives),
        cmocka_unit_test(steps_over_bad_bytes_one_by_one),
        cmocka_unit_test(normalises_to_nfc_and_no_further),
        cmocka_unit_test(refuses_controls_and_bad_bytes),
        cmocka_unit_test(folds_for_comparing),
        cmocka_unit_test(shows_safely),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
