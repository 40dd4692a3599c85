/* Conditions (section 8). One map of keys serves all of them: `head` says what is asked about, `selector` what is asked. */
#include "regulation/reader.h"

#include <errno.h>
#include <stdlib.h>

struct raw_cond {
    const struct node *person, *unit, *field, *confirmed, *time, *state_of, *scan, *retention_over, *inherits, *each, *all, *any, *not, *only_if;
    const struct node *of, *under, *same_as, *other_than, *or_successor, *superior_of, *is, *not_before, *not_after, *before, *after, *at_least, *at_most, *as_many_as, *fewer_than, *where, *within, *covers, *to, *measured, *on, *host_in;
    struct word condition, holds, rank_at_least, on_duty, roster, period, record, unlocked, parameter, unchanged_since, leaves;
    struct words post, in, acted_as, one_of, none_of, tells, clauses;
    struct number_value label_at_most;
    enum yes filled, none, never;
    unsigned otherwise, when;
    struct text2 say;
};

static const char *const when_choices[] = {"off-hours", NULL};
static const char *const otherwise_choices[] = {"forbidden", "not-yet", NULL};

#define KEY(name, type, member, help) {name, type, offsetof(struct raw_cond, member), 0, help}
static const struct key cond_keys[] = {
    KEY("person", KEY_NODE, person, "About a person."),
    KEY("holds", KEY_ID, holds, "He holds this role of org.yaml today."),
    KEY("of", KEY_NODE, of, "The unit, or the record, that is meant."),
    KEY("post", KEY_IDS, post, "He has an appointment today to one of these posts."),
    KEY("in", KEY_IDS, in, "Unit kinds of an appointment or unit, states of a record, or outcomes of an examination."),
    KEY("under", KEY_NODE, under, "The unit within which the appointment lies."),
    KEY("same_as", KEY_NODE, same_as, "It is the same."),
    KEY("other_than", KEY_NODE, other_than, "It is another."),
    KEY("or_successor", KEY_NODE, or_successor, "Or who has come into a post that he alone held at this day or instant and left since."),
    KEY("superior_of", KEY_NODE, superior_of, "He is of higher rank, or of the same and heads a unit in which that person serves."),
    KEY("rank_at_least", KEY_ID, rank_at_least, "His rank is this or above."),
    KEY("on_duty", KEY_ID, on_duty, "The roster puts him on this duty."),
    {"when", KEY_CHOICE, offsetof(struct raw_cond, when), 0, "off-hours: at night or on a holiday.", when_choices},
    KEY("acted_as", KEY_IDS, acted_as, "He acted in this case in one of these roles."),
    KEY("unit", KEY_NODE, unit, "About a unit."),
    KEY("field", KEY_NODE, field, "About a field."),
    KEY("filled", KEY_YES, filled, "It holds something, or nothing."),
    KEY("one_of", KEY_WORDS, one_of, "It is one of these literals."),
    KEY("none_of", KEY_WORDS, none_of, "It is none of these literals."),
    KEY("host_in", KEY_NODE, host_in, "The host of its address is one of these hosts, or lies below one; a list, or a parameter or field that holds them."),
    KEY("at_least", KEY_NODE, at_least, "A number, {parameter: ID} or {ref: F}."),
    KEY("at_most", KEY_NODE, at_most, "A number, {parameter: ID} or {ref: F}."),
    KEY("within", KEY_NODE, within, "Each of its values is among those of this field."),
    {"covers", KEY_MAP, offsetof(struct raw_cond, covers), 0, "Units of the force, or their holders, are all there.", NULL, &covers_shape},
    KEY("confirmed", KEY_NODE, confirmed, "Every item of the checklist is confirmed."),
    KEY("time", KEY_NODE, time, "About a day or an instant."),
    KEY("is", KEY_NODE, is, "Exactly then; the value of a parameter."),
    KEY("not_before", KEY_NODE, not_before, "Then or later."),
    KEY("not_after", KEY_NODE, not_after, "Then or earlier."),
    KEY("before", KEY_NODE, before, "Earlier."),
    KEY("after", KEY_NODE, after, "Later."),
    KEY("roster", KEY_ID, roster, "The roster has somebody on this duty all through a night."),
    KEY("on", KEY_NODE, on, "The day on which that night begins."),
    KEY("period", KEY_ID, period, "A period of the procedure is in order and within its cap."),
    KEY("record", KEY_ID, record, "About records of a register."),
    {"where", KEY_NAMED, offsetof(struct raw_cond, where), 0, "Fields of those records and the values they have; during: their period.", NULL, &where_shape},
    KEY("none", KEY_YES, none, "There is not one."),
    KEY("as_many_as", KEY_NODE, as_many_as, "There are exactly so many."),
    KEY("fewer_than", KEY_NODE, fewer_than, "There are fewer than so many: a permit is good for as many uses."),
    KEY("state_of", KEY_NODE, state_of, "The named record is in one of the states."),
    KEY("unlocked", KEY_ID, unlocked, "No lock of that name lies on the record."),
    KEY("label_at_most", KEY_NUMBER, label_at_most, "Its confidentiality is at most this."),
    KEY("scan", KEY_NODE, scan, "The file was examined and is clean; with `in` also as it says there."),
    KEY("tells", KEY_WORDS, tells, "Beside what it shows, the file tells one of these: nothing, macros, unknown, attributes or hidden."),
    KEY("inherits", KEY_NODE, inherits, "Its label asks for no less than those of the records it is made from."),
    KEY("leaves", KEY_ID, leaves, "What the records hold, or what was measured, may leave by this way out."),
    {"measured", KEY_MAP, offsetof(struct raw_cond, measured), 0, "What leaves, as a gate measured it.", NULL, &leaving_shape},
    KEY("to", KEY_NODE, to, "The member of staff who gets it: he is among its readers."),
    KEY("retention_over", KEY_NODE, retention_over, "The retention of each named record is over."),
    KEY("parameter", KEY_ID, parameter, "It is set, or has the value of `is`."),
    KEY("unchanged_since", KEY_ID, unchanged_since, "What that step signed is as it was."),
    KEY("never", KEY_YES, never, "Never: banned by the directive."),
    {"each", KEY_NODE, offsetof(struct raw_cond, each), 0, "Every row of a group, element of a list or record that is looked for, of which `all` is asked.", NULL, &each_shape},
    {"all", KEY_LIST, offsetof(struct raw_cond, all), 0, "All of these hold.", NULL, &cond_shape},
    {"any", KEY_LIST, offsetof(struct raw_cond, any), 0, "At least one of these holds.", NULL, &cond_shape},
    {"not", KEY_MAP, offsetof(struct raw_cond, not), 0, "This does not hold.", NULL, &cond_shape},
    KEY("condition", KEY_ID, condition, "The condition of that name among the procedure's `conditions`."),
    KEY("clauses", KEY_WORDS, clauses, "Clauses that ask it; default: those of the step."),
    {"otherwise", KEY_CHOICE, offsetof(struct raw_cond, otherwise), 0, "The answer when it does not hold.", otherwise_choices},
    KEY("say", KEY_TEXT, say, "What would satisfy it."),
    {"if", KEY_MAP, offsetof(struct raw_cond, only_if), 0, "Asked only when this holds.", NULL, &cond_shape},
};
const struct shape cond_shape = SHAPE(CONDITION, cond_keys);

