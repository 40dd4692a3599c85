/* Lists of what is known to be harmless, and what a house leaves out of account: values that many share for no reason that tells anything
 * (doc/design/intelligence.md, CO5). They hide nothing: who asks is told on which list a shared value stands.
 *
 *     DATA/known/rfc1918.json    a warning list of MISP: {"name", "type": "string" | "hostname" | "cidr", "list": […]}
 *     DATA/known/house.txt       a plain list: one value a line; # begins a comment; its name is the file's without .txt
 *
 * An entry is any value (intel/clue.h) and stands for
 *   a name      itself and all below it; of a "string" list itself alone, unless it begins with a dot
 *   a network   itself, the networks and the addresses in it
 *   else        itself
 * A URL and an address of mail are on a list when they or their hosts are. A list of kind "regex" or "substring" is left out with a warning.
 * Memory  three sorted rows of 16 bytes an entry, and the bytes. Reading is all there is: lists apply from the next reading on, and so backwards.
 * Limits  KNOWN_LISTS_MAX lists of KNOWN_LIST_MAX bytes, KNOWN_BYTES_MAX bytes of values in all, lines of CLUE_TEXT_MAX bytes, JSON 4 deep.
 * Owner   the caller of known_new() or known_read(); known_free(). Keeping them between questions: intel/known-shelf.h.
 * Threads any, once known_ready() was called and nothing is added. */
#pragma once

#include "base/diag.h"
#include "intel/clue.h"

#define KNOWN_LISTS_MAX 1000u
#define KNOWN_LIST_MAX ((size_t)64 << 20)
#define KNOWN_BYTES_MAX ((size_t)512 << 20)

enum {
    KNOWN_E_LIST = 1, /* it is no list, or there are too many: diag has file, line and column */
};

struct known;
struct known *known_new(void); /* NULL: out of memory */
void known_free(struct known *k); /* accepts NULL; what is held several times goes with the last */
/* Held once more; answers `k`. */
struct known *known_hold(struct known *k);
DEFINE_CLEANUP(struct known, known_free);

/* Adds a list whose file has that name, which says by .json or .txt what it is. Entries that are no values are left out and told as one warning. 0; KNOWN_E_LIST: nothing of
 * it was added; -ENOMEM. */
MUST_CHECK int known_add(struct known *k, const char *file, struct str text, struct diag *diag);
/* Adds a value as a line of a plain list called by that name; what is no value is left out. Lists of one's own have no limit of number but 65,534.
 * 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int known_add_own(struct known *k, const char *name, struct str text);
/* What is on none of its lists is looked for on those of `base` (NULL: nowhere), which is held until `k` is freed. */
void known_over(struct known *k, struct known *base);
/* Behind the last list and before the first question. */
void known_ready(struct known *k);
/* All lists of a folder, by name; of two with a value the first one counts. No such folder: no lists. 0, KNOWN_E_LIST, -errno, each with diag. */
MUST_CHECK int known_read(const char *folder, struct known **ret, struct diag *diag);

/* By its name a file of that folder is a list. */
bool known_is_list(struct str name);

/* The name of the list on which the value stands; STR_NONE: on none. Borrowed for the life of `k`, which may be NULL. */
struct str known_list(const struct known *k, enum clue_type type, struct str bytes);
/* The same of its own lists alone. */
struct str known_list_own(const struct known *k, enum clue_type type, struct str bytes);
/* Lists and entries that apply, without those of a base. */
void known_counts(const struct known *k, size_t *ret_lists, size_t *ret_entries);
