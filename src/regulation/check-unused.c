/* Nothing that a pack declares goes unused. One pass over the pack marks what something refers to; what stays unmarked is told. */
#include "base/json.h"
#include "regulation/check-inside.h"
#include "regulation/walk.h"
#include "store/decay.h"

#include <errno.h>
#include <stdio.h>

#define CANONICAL_DEPTH 64

/* Marks by index into the pack's tables. */
struct used {
    const struct pack *pack;
    bool *roles, *posts, *kinds, *duties, *labels, *restrictions, *ranges, *params, *made;
    const struct field **given; /* fields that can come to hold a value */
    size_t n_given;
    size_t max_given;
    const struct cond **locks_asked;
    size_t n_asked;
    const struct effect **locks_laid;
    size_t n_laid;
    size_t max_locks;
};

static void mark_named(const struct named *all, size_t n, bool *marks, const char *id)
{
    for (size_t i = 0; id != NULL && i < n; i++)
        marks[i] = marks[i] || strcmp(all[i].id, id) == 0;
}

static void mark_kind(struct used *u, const char *id)
{
    mark_named(u->pack->unit_kinds, u->pack->n_unit_kinds, u->kinds, id);
}

static void mark_post(struct used *u, const char *id)
{
    mark_named(u->pack->posts, u->pack->n_posts, u->posts, id);
}

static void mark_duty(struct used *u, const char *id)
{
    mark_named(u->pack->duties, u->pack->n_duties, u->duties, id);
}

/* Of a table in the pack, by address; what a hand-made part points to elsewhere is found by nobody. */
#define MARK_PART(u, table, count, marks, part)                                                    \
    for (size_t i_ = 0; (part) != NULL && i_ < (count); i_++)                                       \
    (marks)[i_] = (marks)[i_] || &(table)[i_] == (part)

static void mark_role(struct used *u, const struct role *r)
{
    MARK_PART(u, u->pack->roles, u->pack->n_roles, u->roles, r);
}

static void mark_param(struct used *u, const struct param *p)
{
    MARK_PART(u, u->pack->params, u->pack->n_params, u->params, p);
}

static void mark_made(struct used *u, const struct reg *r)
{
    MARK_PART(u, u->pack->regs, u->pack->n_regs, u->made, r);
}

static void give(struct used *u, const struct field *f)
{
    if (f != NULL && u->n_given < u->max_given)
        u->given[u->n_given++] = f;
}

static bool is_given(const struct used *u, const struct field *f)
{
    for (size_t i = 0; i < u->n_given; i++) {
        if (u->given[i] == f)
            return true;
    }
    return false;
}

/* ---- marking ---- */

static void see_cond(void *user, const struct procedure *p, const struct cond *c)
{
    struct used *u = user;

    mark_role(u, c->role);
    mark_param(u, c->param);
    for (size_t i = 0; c->kind == COND_POST && i < c->n_words; i++)
        mark_post(u, c->words[i]);
    for (size_t i = 0; i < c->n_kinds; i++)
        mark_kind(u, c->kinds[i]);
    if (c->cover != NULL) {
        if (c->cover->unit_kind != NULL)
            mark_kind(u, c->cover->unit_kind);
        mark_role(u, c->cover->role);
    }
    if (c->kind == COND_ON_DUTY || c->kind == COND_ROSTER)
        mark_duty(u, c->name);
    if (c->kind == COND_UNLOCKED && u->n_asked < u->max_locks)
        u->locks_asked[u->n_asked++] = c;
}

static void see_effect(void *user, const struct procedure *p, const struct effect *e)
{
    struct used *u = user;

    for (size_t i = 0; i < e->n_sets; i++)
        give(u, e->sets[i].field);
    give(u, e->link);
    if (e->kind == EFFECT_CREATE || e->kind == EFFECT_COPY)
        mark_made(u, e->reg);
    if (e->kind == EFFECT_COPY) {
        give(u, reg_field(e->reg, "source"));
        give(u, reg_field(e->reg, "digest"));
    }
    if (e->kind == EFFECT_LOCK && u->n_laid < u->max_locks)
        u->locks_laid[u->n_laid++] = e;
}

