/* Which records a condition looks for: their fields, and the period that they hold. */
#include "regulation/reader.h"

/* A `where` has fields, by their names, and this one. */
struct raw_where {
    const struct node *during;
};
struct raw_during {
    struct word from, to;
    const struct node *at;
};
static const struct key during_keys[] = {
    {"from", KEY_ID, offsetof(struct raw_during, from), KEY_REQUIRED, "Field of those records that holds the first day, or the instant of the beginning."},
    {"to", KEY_ID, offsetof(struct raw_during, to), 0, "Field that holds the last day, or the instant of the end, which lies outside; empty or not named: no end."},
    {"at", KEY_NODE, offsetof(struct raw_during, at), 0, "The day or instant that lies within; default: now.", NULL, &ref_shape},
};
const struct shape during_shape = SHAPE(PERIOD_OF_RECORDS, during_keys);
static const struct key where_keys[] = {
    {"during", KEY_MAP, offsetof(struct raw_where, during), 0, "The period of those records holds this point in time.", NULL, &during_shape},
};
const struct shape where_shape = SHAPE(WHERE, where_keys);

static const struct field *want_point(const struct rule *rule, const struct reg *target, struct word w)
{
    struct reading *rd = rule->sc.rd;
    struct field *f = want_field(rd, target, w);

    if (f == NULL)
        return NULL;
    if (f->type != FIELD_DAY && f->type != FIELD_INSTANT) {
        problem(&rd->src, w.at, MSG_PACK_PERIOD_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
        return NULL;
    }
    if (f->personal) {
        problem(&rd->src, w.at, MSG_PACK_WHERE_SEALED, {"field", str_of(f->id)});
        return NULL;
    }
    return f;
}

bool during_read(const struct rule *rule, const struct reg *target, const struct node *n, const struct during **ret)
{
    struct source *src = &rule->sc.rd->src;
    struct raw_during raw = {0};
    struct during *d;

    if (ret == NULL) {
        problem(src, n->key_at, MSG_PACK_WHERE_DURING);
        return false;
    }
    if (!shape_read(src, n, &during_shape, &raw))
        return false;
    d = source_alloc(src, 1, sizeof(*d));
    if (d == NULL)
        return false;
    d->from = want_point(rule, target, raw.from);
    d->to = raw.to.text != NULL ? want_point(rule, target, raw.to) : NULL;
    d->at = (struct ref){.kind = REF_NOW, .text = "", .at = n->at};
    *ret = d;
    return (raw.at == NULL || cond_ref_read(rule, raw.at, REF_ANY, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT), &d->at)) && d->from != NULL &&
           (d->to != NULL || raw.to.text == NULL);
}

static bool span_fits(const struct rule *rule, struct place at, const struct field *f)
{
    if ((TYPE_BIT(f->type) & TIME_TYPES) != 0)
        return true;
    problem(&rule->sc.rd->src, at, MSG_PACK_DURING_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
    return false;
}

bool wheres_read(const struct rule *rule, const struct reg *target, const struct node *map, struct where **ret, size_t *ret_n,
                 const struct during **ret_during)
{
    struct reading *rd = rule->sc.rd;
    struct where *wheres = source_alloc(&rd->src, map->n, sizeof(*wheres));
    struct scope sc = rule->sc;
    bool ok = wheres != NULL;
    size_t n = 0;

    sc.in_where = true;
    for (const struct node *m = named_first(&rd->src, map); wheres != NULL && m != NULL; m = named_next(&rd->src, m)) {
        struct where *w = &wheres[n];
        struct field *f;

        if (strcmp(m->key, "during") == 0) {
            ok = during_read(rule, target, m, ret_during) && ok;
            continue;
        }
        f = want_field(rd, target, (struct word){m->key, m->key_at});
        ok = f != NULL && ok;
        if (f == NULL || !ref_read(&sc, m, REF_ANY, &w->value)) {
            ok = false;
            continue;
        }
        if (f->personal) {
            problem(&rd->src, m->key_at, MSG_PACK_WHERE_SEALED, {"field", str_of(f->id)});
            ok = false;
        }
        if (f->type == FIELD_GROUP || f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) {
            problem(&rd->src, m->key_at, MSG_PACK_WHERE_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
            ok = false;
        } else if (where_is_span(w)) {
            ok = span_fits(rule, w->value.at, f) && ok;
        } else {
            ok = ref_fits_one_of(&rule->sc, &w->value, f) && ref_is_open(&rule->sc, &w->value) && ok;
        }
        f->indexed = true;
        w->field = f;
        n++;
    }
    *ret = wheres;
    *ret_n = n;
    return ok;
}
