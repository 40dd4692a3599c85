/* Effects (section 8): what a step or a missed obligation does. */
#include "regulation/reader.h"

struct raw_effect {
    const struct node *set, *of, *move, *where, *tell, *dispose, *for_each, *only_if;
    struct word to, move_all, create, copy, state, link, lock, unlock, todo, into;
    struct words in, clauses;
    struct text2 why, about;
    enum yes urgent;
};
struct raw_told {
    const struct node *person;
};

/* What can stand in the text of a notice. */
#define PLACE_TYPES                                                                                                    \
    (TYPE_BIT(FIELD_TEXT) | TYPE_BIT(FIELD_NUMBER) | TYPE_BIT(FIELD_CHOICE) | TYPE_BIT(FIELD_DAY) |                     \
     TYPE_BIT(FIELD_MONTH) | TYPE_BIT(FIELD_INSTANT) | TYPE_BIT(FIELD_DURATION) | TYPE_BIT(FIELD_PERSON) | TYPE_BIT(FIELD_UNIT) | TYPE_BIT(FIELD_POST) |                   \
     TYPE_BIT(FIELD_RECORD) | TYPE_BIT(FIELD_URL) | TYPE_BIT(FIELD_ACCOUNT))

#define KEY(name, type, member, help) {name, type, offsetof(struct raw_effect, member), 0, help}
static const struct key effect_keys[] = {
    {"set", KEY_NAMED, offsetof(struct raw_effect, set), 0, "Fields and their new values.", NULL, &ref_shape},
    KEY("of", KEY_NODE, of, "The record that is meant; for tell the unit."),
    KEY("move", KEY_NODE, move, "The record that changes its state."),
    KEY("to", KEY_ID, to, "The state it goes to."),
    KEY("move_all", KEY_ID, move_all, "The register whose records change their state."),
    {"where", KEY_NAMED, offsetof(struct raw_effect, where), 0, "Which of them.", NULL, &ref_shape},
    KEY("in", KEY_IDS, in, "In which states they are."),
    KEY("create", KEY_ID, create, "The register that gets a new record."),
    KEY("copy", KEY_ID, copy, "The register that gets a copy."),
    KEY("state", KEY_ID, state, "Its first state."),
    KEY("for_each", KEY_NODE, for_each, "One for each row of this group, or element of this list."),
    KEY("link", KEY_ID, link, "The field that takes its id."),
    KEY("lock", KEY_ID, lock, "The lock that is put on."),
    KEY("unlock", KEY_ID, unlock, "The lock that is taken off."),
    KEY("why", KEY_TEXT, why, "Why it is locked."),
    {"tell", KEY_LIST, offsetof(struct raw_effect, tell), 0, "Who gets a notice.", NULL, &told_shape},
    KEY("about", KEY_TEXT, about, "What the notice says."),
    KEY("do", KEY_WORD, todo, "What the told shall do: REGISTER/STEP."),
    KEY("urgent", KEY_YES, urgent, "At once and marked."),
    KEY("dispose", KEY_NODE, dispose, "The records whose keys are destroyed."),
    KEY("into", KEY_ID, into, "The field whose rows say what stays of them."),
    {"if", KEY_MAP, offsetof(struct raw_effect, only_if), 0, "Done only when this holds.", NULL, &cond_shape},
    KEY("clauses", KEY_WORDS, clauses, "Clauses that ask it; default: those of the step."),
};
const struct shape effect_shape = SHAPE(EFFECT, effect_keys);
static const struct key told_keys[] = {
    {"person", KEY_NODE, offsetof(struct raw_told, person), KEY_REQUIRED, "The person who is told."},
};
const struct shape told_shape = SHAPE(RECEIVER, told_keys);

