#include "web/sheet-book.h"

#include "web/workbook-file.h"

#include <errno.h>
#include <unistd.h>
#include <xlsxwriter.h>

/* A form lies on a grid of narrow columns: cells are merged from as many as their width on paper asks for. */
#define GRID 48u
#define GRID_MM 3.6
#define GRID_WIDTH 1.25 /* of a column, in characters */
#define SIDE 2u         /* columns of a text at the left of its rows */
#define HEADING_MM 30u
#define STAMP 7u /* columns of a box */
#define TABLE_WIDTH 137.0 /* of all columns of a table, in characters */
#define LINE 14.0         /* points */
#define ROW_LEAST 24.0
#define ROW_MOST 400.0 /* Excel has no higher row than 409 */
#define PAPER_A4 9
#define STAMP_HEIGHT 88.0

struct sheet_run {
    const struct sheet *s;
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *title, *heading, *text, *number, *side, *plain, *right, *stamp;
    lxw_row_t row;
    lxw_col_t n_cols;
    struct buf cell;
    int error; /* the first one */
};

static void fail(struct sheet_run *r, int error)
{
    if (!r->error)
        r->error = error;
}

/* ---- cells ---- */

static lxw_format *new_format(struct sheet_run *r, const char *font, double size, bool has_border)
{
    lxw_format *f = workbook_add_format(r->book);

    if (!f) {
        fail(r, -ENOMEM);
        return NULL;
    }
    format_set_font_name(f, font);
    format_set_font_size(f, size);
    format_set_text_wrap(f);
    format_set_num_format(f, "@");
    format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
    if (has_border)
        format_set_border(f, LXW_BORDER_THIN);
    return f;
}

static void make_formats(struct sheet_run *r)
{
    r->title = new_format(r, "ＭＳ 明朝", 16, false);
    r->heading = new_format(r, "ＭＳ ゴシック", 9, true);
    r->text = new_format(r, "ＭＳ 明朝", 10, true);
    r->number = new_format(r, "ＭＳ 明朝", 10, true);
    r->side = new_format(r, "ＭＳ ゴシック", 9, true);
    r->plain = new_format(r, "ＭＳ 明朝", 10, false);
    r->right = new_format(r, "ＭＳ 明朝", 10, false);
    r->stamp = new_format(r, "ＭＳ 明朝", 7, true);
    if (r->error)
        return;
    format_set_align(r->title, LXW_ALIGN_CENTER);
    format_set_align(r->heading, LXW_ALIGN_CENTER);
    format_set_bg_color(r->heading, 0xededed);
    format_set_align(r->side, LXW_ALIGN_CENTER);
    format_set_bg_color(r->side, 0xededed);
    format_set_rotation(r->side, 270); /* written downwards */
    format_set_align(r->right, LXW_ALIGN_RIGHT);
    format_set_align(r->number, LXW_ALIGN_RIGHT);
    format_set_align(r->stamp, LXW_ALIGN_CENTER);
}

/* `text` in the cells from row `first` to row `last` and from column `from` to before `to`. */
static void put(struct sheet_run *r, lxw_row_t first, lxw_row_t last, unsigned from, unsigned to, struct str text, lxw_format *format)
{
    lxw_error e;

    if (r->error || to <= from)
        return;
    if (book_cell_text(&r->cell, text)) {
        fail(r, -ENOMEM);
        return;
    }
    if (first == last && from + 1 == to)
        e = worksheet_write_string(r->sheet, first, (lxw_col_t)from, r->cell.at, format);
    else
        e = worksheet_merge_range(r->sheet, first, (lxw_col_t)from, last, (lxw_col_t)(to - 1), r->cell.at, format);
    if (e != LXW_NO_ERROR)
        fail(r, e == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO);
}

/* How many lines the text takes where `halves` half-width characters stand in one. */
static unsigned lines_of(struct str text, unsigned halves)
{
    unsigned lines = 1, used = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        unsigned w = c < 0x80 ? 1 : (c & 0xc0) == 0x80 ? 0 : 2;

        if (c == '\n' || used + w > halves) {
            lines++;
            used = 0;
        }
        used += c == '\n' ? 0 : w;
    }
    return lines;
}

/* Rows of Excel that make up the height together, from the one at hand; the last of them. */
static lxw_row_t open_rows(struct sheet_run *r, double height)
{
    lxw_row_t n = (lxw_row_t)(height / ROW_MOST) + 1;

    for (lxw_row_t i = 0; i < n; i++)
        if (worksheet_set_row(r->sheet, r->row + i, height / (double)n, NULL) != LXW_NO_ERROR)
            fail(r, -EIO);
    return r->row + n - 1;
}

