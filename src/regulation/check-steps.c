/* At most one step matches for each state and act, whatever is the case; and the engine's evaluator answers as the naive one. */
#include "regulation/check-inside.h"
#include "regulation/domain.h"
#include "regulation/pack-print.h"

#include <errno.h>
#include <inttypes.h>

#define CASE_MAX 3000u /* bytes of a case in words */

struct group {
    struct checking *ck;
    const struct procedure *p;
    const char *act;
    const struct step *first;
    const void *program; /* of the evaluator to compare; NULL: none */
    struct domain *domain;
    uint8_t *truth;
    const uint8_t **lifts; /* by number: sets of lifted clauses under which it is tried, too */
    size_t n_lifts;
    bool *taken; /* by step: some case takes it */
    bool is_sampled;
    bool told_double, told_unequal;
};

/* "" where it cannot be told; cut short where it is too long. */
static void case_print(const struct group *g, size_t state, struct buf *out)
{
    buf_init(out, CASE_MAX);
    IGNORE(domain_describe(g->domain, state, g->truth, out), "cut short where it is too long");
}

/* The second step that matches, for the message. */
static const struct step *second_match(const struct group *g, const struct step *first,
                                       const uint8_t *lifted)
{
    struct procedure alone = *g->p;

    for (size_t i = 0; i < g->p->n_steps; i++) {
        struct verdict v;
        struct facts facts = {
            .procedure = &alone, .act = g->act, .truth = g->truth, .lifted = lifted};

        if (&g->p->steps[i] == first)
            continue;
        alone.steps = &g->p->steps[i];
        alone.n_steps = 1;
        naive_decide(&facts, &v);
        if (v.n_matching > 0)
            return &g->p->steps[i];
    }
    return first;
}

static void tell_double(struct group *g, size_t state, const struct verdict *v,
                        const uint8_t *lifted)
{
    const struct step *other = second_match(g, v->step, lifted);
    char *more = arena_printf(g->ck->arena, "%s:%u", v->step->at.file, v->step->at.line);
    CLEANUP(buf_done) struct buf b;

    case_print(g, state, &b);
    g->told_double = true;
    check_error(g->ck, other->at, MSG_PACK_STEP_BOTH, {"register", str_of(g->p->reg->id)}, {"step", str_of(g->act)}, {"case", buf_str(&b)}, {"other", str_of(more)});
}

static const char *result_name(enum verdict_result r)
{
    static const char *const names[] = {"allowed", "forbidden", "not yet", "no step"};

    return names[r];
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
    if (a->result != b->result || a->step != b->step || a->n_matching != b->n_matching ||
        a->n_unmet != b->n_unmet || a->n_lifted != b->n_lifted)
        return false;
    return memcmp(a->unmet, b->unmet, a->n_unmet * sizeof(a->unmet[0])) == 0 &&
           memcmp(a->lifted, b->lifted, a->n_lifted * sizeof(a->lifted[0])) == 0;
}

static void compare(struct group *g, size_t state, const struct facts *facts, const struct verdict *naive)
{
    struct verdict got;
    struct buf b;

    g->ck->options.decider->decide(g->program, facts, &got);
    if (g->told_unequal || same_verdict(naive, &got))
        return;
    g->told_unequal = true;
    case_print(g, state, &b);
    check_error(g->ck, g->first->at, MSG_PACK_STEP_NAIVE, {"register", str_of(g->p->reg->id)}, {"step", str_of(g->act)}, {"case", buf_str(&b)},
                {"got", str_of(result_name(got.result))}, {"got_unmet", NUMBER(got.n_unmet)}, {"wanted", str_of(result_name(naive->result))},
                {"wanted_unmet", NUMBER(naive->n_unmet)});
    buf_done(&b);
}

/* True: some step matches. */
static bool try_lifted(struct group *g, size_t state, const uint8_t *lifted)
{
    struct facts facts = {.procedure = g->p, .act = g->act, .truth = g->truth, .lifted = lifted};
    struct verdict v;

    naive_decide(&facts, &v);
    if (v.result == VERDICT_ALLOWED)
        g->taken[v.step->no] = true;
    if (v.n_matching > 1 && !g->told_double)
        tell_double(g, state, &v, lifted);
    if (g->program != NULL)
        compare(g, state, &facts, &v);
    return v.n_matching > 0;
}

