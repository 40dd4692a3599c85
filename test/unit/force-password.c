#include "force/password.h"

#include "base/codec.h"
#include "base/time.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

struct judged {
    const char *password;
    enum password_fault want;
};

static const struct judged cases[] = {
    {"", PASSWORD_TOO_SHORT},
    {"short-pass1", PASSWORD_TOO_SHORT},
    {"りんごとみかんとぶどう", PASSWORD_TOO_SHORT}, /* eleven characters, more bytes */
    {"りんごとみかんとぶどうを", PASSWORD_GOOD},
    {"correct horse battery", PASSWORD_GOOD},
    {"kaki-no-tane 8482 umi", PASSWORD_GOOD},
    {"x7Gq-mv2Lw-9ntB", PASSWORD_GOOD},
    {"t.yamadat.yamada", PASSWORD_IS_LOGIN},
    {"T.Yamada-2026!", PASSWORD_IS_LOGIN},
    {"t.yamada keeps nine carp", PASSWORD_GOOD}, /* enough beside the login */
    {"aaaaaaaaaaaaaaaa", PASSWORD_WEAK},
    {"abababababababab", PASSWORD_WEAK},
    {"123456789012", PASSWORD_WEAK},
    {"20260401-1234", PASSWORD_WEAK},
    {"Password1234!", PASSWORD_WEAK},
    {"P@ssw0rd-P@ssw0rd", PASSWORD_WEAK},
    {"qwertyuiop123", PASSWORD_WEAK},
    {"1qaz2wsx3edc4rfv", PASSWORD_WEAK},
    {"Keisatsu-Kumamoto2026", PASSWORD_WEAK},
    {"zyxwvutsrqponm", PASSWORD_WEAK},
    {"Reiwa8Sakura!!", PASSWORD_WEAK},
    {"nekonekoneko", PASSWORD_WEAK},
    {"neko inu kujira", PASSWORD_GOOD},
    {"TanakaTaro-1985", PASSWORD_WEAK},
    {"Sunshine-Princess7", PASSWORD_WEAK},
    {"Hokkaido-Fukuoka-47", PASSWORD_WEAK},
    {"警察のパスワード2026", PASSWORD_WEAK},
    {"秘密ひみつ秘密ひみつ!!", PASSWORD_WEAK},
    {"line\nbreak is not taken", PASSWORD_NOT_TEXT},
    {"bad \xff byte in the middle", PASSWORD_NOT_TEXT},
};

static void test_judge(void **state)
{
    char text[PASSWORD_MAX + 2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum password_fault got = password_judge(STR("t.yamada"), str_of(cases[i].password));

        if (got != cases[i].want)
            fail_msg("\"%s\": %d instead of %d", cases[i].password, got, cases[i].want);
    }
    for (size_t i = 0; i <= PASSWORD_MAX; i++)
        text[i] = (char)('a' + i * 7 % 23);
    assert_int_equal(password_judge(STR("t.yamada"), (struct str){text, PASSWORD_MAX}),
                     PASSWORD_GOOD);
    assert_int_equal(password_judge(STR("t.yamada"), (struct str){text, PASSWORD_MAX + 1}),
                     PASSWORD_TOO_LONG);
}

struct trait_case {
    const char *secret;
    size_t characters;
    bool is_fit, is_common, is_named;
};

