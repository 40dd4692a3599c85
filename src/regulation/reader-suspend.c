/* What an open record lifts (section 8): which clauses, for whom and how long, and the record that each act under it makes. */
#include "regulation/reader.h"

struct raw_suspend {
    struct words in, clauses;
    const struct node *during, *lifts, *review;
    struct word scope;
};
struct raw_lift {
    struct word item;
    struct words clauses;
};
struct raw_review {
    struct word reg, state, act, about;
    const struct node *set;
};

static const struct key lift_keys[] = {
    {"item", KEY_ID, offsetof(struct raw_lift, item), KEY_REQUIRED, "An item of the scope."},
    {"clauses", KEY_WORDS, offsetof(struct raw_lift, clauses), KEY_REQUIRED,
     "What is not asked while it is ticked."},
};
static const struct shape lift_shape = SHAPE(LIFTING, lift_keys);
static const struct key review_keys[] = {
    {"create", KEY_ID, offsetof(struct raw_review, reg), KEY_REQUIRED,
     "The register that gets a record of each act."},
    {"state", KEY_ID, offsetof(struct raw_review, state), KEY_REQUIRED, "Its first state."},
    {"set", KEY_NAMED, offsetof(struct raw_review, set), 0,
     "Its fields; what is named is the suspending record's.", NULL, &ref_shape},
    {"act", KEY_ID, offsetof(struct raw_review, act), KEY_REQUIRED,
     "The text that says what was done, and which clauses were not asked."},
    {"case", KEY_ID, offsetof(struct raw_review, about), KEY_REQUIRED,
     "The field, a record of any register, that names on what."},
};
static const struct shape review_shape = SHAPE(REVIEW, review_keys);
static const struct key suspend_keys[] = {
    {"in", KEY_IDS, offsetof(struct raw_suspend, in), KEY_REQUIRED,
     "States in which a record suspends."},
    {"during", KEY_MAP, offsetof(struct raw_suspend, during), KEY_REQUIRED,
     "From when to when: {from, to}.", NULL, &during_shape},
    {"scope", KEY_ID, offsetof(struct raw_suspend, scope), KEY_REQUIRED,
     "The checklist whose items say what is lifted."},
    {"lifts", KEY_LIST, offsetof(struct raw_suspend, lifts), KEY_REQUIRED,
     "The clauses of each item.", NULL, &lift_shape},
    {"review", KEY_MAP, offsetof(struct raw_suspend, review), KEY_REQUIRED,
     "What each act under it leaves behind.", NULL, &review_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_suspend, clauses), 0, "Clauses that permit it."},
};
const struct shape suspend_shape = SHAPE(SUSPENSION, suspend_keys);

static const struct named *item_of(const struct field *scope, const char *id)
{
    for (size_t i = 0; i < scope->n_choices; i++) {
        if (strcmp(scope->choices[i].id, id) == 0)
            return &scope->choices[i];
    }
    return NULL;
}

static void read_lift(struct reading *rd, const struct node *n, struct suspension *s)
{
    struct raw_lift raw = {0};
    struct lift *l = &s->lifts[s->n_lifts];
    const struct named *item;

    if (!shape_read(&rd->src, n, &lift_shape, &raw))
        return;
    item = item_of(s->scope, raw.item.text);
    if (item == NULL) {
        problem(&rd->src, raw.item.at, MSG_PACK_NO_ITEM, {"given", str_of(raw.item.text)}, {"field", str_of(s->scope->id)});
        return;
    }
    for (size_t i = 0; i < s->n_lifts; i++) {
        if (strcmp(s->lifts[i].item, item->id) == 0)
            problem(&rd->src, raw.item.at, MSG_PACK_ITEM_TWICE, {"item", str_of(item->id)});
    }
    if (raw.clauses.n == 0)
        problem(&rd->src, raw.clauses.node->at, MSG_PACK_ITEM_EMPTY, {"item", str_of(item->id)});
    *l = (struct lift){.item = item->id, .at = n->at};
    if (read_clauses(rd, &raw.clauses, &l->clauses))
        s->n_lifts++;
}

