/* Values: `FIELD`, `FIELD.FIELD`, `actor.unit`, `{is: …}`, `{day: …, plus: …}` (section 7), and which types they have. */
#include "regulation/reader.h"

#define WORKING_DAYS_MAX 1000 /* no deadline is further away; each is looked up in the calendar */

struct raw_ref {
    struct word is, parameter, unit_kind, at, up_to;
    const struct node *day, *plus, *minus, *unit;
    unsigned counting;
};
static const char *const counting_choices[] = {"working-days", NULL};
static const struct key ref_keys[] = {
    {"is", KEY_WORD, offsetof(struct raw_ref, is), 0, "A literal."},
    {"parameter", KEY_ID, offsetof(struct raw_ref, parameter), 0, "The value of a parameter of the directive."},
    {"unit_kind", KEY_ID, offsetof(struct raw_ref, unit_kind), 0, "The one unit of that kind."},
    {"unit", KEY_NODE, offsetof(struct raw_ref, unit), 0, "A unit below the one that is meant."},
    {"up_to", KEY_ID, offsetof(struct raw_ref, up_to), 0, "The kind of the unit itself, or the nearest above it, that is meant."},
    {"day", KEY_NODE, offsetof(struct raw_ref, day), 0, "A day to be moved by plus or minus."},
    {"plus", KEY_NODE, offsetof(struct raw_ref, plus), 0, "A duration to add."},
    {"minus", KEY_NODE, offsetof(struct raw_ref, minus), 0, "A duration to take off."},
    {"counting", KEY_CHOICE, offsetof(struct raw_ref, counting), 0, "Days of what kind are counted; default: all.", counting_choices},
    {"at", KEY_WORD, offsetof(struct raw_ref, at), 0, "The time of that day, as 17:15; 24:00 is its end."},
};
const struct shape ref_shape = SHAPE(VALUE, ref_keys);

static const char *const type_names[] = {
    [FIELD_TEXT] = "text", [FIELD_LONG_TEXT] = "long-text", [FIELD_NUMBER] = "number", [FIELD_FLAG] = "flag",
    [FIELD_CHOICE] = "choice", [FIELD_DAY] = "day", [FIELD_MONTH] = "month", [FIELD_INSTANT] = "instant", [FIELD_DURATION] = "duration", [FIELD_PERSON] = "person",
    [FIELD_UNIT] = "unit", [FIELD_POST] = "post", [FIELD_RECORD] = "record", [FIELD_LABEL] = "label",
    [FIELD_FILE] = "file", [FIELD_URL] = "url", [FIELD_ACCOUNT] = "account", [FIELD_DIGEST] = "digest", [FIELD_SECRET] = "secret", [FIELD_CHECKLIST] = "checklist",
    [FIELD_GROUP] = "group", [FIELD_LIST] = "list",
};
#define TEXT_LIKE                                                                                  \
    (TYPE_BIT(FIELD_TEXT) | TYPE_BIT(FIELD_LONG_TEXT) | TYPE_BIT(FIELD_URL) | TYPE_BIT(FIELD_ACCOUNT))

const char *field_type_name(enum field_type type)
{
    return type_names[type];
}

/* ---- reading ---- */

static const struct {
    const char *word;
    enum ref_kind kind;
} fixed_refs[] = {
    {"actor", REF_ACTOR}, {"actor.unit", REF_ACTOR_UNIT}, {"today", REF_TODAY}, {"now", REF_NOW},
    {"month", REF_MONTH}, {"digest", REF_DIGEST}, {"this", REF_THIS},
};
static const struct {
    const char *word;
    enum ref_property property;
} properties[] = {
    {"id", PROP_ID}, {"state", PROP_STATE}, {"unit", PROP_UNIT}, {"opened_on", PROP_OPENED_ON}, {"name", PROP_NAME},
};
static const struct {
    const char *word;
    enum ref_property property;
} secret_properties[] = {
    {"length", PROP_LENGTH}, {"common", PROP_COMMON}, {"named", PROP_NAMED}, {"other", PROP_OTHER}, {"former", PROP_FORMER},
};

/* Of a secret: PROP_NONE where there is no such. */
static enum ref_property secret_property_of(struct str piece)
{
    for (size_t i = 0; i < ARRAY_LEN(secret_properties); i++) {
        if (str_eq(piece, str_of(secret_properties[i].word)))
            return secret_properties[i].property;
    }
    return PROP_NONE;
}

static enum ref_property property_of(struct str piece)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (str_eq(piece, str_of(properties[i].word)))
            return properties[i].property;
    }
    return PROP_NONE;
}

