#include "smtp-sink.h"
#include "base/macros.h"
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define IDS_MAX 16384
#define DATA_MAX ((size_t)1 << 20)

struct sink {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_over;
    bool is_serving;
    struct sink_orders orders;
    struct sink_seen seen;
    unsigned times[IDS_MAX];
};

/* One connection: its thread alone touches it. */
struct talk {
    struct sink *sink;
    struct sink_orders orders;
    int fd;
    unsigned n_replies;
    size_t said, heard, n;
    char data[DATA_MAX]; /* n bytes heard and not yet dealt with */
};

/* False: it is over. */
static bool say(struct talk *t, const char *text)
{
    size_t len = strlen(text), most = MIN_OF(len, t->orders.say_max - t->said);

    if (++t->n_replies == t->orders.silent_at) {
        while (recv(t->fd, t->data, DATA_MAX, 0) > 0)
            ;
        return false;
    }
    usleep(t->orders.pause_ms * 1000);
    if (send(t->fd, text, most, MSG_NOSIGNAL) != (ssize_t)most)
        return false;
    t->said += most;
    return most == len;
}

static bool hear(struct talk *t)
{
    size_t most = MIN_OF(DATA_MAX - t->n - 1, t->orders.hear_max - t->heard);
    ssize_t n = most ? recv(t->fd, t->data + t->n, most, 0) : 0;

    if (n <= 0)
        return false;
    t->heard += (size_t)n;
    t->n += (size_t)n;
    t->data[t->n] = '\0';
    return true;
}

static void forget(struct talk *t, size_t n)
{
    memmove(t->data, t->data + n, t->n - n + 1);
    t->n -= n;
}

/* The end of what is waited for; NULL: it does not come. */
static char *wait_for(struct talk *t, const char *mark)
{
    char *at;

    while (!(at = strstr(t->data, mark)))
        if (!hear(t))
            return NULL;
    return at + strlen(mark);
}

static bool take_message(struct talk *t)
{
    struct sink *s = t->sink;
    char *end, *id;

    if (!say(t, "354 go on\r\n"))
        return false;
    pthread_mutex_lock(&s->lock);
    s->seen.is_data = true;
    pthread_mutex_unlock(&s->lock);
    if (!(end = wait_for(t, "\r\n.\r\n")))
        return false;
    id = strstr(t->data, "<tsujiban.");
    pthread_mutex_lock(&s->lock);
    s->seen.has_all = true;
    s->seen.id = id ? strtol(id + strlen("<tsujiban."), NULL, 10) : 0;
    s->times[s->seen.id % IDS_MAX]++;
    pthread_mutex_unlock(&s->lock);
    forget(t, (size_t)(end - t->data));
    if (!say(t, "250 taken\r\n"))
        return false;
    pthread_mutex_lock(&s->lock);
    s->seen.is_answered = true;
    pthread_mutex_unlock(&s->lock);
    return true;
}

static bool turn(struct talk *t)
{
    char *end = wait_for(t, "\r\n"), word[5] = "";

    if (!end)
        return false;
    memcpy(word, t->data, MIN_OF((size_t)(end - t->data), sizeof(word) - 1));
    forget(t, (size_t)(end - t->data));
    if (!strcmp(word, "DATA"))
        return take_message(t);
    if (!strcmp(word, "EHLO"))
        return say(t, "250-sink.example\r\n250 8BITMIME\r\n");
    if (!strcmp(word, "QUIT"))
        return say(t, "221 bye\r\n") && false;
    return say(t, "250 ok\r\n");
}

static void serve(struct sink *s, int fd, struct talk *t)
{
    pthread_mutex_lock(&s->lock);
    t->sink = s;
    t->orders = s->orders;
    t->fd = fd;
    t->n_replies = 0;
    t->said = t->heard = t->n = 0;
    t->data[0] = '\0';
    s->is_serving = true;
    s->seen.n_connections++;
    pthread_mutex_unlock(&s->lock);
    if (say(t, "220 sink.example\r\n"))
        while (turn(t))
            ;
    close(fd);
    pthread_mutex_lock(&s->lock);
    s->seen.said += t->said;
    s->seen.heard += t->heard;
    s->is_serving = false;
    pthread_cond_broadcast(&s->is_over);
    pthread_mutex_unlock(&s->lock);
}

static void *accept_all(void *user)
{
    struct sink *s = user;
    struct talk *t = calloc(1, sizeof(*t));
    int fd;

    while (t && (fd = accept(s->fd, NULL, NULL)) >= 0)
        serve(s, fd, t);
    free(t);
    return NULL;
}

struct sink *sink_start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    struct sink *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->orders = SINK_WELL;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK(bind(s->fd, (struct sockaddr *)&at, len));
    OK(listen(s->fd, 8));
    OK(getsockname(s->fd, (struct sockaddr *)&at, &len));
    s->port = ntohs(at.sin_port);
    OK(pthread_mutex_init(&s->lock, NULL));
    OK(pthread_cond_init(&s->is_over, NULL));
    OK(pthread_create(&s->thread, NULL, accept_all, s));
    return s;
}

void sink_stop(struct sink *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    pthread_cond_destroy(&s->is_over);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

unsigned sink_port(const struct sink *s)
{
    return s->port;
}

void sink_order(struct sink *s, struct sink_orders orders)
{
    pthread_mutex_lock(&s->lock);
    s->orders = orders;
    s->seen = (struct sink_seen){0};
    pthread_mutex_unlock(&s->lock);
}

struct sink_seen sink_see(struct sink *s)
{
    struct sink_seen seen;

    pthread_mutex_lock(&s->lock);
    while (s->is_serving)
        pthread_cond_wait(&s->is_over, &s->lock);
    seen = s->seen;
    pthread_mutex_unlock(&s->lock);
    return seen;
}

unsigned sink_times(struct sink *s, int64_t id)
{
    unsigned n;

    pthread_mutex_lock(&s->lock);
    n = s->times[id % IDS_MAX];
    pthread_mutex_unlock(&s->lock);
    return n;
}
