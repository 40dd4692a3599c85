#include "engine/reach.h"

#include "regulation/facts.h"
#include "regulation/walk.h"

#include <string.h>

/* What an act must be for the rule to be asked. */
struct acts {
    bool all;                     /* from the beginning */
    const char *reg;              /* the procedure's */
    const char *act;              /* NULL: any of it */
    const char *also_reg;         /* any of that, too; NULL: none */
    bool refused;                 /* only those that are refused … */
    const struct clause_list *by; /* … by all of these clauses; NULL: by any */
    bool invalid;                 /* only those whose input is */
};

static bool has_cond(const struct cond *in, const struct cond *c)
{
    bool has = in == c;

    for (size_t i = 0; !has && i < in->n_children; i++)
        has = has_cond(in->children[i], c);
    return has || (in->inside && has_cond(in->inside, c));
}

static const struct step *step_of_cond(const struct procedure *p, const struct cond *c)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_conds; k++)
            if (has_cond(p->steps[i].conds[k], c))
                return &p->steps[i];
    return NULL;
}

/* NULL: what an obligation does when it is missed. */
static const struct step *step_of_effect(const struct procedure *p, const struct effect *e)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_effects; k++)
            if (&p->steps[i].effects[k] == e)
                return &p->steps[i];
    return NULL;
}

static struct acts acts_of_step(const struct step *s)
{
    return s ? (struct acts){.reg = s->procedure->reg->id, .act = s->act}
             : (struct acts){.all = true};
}

struct part_sought {
    const char *part;
    size_t n; /* how often it stands anywhere */
};

static void count_part(void *user, const struct procedure *p, const struct cond *c)
{
    struct part_sought *s = user;

    IGNORE(p, "names of parts begin with the register's");
    s->n += c->part && !strcmp(c->part, s->part);
}

/* What stands in a named condition is asked by each step that names it, one at least; what else names it is asked from the beginning. */
static struct acts acts_of_part(const struct procedure *p, const char *part)
{
    struct part_sought all = {.part = part}, in_steps = {.part = part};
    const struct walk w = {.user = &all, .cond = count_part}, in_step = {.user = &in_steps, .cond = count_part};
    const struct step *only = NULL;
    size_t n_steps = 0;

    pack_walk(p->reg->pack, &w);
    for (size_t i = 0; i < p->n_steps; i++) {
        size_t before = in_steps.n;

        for (size_t k = 0; k < p->steps[i].n_conds; k++)
            cond_walk(p, p->steps[i].conds[k], &in_step);
        if (in_steps.n > before) {
            only = &p->steps[i];
            n_steps++;
        }
    }
    if (in_steps.n < all.n || !n_steps)
        return (struct acts){.all = true};
    return n_steps == 1 ? acts_of_step(only) : (struct acts){.reg = p->reg->id};
}

static bool is_only_one(const struct step *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->procedure->n_steps; i++)
        n += !strcmp(s->procedure->steps[i].act, s->act);
    return n == 1;
}

/* Records refuse by the clauses of their registers, and an `all` by those of its members. */
static bool refuses_by_its_own(const struct cond *c)
{
    return c->kind != COND_RETENTION && c->kind != COND_ALL;
}

/* While it is suspended it lets pass what it is not met by, and the act says so. */
static bool may_be_lifted(const struct pack *pack, const struct cond *c)
{
    for (size_t i = 0; cond_can_lift(c) && i < pack->n_procedures; i++) {
        const struct suspension *s = pack->procedures[i].suspends;

        for (size_t k = 0; s && k < s->n_lifts; k++)
            for (size_t n = 0; n < s->lifts[k].clauses.n; n++)
                if (clauses_have(&c->clauses, s->lifts[k].clauses.at[n]))
                    return true;
    }
    return false;
}

static struct acts acts_of_cond(const struct procedure *p, const struct cond *c)
{
    const struct step *s = step_of_cond(p, c);
    struct acts a = acts_of_step(s);

    if (c->part)
        return acts_of_part(p, c->part);
    if (c->kind == COND_SEPARATE)
        return (struct acts){.reg = p->reg->id};
    if (!s || c->kind == COND_BY || !is_only_one(s) || may_be_lifted(p->reg->pack, c))
        return a;
    a.refused = true;
    a.by = refuses_by_its_own(c) && s->n_conds < VERDICT_UNMET_MAX / 2 ? &c->clauses : NULL;
    return a;
}

static struct acts acts_of_effect(const struct procedure *p, const struct effect *e)
{
    struct acts a = acts_of_step(step_of_effect(p, e));

    if (e->kind == EFFECT_MOVE || e->kind == EFFECT_MOVE_ALL)
        a.also_reg = e->reg ? e->reg->id : p->reg->id;
    return a;
}

/* Columns of a group are among them; groups are not deep. */
static bool has_field(const struct field *fields, size_t n, const struct field *f)
{
    for (size_t i = 0; i < n; i++)
        if (&fields[i] == f || has_field(fields[i].fields, fields[i].n_fields, f))
            return true;
    return false;
}

/* What is unique is also how a record is found. */
static struct acts acts_of_field(const struct field *f, const struct pack *pack)
{
    for (size_t i = 0; f->unique == UNIQUE_NO && i < pack->n_regs; i++)
        if (has_field(pack->regs[i].fields, pack->regs[i].n_fields, f))
            return (struct acts){.reg = pack->regs[i].id, .invalid = true};
    return (struct acts){.all = true};
}

static struct acts acts_of(const struct rule_row *row, const struct pack *pack)
{
    switch (row->kind) {
    case RULE_COND:
        return acts_of_cond(row->procedure, row->part);
    case RULE_EFFECT:
        return acts_of_effect(row->procedure, row->part);
    case RULE_STEP:
        return acts_of_step(row->part);
    case RULE_FIELD:
        return acts_of_field(row->part, pack);
    default:
        return (struct acts){.all = true};
    }
}

static bool expects(const struct scene *a, const char *clause)
{
    for (size_t i = 0; i < a->expected.n; i++)
        if (!strcmp(a->expected.at[i], clause))
            return true;
    return false;
}

static bool is_refused_by(const struct scene *a, const struct clause_list *clauses)
{
    if (a->answer != SCENE_FORBIDDEN && a->answer != SCENE_NOT_YET)
        return false;
    for (size_t i = 0; clauses && i < clauses->n; i++)
        if (!expects(a, clauses->at[i]->id))
            return false;
    return true;
}

static bool is_among(const struct scene *a, const struct acts *acts)
{
    if (acts->all)
        return true;
    if (a->kind != SCENE_DO)
        return false;
    if (acts->invalid && a->answer != SCENE_INVALID)
        return false;
    if (acts->refused && !is_refused_by(a, acts->by))
        return false;
    if (acts->also_reg && !strcmp(a->reg, acts->also_reg))
        return true;
    return !strcmp(a->reg, acts->reg) && (!acts->act || !strcmp(a->act, acts->act));
}

static bool find(const struct acts *acts, const struct scenario *s, struct reach *ret)
{
    if (s->after && find(acts, s->after, ret))
        return true;
    for (size_t i = 0; i < s->n_scenes; i++) {
        if (is_among(&s->scenes[i], acts)) {
            *ret = (struct reach){s, i};
            return true;
        }
    }
    return false;
}

bool reach_find(const struct pack *pack, const struct rule_row *row, const struct scenario *s,
                struct reach *ret)
{
    struct acts acts = acts_of(row, pack);

    return find(&acts, s, ret);
}
