/* One connection to a PostgreSQL server: how it is made, made anew and given up, and what its errors mean. */
#include "base/tell.h"
#include "store/postgres.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#define SERVER_MIN 130000

/* ---- what went wrong ---- */

static const struct {
    const char *sqlstate; /* or its class, two characters; the first row that fits counts */
    int answer;
} answers[] = {
    {"23505", STORE_E_EXISTS}, /* unique_violation */
    {"42P06", STORE_E_EXISTS}, /* duplicate_schema */
    {"42P07", STORE_E_EXISTS}, /* duplicate_table */
    {"42710", STORE_E_EXISTS}, /* duplicate_object */
    {"23", -EINVAL},           /* other constraints */
    {"22", -EINVAL},           /* data: bad UTF-8, out of range */
    {"55P03", STORE_E_BUSY},   /* lock_not_available */
    {"57014", STORE_E_BUSY},   /* query_canceled: deadline */
    {"40", STORE_E_BUSY},      /* deadlock, serialization */
    {"53100", STORE_E_FULL},   /* disk_full */
    {"53200", -ENOMEM},        /* out_of_memory on the server */
    {"53", STORE_E_LOST},      /* too many connections */
    {"08", STORE_E_LOST},      /* connection */
    {"57P", STORE_E_LOST},     /* shut down, crashed, starting */
    {"25P03", STORE_E_LOST},   /* idle in transaction for too long */
    {"25006", -EPERM},         /* read_only_sql_transaction */
    {"42501", -EPERM},         /* insufficient_privilege */
};

static int answer_of(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < ARRAY_LEN(answers); i++) {
        if (!strncmp(sqlstate, answers[i].sqlstate, strlen(answers[i].sqlstate)))
            return answers[i].answer;
    }
    return -EIO;
}

static bool is_connected(const struct postgres_store *s)
{
    return !s->is_cut && PQstatus(s->conn) == CONNECTION_OK;
}

int postgres_failure(struct postgres_store *s, const char *what, const PGresult *result)
{
    const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    store_say(&s->base, "%s: %s", what, words ? words : PQerrorMessage(s->conn));
    if (!is_connected(s))
        return STORE_E_LOST;
    return answer_of(result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL);
}

bool postgres_is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* ---- the connection ---- */

static void on_notice(void *arg, const PGresult *notice)
{
    struct postgres_store *s = arg;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *words = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

    if (!severity || strcmp(severity, "WARNING") != 0)
        return;
    s->is_warned = true;
    store_say(&s->base, "%s", words ? words : "a warning");
}

int postgres_simple(struct postgres_store *s, const char *what, const char *sql)
{
    PGresult *result = PQexec(s->conn, sql);
    int r = postgres_is_good(result) ? 0 : postgres_failure(s, what, result);

    PQclear(result);
    return r;
}

static int timeouts_set(struct postgres_store *s, unsigned ms)
{
    char statement[16], lock[16];
    const char *values[] = {statement, lock};
    PGresult *result;
    int r;

    snprintf(statement, sizeof(statement), "%u", ms);
    snprintf(lock, sizeof(lock), "%u", lock_wait_ms(ms));
    result = PQexecParams(s->conn,
                          "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)",
                          2, NULL, values, NULL, NULL, 0);
    r = postgres_is_good(result) ? 0 : postgres_failure(s, "deadline", result);
    PQclear(result);
    return r;
}

/* A transaction that its node forgot would hold the write lock against all others: the server ends it. An operator's
 * synchronous_commit stays unless it is off, which would let acknowledged acts be lost. Each statement has its index, so a server that reckons a page out of
 * order as dear as a disk's arm would plan it anew each time, which costs more than running it; where an operator reckons otherwise that stays. */
static const char session_settings[] =
    "SET client_min_messages = warning;"
    "SET standard_conforming_strings = on;"
    "SET idle_in_transaction_session_timeout = '60s';"
    "SELECT set_config('random_page_cost', '1.1', false) WHERE current_setting('random_page_cost') = '4';"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

static int session_set_up(struct postgres_store *s)
{
    int r;

    memset(s->is_prepared, 0, sizeof(s->is_prepared));
    s->n_noted = 0;
    PQsetNoticeReceiver(s->conn, on_notice, s);
    r = postgres_simple(s, "connecting", session_settings);
    if (!r && s->base.role == STORE_READ)
        r = postgres_simple(s, "connecting", "SET default_transaction_read_only = on");
    if (!r)
        r = timeouts_set(s, s->base.deadline_ms);
    return r;
}

