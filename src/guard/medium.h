/* Which medium it is: what its device tells of itself, and the tag that the gate keeps on it (G2 of doc/design/information.md).
 *
 *   MEDIUM_TAG_FILE   the tag before (32 bytes), the tag now (32 bytes): in the folder where the medium is mounted
 *
 * Whoever keeps a register holds the digest of one tag. A use writes "the one that matched, a new one", and then the register takes the new one's
 * digest: a cut between the two leaves the medium known by the first half. A copy of a medium is known by neither half once either of the two was
 * used, and the other one of the two is found the same way.
 * Owner    the caller's storage. Threads  any. */
#pragma once

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MEDIUM_WORD_SIZE 128u /* of a word of the device, with its NUL; longer ones are cut */
#define MEDIUM_TAG_FILE ".tsujiban-tag"
#define MEDIUM_TAG_PART ".tsujiban-tag.part" /* while it is written */
#define MEDIUM_TAG_SIZE 32u                  /* bytes of one tag */
#define MEDIUM_TAG_HEX 65u                   /* its SHA-256 in digits, with the NUL */

/* ---- the device ---- */

struct medium_device {
    char serial[MEDIUM_WORD_SIZE]; /* "" it tells none; likewise the next two */
    char vendor[MEDIUM_WORD_SIZE];
    char product[MEDIUM_WORD_SIZE];
    uint64_t capacity; /* of the whole disk in bytes; 0 unknown: no disk of its own */
};

/* What the device of a file system (st_dev) tells, below `sys` ("/sys"): from the disk upward to its bus the first place that has a serial number, else
 * the first that has a name of the product, and vendor and product from that same place. Bytes that are no plain text are shown as '?'.
 * false: nothing is known of it. */
bool medium_device_read(const char *sys, dev_t dev, struct medium_device *ret);

/* ---- the tag ---- */

struct medium_tag {
    uint8_t before[MEDIUM_TAG_SIZE], now[MEDIUM_TAG_SIZE];
};

enum {
    MEDIUM_TAG_E_NONE = 1, /* the folder has none */
    MEDIUM_TAG_E_FORM,     /* something else has its name */
};
/* Of the folder that is open as `dir`. 0, the answers above, -errno. */
MUST_CHECK int medium_tag_read(int dir, struct medium_tag *ret);
/* SHA-256 of one tag, in digits. */
struct digest_text medium_tag_digest(const uint8_t tag[MEDIUM_TAG_SIZE]);
/* Which of the two has this digest; NULL neither. Borrowed from `t`. */
const uint8_t *medium_tag_match(const struct medium_tag *t, const char *digest);
/* Writes "`before`, a new one" beside it, flushes, reads back, gives it the name in place of the one that stood there, flushes the folder.
 * `before` NULL: the first tag, twice a new one. 0, -EIO where other bytes came back, -errno (-EROFS: only read). */
MUST_CHECK int medium_tag_renew(int dir, const uint8_t *before, struct medium_tag *ret);
/* The tag as one that reads the file's bytes knows it, 2 * MEDIUM_TAG_SIZE of them; false: that is none. */
bool medium_tag_parse(struct str bytes, struct medium_tag *ret);
