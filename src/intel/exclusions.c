#include "intel/exclusions.h"

#include "base/arena.h"
#include "engine/intel-exclusions.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)

struct kept {
    char *person; /* NULL: nothing is kept here */
    struct engine_exclusions_mark mark;
    struct known *base, *known; /* both held; base may be NULL */
    bool is_cut;
};

struct exclusions {
    struct kept kept[EXCLUSIONS_KEPT];
    size_t next; /* that is given up for another */
    uint64_t n_readings;
};

struct exclusions *exclusions_new(void)
{
    return calloc(1, sizeof(struct exclusions));
}

static void drop(struct kept *k)
{
    free(k->person);
    known_free(k->base);
    known_free(k->known);
    *k = (struct kept){NULL};
}

void exclusions_free(struct exclusions *x)
{
    for (size_t i = 0; x && i < EXCLUSIONS_KEPT; i++)
        drop(&x->kept[i]);
    free(x);
}

static int read(struct engine *e, const char *person, uint64_t now_us, struct known *base, struct known **ret, bool *ret_is_cut)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    CLEANUP(known_freep) struct known *k = known_new();
    struct engine_exclusions all;
    int r = a && k ? engine_exclusions(e, person, now_us, a, &all) : -ENOMEM;

    for (size_t i = 0; !r && i < all.n; i++)
        r = known_add_own(k, all.at[i].record, all.at[i].value);
    if (r)
        return r;
    known_over(k, base);
    known_ready(k);
    *ret_is_cut = all.is_cut;
    *ret = TAKE(k);
    return 0;
}

/* The place of the person, or the one that is next. */
static struct kept *place_of(struct exclusions *x, const char *person)
{
    for (size_t i = 0; i < EXCLUSIONS_KEPT; i++)
        if (x->kept[i].person && !strcmp(x->kept[i].person, person))
            return &x->kept[i];
    return &x->kept[x->next++ % EXCLUSIONS_KEPT];
}

static int read_again(struct exclusions *x, struct kept *k, struct engine *e, const char *person, uint64_t now_us, const struct engine_exclusions_mark *mark,
                      struct known *base)
{
    int r;

    drop(k);
    x->n_readings++;
    r = read(e, person, now_us, base, &k->known, &k->is_cut);
    if (r)
        return r;
    k->mark = *mark;
    k->base = base ? known_hold(base) : NULL;
    k->person = strdup(person);
    if (k->person)
        return 0;
    drop(k);
    return -ENOMEM;
}

int exclusions_take(struct exclusions *x, struct engine *e, const char *person, uint64_t now_us, struct known *base, struct known **ret, bool *ret_is_cut)
{
    struct engine_exclusions_mark mark;
    struct kept *k;
    int r = engine_exclusions_mark(e, person, now_us, &mark);

    if (r)
        return r;
    k = place_of(x, person);
    if (!k->person || k->base != base || !engine_exclusions_mark_eq(&k->mark, &mark))
        r = read_again(x, k, e, person, now_us, &mark, base);
    if (r)
        return r;
    *ret = known_hold(k->known);
    *ret_is_cut = k->is_cut;
    return 0;
}

uint64_t exclusions_readings(const struct exclusions *x)
{
    return x->n_readings;
}
