/* The wire form of a response: status line, headers that are always there, and the headers of the handler.
 * Used by the server; handlers use http.h.
 * Owner    the server's connection: from http_response_init() to http_response_done(), which frees body and headers and lets go of a source.
 * Threads  one at a time. */
#pragma once

#include "web/http.h"

/* 200 and HTML until a handler says otherwise; a body of at most `body_max` bytes, beyond which writing it answers -ENOSPC. */
void http_response_init(struct http_response *resp, size_t body_max);
void http_response_done(struct http_response *resp);

/* Let go of the source, if there is one. */
void http_response_end_source(struct http_response *resp);

/* Which body goes out: the static one where there is one. Borrowed of `resp`, until it is written to. */
struct str http_response_body(const struct http_response *resp);

/* A refusal as problem details. `reason` is a constant without '"' and '\\'. */
void http_response_problem(struct http_response *resp, unsigned status, const char *reason);

/* The whole head into `out`. `date` is "Sun, 06 Nov 1994 08:49:37 GMT". 0, -ENOMEM, -ENOSPC. */
int http_response_print_head(const struct http_response *resp, const char *date, bool keep_alive, bool is_secure,
                             struct buf *out);

#define HTTP_DATE_SIZE 32
/* IMF-fixdate (RFC 9110, 5.6.7) of a second since 1970, without a look at any locale. */
void http_date_print(int64_t second, char ret[HTTP_DATE_SIZE]);
