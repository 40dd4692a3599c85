#include "intel/correlate.h"

#include "intel/correlate-inside.h"

#include "base/arena.h"
#include "intel/clue-inside.h"
#include "intel/clue-keys.h"
#include "intel/json-scan.h"
#include "intel/stix-clues.h"
#include "intel/stix-time.h"
#include "intel/suffix.h"
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)
#define SCAN_MAX ((size_t)64 << 20)

const struct correlate_limits correlate_usual = {5000, 1000, 20000, 1000, 20000, 2000};

const char *correlate_way_name(enum correlate_way way)
{
    static const char *const names[] = {"same", "host", "registered", "network", "within", "near"};

    return names[way];
}

/* ---- strength ---- */

static unsigned weight_of_type(enum clue_type type)
{
    switch (type) {
    case CLUE_IPV4:
    case CLUE_IPV6:
        return 60; /* they change hands */
    case CLUE_DOMAIN:
        return 80;
    case CLUE_IPV4_NET:
    case CLUE_IPV6_NET:
        return 30;
    case CLUE_FILE_NAME:
        return 25;
    case CLUE_CVE:
        return 10;
    case CLUE_ASN:
    case CLUE_TECHNIQUE:
        return 5;
    default:
        return 100; /* digests, accounts, addresses of mail, coins, telephones: nobody has them by chance */
    }
}

unsigned correlate_points(enum correlate_way way, enum clue_type type, struct str bytes, uint64_t n)
{
    static const unsigned weights[] = {[CORRELATE_SAME] = 100, [CORRELATE_HOST] = 60, [CORRELATE_REGISTERED] = 30, [CORRELATE_NETWORK] = 40,
                                       [CORRELATE_WITHIN] = 40, [CORRELATE_NEAR] = 80};
    unsigned weight = weights[way] * weight_of_type(type), digits = 64 - (unsigned)__builtin_clzll(n);

    if (way == CORRELATE_NETWORK || way == CORRELATE_WITHIN)
        weight = weight * (uint8_t)bytes.at[bytes.len - 1] / (type == CLUE_IPV4_NET ? 32 : 128);
    return weight / digits;
}

/* ---- values of the object ---- */

