/* RFC 4180 with a header line, UTF-8 with or without BOM, CRLF or LF, also what Excel writes.
 * Every cell knows its line and column, so that an error can name them.
 * Owner    csv_parse() fills a table that lives in the caller's arena.
 * Limits   CSV_MAX_BYTES, CSV_MAX_ROWS, CSV_MAX_COLS. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"

#define CSV_MAX_BYTES (64u << 20)
#define CSV_MAX_ROWS 1000000u
#define CSV_MAX_COLS 64u

struct csv_cell {
    struct str text;
    unsigned line, col; /* of its first character; col counts characters */
};

struct csv_table {
    size_t n_cols, n_rows;    /* rows without the header */
    struct csv_cell *header;  /* n_cols */
    struct csv_cell *cells;   /* n_rows * n_cols, row by row */
};

enum { CSV_E_SYNTAX = 1, CSV_E_LIMIT };
/* All problems of the file go to diag with `name` as the file. Rows with a wrong number of cells are problems,
 * also column names that are empty or stand twice, control characters, a BOM behind the beginning, and what is not UTF-8; rows
 * whose cells are all empty are passed over. Nothing of `text` is needed afterwards. -ENOMEM also when the arena's cap is reached. */
MUST_CHECK int csv_parse(const char *name, struct str text, struct arena *arena, struct csv_table *ret,
                         struct diag *diag);
/* Column of a header name, or -1. */
int csv_col(const struct csv_table *t, const char *name);
/* How many bytes of `cell` are the character by which a spreadsheet would run it as a formula, 0 where none is: =, +, -, @, also
 * full-width, as the Japanese Excel takes them, and a break or TAB that some skip. */
size_t csv_formula_head(struct str cell);
/* One row out, quoted where needed, CRLF; cells that a spreadsheet would run as a formula get a leading apostrophe when
 * `guard` is set. */
int csv_put_row(struct buf *out, const struct str *cells, size_t n, bool guard);
/* The whole table, header first, as it was read (no guard): read again it is the same. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int csv_put_table(struct buf *out, const struct csv_table *t);