static void see_told(void *user, const struct procedure *p, const struct told *t)
{
    mark_role(user, t->role);
}

static void see_ref(void *user, const struct procedure *p, const struct ref *r)
{
    struct used *u = user;

    if (r->kind == REF_PARAM)
        mark_param(u, r->param);
    if (r->kind == REF_UNIT_KIND)
        mark_kind(u, r->text);
    mark_kind(u, r->up_to);
}

static void see_org(struct used *u)
{
    const struct pack *p = u->pack;

    for (size_t i = 0; i < p->n_roles; i++) {
        const struct role *r = &p->roles[i];

        for (size_t k = 0; k < r->n_posts; k++)
            mark_post(u, r->posts[k]);
        for (size_t k = 0; k < r->n_within; k++)
            mark_kind(u, r->within[k]);
        mark_kind(u, r->in_kind);
        mark_duty(u, r->duty);
        mark_param(u, r->off_hours);
        mark_param(u, r->named_by);
        for (size_t k = 0; r->named_by != NULL && k < r->named_by->n_choices; k++)
            mark_role(u, r->named[k]);
        for (size_t k = 0; k < r->n_ranks; k++)
            mark_kind(u, r->ranks[k].unit_kind);
    }
    for (size_t i = 0; i < p->n_expiry_told; i++)
        mark_role(u, p->expiry_told[i]);
    for (size_t i = 0; i < p->n_clauses; i++)
        mark_role(u, pack_role(p, p->clauses[i].by));
    for (size_t i = 0; i < p->n_labels; i++) {
        for (size_t k = 0; k < p->labels[i].n_restrictions; k++)
            mark_named(p->restrictions, p->n_restrictions, u->restrictions, p->labels[i].restrictions[k]);
    }
    for (size_t i = 0; i < p->n_ranges; i++) {
        for (size_t k = 0; k < p->ranges[i].n_readers; k++) {
            mark_role(u, p->ranges[i].readers[k].role);
            mark_kind(u, p->ranges[i].readers[k].unit_kind);
        }
    }
    mark_kind(u, "shozoku"); /* what `actor.unit` means */
}

static void see_fields(struct used *u, const struct field *fields, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n && depth < 4; i++) {
        mark_kind(u, fields[i].unit_kind);
        if (fields[i].initial.kind != REF_NONE)
            give(u, &fields[i]);
        if (fields[i].type == FIELD_LABEL) {
            for (size_t k = 0; k < u->pack->n_labels; k++)
                u->labels[k] = true; /* any may be chosen */
        }
        see_fields(u, fields[i].fields, fields[i].n_fields, depth + 1);
    }
}

static void see_registers(struct used *u)
{
    const struct pack *p = u->pack;

    for (size_t i = 0; i < p->n_regs; i++) {
        const struct reg *r = &p->regs[i];

        MARK_PART(u, p->labels, p->n_labels, u->labels, r->label);
        MARK_PART(u, p->ranges, p->n_ranges, u->ranges, r->range);
        for (size_t k = 0; k < r->label_from.n[LABEL_RESTRICTIONS]; k++)
            for (size_t m = 0; m < r->label_from.fields[LABEL_RESTRICTIONS][k]->n_choices; m++)
                mark_named(p->restrictions, p->n_restrictions, u->restrictions, r->label_from.fields[LABEL_RESTRICTIONS][k]->choices[m].id);
        if (r->has_retention && r->retention.by_param)
            mark_param(u, r->retention.param);
        if (r->has_retention)
            mark_param(u, r->retention.basis_param);
        see_fields(u, r->fields, r->n_fields, 0);
    }
}

static void see_suspension(struct used *u, const struct suspension *s)
{
    mark_made(u, s->reviewed);
    for (size_t i = 0; i < s->n_sets; i++)
        give(u, s->sets[i].field);
    give(u, s->act_field);
    give(u, s->case_field);
}

