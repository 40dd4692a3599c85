/* One pass over a private copy of the text. Cells point into that copy; quoted ones are unescaped in place, which only
 * ever shortens them. Problems are reported and reading goes on, so that one run shows all of them. */
#include "base/csv.h"

#include "base/tell.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTE_ORDER_MARK 0xfeff

struct reader {
    const char *name;
    struct diag *diag;
    char *text; /* the copy, in the arena */
    size_t len, at;
    unsigned line, col; /* of text[at] */
    struct buf cells;   /* struct csv_cell, header first */
    size_t n_cols;      /* 0 until the header is read */
    size_t n_rows;      /* with the header */
    int problem;        /* 0, CSV_E_*: the first kind met */
    bool stop;          /* nothing more can be read */
};

static void problem(struct reader *r, int kind, unsigned line, unsigned col, enum message_key key)
{
    diag_tell(r->diag, DIAG_ERROR, ((struct diag_place){r->name, line, col, NULL}), key);
    if (r->problem == 0)
        r->problem = kind;
}

static bool at_end(const struct reader *r)
{
    return r->at >= r->len;
}

static char peek(const struct reader *r)
{
    return at_end(r) ? '\0' : r->text[r->at];
}

/* One byte on. A character is counted where its last byte was: continuation bytes do not count. */
static void advance(struct reader *r)
{
    unsigned char c = (unsigned char)r->text[r->at++];

    if (c == '\n') {
        r->line++;
        r->col = 1;
    } else if (at_end(r) || ((unsigned char)r->text[r->at] & 0xc0) != 0x80) {
        r->col++;
    }
}

static bool at_line_end(const struct reader *r)
{
    return at_end(r) || peek(r) == '\n' ||
           (peek(r) == '\r' && (r->at + 1 == r->len || r->text[r->at + 1] == '\n'));
}

static void read_plain(struct reader *r, struct csv_cell *cell)
{
    size_t start = r->at;

    while (!at_line_end(r) && peek(r) != ',') {
        if (peek(r) == '"')
            problem(r, CSV_E_SYNTAX, r->line, r->col, MSG_CSV_QUOTE_INSIDE);
        advance(r);
    }
    cell->text = (struct str){r->text + start, r->at - start};
}

static void read_quoted(struct reader *r, struct csv_cell *cell)
{
    size_t start = r->at + 1, to = start;

    advance(r);
    for (;;) {
        if (at_end(r)) {
            problem(r, CSV_E_SYNTAX, cell->line, cell->col, MSG_CSV_QUOTE_OPEN);
            r->stop = true;
            return;
        }
        if (peek(r) == '"') {
            advance(r);
            if (peek(r) != '"')
                break;
        }
        r->text[to++] = peek(r);
        advance(r);
    }
    cell->text = (struct str){r->text + start, to - start};
    if (!at_line_end(r) && peek(r) != ',') {
        problem(r, CSV_E_SYNTAX, r->line, r->col, MSG_CSV_QUOTE_BEHIND);
        while (!at_line_end(r) && peek(r) != ',')
            advance(r);
    }
}

/* Reads one line's cells onto the end of `cells`. 0 or -ENOMEM. */
static int read_row(struct reader *r, size_t *ret_n, bool *ret_blank)
{
    size_t n = 0;
    bool blank = true;

    for (;;) {
        struct csv_cell cell = {.line = r->line, .col = r->col};

        if (peek(r) == '"' && !at_end(r))
            read_quoted(r, &cell);
        else
            read_plain(r, &cell);
        if (cell.text.len > 0)
            blank = false;
        /* What is over the cap is read past, not kept. */
        if (n < CSV_MAX_COLS && buf_add(&r->cells, &cell, sizeof(cell)) != 0)
            return -ENOMEM;
        n++;
        if (r->stop || peek(r) != ',')
            break;
        advance(r);
    }
    if (peek(r) == '\r')
        advance(r);
    if (!at_end(r))
        advance(r);
    *ret_n = n;
    *ret_blank = blank;
    return 0;
}

