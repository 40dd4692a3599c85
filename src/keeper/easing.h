/* A text asks less than the one before it only where it says so (regulation/falls.h, B4): asked when it is proposed, and again when it is adopted, for
 * another text may have come between. What it eases is in the entry.
 * Threads  as the operations. */
#pragma once

#include "keeper/operation.h"
#include "regulation/model.h"

/* 0: all of it is said, and `in` has "eases": ["register:loans", …] where there is any. 1: not all; the answer names each ("invalid" with "problems").
 * Negative: fatal. */
MUST_CHECK int easing_judge(struct operation_context *c, const struct pack *pack, json_t *in, json_t **ret_answer);
