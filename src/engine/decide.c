#include "engine/decide.h"

#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>

#define STACK_MAX 60 /* bits of the stack that may be in use */
#define GUARDS_MAX 16

enum op_code { OP_LEAF, OP_TRUE, OP_FALSE, OP_AND, OP_OR, OP_NOT, OP_UNLESS /* !guard || value */ };
struct op {
    uint16_t code;
    uint32_t leaf;
};
struct line {
    const struct cond *cond;
    uint32_t first, n; /* operations */
    bool can_lift;
};
struct step_lines {
    const struct step *step;
    uint32_t first, n; /* lines */
};
struct program {
    const struct procedure *procedure;
    struct op *ops;
    size_t n_ops, max_ops;
    struct line *lines;
    size_t n_lines, max_lines;
    struct step_lines *steps;
};

/* ---- compiling ---- */

static int room(void **at, size_t n, size_t *max, size_t size)
{
    void *grown;

    if (n < *max)
        return 0;
    grown = reallocarray(*at, *max ? 2 * *max : 64, size);
    if (!grown)
        return -ENOMEM;
    *at = grown;
    *max = *max ? 2 * *max : 64;
    return 0;
}

static int emit(struct program *p, enum op_code code, uint32_t leaf)
{
    void *at = p->ops;
    int r = room(&at, p->n_ops, &p->max_ops, sizeof(*p->ops));

    p->ops = at;
    if (!r)
        p->ops[p->n_ops++] = (struct op){(uint16_t)code, leaf};
    return r;
}

static int emit_cond(struct program *p, const struct cond *c, unsigned depth);

static int emit_children(struct program *p, const struct cond *c, enum op_code join, enum op_code empty, unsigned depth)
{
    int r = 0;

    if (!c->n_children)
        return emit(p, empty, 0);
    for (size_t i = 0; !r && i < c->n_children; i++) {
        r = emit_cond(p, c->children[i], depth + 1);
        if (!r && i)
            r = emit(p, join, 0);
    }
    return r;
}

static int emit_bare(struct program *p, const struct cond *c, unsigned depth)
{
    int r;

    switch (c->kind) {
    case COND_ALL:
        return emit_children(p, c, OP_AND, OP_TRUE, depth);
    case COND_ANY:
        return emit_children(p, c, OP_OR, OP_FALSE, depth);
    case COND_NOT:
        r = emit_cond(p, c->children[0], depth + 1);
        return r ? r : emit(p, OP_NOT, 0);
    default:
        return emit(p, OP_LEAF, c->leaf);
    }
}

/* Reads a tree whose depth the reader has capped; the cap here keeps the bit stack safe. */
static int emit_cond(struct program *p, const struct cond *c, unsigned depth)
{
    int r = 0;

    if (depth > STACK_MAX / 2)
        return -E2BIG;
    if (c->only_if)
        r = emit_cond(p, c->only_if, depth + 1);
    if (!r)
        r = emit_bare(p, c, depth + 1);
    if (!r && c->only_if)
        r = emit(p, OP_UNLESS, 0);
    return r;
}

struct guards {
    const struct cond *at[GUARDS_MAX];
    unsigned n;
};

static int add_line(struct program *p, const struct cond *c, const struct guards *g)
{
    void *at = p->lines;
    uint32_t first = (uint32_t)p->n_ops;
    int r = room(&at, p->n_lines, &p->max_lines, sizeof(*p->lines));

    p->lines = at;
    for (unsigned i = 0; !r && i < g->n; i++)
        r = emit_cond(p, g->at[i], i);
    if (!r)
        r = emit_cond(p, c, g->n);
    for (unsigned i = 0; !r && i < g->n; i++)
        r = emit(p, OP_UNLESS, 0);
    if (!r)
        p->lines[p->n_lines++] =
            (struct line){c, first, (uint32_t)p->n_ops - first, cond_can_lift(c)};
    return r;
}

/* An `all` gives a line for each member, under its own `if`. */
static int add_lines(struct program *p, const struct cond *c, struct guards g)
{
    int r = 0;

    if (c->kind != COND_ALL || !c->n_children)
        return add_line(p, c, &g);
    if (c->only_if) {
        if (g.n == GUARDS_MAX)
            return -E2BIG;
        g.at[g.n++] = c->only_if;
    }
    for (size_t i = 0; !r && i < c->n_children; i++)
        r = add_lines(p, c->children[i], g);
    return r;
}

static int compile_step(struct program *p, const struct step *st, struct step_lines *ret)
{
    int r = 0;

    *ret = (struct step_lines){st, (uint32_t)p->n_lines, 0};
    for (size_t i = 0; !r && i < st->n_conds; i++)
        r = add_lines(p, st->conds[i], (struct guards){.n = 0});
    ret->n = (uint32_t)p->n_lines - ret->first;
    return r;
}

