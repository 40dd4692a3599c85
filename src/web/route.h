/* Which handler answers which address: one table row each, matched exactly.
 *
 *     {HTTP_GET, "/records/:id/steps/:step", record_step_page, "record_step", ROUTE_SIGNED_IN},
 *
 * A segment ":name" takes one whole non-empty segment; all others must be equal byte for byte. GET also answers HEAD.
 * Rows with fixed segments go before rows with ":name" in the same place; the first match wins.
 * Owner    the table is static; found parameters point into the request's arena.
 * Threads  any. */
#pragma once

#include "web/http.h"

#define ROUTE_PARAMS_MAX 6

/* What a person must have shown before the handler runs; the session layer enforces it. */
enum route_level {
    ROUTE_OPEN,      /* anybody: sign-in page, assets, health */
    ROUTE_SIGNED_IN, /* a session that is not locked */
};

struct route_param {
    struct str name;  /* without the colon */
    struct str value; /* decoded, UTF-8 */
};

struct route_call {
    const struct route *route;
    struct route_param params[ROUTE_PARAMS_MAX];
    size_t n_params;
};

typedef int route_handler_fn(struct http_request *req, const struct route_call *call, struct http_response *resp,
                             void *ctx);

struct route {
    enum http_method method;
    const char *pattern;
    route_handler_fn *handler;
    const char *name;
    enum route_level level;
    size_t body_max; /* bytes; 0: 1 MiB for methods with a body */
};

struct route_table {
    const struct route *rows;
    size_t n;
};

enum { ROUTE_E_NOT_FOUND = 1, ROUTE_E_METHOD, ROUTE_E_PATH };

/* ROUTE_E_NOT_FOUND (404); ROUTE_E_METHOD (405: the path exists, see route_allow()); ROUTE_E_PATH (400: a segment is not
 * percent-encoded UTF-8); -ENOMEM. */
MUST_CHECK int route_find(const struct route_table *t, enum http_method method, struct str path, struct arena *arena,
                          struct route_call *ret);
/* "GET, HEAD, POST": the methods of a path, for the Allow header. 0, -ENOMEM, -ENOSPC. */
int route_allow(const struct route_table *t, struct str path, struct buf *out);
/* Largest body of the route that would answer. Where none would, as much as a short form has: whoever sends that to a wrong
 * address is told so, and not that it was too large. */
size_t route_body_max(const struct route_table *t, const struct http_head *head);
/* The value of ":name"; at == NULL when the pattern has none. */
struct str route_param(const struct route_call *call, struct str name);
/* Find and run, answering 404, 405 and 400 in plain text itself when nothing fits. */
int route_run(const struct route_table *t, struct http_request *req, struct http_response *resp, void *ctx);
