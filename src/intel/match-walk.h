/* Where in a text something of a set may stand: the fast half of matching (intel/match.h). It drops nothing that hits; what it keeps, a few false
 * ones among it, is looked at again by the exact half.
 *
 *   classify      64 bytes at once become a bit a byte of each kind, and of what follows from neighbours: four numbers with dots between have
 *                 ended, a letter stands behind a dot, a host behind :// (intel/match-classify.h)
 *   run ends      adding the bits of such letters to those of their runs carries into the place behind each run that has one: one addition finds
 *                 the ends of all tokens worth a look among 64 bytes, wherever in them or before they began
 *   texts         of a name its last two labels, of an address all of it, as they are written: at most sixteen bytes, hashed by one
 *                 multiplication and asked of a filter, whose words are on their way from memory while the next strip is classified. A name goes
 *                 so far only with a top-level label of the set. Nearly all of a log ends here
 *   looked at     what is left, and hosts of URLs that are no plain name with a path behind it, byte by byte: all names above a name in one pass
 *                 from the right (intel/set-hash.h), addresses by their networks; mail by its @, IPv6 addresses by their colons, runs of digits of
 *                 the length of a hash
 *   in batches    of 64 hashes, so that the words of the filter, and then the slots, are on their way from memory before they are read
 *
 * Owner    the caller of match_walk_new(); match_walk_free(). The set is borrowed for its life.
 * Threads  one walk belongs to one at a time. */
#pragma once

#include "intel/match-classify.h"
#include "intel/set.h"

/* From where a value is found, and in which order at the same byte. */
enum match_kind { MATCH_URL, MATCH_MAIL, MATCH_IPV6, MATCH_TOKEN };
#define MATCH_KIND_BITS 2u
#define MATCH_SLICE_MAX ((size_t)1 << 20) /* bytes */

struct match_walk;
/* `classify` NULL: the best one. NULL: out of memory. */
struct match_walk *match_walk_new(const struct set *set, classify_fn *classify);
void match_walk_free(struct match_walk *w); /* accepts NULL */

/* At each kept place: the colon of ://, the @, or where the run of the token or of the address begins. */
struct match_places {
    const uint32_t *at; /* place << MATCH_KIND_BITS | kind; rising, each once */
    size_t n;
};
/* Of MATCH_SLICE_MAX bytes at most. `ret` is borrowed until the next call. 0, -ENOMEM. */
MUST_CHECK int match_walk(struct match_walk *w, struct str slice, struct match_places *ret);
