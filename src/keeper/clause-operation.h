/* The official wording of clauses, which the installation takes in beside a pack that bears summaries only.
 *   clause-text  {"pack", "digest", "texts": {clause: wording}}  {"ok"}; "invalid": no adopted pack has one of the clauses, or a wording is no text
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

operation_fn op_clause_text;
