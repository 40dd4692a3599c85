/* An operation again and again: with one allocation, write or sending failing after the other, and at last untouched. Each time it must
 * either fail as documented or succeed as if nothing had been, and what it works on must be as before or wholly changed.
 * A loop of single faults takes each site (fault.h) that none of the program has taken before; each takes as many places more as make `rounds`,
 * and says how many there are and were taken. FAIL_ROUNDS=N sets how many rounds a loop takes (0: every place). */
#pragma once

#include "fault.h"

struct fail_operation {
    const char *name;
    /* The operation from its beginning to its end, with faults: 0, or its failure. It gives back everything that it took. */
    int (*run)(void *user);
    /* May be NULL. Without faults, after each run: looks at what is left, and makes ready for the next. */
    void (*check)(void *user, int r);
    unsigned kinds;      /* bits 1 << enum fault_kind */
    const int *answers;  /* failures that are documented for faults, ended by 0 */
    unsigned rounds;     /* for each kind; more where there are more new sites */
};

#define FAIL_ALLOC (1u << FAULT_ALLOC | 1u << FAULT_ALLOC_SINCE)
#define FAIL_WRITE (1u << FAULT_WRITE_BAD | 1u << FAULT_WRITE_FULL)
#define FAIL_SOCKET (1u << FAULT_SOCKET_CUT | 1u << FAULT_SOCKET_GONE)
extern const int fail_no_memory[]; /* -ENOMEM alone */
extern const int fail_io[];        /* -EIO, -ENOSPC */

/* Ends the cmocka test with words about what does not hold. */
void fail_loop(const struct fail_operation *op, void *user);
