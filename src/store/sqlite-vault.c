/* The vault of a store in SQLite: a second file with its own transactions (S5 to S7). */
#include "store/sqlite.h"
#include <errno.h>
#include <stdlib.h>

static const char vault_schema[] =
    "CREATE TABLE IF NOT EXISTS record_key ("
    " record BYTETEXT NOT NULL PRIMARY KEY," /* record.id in the store */
    " key BLOB NOT NULL)";                   /* 32 bytes */

/* The vault's connection, opened now unless it is already. */
int sqlite_vault_connect(struct sqlite_store *s, bool create)
{
    struct diag diag;
    int r;

    if (s->vault)
        return 0;
    if (!create && !sqlite_is_there(s->vault_path)) {
        store_say(&s->base, "the vault \"%s\" is missing", s->vault_path);
        return -ENOENT;
    }
    diag_init(&diag);
    r = sqlite_connect(s, s->vault_path, &s->vault, &diag);
    if (!r && create)
        r = sqlite_mark(s, s->vault, "PRAGMA application_id=0x54534a56") ?: sqlite_mark(s, s->vault, vault_schema);
    else if (!r)
        r = sqlite_mark_check(s, s->vault, VAULT_ID, s->vault_path, &diag);
    if (r) {
        if (diag.n_errors)
            store_say(&s->base, "vault: %s", diag_first(&diag));
        sqlite3_close(s->vault); /* or the next call would take it for good */
        s->vault = NULL;
    }
    diag_done(&diag);
    return r;
}

static int vault_prepare(struct sqlite_store *s, const char *sql, sqlite3_stmt **ret)
{
    int r = sqlite_vault_connect(s, false);

    if (r)
        return r;
    r = sqlite3_prepare_v2(s->vault, sql, -1, ret, NULL);
    return r ? sqlite_answer(s, s->vault, "vault", r) : 0;
}

static const char *const vault_sql[VAULT_STMTS] = {
    [VAULT_GET] = "SELECT key FROM record_key WHERE record = $1",
    [VAULT_PUT] = "INSERT INTO record_key(record, key) VALUES ($1, $2) ON CONFLICT(record) DO UPDATE SET key = excluded.key",
    [VAULT_DROP] = "DELETE FROM record_key WHERE record = $1",
};

/* Prepared at its first use; whoever uses it resets it. */
static int vault_stmt(struct sqlite_store *s, enum vault_stmt which, sqlite3_stmt **ret)
{
    int r = s->vault_st[which] ? 0 : vault_prepare(s, vault_sql[which], &s->vault_st[which]);

    if (!r)
        *ret = s->vault_st[which];
    return r;
}

/* Neither a lock nor a key stays behind in it. */
static void vault_stmt_done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

void sqlite_vault_close(struct sqlite_store *s)
{
    for (unsigned i = 0; i < VAULT_STMTS; i++)
        sqlite3_finalize(s->vault_st[i]);
    sqlite3_close(s->vault);
}

int sqlite_vault_get(struct store *base, struct str record, uint8_t ret_key[VAULT_KEY_SIZE])
{
    struct sqlite_store *s = sqlite_of(base);
    sqlite3_stmt *st;
    int r;

    r = vault_stmt(s, VAULT_GET, &st);
    if (r)
        return r;
    sqlite3_bind_text64(st, 1, record.at ? record.at : "", record.len, SQLITE_STATIC, SQLITE_UTF8);
    r = sqlite3_step(st);
    if (r == SQLITE_DONE) {
        r = STORE_E_NONE;
    } else if (r != SQLITE_ROW) {
        r = sqlite_answer(s, s->vault, "vault", r);
    } else if (sqlite3_column_bytes(st, 0) != VAULT_KEY_SIZE) {
        store_say(base, "vault: the key of record \"%.*s\" has a wrong size", STR_ARG(record));
        r = -EIO;
    } else {
        memcpy(ret_key, sqlite3_column_blob(st, 0), VAULT_KEY_SIZE);
        r = 0;
    }
    vault_stmt_done(st);
    return r;
}

/* A transaction that could not be ended for want of memory is ended before the next begins. */
static int vault_leave(struct sqlite_store *s)
{
    return sqlite3_get_autocommit(s->vault) ? 0 : sqlite3_exec(s->vault, "ROLLBACK", NULL, NULL, NULL);
}

/* Run it for each operation of its kind, in one transaction. */
static int vault_each(struct sqlite_store *s, enum vault_stmt which, const struct vault_op *ops, size_t n, uint64_t *ret_n)
{
    bool destroy = which == VAULT_DROP;
    sqlite3_stmt *st;
    int r;

    r = vault_stmt(s, which, &st);
    if (r)
        return r;
    r = vault_leave(s);
    if (!r)
        r = sqlite3_exec(s->vault, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (size_t i = 0; !r && i < n; i++) {
        if (ops[i].destroy != destroy)
            continue;
        sqlite3_bind_text(st, 1, ops[i].record, -1, SQLITE_STATIC);
        if (!destroy)
            sqlite3_bind_blob(st, 2, ops[i].key, VAULT_KEY_SIZE, SQLITE_STATIC);
        r = sqlite3_step(st);
        r = r == SQLITE_DONE ? 0 : r;
        *ret_n += r ? 0 : (uint64_t)sqlite3_changes64(s->vault);
        sqlite3_reset(st);
    }
    if (!r)
        r = sqlite3_exec(s->vault, "COMMIT", NULL, NULL, NULL);
    if (r) {
        r = sqlite_answer(s, s->vault, "vault", r);
        IGNORE(vault_leave(s), "the next one tries again");
    }
    vault_stmt_done(st);
    return r;
}

static bool has_any(const struct vault_op *ops, size_t n, bool destroy)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i].destroy == destroy)
            return true;
    }
    return false;
}

int sqlite_vault_keep(struct store *base, const struct vault_op *ops, size_t n)
{
    uint64_t changed = 0;

    if (!has_any(ops, n, false))
        return 0;
    return vault_each(sqlite_of(base), VAULT_PUT, ops, n, &changed);
}

/* Old pages stay readable in the log until it is emptied (S7). A reader of the vault may be in the way for a moment:
 * then the next removal, or the closing, does it. */
void sqlite_vault_empty_log(struct sqlite_store *s)
{
    if (s->vault && s->vault_must_empty &&
        sqlite3_wal_checkpoint_v2(s->vault, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK)
        s->vault_must_empty = false;
}

int sqlite_vault_drop(struct store *base, const struct vault_op *ops, size_t n, uint64_t *ret_n)
{
    struct sqlite_store *s = sqlite_of(base);
    int r;

    *ret_n = 0;
    if (!has_any(ops, n, true))
        return 0;
    r = vault_each(s, VAULT_DROP, ops, n, ret_n);
    if (r)
        return r;
    s->vault_must_empty = s->vault_must_empty || *ret_n > 0;
    sqlite_vault_empty_log(s);
    /* Also where there was no key: the store's own log holds the record as it was. */
    if (s->checkpointer)
        checkpointer_note(s->checkpointer, s->n_frames, true);
    return 0;
}

int sqlite_vault_scan(struct store *base, struct rows **ret)
{
    struct sqlite_store *s = sqlite_of(base);
    struct sqlite_rows *rows = calloc(1, sizeof(*rows));
    int r;

    if (!rows)
        return -ENOMEM;
    r = vault_prepare(s, "SELECT record, key FROM record_key ORDER BY record", &rows->st);
    if (r) {
        free(rows);
        return r;
    }
    *ret = &rows->base;
    return 0;
}
