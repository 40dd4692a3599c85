/* What has been kept long enough: told to those by whose steps records are disposed of.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* [{"reg","title","n"}]: how many of each register the actor may see. Empty, when he holds no role of a step that asks
 * `retention_over`: it is nothing to him. */
MUST_CHECK int over_counts(struct stage *sc, const struct sight *sight, json_t **ret);
