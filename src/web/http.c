/* The server of http.h: listener, threads, sweeper.  What happens on one connection is in http-conn.c.
 *
 * One epoll for all threads. Connections and the listener are armed for one shot, so that epoll hands each to one thread
 * only; the stop event is level-triggered and never reset, so that every thread sees it. */
#include "web/http.h"

#include "base/codec.h"
#include "base/tell.h"
#include "base/time.h"
#include "web/http-conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_BUCKETS 1024u        /* power of two */
#define THREADS_MAX 256u
#define LISTEN_BACKLOG 1024
#define ACCEPTS_MAX 64u        /* in one go, before the listener is armed again */
#define STOP_FLUSH_US (2 * US_PER_SECOND)
#define SWEEP_MS_MAX 1000u

struct server_thread {
    pthread_t id;
    struct http_worker worker;
};

struct http_server {
    struct http_service service;
    int listen_fd, epoll_fd, stop_fd;
    uint16_t port;
    uint64_t bucket_key;            /* random: which bucket an address falls into cannot be chosen from outside */

    pthread_mutex_t lock;           /* over everything down to n_ready, and body_held */
    pthread_cond_t ready;
    struct http_conn *buckets[N_BUCKETS];
    size_t n_conns;
    size_t bodies_size;             /* sum of what connections hold */
    bool is_listener_off;           /* out of descriptors: the sweeper arms it again */
    unsigned n_ready;               /* threads that started or failed to */
    int start_error;                /* first failing thread_start() */

    struct server_thread *threads;
    unsigned n_threads;             /* running */
    pthread_t sweeper;
    bool has_sweeper;
};

/* ---- connections ---- */

/* One address for IPv4; its /64 for IPv6, because a home has that many. */
static size_t address_key_len(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(address, mapped, sizeof(mapped)) ? 8 : 16;
}

static size_t bucket_of(const struct http_server *s, const uint8_t address[16])
{
    uint64_t hash = s->bucket_key;

    for (size_t i = 0; i < address_key_len(address); i++)
        hash = (hash ^ address[i]) * UINT64_C(0x100000001b3);
    return (size_t)((hash ^ hash >> 29) & (N_BUCKETS - 1));
}

static void address_read(const struct sockaddr_storage *from, uint8_t ret[16], char text[INET6_ADDRSTRLEN])
{
    memset(ret, 0, 16);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;

        ret[10] = ret[11] = 0xff;
        memcpy(ret + 12, &v4->sin_addr, 4);
        inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

        memcpy(ret, &v6->sin6_addr, 16);
        inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

/* Enter a connection into the lists; false when it would be one too many. */
static bool conn_enter(struct http_server *s, struct http_conn *c)
{
    struct http_conn **bucket = &s->buckets[bucket_of(s, c->address)];
    size_t key_len = address_key_len(c->address), n_same = 0;
    bool fits;

    pthread_mutex_lock(&s->lock);
    for (struct http_conn *o = *bucket; o; o = o->next)
        n_same += !memcmp(o->address, c->address, key_len);
    fits = s->n_conns < s->service.config.connections_max &&
           (s->service.config.behind_proxy || n_same < s->service.config.address_max);
    if (fits) {
        c->next = *bucket;
        c->link = bucket;
        if (c->next)
            c->next->link = &c->next;
        *bucket = c;
        s->n_conns++;
    }
    pthread_mutex_unlock(&s->lock);
    return fits;
}

bool http_server_hold(struct http_server *s, struct http_conn *c, size_t size)
{
    const struct http_config *config = &s->service.config;
    size_t key_len = address_key_len(c->address), same = 0, held = size > HTTP_BODY_SMALL ? size : 0;
    bool fits;

    pthread_mutex_lock(&s->lock);
    for (struct http_conn *o = s->buckets[bucket_of(s, c->address)]; o; o = o->next)
        if (o != c && !memcmp(o->address, c->address, key_len))
            same += o->body_held;
    fits = !held || (s->bodies_size - c->body_held + held <= config->bodies_size_max &&
                     (config->behind_proxy || same + held <= config->address_bodies_max));
    if (fits) {
        s->bodies_size = s->bodies_size - c->body_held + held;
        c->body_held = held;
    }
    pthread_mutex_unlock(&s->lock);
    return fits;
}

/* Out of the lists first: the sweeper must never meet a closed descriptor. */
static void conn_drop(struct http_server *s, struct http_conn *c)
{
    pthread_mutex_lock(&s->lock);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    s->n_conns--;
    s->bodies_size -= c->body_held;
    pthread_mutex_unlock(&s->lock);
    http_conn_free(c);
}

/* Hand the connection to epoll; it may be gone when this returns. */
static void conn_arm(struct http_server *s, struct http_conn *c, enum http_conn_wait wait, uint64_t deadline_us, int op)
{
    struct epoll_event e = {.data.ptr = c};
    bool writing = wait == CONN_WAIT_WRITE;
    int fd = c->stream.fd;

    e.events = EPOLLONESHOT | (writing ? EPOLLOUT : wait == CONN_YIELD ? EPOLLIN | EPOLLOUT : EPOLLIN);
    /* Hands over what was written so far: nothing of *c is touched behind it. */
    atomic_store_explicit(&c->deadline, deadline_us * 2 + writing, memory_order_release);
    if (epoll_ctl(s->epoll_fd, op, fd, &e) < 0)
        conn_drop(s, c);
}

static void conn_serve(struct http_server *s, struct http_worker *w, struct http_conn *c)
{
    uint64_t deadline_us = 0;
    enum http_conn_wait wait;

    assert(c->magic == HTTP_CONN_MAGIC);
    atomic_exchange_explicit(&c->deadline, 0, memory_order_acq_rel);
    wait = http_conn_run(&s->service, w, c, &deadline_us);
    if (wait == CONN_END)
        conn_drop(s, c);
    else
        conn_arm(s, c, wait, deadline_us, EPOLL_CTL_MOD);
}

/* ---- the listener ---- */

static void listener_arm(struct http_server *s, int op)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &s->listen_fd};

    IGNORE(epoll_ctl(s->epoll_fd, op, s->listen_fd, &e), "only fails on descriptors we do not have");
}

