/* What each person opened on a day, made each night from the entries of readings (`reads: {daily: …}` of a register, V7 of doc/design/information.md): one record
 * for each person, by the pack's own step, whose effects judge it by the pack's numbers. Nobody acts: the entry is REG/STEP with `due` and no actor, and replay does it
 * again as it does any act. Counted are entries REG/read that were not made aside (engine.h), by their own instants, so that a day is whole whenever it is counted.
 *
 * The timer is that of "pack:<id>", obligation READING_DAY, part REG, due at the midnight behind the day; after a long stop each day has its own.
 * Threads  as the engine: the keeper's. */
#pragma once

#include "engine/inside.h"

#define READING_DAY "!reading"

/* Timers of the texts in force, where there are none. */
MUST_CHECK int reading_day_arm(struct stage *sc, uint64_t now_us);
/* Enter the day that ended at `due_us`, of that register. In the caller's savepoint. */
MUST_CHECK int reading_day_fire(struct engine *e, struct log *log, const char *reg, uint64_t due_us, uint64_t now_us);