static const struct effect_row {
    const char *head;
    enum effect_kind kind;
    const char *needs[2], *also[4];
} rows[] = {
    {"move", EFFECT_MOVE, {"to"}, {NULL}},
    {"move_all", EFFECT_MOVE_ALL, {"to"}, {"where", "in"}},
    {"create", EFFECT_CREATE, {"state"}, {"set", "link", "for_each"}},
    {"copy", EFFECT_COPY, {"state"}, {"set"}},
    {"lock", EFFECT_LOCK, {"why"}, {"of"}},
    {"unlock", EFFECT_UNLOCK, {NULL}, {"of"}},
    {"tell", EFFECT_TELL, {"about"}, {"of", "urgent", "do"}},
    {"dispose", EFFECT_DISPOSE, {NULL}, {"into"}},
    {"set", EFFECT_SET, {NULL}, {"of"}}, /* last: create and copy have it too */
};

/* ---- who is told ---- */

static bool told_role(const struct rule *rule, const struct node *n, const struct ref *of, struct told *told)
{
    struct reading *rd = rule->sc.rd;
    const struct proc_role *in_case = procedure_role(rule->sc.proc, n->text);
    struct word w;

    if (in_case != NULL) {
        told->role = in_case->role;
        told->of = of->kind != REF_NONE ? *of : in_case->of;
    } else {
        if (!read_id(&rd->src, n, &w))
            return false;
        told->role = want_role(rd, w);
        told->of = *of;
    }
    if (told->role == NULL)
        return false;
    if (!told->role->per_unit)
        told->of = (struct ref){.text = ""};
    else if (told->of.kind == REF_NONE)
        return ref_own_unit(&rule->sc, n->at, &told->of);
    return true;
}

static bool told_read(const struct rule *rule, const struct node *n, const struct ref *of, struct told *told)
{
    struct raw_told raw = {0};
    struct scope sc = rule->sc;

    *told = (struct told){.of = {.text = ""}, .person = {.text = ""}};
    if (n->kind == NODE_TEXT)
        return told_role(rule, n, of, told);
    sc.columns = true;
    return shape_read(&rule->sc.rd->src, n, &told_shape, &raw) && ref_read(&sc, raw.person, REF_ANY, &told->person) &&
           ref_element_wants(&sc, &told->person, FIELD_PERSON) && ref_is_open(&sc, &told->person);
}

void tolds_read(const struct rule *rule, const struct node *list, const struct node *of_node, struct told **ret, size_t *ret_n)
{
    struct source *src = &rule->sc.rd->src;
    struct told *tolds = source_alloc(src, list->n, sizeof(*tolds));
    struct ref of = {.text = ""};
    size_t n = 0;

    if (of_node != NULL && (!ref_read(&rule->sc, of_node, REF_ANY, &of) || !ref_wants(&rule->sc, &of, TYPE_BIT(FIELD_UNIT))))
        return;
    if (list->n == 0)
        problem(src, list->at, MSG_PACK_TOLD_NOBODY);
    for (const struct node *m = list->first; tolds != NULL && m != NULL; m = m->next) {
        if (told_read(rule, m, &of, &tolds[n]))
            n++;
    }
    *ret = tolds;
    *ret_n = n;
}

/* ---- what is said ---- */

static bool place_read(const struct rule *rule, struct str path, struct place at)
{
    struct source *src = &rule->sc.rd->src;
    struct node n = {.kind = NODE_TEXT, .text = source_printf(src, "%.*s", STR_ARG(path)), .at = at};
    struct ref ref;

    if (n.text == NULL || !ref_read(&rule->sc, &n, REF_FIELD_PATH, &ref))
        return false;
    if (ref.kind != REF_FIELD || ref.property != PROP_NONE) {
        problem(src, at, MSG_PACK_NOTICE_FIELD, {"given", str_of(n.text)}, {"example", STR("{unit}")});
        return false;
    }
    if (field_is_keyed(ref.hops[ref.n_hops - 1])) {
        problem(src, at, MSG_PACK_NOTICE_KEYED, {"given", str_of(n.text)});
        return false;
    }
    return ref_wants(&rule->sc, &ref, PLACE_TYPES) && ref_is_open(&rule->sc, &ref);
}

