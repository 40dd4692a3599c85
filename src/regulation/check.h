/* What `regulation check` proves about one pack, each failure with the place and a concrete case.
 *   check-unused.c   nothing that is declared goes unused, and each register can come to hold a record
 *   check-clauses.c  each clause has a status that something answers for; each field its reason; each form cell its field; the
 *                    canonical form comes back the same
 *   check-states.c   each state can be reached and left for an end; no obligation runs in an end
 *   check-suspend.c  what a suspension lifts is asked somewhere, and keeps neither label, record, trail nor the suspension
 *   check-steps.c    at most one step matches, over everything that can be the case; the engine's evaluator and the naive one agree
 *   check-people.c   separated roles and vacancies over a force, day by day
 *   check-periods.c  periods and retention over all 146,097 days of a 400-year cycle; what an obligation looks for is kept as long; rules
 *                    that retention waits for come and go by the day
 *   check-holds.c    what the program itself works with (`holds`) has the fields and steps that it asks for
 *   check-flows.c    no value is written where records may be less confidential
 * Threads  any. */
#pragma once

#include "force/force.h"
#include "regulation/facts.h"

#define CHECK_CASES_MAX (UINT64_C(1) << 22) /* combinations of one act in one state that are all tried */
#define CHECK_SAMPLE (UINT64_C(1) << 16)    /* of more, so many are */
#define CHECK_DAYS 400

/* The evaluator to compare with naive_decide(), prepared once for each procedure. */
struct check_decider {
    int (*begin)(const struct procedure *p, void **ret_program); /* 0 or negative */
    void (*decide)(const void *program, const struct facts *facts, struct verdict *ret);
    void (*end)(void *program);
};
/* Told before each of the checks: how many of `total` are done, and the one that begins, as in "steps". */
typedef void check_told_fn(void *user, size_t done, size_t total, const char *check);
struct check_options {
    const struct check_decider *decider; /* NULL: nothing is compared */
    int32_t from_day;                    /* first day of the roster check */
    int32_t n_days;                      /* CHECK_DAYS */
    uint64_t cases_max, sample;          /* 0: the figures above */
    check_told_fn *told;                 /* may be NULL */
    void *user;
};
struct check_summary {
    size_t n_clauses, n_rules, n_steps, n_states;
    size_t n_groups;         /* act and kind of state */
    uint64_t n_cases;        /* combinations tried */
    size_t n_sampled_groups; /* of which only a sample was */
    size_t n_days;           /* of the 400-year cycle, times periods */
    size_t n_double_holders; /* person, unit and pair of separated roles that only the separation keeps apart */
    size_t n_errors, n_warnings;
};

/* Problems go to diag with the file as the pack knows it. `force` may be NULL: then nobody is looked at.
 * 0: done, look at ret->n_errors. Negative: -ENOMEM and its kin. */
MUST_CHECK int pack_check(const struct pack *pack, const struct force *force, struct check_options options, struct diag *diag,
                          struct check_summary *ret);
