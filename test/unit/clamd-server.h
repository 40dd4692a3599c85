/* A real clamd for tests, in a temporary directory, with two signatures of our own: the EICAR test string wherever it stands, and
 * nothing else. Gone afterwards; it ends by itself when the test's process dies.
 * Owner    the caller of clamd_server_start().
 * Threads  one. */
#pragma once

#include "base/macros.h"

struct clamd_server;

/* NULL when it could not be started; the reason is then on standard error. Takes 25 MiB a stream, and says so when it looked at no more than 24. */
MUST_CHECK struct clamd_server *clamd_server_start(void);
void clamd_server_stop(struct clamd_server *s); /* accepts NULL */
const char *clamd_server_socket(const struct clamd_server *s);
const char *clamd_server_dir(const struct clamd_server *s);
