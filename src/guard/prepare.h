/* What is done to a file before mat2 has it, because mat2 does it badly or not at all (Q3, Q4 of doc/design/information.md). Foreign bytes: called
 * in the examiner's cage only.
 * Memory   the whole of a picture, or of one part of a document, at most SURVEY_BYTES_MAX of it.
 * Threads  one. */
#pragma once

#include "base/buf.h"

enum prepare_what {
    PREPARE_JPEG, /* upright, and nothing but the picture: turned without loss where its size allows, else with quality 95 */
    PREPARE_OFFICE, /* OOXML without thumbnail, OpenDocument without printer; of Word: comments taken out, tracked changes accepted: what was deleted is gone, what was inserted stays */
};
enum {
    PREPARE_E_KIND = 1, /* a kind of it that this cannot do: four colours, too large */
    PREPARE_E_DAMAGED,
};
/* Reads `in` from its beginning, writes `out` (empty). 0, the two above, -ENOMEM, -EIO. */
MUST_CHECK int prepare(enum prepare_what what, int in, int out);

/* The part of PREPARE_OFFICE that takes text to text. `is_story`: body, heads, feet, notes, settings; otherwise a list ([Content_Types].xml, *.rels, settings.xml),
 * from which comments, persons and thumbnail go. 0, PREPARE_E_DAMAGED, -ENOMEM, -ENOSPC. */
MUST_CHECK int prepare_office_part(struct str part, bool is_story, struct buf *out);
