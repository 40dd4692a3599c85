/* RFC 8785, the canonical form of JSON: no space, keys in the order of UTF-16 code units, the fewest escapes, numbers as ECMAScript prints them.
 * It takes any JSON that json-scan.h reads, where base/json.h knows a subset without fractions and null.
 * Threads  any. */
#pragma once

#include "intel/json-scan.h"

enum { JCS_E_NUMBER = 1 }; /* a number beyond the range of a double */

/* Appends the canonical form. 0, JCS_E_NUMBER, -ENOMEM, -ENOSPC. */
MUST_CHECK int jcs_print(const struct scan_value *v, struct buf *out);
/* One string, quotes included. */
int jcs_print_string(struct str text, struct buf *out);
/* ECMAScript's Number::toString(10): the shortest digits that read back as the same number, the closest of these. `d` is finite. */
int jcs_print_double(double d, struct buf *out);
/* The number that a JSON number stands for, whatever the locale. 0, JCS_E_NUMBER, -ENOMEM. */
MUST_CHECK int jcs_double(struct str number, double *ret);
/* In the order of UTF-16 code units. */
int jcs_key_cmp(struct str a, struct str b);
