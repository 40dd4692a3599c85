/* Conditions about rows: `each`, which asks something of every row of a group or every element of a list, and in it `row` is the one at hand;
 * `within`, which compares what stands in them as sets; `covers`, which compares it with the force. */
#include "regulation/reader.h"

static bool is_rows(const struct scope *sc, const struct ref *ref)
{
    return ref->property == PROP_NONE && ref->n_hops > 0 && ref_wants(sc, ref, TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_LIST));
}

bool each_read(const struct rule *rule, const struct node *each, const struct node *all, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    struct rule inner = *rule;
    struct cond *inside;

    if (rule->sc.row != NULL) {
        problem(src, each->key_at, "rows stand within rows; ask the inner ones in a condition of their own");
        return false;
    }
    if (!ref_read(&rule->sc, each, REF_FIELD_PATH, &c->subject) || !is_rows(&rule->sc, &c->subject) || !ref_is_open(&rule->sc, &c->subject))
        return false;
    inside = cond_new(rule, COND_ALL, c->at);
    if (inside == NULL)
        return false;
    inside->rule = c->rule;
    inside->clauses = c->clauses;
    inner.sc.row = c->subject.hops[c->subject.n_hops - 1];
    c->inside = inside;
    return cond_list_read(&inner, all, inside);
}

bool within_read(const struct rule *rule, const struct node *field, const struct node *within, struct cond *c)
{
    struct scope sc = rule->sc;

    sc.columns = true;
    return ref_read(&sc, field, REF_FIELD_PATH, &c->subject) && ref_is_open(&sc, &c->subject) && ref_read(&sc, within, REF_ANY, &c->other) &&
           ref_is_open(&sc, &c->other) && refs_share_elements(&sc, &c->subject, &c->other);
}

struct raw_covers {
    struct word units, holders, by;
    const struct node *under;
};
static const struct key covers_keys[] = {
    {"units", KEY_ID, offsetof(struct raw_covers, units), KEY_REQUIRED, "The kind of the units that must all be there."},
    {"under", KEY_NODE, offsetof(struct raw_covers, under), 0, "The unit within which they lie; without it the whole force.", NULL, &ref_shape},
    {"holders", KEY_ID, offsetof(struct raw_covers, holders), 0, "A role per unit: a holder of each unit that has one, instead of the units."},
    {"by", KEY_ID, offsetof(struct raw_covers, by), 0, "The field of the records looked for that names the unit, or the holder."},
};
const struct shape covers_shape = SHAPE("set of units", covers_keys);

static bool read_by(const struct rule *rule, struct word by, struct place at, struct cover *cover, const struct reg *reg)
{
    struct reading *rd = rule->sc.rd;
    enum field_type type = cover->role != NULL ? FIELD_PERSON : FIELD_UNIT;
    const struct field *f;

    if (by.text == NULL) {
        problem(&rd->src, at, "records cover units by a field; add \"by\"");
        return false;
    }
    f = want_field(rd, reg, by);
    if (f == NULL)
        return false;
    if (f->type != type || f->personal) {
        problem(&rd->src, by.at, "\"%s\" is %s%s; here a %s that is not personal is needed", f->id, f->personal ? "personal, a " : "a ", field_type_name(f->type),
                field_type_name(type));
        return false;
    }
    cover->by = f;
    return true;
}

bool covers_read(const struct rule *rule, const struct node *field, const struct node *covers, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    struct raw_covers raw = {0};
    struct scope sc = rule->sc;
    struct cover *cover = source_alloc(&rd->src, 1, sizeof(*cover));

    if (cover == NULL || !shape_read(&rd->src, covers, &covers_shape, &raw) ||
        !want_named(rd, rd->pack->unit_kinds, rd->pack->n_unit_kinds, raw.units, "unit kind"))
        return false;
    cover->unit_kind = raw.units.text;
    cover->under.text = "";
    c->cover = cover;
    if (raw.under != NULL && !(ref_read(&rule->sc, raw.under, REF_ANY, &cover->under) && ref_wants(&rule->sc, &cover->under, TYPE_BIT(FIELD_UNIT)) &&
                               ref_is_open(&rule->sc, &cover->under)))
        return false;
    if (raw.holders.text != NULL) {
        cover->role = want_role(rd, raw.holders);
        if (cover->role == NULL)
            return false;
        if (!cover->role->per_unit) {
            problem(&rd->src, raw.holders.at, "the role \"%s\" is one for the force; name one that each unit has", cover->role->id);
            return false;
        }
    }
    if (field == NULL)
        return read_by(rule, raw.by, covers->at, cover, c->reg);
    if (raw.by.text != NULL) {
        problem(&rd->src, raw.by.at, "\"by\" is for records; the field is named already");
        return false;
    }
    sc.columns = true;
    return ref_read(&sc, field, REF_FIELD_PATH, &c->subject) && ref_is_open(&sc, &c->subject) &&
           ref_element_wants(&sc, &c->subject, cover->role != NULL ? FIELD_PERSON : FIELD_UNIT);
}