static void see_procedures(struct used *u)
{
    for (size_t i = 0; i < u->pack->n_procedures; i++) {
        const struct procedure *p = &u->pack->procedures[i];

        for (size_t k = 0; k < p->n_roles; k++)
            mark_role(u, p->roles[k].role);
        for (size_t k = 0; k < p->n_periods; k++) {
            if (p->periods[k].by_param)
                mark_param(u, p->periods[k].param);
        }
        if (p->suspends != NULL)
            see_suspension(u, p->suspends);
        for (size_t k = 0; k < p->n_obligations; k++)
            mark_role(u, p->obligations[k].by);
        for (size_t k = 0; k < p->n_steps; k++) {
            if (p->steps[k].makes_record)
                mark_made(u, p->reg);
            for (size_t m = 0; m < p->steps[k].n_asks; m++)
                give(u, p->steps[k].asks[m]);
        }
    }
}

/* A parameter that gave a duration is folded into it; only the text still tells. */
static void see_parameters_in(struct used *u, const json_t *v, unsigned depth)
{
    const char *key;
    json_t *value;
    size_t i;

    if (depth > CANONICAL_DEPTH)
        return;
    if (json_is_array(v)) {
        json_array_foreach((json_t *)(uintptr_t)v, i, value) {
            see_parameters_in(u, value, depth + 1);
        }
    }
    json_object_foreach((json_t *)(uintptr_t)v, key, value) {
        if (strcmp(key, "parameter") == 0 && json_is_string(value))
            mark_param(u, pack_param(u->pack, json_string_value(value)));
        see_parameters_in(u, value, depth + 1);
    }
}

/* How long the contents of what was taken out are kept. */
static void mark_clearing(struct used *u)
{
    if (pack_holds(u->pack, HOLDS_INTEL_REMOVALS))
        mark_param(u, pack_param(u->pack, "clear-removed"));
}

/* What says how indicators end (store/decay.h). */
static void mark_decay(struct used *u)
{
    char id[48];

    if (!pack_holds(u->pack, HOLDS_INTEL_IMPORTS))
        return;
    mark_param(u, pack_param(u->pack, "decay-threshold"));
    for (unsigned c = 0; c < DECAY_N_CLASSES; c++) {
        snprintf(id, sizeof(id), "life-%s", decay_class_name((enum decay_class)c));
        mark_param(u, pack_param(u->pack, id));
        snprintf(id, sizeof(id), "shape-%s", decay_class_name((enum decay_class)c));
        mark_param(u, pack_param(u->pack, id));
    }
}

static int see_text(struct used *u)
{
    JSON_AUTO *all = NULL;
    struct diag diag;
    int r = 0;

    mark_param(u, pack_param(u->pack, "retention-anchor")); /* the engine asks for these by name */
    mark_param(u, pack_param(u->pack, "paper-window"));
    mark_decay(u);
    mark_clearing(u);
    if (u->pack->canonical.len == 0)
        return 0;
    diag_init(&diag);
    r = json_parse(u->pack->canonical, (struct json_limits){u->pack->canonical.len, CANONICAL_DEPTH}, &all, &diag);
    diag_done(&diag);
    if (r == 0)
        see_parameters_in(u, all, 0);
    return r < 0 ? ERR(r) : 0;
}

/* ---- telling ---- */

static void tell_named(struct checking *ck, const struct named *all, size_t n, const bool *marks, enum message_key what, enum message_key by)
{
    for (size_t i = 0; i < n; i++) {
        if (!marks[i])
            check_error(ck, all[i].at, MSG_PACK_UNUSED, MESSAGE_WORD("what", what), {"id", str_of(all[i].id)}, MESSAGE_WORD("by", by));
    }
}

