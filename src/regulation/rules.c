#include "regulation/rules.h"

#include "regulation/walk.h"

#include <errno.h>
#include <stdlib.h>

#define RULES_ARENA_MAX ((size_t)16 << 20)

static void add(struct rule_table *t, enum rule_kind kind, const char *id, const struct clause_list *clauses, struct place at,
                const void *part, const struct procedure *p)
{
    if (id == NULL)
        t->error = -ENOMEM;
    if (t->error == 0 && t->n == t->size) {
        size_t size = t->size > 0 ? 2 * t->size : 256;
        struct rule_row *grown = reallocarray(t->at, size, sizeof(*grown));

        if (grown == NULL) {
            t->error = -ENOMEM;
            return;
        }
        t->at = grown;
        t->size = size;
    }
    if (t->error == 0)
        t->at[t->n++] = (struct rule_row){kind, id, *clauses, at, part, p};
}

bool clauses_have(const struct clause_list *l, const struct clause *c)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->at[i]->id, c->id) == 0)
            return true;
    }
    return false;
}

const char *clause_status_name(enum clause_status s)
{
    static const char *const names[] = {"enforced", "detected", "recorded", "informed", "organisational", "out-of-scope"};

    return names[s];
}

const char *step_rule(struct arena *a, const struct step *s)
{
    size_t nth = 1;

    for (unsigned i = 0; i < s->no; i++)
        nth += strcmp(s->procedure->steps[i].act, s->act) == 0;
    return nth == 1 ? arena_printf(a, "%s/%s", s->procedure->reg->id, s->act)
                    : arena_printf(a, "%s/%s~%zu", s->procedure->reg->id, s->act, nth);
}

static void add_directive(struct rule_table *t, const struct pack *p)
{
    struct place head = {.file = "directive.yaml"};

    add(t, RULE_HEAD, "head", &p->clauses_of_head, head, p, NULL);
    add(t, RULE_EXPIRY, "expiry", &p->clauses_of_expiry, head, p, NULL);
    for (size_t i = 0; i < p->n_easings; i++)
        add(t, RULE_EASING, arena_printf(t->arena, "eases:%s:%s", easing_name(p->easings[i].of), p->easings[i].id), &p->easings[i].clauses, p->easings[i].at,
            &p->easings[i], NULL);
    for (size_t i = 0; i < p->n_authorities; i++) {
        const struct authority_rule *a = &p->authorities[i];

        add(t, RULE_AUTHORITY, arena_printf(t->arena, "authority:%s", *a->id ? a->id : a->number), &a->clauses, a->at, a, NULL);
    }
    for (size_t i = 0; i < p->n_params; i++)
        add(t, RULE_PARAM, arena_printf(t->arena, "parameter:%s", p->params[i].id), &p->params[i].clauses, p->params[i].at,
            &p->params[i], NULL);
    for (size_t i = 0; i < p->n_roles; i++)
        add(t, RULE_ROLE, arena_printf(t->arena, "role:%s", p->roles[i].id), &p->roles[i].clauses, p->roles[i].at, &p->roles[i], NULL);
    for (size_t i = 0; i < p->n_labels; i++)
        add(t, RULE_LABEL, arena_printf(t->arena, "label:%s", p->labels[i].id), &p->labels[i].clauses, p->labels[i].at, &p->labels[i], NULL);
}

static void add_fields(struct rule_table *t, const char *above, const struct field *fields, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n && depth < 4 && t->error == 0; i++) {
        const char *id = arena_printf(t->arena, "%s.%s", above, fields[i].id);

        add(t, RULE_FIELD, id, &fields[i].clauses, fields[i].at, &fields[i], NULL);
        if (fields[i].type == FIELD_GROUP && id != NULL)
            add_fields(t, id, fields[i].fields, fields[i].n_fields, depth + 1);
    }
}

static void add_register(struct rule_table *t, const struct reg *r)
{
    add(t, RULE_REGISTER, r->id, &r->clauses, r->at, r, NULL);
    add_fields(t, r->id, r->fields, r->n_fields, 0);
    if (r->has_label_from)
        add(t, RULE_LABEL_FROM, arena_printf(t->arena, "%s:label", r->id), &r->label_from.clauses, r->label_from.at, r, NULL);
    if (r->has_held_as)
        add(t, RULE_HELD_AS, arena_printf(t->arena, "%s:held", r->id), &r->held_as.clauses, r->held_as.at, r, NULL);
    if (r->reads != NULL)
        add(t, RULE_READS, arena_printf(t->arena, "%s:reads", r->id), &r->reads->clauses, r->reads->at, r, NULL);
    if (r->reads != NULL && r->reads->daily != NULL)
        add(t, RULE_DAILY, arena_printf(t->arena, "%s:reads.daily", r->id), &r->reads->daily_clauses, r->reads->at, r, NULL);
    if (r->has_retention)
        add(t, RULE_RETENTION, arena_printf(t->arena, "%s:retention", r->id), &r->retention.clauses, r->retention.at, &r->retention, NULL);
}

