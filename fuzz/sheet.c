/* Any bytes as a workbook or another table: what is read keeps to its limits, and what is refused is told. */
#include "base/sheet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct csv_table table;
    enum table_kind kind;
    struct diag diag;
    int r;

    if (!arena)
        abort();
    diag_init(&diag);
    r = table_parse("f", (struct str){(const char *)data, size}, arena, &table, &kind, &diag);
    assert(r <= 0 || diag.n_errors > 0);
    if (!r) {
        assert(table.n_cols > 0 && table.n_cols <= CSV_MAX_COLS);
        for (size_t i = 0; i < table.n_rows * table.n_cols; i++)
            assert(table.cells[i].line > 0 && table.cells[i].col > 0);
    }
    diag_done(&diag);
    arena_free(arena);
    return 0;
}
