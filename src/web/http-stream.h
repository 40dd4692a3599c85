/* One non-blocking byte stream to a peer, plain TCP or TLS by GnuTLS, behind the same four calls.
 * Owner    http_stream_done() closes the socket.
 * Threads  one at a time.
 * Signals  never raises SIGPIPE. */
#pragma once

#include "base/diag.h"

#include <sys/types.h>
#include <sys/uio.h>

struct http_tls; /* certificate, key and priorities, shared by all streams of a server */

enum { HTTP_STREAM_E_TLS = 1 };
/* HTTP_STREAM_E_TLS with words in diag; -ENOMEM. */
MUST_CHECK int http_tls_new(const char *cert_file, const char *key_file, struct http_tls **ret, struct diag *diag);
void http_tls_free(struct http_tls *tls); /* NULL is fine; after the last stream */

struct http_stream {
    int fd;
    void *session;    /* private: gnutls_session_t; NULL for plain TCP */
};

/* Takes `fd` over on success. -ENOMEM, -EIO. */
MUST_CHECK int http_stream_init(struct http_stream *s, int fd, struct http_tls *tls_or_null);
void http_stream_done(struct http_stream *s);

/* 0 done; -EAGAIN wait (*ret_wants_write says for what); other negative: give the stream up. */
MUST_CHECK int http_stream_handshake(struct http_stream *s, bool *ret_wants_write);
/* Bytes read, 0 at the end of the peer's stream, -EAGAIN, or another -errno. */
MUST_CHECK ssize_t http_stream_read(struct http_stream *s, void *to, size_t size);
/* Bytes taken of these pieces, -EAGAIN, or another -errno. After -EAGAIN call again with the same bytes. */
MUST_CHECK ssize_t http_stream_write(struct http_stream *s, const struct iovec *pieces, int n);
/* Does it hold bytes already received, which epoll cannot see? */
bool http_stream_has_pending(const struct http_stream *s);
/* Say that we send no more. */
void http_stream_finish(struct http_stream *s);
