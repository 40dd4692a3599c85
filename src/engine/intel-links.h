/* What people said of links between objects of threat intelligence: confirmed, or rejected so that they are not proposed again (doc/design/intelligence.md,
 * CO4). The register that `holds: intel-links` has them; a link's label is that of both sides, so whoever sees the record sees both collections, and
 * who sees one side alone is told nothing.
 *
 *     engine_links(e, person, id, now, arena, &all);
 *     const struct engine_link *l = engine_link_to(&all, other);   NULL: nobody said anything of it
 *
 * Of one pair the last act counts that the person sees, with what others said told by `n_records`. What was withdrawn is not told.
 * Owner    texts are the arena's.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

struct arena;

#define ENGINE_LINKS_MAX 2000u /* records that are read of one object */

struct engine_link {
    const char *record;     /* that counts */
    struct str id;          /* of the other side */
    bool is_confirmed;      /* else rejected */
    const char *maker;      /* a person's id */
    uint64_t made_us;
    int64_t strength;       /* as it was when it was decided */
    unsigned n_records;     /* of this pair, in sight */
};
struct engine_links {
    struct engine_link *at; /* by id */
    size_t n;
    bool is_cut;            /* there are more records than are read */
};

/* Of the object with that id. Where no text in force holds links there are none. */
MUST_CHECK int engine_links(struct engine *e, const char *person, struct str id, uint64_t now_us, struct arena *a, struct engine_links *ret);
const struct engine_link *engine_link_to(const struct engine_links *all, struct str id);

/* A pair both of whose sides lie in one collection, that is confirmed by the last word in sight. */
struct engine_pair {
    const char *record;
    struct str a, b; /* ids, the lesser first */
    int confidentiality; /* of the link's label in force */
    uint64_t made_us;
};
struct engine_pairs {
    struct engine_pair *at; /* by a and b */
    size_t n;
};
/* All of that collection (id of its record). Texts are the arena's. */
MUST_CHECK int engine_pairs(struct engine *e, const char *person, struct str collection, uint64_t now_us, struct arena *a, struct engine_pairs *ret);
