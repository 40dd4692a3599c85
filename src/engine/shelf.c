#include "engine/shelf.h"

#include "engine/label-of.h"

int shelf_label(struct stage *sc, const struct record *collection, int level, struct label *ret)
{
    int r = label_of(sc, collection, ret);

    ret->confidentiality = r ? 0 : MAX_OF(ret->confidentiality, level);
    return r;
}

static int read_shelf(struct store *s, const char *collection, int level, int64_t *ret, int64_t *ret_audience)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_SHELF_OF, V_TEXT(collection), V_INT(level));

    if (!r) {
        *ret = rows_int(row, 0);
        *ret_audience = rows_int(row, 1);
    }
    return r;
}

/* The shelf of that level leads to that audience. */
static int lead(struct store *s, const char *collection, int level, int64_t audience, int64_t *ret)
{
    int64_t was = 0;
    int r = read_shelf(s, collection, level, ret, &was);

    if (r == STORE_E_NONE) {
        r = STORE_RUN(s, STMT_INTEL_SHELF_ADD, V_TEXT(collection), V_INT(level), V_INT(audience));
        return store_failed(r ? r : read_shelf(s, collection, level, ret, &was));
    }
    if (!r && was != audience)
        r = STORE_RUN(s, STMT_INTEL_SHELF_SET, V_INT(*ret), V_INT(audience));
    return store_failed(r);
}

int shelves_of(struct stage *sc, const struct record *collection, int64_t ret[STORE_INTEL_LEVELS])
{
    struct audience au = {.label_id = arena_printf(sc->arena, "%s/%s", collection->reg->pack->id, collection->reg->label->id)};
    int r = au.label_id ? 0 : -ENOMEM;

    for (unsigned i = 0; !r && i < STORE_INTEL_LEVELS; i++) {
        int64_t audience = 0;

        r = shelf_label(sc, collection, (int)i + 1, &au.label);
        if (!r)
            r = audience_intern(sc->e->store, &au, &audience);
        if (!r)
            r = lead(sc->e->store, collection->id, (int)i + 1, audience, &ret[i]);
    }
    return ERR_FOLD(r);
}

int shelves_follow(struct stage *sc, const struct record *r)
{
    int64_t shelves[STORE_INTEL_LEVELS];

    return r->reg->holds == HOLDS_INTEL_COLLECTIONS && r->reg->label ? shelves_of(sc, r, shelves) : 0;
}

/* 1: some record that it holds something of admits fewer. */
static int admits_more_than_sources(struct stage *sc, const struct record *collection)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INTEL_RUN_SOURCES, V_TEXT(collection->id)));

    while (!r && (r = rows_next(rows)) == 1) {
        struct record *source;

        r = stage_record(sc, rows_text(rows, 0), &source);
        if (r)
            return r < 0 ? r : 1;
        if (source->disposed_us)
            return 1;
        if ((r = label_admits_no_more(sc, collection, source)) < 0)
            return r;
        if (!r)
            return 1;
        r = 0;
    }
    return r;
}

int shelves_opened_too_far(struct stage *sc, const struct record **ret)
{
    size_t n = sc->n_records; /* sources are read behind them */

    *ret = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct record *c = sc->records[i];
        int r = c->reg->holds == HOLDS_INTEL_COLLECTIONS && c->reg->label ? label_has_fallen(sc, c) : 0;

        if (r > 0)
            r = admits_more_than_sources(sc, c);
        if (r < 0)
            return r;
        if (r) {
            *ret = c;
            return 0;
        }
    }
    return 0;
}