/* The row of what stands at that place of a named condition; NULL: none yet. They lie with their procedure's. */
static struct rule_row *row_of_part(struct rule_table *t, const struct procedure *p, const char *part)
{
    for (size_t i = t->n; part != NULL && i > 0; i--) {
        struct rule_row *row = &t->at[i - 1];

        if (row->procedure == p && row->kind == RULE_COND && strcmp(row->id, part) == 0)
            return row;
    }
    return NULL;
}

static void join_clauses(struct rule_table *t, const struct clause_list *more, struct clause_list *ret)
{
    struct clause_list all = {.at = arena_alloc_n(t->arena, ret->n + more->n + 1, sizeof(*all.at))};

    if (all.at == NULL) {
        t->error = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < ret->n; i++)
        all.at[all.n++] = ret->at[i];
    for (size_t i = 0; i < more->n; i++)
        if (!clauses_have(ret, more->at[i]))
            all.at[all.n++] = more->at[i];
    *ret = all;
}

static void add_cond(void *user, const struct procedure *p, const struct cond *c)
{
    struct rule_table *t = user;
    struct rule_row *row = row_of_part(t, p, c->part);

    if (row == NULL)
        add(t, RULE_COND, c->part != NULL ? c->part : c->rule, &c->clauses, c->at, c, p);
    else
        join_clauses(t, &c->clauses, &row->clauses);
}

static void add_effect(void *user, const struct procedure *p, const struct effect *e)
{
    add(user, RULE_EFFECT, e->rule, &e->clauses, e->at, e, p);
}

/* What permits to suspend is carried out by each item, too. */
static void add_suspension(struct rule_table *t, const struct procedure *p,
                           const struct suspension *s)
{
    add(t, RULE_SUSPEND, arena_printf(t->arena, "%s:suspend", p->reg->id), &s->clauses, s->at, s,
        p);
    for (size_t i = 0; i < s->n_lifts; i++)
        add(t, RULE_LIFT, arena_printf(t->arena, "%s:suspend.%s", p->reg->id, s->lifts[i].item),
            &s->clauses, s->lifts[i].at, &s->lifts[i], p);
}

/* The names of a procedure; its conditions and effects come by the walk. */
static void add_procedure(struct rule_table *t, const struct procedure *p)
{
    const char *reg = p->reg->id;

    add(t, RULE_PROCEDURE, arena_printf(t->arena, "%s:procedure", reg), &p->clauses, p->at, p, p);
    for (size_t i = 0; i < p->n_roles; i++)
        add(t, RULE_PROC_ROLE, arena_printf(t->arena, "%s:role.%s", reg, p->roles[i].id), &p->roles[i].clauses, p->roles[i].at,
            &p->roles[i], p);
    for (size_t i = 0; i < p->n_periods; i++)
        add(t, RULE_PERIOD, arena_printf(t->arena, "%s:period.%s", reg, p->periods[i].id), &p->periods[i].clauses, p->periods[i].at,
            &p->periods[i], p);
    for (size_t i = 0; i < p->n_steps; i++)
        add(t, RULE_STEP, step_rule(t->arena, &p->steps[i]), &p->steps[i].clauses, p->steps[i].at, &p->steps[i], p);
    for (size_t i = 0; i < p->n_obligations; i++)
        add(t, RULE_OBLIGATION, p->obligations[i].rule, &p->obligations[i].clauses,
            p->obligations[i].at, &p->obligations[i], p);
    if (p->suspends != NULL)
        add_suspension(t, p, p->suspends);
}

int rule_table_load(const struct pack *pack, struct rule_table *ret)
{
    struct rule_table t = {.arena = arena_new(RULES_ARENA_MAX)};
    struct walk w = {.user = &t, .cond = add_cond, .effect = add_effect};

    if (t.arena == NULL)
        return -ENOMEM;
    add_directive(&t, pack);
    for (size_t i = 0; i < pack->n_regs; i++)
        add_register(&t, &pack->regs[i]);
    for (size_t i = 0; i < pack->n_procedures; i++)
        add_procedure(&t, &pack->procedures[i]);
    pack_walk(pack, &w);
    for (size_t i = 0; i < pack->n_forms; i++)
        add(&t, RULE_FORM, arena_printf(t.arena, "form:%s", pack->forms[i].id), &pack->forms[i].clauses, pack->forms[i].at, &pack->forms[i], NULL);
    if (t.error != 0) {
        rule_table_done(&t);
        return ERR(t.error);
    }
    *ret = t;
    return 0;
}

void rule_table_done(struct rule_table *t)
{
    free(t->at);
    arena_free(t->arena);
    *t = (struct rule_table){0};
}
