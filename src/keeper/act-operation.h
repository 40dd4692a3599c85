/* Acts on records, by people, programs and gates.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"op":"act","reg","step",…}: one act (engine/engine.h), once for the word "once" of its asker: {"outcome"}, and to a gate "ticket".
 * "act-secret" has a secret among its values, which was judged before it came here (keeper/secret-judging.h).
 * "busy": it was not; "invalid", "forbidden": not what a gate or a station does; "used": the word served another act already;
 * "too-large", "forbidden": what leaves by mail cannot be counted. */
operation_fn op_act;
/* What such a message asks; who, when and by what it was measured is the caller's to add. Borrows of `m`. */
struct act act_of_message(const json_t *m);
/* {"op":"ticket-use","ticket","channel","with"}: only a gate asks, before bytes go out by it: {"outcome"}; "forbidden", "invalid". */
operation_fn op_ticket_use;
