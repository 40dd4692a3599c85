/* What the pages of the take-over share: a table with its faults marked at their cells, and what a register takes.
 * Threads  as struct page. */
#pragma once

#include "base/sheet.h"
#include "web/page.h"

#define TAKEOVER_URL "/admin/takeover"

struct takeover_view {
    const json_t *table;          /* as in engine/takeover.h */
    const json_t *judged;         /* NULL: not judged */
    const struct csv_table *read; /* places in the file that it was read from; NULL: rows are counted */
    bool is_sheet;                /* and it was a workbook: C5 */
};
/* How many rows and faults, the first faults with their places. */
void takeover_show_faults(struct page *p, const struct takeover_view *v);
/* Rows from `first` (from 0), at most `n`, each fault in its cell. */
void takeover_show_rows(struct page *p, const struct takeover_view *v, size_t first, size_t n);
/* Fields of the register: heading, what may stand in a cell. */
void takeover_show_guide(struct page *p, const struct reg *reg);
/* What a cell of that field takes, in words. */
struct str takeover_cell_words(struct page *p, const struct field *f);
