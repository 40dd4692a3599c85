#include "intel/exclusions.h"

#include "base/arena.h"
#include "engine/intel-exclusions.h"

#include <errno.h>

#define ARENA_MAX ((size_t)256 << 20)

int exclusions_over(struct engine *e, const char *person, uint64_t now_us, struct known *base, struct known **ret)
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
    *ret = TAKE(k);
    return 0;
}
