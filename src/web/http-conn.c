/* See http-conn.h. */
#include "web/http-conn.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define IN_SIZE_FIRST 4096u             /* most heads fit */
#define BODY_SIZE_FIRST HTTP_BODY_SMALL
#define OUT_HEAD_SIZE_MAX (32u * 1024)
#define SPARE_BODY_MAX (256u * 1024)    /* larger buffers go back to the heap */
#define ROUNDS_MAX 64u                  /* steps of one connection before others get their turn */
#define LINGER_MS 1000u
#define LINGER_BYTES ((size_t)16 << 20) /* who sends too large a file must come to read why */

int http_conn_new(struct http_service *service, int fd, struct http_conn **ret)
{
    struct http_conn *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    r = http_stream_init(&c->stream, fd, service->tls);
    if (r < 0) {
        free(c);
        return ERR(r);
    }
    c->magic = HTTP_CONN_MAGIC;
    c->state = service->tls ? CONN_HANDSHAKE : CONN_HEAD;
    c->started_us = clock_monotonic_us();
    buf_init(&c->out_head, OUT_HEAD_SIZE_MAX);
    *ret = c;
    return 0;
}

void http_conn_free(struct http_conn *c)
{
    if (!c)
        return;
    http_stream_done(&c->stream);
    http_response_done(&c->response);
    buf_done(&c->out_head);
    free(c->in);
    free(c->body);
    c->magic = 0;
    free(c);
}

static uint64_t deadline_after(const struct http_conn *c, unsigned ms)
{
    return c->started_us + (uint64_t)ms * 1000;
}

/* ---- answers ---- */

static void answer_begin(struct http_service *service, struct http_worker *w, struct http_conn *c)
{
    http_response_init(&c->response, service->config.response_size_max);
    if (w->spare_body.at) {
        c->response.body = w->spare_body;
        w->spare_body = (struct buf){0};
    }
}

static void answer_send(struct http_service *service, struct http_worker *w, struct http_conn *c)
{
    int64_t second = (int64_t)(clock_real_us() / US_PER_SECOND);
    struct http_response *resp = &c->response;
    bool is_secure = service->tls || service->config.behind_proxy;

    if (second != w->date_second) {
        http_date_print(second, w->date);
        w->date_second = second;
    }
    buf_clear(&c->out_head);
    if (http_response_print_head(resp, w->date, !c->close_after, is_secure, &c->out_head)) {
        /* Too many headers of the handler, or no memory: an answer without any. */
        buf_done(&resp->headers);
        http_response_plain(resp, 500, STR("the answer could not be written"));
        c->close_after = true;
        buf_clear(&c->out_head);
        if (http_response_print_head(resp, w->date, false, is_secure, &c->out_head))
            c->out_head.len = 0;
    }
    c->state = CONN_WRITE;
    c->out_done = 0;
    c->source_done = 0;
    c->started_us = clock_monotonic_us();
}

static void drop_body(struct http_worker *w, struct http_conn *c)
{
    if (c->body) /* a password or a secret may have been in it */
        explicit_bzero(c->body, c->body_len);
    free(c->body);
    c->body = NULL;
    c->body_len = c->body_size = 0;
    if (c->body_held)
        IGNORE(http_server_hold(w->server, c, 0), "holding nothing is never refused");
}

/* What the client asks for as far as it can be told: its head may be the very thing that is wrong. */
static bool asks_for_problems(const struct http_service *service, const struct http_conn *c)
{
    struct str rest = {c->in, c->in_len}, method;

    return service->config.problem_path && str_split(&rest, ' ', &method) && rest.at &&
           str_starts(rest, str_of(service->config.problem_path));
}

static void answer_refusal(const struct http_service *service, struct http_conn *c, unsigned status, const char *reason)
{
    if (asks_for_problems(service, c))
        http_response_problem(&c->response, status, reason);
    else
        http_response_plain(&c->response, status, str_of(reason));
}

/* Answer a request that is not served, and close behind it. */
static enum http_conn_wait refuse(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                  unsigned status, const char *reason)
{
    answer_begin(service, w, c);
    answer_refusal(service, c, status, reason);
    if (status == 405)
        IGNORE(http_response_header(&c->response, HTTP_HEADER_ALLOW, STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")),
               "without memory the answer goes out plainer");
    drop_body(w, c);
    c->close_after = true;
    c->linger_after = true;
    c->is_head_method = c->in_len >= 5 && !memcmp(c->in, "HEAD ", 5); /* whoever asks so expects no body behind it */
    answer_send(service, w, c);
    return CONN_GO_ON;
}

/* ---- the handler ---- */

static struct str proxied_peer(const struct http_head *head)
{
    struct str rest = http_head_find(head, HTTP_HEADER_X_FORWARDED_FOR), piece, last = STR_NONE;
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];

