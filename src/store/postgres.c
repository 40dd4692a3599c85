/* The driver for PostgreSQL, by libpq.
 *
 * Results are binary: BIGINT as 8 bytes big-endian, text and bytea as they are. Parameters are binary, too, but for
 * numbers, which go as text and so fit whatever type the statement gives them.
 * Savepoints, and their ends, are noted and go with the next statement, in one pipeline with it: they cost no round trip.
 * A connection that broke, or whose pipeline libpq lost count of, is made anew at the next begin, or the next query outside of a transaction; statements are
 * prepared at their first use on each connection.
 * The vault is the schema `vault`, inside the same transaction, so S6 holds by itself. */
#include "base/tell.h"
#include "store/driver.h"

#include "base/time.h"

#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SERVER_MIN 130000

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };

/* Statements that only this driver has: the vault's. */
enum { VAULT_GET = STMT_ALL, VAULT_PUT, VAULT_DROP, VAULT_SCAN, PREPARED_ALL };

static const struct statement vault_statements[] = {
#define VAULT(id, who, text) {id, who, {[STORE_POSTGRES] = text}}
    VAULT("VAULT_GET", STORE_READ, "SELECT key FROM vault.record_key WHERE record = $1"),
    VAULT("VAULT_PUT", STORE_WRITE,
          "INSERT INTO vault.record_key(record, key) VALUES ($1, $2) ON CONFLICT(record) DO UPDATE SET key = excluded.key"),
    VAULT("VAULT_DROP", STORE_WRITE, "DELETE FROM vault.record_key WHERE record = $1"),
    VAULT("VAULT_SCAN", STORE_READ, "SELECT record, key FROM vault.record_key ORDER BY record"),
#undef VAULT
};

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

#define ANSWER_SPARE_MS 5000u /* for the way there and back, beside the deadline that the server keeps */
#define POLL_MS 50
#define NOTED_MAX 8 /* of one act and the next there are three */

struct postgres_store {
    struct store base;
    PGconn *conn;
    enum control noted[NOTED_MAX]; /* not sent yet: CONTROL_SAVEPOINT, CONTROL_RELEASE */
    size_t n_noted;
    bool is_prepared[PREPARED_ALL]; /* on this connection */
    uint8_t n_params[PREPARED_ALL]; /* of those once prepared */
    bool is_warned; /* the server sent a warning; store_say() has its words */
    bool is_cut;    /* given up by us, whatever libpq takes it for; until reconnect() */
};

struct postgres_rows {
    struct rows base;
    PGresult *result; /* all rows; or the current one of a stream; NULL when stale or at a stream's end */
    int row, n_rows;  /* row: -1 before the first */
    bool is_stream;
};

static struct postgres_store *of(struct store *s)
{
    return (struct postgres_store *)s;
}

static const struct statement *prepared_of(unsigned id)
{
    return id < STMT_ALL ? statement_of(id) : &vault_statements[id - STMT_ALL];
}

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

static int failure(struct postgres_store *s, const char *what, const PGresult *result)
{
    const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    store_say(&s->base, "%s: %s", what, words ? words : PQerrorMessage(s->conn));
    if (!is_connected(s))
        return STORE_E_LOST;
    return answer_of(result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL);
}

static bool is_good(const PGresult *result)
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

/* Literals that may hold several commands. */
static int simple(struct postgres_store *s, const char *what, const char *sql)
{
    PGresult *result = PQexec(s->conn, sql);
    int r = is_good(result) ? 0 : failure(s, what, result);

    PQclear(result);
    return r;
}

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

static int flush_noted(struct postgres_store *s)
{
    PGresult *result;
    int r;

    if (!s->n_noted)
        return 0;
    result = send_noted(s, NULL);
    r = is_good(result) ? 0 : failure(s, "savepoint", result);
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
    r = is_good(result) ? 0 : failure(s, "deadline", result);
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
    r = simple(s, "connecting", session_settings);
    if (!r && s->base.role == STORE_READ)
        r = simple(s, "connecting", "SET default_transaction_read_only = on");
    if (!r)
        r = timeouts_set(s, s->base.deadline_ms);
    return r;
}