/* Of 例示 主佳 (Shuka Reiji), k.ippan, サイバー対策課. */
static void test_traits(void **state)
{
    static const struct str words[] = {STR("例示"), STR("主佳"), STR("例示主佳"), STR("reiji"), STR("shuka"), STR("shukareiji"), STR("ippan"), STR("k"), STR("サイバー対策課"), STR("課")};
    static const struct trait_case traits[] = {
        {"tsuki-kage9", 11, true, false, false},
        {"password1234", 12, true, true, false},
        {"ｐａｓｓｗｏｒｄ１２３４", 12, true, true, false}, /* full width */
        {"Shuka.Reiji-0804", 16, true, false, true},
        {"5huk4 r3iji 0804", 16, true, false, true},
        {"例示主佳のサイバー対策課8月", 14, true, false, true},
        {"ippan-july-2026-k", 17, true, false, true},
        {"reiji keeps nine carp", 21, true, false, false}, /* enough beside the name */
        {"kkkkkkkkkkkkkk", 14, true, true, false}, /* one letter is no name */
        {"課長は朝六時に魚を釣る", 11, true, false, false},
        {"か\xe3\x82\x99らす月夜に鳴く鹿の声も", 12, true, false, false}, /* a kana and its mark are one */
        {"", 0, false, false, false},
        {"two\nlines of it here", 0, false, false, false},
        {"bad \xff byte in the middle", 0, false, false, false},
    };
    char longest[PASSWORD_MAX + 1];
    struct password_traits t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(traits); i++) {
        const struct trait_case *c = &traits[i];

        assert_int_equal(password_traits(str_of(c->secret), words, ARRAY_LEN(words), &t), 0);
        if (t.is_fit != c->is_fit || (t.is_fit && (t.characters != c->characters || t.is_common != c->is_common || t.is_named != c->is_named)))
            fail_msg("\"%s\": %zu characters, fit %d, common %d, named %d", c->secret, t.characters, t.is_fit, t.is_common, t.is_named);
    }
    for (size_t i = 0; i <= PASSWORD_MAX; i++)
        longest[i] = (char)('a' + i * 7 % 23);
    assert_int_equal(password_traits((struct str){longest, PASSWORD_MAX}, NULL, 0, &t), 0);
    assert_true(t.is_fit);
    assert_int_equal(password_traits((struct str){longest, PASSWORD_MAX + 1}, NULL, 0, &t), 0);
    assert_false(t.is_fit);
}

/* A story's hash costs next to nothing, and is checked as any other. */
static void test_played(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    bool same = false;

    (void)state;
    assert_int_equal(password_hash_at(PASSWORD_PLAYED, STR("tsuki-kage91"), hash), 0);
    assert_non_null(strstr(hash, "m=8,t=1"));
    assert_int_equal(password_check(hash, STR("tsuki-kage91"), &same), 0);
    assert_true(same);
    assert_int_equal(password_check(hash, STR("tsuki-kage92"), &same), 0);
    assert_false(same);
}

static void test_sentences(void **state)
{
    (void)state;
    assert_string_equal(password_fault_ja(PASSWORD_GOOD), "");
    for (int f = PASSWORD_TOO_SHORT; f <= PASSWORD_WEAK; f++) {
        assert_true(password_fault_ja((enum password_fault)f)[0] != '\0');
        assert_true(password_fault_en((enum password_fault)f)[0] != '\0');
    }
}

static bool is_password(const char *hash, struct str password)
{
    bool is_same;

    assert_int_equal(password_check(hash, password, &is_same), 0);
    return is_same;
}

static void test_hash(void **state)
{
    /* が as one character and as か with its mark: two keyboards, one password */
    const struct str composed = STR("\xe3\x81\x8c no password"),
                     apart = STR("\xe3\x81\x8b\xe3\x82\x99 no password");
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];

    (void)state;
    assert_int_equal(password_hash(composed, hash), 0);
    assert_memory_equal(hash, "$argon2id$v=19$m=65536,t=3,p=1$", 31);
    assert_true(is_password(hash, composed));
    assert_true(is_password(hash, apart));
    assert_false(is_password(hash, STR("か no password")));
    assert_false(is_password(hash, STR_NONE));
    assert_false(is_password(hash, STR("bad \xff byte")));
    assert_false(is_password("", composed));
    assert_false(is_password("", STR_NONE));
    assert_false(is_password("plain", STR("plain")));
    assert_int_equal(password_hash(composed, again), 0);
    assert_string_not_equal(hash, again); /* its own salt */
    assert_int_equal(password_hash(STR("bad \xff byte"), again), -EINVAL);
}

/* An unknown login must cost what a wrong password costs. */
static void test_time(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    uint64_t known, unknown, start;

    (void)state;
    assert_int_equal(password_hash(STR("some long password"), hash), 0);
    start = clock_monotonic_us();
    assert_false(is_password(hash, STR("another long password")));
    known = clock_monotonic_us() - start;
    start = clock_monotonic_us();
    assert_false(is_password("", STR("another long password")));
    unknown = clock_monotonic_us() - start;
    /* A machine under load is given room; leaving the hash out would be a thousandfold. */
    assert_true(unknown > known / 10);
}

static int setup(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_traits),
        cmocka_unit_test(test_played),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_time),
    };

    return cmocka_run_group_tests_name("force-password", tests, setup, NULL);
}
