/* Certificates of clients, by real handshakes: which one counts, that it is none's but the handshake's, and that no session is taken up with another one. */
#include "web/http.h"

#include "web/http-stream.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call) assert_true((call) >= 0)
#define DAY_S 86400

struct identity {
    gnutls_x509_crt_t cert;
    gnutls_x509_privkey_t key;
    char print[HTTP_CERTIFICATE_SIZE];
};

struct fixture {
    char folder[64];
    struct identity ca, other_ca, host, device, second, foreign, old, young, host_only;
    struct http_server *server;
};

/* ---- certificates ---- */

static void print_of(struct identity *id)
{
    unsigned char bytes[32];
    size_t n = sizeof(bytes);

    OK(gnutls_x509_crt_get_fingerprint(id->cert, GNUTLS_DIG_SHA256, bytes, &n));
    for (size_t i = 0; i < n; i++)
        snprintf(id->print + 2 * i, 3, "%02x", bytes[i]);
}

/* Signed by `by`; NULL: by itself, as a CA. `purpose` NULL: none is named. */
static void make(struct identity *id, const char *name, const struct identity *by, const char *purpose, time_t from, time_t until)
{
    static unsigned char serial;
    const char *why;

    serial++;
    OK(gnutls_x509_privkey_init(&id->key));
    OK(gnutls_x509_privkey_generate(id->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    OK(gnutls_x509_crt_init(&id->cert));
    OK(gnutls_x509_crt_set_version(id->cert, 3));
    OK(gnutls_x509_crt_set_serial(id->cert, &serial, 1));
    OK(gnutls_x509_crt_set_dn(id->cert, name, &why));
    OK(gnutls_x509_crt_set_key(id->cert, id->key));
    OK(gnutls_x509_crt_set_activation_time(id->cert, from));
    OK(gnutls_x509_crt_set_expiration_time(id->cert, until));
    OK(gnutls_x509_crt_set_basic_constraints(id->cert, by == NULL, -1));
    OK(gnutls_x509_crt_set_key_usage(id->cert, by ? GNUTLS_KEY_DIGITAL_SIGNATURE : GNUTLS_KEY_KEY_CERT_SIGN));
    if (purpose)
        OK(gnutls_x509_crt_set_key_purpose_oid(id->cert, purpose, 0));
    OK(gnutls_x509_crt_sign2(id->cert, by ? by->cert : id->cert, by ? by->key : id->key, GNUTLS_DIG_SHA256, 0));
    print_of(id);
}

static void drop(struct identity *id)
{
    gnutls_x509_crt_deinit(id->cert);
    gnutls_x509_privkey_deinit(id->key);
}

static void write_file(const struct fixture *f, const char *name, const gnutls_datum_t *pem, char ret_path[128])
{
    FILE *file;

    snprintf(ret_path, 128, "%s/%s", f->folder, name);
    assert_non_null(file = fopen(ret_path, "w"));
    assert_int_equal(fwrite(pem->data, 1, pem->size, file), pem->size);
    assert_int_equal(fclose(file), 0);
}

static void write_cert(const struct fixture *f, const struct identity *id, const char *name, char ret_path[128])
{
    gnutls_datum_t pem;

    OK(gnutls_x509_crt_export2(id->cert, GNUTLS_X509_FMT_PEM, &pem));
    write_file(f, name, &pem, ret_path);
    gnutls_free(pem.data);
}

static void write_key(const struct fixture *f, const struct identity *id, const char *name, char ret_path[128])
{
    gnutls_datum_t pem;

    OK(gnutls_x509_privkey_export2(id->key, GNUTLS_X509_FMT_PEM, &pem));
    write_file(f, name, &pem, ret_path);
    gnutls_free(pem.data);
}

/* ---- the server ---- */

static int handle(struct http_request *req, struct http_response *resp, void *ctx)
{
    resp->content_type = "text/plain";
    return buf_printf(&resp->body, "certificate [%s]", req->certificate);
}

static int start(void **state)
{
    static struct fixture f;
    time_t now = time(NULL);
    char cert[128], key[128], ca[128];
    struct http_config config = {.address = "127.0.0.1", .n_threads = 2, .tls_cert_file = cert, .tls_key_file = key, .tls_client_ca_file = ca};
    struct diag diag;

    memset(&f, 0, sizeof(f));
    snprintf(f.folder, sizeof(f.folder), "/tmp/tsujiban-tls-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    make(&f.ca, "CN=CA of devices", NULL, NULL, now - DAY_S, now + DAY_S);
    make(&f.other_ca, "CN=CA of devices", NULL, NULL, now - DAY_S, now + DAY_S); /* of the same name, so that it is offered and sent */
    make(&f.host, "CN=localhost", &f.other_ca, GNUTLS_KP_TLS_WWW_SERVER, now - DAY_S, now + DAY_S);
    make(&f.device, "CN=PC-01", &f.ca, GNUTLS_KP_TLS_WWW_CLIENT, now - DAY_S, now + DAY_S);
    make(&f.second, "CN=PC-01", &f.ca, GNUTLS_KP_TLS_WWW_CLIENT, now - DAY_S, now + DAY_S); /* of the same name: nothing goes by it */
    make(&f.foreign, "CN=PC-01", &f.other_ca, GNUTLS_KP_TLS_WWW_CLIENT, now - DAY_S, now + DAY_S);
    make(&f.old, "CN=PC-02", &f.ca, GNUTLS_KP_TLS_WWW_CLIENT, now - 2 * DAY_S, now - DAY_S);
    make(&f.young, "CN=PC-03", &f.ca, GNUTLS_KP_TLS_WWW_CLIENT, now + DAY_S / 2, now + DAY_S);
    make(&f.host_only, "CN=PC-04", &f.ca, GNUTLS_KP_TLS_WWW_SERVER, now - DAY_S, now + DAY_S);
    write_cert(&f, &f.host, "cert.pem", cert);
    write_key(&f, &f.host, "key.pem", key);
    write_cert(&f, &f.ca, "ca.pem", ca);
    diag_init(&diag);
    assert_int_equal(http_server_start(&config, handle, &f, &f.server, &diag), 0);
    diag_done(&diag);
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    static const char *const files[] = {"cert.pem", "key.pem", "ca.pem", "empty.pem"};
    struct fixture *f = *state;
    char path[128];

    http_server_stop(f->server);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
        unlink(path);
    }
    rmdir(f->folder);
    drop(&f->ca);
    drop(&f->other_ca);
    drop(&f->host);
    drop(&f->device);
    drop(&f->second);
    drop(&f->foreign);
    drop(&f->old);
    drop(&f->young);
    drop(&f->host_only);
    return 0;
}

/* ---- a client ---- */

struct client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    int fd;
};

/* With that certificate, whatever the server asks for; NULL: without. */
static void dial(const struct fixture *f, const struct identity *id, const char *priority, const gnutls_datum_t *taken_up, struct client *ret)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_server_port(f->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {20, 0};

    ret->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(ret->fd >= 0);
    assert_int_equal(setsockopt(ret->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(ret->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    OK(gnutls_certificate_allocate_credentials(&ret->credentials));
    if (id)
        OK(gnutls_certificate_set_x509_key(ret->credentials, (gnutls_x509_crt_t[]){id->cert}, 1, id->key));
    OK(gnutls_init(&ret->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT));
    OK(gnutls_priority_set_direct(ret->session, priority, NULL));
    OK(gnutls_credentials_set(ret->session, GNUTLS_CRD_CERTIFICATE, ret->credentials));
    gnutls_transport_set_int(ret->session, ret->fd);
    if (taken_up)
        OK(gnutls_session_set_data(ret->session, taken_up->data, taken_up->size));
    OK(gnutls_handshake(ret->session));
}

static void hang_up(struct client *c)
{
    gnutls_deinit(c->session);
    gnutls_certificate_free_credentials(c->credentials);
    close(c->fd);
}

/* What the handler was told, on a connection that goes on. */
static void is_seen(struct client *c, const char *certificate)
{
    static const char asked[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Client-Certificate: 00\r\nX-SSL-Client-SHA256: 00\r\n\r\n";
    char answer[4096], want[128];
    size_t len = 0;

    snprintf(want, sizeof(want), "certificate [%s]", certificate);
    assert_int_equal(gnutls_record_send(c->session, asked, sizeof(asked) - 1), sizeof(asked) - 1);
    for (;;) {
        ssize_t n = gnutls_record_recv(c->session, answer + len, sizeof(answer) - 1 - len);

        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            fail_msg("no answer: %s", gnutls_strerror((int)n));
        len += (size_t)n;
        answer[len] = '\0';
        if (strstr(answer, "certificate [") && strchr(strstr(answer, "certificate ["), ']'))
            break;
    }
    if (!strstr(answer, want))
        fail_msg("not \"%s\" in: %s", want, answer);
}

static const char *const priorities[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

/* ---- tests ---- */

static void test_which_counts(void **state)
{
    const struct fixture *f = *state;
    const struct {
        const struct identity *id;
        bool counts;
    } rows[] = {{NULL, false}, {&f->device, true}, {&f->second, true}, {&f->foreign, false}, {&f->old, false}, {&f->young, false}, {&f->host_only, false}};

    assert_string_not_equal(f->device.print, f->second.print);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(priorities); k++) {
            struct client c;

            dial(f, rows[i].id, priorities[k], NULL, &c);
            is_seen(&c, rows[i].counts ? rows[i].id->print : "");
            is_seen(&c, rows[i].counts ? rows[i].id->print : ""); /* kept alive */
            hang_up(&c);
        }
}

/* Neither by a ticket nor by a session's number: who comes again shows his certificate again. */
static void test_nothing_is_taken_up(void **state)
{
    const struct fixture *f = *state;

    for (size_t k = 0; k < ARRAY_LEN(priorities); k++) {
        gnutls_datum_t data = {NULL, 0};
        struct client c;

        dial(f, &f->device, priorities[k], NULL, &c);
        is_seen(&c, f->device.print);
        OK(gnutls_session_get_data2(c.session, &data));
        hang_up(&c);
        dial(f, NULL, priorities[k], data.size ? &data : NULL, &c);
        assert_false(gnutls_session_is_resumed(c.session));
        is_seen(&c, "");
        hang_up(&c);
        dial(f, &f->second, priorities[k], data.size ? &data : NULL, &c);
        assert_false(gnutls_session_is_resumed(c.session));
        is_seen(&c, f->second.print);
        hang_up(&c);
        gnutls_free(data.data);
    }
}

/* A connection stays the device's that began it: a second handshake on it ends it. */
static void test_no_second_handshake(void **state)
{
    const struct fixture *f = *state;
    struct client c;
    char answer[256];
    ssize_t n;
    int r;

    dial(f, &f->device, priorities[1], NULL, &c);
    is_seen(&c, f->device.print);
    gnutls_certificate_free_keys(c.credentials);
    OK(gnutls_certificate_set_x509_key(c.credentials, (gnutls_x509_crt_t[]){f->second.cert}, 1, f->second.key));
    r = gnutls_handshake(c.session);
    assert_true(r < 0);
    n = gnutls_record_recv(c.session, answer, sizeof(answer));
    assert_true(n <= 0 && n != GNUTLS_E_AGAIN);
    hang_up(&c);
}

static void test_its_time_ends(void **state)
{
    const struct http_stream s = {.fd = -1, .certificate = "ab", .certificate_until_us = 5};

    assert_string_equal(http_stream_certificate(&s, 4), "ab");
    assert_string_equal(http_stream_certificate(&s, 5), "");
    assert_string_equal(http_stream_certificate(&(struct http_stream){.fd = -1}, 0), "");
}

static void test_what_is_refused(void **state)
{
    const struct fixture *f = *state;
    char cert[128], key[128], ca[128], empty[128];
    struct http_config config = {.address = "127.0.0.1", .n_threads = 1, .tls_client_ca_file = ca};
    struct http_server *server = NULL;
    struct diag diag;

    snprintf(ca, sizeof(ca), "%s/ca.pem", f->folder);
    snprintf(cert, sizeof(cert), "%s/cert.pem", f->folder);
    snprintf(key, sizeof(key), "%s/key.pem", f->folder);
    write_file(f, "empty.pem", &(gnutls_datum_t){(unsigned char *)(uintptr_t)"", 0}, empty);
    diag_init(&diag);
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS); /* without TLS */
    config.tls_cert_file = cert;
    config.tls_key_file = key;
    config.behind_proxy = true;
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS);
    config.behind_proxy = false;
    config.tls_client_ca_file = empty;
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS);
    config.tls_client_ca_file = "absent.pem";
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS);
    config.tls_client_ca_file = key;
    assert_int_equal(http_server_start(&config, handle, NULL, &server, &diag), HTTP_E_TLS);
    assert_int_equal(diag.n_errors, 5);
    diag_done(&diag);
    assert_null(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_counts),      cmocka_unit_test(test_nothing_is_taken_up), cmocka_unit_test(test_no_second_handshake),
        cmocka_unit_test(test_its_time_ends),     cmocka_unit_test(test_what_is_refused),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