/* The connection is lost from here on, as the server sees it, too. Libpq may not notice, and stay in a pipeline that takes no other statement: nothing
 * is read from it again before reconnect(). */
static void cut_off(struct postgres_store *s)
{
    s->is_cut = true;
    IGNORE(shutdown(PQsocket(s->conn), SHUT_RDWR), "the server finds out in any case, at the latest when it is made anew");
}

/* A session without its settings is none. */
static int reconnect(struct postgres_store *s)
{
    int r;

    PQreset(s->conn);
    s->is_cut = false;
    if (PQstatus(s->conn) != CONNECTION_OK) {
        store_say(&s->base, "connecting: %s", PQerrorMessage(s->conn));
        return STORE_E_LOST;
    }
    if ((r = session_set_up(s)))
        cut_off(s);
    return r;
}

static int postgres_ready(struct store *base)
{
    struct postgres_store *s = of(base);

    return is_connected(s) ? 0 : reconnect(s);
}

static int postgres_deadline(struct store *base, unsigned ms)
{
    assert(base->tx == TX_NONE);
    return timeouts_set(of(base), ms);
}

/* ---- statements ---- */

/* Parameters as libpq wants them. */
struct params {
    const char *values[STORE_PARAMS_MAX];
    int lens[STORE_PARAMS_MAX];
    int formats[STORE_PARAMS_MAX]; /* 0 text, 1 binary */
    char numbers[STORE_PARAMS_MAX][24];
};

static void params_fill(struct params *p, const struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct value *v = &values[i];

        p->lens[i] = 0;
        p->formats[i] = 0;
        switch (v->type) {
        case VALUE_NULL:
            p->values[i] = NULL;
            break;
        case VALUE_INT:
            snprintf(p->numbers[i], sizeof(p->numbers[i]), "%lld", (long long)v->number);
            p->values[i] = p->numbers[i];
            break;
        case VALUE_TEXT:
        case VALUE_BLOB:
            p->values[i] = v->bytes.at ? v->bytes.at : "";
            p->lens[i] = (int)v->bytes.len;
            p->formats[i] = 1;
            break;
        }
    }
}

static void name_of(unsigned id, char name[12])
{
    snprintf(name, 12, "s%u", id);
}

/* The highest $n. */
static uint8_t params_of(const char *sql)
{
    unsigned long n = 0;

    for (const char *p = strchr(sql, '$'); p; p = strchr(p + 1, '$'))
        n = MAX_OF(n, strtoul(p + 1, NULL, 10));
    assert(n <= STORE_PARAMS_MAX);
    return (uint8_t)n;
}

static int prepare(struct postgres_store *s, unsigned id)
{
    char name[12];
    PGresult *result;
    int r;

    if (s->is_prepared[id])
        return 0;
    if ((r = flush_noted(s)))
        return r;
    name_of(id, name);
    result = PQprepare(s->conn, name, prepared_of(id)->sql[STORE_POSTGRES], 0, NULL);
    if (!is_good(result) && !PQresultErrorField(result, PG_DIAG_SQLSTATE))
        cut_off(s); /* libpq's own failure: the server may have prepared it */
    r = is_good(result) ? 0 : failure(s, prepared_of(id)->name, result);
    PQclear(result);
    s->is_prepared[id] = r == 0;
    s->n_params[id] = params_of(prepared_of(id)->sql[STORE_POSTGRES]);
    return r;
}

/* True: PQgetResult() has an answer, or the end of the connection. Without memory libpq drops the end of a pipeline, says so in its words alone, and would wait for
 * another one for ever; while no answer was bad (`is_quiet`) it has no others. Otherwise it is waited as long as the server takes at most. The socket does not
 * show bytes that TLS has read from it already: libpq is asked again every POLL_MS. */
static bool has_answer(struct postgres_store *s, bool is_quiet)
{
    const uint64_t until_us = clock_monotonic_us() + (s->base.deadline_ms + ANSWER_SPARE_MS) * (uint64_t)1000;

    while (PQisBusy(s->conn)) {
        struct pollfd socket = {.fd = PQsocket(s->conn), .events = POLLIN};
        uint64_t now_us = clock_monotonic_us();

        if ((is_quiet && *PQerrorMessage(s->conn)) || now_us >= until_us)
            return false;
        if (poll(&socket, 1, (int)MIN_OF((until_us - now_us) / 1000 + 1, (uint64_t)POLL_MS)) < 0 && errno != EINTR)
            return false;
        if (!PQconsumeInput(s->conn))
            return true;
    }
    return true;
}

