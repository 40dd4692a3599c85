/* Sets of values for matching: one immutable file, mapped and not loaded (doc/design/intelligence.md, MS).
 *
 *   header   magic, rules, key, counts, which types and prefix lengths there are
 *   slots    8 bytes each, one a value, a power of two, less than three quarters full: 24 bits of the hash, 40 of the place in the pool
 *   pool     type, lengths, canonical bytes, indicator: touched only where a slot's bits fit, and compared before anything hits; those
 *            of one value follow each other, however many there are
 *
 * The hash is keyed by the set's own random key, because feeds are written by adversaries. Numbers are in the order of the machine, which
 * the header tells. A file whose header promises fuller slots or more steps for a value than SET_STEPS_MAX is refused; looking for a value
 * takes no more steps than its header says, whatever stands in the slots.
 *
 * A file over SET_COPY_MAX is read where it lies: it is replaced by renaming, as the command does, and never written in place, for a
 * process that reads behind the end of a file that was cut short ends with SIGBUS. Smaller ones are copied when they are opened.
 *
 * Owner    the caller of set_builder_new(), set_open() and set_of(); *_free().
 * Limits   SET_ENTRIES_MAX entries; SET_INDICATOR_MAX bytes an indicator.
 * Threads  a set never changes: any number of threads. A builder: one. */
#pragma once

#include "base/diag.h"
#include "intel/clue.h"

#define SET_ENTRIES_MAX ((size_t)100 << 20)
#define SET_INDICATOR_MAX 1024u
#define SET_STEPS_MAX 4096u               /* by chance some hundreds, in the largest set */
#define SET_COPY_MAX ((size_t)64 << 20) /* bytes of a file */

enum { SET_E_DAMAGED = 1, SET_E_LIMIT, SET_E_MISSING };

enum { SET_BELOW = 1 }; /* a name stands for all names below it as well */

struct set_builder;
struct set_builder *set_builder_new(unsigned flags); /* NULL: out of memory */
void set_builder_free(struct set_builder *b);        /* accepts NULL */
DEFINE_CLEANUP(struct set_builder, set_builder_free);
/* The same value with the same indicator counts once. 0; SET_E_LIMIT: the indicator is too long, or the set is full; -ENOMEM. */
MUST_CHECK int set_builder_add(struct set_builder *b, const struct clue *value,
                               struct str indicator);
/* The whole file, appended to an empty `out`. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int set_builder_print(struct set_builder *b, struct buf *out);

struct set;
/* Map or copy the file. 0, SET_E_MISSING, SET_E_DAMAGED (diag says what), -errno. */
MUST_CHECK int set_open(const char *path, struct set **ret, struct diag *diag);
/* A set in memory, borrowed for its life. 0, SET_E_DAMAGED, -ENOMEM. */
MUST_CHECK int set_of(struct str bytes, struct set **ret);
void set_free(struct set *set); /* accepts NULL */
DEFINE_CLEANUP(struct set, set_free);

size_t set_count(const struct set *set); /* entries: pairs of value and indicator */
unsigned set_flags(const struct set *set);
bool set_has_type(const struct set *set, enum clue_type type);
/* Networks of that prefix length are in it. */
bool set_has_prefix(const struct set *set, enum clue_type type, unsigned bits);

struct set_entry {
    enum clue_type type;
    struct str bytes, indicator; /* in the mapping */
};
struct set_cursor {
    uint64_t slot, left, wanted, place;
};
/* All entries of that value, one a call: set_find() begins. false: there is no more. */
struct set_cursor set_find(const struct set *set, enum clue_type type, struct str bytes);
bool set_next(const struct set *set, enum clue_type type, struct str bytes, struct set_cursor *c,
              struct set_entry *ret);
