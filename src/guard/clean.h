/* Cleaning: a copy of a file without what could name somebody, a place, a time or a machine (第3の2(2); Q1 to Q6 of doc/design/information.md).
 *
 *   survey (cage) ─> prepare (cage): JPEG upright, Word without comments and changes ─> mat2 (sandbox)
 *                 ─> survey again (cage) ─> exiftool (sandbox): nothing may be left
 *
 * The report, as JSON:
 *   {"verdict": "cleaned" | "not-cleaned" | "refused", "why": WHY, "format": "jpeg",
 *    "removed": [{"kind": KIND, "value": TEXT, "place": "a.docx > word/media/b.jpg"}, …],
 *    "hidden": [{…}, …], "left": [{…}, …],                      why it was refused
 *    "said": TEXT,                                              of mat2 or bubblewrap, when they refused
 *    "width": n, "height": n, "turned": 2..8,                   of a picture, upright; the orientation that it had
 *    "size": n, "sha256": HEX,                                  of the copy
 *    "same": true}                                              the file itself, of which no copy was made
 * Kinds as survey.h. `not-cleaned`: a format that is not cleaned, copied as it is because the caller accepted that.
 * Why  unsupported   the format is not cleaned: have it sent as another, or accept it explicitly
 *      hidden        it holds what a reader does not see: show it or take it out
 *      orientation   a picture other than JPEG that lies on its side: turn it and save it anew
 *      damaged       it could not be read to its end, is encrypted, or beyond the limits
 *      left          the copy still tells something: nothing was kept of it
 *      altered       an office document would not read as before: other words, or in another order
 *      failed        mat2 refused it; `said` has its words
 *      time          it took too long
 *      no-sandbox    bubblewrap, mat2 or exiftool do not work here; `said` has their words
 * Threads  any number side by side; processes of their own. */
#pragma once

#include "base/message.h"

#include "base/json.h"

#define CLEAN_TIME_S 120u /* for mat2; 30 for each reading by exiftool */

struct clean_request {
    int fd;           /* a regular file or a memory file; stays the caller's */
    const char *name; /* its name, any bytes; tells kinds of text apart */
    bool accept_unsupported;
    bool
        same_is_enough; /* where nothing is taken out of it, no copy is made: such a file may be as large as it likes */
};
/* `out` is an empty memory file; it holds the copy when the verdict is not `refused` and the report not `same`. 0, whatever the verdict; -ENOMEM, -errno. */
MUST_CHECK int clean(const struct clean_request *q, int out, json_t **ret_report);
/* What one who reads says of a report's "why", and what would be right; the words of `tsujiban clean`. false: no such reason. */
bool clean_why_text(const char *why, enum message_key *ret);
