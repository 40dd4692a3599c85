/* What is left out of correlation for one person: the lists of what is known, and over them the values that he sees left out (engine/intel-exclusions.h), each
 * a list of its own that is called by its record's number. An exclusion counts at once and backwards, and is over at once when it is lifted
 * (doc/design/intelligence.md, CO5): what was made of the records is kept, and made anew when the register's counter moved, the person sees otherwise than he
 * did, the day is another, or the lists are.
 *
 *     exclusions_take(kept, engine, person, now, lists, &known, &is_cut)     known_free(known)
 *
 * Owner    the caller of exclusions_new(); exclusions_free(), which what was taken outlives. The engine is the same one each time.
 * Limits   EXCLUSIONS_KEPT persons, the last ones.
 * Threads  one at a time. */
#pragma once

#include "engine/engine.h"
#include "intel/known.h"

#define EXCLUSIONS_KEPT 8u

struct exclusions;
struct exclusions *exclusions_new(void); /* NULL: out of memory */
void exclusions_free(struct exclusions *x); /* accepts NULL */
DEFINE_CLEANUP(struct exclusions, exclusions_free);
/* *ret holds `base` (may be NULL) as long as it needs it. What was typed and is no value (any more) is left out. *ret_is_cut: there are more than are read. */
MUST_CHECK int exclusions_take(struct exclusions *x, struct engine *e, const char *person, uint64_t now_us, struct known *base, struct known **ret,
                               bool *ret_is_cut);
/* How often records were read. */
uint64_t exclusions_readings(const struct exclusions *x);
