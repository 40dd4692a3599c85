/* What the form of a step offers: which of the values that could be chosen the step would refuse whatever else is filled in.
 *
 *   each value of each field ── the step's conditions that ask that field ── with the value in it, and every other field that the
 *   step asks left open: true, false, or not to be told yet. One that is false: the value is not offered, and the condition says why.
 *   A field that must be filled and has one value left is taken for filled with it, and the others are looked at again.
 *
 * It proposes and never decides: whatever is sent is judged as ever. What is known is who asks, the record as it stands, and today.
 * It answers about the values named by the caller, who offers only what is in the asker's sight.
 * Limits   OFFER_VALUES_MAX values of a field are judged, OFFER_LOOKS_MAX in all; the rest is offered as it is.
 * Threads  as the engine; nothing is written. */
#pragma once

#include "engine/engine.h"

#define OFFER_VALUES_MAX 500
#define OFFER_LOOKS_MAX 5000 /* one takes some 20 microseconds */

/* `asked`: {field: [values]}, of choices, persons, units, posts, labels, records, and lists of such. *ret, for each of these fields:
 * {field: {"out": [values that are not offered],
 *          "why": [{"n": how many of them,"rule","clauses":[ids],"say":{ja,en}}]     the commonest first
 *          "needed": bool                      an empty field is refused
 *          "only": the value that is left of a field that is needed; else absent
 *          "before": as ways_json() (engine/way.h) answers}}   when none is left: what leads to one
 * No such register, record or step in the asker's sight: {}. */
MUST_CHECK int engine_offers(struct engine *e, const char *person, const char *reg,
                             const char *record, const char *act, const json_t *asked,
                             uint64_t now_us, json_t **ret);
/* The condition by which the directive refuses the step for good: one that never holds. NULL where it has none, or another step of
 * that name has none. */
const struct cond *step_ban(const struct procedure *p, const char *act);
/* It asks what nobody types, or closes a ticket: a gate's, a collector's or the program's own to do, and offered to no person. */
bool step_is_gates(const struct step *st);
