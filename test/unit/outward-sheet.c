/* Sheets as PDF, read back by another program (poppler): texts are whole and in their places, heads are repeated, nothing that somebody
 * typed turns the paper into something else, and the same sheet is the same bytes. */
#include "outward/code.h"
#include "outward/cover.h"
#include "outward/pdf-attach.h"
#include "outward/sheet-break.h"
#include "outward/sheet.h"
#include "outward/sticker.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define OUT_MAX ((size_t)32 << 20)

static char dir[] = "/tmp/tsujiban-sheet-XXXXXX";

static int make_dir(void **state)
{
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/a.pdf", dir);
    (void)unlink(path);
    snprintf(path, sizeof(path), "%s/out", dir);
    (void)unlink(path);
    return rmdir(dir);
}

/* What a program of poppler's says about the file: {"pdftotext", "-layout", NULL}; the file and "-" are added where it wants them. */
enum says { SAYS_TO_STDOUT, SAYS_TO_LAST, SAYS_TO_OPTION, SAYS_TO_PICTURE };

/* Its exit status; what it wrote to standard output when `is_told`, else nothing, into the file "out". */
static int run(const char *const *argv, bool is_told, struct buf *ret)
{
    char out[64];
    pid_t child;
    int status;

    snprintf(out, sizeof(out), "%s/out", dir);
    child = fork();
    if (!child) {
        if (is_told && !freopen(out, "wb", stdout))
            _exit(126);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    buf_init(ret, OUT_MAX);
    if (is_told)
        OK(file_read(out, OUT_MAX, ret, NULL));
    return WEXITSTATUS(status);
}

static void ask(const char *const *argv, const struct buf *pdf, enum says says, struct buf *ret)
{
    char in[64], out[64];
    const char *all[12];
    size_t n = 0;
    FILE *f;

    snprintf(in, sizeof(in), "%s/a.pdf", dir);
    snprintf(out, sizeof(out), "%s/out", dir);
    f = fopen(in, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(pdf->at, 1, pdf->len, f), pdf->len);
    OK(fclose(f));
    for (; argv[n]; n++)
        all[n] = argv[n];
    all[n++] = in;
    if (says == SAYS_TO_LAST || says == SAYS_TO_PICTURE)
        all[n++] = out;
    all[n] = NULL;
    OK(run(all, says == SAYS_TO_STDOUT, ret));
    if (says == SAYS_TO_LAST || says == SAYS_TO_OPTION)
        OK(file_read(out, OUT_MAX, ret, NULL));
}

/* Without spaces, which the other program guesses from places. */
static void text_of(const struct buf *pdf, struct buf *ret)
{
    struct buf all;

    ask((const char *const[]){"pdftotext", "-layout", NULL}, pdf, SAYS_TO_LAST, &all);
    buf_init(ret, OUT_MAX);
    for (size_t i = 0; i < all.len; i++)
        if (all.at[i] != ' ')
            OK(buf_add_char(ret, all.at[i]));
    buf_done(&all);
}

static unsigned count(const struct buf *text, const char *word)
{
    unsigned n = 0;

    for (const char *at = text->at; at && (at = strstr(at, word)); at += strlen(word))
        n++;
    return n;
}

static void make(const struct sheet *s, struct buf *ret, unsigned *pages)
{
    buf_init(ret, OUT_MAX);
    OK(sheet_pdf(s, ret, pages));
    assert_true(str_starts(buf_str(ret), STR("%PDF-1.4")));
}

#define CELL(h, t)                        \
    {                                     \
        .heading = STR(h), .text = STR(t) \
    }
static const struct sheet_cell first_cells[] = {CELL("借用する所属", "試験警察署"),
                                                CELL("根拠", "■熊生企第120号　□旧通達")};
static const struct sheet_cell second_cells[] = {
    {.heading = STR("氏名"),
     .text = STR("髙﨑　①㈱　葛\U000E0100城　辻\U000E0101"),
     .mark = STR("訂正"),
     .lines = 3}};
static const struct sheet_row rows[] = {
    {.cells = first_cells, .n = 2, .side = STR("申請"), .side_rows = 2},
    {.cells = second_cells, .n = 1}};
static const struct sheet_stamp stamps[] = {{.title = STR("許可"),
                                             .post = STR("署長"),
                                             .rank = STR("警視"),
                                             .name = STR("試験 一郎"),
                                             .day = STR("令和8年11月20日"),
                                             .mark = STR("（電子決裁）")},
                                            {.title = STR("確認")}};
static const struct str notes[] = {STR("一年を限度とする。")};

static struct sheet form(void)
{
    return (struct sheet){.number = STR("別記様式第3号"),
                          .title = STR("借用申請書"),
                          .letter_day = STR("令和8年4月3日"),
                          .letter_to = STR("統括運用管理者　殿"),
                          .letter_post = STR("署長"),
                          .letter_name = STR("仮名 三郎"),
                          .stamps = stamps,
                          .n_stamps = 2,
                          .stamps_title = STR("決裁欄"),
                          .rows = rows,
                          .n_rows = 2,
                          .notes = notes,
                          .n_notes = 1,
                          .notes_title = STR("備考"),
                          .label = STR("機密性2（中）"),
                          .printed = STR("印刷：令和8年11月20日"),
                          .ledger = STR("台帳：2026年 106件まで\n記録のSHA-256：2f584af1"),
                          .continued = STR("（続き）"),
                          .unknown = STR("印字できない文字があります"),
                          .created_us = UINT64_C(1795000000000000)};
}

/* A box stands beside what it is of, wherever the line ends. */
static void boxes_stay_beside_their_words(void **state)
{
    enum { N = 40 };
    char texts[N][400];
    struct sheet_cell cells[N][2];
    struct sheet_row lines[N];
    struct sheet s = form();
    struct buf pdf, text;
    unsigned pages;

    for (size_t i = 0; i < N; i++) {
        size_t n = 0;

        for (size_t k = 0; k < i; k++)
            n += (size_t)snprintf(texts[i] + n, sizeof(texts[i]) - n, k % 2 ? "a" : "字");
        snprintf(texts[i] + n, sizeof(texts[i]) - n, "　□部　■ 情報通信部門　□警察署");
        cells[i][0] = (struct sheet_cell){.heading = STR("種別"), .text = str_of(texts[i])};
        cells[i][1] = (struct sheet_cell){.heading = STR("欄")};
        lines[i] = (struct sheet_row){.cells = cells[i], .n = 2};
    }
    s.rows = lines;
    s.n_rows = N;
    make(&s, &pdf, &pages);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "□") + count(&text, "■"), 3 * N);
    assert_int_equal(count(&text, "□\n") + count(&text, "■\n"), 0);
    buf_done(&text);
    buf_done(&pdf);
}

