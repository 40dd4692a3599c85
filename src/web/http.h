/* The HTTP server: strict HTTP/1.1 over TCP, plain or TLS, on a pool of threads sharing one epoll.
 *
 *     listener ──accept──> connection ──head, body──> handler ──response──> back to the same connection
 *
 * Each thread waits for one ready connection, serves it as far as it can go without waiting for the peer, and puts it
 * back. A handler may therefore block (on the keeper, on a database) without holding up others than its own thread.
 * Every head goes through http-head.h; a refused one is answered and its connection closed.
 * Owner    the caller of http_server_start(); http_server_stop() ends everything and frees.
 * Threads  the handler runs on many threads at once, each with its own thread context.
 * Limits   struct http_config; every wait has a deadline, and every address a number of connections.
 * Design   doc/design/http.md. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "web/http-head.h"

struct http_server;

struct http_request {
    enum http_method method;
    struct str path;        /* percent-encoded; begins with '/' */
    struct str query;       /* percent-encoded; at == NULL without '?' */
    struct str host;        /* the Host header as sent */
    struct str body;        /* the whole body; empty when there is none */
    struct str peer;        /* address of the client, text without port; behind a proxy what the proxy says */
    bool is_secure;         /* TLS here or, as the declared proxy says, in front */
    const char *certificate; /* SHA-256 in hexadecimal of the one that the client has shown in the handshake (tls_client_ca_file); "" none that holds now */
    const struct http_head *head;
    struct arena *arena;    /* lives as long as this request */
    void *thread_ctx;       /* of the thread that serves it */
};

/* Bodies up to this size are counted by their connections alone, so that large ones never keep a short form out. */
#define HTTP_BODY_SMALL (16u * 1024)

/* How long and by whom an answer may be kept. */
enum http_cache {
    HTTP_CACHE_NEVER,     /* no-store: every page, the default */
    HTTP_CACHE_CHECK,     /* no-cache: kept, but asked again each time (ETag) */
    HTTP_CACHE_FOR_EVER,  /* public, immutable, a year: addresses that hold a digest of their content */
};

/* What a long body is made of, piece by piece, while it goes out; so that no answer is in memory as a whole. Called by whichever thread
 * serves the connection just then, one at a time: seldom the one that took the request, whose things are another request's by then. */
struct http_source {
    /* Add the next bytes, at least one; negative: the connection is cut, so that nobody takes it for whole. `thread_ctx` is of the thread at hand,
     * and not to be kept. */
    int (*more)(void *ctx, void *thread_ctx, struct buf *out);
    void (*done)(void *ctx); /* once, also when it was never read; any thread */
};

/* The answer, filled by the handler. Starts as 200, "text/html; charset=utf-8", no-store, empty body. */
struct http_response {
    unsigned status;
    const char *content_type;   /* constant or in the request's arena; NULL: no body, no type */
    enum http_cache cache;
    bool close;                 /* close the connection behind this answer */
    struct buf body;            /* written by the handler, freed by the server */
    struct str body_static;     /* used instead of `body` when at != NULL; must outlive the server */
    const struct http_source *source; /* the whole body comes from here, and `body` is the server's; NULL: it does not */
    void *source_ctx;           /* the server's from here on */
    uint64_t source_len;        /* bytes that it gives in all */
    bool is_foreign;            /* bytes of somebody else's: a browser shall not run anything in them */
    struct buf headers;         /* private: lines added by http_response_header() */
};

/* Answers 0, or negative: the peer then gets 500 and nothing of what was written. */
typedef int http_handler_fn(struct http_request *req, struct http_response *resp, void *ctx);

