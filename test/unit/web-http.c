/* The server on a free port of 127.0.0.1, spoken to through plain sockets: ambiguous requests, limits, deadlines, and
 * that a hostile peer costs nobody else anything. */
#include "web/http.h"

#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* What writes large answers takes its time under the thread sanitizer. */
#define SLOWER 1
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef SLOWER
#define SLOWER 5
#endif
#endif

struct fixture {
    struct http_server *server;
    atomic_int n_served; /* requests that reached the handler */
    atomic_int n_threads;
    atomic_int n_sources; /* begun and not let go of */
    atomic_int n_moved;   /* pieces that another thread gave than the one that took the request */
};

/* A serving thread's: what is handed to it must be its own. */
struct serving {
    struct fixture *f;
    pthread_t self;
};

/* ---- a long body ---- */

#define PIECE 100000u
#define PIECES 30u
#define PIECES_MANY 80u /* more than the system buffers for a peer whom it remembers as quick: 4 MiB (tcp_wmem) */

struct pieces {
    struct fixture *f;
    pthread_t taker;
    unsigned n, breaks_at;
};

static int pieces_more(void *ctx, void *thread_ctx, struct buf *out)
{
    struct pieces *p = ctx;
    const struct serving *t = thread_ctx;
    char *at;

    if (!pthread_equal(t->self, pthread_self()))
        return -1;
    if (!pthread_equal(t->self, p->taker))
        atomic_fetch_add(&p->f->n_moved, 1);
    usleep(200); /* as one does that asks another process */
    if (p->n == p->breaks_at)
        return -5;
    at = buf_grow(out, PIECE);
    if (!at)
        return -12;
    memset(at, 'a' + (int)(p->n++ % 26), PIECE);
    return 0;
}

static void pieces_done(void *ctx)
{
    struct pieces *p = ctx;

    atomic_fetch_sub(&p->f->n_sources, 1);
    free(p);
}

static const struct http_source pieces_source = {pieces_more, pieces_done};

static int answer_pieces(struct fixture *f, struct http_response *resp, unsigned n, unsigned breaks_at)
{
    struct pieces *p = calloc(1, sizeof(*p));

    *p = (struct pieces){.f = f, .taker = pthread_self(), .breaks_at = breaks_at};
    atomic_fetch_add(&f->n_sources, 1);
    resp->source = &pieces_source;
    resp->source_ctx = p;
    resp->source_len = (uint64_t)PIECE * n;
    resp->is_foreign = true;
    return 0;
}

static int handle(struct http_request *req, struct http_response *resp, void *ctx)
{
    const struct serving *t = req->thread_ctx;
    struct fixture *f = ctx;

    atomic_fetch_add(&f->n_served, 1);
    assert_ptr_equal(t->f, f);
    assert_true(pthread_equal(t->self, pthread_self()));
    if (str_ends(req->path, STR("/fail")))
        return -5;
    if (str_eq(req->path, STR("/slow")))
        usleep(100 * 1000);
    if (str_eq(req->path, STR("/big"))) {
        char *p = buf_grow(&resp->body, 8 * 1024 * 1024);

        memset(p, 'x', 8 * 1024 * 1024);
        return 0;
    }
    if (str_eq(req->path, STR("/pieces")))
        return answer_pieces(f, resp, PIECES, PIECES);
    if (str_eq(req->path, STR("/broken")))
        return answer_pieces(f, resp, PIECES, 3);
    if (str_eq(req->path, STR("/pieces-many")))
        return answer_pieces(f, resp, PIECES_MANY, PIECES_MANY);
    if (str_eq(req->path, STR("/pieces-fail"))) /* begun, and then something else fails */
        return answer_pieces(f, resp, PIECES, PIECES) ?: -5;
    if (str_eq(req->path, STR("/cookie"))) {
        struct str value = http_request_cookie(req, STR("sid"));

        return buf_printf(&resp->body, "cookie [%.*s]", STR_ARG(value));
    }
    return buf_printf(&resp->body, "%s %.*s [%.*s] from %.*s", http_method_name(req->method), STR_ARG(req->path),
                      STR_ARG(req->body), STR_ARG(req->peer));
}

static int thread_start(void *ctx, void **ret)
{
    struct fixture *f = ctx;
    struct serving *t = malloc(sizeof(*t));

    if (!t)
        return -ENOMEM;
    *t = (struct serving){f, pthread_self()};
    atomic_fetch_add(&f->n_threads, 1);
    *ret = t;
    return 0;
}

