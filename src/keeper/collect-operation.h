/* What collectors on other terminals wrote, entered as a whole or not at all; rows of operation.c's table. engine/collect.h.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"collected": the judgement, "lines", "states"}. With `trial` nothing stays of it. Faults: "invalid" and "collected"; refused: "forbidden" and
 * "refused": "outcome" and "row". Who may enter no file at all is refused before a row is looked at ("system/collect").
 * The values count as measured by `import`, whoever asks: this operation reads them out of the table itself. */
operation_fn op_collect;
