/* Any bytes as the files of a force, divided by lines "=== units.csv": what is refused is explained, what is taken is written as
 * tables that are read back and written the same. */
#include "../test/regulation/pack-sections.h"
#include "force/force.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void export_all(const struct force *f, struct buf out[static FORCE_FILES], struct str ret_texts[static FORCE_FILES])
{
    for (int file = 0; file < FORCE_FILES; file++) {
        buf_init(&out[file], OUT_MAX);
        if (force_export(f, (enum force_file)file, &out[file]))
            abort();
        ret_texts[file] = buf_str(&out[file]);
    }
}

static void write_and_read(const struct force *f)
{
    struct buf out[FORCE_FILES], out_again[FORCE_FILES];
    struct str texts[FORCE_FILES], texts_again[FORCE_FILES];
    struct force *again = NULL;

    export_all(f, out, texts);
    if (force_load_texts(texts, &again, NULL))
        abort();
    export_all(again, out_again, texts_again);
    for (int file = 0; file < FORCE_FILES; file++) {
        assert(str_eq(texts[file], texts_again[file]));
        buf_done(&out[file]);
        buf_done(&out_again[file]);
    }
    force_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sections *s = calloc(1, sizeof(*s));
    struct str texts[FORCE_FILES] = {{0}};
    struct force *f = NULL;
    struct diag diag;
    int r;

    if (!s)
        abort();
    diag_init(&diag);
    sections_add(s, (struct str){(const char *)data, size});
    for (size_t i = 0; i < s->n; i++)
        for (int file = 0; file < FORCE_FILES; file++)
            if (str_eq(str_of(s->texts[i].path), str_of(force_file_name((enum force_file)file))))
                texts[file] = s->texts[i].text;
    r = force_load_texts(texts, &f, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0) && (r == 0) == (f != NULL));
    if (f)
        write_and_read(f);
    force_unref(f);
    diag_done(&diag);
    free(s);
    return 0;
}
