/* procedures/NAME.yaml (section 8): states, roles, periods, steps. Shells first, so that procedures can name each other's states
 * and steps. */
#include "regulation/reader.h"

struct raw_procedure {
    struct word format, id, reg;
    struct text2 title;
    const struct node *states, *succeed, *roles, *separate, *periods, *conditions, *steps, *corrections,
        *obligations, *suspend, *constrains;
    struct words ends, clauses;
};
struct raw_proc_role {
    struct word holds;
    const struct node *of;
    struct words clauses;
};
struct raw_separate {
    struct words roles, clauses;
};
struct raw_period {
    const struct node *from, *to, *at_most;
    struct words clauses;
};
struct raw_step {
    struct word act, to, does;
    struct text2 title;
    struct words from, by, asks, signs, clauses;
    const struct node *requires, *then, *ticket;
    enum yes waits, confirm, lowers, manifest;
};
struct raw_correction {
    struct words fields, in, by, clauses;
    const struct node *requires;
};

#define KEY(raw, name, type, member, flags, help) {name, type, offsetof(struct raw, member), flags, help}
static const struct key role_keys[] = {
    KEY(raw_proc_role, "holds", KEY_ID, holds, KEY_REQUIRED, "The role of org.yaml that he must hold."),
    KEY(raw_proc_role, "of", KEY_NODE, of, 0, "The unit in which he holds it."),
    KEY(raw_proc_role, "clauses", KEY_WORDS, clauses, 0, "Clauses that give him the part."),
};
static const struct shape role_shape = SHAPE(ROLE, role_keys);
static const struct key separate_keys[] = {
    KEY(raw_separate, "roles", KEY_IDS, roles, KEY_REQUIRED, "One person never acts in two of these in one case."),
    KEY(raw_separate, "clauses", KEY_WORDS, clauses, 0, "Clauses that ask it; default: those of the step."),
};
static const struct shape separate_shape = SHAPE(SEPARATION, separate_keys);
static const struct key period_keys[] = {
    KEY(raw_period, "from", KEY_NODE, from, KEY_REQUIRED, "Its first day."),
    KEY(raw_period, "to", KEY_NODE, to, KEY_REQUIRED, "Its last day."),
    KEY(raw_period, "at_most", KEY_NODE, at_most, KEY_REQUIRED, "Its longest duration, or {parameter: ID}."),
    KEY(raw_period, "clauses", KEY_WORDS, clauses, 0, "Clauses that set it."),
};
static const struct shape period_shape = SHAPE(PERIOD, period_keys);
static const struct key step_keys[] = {
    KEY(raw_step, "do", KEY_ID, act, KEY_REQUIRED, "The name of the act."),
    KEY(raw_step, "does", KEY_ID, does, 0, "The part that it plays for the program, in a register with `holds`; default: its name."),
    KEY(raw_step, "title", KEY_TEXT, title, 0, "As people call it; default: that of the first step so named."),
    KEY(raw_step, "from", KEY_IDS, from, KEY_REQUIRED, "States in which it is possible; none makes a record."),
    KEY(raw_step, "to", KEY_ID, to, KEY_REQUIRED, "The state it leads to; same keeps it."),
    KEY(raw_step, "by", KEY_IDS, by, KEY_REQUIRED, "Roles of the procedure, or anyone."),
    KEY(raw_step, "asks", KEY_IDS, asks, 0, "Fields that its form asks."),
    KEY(raw_step, "signs", KEY_IDS, signs, 0, "Fields whose digest is part of the act."),
    {"requires", KEY_LIST, offsetof(struct raw_step, requires), 0, "What must hold.", NULL, &cond_shape},
    {"then", KEY_LIST, offsetof(struct raw_step, then), 0, "What it does.", NULL, &effect_shape},
    KEY(raw_step, "manifest", KEY_YES, manifest, 0, "yes: what it signs is bound to what the records hold that it names."),
    KEY(raw_step, "waits", KEY_YES, waits, 0, "no: possible, but nobody is waiting for it."),
    KEY(raw_step, "confirm", KEY_YES, confirm, 0, "yes: it ends something; the page asks once more."),
    KEY(raw_step, "lowers", KEY_YES, lowers, 0, "yes: a label may fall by it, as a review decided."),
    {"ticket", KEY_MAP, offsetof(struct raw_step, ticket), 0, "Bytes leave by it: what the ticket is bound to.", NULL, &ticket_shape},
    KEY(raw_step, "clauses", KEY_WORDS, clauses, 0, "Clauses that ask it."),
};
static const struct shape step_shape = SHAPE(STEP, step_keys);
static const struct key correction_keys[] = {
    KEY(raw_correction, "fields", KEY_IDS, fields, KEY_REQUIRED, "Fields that may be corrected."),
    KEY(raw_correction, "in", KEY_IDS, in, KEY_REQUIRED, "States in which they may."),
    KEY(raw_correction, "by", KEY_IDS, by, KEY_REQUIRED, "Roles of the procedure, or anyone."),
    {"requires", KEY_LIST, offsetof(struct raw_correction, requires), 0,
     "What must hold, with the new values.", NULL, &cond_shape},
    KEY(raw_correction, "clauses", KEY_WORDS, clauses, 0, "Clauses that it rests on."),
};
static const struct shape correction_shape = SHAPE(CORRECTION, correction_keys);
static const struct key procedure_keys[] = {
    KEY(raw_procedure, "format", KEY_WORD, format, KEY_REQUIRED, "procedure/1"),
    KEY(raw_procedure, "id", KEY_ID, id, KEY_REQUIRED, "Its name."),
    KEY(raw_procedure, "title", KEY_TEXT, title, KEY_REQUIRED, "As people call it."),
    KEY(raw_procedure, "register", KEY_ID, reg, KEY_REQUIRED,
        "The register whose records it moves."),
    {"states", KEY_NAMED, offsetof(struct raw_procedure, states), KEY_REQUIRED,
     "States of a record."},
    {"succeed", KEY_MAP, offsetof(struct raw_procedure, succeed), 0,
     "States of the text before and what they are now, for cases that are open."},
    KEY(raw_procedure, "ends", KEY_IDS, ends, 0, "States in which a case may rest for good."),
    {"roles", KEY_NAMED, offsetof(struct raw_procedure, roles), 0,
     "Parts that people play in a case.", NULL, &role_shape},
    {"separate", KEY_LIST, offsetof(struct raw_procedure, separate), 0,
     "Parts that one person may not join.", NULL, &separate_shape},
    {"periods", KEY_NAMED, offsetof(struct raw_procedure, periods), 0, "Periods with their caps.",
     NULL, &period_shape},
    {"conditions", KEY_NAMED, offsetof(struct raw_procedure, conditions), 0, "Conditions that stand wherever their name does.",
     NULL, &cond_shape},
    {"steps", KEY_LIST, offsetof(struct raw_procedure, steps), KEY_REQUIRED, "What may be done.",
     NULL, &step_shape},
    {"corrections", KEY_LIST, offsetof(struct raw_procedure, corrections), 0,
     "What may be corrected, by whom and until when.", NULL, &correction_shape},
    {"obligations", KEY_LIST, offsetof(struct raw_procedure, obligations), 0,
     "What must be done by when.", NULL, &obligation_shape},
    {"suspend", KEY_MAP, offsetof(struct raw_procedure, suspend), 0,
     "While a record is open, clauses are not asked of its unit.", NULL, &suspend_shape},
    {"constrains", KEY_LIST, offsetof(struct raw_procedure, constrains), 0,
     "What its records ask of acts under another directive.", NULL, &constrain_shape},
    KEY(raw_procedure, "clauses", KEY_WORDS, clauses, 0, "Clauses that the procedure carries out."),
};
const struct shape procedure_shape = SHAPE(PROCEDURE, procedure_keys);