static void accept_one(struct http_server *s, int fd, const struct sockaddr_storage *from)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\n"
                               "Connection: close\r\n\r\n";
    struct http_conn *c = NULL;
    int on = 1;

    IGNORE(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "slower without, not wrong");
    if (http_conn_new(&s->service, fd, &c) < 0) {
        close(fd);
        return;
    }
    address_read(from, c->address, c->peer);
    if (conn_enter(s, c)) {
        conn_arm(s, c, CONN_WAIT_READ, c->started_us + s->service.config.head_timeout_ms * UINT64_C(1000),
                 EPOLL_CTL_ADD);
        return;
    }
    if (!s->service.tls)
        IGNORE(send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0, "it is being refused anyway");
    http_conn_free(c);
}

static void listener_serve(struct http_server *s)
{
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(s->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            accept_one(s, fd, &from);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pthread_mutex_lock(&s->lock);
            s->is_listener_off = true;
            pthread_mutex_unlock(&s->lock);
            if (s->service.config.log)
                s->service.config.log(s->service.ctx, "no descriptor for a new connection; accepting pauses for a second");
            return;
        }
        if (errno == EAGAIN)
            break;
    }
    listener_arm(s, EPOLL_CTL_MOD);
}

/* ---- threads ---- */

static void *worker_main(void *arg)
{
    struct server_thread *t = arg;
    struct http_worker *w = &t->worker;
    struct http_server *s = w->server;
    const struct http_config *config = &s->service.config;
    int r = config->thread_start ? config->thread_start(s->service.ctx, &w->thread_ctx) : 0;

    pthread_mutex_lock(&s->lock);
    s->n_ready++;
    if (r < 0 && !s->start_error)
        s->start_error = r;
    pthread_cond_signal(&s->ready);
    pthread_mutex_unlock(&s->lock);
    if (r < 0)
        return NULL;
    for (;;) {
        struct epoll_event e;
        int n = epoll_wait(s->epoll_fd, &e, 1, -1);

        if (n < 1)
            continue; /* a signal; nothing else can happen with a valid epoll */
        if (e.data.ptr == &s->stop_fd)
            break;
        if (e.data.ptr == &s->listen_fd)
            listener_serve(s);
        else
            conn_serve(s, w, e.data.ptr);
    }
    buf_done(&w->spare_body);
    if (config->thread_end)
        config->thread_end(s->service.ctx, w->thread_ctx);
    return NULL;
}

