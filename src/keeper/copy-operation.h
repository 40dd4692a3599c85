/* Copies of everything at once, which the operator makes: judged and entered before a byte of them is written, and agreed to by a second person
 * where confidentiality 3 is held (engine/whole-copy.h). doc/design/information.md, E7 and R3.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"op":"whole-copy","channel","held","allowed"}. "held": what the copy's own snapshot holds at most, for it may be older than what the keeper sees; the higher counts.
 * "allowed": asked again, inside the snapshot and when all is written, before it gets its names, with the confidentiality for which it was allowed: while no
 * more is held, {}, and nothing is entered. Both may be left out. */
operation_fn op_whole_copy;         /* {"confidentiality", "copy", "until"}: go on; "copy" names what the second person agreed to, "" none was needed;
                                     * "until" is the last day on which the copy may be kept, "" no directive says.
                                     * "second": it waits for him, and what waits is in the words; "forbidden": above a cap; "shut": after a restore */
operation_fn op_whole_copy_ask;     /* for a standing one, to the end of the day "until": {"copy"}; "invalid": no such day */
operation_fn op_whole_copy_approve; /* by an account that did not ask; "forbidden", "none", "over" */
operation_fn op_whole_copy_end;     /* "none", "over" */
