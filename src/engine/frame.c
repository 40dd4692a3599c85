#include "engine/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_SIZE 4u
#define READ_PIECE 65536u

static const struct json_limits frame_limits = {FRAME_MAX, 16};

void frame_conn_init(struct frame_conn *c, int fd)
{
    *c = (struct frame_conn){.fd = fd};
    buf_init(&c->in, FRAME_MAX + HEAD_SIZE + READ_PIECE);
    buf_init(&c->out, 4 * FRAME_MAX);
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
    b->len -= *taken;
    *taken = 0;
}

int frame_fill(struct frame_conn *c)
{
    char piece[READ_PIECE];
    ssize_t n;

    drop_taken(&c->in, &c->taken);
    n = recv(c->fd, piece, sizeof(piece), 0);
    if (n == 0)
        return -EPIPE;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
    return buf_add(&c->in, piece, (size_t)n) ? -EPROTO : 1;
}

int frame_next(struct frame_conn *c, json_t **ret)
{
    size_t have = c->in.len - c->taken;
    const uint8_t *at = (const uint8_t *)c->in.at + c->taken;
    uint32_t len;
    json_t *v;
    int r;

    if (have < HEAD_SIZE)
        return 0;
    len = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    if (len < 2 || len > FRAME_MAX)
        return -EPROTO;
    if (have - HEAD_SIZE < len)
        return 0;
    r = json_parse((struct str){(const char *)at + HEAD_SIZE, len}, frame_limits, &v, NULL);
    if (r)
        return r < 0 ? r : -EPROTO;
    if (!json_is_object(v)) {
        json_decref(v);
        return -EPROTO;
    }
    c->taken += HEAD_SIZE + len;
    *ret = v;
    return 1;
}

int frame_put(struct frame_conn *c, const json_t *message)
{
    size_t len = json_dumpb(message, NULL, 0, JSON_COMPACT);
    uint8_t head[HEAD_SIZE] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    void *room;
    int r;

    if (!len)
        return -ENOMEM;
    if (len > FRAME_MAX)
        return -ENOSPC;
    drop_taken(&c->out, &c->sent);
    if ((r = buf_add(&c->out, head, sizeof(head))))
        return r;
    if (!(room = buf_grow(&c->out, len)))
        return buf_error(&c->out);
    return json_dumpb(message, room, len, JSON_COMPACT) == len ? 0 : -ENOMEM;
}

int frame_flush(struct frame_conn *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 1 : errno == ECONNRESET ? -EPIPE : -errno;
        c->sent += (size_t)n;
    }
    drop_taken(&c->out, &c->sent);
    return 0;
}

int frame_call(struct frame_conn *c, const json_t *message, int timeout_ms, json_t **ret)
{
    int r = frame_put(c, message);

    if (!r)
        r = frame_flush(c);
    if (r)
        return r > 0 ? -EIO : r;
    for (;;) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};

        if ((r = frame_next(c, ret)))
            return r == 1 ? 0 : r;
        r = poll(&p, 1, timeout_ms);
        if (r == 0)
            return -ETIMEDOUT;
        if (r < 0 && errno != EINTR)
            return -errno;
        if (r > 0 && (r = frame_fill(c)) < 0)
            return r;
    }
}