/* What is permitted anyway is not judged under a suspension. */
static void try_case(struct group *g, size_t state)
{
    bool matches = try_lifted(g, state, NULL);

    for (size_t i = 0; !matches && i < g->n_lifts; i++)
        try_lifted(g, state, g->lifts[i]);
}

/* ---- under a suspension ---- */

/* One of the act's conditions can be lifted by those clauses. */
static bool lifts_any(const struct cond *c, const uint8_t *lifted)
{
    size_t n = 0;

    for (size_t i = 0; c->kind == COND_ALL && i < c->n_children; i++) {
        if (lifts_any(c->children[i], lifted))
            return true;
    }
    while (cond_can_lift(c) && n < c->clauses.n && lifted[c->clauses.at[n]->no])
        n++;
    return cond_can_lift(c) && n == c->clauses.n;
}

static int add_lifted(struct group *g, const struct lift *at, size_t n)
{
    const struct pack *pack = g->ck->pack;
    uint8_t *lifted = arena_alloc_n(g->ck->arena, pack->n_clauses + 1, sizeof(*lifted));
    bool any = false;

    if (lifted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < at[i].clauses.n; k++)
            lifted[at[i].clauses.at[k]->no] = 1;
    }
    for (const struct step *s = g->p->steps; s < g->p->steps + g->p->n_steps; s++) {
        for (size_t k = 0; strcmp(s->act, g->act) == 0 && k < s->n_conds; k++)
            any = any || lifts_any(s->conds[k], lifted);
    }
    if (any)
        g->lifts[g->n_lifts++] = lifted;
    return 0;
}

/* Each item alone, and all of one suspension together. */
static int find_lifts(struct group *g)
{
    const struct pack *pack = g->ck->pack;
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; i < pack->n_procedures; i++)
        n += pack->procedures[i].suspends != NULL ? pack->procedures[i].suspends->n_lifts + 1 : 0;
    g->lifts = arena_alloc_n(g->ck->arena, n + 1, sizeof(*g->lifts));
    if (g->lifts == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct suspension *s = pack->procedures[i].suspends;

        for (size_t k = 0; r == 0 && s != NULL && k < s->n_lifts; k++)
            r = add_lifted(g, &s->lifts[k], 1);
        if (r == 0 && s != NULL && s->n_lifts > 1)
            r = add_lifted(g, s->lifts, s->n_lifts);
    }
    return r;
}

#define SEEKS 16u /* starting points */

/* A sample hardly ever meets a case in which many conditions hold at once: go and look for one, of each step and of each pair. */
static void seek_matches(struct group *g, size_t state)
{
    const struct procedure *p = g->p;

    for (size_t i = 0; i < p->n_steps; i++) {
        for (size_t k = i; k < p->n_steps && strcmp(p->steps[i].act, g->act) == 0; k++) {
            const struct step *also = k > i ? &p->steps[k] : NULL;

            for (uint64_t nth = 0; nth < SEEKS && strcmp(p->steps[k].act, g->act) == 0; nth++) {
                if (domain_seek(g->domain, state, &p->steps[i], also, nth, g->truth, NULL))
                    try_case(g, state);
            }
        }
    }
}

static void try_state(struct group *g, size_t state)
{
    const struct check_options *o = &g->ck->options;
    uint64_t n = domain_size(g->domain);
    /* Where no step starts nothing can match: a glance at the refusals will do. */
    uint64_t most = domain_state_starts(g->domain, state) ? o->cases_max : MIN_OF(o->sample, 4096);
    bool is_all = n <= most;

    if (!is_all && domain_state_starts(g->domain, state)) {
        g->is_sampled = true;
        n = o->sample;
    } else if (!is_all) {
        n = most;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (is_all)
            domain_at(g->domain, state, i, g->truth, NULL);
        else
            domain_sample(g->domain, state, i, g->truth, NULL);
        try_case(g, state);
    }
    if (g->is_sampled)
        seek_matches(g, state);
    g->ck->summary->n_cases += n;
    g->ck->summary->n_groups++;
}