static void places_read(const struct rule *rule, const char *text, struct place at)
{
    struct str rest = str_of(text);
    size_t n = 0;

    for (const char *open; (open = memchr(rest.at, '{', rest.len)) != NULL; n++) {
        struct str behind = {open + 1, rest.len - (size_t)(open + 1 - rest.at)};
        const char *close = memchr(behind.at, '}', behind.len);

        if (close == NULL) {
            problem(&rule->sc.rd->src, at, MSG_PACK_NOTICE_BRACE, {"example", STR("{unit}")});
            return;
        }
        if (!place_read(rule, (struct str){behind.at, (size_t)(close - behind.at)}, at))
            return;
        rest = (struct str){close + 1, behind.len - (size_t)(close + 1 - behind.at)};
    }
    if (n > NOTICE_PLACES_MAX)
        problem(&rule->sc.rd->src, at, MSG_PACK_NOTICE_PLACES, {"n", NUMBER(n)}, {"max", NUMBER(NOTICE_PLACES_MAX)});
}

void notice_text_read(const struct rule *rule, struct text2 text, struct place at, struct text2 *ret)
{
    *ret = text.ja != NULL ? text : (struct text2){"", ""};
    places_read(rule, ret->ja, at);
    places_read(rule, ret->en, at);
}

/* ---- the kinds ---- */

/* What was measured may be copied on as it is to a field that the same measures, and nothing else put there. */
static bool is_measured(const struct ref *v, const struct field *to)
{
    const struct field *from = v->kind == REF_FIELD && v->n_hops > 0 ? v->hops[v->n_hops - 1] : NULL;

    return from != NULL && v->property == PROP_NONE && !v->has_shift && !v->has_clock && v->up_to == NULL && from->measured != 0 &&
           (from->measured & ~to->measured) == 0;
}

void sets_read(const struct rule *rule, const struct reg *target, const struct node *map,
               struct assignment **ret, size_t *ret_n)
{
    struct reading *rd = rule->sc.rd;
    struct assignment *sets = source_alloc(&rd->src, map->n, sizeof(*sets));
    size_t n = 0;

    for (const struct node *m = named_first(&rd->src, map); sets != NULL && m != NULL;
         m = named_next(&rd->src, m)) {
        struct assignment *a = &sets[n];

        a->field = want_field(rd, target, (struct word){m->key, m->key_at});
        if (a->field == NULL || !ref_read(&rule->sc, m, REF_ANY, &a->value) || !ref_fits(&rule->sc, &a->value, a->field))
            continue;
        if (a->field->measured != 0 && !is_measured(&a->value, a->field)) {
            problem(&rd->src, m->at, MSG_PACK_COPY_MEASURED, {"field", str_of(a->field->id)});
            continue;
        }
        if (!a->field->personal && !ref_is_open(&rule->sc, &a->value))
            continue;
        n++;
    }
    *ret = sets;
    *ret_n = n;
}

/* The record of an effect; *ret is the register it lies in, NULL when it may lie in any. */
static bool read_record(const struct rule *rule, const struct node *n, struct effect *e, const struct reg **ret)
{
    *ret = rule->sc.reg;
    if (n == NULL) {
        e->of = (struct ref){.kind = REF_THIS, .text = "", .at = e->at};
        return true;
    }
    if (!ref_read(&rule->sc, n, REF_ANY, &e->of) || !ref_wants(&rule->sc, &e->of, TYPE_BIT(FIELD_RECORD)))
        return false;
    if (!ref_is_open(&rule->sc, &e->of))
        return false;
    *ret = ref_register(&rule->sc, &e->of);
    return true;
}

static bool need_register(const struct rule *rule, const struct effect *e)
{
    if (e->reg == NULL)
        problem(&rule->sc.rd->src, e->of.at, MSG_PACK_EFFECT_ANY, {"given", str_of(e->of.text)});
    return e->reg != NULL;
}

static void read_target_state(const struct rule *rule, struct word w, struct effect *e)
{
    const struct state *s = e->reg != NULL ? want_state(rule->sc.rd, e->reg->procedure, w) : NULL;

    if (s != NULL)
        e->state = s->id;
}

