/* Sheets as workbooks, read back by another part of the program: every text is in its place, what would run does not, and what is higher than a
 * row of Excel goes on in the next. */
#include "base/arena.h"
#include "base/sheet.h"
#undef SHEET_TEXT_MAX /* of what is read; not of what is printed */

#include "web/sheet-book.h"
#include "web/workbook.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define OUT_MAX ((size_t)8 << 20)

struct read_back {
    struct buf bytes;
    struct arena *arena;
    struct csv_table table;
    struct diag diag;
};

static void make(const struct sheet *s, struct read_back *ret)
{
    buf_init(&ret->bytes, OUT_MAX);
    diag_init(&ret->diag);
    OK(sheet_book(s, "Form", &ret->bytes));
    ret->arena = arena_new(64 << 20);
    assert_non_null(ret->arena);
    OK(sheet_parse("form.xlsx", buf_str(&ret->bytes), ret->arena, &ret->table, &ret->diag));
}

static void drop(struct read_back *r)
{
    arena_free(r->arena);
    diag_done(&r->diag);
    buf_done(&r->bytes);
}

/* The cell with that text; NULL. */
static const struct csv_cell *cell(const struct read_back *r, const char *text)
{
    for (size_t i = 0; i < r->table.n_cols; i++)
        if (str_eq(r->table.header[i].text, str_of(text)))
            return &r->table.header[i];
    for (size_t i = 0; i < r->table.n_cols * r->table.n_rows; i++)
        if (str_eq(r->table.cells[i].text, str_of(text)))
            return &r->table.cells[i];
    return NULL;
}

static const struct sheet_cell first_cells[] = {{.heading = STR("所属"), .text = STR("試験警察署")},
                                                {.heading = STR("根拠"), .text = STR("=1+1"), .span = 2, .mark = STR("訂正")}};
static const struct sheet_stamp stamps[] = {
    {.title = STR("申請"), .unit = STR("試験課"), .post = STR("係長"), .rank = STR("警部補"), .name = STR("例示 五月"), .day = STR("令和8年4月1日")},
    {.title = STR("許可")}};

static struct sheet form(void)
{
    static const struct sheet_row rows[] = {{.cells = first_cells, .n = 2, .side = STR("申請欄"), .side_rows = 1}};
    static const struct str notes[] = {STR("写しを残す。")};

    return (struct sheet){.number = STR("様式第9号"), .title = STR("試験申請書"), .label = STR("機密性2（中）"), .printed = STR("印刷：例示"),
                          .ledger = STR("台帳：2f584af1"), .rows = rows, .n_rows = 1, .stamps = stamps, .n_stamps = 2, .stamps_title = STR("決裁欄"),
                          .letter_to = STR("所属長　殿"), .letter_day = STR("令和8年4月2日"), .letter_post = STR("試験課　係長"),
                          .letter_name = STR("警部補　例示 五月"), .notes = notes, .n_notes = 1, .notes_title = STR("備考")};
}

static void form_is_whole(void **state)
{
    static const char *const texts[] = {"試験申請書", "決裁欄", "申請", "試験課\n係長\n警部補\n例示 五月\n令和8年4月1日", "許可", "所属長　殿", "申請欄",
                                        "所属", "試験警察署", "根拠\n訂正", "=1+1", "備考", "写しを残す。", "機密性2（中）", "台帳：2f584af1"};
    struct sheet s = form();
    struct read_back r = {0};

    make(&s, &r);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!cell(&r, texts[i]))
            fail_msg("\"%s\" is missing", texts[i]);
    /* The boxes stand at the right, the text at the side at the left of its row. */
    assert_true(cell(&r, "許可")->col > cell(&r, "申請")->col);
    assert_int_equal(cell(&r, "申請欄")->col, 1);
    assert_int_equal(cell(&r, "申請欄")->line, cell(&r, "所属")->line);
    assert_true(cell(&r, "根拠\n訂正")->col > cell(&r, "試験警察署")->col);
    drop(&r);
}

/* 300 lines are higher than a row may be: the next cell stands below as many rows as it takes. */
static void long_text_takes_several_rows(void **state)
{
    struct buf text;
    struct sheet_cell cells[2] = {{.heading = STR("内容")}, {.heading = STR("次")}};
    const struct sheet_row rows[] = {{.cells = cells, .n = 1}, {.cells = cells + 1, .n = 1}};
    struct sheet s = form();
    struct read_back r = {0};

    buf_init(&text, 65536);
    for (size_t i = 0; i < 300; i++)
        OK(buf_add_text(&text, i ? "\n行" : "行"));
    cells[0].text = buf_str(&text);
    s.rows = rows;
    s.n_rows = 2;
    make(&s, &r);
    assert_true(cell(&r, "次")->line - cell(&r, "内容")->line >= 10);
    drop(&r);
    buf_done(&text);
}

/* A table of a register, read back: days, months, times and numbers are such, with and without eras; what begins like a formula is a text. */
static void values_are_what_they_are(void **state)
{
    static const struct str headings[] = {STR("番号"), STR("件数"), STR("日"), STR("月"), STR("日時")};
    static const char *const want[] = {"=1+1", "1234567", "2026-04-10", "2026-04-01", "2026-04-10 09:30"};
    int32_t day;

    OK(day_parse_iso(STR("2026-04-10"), &day));
    for (unsigned english = 0; english < 2; english++) {
        const struct book_cell cells[] = {{STR("=1+1"), BOOK_TEXT, 0}, {STR("1234567"), BOOK_NUMBER, 1234567}, {STR("令和8年4月10日"), BOOK_DAY, book_day(day)},
                                          {STR("令和8年4月"), BOOK_MONTH, book_day(day - 9)},
                                          {STR("令和8年4月10日 09:30"), BOOK_INSTANT, book_day(day) + 9.5 / 24}};
        CLEANUP(book_freep) struct book *b = NULL;
        struct read_back r = {0};

        buf_init(&r.bytes, OUT_MAX);
        diag_init(&r.diag);
        OK(book_new(&b));
        OK(book_sheet(b, &(struct book_page){.name = "List", .left = STR(""), .right = STR(""), .headings = headings, .n = ARRAY_LEN(headings), .is_english = english, .has_filters = true}));
        OK(book_cells(b, cells, ARRAY_LEN(cells)));
        OK(book_finish(b, &r.bytes));
        r.arena = arena_new(64 << 20);
        assert_non_null(r.arena);
        OK(sheet_parse("list.xlsx", buf_str(&r.bytes), r.arena, &r.table, &r.diag));
        for (size_t i = 0; i < ARRAY_LEN(want); i++)
            if (!cell(&r, want[i]))
                fail_msg("\"%s\" is missing (English: %u)", want[i], english);
        drop(&r);
    }
    assert_true(BOOK_DAY_LEAST < day);
    OK(day_parse_iso(STR("1900-03-01"), &day));
    assert_int_equal(BOOK_DAY_LEAST, day);
    assert_float_equal(book_day(day), 61, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_is_whole),
        cmocka_unit_test(long_text_takes_several_rows),
        cmocka_unit_test(values_are_what_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
