/* See rows.h. What is asked of a row is judged as it is read: there are few rows, and each has a truth of its own. */
#include "engine/rows.h"

#include "engine/same.h"

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

struct each_found {
    json_t *ids;
    bool is_over;
};

static int note_id(void *user, struct record *r)
{
    struct each_found *f = user;

    f->is_over = json_array_size(f->ids) >= EACH_RECORDS_MAX;
    return f->is_over ? 1 : json_array_append_new(f->ids, json_string(r->id)) ? -ENOMEM : 0;
}

/* New: rows, elements, or the ids of the records that are looked for. They speak against the act where `each` speaks for it. 1: of records there are too many. */
static int rows_of(struct stage *sc, const struct cond *c, bool permits, json_t **ret)
{
    const struct record_search q = {c->reg, c->wheres, c->n_wheres, c->words, c->n_words, c->during, permits};
    JSON_AUTO *ids = c->reg ? json_array() : NULL;
    struct each_found f = {.ids = ids};
    int e;

    if (!c->reg)
        return ref_eval(sc, &c->subject, ret);
    e = ids ? search_records(sc, &q, note_id, &f) : -ENOMEM;
    if (e >= 0)
        *ret = TAKE(ids);
    return e < 0 ? e : f.is_over;
}

/* Walk the rows until `enough` of them are found unmet; 0: all of them. Their numbers go into `ret`, of records their ids into `ids` (NULL: nowhere), `max` at most.
 * 1: there are too many records. */
static int walk(struct stage *sc, const struct cond *c, bool permits, size_t enough, size_t *ret, json_t *ids, size_t max, size_t *ret_n)
{
    JSON_AUTO *rows = NULL;
    const json_t *was = sc->row;
    size_t n = 0;
    int e = rows_of(sc, c, permits, &rows);

    for (size_t i = 0; !e && (!enough || n < enough) && i < json_array_size(rows); i++) {
        int holds;

        sc->row = json_array_get(rows, i);
        holds = row_holds(sc, c->inside, permits);
        if (!holds && n < max && ret)
            ret[n] = i + 1;
        if (!holds && n < max && ids && json_array_append(ids, json_array_get(rows, i)))
            holds = -ENOMEM;
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
    int e = walk(sc, c, permits, 1, NULL, NULL, 0, &n);

    return e < 0 ? e : e ? !permits : !n;
}

int each_unmet(struct stage *sc, const struct cond *c, size_t *ret, size_t max, size_t *ret_n)
{
    return walk(sc, c, true, 0, ret, NULL, max, ret_n);
}

int each_unmet_records(struct stage *sc, const struct cond *c, size_t max, json_t **ret)
{
    JSON_AUTO *ids = json_array();
    size_t n;
    int e = ids ? walk(sc, c, true, 0, NULL, ids, max, &n) : -ENOMEM;

    if (e >= 0)
        *ret = TAKE(ids);
    return e;
}

/* ---- values as sets ---- */

/* The lists of the records in a column are one. */
static int add_values(json_t *all, json_t *v)
{
    int e = 0;

    if (!json_is_array(v))
        return v && json_array_append(all, v) ? -ENOMEM : 0;
    for (size_t i = 0; !e && i < json_array_size(v); i++)
        e = add_values(all, json_array_get(v, i));
    return e;
}

/* A new list of what the reference names: its values, the one value, or none. */
static int values_of(struct stage *sc, const struct ref *ref, json_t **ret)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *all = json_array();
    int e = all ? ref_eval(sc, ref, &v) : -ENOMEM;

    if (!e && !(e = add_values(all, v)))
        *ret = TAKE(all);
    return e;
}

int within_beyond(struct stage *sc, const struct cond *c, json_t **ret)
{
    JSON_AUTO *have = NULL;
    JSON_AUTO *among = NULL;
    JSON_AUTO *left = json_array();
    bool is_text = same_takes_texts(&c->subject);
    int e = left ? values_of(sc, &c->subject, &have) : -ENOMEM;

    if (!e)
        e = values_of(sc, &c->other, &among);
    if (!e && is_text) {
        JSON_AUTO *typed = TAKE(among);

        e = same_folded(typed, &among);
    }
    for (size_t i = 0; !e && i < json_array_size(have); i++) {
        json_t *one = json_array_get(have, i);
        JSON_AUTO *folded = NULL;

        if (is_text)
            e = same_folded(one, &folded);
        if (!e && !same_holds(among, is_text ? folded : one) && json_array_append(left, one))
            e = -ENOMEM;
    }
    if (!e)
        *ret = TAKE(left);
    return e;
}

int within_holds(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *left = NULL;
    int e = within_beyond(sc, c, &left);

    return e ? e : !json_array_size(left);
}

/* ---- against the force, or what records say ---- */

struct collected {
    struct stage *sc;
    const struct cover *cover;
    json_t *values;
};

/* Texts are compared as people read them, anything else as it stands. */
static int compared(const struct cover *cover, const json_t *v, json_t **ret)
{
    if (cover->column && cover->column->type == FIELD_TEXT)
        return same_folded(v, ret);
    *ret = json_incref((json_t *)(uintptr_t)v);
    return 0;
}

