/* Any bytes as what a worker sends the keeper, in pieces whose size the first byte gives: the connection answers the same as
 * when all came at once, and each message that it takes can be sent and read again. */
#include "keeper/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 65536u /* what a socket takes without anybody reading */

struct pair {
    struct frame_conn conn;
    int other;
};

static void pair_init(struct pair *p)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
        abort();
    frame_conn_init(&p->conn, fds[0]);
    p->other = fds[1];
}

static void pair_done(struct pair *p)
{
    frame_conn_done(&p->conn);
    close(p->other);
}

static void send_again(const json_t *message)
{
    JSON_AUTO *again = NULL;
    struct pair p;

    pair_init(&p);
    if (frame_put(&p.conn, message))
        abort();
    /* One end is enough: what was queued becomes what was read. */
    if (buf_add_str(&p.conn.in, buf_str(&p.conn.out)))
        abort();
    if (frame_next(&p.conn, &again) != 1 || !json_equal(again, message))
        abort();
    pair_done(&p);
}

/* Take all whole messages, adding their texts to `out`. */
static int take(struct frame_conn *c, struct buf *out)
{
    json_t *message;
    int r;

    do {
        bool is_whole = frame_is_whole(c);

        message = NULL;
        r = frame_next(c, &message);
        assert(is_whole == (r != 0) && (r == 1) == (message != NULL));
        if (r == 1) {
            char *text = json_dumps(message, JSON_COMPACT);

            if (!text || buf_add_text(out, text))
                abort();
            free(text);
            send_again(message);
            json_decref(message);
        }
    } while (r == 1);
    return r;
}

static int feed(const uint8_t *data, size_t size, size_t piece_size, struct buf *out)
{
    struct pair p;
    int r = 0;

    pair_init(&p);
    for (size_t at = 0; at < size && r == 0;) {
        size_t n = MIN_OF(piece_size, size - at);
        ssize_t sent = send(p.other, data + at, n, MSG_NOSIGNAL);

        if (sent <= 0)
            abort();
        at += (size_t)sent;
        if (frame_fill(&p.conn) != 1)
            abort();
        r = take(&p.conn, out);
    }
    (void)shutdown(p.other, SHUT_WR);
    assert(r == 0 || r == -EPROTO);
    assert(r != 0 || frame_fill(&p.conn) == -EPIPE);
    pair_done(&p);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf at_once, slowly;
    int r, r_slowly;

    if (size < 2 || size > INPUT_MAX)
        return 0;
    buf_init(&at_once, INPUT_MAX * 8);
    buf_init(&slowly, INPUT_MAX * 8);
    r = feed(data + 1, size - 1, size, &at_once);
    r_slowly = feed(data + 1, size - 1, 1u + data[0], &slowly);
    assert(r == r_slowly && str_eq(buf_str(&at_once), buf_str(&slowly)));
    buf_done(&at_once);
    buf_done(&slowly);
    return 0;
}