static void line(struct sheet_run *r, struct str text, lxw_format *format, double height)
{
    lxw_row_t last = open_rows(r, height);

    put(r, r->row, last, 0, r->n_cols, text, format);
    r->row = last + 1;
}

/* ---- above the grid ---- */

static int stamp_text(const struct sheet_stamp *stamp, struct buf *out)
{
    const struct str parts[] = {stamp->unit, stamp->post, stamp->rank, stamp->name, stamp->day, stamp->mark};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].len && ((out->len && buf_add_char(out, '\n')) || buf_add_str(out, parts[i])))
            return -ENOMEM;
    return 0;
}

static void put_stamps(struct sheet_run *r)
{
    unsigned at = r->n_cols - (unsigned)r->s->n_stamps * STAMP;

    if (!r->s->n_stamps || r->n_cols < r->s->n_stamps * STAMP + SIDE)
        return;
    put(r, r->row, r->row + 1, at - SIDE, at, r->s->stamps_title, r->side);
    for (size_t i = 0; i < r->s->n_stamps; i++, at += STAMP) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 4 * BOOK_CELL_MAX);
        if (stamp_text(&r->s->stamps[i], &text))
            fail(r, -ENOMEM);
        put(r, r->row, r->row, at, at + STAMP, r->s->stamps[i].title, r->heading);
        put(r, r->row + 1, r->row + 1, at, at + STAMP, buf_str(&text), r->stamp);
    }
    if (worksheet_set_row(r->sheet, r->row + 1, STAMP_HEIGHT, NULL) != LXW_NO_ERROR)
        fail(r, -EIO);
    r->row += 3;
}

static void put_letter(struct sheet_run *r)
{
    if (!r->s->letter_to.at)
        return;
    line(r, r->s->letter_day, r->right, LINE + 4);
    line(r, r->s->letter_to, r->plain, LINE + 4);
    line(r, r->s->letter_post, r->right, LINE + 4);
    line(r, r->s->letter_name, r->right, LINE + 4);
}

/* ---- a form ---- */

static double cell_height(const struct sheet_cell *c, unsigned cols)
{
    unsigned lines = MAX_OF(lines_of(c->text, 2 * cols > 2 ? 2 * cols - 2 : 1), c->lines);

    return MAX_OF(ROW_LEAST, lines * LINE + 8);
}

static void put_row(struct sheet_run *r, const struct sheet_row *row, unsigned left)
{
    unsigned heading = (unsigned)((r->s->heading_mm ? r->s->heading_mm : HEADING_MM) / GRID_MM + 0.5), parts = 0, before = 0;
    unsigned at[SHEET_SPANS_MAX + 1];
    double height = ROW_LEAST;
    lxw_row_t last;

    for (size_t i = 0; i < row->n; i++)
        parts += MAX_OF(row->cells[i].span, 1u);
    for (size_t i = 0; i <= MIN_OF(row->n, (size_t)SHEET_SPANS_MAX); i++) {
        at[i] = left + (GRID - left) * before / MAX_OF(parts, 1u);
        before += i < row->n ? MAX_OF(row->cells[i].span, 1u) : 0;
    }
    for (size_t i = 0; i < MIN_OF(row->n, (size_t)SHEET_SPANS_MAX); i++)
        height = MAX_OF(height, cell_height(&row->cells[i], at[i + 1] - at[i] > heading ? at[i + 1] - at[i] - heading : 1));
    last = open_rows(r, height);
    for (size_t i = 0; i < MIN_OF(row->n, (size_t)SHEET_SPANS_MAX); i++) {
        const struct sheet_cell *c = &row->cells[i];
        unsigned middle = at[i] + MIN_OF(heading, (at[i + 1] - at[i]) / 2);
        CLEANUP(buf_done) struct buf head;

        buf_init(&head, BOOK_CELL_MAX);
        if (buf_add_str(&head, c->heading) || (c->mark.len && (buf_add_char(&head, '\n') || buf_add_str(&head, c->mark))))
            fail(r, -ENOMEM);
        put(r, r->row, last, at[i], middle, buf_str(&head), r->heading);
        put(r, r->row, last, middle, at[i + 1], c->text, r->text);
    }
    r->row = last + 1;
}

static void put_form(struct sheet_run *r)
{
    size_t inside = 0;
    lxw_row_t side_at = 0;
    struct str side = STR_NONE;

    for (size_t i = 0; !r->error && i < r->s->n_rows; i++) {
        const struct sheet_row *row = &r->s->rows[i];

        if (row->side_rows) {
            inside = row->side_rows;
            side = row->side;
            side_at = r->row;
        }
        put_row(r, row, inside ? SIDE : 0);
        if (inside && !--inside)
            put(r, side_at, r->row - 1, 0, SIDE, side, r->side);
    }
}

