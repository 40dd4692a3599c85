/* Fields that raise a record's label above its register's own (section 6): which fields can, and what their values must be called. */
#include "regulation/reader.h"

struct raw_label_from {
    struct words axes[LABEL_AXES], records, originators, clauses;
    const struct node *parties;
};

struct raw_parties {
    struct word reg, of, reader;
    struct words in;
};
#define KEY(name, type, member, help)                                        \
    {                                                                        \
        name, type, offsetof(struct raw_parties, member), KEY_REQUIRED, help \
    }
static const struct key parties_keys[] = {
    KEY("register", KEY_ID, reg, "The register in which parties are made readers."),
    KEY("of", KEY_ID, of, "Its field that names the record that may be read."),
    KEY("reader", KEY_ID, reader, "Its field that names the party, a record."),
    KEY("in", KEY_WORDS, in, "The states in which such a record admits him."),
};
#undef KEY
const struct shape parties_shape = SHAPE(LIST_OF_PARTIES, parties_keys);

/* The first rows are the axes, in the order of their numbers. */
#define AXIS(axis) offsetof(struct raw_label_from, axes[axis])
static const struct key label_from_keys[] = {
    {"confidentiality", KEY_IDS, AXIS(LABEL_CONFIDENTIALITY), 0, "Choices of c1, c2 and c3; where all are empty, c2."},
    {"integrity", KEY_IDS, AXIS(LABEL_INTEGRITY), 0, "Choices of i1 and i2."},
    {"availability", KEY_IDS, AXIS(LABEL_AVAILABILITY), 0, "Choices of a1 and a2."},
    {"restrictions", KEY_IDS, AXIS(LABEL_RESTRICTIONS), 0, "Checklists of restrictions."},
    {"range", KEY_IDS, AXIS(LABEL_RANGE), 0, "Persons and units, or lists of them, who alone may read of all who may."},
    {"records", KEY_IDS, offsetof(struct raw_label_from, records), 0, "Fields that name records, whose labels it is joined with."},
    {"originators", KEY_IDS, offsetof(struct raw_label_from, originators), 0, "Units, persons and records, or lists of them, whom it came from."},
    {"parties", KEY_MAP, offsetof(struct raw_label_from, parties), 0, "Records that make readers of parties who are not staff.", NULL, &parties_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_label_from, clauses), 0, "Clauses that keep a label from falling."},
};
const struct shape label_from_shape = SHAPE(LABEL_MADE_OF_FIELDS, label_from_keys);
static const struct key held_as_keys[] = {
    {"confidentiality", KEY_IDS, AXIS(LABEL_CONFIDENTIALITY), KEY_REQUIRED, "Choices of c1, c2 and c3; where all are empty, the record's own label counts."},
    {"restrictions", KEY_IDS, AXIS(LABEL_RESTRICTIONS), 0, "Checklists of restrictions."},
    {"clauses", KEY_WORDS, offsetof(struct raw_label_from, clauses), 0, "Clauses that say so."},
};
const struct shape held_as_shape = SHAPE(LEVEL_OF_WHAT_IS_HELD, held_as_keys);

/* "c1" … : the axis' letter and a level. */
static bool is_level(const char *id, char letter, int max)
{
    return id[0] == letter && id[1] >= '1' && id[1] <= '0' + max && id[2] == '\0';
}

