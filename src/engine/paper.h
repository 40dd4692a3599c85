/* What was done on paper while the program could not be reached, entered later by him who did it (doc/design/daily-use.md, K5 to K7):
 * the stage stands at the written instant, the entry is made now. The pack's parameter PAPER_WINDOW says how long after; a pack that
 * does not set it takes nothing in from paper.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

#define PAPER_WINDOW "paper-window"
#define PAPER_FIELD "_paper" /* as which problems name it */

/* The instant as typed, at most `now_us`. A problem is added when it is none. -ENOMEM. */
MUST_CHECK int paper_instant(const char *text, uint64_t now_us, uint64_t *ret, json_t *problems);
/* A problem for a window that is over or not set, and for an instant before the first day of the pack's text. */
MUST_CHECK int paper_window(struct stage *sc, const struct pack *pack, json_t *problems);
/* When the last act on the record was done, be it on paper; 0: it has none yet. */
MUST_CHECK int paper_last_act(struct stage *sc, const struct record *r, uint64_t *ret_us);
/* The actor saw the record on the day on the paper. 1: so he may be told of it; 0: something was done with it since, and he sees it no more as he
 * stands now. */
MUST_CHECK int paper_tells(struct stage *sc, const struct record *r);
/* A problem for each record that the act touches and whose last act was done at the written instant or later. */
MUST_CHECK int paper_order(struct stage *sc, json_t *problems);
/* The member of an entry; the instant out of what a row of history says beside (0: none). */
json_t *paper_json(const struct stage *sc);
uint64_t paper_of_note(struct str note);