/* Which keys make which condition; the first row of a head whose selector is there. `also`: further keys it may have. */
static const struct form_row {
    const char *head, *selector; /* selector NULL: none needed */
    enum cond_kind kind;
    const char *also[7];
} rows[] = {
    {"person", "holds", COND_HOLDS, {"of"}},
    {"person", "or_successor", COND_SUCCESSOR, {"same_as"}},
    {"person", "same_as", COND_SAME_PERSON, {NULL}},
    {"person", "other_than", COND_OTHER_PERSON, {NULL}},
    {"person", "superior_of", COND_SUPERIOR, {NULL}},
    {"person", "rank_at_least", COND_RANK, {NULL}},
    {"person", "on_duty", COND_ON_DUTY, {"of", "when"}},
    {"person", "acted_as", COND_ACTED_AS, {NULL}},
    {"person", "post", COND_POST, {"in", "under"}},
    {"person", "in", COND_POST, {"under"}},
    {"person", "under", COND_POST, {NULL}},
    {"unit", "in", COND_UNIT, {"under"}},
    {"unit", "under", COND_UNIT, {NULL}},
    {"field", "filled", COND_FILLED, {NULL}},
    {"field", "one_of", COND_ONE_OF, {NULL}},
    {"field", "none_of", COND_NONE_OF, {NULL}},
    {"field", "host_in", COND_HOST_IN, {NULL}},
    {"field", "same_as", COND_SAME, {NULL}},
    {"field", "other_than", COND_OTHER, {NULL}},
    {"field", "at_least", COND_AT_LEAST, {NULL}},
    {"field", "at_most", COND_AT_MOST, {NULL}},
    {"field", "within", COND_WITHIN, {NULL}},
    {"field", "covers", COND_COVERS, {NULL}},
    {"confirmed", NULL, COND_CONFIRMED, {NULL}},
    {"time", "is", COND_TIME_IS, {NULL}},
    {"time", "not_before", COND_TIME_NOT_BEFORE, {NULL}},
    {"time", "not_after", COND_TIME_NOT_AFTER, {NULL}},
    {"time", "before", COND_TIME_BEFORE, {NULL}},
    {"time", "after", COND_TIME_AFTER, {NULL}},
    {"time", "when", COND_OFF_HOURS, {NULL}},
    {"roster", "on", COND_ROSTER, {"of"}},
    {"period", NULL, COND_PERIOD, {NULL}},
    {"record", NULL, COND_RECORD, {"where", "in", "at_least", "none", "as_many_as", "covers", "fewer_than"}},
    {"state_of", "in", COND_STATE_OF, {NULL}},
    {"unlocked", NULL, COND_UNLOCKED, {"of"}},
    {"label_at_most", NULL, COND_LABEL, {"of"}},
    {"scan", NULL, COND_SCAN, {"in", "tells"}},
    {"inherits", NULL, COND_INHERITS, {NULL}},
    {"leaves", "of", COND_LEAVES, {"to"}},
    {"leaves", "measured", COND_LEAVES, {NULL}},
    {"retention_over", NULL, COND_RETENTION, {NULL}},
    {"parameter", NULL, COND_PARAM, {"is"}},
    {"unchanged_since", NULL, COND_UNCHANGED, {NULL}},
    {"never", NULL, COND_NEVER, {NULL}},
    {"each", "all", COND_EACH, {NULL}},
    {"all", NULL, COND_ALL, {NULL}},
    {"any", NULL, COND_ANY, {NULL}},
    {"not", NULL, COND_NOT, {NULL}},
    {"condition", NULL, COND_KINDS, {NULL}}, /* of what kind, says what it stands for */
};
static const char *const modifiers[] = {"clauses", "otherwise", "say", "if"};

/* ---- leaves ---- */

