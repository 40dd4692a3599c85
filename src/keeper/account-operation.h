/* Operations of the keeper on sessions and accounts; rows of operation.c's table. doc/design/acts.md.
 * Messages of sign-in, unlock, password-set, token-issue and reset-use come back from hashing first (keeper/hashing.h).
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

/* Who asks, by the session's cookie in `token` or a program's token in `bearer`: fills person, login and rights of the context.
 * *ret_answer is set instead when he may not ask this: "sign-in", "locked", "forbidden", "scope", "device". */
MUST_CHECK int operation_authorize(struct operation_context *c, const struct operation *op, const json_t *message,
                                   bool is_worker, json_t **ret_answer);

/* The person has left the force by the installation's day (force_has_left): he does not sign in, and what he opened before is over. */
bool operation_has_left(const struct operation_context *c, const char *person);

/* Reads. The open account of a login as a relay tells it. ACCOUNT_E_NONE, negative. */
MUST_CHECK int account_of_sender(struct store *s, const char *typed, struct account *ret);

/* An answer of the account functions to the asker; negative goes up. */
MUST_CHECK int account_answer(int r, json_t **ret_answer);
/* The owner of the session has given his password again: 0, or *ret_answer says that it was wrong, which is counted and entered as
 * "system/NAME", refused. */
MUST_CHECK int account_confirm(struct operation_context *c, const json_t *message, const char *name, json_t **ret_answer);

/* Sessions, tokens and open codes of those who have left are removed, for each person with an entry "system/account-left". They were
 * refused before. A store's answer. */
MUST_CHECK int account_sweep_left(struct operation_context *c);

/* What account_hold() held is done by who adopts it, with its entry, which names the plan. ACCOUNT_E_…; negative. */
MUST_CHECK int account_give_agreed(struct operation_context *c, const json_t *message, const char *plan);

operation_fn op_sign_in;        /* {"cookie", "csrf"}; ends the session that asked, whosever it was */
operation_fn op_sign_out;
operation_fn op_lock;
operation_fn op_touch;
operation_fn op_unlock;         /* {"cookie", "csrf"} */
operation_fn op_password_set;
operation_fn op_account_add;    /* by the operator, the first one: {"code"}. These three: "second", where another administrator has to adopt it */
operation_fn op_account_reopen; /* it and closing for one of the reasons of force/account.h */
operation_fn op_account_rights;
operation_fn op_account_close;
operation_fn op_reset_propose;  /* {"reset"} */
operation_fn op_reset_approve;  /* {"code"} */
operation_fn op_reset_use;
