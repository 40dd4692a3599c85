/* What makes one set of another: a file of removals and additions (doc/design/intelligence.md, MS7).
 *
 *   header   magic, rules, digest of the set that it goes from and of the one that it leads to, that one's key and mark, counts
 *   rows     removed entries, then added ones: type, lengths, end, canonical bytes, indicator
 *   digest   of all before it
 *
 * The same entries with the same mark and key are the same set, byte by byte; so whoever has the first and the delta comes to the digest of the
 * second, or knows that he has something else.
 *
 * Owner    as each function says.
 * Threads  any. */
#pragma once

#include "intel/set.h"

enum { DELTA_E_DAMAGED = 1, DELTA_E_OTHER };

/* Appended to `out`. Both sets are read twice. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int set_delta_print(const struct set *from, const struct set *to, struct buf *out);
/* The set that the delta leads to, appended to an empty `out`. 0; DELTA_E_DAMAGED: cut, changed, or of another release; DELTA_E_OTHER: it goes from
 * another set than this one; -ENOMEM, -ENOSPC. `out` holds nothing of use then. */
MUST_CHECK int set_delta_apply(const struct set *from, struct str delta, struct buf *out);
