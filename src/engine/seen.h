/* What an examination saw in a file, as it is kept sealed with it (doc/design/information.md, N7 and N8), for the preview of what would leave:
 *
 *   {"members": [{"name": "a.zip > b.txt", "layer": 1, "type": "text", "size": n, "sha256": HEX, "verdict": WORD, "why": WORD, "macros": true,
 *                 "metadata": [{"kind": WORD, "value": TEXT}], "hidden": [{…}], "cut": true, "drawn": "all" | "part" | "none", "text": TEXT}],
 *    "more": n}                                        members that are not listed; absent: none
 *
 * The first member is the file itself. Members are as guard/examine.h tells them, but with all texts in NFC: an examiner that was taken over can say what it
 * likes, and nothing that has another form.
 * Threads  any; values. */
#pragma once

#include "base/json.h"

#define SEEN_MEMBERS_MAX 1000u
#define SEEN_LISTS_MAX ((size_t)256 << 10) /* bytes of all but the texts: names, kinds and values */
#define SEEN_TEXTS_MAX ((size_t)384 << 10) /* bytes of the texts of all members */
#define SEEN_NAME_MAX 4096u
#define SEEN_VALUE_MAX 800u

/* It has that form and keeps within those limits. */
bool seen_ok(const json_t *seen);
/* What an examiner reported, in that form: what does not fit is left out and counted, texts that are of no such form are left out. -ENOMEM. */
MUST_CHECK int seen_of_report(const json_t *report, json_t **ret);
/* {"members": [[name, size, digest], …], "more"}: by which a content is told from another. `seen` NULL: nothing of it is kept. NULL: no memory. */
json_t *seen_contents(const json_t *seen);
/* What the file tells beside what it shows, by the worst of it: one of file_tells (regulation/model.h). Members of an office document are looked at
 * as its parts; else a text is known by its ending, for marked-up ones hold comments and more. NULL: nothing of it is kept, or not all of its members are. */
const char *seen_tells(const json_t *seen);
/* A copy without a word of what stands in it: no texts, and no values of what was found, kinds alone. NULL: no memory. */
json_t *seen_outside(const json_t *seen);
