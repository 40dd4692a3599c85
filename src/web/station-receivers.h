/* For whom a box is sealed at a station (doc/design/information.md, G5, Z3): of the keys that the station knows (`media serve --receivers`) some are chosen, others are
 * typed as the lines that `tsujiban seal-key` makes. Whose keys they are nobody checks here: the preview shows each with what follows it and its beginning, to be
 * compared with the receiver's own.
 * Threads  as struct page. */
#pragma once

#include "web/pages.h"

/* The lines of the form, each once, as an array of texts; kept by the page. *ret_error is what is wrong, in words; untouched where nothing is. 0, -ENOMEM. */
MUST_CHECK int receivers_of_form(struct page *p, const json_t **ret, struct str *ret_error);
/* Boxes for what the station knows, {line: name}, and lines for others. */
void receivers_field(struct page *p, const json_t *known, const json_t *chosen, struct str error);
/* Sent back by the preview's form. */
void receivers_hidden(struct page *p, const json_t *chosen);
/* One row each of a definition list's value. */
void receivers_show(struct page *p, const json_t *chosen);
/* As the station takes them: the lines, one behind the other; in the page's arena. */
struct str receivers_text(struct page *p, const json_t *chosen);