static void sweep(struct http_server *s)
{
    uint64_t now = clock_monotonic_us();
    bool arm;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < N_BUCKETS; i++)
        for (struct http_conn *c = s->buckets[i]; c; c = c->next) {
            uint64_t deadline = atomic_load_explicit(&c->deadline, memory_order_acquire);

            if (!deadline || deadline / 2 > now)
                continue;
            if (!atomic_compare_exchange_strong(&c->deadline, &deadline, 0))
                continue; /* a thread just took it */
            /* Its thread wakes by this: an expired reader may still be told 408, an expired writer not. */
            atomic_store(&c->is_expired, true);
            shutdown(c->stream.fd, deadline & 1 ? SHUT_RDWR : SHUT_RD);
        }
    arm = s->is_listener_off;
    s->is_listener_off = false;
    pthread_mutex_unlock(&s->lock);
    if (arm)
        listener_arm(s, EPOLL_CTL_MOD);
}

static void *sweeper_main(void *arg)
{
    struct http_server *s = arg;
    const struct http_config *config = &s->service.config;
    unsigned shortest = MIN_OF(MIN_OF(config->head_timeout_ms, config->body_timeout_ms),
                               MIN_OF(config->idle_timeout_ms, config->write_timeout_ms));
    int tick_ms = (int)MAX_OF(10u, MIN_OF(SWEEP_MS_MAX, shortest / 2));
    struct pollfd p = {.fd = s->stop_fd, .events = POLLIN};

    while (poll(&p, 1, tick_ms) <= 0)
        sweep(s);
    return NULL;
}

/* ---- start ---- */

static void config_defaults(struct http_config *c)
{
    c->n_threads = c->n_threads ? MIN_OF(c->n_threads, THREADS_MAX) : 16;
    c->connections_max = c->connections_max ? c->connections_max : 4096;
    c->address_max = c->address_max ? c->address_max : 256;
    c->body_size_max = c->body_size_max ? c->body_size_max : 1024 * 1024;
    c->bodies_size_max = c->bodies_size_max ? c->bodies_size_max : 256 * 1024 * 1024;
    c->address_bodies_max = c->address_bodies_max ? c->address_bodies_max : 64 * 1024 * 1024;
    c->response_size_max = c->response_size_max ? c->response_size_max : 64 * 1024 * 1024;
    c->arena_size_max = c->arena_size_max ? c->arena_size_max : 64 * 1024 * 1024;
    c->head_timeout_ms = c->head_timeout_ms ? c->head_timeout_ms : 10000;
    c->body_timeout_ms = c->body_timeout_ms ? c->body_timeout_ms : 60000;
    c->idle_timeout_ms = c->idle_timeout_ms ? c->idle_timeout_ms : 30000;
    c->write_timeout_ms = c->write_timeout_ms ? c->write_timeout_ms : 60000;
}

static int address_parse(const char *text, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *ret_len = sizeof(*v4);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *ret_len = sizeof(*v6);
        return 0;
    }
    return HTTP_E_ADDRESS;
}

static int listener_open(struct http_server *s, struct diag *diag)
{
    const struct http_config *c = &s->service.config;
    struct sockaddr_storage at;
    socklen_t len = 0;
    int on = 1;

    if (address_parse(c->address, c->port, &at, &len)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_SERVE_ADDRESS, {"address", str_of(c->address)});
        return HTTP_E_ADDRESS;
    }
    if (!http_listen_allowed(str_of(c->address), s->service.tls != NULL, c->behind_proxy)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_SERVE_CLEAR, {"address", str_of(c->address)});
        return HTTP_E_FORBIDDEN;
    }
    s->listen_fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listen_fd < 0)
        return -errno;
    IGNORE(setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "a restart then waits a minute");
    if (bind(s->listen_fd, (struct sockaddr *)&at, len) < 0) {
        int e = errno;

        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_SERVE_LISTENING, {"address", str_of(c->address)}, {"port", NUMBER(c->port)}, tell_why(e));
        return e == EADDRINUSE ? HTTP_E_IN_USE : -e;
    }
    len = sizeof(at);
    if (listen(s->listen_fd, LISTEN_BACKLOG) < 0 || getsockname(s->listen_fd, (struct sockaddr *)&at, &len) < 0)
        return -errno;
    s->port = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                            : ((struct sockaddr_in6 *)&at)->sin6_port);
    return 0;
}

