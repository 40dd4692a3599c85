/* What the bytes before the media gate are held as by records (E5, G1 of doc/design/information.md; engine/holding.h).
 *
 *   a file ── examined, with the scanner: itself and every member ──> holding-label ──> held_class, held_limits, held_outside of the trail's line: measured, and
 *   the pack's to judge; so are `runs`, and `scanner` with `definitions_on`, by which an auditor sees what cleared it
 *
 * Told are class, restrictions and whether who asks is among the readers; no record and no number (K1).
 * Owner    the caller of held_init(). Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#include "guard/examine.h"
#include "guard/runs.h"

struct held {
    unsigned confidentiality; /* 0: nobody holds any of it */
    json_t *restrictions;     /* {word: true} */
    bool is_outside;          /* who signed in may not read all that holds it */
    enum runs runs;           /* what a machine runs of it, or of what is in it, when somebody opens it: the first of guard/runs.h */
    char scanner[48];         /* by which it was examined: "ClamAV 1.4.6/27800", program and definitions; "": by none */
    char definitions_on[11];  /* their day; "": they tell none */
};
MUST_CHECK int held_init(struct held *ret);
void held_done(struct held *h);

/* What is to leave (第4の1(11)): read from the beginning of `fd`, whose digest is *ret_digest then, and examined down to its last member by the scanner at
 * `scanner` (NULL: CLAMD_SOCKET). Joins. 0: it is clean. EXIT_FORBIDDEN: malware, a bomb, or what is packed to be looked into by nobody; EXIT_NOT_YET: not
 * examinable to its end, or no scanner answers; EXIT_FAILED: it cannot be read to its end; each after words, and entered as refused. */
MUST_CHECK int held_examine(struct gate *g, const char *scanner, const struct examine_limits *limits, int fd, const char *name,
                            char ret_digest[2 * SHA256_SIZE + 1], struct held *h);
/* The same of the examiner's report; of several the last one's scanner counts. */
MUST_CHECK int held_of_report(struct gate *g, const json_t *report, struct held *h);
/* Into what a step is asked with; restrictions that the trail has no choice for are left out. */
MUST_CHECK int held_put(const struct gate *g, const struct held *h, json_t *with);
/* Of it, what the examination saw alone: runs, scanner, definitions_on. 0, -ENOMEM. */
MUST_CHECK int held_put_seen(const struct held *h, json_t *with);
/* "HELD  NAME  ‹class›, ‹restrictions›": to whom it is about. Nothing where nobody holds it. */
void held_say(struct gate *g, const struct held *h, const char *name);
/* "RUNS  NAME  ‹what›", by the trail's words, of what was not refused. Nothing where nothing of it runs. */
void held_say_runs(struct gate *g, const struct held *h, const char *name);
