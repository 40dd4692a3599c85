/* What keys lead to (intel/clue-keys.h): objects with something in a network of the one asked for, which the keys decide; and those with a fuzzy hash that may be
 * near one of its, which are opened and compared. */
#include "intel/correlate-inside.h"

#include "base/arena.h"
#include "intel/clue-keys.h"
#include "intel/stix-clues.h"

#include <errno.h>
#include <stdlib.h>

#define VALUES_MAX 200u     /* that are asked in one of these ways */
#define COMPARED_MAX 200000u /* pairs of hashes */

struct probe {
    unsigned kind; /* enum clue_key, or enum clue_type */
    uint8_t len;
    char bytes[17];
    bool is_derived;
    uint64_t n;
};

/* An object that may be near. */
struct candidate {
    struct stock_ref ref;
    uint32_t n; /* keys by which it was found */
};

struct nearing {
    struct asking *x;
    struct clue clue;
    struct probe *probes; /* of the value at hand */
    size_t n_probes, size_probes;
    struct candidate *at; /* of all fuzzy hashes; while a network is walked: of that */
    size_t n, size;
    uint64_t left;       /* that may be walked */
    unsigned n_values, left_compared;
    const struct candidate *open; /* that is compared */
};

/* ---- keys of a value ---- */

static int add_probe(struct nearing *w, unsigned kind, struct str bytes, bool is_derived)
{
    struct probe *p;

    if (w->n_probes == w->size_probes) {
        size_t size = w->size_probes ? 2 * w->size_probes : CLUE_PROBES_MAX;
        struct probe *more = reallocarray(w->probes, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        w->probes = more;
        w->size_probes = size;
    }
    assert(bytes.len <= sizeof(p->bytes));
    p = &w->probes[w->n_probes++];
    memset(p, 0, sizeof(*p)); /* they are compared as bytes */
    p->kind = kind;
    p->len = (uint8_t)bytes.len;
    memcpy(p->bytes, bytes.at, bytes.len);
    p->is_derived = is_derived;
    return 0;
}

static int take_probe(unsigned kind, struct str bytes, void *context)
{
    struct nearing *w = context;
    bool is_address = kind == CLUE_IPV4 || kind == CLUE_IPV6;

    return add_probe(w, kind, bytes, false) ?: is_address ? add_probe(w, kind, bytes, true) : 0;
}

static int ask_clue(struct nearing *w, const struct probe *p)
{
    w->clue.type = (enum clue_type)p->kind;
    buf_clear(&w->clue.bytes);
    return buf_add(&w->clue.bytes, p->bytes, p->len);
}

static enum stock_how how_of(const struct probe *p)
{
    return p->is_derived ? STOCK_DERIVED : STOCK_AS_IT_IS;
}

static int probe_cmp(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct probe));
}

static int rarity_cmp(const void *a, const void *b)
{
    const struct probe *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? -1 : 1) : probe_cmp(a, b);
}

/* Each once, with its count; the rarest first, those that nobody has not at all. *ret_sum: of the counts. */
static int count_probes(struct nearing *w, uint64_t *ret_sum)
{
    size_t n = 0;
    int r = 0;

    *ret_sum = 0;
    if (w->n_probes)
        qsort(w->probes, w->n_probes, sizeof(*w->probes), probe_cmp);
    for (size_t i = 0; !r && i < w->n_probes; i++) {
        struct probe *p = &w->probes[i];
        uint64_t count;

        if (i && !memcmp(p, p - 1, sizeof(*p)))
            continue;
        r = ask_clue(w, p) ?: stock_count(w->x->k, w->x->sight, &w->clue, how_of(p), &count);
        if (r || !count)
            continue;
        *ret_sum += count;
        w->probes[n] = *p;
        w->probes[n++].n = count;
    }
    w->n_probes = n;
    if (n)
        qsort(w->probes, n, sizeof(*w->probes), rarity_cmp);
    return r;
}

/* ---- walking ---- */

