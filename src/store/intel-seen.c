#include "store/intel-seen.h"

#include "store/intel-inside.h"

#include <stdlib.h>
#include <string.h>

/* Of audience and digest, which is SHA-256 of the content, id and version included: two are one by it only if whoever imports says so of his own objects. */
struct fingerprint {
    uint64_t a, b; /* both 0: free */
};

struct intel_seen {
    int64_t run, n_segments; /* run 0: nothing is known */
    struct fingerprint *slots;
    size_t n, n_slots; /* a power of two, and more than twice as many */
};

struct intel_seen *intel_seen_new(void)
{
    return calloc(1, sizeof(struct intel_seen));
}

void intel_seen_free(struct intel_seen *x)
{
    if (!x)
        return;
    free(x->slots);
    free(x);
}

static struct fingerprint fingerprint_of(int64_t audience, const struct segment_object *o)
{
    struct fingerprint f;

    memcpy(&f, o->digest.bytes, sizeof(f));
    f.a ^= (uint64_t)audience * UINT64_C(0x9e3779b97f4a7c15);
    f.b += !f.a && !f.b;
    return f;
}

/* Its own, or a free one. */
static struct fingerprint *slot_of(struct fingerprint *slots, size_t n_slots, struct fingerprint f)
{
    size_t i = (f.a ^ f.b >> 32) & (n_slots - 1);

    while ((slots[i].a || slots[i].b) && (slots[i].a != f.a || slots[i].b != f.b))
        i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static int grow(struct intel_seen *x)
{
    size_t n_slots = x->n_slots ? 2 * x->n_slots : 16384;
    struct fingerprint *slots = calloc(n_slots, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < x->n_slots; i++)
        if (x->slots[i].a || x->slots[i].b)
            *slot_of(slots, n_slots, x->slots[i]) = x->slots[i];
    free(x->slots);
    x->slots = slots;
    x->n_slots = n_slots;
    return 0;
}

int intel_seen_add(struct intel_seen *x, int64_t audience, const struct segment_object *o, bool *ret)
{
    struct fingerprint f = fingerprint_of(audience, o), *slot;
    int r = 2 * (x->n + 1) > x->n_slots ? grow(x) : 0;

    if (r)
        return r;
    slot = slot_of(x->slots, x->n_slots, f);
    *ret = slot->a || slot->b;
    x->n += !*ret;
    *slot = f;
    return 0;
}

static void clear(struct intel_seen *x)
{
    if (x->n)
        memset(x->slots, 0, x->n_slots * sizeof(*x->slots));
    x->n = 0;
}

void intel_seen_forget(struct intel_seen *x)
{
    x->run = 0;
}

void intel_seen_settle(struct intel_seen *x, int64_t n_segments, bool is_written)
{
    x->n_segments = n_segments;
    if (is_written)
        clear(x);
}

struct filling {
    struct intel_seen *x;
    const struct intel_writing *w;
};

static int add_all(struct pending *p, void *context)
{
    const struct filling *f = context;
    bool was_there;
    int r = 0;

    for (size_t i = 0; !r && i < p->segment.n_objects; i++)
        r = intel_seen_add(f->x, intel_audience_of(f->w, &p->segment.objects[i]), &p->segment.objects[i], &was_there);
    return r;
}

int intel_seen_fill(struct intel_seen *x, struct store *s, const struct intel_writing *w, int64_t n_segments)
{
    struct filling f = {x, w};
    int r;

    if (x->run == w->run && x->n_segments == n_segments)
        return 0;
    clear(x);
    x->run = 0;
    r = intel_pending_each(s, w->run, add_all, &f);
    if (!r) {
        x->run = w->run;
        x->n_segments = n_segments;
    }
    return r;
}