static int add_value(struct asking *x, struct correlate_value v)
{
    if (x->n_values == x->size_values) {
        size_t size = x->size_values ? 2 * x->size_values : 64;
        struct correlate_value *more = reallocarray(x->values, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->values = more;
        x->size_values = size;
    }
    v.bytes = arena_str(x->c->arena, v.bytes);
    x->values[x->n_values++] = v;
    return v.bytes.at ? 0 : -ENOMEM;
}

static int take_clue(const struct clue *v, bool is_derived, void *context)
{
    struct asking *x = context;
    bool is_host = is_derived && (x->before == CLUE_URL || x->before == CLUE_EMAIL);

    x->before = is_derived ? CLUE_NONE : v->type;
    return add_value(x, (struct correlate_value){.type = v->type, .bytes = buf_str(&v->bytes), .is_own = !is_derived, .is_derived = is_derived, .is_host = is_host,
                                                  .is_apart = x->is_apart});
}

static int value_cmp(const void *a, const void *b)
{
    const struct correlate_value *x = a, *y = b;

    return x->type != y->type ? (x->type < y->type ? -1 : 1) : str_cmp(x->bytes, y->bytes);
}

/* In order, each once. */
static void settle_values(struct asking *x)
{
    size_t n = 0;

    if (x->n_values)
        qsort(x->values, x->n_values, sizeof(*x->values), value_cmp);
    for (size_t i = 0; i < x->n_values; i++) {
        struct correlate_value *v = &x->values[i], *last = n ? &x->values[n - 1] : NULL;

        if (!last || value_cmp(last, v)) {
            x->values[n++] = *v;
            continue;
        }
        last->is_own |= v->is_own;
        last->is_derived |= v->is_derived;
        last->is_host |= v->is_host;
        last->is_network |= v->is_network;
        last->is_apart |= v->is_apart;
    }
    x->n_values = n;
}

static void cut_values(struct asking *x)
{
    settle_values(x);
    x->c->n_left = x->n_values > x->limits->values ? x->n_values - x->limits->values : 0;
    x->n_values -= x->c->n_left;
}

/* ---- networks around them (CO3) ---- */

static int add_networks(struct asking *x, const struct correlate_value *v, enum clue_type family, size_t size, unsigned below)
{
    struct stock_prefixes p;
    uint8_t net[17];
    int r = stock_prefixes(x->k, family, &p);

    for (unsigned i = 0; !r && i < p.n && p.bits[i] < below; i++) {
        memcpy(net, v->bytes.at, size);
        clue_mask(net, size, p.bits[i]);
        net[size] = p.bits[i];
        r = add_value(x, (struct correlate_value){.type = family, .bytes = {(const char *)net, size + 1}, .is_network = true});
    }
    return r;
}

static int add_all_networks(struct asking *x)
{
    size_t n = x->n_values;
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        const struct correlate_value v = x->values[i];

        if (v.type == CLUE_IPV4)
            r = add_networks(x, &v, CLUE_IPV4_NET, 4, 32);
        else if (v.type == CLUE_IPV6)
            r = add_networks(x, &v, CLUE_IPV6_NET, 16, 128);
        else if (v.type == CLUE_IPV4_NET)
            r = add_networks(x, &v, CLUE_IPV4_NET, 4, (uint8_t)v.bytes.at[4]);
        else if (v.type == CLUE_IPV6_NET)
            r = add_networks(x, &v, CLUE_IPV6_NET, 16, (uint8_t)v.bytes.at[16]);
    }
    settle_values(x);
    return r;
}

/* ---- counts ---- */

static int count_value(struct asking *x, struct correlate_value *v, struct clue *clue)
{
    int r;

    clue->type = v->type;
    buf_clear(&clue->bytes);
    r = buf_add_str(&clue->bytes, v->bytes) ?: stock_count(x->k, x->sight, clue, STOCK_AS_IT_IS, &v->n_same);
    /* Nothing is derived but names and addresses. */
    if (!r && (v->type == CLUE_DOMAIN || v->type == CLUE_IPV4 || v->type == CLUE_IPV6))
        r = stock_count(x->k, x->sight, clue, STOCK_DERIVED, &v->n_derived);
    v->list = known_list(x->known, v->type, v->bytes);
    return r;
}

/* The object that is asked for has a posting of its own for each of its values; a value that is asked for has none. */
static bool is_shared(const struct asking *x, const struct correlate_value *v)
{
    if (v->is_own && (clue_is_fuzzy(v->type) || clue_is_net(v->type)))
        return true; /* by more than itself */
    return v->n_same > (x->id.len && v->is_own) || v->n_derived > (x->id.len && v->is_derived);
}

static int count_values(struct asking *x)
{
    struct clue clue;
    size_t n = 0;
    int r = 0;

    clue_init(&clue);
    for (size_t i = 0; !r && i < x->n_values; i++) {
        r = count_value(x, &x->values[i], &clue);
        if (!r && is_shared(x, &x->values[i]))
            x->values[n++] = x->values[i];
    }
    x->n_values = n;
    clue_done(&clue);
    return r;
}

/* ---- walking ---- */

struct walk {
    struct asking *x;
    uint32_t value;
    enum hit_how how;
    uint64_t most;
};

enum { WALK_ENOUGH = 1000 };

