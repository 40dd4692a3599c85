#include "base/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void hex_both_ways(void **state)
{
    unsigned char bytes[3] = {9, 9, 9};
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(hex_print("\x00\xab\xff", 3, &b), 0);
    assert_string_equal(b.at, "00abff");
    assert_int_equal(hex_parse(STR("00aBFf"), bytes, 3), 0);
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
    assert_int_equal(hex_parse(STR("00ab0g"), bytes, 3), CODEC_E_SYNTAX);
    assert_int_equal(hex_parse(STR("00ab"), bytes, 3), CODEC_E_SYNTAX);
    assert_int_equal(hex_parse(STR("00ab00f"), bytes, 3), CODEC_E_SYNTAX);
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
    buf_done(&b);
}

/* FIPS 180-4: SHA-256 of "abc". */
static void digest_words(void **state)
{
    struct digest d = sha256(STR("abc"));

    assert_string_equal(digest_text(&d).at, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4648, section 10. */
static void base64_vectors(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf coded, plain;

        buf_init(&coded, 100);
        buf_init(&plain, 100);
        assert_int_equal(base64_print(rows[i][0], strlen(rows[i][0]), &coded), 0);
        assert_true(str_eq(buf_str(&coded), str_of(rows[i][1])));
        assert_int_equal(base64_parse(str_of(rows[i][1]), &plain), 0);
        assert_true(str_eq(buf_str(&plain), str_of(rows[i][0])));
        buf_done(&coded);
        buf_done(&plain);
    }
}

static void base64_is_strict(void **state)
{
    static const char *const bad[] = {"Z",      "Zg",   "Zg=",  "Zg===",    "Zh==",  "Zm9=",
                                      "====",   "Z===", "=g==", "Zg=a",     "Zm9v ", " Zm9",
                                      "Zm9v\n", "Zm-v", "Zm_v", "Zg==Zg==", "A==="};
    struct buf out;

    buf_init(&out, 100);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(base64_parse(str_of(bad[i]), &out), CODEC_E_SYNTAX);
    assert_int_equal(base64_parse(STR("Zm9v\0Zm9"), &out), CODEC_E_SYNTAX);
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

static void base64_all_bytes(void **state)
{
    unsigned char bytes[256];
    struct buf coded, plain;

    buf_init(&coded, 1000);
    buf_init(&plain, 1000);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)(i * 37 + len);
        buf_clear(&coded);
        buf_clear(&plain);
        assert_int_equal(base64_print(bytes, len, &coded), 0);
        assert_int_equal(base64_parse(buf_str(&coded), &plain), 0);
        assert_true(str_eq(buf_str(&plain), (struct str){(const char *)bytes, len}));
    }
    buf_done(&coded);
    buf_done(&plain);
}

static void assert_digest(struct digest d, const char *hex)
{
    struct digest want;

    assert_int_equal(hex_parse(str_of(hex), want.bytes, sizeof(want.bytes)), 0);
    assert_true(digest_eq(&d, &want));
    want.bytes[31] ^= 1;
    assert_false(digest_eq(&d, &want));
}

/* FIPS 180-2, appendix B, and the digest of nothing. */
static void sha256_vectors(void **state)
{
    struct sha256_state *s = sha256_new();

    assert_digest(sha256(STR_NONE),
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(sha256(STR("abc")),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(sha256_3(STR("a"), STR_NONE, STR("bc")),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (int i = 0; i < 10000; i++)
        sha256_add(s, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_digest(sha256_end(s),
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void randomness_differs(void **state)
{
    unsigned char a[32] = {0}, b[32] = {0};

    assert_int_equal(crypto_start(), 0);
    random_fill(a, sizeof(a));
    random_fill(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_both_ways),    cmocka_unit_test(digest_words),
        cmocka_unit_test(base64_vectors),   cmocka_unit_test(base64_is_strict), cmocka_unit_test(base64_all_bytes),
        cmocka_unit_test(sha256_vectors),   cmocka_unit_test(randomness_differs),
    };

    return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
