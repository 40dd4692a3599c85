/* What leaves of a file onto a medium: a copy without what could name somebody, a place, a time or a machine (guard/clean.h; Q7 of doc/design/information.md).
 *
 *   the file ── examined, with the scanner: what it and its members are held as ──> cleaned ──> what leaves: the file itself where there was nothing to take
 *   out, else a copy in memory, which is examined as the file was: bytes that left once are known without what was put into them since
 *
 * Owner    the caller of media_clean(). Threads  one. */
#pragma once

#include "cmd/media-held.h"
#include "cmd/media-move.h"

/* The worst of several counts, in this order. */
enum attributes { ATTRIBUTES_NONE, ATTRIBUTES_REMOVED, ATTRIBUTES_KEPT };

struct cleaned {
    int fd; /* what leaves; -1: nothing does */
    char digest[2 * SHA256_SIZE + 1];
    char original[2 * SHA256_SIZE + 1]; /* of the file */
    enum attributes attributes;
};
/* `fd` is the file, which is taken. Joins what it is held as. 0; EXIT_FORBIDDEN and EXIT_NOT_YET as held_examine(), the second also where it is not cleaned, after
 * words that say what would be right; EXIT_FAILED. What is refused is entered in the trail. */
MUST_CHECK int media_clean(struct gate *g, const struct media_out *q, int fd, const char *name, struct held *h, struct cleaned *ret);
void cleaned_done(struct cleaned *c);
/* The trail's words for it. */
const char *attributes_word(enum attributes a);
