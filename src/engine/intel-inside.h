/* What intel.c and intel-polls.c share: values of records in registers that hold threat intelligence. Private to the room.
 * Owner    texts are the record's, and so the stage's.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"
#include "engine/intel.h"

/* 1: no such record of what holds that, or out of that sight. */
MUST_CHECK int intel_record_in_sight(struct stage *sc, const struct sight *sight, const char *id, enum holds what, struct record **ret);
/* "": empty, or there is no such field. */
MUST_CHECK int intel_text_of(struct stage *sc, struct record *r, const char *field, const char **ret);
MUST_CHECK int intel_flag_of(struct stage *sc, struct record *r, const char *field, bool *ret);
/* How what comes by the channel without a mark is marked (enum tlp): RED where it does not say. */
MUST_CHECK int intel_mark_of(struct stage *sc, struct record *channel, unsigned *ret);
