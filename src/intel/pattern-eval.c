/* First each observation is held against each "[...]": that gives every leaf of the tree its candidates. Then operands are given observations.
 *
 * What the leaves are given is searched for by going through the tree with a list of what is still to be done (struct goal): a leaf takes one of its candidates and
 * goes on with the rest of the list; when that fails, it takes the next. Windows and orders are held in scopes that each choice narrows, so that a choice which
 * breaks one is given up at once.
 *
 * Searching alone would be hopeless for the commonest patterns, so two shapes are decided by counting:
 *   - one leaf, REPEATS, WITHIN: a window slides over sorted times;
 *   - leaves and REPEATS of leaves under AND: a matching of demands and observations; where it fails, no times can help. */
#include "intel/pattern-inside.h"

#include <errno.h>
#include <stdlib.h>

#define CHOICES_MAX 1000u /* leaves that one search may fill, and so its recursion */
#define KEPT_MAX 20000u

struct leaf {
    uint32_t *candidates; /* observations, by first time */
    size_t n, size;
    bool has_open; /* some observation might be one, but a limit was reached */
};

struct eval {
    const struct pattern *p;
    const struct pattern_observation *o;
    size_t n;
    struct pattern_steps steps;
    struct leaf *leaves;
    uint64_t *left; /* of each observation, how often it may still serve */
    struct kept {
        int64_t first_us, last_us;
    } * kept; /* what scopes were before a choice, for all choices that stand */
    size_t n_kept;
    unsigned n_choices;
    bool is_over; /* the search was given up */
    /* Of the observation looked at last, where types count: a number for the type of each object, and which operands have it. */
    const struct pattern_observation *kinds_of;
    uint32_t *kinds;
    uint8_t *met;
};

/* ---- within one observation ---- */

/* Bits of the objects for which it surely holds, and for which it may. */
struct objects {
    uint64_t *sure, *may;
};

static size_t words_of(const struct pattern_observation *o)
{
    return o->n_objects / 64 + 1;
}

static bool any(const uint64_t *bits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bits[i])
            return true;
    return false;
}

/* Those for which both hold; where the two are about different types, one of each. */
static void and_bits(uint64_t *a, const uint64_t *b, size_t n, bool share)
{
    bool meets = false, both = any(a, n) && any(b, n);

    for (size_t i = 0; i < n; i++)
        meets |= (a[i] & b[i]) != 0;
    for (size_t i = 0; i < n; i++)
        a[i] = meets ? a[i] & b[i] : !share && both ? a[i] | b[i] : 0;
}

static int by_type(const void *a, const void *b, void *observation)
{
    const struct pattern_observation *o = observation;

    return str_cmp(scan_text(o->objects[*(const uint32_t *)a].value, STR("type")),
                   scan_text(o->objects[*(const uint32_t *)b].value, STR("type")));
}