/* ---- shells ---- */

static void read_states(struct reading *rd, const struct raw_procedure *raw, struct procedure *p)
{
    struct named *names = NULL;
    size_t n = 0;

    read_named_texts(rd, raw->states, &names, &n);
    p->states = source_alloc(&rd->src, n, sizeof(*p->states));
    if (p->states == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        p->states[i] = (struct state){.id = names[i].id, .title = names[i].title, .at = names[i].at};
        if (strcmp(names[i].id, "none") == 0 || strcmp(names[i].id, "same") == 0)
            problem(&rd->src, names[i].at, MSG_PACK_STATE_WORD, {"state", str_of(names[i].id)});
    }
    p->n_states = n;
    if (n == 0)
        problem(&rd->src, raw->states->at, MSG_PACK_STATES_NONE);
    words_unique(&rd->src, &raw->ends, MSG_PACK_WORD_STATE);
    for (size_t i = 0; i < raw->ends.n; i++) {
        struct state *s = (struct state *)(uintptr_t)want_state(rd, p, raw->ends.at[i]);

        if (s != NULL)
            s->is_end = true;
    }
}

/* Names on the left are another text's, so that nothing can be said of them here. */
static void read_succeed(struct reading *rd, const struct node *map, struct procedure *p)
{
    p->successions = source_alloc(&rd->src, map->n, sizeof(*p->successions));
    for (const struct node *n = map->first; p->successions != NULL && n != NULL; n = n->next) {
        const struct state *s;

        if (!id_is_valid(n->key))
            problem(&rd->src, n->key_at, MSG_PACK_STATE_ID, {"given", str_head(n->key, 80)});
        if (n->kind != NODE_TEXT) {
            problem(&rd->src, n->at, MSG_PACK_STATE_WAS, {"given", str_of(n->key)});
            continue;
        }
        s = want_state(rd, p, (struct word){.text = n->text, .at = n->at});
        if (s != NULL)
            p->successions[p->n_successions++] = (struct succession){n->key, s->id};
    }
}