    while (str_split(&rest, ',', &piece))
        last = str_trim(piece);
    if (!last.len || last.len >= sizeof(text))
        return STR_NONE;
    memcpy(text, last.at, last.len);
    text[last.len] = '\0';
    if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
        return STR_NONE;
    return last;
}

static void run_handler(struct http_service *service, struct http_worker *w, struct http_conn *c, struct arena *arena)
{
    const struct http_head *head = &w->head;
    struct http_request req = {
        .method = head->method,
        .path = head->path,
        .query = head->query,
        .host = head->host,
        .body = {c->body, c->body_len},
        .peer = str_of(c->peer),
        .is_secure = service->tls != NULL,
        .certificate = http_stream_certificate(&c->stream, clock_real_us()),
        .head = head,
        .arena = arena,
        .thread_ctx = w->thread_ctx,
    };
    int r;

    if (service->config.behind_proxy) {
        struct str peer = proxied_peer(head);

        if (peer.at)
            req.peer = peer;
        req.is_secure |= str_eq(http_head_find(head, HTTP_HEADER_X_FORWARDED_PROTO), STR("https"));
    }
    r = service->handler(&req, &c->response, service->ctx);
    if (!r)
        r = buf_error(&c->response.body);
    if (r) {
        http_response_end_source(&c->response);
        c->response.is_foreign = false;
        buf_done(&c->response.headers);
        buf_init(&c->response.headers, 0);
        buf_done(&c->response.body);
        buf_init(&c->response.body, service->config.response_size_max);
        answer_refusal(service, c, 500, "the server failed at this request");
        if (service->config.log)
            service->config.log(service->ctx, "a request could not be served and was answered with 500");
    }
}

/* w->head holds the head, c->body the whole body. */
static enum http_conn_wait serve(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                 size_t head_size)
{
    struct arena *arena = arena_new(service->config.arena_size_max);

    if (!arena)
        return refuse(service, w, c, 503, "no memory for this request");
    c->close_after = !w->head.keep_alive || atomic_load(&service->is_stopping);
    c->is_head_method = w->head.method == HTTP_HEAD;
    answer_begin(service, w, c);
    run_handler(service, w, c, arena);
    c->close_after |= c->response.close;
    arena_free(arena);
    answer_send(service, w, c);

    drop_body(w, c);
    c->in_len -= head_size;
    memmove(c->in, c->in + head_size, c->in_len);
    c->scanned = 0;
    c->linger_after = c->in_len > 0;
    return CONN_GO_ON;
}

/* ---- reading ---- */

static size_t grown(size_t size, size_t first, size_t max)
{
    return size ? MIN_OF(size * 2, max) : MIN_OF(first, max);
}

/* Room for at least one more byte in *bytes; false when out of memory. */
static bool grow(char **bytes, size_t len, size_t *size, size_t first, size_t max)
{
    size_t want = grown(*size, first, max);
    char *p;

    if (len < *size)
        return true;
    p = realloc(*bytes, want);
    if (!p || want <= len)
        return false;
    *bytes = p;
    *size = want;
    return true;
}

/* The same for the body, as long as its sender and the server do not hold too much already. */
static bool grow_body(struct http_worker *w, struct http_conn *c, size_t first)
{
    if (c->body_len < c->body_size)
        return true;
    return http_server_hold(w->server, c, grown(c->body_size, first, c->body_want)) &&
           grow(&c->body, c->body_len, &c->body_size, first, c->body_want);
}

static const char body_refused[] = "no room for this body now; send it again later";

static enum http_conn_wait head_whole(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                      size_t head_size)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct http_head_error error = {0};
    size_t body_max = service->config.body_size_max, behind;

    if (http_head_read((struct str){c->in, head_size}, &service->limits, &w->head, &error))
        return refuse(service, w, c, error.status, error.reason);
    if (!w->head.content_length)
        return serve(service, w, c, head_size);
    if (service->config.body_limit)
        body_max = service->config.body_limit(&w->head, service->ctx);
    if (w->head.content_length > body_max)
        return refuse(service, w, c, 413, "request body larger than this address accepts");

    c->head_size = head_size;
    c->body_want = (size_t)w->head.content_length;
    c->state = CONN_BODY;
    c->started_us = clock_monotonic_us();
    behind = MIN_OF(c->in_len - head_size, c->body_want);
    if (behind) {
        if (!grow_body(w, c, MAX_OF(behind, BODY_SIZE_FIRST)))
            return refuse(service, w, c, 503, body_refused);
        memcpy(c->body, c->in + head_size, behind);
        c->body_len = behind;
        c->in_len -= behind;
        memmove(c->in + head_size, c->in + head_size + behind, c->in_len - head_size);
        explicit_bzero(c->in + c->in_len, behind);
    } else if (w->head.expects_continue) {
        struct iovec piece = {(void *)go_on, sizeof(go_on) - 1};

        IGNORE(http_stream_write(&c->stream, &piece, 1) < 0, "a peer that is not told goes on after its own wait");
    }
    return CONN_GO_ON;
}

