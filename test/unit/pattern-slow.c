#include "pattern-slow.h"

#define SETS (1u << PATTERN_SLOW_MAX)

/* One instance for each time that an observation can be taken. */
struct instances {
    const struct pattern_observation *of[PATTERN_SLOW_MAX];
    unsigned n;
};

struct sets {
    bool has[SETS]; /* by the bits of the instances */
};

/* Do all tests of `n` that are about that type hold for the object? */
static bool all_hold(const struct pattern_node *n, struct str type,
                     const struct pattern_observation *o, const struct scan_value *object)
{
    struct pattern_steps steps = {.left = 1000000};

    if (n->kind == PATTERN_TEST)
        return !str_eq(n->type, type) || pattern_test(n, o, object, &steps);
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!all_hold(c, type, o, object))
            return false;
    return true;
}

/* For each type named in `n`, is there an object for which all holds that `whole` says of that type? */
static bool has_each(const struct pattern_node *whole, const struct pattern_node *n,
                     const struct pattern_observation *o)
{
    for (size_t i = 0; n->kind == PATTERN_TEST && i < o->n_objects; i++)
        if (str_eq(scan_text(o->objects[i].value, STR("type")), n->type) &&
            all_hold(whole, n->type, o, o->objects[i].value))
            return true;
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!has_each(whole, c, o))
            return false;
    return n->kind != PATTERN_TEST;
}

static bool holds(const struct pattern_node *leaf, const struct pattern_observation *o)
{
    return has_each(leaf->first, leaf->first, o);
}

static int64_t latest_first(const struct instances *all, unsigned set)
{
    int64_t us = INT64_MIN;

    for (unsigned i = 0; i < all->n; i++)
        if (set >> i & 1)
            us = MAX_OF(us, all->of[i]->first_us);
    return us;
}

static int64_t earliest_last(const struct instances *all, unsigned set)
{
    int64_t us = INT64_MAX;

    for (unsigned i = 0; i < all->n; i++)
        if (set >> i & 1)
            us = MIN_OF(us, all->of[i]->last_us);
    return us;
}

static bool is_between(const struct instances *all, unsigned set, const struct pattern_node *n)
{
    for (unsigned i = 0; i < all->n; i++)
        if (set >> i & 1 && (all->of[i]->first_us >= n->stop_us ||
                             all->of[i]->last_us < n->start_us || n->start_us >= n->stop_us))
            return false;
    return true;
}

/* Sets of both together; in order: each of b may be as early as the latest of a. */
static void join(const struct instances *all, const struct sets *a, const struct sets *b,
                 bool in_order, struct sets *out)
{
    struct sets both = {{false}};

    for (unsigned x = 0; x < SETS; x++)
        for (unsigned y = 0; a->has[x] && y < SETS; y++)
            if (b->has[y] && !(x & y) &&
                (!in_order || latest_first(all, x) <= earliest_last(all, y)))
                both.has[x | y] = true;
    *out = both;
}

static void sets_of(const struct instances *all, const struct pattern_node *n, struct sets *out)
{
    struct sets one;

    *out = (struct sets){{false}};
    if (n->kind == PATTERN_OBSERVATION) {
        for (unsigned i = 0; i < all->n; i++)
            out->has[1u << i] = holds(n, all->of[i]);
        return;
    }
    sets_of(all, n->first, out);
    for (const struct pattern_node *c = n->first->next; c; c = c->next) {
        sets_of(all, c, &one);
        if (n->kind == PATTERN_OR)
            for (unsigned x = 0; x < SETS; x++)
                out->has[x] |= one.has[x];
        else
            join(all, out, &one, n->kind == PATTERN_FOLLOWED, out);
    }
    one = *out;
    for (uint64_t i = 1; n->kind == PATTERN_REPEATS && i < n->times && i <= PATTERN_SLOW_MAX; i++)
        join(all, out, &one, false, out);
    for (unsigned x = 0; x < SETS; x++) {
        if (n->kind == PATTERN_WITHIN && out->has[x] &&
            latest_first(all, x) > earliest_last(all, x))
            out->has[x] = latest_first(all, x) - earliest_last(all, x) <= n->within_us;
        if (n->kind == PATTERN_BETWEEN)
            out->has[x] = out->has[x] && is_between(all, x, n);
    }
}

enum pattern_answer pattern_slow(const struct pattern *p, const struct pattern_observation *o,
                                 size_t n)
{
    struct instances all = {.n = 0};
    struct sets sets;

    for (size_t i = 0; i < n; i++)
        for (uint64_t k = 0; k < o[i].number; k++) {
            assert(all.n < PATTERN_SLOW_MAX);
            all.of[all.n++] = &o[i];
        }
    sets_of(&all, p->root, &sets);
    for (unsigned x = 0; x < SETS; x++)
        if (sets.has[x])
            return PATTERN_YES;
    return PATTERN_NO;
}