/* Choices are broken between each other, not within, wherever the one before them ends; what is too long for a line is broken between words. */
static void choices_stay_whole(void **state)
{
    static const char *const whole[] = {"□運用管理者", "■情報セキュリティ管理者", "□都道府県警察の長", "□電子ファイル"};
    enum { N = 24 };
    char texts[N][400];
    struct sheet_cell cells[N][2];
    struct sheet_row lines[N];
    struct sheet s = form();
    struct buf pdf, text;
    unsigned pages;

    for (size_t i = 0; i < N; i++) {
        size_t n = 0;

        for (size_t k = 0; k < i / 2; k++)
            n += (size_t)snprintf(texts[i] + n, sizeof(texts[i]) - n, k % 2 ? "a" : "字");
        snprintf(texts[i] + n, sizeof(texts[i]) - n, i % 2 ? "　□運用管理者　■情報セキュリティ管理者　□都道府県警察の長" : "　□ システム管理担当者及び情報セキュリティ管理者　□電子ファイル");
        cells[i][0] = (struct sheet_cell){.heading = STR("種別"), .text = str_of(texts[i])};
        cells[i][1] = (struct sheet_cell){.heading = STR("欄")};
        lines[i] = (struct sheet_row){.cells = cells[i], .n = 2};
    }
    s.rows = lines;
    s.n_rows = N;
    make(&s, &pdf, &pages);
    text_of(&pdf, &text);
    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        assert_int_equal(count(&text, whole[i]), N / 2);
    assert_int_equal(count(&text, "管理担当者及び"), N / 2);
    assert_int_equal(count(&text, "セキュリティ"), N);
    buf_done(&text);
    buf_done(&pdf);
}

/* Between words where kana and kanji tell, and nowhere that Japanese forbids. */
static void phrases_end_between_words(void **state)
{
    static const struct {
        const char *text, *broken;
    } words[] = {
        {"中継サーバの受付番号", "中継サーバの/受付番号"}, {"取込みに用いる媒体の許可", "取込みに/用いる/媒体の/許可"}, {"持ち出しをした者", "持ち出しをした/者"},
        {"内容（場所、件数、時刻など）", "内容/（場所、/件数、/時刻など）"}, {"情報セキュリティ管理者", "情報セキュリティ管理者"}, {"令和8年6月12日 17:00", "令和8年6月12日 /17:00"},
        {"KJ-2026-000007", "KJ-2026-000007"}, {"データー、ファイル", "データー、/ファイル"}, {"　名", "　/名"},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct str text = str_of(words[i].text);
        uint32_t before = 0, last = 0;
        struct buf got;

        buf_init(&got, 400);
        for (size_t at = 0; at < text.len;) {
            uint32_t c = utf8_next(text, &at);

            if (last && break_is_phrase_end(before, last, c))
                OK(buf_add_char(&got, '/'));
            OK(utf8_put(c, &got));
            before = last;
            last = c;
        }
        assert_string_equal(got.at, words[i].broken);
        buf_done(&got);
    }
    assert_true(break_is_word_end(0, 0x5831, 0x30bb)); /* 情報, セキュリティ */
    assert_true(break_is_word_end(0, 0x30a3, 0x7ba1)); /* セキュリティ, 管理者 */
    assert_false(break_is_word_end(0, 0x7ba1, 0x7406)); /* 管, 理 */
}

/* Where lines of `text` begin and end, whatever its width. */
static void lines_obey(const char *text, const char *never_first, const char *never_last)
{
    struct sheet_cell cells[2] = {{.heading = STR("欄"), .text = str_of(text)}, {.heading = STR("ア"), .span = 1}};
    struct sheet_row line = {.cells = cells, .n = 2};
    unsigned n_lines = 0;

    for (cells[0].span = 2; cells[0].span < 8; cells[0].span++) {
        struct sheet s = form();
        struct buf pdf, got;
        unsigned pages;

        cells[1].span = 8 - cells[0].span;
        s.rows = &line;
        s.n_rows = 1;
        make(&s, &pdf, &pages);
        ask((const char *const[]){"pdftotext", "-raw", NULL}, &pdf, SAYS_TO_LAST, &got);
        for (const char *at = got.at; (at = strchr(at, '\n')) && at[1]; at++) {
            struct str first = {at + 1, 3}, last = {at - 3, 3};

            if (at - got.at < 3 || strlen(at + 1) < 3)
                continue;
            n_lines++;
            for (size_t i = 0; never_first[i]; i += 3)
                if (str_eq(first, (struct str){never_first + i, 3}))
                    fail_msg("a line begins with %.3s", never_first + i);
            for (size_t i = 0; never_last[i]; i += 3)
                if (str_eq(last, (struct str){never_last + i, 3}))
                    fail_msg("a line ends with %.3s", never_last + i);
        }
        buf_done(&got);
        buf_done(&pdf);
    }
    assert_true(n_lines > 7);
}

static void lines_begin_and_end_as_japanese_does(void **state)
{
    lines_obey("あっ、いょ。うゃ、えー。おュ、カッ。きょう、サーバー。「し」すー、（せ）そっ。たァ、ちィ。つゥ、てェ。とォ、なぁ。にぃ、ぬぅ。ねぇ、のぉ。は々、ひ・ふ",
               "、。」）ーっゃゅょッュァィゥェォぁぃぅぇぉ々・", "「（");
}

