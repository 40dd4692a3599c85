/* Patterns that only list values. */
#include "intel/pattern-inside.h"

#define PATH_MAX_SIZE ((size_t)1 << 20)

static bool is_pair(const struct pattern_node *n)
{
    return n->kind == PATTERN_TEST && !n->is_negated && !n->is_set && n->n_literals == 1 &&
           (n->op == OP_EQ || n->op == OP_SUBSET) &&
           (n->literals[0].kind == LITERAL_TEXT || n->literals[0].kind == LITERAL_INTEGER);
}

static bool is_alternative(const struct pattern_node *n)
{
    unsigned n_pairs = 0;

    if (n->kind != PATTERN_BOTH)
        return is_pair(n);
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!is_pair(c) || ++n_pairs > PATTERN_PAIRS_MAX)
            return false;
    return true;
}

static bool is_observation(const struct pattern_node *n)
{
    const struct pattern_node *inside = n->first;

    if (n->kind != PATTERN_OBSERVATION)
        return false;
    if (inside->kind != PATTERN_EITHER)
        return is_alternative(inside);
    for (const struct pattern_node *c = inside->first; c; c = c->next)
        if (!is_alternative(c))
            return false;
    return true;
}

static bool is_list(const struct pattern_node *root)
{
    if (root->kind != PATTERN_OR)
        return is_observation(root);
    for (const struct pattern_node *c = root->first; c; c = c->next)
        if (!is_observation(c))
            return false;
    return true;
}

struct telling {
    int (*each)(const struct pattern_pair *pairs, size_t n, void *context);
    void *context;
    struct buf paths;
};

static int tell(const struct pattern_node *n, struct telling *t)
{
    const struct pattern_node *c = n->kind == PATTERN_BOTH ? n->first : n;
    struct pattern_pair pairs[PATTERN_PAIRS_MAX];
    size_t ends[PATTERN_PAIRS_MAX], k = 0, begin = 0;

    buf_clear(&t->paths);
    for (; c; c = n->kind == PATTERN_BOTH ? c->next : NULL) {
        pattern_print_path(c, &t->paths);
        ends[k] = t->paths.len;
        pairs[k++] =
            (struct pattern_pair){.text = c->literals[0].text, .is_subset = c->op == OP_SUBSET};
    }
    if (buf_error(&t->paths))
        return buf_error(&t->paths);
    for (size_t i = 0; i < k; i++) {
        pairs[i].path = (struct str){t->paths.at + begin, ends[i] - begin};
        begin = ends[i];
    }
    return t->each(pairs, k, t->context);
}

static int tell_observation(const struct pattern_node *n, struct telling *t)
{
    int r = 0;

    if (n->first->kind != PATTERN_EITHER)
        return tell(n->first, t);
    for (const struct pattern_node *c = n->first->first; c && !r; c = c->next)
        r = tell(c, t);
    return r;
}

int pattern_list(const struct pattern *p,
                 int (*each)(const struct pattern_pair *pairs, size_t n, void *context),
                 void *context)
{
    struct telling t = {.each = each, .context = context};
    int r = 0;

    if (!is_list(p->root))
        return PATTERN_NO_LIST;
    buf_init(&t.paths, PATH_MAX_SIZE);
    if (p->root->kind != PATTERN_OR)
        r = tell_observation(p->root, &t);
    for (const struct pattern_node *c = p->root->kind == PATTERN_OR ? p->root->first : NULL;
         c && !r; c = c->next)
        r = tell_observation(c, &t);
    buf_done(&t.paths);
    return r;
}
