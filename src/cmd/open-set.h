/* A set for a command, with its words when it cannot be opened. */
#pragma once

#include "intel/set.h"

/* EXIT_DONE; EXIT_FAILED, told on standard error. Yours: set_free(). */
MUST_CHECK int open_set(const char *path, struct set **ret);
