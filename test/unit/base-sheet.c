/* Workbooks as tables: made here by a writer of its own, damaged, locked and blown up. */
#include "base/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <xlsxwriter.h>
#include <zip.h>

#define OK(call) assert_int_equal((call), 0)

struct place {
    char path[64];
    struct buf bytes;
    struct arena *arena;
    struct diag diag;
    struct csv_table table;
};

static int open_place(void **state)
{
    static struct place p;

    p = (struct place){0};
    buf_init(&p.bytes, 64u << 20);
    diag_init(&p.diag);
    p.arena = arena_new((size_t)256 << 20);
    snprintf(p.path, sizeof(p.path), "/tmp/tsujiban-sheet-%d.xlsx", (int)getpid());
    *state = &p;
    return p.arena ? 0 : -1;
}

static int close_place(void **state)
{
    struct place *p = *state;

    unlink(p->path);
    buf_done(&p->bytes);
    diag_done(&p->diag);
    arena_free(p->arena);
    return 0;
}

static int parse(struct place *p)
{
    FILE *f = fopen(p->path, "rb");
    char piece[4096];
    size_t n;

    assert_non_null(f);
    buf_clear(&p->bytes);
    diag_clear(&p->diag);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        OK(buf_add(&p->bytes, piece, n));
    fclose(f);
    return sheet_parse("t.xlsx", buf_str(&p->bytes), p->arena, &p->table, &p->diag);
}

static void assert_cell(const struct place *p, size_t row, size_t col, const char *wanted)
{
    struct str s = p->table.cells[row * p->table.n_cols + col].text;

    if (!str_eq(s, str_of(wanted)))
        fail_msg("row %zu column %zu: wanted \"%s\", got \"%.*s\"", row, col, wanted, STR_ARG(s));
}

/* ---- values ---- */

static void dates_numbers_and_texts(void **state)
{
    struct place *p = *state;
    lxw_workbook *book = workbook_new(p->path);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "台帳");
    lxw_format *day = workbook_add_format(book), *both = workbook_add_format(book),
               *era = workbook_add_format(book);
    lxw_format *clock = workbook_add_format(book), *money = workbook_add_format(book);
    lxw_datetime at = {2026, 4, 10, 9, 30, 0};

    format_set_num_format(day, "yyyy/mm/dd");
    format_set_num_format(both, "yyyy\"年\"m\"月\"d\"日\" h:mm");
    format_set_num_format(era, "[$-411]ggge\"年\"m\"月\"d\"日\"");
    format_set_num_format(clock, "[h]:mm");
    format_set_num_format(money, "#,##0\" days\"");
    worksheet_write_string(sheet, 1, 1, "番号", NULL);
    worksheet_write_string(sheet, 1, 2, "日", NULL);
    worksheet_write_string(sheet, 1, 3, "日時", NULL);
    worksheet_write_string(sheet, 1, 4, "元号", NULL);
    worksheet_write_string(sheet, 1, 5, "額", NULL);
    worksheet_write_string(sheet, 1, 7, "有無", NULL);
    worksheet_write_string(sheet, 3, 1, "  山田\n太郎 ", NULL);
    worksheet_write_datetime(sheet, 3, 2, &at, day);
    worksheet_write_datetime(sheet, 3, 3, &at, both);
    worksheet_write_datetime(sheet, 3, 4, &at, era);
    worksheet_write_number(sheet, 3, 5, 45000, money);
    worksheet_write_boolean(sheet, 3, 7, 1, NULL);
    worksheet_write_number(sheet, 4, 1, 8.1, NULL);
    worksheet_write_number(sheet, 4, 2, 0.5, clock);
    worksheet_write_formula_num(sheet, 4, 5, "=40+2", NULL, 42);
    worksheet_write_formula_str(sheet, 4, 7, "=\"a\"&\"b\"", NULL, "ab");
    OK(workbook_close(book));

    OK(parse(p));
    assert_int_equal(p->table.n_cols, 6);
    assert_int_equal(p->table.n_rows, 2);
    assert_int_equal(p->table.header[0].line, 2);
    assert_int_equal(p->table.header[5].col, 8);
    assert_cell(p, 0, 0, "  山田\n太郎 ");
    assert_cell(p, 0, 1, "2026-04-10");
    assert_cell(p, 0, 2, "2026-04-10 09:30");
    assert_cell(p, 0, 3, "2026-04-10");
    assert_cell(p, 0, 4, "45000");
    assert_cell(p, 0, 5, "true");
    assert_cell(p, 1, 0, "8.1");
    assert_cell(p, 1, 1, "12:00");
    assert_cell(p, 1, 2, "");
    assert_cell(p, 1, 4, "42");
    assert_cell(p, 1, 5, "ab");
    assert_int_equal(p->table.cells[6].line, 5);
}