bool leaf_add(struct reading *rd, struct cond *c)
{
    struct leaf_list *l = &rd->leaves;

    if (l->n >= LEAVES_MAX) {
        problem(&rd->src, c->at, MSG_PACK_CONDITIONS_MANY, {"max", NUMBER(LEAVES_MAX)});
        return false;
    }
    if (l->n == l->size) {
        size_t size = l->size > 0 ? 2 * l->size : 64;
        const struct cond **at = reallocarray(l->at, size, sizeof(*at));

        if (at == NULL) {
            rd->src.fatal = -ENOMEM;
            return false;
        }
        l->at = at;
        l->size = size;
    }
    c->leaf = (unsigned)l->n;
    l->at[l->n++] = c;
    return true;
}

struct cond *cond_new(const struct rule *rule, enum cond_kind kind, struct place at)
{
    struct cond *c = source_alloc(&rule->sc.rd->src, 1, sizeof(*c));

    if (c == NULL)
        return NULL;
    *c = (struct cond){.kind = kind, .part = rule->part, .clauses = rule->clauses, .say = {"", ""}, .subject = {.text = ""}, .other = {.text = ""}, .since = {.text = ""}, .name = "", .at = at};
    return c;
}

/* ---- the kinds ---- */

#define PERSON TYPE_BIT(FIELD_PERSON)
#define UNIT TYPE_BIT(FIELD_UNIT)
#define RECORD TYPE_BIT(FIELD_RECORD)
#define ROWS (TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_LIST) | TYPE_BIT(FIELD_CHECKLIST))

bool cond_ref_read(const struct rule *rule, const struct node *n, enum ref_mode mode, unsigned types, struct ref *ret)
{
    return ref_read(&rule->sc, n, mode, ret) && ref_wants(&rule->sc, ret, types) && ref_is_open(&rule->sc, ret);
}

/* An empty list would mean anything or nothing; which of them, nobody can read from it. */
static bool is_filled(struct reading *rd, const struct words *w)
{
    if (w->node == NULL || w->n > 0)
        return true;
    problem(&rd->src, w->node->at, MSG_PACK_LIST_EMPTY, {"key", str_of(w->node->key)});
    return false;
}

static bool want_kinds(struct reading *rd, const struct words *w, struct cond *c)
{
    bool ok = is_filled(rd, w);

    for (size_t i = 0; i < w->n; i++)
        ok = want_named(rd, rd->pack->unit_kinds, rd->pack->n_unit_kinds, w->at[i], MSG_PACK_WORD_UNIT_KIND) && ok;
    c->kinds = words_texts(&rd->src, w);
    c->n_kinds = c->kinds != NULL ? w->n : 0;
    return ok;
}

static bool read_acted(const struct rule *rule, const struct words *w, struct cond *c)
{
    struct reading *rd = rule->sc.rd;

    if (!is_filled(rd, w))
        return false;
    c->by = source_alloc(&rd->src, w->n, sizeof(*c->by));
    for (size_t i = 0; c->by != NULL && i < w->n; i++) {
        const struct proc_role *role = want_proc_role(rd, rule->sc.proc, w->at[i]);

        if (role == NULL)
            return false;
        c->by[c->n_by++] = role;
    }
    return c->by != NULL;
}

static bool read_person(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    bool ok = cond_ref_read(rule, raw->person, REF_ANY, PERSON, &c->subject);

    switch (c->kind) {
    case COND_HOLDS:
        c->role = want_role(rd, raw->holds);
        if (c->role == NULL)
            return false;
        if (raw->of != NULL && !c->role->per_unit) {
            problem(&rd->src, raw->of->key_at, MSG_PACK_ROLE_OF, {"role", str_of(c->role->id)});
            return false;
        }
        if (raw->of == NULL && c->role->per_unit)
            return ref_own_unit(&rule->sc, raw->holds.at, &c->other) && ok;
        break;
    case COND_POST:
        ok = is_filled(rd, &raw->post) && ok;
        for (size_t i = 0; i < raw->post.n; i++)
            ok = want_named(rd, rd->pack->posts, rd->pack->n_posts, raw->post.at[i], MSG_PACK_WORD_POST) && ok;
        c->words = words_texts(&rd->src, &raw->post);
        c->n_words = c->words != NULL ? raw->post.n : 0;
        ok = want_kinds(rd, &raw->in, c) && ok;
        return (raw->under == NULL || cond_ref_read(rule, raw->under, REF_ANY, UNIT, &c->other)) && ok;
    case COND_SAME_PERSON:
        return cond_ref_read(rule, raw->same_as, REF_ANY, PERSON, &c->other) && ok;
    case COND_OTHER_PERSON:
        return cond_ref_read(rule, raw->other_than, REF_ANY, PERSON, &c->other) && ok;
    case COND_SUCCESSOR:
        if (raw->same_as == NULL) {
            problem(&rd->src, raw->or_successor->key_at, MSG_PACK_OR_SUCCESSOR);
            return false;
        }
        ok = cond_ref_read(rule, raw->same_as, REF_ANY, PERSON, &c->other) && ok;
        return cond_ref_read(rule, raw->or_successor, REF_ANY, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT), &c->since) && ok;
    case COND_SUPERIOR:
        return cond_ref_read(rule, raw->superior_of, REF_ANY, PERSON, &c->other) && ok;
    case COND_RANK:
        c->name = raw->rank_at_least.text;
        return ok;
    case COND_ON_DUTY:
        c->name = raw->on_duty.text;
        ok = want_named(rd, rd->pack->duties, rd->pack->n_duties, raw->on_duty, MSG_PACK_WORD_DUTY) && ok;
        if (raw->when != 0)
            ok = (c->param = want_office_hours(rd, c->at)) != NULL && ok;
        if (raw->of == NULL)
            return ref_own_unit(&rule->sc, raw->on_duty.at, &c->other) && ok;
        break;
    default:
        return read_acted(rule, &raw->acted_as, c) && ok;
    }
    return (raw->of == NULL || cond_ref_read(rule, raw->of, REF_ANY, UNIT, &c->other)) && ok;
}

