/* Bytes sealed under a key and bound to what they are: XChaCha20-Poly1305 (RFC 8439 with the longer nonce), nonce(24) || cipher || tag(16).
 * Whoever opens them must name the same thing (`bound_to`), so that nothing can be put in the place of another.
 * Threads  any. */
#pragma once

#include "base/buf.h"

#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_MORE 40u /* bytes that a sealed value is longer than a plain one */

/* Appends. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int seal_add(const uint8_t key[SEAL_KEY_SIZE], struct str bound_to, struct str plain, struct buf *out);
/* Appends what was sealed. -EBADMSG: not under that key, not of that thing, or changed. -ENOMEM, -ENOSPC. */
MUST_CHECK int seal_open(const uint8_t key[SEAL_KEY_SIZE], struct str bound_to, struct str sealed, struct buf *out);