static void tell_tables(struct checking *ck, const struct used *u)
{
    const struct pack *p = ck->pack;

    for (size_t i = 0; i < p->n_params; i++) {
        if (!u->params[i])
            check_error(ck, p->params[i].at, MSG_PACK_UNUSED_PARAM, {"param", str_of(p->params[i].id)});
    }
    tell_named(ck, p->unit_kinds, p->n_unit_kinds, u->kinds, MSG_PACK_WORD_UNIT_KIND, MSG_PACK_WORD_BY_MANY);
    tell_named(ck, p->posts, p->n_posts, u->posts, MSG_PACK_WORD_POST, MSG_PACK_WORD_BY_ROLE);
    tell_named(ck, p->duties, p->n_duties, u->duties, MSG_PACK_WORD_DUTY, MSG_PACK_WORD_BY_ROLE);
    for (size_t i = 0; i < p->n_roles; i++) {
        if (!u->roles[i])
            check_error(ck, p->roles[i].at, MSG_PACK_UNUSED_ROLE, {"role", str_of(p->roles[i].id)});
    }
    for (size_t i = 0; i < p->n_labels; i++) {
        if (!u->labels[i])
            check_error(ck, p->labels[i].at, MSG_PACK_UNUSED_LABEL, {"label", str_of(p->labels[i].id)});
    }
    tell_named(ck, p->restrictions, p->n_restrictions, u->restrictions, MSG_PACK_WORD_RESTRICTION, MSG_PACK_WORD_BY_LABEL);
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (!u->ranges[i])
            check_error(ck, p->ranges[i].at, MSG_PACK_UNUSED_RANGE, {"range", str_of(p->ranges[i].id)});
    }
}

static void tell_register(struct checking *ck, const struct used *u, const struct reg *r, bool is_made)
{
    if (!is_made) {
        check_error(ck, r->at, MSG_PACK_NEVER_MADE, {"register", str_of(r->id)});
        return;
    }
    for (size_t i = 0; i < r->n_fields; i++) {
        if (!is_given(u, &r->fields[i]))
            check_error(ck, r->fields[i].at, MSG_PACK_NEVER_FILLED, {"field", str_of(r->fields[i].id)}, {"register", str_of(r->id)});
    }
}

struct role_search {
    const struct procedure *p;
    bool *marks;
};

static void see_role_cond(void *user, const struct procedure *p, const struct cond *c)
{
    struct role_search *s = user;

    for (size_t i = 0; p == s->p && i < c->n_by; i++)
        MARK_PART(s, p->roles, p->n_roles, s->marks, c->by[i]);
}

static void see_role_told(void *user, const struct procedure *p, const struct told *t)
{
    struct role_search *s = user;

    for (size_t i = 0; p == s->p && i < p->n_roles; i++)
        s->marks[i] = s->marks[i] || p->roles[i].role == t->role;
}

static void see_role_ref(void *user, const struct procedure *p, const struct ref *r)
{
    struct role_search *s = user;

    if (p == s->p && r->kind == REF_PARTY)
        MARK_PART(s, p->roles, p->n_roles, s->marks, procedure_role(p, r->text));
}

static bool asks_period(const struct procedure *p, const struct period *period)
{
    for (unsigned i = 0; i < p->n_leaves; i++) {
        if (p->leaves[i]->period == period)
            return true;
    }
    return false;
}

static int tell_procedure(struct checking *ck, const struct procedure *p)
{
    struct role_search s = {p, arena_alloc_n(ck->arena, p->n_roles + 1, sizeof(bool))};
    struct walk w = {.user = &s, .cond = see_role_cond, .told = see_role_told, .ref = see_role_ref};

    if (s.marks == NULL)
        return -ENOMEM;
    pack_walk(ck->pack, &w);
    for (size_t i = 0; i < p->n_obligations; i++) {
        for (size_t k = 0; k < p->n_roles; k++)
            s.marks[k] = s.marks[k] || p->obligations[i].by == p->roles[k].role;
    }
    for (size_t i = 0; i < p->n_roles; i++) {
        if (!s.marks[i])
            check_error(ck, p->roles[i].at, MSG_PACK_UNUSED_ACTOR, {"role", str_of(p->roles[i].id)}, {"procedure", str_of(p->id)});
    }
    for (size_t i = 0; i < p->n_periods; i++) {
        if (!asks_period(p, &p->periods[i]))
            check_error(ck, p->periods[i].at, MSG_PACK_UNUSED_PERIOD, {"period", str_of(p->periods[i].id)});
    }
    for (size_t i = 0; i < p->n_conditions; i++) {
        if (p->conditions[i].n_uses == 0)
            check_error(ck, p->conditions[i].at, MSG_PACK_UNUSED_CONDITION, {"condition", str_of(p->conditions[i].id)}, {"procedure", str_of(p->id)});
    }
    return 0;
}

