/* Values that a person leaves out of correlation: what the register that `holds: intel-exclusions` has that he sees, that applies and whose last day is not
 * over (doc/design/intelligence.md, CO5, LB3). What others left out and he does not see is nothing to him.
 * Owner    texts are the arena's.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

struct arena;

#define ENGINE_EXCLUSIONS_MAX 60000u /* each is a list of its own in intel/known.h, which has room for so many */

struct engine_exclusion {
    const char *record;
    struct str value; /* as it was typed */
};
struct engine_exclusions {
    struct engine_exclusion *at; /* the newest first */
    size_t n, size;
    bool is_cut; /* there are more than are read */
};
MUST_CHECK int engine_exclusions(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_exclusions *ret);

/* What decides what engine_exclusions() answers: of two equal ones the answer is the same. Costs a look at the register's counter and the person's sight. */
struct engine_exclusions_mark {
    const void *reg; /* the text in force; NULL: none holds exclusions */
    int64_t counter;
    uint64_t sight; /* its serial number */
    int32_t day;
};
MUST_CHECK int engine_exclusions_mark(struct engine *e, const char *person, uint64_t now_us, struct engine_exclusions_mark *ret);
bool engine_exclusions_mark_eq(const struct engine_exclusions_mark *a, const struct engine_exclusions_mark *b);
