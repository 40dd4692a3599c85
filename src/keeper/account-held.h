/* The administrator's right, given by one administrator beside others: it waits as a plan (keeper/plan-operation.h) for another one to adopt it.
 * doc/design/force.md, U12.
 * Threads  the keeper's loop; account_is_held() and account_of_held() also of pages. */
#pragma once

#include "keeper/operation.h"

/* What was asked for (account-add, account-reopen, account-rights) is held, with its entry "system/account-hold"; the answer is "second" and its words
 * name the plan. */
MUST_CHECK int account_hold(struct operation_context *c, const json_t *message, json_t **ret_answer);
/* It is done, with its entry, by who adopts it. ACCOUNT_E_…, nothing is done then; negative. */
MUST_CHECK int account_take_held(struct operation_context *c, const char *plan, struct str body);

/* A plan's table is such: {"account": {"op", "login", "person", "rights", "reason"}}. */
bool account_is_held(struct str body);
/* What is held, for json_decref(). -EBADMSG, -ENOMEM. */
MUST_CHECK int account_of_held(struct str body, json_t **ret);
