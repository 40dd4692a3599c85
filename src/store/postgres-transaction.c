/* Transactions of PostgreSQL. Savepoints, and their ends, are noted and go with what is sent next. */
#include "store/postgres.h"
#include <errno.h>
#include <stdio.h>

/* What the text of the schema takes for granted (schema.c). */
static const char create_ground[] = "BEGIN;"
                                    "CREATE DOMAIN bytetext AS text COLLATE \"C\";"
                                    "CREATE DOMAIN blob AS bytea;"
                                    "CREATE SCHEMA vault;"
                                    "CREATE TABLE vault.record_key ("
                                    " record bytetext NOT NULL PRIMARY KEY," /* record.id in the store */
                                    " key blob NOT NULL)";                   /* 32 bytes */

static const char *const control_sql[CONTROL_COUNT] = {
    [CONTROL_BEGIN_CREATE] = create_ground,
    /* The row is the write lock of the whole store (S3). */
    /* In a stricter isolation, which an operator may have made the default, its snapshot would be from before the wait. */
    [CONTROL_BEGIN_WRITE] = "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;"
                            "SELECT value FROM meta WHERE key = 'head' FOR UPDATE",
    [CONTROL_BEGIN_OWN] = "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED",
    [CONTROL_BEGIN_READ] = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                           "SELECT value FROM meta WHERE key = 'head'",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_SAVEPOINT] = "SAVEPOINT act",
    [CONTROL_RELEASE] = "RELEASE SAVEPOINT act",
    [CONTROL_BACK_TO] = "ROLLBACK TO SAVEPOINT act; RELEASE SAVEPOINT act",
};

/* What was noted, and `sql` behind it, which may be NULL. The answer is that of the last command, or of the first that failed. */
static PGresult *send_noted(struct postgres_store *s, const char *sql)
{
    char words[512];
    size_t len = 0;

    for (size_t i = 0; i < s->n_noted; i++)
        len += (size_t)snprintf(words + len, sizeof(words) - len, "%s;", control_sql[s->noted[i]]);
    if (sql)
        len += (size_t)snprintf(words + len, sizeof(words) - len, "%s", sql);
    assert(len < sizeof(words));
    s->n_noted = 0;
    return len ? PQexec(s->conn, words) : NULL;
}

int postgres_noted_flush(struct postgres_store *s)
{
    PGresult *result;
    int r;

    if (!s->n_noted)
        return 0;
    result = send_noted(s, NULL);
    r = postgres_is_good(result) ? 0 : postgres_failure(s, "savepoint", result);
    PQclear(result);
    return r;
}

bool postgres_pipeline_begin(struct postgres_store *s, size_t *ret_n)
{
    bool is_sent = PQenterPipelineMode(s->conn);

    *ret_n = 0;
    for (size_t i = 0; is_sent && i < s->n_noted; i++, ++*ret_n)
        is_sent = PQsendQueryParams(s->conn, control_sql[s->noted[i]], 0, NULL, NULL, NULL, NULL, 1);
    s->n_noted = 0;
    return is_sent;
}

static bool is_begin(enum control what)
{
    return what == CONTROL_BEGIN_CREATE || what == CONTROL_BEGIN_WRITE || what == CONTROL_BEGIN_OWN || what == CONTROL_BEGIN_READ;
}

/* A COMMIT of a transaction that the server had given up answers ROLLBACK, without an error. One whose wait for a
 * synchronous standby an operator ended answers COMMIT with a warning: if the server is lost now, so is the batch. */
static int commit(struct postgres_store *s)
{
    PGresult *result;
    int r = 0;

    s->is_warned = false;
    result = send_noted(s, control_sql[CONTROL_COMMIT]);
    if (!postgres_is_good(result)) {
        if (!result || !PQresultErrorField(result, PG_DIAG_SQLSTATE))
            postgres_cut_off(s); /* the server has not said so: whether it is done nobody knows */
        r = postgres_failure(s, "COMMIT", result);
    } else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        store_say(&s->base, "COMMIT: the server rolled the transaction back");
        r = -EIO;
    } else if (s->is_warned) {
        r = STORE_E_LOST;
    }
    PQclear(result);
    return r;
}

/* A savepoint in which nothing ran is as none. */
static int note(struct postgres_store *s, enum control what)
{
    int r = 0;

    if (what == CONTROL_RELEASE && s->n_noted && s->noted[s->n_noted - 1] == CONTROL_SAVEPOINT) {
        s->n_noted--;
        return 0;
    }
    if (s->n_noted == NOTED_MAX)
        r = postgres_noted_flush(s);
    if (!r)
        s->noted[s->n_noted++] = what;
    return r;
}

static int back_to(struct postgres_store *s)
{
    PGresult *result;
    int r;

    if (s->n_noted && s->noted[s->n_noted - 1] == CONTROL_SAVEPOINT) {
        s->n_noted--;
        return 0;
    }
    result = send_noted(s, control_sql[CONTROL_BACK_TO]);
    r = postgres_is_good(result) ? 0 : postgres_failure(s, "savepoint", result);
    PQclear(result);
    return r;
}

int postgres_control(struct store *base, enum control what)
{
    struct postgres_store *s = postgres_of(base);
    int r;

    if (what == CONTROL_SAVEPOINT || what == CONTROL_RELEASE)
        return note(s, what);
    if (what == CONTROL_BACK_TO)
        return back_to(s);
    if (what == CONTROL_COMMIT)
        return commit(s);
    s->n_noted = 0;
    r = postgres_simple(s, "transaction", control_sql[what]);
    if (r == STORE_E_LOST && is_begin(what) && postgres_reconnect(s) == 0)
        r = postgres_simple(s, "transaction", control_sql[what]);
    if (r && is_begin(what) && PQtransactionStatus(s->conn) != PQTRANS_IDLE)
        PQclear(PQexec(s->conn, "ROLLBACK"));
    return r;
}

bool postgres_in_transaction(struct store *base)
{
    PGTransactionStatusType status = postgres_of(base)->is_cut ? PQTRANS_UNKNOWN : PQtransactionStatus(postgres_of(base)->conn);

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}
