/* A sheet (outward/sheet.h) as .xlsx: the same grid, boxes and notes as on paper, as merged cells on A4. Cells are texts, so that nothing in
 * them is run. What a cell of Excel does not hold is cut there (32,767 characters); the paper has it whole.
 * Owner    texts are borrowed for the call.
 * Threads  any. */
#pragma once

#include "outward/sheet.h"

/* The file's bytes into `out`. `name` is of the worksheet, as book_page has it. 0, -ENOMEM, -EIO. */
MUST_CHECK int sheet_book(const struct sheet *s, const char *name, struct buf *out);
