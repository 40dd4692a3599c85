/* A file of collectors in pieces of at most COLLECT_LINES_MAX rows, each under the file's own headings: so much is one transaction of the keeper, and one
 * record of the register; the next piece goes on from it, and a run that was broken off passes over what was taken in. Whole files are never in memory.
 * A row ends at a line's end outside of quotes, in UTF-8 and in CP932, where neither is part of another character. Lines of JSON are one piece.
 * Owner    pieces_close(). Threads  one. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct pieces;

/* 0; EXIT_FAILED after words. */
MUST_CHECK int pieces_open(const char *path, struct pieces **ret);
void pieces_close(struct pieces *p); /* accepts NULL */
/* The next one into `out`, which is cleared and has the limit of a piece. *ret_before: lines of the file between headings and its first row. 0; 1: there is
 * none; EXIT_FAILED + 1 after words: it cannot be read, or a row or a piece is too large. */
MUST_CHECK int pieces_next(struct pieces *p, struct buf *out, unsigned *ret_before);
bool pieces_has_more(const struct pieces *p);
unsigned pieces_n(const struct pieces *p);    /* that were given out */
uint64_t pieces_done(const struct pieces *p); /* bytes, and of how many */
uint64_t pieces_size(const struct pieces *p);
