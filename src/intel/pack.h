/* Objects of STIX packed by zstd, each by the dictionary of its type, which the frame names by its id (doc/design/intelligence.md, ST1). The dictionaries are
 * part of the program and the same in every installation, so that a copy can be read anywhere; what was packed without one is read as well.
 * Owner    the caller of packer_new() and unpacker_new().
 * Threads  one at a time for each. */
#pragma once

#include "base/buf.h"

struct packer;
/* NULL: out of memory; libzstd before 1.5.6 ends the program where there is none for a dictionary (100 KiB each). */
struct packer *packer_new(void);
void packer_free(struct packer *p); /* accepts NULL */
DEFINE_CLEANUP(struct packer, packer_free);
/* Appends the frame of an object of that type. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int packer_add(struct packer *p, struct str type, struct str bytes, struct buf *out);

struct unpacker;
struct unpacker *unpacker_new(void); /* NULL: out of memory */
void unpacker_free(struct unpacker *u); /* accepts NULL */
DEFINE_CLEANUP(struct unpacker, unpacker_free);
/* Into `out`, which has room for `length` bytes. False: it is no frame of just that length, or by a dictionary that this program has not. */
bool unpacker_get(struct unpacker *u, struct str packed, size_t length, char *out);
