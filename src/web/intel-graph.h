/* What an object or a value is joined to, as far as the reader sees it: for the graph of assets/graph.js, and for the table that says the same.
 *
 *   {"nodes": [{"id","label","kind","url","more"}], "edges": [{"id","from","to","label","kind":"stated","url"}],
 *    "sightings": [{"id","first","last","created"}],   of the object, instants as they stand, "" none
 *    "cut": bool}                                      there may be others
 *
 * Of an object (its newest version): what it refers to, what refers to it by a relationship, a sighting or a report, and the values in it. Of a value: the
 * objects that share it. An edge stands between two nodes that are both in sight (ST7). Marks are left out: nearly all share them.
 * Limits   INTEL_NODES_MAX nodes; of each collection's relationships, sightings and reports the first INTEL_LOOKED_MAX of each type in all are looked
 *          through, since no index leads from an object to what refers to it.
 * Threads  as struct page. */
#pragma once

#include "web/intel-show.h"

#define INTEL_NODES_MAX 150u
#define INTEL_LOOKED_MAX 5000u

/* 1: no such object in sight. *ret is the page's. */
MUST_CHECK int intel_graph_of(struct intel *i, struct str id, json_t **ret);
MUST_CHECK int intel_graph_of_value(struct intel *i, const struct clue *v, json_t **ret);