static enum http_conn_wait step_head(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                     uint64_t *ret_deadline_us)
{
    struct http_head_error error = {0};
    size_t head_size = 0;
    ssize_t n;

    switch (http_head_scan(c->in, c->in_len, &c->scanned, &service->limits, &head_size, &error)) {
    case HTTP_HEAD_OK:
        return head_whole(service, w, c, head_size);
    case HTTP_HEAD_BAD:
        return refuse(service, w, c, error.status, error.reason);
    case HTTP_HEAD_MORE:
        break;
    }
    if (!grow(&c->in, c->in_len, &c->in_size, IN_SIZE_FIRST, service->limits.head_size + 1))
        return refuse(service, w, c, 503, "no memory for this request");
    n = http_stream_read(&c->stream, c->in + c->in_len, c->in_size - c->in_len);
    if (n > 0) {
        if (!c->in_len)
            c->started_us = clock_monotonic_us();
        c->in_len += (size_t)n;
        return CONN_GO_ON;
    }
    if (atomic_load(&c->is_expired) && c->in_len)
        return refuse(service, w, c, 408, "the request head did not arrive in time");
    if (n != -EAGAIN)
        return CONN_END;
    *ret_deadline_us =
        deadline_after(c, c->in_len ? service->config.head_timeout_ms : service->config.idle_timeout_ms);
    return CONN_WAIT_READ;
}

static enum http_conn_wait step_body(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                     uint64_t *ret_deadline_us)
{
    struct http_head_error error;
    ssize_t n;

    if (c->body_len == c->body_want) {
        /* Read once already; the second reading saves keeping 4 KB of pieces for each connection. */
        if (http_head_read((struct str){c->in, c->head_size}, &service->limits, &w->head, &error))
            return CONN_END;
        return serve(service, w, c, c->head_size);
    }
    if (!grow_body(w, c, BODY_SIZE_FIRST))
        return refuse(service, w, c, 503, body_refused);
    n = http_stream_read(&c->stream, c->body + c->body_len, c->body_size - c->body_len);
    if (n > 0) {
        c->body_len += (size_t)n;
        return CONN_GO_ON;
    }
    if (atomic_load(&c->is_expired))
        return refuse(service, w, c, 408, "the request body did not arrive in time");
    if (n != -EAGAIN)
        return CONN_END;
    *ret_deadline_us = deadline_after(c, service->config.body_timeout_ms);
    return CONN_WAIT_READ;
}

/* ---- writing ---- */

static ssize_t write_some(struct http_conn *c, bool *ret_all)
{
    struct str body = c->is_head_method || c->response.status == 204 || c->response.status == 304
                          ? STR_NONE
                          : http_response_body(&c->response);
    size_t head_done = MIN_OF(c->out_done, c->out_head.len), body_done = c->out_done - head_done;
    struct iovec pieces[2];
    int first = 0;
    ssize_t n;

    *ret_all = c->out_done == c->out_head.len + body.len;
    if (*ret_all)
        return 0;
    pieces[0] = (struct iovec){c->out_head.at + head_done, c->out_head.len - head_done};
    /* an empty body may have no address to count from */
    pieces[1] = (struct iovec){0};
    if (body.len > body_done)
        pieces[1] = (struct iovec){(char *)(uintptr_t)body.at + body_done, body.len - body_done};
    if (!pieces[0].iov_len)
        first = 1;
    n = http_stream_write(&c->stream, pieces + first, pieces[1].iov_len ? 2 - first : 1);
    if (n > 0)
        c->out_done += (size_t)n;
    *ret_all = c->out_done == c->out_head.len + body.len;
    return n;
}

/* The next bytes of a long body, when all before them are out. 1: there are none. */
static int source_more(const struct http_worker *w, struct http_conn *c)
{
    struct http_response *resp = &c->response;
    int r;

    if (!resp->source || c->is_head_method || c->source_done == resp->source_len)
        return 1;
    buf_clear(&resp->body);
    buf_clear(&c->out_head);
    c->out_done = 0;
    r = resp->source->more(resp->source_ctx, w->thread_ctx, &resp->body);
    if (r || !resp->body.len || resp->body.len > resp->source_len - c->source_done)
        return r < 0 ? r : -EIO;
    c->source_done += resp->body.len;
    c->started_us = clock_monotonic_us(); /* each piece has the time of an answer */
    return 0;
}

