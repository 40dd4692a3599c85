/* The rules of the interface, the same over both databases: roles, transactions, spoiled work, the vault's turn at a
 * commit. What a database is asked for goes through store/driver.h. */
#include "store/store.h"
#include "base/codec.h"
#include "base/tell.h"
#include "base/utf8.h"
#include "store/driver.h"
#include "store/recall-inside.h"
#include "store/tally-notes-inside.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* A deadline of its own keeps one bad query from holding a page or a batch for ever. */
#define READ_DEADLINE_MS 10000u
#define WRITE_DEADLINE_MS 60000u

/* ---- words ---- */

void store_say(struct store *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(s->message, sizeof(s->message), fmt, ap);
    va_end(ap);
    for (char *p = s->message; *p; p++) {
        if ((unsigned char)*p < ' ')
            *p = ' ';
    }
}

const char *store_message(const struct store *s)
{
    return s->message;
}

/* ---- life ---- */

void store_init(struct store *s, const struct driver *driver, enum store_role role)
{
    s->driver = driver;
    s->role = role;
    s->deadline_ms = role == STORE_READ ? READ_DEADLINE_MS : WRITE_DEADLINE_MS;
}

static void op_done(struct vault_op *op)
{
    free(op->record);
    sodium_memzero(op->key, sizeof(op->key));
}

/* Forget collected vault operations down to the first `keep`. */
static void ops_cut(struct store *s, size_t keep)
{
    while (s->n_ops > keep)
        op_done(&s->ops[--s->n_ops]);
}

static void due_clear(struct store *s)
{
    for (size_t i = 0; i < s->n_due; i++)
        op_done(&s->due[i]);
    free(s->due);
    s->due = NULL;
    s->n_due = 0;
}

/* Nothing read in a transaction outlives it. */
static void rows_end_all(struct store *s)
{
    while (s->open_rows) {
        struct rows *rows = s->open_rows;

        s->open_rows = rows->next;
        rows->by->rows_stale(rows);
        rows->is_stale = true;
        rows->store = NULL;
    }
}

static void tx_reset(struct store *s)
{
    ops_cut(s, 0);
    tally_forget(s);
    recall_free(s);
    s->tx = TX_NONE;
    s->is_spoiled = false;
    s->broken = 0;
    s->depth = 0;
}

/* Throw away what the database still holds of the transaction. */
static void tx_abandon(struct store *s)
{
    rows_end_all(s);
    if (s->driver->in_transaction(s))
        IGNORE(s->driver->control(s, CONTROL_ROLLBACK), "the database undoes it when the connection goes");
    tx_reset(s);
}

void store_fini(struct store *s)
{
    ops_cut(s, 0);
    free(s->ops);
    due_clear(s);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    rows_end_all(s); /* whoever still holds some may only give them up */
    if (s->tx != TX_NONE)
        tx_abandon(s);
    s->driver->close(s);
}

enum store_kind store_kind(const struct store *s)
{
    return s->driver->kind;
}

enum store_role store_role(const struct store *s)
{
    return s->role;
}

int store_deadline(struct store *s, unsigned ms)
{
    int r = s->driver->deadline(s, ms);

    if (!r)
        s->deadline_ms = ms;
    return r;
}

/* ---- opening ---- */

bool store_is_url(const char *db)
{
    struct str s = str_of(db);

    return str_starts(s, STR("postgresql://")) || str_starts(s, STR("postgres://"));
}

int store_open_raw(const char *db, enum store_role role, enum open_how how, struct store **ret, struct diag *diag)
{
    if (store_is_url(db))
        return postgres_open(db, role, how, ret, diag);
    return sqlite_open(db, role, how, ret, diag);
}

int store_open_beside(const char *db, enum beside which, enum store_role role, struct store **ret, struct diag *diag)
{
    if (store_is_url(db))
        return postgres_open(db, role, OPEN_EXISTING, ret, diag);
    return sqlite_open_beside(db, which, role, ret, diag);
}

void store_unmake(const char *db)
{
    if (!store_is_url(db))
        sqlite_unmake(db);
}

int store_create(const char *db, struct store **ret, struct diag *diag)
{
    STORE_AUTO *s = NULL;
    int r;

    r = store_open_raw(db, STORE_WRITE, OPEN_CREATE, &s, diag);
    if (r)
        return r;
    r = schema_create(s, store_schema_number(), diag);
    if (r) {
        store_close(TAKE(s));
        store_unmake(db);
        return r;
    }
    *ret = TAKE(s);
    return 0;
}

