/* Any bytes as lines of JSON: the reader answers and explains what it refuses; what it takes comes back from CSV with the same cells. */
#include "base/sheet.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_row(struct buf *out, const struct csv_cell *cells, size_t n)
{
    struct str texts[CSV_MAX_COLS];

    assert(n > 0 && n <= CSV_MAX_COLS);
    for (size_t i = 0; i < n; i++) {
        assert(cells[i].line > 0 && cells[i].col > 0 && cells[i].text.at);
        texts[i] = cells[i].text;
    }
    if (csv_put_row(out, texts, n, false))
        abort();
}

/* A table of CSV has no row without anything, nor a name that it would read otherwise; of others the cells are the same. */
static void write_and_read(const struct csv_table *t, struct arena *arena)
{
    struct csv_table again;
    struct buf out;

    buf_init(&out, CSV_MAX_BYTES);
    put_row(&out, t->header, t->n_cols);
    for (size_t i = 0; i < t->n_rows; i++)
        put_row(&out, &t->cells[i * t->n_cols], t->n_cols);
    if (!csv_parse("again", buf_str(&out), arena, &again, NULL) && again.n_rows == t->n_rows) {
        assert(again.n_cols == t->n_cols);
        for (size_t i = 0; i < t->n_rows * t->n_cols; i++)
            assert(str_eq(again.cells[i].text, t->cells[i].text));
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_MAX);
    struct csv_table table;
    struct diag diag;
    int r;

    if (!arena)
        abort();
    diag_init(&diag);
    r = lines_parse("input", (struct str){(const char *)data, size}, arena, &table, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0));
    if (r == 0)
        write_and_read(&table, arena);
    diag_done(&diag);
    arena_free(arena);
    return 0;
}
