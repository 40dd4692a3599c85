/* Instants as STIX writes them: "2026-04-10T09:00:00.120Z", a fraction of any number of digits, always UTC, T and Z in capitals (section 2.16).
 * Threads  any. */
#pragma once

#include "base/str.h"

struct stix_time {
    int64_t seconds;     /* since 1970-01-01T00:00:00Z; the years 1 to 9999 */
    struct str fraction; /* its digits, without trailing zeros; borrowed */
};

/* False: it is none; *ret is untouched. A 60th second is one. */
bool stix_time_read(struct str text, struct stix_time *ret);
/* As instants: .1Z and .100Z are the same. */
int stix_time_cmp(struct stix_time a, struct stix_time b);
/* Microseconds since 1970, digits beyond cut off; for arithmetic. */
int64_t stix_time_us(struct stix_time t);
