/* The canonical form of an audience with one readable range, as nearly all have it, read in one pass without values of JSON: a worker reads a hundred
 * thousand of them before its first page.
 * Threads  any. */
#pragma once

#include "label/audience.h"

enum { AUDIENCE_QUICK_E_OTHER = 1 };
/* As audience_parse(): exactly what audience_print() writes. AUDIENCE_QUICK_E_OTHER: it is an audience of another form, with escapes, letters beyond
 * ASCII or several ranges, or none at all; audience_parse() says which. -ENOMEM. */
MUST_CHECK int audience_read_quick(struct str body, struct arena *a, struct audience *ret);