static bool read_unit(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    bool ok = cond_ref_read(rule, raw->unit, REF_ANY, UNIT, &c->subject);

    ok = want_kinds(rule->sc.rd, &raw->in, c) && ok;
    return (raw->under == NULL || cond_ref_read(rule, raw->under, REF_ANY, UNIT, &c->other)) && ok;
}

static bool read_literals(const struct rule *rule, const struct words *w, struct cond *c)
{
    const struct field *f = c->subject.hops[c->subject.n_hops > 0 ? c->subject.n_hops - 1 : 0];
    struct field text = {.id = "state", .type = FIELD_TEXT}, item;
    bool ok = true;

    if (w->n == 0) {
        problem(&rule->sc.rd->src, w->node->at, MSG_PACK_LITERALS_EMPTY);
        return false;
    }
    if ((c->subject.kind != REF_FIELD && c->subject.kind != REF_ROW) || c->subject.property != PROP_NONE)
        f = &text;
    if (f->type == FIELD_LIST && f->n_fields == 1)
        f = &f->fields[0];
    if (f->type == FIELD_CHECKLIST) {
        item = *f;
        item.type = FIELD_CHOICE;
        f = &item;
    }
    for (size_t i = 0; i < w->n; i++)
        ok = literal_fits(&rule->sc, w->at[i], f) && ok;
    words_unique(&rule->sc.rd->src, w, MSG_PACK_WORD_LITERAL);
    c->words = words_texts(&rule->sc.rd->src, w);
    c->n_words = c->words != NULL ? w->n : 0;
    return ok;
}

struct raw_ref_of {
    const struct node *ref;
};
static const struct key ref_of_keys[] = {{"ref", KEY_NODE, offsetof(struct raw_ref_of, ref), KEY_REQUIRED, "A number field."}};
static const struct shape ref_of_shape = SHAPE(NUMBER, ref_of_keys);

static bool read_number(const struct rule *rule, const struct node *n, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    struct raw_ref_of raw = {0};

    if (n->kind == NODE_TEXT) {
        if (str_to_i64(str_of(n->text), INT32_MIN, INT32_MAX, &c->number) == 0)
            return true;
        problem(&rd->src, n->at, MSG_PACK_NOT_NUMBER, {"given", str_head(n->text, 80)});
        return false;
    }
    if (param_from(rd, n, &c->param)) {
        if (c->param != NULL && c->param->type != PARAM_NUMBER)
            problem(&rd->src, n->at, MSG_PACK_PARAM_NUMBER, {"param", str_of(c->param->id)});
        return c->param != NULL;
    }
    return shape_read(&rd->src, n, &ref_of_shape, &raw) && cond_ref_read(rule, raw.ref, REF_ANY, TYPE_BIT(FIELD_NUMBER), &c->other);
}

static bool read_field(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct scope *sc = &rule->sc;

    if (!ref_read(sc, raw->field, REF_FIELD_PATH, &c->subject))
        return false;
    if (c->kind == COND_FILLED) {
        c->wanted = raw->filled == YES_YES;
        return true;
    }
    if (!ref_is_open(sc, &c->subject))
        return false;
    switch (c->kind) {
    case COND_ONE_OF:
    case COND_NONE_OF:
        return read_literals(rule, c->kind == COND_ONE_OF ? &raw->one_of : &raw->none_of, c);
    case COND_SAME:
    case COND_OTHER:
        return ref_read(sc, c->kind == COND_SAME ? raw->same_as : raw->other_than, REF_ANY, &c->other) && ref_is_open(sc, &c->other) &&
               refs_comparable(sc, &c->subject, &c->other);
    default:
        return ref_wants(sc, &c->subject, TYPE_BIT(FIELD_NUMBER) | ROWS) && read_number(rule, c->kind == COND_AT_LEAST ? raw->at_least : raw->at_most, c);
    }
}

static bool read_confirmed(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct field *f;

    if (!cond_ref_read(rule, raw->confirmed, REF_FIELD_PATH, TYPE_BIT(FIELD_CHECKLIST) | TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_FLAG), &c->subject))
        return false;
    f = c->subject.hops[c->subject.n_hops - 1];
    if (f->type != FIELD_GROUP)
        return true;
    for (size_t i = 0; i < f->n_fields; i++) {
        if (f->fields[i].type == FIELD_FLAG)
            return true;
    }
    problem(&rule->sc.rd->src, c->subject.at, MSG_PACK_ROWS_CONFIRM, {"field", str_of(f->id)});
    return false;
}

/* GROUP.COLUMN, a column that holds times: it is asked of every row. False where it is none; what it is instead is read as ever. */
static bool read_column(const struct rule *rule, const struct node *n, struct ref *ret)
{
    const struct reg *reg = rule->sc.reg;
    struct str rest, group;

    if (n->kind != NODE_TEXT || reg == NULL)
        return false;
    rest = str_of(n->text);
    if (!str_split(&rest, '.', &group) || rest.at == NULL)
        return false;
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        if (f->id == NULL || f->type != FIELD_GROUP || !str_eq(group, str_of(f->id)))
            continue;
        for (size_t k = 0; k < f->n_fields; k++) {
            const struct field *column = &f->fields[k];

            if (column->id == NULL || (TYPE_BIT(column->type) & TIME_TYPES) == 0 || !str_eq(rest, str_of(column->id)))
                continue;
            *ret = (struct ref){.kind = REF_FIELD, .text = n->text, .at = n->at, .hops = {f, column}, .n_hops = 2};
            return true;
        }
    }
    return false;
}

