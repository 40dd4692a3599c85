/* What a record of this directive asks of acts under another one (section 8): whose acts, on which records of that directive, and the
 * conditions. The other directive is not read here: its acts and fields are names. */
#include "regulation/reader.h"

#define PATH_MAX_STEPS 3

struct raw_constraint {
    struct word id, directive;
    struct words acts, in, clauses;
    const struct node *match, *requires;
};

static const struct key constrain_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_constraint, id), KEY_REQUIRED, "Its name."},
    {"directive", KEY_ID, offsetof(struct raw_constraint, directive), KEY_REQUIRED, "The directive whose acts are asked."},
    {"do", KEY_WORDS, offsetof(struct raw_constraint, acts), KEY_REQUIRED, "Its acts: REGISTER/STEP."},
    {"match", KEY_NAMED, offsetof(struct raw_constraint, match), KEY_REQUIRED,
     "Fields of this register, and where their values stand in the record of the other directive: a field, FIELD.FIELD, or id."},
    {"in", KEY_IDS, offsetof(struct raw_constraint, in), 0, "States of the record that is matched; without it any."},
    {"requires", KEY_LIST, offsetof(struct raw_constraint, requires), KEY_REQUIRED, "What must hold of the record that is matched.", NULL, &cond_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_constraint, clauses), 0, "Clauses that ask it."},
};
const struct shape constrain_shape = SHAPE(CONSTRAINT, constrain_keys);

/* So many pieces at most, all of them ids. */
static bool pieces_ok(struct source *src, const char *text, char between, size_t least, size_t most)
{
    struct str rest = str_of(text), piece = STR_NONE;
    size_t n = 0;

    while (str_split(&rest, between, &piece)) {
        const char *id = source_printf(src, "%.*s", STR_ARG(piece));

        if (id == NULL || !id_is_valid(id) || n++ == most)
            return false;
    }
    return n >= least;
}

static void read_acts(struct reading *rd, const struct words *w, struct constraint *c)
{
    c->acts = source_alloc(&rd->src, w->n, sizeof(*c->acts));
    for (size_t i = 0; c->acts != NULL && i < w->n; i++) {
        if (pieces_ok(&rd->src, w->at[i].text, '/', 2, 2))
            c->acts[c->n_acts++] = w->at[i].text;
        else
            problem(&rd->src, w->at[i].at, MSG_PACK_NO_STEP_NAME, {"given", str_head(w->at[i].text, 80)});
    }
    if (w->n == 0)
        problem(&rd->src, w->node->at, MSG_PACK_NO_ACT);
}

static void read_match(struct reading *rd, const struct procedure *p, const struct node *n, struct constraint *c)
{
    struct source *src = &rd->src;
    struct field *f;

    if (!node_is(src, n, NODE_TEXT, what_key(n->key)))
        return;
    if (want_field(rd, p->reg, (struct word){n->key, n->key_at}) == NULL)
        return;
    f = reader_field(rd, p->reg, n->key);
    if (!pieces_ok(src, n->text, '.', 1, PATH_MAX_STEPS)) {
        problem(src, n->at, MSG_PACK_NO_VALUE_OF, {"given", str_head(n->text, 80)});
    } else if (f->personal || f->type == FIELD_LONG_TEXT || f->type == FIELD_FILE || f->type == FIELD_SECRET || f->type == FIELD_GROUP || f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) {
        problem(src, n->key_at, MSG_PACK_NOT_SEARCHED, {"field", str_of(f->id)});
    } else {
        f->indexed = true;
        c->matches[c->n_matches++] = (struct match){.field = f, .path = n->text};
    }
}

static void read_one(struct reading *rd, struct procedure *p, const struct node *n, struct constraint *c)
{
    struct rule rule = {.sc = {.rd = rd, .reg = p->reg, .proc = p}};
    struct raw_constraint raw = {0};

    if (!shape_read(&rd->src, n, &constrain_shape, &raw))
        return;
    *c = (struct constraint){.id = raw.id.text, .directive = raw.directive.text, .at = n->at};
    for (const struct constraint *other = p->constrains; other < c; other++) {
        if (other->id != NULL && strcmp(other->id, c->id) == 0)
            problem(&rd->src, raw.id.at, MSG_PACK_CONSTRAINT_TWICE, {"constraint", str_of(c->id)});
    }
    c->rule = source_printf(&rd->src, "%s=%s", p->reg->id, c->id);
    if (c->rule == NULL)
        return;
    if (strcmp(c->directive, rd->pack->id) == 0)
        problem(&rd->src, raw.directive.at, MSG_PACK_OWN_DIRECTIVE, {"directive", str_of(c->directive)});
    IGNORE(!read_clauses(rd, &raw.clauses, &c->clauses), "reported");
    rule.clauses = c->clauses;
    read_acts(rd, &raw.acts, c);
    if (raw.in.node != NULL)
        IGNORE(!want_states(rd, p, &raw.in, &c->in_states, &c->n_in_states), "reported");
    c->matches = source_alloc(&rd->src, raw.match->n, sizeof(*c->matches));
    for (const struct node *m = named_first(&rd->src, raw.match); c->matches != NULL && m != NULL; m = named_next(&rd->src, m))
        read_match(rd, p, m, c);
    if (raw.match->n == 0)
        problem(&rd->src, raw.match->at, MSG_PACK_MATCH_NONE);
    c->conds = source_alloc(&rd->src, raw.requires->n, sizeof(*c->conds));
    for (const struct node *m = raw.requires->first; c->conds != NULL && m != NULL; m = m->next) {
        char *id = source_printf(&rd->src, "%s#%zu", c->rule, c->n_conds + 1);

        if (id != NULL && (c->conds[c->n_conds] = cond_read(&rule, id, m)) != NULL)
            c->n_conds++;
    }
}

void constrains_read(struct reading *rd, struct procedure *p, const struct node *list)
{
    p->constrains = source_alloc(&rd->src, list->n, sizeof(*p->constrains));
    for (const struct node *n = list->first; p->constrains != NULL && n != NULL; n = n->next)
        read_one(rd, p, n, &p->constrains[p->n_constrains++]);
}