static struct step *add_step(struct procedure *p, const char *act, struct place at)
{
    struct step *s = &p->steps[p->n_steps];

    *s = (struct step){
        .act = act, .title = {"", ""}, .procedure = p, .no = (unsigned)p->n_steps, .at = at};
    p->n_steps++;
    return s;
}

static void read_step_names(struct reading *rd, const struct raw_procedure *raw, struct procedure *p)
{
    size_t n_corrections = raw->corrections != NULL ? raw->corrections->n : 0;

    p->steps = source_alloc(&rd->src, raw->steps->n + n_corrections, sizeof(*p->steps));
    if (p->steps == NULL)
        return;
    for (const struct node *n = raw->steps->first; n != NULL; n = n->next) {
        const struct node *act = node_get(n, "do");

        add_step(p, act != NULL ? act->text : "", n->at);
    }
    for (const struct node *n = n_corrections > 0 ? raw->corrections->first : NULL; n != NULL;
         n = n->next) {
        add_step(p, CORRECTION_ACT, n->at)->is_correction = true;
        p->n_corrections++;
    }
}

/* Roles without their `of`, which may name fields through other registers. */
static void read_role_names(struct reading *rd, const struct node *map, struct procedure *p)
{
    p->roles = source_alloc(&rd->src, map != NULL ? map->n : 0, sizeof(*p->roles));
    named_check_ids(&rd->src, map);
    for (const struct node *n = named_first(&rd->src, map); p->roles != NULL && n != NULL; n = named_next(&rd->src, n)) {
        struct proc_role *role = &p->roles[p->n_roles++];
        struct raw_proc_role raw = {0};

        *role = (struct proc_role){.id = n->key, .of = {.text = ""}, .at = n->key_at};
        if (strcmp(n->key, "anyone") == 0)
            problem(&rd->src, n->key_at, MSG_PACK_ANYONE_WORD);
        if (!shape_read(&rd->src, n, &role_shape, &raw))
            continue;
        role->role = want_role(rd, raw.holds);
        IGNORE(!read_clauses(rd, &raw.clauses, &role->clauses), "reported");
    }
}

static void read_shell(struct reading *rd, const struct node *root, struct procedure *p)
{
    struct raw_procedure raw = {0};
    struct reg *reg;

    if (!shape_read(&rd->src, root, &procedure_shape, &raw))
        return;
    for (const struct procedure *other = rd->pack->procedures; other != p; other++) {
        if (strcmp(other->id, raw.id.text) == 0)
            problem(&rd->src, raw.id.at, MSG_PACK_PROCEDURE_TWICE, {"procedure", str_of(raw.id.text)}, {"file", str_of(other->at.file)});
    }
    p->id = raw.id.text;
    p->title = raw.title;
    p->reg = want_reg(rd, raw.reg);
    IGNORE(!read_clauses(rd, &raw.clauses, &p->clauses), "reported");
    read_states(rd, &raw, p);
    if (raw.succeed != NULL)
        read_succeed(rd, raw.succeed, p);
    read_role_names(rd, raw.roles, p);
    read_step_names(rd, &raw, p);
    reg = p->reg != NULL ? reader_reg(rd, p->reg->id) : NULL;
    if (reg == NULL)
        return;
    if (reg->procedure != NULL)
        problem(&rd->src, raw.reg.at, MSG_PACK_PROCEDURE_SECOND, {"register", str_of(reg->id)}, {"procedure", str_of(reg->procedure->id)});
    reg->procedure = p;
}

