/* See rows.h. What is asked of a row is judged as it is read: there are few rows, and each has a truth of its own. */
#include "engine/rows.h"

/* The reader caps the nesting. */
static int row_holds(struct stage *sc, const struct cond *c, bool permits)
{
    int e;

    if (c->only_if && (e = row_holds(sc, c->only_if, !permits)) <= 0)
        return e < 0 ? e : 1;
    switch (c->kind) {
    case COND_ALL:
    case COND_ANY:
        for (size_t i = 0; i < c->n_children; i++)
            if ((e = row_holds(sc, c->children[i], permits)) < 0 || (e > 0) == (c->kind == COND_ANY))
                return e;
        return c->kind == COND_ALL;
    case COND_NOT:
        e = row_holds(sc, c->children[0], !permits);
        return e < 0 ? e : !e;
    default:
        return leaf_judged(sc, c, permits);
    }
}

/* Walk the rows until `max` of them are told to be unmet; max 0: all of them. */
static int walk(struct stage *sc, const struct cond *c, bool permits, size_t enough, size_t *ret, size_t max, size_t *ret_n)
{
    JSON_AUTO *rows = NULL;
    const json_t *was = sc->row;
    size_t n = 0;
    int e = ref_eval(sc, &c->subject, &rows);

    for (size_t i = 0; !e && (!enough || n < enough) && i < json_array_size(rows); i++) {
        int holds;

        sc->row = json_array_get(rows, i);
        holds = row_holds(sc, c->inside, permits);
        if (!holds && n < max)
            ret[n] = i + 1;
        n += !holds;
        e = MIN_OF(holds, 0);
    }
    sc->row = was;
    *ret_n = n;
    return e;
}

int each_holds(struct stage *sc, const struct cond *c, bool permits)
{
    size_t n;
    int e = walk(sc, c, permits, 1, NULL, 0, &n);

    return e ? e : !n;
}

int each_unmet(struct stage *sc, const struct cond *c, size_t *ret, size_t max, size_t *ret_n)
{
    return walk(sc, c, true, 0, ret, max, ret_n);
}
