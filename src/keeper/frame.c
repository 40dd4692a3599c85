#include "keeper/frame.h"

#include "base/time.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_SIZE 4u
#define READ_PIECE 65536u

static const struct json_limits frame_limits = {FRAME_MAX, 16};

void frame_conn_init(struct frame_conn *c, int fd)
{
    *c = (struct frame_conn){.fd = fd};
    buf_init_secret(&c->in, FRAME_MAX + HEAD_SIZE + READ_PIECE);
    buf_init_secret(&c->out, 4 * FRAME_MAX);
}

void frame_conn_done(struct frame_conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    buf_wipe(&c->in);
    buf_wipe(&c->out);
}

/* Bytes handed out already leave the front of the buffer, so that it stays within its cap. */
static void drop_taken(struct buf *b, size_t *taken)
{
    if (!*taken)
        return;
    memmove(b->at, b->at + *taken, b->len - *taken);
    explicit_bzero(b->at + b->len - *taken, *taken);
    b->len -= *taken;
    *taken = 0;
}

int frame_fill(struct frame_conn *c)
{
    char piece[READ_PIECE];
    ssize_t n;
    int r;

    drop_taken(&c->in, &c->taken);
    n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);
    if (n == 0)
        return -EPIPE;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
    r = buf_add(&c->in, piece, (size_t)n);
    explicit_bzero(piece, (size_t)n);
    return r == -ENOSPC ? -EPROTO : r ? r : 1;
}

/* 1: a whole message of *ret_len bytes lies behind the head; 0: not yet; -EPROTO: never. */
static int look(const struct frame_conn *c, uint32_t *ret_len)
{
    size_t have = c->in.len - c->taken;
    const uint8_t *at;

    if (have < HEAD_SIZE)
        return 0;
    at = (const uint8_t *)c->in.at + c->taken;
    *ret_len = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    if (*ret_len < 2 || *ret_len > FRAME_MAX)
        return -EPROTO;
    return have - HEAD_SIZE >= *ret_len;
}

bool frame_is_whole(const struct frame_conn *c)
{
    uint32_t len;

    return look(c, &len) != 0;
}

int frame_next(struct frame_conn *c, json_t **ret)
{
    const uint8_t *at;
    uint32_t len;
    json_t *v;
    int r = look(c, &len);

    if (r <= 0)
        return r;
    at = (const uint8_t *)c->in.at + c->taken;
    r = json_parse((struct str){(const char *)at + HEAD_SIZE, len}, frame_limits, &v, NULL);
    if (r)
        return r < 0 ? r : -EPROTO;
    if (!json_is_object(v)) {
        json_decref(v);
        return -EPROTO;
    }
    explicit_bzero(c->in.at + c->taken, HEAD_SIZE + len);
    c->taken += HEAD_SIZE + len;
    *ret = v;
    return 1;
}

/* Behind a head whose length is filled in when it is known: a long message is written once, not counted first. */
int frame_put(struct frame_conn *c, const json_t *message)
{
    static const uint8_t no_length[HEAD_SIZE];
    size_t before, len;
    uint8_t *head;
    int r;

    drop_taken(&c->out, &c->sent);
    before = c->out.len;
    r = buf_add(&c->out, no_length, sizeof(no_length)) ?: json_print(message, &c->out);
    len = c->out.len - before - HEAD_SIZE;
    if (!r && len > FRAME_MAX)
        r = -ENOSPC;
    if (r) {
        buf_cut(&c->out, before);
        return r;
    }
    head = (uint8_t *)c->out.at + before;
    for (size_t i = 0; i < HEAD_SIZE; i++)
        head[i] = (uint8_t)(len >> 8 * (HEAD_SIZE - 1 - i));
    return 0;
}

int frame_flush(struct frame_conn *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 1 : errno == ECONNRESET ? -EPIPE : -errno;
        c->sent += (size_t)n;
    }
    drop_taken(&c->out, &c->sent);
    return 0;
}

/* Wait for `events` until the deadline. 1: they came. */
static int wait_for(int fd, short events, uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    struct pollfd p = {.fd = fd, .events = events};
    int r;

    if (now_us >= until_us)
        return -ETIMEDOUT;
    r = poll(&p, 1, (int)MIN_OF((until_us - now_us) / 1000 + 1, (uint64_t)INT_MAX));
    return r < 0 ? (errno == EINTR ? 0 : -errno) : r;
}

static int send_all(struct frame_conn *c, uint64_t until_us)
{
    int r;

    while ((r = frame_flush(c)) == 1)
        if ((r = wait_for(c->fd, POLLOUT, until_us)) < 0)
            return r;
    return r;
}

/* Whoever has no memory for the answer knows no more than one whose other side went. */
static int unheard(int r)
{
    return r == -ENOMEM ? -EPIPE : r;
}

int frame_call(struct frame_conn *c, const json_t *message, int timeout_ms, json_t **ret)
{
    uint64_t until_us = clock_monotonic_us() + (uint64_t)timeout_ms * 1000;
    int r = frame_put(c, message);

    if (r)
        return r;
    if ((r = send_all(c, until_us)))
        return r == -EPIPE ? -ECONNRESET : r;
    for (;;) {
        if ((r = frame_next(c, ret)))
            return r == 1 ? 0 : unheard(r);
        if ((r = wait_for(c->fd, POLLIN, until_us)) < 0)
            return r;
        if (r && (r = frame_fill(c)) < 0)
            return unheard(r);
    }
}