void read_procedure_shells(struct reading *rd)
{
    struct pack *p = rd->pack;
    size_t n = reader_count(rd, FILE_PROCEDURE);

    p->procedures = source_alloc(&rd->src, n, sizeof(*p->procedures));
    for (size_t i = 0; p->procedures != NULL && i < n; i++) {
        const struct node *root = reader_file(rd, FILE_PROCEDURE, i)->root;

        p->procedures[i] = (struct procedure){.id = "", .title = {"", ""}, .at = root->at};
        read_shell(rd, root, &p->procedures[i]);
        p->n_procedures++;
    }
    for (size_t i = 0; rd->src.n_problems == 0 && i < p->n_regs; i++) {
        if (p->regs[i].procedure == NULL)
            problem(&rd->src, p->regs[i].at, MSG_PACK_PROCEDURE_NONE, {"register", str_of(p->regs[i].id)});
    }
}

/* ---- roles, periods ---- */

static void read_roles(const struct scope *sc, const struct node *map, struct procedure *p)
{
    size_t i = 0;

    for (const struct node *n = named_first(&sc->rd->src, map); n != NULL; n = named_next(&sc->rd->src, n), i++) {
        const struct node *of = node_get(n, "of");
        struct proc_role *role = &p->roles[i];

        if (!role->role->per_unit) {
            if (of != NULL)
                problem(&sc->rd->src, of->key_at, MSG_PACK_ROLE_OF, {"role", str_of(role->role->id)});
        } else if (of == NULL) {
            IGNORE(!ref_own_unit(sc, n->at, &role->of), "reported");
        } else if (ref_read(sc, of, REF_ANY, &role->of) && ref_wants(sc, &role->of, TYPE_BIT(FIELD_UNIT))) {
            IGNORE(!ref_is_open(sc, &role->of), "reported");
        }
    }
}

static void read_periods(const struct scope *sc, const struct node *map, struct procedure *p)
{
    struct reading *rd = sc->rd;

    p->periods = source_alloc(&rd->src, map != NULL ? map->n : 0, sizeof(*p->periods));
    named_check_ids(&rd->src, map);
    for (const struct node *n = named_first(&rd->src, map); p->periods != NULL && n != NULL; n = named_next(&rd->src, n)) {
        struct period *period = &p->periods[p->n_periods++];
        struct raw_period raw = {0};

        *period = (struct period){.id = n->key, .from = {.text = ""}, .to = {.text = ""}, .at = n->key_at};
        if (!shape_read(&rd->src, n, &period_shape, &raw))
            continue;
        if (ref_read(sc, raw.from, REF_ANY, &period->from) && ref_wants(sc, &period->from, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT)))
            IGNORE(!ref_is_open(sc, &period->from), "reported");
        if (ref_read(sc, raw.to, REF_ANY, &period->to) && ref_wants(sc, &period->to, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT)))
            IGNORE(!ref_is_open(sc, &period->to), "reported");
        IGNORE(!read_param_duration(rd, raw.at_most, &period->by_param, &period->param, &period->at_most), "reported");
        IGNORE(!read_clauses(rd, &raw.clauses, &period->clauses), "reported");
    }
}

/* ---- steps ---- */

struct step_reading {
    struct rule rule;
    struct raw_step raw;
    struct step *step;
    const struct node *separate; /* of the procedure; may be NULL */
    const struct cond **conds;   /* room for all */
    size_t n_conds;
};

void fields_named(struct reading *rd, const struct reg *reg, const struct words *w, const struct field ***ret, size_t *ret_n)
{
    const struct field **fields = source_alloc(&rd->src, w->n, sizeof(*fields));
    size_t n = 0;

    words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
    for (size_t i = 0; fields != NULL && i < w->n; i++) {
        const struct field *f = want_field(rd, reg, w->at[i]);

        if (f != NULL)
            fields[n++] = f;
    }
    *ret = fields;
    *ret_n = n;
}