static bool is_unset(const struct cond *c)
{
    return c->kind == COND_PARAM && c->param != NULL && c->param->from == NULL &&
           (!c->param->is_set || (c->name != NULL && c->name[0] != '\0' && strcmp(c->param->value, c->name) != 0));
}

/* Kept so that it is refused with its clause, or as long as a parameter is what it is. */
static bool is_banned(const struct step *s)
{
    for (size_t i = 0; i < s->n_conds; i++) {
        if (s->conds[i]->only_if == NULL && (s->conds[i]->kind == COND_NEVER || is_unset(s->conds[i])))
            return true;
    }
    return false;
}

static void tell_gaps(struct group *g)
{
    for (size_t i = 0; i < g->p->n_steps; i++) {
        const struct step *s = &g->p->steps[i];

        if (strcmp(s->act, g->act) != 0 || g->taken[i] || is_banned(s))
            continue;
        check_warning(g->ck, s->at, MSG_PACK_STEP_NEVER, {"register", str_of(g->p->reg->id)}, {"step", str_of(g->act)});
    }
}

static void tell_sample(struct group *g)
{
    uint64_t n = domain_size(g->domain);

    g->ck->summary->n_sampled_groups++;
    if (n == UINT64_MAX)
        check_note(g->ck, g->first->at, MSG_PACK_STEP_SAMPLED, {"register", str_of(g->p->reg->id)}, {"step", str_of(g->act)},
                   {"n", NUMBER(domain_n_subjects(g->domain))}, {"sample", NUMBER(g->ck->options.sample)});
    else
        check_note(g->ck, g->first->at, MSG_PACK_STEP_SAMPLED_OF, {"register", str_of(g->p->reg->id)}, {"step", str_of(g->act)},
                   {"n", NUMBER(domain_n_subjects(g->domain))}, {"all", NUMBER(n)}, {"sample", NUMBER(g->ck->options.sample)});
}

static int check_act(struct checking *ck, const struct step *first, const void *program)
{
    const struct procedure *p = first->procedure;
    CLEANUP(domain_freep) struct domain *d = NULL;
    struct group g = {.ck = ck, .p = p, .act = first->act, .first = first, .program = program};
    int r = domain_new(p, NULL, first->act, ck->force, &d);

    if (r == -E2BIG) {
        check_error(ck, first->at, MSG_PACK_STEP_SUBJECTS, {"register", str_of(p->reg->id)}, {"step", str_of(first->act)});
        return 0;
    }
    if (r < 0)
        return ERR(r);
    g.domain = d;
    g.truth = arena_alloc_n(ck->arena, p->n_leaves + 1, sizeof(*g.truth));
    g.taken = arena_alloc_n(ck->arena, p->n_steps + 1, sizeof(*g.taken));
    if (g.truth == NULL || g.taken == NULL)
        return -ENOMEM;
    r = find_lifts(&g);
    if (r != 0)
        return ERR(r);
    for (size_t i = 0; i < domain_n_states(d); i++)
        try_state(&g, i);
    if (g.is_sampled)
        tell_sample(&g);
    else
        tell_gaps(&g);
    return 0;
}

static int check_procedure(struct checking *ck, const struct procedure *p)
{
    const struct check_decider *decider = ck->options.decider;
    void *program = NULL;
    int r = decider != NULL ? decider->begin(p, &program) : 0;

    if (r != 0)
        return ERR_FOLD(r);
    for (size_t i = 0; r == 0 && i < p->n_steps; i++) {
        if (procedure_step(p, p->steps[i].act, 0) == &p->steps[i])
            r = check_act(ck, &p->steps[i], program);
    }
    if (decider != NULL)
        decider->end(program);
    ck->summary->n_steps += p->n_steps;
    return r;
}

int check_steps(struct checking *ck)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ck->pack->n_procedures; i++)
        r = check_procedure(ck, &ck->pack->procedures[i]);
    return r;
}
