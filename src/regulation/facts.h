/* What a decision is made of: the truth of each leaf condition of one procedure, and the verdict.
 * The engine's decide() and the naive evaluator are both pure functions from facts to verdict, so that they can be compared
 * over the whole enumerated domain.
 * Threads  values. */
#pragma once

#include "regulation/model.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNASKED };

struct facts {
    const struct procedure *procedure;
    const char *act;       /* which `do` is asked for */
    const uint8_t *truth;  /* procedure->n_leaves values of enum truth, by cond->leaf */
    const uint8_t *lifted; /* by clause->no: 1 while it is suspended; NULL: none is */
};

enum verdict_result { VERDICT_ALLOWED, VERDICT_FORBIDDEN, VERDICT_NOT_YET, VERDICT_NO_STEP };
#define VERDICT_UNMET_MAX 64

struct verdict {
    enum verdict_result result;
    const struct step *step; /* the step taken, or the one that came nearest; NULL for NO_STEP */
    /* Unmet top-level conditions in the step's order; for an unmet `all` its unmet children instead. */
    const struct cond *unmet[VERDICT_UNMET_MAX];
    size_t n_unmet;
    /* ALLOWED: those of the step's that are false and were not asked, named as unmet ones are. */
    const struct cond *lifted[VERDICT_UNMET_MAX];
    size_t n_lifted;
    unsigned n_matching; /* steps whose conditions all hold; more than 1 is a fault of the pack */
};

/* Rules, the same for every evaluator:
 * - a condition whose `only_if` is false holds; ALL, ANY, NOT combine their children, each child with its own `only_if`;
 * - what a refusal would name (a condition of the step, of an `all` its members) is lifted, and counts as held, when cond_can_lift() and all
 *   its clauses are lifted; what is asked in an `if`, an ANY or a NOT is asked as ever;
 * - a step matches when all its conditions hold; the first matching one is taken;
 * - when none matches, the nearest step is reported: the first one whose COND_STATE holds, else the first named so; of several
 *   whose COND_STATE holds, the one with the fewest unmet conditions, the earlier on a tie;
 * - all its conditions are judged: any unmet forbidding one makes the answer forbidden, otherwise not yet. */
typedef void decide_fn(const struct facts *facts, struct verdict *ret);

/* Slow and plainly right; walks the model as written. (naive.c) */
decide_fn naive_decide;
