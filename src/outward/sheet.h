/* A sheet is what goes onto paper, in words: the grid of an official form, or a register as a running table. Whoever makes one has
 * decided what is in it and worded it; here it becomes PDF.
 *
 *     label                                     number        every page: number above; label, who, when, ledger and proof below
 *                        title
 *     letter (day, to whom, by whom)            stamps        first page
 *     grid of headings and texts, or table with its heads     goes on over pages, line by line where a cell is longer than one
 *     notes
 *
 * Owner    all texts are borrowed for the call and are UTF-8; what paper cannot show as it is (control and direction marks, other
 *          bad bytes) is printed as 〓, never left out.
 * Files    none are read but fonts and fontconfig's own.
 * Same in, same out: the bytes depend on the sheet and on the fonts installed, and on no clock.
 * Limits   SHEET_PAGES_MAX pages, SHEET_TEXT_MAX bytes of text, SHEET_COLUMNS_MAX columns.
 * Threads  any; pango's font map is one of the calling thread. */
#pragma once

#include "base/buf.h"

#define SHEET_PAGES_MAX 300u
#define SHEET_TEXT_MAX ((size_t)8 << 20)
#define SHEET_COLUMNS_MAX 12u
#define SHEET_SPANS_MAX 12u /* parts of a row */

struct sheet_cell {
    struct str heading, text;
    struct str mark; /* small, below the heading: 訂正 */
    unsigned span;   /* parts of the row's width; 0 counts as 1 */
    unsigned lines;  /* room for as many lines at least */
    struct str code; /* drawn as a two-dimensional code at the left of `text`, whole on one page; at NULL: none. Without a text beside it, it is not drawn */
};
struct sheet_row {
    const struct sheet_cell *cells;
    size_t n;
    struct str
        side; /* written downwards at the left of `side_rows` rows, of which this is the first */
    size_t side_rows; /* 0: no block begins here */
};
/* One box of 決裁欄; what is at == NULL stays blank, for a seal. */
struct sheet_stamp {
    struct str title, unit, post, rank, name, day, mark;
};
struct sheet_column {
    struct str heading;
    unsigned width; /* parts; 0 counts as 1. Short values (numbers, days) widen it as far as others have room to spare */
    bool is_number; /* its values stand at the right */
};
struct sheet {
    bool is_landscape;
    struct str number, title; /* 別記様式第3号; 借用申請書 */
    struct str letter_day, letter_to, letter_post, letter_name; /* at NULL: none */
    const struct sheet_stamp *stamps;
    size_t n_stamps;
    struct str stamps_title;      /* written downwards before the boxes: 決裁欄 */
    unsigned heading_mm;          /* width of heading cells; 0: 30 */
    const struct sheet_row *rows; /* a form … */
    size_t n_rows;
    const struct sheet_column
        *columns; /* … or a table: n_columns != 0, with n_lines * n_columns texts */
    size_t n_columns;
    const struct str *texts;
    size_t n_lines;
    struct str empty;        /* said in a table without lines */
    const struct str *notes; /* below the grid, each from a new line */
    size_t n_notes;
    struct str notes_title; /* 備考 */
    struct str
        label; /* on every page, and in the footer: who printed and when; position and digest */
    struct str printed, ledger;
    struct str proof;           /* for machines, as a two-dimensional code at the right of the footer of every page; at NULL: none */
    struct str continued;       /* behind the title of later pages: （続き） */
    struct str unknown;         /* said on the first page when a font lacks characters */
    uint64_t created_us;        /* of the document */
    struct str data_name, data; /* the same for machines, attached inside the file; at NULL: none */
};

enum { SHEET_E_LARGE = 1 };
/* A whole PDF into `out`, which is empty. `ret_pages` may be NULL. SHEET_E_LARGE: beyond a limit above, of code.h or of `out`; -ENOMEM;
 * -EIO: the parts below failed, as where no font is installed. */
MUST_CHECK int sheet_pdf(const struct sheet *s, struct buf *out, unsigned *ret_pages);
