#include "regulation/walk.h"

static void see_ref(const struct walk *w, const struct procedure *p, const struct ref *r)
{
    if (w->ref != NULL && r->kind != REF_NONE)
        w->ref(w->user, p, r);
}

static void see_wheres(const struct walk *w, const struct procedure *p, const struct where *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        see_ref(w, p, &at[i].value);
}

void cond_walk(const struct procedure *p, const struct cond *c, const struct walk *w)
{
    if (c == NULL)
        return;
    cond_walk(p, c->only_if, w);
    if (w->cond != NULL)
        w->cond(w->user, p, c);
    see_ref(w, p, &c->subject);
    see_ref(w, p, &c->other);
    see_ref(w, p, &c->since);
    see_wheres(w, p, c->wheres, c->n_wheres);
    if (c->during != NULL)
        see_ref(w, p, &c->during->at);
    if (c->cover != NULL) {
        see_ref(w, p, &c->cover->under);
        see_ref(w, p, &c->cover->rows);
    }
    for (size_t i = 0; i < c->n_children; i++)
        cond_walk(p, c->children[i], w);
    for (size_t i = 0; c->inside != NULL && i < c->inside->n_children; i++)
        cond_walk(p, c->inside->children[i], w);
}

static void see_tolds(const struct walk *w, const struct procedure *p, const struct told *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (w->told != NULL)
            w->told(w->user, p, &at[i]);
        see_ref(w, p, &at[i].of);
        see_ref(w, p, &at[i].person);
    }
}

static void see_effects(const struct walk *w, const struct procedure *p, const struct effect *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct effect *e = &at[i];

        cond_walk(p, e->only_if, w);
        if (w->effect != NULL)
            w->effect(w->user, p, e);
        see_ref(w, p, &e->of);
        see_ref(w, p, &e->for_each);
        see_wheres(w, p, e->wheres, e->n_wheres);
        for (size_t k = 0; k < e->n_sets; k++)
            see_ref(w, p, &e->sets[k].value);
        see_tolds(w, p, e->tolds, e->n_tolds);
    }
}

static void see_suspension(const struct walk *w, const struct procedure *p,
                           const struct suspension *s)
{
    see_ref(w, p, &s->during->at);
    for (size_t i = 0; i < s->n_sets; i++)
        see_ref(w, p, &s->sets[i].value);
}

void obligation_walk(const struct procedure *p, const struct obligation *o, const struct walk *w)
{
    see_ref(w, p, &o->due);
    see_ref(w, p, &o->by_of);
    cond_walk(p, o->met_by, w);
    for (size_t i = 0; i < o->n_reminders; i++)
        see_tolds(w, p, o->reminders[i].tolds, o->reminders[i].n_tolds);
    see_effects(w, p, o->missed, o->n_missed);
    see_tolds(w, p, o->again_tolds, o->n_again_tolds);
}

struct link_sought {
    const struct field *field;
    bool is_found;
};

static void seek_link(void *user, const struct procedure *p, const struct ref *r)
{
    struct link_sought *s = user;
    bool leads_on = r->n_hops > 1 || (r->n_hops == 1 && r->property != PROP_NONE && r->property != PROP_ID);

    s->is_found = s->is_found || (r->kind == REF_FIELD && leads_on && r->hops[0] == s->field);
}

static void seek_subject(void *user, const struct procedure *p, const struct cond *c)
{
    struct link_sought *s = user;
    bool asks_record = c->kind == COND_STATE_OF || c->kind == COND_UNLOCKED || c->kind == COND_LABEL || c->kind == COND_INHERITS || c->kind == COND_RETENTION;

    s->is_found = s->is_found || (asks_record && c->subject.kind == REF_FIELD && c->subject.n_hops > 0 && c->subject.hops[0] == s->field);
}

bool obligation_reads(const struct obligation *o, const struct field *f)
{
    struct link_sought s = {.field = f};
    const struct walk w = {.user = &s, .ref = seek_link, .cond = seek_subject};

    obligation_walk(o->procedure, o, &w);
    return s.is_found;
}

static void see_procedure(const struct walk *w, const struct procedure *p)
{
    for (size_t i = 0; i < p->n_roles; i++)
        see_ref(w, p, &p->roles[i].of);
    for (size_t i = 0; i < p->n_periods; i++) {
        see_ref(w, p, &p->periods[i].from);
        see_ref(w, p, &p->periods[i].to);
    }
    for (size_t i = 0; i < p->n_steps; i++) {
        for (size_t k = 0; k < p->steps[i].n_conds; k++)
            cond_walk(p, p->steps[i].conds[k], w);
        see_effects(w, p, p->steps[i].effects, p->steps[i].n_effects);
    }
    for (size_t i = 0; i < p->n_obligations; i++)
        obligation_walk(p, &p->obligations[i], w);
    if (p->suspends != NULL)
        see_suspension(w, p, p->suspends);
    for (size_t i = 0; i < p->n_constrains; i++)
        for (size_t k = 0; k < p->constrains[i].n_conds; k++)
            cond_walk(p, p->constrains[i].conds[k], w);
}

static void see_fields(const struct walk *w, const struct field *fields, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n && depth < 4; i++) {
        see_ref(w, NULL, &fields[i].initial);
        see_fields(w, fields[i].fields, fields[i].n_fields, depth + 1);
    }
}

void pack_walk(const struct pack *pack, const struct walk *w)
{
    for (size_t i = 0; i < pack->n_regs; i++)
        see_fields(w, pack->regs[i].fields, pack->regs[i].n_fields, 0);
    for (size_t i = 0; i < pack->n_procedures; i++)
        see_procedure(w, &pack->procedures[i]);
}
