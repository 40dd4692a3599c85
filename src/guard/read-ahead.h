/* A file from its beginning to its end, a piece at a time, past a digest. Of a long one a thread of its own reads and digests
 * a few pieces ahead of the caller, who encrypts and writes meanwhile, where there is more than one processor.
 * Owner    the caller; `fd` stays his, and nobody else moves or closes it until read_ahead_free().
 * Memory   READ_AHEAD_PIECES pieces, wiped when it ends.
 * Threads  one caller; the thread inside touches the pieces that it has not handed out yet, and the digest. */
#pragma once

#include "guard/sameness.h"

#define READ_AHEAD_PIECE ((size_t)64 << 10)
#define READ_AHEAD_PIECES 16u
#define READ_AHEAD_LONG ((uint64_t)1 << 20) /* from here on by a thread; the caller reads what is shorter himself */

struct read_ahead;
/* Past what all that is handed out goes; either may be NULL. The caller's, who leaves them alone until read_ahead_free(). */
struct read_ahead_past {
    struct sha256_state *sha;
    struct sameness *same;
};
/* `size`: what it is expected to hold. -ENOMEM, also where the system gives no thread. */
MUST_CHECK int read_ahead_new(int fd, uint64_t size, struct read_ahead_past past, struct read_ahead **ret);
void read_ahead_free(struct read_ahead *r); /* accepts NULL; waits for the thread, at most one piece long */
DEFINE_CLEANUP(struct read_ahead, read_ahead_free);
/* The next piece, whose bytes are the caller's to change until he asks for the one behind it. 1: there is one. 0: the end; or more than `size` was read, which
 * the caller sees by his own count. -EIO: it cannot be read. -ENOMEM. */
MUST_CHECK int read_ahead_next(struct read_ahead *r, uint8_t **ret_bytes, size_t *ret_n);
