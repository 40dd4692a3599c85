/* What an object of STIX is found by beside its values (intel/stix-clues.h): its type, what it refers to, and pieces of its texts (doc/design/intelligence.md,
 * FO1 to FO3). They stand in the dictionary and among the postings as values do, under kinds of their own.
 *
 * Texts    NAME: `name`, names by which it is known as well (`aliases`, …), numbers in other lists (`external_id`), labels.
 *          TEXT: all other texts of it that people write (description, abstract, content, explanation, statement …), and the former.
 *          Those of relationships and sightings are LINK instead: they repeat what stands at their ends, and come behind.
 * Pieces   of each text, folded (base/fold.h): all pairs of characters that stand beside each other, and of letters and digits of ASCII all threes, in UTF-8;
 *          of a name also its first and its last two with a mark that says so, so that what is called by just these words comes first.
 *          A text that holds a word has all pieces of the word; the other way round it has to be looked at.
 * References
 *          every id in a property that ends in _ref or _refs, at any depth, but for marks (`object_marking_refs`, `marking_ref`), which nearly all share;
 *          `by_ref` is who made or changed it, and is kept apart: one maker has all of his objects.
 * Owner    the caller of stix_keys_new(); stix_keys_free().
 * Limits   the first STIX_KEYS_TEXT_MAX folded characters of each text.
 * Threads  one at a time. */
#pragma once

#include "base/fold-words.h"
#include "intel/json-scan.h"

#define STIX_KEYS_TEXT_MAX 65536u

/* As types of segment values (store/segment.h), where those of enum clue_type end long before. */
enum stix_key { STIX_KEY_TYPE = 0xf0, STIX_KEY_REFERENCE, STIX_KEY_MADE_BY, STIX_KEY_NAME, STIX_KEY_TEXT, STIX_KEY_LINK };

/* 0 goes on; else it is the answer. The same key may come more than once. */
typedef int stix_key_fn(enum stix_key kind, struct str bytes, void *context);

struct stix_keys;
struct stix_keys *stix_keys_new(void); /* NULL: out of memory */
void stix_keys_free(struct stix_keys *k); /* accepts NULL */
DEFINE_CLEANUP(struct stix_keys, stix_keys_free);
/* Type, references, pieces, in this order. 0, -ENOMEM, or the call's answer. */
MUST_CHECK int stix_keys(struct stix_keys *k, const struct scan_value *object, stix_key_fn *call, void *context);

/* The references as they stand, each with the last property on its way. The same may come more than once. */
typedef int stix_reference_fn(struct str property, struct str id, void *context);
MUST_CHECK int stix_references(const struct scan_value *object, stix_reference_fn *call, void *context);
/* Whether such a property names who made or changed the object. */
bool stix_is_of_maker(struct str property);

/* The texts as they stand; `is_name`: it is one of the names. */
typedef int stix_text_fn(struct str text, bool is_name, void *context);
MUST_CHECK int stix_texts(const struct scan_value *object, stix_text_fn *call, void *context);
/* Whether its texts are LINK. */
bool stix_is_link(struct str type);

/* The pieces of a name that is nothing but these words (sound marks at its end do not count), kind NAME. */
MUST_CHECK int stix_keys_of_name(struct stix_keys *k, const struct fold_words *words, stix_key_fn *call, void *context);
/* Whether the folded name, its sound marks dropped, is that. */
bool stix_name_is(const struct folded *name, const struct fold_words *words);
/* The pieces that a text has for certain when it holds the word. 0, -ENOMEM, or the call's answer. A word of one character has none. */
MUST_CHECK int stix_keys_of_word(struct stix_keys *k, const struct folded *word, enum stix_key kind, stix_key_fn *call, void *context);