static void check_levels(struct reading *rd, const struct field *f, struct place at, char letter, int max)
{
    if (f->type != FIELD_CHOICE) {
        problem(&rd->src, at, MSG_PACK_LEVEL_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
        return;
    }
    if (f->has_levels) {
        for (size_t i = 0; i < f->n_choices; i++)
            if (f->choices[i].level < 1 || f->choices[i].level > max)
                problem(&rd->src, f->choices[i].at, MSG_PACK_LEVEL_NONE, {"choice", str_of(f->choices[i].id)}, {"field", str_of(f->id)},
                        {"max", INTEGER(max)});
        return;
    }
    for (size_t i = 0; i < f->n_choices; i++)
        if (is_level(f->choices[i].id, letter, max))
            f->choices[i].level = f->choices[i].id[1] - '0';
        else
            problem(&rd->src, f->choices[i].at, MSG_PACK_LEVEL_NAME, {"choice", str_of(f->choices[i].id)}, {"field", str_of(f->id)},
                    {"letter", (struct str){&letter, 1}}, {"max", INTEGER(max)});
}

void confidentiality_wants(struct reading *rd, const struct field *f, struct place at)
{
    check_levels(rd, f, at, 'c', CONFIDENTIALITY_MAX);
}

static void check_restrictions(struct reading *rd, const struct field *f, struct place at)
{
    const struct pack *p = rd->pack;

    if (f->type != FIELD_CHECKLIST) {
        problem(&rd->src, at, MSG_PACK_RESTRICTIONS_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
        return;
    }
    for (size_t i = 0; i < f->n_choices; i++) {
        struct word item = {f->choices[i].id, f->choices[i].at};

        IGNORE(want_named(rd, p->restrictions, p->n_restrictions, item, MSG_PACK_WORD_RESTRICTION), "reported");
    }
}

static void check_readers(struct reading *rd, const struct field *f, struct place at)
{
    enum field_type type = f->type == FIELD_LIST && f->n_fields > 0 ? f->fields[0].type : f->type;

    if (type != FIELD_PERSON && type != FIELD_UNIT)
        problem(&rd->src, at, MSG_PACK_READERS_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(type))});
}

static void check_field(struct reading *rd, enum label_axis axis, const struct field *f, struct place at)
{
    if (field_is_sealed(f))
        problem(&rd->src, at, MSG_PACK_LABEL_PERSONAL, {"field", str_of(f->id)});
    switch (axis) {
    case LABEL_CONFIDENTIALITY:
        confidentiality_wants(rd, f, at);
        return;
    case LABEL_INTEGRITY:
        check_levels(rd, f, at, 'i', 2);
        return;
    case LABEL_AVAILABILITY:
        check_levels(rd, f, at, 'a', 2);
        return;
    case LABEL_RESTRICTIONS:
        check_restrictions(rd, f, at);
        return;
    default:
        check_readers(rd, f, at);
    }
}

static size_t read_records(struct reading *rd, const struct words *w, struct reg *reg, struct label_from *l)
{
    words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
    l->records = source_alloc(&rd->src, w->n, sizeof(*l->records));
    for (size_t i = 0; l->records != NULL && i < w->n; i++) {
        const struct field *f = want_field(rd, reg, w->at[i]);

        if (f != NULL && f->type != FIELD_RECORD)
            problem(&rd->src, w->at[i].at, MSG_PACK_JOINED_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))});
        else if (f != NULL)
            l->records[l->n_records++] = f;
    }
    return w->n;
}

static void read_originators(struct reading *rd, const struct words *w, struct reg *reg, struct label_from *l)
{
    words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
    l->originators = source_alloc(&rd->src, w->n, sizeof(*l->originators));
    for (size_t i = 0; l->originators != NULL && i < w->n; i++) {
        const struct field *f = want_field(rd, reg, w->at[i]);
        enum field_type type = f != NULL && f->type == FIELD_LIST && f->n_fields > 0 ? f->fields[0].type : f != NULL ? f->type : FIELD_UNIT;

        if (f != NULL && field_is_sealed(f))
            problem(&rd->src, w->at[i].at, MSG_PACK_ORIGINATOR_PERSONAL, {"field", str_of(f->id)});
        else if (type != FIELD_UNIT && type != FIELD_PERSON && type != FIELD_RECORD)
            problem(&rd->src, w->at[i].at, MSG_PACK_ORIGINATOR_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(type))});
        else if (f != NULL)
            l->originators[l->n_originators++] = f;
    }
}

/* How many fields were named that raise a label. */
static size_t read_fields_of(struct reading *rd, const struct node *n, const struct shape *shape, struct reg *reg, struct label_from *l)
{
    struct raw_label_from raw = {0};
    size_t n_named = 0;

    IGNORE(!shape_read(&rd->src, n, shape, &raw), "reported; what could be read is judged");
    l->at = n->at;
    for (size_t axis = 0; axis < LABEL_AXES; axis++) {
        const struct words *w = &raw.axes[axis];

        words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
        l->fields[axis] = source_alloc(&rd->src, w->n, sizeof(*l->fields[axis]));
        for (size_t i = 0; l->fields[axis] != NULL && i < w->n; i++, n_named++) {
            const struct field *f = want_field(rd, reg, w->at[i]);

            if (f == NULL)
                continue;
            check_field(rd, (enum label_axis)axis, f, w->at[i].at);
            l->fields[axis][l->n[axis]++] = f;
        }
    }
    n_named += read_records(rd, &raw.records, reg, l);
    read_originators(rd, &raw.originators, reg, l);
    IGNORE(read_clauses(rd, &raw.clauses, &l->clauses), "reported");
    return n_named;
}

