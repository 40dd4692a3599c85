/* What would leave with a file, on a page: for whoever decides about it, before (doc/design/information.md, R2 and N8).
 * Names are looked for here, in the text that the examiner drew, since this process works for one person and knows the names that he may see: those of all
 * colleagues; sealed texts of the records that the act names, and of what names the same; what he types to be looked for, which is kept nowhere.
 * Owner    everything lives in the page's arena, but what is looked for: preview_names_free().
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

#define PREVIEW_TYPED "_names"     /* the control in which names to look for are typed, one a line */
#define PREVIEW_TYPED_MAX 8192u    /* bytes of it */

struct preview_names;
MUST_CHECK int preview_names_new(struct page *p, struct preview_names **ret);
void preview_names_free(struct preview_names *n); /* accepts NULL; wipes */
DEFINE_CLEANUP(struct preview_names, preview_names_free);
/* Names that stand sealed in the record `id`, where the person sees it, and in PREVIEW_LINKS_MAX of those that name it. Nothing is told of a record but what is found; then
 * its reading is entered first. */
#define PREVIEW_LINKS_MAX 40u
MUST_CHECK int preview_names_of_record(struct preview_names *n, const char *id);
MUST_CHECK int preview_names_typed(struct preview_names *n, struct str lines);

/* Everything that one file tells: `file` as the keeper answers file-preview, with "seen". *ret_answer: what the keeper said when a reading could not be
 * entered; then nothing more is shown. */
MUST_CHECK int preview_show(struct preview_names *n, const json_t *file, json_t **ret_answer);
/* Of an upload of one's own, as the same. *ret NULL: there is none. */
MUST_CHECK int preview_own_file(struct page *p, const char *id, json_t **ret);
