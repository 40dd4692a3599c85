/* See http-stream.h. */
#include "web/http-stream.h"

#include "base/codec.h"
#include "base/tell.h"
#include "base/time.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* TLS 1.2 and 1.3 with forward secrecy; nothing that OWASP ASVS 9.1 names weak. */
#define TLS_PRIORITY "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305"

struct http_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    bool asks_client; /* for a certificate of the CAs in `credentials` */
};

/* Its names go out with the request, so that browsers offer just those certificates. */
static int take_client_ca(struct http_tls *t, const char *file, struct diag *diag)
{
    int r = gnutls_certificate_set_x509_trust_file(t->credentials, file, GNUTLS_X509_FMT_PEM);

    if (r == GNUTLS_E_MEMORY_ERROR)
        return -ENOMEM;
    if (r <= 0) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){file, 0, 0, NULL}), MSG_SERVE_CLIENT_CA_USED,
                  {"why", str_of(r ? gnutls_strerror(r) : "no certificate in it")});
        return HTTP_STREAM_E_TLS;
    }
    t->asks_client = true;
    return 0;
}

int http_tls_new(const char *cert_file, const char *key_file, const char *client_ca_file, struct http_tls **ret, struct diag *diag)
{
    struct http_tls *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return -ENOMEM;
    r = gnutls_certificate_allocate_credentials(&t->credentials);
    if (r < 0) {
        free(t);
        return -ENOMEM;
    }
    r = gnutls_certificate_set_x509_key_file(t->credentials, cert_file, key_file, GNUTLS_X509_FMT_PEM);
    if (r < 0) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){cert_file, 0, 0, NULL}), MSG_SERVE_TLS_USED, {"key", str_of(key_file)},
                  {"why", str_of(gnutls_strerror(r))});
        http_tls_free(t);
        return HTTP_STREAM_E_TLS;
    }
    r = client_ca_file ? take_client_ca(t, client_ca_file, diag) : 0;
    if (r) {
        http_tls_free(t);
        return r;
    }
    r = gnutls_priority_init(&t->priority, TLS_PRIORITY, NULL);
    if (r < 0) {
        t->priority = NULL;
        http_tls_free(t);
        return -EIO;
    }
    *ret = t;
    return 0;
}

void http_tls_free(struct http_tls *tls)
{
    if (!tls)
        return;
    if (tls->priority)
        gnutls_priority_deinit(tls->priority);
    gnutls_certificate_free_credentials(tls->credentials);
    free(tls);
}

int http_stream_init(struct http_stream *s, int fd, struct http_tls *tls)
{
    gnutls_session_t session;

    *s = (struct http_stream){.fd = -1};
    if (tls) {
        if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
            return -ENOMEM;
        if (gnutls_priority_set(session, tls->priority) < 0 ||
            gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0) {
            gnutls_deinit(session);
            return -EIO;
        }
        gnutls_certificate_server_set_request(session, tls->asks_client ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
        gnutls_transport_set_int(session, fd);
        s->session = session;
        s->asks_client = tls->asks_client;
    }
    s->fd = fd;
    return 0;
}

void http_stream_done(struct http_stream *s)
{
    if (s->session)
        gnutls_deinit(s->session);
    if (s->fd >= 0)
        close(s->fd);
    *s = (struct http_stream){.fd = -1};
}

static bool is_again(ssize_t r)
{
    return r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED;
}

/* Does it hold for a client by now? That the peer has its key, the handshake has proved. */
static bool is_good(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned status = ~0u;

    return gnutls_certificate_verify_peers(session, &purpose, 1, &status) >= 0 && !status;
}

static bool read_end(const gnutls_datum_t *der, uint64_t *ret_us)
{
    gnutls_x509_crt_t cert;
    time_t end = -1;

    if (gnutls_x509_crt_init(&cert) < 0)
        return false;
    if (gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) >= 0)
        end = gnutls_x509_crt_get_expiration_time(cert);
    gnutls_x509_crt_deinit(cert);
    *ret_us = end > 0 ? (uint64_t)end * US_PER_SECOND : 0;
    return end > 0;
}

/* One that does not hold is as none: whoever shows it is served what is for everybody. */
static void read_certificate(struct http_stream *s)
{
    const gnutls_datum_t *chain;
    struct digest digest;
    unsigned n = 0;

    if (!s->asks_client || gnutls_certificate_type_get2(s->session, GNUTLS_CTYPE_CLIENT) != GNUTLS_CRT_X509)
        return;
    chain = gnutls_certificate_get_peers(s->session, &n);
    if (!chain || !n || !is_good(s->session) || !read_end(&chain[0], &s->certificate_until_us))
        return;
    digest = sha256((struct str){(const char *)chain[0].data, chain[0].size});
    snprintf(s->certificate, sizeof(s->certificate), "%s", digest_text(&digest).at);
}

const char *http_stream_certificate(const struct http_stream *s, uint64_t now_us)
{
    return now_us < s->certificate_until_us ? s->certificate : "";
}

int http_stream_handshake(struct http_stream *s, bool *ret_wants_write)
{
    int r;

    *ret_wants_write = false;
    if (!s->session)
        return 0;
    do
        r = gnutls_handshake(s->session);
    while (r == GNUTLS_E_INTERRUPTED || r == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (r == GNUTLS_E_AGAIN) {
        *ret_wants_write = gnutls_record_get_direction(s->session) == 1;
        return -EAGAIN;
    }
    if (r < 0)
        return -EPROTO;
    read_certificate(s);
    return 0;
}

ssize_t http_stream_read(struct http_stream *s, void *to, size_t size)
{
    ssize_t r;

    if (!s->session) {
        do
            r = recv(s->fd, to, size, MSG_DONTWAIT);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : r;
    }
    r = gnutls_record_recv(s->session, to, size);
    if (r == GNUTLS_E_PREMATURE_TERMINATION)
        return 0;
    if (r < 0)
        return is_again(r) ? -EAGAIN : -EPROTO; /* renegotiation included: we never agree to it */
    return r;
}

ssize_t http_stream_write(struct http_stream *s, const struct iovec *pieces, int n)
{
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)n};
    ssize_t r;

    if (!s->session) {
        do
            r = sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : r;
    }
    for (int i = 0; i < n; i++) {
        if (!pieces[i].iov_len)
            continue;
        r = gnutls_record_send(s->session, pieces[i].iov_base, pieces[i].iov_len);
        if (r < 0)
            return is_again(r) ? -EAGAIN : -EPIPE;
        return r;
    }
    return 0;
}

bool http_stream_has_pending(const struct http_stream *s)
{
    return s->session && gnutls_record_check_pending(s->session) > 0;
}

void http_stream_finish(struct http_stream *s)
{
    if (s->session)
        IGNORE(gnutls_bye(s->session, GNUTLS_SHUT_WR), "the peer may be gone already");
    shutdown(s->fd, SHUT_WR);
}
