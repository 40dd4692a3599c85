/* Names of people in texts that are about to leave: of colleagues, of victims. Compared as people read them (base/fold.h): whatever their width, kana,
 * old forms of kanji, and spaces between. Only whole names, for a family name alone is a word of every other text.
 * Owner    the caller of name_search_new(); name_search_free(), which wipes.
 * Limits   NAME_SEARCH_MAX names of NAME_SEARCH_LEAST to 100 characters each, as folded; others are passed over. FOLDED_MAX characters of a text.
 * Threads  once it has its names, any. */
#pragma once

#include "base/json.h"
#include "base/str.h"

#define NAME_SEARCH_MAX 200000u
#define NAME_SEARCH_LEAST 3u

struct name_search;
MUST_CHECK int name_search_new(struct name_search **ret);
void name_search_free(struct name_search *s); /* accepts NULL */
DEFINE_CLEANUP(struct name_search, name_search_free);

/* `kind` says whose it is ("staff"); borrowed for good. 0 also when the name is too short or no UTF-8; -ENOMEM; -E2BIG. */
MUST_CHECK int name_search_add(struct name_search *s, struct str name, const char *kind);
/* Adds {"name", "kind", "from", "to"} to `found` for each name that stands in the text and is not there yet, with the bytes of the text where it stands
 * first. 0; -ENOMEM; 1: the text is no UTF-8, nothing was looked
 * for; 2: it is longer than what is looked at. */
MUST_CHECK int name_search_in(const struct name_search *s, struct str text, json_t *found);
