/* The first visible worksheet of an .xlsx file (ECMA-376, parts 1 and 2) as cells of text with their places.
 * A cell is what Excel last showed as its value, in one form each: days 2026-04-10, with a time 2026-04-10 09:30, times 09:30, numbers without
 * thousands separators, true and false, texts without their furigana. Of a formula it is the value that was saved with it.
 * The first row that is not empty is the header. Rows and columns without anything are left out; `line` and `col` of a cell are its
 * row and column in the sheet, counted from 1.
 * Hardened: no document types and so no entities, nothing outside of the file is read, every size is bounded before it is used.
 * Owner    the table lives in the caller's arena; nothing of `bytes` is needed afterwards.
 * Limits   SHEET_*; CSV_MAX_COLS columns. Threads  any. */
#pragma once

#include "base/csv.h"

#define SHEET_MAX_BYTES (16u << 20)  /* of the file */
#define SHEET_PART_MAX (64u << 20)   /* of one part of it, unpacked */
#define SHEET_UNPACKED_MAX (96u << 20) /* of all parts that are read */
#define SHEET_RATIO_MAX 300u         /* unpacked to packed, for parts above 1 MiB */
#define SHEET_PARTS_MAX 1000u
#define SHEET_ROWS_MAX 20000u
#define SHEET_CELLS_MAX 400000u
#define SHEET_TEXT_MAX 32767u        /* characters of a cell, as Excel has it */
#define SHEET_STRINGS_MAX 400000u
#define SHEET_STYLES_MAX 65536u

enum {
    SHEET_E_SYNTAX = 1, /* not such a file, or damaged */
    SHEET_E_LIMIT,
    SHEET_E_OLD,        /* the older .xls */
    SHEET_E_ENCRYPTED,  /* with a password */
    SHEET_E_CELL,       /* a cell that cannot be taken; diag has its row and column */
};
/* Every answer has words in diag. -ENOMEM. */
MUST_CHECK int sheet_parse(const char *name, struct str bytes, struct arena *arena, struct csv_table *ret, struct diag *diag);
/* Begins like an archive, or like an older or an encrypted workbook. */
bool sheet_looks_like(struct str bytes);
/* "AB12". 0, -ENOMEM, -ENOSPC. */
int sheet_place(unsigned row, unsigned col, struct buf *out);

/* ---- lines of JSON (table-lines.c) ---- */
#define LINES_MAX 20000u          /* lines of a file */
#define LINES_LINE_MAX (64u << 10) /* bytes of one */
/* One object a line (https://jsonlines.org); its members are texts, whole numbers, truths ("yes", "no") and nothing (null, empty). The first
 * line names the columns; a later one may lack some and has no others: the first such name of a line is told. `line` and `col` of a cell are those of its member's name.
 * SHEET_E_SYNTAX, SHEET_E_LIMIT: every one has words in diag. -ENOMEM. */
MUST_CHECK int lines_parse(const char *name, struct str utf8, struct arena *arena, struct csv_table *ret, struct diag *diag);
bool lines_look_like(struct str bytes); /* begins with an object */

/* ---- a table from somebody's hands, of any kind ---- */
enum table_kind { TABLE_CSV, TABLE_CSV_CP932, TABLE_SHEET, TABLE_LINES };
/* A CSV in UTF-8 or, as older programs write it, in code page 932 (Shift_JIS); lines of
 * JSON in UTF-8; or a workbook. What it was taken for comes in *ret_kind.
 * CSV_E_SYNTAX and CSV_E_LIMIT come as SHEET_E_SYNTAX and SHEET_E_LIMIT. */
MUST_CHECK int table_parse(const char *name, struct str bytes, struct arena *arena, struct csv_table *ret, enum table_kind *ret_kind,
                           struct diag *diag);