struct http_config {
    const char *address;        /* numeric, "127.0.0.1" or "::1" */
    uint16_t port;              /* 0: any free one, see http_server_port() */
    unsigned n_threads;         /* 0: 16 */
    size_t connections_max;     /* 0: 4096 */
    size_t address_max;         /* connections of one address (IPv6: one /64); 0: 256; not applied behind a proxy */
    size_t body_size_max;       /* 0: 1 MiB; used where body_limit is NULL */
    size_t bodies_size_max;     /* of all bodies being received that are larger than HTTP_BODY_SMALL; 0: 256 MiB */
    size_t address_bodies_max;  /* the same of one address; 0: 64 MiB; not applied behind a proxy */
    size_t response_size_max;   /* 0: 64 MiB */
    size_t arena_size_max;      /* of one request; 0: 64 MiB */
    unsigned head_timeout_ms;   /* first byte to end of head; 0: 10 000 */
    unsigned body_timeout_ms;   /* end of head to end of body; 0: 60 000 */
    unsigned idle_timeout_ms;   /* between requests; 0: 30 000 */
    unsigned write_timeout_ms;  /* one answer; 0: 60 000 */
    bool behind_proxy;          /* believe X-Forwarded-For and X-Forwarded-Proto */
    const char *tls_cert_file;  /* PEM; both or neither */
    const char *tls_key_file;
    const char *tls_client_ca_file; /* PEM, with the two above: whose certificates clients are asked for; NULL: none is asked for. Never behind a proxy, which ends TLS itself */
    /* Refusals of what begins with this path are problem details (RFC 9457) instead of plain text; NULL: none are. */
    const char *problem_path;
    /* Largest body for this request, decided before a byte of it is kept. May be NULL. */
    size_t (*body_limit)(const struct http_head *head, void *ctx);
    /* Made and ended on each serving thread; may be NULL. A failing start (negative) fails http_server_start(). */
    int (*thread_start)(void *ctx, void **ret_thread_ctx);
    void (*thread_end)(void *ctx, void *thread_ctx);
    /* One finished sentence about a failure of the server itself; may be NULL. Any thread. */
    void (*log)(void *ctx, const char *sentence);
};

enum { HTTP_E_ADDRESS = 1, HTTP_E_FORBIDDEN, HTTP_E_IN_USE, HTTP_E_TLS };

/* Bind, start the threads, serve. `config` is copied; the strings in it are borrowed until stop.
 * HTTP_E_ADDRESS: not a numeric address; HTTP_E_FORBIDDEN: http_listen_allowed() refuses it; HTTP_E_IN_USE: the port is
 * taken; HTTP_E_TLS: certificate or key unusable; each with words in diag. -errno otherwise. */
MUST_CHECK int http_server_start(const struct http_config *config, http_handler_fn *handler, void *ctx,
                                 struct http_server **ret, struct diag *diag);
uint16_t http_server_port(const struct http_server *s);
/* Stop accepting, finish the requests being served, give answers under way two seconds, free. NULL is fine. */
void http_server_stop(struct http_server *s);

/* May we listen here? Loopback always; elsewhere only with TLS or behind a declared proxy. */
bool http_listen_allowed(struct str address, bool has_tls, bool behind_proxy);

/* ---- requests ---- */
struct str http_request_header(const struct http_request *req, enum http_header_id id); /* at == NULL: absent */
/* A cookie by its exact name. at == NULL when it is absent, or there twice. */
struct str http_request_cookie(const struct http_request *req, struct str name);
/* Is this ETag in a list as of If-None-Match? Weak ones compare equal (RFC 9110, 13.1.2), and "*" is every one. */
bool http_etag_listed(struct str list, struct str etag);
/* Does this come from a page of ours? Sec-Fetch-Site must be same-origin (or none, for what the user typed, when
 * `allow_typed`); where the browser sends none, Origin must be ours; without either, the answer is no. */
bool http_request_same_origin(const struct http_request *req, bool allow_typed);

/* ---- responses ---- */
/* Add a header line. -EINVAL when the value holds a control character; -ENOMEM. */
MUST_CHECK int http_response_header(struct http_response *resp, enum http_header_id id, struct str value);
/* Set-Cookie with Path=/, HttpOnly, SameSite=Strict, and Secure when `is_secure`. `max_age_s` 0 deletes it; negative
 * lasts as long as the browser. `name` and `value` are cookie octets, else -EINVAL. */
MUST_CHECK int http_response_cookie(struct http_response *resp, struct str name, struct str value, int64_t max_age_s,
                                    bool is_secure);
/* An absolute path of this host in printable ASCII: one '/' and no second, no backslash, no space. Browsers drop tabs and line
 * ends from an address before reading it, so that "/\t/evil.example" would lead to another host. */
bool http_path_is_local(struct str path);
/* 303 to a path of our own. -EINVAL when http_path_is_local() denies it. */
MUST_CHECK int http_response_redirect(struct http_response *resp, struct str path);
/* Empty it again and set a status with a short text body. */
void http_response_plain(struct http_response *resp, unsigned status, struct str text);
const char *http_status_text(unsigned status);
