/* What has been kept long enough: told to those by whose steps records are disposed of.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* [{"reg","title","n"}]: how many of each register the actor may see. Empty, when he holds no role of a step that asks
 * `retention_over`: it is nothing to him. */
MUST_CHECK int over_counts(struct stage *sc, const struct sight *sight, json_t **ret);
/* Each record of the register and audience that has been kept long enough: `call` gets a row of STMT_RECORD_OVER, and 0 goes on. Its answer, or negative. */
typedef int over_row_fn(void *arg, struct rows *row);
MUST_CHECK int over_of_audience(struct stage *sc, const char *reg, int64_t audience, over_row_fn *call, void *arg);
