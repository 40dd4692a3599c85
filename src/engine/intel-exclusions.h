/* Values that a person leaves out of correlation: what the register that `holds: intel-exclusions` has that he sees, that applies and whose last day is not
 * over (doc/design/intelligence.md, CO5, LB3). What others left out and he does not see is nothing to him.
 * Owner    texts are the arena's.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

struct arena;

#define ENGINE_EXCLUSIONS_MAX 10000u

struct engine_exclusion {
    const char *record;
    struct str value; /* as it was typed */
};
struct engine_exclusions {
    struct engine_exclusion *at; /* the newest first */
    size_t n;
    bool is_cut; /* there are more than are read */
};
MUST_CHECK int engine_exclusions(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_exclusions *ret);
