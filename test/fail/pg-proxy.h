/* Between a client and PostgreSQL: passes everything on, until it is told to cut the connections at the nth thing that a client sends.
 * Owner    the caller of pg_proxy_start().
 * Threads  it works in one of its own; the functions are for one other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pg_proxy;

/* Where the cut is. What libpq sends at once is one statement. */
enum pg_proxy_cut {
    PG_PROXY_BEFORE, /* the statement does not reach the server */
    PG_PROXY_AFTER,  /* the server has answered it; the client does not hear that */
};

/* `url` as of pg_server_database(). */
struct pg_proxy *pg_proxy_start(const char *url);
void pg_proxy_stop(struct pg_proxy *p);
const char *pg_proxy_url(const struct pg_proxy *p);
/* At the nth statement from now on, from 1; all connections, and nobody is let in any more. */
void pg_proxy_cut(struct pg_proxy *p, enum pg_proxy_cut where, size_t nth);
/* The server is back. True: the cut was made. */
bool pg_proxy_mend(struct pg_proxy *p);
