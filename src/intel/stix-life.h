/* What a STIX object says of how long an indicator is good for (LI1, LI2 of doc/design/intelligence.md):
 *
 *     indicator                      it was vouched for at `modified` or `valid_from`, whichever is later, and is to end at `valid_until`; `revoked`: at once
 *     sighting of an indicator       it was seen, `count` times (1 where that is not said), at `last_seen`, else `first_seen`, else `modified`; count 0: nothing
 *     opinion "strongly-disagree"    each indicator among `object_refs` is a false positive, at `modified` (of more than SEGMENT_OF_MAX bytes of ids the first); so MISP's sightings of kind 1 come
 *     either of these, revoked       what it said is taken back
 *
 * Threads  any. */
#pragma once

#include "intel/clue.h"
#include "intel/json-scan.h"
#include "store/decay.h"
#include "store/segment.h"

/* Fills life, at_us, until_us, n and of; what they point to is borrowed from the object, or stands in `ids`, which takes SEGMENT_OF_MAX bytes and is emptied
 * first. 0, -ENOMEM. The class is the caller's, by stix_life_class() of its values. */
MUST_CHECK int stix_life(const struct scan_value *object, struct buf *ids, struct segment_object *ret);
/* The kind of decay of a type of value. */
enum decay_class stix_life_class(enum clue_type type);
