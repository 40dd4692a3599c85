/* When what the graph of an object shows was made, seen, and good: one list in order of time over all objects in it but the one in the middle, whose own times the
 * page tells apart (doc/design/intelligence.md, PG4). Nothing is in it that the graph has not, so nothing out of sight.
 * Limits   INTEL_TIMES_MAX entries; of more the last ones in time.
 * Threads  as struct page. */
#pragma once

#include "web/intel-show.h"

#define INTEL_TIMES_MAX 200u

/* `graph`: of web/intel-graph.h. */
MUST_CHECK int intel_times_show(struct intel *i, struct str self, const json_t *graph);
