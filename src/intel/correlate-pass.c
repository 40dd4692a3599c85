/* Places are read once and sorted twice by counting, by value and by object; then each object's values are walked, and what they lead to is summed up in a row of
 * counters of which only those that were touched are cleared.
 *
 *     value  > [object | how …]      places[value_ends[v - 1] … value_ends[v])
 *     object > [value | how …]       of_object[object_ends[o - 1] … object_ends[o]) */
#include "intel/correlate-pass.h"

#include "intel/suffix.h"
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>

#define HOW_SHIFT 30 /* of a place: the object's number below */
#define NUMBER_MASK ((UINT32_C(1) << HOW_SHIFT) - 1)
enum { HOW_OWN = 1, HOW_DERIVED = 2, N_HOWS = 4 };

struct pass_value {
    uint8_t key[16]; /* SHA-256 of type and bytes, its beginning */
    uint32_t n_same, n_derived;
    uint16_t same, by_own, by_derived; /* points: both have it as it is; else by the other's posting */
    uint8_t type;
    bool is_registered, is_listed;
};

struct pass_object {
    struct stock_ref ref;
    uint64_t id; /* of its id */
};

struct place {
    uint32_t value, object; /* the latter with how */
};

struct pass {
    const struct known *known;
    const struct correlate_limits *limits;
    correlate_pass_fn *call;
    void *context;
    struct correlate_pass_totals *totals;

    struct pass_value *values;
    size_t n_values, size_values;
    uint32_t *slots; /* open addressing: value + 1 */
    size_t n_slots;
    struct pass_object *objects; /* by reference */
    size_t n_objects, size_objects;
    struct place *read; /* as they came */
    size_t n_read, size_read;
    int64_t last_value; /* the dictionary's, and which it is here */
    uint32_t last;

    uint32_t *value_ends, *places, *object_ends, *of_object;
    uint32_t *sums, *touched; /* of each object; those that are not 0 */
    size_t n_touched;
    struct correlate_pass_row *rows;
};

static int grow(void **at, size_t *size, size_t n, size_t each)
{
    size_t more = *size ? 2 * *size : 1024;
    void *bigger;

    if (n < *size)
        return 0;
    bigger = reallocarray(*at, more, each);
    if (!bigger)
        return -ENOMEM;
    *at = bigger;
    *size = more;
    return 0;
}

/* ---- objects ---- */

static int ref_cmp(struct stock_ref a, struct stock_ref b)
{
    if (a.audience != b.audience)
        return a.audience < b.audience ? -1 : 1;
    return a.number < b.number ? -1 : a.number > b.number;
}

static int object_cmp(const void *a, const void *b)
{
    const struct pass_object *x = a, *y = b;

    return ref_cmp(x->ref, y->ref);
}

static int take_id(struct stock_ref ref, struct str id, void *context)
{
    struct pass *x = context;
    struct digest d = sha256(id);
    uint64_t number;

    memcpy(&number, d.bytes, sizeof(number));
    if (grow((void **)&x->objects, &x->size_objects, x->n_objects, sizeof(*x->objects)))
        return -ENOMEM;
    if (x->n_objects == NUMBER_MASK)
        return CORRELATE_PASS_E_MANY;
    x->objects[x->n_objects++] = (struct pass_object){ref, number};
    return 0;
}

