#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void compares_bytes(void **state)
{
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("Ａ"), STR("ａ")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("b"), STR("abc")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("\x01")) > 0);
    assert_int_equal(str_cmp(STR_NONE, STR_NONE), 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("rule.yaml"), STR(".yaml")));
    assert_false(str_ends(STR("yaml"), STR(".yaml")));
    assert_true(str_ends(STR_NONE, STR_NONE));
}

static void trims_and_splits(void **state)
{
    struct str rest = STR("a,,b,"), piece = STR_NONE;

    assert_true(str_eq(str_trim(STR(" \t a b\r\n")), STR("a b")));
    assert_int_equal(str_trim(STR("  ")).len, 0);
    assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("a")));
    assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("")));
    assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("b")));
    assert_true(str_split(&rest, ',', &piece) && str_eq(piece, STR("")));
    piece = STR("kept");
    assert_false(str_split(&rest, ',', &piece));
    assert_true(str_eq(piece, STR("kept")));
}

static void measures_distance(void **state)
{
    char long_text[200];

    assert_int_equal(str_distance(STR("requires"), STR("requires")), 0);
    assert_int_equal(str_distance(STR("requries"), STR("requires")), 1);
    assert_int_equal(str_distance(STR("require"), STR("requires")), 1);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting")), 3);
    assert_int_equal(str_distance(STR(""), STR("abc")), 3);
    assert_int_equal(str_distance(STR("abc"), STR("")), 3);
    memset(long_text, 'x', sizeof(long_text));
    assert_int_equal(str_distance((struct str){long_text, sizeof(long_text)}, STR("")), 64);
}

static void reads_unsigned_numbers(void **state)
{
    static const char *const bad[] = {"",    " 1",   "1 ", "+1",  "-1",
                                      "1.0", "0x10", "１", "1e3", "1_0"};
    uint64_t v = 7;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(str_to_u64(str_of(bad[i]), 0, UINT64_MAX, &v), STR_E_SYNTAX);
    assert_int_equal(str_to_u64(STR("18446744073709551616"), 0, UINT64_MAX, &v), STR_E_RANGE);
    assert_int_equal(str_to_u64(STR("99999999999999999999999999"), 0, UINT64_MAX, &v), STR_E_RANGE);
    assert_int_equal(str_to_u64(STR("9"), 10, 20, &v), STR_E_RANGE);
    assert_int_equal(str_to_u64(STR("21"), 10, 20, &v), STR_E_RANGE);
    assert_int_equal(v, 7);
    assert_int_equal(str_to_u64(STR("18446744073709551615"), 0, UINT64_MAX, &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(str_to_u64(STR("1\0"), 0, 9, &v), STR_E_SYNTAX);
    assert_int_equal(str_to_u64((struct str){"123", 2}, 0, 99, &v), 0);
    assert_int_equal(v, 12);
}

static void reads_signed_numbers(void **state)
{
    int64_t v = 7;

    assert_int_equal(str_to_i64(STR("-"), INT64_MIN, INT64_MAX, &v), STR_E_SYNTAX);
    assert_int_equal(str_to_i64(STR("--1"), INT64_MIN, INT64_MAX, &v), STR_E_SYNTAX);
    assert_int_equal(str_to_i64(STR("9223372036854775808"), INT64_MIN, INT64_MAX, &v), STR_E_RANGE);
    assert_int_equal(str_to_i64(STR("-9223372036854775809"), INT64_MIN, INT64_MAX, &v),
                     STR_E_RANGE);
    assert_int_equal(str_to_i64(STR("-2"), -1, 1, &v), STR_E_RANGE);
    assert_int_equal(v, 7);
    assert_int_equal(str_to_i64(STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &v), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(str_to_i64(STR("9223372036854775807"), INT64_MIN, INT64_MAX, &v), 0);
    assert_true(v == INT64_MAX);
    assert_int_equal(str_to_i64(STR("-0"), -1, 1, &v), 0);
    assert_int_equal(v, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes),       cmocka_unit_test(trims_and_splits),
        cmocka_unit_test(measures_distance),    cmocka_unit_test(reads_unsigned_numbers),
        cmocka_unit_test(reads_signed_numbers),
    };

    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