static void give_body_back(struct http_worker *w, struct http_conn *c)
{
    struct buf *body = &c->response.body;

    if (!w->spare_body.at && body->at && body->size <= SPARE_BODY_MAX && !buf_error(body)) {
        buf_clear(body);
        w->spare_body = *body;
        *body = (struct buf){0};
    }
    http_response_done(&c->response);
    c->response = (struct http_response){0};
}

static enum http_conn_wait step_write(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                      uint64_t *ret_deadline_us)
{
    bool all = false;
    ssize_t n = write_some(c, &all);

    if (n == -EAGAIN && !atomic_load(&c->is_expired)) {
        *ret_deadline_us = deadline_after(c, service->config.write_timeout_ms);
        return CONN_WAIT_WRITE;
    }
    if (n < 0)
        return CONN_END;
    if (!all)
        return CONN_GO_ON;
    if ((n = source_more(w, c)) <= 0)
        return n ? CONN_END : CONN_GO_ON;
    give_body_back(w, c);
    c->started_us = clock_monotonic_us();
    if (c->close_after) {
        http_stream_finish(&c->stream);
        if (!c->linger_after)
            return CONN_END;
        c->state = CONN_LINGER;
        return CONN_GO_ON;
    }
    if (c->in_size > IN_SIZE_FIRST && !c->in_len) {
        free(c->in);
        c->in = NULL;
        c->in_size = 0;
    }
    c->state = CONN_HEAD;
    if (c->in_len || http_stream_has_pending(&c->stream))
        return CONN_GO_ON;
    *ret_deadline_us = deadline_after(c, service->config.idle_timeout_ms);
    return CONN_WAIT_READ;
}

static enum http_conn_wait step_linger(struct http_conn *c, uint64_t *ret_deadline_us)
{
    char away[4096];
    ssize_t n = http_stream_read(&c->stream, away, sizeof(away));

    if (n > 0 && c->lingered < LINGER_BYTES) {
        c->lingered += (size_t)n;
        return CONN_GO_ON;
    }
    if (n != -EAGAIN || atomic_load(&c->is_expired))
        return CONN_END;
    *ret_deadline_us = deadline_after(c, LINGER_MS);
    return CONN_WAIT_READ;
}

static enum http_conn_wait step_handshake(struct http_service *service, struct http_conn *c, uint64_t *ret_deadline_us)
{
    bool wants_write = false;
    int r = http_stream_handshake(&c->stream, &wants_write);

    if (!r) {
        c->state = CONN_HEAD;
        return CONN_GO_ON;
    }
    if (r != -EAGAIN || atomic_load(&c->is_expired))
        return CONN_END;
    *ret_deadline_us = deadline_after(c, service->config.head_timeout_ms);
    return wants_write ? CONN_WAIT_WRITE : CONN_WAIT_READ;
}

enum http_conn_wait http_conn_run(struct http_service *service, struct http_worker *w, struct http_conn *c,
                                  uint64_t *ret_deadline_us)
{
    enum http_conn_wait wait = CONN_GO_ON;

    for (unsigned round = 0; round < ROUNDS_MAX && wait == CONN_GO_ON; round++) {
        switch (c->state) {
        case CONN_HANDSHAKE:
            wait = step_handshake(service, c, ret_deadline_us);
            break;
        case CONN_HEAD:
            wait = step_head(service, w, c, ret_deadline_us);
            break;
        case CONN_BODY:
            wait = step_body(service, w, c, ret_deadline_us);
            break;
        case CONN_WRITE:
            wait = step_write(service, w, c, ret_deadline_us);
            break;
        case CONN_LINGER:
            wait = step_linger(c, ret_deadline_us);
            break;
        }
    }
    if (wait != CONN_GO_ON)
        return wait;
    *ret_deadline_us = deadline_after(c, c->state == CONN_BODY    ? service->config.body_timeout_ms
                                         : c->state == CONN_WRITE ? service->config.write_timeout_ms
                                                                  : service->config.head_timeout_ms);
    return CONN_YIELD;
}

void http_conn_flush(struct http_conn *c, uint64_t deadline_us)
{
    bool all = c->state != CONN_WRITE;

    while (!all) {
        uint64_t now = clock_monotonic_us();
        struct pollfd p = {.fd = c->stream.fd, .events = POLLOUT};
        ssize_t n = write_some(c, &all);

        if ((n < 0 && n != -EAGAIN) || now >= deadline_us)
            return;
        if (n == -EAGAIN && poll(&p, 1, (int)((deadline_us - now) / 1000) + 1) <= 0)
            return;
    }
}
