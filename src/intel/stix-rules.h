/* The rules of STIX 2.1 for one object: what has to be there, of which type, from which words, referring to what; times in order; what goes together and what
 * does not; the ids of observables; markings and their selectors; extensions. They stand in tables: stix-types.def, stix-constraints.def, stix-vocabularies.def,
 * stix-relationships.def. What only several objects can show (a reference to nothing, two contents of one version) is not looked at.
 * Custom properties and types whose name begins with x_ or x- pass, as do those that an extension brings. Objects of STIX 2.0 are told by one warning and
 * checked for what both versions have in common.
 * Owner    the caller of stix_rules_new().
 * Threads  one at a time. Sentence ST3 of doc/design/intelligence.md. */
#pragma once

#include "intel/stix-read.h"

struct stix_rules;
struct stix_rules *stix_rules_new(void); /* NULL: no memory */
void stix_rules_free(struct stix_rules *rules);
DEFINE_CLEANUP(struct stix_rules, stix_rules_free);

#define STIX_FINDINGS_MAX 1000u /* of each level told for one object; one more says that others were left out */

/* Tells each finding. 0, -ENOMEM, or what the call answered. *ret_errors: how many errors there are, those left out among them. */
MUST_CHECK int stix_check(struct stix_rules *rules, const struct stix_object *o,
                          int (*fault)(const struct stix_finding *f, void *context), void *context, unsigned *ret_errors);