static bool read_time(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct node *other = c->kind == COND_TIME_IS           ? raw->is
                               : c->kind == COND_TIME_NOT_BEFORE ? raw->not_before
                               : c->kind == COND_TIME_NOT_AFTER  ? raw->not_after
                               : c->kind == COND_TIME_BEFORE     ? raw->before
                                                                 : raw->after;
    bool ok = read_column(rule, raw->time, &c->subject) || cond_ref_read(rule, raw->time, REF_ANY, TIME_TYPES, &c->subject);

    return cond_ref_read(rule, other, REF_ANY, TIME_TYPES, &c->other) && ok;
}

static bool read_period(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct procedure *p = rule->sc.proc;
    const char *names[64];
    size_t n = 0;

    for (size_t i = 0; i < p->n_periods; i++) {
        if (strcmp(p->periods[i].id, raw->period.text) == 0)
            c->period = &p->periods[i];
        if (n < ARRAY_LEN(names))
            names[n++] = p->periods[i].id;
    }
    if (c->period == NULL) {
        problem(&rule->sc.rd->src, raw->period.at, MSG_PACK_NO_PERIOD, {"given", str_of(raw->period.text)}, {"procedure", str_of(p->id)},
                did_you_mean(&rule->sc.rd->src, raw->period.text, names, n, MSG_MEAN_PERIODS));
        return false;
    }
    if (raw->clauses.node == NULL && c->period->clauses.n > 0)
        c->clauses = c->period->clauses;
    return true;
}

static bool read_record(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    bool ok = true;

    c->number = 1;
    c->reg = want_reg(rd, raw->record);
    if (c->reg == NULL)
        return false;
    if ((raw->at_least != NULL) + (raw->none == YES_YES) + (raw->as_many_as != NULL) + (raw->covers != NULL) + (raw->fewer_than != NULL) > 1) {
        problem(&rd->src, c->at, MSG_PACK_COUNTS_EXCLUDE);
        return false;
    }
    if (raw->where != NULL)
        ok = wheres_read(rule, c->reg, raw->where, &c->wheres, &c->n_wheres, &c->during);
    ok = is_filled(rd, &raw->in) && want_states(rd, c->reg->procedure, &raw->in, &c->words, &c->n_words) && ok;
    if (raw->none == YES_YES) {
        c->count = COUNT_NONE;
    } else if (raw->as_many_as != NULL) {
        c->count = COUNT_AS_MANY_AS;
        ok = cond_ref_read(rule, raw->as_many_as, REF_ANY, TYPE_BIT(FIELD_NUMBER) | ROWS, &c->other) && ok;
    } else if (raw->covers != NULL) {
        c->count = COUNT_COVERS;
        ok = covers_read(rule, NULL, raw->covers, c) && ok;
    } else if (raw->fewer_than != NULL) {
        c->count = COUNT_FEWER_THAN;
        ok = read_number(rule, raw->fewer_than, c) && ok;
    } else if (raw->at_least != NULL) {
        ok = read_number(rule, raw->at_least, c) && ok;
    }
    return ok;
}

const char *const file_states[] = {FILE_CLEAN, "infected", "not-examinable", "crashed", "no-scanner", NULL};
const char *const file_tells[] = {FILE_TELLS_NOTHING, FILE_TELLS_MACROS, FILE_TELLS_UNKNOWN, FILE_TELLS_ATTRIBUTES, FILE_TELLS_HIDDEN, NULL};

/* Each is one of those that there are, once. */
static bool want_outcomes(const struct rule *rule, const struct words *w, const char *const there_are[], enum message_key mean)
{
    struct source *src = &rule->sc.rd->src;
    bool ok = is_filled(rule->sc.rd, w);

    words_unique(src, w, MSG_PACK_WORD_OUTCOME);
    for (size_t i = 0; i < w->n; i++) {
        size_t n = 0;

        while (there_are[n] != NULL && strcmp(there_are[n], w->at[i].text) != 0)
            n++;
        if (there_are[n] == NULL) {
            problem(src, w->at[i].at, MSG_PACK_NO_OUTCOME, {"given", str_of(w->at[i].text)}, did_you_mean(src, w->at[i].text, there_are, n, mean));
            ok = false;
        }
    }
    return ok;
}

/* Without `in`: clean, and nothing else; without `tells`: whatever it tells. */
static bool read_scan(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    bool ok = ref_read(&rule->sc, raw->scan, REF_FIELD_PATH, &c->subject) && ref_wants(&rule->sc, &c->subject, TYPE_BIT(FIELD_FILE));

    ok = want_outcomes(rule, &raw->in, file_states, MSG_MEAN_OUTCOME) && ok;
    ok = want_outcomes(rule, &raw->tells, file_tells, MSG_MEAN_TELLS) && ok;
    c->words = words_texts(src, &raw->in);
    c->n_words = c->words != NULL ? raw->in.n : 0;
    c->tells = words_texts(src, &raw->tells);
    c->n_tells = c->tells != NULL ? raw->tells.n : 0;
    return ok;
}

static bool read_state_of(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct reg *reg;

    if (!cond_ref_read(rule, raw->state_of, REF_ANY, RECORD, &c->subject) || !is_filled(rule->sc.rd, &raw->in))
        return false;
    reg = ref_register(&rule->sc, &c->subject);
    if (reg != NULL)
        return want_states(rule->sc.rd, reg->procedure, &raw->in, &c->words, &c->n_words);
    c->words = words_texts(&rule->sc.rd->src, &raw->in);
    c->n_words = c->words != NULL ? raw->in.n : 0;
    return true;
}

