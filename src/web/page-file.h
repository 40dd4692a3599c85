/* Files of records on pages: what they are called, and how one comes in with a form.
 * Owner    words live in the page's arena.
 * Threads  as struct page. */
#pragma once

#include "engine/attachment.h"
#include "web/page.h"

/* A file that came with a form goes to the keeper, as the contents of that field, and its examination is waited for, a few seconds at most.
 * ret_id "" and *ret_answer: what the keeper said when it did not take it. */
MUST_CHECK int file_send(struct page *p, const struct reg *reg, const struct field *f, const struct form_field *sent,
                         char ret_id[ATTACHMENT_ID_SIZE], const json_t **ret_answer);
/* What a file is called, how large it is, and how its examination ended: of a field's value, or (typed) the id of one's own. */
struct str file_words(struct page *p, const json_t *value);
/* attachment_size_words(). */
struct str size_words(struct page *p, uint64_t bytes);
