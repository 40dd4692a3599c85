/* Mutation coverage: take each rule that carries an enforced clause out of the pack and see whether a scenario that shows the
 * clause notices. A mutant is a change of the pack's canonical form, read like any other pack, so that nothing that runs it
 * knows of mutation.
 *   condition  is left out            `by`       becomes anyone       separation  is left out
 *   effect     is left out            obligation is left out          period      lasts 9,000 years at most
 *   field      neither required nor unique                            retention   is left out
 *   label, register  readable by everybody
 *   step       is never possible      parameter  is unset             only for a clause that nothing of the above carries
 * An `unchanged_since` of what no step, effect or obligation touches before it is asked stays: it stands against a store that was written to by hand, which no scenario can show.
 * A condition on a parameter that the pack's own value meets stays, and so does a field whose default, a literal or who acts, fills it whenever it is left empty: no scenario of
 * this pack can show either.
 * The scenarios are played on the pack as it is; a mutant branches off (branch.h) where a scenario comes to its rule (reach.h), and its
 * branch ends at the first act that goes otherwise than expected. Which rules are tried in which scenario does not rest on which branch ends first.
 * Threads  one: it makes processes, which a process of several threads must not. */
#pragma once

#include "engine/mutation-memory.h"
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
/* Told before a rule is tried in a scenario: how many of `total` are decided. Rules that are a last resort come behind the
 * others, with a total of their own. Before all of them, with MUTATION_WHOLE for a rule, each scenario on the pack as it is. */
typedef void mutation_told_fn(void *user, size_t done, size_t total, const char *rule);

/* What is done of it. Zeroed: all, and nothing is kept. */
struct mutation_options {
    unsigned slice, n_slices;       /* 1 … n_slices: every n-th rule alone; 0, 0: all rules */
    const char *only;               /* rules whose ids begin so, of which the slice is one, too; NULL all */
    struct mutation_memory *memory; /* whose outcomes are believed, and to which new ones are added; NULL none. The caller's */
    mutation_told_fn *told;         /* may be NULL */
    void *user;
};

/* Every scenario must pass on the pack as it is: one that fails is an error in diag, and nothing is mutated.
 * Survivors are warnings "removing RULE changes no scenario of CLAUSE"; an enforced clause none of whose rules is noticed is
 * an error. Of a slice, or of `only` some rules, nothing is said about clauses, whose rules are elsewhere, too: n_clauses and n_unproved are 0 then; the slices of one
 * number together try each rule once, and who then mutates all with what they kept plays nothing more. With `only`, scenarios that come to none of its rules are not
 * played; that no rule begins so is MUTATE_E_NOTHING. 0, MUTATE_E_NOTHING or negative. */
enum { MUTATE_E_NOTHING = 1 };
MUST_CHECK int mutate_pack(const struct pack *pack, const struct scenario_set *scenarios, const struct scenario_forces *forces,
                           const struct mutation_options *options, struct diag *diag, struct mutation_summary *ret);