/* That a value is taken tells of a record whatever its label: what people may type is not tried on records out of their sight (information.md, K1). */
static void check_unique(struct reading *rd, const struct reg *reg, struct place at)
{
    for (size_t i = 0; i < reg->n_fields; i++)
        if (reg->fields[i].unique != UNIQUE_NO && reg->fields[i].measured == 0)
            problem(&rd->src, at, MSG_PACK_UNIQUE_LABEL, {"field", str_of(reg->fields[i].id)}, {"register", str_of(reg->id)});
}

void label_from_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    if (read_fields_of(rd, n, &label_from_shape, reg, &reg->label_from) == 0)
        problem(&rd->src, n->at, MSG_PACK_LABEL_EMPTY);
    reg->has_label_from = true;
    check_unique(rd, reg, n->at);
}

void held_as_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    IGNORE(read_fields_of(rd, n, &held_as_shape, reg, &reg->held_as), "a confidentiality that is missing is reported");
    if (reg->held_as.n[LABEL_CONFIDENTIALITY] == 0 && node_get(n, "confidentiality") != NULL)
        problem(&rd->src, n->at, MSG_PACK_HELD_AS);
    for (size_t i = 0; i < reg->held_as.n[LABEL_CONFIDENTIALITY]; i++)
        if (reg->held_as.fields[LABEL_CONFIDENTIALITY][i]->measured != 0)
            problem(&rd->src, n->at, MSG_PACK_HELD_MEASURED, {"field", str_of(reg->held_as.fields[LABEL_CONFIDENTIALITY][i]->id)});
    reg->has_held_as = true;
}

static const struct field *want_record_field(struct reading *rd, const struct reg *reg, struct word w)
{
    const struct field *f = want_field(rd, reg, w);

    if (f == NULL || (f->type == FIELD_RECORD && f->reg != NULL))
        return f;
    problem(&rd->src, w.at, MSG_PACK_RECORD_ONE, {"field", str_of(f->id)}, {"register", str_of(reg->id)});
    return NULL;
}

void label_parties_read(struct reading *rd, const struct node *label_from, struct reg *reg)
{
    const struct node *n = label_from != NULL ? node_get(label_from, "parties") : NULL;
    struct label_parties *p = &reg->label_from.parties;
    struct raw_parties raw = {0};

    if (n == NULL || !shape_read(&rd->src, n, &parties_shape, &raw) || (p->reg = want_reg(rd, raw.reg)) == NULL)
        return;
    p->at = n->at;
    p->of = want_record_field(rd, p->reg, raw.of);
    p->reader = want_record_field(rd, p->reg, raw.reader);
    if (p->of != NULL && p->of->reg != reg)
        problem(&rd->src, raw.of.at, MSG_PACK_PARTY_OF, {"field", str_of(p->of->id)}, {"register", str_of(p->reg->id)},
                {"of", str_of(p->of->reg->id)}, {"own", str_of(reg->id)});
    if (raw.in.n == 0)
        problem(&rd->src, raw.in.node->at, MSG_PACK_PARTY_STATE);
    IGNORE(want_states(rd, p->reg->procedure, &raw.in, &p->states, &p->n_states), "reported");
}

int field_level(const struct field *f, const char *choice)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (strcmp(f->choices[i].id, choice) == 0)
            return f->choices[i].level;
    return 0;
}

const char *label_axis_name(enum label_axis axis)
{
    return label_from_keys[axis].name;
}

static bool names_field(const struct label_from *l, const struct field *f)
{
    for (size_t axis = 0; axis < LABEL_AXES; axis++)
        for (size_t i = 0; i < l->n[axis]; i++)
            if (l->fields[axis][i] == f)
                return true;
    for (size_t i = 0; i < l->n_records; i++)
        if (l->records[i] == f)
            return true;
    return false;
}

bool label_from_has(const struct reg *reg, const struct field *f)
{
    return reg->has_label_from && names_field(&reg->label_from, f);
}

bool held_as_has(const struct reg *reg, const struct field *f)
{
    return reg->has_held_as && names_field(&reg->held_as, f);
}