static struct csv_cell *cell_at(struct reader *r, size_t i)
{
    return (struct csv_cell *)(void *)(r->cells.at + i * sizeof(struct csv_cell));
}

static void check_header(struct reader *r)
{
    for (size_t i = 0; i < r->n_cols; i++) {
        struct csv_cell *cell = cell_at(r, i);

        cell->text = str_trim(cell->text);
        if (cell->text.len == 0)
            problem(r, CSV_E_SYNTAX, cell->line, cell->col, MSG_CSV_COLUMN_EMPTY);
        for (size_t j = 0; cell->text.len > 0 && j < i; j++) {
            if (str_eq(cell_at(r, j)->text, cell->text))
                problem(r, CSV_E_SYNTAX, cell->line, cell->col, MSG_CSV_COLUMN_TWICE);
        }
    }
}

static void check_row(struct reader *r, size_t n, unsigned line)
{
    char cells[24], columns[24];

    if (n == r->n_cols)
        return;
    (void)snprintf(cells, sizeof(cells), "%zu", n);
    (void)snprintf(columns, sizeof(columns), "%zu", r->n_cols);
    diag_tell(r->diag, DIAG_ERROR, ((struct diag_place){r->name, line, 1, NULL}),
              MSG_CSV_ROW_LENGTH, {"cells", str_of(cells)}, {"columns", str_of(columns)});
    if (r->problem == 0)
        r->problem = CSV_E_SYNTAX;
}

/* One line: blank ones are dropped, wrong ones reported and dropped. */
static int read_line(struct reader *r)
{
    size_t before = r->cells.len, n = 0;
    unsigned line = r->line;
    bool blank = false;
    int e = read_row(r, &n, &blank);

    if (e)
        return e;
    /* Excel leaves lines of bare commas where rows were emptied. */
    if (blank) {
        r->cells.len = before;
        return 0;
    }
    if (n > CSV_MAX_COLS) {
        problem(r, CSV_E_LIMIT, line, 1, MSG_CSV_MANY_CELLS);
        r->cells.len = before;
        r->stop = r->n_rows == 0;
        return 0;
    }
    if (r->n_rows == 0) {
        r->n_cols = n;
        check_header(r);
    } else if (n != r->n_cols) {
        if (!r->stop)
            check_row(r, n, line);
        r->cells.len = before;
        return 0;
    }
    if (++r->n_rows > (size_t)CSV_MAX_ROWS + 1) {
        problem(r, CSV_E_LIMIT, line, 1, MSG_CSV_MANY_ROWS);
        r->stop = true;
    }
    return 0;
}

/* Bad bytes and control characters, each line's first one. */
static void check_bytes(struct reader *r)
{
    struct str s = {r->text, r->len};
    unsigned line = 1, col = 1, told = 0;

    for (size_t at = 0; at < s.len; col++) {
        size_t before = at;
        uint32_t c = utf8_next(s, &at);
        bool bad = c == 0xfffd && at == before + 1;
        bool control =
            (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c <= 0x9f);
        /* Files that were joined bring theirs along: nobody sees it, and no name would ever equal such a cell. */
        bool mark = c == BYTE_ORDER_MARK;

        if (c == '\r' && at < s.len && s.at[at] != '\n')
            control = true;
        if ((bad || control || mark) && told != line) {
            told = line;
            problem(r, CSV_E_SYNTAX, line, col,
                    bad    ? MSG_CSV_NOT_UTF8
                    : mark ? MSG_CSV_MARK
                           : MSG_CSV_CONTROL);
        }
        if (c == '\n') {
            line++;
            col = 0;
        }
    }
}

static int give(struct reader *r, struct arena *arena, struct csv_table *ret)
{
    size_t n = r->n_rows * r->n_cols;
    struct csv_cell *cells = arena_alloc_n(arena, n, sizeof(*cells));

    if (cells == NULL)
        return -ENOMEM;
    memcpy(cells, r->cells.at, n * sizeof(*cells));
    *ret = (struct csv_table){
        .n_cols = r->n_cols, .n_rows = r->n_rows - 1, .header = cells, .cells = cells + r->n_cols};
    return 0;
}