/* The first that is not before the reference. */
static size_t object_place(const struct pass *x, struct stock_ref ref)
{
    size_t low = 0, high = x->n_objects;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (ref_cmp(x->objects[mid].ref, ref) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* ---- values ---- */

static bool is_registered(enum clue_type type, struct str bytes)
{
    return type == CLUE_DOMAIN && str_eq(suffix_registered(bytes), bytes);
}

static size_t slot_of(const struct pass *x, const uint8_t key[16])
{
    uint64_t start;
    size_t at;

    memcpy(&start, key, sizeof(start));
    for (at = start % x->n_slots; x->slots[at] && memcmp(x->values[x->slots[at] - 1].key, key, 16) != 0;)
        at = at + 1 == x->n_slots ? 0 : at + 1;
    return at;
}

static int grow_slots(struct pass *x)
{
    uint32_t *old = x->slots;
    size_t n = x->n_slots;

    if (x->n_values * 2 < n)
        return 0;
    x->n_slots = n ? 2 * n : 4096;
    x->slots = calloc(x->n_slots, sizeof(*x->slots));
    if (!x->slots) {
        x->slots = old;
        x->n_slots = n;
        return -ENOMEM;
    }
    free(old);
    for (size_t i = 0; i < x->n_values; i++)
        x->slots[slot_of(x, x->values[i].key)] = (uint32_t)i + 1;
    return 0;
}

static int value_of(struct pass *x, const struct stock_posting *p, uint32_t *ret)
{
    char text[1 + SEGMENT_VALUE_MAX];
    struct digest d;
    size_t at;

    if (p->value == x->last_value && x->n_values) {
        *ret = x->last;
        return 0;
    }
    if (grow_slots(x) || grow((void **)&x->values, &x->size_values, x->n_values, sizeof(*x->values)) )
        return -ENOMEM;
    if (p->bytes.len > SEGMENT_VALUE_MAX)
        return STOCK_E_DAMAGED;
    text[0] = (char)p->type;
    memcpy(text + 1, p->bytes.at, p->bytes.len);
    d = sha256((struct str){text, 1 + p->bytes.len});
    at = slot_of(x, d.bytes);
    if (!x->slots[at]) {
        struct pass_value *v = &x->values[x->n_values++];

        *v = (struct pass_value){.type = (uint8_t)p->type, .is_registered = is_registered(p->type, p->bytes),
                                 .is_listed = known_list(x->known, p->type, p->bytes).len > 0};
        memcpy(v->key, d.bytes, sizeof(v->key));
        x->slots[at] = (uint32_t)x->n_values;
    }
    x->last_value = p->value;
    *ret = x->last = x->slots[at] - 1;
    return 0;
}

static int take_posting(const struct stock_posting *p, void *context)
{
    struct pass *x = context;
    uint32_t how = p->is_derived ? HOW_DERIVED : HOW_OWN, value;
    size_t at;
    int r = p->n ? value_of(x, p, &value) : 0;

    if (r || !p->n)
        return r;
    *(p->is_derived ? &x->values[value].n_derived : &x->values[value].n_same) += (uint32_t)p->n;
    at = object_place(x, (struct stock_ref){p->audience, p->numbers[0]});
    for (size_t i = 0; i < p->n; i++) {
        const struct stock_ref ref = {p->audience, p->numbers[i]};

        if (grow((void **)&x->read, &x->size_read, x->n_read, sizeof(*x->read)))
            return -ENOMEM;
        if (x->n_read == CORRELATE_PASS_PLACES)
            return CORRELATE_PASS_E_MANY;
        if (i && (at + 1 >= x->n_objects || ref_cmp(x->objects[++at].ref, ref) != 0))
            at = object_place(x, ref);
        if (at < x->n_objects && !ref_cmp(x->objects[at].ref, ref)) /* else it has no row by its id: it is damaged, or was opened between */
            x->read[x->n_read++] = (struct place){value, (uint32_t)at | how << HOW_SHIFT};
    }
    return 0;
}

/* ---- in two orders ---- */

static void weigh(struct pass *x)
{
    struct correlate_pass_totals *t = x->totals;

    for (size_t i = 0; i < x->n_values; i++) {
        struct pass_value *v = &x->values[i];
        enum correlate_way way = v->is_registered ? CORRELATE_REGISTERED : CORRELATE_HOST;
        uint64_t n = (uint64_t)v->n_same + v->n_derived;

        t->hot += n > x->limits->hot;
        t->hottest = MAX_OF(t->hottest, n);
        if (v->is_listed)
            continue;
        v->same = (uint16_t)correlate_points(CORRELATE_SAME, (enum clue_type)v->type, STR_NONE, MAX_OF(v->n_same, 1u));
        v->by_own = (uint16_t)correlate_points(way, (enum clue_type)v->type, STR_NONE, MAX_OF(v->n_same, 1u));
        v->by_derived = (uint16_t)correlate_points(way, (enum clue_type)v->type, STR_NONE, MAX_OF(v->n_derived, 1u));
    }
    t->values = x->n_values;
    t->places = x->n_read;
}

/* Counts become ends of what comes before: the beginnings, which filling moves to the ends. */
static void sum_up(uint32_t *ends, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t here = ends[i];

        ends[i] = sum;
        sum += here;
    }
}

static uint32_t begin_of(const uint32_t *ends, size_t i)
{
    return i ? ends[i - 1] : 0;
}

/* An object that has a value in both ways stands twice in a row; the second is taken into the first, which leaves a hole of 0. */
static void join_hows(uint32_t *at, uint32_t from, uint32_t to, uint32_t *last)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t *before = &last[at[i] & NUMBER_MASK];

        if (*before > from && *before <= i && (at[*before - 1] & NUMBER_MASK) == (at[i] & NUMBER_MASK)) {
            at[*before - 1] |= at[i] & ~NUMBER_MASK;
            at[i] = 0;
        } else {
            *before = i + 1;
        }
    }
}

