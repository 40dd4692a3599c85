/* Top-level and registered domains by the public suffix list (publicsuffix.org), the part kept by registries, as libpsl was built with it.
 * Names are canonical: lower case, A-labels, no dot at the end.
 * Threads  any; the list never changes while the program runs. */
#pragma once

#include "base/str.h"

/* "jp", "xn--q9jyb4c"; also those of names that no registry gives out but machines use: onion. */
bool suffix_is_top(struct str label);
/* The name that somebody registered: example.co.jp of a.b.example.co.jp. STR_NONE: the name is a suffix itself, or under none.
 * Points into `name`. */
struct str suffix_registered(struct str name);
