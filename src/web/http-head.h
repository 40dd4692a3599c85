/* The strict reader of one HTTP/1.1 request head: everything up to and with the empty line.
 *
 * Two servers that read one byte stream differently can be played against each other (request smuggling). This reader
 * therefore has no lenient case: whatever RFC 9112 calls invalid, obsolete or "may be treated as" is an error, answered
 * with a status and followed by closing the connection.  doc/design/http.md numbers the rules (H1, H2, ...).
 *
 * Pure functions over bytes: no allocation, no clock, no socket.
 * Owner    the pieces in struct http_head point into the caller's bytes.
 * Threads  any.
 * Limits   struct http_limits.
 * Source   RFC 9110, RFC 9112. */
#pragma once

#include "base/str.h"

#define HTTP_HEADERS_MAX 100

/* Methods we may route. CONNECT and TRACE are known and always refused (405); any other word is 501. */
#define HTTP_METHODS(X)                                                                            \
    X(GET)                                                                                         \
    X(HEAD)                                                                                        \
    X(POST)                                                                                        \
    X(PUT)                                                                                         \
    X(PATCH)                                                                                       \
    X(DELETE)                                                                                      \
    X(OPTIONS)

enum http_method {
#define X(name) HTTP_##name,
    HTTP_METHODS(X)
#undef X
        HTTP_METHOD_COUNT
};

/* Headers known by number, for requests and responses.  id, name, may it come once only? */
#define HTTP_HEADER_TABLE(X)                                                                       \
    X(HOST, "Host", true)                                                                          \
    X(CONTENT_LENGTH, "Content-Length", true)                                                      \
    X(TRANSFER_ENCODING, "Transfer-Encoding", false)                                               \
    X(CONTENT_TYPE, "Content-Type", true)                                                          \
    X(CONNECTION, "Connection", false)                                                             \
    X(EXPECT, "Expect", true)                                                                      \
    X(COOKIE, "Cookie", true)                                                                      \
    X(AUTHORIZATION, "Authorization", true)                                                        \
    X(ORIGIN, "Origin", true)                                                                      \
    X(REFERER, "Referer", true)                                                                    \
    X(ACCEPT, "Accept", false)                                                                     \
    X(ACCEPT_LANGUAGE, "Accept-Language", false)                                                   \
    X(USER_AGENT, "User-Agent", true)                                                              \
    X(IF_NONE_MATCH, "If-None-Match", false)                                                       \
    X(IF_MATCH, "If-Match", true)                                                                  \
    X(RANGE, "Range", true)                                                                        \
    X(UPGRADE, "Upgrade", false)                                                                   \
    X(SEC_FETCH_SITE, "Sec-Fetch-Site", true)                                                      \
    X(X_FORWARDED_FOR, "X-Forwarded-For", true)                                                    \
    X(X_FORWARDED_PROTO, "X-Forwarded-Proto", true)                                                \
    X(X_CSRF_TOKEN, "X-CSRF-Token", true)                                                         \
    X(IDEMPOTENCY_KEY, "Idempotency-Key", true)                                                    \
    X(TSUJIBAN_PURPOSE, "Tsujiban-Purpose", true)                                                  \
    X(TSUJIBAN_CASE, "Tsujiban-Case", true)                                                        \
    X(ALLOW, "Allow", true)                                                                        \
    X(LOCATION, "Location", true)                                                                  \
    X(SET_COOKIE, "Set-Cookie", false)                                                             \
    X(ETAG, "ETag", true)                                                                          \
    X(REFRESH, "Refresh", true)                                                                    \
    X(RETRY_AFTER, "Retry-After", true)                                                            \
    X(WWW_AUTHENTICATE, "WWW-Authenticate", true)                                                  \
    X(CONTENT_DISPOSITION, "Content-Disposition", true)                                            \
    X(CONTENT_LANGUAGE, "Content-Language", true)                                                  \
    X(LINK, "Link", true)                                                                          \
    X(VARY, "Vary", true)                                                                          \
    X(ACCEPT_RANGES, "Accept-Ranges", true)                                                        \
    X(CONTENT_RANGE, "Content-Range", true)                                                        \
    X(UPLOAD_OFFSET, "Upload-Offset", true)                                                        \
    X(UPLOAD_LENGTH, "Upload-Length", true)                                                        \
    X(X_TAXII_DATE_ADDED_FIRST, "X-TAXII-Date-Added-First", true)                                  \
    X(X_TAXII_DATE_ADDED_LAST, "X-TAXII-Date-Added-Last", true)

