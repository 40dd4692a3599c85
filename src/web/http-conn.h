/* One connection of the HTTP server and the steps of its life; private to http.c and http-conn.c.
 *
 *   HANDSHAKE -> HEAD -> BODY -> (handler) -> WRITE -> HEAD ...
 *                  \________ refusal ________/    \-> LINGER -> closed
 *
 * Always true (doc/design/http.md, C1 to C4): a connection belongs to one thread from the moment epoll hands it out
 * until http_conn_run() has said what it waits for; the sweeper touches nothing of it but `deadline`, `is_expired` and
 * the direction of the socket; it is freed only after it left the server's lists. */
#pragma once

#include "web/http-response.h"
#include "web/http-stream.h"

#include <netinet/in.h>
#include <stdatomic.h>

enum http_conn_state { CONN_HANDSHAKE, CONN_HEAD, CONN_BODY, CONN_WRITE, CONN_LINGER };

/* What the connection needs next. */
enum http_conn_wait { CONN_GO_ON, CONN_WAIT_READ, CONN_WAIT_WRITE, CONN_YIELD, CONN_END };

struct http_conn {
    uint32_t magic;                /* HTTP_CONN_MAGIC: travels through epoll as void * */
    struct http_stream stream;
    enum http_conn_state state;
    _Atomic uint64_t deadline;     /* monotonic us * 2, + 1 when waiting to write; 0 none: being served */
    atomic_bool is_expired;        /* set by the sweeper */
    struct http_conn *next, **link; /* list of its address bucket; server's lock */
    uint8_t address[16];           /* peer; IPv4 mapped */
    char peer[INET6_ADDRSTRLEN];

    char *in;                      /* received, not yet consumed: a head, and what came behind it */
    size_t in_len, in_size;
    size_t scanned;                /* bytes of `in` that http_head_scan() looked at */
    size_t head_size;              /* in BODY: the head stays in `in` until the body is whole */
    char *body;                    /* grows as bytes arrive */
    size_t body_len, body_size, body_want;
    size_t body_held;              /* what http_server_hold() counts for it; server's lock */
    uint64_t started_us;           /* first byte of the head, or start of body, write, linger */

    struct buf out_head;
    struct http_response response; /* in WRITE */
    size_t out_done;               /* bytes of head and body sent */
    uint64_t source_done;          /* bytes that the answer's source has given */
    bool is_head_method;           /* HEAD: no body goes out */
    bool close_after;              /* close behind this answer */
    bool linger_after;             /* the peer may still be sending: read it away first, so that no reset eats our answer */
    size_t lingered;               /* bytes read away */
};
#define HTTP_CONN_MAGIC 0x48545450u

/* What a thread brings along. */
struct http_worker {
    struct http_server *server;
    void *thread_ctx;
    struct http_head head;         /* scratch */
    struct buf spare_body;         /* reused from answer to answer */
    int64_t date_second;
    char date[HTTP_DATE_SIZE];
};

/* The part of the server that connections see. */
struct http_service {
    struct http_config config;     /* defaults filled in */
    struct http_limits limits;
    http_handler_fn *handler;
    void *ctx;
    struct http_tls *tls;          /* NULL: plain */
    atomic_bool is_stopping;
};

/* Count `size` bytes for the body of this connection instead of what was counted; false when that is too much at once for
 * the server or the address. Up to HTTP_BODY_SMALL it is never refused. */
MUST_CHECK bool http_server_hold(struct http_server *s, struct http_conn *c, size_t size);

/* Takes `fd` over on success. -ENOMEM, -EIO. */
MUST_CHECK int http_conn_new(struct http_service *service, int fd, struct http_conn **ret);
void http_conn_free(struct http_conn *c);
/* Go as far as possible without waiting. Never CONN_GO_ON. On a wait, *ret_deadline_us (monotonic) is its end. */
enum http_conn_wait http_conn_run(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                  uint64_t *ret_deadline_us);
/* When stopping: send what is left of an answer, waiting until the deadline at most. */
void http_conn_flush(struct http_conn *c, uint64_t deadline_us);
