/* What the leaf conditions of a step ask, and the vector of their truths, which is all that a decision goes by. */
#include "engine/rows.h"

#include <errno.h>
#include <string.h>

/* ---- which fields they ask ---- */

static bool ref_asks(const struct ref *r, const struct reg *reg, const struct field *f)
{
    switch (r->kind) {
    case REF_FIELD:
        return r->n_hops && r->hops[0] == f;
    case REF_THIS:
        return (r->property == PROP_UNIT && reg->unit_field == f) ||
               (r->property == PROP_NAME && reg->name_field == f);
    case REF_DIGEST:
        return true;
    default:
        return false;
    }
}

/* Where none is named, the unit is that of the record at hand. */
static bool unit_asks(const struct ref *of, const struct reg *reg, const struct field *f)
{
    return of->kind == REF_NONE ? reg->unit_field == f : ref_asks(of, reg, f);
}

static bool signs_field(const struct procedure *p, const char *act, const struct field *f)
{
    const struct step *st = procedure_step(p, act, 0);

    for (size_t i = 0; st && i < st->n_signs; i++)
        if (st->signs[i] == f)
            return true;
    return false;
}

bool leaf_asks(const struct cond *c, const struct reg *reg, const struct field *f)
{
    if (ref_asks(&c->subject, reg, f) || ref_asks(&c->other, reg, f) || ref_asks(&c->since, reg, f))
        return true;
    if (c->kind == COND_PERIOD &&
        (ref_asks(&c->period->from, reg, f) || ref_asks(&c->period->to, reg, f)))
        return true;
    if (c->kind == COND_UNCHANGED && signs_field(reg->procedure, c->name, f))
        return true;
    if (((c->kind == COND_HOLDS && c->role->per_unit) || c->kind == COND_ON_DUTY || c->kind == COND_ROSTER) &&
        unit_asks(&c->other, reg, f))
        return true;
    for (size_t i = 0; i < c->n_wheres; i++)
        if (ref_asks(&c->wheres[i].value, reg, f))
            return true;
    if (c->during && ref_asks(&c->during->at, reg, f))
        return true;
    if (c->cover && (ref_asks(&c->cover->under, reg, f) || ref_asks(&c->cover->rows, reg, f)))
        return true;
    for (size_t i = 0; (c->kind == COND_BY || c->kind == COND_SEPARATE) && i < c->n_by; i++)
        if (c->by[i] && c->by[i]->role->per_unit && unit_asks(&c->by[i]->of, reg, f))
            return true;
    return c->inside && cond_asks(c->inside, reg, f);
}

bool cond_asks(const struct cond *c, const struct reg *reg, const struct field *f)
{
    for (size_t i = 0; i < c->n_children; i++)
        if (cond_asks(c->children[i], reg, f))
            return true;
    return leaf_asks(c, reg, f) || (c->only_if && cond_asks(c->only_if, reg, f));
}

/* ---- the truth vector ---- */

static bool is_combination(const struct cond *c)
{
    return c->kind == COND_ALL || c->kind == COND_ANY || c->kind == COND_NOT;
}

static int param_is_unset(struct stage *sc, const struct param *p)
{
    const struct param *now;
    int e = param_now(sc, p, &now);

    return e ? e : !now || !now->is_set;
}

static int ref_is_unset(struct stage *sc, const struct ref *r)
{
    return r->kind == REF_PARAM ? param_is_unset(sc, r->param) : 0;
}

static int period_is_unset(struct stage *sc, const struct period *p)
{
    int e = p->by_param ? param_is_unset(sc, p->param) : 0;

    if (!e)
        e = ref_is_unset(sc, &p->from);
    return e ? e : ref_is_unset(sc, &p->to);
}

