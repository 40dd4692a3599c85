/* What can be the case when an act is asked for: the values that its leaf conditions depend on, each combination once.
 *
 *   subject (field F, state of R, actor as role X …) ── a handful of values ──> truth of each leaf that asks about it
 *
 * Leaves about one subject move together: a field is one of its literals, another or empty; a record is in one state; a time lies
 * before, at or after another; a rank has reached some thresholds; a person holds a role or not, whichever condition asks.
 * A parameter is what the pack says. What cannot be told apart this way is a yes or no of its own.
 * Owner    the caller of domain_new(); domain_free().
 * Threads  one. */
#pragma once

#include "force/force.h"
#include "regulation/facts.h"

struct domain;

#define DOMAIN_SUBJECTS_MAX 256u
#define DOMAIN_VALUES_MAX 60u /* of one subject */

/* Over the steps named `act` of one procedure, or of two texts of it (`other`, may be NULL): what both ask is one subject.
 * `force` orders ranks; NULL: they are taken as unrelated. 0, -ENOMEM, -E2BIG. */
MUST_CHECK int domain_new(const struct procedure *p, const struct procedure *other, const char *act, const struct force *force,
                          struct domain **ret);
void domain_free(struct domain *d); /* accepts NULL */
DEFINE_CLEANUP(struct domain, domain_free);

/* States ("none" and those of the procedure) that the act tells apart, one for each kind; those in which no step starts
 * are one kind, the last. */
size_t domain_n_states(const struct domain *d);
const char *domain_state(const struct domain *d, size_t i);
bool domain_state_starts(const struct domain *d, size_t i); /* some step starts there */
/* Combinations in one state; UINT64_MAX when there are more than that. */
uint64_t domain_size(const struct domain *d);
size_t domain_n_subjects(const struct domain *d);
/* Fill truth (n_leaves) for the given state and combination `index` < domain_size(); what the act does not ask stays UNASKED.
 * `other` is that of the second procedure; NULL without one. */
void domain_at(struct domain *d, size_t state, uint64_t index, uint8_t *truth, uint8_t *other);
/* The n-th of an endless sample instead, the same in every run. */
void domain_sample(struct domain *d, size_t state, uint64_t nth, uint8_t *truth, uint8_t *other);
/* From the n-th of the sample, one subject after the other, towards a case in which the step matches (and `also`, when not NULL,
 * of the same procedure). true: it does. false: this way found none, which proves nothing. */
bool domain_seek(struct domain *d, size_t state, const struct step *s, const struct step *also, uint64_t nth, uint8_t *truth, uint8_t *other);
/* The case of the first procedure in words: "state applied; by manager; not filled note yes". */
MUST_CHECK int domain_describe(const struct domain *d, size_t state, const uint8_t *truth, struct buf *out);
