/* Operations of the keeper on sessions and accounts; rows of operation.c's table. doc/design/acts.md.
 * Messages of sign-in, unlock, password-set and reset-use come back from hashing first (keeper/hashing.h).
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* Who asks, by the session's cookie in `token`: fills person, login and rights of the context. *ret_answer is set instead
 * when he may not ask this: "sign-in", "locked", "forbidden". */
MUST_CHECK int operation_authorize(struct operation_context *c, const struct operation *op, const json_t *message,
                                   bool is_worker, json_t **ret_answer);

operation_fn op_sign_in;        /* {"cookie", "csrf"}; ends the session that asked, whosever it was */
operation_fn op_sign_out;
operation_fn op_lock;
operation_fn op_touch;
operation_fn op_unlock;         /* {"cookie", "csrf"} */
operation_fn op_password_set;
operation_fn op_account_add;    /* by the operator, the first one: {"code"} */
operation_fn op_account_close;
operation_fn op_account_reopen;
operation_fn op_account_rights;
operation_fn op_reset_propose;  /* {"reset"} */
operation_fn op_reset_approve;  /* {"code"} */
operation_fn op_reset_use;
