/* What the bytes before the media gate are held as by records (E5, G1 of doc/design/information.md; engine/holding.h).
 *
 *   a file ── surveyed or examined: itself and every member that was read whole ──> holding-label ──> held_class, held_limits, held_outside,
 *   held_unread of the trail's line: measured, and the pack's to judge
 *
 * Told are class, restrictions and whether who asks is among the readers; no record and no number (K1).
 * Owner    the caller of held_init(). Threads  one. */
#pragma once

#include "cmd/media-gate.h"

struct held {
    unsigned confidentiality; /* 0: nobody holds any of it */
    json_t *restrictions;     /* {word: true} */
    bool is_outside;          /* who signed in may not read all that holds it */
    bool is_unread;           /* not all that is inside could be looked at */
};
MUST_CHECK int held_init(struct held *ret);
void held_done(struct held *h);

/* Files that are surveyed without a scanner, read from the beginning of `fd`, whose digest is *ret_digest then. Joins. 0; EXIT_FORBIDDEN: a bomb, or
 * what is packed to be looked into by nobody; EXIT_FAILED: also what cannot be read to its end; each after words, and entered as refused. */
MUST_CHECK int held_survey(struct gate *g, int fd, const char *name,
                           char ret_digest[2 * SHA256_SIZE + 1], struct held *h);
/* The same of the examiner's report. */
MUST_CHECK int held_of_report(struct gate *g, const json_t *report, struct held *h);
/* Into what a step is asked with; restrictions that the trail has no choice for are left out. */
MUST_CHECK int held_put(const struct gate *g, const struct held *h, json_t *with);
/* "HELD  NAME  ‹class›, ‹restrictions›": to whom it is about. Nothing where nobody holds it. */
void held_say(struct gate *g, const struct held *h, const char *name);
