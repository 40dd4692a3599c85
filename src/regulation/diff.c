#include "regulation/diff.h"

#include "regulation/describe.h"
#include "regulation/diff-text.h"
#include "regulation/domain.h"

#include <errno.h>
#include <stdlib.h>

#define SEEKS 64u         /* starting points towards each step */
#define ALIKE_MAX 64u     /* different changes of one act that are told apart */

/* ---- text ---- */

static int diff_lines(const struct rule_lines *a, const struct rule_lines *b, struct buf *out, struct diff_summary *ret)
{
    size_t i = 0, k = 0;

    while (i < a->n || k < b->n) {
        int order = i == a->n ? 1 : k == b->n ? -1 : strcmp(a->at[i], b->at[k]);

        if (order != 0) {
            (void)buf_printf(out, "%c %s\n", order < 0 ? '-' : '+', order < 0 ? a->at[i] : b->at[k]);
            ret->n_lines++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return buf_error(out);
}

static int diff_text(const struct pack *before, const struct pack *after, struct buf *out, struct diff_summary *ret)
{
    CLEANUP(rule_lines_done) struct rule_lines a = {0};
    CLEANUP(rule_lines_done) struct rule_lines b = {0};
    int r = rule_lines_load(before, &a);

    if (r == 0)
        r = rule_lines_load(after, &b);
    return r != 0 ? ERR(r) : diff_lines(&a, &b, out, ret);
}

/* ---- decisions ---- */

struct acts {
    const struct procedure *p[2]; /* before, after */
    const char *act;
    struct domain *domain;
    uint8_t *truth[2];
    char *alike[ALIKE_MAX]; /* changes that were told */
    size_t n_alike;
    struct buf *out;
    struct diff_summary *summary;
};

static void add_unmet(const struct verdict *v, struct buf *out)
{
    for (size_t i = 0; i < v->n_unmet; i++) {
        const struct cond *c = v->unmet[i];

        (void)buf_add_text(out, i == 0 ? ": " : "; ");
        IGNORE(cond_describe(c, out), "sticky: the buffer tells at the end");
        for (size_t k = 0; k < c->clauses.n; k++)
            (void)buf_printf(out, "%s%s", k == 0 ? " [" : ",", c->clauses.at[k]->id);
        if (c->clauses.n > 0)
            (void)buf_add_char(out, ']');
    }
}

static const char *result_word(enum verdict_result r)
{
    static const char *const words[] = {"allowed", "forbidden", "not yet permitted", "no such step"};

    return words[r];
}

static bool is_known(const struct acts *a, const char *change)
{
    for (size_t i = 0; i < a->n_alike; i++) {
        if (strcmp(a->alike[i], change) == 0)
            return true;
    }
    return false;
}

/* One change is told with the first case that shows it. */
static int tell(struct acts *a, size_t state, const struct verdict v[2])
{
    CLEANUP(buf_done) struct buf b;
    const struct verdict *refused = v[0].result == VERDICT_ALLOWED ? &v[1] : &v[0];

    buf_init(&b, 64u << 10);
    (void)buf_printf(&b, "%s/%s in %s: %s before, %s now", a->p[0]->reg->id, a->act, domain_state(a->domain, state), result_word(v[0].result),
                     result_word(v[1].result));
    add_unmet(refused, &b);
    if (buf_error(&b) != 0)
        return buf_error(&b);
    if (is_known(a, b.at) || a->n_alike == ALIKE_MAX)
        return 0;
    a->alike[a->n_alike] = strdup(b.at);
    if (a->alike[a->n_alike++] == NULL)
        return -ENOMEM;
    a->summary->n_cases++;
    if (a->n_alike > DIFF_CASES_SHOWN)
        return 0;
    (void)buf_printf(a->out, "%s; when ", b.at);
    IGNORE(domain_describe(a->domain, state, a->truth[0], a->out), "sticky: the buffer tells at the end");
    (void)buf_add_char(a->out, '\n');
    return buf_error(a->out);
}

static int try_case(struct acts *a, size_t state)
{
    struct verdict v[2];

    for (size_t i = 0; i < 2; i++) {
        struct facts facts = {.procedure = a->p[i], .act = a->act, .truth = a->truth[i]};

        naive_decide(&facts, &v[i]);
    }
    return (v[0].result == VERDICT_ALLOWED) != (v[1].result == VERDICT_ALLOWED) ? tell(a, state, v) : 0;
}

/* In a large domain: from wherever a step of one text can be taken, what does the other text say? */
static int seek_cases(struct acts *a, size_t state)
{
    int r = 0;

    for (size_t which = 0; which < 2; which++) {
        for (size_t i = 0; i < a->p[which]->n_steps; i++) {
            const struct step *s = &a->p[which]->steps[i];

            for (uint64_t nth = 0; r == 0 && strcmp(s->act, a->act) == 0 && nth < SEEKS; nth++) {
                if (domain_seek(a->domain, state, s, NULL, nth, a->truth[0], a->truth[1]))
                    r = try_case(a, state);
            }
        }
    }
    return r;
}

static int try_state(struct acts *a, size_t state)
{
    uint64_t n = domain_size(a->domain);
    int r = 0;

    if (!domain_state_starts(a->domain, state))
        return 0; /* refused before and now */
    if (n > DIFF_CASES_MAX) {
        a->summary->n_sampled++;
        return seek_cases(a, state);
    }
    for (uint64_t i = 0; r == 0 && i < n; i++) {
        domain_at(a->domain, state, i, a->truth[0], a->truth[1]);
        r = try_case(a, state);
    }
    return r;
}

static int diff_act(const struct procedure *before, const struct procedure *after, const char *act, const struct force *force, struct buf *out,
                    struct diff_summary *ret)
{
    CLEANUP(domain_freep) struct domain *d = NULL;
    struct acts a = {.p = {before, after}, .act = act, .out = out, .summary = ret};
    int r = domain_new(before, after, act, force, &d);

    a.domain = d;
    for (size_t i = 0; r == 0 && i < 2; i++) {
        a.truth[i] = calloc(a.p[i]->n_leaves + 1, 1);
        r = a.truth[i] != NULL ? 0 : -ENOMEM;
    }
    for (size_t i = 0; r == 0 && i < domain_n_states(d); i++)
        r = try_state(&a, i);
    if (r == 0 && a.n_alike > DIFF_CASES_SHOWN)
        (void)buf_printf(out, "%s/%s: %zu more changes of decisions\n", before->reg->id, act, a.n_alike - DIFF_CASES_SHOWN);
    for (size_t i = 0; i < a.n_alike; i++)
        free(a.alike[i]);
    free(a.truth[0]);
    free(a.truth[1]);
    if (r == -E2BIG) {
        (void)buf_printf(out, "%s/%s: asks about more subjects than can be enumerated\n", before->reg->id, act);
        r = 0;
    }
    return r;
}

static int diff_procedure(const struct procedure *before, const struct procedure *after, const struct force *force, struct buf *out,
                          struct diff_summary *ret)
{
    int r = 0;

    /* An act that only one text has stands among the lines; whoever asks the other gets "no such step". */
    for (size_t i = 0; r == 0 && i < before->n_steps; i++) {
        const char *act = before->steps[i].act;

        if (procedure_step(before, act, 0) == &before->steps[i] && procedure_step(after, act, 0) != NULL)
            r = diff_act(before, after, act, force, out, ret);
    }
    return r;
}

/* ---- periods ---- */

static const struct period *period_of(const struct procedure *p, const char *id)
{
    for (size_t i = 0; i < p->n_periods; i++) {
        if (strcmp(p->periods[i].id, id) == 0)
            return &p->periods[i];
    }
    return NULL;
}

#define CYCLE_DAYS 146097 /* the calendar repeats after them */

static bool is_settled(const struct period *p)
{
    return !p->by_param || (p->param != NULL && p->param->is_set);
}

/* The last day of the longest period from `start`. */
static int32_t longest(const struct period *p, int32_t start)
{
    return period_last_day(start, p->by_param ? p->param->duration : p->at_most);
}

/* The first day, from that one on, from which the two do not end alike; false: there is none. */
static bool part_ways(const struct period *was, const struct period *is, int32_t from, int32_t *ret)
{
    for (int32_t day = from; day < from + CYCLE_DAYS; day++) {
        if (longest(was, day) != longest(is, day)) {
            *ret = day;
            return true;
        }
    }
    return false;
}

static void print_period(const struct procedure *p, const struct period *is, int32_t start, int32_t last, const char *change, struct buf *out)
{
    (void)buf_printf(out, "%s: the period %s from ", p->reg->id, is->id);
    (void)day_print_iso(start, out);
    (void)buf_add_text(out, " to ");
    (void)day_print_iso(last, out);
    (void)buf_printf(out, ": %s", change);
    for (size_t k = 0; k < is->clauses.n; k++)
        (void)buf_printf(out, "%s%s", k == 0 ? " [" : ", ", is->clauses.at[k]->id);
    (void)buf_add_text(out, is->clauses.n > 0 ? "]\n" : "\n");
}

/* One case for each period whose cap is another, from the first day of the later text or, where that makes no difference, the
 * next that does, to the last day that only one of them allows. A cap that nobody has settled refuses even one day. */
static int diff_periods(const struct procedure *before, const struct procedure *after, int32_t start, struct buf *out,
                        struct diff_summary *ret)
{
    for (size_t i = 0; i < before->n_periods; i++) {
        const struct period *was = &before->periods[i], *is = period_of(after, was->id);
        int32_t first = start, last = start;
        bool is_shorter;

        if (is == NULL || (!is_settled(was) && !is_settled(is)))
            continue;
        is_shorter = is_settled(was) && !is_settled(is);
        if (is_settled(was) && is_settled(is)) {
            if (!part_ways(was, is, start, &first))
                continue;
            is_shorter = longest(was, first) > longest(is, first);
            last = MAX_OF(longest(was, first), longest(is, first));
        }
        print_period(after, is, first, last, is_shorter ? "allowed before, forbidden now" : "forbidden before, allowed now", out);
        ret->n_cases++;
    }
    return buf_error(out);
}

int pack_diff(const struct pack *before, const struct pack *after, const struct force *force, struct buf *out, struct diff_summary *ret)
{
    int r;

    *ret = (struct diff_summary){0};
    r = diff_text(before, after, out, ret);
    for (size_t i = 0; r == 0 && i < before->n_regs; i++) {
        const struct reg *other = pack_reg(after, before->regs[i].id);

        if (other != NULL)
            r = diff_procedure(before->regs[i].procedure, other->procedure, force, out, ret);
        if (other != NULL && r == 0)
            r = diff_periods(before->regs[i].procedure, other->procedure, after->from_day, out, ret);
    }
    return r != 0 ? ERR(r) : buf_error(out);
}
