/* What an object or a value is joined to, as far as the reader sees it: for the graph of assets/graph.js, and for the table that says the same.
 *
 *   {"nodes": [{"id","label","kind","url","more"}], "edges": [{"id","from","to","label","kind":"stated"|"confirmed"|"proposed","url"}],
 *    "sightings": [{"id","first","last","created"}],   of the object, instants as they stand, "" none
 *    "cut": bool}                                      there may be others
 *
 * Of an object (its newest version): links that were confirmed or are proposed (web/intel-links.h), what it refers to, what refers to it (relationships as the
 * line to their other end), and the values in it; what is proposed is joined as well to the values that it shares, in its strongest ways. Of a value: the
 * objects that share it, each with how it has it: as it is, or as its host or registered domain. An edge stands between two nodes that are both in sight (ST7). Marks are left out: nearly all share them.
 * Limits   INTEL_NODES_MAX nodes; of what refers to an object what came in last. Who made an object is told at it; what he made is a list of its own.
 * Threads  as struct page. */
#pragma once

#include "web/intel-links.h"

#define INTEL_NODES_MAX 150u
#define INTEL_DRAWN_PROPOSED 10u
#define INTEL_DRAWN_REASONS 2u /* of each, as edges to the values by which it is proposed */

/* 1: no such object in sight. *ret is the page's. `links` are of the same object: what was confirmed is there, and the INTEL_DRAWN_PROPOSED strongest of what
 * is proposed, labelled by their strength. */
MUST_CHECK int intel_graph_of(struct intel *i, struct str id, const struct intel_links *links, json_t **ret);
MUST_CHECK int intel_graph_of_value(struct intel *i, const struct clue *v, json_t **ret);
