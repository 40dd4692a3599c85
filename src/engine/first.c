#include "engine/first.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

/* <0: `a` goes before `b`. */
static int compare(const struct first *f, const struct first_row *a, const struct first_row *b)
{
    int c = a->at < b->at ? -1 : a->at > b->at;

    if (!c)
        c = strcmp(a->id, b->id);
    if (!c)
        c = strcmp(a->what, b->what);
    return f->is_newest ? -c : c;
}

static void sink(struct first *f, size_t i, size_t n)
{
    struct first_row row = f->rows[i];

    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(f, &f->rows[child], &f->rows[child + 1]) < 0)
            child++;
        if (compare(f, &row, &f->rows[child]) >= 0)
            break;
        f->rows[i] = f->rows[child];
    }
    f->rows[i] = row;
}

static void rise(struct first *f, size_t i)
{
    struct first_row row = f->rows[i];

    for (size_t parent; i && compare(f, &f->rows[parent = (i - 1) / 2], &row) < 0; i = parent)
        f->rows[i] = f->rows[parent];
    f->rows[i] = row;
}

int first_init(struct first *f, struct arena *arena)
{
    f->arena = arena;
    f->n = 0;
    f->is_cut = false;
    f->rows = f->max ? arena_alloc_n(arena, f->max, sizeof(*f->rows)) : NULL;
    return f->max && !f->rows ? -ENOMEM : 0;
}

int first_put(struct first *f, int64_t at, const char *id, const char *what)
{
    struct first_row row = {at, id, what};

    if (f->n == f->max) {
        f->is_cut = true;
        if (!f->max || compare(f, &row, &f->rows[0]) >= 0)
            return 0;
    }
    row.id = arena_strdup(f->arena, str_of(id));
    row.what = arena_strdup(f->arena, str_of(what));
    if (!row.id || !row.what)
        return -ENOMEM;
    if (f->n < f->max) {
        f->rows[f->n++] = row;
        rise(f, f->n - 1);
    } else {
        f->rows[0] = row;
        sink(f, 0, f->n);
    }
    return 0;
}

void first_sort(struct first *f)
{
    for (size_t n = f->n; n > 1; n--) {
        struct first_row last = f->rows[0];

        f->rows[0] = f->rows[n - 1];
        f->rows[n - 1] = last;
        sink(f, 0, n - 1);
    }
}