static const struct field *field_of(const struct reg *reg, struct str piece)
{
    for (size_t i = 0; reg != NULL && i < reg->n_fields; i++) {
        if (reg->fields[i].id != NULL && str_eq(piece, str_of(reg->fields[i].id)))
            return &reg->fields[i];
    }
    return NULL;
}

static bool read_party(const struct scope *sc, const struct node *n, struct ref *ret)
{
    struct word w = {n->text + strlen("party."), n->at};

    if (sc->proc == NULL) {
        problem(&sc->rd->src, n->at, MSG_PACK_OUTSIDE, {"given", str_of(n->text)});
        return false;
    }
    if (want_proc_role(sc->rd, sc->proc, w) == NULL)
        return false;
    ret->kind = REF_PARTY;
    ret->text = w.text;
    return true;
}

static bool unknown_piece(const struct scope *sc, const struct node *n, const struct reg *reg, struct str piece)
{
    const char *names[256];
    char *word = source_printf(&sc->rd->src, "%.*s", STR_ARG(piece));
    size_t n_names = 0;

    if (word == NULL)
        return false;
    if (reg == NULL) {
        problem(&sc->rd->src, n->at, MSG_PACK_OF_ANY, {"given", str_of(n->text)}, {"word", str_of(word)});
        return false;
    }
    for (size_t i = 0; i < reg->n_fields && n_names < ARRAY_LEN(names); i++) {
        if (reg->fields[i].id != NULL)
            names[n_names++] = reg->fields[i].id;
    }
    for (size_t i = 0; i < ARRAY_LEN(fixed_refs) && n_names < ARRAY_LEN(names); i++)
        names[n_names++] = fixed_refs[i].word;
    problem(&sc->rd->src, n->at, MSG_PACK_NO_FIELD, {"given", str_of(word)}, {"register", str_of(reg->id)},
            did_you_mean(&sc->rd->src, word, names, n_names, MSG_MEAN_FIELDS_IS));
    return false;
}

static const struct field *column_of(const struct field *group, struct str piece)
{
    for (size_t i = 0; i < group->n_fields; i++) {
        if (group->fields[i].id != NULL && str_eq(piece, str_of(group->fields[i].id)))
            return &group->fields[i];
    }
    return NULL;
}

static bool unknown_column(const struct scope *sc, const struct node *n, const struct field *group, struct str piece)
{
    const char *names[256];
    char *word = source_printf(&sc->rd->src, "%.*s", STR_ARG(piece));
    size_t n_names = 0;

    for (; n_names < group->n_fields && n_names < ARRAY_LEN(names); n_names++)
        names[n_names] = group->fields[n_names].id;
    if (word != NULL)
        problem(&sc->rd->src, n->at, MSG_PACK_NOT_COLUMN, {"given", str_of(word)}, {"group", str_of(group->id)},
                did_you_mean(&sc->rd->src, word, names, n_names, MSG_MEAN_COLUMNS));
    return false;
}

static bool add_hop(const struct scope *sc, const struct node *n, const struct field *f, struct ref *ret)
{
    if (ret->n_hops == REF_HOPS_MAX) {
        problem(&sc->rd->src, n->at, MSG_PACK_REF_LONG, {"given", str_of(n->text)}, {"max", NUMBER(REF_HOPS_MAX)});
        return false;
    }
    ret->hops[ret->n_hops++] = f;
    return true;
}

/* What may stand behind a field that is no record, as the argument {also}. */
static struct message_arg also_behind(enum field_type type)
{
    switch (type) {
    case FIELD_FILE:
        return (struct message_arg)MESSAGE_WORD("also", MSG_PACK_PART_FILE);
    case FIELD_SECRET:
        return (struct message_arg)MESSAGE_WORD("also", MSG_PACK_PART_SECRET);
    case FIELD_URL:
        return (struct message_arg)MESSAGE_WORD("also", MSG_PACK_PART_URL);
    default:
        return (struct message_arg){.name = "also"};
    }
}

/* An open address, or a text with one. */
static bool take_host(const struct field *f, struct str rest, struct ref *ret)
{
    static const struct {
        const char *word;
        enum ref_property property;
    } parts[] = {{"host", PROP_HOST}, {"mail", PROP_MAIL}, {"hosts", PROP_HOSTS}};

    if ((f->type != FIELD_TEXT && f->type != FIELD_URL) || field_is_sealed(f) || field_is_keyed(f))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!str_eq(rest, str_of(parts[i].word)))
            continue;
        ret->property = parts[i].property;
        return true;
    }
    return false;
}

