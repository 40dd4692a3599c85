/* Texts of directives: proposed by one administrator, adopted by another, with the scenarios that show them.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

operation_fn op_pack_propose;   /* {"canonical","scenarios"}: {"hash"}; "invalid" with problems, "exists", and as easing_judge() */
operation_fn op_pack_scenarios; /* {"hash","scenarios"}: {}; "none", "invalid" */
operation_fn op_pack_adopt;     /* {"hash"}: {}; "none", "exists", "forbidden": by who proposed it, and as easing_judge() */
