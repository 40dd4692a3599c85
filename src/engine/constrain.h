/* What other directives ask of an act (`constrains` of the language; doc/design/information.md, X1): the stricter of two wins, and one answer
 * names the clauses of both.
 *
 *   act of A on record r ── each constraint of B on that act ── records of B whose fields are r's values ── conditions of B on each
 *
 * Where r has no such value, or no record of B has it, nothing is asked. Where A's text has no field of that name any more, the constraint
 * cannot be judged and refuses (not yet): who amended A had to amend B.
 * Limits   CONSTRAINED_MAX records for each constraint; more are -E2BIG.
 * Threads  as the engine. */
#pragma once

#include "engine/judge.h"

#define CONSTRAINED_MAX 64

/* Add what is unmet of the directives in force today beside the stage's own, for the act judged on its record at hand. With `open_fields`, a
 * constraint by a field of the step that is not filled in yet is left out, and *ret_open set. 0 or negative. */
MUST_CHECK int constrained(struct stage *sc, bool open_fields, struct judged *j, bool *ret_open);