/* FIELD.FIELD.PROPERTY from register `reg`, behind the hops that are there; `rest` is not empty. */
static bool read_hops(const struct scope *sc, const struct node *n, const struct reg *reg, struct str rest, struct ref *ret)
{
    struct str piece;

    while (str_split(&rest, '.', &piece)) {
        const struct field *f = field_of(reg, piece);
        bool is_last = rest.at == NULL;

        if (f == NULL && is_last && (ret->n_hops > 0 || ret->kind == REF_THIS) && property_of(piece) != PROP_NONE) {
            ret->property = property_of(piece);
            return true;
        }
        if (f == NULL)
            return unknown_piece(sc, n, reg, piece);
        if (!add_hop(sc, n, f, ret))
            return false;
        if (is_last)
            return true;
        if (sc->columns && f->type == FIELD_GROUP) {
            const struct field *group = f;

            IGNORE(!str_split(&rest, '.', &piece), "it is not the last");
            f = column_of(group, piece);
            if (f == NULL)
                return unknown_column(sc, n, group, piece);
            if (!add_hop(sc, n, f, ret))
                return false;
            if (rest.at == NULL)
                return true;
        }
        if (f->type == FIELD_FILE && str_eq(rest, STR("digest"))) {
            ret->property = PROP_DIGEST;
            return true;
        }
        if (f->type == FIELD_SECRET && secret_property_of(rest) != PROP_NONE) {
            if (ret->kind != REF_FIELD || ret->n_hops != 1) {
                problem(&sc->rd->src, n->at, MSG_PACK_REF_SECRET, {"given", str_of(n->text)});
                return false;
            }
            ret->property = secret_property_of(rest);
            return true;
        }
        if (take_host(f, rest, ret))
            return true;
        if (f->type != FIELD_RECORD) {
            problem(&sc->rd->src, n->at, MSG_PACK_REF_BEHIND, {"given", str_of(n->text)}, {"field", str_of(f->id)},
                    {"type", str_of(type_names[f->type])},
                    also_behind(f->type));
            return false;
        }
        reg = f->reg;
    }
    return false;
}

static bool read_path(const struct scope *sc, const struct node *n, struct str rest, struct ref *ret)
{
    ret->kind = REF_FIELD;
    ret->text = n->text;
    return read_hops(sc, n, sc->reg, rest, ret);
}

/* `row.COLUMN…` of a group, `row…` of a list. */
static bool read_row(const struct scope *sc, const struct node *n, struct str rest, struct ref *ret)
{
    const struct field *f = sc->row->n_fields > 0 ? &sc->row->fields[0] : NULL;
    struct str piece;

    ret->kind = REF_ROW;
    ret->text = n->text;
    if (sc->row->type == FIELD_GROUP) {
        if (!str_split(&rest, '.', &piece)) {
            problem(&sc->rd->src, n->at, MSG_PACK_ROW_COLUMNS, {"column", str_of(f != NULL && f->id != NULL ? f->id : "COLUMN")});
            return false;
        }
        f = column_of(sc->row, piece);
        if (f == NULL)
            return unknown_column(sc, n, sc->row, piece);
    }
    if (f == NULL)
        return false; /* reported where it is declared */
    ret->hops[ret->n_hops++] = f;
    if (rest.at == NULL)
        return true;
    if (f->type == FIELD_RECORD)
        return read_hops(sc, n, f->reg, rest, ret);
    if (take_host(f, rest, ret))
        return true;
    problem(&sc->rd->src, n->at, MSG_PACK_REF_BEHIND_ROW, {"given", str_of(n->text)}, {"field", str_of(f->id)}, {"type", str_of(type_names[f->type])});
    return false;
}

/* What the obligation judges. */
static bool read_period(const struct scope *sc, const struct node *n, struct ref *ret)
{
    static const struct {
        const char *word;
        enum ref_property property;
    } parts[] = {{"period", PROP_NONE}, {"period.first", PROP_FIRST}, {"period.last", PROP_LAST}};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (strcmp(parts[i].word, n->text) != 0 || (parts[i].property == PROP_NONE && !sc->in_where))
            continue;
        *ret = (struct ref){.kind = REF_PERIOD, .text = n->text, .property = parts[i].property, .every = *sc->every, .at = n->at};
        return true;
    }
    problem(&sc->rd->src, n->at, MSG_PACK_PERIOD_DAY, {"given", str_of(n->text)});
    return false;
}