static void thread_end(void *ctx, void *thread_ctx)
{
    struct fixture *f = ctx;

    assert_true(pthread_equal(((struct serving *)thread_ctx)->self, pthread_self()));
    atomic_fetch_sub(&f->n_threads, 1);
    free(thread_ctx);
}

static size_t body_limit(const struct http_head *head, void *ctx)
{
    return str_eq(head->path, STR("/upload")) ? 200 * 1024 : 1024;
}

static struct http_config config_of_test(void)
{
    return (struct http_config){.address = "127.0.0.1",
                                .n_threads = 4,
                                .address_max = 16,
                                .head_timeout_ms = 300,
                                .body_timeout_ms = 300,
                                .idle_timeout_ms = 600,
                                .write_timeout_ms = 600 * SLOWER,
                                .problem_path = "/api/",
                                .body_limit = body_limit,
                                .thread_start = thread_start,
                                .thread_end = thread_end};
}

static void start(struct fixture *f, struct http_config config)
{
    assert_int_equal(http_server_start(&config, handle, f, &f->server, NULL), 0);
    assert_int_equal(f->n_threads, 4);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    start(f, config_of_test());
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    http_server_stop(f->server);
    assert_int_equal(f->n_threads, 0);
    free(f);
    return 0;
}

/* `room` 0: as much as the system gives. */
static int dial_with(struct fixture *f, int room)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_server_port(f->server))};
    struct timeval limit = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (room)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    return fd;
}

static int dial(struct fixture *f)
{
    return dial_with(f, 0);
}

static void tell(int fd, struct str text)
{
    assert_int_equal(send(fd, text.at, text.len, MSG_NOSIGNAL), (ssize_t)text.len);
}

/* Everything until the server closes; fails when it resets the connection or keeps it open. */
static struct str hear_all(int fd, char *to, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, to + len, size - 1 - len, 0)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    to[len] = '\0';
    close(fd);
    return (struct str){to, len};
}