/* `{parameter: …}` asks just that, and can be judged. */
int leaf_rests_on_unset(struct stage *sc, const struct cond *c)
{
    int e = c->kind != COND_PARAM && c->param ? param_is_unset(sc, c->param) : 0;

    if (e || c->kind == COND_PARAM || (e = ref_is_unset(sc, &c->subject)) || (e = ref_is_unset(sc, &c->other)) ||
        (c->period && (e = period_is_unset(sc, c->period))))
        return e;
    for (size_t i = 0; i < c->n_wheres; i++)
        if ((e = ref_is_unset(sc, &c->wheres[i].value)))
            return e;
    if (c->during && (e = ref_is_unset(sc, &c->during->at)))
        return e;
    return c->cover ? ref_is_unset(sc, &c->cover->under) : 0;
}

static int judged_as_it_stands(struct stage *sc, const struct cond *c, bool permits)
{
    int e;

    if (c->kind == COND_EACH)
        return each_holds(sc, c, permits);
    e = leaf_rests_on_unset(sc, c);
    return e < 0 ? e : e ? !permits : leaf_true(sc, c);
}

/* Beforehand, what rests on a record out of sight speaks for the act, whatever it is: that is judged when the act is entered. */
int leaf_judged(struct stage *sc, const struct cond *c, bool permits)
{
    bool met = sc->met_unseen, against = sc->speaks_against;
    int e;

    sc->met_unseen = false;
    sc->speaks_against = !permits;
    e = judged_as_it_stands(sc, c, permits);
    if (e >= 0 && sc->met_unseen)
        e = permits;
    sc->met_unseen = met;
    sc->speaks_against = against;
    return e;
}

/* `permits`: a true leaf here speaks for the act; below an odd number of `not` and `if` it speaks against. A leaf that
 * rests on an unset parameter takes the truth that refuses, so that nothing is permitted by what nobody has settled. */
static int gather(struct stage *sc, const struct cond *c, bool permits, uint8_t *truth)
{
    int e = c->only_if ? gather(sc, c->only_if, !permits, truth) : 0;

    for (size_t i = 0; !e && i < c->n_children; i++)
        e = gather(sc, c->children[i], permits != (c->kind == COND_NOT), truth);
    if (e || is_combination(c) || truth[c->leaf] != TRUTH_UNASKED)
        return e;
    if (c->only_if && !cond_true(c->only_if, truth))
        return 0;
    e = leaf_judged(sc, c, permits);
    if (e < 0)
        return e;
    truth[c->leaf] = e ? TRUTH_TRUE : TRUTH_FALSE;
    return 0;
}

int gather_cond(struct stage *sc, const struct cond *c, uint8_t *truth)
{
    return gather(sc, c, true, truth);
}

static int gather_step(struct stage *sc, const struct step *st, uint8_t *truth)
{
    int e = 0;

    for (size_t i = 0; !e && i < st->n_conds; i++)
        e = gather_cond(sc, st->conds[i], truth);
    for (size_t i = 0; !e && i < st->n_effects; i++)
        if (st->effects[i].only_if)
            e = gather_cond(sc, st->effects[i].only_if, truth);
    return e;
}

int gather_steps(struct stage *sc, const char *act, uint8_t **ret)
{
    const struct procedure *p = sc->procedure;
    uint8_t *truth = arena_alloc(sc->arena, p->n_leaves + 1);
    int e = truth ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < p->n_leaves; i++)
        truth[i] = TRUTH_UNASKED;
    for (size_t i = 0; !e && i < p->n_steps; i++)
        if (!strcmp(p->steps[i].act, act))
            e = gather_step(sc, &p->steps[i], truth);
    if (!e)
        *ret = truth;
    return e;
}

bool cond_true(const struct cond *c, const uint8_t *truth)
{
    if (c->only_if && !cond_true(c->only_if, truth))
        return true;
    switch (c->kind) {
    case COND_ALL:
        for (size_t i = 0; i < c->n_children; i++)
            if (!cond_true(c->children[i], truth))
                return false;
        return true;
    case COND_ANY:
        for (size_t i = 0; i < c->n_children; i++)
            if (cond_true(c->children[i], truth))
                return true;
        return false;
    case COND_NOT:
        return !cond_true(c->children[0], truth);
    default:
        return truth[c->leaf] == TRUTH_TRUE;
    }
}