int correlate_add_hit(struct asking *x, struct hit hit)
{
    if (x->n_hits == x->size_hits) {
        size_t size = x->size_hits ? 2 * x->size_hits : 256;
        struct hit *more = reallocarray(x->hits, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->hits = more;
        x->size_hits = size;
    }
    x->hits[x->n_hits++] = hit;
    return 0;
}

static int add_hit(struct stock_ref ref, void *context)
{
    struct walk *w = context;

    if (!w->most--)
        return WALK_ENOUGH; /* opened since it was counted */
    return correlate_add_hit(w->x, (struct hit){.ref = ref, .value = w->value, .how = w->how});
}

struct marking {
    struct asking *x;
    size_t from;
};

/* Few are walked, and fewer are apart. */
static int mark_hit(struct stock_ref ref, void *context)
{
    struct marking *m = context;

    for (size_t i = m->from; i < m->x->n_hits; i++)
        if (!correlate_ref_cmp(m->x->hits[i].ref, ref))
            m->x->hits[i].is_apart = true;
    return 0;
}

/* Hits of a value from that one on. */
static int mark_apart(struct asking *x, const struct correlate_value *v, size_t from, struct clue *clue)
{
    struct marking m = {x, from};
    char key[CLUE_APART_SIZE];
    uint64_t n;
    int r;

    clue_apart_key(v->type, v->bytes, key);
    clue->type = (enum clue_type)CLUE_KEY_APART;
    buf_clear(&clue->bytes);
    r = buf_add(&clue->bytes, key, sizeof(key)) ?: stock_count(x->k, x->sight, clue, STOCK_AS_IT_IS, &n);
    return r || !n ? r : stock_sharing(x->k, x->sight, clue, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, mark_hit, &m);
}

static int walk_value(struct asking *x, uint32_t i, struct clue *clue)
{
    struct correlate_value *v = &x->values[i];
    struct walk w = {.x = x, .value = i, .how = HIT_AS_IT_IS, .most = v->n_same};
    size_t n_before = x->n_hits;
    int r;

    clue->type = v->type;
    buf_clear(&clue->bytes);
    r = buf_add_str(&clue->bytes, v->bytes);
    if (!r && v->n_same)
        r = stock_sharing(x->k, x->sight, clue, STOCK_AS_IT_IS, (struct stock_ref){0, 0}, add_hit, &w);
    w.how = HIT_DERIVED;
    w.most = v->n_derived;
    if ((!r || r == WALK_ENOUGH) && v->n_derived)
        r = stock_sharing(x->k, x->sight, clue, STOCK_DERIVED, (struct stock_ref){0, 0}, add_hit, &w);
    v->is_walked = true;
    r = r == WALK_ENOUGH ? 0 : r;
    return r || x->n_hits == n_before ? r : mark_apart(x, v, n_before, clue);
}

static int rarity_cmp(const void *a, const void *b, void *context)
{
    const struct correlate_value *values = context, *x = &values[*(const uint32_t *)a], *y = &values[*(const uint32_t *)b];
    uint64_t n = x->n_same + x->n_derived, m = y->n_same + y->n_derived;

    if (!x->list.len != !y->list.len)
        return x->list.len ? 1 : -1;
    return n != m ? (n < m ? -1 : 1) : value_cmp(x, y);
}

static int walk_values(struct asking *x)
{
    uint32_t *order = x->n_values ? calloc(x->n_values, sizeof(*order)) : NULL;
    uint64_t left = x->limits->walked;
    struct clue clue;
    int r = 0;

    if (!x->n_values)
        return 0;
    if (!order)
        return -ENOMEM;
    clue_init(&clue);
    for (size_t i = 0; i < x->n_values; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, x->n_values, sizeof(*order), rarity_cmp, x->values);
    for (size_t i = 0; !r && i < x->n_values; i++) {
        const struct correlate_value *v = &x->values[order[i]];
        uint64_t n = v->n_same + v->n_derived;

        if (n > x->limits->hot || n > left)
            continue;
        left -= n;
        r = walk_value(x, order[i], &clue);
    }
    clue_done(&clue);
    free(order);
    return r;
}

/* ---- objects ---- */

int correlate_ref_cmp(struct stock_ref a, struct stock_ref b)
{
    if (a.audience != b.audience)
        return a.audience < b.audience ? -1 : 1;
    return a.number < b.number ? -1 : a.number > b.number;
}

static int hit_cmp(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;

    return correlate_ref_cmp(x->ref, y->ref);
}

static bool instant_us(struct str version, int64_t *ret)
{
    char text[SEGMENT_WORD_MAX + 2];
    struct stix_time t;

    if (!version.len || version.len > SEGMENT_WORD_MAX)
        return false;
    memcpy(text, version.at, version.len);
    text[version.len] = 'Z';
    if (!stix_time_read((struct str){text, version.len + 1}, &t))
        return false;
    *ret = stix_time_us(t);
    return true;
}

static int take_object(struct asking *x, struct stock_ref ref, struct found *f)
{
    struct arena *a = x->c->arena;
    struct stock_object o;
    int64_t at_us;
    int r = stock_head(x->k, x->sight, ref, &o);

    if (r)
        return r;
    f->r = (struct correlate_related){.ref = ref, .id = arena_str(a, o.id), .type = arena_str(a, o.type), .version = arena_str(a, o.version), .tlp = o.tlp};
    f->r.apart_us = x->has_at && instant_us(o.version, &at_us) ? (at_us < x->at_us ? x->at_us - at_us : at_us - x->at_us) : -1;
    return arena_error(a);
}

static int found_cmp(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = str_cmp(x->r.id, y->r.id);

    if (!order)
        order = str_cmp(y->r.version, x->r.version); /* the newest first */
    return order ? order : correlate_ref_cmp(x->r.ref, y->r.ref);
}

static int take_objects(struct asking *x)
{
    int r = 0;

    x->found = x->n_hits ? calloc(x->n_hits, sizeof(*x->found)) : NULL;
    if (!x->n_hits)
        return 0;
    if (!x->found)
        return -ENOMEM;
    qsort(x->hits, x->n_hits, sizeof(*x->hits), hit_cmp);
    for (size_t i = 0, end; !r && i < x->n_hits; i = end) {
        struct found *f = &x->found[x->n_found];

        for (end = i + 1; end < x->n_hits && !hit_cmp(&x->hits[end], &x->hits[i]);)
            end++;
        r = take_object(x, x->hits[i].ref, f);
        f->first = i;
        f->n = end - i;
        x->n_found += !r && !str_eq(f->r.id, x->id);
    }
    if (x->n_found)
        qsort(x->found, x->n_found, sizeof(*x->found), found_cmp);
    return r;
}

/* ---- reasons ---- */

/* How the asked one and another share it, by how the other was found. */
static enum correlate_way way_of(const struct correlate_value *v, enum hit_how how)
{
    bool is_registered = v->type == CLUE_DOMAIN && str_eq(suffix_registered(v->bytes), v->bytes);

    if (how == HIT_WITHIN || how == HIT_NEAR)
        return how == HIT_WITHIN ? CORRELATE_WITHIN : CORRELATE_NEAR;
    if (how == HIT_AS_IT_IS && v->is_own)
        return CORRELATE_SAME;
    if (how == HIT_AS_IT_IS && v->is_network)
        return CORRELATE_NETWORK;
    return is_registered && (how == HIT_DERIVED || !v->is_host) ? CORRELATE_REGISTERED : CORRELATE_HOST;
}

static int reason_cmp_value(const void *a, const void *b)
{
    const struct correlate_reason *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    if (x->way != y->way)
        return (int)x->way - (int)y->way;
    if (x->nearness != y->nearness)
        return x->nearness > y->nearness ? -1 : 1;
    if (x->is_apart != y->is_apart)
        return x->is_apart ? 1 : -1;
    return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : str_cmp(x->other, y->other);
}

static int reason_cmp(const void *a, const void *b)
{
    const struct correlate_reason *x = a, *y = b;

    return x->points != y->points ? (x->points > y->points ? -1 : 1) : reason_cmp_value(a, b);
}

static uint64_t n_of(const struct correlate_value *v, enum hit_how how)
{
    switch (how) {
    case HIT_AS_IT_IS:
        return v->n_same;
    case HIT_DERIVED:
        return v->n_derived;
    case HIT_WITHIN:
        return v->n_within;
    default:
        return v->n_near;
    }
}

static void judge(struct correlate_reason *reason, const struct hit *hit)
{
    const struct correlate_value *v = reason->value;

    reason->n = n_of(v, hit->how);
    reason->way = way_of(v, hit->how);
    reason->nearness = hit->nearness;
    reason->other = hit->other;
    reason->is_apart = v->is_apart || hit->is_apart;
    reason->points = v->list.len || reason->is_apart ? 0 : correlate_points(reason->way, v->type, v->bytes, MAX_OF(reason->n, 1));
    if (hit->how == HIT_NEAR)
        reason->points = reason->points * hit->nearness / 100;
}

/* Those of some versions of one id, each value once. */
static int give_reasons(struct asking *x, const struct found *f, size_t n_found, struct correlate_related *ret)
{
    struct correlate_reason *all;
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < n_found; i++)
        n += f[i].n;
    all = arena_alloc_n(x->c->arena, n, sizeof(*all));
    if (!all)
        return -ENOMEM;
    n = 0;
    for (size_t i = 0; i < n_found; i++)
        for (size_t m = 0; m < f[i].n; m++, n++) {
            const struct hit *hit = &x->hits[f[i].first + m];

            all[n].value = &x->values[hit->value];
            judge(&all[n], hit);
        }
    qsort(all, n, sizeof(*all), reason_cmp_value);
    for (size_t i = 0; i < n; i++)
        if (!kept || all[i].value != all[kept - 1].value)
            all[kept++] = all[i];
    qsort(all, kept, sizeof(*all), reason_cmp);
    for (size_t i = 0; i < kept; i++)
        ret->strength += all[i].points;
    ret->reasons = all;
    ret->n_reasons = kept;
    return 0;
}

