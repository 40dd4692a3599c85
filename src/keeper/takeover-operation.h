/* Operations of the keeper on tables to be taken over; rows of operation.c's table.
 * doc/design/daily-use.md, K8 to K11. Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

operation_fn op_takeover_propose; /* {"id", "digest", "n_rows"}; with faults "invalid" and "judged" */
operation_fn op_takeover_adopt;   /* {"reg", "n_rows", "first", "last"} */
operation_fn op_takeover_drop;
