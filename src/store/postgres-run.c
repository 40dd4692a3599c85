/* Statements of PostgreSQL: prepared at their first use on each connection, and sent alone or as one pipeline of many rows. */
#include "base/time.h"
#include "store/postgres.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_SPARE_MS 5000u /* for the way there and back, beside the deadline that the server keeps */
#define POLL_MS 50

static const struct statement vault_statements[] = {
#define VAULT(id, who, text) {id, who, {[STORE_POSTGRES] = text}}
    VAULT("VAULT_GET", STORE_READ, "SELECT key FROM vault.record_key WHERE record = $1"),
    VAULT("VAULT_PUT", STORE_WRITE,
          "INSERT INTO vault.record_key(record, key) VALUES ($1, $2) ON CONFLICT(record) DO UPDATE SET key = excluded.key"),
    VAULT("VAULT_DROP", STORE_WRITE, "DELETE FROM vault.record_key WHERE record = $1"),
    VAULT("VAULT_SCAN", STORE_READ, "SELECT record, key FROM vault.record_key ORDER BY record"),
#undef VAULT
};

static const struct statement *prepared_of(unsigned id)
{
    return id < STMT_ALL ? statement_of(id) : &vault_statements[id - STMT_ALL];
}

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
    if ((r = postgres_noted_flush(s)))
        return r;
    name_of(id, name);
    result = PQprepare(s->conn, name, prepared_of(id)->sql[STORE_POSTGRES], 0, NULL);
    if (!postgres_is_good(result) && !PQresultErrorField(result, PG_DIAG_SQLSTATE))
        postgres_cut_off(s); /* libpq's own failure: the server may have prepared it */
    r = postgres_is_good(result) ? 0 : postgres_failure(s, prepared_of(id)->name, result);
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
        if (!*ret_failure && !postgres_is_good(one)) {
            is_ours = !PQresultErrorField(one, PG_DIAG_SQLSTATE);
            *ret_failure = postgres_failure(s, prepared_of(id)->name, one);
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
        postgres_cut_off(s);
        r = postgres_failure(s, prepared_of(id)->name, NULL);
    }
    for (size_t i = 0; r && i < n; i++) {
        PQclear(ret[i]);
        ret[i] = NULL;
    }
    return r;
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
int postgres_execute_rows(struct postgres_store *s, unsigned id, const struct value *values, size_t n, size_t n_rows, PGresult **ret)
{
    struct params p;
    size_t n_before;
    char name[12];
    bool is_sent;
    int r = ready_for(s, id, n);

    if (r)
        return r;
    name_of(id, name);
    is_sent = postgres_pipeline_begin(s, &n_before);
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
        return postgres_execute_rows(s, id, values, n, 1, ret);
    r = ready_for(s, id, n);
    if (r)
        return r;
    params_fill(&p, values, n);
    name_of(id, name);
    result = PQexecPrepared(s->conn, name, (int)n, p.values, p.lens, p.formats, 1);
    if (!postgres_is_good(result)) {
        r = postgres_failure(s, prepared_of(id)->name, result);
        PQclear(result);
        return r;
    }
    *ret = result;
    return 0;
}

/* Outside of a transaction a broken connection is no reason to fail a query: nothing was promised yet. */
int postgres_execute(struct postgres_store *s, unsigned id, const struct value *values, size_t n, PGresult **ret)
{
    int r = execute_once(s, id, values, n, ret);

    if (r == STORE_E_LOST && s->base.tx == TX_NONE && postgres_reconnect(s) == 0)
        r = execute_once(s, id, values, n, ret);
    return r;
}

int postgres_run(struct store *base, unsigned id, const struct value *values, size_t n, uint64_t *ret_changed)
{
    PGresult *result;
    int r;

    r = postgres_execute(postgres_of(base), id, values, n, &result);
    if (r)
        return r;
    *ret_changed = strtoull(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return 0;
}

int postgres_run_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, uint64_t *ret_changed)
{
    PGresult *results[STORE_ROWS_AT_ONCE];
    int r = postgres_execute_rows(postgres_of(base), id, values, n, n_rows, results);

    for (size_t i = 0; !r && i < n_rows; i++) {
        *ret_changed += strtoull(PQcmdTuples(results[i]), NULL, 10);
        PQclear(results[i]);
    }
    return r;
}

int postgres_stream_start(struct postgres_store *s, unsigned id)
{
    char name[12];
    int r;

    r = prepare(s, id) ?: postgres_noted_flush(s);
    if (r)
        return r;
    name_of(id, name);
    if (!PQsendQueryPrepared(s->conn, name, 0, NULL, NULL, NULL, 1) || !PQsetSingleRowMode(s->conn))
        return postgres_failure(s, prepared_of(id)->name, NULL);
    return 0;
}
