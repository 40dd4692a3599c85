/* What applies to a record as it stands (第3柱書 of the handling directive: rules of several texts hold beside each other). Where they overlap the strictest counts: the label in force is the join of all that
 * asks for more, what is out of the asker's sight included, and the last day of keeping is of the rule in force.
 *
 *   [{"kind": "ask", "say": {"ja","en"}, "clauses": [ids]}, …                                  `asks` of labels.yaml that the label has
 *    {"kind": "heed", "of": {"ja","en"} of a restriction, none of the class, "say", "clauses"}, …  what whoever is given it is to heed; "say" absent where the text says nothing
 *    {"kind": "retention", "say", "clauses"}]                                                  how long it is kept; at most one
 *
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* What is to be heeded of that label (label_json()): rows of kind "heed" behind what `rows` has. 0, -ENOMEM. */
MUST_CHECK int applies_heed(struct stage *sc, const struct pack *own, const json_t *label, json_t *rows);
/* All of it as "applies" of `o`, a view of the record. 0 or negative. */
MUST_CHECK int applies_put(struct stage *sc, const struct record *r, json_t *o);