static void read_lifts(struct reading *rd, const struct node *list, struct suspension *s)
{
    s->lifts = source_alloc(&rd->src, list->n, sizeof(*s->lifts));
    for (const struct node *n = list->first; s->lifts != NULL && n != NULL; n = n->next)
        read_lift(rd, n, s);
}

static const struct field *read_field(struct reading *rd, const struct reg *reg, struct word w,
                                      enum field_type type)
{
    const struct field *f = want_field(rd, reg, w);

    if (f != NULL && f->type != type)
        problem(&rd->src, w.at, MSG_PACK_SUSPEND_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))},
                {"wanted", str_of(field_type_name(type))});
    return f != NULL && f->type == type ? f : NULL;
}

static void read_review(const struct rule *rule, const struct node *n, struct suspension *s)
{
    struct reading *rd = rule->sc.rd;
    struct raw_review raw = {0};
    const struct state *state;

    if (!shape_read(&rd->src, n, &review_shape, &raw))
        return;
    s->reviewed = want_reg(rd, raw.reg);
    if (s->reviewed == NULL)
        return;
    state = want_state(rd, s->reviewed->procedure, raw.state);
    s->state = state != NULL ? state->id : "";
    s->act_field = read_field(rd, s->reviewed, raw.act, FIELD_TEXT);
    s->case_field = read_field(rd, s->reviewed, raw.about, FIELD_RECORD);
    if (s->case_field != NULL && s->case_field->reg != NULL)
        problem(&rd->src, raw.about.at, MSG_PACK_SUSPEND_ANY, {"field", str_of(s->case_field->id)}, {"register", str_of(s->case_field->reg->id)});
    if (s->act_field != NULL && s->act_field->personal)
        problem(&rd->src, raw.act.at, MSG_PACK_SUSPEND_ACT, {"field", str_of(s->act_field->id)});
    if (raw.set != NULL)
        sets_read(rule, s->reviewed, raw.set, &s->sets, &s->n_sets);
}

void suspend_read(struct reading *rd, struct procedure *p, const struct node *n)
{
    struct rule rule = {.sc = {.rd = rd, .reg = p->reg, .proc = p}};
    struct raw_suspend raw = {0};
    struct suspension *s = source_alloc(&rd->src, 1, sizeof(*s));

    if (s == NULL || !shape_read(&rd->src, n, &suspend_shape, &raw))
        return;
    *s = (struct suspension){.unit = p->reg->unit_field, .state = "", .at = n->at};
    rule.id = source_printf(&rd->src, "%s:suspend", p->reg->id);
    IGNORE(!read_clauses(rd, &raw.clauses, &s->clauses), "reported");
    rule.clauses = s->clauses;
    if (s->unit == NULL)
        problem(&rd->src, n->key_at, MSG_PACK_SUSPEND_UNIT, {"register", str_of(p->reg->id)});
    if (raw.in.n == 0)
        problem(&rd->src, raw.in.node->at, MSG_PACK_SUSPEND_STATE);
    IGNORE(!want_states(rd, p, &raw.in, &s->in_states, &s->n_in_states), "reported");
    if (during_read(&rule, p->reg, raw.during, &s->during)) {
        if (s->during->to == NULL)
            problem(&rd->src, raw.during->at, MSG_PACK_SUSPEND_ENDS);
        if (node_get(raw.during, "at") != NULL)
            problem(&rd->src, raw.during->at, MSG_PACK_SUSPEND_AT);
    }
    s->scope = read_field(rd, p->reg, raw.scope, FIELD_CHECKLIST);
    if (s->scope != NULL)
        read_lifts(rd, raw.lifts, s);
    read_review(&rule, raw.review, s);
    if (s->unit != NULL)
        reader_field(rd, p->reg, s->unit->id)->indexed = true;
    p->suspends = s;
}
