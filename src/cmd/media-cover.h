/* The cover that goes into each container which the gate of media seals (Z6 of doc/design/information.md): label, what to heed, and which files lie with it, by
 * their digests.
 * Owner    the caller: media_cover_done(). Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#include "guard/seal.h"

struct media_cover {
    int fd; /* -1: what goes has none */
    struct buf name;
    char digest[2 * SHA256_SIZE + 1];
};
/* `digests`: of the sources, each with its zero byte. 0, or EXIT_FAILED after words: then nothing is sealed. */
MUST_CHECK int media_cover_make(struct gate *g, const char *item, const struct seal_source *sources, size_t n, const char *digests, struct media_cover *ret);
void media_cover_done(struct media_cover *c);
