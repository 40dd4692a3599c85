/* Inside the driver for PostgreSQL only: what its five files share.
 *
 *   postgres-connect.c      one connection: settings, loss, errors
 *   postgres-transaction.c  begin, commit, savepoints
 *   postgres-run.c          statements: prepared, sent, in pipelines
 *   postgres-rows.c         what they answer
 *   postgres.c              the vault, the table of functions, life
 *
 * Owner    a store is one connection, its holder's; rows are their reader's until rows_done.
 * Threads  one at a time, as for any store.
 * Answers  those of store.h, with words in store_say(): 0, STORE_E_EXISTS, STORE_E_BUSY, STORE_E_LOST, STORE_E_FULL, -EINVAL, -EPERM, -ENOMEM, -EIO. */
#pragma once

#include "store/driver.h"
#include <libpq-fe.h>

/* Statements that only this driver has: the vault's. */
enum { VAULT_GET = STMT_ALL, VAULT_PUT, VAULT_DROP, VAULT_SCAN, PREPARED_ALL };

#define NOTED_MAX 8 /* of one act and the next there are three */

struct postgres_store {
    struct store base;
    PGconn *conn;
    enum control noted[NOTED_MAX]; /* not sent yet: CONTROL_SAVEPOINT, CONTROL_RELEASE */
    size_t n_noted;
    bool is_prepared[PREPARED_ALL]; /* on this connection */
    uint8_t n_params[PREPARED_ALL]; /* of those once prepared */
    bool is_warned; /* the server sent a warning; store_say() has its words */
    bool is_cut;    /* given up by us, whatever libpq takes it for; until postgres_reconnect() */
};

static inline struct postgres_store *postgres_of(struct store *s)
{
    return (struct postgres_store *)s;
}

/* ---- the connection ---- */

/* The first one of a store, and a look at what is there: words in `diag` beside the answers of postgres_open() (store/driver.h). */
MUST_CHECK int postgres_connect(struct postgres_store *s, const char *url, bool create, struct diag *diag);
/* The same place again, after a loss; nothing is prepared or noted on it. STORE_E_LOST: still not there. */
MUST_CHECK int postgres_reconnect(struct postgres_store *s);
/* Give the connection up: every call fails with STORE_E_LOST until postgres_reconnect(). */
void postgres_cut_off(struct postgres_store *s);
/* What `result` (the caller's; NULL: libpq had none) means that is not good, and words of it behind `what`. Never 0. */
int postgres_failure(struct postgres_store *s, const char *what, const PGresult *result);
/* False: a bad one, or NULL. */
bool postgres_is_good(const PGresult *result);
/* Run a literal, which may hold several commands. */
MUST_CHECK int postgres_simple(struct postgres_store *s, const char *what, const char *sql);
/* Of the table of functions, store/driver.h. */
int postgres_ready(struct store *base);
int postgres_deadline(struct store *base, unsigned ms);

/* ---- transactions ---- */

/* Send what was noted now, by itself. */
MUST_CHECK int postgres_noted_flush(struct postgres_store *s);
/* A pipeline, with what was noted as the first *ret_n of its commands. False: not all of it is on its way. */
bool postgres_pipeline_begin(struct postgres_store *s, size_t *ret_n);
/* Of the table of functions, store/driver.h. */
int postgres_control(struct store *base, enum control what);
bool postgres_in_transaction(struct store *base);

/* ---- statements ---- */

/* Run `id` (below PREPARED_ALL) with its `n` values. *ret is the caller's, for PQclear(). */
MUST_CHECK int postgres_execute(struct postgres_store *s, unsigned id, const struct value *values, size_t n, PGresult **ret);
/* The same for each of `n_rows` rows of `n` values, at most STORE_ROWS_AT_ONCE: ret[i] of each, all of them or none. */
MUST_CHECK int postgres_execute_rows(struct postgres_store *s, unsigned id, const struct value *values, size_t n, size_t n_rows, PGresult **ret);
/* Send `id`, without values, so that PQgetResult() answers its rows one by one. */
MUST_CHECK int postgres_stream_start(struct postgres_store *s, unsigned id);
/* Of the table of functions, store/driver.h. */
int postgres_run(struct store *base, unsigned id, const struct value *values, size_t n, uint64_t *ret_changed);
int postgres_run_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, uint64_t *ret_changed);

/* ---- rows: of the table of functions, store/driver.h ---- */

int postgres_query(struct store *base, unsigned id, const struct value *values, size_t n, bool stream, struct rows **ret);
int postgres_query_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, struct rows **ret);
int postgres_next(struct rows *base);
enum value_type postgres_type(struct rows *base, int col);
int postgres_n_cols(struct rows *base);
int64_t postgres_number(struct rows *base, int col);
struct str postgres_bytes(struct rows *base, int col);
void postgres_rows_stale(struct rows *base);
void postgres_rows_done(struct rows *base);
