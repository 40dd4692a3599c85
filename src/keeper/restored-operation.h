/* A store that was restored is opened by two administrators (engine/restored.h); a row of operation.c's table.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"op":"restored-confirm","at"}: by an administrator's own account, never the console; `at` is the restore that he was shown, microseconds of the real
 * clock. {"open": whether he was the second}; the engines read it in the next batch. "none": nothing was restored, or not then; "over": two have
 * looked; "forbidden": he looked already, or has no account; both of the last are entered as refused. */
operation_fn op_restored_confirm;