static bool read_bare(const struct scope *sc, const struct node *n, enum ref_mode mode, struct ref *ret)
{
    struct str s = str_of(n->text);

    if (s.len == 0) {
        problem(&sc->rd->src, n->at, MSG_PACK_VALUE_EMPTY);
        return false;
    }
    if (mode == REF_ANY) {
        for (size_t i = 0; i < ARRAY_LEN(fixed_refs); i++) {
            if (str_eq(s, str_of(fixed_refs[i].word))) {
                if (fixed_refs[i].kind == REF_MONTH && sc->every != NULL && *sc->every != PERIOD_MONTH) {
                    problem(&sc->rd->src, n->at, MSG_PACK_MONTH_DUE);
                    return false;
                }
                ret->kind = fixed_refs[i].kind;
                return true;
            }
        }
        if (str_starts(s, STR("party.")))
            return read_party(sc, n, ret);
    }
    if (mode == REF_ANY && sc->every != NULL && (str_eq(s, STR("period")) || str_starts(s, STR("period."))))
        return read_period(sc, n, ret);
    if (sc->row == NULL && field_of(sc->reg, STR("row")) == NULL && (str_eq(s, STR("row")) || str_starts(s, STR("row.")))) {
        problem(&sc->rd->src, n->at, MSG_PACK_ROW_NONE);
        return false;
    }
    if (sc->row != NULL && str_eq(s, STR("row")))
        return read_row(sc, n, STR_NONE, ret);
    if (sc->row != NULL && str_starts(s, STR("row.")))
        return read_row(sc, n, (struct str){s.at + 4, s.len - 4}, ret);
    if (str_starts(s, STR("this."))) {
        struct str rest = {s.at + 5, s.len - 5};

        if (field_of(sc->reg, rest) == NULL && property_of(rest) != PROP_NONE) {
            ret->kind = REF_THIS;
            ret->property = property_of(rest);
            return true;
        }
        return read_path(sc, n, rest, ret);
    }
    return read_path(sc, n, s, ret);
}

bool param_from(struct reading *rd, const struct node *n, const struct param **ret)
{
    struct raw_ref raw = {0};

    if (n->kind != NODE_MAP || n->n != 1 || node_get(n, "parameter") == NULL)
        return false;
    if (shape_read(&rd->src, n, &ref_shape, &raw))
        *ret = want_param(rd, raw.parameter);
    else
        *ret = NULL;
    return true;
}

bool read_param_duration(struct reading *rd, const struct node *n, bool *ret_by_param, const struct param **ret_param, struct duration *ret)
{
    const struct param *p = NULL;

    if (!param_from(rd, n, &p)) {
        *ret_by_param = false;
        return read_duration(&rd->src, n, ret);
    }
    if (p == NULL)
        return false;
    if (p->type != PARAM_DURATION) {
        problem(&rd->src, n->at, MSG_PACK_PARAM_DURATION, {"param", str_of(p->id)});
        return false;
    }
    *ret_by_param = true;
    *ret_param = p;
    *ret = p->duration;
    return true;
}

bool read_fixed_duration(struct reading *rd, const struct node *n, struct duration *ret)
{
    const struct param *p = NULL;
    bool by_param = false;

    if (!read_param_duration(rd, n, &by_param, &p, ret))
        return false;
    if (!by_param || p->is_set)
        return true;
    problem(&rd->src, n->at, MSG_PACK_PARAM_UNSET, {"param", str_of(p->id)});
    return false;
}

/* HH:MM, to 24:00. */
static bool read_clock(const struct scope *sc, struct word w, struct ref *ret)
{
    struct str rest = str_of(w.text), hours = STR_NONE;
    int64_t h = 0, m = 0;

    IGNORE(!str_split(&rest, ':', &hours), "there is one piece at least");
    if (hours.len != 2 || rest.at == NULL || rest.len != 2 || str_to_i64(hours, 0, 24, &h) != 0 || str_to_i64(rest, 0, 59, &m) != 0 || h * 60 + m > 1440) {
        problem(&sc->rd->src, w.at, MSG_PACK_TIME_OF_DAY, {"given", str_head(w.text, 80)});
        return false;
    }
    ret->has_clock = true;
    ret->clock_minutes = (int)(h * 60 + m);
    return true;
}

static bool read_working_days(const struct scope *sc, const struct node *by, struct ref *ret)
{
    ret->in_working_days = true;
    if (by != NULL && ret->shift.months == 0 && ret->shift.us == 0 && ret->shift.days <= WORKING_DAYS_MAX)
        return true;
    problem(&sc->rd->src, by != NULL ? by->at : ret->at, MSG_PACK_WORKING_DAYS, {"max", NUMBER(WORKING_DAYS_MAX)});
    return false;
}

