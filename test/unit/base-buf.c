#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void grows_and_ends_in_nul(void **state)
{
    struct buf b;

    buf_init(&b, 100000);
    assert_int_equal(buf_str(&b).len, 0);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf_printf(&b, "%d,", i % 10), 0);
    assert_int_equal(b.len, 20000);
    assert_int_equal(b.at[b.len], '\0');
    assert_memory_equal(b.at + 19996, "8,9,", 5);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(buf_add_text(&b, "again"), 0);
    assert_string_equal(b.at, "again");
    buf_done(&b);
}

static void refuses_beyond_the_cap_and_keeps_refusing(void **state)
{
    struct buf b;

    buf_init(&b, 4);
    assert_int_equal(buf_add_text(&b, "abc"), 0);
    assert_int_equal(buf_add_text(&b, "de"), -ENOSPC);
    assert_string_equal(b.at, "abc");
    assert_int_equal(buf_add_char(&b, 'd'), -ENOSPC);
    assert_int_equal(buf_printf(&b, "%s", ""), -ENOSPC);
    assert_null(buf_grow(&b, 0));
    assert_null(buf_take(&b));
    assert_int_equal(buf_error(&b), -ENOSPC);
    buf_clear(&b);
    assert_int_equal(buf_printf(&b, "%d", 1234), 0);
    assert_int_equal(buf_printf(&b, "%d", 5), -ENOSPC);
    assert_string_equal(b.at, "1234");
    buf_done(&b);
    assert_int_equal(buf_add_char(&b, 'x'), 0);
    buf_wipe(&b);
}

static void takes_a_cap_without_end(void **state)
{
    struct buf b;

    buf_init(&b, SIZE_MAX);
    assert_int_equal(buf_add_text(&b, "x"), 0);
    assert_null(buf_grow(&b, SIZE_MAX - 1));
    assert_int_equal(buf_error(&b), -ENOSPC);
    buf_done(&b);
}

static void refuses_when_zeroed(void **state)
{
    struct buf b = {0};

    assert_int_equal(buf_add_char(&b, 'x'), -ENOSPC);
    buf_done(&b);
}

static void writes_big_endian(void **state)
{
    struct buf b;

    buf_init(&b, 14);
    assert_int_equal(buf_add_be16(&b, 0x0102), 0);
    assert_int_equal(buf_add_be32(&b, 0x03040506), 0);
    assert_int_equal(buf_add_be64(&b, UINT64_C(0x0708090a0b0c0d0e)), 0);
    assert_memory_equal(b.at, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 14);
    buf_done(&b);
}

static void hands_over_a_string(void **state)
{
    struct buf b;
    char *taken;

    buf_init(&b, 10);
    taken = buf_take(&b);
    assert_string_equal(taken, "");
    free(taken);
    assert_int_equal(buf_add_str(&b, STR("text")), 0);
    taken = buf_take(&b);
    assert_string_equal(taken, "text");
    assert_int_equal(buf_str(&b).len, 0);
    free(taken);
    buf_done(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_ends_in_nul),
        cmocka_unit_test(refuses_beyond_the_cap_and_keeps_refusing),
        cmocka_unit_test(takes_a_cap_without_end),
        cmocka_unit_test(refuses_when_zeroed),
        cmocka_unit_test(writes_big_endian),
        cmocka_unit_test(hands_over_a_string),
    };

    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
