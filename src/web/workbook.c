#include "web/workbook.h"

#include "web/workbook-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define HEADER_MAX 250u  /* bytes of a printed head */
#define CHOICES_MAX 250u /* bytes of a list of choices */
#define WORDS_MAX 100u
#define WIDTH_EMPTY 18 /* of a table that is still to be filled in */
#define WIDTH_LEAST 8
#define WIDTH_MOST 44 /* what is longer goes on in the next line of its cell */
#define WIDTH_PAGE 230 /* of all columns that are still legible on one page */
#define WIDTH_PAGES 150
#define COLUMNS_MAX 512u
#define PAPER_A4 9
#define DAY_ZERO 25569 /* 1970-01-01, as Excel counts days */

struct book {
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *heading, *formats[2][BOOK_INSTANT + 1]; /* in Japanese, in English */
    lxw_row_t row;
    size_t n_cols;
    unsigned widths[COLUMNS_MAX]; /* of the sheet at hand, in half-width characters */
    bool is_english, has_filters;
    int fd; /* of the file, which lies in memory alone */
};

/* ---- the file ---- */

char *book_file_tmpdir(void)
{
    static char in_memory[] = "/dev/shm";

    return access(in_memory, W_OK) ? NULL : in_memory;
}

int book_file_open(int *ret_fd, char path[BOOK_PATH_SIZE])
{
    if ((*ret_fd = memfd_create("workbook", MFD_CLOEXEC)) < 0)
        return -errno;
    snprintf(path, BOOK_PATH_SIZE, "/proc/self/fd/%d", *ret_fd);
    return 0;
}

int book_file_read(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t n = 0;
    int r = 0;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    while (!r && (n = read(fd, piece, sizeof(piece))) > 0)
        r = buf_add(out, piece, (size_t)n);
    return r ? r : n < 0 ? -errno : 0;
}

/* ---- a book ---- */

double book_day(int32_t day)
{
    return (double)day + DAY_ZERO;
}

/* Dates of Excel with the era of Japan: code page 0411, "ggg" the era, "e" its year. */
static const char *const shown[2][BOOK_INSTANT + 1] = {
    {"@", "0", "[$-411]ggge\"年\"m\"月\"d\"日\"", "[$-411]ggge\"年\"m\"月\"", "[$-411]ggge\"年\"m\"月\"d\"日\" hh:mm"},
    {"@", "0", "yyyy-mm-dd", "yyyy-mm", "yyyy-mm-dd hh:mm"},
};

static int make_formats(struct book *b)
{
    if (!(b->heading = workbook_add_format(b->workbook)))
        return -ENOMEM;
    format_set_bold(b->heading);
    format_set_border(b->heading, LXW_BORDER_THIN);
    format_set_text_wrap(b->heading);
    for (unsigned english = 0; english < 2; english++)
        for (unsigned kind = 0; kind <= BOOK_INSTANT; kind++) {
            lxw_format *f = b->formats[english][kind] = workbook_add_format(b->workbook);

            if (!f)
                return -ENOMEM;
            format_set_border(f, LXW_BORDER_THIN);
            format_set_num_format(f, shown[english][kind]);
            format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
            if (kind == BOOK_TEXT)
                format_set_text_wrap(f);
            else if (kind != BOOK_NUMBER)
                format_set_align(f, LXW_ALIGN_LEFT);
        }
    return 0;
}

int book_new(struct book **ret)
{
    CLEANUP(book_freep) struct book *b = calloc(1, sizeof(*b));
    lxw_workbook_options options = {.constant_memory = LXW_TRUE,
                                    .tmpdir = book_file_tmpdir()};
    char path[BOOK_PATH_SIZE];
    int r;

    if (!b)
        return -ENOMEM;
    if ((r = book_file_open(&b->fd, path)))
        return r;
    b->workbook = workbook_new_opt(path, &options);
    if (!b->workbook || (r = make_formats(b)))
        return -ENOMEM;
    *ret = TAKE(b);
    return 0;
}

void book_free(struct book *b)
{
    if (!b)
        return;
    if (b->workbook)
        lxw_workbook_free(b->workbook);
    if (b->fd > 0)
        close(b->fd);
    free(b);
}

int book_add_head(struct buf *out, const char *side, struct str text)
{
    int r = text.len ? buf_add_text(out, side) : 0;

    for (size_t i = 0; !r && i < text.len && out->len < HEADER_MAX; i++)
        r = text.at[i] == '&' ? buf_add_text(out, "&&") : buf_add_char(out, text.at[i]);
    return r;
}

static int set_page(struct book *b, const struct book_page *page)
{
    CLEANUP(buf_done) struct buf head;
    int r;

    buf_init(&head, 1024);
    if ((r = book_add_head(&head, "&L", page->left)) || (r = book_add_head(&head, "&R", page->right)))
        return r;
    worksheet_set_landscape(b->sheet);
    worksheet_set_paper(b->sheet, PAPER_A4);
    worksheet_repeat_rows(b->sheet, 0, 0);
    worksheet_freeze_panes(b->sheet, 1, page->has_filters ? 1 : 0);
    if (head.len)
        worksheet_set_header(b->sheet, head.at);
    worksheet_set_footer(b->sheet, "&C&P / &N");
    return 0;
}

/* Half-width characters of the longest line. */
static unsigned width_of(struct str text)
{
    unsigned most = 0, w = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        w = c == '\n' ? 0 : w + (c < 0x80 ? 1u : (c & 0xc0) == 0x80 ? 0u : 2u);
        most = MAX_OF(most, w);
    }
    return most;
}

