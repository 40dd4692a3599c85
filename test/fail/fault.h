/* Faults on order: the nth allocation, the nth write, sync or rename, or the nth sending or receiving of the calling thread fails.
 * Linked into a test program, it stands before the C library's functions for every library of the process: what jansson, SQLite,
 * libyaml, OpenSSL and libsodium allocate counts, too. Only what lies between fault_arm() and fault_disarm() is touched.
 * Threads  each has its own faults; one that never arms any is not touched.
 * Limits   the C library's own writing (stdio) does not pass here; and under the address sanitizer strdup() and what else it
 *          provides itself allocates unseen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_ALLOC,       /* one allocation fails */
    FAULT_ALLOC_SINCE, /* it and every one after it */
    FAULT_WRITE_BAD,   /* one write, sync, cut, link or rename: EIO */
    FAULT_WRITE_FULL,  /* it and every one after it: ENOSPC */
    FAULT_SOCKET_CUT,  /* one connection is cut as something is sent, received or connected to */
    FAULT_SOCKET_GONE, /* it and every one after it */
    FAULT_KINDS
};

/* The nth from now on, from 1; 0: none fails, they are counted only. */
void fault_arm(enum fault_kind kind, size_t nth);
/* Counts only, and keeps for each of the first `max` the site that it came from: a number for the functions that were at work. It is the
 * same as long as the process runs. */
void fault_trace(enum fault_kind kind, uint64_t *sites, size_t max);
/* *ret_n (may be NULL): how many there were. True: at least one was made to fail. */
bool fault_disarm(size_t *ret_n);