static int related_cmp(const void *a, const void *b)
{
    const struct correlate_related *x = a, *y = b;

    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    if (x->apart_us != y->apart_us) /* without a time they come last: -1 is the greatest then */
        return (uint64_t)x->apart_us < (uint64_t)y->apart_us ? -1 : 1;
    return str_cmp(x->id, y->id);
}

static int give_related(struct asking *x)
{
    struct correlate_related *all = arena_alloc_n(x->c->arena, MAX_OF(x->n_found, 1), sizeof(*all));
    size_t n = 0;
    int r = all ? 0 : -ENOMEM;

    for (size_t i = 0, end; !r && i < x->n_found; i = end, n++) {
        for (end = i + 1; end < x->n_found && str_eq(x->found[end].r.id, x->found[i].r.id);)
            end++;
        all[n] = x->found[i].r;
        r = give_reasons(x, &x->found[i], end - i, &all[n]);
    }
    if (!r && n)
        qsort(all, n, sizeof(*all), related_cmp);
    x->c->related = all;
    x->c->n_related = n;
    return r;
}

/* ---- all of it ---- */

void correlation_free(struct correlation *c)
{
    if (!c)
        return;
    arena_free(c->arena);
    free(c);
}

static struct correlation *correlation_new(void)
{
    struct correlation *c = calloc(1, sizeof(*c));

