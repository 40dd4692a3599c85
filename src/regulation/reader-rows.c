/* Conditions about rows: `each`, which asks something of every row of a group, every element of a list or every record that is looked for, and in it `row` is the
 * one at hand; `within`, which compares what stands in them as sets; `covers`, which compares it with the force, or with what records say. */
#include "regulation/reader.h"

static bool is_rows(const struct scope *sc, const struct ref *ref)
{
    return ref->property == PROP_NONE && ref->n_hops > 0 && ref_wants(sc, ref, TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_LIST));
}

struct raw_each {
    struct word record;
    const struct node *where;
    struct words in;
};
static const struct key each_keys[] = {
    {"record", KEY_ID, offsetof(struct raw_each, record), KEY_REQUIRED, "The register whose records are the rows."},
    {"where", KEY_NAMED, offsetof(struct raw_each, where), KEY_REQUIRED, "Fields of those records and the values they have; during: their period.", NULL, &where_shape},
    {"in", KEY_WORDS, offsetof(struct raw_each, in), KEY_REQUIRED, "States of those records."},
};
const struct shape each_shape = SHAPE(SET_OF_RECORDS, each_keys);

/* A list of such records, as `row` knows it. */
static const struct field *list_of(struct source *src, const struct reg *reg, struct place at)
{
    struct field *list = source_alloc(src, 2, sizeof(*list));

    if (list == NULL)
        return NULL;
    list[1] = (struct field){.id = reg->id, .title = reg->title, .type = FIELD_RECORD, .initial = {.text = ""}, .of_id = "", .unit_kind = "", .reg = reg, .at = at};
    list[0] = list[1];
    list[0].type = FIELD_LIST;
    list[0].reg = NULL;
    list[0].fields = &list[1];
    list[0].n_fields = 1;
    return list;
}

/* What the values in `where` name may be a column of all rows of a group: records with one of them. */
static bool read_records(const struct rule *rule, const struct node *each, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    struct rule looking = *rule;
    struct raw_each raw = {0};
    bool ok;

    if (!shape_read(&rd->src, each, &each_shape, &raw) || (c->reg = want_reg(rd, raw.record)) == NULL)
        return false;
    looking.sc.columns = true;
    ok = wheres_read(&looking, c->reg, raw.where, &c->wheres, &c->n_wheres, &c->during);
    if (raw.where->n == 0 || raw.in.n == 0) {
        problem(&rd->src, each->at, MSG_PACK_LIST_EMPTY, {"key", raw.where->n == 0 ? STR("where") : STR("in")});
        ok = false;
    }
    return want_states(rd, c->reg->procedure, &raw.in, &c->words, &c->n_words) && ok;
}

bool each_read(const struct rule *rule, const struct node *each, const struct node *all, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    struct rule inner = *rule;
    struct cond *inside;

    if (rule->sc.row != NULL) {
        problem(src, each->key_at, MSG_PACK_ROWS_WITHIN);
        return false;
    }
    if (each->kind == NODE_MAP ? !read_records(rule, each, c)
                               : !ref_read(&rule->sc, each, REF_FIELD_PATH, &c->subject) || !is_rows(&rule->sc, &c->subject) || !ref_is_open(&rule->sc, &c->subject))
        return false;
    inside = cond_new(rule, COND_ALL, c->at);
    if (inside == NULL)
        return false;
    inside->rule = c->rule;
    inside->clauses = c->clauses;
    inner.sc.row = c->reg != NULL ? list_of(src, c->reg, each->at) : c->subject.hops[c->subject.n_hops - 1];
    if (inner.sc.row == NULL)
        return false;
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
    struct word units, holders, column, only;
    const struct node *under, *rows, *by;
};
static const struct key covers_keys[] = {
    {"units", KEY_ID, offsetof(struct raw_covers, units), 0, "The kind of the units that must all be there."},
    {"under", KEY_NODE, offsetof(struct raw_covers, under), 0, "The unit within which they lie; without it the whole force.", NULL, &ref_shape},
    {"holders", KEY_ID, offsetof(struct raw_covers, holders), 0, "A role per unit: a holder of each unit that has one, instead of the units."},
    {"rows", KEY_NODE, offsetof(struct raw_covers, rows), 0, "Instead of units: a group of the record at hand, each of whose rows a record answers for.", NULL, &ref_shape},
    {"column", KEY_ID, offsetof(struct raw_covers, column), 0, "The column of the rows whose value a record has."},
    {"only", KEY_ID, offsetof(struct raw_covers, only), 0, "A flag of the rows: those in which it is set are asked about, and no others."},
    {"by", KEY_NODE, offsetof(struct raw_covers, by), 0, "The field of the records looked for that names the unit, the holder, or what the column has; or FIELD.FIELD.", NULL, &ref_shape},
};
const struct shape covers_shape = SHAPE(SET_OF_UNITS_OR_ROWS, covers_keys);

