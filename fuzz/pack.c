/* Any bytes as the files of a directive: the reader answers and never reads beyond them; what it refuses it explains, and what it
 * takes comes back from its canonical form with the same hash. */
#include "../test/regulation/pack-sections.h"
#include "regulation/pack-print.h"
#include "regulation/yaml.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_tree(struct str text)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct node *root = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = arena != NULL ? yaml_load("input", text, arena, &root, &diag) : -1;
    assert((r == 0) == (diag.n_errors == 0) || r < 0);
    assert(r != 0 || root != NULL);
    diag_done(&diag);
    arena_free(arena);
}

static void try_pack(const struct sections *s)
{
    struct pack *p = NULL, *again = NULL;
    struct diag diag;
    struct buf out, out_again;
    int r;

    diag_init(&diag);
    buf_init(&out, OUT_MAX);
    buf_init(&out_again, OUT_MAX);
    r = pack_load_texts(s->texts, s->n, &p, &diag);
    assert((r == 0) == (diag.n_errors == 0) || r < 0);
    if (r == 0) {
        if (pack_load_canonical(p->canonical, &again, &diag) != 0)
            abort();
        if (!digest_eq(&p->hash, &again->hash) || pack_print(p, &out) != 0 || pack_print(again, &out_again) != 0)
            abort();
        if (!str_eq(buf_str(&out), buf_str(&out_again)))
            abort();
    }
    pack_unref(p);
    pack_unref(again);
    buf_done(&out);
    buf_done(&out_again);
    diag_done(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sections *s = calloc(1, sizeof(*s));
    char *copy = malloc(size > 0 ? size : 1);

    if (s == NULL || copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    try_tree((struct str){copy, size});
    sections_add(s, (struct str){copy, size});
    try_pack(s);
    free(copy);
    free(s);
    return 0;
}