/* Nothing is put into what is broken: a digest with a hyphen in it would be another. It is in two lines of about one length. A heading is smaller
 * before a word of it is broken. */
static void digests_are_as_they_are(void **state)
{
    struct sheet_cell cell = {.heading = STR("返却時のアプリケーション"), .text = STR("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz")};
    struct sheet_row line = {.cells = &cell, .n = 1, .side = STR("返却"), .side_rows = 1};
    struct sheet s = form();
    struct buf pdf, text;
    const char *first, *end;
    unsigned pages;

    s.rows = &line;
    s.n_rows = 1;
    make(&s, &pdf, &pages);
    ask((const char *const[]){"pdftotext", "-raw", NULL}, &pdf, SAYS_TO_LAST, &text);
    assert_int_equal(count(&text, "アプリケーション"), 1);
    first = strstr(text.at, "abcdef");
    assert_non_null(first);
    end = strchr(first, '\n');
    assert_non_null(end);
    assert_in_range(end - first, 34, 44);
    assert_true(end[-1] != '-');
    buf_done(&text);
    buf_done(&pdf);
}

/* A long list begins where there is room for a good part of it: no page is left half blank. */
static void long_rows_begin_where_they_stand(void **state)
{
    char names[64 * 32];
    struct sheet_cell before = {.heading = STR("欄"), .text = STR("文")}, list = {.heading = STR("配布先"), .text = {names, 0}};
    struct sheet_row lines[] = {{.cells = &before, .n = 1}, {.cells = &list, .n = 1}};
    struct sheet s = form();
    struct buf pdf, text;
    const char *second;
    unsigned pages;

    for (size_t i = 0; i < 28; i++)
        list.text.len += (size_t)snprintf(names + list.text.len, sizeof(names) - list.text.len, "%s・名前%02zu", i ? "\n" : "", i);
    before.lines = 14;
    s.rows = lines;
    s.n_rows = 2;
    make(&s, &pdf, &pages);
    assert_int_equal(pages, 2);
    text_of(&pdf, &text);
    second = strchr(text.at, '\f');
    assert_non_null(second);
    assert_true(strstr(text.at, "名前05") < second);
    assert_true(strstr(text.at, "名前27") > second);
    buf_done(&text);
    buf_done(&pdf);
}

/* Rows are closer together where that saves a page. */
static void few_rows_want_no_page(void **state)
{
    enum { N = 60 };
    struct sheet_cell cell = {.heading = STR("欄"), .text = STR("文")};
    struct sheet_row lines[N];
    unsigned most[4] = {0};

    for (size_t i = 0; i < N; i++)
        lines[i] = (struct sheet_row){.cells = &cell, .n = 1};
    for (unsigned n = 24; n < N; n += n == 34 ? 20 : 1) {
        struct sheet s = form();
        struct buf pdf;
        unsigned pages;

        s.letter_to = STR_NONE;
        s.n_stamps = 0;
        s.rows = lines;
        s.n_rows = n;
        make(&s, &pdf, &pages);
        assert_in_range(pages, 1, 3);
        most[pages] = n;
        buf_done(&pdf);
    }
    assert_in_range(most[1], 30, 32); /* 25 of 9 mm */
    assert_in_range(most[2], 57, N);
}

static double number_after(const char *at, const char *name)
{
    at = strstr(at, name);
    assert_non_null(at);
    return strtod(at + strlen(name), NULL);
}

/* Of the word with the letters of `name` in it, how high it stands, in points. */
static double height_of(const struct buf *pdf, const char *name)
{
    struct buf text;
    const char *at;
    double height;

    ask((const char *const[]){"pdftotext", "-bbox", NULL}, pdf, SAYS_TO_LAST, &text);
    at = strstr(text.at, name);
    assert_non_null(at);
    while (at > text.at && strncmp(at, "<word", 5) != 0)
        at--;
    height = number_after(at, "yMax=\"") - number_after(at, "yMin=\"");
    buf_done(&text);
    return height;
}

/* Where values do not have room, their phrases have: no day and no number of a record is broken. */
static void days_are_whole_in_a_full_table(void **state)
{
    static const struct sheet_column columns[] = {{STR("番号"), 3, false}, {STR("情報"), 5, false}, {STR("理由"), 5, false}, {STR("機密性"), 3, false}, {STR("依頼者"), 3, false},
                                                  {STR("決定者"), 3, false}, {STR("期限"), 3, false}, {STR("回答"), 4, false}, {STR("回答日"), 3, false}, {STR("見直した日"), 3, false},
                                                  {STR("決定日"), 3, false}, {STR("状態"), 2, false}};
    static const struct str texts[] = {STR("MS-2026-758232"), STR("KJ-2026-142460"), STR("仮の名 例の 甲乙"), STR("仮の名 例の 甲乙"), STR("仮の名 例の 甲乙"), STR("仮の名 例の 甲乙"),
                                       STR("令和8年6月4日"), STR("仮の名 例の 甲乙"), STR("令和8年5月18日"), STR("令和8年5月18日"), STR("令和8年5月18日"), STR("仮の名 例の 甲乙")};
    struct sheet s = {.is_landscape = true, .title = STR("台帳"), .columns = columns, .n_columns = 12, .texts = texts, .n_lines = 1, .label = STR("機密性2（中）"), .created_us = UINT64_C(1795000000000000)};
    struct buf pdf, text;
    unsigned pages;

    make(&s, &pdf, &pages);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "MS-2026-758232") + count(&text, "KJ-2026-142460") + count(&text, "令和8年6月4日"), 3);
    assert_int_equal(count(&text, "令和8年5月18日"), 3);
    buf_done(&text);
    buf_done(&pdf);
}

