/* Operations of the keeper on plans of transfers; rows of operation.c's table. doc/design/daily-use.md, P1 to P4.
 * A table with faults is answered "invalid" with "problems", each by its cell, and nothing is kept.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define PLAN_ID_SIZE 40
/* What another administrator has to adopt is held as a draft of the person's who asks: an import of the force (keeper/force-operation.h), an
 * administrator's right (keeper/account-held.h). Whoever holds it enters it. */
MUST_CHECK int plan_hold(struct operation_context *c, struct str title, struct str body, char ret_id[PLAN_ID_SIZE]);
operation_fn op_plan_save;  /* {"plan": id, "rows", "persons", "from": day}; "" or no id makes a new one; whoever saves is its maker */
operation_fn op_plan_drop;  /* a draft, by any administrator; its table is not kept */
/* {"plan", "persons"}; by another than the maker, of exactly the table with that digest, judged again against the force of now.
 * `seen` is the generation that the preview was made by: "stale" when packs or force have changed since. */
operation_fn op_plan_adopt;
