/* What stood in a record before its label fell (doc/design/information.md, B3). A review looks at what stands there; former values, why they were corrected, and
 * why the record was opened were typed under the label of before, and keep it: they are told to whom may see the record by that label, too, by the channel
 * that he asks by. Else they are hidden, as what is of a record out of sight (digest.h).
 *
 *   kept   sealed beside the record's values as "_fallen": [{"version", "t", "audience"}], one for each time, oldest first; `audience` is that of before
 *
 * A fall counts for all that was typed up to it, also for what was typed before it had been raised.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* Keep it of each record of the stage that falls by the act that is being done, before its audience is made anew. In a transaction. */
MUST_CHECK int fallen_note(struct stage *sc);
/* New; NULL where it never fell. */
MUST_CHECK int fallen_list(struct stage *sc, struct record *r, json_t **ret);
/* 1: whoever has that sight is told what was corrected in that version, or typed at that instant. `list` as fallen_list() gave it, also NULL. */
MUST_CHECK int fallen_tells_version(struct stage *sc, const struct sight *sight, const struct record *r, const json_t *list, int64_t version);
MUST_CHECK int fallen_tells_instant(struct stage *sc, const struct sight *sight, const struct record *r, const json_t *list, uint64_t t_us);
/* 1: the file stands in one of its fields as they are, or did in one that he is told of; also where it is in none. */
MUST_CHECK int fallen_tells_file(struct stage *sc, const struct sight *sight, struct record *r, const char *file);
