/* A file that leaves (Z1 of doc/design/information.md): it appears under its name whole, or not at all.
 *
 *   begin: hidden name, nothing replaced ─> add … ─> settle: flush, read back, compare ─> name: rename, flush the folder
 *
 * Until the last step nothing stands under the name; outgoing_drop() takes the hidden file away. What a killed process left is
 * known by its hidden name and by nobody holding its lock; the next outgoing_begin() in that folder removes it.
 * Owner    the caller of outgoing_begin(); give it up with outgoing_drop(), also after success.
 * Threads  one; of much, a second one inside digests (guard/digest-behind.h).
 * Failures -errno: -ENOSPC and -EFBIG (no room), -EIO (also a medium that is gone), -EROFS … ; outgoing_tell() says it in words. */
#pragma once

#include "base/codec.h"
#include "base/tell.h"

#define OUTGOING_NAME_MAX 255u       /* bytes */
#define OUTGOING_HIDDEN ".tsujiban-" /* how hidden names begin; they end in OUTGOING_PART */
#define OUTGOING_PART ".part"

enum {
    OUTGOING_E_EXISTS = 1, /* something has that name already */
    OUTGOING_E_NAME, /* not a name that every receiver's system holds as it stands (outgoing_name_is_good) */
    OUTGOING_E_DIFFERS, /* what was read back is not what was written */
};

struct outgoing;

/* A name without path that Windows, macOS and Linux hold and show alike: UTF-8 of 1 to OUTGOING_NAME_MAX bytes, none of / \ : * ? " < > |,
 * no control or invisible or direction-turning character, no dot or space at its ends, no device of Windows (CON, LPT1.txt). */
bool outgoing_name_is_good(struct str name);
/* How what is being written is called until it has its name; whoever writes it holds its lock. */
bool outgoing_name_is_hidden(const char *name);

/* In the folder `dir`. 0, OUTGOING_E_EXISTS, OUTGOING_E_NAME, -errno, -ENOMEM. */
MUST_CHECK int outgoing_begin(const char *dir, const char *name, struct outgoing **ret);
/* 0, -errno. After a failure only outgoing_drop() is left. */
MUST_CHECK int outgoing_add(struct outgoing *o, struct str bytes);
/* All bytes are there: flushes, forgets the pages of memory where the system lets it, reads everything back. 0, OUTGOING_E_DIFFERS, -errno. */
MUST_CHECK int outgoing_settle(struct outgoing *o);
/* To read what was settled; stays the object's. */
int outgoing_fd(const struct outgoing *o);
/* Gives it its name. 0, OUTGOING_E_EXISTS. -errno: nothing has the name, as far as the medium does what it is told; where the folder's flush
 * failed, the name was there and was taken back, and whether that lasts over a cut of power nobody knows: look before you say so. */
MUST_CHECK int outgoing_name(struct outgoing *o);
/* Takes back the name that it was given, where it is still this file's: for one of several that go together. 0; -errno: it may stand there still. */
MUST_CHECK int outgoing_unname(struct outgoing *o);
uint64_t outgoing_size(const struct outgoing *o);        /* bytes added */
struct digest outgoing_digest(const struct outgoing *o); /* SHA-256 of what was written, and read back the same; once settled */
/* Takes the hidden file away and flushes the folder; only outgoing_drop() is left then. 0: it is gone for good, as far as the medium does what it is
 * told; -errno: it may lie there still. */
MUST_CHECK int outgoing_abandon(struct outgoing *o);
/* The same for whatever killed processes left in the folder that is open as `dir`. 0; -EBUSY: somebody writes one just now; -errno. */
MUST_CHECK int outgoing_sweep(int dir);
void outgoing_drop(struct outgoing *o); /* accepts NULL */
DEFINE_CLEANUP(struct outgoing, outgoing_drop);
/* What a failure of the above means and what would be right; `name` is shown escaped. Nothing for 0. */
void outgoing_tell(struct diag *diag, const char *name, int r);