/* A record that has ended answers for nobody. */
static int named_value(struct stage *sc, const struct cover *cover, const json_t *id, json_t **ret)
{
    struct record *r;
    int e = json_is_string(id) ? stage_record(sc, json_string_value(id), &r) : 1;

    if (e || record_has_ended(r) || strcmp(r->reg->id, cover->by->reg->id) != 0)
        return MIN_OF(e, 0);
    return record_value(sc->e->store, r, cover->named, ret);
}

static int collect(void *user, struct record *r)
{
    struct collected *c = user;
    JSON_AUTO *folded = NULL;
    json_t *v = NULL;
    int e = record_value(c->sc->e->store, r, c->cover->by, &v);

    if (!e && v && c->cover->named) {
        const json_t *id = v;

        v = NULL;
        e = named_value(c->sc, c->cover, id, &v);
    }
    if (e || !v)
        return e;
    e = compared(c->cover, v, &folded);
    return e ? e : json_array_append(c->values, folded) ? -ENOMEM : 0;
}

/* What is there: of a field, or of the records that are looked for. */
static int covering_values(struct stage *sc, const struct cond *c, json_t **ret)
{
    struct record_search q = {c->reg, c->wheres, c->n_wheres, c->words, c->n_words, c->during};
    JSON_AUTO *values = NULL;
    struct collected all = {sc, c->cover, NULL};
    int e;

    if (c->kind == COND_COVERS)
        return values_of(sc, &c->subject, ret);
    if (!(all.values = values = json_array()))
        return -ENOMEM;
    e = search_records(sc, &q, collect, &all);
    if (!e)
        *ret = TAKE(values);
    return e;
}

static bool names(const json_t *values, const char *id)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        if (!strcmp(json_string_value(json_array_get(values, i)), id))
            return true;
    return false;
}

/* Who holds the role of the unit is there; a unit without a holder asks for nobody. */
static int is_held_among(struct stage *sc, const struct cond *c, const struct unit *u, const json_t *values)
{
    JSON_AUTO *holders = NULL;
    int e = role_holders(sc, sc->procedure->reg, c->cover->role, u, &holders);

    if (e)
        return e;
    for (size_t i = 0; i < json_array_size(holders); i++)
        if (names(values, json_string_value(json_array_get(holders, i))))
            return 1;
    return !json_array_size(holders);
}

int covers_missing(struct stage *sc, const struct cond *c, const struct unit **ret, size_t max, size_t *ret_n)
{
    const struct unit *under = NULL;
    const struct unit *const *all;
    JSON_AUTO *values = NULL;
    size_t n_all, n = 0;
    int e = c->cover->under.kind == REF_NONE ? 0 : ref_unit(sc, &c->cover->under, &under);

    if (e)
        return e;
    *ret_n = SIZE_MAX;
    if (c->cover->under.kind != REF_NONE && !under)
        return 0;
    if ((e = covering_values(sc, c, &values)))
        return e;
    all = force_units(sc->e->force, &n_all);
    for (size_t i = 0; e >= 0 && i < n_all; i++) {
        const struct unit *u = all[i];

        if (!unit_has_kind(u, c->cover->unit_kind) || sc->today < u->from_day || sc->today > u->to_day || (under && !unit_within(u, under)))
            continue;
        e = c->cover->role ? is_held_among(sc, c, u, values) : names(values, u->id);
        if (!e && n < max)
            ret[n] = u;
        n += !e;
    }
    *ret_n = n;
    return MIN_OF(e, 0);
}

static int note_missing(const struct cover *cover, const json_t *cell, const json_t *answered, json_t *said, json_t *missing)
{
    JSON_AUTO *folded = NULL;
    int e = cell ? compared(cover, cell, &folded) : 0;

    if (e || (folded && (same_holds(answered, folded) || same_holds(said, folded))))
        return e;
    if (folded && json_array_append(said, folded))
        return -ENOMEM;
    return (folded ? json_array_append(missing, (json_t *)(uintptr_t)cell) : json_array_append_new(missing, json_null())) ? -ENOMEM : 0;
}

int covers_rows_missing(struct stage *sc, const struct cond *c, json_t **ret)
{
    const struct cover *cover = c->cover;
    JSON_AUTO *rows = NULL;
    JSON_AUTO *answered = NULL;
    JSON_AUTO *said = json_array();
    JSON_AUTO *missing = json_array();
    int e = said && missing ? covering_values(sc, c, &answered) : -ENOMEM;

    if (!e)
        e = ref_eval(sc, &cover->rows, &rows);
    for (size_t i = 0; !e && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (cover->only && !json_is_true(json_object_get(row, cover->only->id)))
            continue;
        e = note_missing(cover, json_object_get(row, cover->column->id), answered, said, missing);
    }
    if (!e)
        *ret = TAKE(missing);
    return e;
}

int covers_holds(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *missing = NULL;
    size_t n;
    int e = c->cover->column ? covers_rows_missing(sc, c, &missing) : covers_missing(sc, c, NULL, 0, &n);

    return e ? e : c->cover->column ? !json_array_size(missing) : !n;
}
