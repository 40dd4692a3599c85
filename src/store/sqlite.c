/* The driver for SQLite: two connections, one to the store and one to the vault, and a thread that checkpoints.
 *
 *   DIR/tsujiban.db   everything but keys; write-ahead log, synchronous=FULL, secure_delete
 *   DIR/vault.db      record_key; its own transactions, so that a new key is durable first (S6)
 *
 * The places beside them (sqlite-beside.c) are handles of this driver with the first connection alone.
 *
 * The vault's connection opens at its first use: a process that never asks for a key never opens it. */
#include "store/sqlite.h"
#include "base/file.h"
#include "base/tell.h"
#include "base/time.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL_MAX 4                /* prepared copies of one statement that are kept */
#define PROGRESS_OPS 4000         /* virtual machine steps between looks at the deadline */

/* ---- statements ---- */

static void deadline_start(struct sqlite_store *s)
{
    s->deadline_us = s->base.deadline_ms ? clock_monotonic_us() + s->base.deadline_ms * UINT64_C(1000) : 0;
}

static int on_progress(void *arg)
{
    struct sqlite_store *s = arg;

    return s->deadline_us && clock_monotonic_us() > s->deadline_us;
}

static int copy_new(struct sqlite_store *s, unsigned id, struct copy **ret)
{
    const struct statement *statement = statement_of(id);
    struct copy *c = calloc(1, sizeof(*c));
    char name[8];
    int r;

    if (!c)
        return -ENOMEM;
    r = sqlite3_prepare_v3(s->db, statement->sql[STORE_SQLITE], -1, SQLITE_PREPARE_PERSISTENT, &c->st, NULL);
    if (r) {
        r = sqlite_answer(s, s->db, statement->name, r);
        free(c);
        return r;
    }
    c->n_params = (uint8_t)sqlite3_bind_parameter_count(c->st);
    assert(c->n_params <= STORE_PARAMS_MAX);
    for (unsigned i = 0; i < c->n_params; i++) {
        snprintf(name, sizeof(name), "$%u", i + 1);
        c->index[i] = (uint8_t)sqlite3_bind_parameter_index(c->st, name);
    }
    *ret = c;
    return 0;
}

static void copy_free(struct copy *c)
{
    sqlite3_finalize(c->st);
    free(c);
}

static int copy_take(struct sqlite_store *s, unsigned id, struct copy **ret)
{
    struct copy *c = s->pool[id];
    int r = 0;

    if (c)
        s->pool[id] = c->next;
    else
        r = copy_new(s, id, &c);
    if (r)
        return r;
    s->n_taken++;
    *ret = c;
    return 0;
}

static void copy_give(struct sqlite_store *s, unsigned id, struct copy *c)
{
    unsigned n = 0;

    s->n_taken--;
    sqlite3_reset(c->st);
    sqlite3_clear_bindings(c->st);
    for (struct copy *p = s->pool[id]; p; p = p->next)
        n++;
    if (n >= POOL_MAX) {
        copy_free(c);
        return;
    }
    c->next = s->pool[id];
    s->pool[id] = c;
}

