#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct diag diag;
    struct csv_table table;
};

static int parse(struct fixture *f, struct str text)
{
    f->arena = arena_new(10u << 20);
    diag_init(&f->diag);
    return csv_parse("x.csv", text, f->arena, &f->table, &f->diag);
}

static void done(struct fixture *f)
{
    diag_done(&f->diag);
    arena_free(f->arena);
}

static void assert_cell(const struct fixture *f, size_t i, struct str text, unsigned line,
                        unsigned col)
{
    const struct csv_cell *cell = &f->table.cells[i];

    if (!str_eq(cell->text, text) || cell->line != line || cell->col != col)
        fail_msg("cell %zu is \"%.*s\" at %u:%u", i, STR_ARG(cell->text), cell->line, cell->col);
}

static void cells_and_their_places(void **state)
{
    struct fixture f;

    assert_int_equal(parse(&f, STR("\xef\xbb\xbfid,氏名,note\r\n1,熊本 太郎,\"a "
                                   "\"\"b\"\",\nc\"\r\n2,, x \n\"\",\"\",z")),
                     0);
    assert_int_equal(f.table.n_cols, 3);
    assert_int_equal(f.table.n_rows, 3);
    assert_int_equal(csv_col(&f.table, "氏名"), 1);
    assert_int_equal(csv_col(&f.table, "none"), -1);
    assert_int_equal(f.table.header[2].col, 7);
    assert_cell(&f, 0, STR("1"), 2, 1);
    assert_cell(&f, 1, STR("熊本 太郎"), 2, 3);
    assert_cell(&f, 2, STR("a \"b\",\nc"), 2, 9);
    assert_cell(&f, 3, STR("2"), 4, 1);
    assert_cell(&f, 4, STR(""), 4, 3);
    assert_cell(&f, 5, STR(" x "), 4, 4);
    assert_cell(&f, 8, STR("z"), 5, 7);
    assert_int_equal(f.diag.n, 0);
    done(&f);
}

static void emptied_rows_are_passed_over(void **state)
{
    struct fixture f;

    assert_int_equal(parse(&f, STR("a,b\n\n1,2\n,\n,,,,\n\r\n3,4\n")), 0);
    assert_int_equal(f.table.n_rows, 2);
    assert_cell(&f, 2, STR("3"), 7, 1);
    done(&f);
}

static void only_a_header_is_a_table(void **state)
{
    struct fixture f;

    assert_int_equal(parse(&f, STR("a")), 0);
    assert_int_equal(f.table.n_cols, 1);
    assert_int_equal(f.table.n_rows, 0);
    done(&f);
}

static void assert_problems(struct str text, const char *want)
{
    struct fixture f;
    struct buf out;

    buf_init(&out, 10000);
    assert_int_equal(parse(&f, text), CSV_E_SYNTAX);
    assert_int_equal(diag_print(&f.diag, &out), 0);
    assert_string_equal(out.at, want);
    buf_done(&out);
    done(&f);
}

static void problems_name_line_and_column(void **state)
{
    assert_problems(STR(""),
                    "x.csv:1:1: the file is empty; its first line must name the columns\n");
    assert_problems(STR("a,b\n1,2\n1\n1,2,3\n"),
                    "x.csv:3:1: this row has 1 cells; the first line names 2 columns\n"
                    "x.csv:4:1: this row has 3 cells; the first line names 2 columns\n");
    assert_problems(STR("a,b\n辻x\"y,2\n"), "x.csv:2:3: a quotation mark inside a cell; put the "
                                            "whole cell in quotes and double the mark\n");
    assert_problems(STR("a,b\n\"辻\"y,2\n"), "x.csv:2:4: text behind a closing quotation mark; a "
                                             "comma or the end of the line belongs here\n");
    assert_problems(STR("a,b\n1,\"x\n2,3\n"),
                    "x.csv:2:3: this quoted cell is never closed; end it with a quotation mark\n");
    assert_problems(STR("a,,a\n"),
                    "x.csv:1:3: this column has no name; the first line must name every column\n"
                    "x.csv:1:4: this column name stands twice; each must be different\n");
    assert_problems(STR("a,b\n辻,\x8e\x8e\n"),
                    "x.csv:2:3: not UTF-8; save the file as \"CSV UTF-8\"\n");
    assert_problems(STR("a,b\n1,\0\n2,\x1b\n"), "x.csv:2:3: a control character; remove it\n"
                                                "x.csv:3:3: a control character; remove it\n");
    assert_problems(STR("a,b\r1,2\r"), "x.csv:1:4: a control character; remove it\n");
    assert_problems(STR("\xef\xbb\xbf" "a,b\n1,\xef\xbb\xbf" "2\n"),
                    "x.csv:2:3: a byte order mark behind the beginning of the file; remove it\n");
}

