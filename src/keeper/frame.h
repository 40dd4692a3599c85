/* Messages between workers and the keeper: four length bytes, big-endian, then one JSON object. doc/design/acts.md, A8.
 * Owner    the caller of frame_conn_init(); frame_conn_done() closes the socket.
 * Threads  one at a time.
 * Secrets  passwords and keys pass through: what was taken, sent or grown out of is overwritten at once.
 * Limits   FRAME_MAX bytes a message, 16 levels deep; a longer or malformed one answers -EPROTO and the connection is of no
 *          further use. */
#pragma once

#include "base/json.h"

#define FRAME_MAX (8u << 20)

struct frame_conn {
    int fd;         /* -1: closed */
    struct buf in;  /* private: bytes read and not yet taken */
    size_t taken;   /* private: of them, already handed out */
    struct buf out; /* private: bytes not yet sent */
    size_t sent;
};

void frame_conn_init(struct frame_conn *c, int fd); /* takes the descriptor */
void frame_conn_done(struct frame_conn *c);

/* Read what is there. 1: bytes came; 0: nothing now (non-blocking socket); -EPIPE: the other side is gone; -ENOMEM: bytes were lost, the
 * connection is of no further use; -errno. */
int frame_fill(struct frame_conn *c);
/* Take one whole message. 1: *ret is yours; 0: not complete yet; -EPROTO; -ENOMEM. */
MUST_CHECK int frame_next(struct frame_conn *c, json_t **ret);
/* frame_next() has something to say: a whole message, or that it is malformed. */
bool frame_is_whole(const struct frame_conn *c);
/* Queue a message. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int frame_put(struct frame_conn *c, const json_t *message);
/* Send what is queued. 0: all sent; 1: some is left (non-blocking socket is full); -EPIPE; -errno. */
int frame_flush(struct frame_conn *c);
/* Send one message and wait for one answer, at most `timeout_ms` for both. 0; -ECONNRESET: the other side was gone before it
 * had the message; -EPIPE: it went afterwards, or there was no memory for its answer, so what it did is unknown; -ENOMEM: there was none
 * for the message, which was not sent; -EPROTO, -ETIMEDOUT, -errno. */
MUST_CHECK int frame_call(struct frame_conn *c, const json_t *message, int timeout_ms, json_t **ret);