static int bind_one(sqlite3_stmt *st, int at, const struct value *v)
{
    const char *bytes = v->bytes.at ? v->bytes.at : ""; /* a NULL pointer would bind NULL */

    switch (v->type) {
    case VALUE_NULL:
        return sqlite3_bind_null(st, at);
    case VALUE_INT:
        return sqlite3_bind_int64(st, at, v->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64(st, at, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(st, at, bytes, v->bytes.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

/* Values of a query outlive the call, so they are bound as copies by `keep`. */
static int bind_kept(sqlite3_stmt *st, int at, const struct value *v)
{
    const char *bytes = v->bytes.at ? v->bytes.at : "";

    if (v->type == VALUE_TEXT)
        return sqlite3_bind_text64(st, at, bytes, v->bytes.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    if (v->type == VALUE_BLOB)
        return sqlite3_bind_blob64(st, at, bytes, v->bytes.len, SQLITE_TRANSIENT);
    return bind_one(st, at, v);
}

static int bind_all(struct sqlite_store *s, unsigned id, struct copy *c, const struct value *values, size_t n, bool keep)
{
    int r;

    if (n != c->n_params) {
        store_say(&s->base, "%s takes %d values, not %zu", statement_of(id)->name, c->n_params, n);
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        r = keep ? bind_kept(c->st, c->index[i], &values[i]) : bind_one(c->st, c->index[i], &values[i]);
        if (r)
            return sqlite_answer(s, s->db, statement_of(id)->name, r);
    }
    return 0;
}

static int step_through(struct sqlite_store *s, unsigned id, struct copy *c)
{
    int r;

    deadline_start(s);
    do {
        r = sqlite3_step(c->st);
    } while (r == SQLITE_ROW);
    return r == SQLITE_DONE ? 0 : sqlite_answer(s, s->db, statement_of(id)->name, r);
}

static int sqlite_run_rows(struct store *base, unsigned id, const struct value *values, size_t n, size_t n_rows, uint64_t *ret_changed)
{
    struct sqlite_store *s = sqlite_of(base);
    struct copy *c;
    int r = copy_take(s, id, &c);

    if (r)
        return r;
    for (size_t i = 0; !r && i < n_rows; i++) {
        r = bind_all(s, id, c, values + i * n, n, false);
        if (!r && !(r = step_through(s, id, c)))
            *ret_changed += (uint64_t)sqlite3_changes64(s->db);
        sqlite3_reset(c->st);
    }
    copy_give(s, id, c);
    return r;
}

static int sqlite_run(struct store *base, unsigned id, const struct value *values, size_t n, uint64_t *ret_changed)
{
    *ret_changed = 0;
    return sqlite_run_rows(base, id, values, n, 1, ret_changed);
}

/* `keep`: the values are gone before the rows are. */
static int query_by(struct store *base, unsigned id, const struct value *values, size_t n, bool keep, struct rows **ret)
{
    struct sqlite_store *s = sqlite_of(base);
    struct sqlite_rows *rows;
    int r;

    rows = calloc(1, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    r = copy_take(s, id, &rows->copy);
    if (r) {
        free(rows);
        return r;
    }
    rows->id = id;
    rows->st = rows->copy->st;
    r = bind_all(s, id, rows->copy, values, n, keep);
    if (r) {
        copy_give(s, id, rows->copy);
        free(rows);
        return r;
    }
    *ret = &rows->base;
    return 0;
}

static int sqlite_query(struct store *base, unsigned id, const struct value *values, size_t n, bool stream, struct rows **ret)
{
    return query_by(base, id, values, n, true, ret);
}

static int sqlite_query_held(struct store *base, unsigned id, const struct value *values, size_t n, struct rows **ret)
{
    return query_by(base, id, values, n, false, ret);
}

/* Its texts end where C wants it, for which SQLite may need memory. Asked here, so that an empty text is never one that there was no
 * memory for. */
static bool is_whole(sqlite3_stmt *st)
{
    for (int i = 0, n = sqlite3_column_count(st); i < n; i++)
        if (sqlite3_column_type(st, i) == SQLITE_TEXT && !sqlite3_column_text(st, i))
            return false;
    return true;
}

static int sqlite_next(struct rows *base)
{
    struct sqlite_rows *rows = (struct sqlite_rows *)base;
    struct sqlite_store *s = sqlite_of(base->store);
    sqlite3 *db = sqlite3_db_handle(rows->st);
    int r;

    if (rows->is_over)
        return rows->last;
    deadline_start(s);
    r = sqlite3_step(rows->st);
    if (r == SQLITE_ROW && is_whole(rows->st))
        return 1;
    if (r == SQLITE_ROW)
        r = SQLITE_NOMEM;
    r = r == SQLITE_DONE ? 0 : sqlite_answer(s, db, rows->copy ? statement_of(rows->id)->name : "vault", r);
    sqlite3_reset(rows->st); /* gives its snapshot back now, not when the caller is done */
    rows->is_over = true;
    rows->last = r == STORE_E_BUSY ? -ETIMEDOUT : ERR_FOLD(r);
    return rows->last;
}

static enum value_type sqlite_type(struct rows *base, int col)
{
    switch (sqlite3_column_type(((struct sqlite_rows *)base)->st, col)) {
    case SQLITE_NULL:
        return VALUE_NULL;
    case SQLITE_INTEGER:
        return VALUE_INT;
    case SQLITE_TEXT:
        return VALUE_TEXT;
    default:
        return VALUE_BLOB;
    }
}

static int sqlite_n_cols(struct rows *base)
{
    return sqlite3_column_count(((struct sqlite_rows *)base)->st);
}

static int64_t sqlite_number(struct rows *base, int col)
{
    return sqlite3_column_int64(((struct sqlite_rows *)base)->st, col);
}

static struct str sqlite_bytes(struct rows *base, int col)
{
    sqlite3_stmt *st = ((struct sqlite_rows *)base)->st;
    struct str s;

    if (sqlite3_column_type(st, col) == SQLITE_TEXT)
        s.at = (const char *)sqlite3_column_text(st, col);
    else
        s.at = sqlite3_column_blob(st, col);
    s.len = (size_t)sqlite3_column_bytes(st, col);
    return s.at ? s : STR("");
}

static void sqlite_rows_stale(struct rows *base)
{
    struct sqlite_rows *rows = (struct sqlite_rows *)base;

    if (rows->copy)
        copy_give(sqlite_of(base->store), rows->id, rows->copy);
    else
        sqlite3_finalize(rows->st);
    rows->copy = NULL;
    rows->st = NULL;
}

static void sqlite_rows_done(struct rows *base)
{
    sqlite_rows_stale(base);
    free(base);
}

/* ---- transactions ---- */

static const char *const control_sql[CONTROL_COUNT] = {
    [CONTROL_BEGIN_CREATE] = "BEGIN IMMEDIATE", [CONTROL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [CONTROL_BEGIN_OWN] = "BEGIN IMMEDIATE",
    [CONTROL_BEGIN_READ] = "BEGIN",             [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",            [CONTROL_SAVEPOINT] = "SAVEPOINT act",
    [CONTROL_RELEASE] = "RELEASE act",          [CONTROL_BACK_TO] = "ROLLBACK TO act",
};

static int control_step(struct sqlite_store *s, enum control what)
{
    sqlite3_stmt **st = &s->control[what];
    int r;

    if (!*st) {
        r = sqlite3_prepare_v3(s->db, control_sql[what], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
        if (r)
            return sqlite_answer(s, s->db, control_sql[what], r);
    }
    s->deadline_us = 0; /* a commit is never cut short */
    r = sqlite3_step(*st);
    r = r == SQLITE_DONE ? 0 : sqlite_answer(s, s->db, control_sql[what], r);
    sqlite3_reset(*st);
    return r;
}

/* BEGIN alone takes no snapshot: the first read does, of whatever table the file has. */
static int snapshot_take(struct sqlite_store *s)
{
    unsigned id = s->schema ? STMT_INTEL_RUNS_WAITING : STMT_META_LIST;
    struct copy *c;
    int r;

    r = copy_take(s, id, &c);
    if (r)
        return r;
    r = sqlite3_step(c->st);
    r = r == SQLITE_ROW || r == SQLITE_DONE ? 0 : sqlite_answer(s, s->db, "snapshot", r);
    copy_give(s, id, c);
    return r;
}

static int sqlite_control(struct store *base, enum control what)
{
    struct sqlite_store *s = sqlite_of(base);
    int r;

    r = control_step(s, what);
    if (r)
        return r;
    switch (what) {
    case CONTROL_BEGIN_CREATE:
        s->may_change_schema = true;
        return 0;
    case CONTROL_BEGIN_READ:
        r = snapshot_take(s);
        if (r)
            IGNORE(control_step(s, CONTROL_ROLLBACK), "nothing was read");
        return r;
    case CONTROL_BACK_TO:
        return control_step(s, CONTROL_RELEASE);
    case CONTROL_COMMIT:
        s->may_change_schema = false;
        if (s->checkpointer)
            checkpointer_note(s->checkpointer, s->n_frames, false);
        return 0;
    case CONTROL_ROLLBACK:
        s->may_change_schema = false;
        return 0;
    default:
        return 0;
    }
}

static bool sqlite_in_transaction(struct store *base)
{
    return !sqlite3_get_autocommit(sqlite_of(base)->db);
}

static void connection_watch(struct sqlite_store *s);

static void statements_free(struct sqlite_store *s)
{
    for (unsigned i = 0; i < STMT_ALL; i++) {
        while (s->pool[i]) {
            struct copy *c = s->pool[i];

            s->pool[i] = c->next;
            copy_free(c);
        }
    }
    for (unsigned i = 0; i < CONTROL_COUNT; i++) {
        sqlite3_finalize(s->control[i]);
        s->control[i] = NULL;
    }
}

/* Memory that ran out inside the index of words leaves that connection with an index that it calls malformed for as long as it is open, while
 * the file is sound. So a connection in doubt is made anew as soon as nothing is under way; one that cannot be stays in doubt. */
static int sqlite_ready(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);
    sqlite3 *fresh;
    int r;

    if (!s->is_doubtful || s->n_taken || s->is_bulk || !strcmp(s->path, ":memory:"))
        return 0;
    if ((r = sqlite_connect(s, s->path, &fresh, NULL)))
        return r;
    statements_free(s);
    sqlite3_close(s->db);
    s->db = fresh;
    s->is_doubtful = false;
    connection_watch(s);
    return 0;
}

static int sqlite_exec(struct store *base, const char *sql)
{
    struct sqlite_store *s = sqlite_of(base);
    bool before = s->may_change_schema;
    int r;

    s->may_change_schema = true;
    s->deadline_us = 0;
    r = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    s->may_change_schema = before;
    return r ? sqlite_answer(s, s->db, "schema", r) : 0;
}

/* store.c keeps the deadline itself; on_progress() looks at it. */
static int sqlite_deadline(struct store *base, unsigned ms)
{
    struct sqlite_store *s = sqlite_of(base);

    sqlite3_busy_timeout(s->db, (int)lock_wait_ms(ms));
    if (s->vault)
        sqlite3_busy_timeout(s->vault, (int)lock_wait_ms(ms));
    return 0;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int n_frames)
{
    ((struct sqlite_store *)arg)->n_frames = n_frames;
    return SQLITE_OK;
}

/* ---- life ---- */

static void sqlite_close_store(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);

    checkpointer_stop(s->checkpointer);
    sqlite_vault_empty_log(s);
    statements_free(s);
    sqlite3_close(s->db);
    sqlite_vault_close(s);
    store_fini(base);
    free(s->path);
    free(s->vault_path);
    free(s);
}


static const struct driver sqlite_driver = {
    .kind = STORE_SQLITE,
    .run = sqlite_run,
    .query = sqlite_query,
    .query_held = sqlite_query_held,
    .run_rows = sqlite_run_rows,
    .next = sqlite_next,
    .type = sqlite_type,
    .n_cols = sqlite_n_cols,
    .number = sqlite_number,
    .bytes = sqlite_bytes,
    .rows_done = sqlite_rows_done,
    .rows_stale = sqlite_rows_stale,
    .control = sqlite_control,
    .in_transaction = sqlite_in_transaction,
    .ready = sqlite_ready,
    .exec = sqlite_exec,
    .deadline = sqlite_deadline,
    .vault_get = sqlite_vault_get,
    .vault_keep = sqlite_vault_keep,
    .vault_drop = sqlite_vault_drop,
    .vault_is_inside = false,
    .vault_scan = sqlite_vault_scan,
    .beside = sqlite_beside,
    .close = sqlite_close_store,
};

/* ---- opening ---- */

/* What may a prepared text do? Reading is always allowed; changing rows is a writer's; the schema changes in its own
 * steps only; nothing else is ever allowed once the connection is set up. */
static int on_authorize(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
    struct sqlite_store *s = arg;

    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return SQLITE_OK;
    case SQLITE_UPDATE: /* to open the index of words asks for the schema, which a defensive connection never writes */
        if (a && !strcmp(a, "sqlite_master"))
            return SQLITE_OK;
        return s->base.role == STORE_WRITE ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_INSERT:
    case SQLITE_DELETE:
        return s->base.role == STORE_WRITE ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_ALTER_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_REINDEX:
        return s->may_change_schema ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: /* the index of words asks whether another connection wrote */
        return a && !strcmp(a, "data_version") && !b ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* SQLite would make the file readable for all that the umask lets in. */
int sqlite_file_make(const char *path, struct diag *diag)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        int e = errno;

        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_MADE, {"path", str_of(path)}, tell_why(e));
        return e == ENOSPC || e == EDQUOT ? STORE_E_FULL : -e;
    }
    close(fd);
    return 0;
}

/* Both files, empty or missing, so that a store can be made there; anything else is left alone. */
static int place_check(struct sqlite_store *s, bool create, struct diag *diag)
{
    int r;

    if (!strcmp(s->path, ":memory:"))
        return 0;
    if (!create) {
        if (sqlite_is_there(s->path))
            return 0;
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_NONE, {"path", str_of(s->path)});
        return STORE_E_NONE;
    }
    for (int i = 0; i < 2; i++) {
        const char *path = i ? s->vault_path : s->path;

        if (sqlite_is_there(path)) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_EXISTS, {"path", str_of(path)});
            return STORE_E_EXISTS;
        }
    }
    r = sqlite_file_make(s->vault_path, diag);
    return r ? r : sqlite_file_make(s->path, diag);
}

/* Statements are looked at, and long ones end. */
static void connection_watch(struct sqlite_store *s)
{
    sqlite3_set_authorizer(s->db, on_authorize, s);
    sqlite3_progress_handler(s->db, PROGRESS_OPS, on_progress, s);
    sqlite3_wal_autocheckpoint(s->db, 0);
    sqlite3_wal_hook(s->db, on_commit, s);
}

/* And the log is moved by a thread. */
int sqlite_set_up(struct sqlite_store *s, struct diag *diag)
{
    int r = 0;

    connection_watch(s);
    if (s->base.role == STORE_WRITE && !s->is_bulk && strcmp(s->path, ":memory:") != 0) {
        r = checkpointer_start(s->path, s->checkpoint_frames, &s->checkpointer);
        if (r)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_CHECKPOINTER, {"path", str_of(s->path)});
    }
    return r;
}

static int place_open(struct sqlite_store *s, enum open_how how, struct diag *diag)
{
    bool create = how != OPEN_EXISTING;
    int r;

    s->is_bulk = how == OPEN_BULK;

    r = place_check(s, create, diag);
    if (r)
        return r;
    r = sqlite_connect(s, s->path, &s->db, diag);
    if (r)
        return r;
    if (create) {
        r = sqlite_vault_connect(s, true) ?: sqlite_mark(s, s->db, "PRAGMA application_id=0x54534a42");
        if (r)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_MADE, {"path", str_of(s->path)},
                      r == STORE_E_FULL ? tell_why(ENOSPC) : (struct message_arg){.name = "why", .value = str_of(s->base.message)});
    } else {
        r = sqlite_mark_check(s, s->db, APPLICATION_ID, s->path, diag);
    }
    return r ? r : sqlite_set_up(s, diag);
}

int sqlite_open_files(const char *path, const char *vault_path, enum store_role role, enum open_how how,
                      struct store **ret, struct diag *diag)
{
    struct sqlite_store *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return -ENOMEM;
    store_init(&s->base, &sqlite_driver, role);
    s->path = strdup(path);
    s->vault_path = strdup(vault_path);
    r = s->path && s->vault_path ? place_open(s, how, diag) : -ENOMEM;
    if (r) {
        sqlite_close_store(&s->base);
        return r;
    }
    *ret = &s->base;
    return 0;
}

/* Without memory, as the lack of it may be why. */
void sqlite_unmake(const char *dir)
{
    static const char *const names[] = {"tsujiban.db", "tsujiban.db-wal",   "tsujiban.db-shm", "tsujiban.db-journal",
                                        "vault.db",    "vault.db-wal",      "vault.db-shm",    "vault.db-journal",
                                        "blobs.db",    "blobs.db-wal",      "blobs.db-shm",    "blobs.db-journal",
                                        "intel.db",    "intel.db-wal",      "intel.db-shm",    "intel.db-journal"};
    int fd = strcmp(dir, ":memory:") ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    for (size_t i = 0; i < ARRAY_LEN(names) && fd >= 0; i++)
        unlinkat(fd, names[i], 0);
    if (fd >= 0)
        close(fd);
}

int sqlite_open(const char *dir, enum store_role role, enum open_how how, struct store **ret, struct diag *diag)
{
    char *path = NULL, *vault_path = NULL;
    int r;

    if (!strcmp(dir, ":memory:"))
        return sqlite_open_files(dir, dir, role, how, ret, diag);
    if (how != OPEN_EXISTING) {
        r = dir_make(dir, 0700, diag);
        if (r)
            return ERR_FOLD(r);
    }
    r = -ENOMEM;
    if (asprintf(&path, "%s/" STORE_NAME, dir) >= 0 && asprintf(&vault_path, "%s/vault.db", dir) >= 0)
        r = sqlite_open_files(path, vault_path, role, how, ret, diag);
    if (r && r != STORE_E_EXISTS && how != OPEN_EXISTING)
        sqlite_unmake(dir);
    free(path);
    free(vault_path);
    return r;
}

/* ---- places beside a store ---- */

struct sqlite_store *sqlite_new(enum store_role role, const char *path)
{
    struct sqlite_store *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    store_init(&s->base, &sqlite_driver, role);
    if ((s->path = strdup(path)))
        return s;
    sqlite_close_store(&s->base);
    return NULL;
}

void sqlite_free(struct sqlite_store *s)
{
    sqlite_close_store(&s->base);
}
