/* A list that leaves as a file: judged and entered before a byte of it goes out. doc/design/daily-use.md, W1.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define EXPORT_ROWS_MAX 2000u /* records of one file: its entry names them all */

operation_fn op_export; /* {"now_us"}; "forbidden" above the channel's cap, "stale" when a record is no longer in sight */