/* What is nothing but boxes and phrases, and long, is drawn whole, and boxes are not left alone. */
static void many_boxes_are_drawn(void **state)
{
    enum { N = 20000 };
    struct sheet_cell cell = {.heading = STR("欄")};
    struct sheet_row line = {.cells = &cell, .n = 1};
    struct sheet s = form();
    struct buf pdf, text, all;
    unsigned pages;

    buf_init(&all, OUT_MAX);
    for (size_t i = 0; i < N; i++)
        OK(buf_add_text(&all, i % 2 ? "□字" : "の"));
    cell.text = buf_str(&all);
    s.rows = &line;
    s.n_rows = 1;
    make(&s, &pdf, &pages);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "□"), N / 2);
    assert_int_equal(count(&text, "□\n"), 0);
    buf_done(&text);
    buf_done(&pdf);
    buf_done(&all);
}

/* Numbers stand below each other by their last digit, in a column that is theirs; a time of day stays beside its day where there is room. */
static void columns_are_for_their_values(void **state)
{
    static const struct sheet_column columns[] = {{STR("名称"), 8, false}, {STR("件数"), 2, true}, {STR("日時"), 2, false}};
    static const struct str texts[] = {STR("甲"), STR("70007"), STR("令和12年12月31日 17:00"), STR("乙"), STR("123456"), STR("令和8年1月1日 09:00")};
    struct sheet s = {.is_landscape = true, .title = STR("台帳"), .columns = columns, .n_columns = 3, .texts = texts, .n_lines = 2, .label = STR("機密性2（中）"), .created_us = UINT64_C(1795000000000000)};
    struct buf pdf, text;
    unsigned pages;
    const char *one, *two;

    make(&s, &pdf, &pages);
    ask((const char *const[]){"pdftotext", "-bbox", NULL}, &pdf, SAYS_TO_LAST, &text);
    one = strstr(text.at, ">70007<");
    two = strstr(text.at, ">123456<");
    assert_true(one && two);
    while (strncmp(one, "<word", 5) != 0)
        one--;
    while (strncmp(two, "<word", 5) != 0)
        two--;
    assert_float_equal(number_after(one, "xMax=\""), number_after(two, "xMax=\""), 0.1);
    assert_true(number_after(one, "xMin=\"") > number_after(two, "xMin=\"") + 3);
    buf_done(&text);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "令和12年12月31日17:00"), 1);
    buf_done(&text);
    buf_done(&pdf);
}

/* A long unit makes the boxes wider before its letters smaller. */
static void boxes_of_decisions_are_wide_enough(void **state)
{
    struct sheet_stamp one = {.title = STR("許可"), .unit = STR("生活安全部サイバー対策課"), .post = STR("課長"), .rank = STR("警視"), .name = STR("試験 一郎"), .day = STR("令和8年11月20日")};
    struct sheet s = form();
    struct buf pdf;
    unsigned pages;

    s.stamps = &one;
    s.n_stamps = 1;
    make(&s, &pdf, &pages);
    assert_true(height_of(&pdf, "生活安全部サイバー対策課") > 7);
    buf_done(&pdf);
}

/* Notes that come to another page say there what they are, too, wherever the page before it ends. */
static void notes_are_named_on_each_page(void **state)
{
    static const struct str two[] = {STR("取扱いの注意。"), STR("様式は定めがない。")};
    struct sheet_cell filler = {.heading = STR("欄"), .text = STR("文")};
    struct sheet_row line = {.cells = &filler, .n = 1};
    unsigned n_apart = 0, n_alone = 0;

    for (unsigned i = 2 * 24; i < 2 * 60; i++) {
        struct sheet s = form();
        struct buf pdf, text;
        const char *second;
        unsigned pages;

        s.rows = &line;
        s.n_rows = 1;
        s.n_stamps = i % 2 ? 2 : 0;
        filler.lines = i / 2;
        s.notes = two;
        s.n_notes = 2;
        make(&s, &pdf, &pages);
        text_of(&pdf, &text);
        assert_true(count(&text, "備考取扱いの注意。") == 1);
        second = strchr(text.at, '\f');
        n_apart += count(&text, "備考") == 2;
        n_alone += second && strstr(second, "備考取扱いの注意。") != NULL;
        if (second && strstr(second, "様式は定めがない。") && !strstr(second, "取扱いの注意。"))
            assert_non_null(strstr(second, "備考様式は定めがない。"));
        buf_done(&text);
        buf_done(&pdf);
    }
    assert_true(n_apart && n_alone);
}

static void form_is_whole(void **state)
{
    static const char *const said[] = {
        "別記様式第3号", "借用申請書", "統括運用管理者", "仮名三郎",   "令和8年4月3日",
        "許可",          "署長",       "警視",           "試験一郎",   "令和8年11月20日",
        "（電子決裁）",  "確認",       "借用する所属",   "試験警察署", "■熊生企第120号",
        "髙﨑",          "①㈱",        "訂正",           "備考",       "一年を限度とする。",
        "機密性2（中）", "106件まで",  "2f584af1",       "1/1"};
    struct sheet s = form();
    struct buf pdf, text;
    unsigned pages;

    make(&s, &pdf, &pages);
    assert_int_equal(pages, 1);
    text_of(&pdf, &text);
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        if (!count(&text, said[i]))
            fail_msg("%s is not on the paper:\n%s", said[i], text.at);
    assert_int_equal(count(&text, "印字できない"), 0);
    buf_done(&text);
    buf_done(&pdf);
}

/* Every font is embedded and maps back to characters: what is on the paper can be read by machines, too. */
static void fonts_are_inside(void **state)
{
    struct sheet s = form();
    struct buf pdf, text;
    unsigned fonts = 0;

    make(&s, &pdf, NULL);
    ask((const char *const[]){"pdffonts", NULL}, &pdf, SAYS_TO_STDOUT, &text);
    for (char *line = strchr(text.at, '\n'); line && (line = strchr(line + 1, '\n')) && line[1];)
        fonts += !!strstr(line, "yes yes yes");
    assert_true(fonts > 0);
    assert_int_equal(count(&text, "yes yes yes"), count(&text, "+IPAex") + count(&text, "+Noto"));
    buf_done(&text);
    buf_done(&pdf);
}