/* What stands in the records looked for: a field of theirs, or, of rows, one of the record that a field of theirs names. */
static bool read_by(const struct rule *rule, const struct node *by, struct place at, struct cover *cover, const struct reg *reg)
{
    struct source *src = &rule->sc.rd->src;
    enum field_type type = cover->column != NULL ? cover->column->type : cover->role != NULL ? FIELD_PERSON : FIELD_UNIT;
    unsigned n_max = cover->column != NULL ? 2 : 1;
    struct scope sc = {.rd = rule->sc.rd, .reg = reg, .proc = reg->procedure};
    const struct field *f;
    struct ref ref;

    if (by == NULL) {
        problem(src, at, MSG_PACK_COVERS_BY);
        return false;
    }
    if (!ref_read(&sc, by, REF_FIELD_PATH, &ref) || !ref_is_open(&sc, &ref))
        return false;
    if (ref.kind != REF_FIELD || ref.property != PROP_NONE || ref.n_hops > n_max) {
        problem(src, by->at, n_max > 1 ? MSG_PACK_COVERS_NO_FIELDS : MSG_PACK_COVERS_NO_FIELD, {"given", str_of(ref.text)});
        return false;
    }
    f = ref.hops[ref.n_hops - 1];
    if (f->type != type) {
        problem(src, by->at, MSG_PACK_TICKET_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))},
                {"wanted", str_of(field_type_name(type))});
        return false;
    }
    cover->by = ref.hops[0];
    cover->named = ref.n_hops > 1 ? f : NULL;
    return true;
}

static const struct field *want_column(const struct rule *rule, const struct field *group, struct word w, struct place at)
{
    struct source *src = &rule->sc.rd->src;

    for (size_t i = 0; w.text != NULL && i < group->n_fields; i++)
        if (strcmp(group->fields[i].id, w.text) == 0)
            return &group->fields[i];
    if (w.text != NULL)
        problem(src, w.at, MSG_PACK_COVERS_COLUMN, {"given", str_of(w.text)}, {"group", str_of(group->id)});
    else
        problem(src, at, MSG_PACK_COVERS_COLUMN_NONE, {"group", str_of(group->id)});
    return NULL;
}

static bool column_answers(const struct field *f)
{
    return f->type == FIELD_TEXT || f->type == FIELD_PERSON || f->type == FIELD_UNIT || f->type == FIELD_RECORD || f->type == FIELD_DIGEST;
}