/* What would be too small to read on one page goes over several, each with the first column. */
static void fit_pages(struct book *b, unsigned all)
{
    worksheet_fit_to_pages(b->sheet, all <= WIDTH_PAGE ? 1 : (uint16_t)MIN_OF((all + WIDTH_PAGES - 1) / WIDTH_PAGES, 100u), 0);
    if (all > WIDTH_PAGE)
        worksheet_repeat_columns(b->sheet, 0, 0);
}

static int end_sheet(struct book *b)
{
    unsigned all = 0;

    if (!b->sheet || !b->row || !b->n_cols)
        return 0;
    for (size_t i = 0; i < MIN_OF(b->n_cols, (size_t)COLUMNS_MAX); i++) {
        unsigned w = b->row == 1 ? WIDTH_EMPTY : MIN_OF(MAX_OF(b->widths[i] + 2, (unsigned)WIDTH_LEAST), (unsigned)WIDTH_MOST);

        if (worksheet_set_column(b->sheet, (lxw_col_t)i, (lxw_col_t)i, w, NULL) != LXW_NO_ERROR)
            return -EIO;
        all += w;
    }
    fit_pages(b, all);
    worksheet_print_area(b->sheet, 0, 0, b->row - 1, (lxw_col_t)(b->n_cols - 1));
    if (b->has_filters)
        worksheet_autofilter(b->sheet, 0, 0, b->row - 1, (lxw_col_t)(b->n_cols - 1));
    return 0;
}

int book_cell_text(struct buf *out, struct str text)
{
    size_t len = MIN_OF(text.len, (size_t)BOOK_CELL_MAX);

    while (len && len < text.len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--; /* not within a character */
    buf_clear(out);
    return buf_add(out, text.at, len) || buf_add_char(out, '\0') ? -ENOMEM : 0;
}

static int write_cell(struct book *b, size_t col, const struct book_cell *cell, lxw_format *format, struct buf *text)
{
    lxw_error e;

    if (cell->kind != BOOK_TEXT)
        e = worksheet_write_number(b->sheet, b->row, (lxw_col_t)col, cell->number, format);
    else if (book_cell_text(text, cell->text))
        return -ENOMEM;
    else
        e = worksheet_write_string(b->sheet, b->row, (lxw_col_t)col, text->at, format);
    return e == LXW_NO_ERROR ? 0 : e == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO;
}

/* A heading may stand in two lines. */
static void widen(struct book *b, size_t col, struct str text, bool is_heading)
{
    unsigned w = width_of(text);

    if (col < COLUMNS_MAX)
        b->widths[col] = MAX_OF(b->widths[col], is_heading ? (w + 1) / 2 + (b->has_filters ? 2u : 0u) : w);
}

static int write_row(struct book *b, const struct book_cell *cells, size_t n, bool is_heading)
{
    CLEANUP(buf_done) struct buf text;
    int r = 0;

    buf_init(&text, 4 * BOOK_CELL_MAX);
    for (size_t i = 0; !r && i < n; i++) {
        widen(b, i, cells[i].text, is_heading);
        r = write_cell(b, i, &cells[i], is_heading ? b->heading : b->formats[b->is_english][cells[i].kind], &text);
    }
    b->row++;
    return r;
}

static int write_texts(struct book *b, const struct str *texts, size_t n, bool is_heading)
{
    struct book_cell cells[COLUMNS_MAX];

    n = MIN_OF(n, (size_t)COLUMNS_MAX);
    for (size_t i = 0; i < n; i++)
        cells[i] = (struct book_cell){.text = texts[i]};
    return write_row(b, cells, n, is_heading);
}

int book_sheet(struct book *b, const struct book_page *page)
{
    int r = end_sheet(b);

    b->sheet = workbook_add_worksheet(b->workbook, page->name);
    if (r || !b->sheet)
        return r ? r : -EIO;
    b->row = 0;
    b->n_cols = page->n;
    memset(b->widths, 0, sizeof(b->widths));
    b->is_english = page->is_english;
    b->has_filters = page->has_filters;
    if ((r = set_page(b, page)))
        return r;
    return write_texts(b, page->headings, page->n, true);
}

int book_row(struct book *b, const struct str *cells, size_t n)
{
    return write_texts(b, cells, MIN_OF(n, b->n_cols), false);
}

int book_cells(struct book *b, const struct book_cell *cells, size_t n)
{
    return write_row(b, cells, MIN_OF(n, b->n_cols), false);
}

int book_choices(struct book *b, size_t col, const struct str *words, size_t n)
{
    char *list[WORDS_MAX + 1] = {0};
    lxw_data_validation v = {.validate = LXW_VALIDATION_TYPE_LIST,
                             .value_list = list};
    size_t size = 0;
    int r = n > WORDS_MAX ? 1 : 0;

    for (size_t i = 0; !r && i < n; i++) {
        size += words[i].len + 1;
        if (memchr(words[i].at, ',', words[i].len) || size > CHOICES_MAX)
            r = 1;
        else if (!(list[i] = strndup(words[i].at, words[i].len)))
            r = -ENOMEM;
    }
    if (!r && n)
        r = worksheet_data_validation_range(b->sheet, 1, (lxw_col_t)col, 5000, (lxw_col_t)col, &v)
                ? -EIO
                : 0;
    for (size_t i = 0; i < MIN_OF(n, (size_t)WORDS_MAX); i++)
        free(list[i]);
    return MIN_OF(r, 0);
}

int book_finish(struct book *b, struct buf *out)
{
    lxw_error e;
    int r = end_sheet(b);

    if (r)
        return r;
    e = workbook_close(b->workbook);
    b->workbook = NULL;
    if (e != LXW_NO_ERROR)
        return e == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO;
    return book_file_read(b->fd, out);
}
