/* The canonical form of a pack: one JSON object, path of each file → its tree, scalars as strings. Maps whose keys are names that
 * the writer chose (states, choices, roles) are arrays of one-member objects, so that their order survives the sorting of
 * keys; comments, places and the spelling of the YAML do not matter.
 * Threads  any. */
#pragma once

#include "regulation/yaml.h"

#define CANONICAL_MAX_BYTES (64u << 20)

struct pack_file;
/* Append the form; the maps' order marks must be set (after reading). 0, -ENOMEM, -EINVAL for what has no canonical form. */
MUST_CHECK int canonical_print(const struct pack_file *files, size_t n, struct buf *out, struct diag *diag);
/* One tree as JSON, in the same way; NULL when out of memory or too deep. */
json_t *node_json(const struct node *n);
enum { CANONICAL_E_INVALID = 1 };
/* A tree without places from one file's value. CANONICAL_E_INVALID: it is not what canonical_print() writes. -ENOMEM. */
MUST_CHECK int canonical_tree(const char *path, const json_t *v, struct arena *arena, struct node **ret, struct diag *diag);
