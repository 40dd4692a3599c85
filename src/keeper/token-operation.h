/* Operations of the keeper on tokens of programs, and who asks by one; doc/design/daily-use.md, T1 to T3.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* operation_authorize() for a message with a `bearer`: whose token it is, and whether it reaches as far as this is asked. Its first use is
 * entered. *ret_answer: "sign-in" (no such token, or over), "forbidden" (programs never do this), "scope", "malformed" (with a cookie). */
MUST_CHECK int token_authorize(struct operation_context *c, const struct operation *op, const json_t *message, json_t **ret_answer);

operation_fn op_token_issue; /* {"id", "secret"} */
operation_fn op_token_end;
