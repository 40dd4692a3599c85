/* A document for the page that finds values in it (doc/design/intelligence.md, EX7, PG7): one's own upload, or a file of a record that one may open, which is an
 * entry. Its bytes go from the place of files to the reader of documents without being looked at here; what comes back is text and places.
 * Owner    the caller; document_done().
 * Threads  as struct page. */
#pragma once

#include "guard/document-text.h"
#include "web/page.h"

/* The text of a file: `record` "": an upload of his. 0; 1: it is not to be had, and the page was written; 2: *ret_why says in his words why it has no text.
 * `ret` is new. *ret_inside: files within it, which were not read. */
MUST_CHECK int intel_document_read(struct page *p, const char *record, const char *file, struct document *ret, struct str *ret_why, unsigned *ret_inside);
/* The same of a file that came with the form. */
MUST_CHECK int intel_document_of(struct page *p, struct str bytes, struct document *ret, struct str *ret_why, unsigned *ret_inside);
/* "3ページ", "シート「…」のB7" */
struct str intel_place_words(struct page *p, const struct document *d, const struct document_place *at);
/* Places as they go through a form and come back: offset, kind, two numbers and a name, a line each. `from`, `to`: bytes of the text that is shown. What
 * intel_places_take() gets is anybody's; what is no place is passed over. -ENOMEM. */
MUST_CHECK int intel_places_print(const struct document *d, uint64_t from, uint64_t to, struct buf *out);
MUST_CHECK int intel_places_take(struct str lines, struct document *d);