/* ---- archives made by hand ---- */

#define TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
static const char rels[] = "<Relationships xmlns='r'><Relationship Id='a' Type='" TYPE
                           "/officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char book[] = "<workbook xmlns='m' xmlns:r='r'><workbookPr "
                           "date1904='1'/><sheets><sheet name='h' state='hidden' r:id='x'/>"
                           "<sheet name='s' r:id='y'/></sheets></workbook>";
static const char book_rels[] =
    "<Relationships xmlns='r'><Relationship Id='y' Type='" TYPE "/worksheet' Target='/xl/s.xml'/>"
    "<Relationship Id='s' Type='" TYPE "/sharedStrings' Target='strings.xml'/></Relationships>";
static const char strings[] =
    "<sst xmlns='m'><si><t>東京</t><rPh sb='0' "
    "eb='2'><t>トウキョウ</t></rPh></si><si><r><t>千代</t></r><r><t>田</t></r></si></sst>";

static void add(zip_t *z, const char *name, const void *bytes, size_t n)
{
    zip_source_t *source = zip_source_buffer(z, bytes, n, 0);

    assert_non_null(source);
    assert_true(zip_file_add(z, name, source, ZIP_FL_OVERWRITE) >= 0);
}

static void write_book(struct place *p, const char *sheet, const char *shared)
{
    zip_t *z = zip_open(p->path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

    assert_non_null(z);
    add(z, "_rels/.rels", rels, sizeof(rels) - 1);
    add(z, "xl/workbook.xml", book, sizeof(book) - 1);
    add(z, "xl/_rels/workbook.xml.rels", book_rels, sizeof(book_rels) - 1);
    add(z, "xl/strings.xml", shared, strlen(shared));
    add(z, "xl/s.xml", sheet, strlen(sheet));
    OK(zip_close(z));
}

#define SHEET(rows) "<worksheet xmlns='m'><sheetData>" rows "</sheetData></worksheet>"

static void furigana_is_left_out(void **state)
{
    struct place *p = *state;

    write_book(p,
               SHEET("<row r='1'><c r='A1' t='s'><v>0</v></c><c t='s'><v>1</v></c></row>"
                     "<row><c r='A2' t='inlineStr'><is><t>大</t><rPh sb='0' "
                     "eb='1'><t>オオ</t></rPh><t>阪</t></is></c><c r='B2'><v>1E2</v></c></row>"),
               strings);
    OK(parse(p));
    assert_true(str_eq(p->table.header[0].text, STR("東京")));
    assert_true(str_eq(p->table.header[1].text, STR("千代田")));
    assert_cell(p, 0, 0, "大阪");
    assert_cell(p, 0, 1, "100");
}

static void assert_refused(struct place *p, int answer)
{
    int r = parse(p);

    if (r != answer)
        fail_msg("wanted %d, got %d: %s", answer, r, diag_first(&p->diag));
    assert_true(p->diag.n_errors > 0 && p->diag.entries[0].ja);
}

static void bad_sheets_are_named(void **state)
{
    struct place *p = *state;

    write_book(p, SHEET("<row r='1'><c r='A1' t='s'><v>7</v></c></row>"), strings);
    assert_refused(p, SHEET_E_CELL);
    assert_int_equal(p->diag.entries[0].line, 1);
    write_book(p, SHEET("<row r='1'><c r='B3' t='e'><v>#N/A</v></c></row>"), strings);
    assert_refused(p, SHEET_E_CELL);
    assert_int_equal(p->diag.entries[0].line, 3);
    assert_int_equal(p->diag.entries[0].col, 2);
    write_book(p, SHEET("<row r='1'><c r='A1' t='n'><v>x</v></c></row>"), strings);
    assert_refused(p, SHEET_E_CELL);
    write_book(p, SHEET("<row r='1'><c r='ABCDE1'><v>1</v></c></row>"), strings);
    assert_refused(p, SHEET_E_SYNTAX);
    write_book(p, SHEET("<row r='1'><c r='A1'><v>1</v></c><c r='A1'><v>2</v></c></row>"), strings);
    assert_refused(p, SHEET_E_SYNTAX);
    write_book(p, SHEET(""), strings);
    assert_refused(p, SHEET_E_SYNTAX);
    write_book(p, "<worksheet", strings);
    assert_refused(p, SHEET_E_SYNTAX);
}

static void entities_are_refused(void **state)
{
    struct place *p = *state;

    write_book(p,
               "<!DOCTYPE w [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>" SHEET(
                   "<row r='1'><c r='A1' t='str'><v>&b;</v></c></row>"),
               strings);
    assert_refused(p, SHEET_E_SYNTAX);
    write_book(
        p,
        "<!DOCTYPE w SYSTEM 'file:///etc/passwd'>" SHEET("<row r='1'><c r='A1'><v>1</v></c></row>"),
        strings);
    assert_refused(p, SHEET_E_SYNTAX);
}

/* Two hundred bytes for each one that is sent: refused before it is unpacked. */
static void bombs_are_refused(void **state)
{
    struct place *p = *state;
    char *spaces = malloc((size_t)48 << 20);

    assert_non_null(spaces);
    memset(spaces, ' ', (size_t)48 << 20);
    spaces[((size_t)48 << 20) - 1] = '\0';
    write_book(p, spaces, strings);
    assert_refused(p, SHEET_E_LIMIT);
    write_book(p, SHEET("<row r='1'><c r='A1'><v>1</v></c></row>"), spaces);
    assert_refused(p, SHEET_E_LIMIT);
    free(spaces);
}

static void too_many_columns_are_refused(void **state)
{
    struct place *p = *state;
    lxw_workbook *b = workbook_new(p->path);
    lxw_worksheet *sheet = workbook_add_worksheet(b, NULL);

    for (lxw_col_t c = 0; c < 65; c++)
        worksheet_write_number(sheet, 0, c, c, NULL);
    OK(workbook_close(b));
    assert_refused(p, SHEET_E_LIMIT);
}

/* ---- files of other kinds ---- */

static int parse_text(struct place *p, struct str bytes, enum table_kind *kind)
{
    diag_clear(&p->diag);
    return table_parse("t", bytes, p->arena, &p->table, kind, &p->diag);
}

static void other_kinds_are_told_apart(void **state)
{
    struct place *p = *state;
    static const char old[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest";
    static const char locked[] =
        "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
    enum table_kind kind;

    assert_int_equal(parse_text(p, ((struct str){old, sizeof(old) - 1}), &kind), SHEET_E_OLD);
    assert_int_equal(parse_text(p, ((struct str){locked, sizeof(locked) - 1}), &kind),
                     SHEET_E_ENCRYPTED);
    assert_int_equal(parse_text(p, STR("PK\x03\x04 nothing"), &kind), SHEET_E_SYNTAX);
    OK(parse_text(p,
                  STR("\xef\xbb\xbf"
                      "a,b\n1,2\n"),
                  &kind));
    assert_int_equal(kind, TABLE_CSV);
    OK(parse_text(p, STR("\x93\x8c\x8b\x9e,\x87\x40\r\n\x8d\xe2,2\r\n"),
                  &kind)); /* 東京 ① 坂, as Windows writes it */
    assert_int_equal(kind, TABLE_CSV_CP932);
    assert_true(str_eq(p->table.header[0].text, STR("東京")));
    assert_true(str_eq(p->table.header[1].text, STR("①")));
    assert_int_equal(parse_text(p, STR("\xff\xfe\x00\x81"), &kind), SHEET_E_SYNTAX);
    assert_int_equal(parse_text(p, STR(""), &kind), SHEET_E_SYNTAX);
}

/* ---- lines of JSON ---- */

static void assert_told(const struct place *p, size_t i, unsigned line, unsigned col)
{
    assert_true(i < p->diag.n);
    assert_int_equal(p->diag.entries[i].line, line);
    assert_int_equal(p->diag.entries[i].col, col);
}

static void members_of_lines_have_their_places(void **state)
{
    struct place *p = *state;
    enum table_kind kind;

    OK(parse_text(p,
                  STR("{\"a\":\"辻\\\"\",\"b\" : "
                      "1}\n{\"a\":\"b\",\"b\":\"a\"}\n{\"\\u0062\":2,\"a\":\"\"}\n"),
                  &kind));
    assert_int_equal(kind, TABLE_LINES);
    assert_int_equal(p->table.n_rows, 3);
    assert_int_equal(p->table.header[1].col, 12);
    assert_int_equal(p->table.cells[3].col, 10);
    assert_int_equal(p->table.cells[4].col, 13);
    assert_int_equal(p->table.cells[5].col, 2);
    assert_int_equal(parse_text(p, STR("{\"a\":1}\n{\"a\":[\"x\"],\"x\":3,\"y\":4}\n{\"y\":1}\n"),
                                &kind),
                     SHEET_E_SYNTAX);
    assert_int_equal(p->diag.n_errors, 3);
    assert_told(p, 0, 2, 2);
    assert_told(p, 1, 2, 12);
    assert_told(p, 2, 3, 2);
    assert_int_equal(parse_text(p, STR("{}\n{}\n{}\n"), &kind), SHEET_E_SYNTAX);
    assert_int_equal(p->diag.n_errors, 1);
}

/* Lines of thousands of members each, none of them a column: one is told a line, and not more than are kept. */
static void lines_of_other_columns_end(void **state)
{
    struct place *p = *state;
    CLEANUP(buf_done) struct buf text;
    enum table_kind kind;

    buf_init(&text, 64u << 20);
    OK(buf_add_text(&text, "{\"a\":1}\n"));
    for (unsigned line = 0; line < DIAG_MAX + 30; line++) {
        for (unsigned i = 0; i < 6000; i++)
            OK(buf_printf(&text, "%s\"n%04u\":1", i ? "," : "{", i));
        OK(buf_add_text(&text, "}\n"));
    }
    assert_int_equal(parse_text(p, buf_str(&text), &kind), SHEET_E_SYNTAX);
    assert_int_equal(p->diag.n_errors, DIAG_MAX);
    assert_told(p, DIAG_MAX - 1, DIAG_MAX + 1, 2);
}

static void places_are_written_as_excel_does(void **state)
{
    static const struct {
        unsigned row, col;
        const char *wanted;
    } rows[] = {{1, 1, "A1"}, {12, 26, "Z12"}, {3, 27, "AA3"}, {1048576, 16384, "XFD1048576"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_done) struct buf out;

        buf_init(&out, 64);
        OK(sheet_place(rows[i].row, rows[i].col, &out));
        assert_string_equal(out.at, rows[i].wanted);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_numbers_and_texts),
        cmocka_unit_test(furigana_is_left_out),
        cmocka_unit_test(bad_sheets_are_named),
        cmocka_unit_test(entities_are_refused),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(other_kinds_are_told_apart),
        cmocka_unit_test(members_of_lines_have_their_places),
        cmocka_unit_test(lines_of_other_columns_end),
        cmocka_unit_test(places_are_written_as_excel_does),
    };

    return cmocka_run_group_tests(tests, open_place, close_place);
}