/* What is walked, so that its rows are open to everybody who replays the ledger, and few enough for one act. */
static bool read_for_each(const struct rule *rule, const struct node *n, struct effect *e, const struct field **ret)
{
    struct source *src = &rule->sc.rd->src;
    const struct field *f;

    if (!ref_read(&rule->sc, n, REF_FIELD_PATH, &e->for_each) ||
        !ref_wants(&rule->sc, &e->for_each, TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_LIST)) || !ref_is_open(&rule->sc, &e->for_each))
        return false;
    f = e->for_each.hops[e->for_each.n_hops - 1];
    for (size_t i = 0; i < f->n_fields; i++) {
        if (field_is_sealed(&f->fields[i])) {
            problem(src, n->at, MSG_PACK_WALK_SEALED, {"field", str_of(f->id)}, {"column", str_of(f->fields[i].id)});
            return false;
        }
    }
    if (f->max > FOR_EACH_MAX) {
        problem(src, n->at, MSG_PACK_WALK_ROWS, {"field", str_of(f->id)}, {"rows", NUMBER(f->max)}, {"max", NUMBER(FOR_EACH_MAX)});
        return false;
    }
    *ret = f;
    return true;
}

static bool takes_record(const struct field *f, const struct reg *reg)
{
    return f->type == FIELD_RECORD && (f->reg == NULL || f->reg == reg);
}

/* One field for one record, a list of enough room for several. */
static void read_link(const struct rule *rule, struct word w, const struct field *walked, struct effect *e)
{
    struct source *src = &rule->sc.rd->src;
    const struct field *f = want_field(rule->sc.rd, rule->sc.reg, w);

    if (f == NULL)
        return;
    e->link = f;
    if (walked == NULL && !takes_record(f, e->reg))
        problem(src, w.at, MSG_PACK_LINK_TAKES, {"field", str_of(f->id)}, {"register", str_of(e->reg->id)});
    else if (walked != NULL && (f->type != FIELD_LIST || f->n_fields != 1 || !takes_record(&f->fields[0], e->reg) || f->max < walked->max))
        problem(src, w.at, MSG_PACK_LINK_EACH, {"field", str_of(f->id)}, {"register", str_of(e->reg->id)}, {"walked", str_of(walked->id)},
                {"max", NUMBER(walked->max)});
}

static void read_new_record(const struct rule *rule, const struct raw_effect *raw, struct effect *e)
{
    struct reading *rd = rule->sc.rd;
    const struct field *walked = NULL;
    struct rule inner = *rule;

    e->reg = want_reg(rd, e->kind == EFFECT_CREATE ? raw->create : raw->copy);
    if (e->reg == NULL)
        return;
    read_target_state(rule, raw->state, e);
    if (raw->for_each != NULL && !read_for_each(rule, raw->for_each, e, &walked))
        return;
    inner.sc.row = walked;
    if (raw->set != NULL)
        sets_read(&inner, e->reg, raw->set, &e->sets, &e->n_sets);
    if (raw->link.text != NULL)
        read_link(rule, raw->link, walked, e);
}

static void check_copy(const struct rule *rule, const struct raw_effect *raw, const struct effect *e)
{
    const struct field *source = reg_field(e->reg, "source"), *digest = reg_field(e->reg, "digest");

    if (source == NULL || source->type != FIELD_RECORD || (source->reg != NULL && source->reg != rule->sc.reg))
        problem(&rule->sc.rd->src, raw->copy.at, MSG_PACK_COPY_SOURCE, {"register", str_of(e->reg->id)}, {"of", str_of(rule->sc.reg->id)});
    if (digest == NULL || digest->type != FIELD_TEXT)
        problem(&rule->sc.rd->src, raw->copy.at, MSG_PACK_COPY_DIGEST, {"register", str_of(e->reg->id)});
}

/* What stays of a record that is disposed of, column by column. */
static const struct {
    const char *id;
    enum field_type type;
} stays[] = {
    {"number", FIELD_TEXT},      {"register", FIELD_TEXT},  {"form", FIELD_TEXT},
    {"completed_on", FIELD_DAY}, {"kept_until", FIELD_DAY}, {"basis", FIELD_TEXT},
};

