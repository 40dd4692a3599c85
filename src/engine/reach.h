/* Where a scenario that passes comes to a rule for the first time. Up to there a pack without the rule answers as the pack with it, act by act.
 *   condition        at a refusal of its act by all its clauses: while it is met, its step is judged alike without it. Where several
 *                    steps share the act, whenever the act is tried, for without it another might match; so when a suspension can lift it
 *   `by`, step       when the act is tried in its procedure: nothing else asks a step's conditions. Whom a step waits for follows from
 *                    `by`, too; no act of a scenario looks at that
 *   separation       at any act of its procedure, as it stands at several steps
 *   effect           when its act is tried; one that moves a record also when an act on that register is, for whether a
 *                    refusal is for now or for good follows from all moves
 *   field            one that must be filled in, at an act on its register whose input is invalid: it refuses nothing else
 *   all others       from the beginning: they tell through timers, through who may see, through what finds a record
 * Whoever lets the engine ask a step's conditions or effects elsewhere, or a scenario expect what follows from them otherwise, changes this.
 * Threads  any. */
#pragma once

#include "regulation/rules.h"
#include "regulation/scenario-file.h"

struct reach {
    const struct scenario *in; /* the scenario, or one that it comes after */
    size_t scene;              /* before which the rule was not reached */
};
/* False: neither the scenario nor those that it comes after come to the rule. */
bool reach_find(const struct pack *pack, const struct rule_row *row, const struct scenario *s,
                struct reach *ret);
