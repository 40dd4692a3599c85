/* The installation's time. doc/design/acts.md, C1 to C4.
 * Threads  any; the settings are values. */
#pragma once

#include "base/time.h"
#include "store/store.h"

enum clock_kind { CLOCK_SYSTEM, CLOCK_DEMONSTRATION };

struct clock_setting {
    enum clock_kind kind;
    uint64_t set_us;  /* DEMONSTRATION: stood here … */
    uint64_t real_us; /* … when the real clock stood here */
};

/* From meta `clock.kind`, `clock.set_us`, `clock.real_us`; absent means the system clock. -EBADMSG: unreadable settings. */
MUST_CHECK int clock_load(struct store *s, struct clock_setting *ret);
/* Inside a transaction of a writer. */
MUST_CHECK int clock_save(struct store *s, struct clock_setting c);
/* Now by that clock. */
uint64_t clock_now(struct clock_setting c);
/* Move a demonstration clock forward to `to_us`. CLOCK_E_SYSTEM: it is not one. CLOCK_E_BACK: it stands later already. */
enum { CLOCK_E_SYSTEM = 1, CLOCK_E_BACK };
MUST_CHECK int clock_advance(struct clock_setting *c, uint64_t to_us);