/* The schema must be ours, or older and brought forward. */
static int schema_check(struct store *s, struct diag *diag)
{
    int64_t number, ours = store_schema_number();
    int r;

    r = schema_number(s, &number);
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_SCHEMA_READ, {"why", str_of(store_message(s))});
        return r;
    }
    if (number > ours) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_SCHEMA_NEWER, {"schema", INTEGER(number)}, {"known", INTEGER(ours)});
        return STORE_E_SCHEMA;
    }
    if (number == ours)
        return 0;
    if (s->role == STORE_READ) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_SCHEMA_OLDER, {"schema", INTEGER(number)}, {"known", INTEGER(ours)});
        return STORE_E_SCHEMA;
    }
    return schema_advance(s, ours, diag);
}

int store_open(const char *db, enum store_role role, struct store **ret, struct diag *diag)
{
    STORE_AUTO *s = NULL;
    int r;

    if (!strcmp(db, ":memory:"))
        return store_create(db, ret, diag);
    r = store_open_raw(db, role, OPEN_EXISTING, &s, diag);
    if (r)
        return r;
    r = schema_check(s, diag);
    if (r)
        return r;
    if (role == STORE_WRITE) {
        r = vault_sweep(s, NULL);
        if (r) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_KEYS_REMOVED, {"why", str_of(store_message(s))});
            return r;
        }
    }
    *ret = TAKE(s);
    return 0;
}

/* ---- statements ---- */

/* Note what a failure means for the transaction, and hand it on. */
static int spoil(struct store *s, int r)
{
    if (r == 0 || s->tx == TX_NONE)
        return r;
    s->is_spoiled = true;
    if (r == STORE_E_FULL || r == STORE_E_LOST || !s->driver->in_transaction(s))
        s->broken = r;
    return r;
}

