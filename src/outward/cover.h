/* The sheet that goes with what leaves: what it is, how it is labelled, and what whoever is given it is to heed (Z6 of doc/design/information.md), as PDF (sheet.h).
 * It names its receiver and the unit that gives it: neither the person who sends it nor whom it came from.
 * Threads  any. */
#pragma once

#include "base/json.h"
#include "base/message.h"

#define COVER_FILES_MAX 200u /* are listed; of more there is their number */

struct cover_sheet {
    const json_t *cover; /* as engine/cover.h makes it */
    const json_t *files; /* [{"name", "size", "sha256"}]: what it lies among; NULL: nothing is listed */
    enum message_lang lang;
};
/* A whole PDF into `out`, which is empty. 0; as sheet_pdf(). */
MUST_CHECK int cover_pdf(const struct cover_sheet *c, struct buf *out);
/* The name it has among files, before which no other stands: "00-添書-KJ-0007.pdf". */
MUST_CHECK int cover_name(const json_t *cover, enum message_lang lang, struct buf *out);