static bool read_shift(const struct scope *sc, const struct node *n, const struct raw_ref *raw, struct ref *ret)
{
    const struct node *by = raw->plus != NULL ? raw->plus : raw->minus;

    if ((by == NULL && raw->at.text == NULL) || (raw->plus != NULL && raw->minus != NULL)) {
        problem(&sc->rd->src, n->at, MSG_PACK_MOVED_DAY);
        return false;
    }
    if (raw->day->kind != NODE_TEXT) {
        problem(&sc->rd->src, raw->day->at, MSG_PACK_MOVED_MAP);
        return false;
    }
    if (!read_bare(sc, raw->day, REF_ANY, ret) || !ref_wants(sc, ret, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT)))
        return false;
    if (by != NULL) {
        ret->has_shift = true;
        ret->shift_sign = raw->plus != NULL ? 1 : -1;
        if (!read_fixed_duration(sc->rd, by, &ret->shift))
            return false;
    }
    if (raw->counting != 0 && !read_working_days(sc, by, ret))
        return false;
    return raw->at.text == NULL || read_clock(sc, raw->at, ret);
}

static bool read_up_to(const struct scope *sc, const struct node *n, const struct raw_ref *raw, struct ref *ret)
{
    if (raw->unit == NULL || raw->up_to.text == NULL) {
        problem(&sc->rd->src, n->at, MSG_PACK_UNIT_ABOVE, {"key", str_of(raw->unit == NULL ? "unit" : "up_to")});
        return false;
    }
    if (raw->unit->kind != NODE_TEXT) {
        problem(&sc->rd->src, raw->unit->at, MSG_PACK_UNIT_MAP);
        return false;
    }
    ret->up_to = raw->up_to.text;
    return read_bare(sc, raw->unit, REF_ANY, ret) && ref_wants(sc, ret, TYPE_BIT(FIELD_UNIT)) &&
           want_named(sc->rd, sc->rd->pack->unit_kinds, sc->rd->pack->n_unit_kinds, raw->up_to, MSG_PACK_WORD_UNIT_KIND);
}

static bool read_map(const struct scope *sc, const struct node *n, struct ref *ret)
{
    struct source *src = &sc->rd->src;
    struct raw_ref raw = {0};

    if (!shape_read(src, n, &ref_shape, &raw))
        return false;
    if ((raw.is.text != NULL) + (raw.parameter.text != NULL) + (raw.unit_kind.text != NULL) + (raw.day != NULL) + (raw.unit != NULL || raw.up_to.text != NULL) != 1) {
        problem(src, n->at, MSG_PACK_VALUE_ONE);
        return false;
    }
    if (raw.unit != NULL || raw.up_to.text != NULL)
        return read_up_to(sc, n, &raw, ret);
    if (raw.day != NULL)
        return read_shift(sc, n, &raw, ret);
    if (raw.plus != NULL || raw.minus != NULL || raw.counting != 0 || raw.at.text != NULL) {
        problem(src, n->at, MSG_PACK_MOVED_ONLY);
        return false;
    }
    if (raw.is.text != NULL) {
        ret->kind = REF_LITERAL;
        ret->text = raw.is.text;
        return true;
    }
    if (raw.unit_kind.text != NULL) {
        ret->kind = REF_UNIT_KIND;
        ret->text = raw.unit_kind.text;
        return want_named(sc->rd, sc->rd->pack->unit_kinds, sc->rd->pack->n_unit_kinds, raw.unit_kind, MSG_PACK_WORD_UNIT_KIND);
    }
    ret->kind = REF_PARAM;
    ret->param = want_param(sc->rd, raw.parameter);
    return ret->param != NULL;
}

bool ref_read(const struct scope *sc, const struct node *n, enum ref_mode mode, struct ref *ret)
{
    struct ref ref = {.text = "", .at = n->at};
    bool ok;

    if (n->kind == NODE_TEXT)
        ok = read_bare(sc, n, mode, &ref);
    else if (n->kind == NODE_MAP && mode == REF_ANY)
        ok = read_map(sc, n, &ref);
    else
        ok = node_is(&sc->rd->src, n, NODE_TEXT, n->key != NULL ? what_key(n->key) : what_word(MSG_PACK_WORD_THE_VALUE));
    if (ok)
        *ret = ref;
    return ok;
}

/* ---- types ---- */

