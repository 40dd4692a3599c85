#include "pg-proxy.h"
#include "base/macros.h"
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define PAIRS_MAX 16
#define PIECE_MAX 65536
#define ANSWER_MS 10000
#define SOCKET_NAME ".s.PGSQL.5432"

struct pair {
    int client, server;
};

struct pg_proxy {
    char dir[64], url[192];
    struct sockaddr_un here, there;
    int fd, wake[2];
    pthread_t thread;
    struct pair pairs[PAIRS_MAX];
    size_t n_pairs;
    pthread_mutex_t lock; /* of what follows */
    enum pg_proxy_cut where;
    size_t nth, n;
    bool is_down, is_cut;
};

/* ---- in its thread ---- */

static void pair_drop(struct pg_proxy *p, size_t i)
{
    close(p->pairs[i].client);
    close(p->pairs[i].server);
    p->pairs[i] = p->pairs[--p->n_pairs];
}

static bool pass_on(int from, int to)
{
    char piece[PIECE_MAX];
    ssize_t n = recv(from, piece, sizeof(piece), 0), sent = 0, m;

    for (; n > 0 && sent < n; sent += m)
        if ((m = send(to, piece + sent, (size_t)(n - sent), MSG_NOSIGNAL)) <= 0)
            return false;
    return n > 0;
}

/* Is this the statement? Then nobody is let in any more. */
static bool is_cut_now(struct pg_proxy *p, enum pg_proxy_cut *ret_where)
{
    bool is_now;

    pthread_mutex_lock(&p->lock);
    is_now = p->nth && ++p->n == p->nth;
    if (is_now)
        p->is_down = p->is_cut = true;
    *ret_where = p->where;
    pthread_mutex_unlock(&p->lock);
    return is_now;
}

static void cut(struct pg_proxy *p, const struct pair *at, enum pg_proxy_cut where)
{
    struct pollfd answer = {.fd = at->server, .events = POLLIN};

    if (where == PG_PROXY_AFTER && pass_on(at->client, at->server))
        IGNORE(poll(&answer, 1, ANSWER_MS) == 1,
               "a server that says nothing has not done it, either");
    while (p->n_pairs)
        pair_drop(p, 0);
}

static void let_in(struct pg_proxy *p)
{
    int client = accept(p->fd, NULL, NULL), server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_down;

    pthread_mutex_lock(&p->lock);
    is_down = p->is_down;
    pthread_mutex_unlock(&p->lock);
    if (client < 0 || is_down || p->n_pairs == PAIRS_MAX ||
        connect(server, (struct sockaddr *)&p->there, sizeof(p->there))) {
        close(client);
        close(server);
        return;
    }
    p->pairs[p->n_pairs++] = (struct pair){client, server};
}

static void turn(struct pg_proxy *p, const struct pollfd *fds, size_t n_pairs)
{
    enum pg_proxy_cut where;

    for (size_t i = n_pairs; i-- > 0;) { /* the last takes the place of who leaves */
        const struct pair *at = &p->pairs[i];

        if (fds[2 * i].revents && is_cut_now(p, &where)) {
            cut(p, at, where);
            return;
        }
        if ((fds[2 * i].revents && !pass_on(at->client, at->server)) ||
            (fds[2 * i + 1].revents && !pass_on(at->server, at->client)))
            pair_drop(p, i);
    }
}

static void *work(void *user)
{
    struct pg_proxy *p = user;

    for (;;) {
        struct pollfd fds[2 * PAIRS_MAX + 2];
        size_t n = p->n_pairs;

        for (size_t i = 0; i < n; i++) {
            fds[2 * i] = (struct pollfd){.fd = p->pairs[i].client, .events = POLLIN};
            fds[2 * i + 1] = (struct pollfd){.fd = p->pairs[i].server, .events = POLLIN};
        }
        fds[2 * n] = (struct pollfd){.fd = p->fd, .events = POLLIN};
        fds[2 * n + 1] = (struct pollfd){.fd = p->wake[1], .events = POLLIN};
        if (poll(fds, 2 * n + 2, -1) < 0 || fds[2 * n + 1].revents)
            break;
        turn(p, fds, n);
        if (fds[2 * n].revents)
            let_in(p);
    }
    while (p->n_pairs)
        pair_drop(p, 0);
    return NULL;
}

/* ---- for who asks ---- */

/* URL and addresses: as the server's, but for the folder. */
static void find_places(struct pg_proxy *p, const char *url)
{
    const char *host = strstr(url, "?host="), *end;

    assert_non_null(host);
    host += strlen("?host=");
    assert_non_null(end = strchr(host, '&'));
    p->here = p->there = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(p->here.sun_path, sizeof(p->here.sun_path), "%s/" SOCKET_NAME, p->dir);
    snprintf(p->there.sun_path, sizeof(p->there.sun_path), "%.*s/" SOCKET_NAME, (int)(end - host),
             host);
    snprintf(p->url, sizeof(p->url), "%.*s%s%s", (int)(host - url), url, p->dir, end);
}

struct pg_proxy *pg_proxy_start(const char *url)
{
    struct pg_proxy *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/tsujiban-proxy-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    find_places(p, url);
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK(bind(p->fd, (struct sockaddr *)&p->here, sizeof(p->here)));
    OK(listen(p->fd, PAIRS_MAX));
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->wake));
    OK(pthread_mutex_init(&p->lock, NULL));
    OK(pthread_create(&p->thread, NULL, work, p));
    return p;
}

void pg_proxy_stop(struct pg_proxy *p)
{
    close(p->wake[0]);
    OK(pthread_join(p->thread, NULL));
    close(p->wake[1]);
    close(p->fd);
    unlink(p->here.sun_path);
    rmdir(p->dir);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

const char *pg_proxy_url(const struct pg_proxy *p)
{
    return p->url;
}

void pg_proxy_cut(struct pg_proxy *p, enum pg_proxy_cut where, size_t nth)
{
    pthread_mutex_lock(&p->lock);
    p->where = where;
    p->nth = nth;
    p->n = 0;
    p->is_cut = false;
    pthread_mutex_unlock(&p->lock);
}

bool pg_proxy_mend(struct pg_proxy *p)
{
    bool is_cut;

    pthread_mutex_lock(&p->lock);
    is_cut = p->is_cut;
    p->nth = 0;
    p->is_down = false;
    pthread_mutex_unlock(&p->lock);
    return is_cut;
}
