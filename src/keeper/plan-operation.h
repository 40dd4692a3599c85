/* Operations of the keeper on plans of transfers; rows of operation.c's table. doc/design/daily-use.md, P1 to P4.
 * A table with faults is answered "invalid" with "problems", each by its cell, and nothing is kept.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define PLAN_ID_SIZE 40
/* An import of the force, held as a draft of the person's who asks, with its entry "system/force-hold"; `n_gains` rows of engine_gains(). */
MUST_CHECK int plan_hold(struct operation_context *c, struct str title, struct str body, size_t n_gains, char ret_id[PLAN_ID_SIZE]);
operation_fn op_plan_save;  /* {"plan": id, "rows", "persons", "from": day}; "" or no id makes a new one; whoever saves is its maker */
operation_fn op_plan_drop;  /* a draft, by any administrator; its table is not kept */
/* {"plan", "persons"}; by another than the maker, of exactly the table with that digest, judged again against the force of now.
 * `seen` is the generation that the preview was made by: "stale" when packs or force have changed since. */
operation_fn op_plan_adopt;
