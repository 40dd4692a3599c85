/* The `next` of a TAXII page: where the reader stands, sealed, so that the server keeps nothing and the reader learns nothing from it.
 *
 *     seal(position, good until) bound to (reader, collection, question)   ->  hexadecimal digits
 *
 * A plain number would tell how many hidden objects came between two pages. What was given to another reader, for another collection or
 * another question, cannot be told from what was never given.
 * Owner    bytes are borrowed for the call; keys are the caller's, who wipes them.
 * Keys     all nodes hold the same two: the one in use and the one before it, so that a page begun before a change of keys goes on.
 * Limits   TAXII_POSITION_MAX.
 * Threads  any.
 * Source   TAXII 2.1, section 3.5; TX4 of doc/design/intelligence.md. */
#pragma once

#include "base/seal.h"

#define TAXII_POSITION_MAX 64u
#define TAXII_CURSOR_LIFE_US (INT64_C(24) * 3600 * 1000000) /* from the page that gave it */

struct taxii_keys {
    uint8_t now[SEAL_KEY_SIZE], before[SEAL_KEY_SIZE];
};

/* Whom and what a cursor is for. */
struct taxii_bound {
    struct str reader, collection;
    struct str question; /* by taxii_query_print() */
};

/* Append the cursor. 0, -ENOMEM, -ENOSPC; -E2BIG: a longer position. */
MUST_CHECK int taxii_cursor_print(const struct taxii_keys *keys, const struct taxii_bound *bound,
                                  struct str position, int64_t until_us, struct buf *out);
enum { TAXII_E_CURSOR = 1 };
/* Append the position to an empty buffer. TAXII_E_CURSOR: none of ours, of another reader, collection or question, or no longer good. -ENOMEM, -ENOSPC. */
MUST_CHECK int taxii_cursor_read(const struct taxii_keys *keys, const struct taxii_bound *bound,
                                 struct str cursor, int64_t now_us, struct buf *out);
