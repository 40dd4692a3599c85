/* SHA-256 of what somebody writes. Of much a thread of its own digests a few pieces behind the caller, where there is more than one processor.
 * Owner    the caller; digest_behind_free().
 * Memory   DIGEST_BEHIND_PIECES pieces once it has a thread, wiped when it ends.
 * Threads  one caller; the thread inside touches the pieces that were handed to it, and the digest. */
#pragma once

#include "base/codec.h"

#define DIGEST_BEHIND_PIECE ((size_t)64 << 10)
#define DIGEST_BEHIND_PIECES 16u
#define DIGEST_BEHIND_LONG ((uint64_t)1 << 20) /* from here on by a thread; what is shorter the caller digests himself */

struct digest_behind;
MUST_CHECK int digest_behind_new(struct digest_behind **ret); /* -ENOMEM */
void digest_behind_free(struct digest_behind *b);             /* accepts NULL; waits for the thread, at most all pieces long */
DEFINE_CLEANUP(struct digest_behind, digest_behind_free);
/* Takes a copy. Where there is no memory or no thread for more, the caller digests it himself. */
void digest_behind_add(struct digest_behind *b, struct str bytes);
/* Of all that was added; once. */
struct digest digest_behind_end(struct digest_behind *b);

/* How many processors this process may run on. */
unsigned processors_here(void);
