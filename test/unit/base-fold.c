#include "base/fold.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void folds_to(const char *text, const char *wanted)
{
    struct folded f;
    struct buf got;

    folded_init(&f, FOLDED_MAX);
    buf_init(&got, 65536);
    assert_int_equal(fold(str_of(text), &f), 0);
    assert_int_equal(buf_add_text(&got, ""), 0);
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(utf8_put(f.at[i].c, &got), 0);
    if (strcmp(got.at, wanted))
        fail_msg("%s becomes %s instead of %s", text, got.at, wanted);
    buf_done(&got);
    folded_done(&f);
}

static void one_form_for_what_people_take_for_the_same(void **state)
{
    static const char *const rows[][2] = {
        /* width, case, compatibility */
        {"", ""},
        {"ＴＯ－２０２６－０００１", "to20260001"},
        {"TO-2026-0001", "to20260001"},
        {"㈱日本", "株日本"},
        {"(株)日本", "株日本"},
        {"①②③", "123"},
        {"㍻３１年", "平成31年"},
        {"Straße", "strasse"},
        {"Poke\xcc\x81mon", "pokemon"},
        {"Pokémon", "pokemon"},
        /* kana */
        {"ﾐﾂｲｽﾐﾄﾓ銀行", "みついすみとも銀行"},
        {"ミツイスミトモ銀行", "みついすみとも銀行"},
        {"カﾞス", "がす"},
        {"ｶﾞｽ", "がす"},
        {"か゛す", "がす"},
        {"は\xe3\x82\x9aん", "ぱん"},
        {"ヴァン", "ゔあん"},
        {"キャノン", "きやのん"},
        {"ｷﾔﾉﾝ", "きやのん"},
        {"霞ヶ関", "霞け関"},
        {"霞ケ関", "霞け関"},
        {"ヰセキ", "いせき"},
        {"アィヌㇷ゚", "あいぬぷ"},
        /* repetition */
        {"佐々木", "佐佐木"},
        {"いすゞ", "いすず"},
        {"さゝき", "ささき"},
        {"々木", "木"},
        /* kanji */
        {"渡邉　太郎", "渡辺太郎"},
        {"渡邊太郎", "渡辺太郎"},
        {"髙橋", "高橋"},
        {"山﨑", "山崎"},
        {"齋藤", "斎藤"},
        {"齊藤", "斎藤"},
        {"斉藤", "斎藤"},
        {"𠮷野", "吉野"},
        {"國學院", "国学院"},
        {"神", "神"}, /* a compatibility ideograph */
        {"葛\xf3\xa0\x84\x80飾", "葛飾"},
        /* defanged */
        {"hxxps://evil[.]example", "https://evil.example"},
        {"ｈＸＸｐ：／／ｅｖｉｌ［．］ｅｘａｍｐｌｅ", "http://evil.example"},
        {"evil(dot)example", "evil.example"},
        {"evil{DOT}example", "evil.example"},
        {"evil［ｄｏｔ］example", "evil.example"},
        {"evil(dot]example", "evildotexample"},
        {"evil[dots]example", "evildotsexample"},
        {"evil[do", "evildo"},
        {"evil[", "evil"},
        {"[dot", "dot"},
        {"taro[at]example(ドット)jp", "taro@example.jp"},
        {"taro[アット]example", "taro@example"},
        {"example。jp", "example.jp"},
        {"ｅｘａｍｐｌｅ｡ｊｐ", "example.jp"},
        {"見た。jp", "見たjp"},
        {"example。見た", "example見た"},
        {"a 。b", "ab"},
        /* dashes */
        {"データー・センター", "でーたーせんたー"},
        {"ｻ-ﾊﾞ-ｻ", "さーばーさ"},
        {"サ－バ－ス", "さーばーす"},
        {"ら〜めん", "らーめん"},
        {"ら～めん", "らーめん"},
        {"０３ー１２３４―５６７８", "0312345678"},
        {"03(1234)5678", "0312345678"},
        {"東京〜大阪", "東京大阪"},
        {"モデル-A", "もでるa"},
        {"ーバー", "ばー"},
        {"一", "一"}, /* the number one is no dash */
        /* separators */
        {"ジョン・スミス", "じよんすみす"},
        {"ｼﾞｮﾝ･ｽﾐｽ", "じよんすみす"},
        {"「甲」、乙。", "甲乙"},
        {"1,000円", "1000円"},
        {"192.168.0.1", "192.168.0.1"},
        {"１９２．１６８．０．１", "192.168.0.1"},
        {"taro@example.jp", "taro@example.jp"},
        {"a\tb\r\nc\xc2\xa0 d\xe3\x80\x80"
         "e",
         "abcde"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        folds_to(rows[i][0], rows[i][1]);
}

/* ASCII goes a short way of its own; its full-width forms go the long one. */
static void ascii_folds_as_its_full_width_forms(void **state)
{
    for (uint32_t c = '!'; c <= '~'; c++) {
        struct folded narrow, wide;
        struct buf text[2];

        for (int i = 0; i < 2; i++) {
            buf_init(&text[i], 100);
            assert_int_equal(buf_add_char(&text[i], 'x'), 0);
            assert_int_equal(utf8_put(i ? c + 0xfee0 : c, &text[i]), 0);
            assert_int_equal(buf_add_text(&text[i], "か"), 0);
            assert_int_equal(utf8_put(i ? c + 0xfee0 : c, &text[i]), 0);
            assert_int_equal(buf_add_text(&text[i], "か"), 0);
        }
        folded_init(&narrow, 100);
        folded_init(&wide, 100);
        assert_int_equal(fold(buf_str(&text[0]), &narrow), 0);
        assert_int_equal(fold(buf_str(&text[1]), &wide), 0);
        assert_int_equal(narrow.n, wide.n);
        for (size_t i = 0; i < narrow.n; i++)
            assert_int_equal(narrow.at[i].c, wide.at[i].c);
        folded_done(&narrow);
        folded_done(&wide);
        buf_done(&text[0]);
        buf_done(&text[1]);
    }
    folds_to("a\tb\x01 c\x7f", "abc");
}

static void what_is_different_stays_different(void **state)
{
    static const char *const rows[][2] = {
        {"力", "カ"}, {"ビル", "ビール"}, {"か", "が"}, {"大", "太"}, {"土", "士"}, {"192.168.1.1", "192.168.11"}, {"0", "O"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct folded a, b;

        folded_init(&a, 64);
        folded_init(&b, 64);
        assert_int_equal(fold(str_of(rows[i][0]), &a), 0);
        assert_int_equal(fold(str_of(rows[i][1]), &b), 0);
        assert_int_equal(folded_find(&a, &b, 0), SIZE_MAX);
        assert_int_equal(folded_find(&b, &a, 0), SIZE_MAX);
        folded_done(&a);
        folded_done(&b);
    }
}

static void a_hit_is_found_in_the_text_as_typed(void **state)
{
    static const char *const rows[][3] = {
        {"担当は渡　邉　太郎です", "渡辺太郎", "渡　邉　太郎"},
        {"旧型ｻｰﾊﾞｰ室", "サーバー", "ｻｰﾊﾞｰ"},
        {"㈱日本", "株", "㈱"},
        {"電話０３ー１２３４", "031234", "０３ー１２３４"},
        {"Poke\xcc\x81mon!", "pokémon", "Poke\xcc\x81mon"},
        {"葛\xf3\xa0\x84\x80飾区", "葛", "葛\xf3\xa0\x84\x80"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct folded text, word;
        struct str typed;
        size_t at;

        folded_init(&text, 256);
        folded_init(&word, 256);
        assert_int_equal(fold(str_of(rows[i][0]), &text), 0);
        assert_int_equal(fold(str_of(rows[i][1]), &word), 0);
        at = folded_find(&text, &word, 0);
        assert_int_not_equal(at, SIZE_MAX);
        typed = (struct str){rows[i][0] + text.at[at].from, text.at[at + word.n - 1].to - text.at[at].from};
        assert_true(str_eq(typed, str_of(rows[i][2])));
        assert_int_equal(folded_find(&text, &word, at + 1), SIZE_MAX);
        folded_done(&text);
        folded_done(&word);
    }
}

static void the_table_of_kanji_leads_to_forms_that_stay(void **state)
{
    static const struct {
        uint32_t other, compared;
    } rows[] = {
#define KANJI(other, compared) {other, compared},
#include "base/fold-kanji.def"
#undef KANJI
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(!i || rows[i - 1].other < rows[i].other);
        assert_int_equal(fold_kanji(rows[i].other), rows[i].compared);
        assert_int_equal(fold_kanji(rows[i].compared), rows[i].compared);
    }
}

static void refuses_bad_bytes_and_stops_at_its_limit(void **state)
{
    struct folded f;

    folded_init(&f, 3);
    assert_int_equal(fold(STR("a\xff"), &f), FOLD_E_INVALID);
    assert_int_equal(fold(STR("abcd"), &f), FOLD_E_LONG);
    assert_int_equal(f.n, 3);
    assert_int_equal(fold(STR("a, b c"), &f), 0);
    assert_int_equal(f.n, 3);
    assert_int_equal(folded_find(&f, &(struct folded){0}, 0), SIZE_MAX);
    folded_done(&f);
    assert_null(f.at);
}

/* Every character of JIS X 0208, from real material where JAPANESE_SAMPLES names its folder. */
static void every_jis_character_folds_to_something_that_stays(void **state)
{
    const char *path = getenv("JAPANESE_SAMPLES");
    char name[4096], line[65536];
    FILE *in;

    assert_true(snprintf(name, sizeof(name), "%s/jis0208-rows-1-94.utf8.txt", path) < (int)sizeof(name));
    assert_non_null(in = fopen(name, "r"));
    while (fgets(line, sizeof(line), in)) {
        struct folded once, twice;
        struct buf text;

        folded_init(&once, FOLDED_MAX);
        folded_init(&twice, FOLDED_MAX);
        buf_init(&text, 1 << 20);
        assert_int_equal(fold(str_of(line), &once), 0);
        for (size_t i = 0; i < once.n; i++)
            assert_int_equal(utf8_put(once.at[i].c, &text), 0);
        assert_int_equal(fold(buf_str(&text), &twice), 0);
        assert_int_equal(once.n, twice.n);
        for (size_t i = 0; i < once.n; i++)
            assert_int_equal(once.at[i].c, twice.at[i].c);
        buf_done(&text);
        folded_done(&once);
        folded_done(&twice);
    }
    (void)fclose(in);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_form_for_what_people_take_for_the_same),
        cmocka_unit_test(ascii_folds_as_its_full_width_forms),
        cmocka_unit_test(what_is_different_stays_different),
        cmocka_unit_test(a_hit_is_found_in_the_text_as_typed),
        cmocka_unit_test(the_table_of_kanji_leads_to_forms_that_stay),
        cmocka_unit_test(refuses_bad_bytes_and_stops_at_its_limit),
    };
    static const struct CMUnitTest with_samples[] = {
        cmocka_unit_test(every_jis_character_folds_to_something_that_stays),
    };
    int r = cmocka_run_group_tests_name("fold", tests, NULL, NULL);

    if (!getenv("JAPANESE_SAMPLES")) {
        printf("# skipped: every_jis_character_folds_to_something_that_stays; JAPANESE_SAMPLES names no folder\n");
        return r;
    }
    return r | cmocka_run_group_tests_name("fold, samples", with_samples, NULL, NULL);
}