static void table_goes_on(void **state)
{
    static const struct sheet_column columns[] = {{STR("番号の見出し"), 2},
                                                  {STR("氏名の見出し"), 3}};
    static struct str texts[400];
    static char numbers[200][24];
    struct sheet s = form();
    struct buf pdf, text;
    unsigned pages;

    for (size_t i = 0; i < 200; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "TO-2026-%04zu", i + 1);
        texts[2 * i] = str_of(numbers[i]);
        texts[2 * i + 1] = STR("例示 五月");
    }
    s.n_notes = 0;
    s.columns = columns;
    s.n_columns = 2;
    s.texts = texts;
    s.n_lines = 200;
    s.is_landscape = true;
    make(&s, &pdf, &pages);
    text_of(&pdf, &text);
    assert_in_range(pages, 8, 20);
    assert_int_equal(count(&text, "番号の見出し"), pages);
    assert_int_equal(count(&text, "別記様式第3号"), pages);
    assert_int_equal(count(&text, "（続き）"), pages - 1);
    assert_int_equal(count(&text, "2f584af1"), pages);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(count(&text, numbers[i]), 1);
    buf_done(&text);
    buf_done(&pdf);
}

/* A number, a day and the like are read at a glance when they stand in one line; long texts give them the room. */
static void short_values_stand_in_one_line(void **state)
{
    static const struct sheet_column columns[] = {{STR("番号"), 1}, {STR("利用の目的"), 5}, {STR("返却日"), 1}, {STR("内容"), 5}};
    static const struct str texts[] = {STR("TO-2026-0001"), STR("照会に対する回答の作成に用いる資料を別の電子計算機に取り込むため"),
                                       STR("令和12年12月31日"), STR("一覧")};
    struct sheet s = form();
    struct buf pdf, text;

    s.columns = columns;
    s.n_columns = 4;
    s.texts = texts;
    s.n_lines = 1;
    make(&s, &pdf, NULL);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "TO-2026-0001"), 1);
    assert_int_equal(count(&text, "令和12年12月31日"), 1);
    buf_done(&text);
    buf_done(&pdf);
}

static void empty_table_says_so(void **state)
{
    static const struct sheet_column columns[] = {{STR("番号"), 2}};
    struct sheet s = form();
    struct buf pdf, text;

    s.columns = columns;
    s.n_columns = 1;
    s.empty = STR("該当する記録はありません。");
    make(&s, &pdf, NULL);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "該当する記録はありません。"), 1);
    buf_done(&text);
    buf_done(&pdf);
}

/* A cell longer than a page is continued on the next one; not a character is lost. */
static void long_text_goes_on(void **state)
{
    struct sheet_cell cell = {.heading = STR("使用目的")};
    struct sheet_row row = {.cells = &cell, .n = 1, .side = STR("申請"), .side_rows = 1};
    struct sheet s = form();
    struct buf long_text, pdf, text;
    unsigned pages;

    buf_init(&long_text, OUT_MAX);
    for (unsigned i = 0; i < 900; i++)
        OK(buf_printf(&long_text, "第%04u節", i));
    OK(buf_add_char(&long_text, '\n'));
    for (unsigned i = 0; i < 1500; i++)
        OK(buf_add_text(&long_text, "W"));
    cell.text = buf_str(&long_text);
    s.rows = &row;
    s.n_rows = 1;
    make(&s, &pdf, &pages);
    assert_in_range(pages, 2, 8);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "使用目的"), pages);
    assert_int_equal(count(&text, "W"), 1500);
    for (unsigned i = 0; i < 900; i += 50) {
        char word[16];

        snprintf(word, sizeof(word), "%04u", i);
        assert_int_equal(count(&text, word), 1);
    }
    buf_done(&text);
    buf_done(&pdf);
    buf_done(&long_text);
}

static void hostile_texts(void **state)
{
    static const char *const texts[] = {
        "\xe2\x80\xae"
        "321",
        "a\x01"
        "b\x7f",
        "\xff\xfe",
        "<b>&amp;%s%n</b>",
        "(\\) endobj trailer << /Root 9 0 R >>",
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "\xef\xbb\xbf",
        "\n\n\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sheet_cell cell = {
            .heading = str_of(texts[i]), .text = str_of(texts[i]), .mark = str_of(texts[i])};
        struct sheet_row row = {.cells = &cell, .n = 1, .side = str_of(texts[i]), .side_rows = 1};
        struct sheet_stamp stamp = {.title = str_of(texts[i]), .name = str_of(texts[i])};
        struct sheet s = form();
        struct buf pdf, text;

        s.title = s.number = s.label = s.letter_to = s.printed = str_of(texts[i]);
        s.rows = &row;
        s.n_rows = 1;
        s.stamps = &stamp;
        s.n_stamps = 1;
        make(&s, &pdf, NULL);
        text_of(&pdf, &text);
        assert_int_equal(count(&text, "1/1"), 1);
        if (i < 3)
            assert_true(count(&text, "〓") > 0);
        if (!i)
            assert_true(count(&text, "〓321") > 0);
        if (i == 3)
            assert_true(count(&text, "<b>&amp;%s%n</b>") > 0);
        buf_done(&text);
        buf_done(&pdf);
    }
}

/* A character that no font has is told of, and shown by its number. */
static void unknown_characters_are_told(void **state)
{
    struct sheet_cell cell = {.heading = STR("氏名"), .text = STR("外\U000F1234字")};
    struct sheet_row row = {.cells = &cell, .n = 1};
    struct sheet s = form();
    struct buf pdf, text;

    s.rows = &row;
    s.n_rows = 1;
    make(&s, &pdf, NULL);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "印字できない文字があります"), 1);
    buf_done(&text);
    buf_done(&pdf);
}

