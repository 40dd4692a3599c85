/* A collection on its way out by a command: who asks, what he sees of it, and how far up it may leave, which the keeper decides and enters before a byte does
 * (LB4 of doc/design/intelligence.md).
 * Owner    the caller of intel_out_open(), also when it failed; intel_out_close().
 * Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#include "intel/stock.h"

struct intel_out {
    struct gate gate;
    struct stock *stock;
    struct sight *sight;
    char collection[GATE_ID_SIZE]; /* id of its record */
    int level;                     /* of confidentiality that leaves at most */
};

/* Of a command whose options begin with GATE_WHO_OPTIONS. `format` is what is written, for the entry. 0, or an exit status after words. */
MUST_CHECK int intel_out_open(const struct arguments *args, const char *collection, const char *format, struct intel_out *ret);
void intel_out_close(struct intel_out *o);
/* "held back: N …" on standard error, where there are any. */
void intel_out_tell_held(uint64_t n);

#define INTEL_SET_MAX ((size_t)16 << 30)
/* What the collection's indicators look for now, as a compiled set, appended to an empty `out`. `until_us` 0: the set has no end of its own; `flags` as for set_mark.
 * Its mark is the strictest of what is in it. What was left out is told on standard error, but for what was held back. 0, or an exit status after words. */
MUST_CHECK int intel_out_set(struct intel_out *o, uint64_t until_us, unsigned flags, struct buf *out, uint64_t *ret_held);
