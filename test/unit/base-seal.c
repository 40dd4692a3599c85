/* Sealed bytes open under their key and as the thing that they are, and in no other way. */
#include "base/codec.h"
#include "base/seal.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3}, other_key[SEAL_KEY_SIZE] = {1, 2, 4};

static void seals(struct str plain, struct buf *sealed)
{
    buf_init(sealed, 4096);
    assert_int_equal(seal_add(key, STR("file/3"), plain, sealed), 0);
    assert_int_equal(sealed->len, plain.len + SEAL_MORE);
}

static void test_opens_what_was_sealed(void **state)
{
    CLEANUP(buf_done) struct buf sealed, plain;

    buf_init(&plain, 4096);
    seals(STR("なかみ"), &sealed);
    assert_int_equal(buf_add_text(&plain, "before "), 0);
    assert_int_equal(seal_open(key, STR("file/3"), buf_str(&sealed), &plain), 0);
    assert_string_equal(plain.at, "before なかみ");
}

static void test_nothing_else_opens(void **state)
{
    CLEANUP(buf_done) struct buf sealed, plain;

    buf_init(&plain, 4096);
    seals(STR("contents"), &sealed);
    assert_int_equal(buf_add_text(&plain, "before"), 0);
    assert_int_equal(seal_open(other_key, STR("file/3"), buf_str(&sealed), &plain), -EBADMSG);
    assert_int_equal(seal_open(key, STR("file/4"), buf_str(&sealed), &plain), -EBADMSG);
    for (size_t cut = 0; cut < sealed.len; cut++)
        assert_int_equal(seal_open(key, STR("file/3"), (struct str){sealed.at, cut}, &plain), -EBADMSG);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.at[i] ^= 1;
        assert_int_equal(seal_open(key, STR("file/3"), buf_str(&sealed), &plain), -EBADMSG);
        sealed.at[i] ^= 1;
    }
    assert_string_equal(plain.at, "before");
}

static void test_the_same_twice_looks_different(void **state)
{
    CLEANUP(buf_done) struct buf a, b;

    seals(STR("contents"), &a);
    seals(STR("contents"), &b);
    assert_memory_not_equal(a.at, b.at, a.len);
}

static void test_more_than_fits(void **state)
{
    CLEANUP(buf_done) struct buf sealed, small;

    seals(STR("contents"), &sealed);
    buf_init(&small, 4);
    assert_int_equal(seal_open(key, STR("file/3"), buf_str(&sealed), &small), -ENOSPC);
    buf_done(&small);
    buf_init(&small, 16);
    assert_int_equal(seal_add(key, STR("file/3"), STR("contents"), &small), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_what_was_sealed),
        cmocka_unit_test(test_nothing_else_opens),
        cmocka_unit_test(test_the_same_twice_looks_different),
        cmocka_unit_test(test_more_than_fits),
    };

    if (crypto_start())
        return 99;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