static void too_much_is_refused(void **state)
{
    static const struct sheet_column columns[] = {{STR("番号"), 1}};
    size_t n = 12000;
    struct str *texts = calloc(n, sizeof(*texts));
    struct sheet s = form();
    struct buf pdf;
    unsigned pages;

    assert_non_null(texts);
    for (size_t i = 0; i < n; i++)
        texts[i] = STR("一");
    s.columns = columns;
    s.n_columns = 1;
    s.texts = texts;
    s.n_lines = n;
    buf_init(&pdf, OUT_MAX);
    assert_int_equal(sheet_pdf(&s, &pdf, &pages), SHEET_E_LARGE);
    assert_int_equal(pdf.len, 0);
    s.n_columns = SHEET_COLUMNS_MAX + 1;
    assert_int_equal(sheet_pdf(&s, &pdf, &pages), SHEET_E_LARGE);
    buf_done(&pdf);
    s = form();
    buf_init(&pdf, 4096);
    assert_int_equal(sheet_pdf(&s, &pdf, &pages), SHEET_E_LARGE);
    buf_done(&pdf);
    free(texts);
}

static void *make_one(void *ret)
{
    struct sheet s = form();

    return (void *)(intptr_t)sheet_pdf(&s, ret, NULL);
}

static void same_sheet_same_bytes(void **state)
{
    struct buf pdfs[4];
    pthread_t threads[4];
    void *r;

    for (size_t i = 0; i < ARRAY_LEN(pdfs); i++) {
        buf_init(&pdfs[i], OUT_MAX);
        OK(pthread_create(&threads[i], NULL, make_one, &pdfs[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(pdfs); i++) {
        OK(pthread_join(threads[i], &r));
        assert_null(r);
        assert_true(str_eq(buf_str(&pdfs[0]), buf_str(&pdfs[i])));
    }
    assert_true(pdfs[0].len > 1000);
    for (size_t i = 0; i < ARRAY_LEN(pdfs); i++)
        buf_done(&pdfs[i]);
}

static void data_is_attached(void **state)
{
    static const char data[] = "{\"record\":\"KS-2026-0001\",\"text\":\"endstream >> )\"}";
    struct sheet s = form();
    struct buf pdf, text, plain = {0};
    char out[64];

    s.data_name = STR("data.json");
    s.data = STR("{\"record\":\"KS-2026-0001\",\"text\":\"endstream >> )\"}");
    make(&s, &pdf, NULL);
    ask((const char *const[]){"pdfdetach", "-list", NULL}, &pdf, SAYS_TO_STDOUT, &text);
    assert_int_equal(count(&text, "data.json"), 1);
    buf_done(&text);
    snprintf(out, sizeof(out), "%s/out", dir);
    ask((const char *const[]){"pdfdetach", "-save", "1", "-o", out, NULL}, &pdf, SAYS_TO_OPTION,
        &text);
    assert_int_equal(text.len, strlen(data));
    assert_memory_equal(text.at, data, text.len);
    buf_done(&text);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "試験警察署"), 1);
    buf_done(&text);
    /* not of cairo's making */
    buf_init(&plain, OUT_MAX);
    assert_int_equal(pdf_attach(&plain, STR("a"), STR("b"), STR("c")), -EBADMSG);
    OK(buf_add_text(&plain, "trailer << /Size 3 /Root 1 0 R /Info 2 0 R >>\nstartxref\n9\n%%EOF"));
    assert_int_equal(pdf_attach(&plain, STR("a"), STR("b"), STR("c")), -EBADMSG);
    OK(buf_add_text(&plain, "\n1 0 obj\n<<"));
    assert_int_equal(pdf_attach(&plain, STR("a"), STR("b"), STR("c")), -EBADMSG);
    OK(buf_add_text(&plain, " endobj"));
    assert_int_equal(pdf_attach(&plain, STR("a"), STR("b"), STR("c")), -EBADMSG);
    buf_done(&plain);
    buf_done(&pdf);
}

/* What a reader of codes (zbar) reads off the paper; "" where it finds none. */
static void codes_of(const struct buf *pdf, const char *page, struct buf *ret)
{
    char picture[64], root[64];
    struct buf none;
    int c;

    snprintf(picture, sizeof(picture), "%s/page.png", dir);
    ask((const char *const[]){"pdftoppm", "-r", "200", "-png", "-singlefile", "-f", page, NULL}, pdf, SAYS_TO_PICTURE, &none);
    buf_done(&none);
    snprintf(root, sizeof(root), "%s/out.png", dir);
    OK(rename(root, picture));
    c = run((const char *const[]){"zbarimg", "-q", "--raw", picture, NULL}, true, ret);
    OK(unlink(picture));
    assert_true(c == 0 || c == 4); /* 4: no code in the picture */
}

static void reads_as(const struct sheet *s, const char *page, const char *want)
{
    struct buf pdf, read;

    make(s, &pdf, NULL);
    codes_of(&pdf, page, &read);
    assert_int_equal(read.len, strlen(want));
    assert_memory_equal(read.at ? read.at : "", want, read.len);
    buf_done(&read);
    buf_done(&pdf);
}

static void has_text(const struct buf *text, const char *want)
{
    if (!memmem(text->at, text->len, want, strlen(want)))
        fail_msg("\"%s\" is not among \"%.*s\"", want, (int)text->len, text->at);
}

/* The label of a medium: what stands on it, the code that says its name, and no code where nothing says what it is. */
static void stickers_tell_name_and_code(void **state)
{
    static char long_name[STICKER_TEXT_MAX + 2];
    struct sticker s = {.title = STR("M-014のラベル"), .reg = STR("外部記録媒体管理簿"), .name = STR("M-014"), .number = STR("BT-2026-0001"),
                        .unit = STR("サイバー対策課"), .marks = {STR("■要機密情報"), STR("□暗号化")}, .n_marks = 2, .confidentiality = STR("機密性2（中）"),
                        .foot = STR("令和8年8月25日"), .code = STR("M-014"), .says = STR("管理番号")};
    struct buf pdf, text, code;

    for (int i = 0; i < 2; i++) {
        buf_init(&pdf, OUT_MAX);
        OK(sticker_pdf(&s, &pdf));
        text_of(&pdf, &text);
        has_text(&text, "M-014");
        has_text(&text, "BT-2026-0001");
        has_text(&text, "■要機密情報");
        has_text(&text, "機密性2（中）");
        codes_of(&pdf, "1", &code);
        assert_int_equal(code.len, i ? 0 : strlen("M-014\n"));
        assert_memory_equal(code.at ? code.at : "", "M-014\n", code.len);
        buf_done(&code);
        buf_done(&text);
        buf_done(&pdf);
        s.says = STR_NONE;
    }
    memset(long_name, 'M', sizeof(long_name) - 1);
    s.name = (struct str){long_name, STICKER_TEXT_MAX};
    buf_init(&pdf, OUT_MAX);
    OK(sticker_pdf(&s, &pdf));
    s.name.len++;
    buf_clear(&pdf);
    assert_int_equal(sticker_pdf(&s, &pdf), STICKER_E_LARGE);
    buf_done(&pdf);
    (void)state;
}

static void codes_read_back(void **state)
{
    static char url[2001];
    struct sheet_cell cell = {.heading = STR("コード"), .text = STR("偽サイトの見分け方\nhttps://police.shiken.example/?a=1&b=%E3%81%82"), .code = STR("https://police.shiken.example/?a=1&b=%E3%81%82#x")};
    struct sheet_cell filler = {.heading = STR("欄"), .text = STR("文"), .lines = 40};
    struct sheet_row rows_of[] = {{.cells = &cell, .n = 1}, {.cells = &cell, .n = 1}};
    struct sheet s = {.title = STR("告知"), .rows = rows_of, .n_rows = 1};
    struct buf pdf, text;
    unsigned pages;

    reads_as(&s, "1", "https://police.shiken.example/?a=1&b=%E3%81%82#x\n");
    make(&s, &pdf, NULL);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "偽サイトの見分け方"), 1);
    buf_done(&text);
    buf_done(&pdf);
    /* the longest that an announcement holds */
    memset(url, 'a', sizeof(url) - 1);
    memcpy(url, "https://police.shiken.example/", 30);
    cell.code = str_of(url);
    make(&s, &pdf, NULL);
    codes_of(&pdf, "1", &text);
    assert_int_equal(text.len, 2001);
    assert_memory_equal(text.at, url, 2000);
    buf_done(&text);
    buf_done(&pdf);
    /* it goes whole onto the next page */
    rows_of[0].cells = &filler;
    s.n_rows = 2;
    cell.code = STR("https://police.shiken.example/");
    make(&s, &pdf, &pages);
    assert_int_equal(pages, 2);
    buf_done(&pdf);
    reads_as(&s, "1", "");
    reads_as(&s, "2", "https://police.shiken.example/\n");
    /* nothing beside it: no code */
    s.n_rows = 1;
    rows_of[0].cells = &cell;
    cell.text = STR("");
    reads_as(&s, "1", "");
}

