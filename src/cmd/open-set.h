/* A set for a command, with its words when it cannot be opened. */
#pragma once

#include "intel/set.h"

/* EXIT_DONE; EXIT_FAILED, told on standard error. Yours: set_free(). */
MUST_CHECK int open_set(const char *path, struct set **ret);
/* The same, and all of its bytes come to its digest: they are read for that, a gigabyte in less than a second. */
MUST_CHECK int open_whole_set(const char *path, struct set **ret);
