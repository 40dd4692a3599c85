/* Sets of values for matching: one immutable file, mapped and not loaded (doc/design/intelligence.md, MS).
 *
 *   header   magic, rules, key, mark (label, created, until), digest of the whole, counts, which types and prefix lengths there are
 *   tops     8 KiB, a bit for each top-level label of a name or of a URL's host
 *   nets     8 KiB, a bit for each /16 of IPv4 that a network touches, by its text
 *   texts    words of 64 bits, 16 bits a text: the last two labels of names and of hosts of URLs, and IPv4 addresses as they are written; each once
 *   filter   words of 64 bits, 16 bits a value that is no URL and a host of a URL: what is not there is nowhere (one in some hundred is, and
 *            is not there)
 *   slots    8 bytes each, one a value, less than three quarters full: 24 bits of the hash, 40 of the place in the pool
 *   pool     type, lengths, end, canonical bytes, indicator: touched only where a slot's bits fit, and compared before anything hits; those
 *            of one value follow each other, however many there are
 *
 * All before the pool is its hot part: 15 bytes a value at most. The hash is keyed by the set's own random key, because feeds are written by adversaries
 * (intel/set-hash.h). Numbers are in the order of the machine, which the header tells. The same entries with the same mark and key are the same
 * bytes. A file whose header promises fuller slots or more steps for a value than SET_STEPS_MAX is refused; looking for a value
 * takes no more steps than its header says, whatever stands in the slots.
 *
 * A file over SET_COPY_MAX is read where it lies: it is replaced by renaming, as the command does, and never written in place, for a
 * process that reads behind the end of a file that was cut short ends with SIGBUS. Of such a one the tables and filters, 5 bytes a value at most, are
 * copied when it is opened; of smaller ones all.
 *
 * Owner    the caller of set_builder_new(), set_open() and set_of(); *_free().
 * Limits   SET_ENTRIES_MAX entries; SET_INDICATOR_MAX bytes an indicator.
 * Threads  a set never changes: any number of threads. A builder: one. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"
#include "intel/clue.h"
#include "label/label.h"

#define SET_ENTRIES_MAX ((size_t)100 << 20)
#define SET_INDICATOR_MAX 1024u
#define SET_STEPS_MAX 4096u             /* by chance some hundreds, in the largest set */
#define SET_COPY_MAX ((size_t)64 << 20) /* bytes of a file */
#define SET_KEY_SIZE 16u

enum { SET_E_DAMAGED = 1, SET_E_LIMIT, SET_E_MISSING };

enum { SET_BELOW = 1 }; /* a name stands for all names below it as well */

/* What is said of the whole set. */
struct set_mark {
    uint64_t created_us,
        until_us;        /* when it was made; from when on it must not be used, 0: for ever */
    int confidentiality; /* 1 to LABEL_CONFIDENTIALITY_MAX */
    enum tlp tlp;
    unsigned flags; /* SET_BELOW */
};

struct set_builder;
/* With a key of its own; or, `key` not NULL, with that one, to make the same bytes again. NULL: out of memory. */
struct set_builder *set_builder_new(const struct set_mark *mark, const uint8_t key[SET_KEY_SIZE]);
/* Another mark than it was made with, but for its flags, where that is known only when all is in it. Before it is printed. */
void set_builder_mark(struct set_builder *b, const struct set_mark *mark);
void set_builder_free(struct set_builder *b); /* accepts NULL */
DEFINE_CLEANUP(struct set_builder, set_builder_free);
/* From `until_us` on it does not hit; 0: no end. The same value with the same indicator counts once, with the later end.
 * 0; SET_E_LIMIT: the indicator is too long, or the set is full; -ENOMEM. */
MUST_CHECK int set_builder_add(struct set_builder *b, const struct clue *value,
                               struct str indicator, uint64_t until_us);
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
const struct set_mark *set_mark(const struct set *set);
const uint8_t *set_key(const struct set *set);
/* The digest that stands in the header, and whether the bytes come to it: all of them are read for that. */
const struct digest *set_digest(const struct set *set);
MUST_CHECK bool set_is_whole(const struct set *set);
bool set_has_type(const struct set *set, enum clue_type type);
/* Networks of that prefix length are in it. */
bool set_has_prefix(const struct set *set, enum clue_type type, unsigned bits);

struct set_entry {
    enum clue_type type;
    struct str bytes, indicator; /* in the mapping */
    uint64_t until_us;           /* 0: no end */
};
struct set_cursor {
    uint64_t slot, left, wanted, place;
};
/* All entries of that value, one a call: set_find() begins. false: there is no more. */
struct set_cursor set_find(const struct set *set, enum clue_type type, struct str bytes);
bool set_next(const struct set *set, enum clue_type type, struct str bytes, struct set_cursor *c,
              struct set_entry *ret);
/* Every entry, in the order of the pool; *place is 0 at first. false: there is no more, or the pool is damaged from there on. */
bool set_walk(const struct set *set, uint64_t *place, struct set_entry *ret);
