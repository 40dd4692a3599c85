#include "engine/offer-before.h"

static bool is_known(const struct before *b, const struct step *st)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->at[i]->procedure == st->procedure && !strcmp(b->at[i]->act, st->act))
            return true;
    return false;
}

/* What is done rarely, or refused for good, leads nowhere that whoever waits would know. */
static void add(struct before *b, const struct step *st)
{
    if (b->n < OFFER_BEFORE_MAX && st->waits && !is_known(b, st) &&
        !step_ban(st->procedure, st->act))
        b->at[b->n++] = st;
}

/* ---- every effect of every step ---- */

typedef bool effect_test(const void *arg, const struct procedure *p, const struct effect *e);

static void add_by_effect(struct before *b, effect_test *test, const void *arg)
{
    const struct pack *pack = b->sc->procedure->reg->pack;

    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_steps; k++) {
            const struct step *st = &pack->procedures[i].steps[k];

            for (size_t n = 0; n < st->n_effects; n++)
                if (test(arg, &pack->procedures[i], &st->effects[n]))
                    add(b, st);
        }
}

/* ---- into a state ---- */

struct wanted {
    const struct reg *reg;
    const char *const *states; /* none: any */
    size_t n_states;
};

static bool fits(const struct wanted *w, const char *state)
{
    return state && (!w->n_states || word_in(state, w->states, w->n_states));
}

static bool moves_there(const void *arg, const struct procedure *p, const struct effect *e)
{
    const struct wanted *w = arg;

    if (e->kind != EFFECT_MOVE && e->kind != EFFECT_MOVE_ALL && e->kind != EFFECT_CREATE &&
        e->kind != EFFECT_COPY)
        return false;
    return (e->reg ? e->reg : p->reg) == w->reg && fits(w, e->state);
}

static void add_into(struct before *b, const struct wanted *w)
{
    const struct procedure *p = w->reg->procedure;

    for (size_t i = 0; p && i < p->n_steps; i++)
        if (w->n_states ? fits(w, p->steps[i].to) : p->steps[i].makes_record)
            add(b, &p->steps[i]);
    add_by_effect(b, moves_there, w);
}

static void add_role(struct before *b, const struct role *role)
{
    if (role->source == ROLE_BY_REGISTER)
        add_into(b, &(struct wanted){role->reg, (const char *const *)role->in_states,
                                     role->n_in_states});
}

static bool unlocks(const void *arg, const struct procedure *p, const struct effect *e)
{
    return e->kind == EFFECT_UNLOCK && !strcmp(e->lock, arg);
}

/* The register of the record that a reference ends in; NULL. */
static const struct reg *reg_of(const struct ref *r)
{
    const struct field *f = r->kind == REF_FIELD && r->n_hops ? r->hops[r->n_hops - 1] : NULL;

    return !f ? NULL : f->type == FIELD_LIST ? f->fields[0].reg : f->reg;
}

void before_cond(struct before *b, const struct cond *c)
{
    const struct reg *reg = reg_of(&c->subject);

    switch (c->kind) {
    case COND_STATE_OF:
        if (reg)
            add_into(b, &(struct wanted){reg, (const char *const *)c->words, c->n_words});
        return;
    case COND_RECORD:
        if (c->count != COUNT_NONE)
            add_into(b, &(struct wanted){c->reg, (const char *const *)c->words, c->n_words});
        return;
    case COND_UNLOCKED:
        add_by_effect(b, unlocks, c->name);
        return;
    case COND_HOLDS:
        add_role(b, c->role);
        return;
    case COND_BY:
        for (size_t i = 0; i < c->n_by; i++)
            add_role(b, c->by[i]->role);
        return;
    default:
        return;
    }
}

/* ---- into sight ---- */

static bool is_sight_field(const struct reg *reg, const struct field *f)
{
    for (size_t i = 0; reg->range && i < reg->range->n_readers; i++) {
        const struct reader *r = &reg->range->readers[i];

        if ((r->kind == READER_ROLE || r->kind == READER_PERSON) && r->field &&
            !strcmp(r->field, f->id))
            return true;
    }
    return false;
}

/* A value out of the record itself brings it to nobody new. */
static bool is_own_value(const struct effect *e, const struct ref *v)
{
    return v->kind == REF_FIELD && e->of.kind == REF_FIELD && v->n_hops && e->of.n_hops &&
           v->hops[0] == e->of.hops[0];
}

static bool brings_into_sight(const void *arg, const struct procedure *p, const struct effect *e)
{
    const struct reg *reg = arg;

    if (e->kind != EFFECT_SET || e->reg != reg)
        return false;
    for (size_t i = 0; i < e->n_sets; i++)
        if (is_sight_field(reg, e->sets[i].field) && !is_own_value(e, &e->sets[i].value))
            return true;
    return false;
}

/* What asks in which state the record in the field is. */
static const struct cond *state_asked(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind == COND_STATE_OF && c->subject.kind == REF_FIELD && c->subject.n_hops == 1 &&
            c->subject.hops[0] == f)
            return c;
    }
    return NULL;
}

void before_field(struct before *b, const struct step *st, const struct field *f)
{
    const struct reg *reg = f->type == FIELD_LIST     ? f->fields[0].reg
                            : f->type == FIELD_RECORD ? f->reg
                                                      : NULL;
    const struct cond *c = state_asked(st, f);
    size_t n = b->n;

    if (!reg)
        return;
    if (c) {
        before_cond(b, c);
        return;
    }
    add_by_effect(b, brings_into_sight, reg);
    if (b->n == n)
        add_into(b, &(struct wanted){reg, NULL, 0});
}

/* ---- the list ---- */

static json_t *roles_json(const struct step *st)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < st->n_conds; i++)
        for (size_t k = 0; st->conds[i]->kind == COND_BY && k < st->conds[i]->n_by; k++)
            if (json_array_append_new(list, text2_json(st->conds[i]->by[k]->role->title))) {
                json_decref(list);
                return NULL;
            }
    return list;
}

json_t *before_list(const struct before *b)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < b->n; i++) {
        const struct step *st = b->at[i];
        const struct reg *reg = st->procedure->reg;

        if (json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:o, s:o}", "reg", reg->id,
                                                  "reg_title", text2_json(reg->title), "step",
                                                  st->act, "title", text2_json(st->title), "by",
                                                  roles_json(st)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