static unsigned count(struct str text, const char *what)
{
    unsigned n = 0;

    for (const char *p = text.at; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static unsigned status_of(struct str answer)
{
    uint64_t status = 0;

    assert_true(answer.len >= 13 && str_starts(answer, STR("HTTP/1.1 ")) && answer.at[12] == ' ');
    assert_int_equal(str_to_u64((struct str){answer.at + 9, 3}, 100, 599, &status), 0);
    return (unsigned)status;
}

static unsigned ask_once(struct fixture *f, struct str request)
{
    char answer[16 * 1024];
    struct str all;
    int fd = dial(f);

    tell(fd, request);
    all = hear_all(fd, answer, sizeof(answer));
    assert_int_equal(count(all, "HTTP/1."), 1);
    return status_of(all);
}

#define BYTES(text) {text, sizeof(text) - 1}
#define HIDDEN "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

/* One answer, an error, then the end; the request hidden in the body is never served. */
static void test_ambiguous(void **state)
{
    static const struct {
        struct str request;
        unsigned status;
    } rows[] = {
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" HIDDEN), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n" HIDDEN), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501},
        {BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n Content-Length: 5\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"), 411},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
        {BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\n" HIDDEN), 400},
        {BYTES("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n" HIDDEN), 400},
        {BYTES("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" HIDDEN), 405},
        {BYTES("get / HTTP/1.1\r\nHost: a\r\n\r\n" HIDDEN), 501},
        {BYTES("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n" HIDDEN), 400},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n"), 413},
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"), 413},
        {BYTES("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400},
        {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01"), 400},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned status = ask_once(f, rows[i].request);

        if (status != rows[i].status)
            fail_msg("row %zu: %u, wanted %u", i, status, rows[i].status);
    }
    assert_int_equal(f->n_served, 0);
}

/* Where programs ask, a refusal is something that programs read. */
static void test_problems(void **state)
{
    static const struct {
        struct str request;
        const char *body;
    } rows[] = {
        {BYTES("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n"),
         "\r\n\r\n{\"status\":413,\"title\":\"Content Too Large\",\"detail\":\"request body larger than this address accepts\"}\n"},
        {BYTES("GET /api/x HTTP/1.1\r\nHost : a\r\n\r\n"), "{\"status\":400,"},
        {BYTES("GET /api/\x7f"), "{\"status\":400,"},
        {BYTES("TRACE /api/x HTTP/1.1\r\nHost: a\r\n\r\n"), "{\"status\":405,"},
        {BYTES("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"), "{\"status\":408,"},
        {BYTES("GET /api/fail HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "{\"status\":500,"},
        {BYTES("GET /apix HTTP/1.1\r\nHost : a\r\n\r\n"), "\r\n\r\nheader name is not a token\n"},
    };
    struct fixture *f = *state;
    char answer[16 * 1024];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = dial(f);

        tell(fd, rows[i].request);
        hear_all(fd, answer, sizeof(answer));
        if (!strstr(answer, rows[i].body))
            fail_msg("row %zu: %s", i, answer);
        assert_true(!strstr(answer, "application/problem+json") == (i == ARRAY_LEN(rows) - 1));
    }
}

static void test_too_long(void **state)
{
    struct fixture *f = *state;
    static char text[40 * 1024];
    int n = snprintf(text, sizeof(text), "GET /%0*d", 20000, 0);

    assert_int_equal(ask_once(f, (struct str){text, (size_t)n}), 414);
    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d", 30000, 0);
    assert_int_equal(ask_once(f, (struct str){text, (size_t)n}), 431);
    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 150; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "X: 1\r\n");
    n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
    assert_int_equal(ask_once(f, (struct str){text, (size_t)n}), 431);
}

/* Three requests in one packet, the second with a body: each is answered, in order. */
static void test_keep_alive(void **state)
{
    struct fixture *f = *state;
    char answer[16 * 1024];
    struct str all;
    int fd = dial(f);

    tell(fd, STR("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                 "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    all = hear_all(fd, answer, sizeof(answer));
    assert_int_equal(count(all, "HTTP/1.1 200 OK"), 3);
    assert_non_null(strstr(answer, "GET /1 [] from 127.0.0.1"));
    assert_non_null(strstr(answer, "POST /2 [hello] from 127.0.0.1"));
    assert_non_null(strstr(answer, "GET /3 []"));
    assert_int_equal(count(all, "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
                                "form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"), 3);
    assert_int_equal(count(all, "Cache-Control: no-store\r\n"), 3);
    assert_int_equal(count(all, "X-Content-Type-Options: nosniff\r\n"), 3);
    assert_int_equal(count(all, "Date: "), 3);
    assert_int_equal(count(all, "Connection: close\r\n"), 1);
}

/* A bad request behind a good one on the same connection is refused too. */
static void test_bad_behind_good(void **state)
{
    struct fixture *f = *state;
    char answer[16 * 1024];
    struct str all;
    int fd = dial(f);

    tell(fd, STR("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost : a\r\n\r\n" HIDDEN));
    all = hear_all(fd, answer, sizeof(answer));
    assert_int_equal(count(all, "HTTP/1.1 200"), 1);
    assert_int_equal(count(all, "HTTP/1.1 400"), 1);
    assert_int_equal(count(all, "HTTP/1.1 "), 2);
    assert_int_equal(f->n_served, 1);
}

static void test_byte_by_byte(void **state)
{
    struct fixture *f = *state;
    struct str text = STR("POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
    char answer[16 * 1024];
    int fd = dial(f);

    for (size_t i = 0; i < text.len; i++)
        tell(fd, (struct str){text.at + i, 1});
    hear_all(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "POST /b [hello]"));
}

static void test_deadlines(void **state)
{
    struct fixture *f = *state;
    char answer[16 * 1024];
    struct str all;
    int head = dial(f), body = dial(f), idle = dial(f);

    tell(head, STR("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "));
    tell(body, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"));
    for (int i = 0; i < 4; i++) { /* a byte now and then does not move the deadline */
        usleep(60 * 1000);
        tell(head, STR("x"));
    }
    assert_int_equal(status_of(hear_all(head, answer, sizeof(answer))), 408);
    assert_int_equal(status_of(hear_all(body, answer, sizeof(answer))), 408);
    all = hear_all(idle, answer, sizeof(answer));
    assert_int_equal(all.len, 0);
    assert_int_equal(f->n_served, 0);
}

/* They ask for more than a socket holds and read nothing of it. */
static void ask_and_never_read(struct fixture *f, int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fds[i] = dial(f);
        tell(fds[i], STR("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
}

/* More of those who never read than there are threads, and nobody gives them up meanwhile: others are served. */
static void test_never_reads_alone(void **state)
{
    struct fixture *f = *state;
    struct http_config config = config_of_test();
    int fds[8];

    http_server_stop(f->server);
    config.write_timeout_ms = 600 * 1000;
    start(f, config);
    ask_and_never_read(f, fds, ARRAY_LEN(fds));
    assert_int_equal(ask_once(f, STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
}

/* All of an answer that was asked for, and read only after a while. */
static size_t heard_after(struct fixture *f, unsigned ms)
{
    char answer[4096];
    size_t len = 0;
    ssize_t n;
    int fd;

    ask_and_never_read(f, &fd, 1);
    usleep(ms * 1000);
    while ((n = recv(fd, answer, sizeof(answer), 0)) > 0)
        len += (size_t)n;
    close(fd);
    return len;
}

/* One who never reads is dropped before everything was sent. Only reading tells; a loaded machine takes longer to drop him. */
static void test_never_reads_dropped(void **state)
{
    struct fixture *f = *state;
    unsigned ms = 1200 * SLOWER;

    while (heard_after(f, ms) >= 8 * 1024 * 1024) {
        ms *= 2;
        assert_true(ms < 60 * 1000);
    }
}

static void test_address_limit(void **state)
{
    struct fixture *f = *state;
    char answer[1024];
    struct str all;
    int fds[16], extra;

    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = dial(f);
    usleep(50 * 1000);
    extra = dial(f);
    all = hear_all(extra, answer, sizeof(answer));
    assert_int_equal(status_of(all), 503);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    usleep(50 * 1000);
    assert_int_equal(ask_once(f, STR("GET / HTTP/1.0\r\n\r\n")), 200);
}

static void test_big_answer_and_upload(void **state)
{
    struct fixture *f = *state;
    static char answer[9 * 1024 * 1024];
    static char body[200 * 1024];
    char head[256];
    struct str all;
    int fd = dial(f), n;

    tell(fd, STR("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    all = hear_all(fd, answer, sizeof(answer));
    assert_true(all.len > 8 * 1024 * 1024);

    memset(body, 'b', sizeof(body));
    fd = dial(f);
    n = snprintf(head, sizeof(head),
                 "POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n"
                 "Content-Length: %zu\r\n\r\n", sizeof(body));
    tell(fd, (struct str){head, (size_t)n});
    assert_int_equal(recv(fd, answer, 25, MSG_WAITALL), 25);
    assert_memory_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    tell(fd, (struct str){body, sizeof(body)});
    all = hear_all(fd, answer, sizeof(answer));
    assert_int_equal(status_of(all), 200);
    assert_true(all.len > sizeof(body));
}

static int dial_from(struct fixture *f, uint32_t from)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_server_port(f->server))};
    struct timeval limit = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    return fd;
}

#define UPLOAD_HEAD "POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 204800\r\n\r\n"

/* A body of 200 KiB but for its last byte: what stands in memory then is 200 KiB. */
static void begin_upload(int fd)
{
    static char body[200 * 1024 - 1];

    memset(body, 'b', sizeof(body));
    tell(fd, STR(UPLOAD_HEAD));
    tell(fd, (struct str){body, sizeof(body)});
}

/* Bodies that never end fill what their address may hold, and then what all may; short forms go through all the same. */
static void test_held_bodies(void **state)
{
    struct fixture *f = *state;
    struct http_config config = config_of_test();
    static char answer[256 * 1024];
    int held[2], refused, other;

    http_server_stop(f->server);
    config.body_timeout_ms = 5000 * SLOWER;
    config.address_bodies_max = 300 * 1024;
    config.bodies_size_max = 500 * 1024;
    start(f, config);
    held[0] = dial_from(f, INADDR_LOOPBACK + 1);
    begin_upload(held[0]);
    usleep(200 * 1000);
    refused = dial_from(f, INADDR_LOOPBACK + 1);
    begin_upload(refused);
    assert_int_equal(status_of(hear_all(refused, answer, sizeof(answer))), 503);
    held[1] = dial_from(f, INADDR_LOOPBACK + 2);
    begin_upload(held[1]);
    usleep(200 * 1000);
    refused = dial_from(f, INADDR_LOOPBACK + 3);
    begin_upload(refused);
    assert_int_equal(status_of(hear_all(refused, answer, sizeof(answer))), 503);
    assert_int_equal(ask_once(f, STR("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")), 200);
    close(held[0]);
    usleep(200 * 1000);
    other = dial_from(f, INADDR_LOOPBACK + 1);
    begin_upload(other);
    tell(other, STR("b"));
    assert_int_equal(status_of(hear_all(other, answer, sizeof(answer))), 200);
    tell(held[1], STR("b"));
    assert_int_equal(status_of(hear_all(held[1], answer, sizeof(answer))), 200);
}

static void test_head_and_failure(void **state)
{
    struct fixture *f = *state;
    char answer[4096];
    struct str all;
    int fd = dial(f);

    tell(fd, STR("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    all = hear_all(fd, answer, sizeof(answer));
    assert_true(str_ends(all, STR("\r\n\r\n")));
    assert_int_equal(count(all, "Content-Length: 27\r\n"), 1);
    fd = dial(f);
    tell(fd, STR("HEAD /abc HTTP/1.1\r\nHost : a\r\n\r\n"));
    all = hear_all(fd, answer, sizeof(answer));
    assert_int_equal(status_of(all), 400);
    assert_true(str_ends(all, STR("\r\n\r\n")));
    assert_int_equal(ask_once(f, STR("GET /fail HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 500);
}

static void test_cookie(void **state)
{
    struct fixture *f = *state;
    char answer[4096];
    int fd = dial(f);

    tell(fd, STR("GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: sidx=1; sid=abc; y=\r\nConnection: close\r\n\r\n"));
    hear_all(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "cookie [abc]"));
    fd = dial(f);
    tell(fd, STR("GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: sid=abc; sid=def\r\nConnection: close\r\n\r\n"));
    hear_all(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "cookie []"));
}

/* Stopping waits for the request being served and sends its answer. */
static void test_stop_finishes(void **state)
{
    struct fixture *f = *state;
    char answer[4096];
    int fd = dial(f);

    tell(fd, STR("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
    usleep(30 * 1000);
    http_server_stop(f->server);
    f->server = NULL;
    assert_int_equal(status_of(hear_all(fd, answer, sizeof(answer))), 200);
    assert_non_null(strstr(answer, "GET /slow"));
}

static void test_behind_proxy(void **state)
{
    struct fixture *f = *state;
    struct http_config config = config_of_test();
    char answer[4096];
    int fd;

    http_server_stop(f->server);
    config.behind_proxy = true;
    start(f, config);
    fd = dial(f);
    tell(fd, STR("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9, 192.0.2.7\r\nConnection: close\r\n\r\n"));
    hear_all(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "from 192.0.2.7"));
    fd = dial(f);
    tell(fd, STR("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: <script>\r\nConnection: close\r\n\r\n"));
    hear_all(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "from 127.0.0.1"));
}

static void test_listen_rule(void **state)
{
    struct http_config config = {.address = "0.0.0.0"};
    struct http_server *server = NULL;
    struct diag diag;

    assert_true(http_listen_allowed(STR("127.0.0.1"), false, false));
    assert_true(http_listen_allowed(STR("127.1.2.3"), false, false));
    assert_true(http_listen_allowed(STR("::1"), false, false));
    assert_false(http_listen_allowed(STR("0.0.0.0"), false, false));
    assert_false(http_listen_allowed(STR("::"), false, false));
    assert_false(http_listen_allowed(STR("192.0.2.1"), false, false));
    assert_false(http_listen_allowed(STR("::ffff:192.0.2.1"), false, false));
    assert_false(http_listen_allowed(STR("localhost"), false, false));
    assert_false(http_listen_allowed(STR(""), false, false));
    assert_true(http_listen_allowed(STR("0.0.0.0"), true, false));
    assert_true(http_listen_allowed(STR("0.0.0.0"), false, true));

    diag_init(&diag);
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_FORBIDDEN);
    assert_int_equal(diag.n_errors, 1);
    config.address = "localhost";
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_ADDRESS);
    config.address = "0.0.0.0";
    config.tls_cert_file = "absent.pem";
    config.tls_key_file = "absent.key";
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS);
    diag_done(&diag);
    assert_null(server);
}

/* Bytes until the other side closes; those of the first body are looked at. */
static size_t hear_long(int fd, char *head, size_t size)
{
    static char bytes[65536];
    size_t total = 0, head_len = 0;
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
        size_t keep = MIN_OF((size_t)n, size - 1 - head_len);

        memcpy(head + head_len, bytes, keep);
        head_len += keep;
        total += (size_t)n;
    }
    head[head_len] = '\0';
    close(fd);
    return total;
}

static size_t head_size(const char *head)
{
    const char *end = strstr(head, "\r\n\r\n");

    assert_non_null(end);
    return (size_t)(end - head) + 4;
}

/* What is never in memory as a whole arrives as a whole, or is seen to be cut; and what begins is let go of. */
static void test_long_bodies(void **state)
{
    struct fixture *f = *state;
    char head[4096];
    size_t n;
    int fd = dial(f);

    tell(fd, STR("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    n = hear_long(fd, head, sizeof(head));
    assert_non_null(strstr(head, "Content-Length: 3000000\r\n"));
    assert_non_null(strstr(head, "frame-ancestors 'none'; base-uri 'none'; sandbox\r\n"));
    assert_null(strstr(head, "script-src"));
    assert_true(n > head_size(head) + PIECE * PIECES); /* and the next answer behind it */
    fd = dial(f);
    tell(fd, STR("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n"));
    n = hear_long(fd, head, sizeof(head));
    assert_non_null(strstr(head, "Content-Length: 3000000\r\n"));
    assert_int_equal(n, head_size(head) + 3 * PIECE);
    fd = dial(f);
    tell(fd, STR("HEAD /pieces HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    n = hear_long(fd, head, sizeof(head));
    assert_non_null(strstr(head, "Content-Length: 3000000\r\n"));
    assert_int_equal(n, head_size(head));
    fd = dial(f);
    tell(fd, STR("GET /pieces-fail HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    hear_long(fd, head, sizeof(head));
    assert_non_null(strstr(head, "HTTP/1.1 500"));
    assert_null(strstr(head, "3000000"));
    for (int i = 0; i < 300 && atomic_load(&f->n_sources); i++)
        usleep(10000);
    assert_int_equal(f->n_sources, 0);
}

#define READERS 8

/* Long answers that are taken slowly go from thread to thread; each piece is asked with the things of the thread that gives it. */
static void test_long_bodies_move(void **state)
{
    struct fixture *f = *state;
    size_t got[READERS] = {0};
    int fds[READERS], n_open = READERS;
    char some[50000];

    for (size_t i = 0; i < READERS; i++) {
        fds[i] = dial_with(f, 4096);
        tell(fds[i], STR("GET /pieces-many HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    }
    while (n_open)
        for (size_t i = 0; i < READERS; i++) {
            ssize_t n = fds[i] < 0 ? 0 : recv(fds[i], some, sizeof(some), 0);

            usleep(50);
            assert_true(n >= 0);
            got[i] += (size_t)n;
            if (n || fds[i] < 0)
                continue;
            assert_true(got[i] > PIECE * PIECES_MANY);
            close(fds[i]);
            fds[i] = -1;
            n_open--;
        }
    assert_true(atomic_load(&f->n_moved) > 0);
}

static void test_responses(void **state)
{
    struct http_response resp = {.status = 200};

    buf_init(&resp.headers, 4096);
    buf_init(&resp.body, 4096);
    assert_int_equal(http_response_header(&resp, HTTP_HEADER_LOCATION, STR("/a\r\nX: b")), -EINVAL);
    assert_int_equal(http_response_cookie(&resp, STR("a"), STR("b;c"), -1, false), -EINVAL);
    assert_int_equal(http_response_cookie(&resp, STR("a"), STR("b\n"), -1, false), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("//evil.example")), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("https://evil.example")), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("/\t/evil.example")), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("/\r\nX: b")), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("/\\evil.example")), -EINVAL);
    assert_int_equal(http_response_redirect(&resp, STR("/\343\201\202")), -EINVAL);
    assert_int_equal(buf_str(&resp.headers).len, 0);
    assert_int_equal(http_response_cookie(&resp, STR("a"), STR("b"), 60, true), 0);
    assert_string_equal(resp.headers.at, "Set-Cookie: a=b; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure\r\n");
    buf_done(&resp.headers);
    buf_done(&resp.body);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_ambiguous),
        SERVED(test_problems),
        SERVED(test_too_long),
        SERVED(test_keep_alive),
        SERVED(test_bad_behind_good),
        SERVED(test_byte_by_byte),
        SERVED(test_deadlines),
        SERVED(test_never_reads_alone),
        SERVED(test_never_reads_dropped),
        SERVED(test_address_limit),
        SERVED(test_big_answer_and_upload),
        SERVED(test_held_bodies),
        SERVED(test_head_and_failure),
        SERVED(test_cookie),
        SERVED(test_long_bodies),
        SERVED(test_long_bodies_move),
        SERVED(test_stop_finishes),
        SERVED(test_behind_proxy),
        cmocka_unit_test(test_listen_rule),
        cmocka_unit_test(test_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
