/* The courier: the process that carries mail out. doc/design/daily-use.md, M3 to M6.
 *
 *     poll the outbox ── what may be said now? ── keeper: begin ── SMTP ── keeper: end
 *
 * It has a STORE_READ handle, no signing key, and a connection to the keeper that takes nothing but these two questions. One
 * message at a time; when the server itself does not work, all of them wait a little, longer each time.
 * Threads  one. */
#pragma once

#include "base/diag.h"

struct courier_config {
    const char *data, *db; /* as for the keeper */
    int starter_fd;        /* ends when it closes; -1: nobody's */
    unsigned away_ms;      /* so long a keeper that is gone is waited for, at each question; 0: KEEPER_AWAY_MS */
};

#define COURIER_POLL_MS 500
#define COURIER_HOLD_MAX_S 60 /* the longest wait after the server did not work */

/* Until the starter's descriptor closes or SIGTERM. A message whose transfer has begun is finished first. 0, or the failure in diag. */
MUST_CHECK int courier_run(const struct courier_config *config, struct diag *diag);