/* `of` names the record; without it, it is the one at hand. */
static bool read_of_record(const struct rule *rule, const struct raw_cond *raw, unsigned types, struct cond *c)
{
    if (raw->of != NULL)
        return cond_ref_read(rule, raw->of, REF_ANY, types, &c->subject);
    c->subject = (struct ref){.kind = REF_THIS, .text = "", .at = c->at};
    return true;
}

bool cond_records_read(const struct rule *rule, const struct node *n, struct cond *c)
{
    const struct field *f;

    if (!cond_ref_read(rule, n, REF_ANY, RECORD | TYPE_BIT(FIELD_LIST), &c->subject))
        return false;
    f = c->subject.kind == REF_FIELD && c->subject.property == PROP_NONE ? c->subject.hops[c->subject.n_hops - 1] : NULL;
    if (f == NULL || f->type != FIELD_LIST || (f->n_fields == 1 && f->fields[0].type == FIELD_RECORD))
        return true;
    problem(&rule->sc.rd->src, c->subject.at, MSG_PACK_NOT_RECORDS, {"field", str_of(f->id)});
    return false;
}

static bool read_inherits(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    if (rule->sc.reg->has_label_from)
        return cond_records_read(rule, raw->inherits, c);
    problem(&rule->sc.rd->src, c->at, MSG_PACK_INHERITS, {"register", str_of(rule->sc.reg->id)});
    return false;
}

static bool read_param(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;

    c->param = want_param(rule->sc.rd, raw->parameter);
    if (c->param == NULL || raw->is == NULL)
        return c->param != NULL;
    if (!node_is(src, raw->is, NODE_TEXT, what_word(MSG_PACK_WORD_PARAM_VALUE)))
        return false;
    c->name = raw->is->text;
    return param_takes(rule->sc.rd, c->param, (struct word){raw->is->text, raw->is->at});
}

static bool read_unchanged(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    const struct procedure *p = rule->sc.proc;
    const char *names[256];
    size_t n = 0;

    c->name = raw->unchanged_since.text;
    if (procedure_step(p, c->name, 0) != NULL)
        return true;
    for (size_t i = 0; i < p->n_steps && n < ARRAY_LEN(names); i++) {
        if (p->steps[i].act != NULL)
            names[n++] = p->steps[i].act;
    }
    problem(&rule->sc.rd->src, raw->unchanged_since.at, MSG_PACK_NO_STEP_OF, {"given", str_of(c->name)}, {"procedure", str_of(p->id)},
            did_you_mean(&rule->sc.rd->src, c->name, names, n, MSG_MEAN_STEPS));
    return false;
}

static bool read_nodes(const struct rule *rule, const struct node *n, size_t n_all, struct cond *into)
{
    struct source *src = &rule->sc.rd->src;
    struct rule inner = *rule;

    inner.clauses = into->clauses;
    inner.depth++;
    into->children = source_alloc(src, n_all, sizeof(*into->children));
    for (size_t i = 0; into->children != NULL && i < n_all; i++, n = n->next) {
        char *id = source_printf(src, "%s.%zu", into->rule, i + 1);
        const struct cond *child;

        if (rule->part != NULL && (inner.part = source_printf(src, "%s.%zu", rule->part, i + 1)) == NULL)
            return false;
        child = id != NULL ? cond_read(&inner, id, n) : NULL;
        if (child == NULL)
            return false;
        into->children[into->n_children++] = child;
    }
    return into->children != NULL;
}

bool cond_list_read(const struct rule *rule, const struct node *list, struct cond *into)
{
    if (list->n > 0)
        return read_nodes(rule, list->first, list->n, into);
    problem(&rule->sc.rd->src, list->at, MSG_PACK_CONDITIONS_EMPTY);
    return false;
}

static bool read_children(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct rule inner = *rule;

    if (raw->otherwise != 0)
        inner.is_not_yet = raw->otherwise == 2 ? YES_YES : YES_NO;
    if (c->kind == COND_EACH)
        return each_read(&inner, raw->each, raw->all, c);
    return c->kind == COND_NOT ? read_nodes(&inner, raw->not, 1, c) : cond_list_read(&inner, c->kind == COND_ALL ? raw->all : raw->any, c);
}

static bool read_roster(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    bool ok = want_named(rd, rd->pack->duties, rd->pack->n_duties, raw->roster, MSG_PACK_WORD_DUTY);

    c->name = raw->roster.text;
    c->param = want_office_hours(rd, c->at);
    ok = cond_ref_read(rule, raw->on, REF_ANY, TYPE_BIT(FIELD_DAY), &c->subject) && c->param != NULL && ok;
    if (raw->of == NULL)
        return ref_own_unit(&rule->sc, raw->roster.at, &c->other) && ok;
    return cond_ref_read(rule, raw->of, REF_ANY, UNIT, &c->other) && ok;
}