static void add_cond(struct step_reading *sr, struct cond *c, const char *suffix, size_t no)
{
    struct source *src = &sr->rule.sc.rd->src;

    if (c == NULL)
        return;
    c->rule = no > 0 ? source_printf(src, "%s%s%zu", sr->rule.id, suffix, no) : source_printf(src, "%s%s", sr->rule.id, suffix);
    if (c->rule != NULL && leaf_add(sr->rule.sc.rd, c))
        sr->conds[sr->n_conds++] = c;
}

static void add_state(struct step_reading *sr)
{
    struct reading *rd = sr->rule.sc.rd;
    const struct words *w = &sr->raw.from;
    struct step *s = sr->step;
    struct cond *c = cond_new(&sr->rule, COND_STATE, s->at);

    if (w->n == 0)
        problem(&rd->src, w->node->at, MSG_PACK_STEP_FROM);
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->at[i].text, "none") != 0)
            IGNORE(want_state(rd, s->procedure, w->at[i]) == NULL, "reported");
        else if (w->n == 1)
            s->makes_record = true;
        else
            problem(&rd->src, w->at[i].at, MSG_PACK_STEP_NONE);
    }
    words_unique(&rd->src, w, MSG_PACK_WORD_STATE);
    s->from = words_texts(&rd->src, w);
    s->n_from = s->from != NULL ? w->n : 0;
    if (c == NULL)
        return;
    c->is_not_yet = true;
    c->words = s->from;
    c->n_words = s->n_from;
    add_cond(sr, c, "@state", 0);
}

/* The clauses of all roles, each once. */
static void join_clauses(struct reading *rd, const struct proc_role **by, size_t n_by, struct clause_list *ret)
{
    struct clause_list all = {0};
    size_t n = 0;

    for (size_t i = 0; i < n_by; i++)
        n += by[i]->clauses.n;
    all.at = source_alloc(&rd->src, n, sizeof(*all.at));
    for (size_t i = 0; all.at != NULL && i < n_by; i++) {
        for (size_t k = 0; k < by[i]->clauses.n; k++) {
            bool is_there = false;

            for (size_t m = 0; m < all.n; m++)
                is_there = is_there || all.at[m] == by[i]->clauses.at[k];
            if (!is_there)
                all.at[all.n++] = by[i]->clauses.at[k];
        }
    }
    if (all.n > 0)
        *ret = all;
}

static void add_by(struct step_reading *sr)
{
    struct reading *rd = sr->rule.sc.rd;
    const struct words *w = &sr->raw.by;
    struct cond *c = cond_new(&sr->rule, COND_BY, w->node->at);

    if (c == NULL)
        return;
    c->by = source_alloc(&rd->src, w->n, sizeof(*c->by));
    if (w->n == 0)
        problem(&rd->src, w->node->at, MSG_PACK_STEP_NOBODY);
    words_unique(&rd->src, w, MSG_PACK_WORD_ROLE);
    for (size_t i = 0; c->by != NULL && i < w->n; i++) {
        const struct proc_role *role;

        if (strcmp(w->at[i].text, "anyone") == 0) {
            if (w->n > 1)
                problem(&rd->src, w->at[i].at, MSG_PACK_STEP_ANYONE);
            continue;
        }
        role = want_proc_role(rd, sr->step->procedure, w->at[i]);
        if (role != NULL)
            c->by[c->n_by++] = role;
    }
    join_clauses(rd, c->by, c->n_by, &c->clauses);
    add_cond(sr, c, "@by", 0);
}

#define SEPARATES_MAX 64u /* conditions of one step */

static void add_pair(struct step_reading *sr, const struct raw_separate *raw, const struct proc_role *mine, const struct proc_role *other, size_t no)
{
    struct source *src = &sr->rule.sc.rd->src;
    struct cond *c = cond_new(&sr->rule, COND_SEPARATE, raw->roles.node->at);

    if (c == NULL)
        return;
    c->by = source_alloc(src, 2, sizeof(*c->by));
    if (c->by == NULL)
        return;
    c->by[0] = mine;
    c->by[1] = other;
    c->n_by = 2;
    if (raw->clauses.node != NULL)
        IGNORE(!read_clauses(sr->rule.sc.rd, &raw->clauses, &c->clauses), "reported with the separation");
    add_cond(sr, c, "@separate.", no);
}

