/* The slow evaluator: the rules of facts.h, written as they are said. Nothing here is clever, and nothing may become so: the
 * engine's evaluator is compared with this one over everything that the checker enumerates. */
#include "regulation/facts.h"

static bool holds(const struct cond *c, const uint8_t *truth);

static bool all_hold(const struct cond *c, const uint8_t *truth)
{
    for (size_t i = 0; i < c->n_children; i++) {
        if (!holds(c->children[i], truth))
            return false;
    }
    return true;
}

static bool any_holds(const struct cond *c, const uint8_t *truth)
{
    for (size_t i = 0; i < c->n_children; i++) {
        if (holds(c->children[i], truth))
            return true;
    }
    return false;
}

static bool holds(const struct cond *c, const uint8_t *truth)
{
    if (c->only_if != NULL && !holds(c->only_if, truth))
        return true;
    if (c->kind == COND_ALL)
        return all_hold(c, truth);
    if (c->kind == COND_ANY)
        return any_holds(c, truth);
    if (c->kind == COND_NOT)
        return !holds(c->children[0], truth);
    return truth[c->leaf] == TRUTH_TRUE;
}

static bool is_lifted(const struct cond *c, const uint8_t *lifted)
{
    if (lifted == NULL || !cond_can_lift(c))
        return false;
    for (size_t i = 0; i < c->clauses.n; i++) {
        if (!lifted[c->clauses.at[i]->no])
            return false;
    }
    return true;
}

/* What one step lacks. */
struct lack {
    bool in_state;
    bool is_forbidden;
    size_t n; /* all, also those that `unmet` had no room for */
    const struct cond *unmet[VERDICT_UNMET_MAX];
    size_t n_unmet;
    const struct cond *lifted[VERDICT_UNMET_MAX];
    size_t n_lifted;
};

static void add_unmet(const struct cond *c, const struct facts *facts, struct lack *lack)
{
    if (holds(c, facts->truth))
        return;
    if (c->kind == COND_ALL) { /* not the whole is named, but what it lacks */
        for (size_t i = 0; i < c->n_children; i++)
            add_unmet(c->children[i], facts, lack);
        return;
    }
    if (is_lifted(c, facts->lifted)) {
        if (lack->n_lifted < VERDICT_UNMET_MAX)
            lack->lifted[lack->n_lifted++] = c;
        return;
    }
    lack->n++;
    if (c->kind == COND_STATE)
        lack->in_state = false;
    if (!c->is_not_yet)
        lack->is_forbidden = true;
    if (lack->n_unmet < VERDICT_UNMET_MAX)
        lack->unmet[lack->n_unmet++] = c;
}

static void judge_step(const struct step *step, const struct facts *facts, struct lack *ret)
{
    ret->in_state = true;
    ret->is_forbidden = false;
    ret->n = 0;
    ret->n_unmet = 0;
    ret->n_lifted = 0;
    for (size_t i = 0; i < step->n_conds; i++)
        add_unmet(step->conds[i], facts, ret);
}

static bool is_nearer(const struct lack *a, const struct lack *b)
{
    if (a->in_state && !b->in_state)
        return true;
    return a->in_state && b->in_state && a->n < b->n;
}

void naive_decide(const struct facts *facts, struct verdict *ret)
{
    const struct procedure *p = facts->procedure;
    struct lack lack, nearest = {0};

    *ret = (struct verdict){.result = VERDICT_NO_STEP};
    for (size_t i = 0; i < p->n_steps; i++) {
        if (strcmp(p->steps[i].act, facts->act) != 0)
            continue;
        judge_step(&p->steps[i], facts, &lack);
        if (lack.n == 0) {
            ret->n_matching++;
            if (ret->n_matching == 1) {
                ret->step = &p->steps[i];
                memcpy(ret->lifted, lack.lifted, lack.n_lifted * sizeof(ret->lifted[0]));
                ret->n_lifted = lack.n_lifted;
            }
        }
        if (ret->n_matching == 0 && (ret->step == NULL || is_nearer(&lack, &nearest))) {
            ret->step = &p->steps[i];
            nearest = lack;
        }
    }
    if (ret->n_matching > 0) {
        ret->result = VERDICT_ALLOWED;
        return;
    }
    if (ret->step == NULL)
        return;
    ret->result = nearest.is_forbidden ? VERDICT_FORBIDDEN : VERDICT_NOT_YET;
    memcpy(ret->unmet, nearest.unmet, nearest.n_unmet * sizeof(ret->unmet[0]));
    ret->n_unmet = nearest.n_unmet;
}