/* The next answer of a pipeline and the end behind it. NULL: libpq had none, as when memory has run out; what would come next belongs to nobody knows what. */
static PGresult *pipeline_answer(struct postgres_store *s, bool is_quiet)
{
    PGresult *one = has_answer(s, is_quiet) ? PQgetResult(s->conn) : NULL, *end;

    if (!one || !(end = PQgetResult(s->conn)))
        return one;
    PQclear(end);
    PQclear(one);
    return NULL;
}

/* Answers of a pipeline, up to its end: of `n_before` words of control, and then of `n` runs of a statement, into `ret`. False: they are not all there, or
 * the first bad one is not the server's but libpq's own. */
static bool pipeline_answers(struct postgres_store *s, unsigned id, size_t n_before, size_t n, PGresult **ret, int *ret_failure)
{
    bool is_ours = false;

    for (size_t i = 0; i < n_before + n; i++) {
        PGresult *one = pipeline_answer(s, !*ret_failure);

        if (!one)
            return false;
        if (i >= n_before)
            ret[i - n_before] = one;
        if (!*ret_failure && !is_good(one)) {
            is_ours = !PQresultErrorField(one, PG_DIAG_SQLSTATE);
            *ret_failure = failure(s, prepared_of(id)->name, one);
        }
        if (i < n_before)
            PQclear(one);
        if (is_ours)
            return false;
    }
    if (!has_answer(s, !*ret_failure))
        return false;
    PQclear(PQgetResult(s->conn)); /* the end itself */
    return PQexitPipelineMode(s->conn);
}

/* A pipeline that could not be sent whole, or whose answers cannot be read whole, ends the connection: the server would wait for the rest, or its answers
 * would be taken for those of the next statement. */
static int pipeline_end(struct postgres_store *s, unsigned id, bool is_sent, size_t n_before, size_t n, PGresult **ret)
{
    int r = 0;

    memset(ret, 0, n * sizeof(ret[0]));
    if (!is_sent || !PQpipelineSync(s->conn) || !pipeline_answers(s, id, n_before, n, ret, &r)) {
        cut_off(s);
        r = failure(s, prepared_of(id)->name, NULL);
    }
    for (size_t i = 0; r && i < n; i++) {
        PQclear(ret[i]);
        ret[i] = NULL;
    }
    return r;
}

/* *ret_n: how many. False: not all of them are on their way. */
static bool pipeline_begin(struct postgres_store *s, size_t *ret_n)
{
    bool is_sent = PQenterPipelineMode(s->conn);

    *ret_n = 0;
    for (size_t i = 0; is_sent && i < s->n_noted; i++, ++*ret_n)
        is_sent = PQsendQueryParams(s->conn, control_sql[s->noted[i]], 0, NULL, NULL, NULL, NULL, 1);
    s->n_noted = 0;
    return is_sent;
}

/* The statement is prepared for so many values. */
static int ready_for(struct postgres_store *s, unsigned id, size_t n)
{
    int r = prepare(s, id);

    if (r)
        return r;
    /* The server would call it a breach of the protocol, which looks like a lost connection. */
    if (n != s->n_params[id]) {
        store_say(&s->base, "%s takes %d values, not %zu", prepared_of(id)->name, s->n_params[id], n);
        return -EINVAL;
    }
    return 0;
}

/* The statement for each of `n_rows` rows, in one pipeline, behind what was noted. The answers have to fit what the connection holds unread, as nobody reads
 * them before all is sent. */