/* Each pair of separated roles of which this step plays one. */
static void add_separates(struct step_reading *sr)
{
    struct reading *rd = sr->rule.sc.rd;
    const struct procedure *p = sr->step->procedure;
    size_t no = 1;

    for (const struct node *n = sr->separate != NULL ? sr->separate->first : NULL; n != NULL; n = n->next) {
        struct raw_separate raw = {0};

        if (!shape_read(&rd->src, n, &separate_shape, &raw))
            return;
        for (size_t i = 0; i < raw.roles.n * raw.roles.n; i++) {
            const char *mine = raw.roles.at[i / raw.roles.n].text, *other = raw.roles.at[i % raw.roles.n].text;
            bool plays = false;

            for (size_t k = 0; k < sr->raw.by.n; k++)
                plays = plays || strcmp(sr->raw.by.at[k].text, mine) == 0;
            if (!plays || strcmp(mine, other) == 0)
                continue;
            if (no > SEPARATES_MAX) {
                problem(&rd->src, n->at, MSG_PACK_SEPARATIONS, {"step", str_of(sr->rule.id)}, {"max", NUMBER(SEPARATES_MAX)});
                return;
            }
            add_pair(sr, &raw, procedure_role(p, mine), procedure_role(p, other), no++);
        }
    }
}

static void check_separates(struct reading *rd, const struct node *list, const struct procedure *p)
{
    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next) {
        struct raw_separate raw = {0};
        struct clause_list clauses;

        if (!shape_read(&rd->src, n, &separate_shape, &raw))
            continue;
        if (raw.roles.n < 2)
            problem(&rd->src, n->at, MSG_PACK_SEPARATION_ONE);
        words_unique(&rd->src, &raw.roles, MSG_PACK_WORD_ROLE);
        for (size_t i = 0; i < raw.roles.n; i++)
            IGNORE(want_proc_role(rd, p, raw.roles.at[i]) == NULL, "reported");
        IGNORE(!read_clauses(rd, &raw.clauses, &clauses), "reported");
    }
}

static void add_requires(struct step_reading *sr)
{
    const struct node *list = sr->raw.requires;
    size_t no = 1;

    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next, no++) {
        char *id = source_printf(&sr->rule.sc.rd->src, "%s#%zu", sr->rule.id, no);
        const struct cond *c = id != NULL ? cond_read(&sr->rule, id, n) : NULL;

        if (c != NULL)
            sr->conds[sr->n_conds++] = c;
    }
}

/* "take-outs/permit", "take-outs/permit~2" for the second step so named. */
static const char *rule_id(struct reading *rd, const struct step *s)
{
    const struct procedure *p = s->procedure;
    size_t nth = 1;

    for (unsigned i = 0; i < s->no; i++)
        nth += strcmp(p->steps[i].act, s->act) == 0;
    if (nth > 1)
        return source_printf(&rd->src, "%s/%s~%zu", p->reg->id, s->act, nth);
    return source_printf(&rd->src, "%s/%s", p->reg->id, s->act);
}

static void read_target(struct step_reading *sr)
{
    struct reading *rd = sr->rule.sc.rd;
    const struct state *state;

    if (strcmp(sr->raw.to.text, "same") != 0) {
        state = want_state(rd, sr->step->procedure, sr->raw.to);
        sr->step->to = state != NULL ? state->id : NULL;
    } else if (sr->step->makes_record) {
        problem(&rd->src, sr->raw.to.at, MSG_PACK_STEP_SAME);
    }
}

static void read_title(struct step_reading *sr)
{
    struct step *s = sr->step;
    const struct step *first = procedure_step(s->procedure, s->act, 0);

    if (sr->raw.title.ja != NULL)
        s->title = sr->raw.title;
    else if (first != s)
        s->title = first->title;
    else
        problem(&sr->rule.sc.rd->src, s->at, MSG_PACK_STEP_TITLE, {"step", str_of(s->act)});
}

/* What a record's bytes count as follows from what it is about; nobody says it. */
static void refuse_held_as(struct step_reading *sr, const struct node *at)
{
    for (size_t i = 0; at != NULL && i < sr->step->n_asks; i++)
        if (held_as_has(sr->rule.sc.reg, sr->step->asks[i]))
            problem(&sr->rule.sc.rd->src, at->at, MSG_PACK_STEP_COUNTS, {"field", str_of(sr->step->asks[i]->id)});
}

