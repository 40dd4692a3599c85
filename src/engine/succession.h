/* When a new text of a directive comes into force: each open record passes over to it, as an entry of its own; a closed one keeps the
 * text under which it was closed. doc/man/regulation-language.md, section 8.
 *
 *   at midnight of its first day   timer "pack:ID" !succeed     one timer for each open record of the texts before
 *   each of those                  timer RECORD   !succeed      entry timer/REGISTER!!succeed: the new state, the new text
 *
 * What comes in later from paper and was made before that day has such a timer, too, due when it is entered.
 * A record that an act touches meanwhile, or that is opened again later, passes over in that act.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

#define SUCCEED "!succeed"

/* Into the text in force at the stage's time, when the record is open, its text is an earlier one and the new one has its state or says
 * what that is now. It is touched then. */
void record_succeed(struct stage *sc, struct record *r);
/* Of an act on paper: set the record's timer where a later text is in force by the time that the act is entered. */
MUST_CHECK int succession_catch_up(struct stage *sc, const struct record *r);
/* Set the timers of the texts that have none yet. */
MUST_CHECK int succession_arm(struct engine *e, uint64_t now_us);
/* The timer of a text: set one for each record that may pass over. */
MUST_CHECK int succession_spread(struct stage *sc, const char *pack, const char *hash);
/* The timer of a record. It must be dropped by the caller. */
MUST_CHECK int succession_fire(struct stage *sc, struct log *log, const char *record, uint64_t due_us);
/* The same from its entry. 1: the record does not pass over here. */
struct deed;
MUST_CHECK int succession_redo(struct deed *d);