static int execute_rows(struct postgres_store *s, unsigned id, const struct value *values, size_t n, size_t n_rows, PGresult **ret)
{
    struct params p;
    size_t n_before;
    char name[12];
    bool is_sent;
    int r = ready_for(s, id, n);

    if (r)
        return r;
    name_of(id, name);
    is_sent = pipeline_begin(s, &n_before);
    for (size_t i = 0; is_sent && i < n_rows; i++) {
        params_fill(&p, n ? values + i * n : NULL, n);
        is_sent = PQsendQueryPrepared(s->conn, name, (int)n, p.values, p.lens, p.formats, 1);
    }
    return pipeline_end(s, id, is_sent, n_before, n_rows, ret);
}

static int execute_once(struct postgres_store *s, unsigned id, const struct value *values, size_t n, PGresult **ret)
{
    struct params p;
    char name[12];
    PGresult *result;
    int r;

    if (s->n_noted)
        return execute_rows(s, id, values, n, 1, ret);
    r = ready_for(s, id, n);
    if (r)
        return r;
    params_fill(&p, values, n);
    name_of(id, name);
    result = PQexecPrepared(s->conn, name, (int)n, p.values, p.lens, p.formats, 1);
    if (!is_good(result)) {
        r = failure(s, prepared_of(id)->name, result);
        PQclear(result);
        return r;
    }
    *ret = result;
    return 0;
}

/* Outside of a transaction a broken connection is no reason to fail a query: nothing was promised yet. */
static int execute(struct postgres_store *s, unsigned id, const struct value *values, size_t n, PGresult **ret)
{
    int r = execute_once(s, id, values, n, ret);

    if (r == STORE_E_LOST && s->base.tx == TX_NONE && reconnect(s) == 0)
        r = execute_once(s, id, values, n, ret);
    return r;
}

static int postgres_run(struct store *base, unsigned id, const struct value *values, size_t n, uint64_t *ret_changed)
{
    PGresult *result;
    int r;

    r = execute(of(base), id, values, n, &result);
    if (r)
        return r;
    *ret_changed = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return 0;
}

static int postgres_run_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, uint64_t *ret_changed)
{
    PGresult *results[STORE_ROWS_AT_ONCE];
    int r = execute_rows(of(base), id, values, n, n_rows, results);

    for (size_t i = 0; !r && i < n_rows; i++) {
        *ret_changed += strtoull(PQcmdTuples(results[i]), NULL, 10);
        PQclear(results[i]);
    }
    return r;
}

static int stream_start(struct postgres_store *s, unsigned id)
{
    char name[12];
    int r;

    r = prepare(s, id) ?: flush_noted(s);
    if (r)
        return r;
    name_of(id, name);
    if (!PQsendQueryPrepared(s->conn, name, 0, NULL, NULL, NULL, 1) || !PQsetSingleRowMode(s->conn))
        return failure(s, prepared_of(id)->name, NULL);
    return 0;
}

static int postgres_query(struct store *base, unsigned id, const struct value *values, size_t n, bool stream,
                          struct rows **ret)
{
    struct postgres_rows *rows = calloc(1, sizeof(*rows));
    int r;

    if (!rows)
        return -ENOMEM;
    rows->row = -1;
    rows->is_stream = stream;
    r = stream ? stream_start(of(base), id) : execute(of(base), id, values, n, &rows->result);
    if (r) {
        free(rows);
        return r;
    }
    rows->n_rows = PQntuples(rows->result);
    *ret = &rows->base;
    return 0;
}

static int postgres_query_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, struct rows **ret)
{
    PGresult *results[STORE_ROWS_AT_ONCE];
    int r = execute_rows(of(base), id, values, n, n_rows, results);

    for (size_t i = 0; !r && i < n_rows; i++) {
        struct postgres_rows *rows = calloc(1, sizeof(*rows));

        ret[i] = rows ? &rows->base : NULL;
        if (!rows) {
            PQclear(results[i]);
            continue;
        }
        rows->row = -1;
        rows->result = results[i];
        rows->n_rows = PQntuples(rows->result);
    }
    return r;
}

static int stream_next(struct postgres_store *s, struct postgres_rows *rows)
{
    PGresult *result;
    int r;

    PQclear(rows->result);
    rows->result = result = PQgetResult(s->conn);
    if (!result)
        return 0;
    if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        rows->row = 0;
        return 1;
    }
    r = PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : failure(s, "reading", result);
    while (rows->result) { /* to the end, so that the connection is free again */
        PQclear(rows->result);
        rows->result = PQgetResult(s->conn);
    }
    return r == STORE_E_BUSY ? -ETIMEDOUT : ERR_FOLD(r);
}