/* The type of what a reference gives, as a field; false for literals, which take the type that is wanted. */
static bool type_of(const struct scope *sc, const struct ref *ref, struct field *ret)
{
    static const enum field_type param_types[] = {
        [PARAM_DURATION] = FIELD_TEXT, [PARAM_NUMBER] = FIELD_NUMBER, [PARAM_CHOICE] = FIELD_TEXT,
        [PARAM_FLAG] = FIELD_FLAG, [PARAM_TEXT] = FIELD_TEXT, [PARAM_DAY] = FIELD_DAY};
    static const enum field_type property_types[] = {
        [PROP_NONE] = FIELD_TEXT, [PROP_ID] = FIELD_RECORD, [PROP_STATE] = FIELD_TEXT, [PROP_UNIT] = FIELD_UNIT,
        [PROP_OPENED_ON] = FIELD_DAY, [PROP_NAME] = FIELD_TEXT, [PROP_FIRST] = FIELD_DAY, [PROP_LAST] = FIELD_DAY,
        [PROP_DIGEST] = FIELD_DIGEST, [PROP_HOST] = FIELD_TEXT, [PROP_MAIL] = FIELD_TEXT, [PROP_HOSTS] = FIELD_TEXT,
        [PROP_LENGTH] = FIELD_NUMBER, [PROP_COMMON] = FIELD_FLAG, [PROP_NAMED] = FIELD_FLAG, [PROP_OTHER] = FIELD_FLAG, [PROP_FORMER] = FIELD_FLAG};

    *ret = (struct field){.id = ref->text, .type = FIELD_TEXT, .of_id = ""};
    switch (ref->kind) {
    case REF_NONE:
    case REF_LITERAL:
        return false;
    case REF_PARAM:
        ret->type = param_types[ref->param->type];
        break;
    case REF_UNIT_KIND:
    case REF_ACTOR_UNIT:
        ret->type = FIELD_UNIT;
        break;
    case REF_FIELD:
    case REF_ROW:
        if (ref->property == PROP_NONE) {
            *ret = *ref->hops[ref->n_hops - 1];
        } else {
            ret->type = property_types[ref->property];
            ret->reg = ref->hops[ref->n_hops - 1]->reg;
        }
        break;
    case REF_THIS:
        ret->type = ref->property == PROP_NONE ? FIELD_RECORD : property_types[ref->property];
        ret->reg = sc->reg;
        break;
    case REF_ACTOR:
    case REF_PARTY:
        ret->type = FIELD_PERSON;
        break;
    case REF_TODAY:
    case REF_PERIOD:
        ret->type = FIELD_DAY;
        break;
    case REF_NOW:
        ret->type = FIELD_INSTANT;
        break;
    case REF_MONTH:
        ret->type = FIELD_MONTH;
        break;
    case REF_DIGEST:
        break;
    }
    if (ref->has_clock)
        ret->type = FIELD_INSTANT;
    else if (ref->in_working_days)
        ret->type = FIELD_DAY;
    return true;
}

static const char *written(const struct ref *ref)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed_refs); i++) {
        if (ref->kind == fixed_refs[i].kind && ref->property == PROP_NONE)
            return fixed_refs[i].word;
    }
    return ref->kind == REF_PARAM ? ref->param->id : ref->text;
}

static bool choice_has(const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++) {
        if (strcmp(f->choices[i].id, id) == 0)
            return true;
    }
    return false;
}

static bool literal_reads(const struct scope *sc, struct str s, const struct field *f)
{
    int64_t number;
    int32_t day, month;
    uint64_t instant;
    struct duration duration;

    switch (f->type) {
    case FIELD_NUMBER:
        return str_to_i64(s, f->min, INT64_MAX, &number) == 0;
    case FIELD_FLAG:
        return str_eq(s, STR("yes")) || str_eq(s, STR("no"));
    case FIELD_DAY:
        return day_parse_iso(s, &day) == 0;
    case FIELD_MONTH:
        return month_parse_iso(s, &month) == 0;
    case FIELD_INSTANT:
        return instant_parse(s, &instant) == 0;
    case FIELD_DURATION:
        return duration_parse(s, &duration) == 0;
    case FIELD_CHOICE:
        return choice_has(f, s.at);
    case FIELD_LABEL:
        for (size_t i = 0; i < sc->rd->pack->n_labels; i++) {
            if (str_eq(s, str_of(sc->rd->pack->labels[i].id)))
                return true;
        }
        return false;
    case FIELD_POST:
        for (size_t i = 0; i < sc->rd->pack->n_posts; i++) {
            if (str_eq(s, str_of(sc->rd->pack->posts[i].id)))
                return true;
        }
        return false;
    case FIELD_TEXT:
    case FIELD_LONG_TEXT:
    case FIELD_URL:
    case FIELD_ACCOUNT:
    case FIELD_PERSON:
    case FIELD_UNIT:
        return s.len > 0;
    case FIELD_RECORD:
    case FIELD_FILE:
    case FIELD_DIGEST:
    case FIELD_SECRET:
    case FIELD_CHECKLIST:
    case FIELD_GROUP:
    case FIELD_LIST:
        return false;
    }
    return false;
}

