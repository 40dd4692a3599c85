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

/* An object of each type that is named, or none. */
struct objects {
    struct str types[PATTERN_SLOW_TYPES_MAX];
    const struct scan_value *of[PATTERN_SLOW_TYPES_MAX];
    unsigned n;
};

static unsigned place_of(const struct objects *all, struct str type)
{
    unsigned i = 0;

    while (i < all->n && !str_eq(all->types[i], type))
        i++;
    return i;
}

/* False: they are too many. */
static bool add_types(const struct pattern_node *n, struct objects *all)
{
    if (n->kind == PATTERN_TEST && place_of(all, n->type) == all->n) {
        if (all->n == PATTERN_SLOW_TYPES_MAX)
            return false;
        all->types[all->n++] = n->type;
    }
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!add_types(c, all))
            return false;
    return true;
}

static bool is_true(const struct pattern_node *n, const struct pattern_observation *o,
                    const struct objects *all)
{
    struct pattern_steps steps = {.left = 1000000};

    if (n->kind == PATTERN_TEST) {
        const struct scan_value *object = all->of[place_of(all, n->type)];

        return object && pattern_test(n, o, object, &steps);
    }
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (is_true(c, o, all) == (n->kind == PATTERN_EITHER))
            return n->kind == PATTERN_EITHER;
    return n->kind != PATTERN_EITHER;
}

/* Is there an object for each type from `k` on with which it is true? */
static bool is_true_for_some(const struct pattern_node *n, const struct pattern_observation *o,
                             struct objects *all, unsigned k)
{
    if (k == all->n)
        return is_true(n, o, all);
    for (size_t i = 0; i < o->n_objects; i++) {
        all->of[k] = o->objects[i].value;
        if (str_eq(scan_text(all->of[k], STR("type")), all->types[k]) &&
            is_true_for_some(n, o, all, k + 1))
            return true;
    }
    all->of[k] = NULL;
    return is_true_for_some(n, o, all, k + 1);
}

static bool holds(const struct pattern_node *leaf, const struct pattern_observation *o)
{
    struct objects all = {.n = 0};

    return add_types(leaf->first, &all) && is_true_for_some(leaf->first, o, &all, 0);
}

static bool has_few_types(const struct pattern_node *n)
{
    struct objects all = {.n = 0};

    if (n->kind == PATTERN_OBSERVATION)
        return add_types(n->first, &all);
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!has_few_types(c))
            return false;
    return true;
}

bool pattern_slow_can(const struct pattern *p)
{
    return has_few_types(p->root);
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