static bool signs_records(const struct step *s)
{
    for (size_t i = 0; i < s->n_signs; i++)
        if (s->signs[i]->type == FIELD_RECORD || (s->signs[i]->type == FIELD_LIST && s->signs[i]->fields[0].type == FIELD_RECORD))
            return true;
    return false;
}

static void read_step(const struct scope *sc, const struct node *n, const struct node *separate, struct step *s)
{
    struct reading *rd = sc->rd;
    struct step_reading sr = {.rule = {.sc = *sc}, .step = s, .separate = separate};
    size_t n_requires;

    if (!shape_read(&rd->src, n, &step_shape, &sr.raw))
        return;
    if (strcmp(s->act, CORRECTION_ACT) == 0)
        problem(&rd->src, sr.raw.act.at, MSG_PACK_STEP_CORRECT, {"step", str_of(CORRECTION_ACT)});
    sr.rule.id = rule_id(rd, s);
    n_requires = sr.raw.requires != NULL ? sr.raw.requires->n : 0;
    sr.conds = source_alloc(&rd->src, n_requires + 2 + SEPARATES_MAX, sizeof(*sr.conds));
    if (sr.rule.id == NULL || sr.conds == NULL)
        return;
    IGNORE(!read_clauses(rd, &sr.raw.clauses, &s->clauses), "reported");
    sr.rule.clauses = s->clauses;
    read_title(&sr);
    s->does = sr.raw.does.text;
    s->waits = sr.raw.waits != YES_NO;
    s->has_manifest = sr.raw.manifest == YES_YES;
    s->confirm = sr.raw.confirm == YES_YES;
    s->lowers = sr.raw.lowers == YES_YES;
    add_state(&sr);
    read_target(&sr);
    fields_named(rd, sc->reg, &sr.raw.asks, &s->asks, &s->n_asks);
    refuse_held_as(&sr, sr.raw.asks.node);
    fields_named(rd, sc->reg, &sr.raw.signs, &s->signs, &s->n_signs);
    secrets_asked(rd, &sr.raw.asks, &sr.raw.signs, s);
    if (s->has_manifest && !signs_records(s))
        problem(&rd->src, s->at, MSG_PACK_STEP_MANIFEST, {"step", str_of(s->act)});
    add_by(&sr);
    add_separates(&sr);
    add_requires(&sr);
    s->conds = sr.conds;
    s->n_conds = sr.n_conds;
    if (sr.raw.ticket != NULL)
        ticket_read(sc, sr.raw.ticket, s);
    effects_read(&sr.rule, sr.raw.then, &s->effects, &s->n_effects);
}

/* ---- corrections ---- */

static bool is_signed(const struct procedure *p, const struct field *f, const struct step **ret)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        for (size_t k = 0; k < p->steps[i].n_signs; k++) {
            if (p->steps[i].signs[k] == f) {
                *ret = &p->steps[i];
                return true;
            }
        }
    }
    return false;
}

/* What was signed is signed anew by him who signed it, and not corrected. */
static void check_corrected(struct step_reading *sr, const struct words *fields)
{
    struct source *src = &sr->rule.sc.rd->src;
    const struct step *by;

    if (fields->n == 0)
        problem(src, fields->node->at, MSG_PACK_CORRECTION_NONE);
    for (size_t i = 0; i < sr->step->n_asks; i++) {
        const struct field *f = sr->step->asks[i];

        if (is_signed(sr->step->procedure, f, &by))
            problem(src, fields->node->at, MSG_PACK_CORRECTION_SIGNED, {"field", str_of(f->id)}, {"step", str_of(by->act)});
        if (f->measured != 0)
            problem(src, fields->node->at, MSG_PACK_CORRECTION_MEASURED, {"field", str_of(f->id)});
        if (label_from_has(sr->rule.sc.reg, f))
            problem(src, fields->node->at, MSG_PACK_CORRECTION_LABEL, {"field", str_of(f->id)});
    }
}

