/* Options about the scanner, as several sub-commands take them.
 * Threads  the main one. */
#pragma once

#include "base/macros.h"
#include "base/str.h"

#include <stdint.h>

/* What clamd takes in one stream, as --stream-max says in MiB. NULL leaves *ret_bytes as it is. 0, or EXIT_USAGE after an error was printed. */
MUST_CHECK int scanner_stream_max(const char *mib, uint64_t *ret_bytes);
/* A reason of a report of guard/examiner.h in words of the user's language, with what would be right; the word itself where none is known. */
struct str scanner_reason(const char *why);
