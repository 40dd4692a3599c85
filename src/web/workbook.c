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
#define WIDTH_COLUMN 18
#define PAPER_A4 9

struct book {
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *heading, *text;
    lxw_row_t row;
    size_t n_cols;
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
    b->heading = b->workbook ? workbook_add_format(b->workbook) : NULL;
    b->text = b->workbook ? workbook_add_format(b->workbook) : NULL;
    if (!b->heading || !b->text)
        return -ENOMEM;
    format_set_bold(b->heading);
    format_set_border(b->heading, LXW_BORDER_THIN);
    format_set_text_wrap(b->heading);
    format_set_border(b->text, LXW_BORDER_THIN);
    format_set_text_wrap(b->text);
    format_set_num_format(b->text, "@");
    format_set_align(b->text, LXW_ALIGN_VERTICAL_TOP);
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
    worksheet_fit_to_pages(b->sheet, 1, 0);
    worksheet_repeat_rows(b->sheet, 0, 0);
    worksheet_freeze_panes(b->sheet, 1, 0);
    worksheet_set_column(b->sheet, 0, (lxw_col_t)(page->n ? page->n - 1 : 0), WIDTH_COLUMN, NULL);
    if (head.len)
        worksheet_set_header(b->sheet, head.at);
    worksheet_set_footer(b->sheet, "&C&P / &N");
    return 0;
}

static int end_sheet(struct book *b)
{
    if (b->sheet && b->row && b->n_cols)
        worksheet_print_area(b->sheet, 0, 0, b->row - 1, (lxw_col_t)(b->n_cols - 1));
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

static int write_row(struct book *b, const struct str *cells, size_t n, lxw_format *format)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 4 * BOOK_CELL_MAX);
    for (size_t i = 0; i < n; i++) {
        lxw_error e;

        if (book_cell_text(&text, cells[i]))
            return -ENOMEM;
        e = worksheet_write_string(b->sheet, b->row, (lxw_col_t)i, text.at, format);
        if (e != LXW_NO_ERROR)
            return e == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO;
    }
    b->row++;
    return 0;
}

int book_sheet(struct book *b, const struct book_page *page)
{
    int r = end_sheet(b);

    b->sheet = workbook_add_worksheet(b->workbook, page->name);
    if (r || !b->sheet)
        return r ? r : -EIO;
    b->row = 0;
    b->n_cols = page->n;
    if ((r = set_page(b, page)))
        return r;
    return write_row(b, page->headings, page->n, b->heading);
}

int book_row(struct book *b, const struct str *cells, size_t n)
{
    return write_row(b, cells, MIN_OF(n, b->n_cols), b->text);
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