/* In one state there is one answer to what may be corrected. false: it begins nowhere. */
static bool check_states(struct step_reading *sr, const struct words *in)
{
    struct source *src = &sr->rule.sc.rd->src;
    const struct procedure *p = sr->step->procedure;

    for (size_t i = 0; i < in->n; i++) {
        if (strcmp(in->at[i].text, "none") == 0) {
            problem(src, in->at[i].at, MSG_PACK_CORRECTION_NEW);
            return false;
        }
        for (size_t k = p->n_steps - p->n_corrections; k < sr->step->no; k++) {
            for (size_t m = 0; m < p->steps[k].n_from; m++) {
                if (strcmp(p->steps[k].from[m], in->at[i].text) == 0)
                    problem(src, in->at[i].at, MSG_PACK_CORRECTION_TWICE, {"state", str_of(in->at[i].text)});
            }
        }
    }
    return true;
}

static void read_correction(const struct scope *sc, const struct node *n,
                            const struct node *separate, struct step *s)
{
    struct reading *rd = sc->rd;
    struct step_reading sr = {.rule = {.sc = *sc}, .step = s, .separate = separate};
    struct raw_correction raw = {0};

    if (!shape_read(&rd->src, n, &correction_shape, &raw))
        return;
    sr.raw = (struct raw_step){
        .from = raw.in, .by = raw.by, .asks = raw.fields, .requires = raw.requires};
    sr.rule.id = rule_id(rd, s);
    sr.conds =
        source_alloc(&rd->src, (raw.requires != NULL ? raw.requires->n : 0) + 2 + SEPARATES_MAX,
                     sizeof(*sr.conds));
    if (sr.rule.id == NULL || sr.conds == NULL)
        return;
    IGNORE(!read_clauses(rd, &raw.clauses, &s->clauses), "reported");
    sr.rule.clauses = s->clauses;
    s->title = (struct text2){"訂正", "Correct"};
    if (!check_states(&sr, &raw.in))
        return;
    add_state(&sr);
    fields_named(rd, sc->reg, &raw.fields, &s->asks, &s->n_asks);
    check_corrected(&sr, &raw.fields);
    secrets_asked(rd, &raw.fields, &(struct words){0}, s);
    refuse_held_as(&sr, raw.fields.node);
    add_by(&sr);
    add_separates(&sr);
    add_requires(&sr);
    s->conds = sr.conds;
    s->n_conds = sr.n_conds;
}

/* ---- the procedure ---- */

static void keep_leaves(struct reading *rd, struct procedure *p)
{
    p->leaves = source_alloc(&rd->src, rd->leaves.n, sizeof(*p->leaves));
    if (p->leaves == NULL)
        return;
    if (rd->leaves.n > 0)
        memcpy(p->leaves, rd->leaves.at, rd->leaves.n * sizeof(*p->leaves));
    p->n_leaves = (unsigned)rd->leaves.n;
}

static void read_procedure(struct reading *rd, const struct node *root, struct procedure *p)
{
    struct scope sc = {.rd = rd, .reg = p->reg, .proc = p};
    const struct node *separate = node_get(root, "separate"),
                      *obligations = node_get(root, "obligations");
    const struct node *corrections = node_get(root, "corrections"),
                      *suspend = node_get(root, "suspend"),
                      *constrains = node_get(root, "constrains");
    size_t i = 0;

    rd->leaves.n = 0;
    read_roles(&sc, node_get(root, "roles"), p);
    read_periods(&sc, node_get(root, "periods"), p);
    named_conds_read(rd, node_get(root, "conditions"), p);
    check_separates(rd, separate, p);
    /* A broken separation would be reported again at each step. */
    if (rd->src.n_problems > 0)
        separate = NULL;
    for (const struct node *n = node_get(root, "steps")->first; n != NULL && i < p->n_steps; n = n->next, i++)
        read_step(&sc, n, separate, &p->steps[i]);
    for (const struct node *n = corrections != NULL ? corrections->first : NULL;
         n != NULL && i < p->n_steps; n = n->next, i++)
        read_correction(&sc, n, separate, &p->steps[i]);
    if (obligations != NULL)
        read_obligations(rd, p, obligations);
    if (rd->src.n_problems == 0)
        tickets_check(rd, p);
    if (suspend != NULL)
        suspend_read(rd, p, suspend);
    if (constrains != NULL)
        constrains_read(rd, p, constrains);
    keep_leaves(rd, p);
}

void read_procedures(struct reading *rd)
{
    for (size_t i = 0; i < rd->pack->n_procedures && rd->src.fatal == 0; i++)
        read_procedure(rd, reader_file(rd, FILE_PROCEDURE, i)->root, &rd->pack->procedures[i]);
}