/* At the foot of every page, beside texts that stay whole. */
static void proof_reads_back_from_every_page(void **state)
{
    static const char proof[] = "MS-2026-0001 2 2027/29 sha256:83e30e1ac2f73d7552d4128fd7a65c7e4a0ba36772478256b114b22b2ac5c176";
    struct sheet_cell cell = {.heading = STR("欄"), .text = STR("文"), .lines = 40};
    struct sheet_row rows_of[] = {{.cells = &cell, .n = 1}, {.cells = &cell, .n = 1}};
    struct sheet s = {.title = STR("様式"), .rows = rows_of, .n_rows = 2, .proof = str_of(proof), .label = STR("機密性2（中）"), .printed = STR("印刷：令和8年8月25日"),
                      .ledger = STR("台帳：2027年 29件まで\n記録の原本照合用の値（SHA-256）：83e30e1ac2f73d7552d4128fd7a65c7e4a0ba36772478256b114b22b2ac5c176")};
    struct buf pdf, text;
    unsigned pages;

    make(&s, &pdf, &pages);
    assert_int_equal(pages, 2);
    text_of(&pdf, &text);
    assert_int_equal(count(&text, "83e30e1ac2f73d7552d4128fd7a65c7e4a0ba36772478256b114b22b2ac5c176"), 2);
    buf_done(&text);
    for (int i = 0; i < 2; i++) {
        codes_of(&pdf, i ? "2" : "1", &text);
        assert_int_equal(text.len, strlen(proof) + 1);
        assert_memory_equal(text.at, proof, strlen(proof));
        buf_done(&text);
    }
    buf_done(&pdf);
    s.is_landscape = true;
    s.n_rows = 1;
    cell.lines = 1;
    make(&s, &pdf, NULL);
    codes_of(&pdf, "1", &text);
    assert_int_equal(text.len, strlen(proof) + 1);
    buf_done(&text);
    buf_done(&pdf);
    s.proof = STR("");
    buf_init(&pdf, OUT_MAX);
    assert_int_equal(sheet_pdf(&s, &pdf, NULL), -EIO);
    buf_done(&pdf);
}

static void too_long_for_a_code(void **state)
{
    static char long_text[CODE_TEXT_MAX + 1];
    struct code code;
    struct sheet_cell cell = {.heading = STR("コード"), .text = STR("文")};
    struct sheet_row row = {.cells = &cell, .n = 1};
    struct sheet s = {.title = STR("告知"), .rows = &row, .n_rows = 1};
    struct buf pdf;

    memset(long_text, 'a', sizeof(long_text));
    OK(code_make((struct str){long_text, CODE_TEXT_MAX}, &code));
    assert_int_equal(code.width, 177);
    code_done(&code);
    assert_int_equal(code_make((struct str){long_text, sizeof(long_text)}, &code), CODE_E_LARGE);
    assert_int_equal(code_make(STR(""), &code), CODE_E_EMPTY);
    cell.code = (struct str){long_text, sizeof(long_text)};
    buf_init(&pdf, OUT_MAX);
    assert_int_equal(sheet_pdf(&s, &pdf, NULL), SHEET_E_LARGE);
    assert_int_equal(pdf.len, 0);
    buf_done(&pdf);
}

/* ---- the cover of what leaves ---- */

