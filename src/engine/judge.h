/* Judging one act: who asks for what on which record, what stands in the way.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

struct judged {
    enum verdict_result result;
    const struct step *step;       /* taken, or nearest; NULL: no such step */
    const struct proc_role *as;    /* role of the procedure by which the actor acts; NULL: anyone */
    uint8_t *truth;
    json_t *unmet;                 /* as in an outcome */
    json_t *clauses;               /* of all unmet ones, each once */
    json_t *under;                 /* allowed because clauses are suspended: by which records (engine/suspend.h); else NULL */
};

/* Judge step `act` for the stage's actor, record and month. With `open_fields`, unmet conditions that ask about fields of the step
 * not filled in yet are left out (and *ret_open tells whether there were any). */
MUST_CHECK int judge_act(struct stage *sc, const char *act, bool open_fields, struct judged *ret, bool *ret_open);
/* The answer to somebody in whose sight there is no such record, whether there is one or not: it follows from the text in force and
 * from what he holds anywhere, from nothing else. He is told that the step is another role's, or that he may not see. */
MUST_CHECK int judge_unseen(struct stage *sc, const struct reg *reg, const char *act, struct judged *ret);
/* Put into the stage the standing of the first role of the step's `by` that the actor holds; *ret: that role. Both stay where he holds none. */
MUST_CHECK int judge_standing(struct stage *sc, const struct step *st, const struct proc_role **ret);
void judged_done(struct judged *j);
/* One more unmet rule: {"rule","kind","clauses","say","what"}. */
MUST_CHECK int judged_add(struct judged *j, const char *rule, bool not_yet, json_t *clauses, json_t *say, const char *what);
/* The same of a condition that the stage's record at hand does not meet. */
MUST_CHECK int judged_cond(struct stage *sc, struct judged *j, const struct cond *c);
/* Does the actor hold one of the roles of a COND_BY of that register, in whichever unit? */
MUST_CHECK int judge_role_held(struct stage *sc, const struct reg *reg, const struct cond *by);
/* Can the record come from `state` into one of the step's states by any path of the pack? */
bool state_reachable(const struct procedure *p, const char *state, const struct step *st);
