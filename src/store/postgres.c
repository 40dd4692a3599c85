/* The driver for PostgreSQL, by libpq.
 *
 * Results are binary: BIGINT as 8 bytes big-endian, text and bytea as they are. Parameters are binary, too, but for
 * numbers, which go as text and so fit whatever type the statement gives them.
 * Savepoints, and their ends, are noted and go with the next statement, in one pipeline with it: they cost no round trip.
 * A connection that broke, or whose pipeline libpq lost count of, is made anew at the next begin, or the next query outside of a transaction; statements are
 * prepared at their first use on each connection.
 * The vault is the schema `vault`, inside the same transaction, so S6 holds by itself. */
#include "store/postgres.h"
#include <errno.h>
#include <stdlib.h>

static int postgres_exec(struct store *base, const char *sql)
{
    return postgres_noted_flush(postgres_of(base)) ?: postgres_simple(postgres_of(base), "schema", sql);
}

/* ---- the vault ---- */

static int postgres_vault_get(struct store *base, struct str record, uint8_t ret_key[VAULT_KEY_SIZE])
{
    struct value value = V_STR(record);
    PGresult *result;
    int r;

    r = postgres_execute(postgres_of(base), VAULT_GET, &value, 1, &result);
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
    PQfinish(postgres_of(base)->conn);
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

int postgres_open(const char *url, enum store_role role, enum open_how how, struct store **ret, struct diag *diag)
{
    struct postgres_store *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return -ENOMEM;
    store_init(&s->base, &postgres_driver, role);
    r = postgres_connect(s, url, how != OPEN_EXISTING, diag);
    if (r) {
        postgres_close(&s->base);
        return r;
    }
    *ret = &s->base;
    return 0;
}
