/* Serving, for `serve` and `demo`.
 * Threads  the main one. */
#pragma once

#include "cmd/home.h"

/* Starts a keeper when none is at work, serves pages on "ADDR:PORT" (NULL: 127.0.0.1:8480) until SIGINT or SIGTERM; `scanner` is clamd's socket
 * (NULL: Debian's). An exit status. */
int serve_until_stopped(const struct home *home, const char *listen, const char *scanner);
