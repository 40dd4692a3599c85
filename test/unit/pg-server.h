/* A real PostgreSQL for tests: initdb and a server in a temporary directory, on a Unix socket only, gone afterwards.
 * Run by root it becomes the user `postgres`, because PostgreSQL refuses root; otherwise it runs as the caller.
 * Owner    the caller of pg_server_start(); pg_server_stop() ends the server and removes the directory. The server also
 *          ends by itself when the test's process dies.
 * Threads  one. */
#pragma once

#include "base/macros.h"

struct pg_server;

/* NULL when it could not be started; the reason is then on standard error. */
MUST_CHECK struct pg_server *pg_server_start(void);
void pg_server_stop(struct pg_server *server); /* accepts NULL */
/* A new empty database; its URL for store_create(). Owned by the server, until pg_server_stop(). NULL on failure. */
const char *pg_server_database(struct pg_server *server);
/* Run SQL as superuser in the server's own database `postgres` or, when `url` is not NULL, there. 0 or -1. */
MUST_CHECK int pg_server_sql(struct pg_server *server, const char *url, const char *sql);