static int events_open(struct http_server *s)
{
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = &s->stop_fd};

    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->epoll_fd < 0 || s->stop_fd < 0 || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->stop_fd, &stop) < 0)
        return -errno;
    return 0;
}

static int threads_start(struct http_server *s)
{
    unsigned n = s->service.config.n_threads;
    sigset_t all, before;
    int r = 0;

    s->threads = calloc(n, sizeof(*s->threads));
    if (!s->threads)
        return -ENOMEM;
    sigfillset(&all); /* signals are for the thread that asked for the server */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < n && !r; i++) {
        struct server_thread *t = &s->threads[i];
        char name[16];

        t->worker.server = s;
        r = -pthread_create(&t->id, NULL, worker_main, t);
        if (r)
            break;
        s->n_threads++;
        snprintf(name, sizeof(name), "web-%u", i);
        pthread_setname_np(t->id, name);
    }
    if (!r)
        r = -pthread_create(&s->sweeper, NULL, sweeper_main, s);
    s->has_sweeper = !r;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&s->lock);
    while (s->n_ready < s->n_threads)
        pthread_cond_wait(&s->ready, &s->lock);
    if (!r)
        r = s->start_error;
    pthread_mutex_unlock(&s->lock);
    return r;
}

int http_server_start(const struct http_config *config, http_handler_fn *handler, void *ctx, struct http_server **ret,
                      struct diag *diag)
{
    struct http_server *s = calloc(1, sizeof(*s));
    int r = 0;

    if (!s)
        return -ENOMEM;
    s->listen_fd = s->epoll_fd = s->stop_fd = -1;
    s->service = (struct http_service){.config = *config, .handler = handler, .ctx = ctx};
    s->service.limits = (struct http_limits){HTTP_HEAD_SIZE_MAX, HTTP_TARGET_SIZE_MAX, HTTP_HEADERS_MAX};
    config_defaults(&s->service.config);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->ready, NULL);
    random_fill(&s->bucket_key, sizeof(s->bucket_key));
    if (config->tls_client_ca_file && (!config->tls_cert_file || config->behind_proxy)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_SERVE_CLIENT_CA_ALONE);
        r = HTTP_E_TLS;
    } else if (config->tls_cert_file || config->tls_key_file) {
        if (!config->tls_cert_file || !config->tls_key_file) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_SERVE_TLS_BOTH);
            r = HTTP_E_TLS;
        } else {
            r = http_tls_new(config->tls_cert_file, config->tls_key_file, config->tls_client_ca_file, &s->service.tls, diag);
            if (r == HTTP_STREAM_E_TLS)
                r = HTTP_E_TLS;
        }
    }
    if (!r)
        r = listener_open(s, diag);
    if (!r)
        r = events_open(s);
    if (!r)
        r = threads_start(s);
    if (r) {
        http_server_stop(s);
        return r;
    }
    listener_arm(s, EPOLL_CTL_ADD);
    *ret = s;
    return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

/* ---- stop ---- */

void http_server_stop(struct http_server *s)
{
    uint64_t one = 1, deadline_us;

    if (!s)
        return;
    atomic_store(&s->service.is_stopping, true);
    if (s->stop_fd >= 0)
        IGNORE(write(s->stop_fd, &one, sizeof(one)) < 0, "an eventfd at 0 takes it");
    for (unsigned i = 0; i < s->n_threads; i++)
        pthread_join(s->threads[i].id, NULL);
    if (s->has_sweeper)
        pthread_join(s->sweeper, NULL);
    deadline_us = clock_monotonic_us() + STOP_FLUSH_US;
    for (size_t i = 0; i < N_BUCKETS; i++)
        while (s->buckets[i]) {
            http_conn_flush(s->buckets[i], deadline_us);
            conn_drop(s, s->buckets[i]);
        }
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    if (s->epoll_fd >= 0)
        close(s->epoll_fd);
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    http_tls_free(s->service.tls);
    pthread_cond_destroy(&s->ready);
    pthread_mutex_destroy(&s->lock);
    free(s->threads);
    free(s);
}