bool literal_fits(const struct scope *sc, struct word w, const struct field *field)
{
    const char *names[256];
    size_t n = 0;

    if (field->of_id != NULL && field->of_id[0] != '\0') {
        problem(&sc->rd->src, w.at, MSG_PACK_DIGEST_LITERAL, {"field", str_of(field->id)});
        return false;
    }

    if (literal_reads(sc, str_of(w.text), field))
        return true;
    for (; n < field->n_choices && n < ARRAY_LEN(names); n++)
        names[n] = field->choices[n].id;
    problem(&sc->rd->src, w.at, MSG_PACK_LITERAL, {"given", str_head(w.text, 80)}, {"field", str_of(field->id)},
            {"type", str_of(type_names[field->type])}, did_you_mean(&sc->rd->src, w.text, names, n, MSG_MEAN_VALUE));
    return false;
}

bool ref_wants(const struct scope *sc, const struct ref *ref, unsigned types)
{
    struct field type;
    struct buf wanted;
    bool is_known = type_of(sc, ref, &type);
    bool is_first = true;

    if (is_known && (TYPE_BIT(type.type) & types) != 0)
        return true;
    buf_init(&wanted, 512);
    for (unsigned t = FIELD_TEXT; t <= FIELD_LIST; t++) {
        struct field candidate = {.id = "", .type = t, .min = INT64_MIN};

        if ((TYPE_BIT(t) & types) == 0)
            continue;
        if (!is_known && literal_reads(sc, str_of(ref->text), &candidate)) {
            buf_done(&wanted);
            return true;
        }
        (void)buf_printf(&wanted, "%s%s", is_first ? "" : " or ", type_names[t]);
        is_first = false;
    }
    problem(&sc->rd->src, ref->at, MSG_PACK_REF_TYPE, {"given", str_of(written(ref))}, {.name = "type", .value = str_of(is_known ? type_names[type.type] : NULL), .is_word = !is_known, .word = MSG_PACK_WORD_LITERAL},
            {"wanted", buf_str(&wanted)});
    buf_done(&wanted);
    return false;
}

/* A value of type `from` can stand where `to` is wanted. */
static bool same_type(const struct field *from, const struct field *to)
{
    if (from->type == FIELD_LIST && to->type == FIELD_LIST)
        return from->n_fields == 1 && to->n_fields == 1 && from->fields[0].type != FIELD_LIST && same_type(&from->fields[0], &to->fields[0]);
    if (from->type == FIELD_SECRET || to->type == FIELD_SECRET)
        return false; /* it is judged as it is set, and goes nowhere */
    if (from->type != FIELD_DIGEST && to->type != FIELD_DIGEST && field_is_keyed(from) != field_is_keyed(to))
        return false; /* one stands in clear, the other by what stands for it */
    if ((TYPE_BIT(to->type) & TEXT_LIKE) != 0 && (TYPE_BIT(from->type) & (TEXT_LIKE | TYPE_BIT(FIELD_CHOICE))) != 0)
        return true;
    /* Choices that come from outside the register, as a state or a parameter. */
    if (to->type == FIELD_CHOICE && from->type == FIELD_TEXT && from->choices == NULL)
        return true;
    if (from->type != to->type)
        return false;
    if (to->type == FIELD_RECORD)
        return to->reg == NULL || from->reg == to->reg;
    if (to->type == FIELD_CHOICE) {
        for (size_t i = 0; i < from->n_choices; i++) {
            if (!choice_has(to, from->choices[i].id))
                return false;
        }
    }
    if (to->type == FIELD_GROUP) {
        if (from->n_fields != to->n_fields)
            return false;
        for (size_t i = 0; i < from->n_fields; i++) {
            if (from->fields[i].type != to->fields[i].type || strcmp(from->fields[i].id, to->fields[i].id) != 0)
                return false;
        }
    }
    return true;
}

