/* What is left out of correlation for one person: the lists of what is known, and over them the values that he sees left out (engine/intel-exclusions.h), each
 * a list of its own that is called by its record's number. Read anew for each question, so that an exclusion counts at once and backwards, and is over at once
 * when it is lifted (doc/design/intelligence.md, CO5).
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"
#include "intel/known.h"

/* *ret holds `base` (may be NULL) as long as it needs it; known_free(). What was typed and is no value (any more) is left out. */
MUST_CHECK int exclusions_over(struct engine *e, const char *person, uint64_t now_us, struct known *base, struct known **ret);