static bool read_kind(const struct rule *rule, const struct raw_cond *raw, struct cond *c)
{
    switch (c->kind) {
    case COND_HOLDS:
    case COND_POST:
    case COND_SAME_PERSON:
    case COND_OTHER_PERSON:
    case COND_SUCCESSOR:
    case COND_SUPERIOR:
    case COND_RANK:
    case COND_ON_DUTY:
    case COND_ACTED_AS:
        return read_person(rule, raw, c);
    case COND_UNIT:
        return read_unit(rule, raw, c);
    case COND_FILLED:
    case COND_ONE_OF:
    case COND_NONE_OF:
    case COND_SAME:
    case COND_OTHER:
    case COND_AT_LEAST:
    case COND_AT_MOST:
        return read_field(rule, raw, c);
    case COND_HOST_IN:
        return hosts_read(rule, raw->field, raw->host_in, c);
    case COND_WITHIN:
        return within_read(rule, raw->field, raw->within, c);
    case COND_COVERS:
        return covers_read(rule, raw->field, raw->covers, c);
    case COND_CONFIRMED:
        return read_confirmed(rule, raw, c);
    case COND_TIME_IS:
    case COND_TIME_NOT_BEFORE:
    case COND_TIME_NOT_AFTER:
    case COND_TIME_BEFORE:
    case COND_TIME_AFTER:
        return read_time(rule, raw, c);
    case COND_OFF_HOURS:
        c->param = want_office_hours(rule->sc.rd, c->at);
        return cond_ref_read(rule, raw->time, REF_ANY, TYPE_BIT(FIELD_INSTANT), &c->subject) && c->param != NULL;
    case COND_ROSTER:
        return read_roster(rule, raw, c);
    case COND_PERIOD:
        return read_period(rule, raw, c);
    case COND_RECORD:
        return read_record(rule, raw, c);
    case COND_STATE_OF:
        return read_state_of(rule, raw, c);
    case COND_UNLOCKED:
        c->name = raw->unlocked.text;
        return read_of_record(rule, raw, RECORD, c);
    case COND_LABEL:
        c->number = raw->label_at_most.value;
        if (c->number < 1 || c->number > CONFIDENTIALITY_MAX) {
            problem(&rule->sc.rd->src, c->at, MSG_PACK_LABEL_AT_MOST, {"max", NUMBER(CONFIDENTIALITY_MAX)}, {"given", INTEGER(c->number)});
            return false;
        }
        return read_of_record(rule, raw, RECORD | TYPE_BIT(FIELD_LABEL), c);
    case COND_SCAN:
        return read_scan(rule, raw, c);
    case COND_INHERITS:
        return read_inherits(rule, raw, c);
    case COND_RETENTION:
        return cond_records_read(rule, raw->retention_over, c);
    case COND_PARAM:
        return read_param(rule, raw, c);
    case COND_UNCHANGED:
        return read_unchanged(rule, raw, c);
    case COND_LEAVES:
        return leaves_read(rule, raw->leaves, raw->of, raw->measured, raw->to, c);
    case COND_NEVER:
        return true;
    case COND_EACH:
    case COND_ALL:
    case COND_ANY:
    case COND_NOT:
        return read_children(rule, raw, c);
    case COND_STATE:
    case COND_BY:
    case COND_SEPARATE:
    case COND_KINDS:
        break;
    }
    return false;
}

/* ---- all of them ---- */

static bool forbids_by_default(const struct cond *c)
{
    switch (c->kind) {
    case COND_BY:
    case COND_SEPARATE:
    case COND_HOLDS:
    case COND_POST:
    case COND_SAME_PERSON:
    case COND_OTHER_PERSON:
    case COND_SUCCESSOR:
    case COND_SUPERIOR:
    case COND_RANK:
    case COND_ON_DUTY:
    case COND_ACTED_AS:
    case COND_UNIT:
    case COND_ONE_OF:
    case COND_NONE_OF:
    case COND_HOST_IN:
    case COND_SAME:
    case COND_OTHER:
    case COND_AT_MOST:
    case COND_WITHIN:
    case COND_TIME_IS:
    case COND_TIME_NOT_BEFORE:
    case COND_TIME_NOT_AFTER:
    case COND_TIME_BEFORE:
    case COND_TIME_AFTER:
    case COND_PERIOD:
    case COND_OFF_HOURS:
    case COND_LABEL:
    case COND_INHERITS:
    case COND_LEAVES:
    case COND_NEVER:
        return true;
    case COND_RECORD:
        return c->count == COUNT_NONE || c->count == COUNT_FEWER_THAN;
    case COND_EACH:
        return forbids_by_default(c->inside);
    case COND_ALL:
    case COND_ANY:
    case COND_NOT:
        for (size_t i = 0; i < c->n_children; i++) {
            if (c->children[i]->is_not_yet)
                return false;
        }
        return true;
    default:
        return false;
    }
}

static bool row_has(const struct form_row *row, const char *key)
{
    if (strcmp(key, row->head) == 0 || (row->selector != NULL && strcmp(key, row->selector) == 0))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(row->also) && row->also[i] != NULL; i++) {
        if (strcmp(row->also[i], key) == 0)
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
        if (strcmp(modifiers[i], key) == 0)
            return true;
    }
    return false;
}

static const char *head_of(struct source *src, const struct node *n)
{
    const char *head = NULL;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (node_get(n, rows[i].head) == NULL || (head != NULL && strcmp(head, rows[i].head) == 0))
            continue;
        if (head != NULL && strcmp(head, "each") == 0 && strcmp(rows[i].head, "all") == 0)
            continue; /* what is asked of each */
        if (head != NULL) {
            problem(src, node_get(n, rows[i].head)->key_at, MSG_PACK_TWO_HEADS, {"one", str_of(head)}, {"other", str_of(rows[i].head)});
            return NULL;
        }
        head = rows[i].head;
    }
    if (head == NULL)
        problem(src, n->at, MSG_PACK_NO_HEAD);
    return head;
}

static const struct form_row *row_of(struct source *src, const struct node *n)
{
    const char *head = head_of(src, n);
    const struct form_row *row = NULL;

    if (head == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows) && row == NULL; i++) {
        if (strcmp(rows[i].head, head) == 0 && (rows[i].selector == NULL || node_get(n, rows[i].selector) != NULL))
            row = &rows[i];
    }
    if (row == NULL) {
        problem(src, n->at, MSG_PACK_ASKS_NOTHING, {"key", str_of(head)});
        return NULL;
    }
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        if (row_has(row, m->key))
            continue;
        problem(src, m->key_at, MSG_PACK_BESIDE, {"key", str_of(m->key)}, {"head", str_of(row->head)},
                {"dots", str_of(row->selector != NULL ? " … " : "")}, {"selector", str_of(row->selector != NULL ? row->selector : "")});
        return NULL;
    }
    return row;
}

