/* Tables as .xlsx files, row by row: whatever its size, a sheet is never whole in memory. Cells are texts, so that nothing in them is run,
 * or numbers, which can be reckoned with; days and times are such numbers, shown with their era. Columns are as wide as what is in them asks for.
 * Owner    the caller of book_new(); book_free() gives up what was not finished.
 * Threads  one at a time. */
#pragma once

#include "base/buf.h"

struct book_page {
    const char *name;        /* of the sheet; at most 31 characters without []:*?/\ */
    struct str left, right;  /* head of each printed page: label; who printed it and when. May be empty */
    const struct str *headings;
    size_t n;
    bool is_english;  /* days without eras */
    bool has_filters; /* arrows at the headings, which choose rows */
};
enum book_kind { BOOK_TEXT, BOOK_NUMBER, BOOK_DAY, BOOK_MONTH, BOOK_INSTANT };
struct book_cell {
    struct str text; /* as on the page: also of one that is no text, for the width of its column */
    enum book_kind kind;
    double number; /* days since book_day(0), of the first of the month, with a fraction for the time of day */
};
#define BOOK_DAY_LEAST (-25508) /* 1900-03-01, from which on Excel counts right */
/* Of a day since 1970. */
double book_day(int32_t day);
#define BOOK_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
struct book;
MUST_CHECK int book_new(struct book **ret);
void book_free(struct book *b); /* accepts NULL */
DEFINE_CLEANUP(struct book, book_free);
/* Begin a sheet with its row of headings, which every printed page repeats. The sheet before is complete then. 0, -ENOMEM, -EIO. */
MUST_CHECK int book_sheet(struct book *b, const struct book_page *page);
MUST_CHECK int book_row(struct book *b, const struct str *cells, size_t n); /* all texts */
MUST_CHECK int book_cells(struct book *b, const struct book_cell *cells, size_t n);
/* Only one of these in that column, from the second row on. Left out where Excel takes no such list. */
MUST_CHECK int book_choices(struct book *b, size_t col, const struct str *words, size_t n);
/* Write the file's bytes to `out`. Nothing may follow but book_free(). */
MUST_CHECK int book_finish(struct book *b, struct buf *out);