static int postgres_next(struct rows *base)
{
    struct postgres_rows *rows = (struct postgres_rows *)base;

    if (rows->is_stream)
        return stream_next(of(base->store), rows);
    if (rows->row + 1 >= rows->n_rows)
        return 0;
    rows->row++;
    return 1;
}

static enum value_type postgres_type(struct rows *base, int col)
{
    const struct postgres_rows *rows = (const struct postgres_rows *)base;

    assert(rows->row >= 0 && col < PQnfields(rows->result));
    if (PQgetisnull(rows->result, rows->row, col))
        return VALUE_NULL;
    switch (PQftype(rows->result, col)) {
    case OID_BOOL:
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return VALUE_INT;
    case OID_BYTEA:
        return VALUE_BLOB;
    default:
        return VALUE_TEXT;
    }
}

static int postgres_n_cols(struct rows *base)
{
    return PQnfields(((struct postgres_rows *)base)->result);
}

static int64_t postgres_number(struct rows *base, int col)
{
    const struct postgres_rows *rows = (const struct postgres_rows *)base;
    const char *at = PQgetvalue(rows->result, rows->row, col);
    uint64_t be64;
    uint32_t be32;
    uint16_t be16;

    switch (PQgetlength(rows->result, rows->row, col)) {
    case 8:
        memcpy(&be64, at, sizeof(be64));
        return (int64_t)be64toh(be64);
    case 4:
        memcpy(&be32, at, sizeof(be32));
        return (int32_t)be32toh(be32);
    case 2:
        memcpy(&be16, at, sizeof(be16));
        return (int16_t)be16toh(be16);
    default:
        return *at;
    }
}

static struct str postgres_bytes(struct rows *base, int col)
{
    const struct postgres_rows *rows = (const struct postgres_rows *)base;

    return (struct str){PQgetvalue(rows->result, rows->row, col),
                        (size_t)PQgetlength(rows->result, rows->row, col)};
}

/* A stream that was not read to its end is cancelled and drained. */
static void stream_stop(PGconn *conn, struct postgres_rows *rows)
{
    char words[256];
    PGcancel *cancel;

    if (PQtransactionStatus(conn) == PQTRANS_ACTIVE) {
        cancel = PQgetCancel(conn);
        if (cancel)
            PQcancel(cancel, words, sizeof(words));
        PQfreeCancel(cancel);
    }
    do {
        PQclear(rows->result);
        rows->result = PQgetResult(conn);
    } while (rows->result);
}

static void postgres_rows_stale(struct rows *base)
{
    struct postgres_rows *rows = (struct postgres_rows *)base;

    if (rows->is_stream)
        stream_stop(of(base->store)->conn, rows);
    PQclear(rows->result);
    rows->result = NULL;
}

static void postgres_rows_done(struct rows *base)
{
    postgres_rows_stale(base);
    free(base);
}

/* ---- transactions ---- */

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
    if (!is_good(result)) {
        if (!result || !PQresultErrorField(result, PG_DIAG_SQLSTATE))
            cut_off(s); /* the server has not said so: whether it is done nobody knows */
        r = failure(s, "COMMIT", result);
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
        r = flush_noted(s);
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
    r = is_good(result) ? 0 : failure(s, "savepoint", result);
    PQclear(result);
    return r;
}

static int postgres_control(struct store *base, enum control what)
{
    struct postgres_store *s = of(base);
    int r;

    if (what == CONTROL_SAVEPOINT || what == CONTROL_RELEASE)
        return note(s, what);
    if (what == CONTROL_BACK_TO)
        return back_to(s);
    if (what == CONTROL_COMMIT)
        return commit(s);
    s->n_noted = 0;
    r = simple(s, "transaction", control_sql[what]);
    if (r == STORE_E_LOST && is_begin(what) && reconnect(s) == 0)
        r = simple(s, "transaction", control_sql[what]);
    if (r && is_begin(what) && PQtransactionStatus(s->conn) != PQTRANS_IDLE)
        PQclear(PQexec(s->conn, "ROLLBACK"));
    return r;
}