    if (c)
        c->arena = arena_new(ARENA_MAX);
    if (c && c->arena)
        return c;
    correlation_free(c);
    return NULL;
}

/* The rows go to the arena, so that what is told points to what stays. */
static int keep_values(struct asking *x)
{
    struct correlate_value *kept = arena_alloc_n(x->c->arena, MAX_OF(x->n_values, 1), sizeof(*kept));

    if (!kept)
        return -ENOMEM;
    if (x->n_values)
        memcpy(kept, x->values, x->n_values * sizeof(*kept));
    free(x->values);
    x->values = kept;
    x->c->values = kept;
    x->c->n_values = x->n_values;
    return 0;
}

static int answer(struct asking *x)
{
    int r;

    cut_values(x);
    r = add_all_networks(x) ?: count_values(x);
    if (r) {
        free(x->values);
        return r;
    }
    r = keep_values(x);
    if (r)
        free(x->values);
    else
        r = walk_values(x) ?: correlate_walk_near(x) ?: take_objects(x) ?: give_related(x);
    free(x->hits);
    free(x->found);
    return r;
}

static int no_clue(const struct clue *v, bool is_derived, void *context)
{
    return 0;
}

/* The bytes were checked when they came in; what cannot be read now was changed since. */
int correlate_read_values(struct asking *x, struct str bytes, int (*call)(const struct clue *v, bool is_derived, void *context), void *context)
{
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(SCAN_MAX);
    const struct scan_value *root;
    struct scan_place place;
    int r;

    if (!s)
        return -ENOMEM;
    buf_init(&place.path, 4096);
    r = scanner_read(s, bytes, &root, &place);
    buf_done(&place.path);
    if (r)
        return r < 0 ? r : STOCK_E_DAMAGED;
    if (call == take_clue || call == no_clue)
        x->is_apart = stix_is_apart(root);
    return stix_clues(x->clues, root, call, context);
}

