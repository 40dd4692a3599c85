/* Events of MISP as objects of STIX 2.1, and back.
 *
 *     event                        report (published) or grouping, with MISP's own uuid; TLP tags as marks of TLP 2.0, all tags as labels; Orgc as identity
 *     attribute with to_ids        indicator with the attribute's uuid and a pattern; sightings of kind 0 as sighting, of kind 1 as opinion
 *     attribute without            observed-data with the attribute's uuid, and the observable with the id that its content gives
 *     vulnerability                vulnerability
 *     what STIX has no place for   x-misp-attribute, as other converters write it
 *     object                       observed-data with one file where it is a file, else x-misp-object; and each of its attributes with to_ids an indicator
 *     reference between objects    relationship
 *     cluster of a galaxy          attack-pattern, intrusion-set, threat-actor, malware, tool, course-of-action; its id is ours (UUIDv5 of the tag), for whoever
 *                                  made the cluster may publish an object with its uuid, and only a creator may version an object
 *
 * What is not in STIX, and how it was written, stands verbatim in an extension of ours (MISP_EXTENSION) under "misp"; "carried" names the members that stand
 * in properties of STIX instead. So the way back gives the same event, in the same order; and somebody who changes an indicator's pattern or a description
 * changes the attribute. Two readings of one event are the same bytes.
 *
 * Owner    the caller of misp_stix_new().
 * Threads  one at a time. Sentence MI1 of doc/design/intelligence.md. */
#pragma once

#include "intel/misp-read.h"
#include "intel/stix-read.h"

#define MISP_EXTENSION "extension-definition--82b22c1d-8662-40e3-8846-719f864ac0c3"

/* 0 to go on; anything else ends it, with that answer. Borrowed for the call. */
typedef int misp_stix_fn(struct str object, void *context);

struct misp_stix;
struct misp_stix *misp_stix_new(misp_stix_fn *object, int (*fault)(const struct misp_finding *f, void *context), void *context); /* NULL: no memory */
void misp_stix_free(struct misp_stix *m);
DEFINE_CLEANUP(struct misp_stix, misp_stix_free);
/* The file of events, in pieces of any size. 0, -ENOMEM, -ENOSPC (an object over its limit), what a call answered. */
MUST_CHECK int misp_stix_add(struct misp_stix *m, struct str piece);
MUST_CHECK int misp_stix_end(struct misp_stix *m);
uint64_t misp_stix_events(const struct misp_stix *m);
uint64_t misp_stix_items(const struct misp_stix *m);
uint64_t misp_stix_broken(const struct misp_stix *m); /* of both, left out */

/* ---- back ----
 * Objects are gathered, and come out as events at the end: one for each report and grouping, and one for what stands in none. Objects with the extension
 * become what they were; those of others as near as MISP has it: indicators that list values an attribute each, other patterns attributes of type
 * stix2-pattern, observables attributes without to_ids, marks and labels tags, clusters tags of galaxies. What has no place is told.
 * Limit    STIX_MISP_MAX bytes of events. */
#define STIX_MISP_MAX ((size_t)1 << 30)

struct stix_misp;
/* `left_out` is called for each object that is not carried, by its number and id. */
struct stix_misp *stix_misp_new(int (*left_out)(uint64_t number, struct str id, enum message_key why, void *context),
                                void *context); /* NULL: no memory */
void stix_misp_free(struct stix_misp *m);
DEFINE_CLEANUP(struct stix_misp, stix_misp_free);
/* 0, -ENOMEM, -ENOSPC: more than fits; what left_out() answered. */
MUST_CHECK int stix_misp_add(struct stix_misp *m, const struct stix_object *o);
/* {"Event":{…}} of each, in the order of their reports. 0, -ENOMEM, -ENOSPC, what `event` answered. */
MUST_CHECK int stix_misp_end(struct stix_misp *m, int (*event)(struct str uuid, struct str json, void *context), void *context);