static int sort_places(struct pass *x)
{
    x->value_ends = calloc(x->n_values + 1, sizeof(*x->value_ends));
    x->object_ends = calloc(x->n_objects + 1, sizeof(*x->object_ends));
    x->places = calloc(x->n_read + 1, sizeof(*x->places));
    x->sums = calloc(x->n_objects + 1, sizeof(*x->sums));
    if (!x->value_ends || !x->object_ends || !x->places || !x->sums)
        return -ENOMEM;
    for (size_t i = 0; i < x->n_read; i++)
        x->value_ends[x->read[i].value]++;
    sum_up(x->value_ends, x->n_values);
    for (size_t i = 0; i < x->n_read; i++)
        x->places[x->value_ends[x->read[i].value]++] = x->read[i].object;
    free(x->read);
    x->read = NULL;
    for (size_t v = 0; v < x->n_values; v++)
        if (x->values[v].n_same && x->values[v].n_derived)
            join_hows(x->places, begin_of(x->value_ends, v), x->value_ends[v], x->sums);
    memset(x->sums, 0, (x->n_objects + 1) * sizeof(*x->sums));
    return 0;
}

/* Values of each object that others have, too. */
static int turn(struct pass *x)
{
    uint32_t *of_object = calloc(x->n_read + 1, sizeof(*of_object));

    if (!of_object)
        return -ENOMEM;
    x->of_object = of_object;
    for (size_t i = 0; i < x->n_read; i++)
        if (x->places[i])
            x->object_ends[x->places[i] & NUMBER_MASK]++;
    for (size_t i = 0; i < x->n_objects; i++)
        x->totals->objects += x->object_ends[i] > 0;
    sum_up(x->object_ends, x->n_objects);
    for (size_t v = 0; v < x->n_values; v++)
        for (uint32_t i = begin_of(x->value_ends, v); i < x->value_ends[v]; i++)
            if (x->places[i])
                of_object[x->object_ends[x->places[i] & NUMBER_MASK]++] = (uint32_t)v | (x->places[i] & ~NUMBER_MASK);
    return 0;
}

/* ---- walking ---- */

static uint32_t size_of(const struct pass *x, uint32_t v)
{
    return x->values[v].n_same + x->values[v].n_derived;
}

/* As correlate() walks: what is on no list first, the rarest first. */
static int rarity_cmp(const void *a, const void *b, void *context)
{
    const struct pass *x = context;
    uint32_t v = *(const uint32_t *)a & NUMBER_MASK, w = *(const uint32_t *)b & NUMBER_MASK;

    if (x->values[v].is_listed != x->values[w].is_listed)
        return x->values[v].is_listed ? 1 : -1;
    return size_of(x, v) != size_of(x, w) ? (size_of(x, v) < size_of(x, w) ? -1 : 1) : (v > w) - (v < w);
}

