/* Rows of PostgreSQL: as they are in an answer that is there whole, or one by one from a stream. */
#include "store/postgres.h"
#include <endian.h>
#include <stdlib.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };

struct postgres_rows {
    struct rows base;
    PGresult *result; /* all rows; or the current one of a stream; NULL when stale or at a stream's end */
    int row, n_rows;  /* row: -1 before the first */
    bool is_stream;
};

int postgres_query(struct store *base, unsigned id, const struct value *values, size_t n, bool stream, struct rows **ret)
{
    struct postgres_rows *rows = calloc(1, sizeof(*rows));
    int r;

    if (!rows)
        return -ENOMEM;
    rows->row = -1;
    rows->is_stream = stream;
    r = stream ? postgres_stream_start(postgres_of(base), id) : postgres_execute(postgres_of(base), id, values, n, &rows->result);
    if (r) {
        free(rows);
        return r;
    }
    rows->n_rows = PQntuples(rows->result);
    *ret = &rows->base;
    return 0;
}

int postgres_query_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, struct rows **ret)
{
    PGresult *results[STORE_ROWS_AT_ONCE];
    int r = postgres_execute_rows(postgres_of(base), id, values, n, n_rows, results);

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
    r = PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : postgres_failure(s, "reading", result);
    while (rows->result) { /* to the end, so that the connection is free again */
        PQclear(rows->result);
        rows->result = PQgetResult(s->conn);
    }
    return r == STORE_E_BUSY ? -ETIMEDOUT : ERR_FOLD(r);
}

int postgres_next(struct rows *base)
{
    struct postgres_rows *rows = (struct postgres_rows *)base;

    if (rows->is_stream)
        return stream_next(postgres_of(base->store), rows);
    if (rows->row + 1 >= rows->n_rows)
        return 0;
    rows->row++;
    return 1;
}

enum value_type postgres_type(struct rows *base, int col)
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

int postgres_n_cols(struct rows *base)
{
    return PQnfields(((struct postgres_rows *)base)->result);
}

int64_t postgres_number(struct rows *base, int col)
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

struct str postgres_bytes(struct rows *base, int col)
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

void postgres_rows_stale(struct rows *base)
{
    struct postgres_rows *rows = (struct postgres_rows *)base;

    if (rows->is_stream)
        stream_stop(postgres_of(base->store)->conn, rows);
    PQclear(rows->result);
    rows->result = NULL;
}

void postgres_rows_done(struct rows *base)
{
    postgres_rows_stale(base);
    free(base);
}