static bool can_stay(const struct field *f)
{
    for (size_t i = 0; i < ARRAY_LEN(stays); i++) {
        if (strcmp(f->id, stays[i].id) == 0)
            return f->type == stays[i].type && !f->personal;
    }
    return false;
}

static void read_into(const struct rule *rule, struct word w, const struct ref *of, struct effect *e)
{
    struct source *src = &rule->sc.rd->src;
    const struct field *list = of->kind == REF_FIELD ? of->hops[of->n_hops - 1] : NULL;
    const struct field *f = want_field(rule->sc.rd, rule->sc.reg, w);
    bool has_number = false;

    if (f == NULL)
        return;
    if (f->type != FIELD_GROUP || f->personal) {
        problem(src, w.at, MSG_PACK_STAYS_GROUP, {"field", str_of(f->id)});
        return;
    }
    for (size_t i = 0; i < f->n_fields; i++) {
        has_number = has_number || strcmp(f->fields[i].id, "number") == 0;
        if (!can_stay(&f->fields[i]))
            problem(src, w.at, MSG_PACK_STAYS_COLUMN, {"field", str_of(f->id)}, {"column", str_of(f->fields[i].id)});
    }
    if (!has_number)
        problem(src, w.at, MSG_PACK_STAYS_NUMBER, {"field", str_of(f->id)});
    if (list != NULL && list->type == FIELD_LIST && f->max < list->max)
        problem(src, w.at, MSG_PACK_STAYS_ROWS, {"field", str_of(f->id)}, {"list", str_of(list->id)}, {"max", NUMBER(list->max)});
    e->link = f;
}

static void read_dispose(const struct rule *rule, const struct node *n, struct effect *e)
{
    const struct field *f;

    if (!ref_read(&rule->sc, n, REF_ANY, &e->of) || !ref_wants(&rule->sc, &e->of, TYPE_BIT(FIELD_RECORD) | TYPE_BIT(FIELD_LIST)))
        return;
    f = e->of.kind == REF_FIELD && e->of.property == PROP_NONE ? e->of.hops[e->of.n_hops - 1] : NULL;
    if (f != NULL && f->type == FIELD_LIST && (f->n_fields != 1 || f->fields[0].type != FIELD_RECORD))
        problem(&rule->sc.rd->src, e->of.at, MSG_PACK_NOT_RECORDS, {"field", str_of(f->id)});
}

static void read_kind(const struct rule *rule, const struct raw_effect *raw, struct effect *e)
{
    const struct reg *reg = NULL;

    switch (e->kind) {
    case EFFECT_SET:
        if (read_record(rule, raw->of, e, &e->reg) && need_register(rule, e))
            sets_read(rule, e->reg, raw->set, &e->sets, &e->n_sets);
        break;
    case EFFECT_MOVE:
        if (read_record(rule, raw->move, e, &e->reg) && need_register(rule, e))
            read_target_state(rule, raw->to, e);
        break;
    case EFFECT_MOVE_ALL:
        e->reg = want_reg(rule->sc.rd, raw->move_all);
        if (e->reg == NULL)
            break;
        read_target_state(rule, raw->to, e);
        IGNORE(!want_states(rule->sc.rd, e->reg->procedure, &raw->in, &e->in_states, &e->n_in_states), "reported");
        if (raw->where != NULL)
            IGNORE(!wheres_read(rule, e->reg, raw->where, &e->wheres, &e->n_wheres, NULL), "reported");
        break;
    case EFFECT_CREATE:
    case EFFECT_COPY:
        read_new_record(rule, raw, e);
        if (e->kind == EFFECT_COPY && e->reg != NULL)
            check_copy(rule, raw, e);
        break;
    case EFFECT_LOCK:
    case EFFECT_UNLOCK:
        e->lock = e->kind == EFFECT_LOCK ? raw->lock.text : raw->unlock.text;
        IGNORE(!read_record(rule, raw->of, e, &reg), "reported");
        break;
    case EFFECT_TELL:
        tolds_read(rule, raw->tell, raw->of, &e->tolds, &e->n_tolds);
        notice_text_read(rule, raw->about, e->at, &e->text);
        if (raw->todo.text != NULL)
            e->todo = todo_read(rule->sc.rd, raw->todo);
        break;
    case EFFECT_DISPOSE:
        read_dispose(rule, raw->dispose, e);
        if (raw->into.text != NULL)
            read_into(rule, raw->into, &e->of, e);
        break;
    }
}

