/* What a person is about to be shown: a record, what a search found, a printout. Each is entered before the first byte
 * (W1, W4 of doc/design/daily-use.md).
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

operation_fn op_read;        /* {"record","purpose","case","only","aside"}: {"outcome"}; "asks", "invalid", "forbidden", "shut" */
operation_fn op_search;      /* {"records": "ID ID …"}, a page at most: {}; "invalid", "stale" */
operation_fn op_notice_read; /* {"shard","seq","n"}: {}, also where there is no such notice of his */
operation_fn op_print;       /* {"form","digest","records"}: {}; "invalid", "stale", "shut", "forbidden", "none", and as operation_leaves() */
