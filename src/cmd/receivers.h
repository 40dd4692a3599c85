/* Public keys of those for whom a box is sealed (guard/box-seal.h), from a file: one a line; empty lines and lines that begin with # are passed over.
 * Owner    the caller: free(*ret). Threads  one. */
#pragma once

#include "base/json.h"
#include "guard/box-seal.h"

/* 0 with one key at least; EXIT_FAILED after words that name file and line. */
MUST_CHECK int receivers_read(const char *path, struct box_public **ret, size_t *ret_n);
/* The same lines as they stand there, {line: what follows the key}. Likewise; *ret is the caller's. */
MUST_CHECK int receivers_list(const char *path, json_t **ret);
