/* What gates ask and tell about contents (engine/holding.h says how); rows of operation.c's table.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"held", "label", "admitted"}; "forbidden" for whoever is no gate, "invalid". Nothing is entered: nothing has left. */
operation_fn op_holding_label;
/* What was made from a record is known by its bytes from now on: entered, without the digests. "none": no such record in his sight. */
operation_fn op_holding_note;
/* {"cover": as engine/cover.h makes it} of that record, as the person sees it; NULL: what goes by it has none. "none": no such record in his sight. Nothing is entered: it says of
 * what is allowed to go what it is labelled. */
operation_fn op_cover;