/* A group of the record at hand, and what of it is asked about. */
static bool read_rows(const struct rule *rule, const struct raw_covers *raw, struct place at, struct cover *cover)
{
    struct source *src = &rule->sc.rd->src;
    const struct field *group;

    if (raw->units.text != NULL || raw->under != NULL || raw->holders.text != NULL) {
        problem(src, raw->rows->key_at, MSG_PACK_COVERS_TWO);
        return false;
    }
    if (!ref_read(&rule->sc, raw->rows, REF_FIELD_PATH, &cover->rows) || !ref_wants(&rule->sc, &cover->rows, TYPE_BIT(FIELD_GROUP)) ||
        !ref_is_open(&rule->sc, &cover->rows))
        return false;
    if (cover->rows.kind != REF_FIELD || cover->rows.n_hops != 1) {
        problem(src, raw->rows->at, MSG_PACK_COVERS_GROUP, {"given", str_of(cover->rows.text)});
        return false;
    }
    group = cover->rows.hops[0];
    cover->column = want_column(rule, group, raw->column, at);
    cover->only = raw->only.text != NULL ? want_column(rule, group, raw->only, at) : NULL;
    if (cover->column == NULL || (raw->only.text != NULL && cover->only == NULL))
        return false;
    if (!column_answers(cover->column)) {
        problem(src, raw->column.at, MSG_PACK_COVERS_COLUMN_TYPE, {"field", str_of(cover->column->id)},
                {"type", str_of(field_type_name(cover->column->type))});
        return false;
    }
    if (cover->only != NULL && cover->only->type != FIELD_FLAG) {
        problem(src, raw->only.at, MSG_PACK_COVERS_ONLY, {"field", str_of(cover->only->id)}, {"type", str_of(field_type_name(cover->only->type))});
        return false;
    }
    return true;
}

static bool read_units(const struct rule *rule, const struct raw_covers *raw, struct place at, struct cover *cover)
{
    struct reading *rd = rule->sc.rd;

    if (raw->units.text == NULL) {
        problem(&rd->src, at, MSG_PACK_COVERS_NONE);
        return false;
    }
    if (raw->column.text != NULL || raw->only.text != NULL) {
        problem(&rd->src, raw->column.text != NULL ? raw->column.at : raw->only.at, MSG_PACK_COVERS_NO_COLUMNS);
        return false;
    }
    if (!want_named(rd, rd->pack->unit_kinds, rd->pack->n_unit_kinds, raw->units, MSG_PACK_WORD_UNIT_KIND))
        return false;
    cover->unit_kind = raw->units.text;
    if (raw->under != NULL && !(ref_read(&rule->sc, raw->under, REF_ANY, &cover->under) && ref_wants(&rule->sc, &cover->under, TYPE_BIT(FIELD_UNIT)) &&
                                ref_is_open(&rule->sc, &cover->under)))
        return false;
    if (raw->holders.text == NULL)
        return true;
    cover->role = want_role(rd, raw->holders);
    if (cover->role == NULL)
        return false;
    if (!cover->role->per_unit) {
        problem(&rd->src, raw->holders.at, MSG_PACK_COVERS_ROLE, {"role", str_of(cover->role->id)});
        return false;
    }
    return true;
}

bool covers_read(const struct rule *rule, const struct node *field, const struct node *covers, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    struct raw_covers raw = {0};
    struct scope sc = rule->sc;
    struct cover *cover = source_alloc(src, 1, sizeof(*cover));

    if (cover == NULL || !shape_read(src, covers, &covers_shape, &raw))
        return false;
    cover->under.text = cover->rows.text = "";
    if (raw.rows != NULL && field != NULL) {
        problem(src, raw.rows->key_at, MSG_PACK_COVERS_ROWS);
        return false;
    }
    if (raw.rows != NULL ? !read_rows(rule, &raw, covers->at, cover) : !read_units(rule, &raw, covers->at, cover))
        return false;
    c->cover = cover;
    if (field == NULL)
        return read_by(rule, raw.by, covers->at, cover, c->reg);
    if (raw.by != NULL) {
        problem(src, raw.by->key_at, MSG_PACK_COVERS_BY_FIELD);
        return false;
    }
    sc.columns = true;
    return ref_read(&sc, field, REF_FIELD_PATH, &c->subject) && ref_is_open(&sc, &c->subject) &&
           ref_element_wants(&sc, &c->subject, cover->role != NULL ? FIELD_PERSON : FIELD_UNIT);
}