static bool postgres_in_transaction(struct store *base)
{
    PGTransactionStatusType status = of(base)->is_cut ? PQTRANS_UNKNOWN : PQtransactionStatus(of(base)->conn);

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

static int postgres_exec(struct store *base, const char *sql)
{
    return flush_noted(of(base)) ?: simple(of(base), "schema", sql);
}

/* ---- the vault ---- */

static int postgres_vault_get(struct store *base, struct str record, uint8_t ret_key[VAULT_KEY_SIZE])
{
    struct value value = V_STR(record);
    PGresult *result;
    int r;

    r = execute(of(base), VAULT_GET, &value, 1, &result);
    if (r)
        return r;
    if (PQntuples(result) == 0) {
        r = STORE_E_NONE;
    } else if (PQgetlength(result, 0, 0) != VAULT_KEY_SIZE) {
        store_say(base, "vault: the key of record \"%.*s\" has a wrong size", STR_ARG(record));
        r = -EIO;
    } else {
        memcpy(ret_key, PQgetvalue(result, 0, 0), VAULT_KEY_SIZE);
    }
    PQclear(result);
    return r;
}

static int postgres_vault_keep(struct store *base, const struct vault_op *ops, size_t n)
{
    uint64_t changed;
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        struct value values[] = {V_TEXT(ops[i].record), V_BLOB(ops[i].key, VAULT_KEY_SIZE)};

        if (!ops[i].destroy)
            r = postgres_run(base, VAULT_PUT, values, 2, &changed);
    }
    return r;
}

static int postgres_vault_drop(struct store *base, const struct vault_op *ops, size_t n, uint64_t *ret_n)
{
    uint64_t changed;
    int r = 0;

    *ret_n = 0;
    for (size_t i = 0; !r && i < n; i++) {
        struct value value = V_TEXT(ops[i].record);

        if (!ops[i].destroy)
            continue;
        r = postgres_run(base, VAULT_DROP, &value, 1, &changed);
        *ret_n += r ? 0 : changed;
    }
    return r;
}

static int postgres_vault_scan(struct store *base, struct rows **ret)
{
    return postgres_query(base, VAULT_SCAN, NULL, 0, true, ret);
}

/* The same database: its schemas are made with the store's. */
static int postgres_beside(struct store *base, enum beside which, enum store_role role, struct store **ret)
{
    *ret = base;
    return 0;
}

/* ---- life ---- */

static void postgres_close(struct store *base)
{
    PQfinish(of(base)->conn);
    store_fini(base);
    free(base);
}

static const struct driver postgres_driver = {
    .kind = STORE_POSTGRES,
    .run = postgres_run,
    .query = postgres_query,
    .run_rows = postgres_run_rows,
    .query_rows = postgres_query_rows,
    .next = postgres_next,
    .type = postgres_type,
    .n_cols = postgres_n_cols,
    .number = postgres_number,
    .bytes = postgres_bytes,
    .rows_done = postgres_rows_done,
    .rows_stale = postgres_rows_stale,
    .control = postgres_control,
    .in_transaction = postgres_in_transaction,
    .ready = postgres_ready,
    .exec = postgres_exec,
    .deadline = postgres_deadline,
    .vault_get = postgres_vault_get,
    .vault_keep = postgres_vault_keep,
    .vault_drop = postgres_vault_drop,
    .vault_is_inside = true,
    .vault_scan = postgres_vault_scan,
    .beside = postgres_beside,
    .close = postgres_close,
};

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

    if (!is_good(result)) {
        r = failure(s, "opening", result);
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

static int place_open(struct postgres_store *s, const char *url, bool create, struct diag *diag)
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

int postgres_open(const char *url, enum store_role role, enum open_how how, struct store **ret, struct diag *diag)
{
    struct postgres_store *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return -ENOMEM;
    store_init(&s->base, &postgres_driver, role);
    r = place_open(s, url, how != OPEN_EXISTING, diag);
    if (r) {
        postgres_close(&s->base);
        return r;
    }
    *ret = &s->base;
    return 0;
}