static int number_types(struct eval *e, const struct pattern_observation *o)
{
    size_t n = o->n_objects;
    uint32_t *order, kind = 0;

    if (e->kinds_of == o)
        return 0;
    free(e->kinds);
    free(e->met);
    e->kinds_of = NULL;
    e->kinds = calloc(n + 1, sizeof(*e->kinds));
    e->met = calloc(n + 1, sizeof(*e->met));
    order = calloc(n + 1, sizeof(*order));
    if (!e->kinds || !e->met || !order) {
        free(order);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    if (n)
        qsort_r(order, n, sizeof(*order), by_type, (void *)o);
    for (size_t i = 0; i < n; i++) {
        kind += i && by_type(&order[i - 1], &order[i], (void *)o);
        e->kinds[order[i]] = kind;
    }
    free(order);
    e->kinds_of = o;
    return 0;
}

static bool has_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

/* Of a type that both are about, those for which both hold; of others, what each has. An operand that holds has an object of each of its types. */
static void and_by_type(struct eval *e, uint64_t *a, const uint64_t *b, size_t n)
{
    enum { IN_A = 1, IN_B = 2, IN_BOTH = 4 };
    size_t words = n / 64 + 1;
    bool holds = any(a, words) && any(b, words);

    memset(e->met, 0, n);
    for (size_t i = 0; i < n; i++)
        e->met[e->kinds[i]] |= (uint8_t)((has_bit(a, i) ? IN_A : 0) | (has_bit(b, i) ? IN_B : 0) |
                                         (has_bit(a, i) && has_bit(b, i) ? IN_BOTH : 0));
    for (size_t i = 0; i < n; i++)
        holds &= e->met[i] != (IN_A | IN_B);
    for (size_t i = 0; i < n; i++) {
        bool is_in = e->met[e->kinds[i]] & IN_BOTH ? has_bit(a, i) && has_bit(b, i)
                                                   : has_bit(a, i) || has_bit(b, i);
        uint64_t bit = UINT64_C(1) << i % 64;

        a[i / 64] = holds && is_in ? a[i / 64] | bit : a[i / 64] & ~bit;
    }
}

static int compare(struct eval *e, const struct pattern_node *n,
                   const struct pattern_observation *o, struct objects out);

static int compare_joined(struct eval *e, const struct pattern_node *n,
                          const struct pattern_observation *o, struct objects out)
{
    size_t words = words_of(o);
    struct objects one = {calloc(words, sizeof(uint64_t)), calloc(words, sizeof(uint64_t))};
    int r = one.sure && one.may ? 0 : -ENOMEM;

    for (const struct pattern_node *c = n->first; c && !r; c = c->next) {
        struct objects to = c == n->first ? out : one;

        memset(to.sure, 0, words * sizeof(uint64_t));
        memset(to.may, 0, words * sizeof(uint64_t));
        r = compare(e, c, o, to);
        if (c == n->first || r)
            continue;
        if (n->by_type) {
            r = number_types(e, o);
            if (r)
                break;
            and_by_type(e, out.sure, one.sure, o->n_objects);
            and_by_type(e, out.may, one.may, o->n_objects);
            continue;
        }
        if (n->kind == PATTERN_BOTH) {
            and_bits(out.sure, one.sure, words, c->shares_type);
            and_bits(out.may, one.may, words, c->shares_type);
            continue;
        }
        for (size_t i = 0; i < words; i++) {
            out.sure[i] |= one.sure[i];
            out.may[i] |= one.may[i];
        }
    }
    free(one.sure);
    free(one.may);
    return r;
}

/* ---- AND over an OR of several types ---- */

/* Of each type one object is to have all that is said of it on the way that is chosen at each OR. Which objects may that be, as far as was chosen: a set a type, which
 * each test that is passed narrows, kept as one set of all. */
struct choice {
    struct eval *e;
    const struct pattern_observation *o;
    uint64_t *possible, *one[2]; /* one: what compare() makes of a test */
    size_t words;
    bool is_sure; /* what may hold does not count */
    unsigned depth;
    int error;
};

/* What is still to be met behind a part: operands of an AND about several types, from `node` on. */
struct rest {
    const struct pattern_node *node;
    const struct rest *then;
};

static bool narrow_type(struct choice *c, const struct pattern_node *n)
{
    struct objects out = {c->one[0], c->one[1]};
    const uint64_t *has = c->is_sure ? out.sure : out.may;
    bool found = false;

    memset(out.sure, 0, c->words * sizeof(uint64_t));
    memset(out.may, 0, c->words * sizeof(uint64_t));
    c->error = compare(c->e, n, c->o, out);
    if (c->error || c->e->steps.is_bad_data)
        return false;
    for (size_t i = 0; i < c->o->n_objects; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;

        if (!str_eq(scan_text(c->o->objects[i].value, STR("type")), n->type))
            continue;
        c->possible[i / 64] &= ~bit | has[i / 64];
        found |= (c->possible[i / 64] & bit) != 0;
    }
    return found;
}

static bool choose(struct choice *c, const struct pattern_node *n, const struct rest *then);

static bool choose_rest(struct choice *c, const struct rest *rest)
{
    struct rest at;

    for (;;) {
        const struct pattern_node *n;

        while (rest && !rest->node)
            rest = rest->then;
        if (!rest)
            return true;
        n = rest->node;
        at = (struct rest){n->next, rest->then};
        if (!n->has_one_type)
            return choose(c, n, &at);
        if (!narrow_type(c, n))
            return false;
        rest = &at;
    }
}

/* One operand of an OR after the other, each from what was possible before. */
static bool choose_one(struct choice *c, const struct pattern_node *n, const struct rest *then)
{
    uint64_t *before = malloc(c->words * sizeof(*before));
    bool found = false;

    if (!before) {
        c->error = -ENOMEM;
        return false;
    }
    memcpy(before, c->possible, c->words * sizeof(*before));
    for (n = n->first; n && !found && !c->error; n = n->next) {
        memcpy(c->possible, before, c->words * sizeof(*before));
        found = choose(c, n, then);
    }
    free(before);
    return found;
}

/* Whether that can be met and all behind it, with what is possible yet. */
static bool choose(struct choice *c, const struct pattern_node *n, const struct rest *then)
{
    bool found;

    if (n->has_one_type)
        return narrow_type(c, n) && choose_rest(c, then);
    if (c->depth == CHOICES_MAX) {
        c->e->is_over = true;
        return false;
    }
    c->depth++;
    found = n->kind == PATTERN_EITHER ? choose_one(c, n, then)
                                      : choose_rest(c, &(struct rest){n->first, then});
    c->depth--;
    return found;
}

static bool try_choices(struct choice *c, const struct pattern_node *n, bool is_sure)
{
    memset(c->possible, 0xff, c->words * sizeof(*c->possible));
    c->is_sure = is_sure;
    return !c->error && !c->e->steps.is_bad_data && choose(c, n, NULL);
}

/* What is no timestamp is told wherever it stands, also on ways that are not chosen. */
static int look_at_all(struct eval *e, const struct pattern_node *n,
                       const struct pattern_observation *o, struct objects out)
{
    int r = n->has_one_type ? compare(e, n, o, out) : 0;

    for (const struct pattern_node *c = n->has_one_type ? NULL : n->first; c && !r; c = c->next)
        r = look_at_all(e, c, o, out);
    return r;
}

/* The first object stands for all. */
static int compare_by_choice(struct eval *e, const struct pattern_node *n,
                             const struct pattern_observation *o, struct objects out)
{
    struct choice c = {.e = e, .o = o, .words = words_of(o)};
    bool was_over = e->is_over;

    c.possible = calloc(3 * c.words, sizeof(uint64_t));
    if (!c.possible)
        return -ENOMEM;
    c.one[0] = c.possible + c.words;
    c.one[1] = c.one[0] + c.words;
    c.error = look_at_all(e, n, o, (struct objects){c.one[0], c.one[1]});
    e->is_over = false;
    if (try_choices(&c, n, true))
        out.sure[0] = out.may[0] = 1;
    else if (try_choices(&c, n, false) || e->is_over)
        out.may[0] = 1;
    e->is_over = was_over;
    free(c.possible);
    return c.error;
}

static int compare(struct eval *e, const struct pattern_node *n,
                   const struct pattern_observation *o, struct objects out)
{
    if (n->by_choice)
        return compare_by_choice(e, n, o, out);
    if (n->kind != PATTERN_TEST)
        return compare_joined(e, n, o, out);
    for (size_t i = 0; i < o->n_objects && !e->steps.error && !e->steps.is_bad_data; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;
        struct str type = scan_text(o->objects[i].value, STR("type"));

        if (e->steps.left == 0) {
            out.may[i / 64] |= bit;
            continue;
        }
        e->steps.left--;
        if (!str_eq(type, n->type))
            continue;
        if (pattern_test(n, o, o->objects[i].value, &e->steps)) {
            out.sure[i / 64] |= bit;
            out.may[i / 64] |= bit;
        } else if (e->steps.is_maybe) {
            out.may[i / 64] |= bit;
        }
    }
    return e->steps.error;
}

/* ---- candidates ---- */

static int by_first(const void *a, const void *b, void *eval)
{
    const struct eval *e = eval;
    int64_t x = e->o[*(const uint32_t *)a].first_us, y = e->o[*(const uint32_t *)b].first_us;

    return x < y ? -1 : x > y;
}

struct span {
    int64_t start_us, stop_us;
};

static int add_candidate(struct leaf *leaf, uint32_t i)
{
    if (leaf->n == leaf->size) {
        size_t size = leaf->size ? leaf->size * 2 : 8;
        uint32_t *candidates = realloc(leaf->candidates, size * sizeof(*candidates));

        if (!candidates)
            return -ENOMEM;
        leaf->candidates = candidates;
        leaf->size = size;
    }
    leaf->candidates[leaf->n++] = i;
    return 0;
}

static int fill_leaf(struct eval *e, const struct pattern_node *n, struct span span)
{
    struct leaf *leaf = &e->leaves[n->leaf];

    for (size_t i = 0; i < e->n && !e->steps.is_bad_data; i++) {
        const struct pattern_observation *o = &e->o[i];
        size_t words = words_of(o);
        struct objects out;
        int r;

        if (e->steps.left == 0) { /* nobody looks at the rest */
            leaf->has_open = true;
            break;
        }
        /* The comparison comes first: what cannot be compared is told whatever the times are. */
        out.sure = calloc(words, sizeof(uint64_t));
        out.may = calloc(words, sizeof(uint64_t));
        r = out.sure && out.may ? compare(e, n->first, o, out) : -ENOMEM;
        if (!r && o->number && o->first_us < span.stop_us && o->last_us >= span.start_us) {
            if (any(out.sure, words))
                r = add_candidate(leaf, (uint32_t)i);
            else
                leaf->has_open |= any(out.may, words) || !e->steps.left;
        }
        free(out.sure);
        free(out.may);
        if (r)
            return r;
    }
    if (leaf->n)
        qsort_r(leaf->candidates, leaf->n, sizeof(uint32_t), by_first, e);
    return 0;
}

/* START and STOP around a leaf leave candidates out beforehand. An observation overlaps each of several spans when it begins before the first stop and ends behind the
 * last start. */
static int fill(struct eval *e, const struct pattern_node *n, struct span span)
{
    int r = 0;

    if (n->kind == PATTERN_OBSERVATION)
        return fill_leaf(e, n, span);
    if (n->kind == PATTERN_BETWEEN) {
        if (n->start_us >= n->stop_us)
            span = (struct span){INT64_MAX, INT64_MIN};
        span.start_us = MAX_OF(span.start_us, n->start_us);
        span.stop_us = MIN_OF(span.stop_us, n->stop_us);
    }
    for (const struct pattern_node *c = n->first; c && !r; c = c->next)
        r = fill(e, c, span);
    return r;
}

/* ---- the search ---- */

/* What is true of everything chosen since it began. */
struct scope {
    struct scope *outer;
    bool is_window; /* else the operands of FOLLOWEDBY that are being collected */
    int64_t within_us;
    int64_t first_us, last_us; /* the latest first, the earliest last */
    int64_t after_us;          /* of FOLLOWEDBY: no last may be earlier */
};

enum goal_kind { GOAL_FIND, GOAL_AGAIN, GOAL_NEXT, GOAL_CLOSE };

struct goal {
    enum goal_kind kind;
    const struct pattern_node *node;
    uint64_t times;      /* GOAL_AGAIN: still to come */
    size_t from;         /* GOAL_AGAIN of a leaf: candidates before it have had their turn */
    struct scope *scope; /* in which it stands */
    const struct goal *then;
};

static bool search(struct eval *e, const struct goal *g, struct scope *scope);

/* Puts the observation into all scopes; false: one is broken. What they were has been kept. */
static bool narrow(struct scope *scope, const struct pattern_observation *o)
{
    for (struct scope *s = scope; s; s = s->outer) {
        if (!s->is_window && o->last_us < s->after_us)
            return false;
        s->first_us = MAX_OF(s->first_us, o->first_us);
        s->last_us = MIN_OF(s->last_us, o->last_us);
        if (s->is_window && s->first_us > s->last_us &&
            (uint64_t)s->first_us - (uint64_t)s->last_us > (uint64_t)s->within_us)
            return false;
    }
    return true;
}

static bool keep(struct eval *e, const struct scope *scope)
{
    for (const struct scope *s = scope; s; s = s->outer) {
        if (e->n_kept == KEPT_MAX)
            return false;
        e->kept[e->n_kept++] = (struct kept){s->first_us, s->last_us};
    }
    return true;
}

static void restore(const struct eval *e, size_t from, struct scope *scope)
{
    for (struct scope *s = scope; s; s = s->outer, from++) {
        s->first_us = e->kept[from].first_us;
        s->last_us = e->kept[from].last_us;
    }
}

/* Takes a candidate from `from` on, then goes on; `again`: REPEATS, whose further ones come from there on, too, since their order does not matter. */
static bool take(struct eval *e, const struct pattern_node *n, size_t from, uint64_t more,
                 const struct goal *then, struct scope *scope)
{
    const struct leaf *leaf = &e->leaves[n->leaf];
    size_t n_kept = e->n_kept;
    bool found = false;

    if (e->n_choices >= CHOICES_MAX || !keep(e, scope)) {
        e->n_kept = n_kept;
        e->is_over = true;
        return false;
    }
    e->n_choices++;
    for (size_t i = from; i < leaf->n && !found && !e->is_over; i++) {
        uint32_t k = leaf->candidates[i];
        struct goal again = {
            .kind = GOAL_AGAIN, .node = n, .times = more, .from = i, .scope = scope, .then = then};

        if (e->steps.left == 0) {
            e->is_over = true;
            break;
        }
        e->steps.left--;
        if (!e->left[k])
            continue;
        e->left[k]--;
        if (narrow(scope, &e->o[k]))
            found = search(e, more ? &again : then, scope);
        e->left[k]++;
        restore(e, n_kept, scope);
    }
    e->n_kept = n_kept;
    e->n_choices--;
    return found;
}

static bool all(struct eval *e, const struct pattern_node *c, const struct goal *then,
                struct scope *scope)
{
    struct goal rest = {.kind = GOAL_NEXT, .node = c->next, .scope = scope, .then = then};
    struct goal one = {
        .kind = GOAL_FIND, .node = c, .scope = scope, .then = c->next ? &rest : then};

    return search(e, &one, scope);
}

/* Operands of FOLLOWEDBY: a scope collects how late the ones before begin. */
static bool in_order(struct eval *e, const struct pattern_node *c, const struct goal *then,
                     struct scope *scope, int64_t after_us)
{
    struct scope own = {
        .outer = scope, .first_us = INT64_MIN, .last_us = INT64_MAX, .after_us = after_us};
    struct goal close = {.kind = GOAL_CLOSE, .node = c, .scope = scope, .then = then};
    struct goal one = {.kind = GOAL_FIND, .node = c, .scope = &own, .then = &close};

    return search(e, &one, &own);
}

static bool find(struct eval *e, const struct pattern_node *n, const struct goal *then,
                 struct scope *scope)
{
    bool found = false;

    switch (n->kind) {
    case PATTERN_OBSERVATION:
        return take(e, n, 0, 0, then, scope);
    case PATTERN_AND:
        return all(e, n->first, then, scope);
    case PATTERN_FOLLOWED:
        return in_order(e, n->first, then, scope, INT64_MIN);
    case PATTERN_OR:
        for (const struct pattern_node *c = n->first; c && !found && !e->is_over; c = c->next)
            found = find(e, c, then, scope);
        return found;
    case PATTERN_WITHIN: {
        struct scope own = {.outer = scope,
                            .is_window = true,
                            .within_us = n->within_us,
                            .first_us = INT64_MIN,
                            .last_us = INT64_MAX};
        struct goal close = {.kind = GOAL_CLOSE, .node = NULL, .scope = scope, .then = then};
        struct goal one = {.kind = GOAL_FIND, .node = n->first, .scope = &own, .then = &close};

        return search(e, &one, &own);
    }
    case PATTERN_REPEATS: {
        struct goal again = {
            .kind = GOAL_AGAIN, .node = n->first, .times = n->times, .scope = scope, .then = then};

        return search(e, &again, scope);
    }
    default:
        return find(e, n->first, then, scope);
    }
}

static bool search(struct eval *e, const struct goal *g, struct scope *scope)
{
    if (!g)
        return true;
    if (e->steps.left == 0) {
        e->is_over = true;
        return false;
    }
    e->steps.left--;
    switch (g->kind) {
    case GOAL_FIND:
        return find(e, g->node, g->then, scope);
    case GOAL_NEXT:
        return all(e, g->node, g->then, scope);
    case GOAL_AGAIN:
        if (g->times == 0)
            return search(e, g->then, scope);
        if (g->node->kind == PATTERN_OBSERVATION)
            return take(e, g->node, g->from, g->times - 1, g->then, scope);
        if (e->n_choices >= CHOICES_MAX) {
            e->is_over = true;
            return false;
        } else {
            struct goal rest = {.kind = GOAL_AGAIN,
                                .node = g->node,
                                .times = g->times - 1,
                                .scope = scope,
                                .then = g->then};

            return find(e, g->node, &rest, scope);
        }
    default:
        /* The innermost scope ends: what comes next stands outside of it. */
        if (g->node && g->node->next)
            return in_order(e, g->node->next, g->then, g->scope,
                            MAX_OF(scope->first_us, scope->after_us));
        return search(e, g->then, g->scope);
    }
}

/* ---- counting ---- */

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

struct moment {
    int64_t us;
    uint64_t number;
};

/* Are `times` observations within the window? A set fits when each begins no later than the window after the earliest end of them; of those that end no earlier than
 * some instant, the ones that begin up to the window after it all fit together. */
static int slide(struct eval *e, const struct leaf *leaf, uint64_t times, int64_t within_us,
                 bool *ret)
{
    struct moment *first = calloc(leaf->n + 1, sizeof(*first)),
                  *last = calloc(leaf->n + 1, sizeof(*last));
    uint64_t begun = 0, ended = 0;
    size_t k = 0;

    *ret = false;
    if (!first || !last) {
        free(first);
        free(last);
        return -ENOMEM;
    }
    for (size_t i = 0; i < leaf->n; i++) {
        const struct pattern_observation *o = &e->o[leaf->candidates[i]];

        first[i] = (struct moment){o->first_us, o->number};
        last[i] = (struct moment){o->last_us, o->number};
    }
    qsort(last, leaf->n, sizeof(*last), by_value);
    for (size_t i = 0; i < leaf->n && !*ret; i++) {
        while (k < leaf->n &&
               (first[k].us <= last[i].us ||
                (uint64_t)first[k].us - (uint64_t)last[i].us <= (uint64_t)within_us)) {
            begun += MIN_OF(first[k].number, PATTERN_REPEATS_MAX);
            k++;
        }
        *ret = begun - ended >= times;
        ended += MIN_OF(last[i].number, PATTERN_REPEATS_MAX);
    }
    free(first);
    free(last);
    return 0;
}

/* [..] REPEATS n TIMES WITHIN s SECONDS, in any nesting of REPEATS with at most one WITHIN around them all. */
static const struct pattern_node *lone_leaf(const struct pattern_node *n, uint64_t *ret_times,
                                            int64_t *ret_within)
{
    *ret_times = 1;
    *ret_within = INT64_MAX;
    for (bool is_inner = false; n->kind != PATTERN_OBSERVATION; n = n->first) {
        if (n->kind == PATTERN_WITHIN && !is_inner)
            *ret_within = MIN_OF(*ret_within, n->within_us);
        else if (n->kind == PATTERN_REPEATS && n->times <= PATTERN_REPEATS_MAX / *ret_times)
            *ret_times *= n->times;
        else if (n->kind != PATTERN_BETWEEN)
            return NULL;
        is_inner |= n->kind == PATTERN_REPEATS;
    }
    return n;
}

/* Demands: a leaf and how many it needs. False: an OR, or a REPEATS of more than a leaf, stands in it. */
struct demands {
    struct demand {
        const struct leaf *leaf;
        uint64_t times;
    } * list;
    size_t n, n_max;
    bool has_times; /* WITHIN or FOLLOWEDBY: the matching alone does not decide */
};

static bool collect(struct eval *e, const struct pattern_node *n, uint64_t times, struct demands *d)
{
    uint64_t own;
    int64_t within;
    const struct pattern_node *leaf = NULL;

    if (n->kind == PATTERN_OR ||
        (n->kind == PATTERN_REPEATS && !(leaf = lone_leaf(n, &own, &within))))
        return false;
    if (leaf || n->kind == PATTERN_OBSERVATION) {
        d->list[d->n++] =
            (struct demand){&e->leaves[leaf ? leaf->leaf : n->leaf], leaf ? own : times};
        return true;
    }
    d->has_times |= n->kind == PATTERN_WITHIN || n->kind == PATTERN_FOLLOWED;
    for (const struct pattern_node *c = n->first; c; c = c->next)
        if (!collect(e, c, 1, d))
            return false;
    return true;
}

struct flow {
    struct eval *e;
    const struct demands *d;
    uint64_t *given;  /* [demand][observation] */
    bool *is_visited; /* demands on the way */
};

/* Gets one more observation for the demand, by moving others' where need be. */
static bool augment(struct flow *f, size_t k)
{
    const struct leaf *leaf = f->d->list[k].leaf;

    f->is_visited[k] = true;
    for (size_t i = 0; i < leaf->n; i++) {
        uint32_t o = leaf->candidates[i];

        if (f->e->steps.left == 0)
            return false;
        f->e->steps.left--;
        if (f->e->left[o]) {
            f->e->left[o]--;
            f->given[k * f->e->n + o]++;
            return true;
        }
        for (size_t j = 0; j < f->d->n; j++)
            if (!f->is_visited[j] && f->given[j * f->e->n + o] && augment(f, j)) {
                f->given[j * f->e->n + o]--;
                f->given[k * f->e->n + o]++;
                return true;
            }
    }
    return false;
}

#define FLOW_CELLS_MAX ((size_t)1 << 22)
#define FLOW_DEMANDS_MAX 1000u

/* 1: all demands are met when times do not matter; 0: they cannot be; -ENOMEM; 2: not found out. */
static int match(struct eval *e, const struct demands *d)
{
    struct flow f = {.e = e, .d = d};
    uint64_t *kept = malloc(MAX_OF(e->n, (size_t)1) * sizeof(uint64_t));
    int r = 1;

    if (d->n > FLOW_DEMANDS_MAX || (e->n && d->n > FLOW_CELLS_MAX / e->n)) {
        free(kept);
        return 2;
    }
    f.given = calloc(d->n * e->n + 1, sizeof(uint64_t));
    f.is_visited = calloc(d->n + 1, sizeof(bool));
    if (!kept || !f.given || !f.is_visited)
        r = -ENOMEM;
    else if (e->n)
        memcpy(kept, e->left, e->n * sizeof(uint64_t));
    for (size_t k = 0; r == 1 && k < d->n; k++)
        for (uint64_t i = 0; r == 1 && i < d->list[k].times; i++) {
            memset(f.is_visited, 0, d->n * sizeof(bool));
            if (!augment(&f, k))
                r = e->steps.left ? 0 : 2;
        }
    if (kept && e->n && r >= 0)
        memcpy(e->left, kept, e->n * sizeof(uint64_t));
    free(kept);
    free(f.given);
    free(f.is_visited);
    return r;
}

/* Part of an OR at the top, or all. */
static int decide(struct eval *e, const struct pattern_node *n, enum pattern_answer *ret)
{
    struct demands d = {.n_max = e->p->n_leaves};
    struct goal goal = {.kind = GOAL_FIND, .node = n};
    const struct pattern_node *leaf;
    uint64_t times;
    int64_t within;
    bool found = false;
    int r = 2;

    leaf = lone_leaf(n, &times, &within);
    if (leaf) {
        r = slide(e, &e->leaves[leaf->leaf], times, within, &found);
        *ret = found ? PATTERN_YES : PATTERN_NO;
        return r;
    }
    d.list = calloc(e->p->n_leaves + 1, sizeof(*d.list));
    if (!d.list)
        return -ENOMEM;
    if (collect(e, n, 1, &d))
        r = match(e, &d);
    free(d.list);
    if (r < 0)
        return r;
    *ret = PATTERN_NO;
    if (r == 0)
        return 0;
    if (r == 1 && !d.has_times) {
        *ret = PATTERN_YES;
        return 0;
    }
    e->is_over = false;
    e->n_choices = 0;
    e->n_kept = 0;
    found = search(e, &goal, NULL);
    *ret = found ? PATTERN_YES : e->is_over ? PATTERN_UNDECIDED : PATTERN_NO;
    return 0;
}

static int decide_all(struct eval *e, enum pattern_answer *ret)
{
    const struct pattern_node *root = e->p->root;
    bool is_or = root->kind == PATTERN_OR, is_open = e->is_over;
    const struct pattern_node *c = is_or ? root->first : root;
    int r = 0;

    *ret = PATTERN_NO;
    for (; c && !r && *ret != PATTERN_YES; c = is_or ? c->next : NULL) {
        r = decide(e, c, ret);
        is_open |= *ret == PATTERN_UNDECIDED;
    }
    for (unsigned i = 0; i < e->p->n_leaves; i++)
        is_open |= e->leaves[i].has_open;
    if (*ret != PATTERN_YES && is_open)
        *ret = PATTERN_UNDECIDED;
    return r;
}

int pattern_eval(const struct pattern *p, const struct pattern_observation *observations, size_t n,
                 uint64_t steps, enum pattern_answer *ret, uint64_t *ret_steps)
{
    struct eval e = {.p = p, .o = observations, .n = n, .steps = {.left = steps}};
    int r = 0;

    if (n > UINT32_MAX)
        return -ENOMEM;
    e.leaves = calloc(p->n_leaves + 1, sizeof(*e.leaves));
    e.left = calloc(n + 1, sizeof(*e.left));
    e.kept = calloc(KEPT_MAX, sizeof(*e.kept));
    if (!e.leaves || !e.left || !e.kept)
        r = -ENOMEM;
    for (size_t i = 0; i < n && !r; i++)
        e.left[i] = observations[i].number;
    if (!r)
        r = fill(&e, p->root, (struct span){INT64_MIN, INT64_MAX});
    if (!r && e.steps.is_bad_data)
        *ret = PATTERN_BAD_DATA;
    else if (!r)
        r = decide_all(&e, ret);
    for (unsigned i = 0; e.leaves && i < p->n_leaves; i++)
        free(e.leaves[i].candidates);
    free(e.leaves);
    free(e.left);
    free(e.kept);
    free(e.kinds);
    free(e.met);
    if (!r && ret_steps)
        *ret_steps = steps - e.steps.left;
    return r;
}