static int add_candidate(struct stock_ref ref, void *context)
{
    struct nearing *w = context;

    if (w->n == w->size) {
        size_t size = w->size ? 2 * w->size : 256;
        struct candidate *more = reallocarray(w->at, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        w->at = more;
        w->size = size;
    }
    w->at[w->n++] = (struct candidate){ref, 1};
    return 0;
}

static int walk_probe(struct nearing *w, const struct probe *p)
{
    w->left -= MIN_OF(w->left, p->n);
    return ask_clue(w, p) ?: stock_sharing(w->x->k, w->x->sight, &w->clue, how_of(p), (struct stock_ref){0, 0}, add_candidate, w);
}

static int candidate_cmp(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return correlate_ref_cmp(x->ref, y->ref);
}

static void settle_candidates(struct nearing *w)
{
    size_t n = 0;

    if (w->n)
        qsort(w->at, w->n, sizeof(*w->at), candidate_cmp);
    for (size_t i = 0; i < w->n; i++) {
        if (n && !candidate_cmp(&w->at[n - 1], &w->at[i]))
            w->at[n - 1].n += w->at[i].n;
        else
            w->at[n++] = w->at[i];
    }
    w->n = n;
}

/* ---- networks ---- */

static int take_within(struct nearing *w, uint32_t i)
{
    struct correlate_value *v = &w->x->values[i];
    struct stock_prefixes p;
    uint64_t sum;
    int r = stock_prefixes(w->x->k, v->type, &p);

    w->n_probes = w->n = 0;
    r = r ?: clue_within_probes(v->type, v->bytes, p.bits, p.n, take_probe, w) ?: count_probes(w, &sum);
    if (r)
        return r;
    v->n_within = sum;
    v->is_whole = sum <= w->x->limits->around_hot && sum <= w->left;
    for (size_t k = 0; !r && v->is_whole && k < w->n_probes; k++)
        r = walk_probe(w, &w->probes[k]);
    settle_candidates(w);
    if (!r && v->is_whole)
        v->n_within = w->n;
    for (size_t k = 0; !r && k < w->n; k++)
        r = correlate_add_hit(w->x, (struct hit){.ref = w->at[k].ref, .value = i, .how = HIT_WITHIN});
    w->n = 0;
    return r;
}

/* ---- fuzzy hashes ---- */

static int gather_near(struct nearing *w, uint32_t i)
{
    struct correlate_value *v = &w->x->values[i];
    uint64_t sum;
    int r;

    w->n_probes = 0;
    r = clue_near_probes(v->type, v->bytes, take_probe, w) ?: count_probes(w, &sum);
    for (size_t k = 0; !r && k < w->n_probes; k++) {
        if (w->probes[k].n > w->x->limits->around_hot || w->probes[k].n > w->left)
            v->is_whole = false;
        else
            r = walk_probe(w, &w->probes[k]);
    }
    return r;
}

static void is_not_whole(struct asking *x)
{
    for (size_t i = 0; i < x->c->n_values; i++)
        if (clue_is_fuzzy(x->values[i].type))
            x->values[i].is_whole = false;
}

/* The object that is open has a value near that one already: it counts once. */
static bool has_near(const struct nearing *w, uint32_t i)
{
    const struct asking *x = w->x;

    for (size_t k = x->n_hits; k-- > 0 && x->hits[k].how == HIT_NEAR && !correlate_ref_cmp(x->hits[k].ref, w->open->ref);)
        if (x->hits[k].value == i)
            return true;
    return false;
}

static int add_near(struct nearing *w, uint32_t i, unsigned nearness, struct str other)
{
    struct asking *x = w->x;

    x->values[i].n_near += !has_near(w, i);
    other = arena_str(x->c->arena, other);
    return other.at ? correlate_add_hit(x, (struct hit){.ref = w->open->ref, .value = i, .how = HIT_NEAR, .nearness = nearness, .other = other}) : -ENOMEM;
}

/* A value of an object that was opened. */
static int compare(const struct clue *v, bool is_derived, void *context)
{
    struct nearing *w = context;
    struct asking *x = w->x;
    int r = 0;

    if (is_derived || !clue_is_fuzzy(v->type))
        return 0;
    for (uint32_t i = 0; !r && i < x->c->n_values; i++) {
        unsigned nearness;

        if (!x->values[i].is_own || x->values[i].type != v->type)
            continue;
        if (!w->left_compared) {
            is_not_whole(x);
            return 0;
        }
        w->left_compared--;
        nearness = clue_nearness(v->type, x->values[i].bytes, buf_str(&v->bytes));
        if (nearness)
            r = add_near(w, i, nearness, buf_str(&v->bytes));
    }
    return r;
}

/* What shares most keys first. */
static int most_cmp(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->n != y->n ? (x->n > y->n ? -1 : 1) : candidate_cmp(a, b);
}

static int compare_candidates(struct nearing *w)
{
    struct asking *x = w->x;
    int r = 0;

    settle_candidates(w);
    if (w->n)
        qsort(w->at, w->n, sizeof(*w->at), most_cmp);
    if (w->n > x->limits->opened) {
        is_not_whole(x);
        w->n = x->limits->opened;
    }
    for (size_t i = 0; !r && i < w->n; i++) {
        struct stock_object o;

        w->open = &w->at[i];
        r = stock_get(x->k, x->sight, w->at[i].ref, &o) ?: correlate_read_values(x, o.bytes, compare, w);
        if (r == STOCK_E_NONE) /* taken out since */
            r = 0;
    }
    return r;
}

/* ---- all of them ---- */

/* Of each value; those beyond the limit are told as not whole. */
static int each_value(struct nearing *w, bool (*is_of)(enum clue_type type), int (*take)(struct nearing *w, uint32_t i))
{
    struct asking *x = w->x;
    int r = 0;

    w->left = x->limits->around;
    w->n_values = 0;
    for (uint32_t i = 0; !r && i < x->c->n_values; i++) {
        if (!x->values[i].is_own || !is_of(x->values[i].type))
            continue;
        if (w->n_values++ >= VALUES_MAX)
            x->values[i].is_whole = false;
        else
            r = take(w, i);
    }
    return r;
}

int correlate_walk_near(struct asking *x)
{
    struct nearing w = {.x = x, .left_compared = COMPARED_MAX};
    int r;

    for (size_t i = 0; i < x->c->n_values; i++)
        x->values[i].is_whole = true;
    clue_init(&w.clue);
    r = each_value(&w, clue_is_net, take_within) ?: each_value(&w, clue_is_fuzzy, gather_near) ?: compare_candidates(&w);
    clue_done(&w.clue);
    free(w.probes);
    free(w.at);
    return r;
}