static int check_values(struct store *s, unsigned id, const struct value *values, size_t n)
{
    if (n > STORE_PARAMS_MAX) {
        store_say(s, "%s: %zu values, but %d are the limit", statement_of(id)->name, n, STORE_PARAMS_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        const struct value *v = &values[i];

        if (v->type != VALUE_TEXT && v->type != VALUE_BLOB)
            continue;
        if (v->bytes.len > STORE_VALUE_MAX) {
            store_say(s, "%s: value %zu has more than %u bytes", statement_of(id)->name, i + 1, STORE_VALUE_MAX);
            return -EINVAL;
        }
        if (v->type == VALUE_TEXT && v->bytes.len && memchr(v->bytes.at, 0, v->bytes.len)) {
            store_say(s, "%s: value %zu has a NUL byte in its text", statement_of(id)->name, i + 1);
            return -EINVAL;
        }
        /* PostgreSQL refuses it itself; SQLite would keep it, in a store that no PostgreSQL could take over. */
        if (v->type == VALUE_TEXT && !utf8_is_valid(v->bytes)) {
            store_say(s, "%s: value %zu is not UTF-8", statement_of(id)->name, i + 1);
            return -EINVAL;
        }
    }
    return 0;
}

/* May the statement run now? */
static int check_turn(struct store *s, unsigned id)
{
    if (s->tx == TX_NONE) {
        int r = s->driver->ready(s);
        if (r)
            return r;
    }
    if (statement_of(id)->who == STORE_WRITE && (s->role != STORE_WRITE || s->tx != TX_WRITE)) {
        store_say(s, "%s writes, but %s", statement_of(id)->name,
                  s->role != STORE_WRITE ? "the handle only reads" : "no transaction is open");
        return -EPERM;
    }
    if (s->is_spoiled || s->broken)
        return -ECANCELED;
    return 0;
}

int store_run_any(struct store *s, unsigned id, const struct value *values, size_t n)
{
    int r;

    r = check_turn(s, id);
    if (r)
        return r;
    s->changed = 0;
    s->n_writes++;
    r = check_values(s, id, values, n);
    if (!r && statement_of(id)->sql[s->driver->kind])
        r = s->driver->run(s, id, values, n, &s->changed);
    return spoil(s, r);
}

int store_run(struct store *s, enum store_stmt id, const struct value *values, size_t n)
{
    return store_run_any(s, id, values, n);
}

int store_run_rows(struct store *s, enum store_stmt id, const struct value *values, size_t n, size_t n_rows)
{
    int r = check_turn(s, id);

    if (r)
        return r;
    s->changed = 0;
    for (size_t i = 0; !r && i < n_rows; i++)
        r = check_values(s, id, values + i * n, n);
    s->n_writes += n_rows;
    for (size_t at = 0, some; !r && at < n_rows; at += some) {
        some = MIN_OF(n_rows - at, STORE_ROWS_AT_ONCE);
        r = s->driver->run_rows(s, id, values + at * n, n, some, &s->changed);
    }
    return spoil(s, r);
}

uint64_t store_changed(const struct store *s)
{
    return s->changed;
}

uint64_t store_n_writes(const struct store *s)
{
    return s->n_writes;
}

void rows_add(struct store *s, struct rows *rows)
{
    rows->store = s;
    if (!rows->by)
        rows->by = s->driver;
    rows->prev = NULL;
    rows->next = s->open_rows;
    if (rows->next)
        rows->next->prev = rows;
    s->open_rows = rows;
}

static int query(struct store *s, unsigned id, const struct value *values, size_t n, bool stream, struct rows **ret)
{
    struct rows *rows;
    int r;

    r = check_turn(s, id);
    if (!r && s->tallies && tally_is_read(id))
        r = spoil(s, tally_write(s));
    if (r)
        return r;
    r = check_values(s, id, values, n);
    if (!r)
        r = s->recalling != RECALL_NOT && !stream ? recall_query(s, id, values, n, &rows) : s->driver->query(s, id, values, n, stream, &rows);
    if (r)
        return r == STORE_NOTED ? r : spoil(s, r);
    rows_add(s, rows);
    *ret = rows;
    return 0;
}

int store_query(struct store *s, struct rows **ret_rows, enum store_stmt id, const struct value *values, size_t n)
{
    assert(statement_of(id)->who == STORE_READ);
    return query(s, id, values, n, false, ret_rows);
}

int store_one(struct store *s, struct rows **ret_rows, enum store_stmt id, const struct value *values, size_t n)
{
    ROWS_AUTO *rows = NULL;
    int r;

    r = store_query(s, &rows, id, values, n);
    if (r)
        return r;
    r = rows_next(rows);
    if (r == 0)
        return STORE_E_NONE;
    if (r < 0)
        return spoil(s, r == -ETIMEDOUT ? STORE_E_BUSY : r);
    *ret_rows = TAKE(rows);
    return 0;
}

/* Its rows are closed behind it. */
static int tell_rows(struct store *s, struct rows *rows, size_t at, store_rows_fn *call, void *context)
{
    int r;

    rows_add(s, rows);
    r = call(rows, at, context);
    rows_done(rows);
    return r;
}

static int query_some(struct store *s, unsigned id, const struct value *values, size_t n, size_t from, size_t n_rows, store_rows_fn *call, void *context)
{
    struct rows *rows[STORE_ROWS_AT_ONCE];
    int r = s->driver->query_rows(s, id, values + from * n, n, n_rows, rows), told = 0;

    if (r)
        return spoil(s, r);
    for (size_t i = 0; i < n_rows; i++) {
        if (!told && !rows[i])
            told = -ENOMEM;
        if (!told)
            told = tell_rows(s, rows[i], from + i, call, context);
        else if (rows[i])
            s->driver->rows_done(rows[i]);
    }
    return told;
}

int store_query_rows(struct store *s, enum store_stmt id, const struct value *values, size_t n, size_t n_rows, store_rows_fn *call, void *context)
{
    int r = check_turn(s, id);

    assert(statement_of(id)->who == STORE_READ);
    for (size_t i = 0; !r && i < n_rows; i++)
        r = check_values(s, id, values + i * n, n);
    for (size_t at = 0, some; !r && at < n_rows; at += some) {
        struct rows *one;

        some = s->driver->query_rows ? MIN_OF(n_rows - at, STORE_ROWS_AT_ONCE) : 1;
        if (s->driver->query_rows) {
            r = query_some(s, id, values, n, at, some, call, context);
            continue;
        }
        r = spoil(s, s->driver->query_held(s, id, values + at * n, n, &one));
        r = r ? r : tell_rows(s, one, at, call, context);
    }
    return r;
}

int store_query_any(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret)
{
    return query(s, id, values, n, false, ret);
}

int store_scan(struct store *s, unsigned id, struct rows **ret)
{
    return query(s, id, NULL, 0, true, ret);
}

int store_scan_vault(struct store *s, struct rows **ret)
{
    struct rows *rows;
    int r;

    r = s->driver->vault_scan(s, &rows);
    if (r)
        return spoil(s, r);
    rows_add(s, rows);
    *ret = rows;
    return 0;
}

int rows_next(struct rows *rows)
{
    int r;

    if (rows->is_stale)
        return -ESTALE;
    r = rows->by->next(rows);
    if (r < 0)
        spoil(rows->store, r);
    return r;
}

enum value_type rows_type(struct rows *rows, int col)
{
    assert(!rows->is_stale);
    return rows->by->type(rows, col);
}

int rows_n_cols(struct rows *rows)
{
    assert(!rows->is_stale);
    return rows->by->n_cols(rows);
}

int64_t rows_int(struct rows *rows, int col)
{
    enum value_type type = rows_type(rows, col);

    assert(type == VALUE_INT || type == VALUE_NULL);
    return type == VALUE_INT ? rows->by->number(rows, col) : 0;
}

struct str rows_str(struct rows *rows, int col)
{
    enum value_type type = rows_type(rows, col);

    assert(type == VALUE_TEXT || type == VALUE_NULL);
    return type == VALUE_TEXT ? rows->by->bytes(rows, col) : STR("");
}

const char *rows_text(struct rows *rows, int col)
{
    return rows_str(rows, col).at;
}

struct str rows_blob(struct rows *rows, int col)
{
    enum value_type type = rows_type(rows, col);

    assert(type == VALUE_BLOB || type == VALUE_NULL);
    return type == VALUE_BLOB ? rows->by->bytes(rows, col) : STR("");
}

bool rows_is_null(struct rows *rows, int col)
{
    return rows_type(rows, col) == VALUE_NULL;
}

void rows_done(struct rows *rows)
{
    struct store *s;

    if (!rows)
        return;
    s = rows->store;
    if (rows->is_stale) { /* off the list since its transaction ended */
        free(rows);
        return;
    }
    if (rows->prev)
        rows->prev->next = rows->next;
    else
        s->open_rows = rows->next;
    if (rows->next)
        rows->next->prev = rows->prev;
    rows->by->rows_done(rows);
}

/* ---- transactions ---- */

bool store_in_transaction(const struct store *s)
{
    return s->tx != TX_NONE;
}

int store_begin_by(struct store *s, enum control how)
{
    int r;

    assert(s->tx == TX_NONE);
    if (s->role != STORE_WRITE) {
        store_say(s, "the handle only reads");
        return -EPERM;
    }
    rows_end_all(s); /* read before the lock: they must not be taken for what the batch sees */
    r = s->driver->ready(s);
    if (!r)
        r = s->driver->control(s, how);
    if (r)
        return r;
    s->tx = TX_WRITE;
    return 0;
}

int store_begin(struct store *s)
{
    return store_begin_by(s, CONTROL_BEGIN_WRITE);
}

/* Keys whose records were disposed of by a committed batch; what cannot be removed now is tried again at the next
 * commit and at the next start (S6), so a failure here is not the batch's. */
static void vault_settle(struct store *s)
{
    uint64_t n;

    if (s->n_due && s->driver->vault_drop(s, s->due, s->n_due, &n) == 0)
        due_clear(s);
}

/* Move the collected destructions behind those that are due already. */
static int due_take(struct store *s)
{
    size_t n = 0;
    struct vault_op *due;

    for (size_t i = 0; i < s->n_ops; i++)
        n += s->ops[i].destroy;
    if (n == 0)
        return 0;
    due = reallocarray(s->due, s->n_due + n, sizeof(*due));
    if (!due)
        return -ENOMEM;
    s->due = due;
    for (size_t i = 0; i < s->n_ops; i++) {
        if (!s->ops[i].destroy)
            continue;
        due[s->n_due] = s->ops[i];
        due[s->n_due].record = TAKE(s->ops[i].record);
        s->n_due++;
    }
    return 0;
}

static int commit_inside(struct store *s)
{
    size_t n_due = s->n_due;
    uint64_t n;
    int r;

    r = s->driver->vault_keep(s, s->ops, s->n_ops);
    if (!r && s->driver->vault_is_inside)
        return s->driver->vault_drop(s, s->ops, s->n_ops, &n) ?: s->driver->control(s, CONTROL_COMMIT);
    if (!r)
        r = due_take(s);
    if (!r)
        r = s->driver->control(s, CONTROL_COMMIT);
    if (r) {
        while (s->n_due > n_due)
            op_done(&s->due[--s->n_due]);
    }
    return r;
}

int store_commit(struct store *s)
{
    int r;

    assert(s->tx == TX_WRITE);
    assert(s->depth == 0 || s->is_spoiled || s->broken);
    if (s->broken || s->is_spoiled) {
        r = s->broken ? s->broken : -ECANCELED;
        tx_abandon(s);
        return r;
    }
    rows_end_all(s);
    r = tally_write(s);
    if (!r)
        r = commit_inside(s);
    if (r) {
        tx_abandon(s);
        return r;
    }
    tx_reset(s);
    vault_settle(s);
    return 0;
}

void store_rollback(struct store *s)
{
    if (s->tx == TX_WRITE)
        tx_abandon(s);
}

int store_savepoint(struct store *s)
{
    int r;

    assert(s->tx == TX_WRITE);
    if (s->broken)
        return s->broken;
    if (s->is_spoiled)
        return -ECANCELED;
    if (s->depth == STORE_SAVEPOINTS_MAX) {
        store_say(s, "%d savepoints are open already", STORE_SAVEPOINTS_MAX);
        return -ENOSPC;
    }
    r = s->driver->control(s, CONTROL_SAVEPOINT);
    if (r)
        return spoil(s, r);
    tally_mark(s, s->depth);
    s->marks[s->depth++] = s->n_ops;
    return 0;
}

int store_release(struct store *s)
{
    int r;

    assert(s->tx == TX_WRITE && s->depth > 0);
    if (s->broken)
        return s->broken;
    if (s->is_spoiled)
        return -ECANCELED;
    r = s->driver->control(s, CONTROL_RELEASE);
    if (r)
        return spoil(s, r);
    s->depth--;
    return 0;
}

int store_back_to(struct store *s)
{
    int r;

    assert(s->tx == TX_WRITE && s->depth > 0);
    if (s->broken)
        return s->broken;
    r = s->driver->control(s, CONTROL_BACK_TO);
    if (r) {
        s->broken = r;
        return r;
    }
    ops_cut(s, s->marks[--s->depth]);
    tally_back_to(s, s->depth);
    recall_undone(s);
    s->is_spoiled = false;
    return 0;
}

int store_begin_read(struct store *s)
{
    int r;

    assert(s->tx == TX_NONE);
    rows_end_all(s);
    r = s->driver->ready(s);
    if (!r)
        r = s->driver->control(s, CONTROL_BEGIN_READ);
    if (r)
        return r;
    s->tx = TX_READ;
    return 0;
}

void store_end_read(struct store *s)
{
    if (s->tx == TX_READ)
        tx_abandon(s);
}

/* ---- the vault ---- */

static int op_add(struct store *s, bool destroy, struct str record, const uint8_t *key)
{
    struct vault_op *op;

    if (s->n_ops == s->ops_size) {
        size_t size = s->ops_size ? 2 * s->ops_size : 16;
        /* Not realloc: it may leave copies of keys behind. */
        struct vault_op *ops = calloc(size, sizeof(*ops));

        if (!ops)
            return -ENOMEM;
        if (s->n_ops) {
            memcpy(ops, s->ops, s->n_ops * sizeof(*ops));
            sodium_memzero(s->ops, s->n_ops * sizeof(*ops));
        }
        free(s->ops);
        s->ops = ops;
        s->ops_size = size;
    }
    op = &s->ops[s->n_ops];
    *op = (struct vault_op){.destroy = destroy, .record = strndup(record.at, record.len)};
    if (!op->record)
        return -ENOMEM;
    if (!destroy)
        memcpy(op->key, key, sizeof(op->key));
    s->n_ops++;
    return 0;
}

static int vault_turn(struct store *s)
{
    assert(s->tx == TX_WRITE);
    if (s->broken)
        return s->broken;
    return s->is_spoiled ? -ECANCELED : 0;
}

int vault_put(struct store *s, struct str record, const uint8_t key[VAULT_KEY_SIZE])
{
    ROWS_AUTO *rows = NULL;
    int r;

    r = vault_turn(s);
    if (r)
        return r;
    r = STORE_ONE(s, &rows, STMT_PERSONAL_ANY, V_STR(record));
    if (r == 0)
        return STORE_E_EXISTS;
    if (r != STORE_E_NONE)
        return r;
    return op_add(s, false, record, key);
}

int vault_destroy(struct store *s, struct str record)
{
    int r = vault_turn(s);

    return r ? r : op_add(s, true, record, NULL);
}

void vault_elsewhere(struct store *s, vault_ask_fn *ask, void *ctx)
{
    assert(s->role == STORE_READ);
    s->vault_ask = ask;
    s->vault_ctx = ctx;
}

int vault_get(struct store *s, struct str record, uint8_t ret_key[VAULT_KEY_SIZE])
{
    int r;

    for (size_t i = s->n_ops; i-- > 0;) {
        if (!str_eq(str_of(s->ops[i].record), record))
            continue;
        if (s->ops[i].destroy)
            return STORE_E_NONE;
        memcpy(ret_key, s->ops[i].key, VAULT_KEY_SIZE);
        return 0;
    }
    for (size_t i = 0; i < s->n_due; i++) {
        if (str_eq(str_of(s->due[i].record), record))
            return STORE_E_NONE;
    }
    if (s->tx == TX_NONE) {
        r = s->driver->ready(s);
        if (r)
            return r;
    }
    if (s->broken || s->is_spoiled)
        return -ECANCELED;
    r = s->vault_ask ? s->vault_ask(s->vault_ctx, record, ret_key) : s->driver->vault_get(s, record, ret_key);
    return r == STORE_E_NONE ? r : spoil(s, r);
}

int vault_make(struct store *s, struct str name, uint8_t ret_key[VAULT_KEY_SIZE])
{
    int r = vault_get(s, name, ret_key);

    if (r != STORE_E_NONE)
        return r;
    random_fill(ret_key, VAULT_KEY_SIZE);
    return vault_put(s, name, ret_key);
}

/* One page of disposed records; *last is the last id seen, *ret_n how many there were. */
#define SWEEP_PAGE 500

static int sweep_records_page(struct store *s, char **last, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    char *id;
    int r;

    *ret_n = 0;
    r = STORE_QUERY(s, &rows, STMT_RECORD_DISPOSED, V_TEXT(*last ? *last : ""), V_INT(SWEEP_PAGE));
    if (r)
        return r;
    while ((r = rows_next(rows)) > 0) {
        r = op_add(s, true, rows_str(rows, 0), NULL);
        id = r ? NULL : strdup(rows_text(rows, 0));
        if (!id)
            return -ENOMEM;
        free(*last);
        *last = id;
        (*ret_n)++;
    }
    return r == -ETIMEDOUT ? STORE_E_BUSY : r;
}

/* The same of files: the key of one that is gone, and of one that an act has named the key that it had before. */
static int sweep_files_page(struct store *s, char **last, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    char name[256], *id;
    int r;

    *ret_n = 0;
    r = STORE_QUERY(s, &rows, STMT_ATTACHMENT_NAMED, V_TEXT(*last ? *last : ""), V_INT(SWEEP_PAGE));
    if (r)
        return r;
    while ((r = rows_next(rows)) > 0) {
        snprintf(name, sizeof(name), "%s#%lld", rows_text(rows, 1), (long long)rows_int(rows, 2));
        r = op_add(s, true, rows_str(rows, 0), NULL);
        if (!r && str_eq(rows_str(rows, 3), STR("gone")))
            r = op_add(s, true, str_of(name), NULL);
        id = r ? NULL : strdup(rows_text(rows, 0));
        if (!id)
            return -ENOMEM;
        free(*last);
        *last = id;
        (*ret_n)++;
    }
    return r == -ETIMEDOUT ? STORE_E_BUSY : r;
}

typedef int sweep_fn(struct store *s, char **last, size_t *ret_n);

static int sweep_all(struct store *s, sweep_fn *sweep_page, uint64_t *ret_n)
{
    char *last = NULL;
    size_t seen;
    uint64_t n;
    int r;

    do {
        r = sweep_page(s, &last, &seen);
        if (!r)
            r = s->driver->vault_drop(s, s->ops, s->n_ops, &n);
        if (!r)
            *ret_n += n;
        ops_cut(s, 0);
    } while (!r && seen == SWEEP_PAGE);
    free(last);
    return r;
}

int vault_sweep(struct store *s, uint64_t *ret_n)
{
    uint64_t n = 0;
    int r;

    /* Under the write lock, so that no batch is between its keys and its commit. */
    r = store_begin(s);
    if (r)
        return r;
    r = sweep_all(s, sweep_records_page, &n) ?: sweep_all(s, sweep_files_page, &n);
    if (r) {
        store_rollback(s);
        return r;
    }
    r = store_commit(s);
    if (!r && ret_n)
        *ret_n = n;
    return r;
}
