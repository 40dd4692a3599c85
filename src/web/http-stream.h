/* One non-blocking byte stream to a peer, plain TCP or TLS by GnuTLS, behind the same four calls.
 * Owner    http_stream_done() closes the socket.
 * Threads  one at a time.
 * Signals  never raises SIGPIPE. */
#pragma once

#include "base/diag.h"

#include <sys/types.h>
#include <sys/uio.h>

struct http_tls; /* certificate, key, priorities and whose certificates clients show, shared by all streams of a server */

#define HTTP_CERTIFICATE_SIZE 65u /* SHA-256 of a certificate (DER) in hexadecimal, lower case, and its NUL */

enum { HTTP_STREAM_E_TLS = 1 };
/* `client_ca_file` (PEM, may be NULL): clients are asked for a certificate that one of these has signed, and served without, too.
 * HTTP_STREAM_E_TLS with words in diag; -ENOMEM. */
MUST_CHECK int http_tls_new(const char *cert_file, const char *key_file, const char *client_ca_file, struct http_tls **ret, struct diag *diag);
void http_tls_free(struct http_tls *tls); /* NULL is fine; after the last stream */

struct http_stream {
    int fd;
    void *session;    /* private: gnutls_session_t; NULL for plain TCP */
    bool asks_client; /* private: for a certificate */
    char certificate[HTTP_CERTIFICATE_SIZE]; /* private: that the peer has shown, and has the key of; "" none that holds */
    uint64_t certificate_until_us;           /* private: real clock */
};

/* Takes `fd` over on success. -ENOMEM, -EIO. */
MUST_CHECK int http_stream_init(struct http_stream *s, int fd, struct http_tls *tls_or_null);
void http_stream_done(struct http_stream *s);

/* 0 done; -EAGAIN wait (*ret_wants_write says for what); other negative: give the stream up. */
MUST_CHECK int http_stream_handshake(struct http_stream *s, bool *ret_wants_write);
/* The certificate of the peer by its fingerprint, after the handshake: "" when it has shown none, one that no CA of ours has signed for clients, or one whose
 * time is over by now (`now_us`, real clock). Constant for the stream's life but for that: there is no renegotiation, and no session is taken up again. */
const char *http_stream_certificate(const struct http_stream *s, uint64_t now_us);
/* Bytes read, 0 at the end of the peer's stream, -EAGAIN, or another -errno. */
MUST_CHECK ssize_t http_stream_read(struct http_stream *s, void *to, size_t size);
/* Bytes taken of these pieces, -EAGAIN, or another -errno. After -EAGAIN call again with the same bytes. */
MUST_CHECK ssize_t http_stream_write(struct http_stream *s, const struct iovec *pieces, int n);
/* Does it hold bytes already received, which epoll cannot see? */
bool http_stream_has_pending(const struct http_stream *s);
/* Say that we send no more. */
void http_stream_finish(struct http_stream *s);
