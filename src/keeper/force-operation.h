/* The force comes in as a whole. Where somebody would see confidentiality 3 whom he does not see now (engine/gain.h), it is held as a plan
 * (keeper/plan-operation.h) instead, and another administrator adopts it. doc/design/information.md, B4.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* {"persons"}; "invalid" with problems; "second": it is held, and the words name the plan. */
operation_fn op_force_import;

/* A plan's table is an import that is held: {"files": {…}}. */
bool force_is_held(struct str body);
/* What is held, judged again. A fault is an answer: *ret stays NULL then. */
MUST_CHECK int force_of_held(struct str body, struct force **ret, json_t **ret_answer);
/* It takes the place of the force, behind the entry. */
MUST_CHECK int force_take(struct operation_context *c, const struct force *force);