/* The connection is lost from here on, as the server sees it, too. Libpq may not notice, and stay in a pipeline that takes no other statement: nothing
 * is read from it again before postgres_reconnect(). */
void postgres_cut_off(struct postgres_store *s)
{
    s->is_cut = true;
    IGNORE(shutdown(PQsocket(s->conn), SHUT_RDWR), "the server finds out in any case, at the latest when it is made anew");
}

/* A session without its settings is none. */
int postgres_reconnect(struct postgres_store *s)
{
    int r;

    PQreset(s->conn);
    s->is_cut = false;
    if (PQstatus(s->conn) != CONNECTION_OK) {
        store_say(&s->base, "connecting: %s", PQerrorMessage(s->conn));
        return STORE_E_LOST;
    }
    if ((r = session_set_up(s)))
        postgres_cut_off(s);
    return r;
}

int postgres_ready(struct store *base)
{
    struct postgres_store *s = postgres_of(base);

    return is_connected(s) ? 0 : postgres_reconnect(s);
}

int postgres_deadline(struct store *base, unsigned ms)
{
    assert(base->tx == TX_NONE);
    return timeouts_set(postgres_of(base), ms);
}

/* ---- opening ---- */

/* Ours before the URL, so that the URL may say otherwise; seconds, but tcp_user_timeout, which is milliseconds. */
static PGconn *connect_url(const char *url)
{
    static const char *const names[] = {"connect_timeout", "keepalives_idle", "tcp_user_timeout",
                                        "fallback_application_name", "dbname", "client_encoding", NULL};
    const char *values[] = {"10", "30", "20000", "tsujiban", url, "UTF8", NULL};

    return PQconnectdbParams(names, values, 1);
}

/* Libpq quotes what it cannot read, password and all, so the words are ours. */
static int url_check(const char *url, struct diag *diag)
{
    char *words = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &words);
    int r = options ? 0 : words ? -EINVAL : -ENOMEM;

    if (r == -EINVAL)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_URL);
    PQconninfoFree(options);
    PQfreemem(words);
    return r;
}

static int server_check(struct postgres_store *s, struct diag *diag)
{
    const char *encoding = PQparameterStatus(s->conn, "server_encoding");

    if (PQserverVersion(s->conn) < SERVER_MIN) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_VERSION, {"version", INTEGER(PQserverVersion(s->conn) / 10000)});
        return -EPROTONOSUPPORT;
    }
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_ENCODING, {"encoding", str_of(encoding ? encoding : "unknown")});
        return -EPROTONOSUPPORT;
    }
    return 0;
}

/* Is a store there? Both of its marks, or none, or something of others in between. The catalogue tells of the vault to whoever may not enter it, too. */
static int place_check(struct postgres_store *s, bool create, struct diag *diag)
{
    PGresult *result = PQexec(s->conn, "SELECT CAST(to_regclass('meta') IS NOT NULL AS INT)"
                                       " + CAST(EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
                                       " ON n.oid = c.relnamespace WHERE n.nspname = 'vault' AND c.relname = 'record_key') AS INT)");
    int marks, r;

    if (!postgres_is_good(result)) {
        r = postgres_failure(s, "opening", result);
        PQclear(result);
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_READ, {"why", str_of(s->base.message)});
        return r;
    }
    marks = PQgetvalue(result, 0, 0)[0] - '0';
    PQclear(result);
    if (create && marks > 0) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_HOLDS);
        return STORE_E_EXISTS;
    }
    if (!create && marks == 0) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_NONE);
        return STORE_E_NONE;
    }
    if (!create && marks == 1) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_OTHER);
        return STORE_E_SCHEMA;
    }
    return 0;
}

int postgres_connect(struct postgres_store *s, const char *url, bool create, struct diag *diag)
{
    int r;

    r = url_check(url, diag);
    if (r)
        return r;
    s->conn = connect_url(url);
    if (!s->conn)
        return -ENOMEM;
    if (PQstatus(s->conn) != CONNECTION_OK) {
        store_say(&s->base, "%s", PQerrorMessage(s->conn)); /* one line */
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_REACH, {"why", str_of(s->base.message)});
        return STORE_E_LOST;
    }
    r = server_check(s, diag);
    if (r)
        return r;
    r = session_set_up(s);
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_PG_SESSION, {"why", str_of(s->base.message)});
        return r;
    }
    return place_check(s, create, diag);
}
