/* Public keys of those for whom a box is sealed (guard/box-seal.h), from a file: one a line; empty lines and lines that begin with # are passed over.
 * Owner    the caller: free(*ret). Threads  one. */
#pragma once

#include "base/json.h"
#include "guard/box-seal.h"

/* 0 with one key at least; EXIT_FAILED after words that name file and line. */
MUST_CHECK int receivers_read(const char *path, struct box_public **ret, size_t *ret_n);
/* The same lines as they stand there, {line: what follows the key}. Likewise; *ret is the caller's. */
MUST_CHECK int receivers_list(const char *path, json_t **ret);
/* Of such lines the keys, and for whom they are, as an entry says it: "NAME sha256:HEX; …", the digest being that of the 32 bytes of the key. The
 * caller frees *ret. EXIT_FAILED after words, also where `out` has no room for all of them. */
MUST_CHECK int receivers_of_lines(const json_t *lines, struct box_public **ret, size_t *ret_n, struct buf *out);
