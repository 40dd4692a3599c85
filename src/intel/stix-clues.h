/* The values in a STIX object (CO1, CO2 of doc/design/intelligence.md): those of observables, of equalities and ISSUBSET in an indicator's STIX pattern, of
 * external references to CVE and ATT&CK; and what is derived from them: the registered domain of a name, the host of a URL, the domain of an address.
 * What is no value by intel/clue.h is passed over. Of an indicator all equalities that are not negated count, whatever they are joined by: a match set
 * takes less (MS5).
 * Owner    the caller of stix_clues_new(); stix_clues_free().
 * Threads  one at a time. */
#pragma once

#include "intel/clue.h"
#include "intel/json-scan.h"

/* 0 goes on; else it is the answer. The same value may come more than once. */
typedef int stix_clue_fn(const struct clue *v, bool is_derived, void *context);

struct stix_clues;
struct stix_clues *stix_clues_new(void); /* NULL: out of memory */
void stix_clues_free(struct stix_clues *c); /* accepts NULL */
DEFINE_CLEANUP(struct stix_clues, stix_clues_free);
/* The value itself and what is derived from it, as if it stood in an object. As stix_clues(). */
MUST_CHECK int stix_clues_of(struct stix_clues *c, const struct clue *v, stix_clue_fn *call, void *context);
/* A value is told before what is derived from it; of a URL or an address of mail the host first. 0, -ENOMEM, or the call's answer. */
MUST_CHECK int stix_clues(struct stix_clues *c, const struct scan_value *object, stix_clue_fn *call, void *context);
/* Its source says that the values in it are not to be joined with others: what MISP calls disable_correlation, at an attribute or its event, as
 * intel/misp-stix.h keeps it. */
bool stix_is_apart(const struct scan_value *object);
/* The values of an indicator whose pattern only lists them, each by itself: any of them is what it looks for, and nothing else is (MS5); and what is derived from
 * them, marked. STIX_CLUES_NO_LIST: it is no such list, or of another language; nothing was told. Else as above. */
enum { STIX_CLUES_NO_LIST = 1 };
MUST_CHECK int stix_clues_listed(struct stix_clues *c, const struct scan_value *indicator, stix_clue_fn *call, void *context);