#define OTHER_CONTENT 1 /* of stock_versions(): enough was seen */

/* Each content of an observable is a version of its own; one that may be joined is enough. */
static int look_at_content(const struct stock_version *v, void *context)
{
    struct asking *x = context;
    struct stock_object o;
    int r = v->version.len ? OTHER_CONTENT : stock_get(x->k, x->sight, v->ref, &o);

    if (!r)
        r = correlate_read_values(x, o.bytes, no_clue, NULL);
    return r ? r : x->is_apart ? 0 : OTHER_CONTENT;
}

static int take_asked(struct asking *x, struct str id)
{
    struct stock_object o;
    int r = stock_latest(x->k, x->sight, id, &o);

    if (r)
        return r;
    x->id = arena_str(x->c->arena, o.id);
    x->has_at = instant_us(o.version, &x->at_us);
    r = x->id.at ? correlate_read_values(x, o.bytes, take_clue, x) : -ENOMEM;
    if (!r && x->is_apart)
        r = stock_versions(x->k, x->sight, x->id, look_at_content, x);
    for (size_t i = 0; i < x->n_values; i++) /* of the content that was read first */
        x->values[i].is_apart = x->is_apart;
    return r == OTHER_CONTENT ? 0 : r;
}

static int ask(struct asking *x, struct str id, const struct clue *value, struct correlation **ret)
{
    CLEANUP(correlation_freep) struct correlation *c = correlation_new();
    CLEANUP(stix_clues_freep) struct stix_clues *clues = stix_clues_new();
    int r;

    if (!c || !clues)
        return -ENOMEM;
    x->c = c;
    x->clues = clues;
    r = value ? stix_clues_of(clues, value, take_clue, x) : take_asked(x, id);
    if (r)
        free(x->values);
    else
        r = answer(x);
    if (!r)
        *ret = TAKE(c);
    return r;
}

int correlate(struct stock *k, const struct sight *sight, const struct known *known, struct str id, const struct correlate_limits *limits,
              struct correlation **ret)
{
    struct asking x = {.k = k, .sight = sight, .known = known, .limits = limits};

    return ask(&x, id, NULL, ret);
}

int correlate_clue(struct stock *k, const struct sight *sight, const struct known *known, const struct clue *value,
                   const struct correlate_limits *limits, struct correlation **ret)
{
    struct asking x = {.k = k, .sight = sight, .known = known, .limits = limits};

    return ask(&x, STR_NONE, value, ret);
}
