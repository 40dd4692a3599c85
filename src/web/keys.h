/* Keys and pieces of files where this process can read neither vault nor contents itself: asked of the keeper on behalf of whoever the request at
 * hand is of (keeper/keyring.h), and forgotten with it. doc/design/information.md, D1.
 * Threads  the one that serves. */
#pragma once

#include "web/page.h"

/* Of one request. */
struct keys_held;

/* The worker's store asks for its keys so from now on. */
void keys_from_keeper(struct worker *w);
/* The request is over: all are wiped. */
void keys_forget(struct worker *w);
void keys_held_free(struct keys_held *k); /* accepts NULL */

/* Who asks, to go on asking when the request's own memory is gone: while its file goes out. Wipe it. */
struct keys_asker {
    char token[192], bearer[192]; /* "" none */
};
/* -E2BIG: no session and no token is so long. */
MUST_CHECK int keys_asker_of(const struct page *p, struct keys_asker *ret);
/* Append the nth sealed piece of the file. STORE_E_NONE: none is there, or for others. -errno. */
MUST_CHECK int keys_piece(struct worker *w, const struct keys_asker *a, const char *id, int64_t n,
                          struct buf *out);
/* How many pieces are there of an upload of his. */
MUST_CHECK int keys_count(struct page *p, const char *id, int64_t *ret);