static void the_replacement_character_is_a_character(void **state)
{
    struct fixture f;

    assert_int_equal(parse(&f, STR("a\n\xef\xbf\xbd\n")), 0);
    assert_cell(&f, 0, STR("\xef\xbf\xbd"), 2, 1);
    done(&f);
}

static void limits_hold(void **state)
{
    CLEANUP(arena_freep) struct arena *small = arena_new(10);
    struct csv_table table;
    struct fixture f;
    struct buf text;

    buf_init(&text, 100000);
    for (int i = 0; i < 65; i++)
        assert_int_equal(buf_printf(&text, "%sc%d", i > 0 ? "," : "", i), 0);
    assert_int_equal(parse(&f, buf_str(&text)), CSV_E_LIMIT);
    assert_int_equal(f.diag.n_errors, 1);
    done(&f);
    assert_true(csv_parse("x.csv", buf_str(&text), small, &table, NULL) < 0);
    buf_done(&text);
    assert_int_equal(csv_parse("x.csv", (struct str){"", CSV_MAX_BYTES + 1}, small, &table, NULL),
                     CSV_E_LIMIT);
}

static void rows_out_read_back(void **state)
{
    static const struct str cells[] = {{"a,b", 3},  {"say \"x\"", 7}, {"l1\nl2", 5}, {" pad", 4},
                                       {"=1+1", 4}, {"", 0},          {"-5", 2},     {"辻", 3}};
    struct fixture f;
    struct buf out;

    buf_init(&out, 10000);
    assert_int_equal(csv_put_row(&out, cells, 8, false), 0);
    assert_string_equal(out.at, "\"a,b\",\"say \"\"x\"\"\",\"l1\nl2\",\" pad\",=1+1,,-5,辻\r\n");
    buf_clear(&out);
    assert_int_equal(buf_add_text(&out, "a,b,c,d,e,f,g,h\r\n"), 0);
    assert_int_equal(csv_put_row(&out, cells, 8, true), 0);
    assert_int_equal(parse(&f, buf_str(&out)), 0);
    for (size_t i = 0; i < 8; i++) {
        if (i == 4)
            assert_true(str_eq(f.table.cells[i].text, STR("'=1+1")));
        else if (i == 6)
            assert_true(str_eq(f.table.cells[i].text, STR("'-5")));
        else
            assert_true(str_eq(f.table.cells[i].text, cells[i]));
    }
    done(&f);
    buf_done(&out);
}

/* The Japanese Excel takes full-width signs for the ASCII ones. */
static void cells_that_would_run_are_guarded(void **state)
{
    static const char *const runs[] = {"=1", "+1", "-1", "@A", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A", "\xE2\x88\x92"};
    static const char *const stays[] = {"",   "1=1",      "1＝1", "ー",  "〓",
                                        "：", "\xEF\xBC", "\xEF", "辻＠"};
    struct buf out;

    buf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(runs) + ARRAY_LEN(stays); i++) {
        bool is_run = i < ARRAY_LEN(runs);
        const struct str row[] = {str_of(is_run ? runs[i] : stays[i - ARRAY_LEN(runs)]), {"x", 1}};

        for (int guard = 0; guard < 2; guard++) {
            buf_clear(&out);
            assert_int_equal(csv_put_row(&out, row, 2, guard), 0);
            assert_int_equal(out.at[out.at[0] == '"'] == '\'', is_run && guard);
        }
        assert_int_equal(csv_formula_head(row[0]) > 0, is_run);
    }
    assert_int_equal(csv_formula_head(STR("＝1")), 3);
    buf_done(&out);
}

static void tables_out_read_back(void **state)
{
    struct fixture f, again;
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(parse(&f, STR("a,b\r\n\"x,1\",\"say \"\"y\"\"\"\r\n=1+1,\"two\nlines\"\r\n")), 0);
    assert_int_equal(csv_put_table(&out, &f.table), 0);
    assert_int_equal(parse(&again, buf_str(&out)), 0);
    assert_int_equal(again.table.n_rows, f.table.n_rows);
    for (size_t i = 0; i < f.table.n_cols * f.table.n_rows; i++)
        assert_true(str_eq(again.table.cells[i].text, f.table.cells[i].text));
    done(&again);
    done(&f);
    buf_done(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_and_their_places),
        cmocka_unit_test(emptied_rows_are_passed_over),
        cmocka_unit_test(only_a_header_is_a_table),
        cmocka_unit_test(problems_name_line_and_column),
        cmocka_unit_test(the_replacement_character_is_a_character),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(rows_out_read_back),
        cmocka_unit_test(cells_that_would_run_are_guarded),
        cmocka_unit_test(tables_out_read_back),
    };

    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