/* ---- all of them ---- */

static bool among(const char *const *names, size_t n, const char *key)
{
    for (size_t i = 0; i < n && names[i] != NULL; i++) {
        if (strcmp(names[i], key) == 0)
            return true;
    }
    return false;
}

static const struct effect_row *row_of(struct source *src, const struct node *n)
{
    static const char *const modifiers[] = {"if", "clauses"};
    const struct effect_row *row = NULL;

    for (size_t i = 0; i < ARRAY_LEN(rows) && row == NULL; i++) {
        if (node_get(n, rows[i].head) != NULL)
            row = &rows[i];
    }
    if (row == NULL) {
        problem(src, n->at, MSG_PACK_EFFECT_NONE);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(row->needs) && row->needs[i] != NULL; i++) {
        if (node_get(n, row->needs[i]) == NULL) {
            problem(src, n->at, MSG_PACK_EFFECT_NEEDS, {"effect", str_of(row->head)}, {"key", str_of(row->needs[i])});
            return NULL;
        }
    }
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        if (strcmp(m->key, row->head) == 0 || among(row->needs, ARRAY_LEN(row->needs), m->key) ||
            among(row->also, ARRAY_LEN(row->also), m->key) || among(modifiers, ARRAY_LEN(modifiers), m->key))
            continue;
        problem(src, m->key_at, MSG_PACK_EFFECT_BESIDE, {"key", str_of(m->key)}, {"effect", str_of(row->head)});
        return NULL;
    }
    return row;
}

static bool effect_read(const struct rule *rule, const struct node *n, size_t no, struct effect *e)
{
    struct reading *rd = rule->sc.rd;
    struct raw_effect raw = {0};
    const struct effect_row *row;
    struct rule inner = *rule;

    if (!shape_read(&rd->src, n, &effect_shape, &raw))
        return false;
    row = row_of(&rd->src, n);
    if (row == NULL)
        return false;
    *e = (struct effect){.kind = row->kind, .of = {.text = ""}, .for_each = {.text = ""}, .state = "", .lock = "", .urgent = raw.urgent == YES_YES,
                         .text = {"", ""}, .clauses = rule->clauses, .at = n->at};
    if (raw.why.ja != NULL || raw.about.ja != NULL)
        e->text = raw.why.ja != NULL ? raw.why : raw.about;
    e->rule = source_printf(&rd->src, "%s>%zu", rule->id, no);
    if (e->rule == NULL)
        return false;
    if (raw.clauses.node != NULL)
        IGNORE(!read_clauses(rd, &raw.clauses, &e->clauses), "reported");
    inner.clauses = e->clauses;
    if (raw.only_if != NULL) {
        char *id = source_printf(&rd->src, "%s?", e->rule);

        e->only_if = id != NULL ? cond_read(&inner, id, raw.only_if) : NULL;
    }
    read_kind(&inner, &raw, e);
    return true;
}

void effects_read(const struct rule *rule, const struct node *list, struct effect **ret, size_t *ret_n)
{
    struct effect *effects;
    size_t n = 0, no = 1;

    *ret = NULL;
    *ret_n = 0;
    if (list == NULL)
        return;
    effects = source_alloc(&rule->sc.rd->src, list->n, sizeof(*effects));
    for (const struct node *m = list->first; effects != NULL && m != NULL; m = m->next, no++) {
        if (effect_read(rule, m, no, &effects[n]))
            n++;
    }
    *ret = effects;
    *ret_n = n;
}
