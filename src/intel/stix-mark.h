/* The Traffic Light mark of a STIX object (TLP 2.0 and 1.0 as marking definitions; STIX 2.1, section 7.2.1.4): the strictest of its own and of its granular
 * marks, and a default (LB1 of doc/design/intelligence.md).
 * Threads  any. */
#pragma once

#include "intel/json-scan.h"
#include "label/label.h"

/* `marking`: id of a marking definition. False: it is none of TLP's. WHITE of TLP 1.0 is CLEAR. */
bool stix_mark_of(struct str marking, enum tlp *ret);
/* The marking definition of TLP 2.0. */
const char *stix_mark_id(enum tlp tlp);
/* At least `least`. */
enum tlp stix_mark(const struct scan_value *object, enum tlp least);