static void tell_locks(struct checking *ck, const struct used *u)
{
    for (size_t i = 0; i < u->n_asked; i++) {
        bool is_laid = false;

        for (size_t k = 0; k < u->n_laid; k++)
            is_laid = is_laid || strcmp(u->locks_laid[k]->lock, u->locks_asked[i]->name) == 0;
        if (!is_laid)
            check_error(ck, u->locks_asked[i]->at, MSG_PACK_LOCK_NEVER, {"lock", str_of(u->locks_asked[i]->name)});
    }
    for (size_t i = 0; i < u->n_laid; i++) {
        bool is_asked = false;

        for (size_t k = 0; k < u->n_asked; k++)
            is_asked = is_asked || strcmp(u->locks_laid[i]->lock, u->locks_asked[k]->name) == 0;
        if (!is_asked)
            check_error(ck, u->locks_laid[i]->at, MSG_PACK_LOCK_UNASKED, {"lock", str_of(u->locks_laid[i]->lock)});
    }
}

/* ---- together ---- */

static size_t count_fields(const struct pack *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_regs; i++)
        n += 2 * p->regs[i].n_fields;
    return n;
}

static int make_marks(struct arena *a, struct used *u, size_t n_rules)
{
    const struct pack *p = u->pack;
    struct {
        bool **at;
        size_t n;
    } all[] = {
        {&u->roles, p->n_roles}, {&u->posts, p->n_posts}, {&u->kinds, p->n_unit_kinds}, {&u->duties, p->n_duties},
        {&u->labels, p->n_labels}, {&u->restrictions, p->n_restrictions}, {&u->ranges, p->n_ranges},
        {&u->params, p->n_params}, {&u->made, p->n_regs},
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        *all[i].at = arena_alloc_n(a, all[i].n + 1, sizeof(bool));
        if (*all[i].at == NULL)
            return -ENOMEM;
    }
    /* Each field may be given by its default, by each step that asks it and by each effect that sets it. */
    u->max_given = count_fields(p);
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_steps; k++)
            u->max_given += p->procedures[i].steps[k].n_asks;
    }
    u->max_given += 64 * n_rules; /* effects set at most so many fields each; beyond that a field may be told wrongly */
    u->max_locks = n_rules;
    u->given = arena_alloc_n(a, u->max_given + 1, sizeof(*u->given));
    u->locks_asked = arena_alloc_n(a, n_rules + 1, sizeof(*u->locks_asked));
    u->locks_laid = arena_alloc_n(a, n_rules + 1, sizeof(*u->locks_laid));
    return u->given != NULL && u->locks_asked != NULL && u->locks_laid != NULL ? 0 : -ENOMEM;
}

int check_unused(struct checking *ck)
{
    struct used u = {.pack = ck->pack};
    struct walk w = {.user = &u, .cond = see_cond, .effect = see_effect, .told = see_told, .ref = see_ref};
    int r = make_marks(ck->arena, &u, ck->rules.n);

    if (r != 0)
        return ERR(r);
    see_org(&u);
    see_registers(&u);
    see_procedures(&u);
    pack_walk(ck->pack, &w);
    r = see_text(&u);
    if (r != 0)
        return ERR(r);
    tell_tables(ck, &u);
    for (size_t i = 0; i < ck->pack->n_regs; i++)
        tell_register(ck, &u, &ck->pack->regs[i], u.made[i]);
    for (size_t i = 0; r == 0 && i < ck->pack->n_procedures; i++)
        r = tell_procedure(ck, &ck->pack->procedures[i]);
    tell_locks(ck, &u);
    return r;
}