/* ---- a table ---- */

static void put_table(struct sheet_run *r)
{
    double parts = 0;
    unsigned n = (unsigned)r->s->n_columns;

    for (unsigned i = 0; i < n; i++)
        parts += MAX_OF(r->s->columns[i].width, 1u);
    for (unsigned i = 0; i < n; i++) {
        if (worksheet_set_column(r->sheet, (lxw_col_t)i, (lxw_col_t)i, TABLE_WIDTH * MAX_OF(r->s->columns[i].width, 1u) / parts, NULL) != LXW_NO_ERROR)
            fail(r, -EIO);
        put(r, r->row, r->row, i, i + 1, r->s->columns[i].heading, r->heading);
    }
    (void)worksheet_repeat_rows(r->sheet, r->row, r->row);
    worksheet_freeze_panes(r->sheet, r->row + 1, 0);
    r->row++;
    for (size_t line = 0; !r->error && line < r->s->n_lines; line++, r->row++)
        for (unsigned i = 0; i < n; i++)
            put(r, r->row, r->row, i, i + 1, r->s->texts[line * n + i], r->s->columns[i].is_number ? r->number : r->text);
    if (!r->s->n_lines)
        line(r, r->s->empty, r->text, ROW_LEAST);
}

/* ---- the page ---- */

static void put_page(struct sheet_run *r)
{
    CLEANUP(buf_done) struct buf head;
    CLEANUP(buf_done) struct buf foot;

    buf_init(&head, 2048);
    buf_init(&foot, 2048);
    worksheet_set_paper(r->sheet, PAPER_A4);
    worksheet_fit_to_pages(r->sheet, 1, 0);
    worksheet_center_horizontally(r->sheet);
    if (r->s->is_landscape)
        worksheet_set_landscape(r->sheet);
    if (book_add_head(&head, "&L&8", r->s->label) || book_add_head(&head, "&R&9", r->s->number) ||
        book_add_head(&foot, "&L&7", r->s->printed) || buf_add_text(&foot, "&R&P / &N"))
        fail(r, -ENOMEM);
    if (!r->error && ((head.len && worksheet_set_header(r->sheet, head.at) != LXW_NO_ERROR) || worksheet_set_footer(r->sheet, foot.at) != LXW_NO_ERROR))
        fail(r, -EIO);
}

static void put_all(struct sheet_run *r)
{
    r->n_cols = r->s->n_columns ? (lxw_col_t)r->s->n_columns : GRID;
    if (!r->s->n_columns && worksheet_set_column(r->sheet, 0, GRID - 1, GRID_WIDTH, NULL) != LXW_NO_ERROR)
        fail(r, -EIO);
    put_page(r);
    line(r, r->s->title, r->title, 2 * LINE);
    put_stamps(r);
    put_letter(r);
    if (r->s->n_columns)
        put_table(r);
    else
        put_form(r);
    if (r->s->n_notes)
        line(r, r->s->notes_title, r->plain, LINE);
    for (size_t i = 0; i < r->s->n_notes; i++)
        line(r, r->s->notes[i], r->plain, LINE * lines_of(r->s->notes[i], 2 * GRID));
    line(r, r->s->label, r->plain, LINE + 4);
    line(r, r->s->ledger, r->plain, LINE * lines_of(r->s->ledger, 2 * GRID) + 4); /* what proves it stays with the file */
}

int sheet_book(const struct sheet *s, const char *name, struct buf *out)
{
    lxw_workbook_options options = {.tmpdir = book_file_tmpdir()};
    struct sheet_run r = {.s = s};
    char path[BOOK_PATH_SIZE];
    int fd, e = book_file_open(&fd, path);

    if (e)
        return e;
    buf_init(&r.cell, 4 * BOOK_CELL_MAX);
    r.book = workbook_new_opt(path, &options);
    r.sheet = r.book ? workbook_add_worksheet(r.book, name) : NULL;
    if (!r.sheet)
        fail(&r, -ENOMEM);
    if (!r.error)
        make_formats(&r);
    if (!r.error)
        put_all(&r);
    if (r.error && r.book)
        lxw_workbook_free(r.book);
    else if (!r.error && workbook_close(r.book) != LXW_NO_ERROR)
        fail(&r, -EIO);
    if (!r.error)
        fail(&r, book_file_read(fd, out));
    buf_done(&r.cell);
    (void)close(fd);
    return r.error;
}