enum http_header_id {
#define X(id, name, once) HTTP_HEADER_##id,
    HTTP_HEADER_TABLE(X)
#undef X
        HTTP_HEADER_OTHER
};

/* Caps on one head. Zero members mean the defaults below. */
struct http_limits {
    size_t head_size;   /* bytes of the whole head */
    size_t target_size; /* bytes of the request target */
    size_t n_headers;   /* at most HTTP_HEADERS_MAX */
};
#define HTTP_HEAD_SIZE_MAX (16u * 1024)
#define HTTP_TARGET_SIZE_MAX (8u * 1024)

struct http_header {
    enum http_header_id id;
    struct str name;  /* as sent */
    struct str value; /* without spaces around it */
};

struct http_head {
    enum http_method method;
    bool is_http10;
    bool keep_alive;         /* what the request asks; the server may still close */
    bool expects_continue;   /* Expect: 100-continue */
    bool has_content_length;
    uint64_t content_length; /* bytes; 0 when absent */
    struct str target;       /* origin form: begins with '/'; or "*" for OPTIONS */
    struct str path;         /* target before '?', still percent-encoded */
    struct str query;        /* behind '?', still percent-encoded; at == NULL when there is none */
    struct str host;         /* the Host header; empty only in HTTP/1.0 */
    size_t head_size;        /* bytes of the head: the body starts here */
    size_t n_headers;
    struct http_header headers[HTTP_HEADERS_MAX];
};

enum http_head_answer {
    HTTP_HEAD_OK = 0,
    HTTP_HEAD_MORE = 1, /* nothing wrong so far, the empty line has not come */
    HTTP_HEAD_BAD = 2,  /* *ret_error says with which status to close */
};

struct http_head_error {
    unsigned status;    /* 400, 405, 411, 414, 417, 431, 501 or 505 */
    const char *reason; /* a constant sentence for the answer and the log; never holds bytes of the request */
};

/* Look for the end of the head in bytes[0..len), of which the first *scanned were looked at by earlier calls (start with
 * 0; moved).  Finds control characters, NUL, bare CR and bare LF as soon as they arrive, so that a sender of such bytes
 * is not waited for.  On OK, *ret_head_size is the size of the head. */
MUST_CHECK enum http_head_answer http_head_scan(const char *bytes, size_t len, size_t *scanned,
                                                const struct http_limits *limits, size_t *ret_head_size,
                                                struct http_head_error *ret_error);

/* Read a whole head; `head` must be what http_head_scan() measured, no more and no less.
 * HTTP_HEAD_OK or HTTP_HEAD_BAD. */
MUST_CHECK enum http_head_answer http_head_read(struct str head, const struct http_limits *limits, struct http_head *ret,
                                                struct http_head_error *ret_error);

/* Both in one, from the first byte: what tests and fuzzers call. */
MUST_CHECK enum http_head_answer http_head_check(struct str bytes, const struct http_limits *limits,
                                                 struct http_head *ret, struct http_head_error *ret_error);

/* The first value of a header; STR_NONE (at == NULL) when it is absent. */
struct str http_head_find(const struct http_head *head, enum http_header_id id);
struct str http_head_find_name(const struct http_head *head, struct str name); /* any case */

const char *http_method_name(enum http_method m);
const char *http_header_name(enum http_header_id id); /* "" for HTTP_HEADER_OTHER */
