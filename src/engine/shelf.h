/* For whom the objects of a collection are, by level: what the rows of the fourth place call an audience is a *shelf*, a number from 2^40 on that is the
 * collection's for ever, and leads to the audience of its label in force (ST11 of doc/design/intelligence.md). A collection whose label changes changes
 * three rows here and none of its objects: whoever saw them before and after sees the same, at the places that he knows.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"
#include "store/intel.h"

/* In the caller's transaction: the shelves of the collection, made where there are none, lead to its label as it is. */
MUST_CHECK int shelves_of(struct stage *sc, const struct record *collection, int64_t ret[STORE_INTEL_LEVELS]);
/* The same behind an act that changed the record; nothing for a record of another kind. */
MUST_CHECK int shelves_follow(struct stage *sc, const struct record *r);
/* The label of what a collection holds of that level: its own, at least so confidential. */
MUST_CHECK int shelf_label(struct stage *sc, const struct record *collection, int level, struct label *ret);
/* The first collection that by this act is read by others, or bears fewer restrictions, than a record whose file something in it was taken out of (PG7 of
 * doc/design/intelligence.md), or than one of which nobody can tell any more; NULL: none. */
MUST_CHECK int shelves_opened_too_far(struct stage *sc, const struct record **ret);
