/* Each state can be reached, and from each an end. The moves of a procedure are its own steps, its obligations, and the effects
 * of all procedures on its records. */
#include "regulation/check-inside.h"

#include <errno.h>

struct graph {
    const struct procedure *p;
    bool *edges;   /* n * n: from, to */
    bool *entered; /* a new record may begin here */
    size_t n;
};

static size_t no_of(const struct graph *g, const char *id)
{
    for (size_t i = 0; id != NULL && i < g->n; i++) {
        if (strcmp(g->p->states[i].id, id) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void add_edge(struct graph *g, const char *from, const char *to)
{
    size_t a = no_of(g, from), b = no_of(g, to);

    if (a != SIZE_MAX && b != SIZE_MAX)
        g->edges[a * g->n + b] = true;
}

static void add_edges(struct graph *g, const char *const *from, size_t n_from, const char *to)
{
    for (size_t i = 0; i < n_from; i++)
        add_edge(g, from[i], to);
}

static bool is_own(const struct effect *e)
{
    return e->of.kind == REF_NONE || (e->of.kind == REF_THIS && e->of.n_hops == 0);
}

/* `from`: the states of the record at hand when the effects come. */
static void add_effects(struct graph *g, const struct procedure *by, const struct effect *effects, size_t n, const char *const *from,
                        size_t n_from, const char *after)
{
    for (size_t i = 0; i < n; i++) {
        const struct effect *e = &effects[i];
        const struct reg *reg = e->reg != NULL ? e->reg : by->reg;

        if (reg != g->p->reg || e->state == NULL)
            continue;
        if (e->kind == EFFECT_CREATE || e->kind == EFFECT_COPY) {
            size_t no = no_of(g, e->state);

            if (no != SIZE_MAX)
                g->entered[no] = true;
        } else if (e->kind == EFFECT_MOVE_ALL && e->n_in_states > 0) {
            add_edges(g, e->in_states, e->n_in_states, e->state);
        } else if (e->kind == EFFECT_MOVE && by == g->p && is_own(e)) {
            add_edges(g, from, n_from, e->state);
            if (after != NULL)
                add_edge(g, after, e->state);
        } else if (e->kind == EFFECT_MOVE || e->kind == EFFECT_MOVE_ALL) {
            for (size_t k = 0; k < g->n; k++) /* whichever state the named record is in, but not out of an end */
                if (!g->p->states[k].is_end)
                    add_edge(g, g->p->states[k].id, e->state);
        }
    }
}

/* Kept so that it is refused with its clause: it leads nowhere. */
static bool is_banned(const struct step *s)
{
    for (size_t i = 0; i < s->n_conds; i++) {
        if (s->conds[i]->kind == COND_NEVER && s->conds[i]->only_if == NULL)
            return true;
    }
    return false;
}

static void add_procedure(struct graph *g, const struct procedure *by)
{
    for (size_t i = 0; i < by->n_steps; i++) {
        const struct step *s = &by->steps[i];

        if (is_banned(s))
            continue;
        if (by == g->p && s->to != NULL) {
            add_edges(g, s->from, s->n_from, s->to);
            if (s->makes_record && no_of(g, s->to) != SIZE_MAX)
                g->entered[no_of(g, s->to)] = true;
        }
        add_effects(g, by, s->effects, s->n_effects, s->from, s->n_from, s->to);
    }
    if (by->suspends != NULL && by->suspends->reviewed == g->p->reg &&
        no_of(g, by->suspends->state) != SIZE_MAX)
        g->entered[no_of(g, by->suspends->state)] = true;
    for (size_t i = 0; i < by->n_obligations; i++) {
        const struct obligation *o = &by->obligations[i];

        add_effects(g, by, o->missed, o->n_missed, o->while_states, o->n_while, NULL);
    }
}

/* Marks all that lead to a marked one, or (forward) that a marked one leads to. */
static void spread(const struct graph *g, bool *marks, bool is_forward)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < g->n * g->n; i++) {
            size_t a = is_forward ? i / g->n : i % g->n, b = is_forward ? i % g->n : i / g->n;

            if (g->edges[i] && marks[a] && !marks[b])
                marks[b] = more = true;
        }
    }
}

static void tell_states(struct checking *ck, const struct graph *g, const bool *reached, const bool *leads_out)
{
    bool has_end = false;

    for (size_t i = 0; i < g->n; i++)
        has_end = has_end || g->p->states[i].is_end;
    if (!has_end)
        check_error(ck, g->p->at, MSG_PACK_NO_END, {"procedure", str_of(g->p->id)});
    for (size_t i = 0; i < g->n; i++) {
        const struct state *s = &g->p->states[i];

        if (!reached[i])
            check_error(ck, s->at, MSG_PACK_UNREACHABLE, {"state", str_of(s->id)});
        else if (has_end && !leads_out[i])
            check_error(ck, s->at, MSG_PACK_ENDLESS, {"state", str_of(s->id)});
    }
}

static void tell_obligations(struct checking *ck, const struct procedure *p)
{
    for (size_t i = 0; i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];

        for (size_t k = 0; k < o->n_while; k++) {
            const struct state *s = procedure_state(p, o->while_states[k]);

            if (s != NULL && s->is_end)
                check_error(ck, o->at, MSG_PACK_ENDS_WHILE, {"obligation", str_of(o->id)}, {"state", str_of(s->id)});
        }
    }
}

static void tell_retention(struct checking *ck, const struct procedure *p)
{
    const struct retention *t = &p->reg->retention;

    if (!p->reg->has_retention)
        return;
    for (size_t i = 0; i < t->n_completed_in; i++) {
        const struct state *s = procedure_state(p, t->completed_in[i]);

        if (s != NULL && !s->is_end)
            check_warning(ck, t->at, MSG_PACK_KEEP_STATE, {"register", str_of(p->reg->id)}, {"state", str_of(s->id)});
    }
    for (size_t i = 0; i < p->n_states; i++) {
        if (p->states[i].is_end && !word_among(p->states[i].id, t->completed_in, t->n_completed_in))
            check_warning(ck, t->at, MSG_PACK_KEEP_EVER, {"register", str_of(p->reg->id)}, {"state", str_of(p->states[i].id)});
    }
}

static int check_procedure(struct checking *ck, const struct procedure *p)
{
    struct graph g = {.p = p, .n = p->n_states};
    bool *reached = arena_alloc_n(ck->arena, p->n_states + 1, sizeof(bool));
    bool *leads_out = arena_alloc_n(ck->arena, p->n_states + 1, sizeof(bool));

    g.edges = arena_alloc_n(ck->arena, p->n_states * p->n_states + 1, sizeof(bool));
    g.entered = arena_alloc_n(ck->arena, p->n_states + 1, sizeof(bool));
    if (g.edges == NULL || g.entered == NULL || reached == NULL || leads_out == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < ck->pack->n_procedures; i++)
        add_procedure(&g, &ck->pack->procedures[i]);
    for (size_t i = 0; i < g.n; i++) {
        reached[i] = g.entered[i];
        leads_out[i] = p->states[i].is_end;
    }
    spread(&g, reached, true);
    spread(&g, leads_out, false);
    tell_states(ck, &g, reached, leads_out);
    tell_obligations(ck, p);
    tell_retention(ck, p);
    ck->summary->n_states += p->n_states;
    return 0;
}

int check_states(struct checking *ck)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ck->pack->n_procedures; i++)
        r = check_procedure(ck, &ck->pack->procedures[i]);
    return r;
}