static json_t *a_cover(void)
{
    return json_pack("{s:s, s:s, s:I, s:{s:s, s:s}, s:{s:i, s:i, s:i, s:[s], s:s}, s:[{s:s, s:s}], s:[{s:s, s:s}, {s:s, s:s}], s:s, s:s}", "record", "KJ-2026-000007", "by",
                     "TE-2026-000012", "at", (json_int_t)1764554400000000, "unit", "ja", "サイバー対策課", "en", "Cyber Division", "label", "confidentiality", 2, "integrity", 2, "availability", 1,
                     "restrictions", "no-forward", "tlp", "TLP:AMBER+STRICT", "restrictions", "ja", "転送禁止", "en", "No forwarding", "heed", "ja", "職務上必要な者以外の者に見せない。", "en",
                     "Show it to nobody.", "ja", "転送しない。", "en", "Do not forward it.", "notes", "6月30日までに消去してください。", "to", "試験銀行");
}

static void check_words(const json_t *cover, const json_t *files, enum message_lang lang, const char *const *words, struct buf *ret_text)
{
    struct buf pdf;

    buf_init(&pdf, OUT_MAX);
    OK(cover_pdf(&(struct cover_sheet){.cover = cover, .files = files, .lang = lang}, &pdf));
    text_of(&pdf, ret_text);
    for (; *words; words++)
        if (!count(ret_text, *words))
            fail_msg("the cover does not say \"%s\"", *words);
    buf_done(&pdf);
}

static void covers_say_what_to_heed(void **state)
{
    static const char *const ja[] = {"KJ-2026-000007", "TE-2026-000012", "試験銀行", "サイバー対策課", "機密性2（中）", "完全性2（高）", "TLP:AMBER+STRICT", "転送禁止", "・職務上必要な者以外の者に見せない。",
                                     "・転送しない。", "6月30日までに消去してください。", "令和7年12月1日", NULL};
    static const char *const en[] = {"Confidentiality2(medium)", "Noforwarding", "-Donotforwardit.", "CyberDivision", NULL};
    json_t *cover = a_cover();
    struct buf text;

    check_words(cover, NULL, MESSAGE_JA, ja, &text);
    assert_int_equal(count(&text, "SHA-256"), 0);
    buf_done(&text);
    check_words(cover, NULL, MESSAGE_EN, en, &text);
    buf_done(&text);
    json_decref(cover);
}

/* Beyond COVER_FILES_MAX their number stands there; what is labelled by nobody is no cover. */
static void covers_list_files(void **state)
{
    static const char *const words[] = {"f0.csv", "f199.csv", "全201件", NULL}, *const none[] = {"取扱制限なし", "特になし", NULL};
    json_t *cover = a_cover(), *files = json_array();
    struct buf text, name;

    for (unsigned i = 0; i <= COVER_FILES_MAX; i++) {
        char file[16];

        snprintf(file, sizeof(file), "f%u.csv", i);
        OK(json_array_append_new(files, json_pack("{s:s, s:i, s:s}", "name", file, "size", i, "sha256", "00")));
    }
    check_words(cover, files, MESSAGE_JA, words, &text);
    assert_int_equal(count(&text, "f200.csv"), 0);
    buf_done(&text);
    OK(json_object_set_new(cover, "heed", json_array()));
    OK(json_object_set_new(cover, "restrictions", json_array()));
    check_words(cover, NULL, MESSAGE_JA, none, &text);
    buf_done(&text);
    buf_init(&name, 200);
    OK(cover_name(cover, MESSAGE_JA, &name));
    assert_string_equal(name.at, "00-添書-TE-2026-000012.pdf");
    OK(json_object_set_new(cover, "label", json_object()));
    buf_init(&text, OUT_MAX);
    assert_int_equal(cover_pdf(&(struct cover_sheet){.cover = cover, .lang = MESSAGE_JA}, &text), -EINVAL);
    assert_int_equal(text.len, 0);
    buf_done(&text);
    buf_done(&name);
    json_decref(files);
    json_decref(cover);
}

/* From right to left, too, what is wider than the line is not kept whole: it would be cut. */
static void what_is_too_wide_is_broken_in_either_direction(void **state)
{
    static const char *const texts[] = {"supercalifragilistic", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
        PangoLayout *layout = pango_layout_new(context);

        pango_layout_set_text(layout, texts[i], -1);
        assert_false(break_keep(layout, str_of(texts[i]), 20));
        assert_true(break_keep(layout, str_of(texts[i]), 2000));
        g_object_unref(layout);
        g_object_unref(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_say_what_to_heed),
        cmocka_unit_test(covers_list_files),
        cmocka_unit_test(boxes_stay_beside_their_words), cmocka_unit_test(choices_stay_whole), cmocka_unit_test(what_is_too_wide_is_broken_in_either_direction), cmocka_unit_test(phrases_end_between_words),
        cmocka_unit_test(lines_begin_and_end_as_japanese_does), cmocka_unit_test(long_rows_begin_where_they_stand), cmocka_unit_test(few_rows_want_no_page),
        cmocka_unit_test(boxes_of_decisions_are_wide_enough), cmocka_unit_test(columns_are_for_their_values), cmocka_unit_test(many_boxes_are_drawn), cmocka_unit_test(days_are_whole_in_a_full_table), cmocka_unit_test(digests_are_as_they_are),
        cmocka_unit_test(notes_are_named_on_each_page), cmocka_unit_test(form_is_whole),
        cmocka_unit_test(fonts_are_inside),
        cmocka_unit_test(table_goes_on),
        cmocka_unit_test(short_values_stand_in_one_line),
        cmocka_unit_test(empty_table_says_so),
        cmocka_unit_test(long_text_goes_on),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(unknown_characters_are_told),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(same_sheet_same_bytes),
        cmocka_unit_test(data_is_attached),
        cmocka_unit_test(stickers_tell_name_and_code),
        cmocka_unit_test(codes_read_back),
        cmocka_unit_test(proof_reads_back_from_every_page),
        cmocka_unit_test(too_long_for_a_code),
    };

    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