int program_new(const struct procedure *procedure, struct program **ret)
{
    CLEANUP(program_freep) struct program *p = calloc(1, sizeof(*p));
    int r = 0;

    if (!p || !(p->steps = calloc(procedure->n_steps + 1, sizeof(*p->steps))))
        return -ENOMEM;
    p->procedure = procedure;
    for (size_t i = 0; !r && i < procedure->n_steps; i++)
        r = compile_step(p, &procedure->steps[i], &p->steps[i]);
    if (!r)
        *ret = TAKE(p);
    return r;
}

void program_free(struct program *p)
{
    if (!p)
        return;
    free(p->ops);
    free(p->lines);
    free(p->steps);
    free(p);
}

/* ---- running ---- */

static bool line_holds(const struct program *p, const struct line *l, const uint8_t *truth)
{
    uint64_t stack = 0; /* the top is the lowest bit */
    const struct op *op = p->ops + l->first;

    if (l->n == 1 && op->code == OP_LEAF) /* as most are */
        return truth[op->leaf] == TRUTH_TRUE;
    for (uint32_t i = 0; i < l->n; i++, op++) {
        uint64_t a = stack & 1, b = stack >> 1 & 1;

        switch (op->code) {
        case OP_LEAF:
            stack = stack << 1 | (truth[op->leaf] == TRUTH_TRUE);
            break;
        case OP_TRUE:
        case OP_FALSE:
            stack = stack << 1 | (op->code == OP_TRUE);
            break;
        case OP_AND:
            stack = stack >> 2 << 1 | (a & b);
            break;
        case OP_OR:
            stack = stack >> 2 << 1 | (a | b);
            break;
        case OP_UNLESS: /* the guard lies below the value */
            stack = stack >> 2 << 1 | (a | (b ^ 1));
            break;
        default: /* OP_NOT */
            stack ^= 1;
        }
    }
    return stack & 1;
}

/* No clause of the line's is left to be asked for. */
static bool line_is_lifted(const struct line *l, const uint8_t *lifted)
{
    const struct clause_list *c = &l->cond->clauses;
    size_t n = 0;

    while (l->can_lift && n < c->n && lifted[c->at[n]->no])
        n++;
    return l->can_lift && n == c->n;
}

struct judged {
    bool in_state;
    size_t n_unmet;
    bool forbidden;
    bool lifted;
};

static struct judged judge(const struct program *p, const struct step_lines *s,
                           const struct facts *facts, struct verdict *fill)
{
    struct judged j = {true, 0, false, false};

    for (uint32_t i = 0; i < s->n; i++) {
        const struct line *l = &p->lines[s->first + i];

        if (line_holds(p, l, facts->truth))
            continue;
        if (facts->lifted && line_is_lifted(l, facts->lifted)) {
            j.lifted = true;
            if (fill && fill->result == VERDICT_ALLOWED && fill->n_lifted < VERDICT_UNMET_MAX)
                fill->lifted[fill->n_lifted++] = l->cond;
            continue;
        }
        j.n_unmet++;
        j.forbidden |= !l->cond->is_not_yet;
        if (l->cond->kind == COND_STATE)
            j.in_state = false;
        if (fill && fill->n_unmet < VERDICT_UNMET_MAX)
            fill->unmet[fill->n_unmet++] = l->cond;
    }
    return j;
}

static bool is_nearer(struct judged a, struct judged b)
{
    if (a.in_state != b.in_state)
        return a.in_state;
    return a.in_state && a.n_unmet < b.n_unmet;
}

void program_decide(const struct program *p, const struct facts *facts, struct verdict *ret)
{
    const struct step_lines *best = NULL;
    struct judged nearest = {0};

    *ret = (struct verdict){.result = VERDICT_NO_STEP};
    for (size_t i = 0; i < p->procedure->n_steps; i++) {
        const struct step_lines *s = &p->steps[i];
        struct judged j;

        if (strcmp(s->step->act, facts->act) != 0)
            continue;
        j = judge(p, s, facts, NULL);
        if (!j.n_unmet && ret->n_matching++ == 0) {
            ret->result = VERDICT_ALLOWED;
            ret->step = s->step;
            if (j.lifted)
                judge(p, s, facts, ret);
        }
        if (!best || is_nearer(j, nearest)) {
            best = s;
            nearest = j;
        }
    }
    if (ret->n_matching || !best)
        return;
    judge(p, best, facts, ret);
    ret->step = best->step;
    ret->result = nearest.forbidden ? VERDICT_FORBIDDEN : VERDICT_NOT_YET;
}

void engine_decide(const struct facts *facts, struct verdict *ret)
{
    CLEANUP(program_freep) struct program *p = NULL;

    *ret = (struct verdict){.result = VERDICT_NO_STEP};
    if (program_new(facts->procedure, &p) == 0)
        program_decide(p, facts, ret);
}
