/* Has files examined that people have sent (doc/design/information.md, N7): the process asks the keeper for one that waits, opens its pieces
 * into memory, lets the caged examiner look at it (guard/examiner.h), and tells the keeper how that ended.
 *
 *     what waits? ── keeper: exam-begin, one key ── pieces ── examiner ── keeper: exam-end
 *
 * It has a STORE_READ handle and a connection to the keeper that takes nothing but these two questions. What is larger than
 * FILE_EXAMINED_MAX is not examined: its digest is taken, and it is `not-examinable` for its size. Clear text is in memory only, never on a disk of
 * ours.
 * Threads  one; one file at a time. Beside it the one that reads files into imports (guard/intake-courier.h). */
#pragma once

#include "base/diag.h"

#define FILE_EXAMINED_MAX ((uint64_t)512 << 20) /* bytes */
#define FILE_COURIER_POLL_MS 200

struct file_courier_config {
    const char *data, *db; /* as for the keeper */
    const char *scanner;   /* clamd's socket */
    uint64_t stream_max;   /* bytes that it takes in one stream; 0: as Debian sets it */
    int starter_fd;        /* ends when it closes; -1: nobody's */
};

/* Until the starter's descriptor closes or SIGTERM. 0, or the failure in diag. */
MUST_CHECK int file_courier_run(const struct file_courier_config *config, struct diag *diag);