static int read_all(struct reader *r, struct arena *arena, struct csv_table *ret)
{
    check_bytes(r);
    if (r->problem != 0)
        return r->problem;
    while (!at_end(r) && !r->stop) {
        int e = read_line(r);

        if (e)
            return e;
    }
    if (r->n_rows == 0 && r->problem == 0)
        problem(r, CSV_E_SYNTAX, 1, 1, MSG_CSV_EMPTY);
    return r->problem ? r->problem : give(r, arena, ret);
}

int csv_parse(const char *name, struct str text, struct arena *arena, struct csv_table *ret,
              struct diag *diag)
{
    static const size_t cells_max =
        ((size_t)CSV_MAX_ROWS + 3) * CSV_MAX_COLS * sizeof(struct csv_cell);
    struct reader r = {.name = name, .diag = diag, .line = 1, .col = 1};
    int e;

    if (text.len > CSV_MAX_BYTES) {
        char size[24], max[24];

        (void)snprintf(size, sizeof(size), "%zu", text.len);
        (void)snprintf(max, sizeof(max), "%u", CSV_MAX_BYTES);
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){.file = name}), MSG_CSV_LARGE,
                  {"bytes", str_of(size)}, {"max", str_of(max)});
        return CSV_E_LIMIT;
    }
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = (struct str){text.at + 3, text.len - 3};
    r.text = arena_strdup(arena, text);
    if (r.text == NULL)
        return -ENOMEM;
    r.len = text.len;
    buf_init(&r.cells, cells_max);
    e = read_all(&r, arena, ret);
    buf_done(&r.cells);
    return e;
}

int csv_col(const struct csv_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        if (str_eq(t->header[i].text, str_of(name)))
            return (int)i;
    }
    return -1;
}

/* ---- writing ---- */

size_t csv_formula_head(struct str cell)
{
    /* TAB, CR and LF are skipped by some before they look. */
    static const struct str
        heads[] =
            {
                {"=", 1},  {"+", 1},           {"-", 1},  {"@", 1},  {"\t", 1},
                {"\r", 1}, {"\n", 1},          {"＝", 3}, {"＋", 3}, {"－", 3},
                {"＠", 3}, {"\xE2\x88\x92", 3} /* MINUS SIGN, which code page 932 writes as －  */};

    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        if (str_starts(cell, heads[i]))
            return heads[i].len;
    }
    return 0;
}

static bool needs_quotes(struct str cell)
{
    for (size_t i = 0; i < cell.len; i++) {
        if (memchr(",\"\r\n", cell.at[i], 4) != NULL)
            return true;
    }
    return cell.len > 0 && (cell.at[0] == ' ' || cell.at[cell.len - 1] == ' ');
}

static void put_cell(struct buf *out, struct str cell, bool guard)
{
    bool quotes = needs_quotes(cell);

    if (quotes)
        (void)buf_add_char(out, '"');
    if (guard && csv_formula_head(cell))
        (void)buf_add_char(out, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.at[i] == '"')
            (void)buf_add_char(out, '"');
        (void)buf_add_char(out, cell.at[i]);
    }
    if (quotes)
        (void)buf_add_char(out, '"');
}

int csv_put_row(struct buf *out, const struct str *cells, size_t n, bool guard)
{
    /* A row of one empty cell would read back as no row at all. */
    if (n == 1 && cells[0].len == 0)
        (void)buf_add_text(out, "\"\"");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            (void)buf_add_char(out, ',');
        put_cell(out, cells[i], guard);
    }
    return buf_add_text(out, "\r\n");
}

int csv_put_table(struct buf *out, const struct csv_table *t)
{
    struct str row[CSV_MAX_COLS];
    int r = 0;

    for (size_t i = 0; !r && i <= t->n_rows; i++) {
        for (size_t c = 0; c < t->n_cols; c++)
            row[c] = (i ? &t->cells[(i - 1) * t->n_cols] : t->header)[c].text;
        r = csv_put_row(out, row, t->n_cols, false);
    }
    return r;
}
