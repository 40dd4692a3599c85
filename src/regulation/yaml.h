/* A strict subset of YAML as a tree in which every value and every key knows its place.
 *     map ─ first → text(key "id") ─ next → list(key "steps") ─ first → map …
 * Taken: one document of maps, lists and scalars, block or flow style; every scalar is text. Refused: anchors, aliases, tags,
 * directives, merge keys, repeated keys, keys that are not printable ASCII, missing values, control characters, text that is not
 * UTF-8 in NFC, a byte order mark.
 * Owner    everything lives in the caller's arena.
 * Limits   YAML_MAX_*; nothing recurses.
 * Threads  values; any.
 * Source   doc/man/regulation-language.md section 1; YAML 1.1 by libyaml's events. */
#pragma once

#include "base/arena.h"
#include "base/tell.h"
#include "regulation/model.h"

#define YAML_MAX_BYTES (1u << 20)
#define YAML_MAX_DEPTH 12u
#define YAML_MAX_NODES 100000u
#define YAML_MAX_MEMBERS 500u /* of one map */
#define YAML_MAX_KEY 64u      /* bytes of a key */

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool is_ordered;    /* MAP whose keys are names given by the writer; set by the reader (schema.h) */
    const char *text;   /* TEXT: NUL-ended, without line breaks; else "" */
    const char *key;    /* the node's key in a map, else NULL */
    struct place at;    /* of the value */
    struct place key_at; /* of the key; equals `at` in lists */
    struct node *first, *next; /* children; sibling */
    const struct node *up;     /* the list or map that holds it; NULL at the root */
    struct node *last;  /* private: where the next child goes */
    size_t n;           /* children */
};

enum { YAML_E_INVALID = 1 };
/* Read one file's text. `file` is kept (borrowed for as long as the tree lives).
 * 0: *ret is the root. YAML_E_INVALID: every problem that could be found is in diag; *ret is the tree when it could be built all
 * the same, so that the caller may look for more problems in it, else NULL. -ENOMEM. */
MUST_CHECK int yaml_load(const char *file, struct str text, struct arena *arena, struct node **ret, struct diag *diag);

/* The member of a map, or NULL (also for other kinds). */
const struct node *node_get(const struct node *map, const char *key);
/* "a text", "a list", "a map": for messages. */
enum message_key node_kind_word(enum node_kind kind);
/* A node below `parent` (NULL: a root); NULL when out of memory. Nothing is checked. */
struct node *node_new(struct arena *arena, struct node *parent, enum node_kind kind, struct place at);