static void walk_value(struct pass *x, uint32_t own, uint32_t entry)
{
    const struct pass_value *v = &x->values[entry & NUMBER_MASK];
    bool has_own = entry >> HOW_SHIFT & HOW_OWN;
    const uint32_t points[N_HOWS] = {0, has_own ? v->same : v->by_own, v->by_derived, has_own ? v->same : MAX_OF(v->by_own, v->by_derived)};
    const uint32_t *at = x->places + begin_of(x->value_ends, entry & NUMBER_MASK), *end = x->places + x->value_ends[entry & NUMBER_MASK];

    x->totals->walked += (uint64_t)(end - at);
    for (; at < end; at++) {
        uint32_t other = *at & NUMBER_MASK, sum;

        if (!*at || other == own)
            continue;
        sum = x->sums[other];
        if (!sum) {
            x->touched[x->n_touched++] = other;
            sum = 1; /* so that one by what is on a list shows */
        }
        x->sums[other] = sum + points[*at >> HOW_SHIFT];
    }
}

static int tell(struct pass *x, uint32_t own)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n_touched; i++) {
        const struct pass_object *o = &x->objects[x->touched[i]];

        if (o->id != x->objects[own].id)
            x->rows[n++] = (struct correlate_pass_row){o->ref, x->sums[x->touched[i]] - 1};
        x->sums[x->touched[i]] = 0;
    }
    x->n_touched = 0;
    x->totals->related += n;
    return n ? x->call(x->objects[own].ref, x->rows, n, x->context) : 0;
}

static int walk_object(struct pass *x, uint32_t own)
{
    uint32_t *values = x->of_object + begin_of(x->object_ends, own);
    size_t n = x->object_ends[own] - begin_of(x->object_ends, own);
    uint64_t all = 0, left = x->limits->walked;

    for (size_t i = 0; i < n; i++)
        all += size_of(x, values[i] & NUMBER_MASK) > x->limits->hot ? 0 : size_of(x, values[i] & NUMBER_MASK);
    if (all > left)
        qsort_r(values, n, sizeof(*values), rarity_cmp, x);
    for (size_t i = 0; i < MIN_OF(n, x->limits->values); i++) {
        uint32_t size = size_of(x, values[i] & NUMBER_MASK);

        if (size < 2 || size > x->limits->hot || size > left)
            continue;
        left -= size;
        walk_value(x, own, values[i]);
    }
    return tell(x, own);
}

static int walk(struct pass *x)
{
    int r = 0;

    x->touched = calloc(x->n_objects + 1, sizeof(*x->touched));
    x->rows = calloc(x->n_objects + 1, sizeof(*x->rows));
    if (!x->touched || !x->rows)
        return -ENOMEM;
    for (uint32_t i = 0; !r && i < x->n_objects; i++)
        r = walk_object(x, i);
    return r;
}

int correlate_pass(struct stock *k, const struct sight *sight, const struct known *known, const struct correlate_limits *limits, correlate_pass_fn *call,
                   void *context, struct correlate_pass_totals *ret)
{
    struct pass x = {.known = known, .limits = limits, .call = call, .context = context, .totals = ret};
    int r;

    *ret = (struct correlate_pass_totals){0};
    r = stock_ids(k, sight, take_id, &x);
    if (!r && x.n_objects)
        qsort(x.objects, x.n_objects, sizeof(*x.objects), object_cmp);
    r = r ?: stock_postings(k, sight, take_posting, &x);
    if (!r) {
        weigh(&x);
        r = sort_places(&x) ?: turn(&x) ?: walk(&x);
    }
    free(x.values);
    free(x.slots);
    free(x.objects);
    free(x.read);
    free(x.value_ends);
    free(x.places);
    free(x.object_ends);
    free(x.of_object);
    free(x.sums);
    free(x.touched);
    free(x.rows);
    return r;
}
