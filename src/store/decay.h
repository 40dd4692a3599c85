/* How long an indicator is good for (doc/design/intelligence.md, LI1): by the kind of value that it looks for, the days of its life and how its worth falls
 * from 100 to 0 within them; it ends where its worth falls below a threshold. The figures are parameters of the directive that holds imports, which whoever
 * opens a run copies into its row, so that its ends can be told later. Integers only: the same everywhere.
 *
 *     steady   the worth falls by the same each day                 ends after  life × (1 - threshold)
 *     late     it holds long and falls quickly at last              ends after  life × √(1 - threshold)
 *     early    it falls quickly at first, and then slowly           ends after  life × (1 - threshold)²
 *
 * Threads  any. */
#pragma once

#include "base/buf.h"

enum decay_class {
#define DECAY_CLASS(id, name) DECAY_##id,
#include "store/decay.def"
#undef DECAY_CLASS
    DECAY_N_CLASSES
};

enum decay_shape { DECAY_STEADY, DECAY_LATE, DECAY_EARLY, DECAY_N_SHAPES };

#define DECAY_NEVER INT64_MAX /* as an instant: no end */
#define DECAY_DAYS_MAX 36500
#define DECAY_TEXT_MAX 400u

/* Zeroed: nothing decays. */
struct decay {
    unsigned threshold; /* percent, 0 to 100 */
    struct decay_of {
        int64_t days; /* 0: it does not decay */
        enum decay_shape shape;
    } of[DECAY_N_CLASSES];
};

const char *decay_class_name(enum decay_class c);
const char *decay_shape_name(enum decay_shape s);
bool decay_shape_of(struct str name, enum decay_shape *ret);

/* Microseconds that one lives which nothing is heard of; DECAY_NEVER. */
int64_t decay_life_us(const struct decay *d, enum decay_class c);
/* The end of one that was last vouched for at `from_us`, and is to end at `until_us` at the latest (DECAY_NEVER: it does not say; 0: it is revoked). */
int64_t decay_end_us(const struct decay *d, enum decay_class c, int64_t from_us, int64_t until_us);

/* Appends "30 other=180/steady address=30/early …": one form, DECAY_TEXT_MAX bytes at most. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int decay_print(const struct decay *d, struct buf *out);
/* False: it is none; *ret is zeroed then. "" is the zeroed one. */
bool decay_read(struct str text, struct decay *ret);
