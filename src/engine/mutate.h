/* Mutation coverage: take each rule that carries an enforced clause out of the pack and see whether a scenario that shows the
 * clause notices. A mutant is a change of the pack's canonical form, read like any other pack, so that nothing that runs it
 * knows of mutation.
 *   condition  is left out            `by`       becomes anyone       separation  is left out
 *   effect     is left out            obligation is left out          period      lasts 9,000 years at most
 *   field      neither required nor unique                            retention   is left out
 *   label, register  readable by everybody
 *   step       is never possible      parameter  is unset             only for a clause that nothing of the above carries
 * The scenarios are played on the pack as it is; a mutant branches off (branch.h) where a scenario comes to its rule (reach.h), and its
 * branch ends at the first act that goes otherwise than expected. Which rules are tried in which scenario does not rest on which branch ends first.
 * Threads  one: it makes processes, which a process of several threads must not. */
#pragma once

#include "engine/scenario-forces.h"
#include "regulation/coverage.h"

struct mutation_summary {
    size_t n_mutants;    /* rules taken out */
    size_t n_killed;     /* noticed by a scenario of each enforced clause that they carry */
    size_t n_survivors;  /* rule and clause whose scenarios do not notice */
    size_t n_unreadable; /* what is left is no pack: the rule cannot be taken out alone */
    size_t n_clauses;    /* enforced ones that have a scenario */
    size_t n_unproved;   /* of these, no rule taken out was noticed */
    size_t n_runs;       /* scenarios played, or played on by a mutant */
    size_t n_errors;
};
/* Told before a rule is tried in a scenario: how many of `total` are decided; may be NULL. Rules that are a last resort come behind the
 * others, with a total of their own. */
typedef void mutation_told_fn(void *user, size_t done, size_t total, const char *rule);

/* Every scenario must pass on the pack as it is: one that fails is an error in diag, and nothing is mutated.
 * Survivors are warnings "removing RULE changes no scenario of CLAUSE"; an enforced clause none of whose rules is noticed is
 * an error. 0 or negative. */
MUST_CHECK int mutate_pack(const struct pack *pack, const struct scenario_set *scenarios, const struct scenario_forces *forces,
                           mutation_told_fn *told, void *user, struct diag *diag, struct mutation_summary *ret);
