/* One connection to a file of SQLite's: how it is set up, and what its errors mean. */
#include "base/tell.h"
#include "store/sqlite.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what went wrong ---- */

/* Was the last error of a file that it had no room? A quota and a limit on the size of files are full disks, too.
 * sqlite3_system_errno() does not know about a failed commit, but the files do. */
static bool no_room(sqlite3 *db)
{
    static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
    sqlite3_file *file;
    int e;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        file = NULL;
        e = 0;
        if (sqlite3_file_control(db, "main", files[i], &file) || !file || !file->pMethods)
            continue;
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &e);
        if (e == ENOSPC || e == EDQUOT || e == EFBIG)
            return true;
    }
    return false;
}

int sqlite_answer(struct sqlite_store *s, sqlite3 *db, const char *what, int code)
{
    store_say(&s->base, "%s: %s", what, sqlite3_errmsg(db));
    if (db == s->db && ((code & 0xff) == SQLITE_NOMEM || (code & 0xff) == SQLITE_CORRUPT))
        s->is_doubtful = true;
    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return STORE_E_EXISTS;
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return STORE_E_BUSY;
    case SQLITE_FULL:
        return STORE_E_FULL;
    case SQLITE_IOERR:
        /* The index of the log does not grow: of that no file keeps the error, and nothing but room is wanting. */
        return code == SQLITE_IOERR_SHMSIZE || no_room(db) ? STORE_E_FULL : -EIO;
    case SQLITE_NOTADB:
        return STORE_E_SCHEMA;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
        return -EINVAL;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return -EPERM;
    default:
        return -EIO;
    }
}

/* ---- settings ---- */

static const struct {
    int what, on;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
};

static const struct {
    int what, most;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, (int)STORE_VALUE_MAX + (1 << 20)},
    {SQLITE_LIMIT_SQL_LENGTH, 1 << 14},
    {SQLITE_LIMIT_COLUMN, STORE_COLS_MAX},
    {SQLITE_LIMIT_EXPR_DEPTH, 64},
    {SQLITE_LIMIT_COMPOUND_SELECT, 8},
    {SQLITE_LIMIT_VDBE_OP, 50000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_VARIABLE_NUMBER, STORE_PARAMS_MAX},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const char *const reader_pragmas[] = {
    "PRAGMA query_only=ON",  "PRAGMA cell_size_check=ON", "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384", NULL,
};

static const char *const writer_pragmas[] = {
    "PRAGMA synchronous=FULL",   "PRAGMA secure_delete=ON",   "PRAGMA cell_size_check=ON",
    "PRAGMA temp_store=MEMORY", "PRAGMA cache_size=-65536", NULL,
};

/* The vault is small and rarely written: SQLite checkpoints it as it goes. */
static int connection_set_up(struct sqlite_store *s, sqlite3 *db)
{
    const char *const *pragma = s->base.role == STORE_READ ? reader_pragmas : writer_pragmas;
    int r;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, (int)lock_wait_ms(s->base.deadline_ms));
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        sqlite3_db_config(db, switches[i].what, switches[i].on, NULL);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        sqlite3_limit(db, limits[i].what, limits[i].most);
    for (; *pragma; pragma++) {
        r = sqlite3_exec(db, *pragma, NULL, NULL, NULL);
        if (r)
            return sqlite_answer(s, db, "opening", r);
    }
    if (s->base.role == STORE_WRITE && !s->is_bulk) {
        r = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (r)
            return sqlite_answer(s, db, "opening", r);
    }
    return 0;
}

static int on_number(void *arg, int n, char **columns, char **names)
{
    *(int64_t *)arg = strtoll(columns[0] ? columns[0] : "0", NULL, 10);
    return 0;
}

/* The number that marks the file as ours. 0 in a file that was just made. */
static int application_id(struct sqlite_store *s, sqlite3 *db, int64_t *ret)
{
    int r = sqlite3_exec(db, "PRAGMA application_id", on_number, ret, NULL);

    return r ? sqlite_answer(s, db, "opening", r) : 0;
}

bool sqlite_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

int sqlite_connect(struct sqlite_store *s, const char *path, sqlite3 **ret, struct diag *diag)
{
    int flags = s->base.role == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    sqlite3 *db = NULL;
    int r;

    if (!strcmp(path, ":memory:"))
        flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    r = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!r && s->schema)
        sqlite3_db_config(db, SQLITE_DBCONFIG_MAINDBNAME, s->schema); /* which keeps the pointer: a literal */
    r = r ? (db ? sqlite_answer(s, db, "opening", r) : -ENOMEM) : connection_set_up(s, db);
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_OPENED, {"path", str_of(path)},
                  r == STORE_E_FULL ? tell_why(ENOSPC) : (struct message_arg){.name = "why", .value = str_of(db ? sqlite3_errmsg(db) : "out of memory")});
        sqlite3_close_v2(db);
        return r;
    }
    *ret = db;
    return 0;
}

/* Make or check the mark of a file. */
int sqlite_mark(struct sqlite_store *s, sqlite3 *db, const char *sql)
{
    int r = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return r ? sqlite_answer(s, db, "opening", r) : 0;
}

int sqlite_mark_check(struct sqlite_store *s, sqlite3 *db, int64_t mark, const char *path, struct diag *diag)
{
    int64_t id = 0;
    int r;

    r = application_id(s, db, &id);
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_READ, {"path", str_of(path)}, {"why", str_of(s->base.message)});
        return r;
    }
    if (id != mark) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_STORE_OTHER, {"path", str_of(path)});
        return STORE_E_SCHEMA;
    }
    return 0;
}