/* `if` is itself a condition, whose clauses are those of what it guards. */
static bool read_only_if(const struct rule *rule, const struct node *n, struct cond *c)
{
    struct rule inner = *rule;
    char *id = source_printf(&rule->sc.rd->src, "%s?", c->rule);

    if (rule->part != NULL && (inner.part = source_printf(&rule->sc.rd->src, "%s?", rule->part)) == NULL)
        return false;
    inner.clauses = c->clauses;
    inner.depth++;
    inner.is_not_yet = YES_ABSENT;
    c->only_if = id != NULL ? cond_read(&inner, id, n) : NULL;
    return c->only_if != NULL;
}

bool cond_depth_ok(const struct rule *rule, struct place at)
{
    if (rule->depth < COND_DEPTH_MAX)
        return true;
    problem(&rule->sc.rd->src, at, MSG_PACK_CONDITIONS_DEEP, {"max", NUMBER(COND_DEPTH_MAX)});
    return false;
}

/* Where a condition stands: for a named one the place that names it. */
struct spot {
    const struct rule *rule;
    const char *id;
    struct place at;
    const struct rule *if_rule; /* by which its `if` is read, which may stand there or with what is named; NULL: it has none */
};

static bool says_something(const struct rule *rule, const struct node *n, const struct raw_cond *raw)
{
    struct source *src = &rule->sc.rd->src;

    if (raw->never == YES_NO || raw->none == YES_NO) {
        problem(src, n->at, MSG_PACK_SAYS_NOTHING, {"key", str_of(raw->never == YES_NO ? "never" : "none")});
        return false;
    }
    if (rule->sc.row != NULL && (raw->clauses.node != NULL || raw->otherwise != 0 || raw->say.ja != NULL)) {
        problem(src, n->at, MSG_PACK_EACH_WHOLE);
        return false;
    }
    return true;
}

static bool is_not_yet(const struct rule *rule, const struct raw_cond *raw, const struct cond *c)
{
    if (raw->otherwise != 0)
        return raw->otherwise == 2;
    return rule->is_not_yet != YES_ABSENT ? rule->is_not_yet == YES_YES : !forbids_by_default(c);
}

/* `rule`: by which it is read what it stands for; that of the spot where it stands there itself. */
static const struct cond *read_at(const struct spot *spot, const struct rule *rule, const struct node *n, const struct raw_cond *raw)
{
    struct reading *rd = rule->sc.rd;
    const struct form_row *row = says_something(rule, n, raw) ? row_of(&rd->src, n) : NULL;
    struct cond *c;
    bool ok;

    if (row == NULL || !named_cond_count(rule, n->at))
        return NULL;
    c = cond_new(spot->rule, row->kind, spot->at);
    if (c == NULL)
        return NULL;
    c->rule = spot->id;
    if (raw->say.ja != NULL)
        c->say = raw->say;
    ok = raw->clauses.node == NULL || read_clauses(rd, &raw->clauses, &c->clauses);
    if (raw->only_if != NULL)
        ok = read_only_if(spot->if_rule, raw->only_if, c) && ok;
    ok = read_kind(rule, raw, c) && ok;
    if (!ok)
        return NULL;
    c->is_not_yet = is_not_yet(rule, raw, c);
    if (c->kind < COND_ALL && rule->sc.row == NULL && !leaf_add(rd, c))
        return NULL;
    return c;
}

/* What the name's place says stands over what its condition says. */
static void put_over(const struct raw_cond *here, struct raw_cond *raw)
{
    if (here->clauses.node != NULL)
        raw->clauses = here->clauses;
    if (here->otherwise != 0)
        raw->otherwise = here->otherwise;
    if (here->say.ja != NULL)
        raw->say = here->say;
    if (here->only_if != NULL)
        raw->only_if = here->only_if;
}

/* `rule`: by which the name is read; `here` what stands beside it, at the spot and on the way from there. */
static const struct cond *read_named(struct spot *spot, const struct rule *rule, const struct node *n, const struct raw_cond *here)
{
    struct source *src = &rule->sc.rd->src;
    const struct cond *c = NULL;
    struct named_use use;
    struct raw_cond raw = {0};
    struct rule inner;
    const struct node *body = row_of(src, n) != NULL ? named_cond_enter(rule, here->condition, &use, &inner) : NULL;

    if (body == NULL)
        return NULL;
    if (shape_read(src, body, &cond_shape, &raw)) {
        if (spot->if_rule == NULL && raw.only_if != NULL)
            spot->if_rule = &inner;
        put_over(here, &raw);
        c = raw.condition.text != NULL ? read_named(spot, &inner, body, &raw) : read_at(spot, &inner, body, &raw);
    }
    rule->sc.rd->named[use.no].is_broken = c == NULL;
    return c;
}

const struct cond *cond_read(const struct rule *rule, const char *id, const struct node *n)
{
    struct raw_cond raw = {0};
    struct spot spot = {rule, id, n->at, NULL};
    struct clause_list clauses;

    if (!cond_depth_ok(rule, n->at) || !shape_read(&rule->sc.rd->src, n, &cond_shape, &raw))
        return NULL;
    if (raw.only_if != NULL)
        spot.if_rule = rule;
    if (raw.condition.text == NULL)
        return read_at(&spot, rule, n, &raw);
    if (raw.clauses.node != NULL && !read_clauses(rule->sc.rd, &raw.clauses, &clauses))
        return NULL; /* what is named is not to blame */
    return read_named(&spot, rule, n, &raw);
}
