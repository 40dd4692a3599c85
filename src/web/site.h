/* The pages, the API and the ledger's files as one running site.
 *
 *     site_start ── threads, each with: a STORE_READ handle, an engine over it, a connection to the keeper
 *
 * What parses foreign bytes holds no key and cannot write: every change is asked of the keeper (doc/design/acts.md).
 * Owner    the caller of site_start(); site_stop() ends it.
 * Threads  start and stop from one thread. */
#pragma once

#include "base/diag.h"

struct site;

struct site_config {
    const char *data;          /* the installation's directory: where the keeper listens */
    const char *db;            /* as for store_open() */
    const char *address;       /* numeric */
    uint16_t port;             /* 0: any free one */
    bool behind_proxy;         /* believe X-Forwarded-For and X-Forwarded-Proto */
    const char *tls_cert_file; /* PEM; both or neither; NULL: plain */
    const char *tls_key_file;
    const char *tls_client_ca_file; /* PEM: whose certificates devices are asked for; NULL: none */
    unsigned n_threads;        /* 0: as http.h says */
    void (*log)(void *ctx, const char *sentence); /* failures of the server itself; any thread; may be NULL */
    void *log_ctx;
};

enum { SITE_E_LISTEN = 1, SITE_E_STORE };

/* A keeper must be listening already. `config` is copied, its strings are borrowed until site_stop().
 * SITE_E_LISTEN: the address is refused, taken or wrong, or TLS is unusable. SITE_E_STORE: the store cannot be read. See
 * diag. Negative: -errno. */
MUST_CHECK int site_start(const struct site_config *config, struct site **ret, struct diag *diag);
uint16_t site_port(const struct site *s);
void site_stop(struct site *s); /* accepts NULL */
const char *site_data(const struct site *s); /* the installation's directory */
DEFINE_CLEANUP(struct site, site_stop);