static bool mismatch(const struct scope *sc, const struct ref *ref, const struct field *from, const struct field *to)
{
    bool same = from->type == to->type;

    problem(&sc->rd->src, ref->at, MSG_PACK_REF_FITS, {"given", str_of(written(ref))}, {"type", str_of(type_names[from->type])},
            {.name = "kind", .is_word = same, .word = MSG_PACK_PART_KIND}, {"field", str_of(to->id)}, {"wanted", str_of(type_names[to->type])});
    return false;
}

bool ref_fits(const struct scope *sc, const struct ref *ref, const struct field *field)
{
    struct field type;

    if (!type_of(sc, ref, &type))
        return literal_fits(sc, (struct word){ref->text, ref->at}, field);
    return same_type(&type, field) || mismatch(sc, ref, &type, field);
}

bool ref_fits_one_of(const struct scope *sc, const struct ref *ref, const struct field *field)
{
    struct field type;

    if (type_of(sc, ref, &type) && type.type == FIELD_LIST && type.n_fields == 1 && same_type(&type.fields[0], field))
        return true;
    return ref_fits(sc, ref, field);
}

bool refs_comparable(const struct scope *sc, const struct ref *a, const struct ref *b)
{
    struct field ta, tb;

    if (a->kind == REF_LITERAL && b->kind == REF_LITERAL) {
        problem(&sc->rd->src, b->at, MSG_PACK_LITERALS_TWO);
        return false;
    }
    if (!type_of(sc, a, &ta) || !type_of(sc, b, &tb))
        return ref_fits(sc, b->kind == REF_LITERAL ? b : a, b->kind == REF_LITERAL ? &ta : &tb);
    return same_type(&ta, &tb) || same_type(&tb, &ta) || mismatch(sc, b, &tb, &ta);
}

static struct field element_of(const struct field *f)
{
    struct field one = f->type == FIELD_LIST && f->n_fields == 1 ? f->fields[0] : *f;

    if (one.type == FIELD_CHECKLIST)
        one.type = FIELD_CHOICE;
    return one;
}

bool ref_element(const struct scope *sc, const struct ref *ref, struct field *ret)
{
    struct field whole;

    if (!type_of(sc, ref, &whole))
        return false;
    *ret = element_of(&whole);
    return true;
}

bool ref_element_wants(const struct scope *sc, const struct ref *ref, enum field_type type)
{
    struct field whole;

    if (type_of(sc, ref, &whole) && element_of(&whole).type == type)
        return true;
    problem(&sc->rd->src, ref->at, MSG_PACK_SET_TYPE, {"given", str_of(written(ref))}, {"type", str_of(type_names[type])});
    return false;
}

bool refs_share_elements(const struct scope *sc, const struct ref *a, const struct ref *b)
{
    struct field ta, tb, ea, eb;

    if (!type_of(sc, a, &ta) || !type_of(sc, b, &tb)) {
        problem(&sc->rd->src, b->at, MSG_PACK_SET_LITERAL);
        return false;
    }
    ea = element_of(&ta);
    eb = element_of(&tb);
    if (ea.type != FIELD_GROUP && (same_type(&ea, &eb) || same_type(&eb, &ea)))
        return true;
    problem(&sc->rd->src, b->at, MSG_PACK_SETS_APART, {"one", str_of(written(b))}, {"type", str_of(type_names[eb.type])},
            {"other", str_of(written(a))}, {"type_other", str_of(type_names[ea.type])});
    return false;
}

const struct reg *ref_register(const struct scope *sc, const struct ref *ref)
{
    struct field type;

    if (ref->kind == REF_NONE)
        return sc->reg;
    return type_of(sc, ref, &type) && type.type == FIELD_RECORD ? type.reg : NULL;
}

bool field_is_sealed(const struct field *f)
{
    return f->personal || f->type == FIELD_LONG_TEXT || f->type == FIELD_FILE;
}

bool ref_is_open(const struct scope *sc, const struct ref *ref)
{
    if ((ref->kind != REF_FIELD && ref->kind != REF_ROW) || ref->property != PROP_NONE || !field_is_sealed(ref->hops[ref->n_hops - 1]))
        return true;
    problem(&sc->rd->src, ref->at, MSG_PACK_REF_SEALED, {"given", str_of(ref->text)});
    return false;
}

bool ref_own_unit(const struct scope *sc, struct place at, struct ref *ret)
{
    if (sc->reg->unit_field == NULL) {
        problem(&sc->rd->src, at, MSG_PACK_ROLE_BY_UNIT, {"register", str_of(sc->reg->id)});
        return false;
    }
    *ret = (struct ref){.kind = REF_FIELD, .text = sc->reg->unit_field->id, .hops = {sc->reg->unit_field}, .n_hops = 1, .at = at};
    return true;
}
