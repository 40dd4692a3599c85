/* The only way to the database: one interface, SQLite or PostgreSQL behind it.
 *
 *   store_open ─ store_begin ─┬ store_savepoint ─ STORE_RUN, STORE_QUERY … ─ store_release | store_back_to
 *                             ├ …                                            (one pair for each act)
 *                             └ store_commit | store_rollback
 *
 * Every statement is a row of store/statements.def and is run by its id; no other room holds SQL.
 *
 * Owner    the caller of store_open(); give it up with store_close().
 * Threads  one handle is used by one thread at a time; open one for each thread. A handle does not survive fork(2).
 * Limits   STORE_PARAMS_MAX parameters, STORE_COLS_MAX columns, STORE_SAVEPOINTS_MAX savepoints inside each other,
 *          STORE_VALUE_MAX bytes a value.
 * Source   doc/design/store.md, S1 to S9. */
#pragma once

#include "base/diag.h"

#include <errno.h>

struct store;
struct rows;

#define STORE_PARAMS_MAX 32
#define STORE_COLS_MAX 64
#define STORE_ROWS_AT_ONCE 128u /* of store_run_rows(), more go in pieces */
#define STORE_SAVEPOINTS_MAX 8
#define STORE_VALUE_MAX (64u << 20) /* bytes of one text or blob */
#define VAULT_KEY_SIZE 32           /* bytes: XChaCha20-Poly1305 */

/* What a handle may do, and what a statement needs. */
enum store_role { STORE_READ, STORE_WRITE };
enum store_kind { STORE_SQLITE, STORE_POSTGRES };
#define STORE_KINDS 2

/* Positive answers. Each function below names those it can give. */
enum {
    STORE_E_EXISTS = 1, /* a row with this unique key is there already; a store is there already */
    STORE_E_NONE,       /* no such row; no store in this place */
    STORE_E_BUSY,       /* another writer held the lock for too long, or the statement ran past its deadline */
    STORE_E_FULL,       /* no space left for the data; nothing of the batch is kept */
    STORE_E_LOST,       /* the connection broke: roll back; the handle connects again at the next begin or query */
    STORE_E_SCHEMA,     /* made by a newer program, or by an older one and this handle may not migrate, or foreign */
    STORE_E_DAMAGED,    /* a backup is not what was written: store/backup.h */
};

/* A positive answer above as -Exxx, for a caller that has no better use for it: EBUSY, ENOSPC, ENOTCONN, else EIO. Zero and
 * negative ones go through unchanged. */
static inline int store_errno(int r)
{
    if (r <= 0)
        return r;
    return r == STORE_E_BUSY ? -EBUSY : r == STORE_E_FULL ? -ENOSPC : r == STORE_E_LOST ? -ENOTCONN : -EIO;
}

/* Ids of the statements: STMT_META_GET and so on. */
enum store_stmt {
#define STMT(id, who, sql) STMT_##id,
#define STMT_EACH(id, who, sqlite, postgres) STMT_##id,
#include "store/statements.def"
    STMT_COUNT,
    STMT_BEFORE_INTEL_ = STMT_COUNT - 1, /* those of the fourth place, store/intel.h */
#include "store/intel-statements.def"
    STMT_INTEL_COUNT
#undef STMT
#undef STMT_EACH
};

/* ---- values ---- */

enum value_type { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB };

struct value {
    enum value_type type;
    int64_t number;   /* VALUE_INT */
    struct str bytes; /* VALUE_TEXT (UTF-8, no NUL inside), VALUE_BLOB; borrowed for the call */
};

#define V_NULL ((struct value){.type = VALUE_NULL})
#define V_INT(n) ((struct value){.type = VALUE_INT, .number = (int64_t)(n)})
#define V_STR(s) ((struct value){.type = VALUE_TEXT, .bytes = (s)})
#define V_BLOB(at_, len_)                                                                          \
    ((struct value){.type = VALUE_BLOB, .bytes = {(const char *)(at_), (size_t)(len_)}})
/* A NUL-ended text; a NULL pointer is the SQL value NULL. */
#define V_TEXT(t) value_text(t)

static inline struct value value_text(const char *nul_ended)
{
    return nul_ended ? V_STR(str_of(nul_ended)) : V_NULL;
}

/* ---- opening ---- */

/* `db` is a directory (SQLite: DIR/tsujiban.db and DIR/vault.db), a URL postgresql://… or postgres://…, or ":memory:"
 * (SQLite, a private pair for tests, its schema made at once whatever the role).
 * A STORE_WRITE handle brings an older schema forward in one transaction and then sweeps the vault.
 * The password of a URL is never put into diag.
 * 0. STORE_E_NONE: no store here. STORE_E_SCHEMA. STORE_E_BUSY. STORE_E_FULL. STORE_E_LOST: the server does not
 * answer. -EINVAL: the URL cannot be read. Negative: see diag, too. */
MUST_CHECK int store_open(const char *db, enum store_role role, struct store **ret, struct diag *diag);
/* Make the schema in an empty place and open it for writing. The directory is made with mode 0700 when missing.
 * 0. STORE_E_EXISTS: something is there already, untouched. STORE_E_FULL. STORE_E_LOST. STORE_E_BUSY. */
MUST_CHECK int store_create(const char *db, struct store **ret, struct diag *diag);
/* Takes away what whoever makes a store leaves of it, handles closed: the files of SQLite's, also where memory lacks. Of PostgreSQL nothing, as its
 * transaction leaves nothing. */
void store_unmake(const char *db);
void store_close(struct store *s); /* accepts NULL; rolls back what is open */
DEFINE_CLEANUP(struct store, store_close);
#define STORE_AUTO CLEANUP(store_closep) struct store

enum store_kind store_kind(const struct store *s);
enum store_role store_role(const struct store *s);
/* The number in meta.schema that this program writes. */
int64_t store_schema_number(void);
/* What the database last said, for a log or a diagnostic: one line, "" when nothing. Borrowed until the next call. */
const char *store_message(const struct store *s);
/* A query or statement that runs longer answers STORE_E_BUSY; 0 means no deadline. At open: 10,000 for STORE_READ,
 * 60,000 for STORE_WRITE. A lock is waited for as long, but at most 5 seconds. Outside of transactions.
 * 0, STORE_E_LOST. */
MUST_CHECK int store_deadline(struct store *s, unsigned ms);

/* ---- statements ----
 * A writing statement needs a STORE_WRITE handle inside store_begin(); otherwise -EPERM (a bug of the caller).
 * After a statement answered anything but 0, or its rows failed, inside a transaction, the work since the innermost savepoint (or the begin)
 * is spoiled on both databases: every call answers -ECANCELED until store_back_to() or store_rollback(). So where "it
 * is there already" is expected, use a row with ON CONFLICT DO NOTHING and look at store_changed().
 * After STORE_E_FULL and STORE_E_LOST only store_rollback() helps. */

/* 0, STORE_E_EXISTS, STORE_E_BUSY, STORE_E_FULL, STORE_E_LOST. -EINVAL: a value the table refuses (NULL, NUL byte,
 * bad UTF-8, wrong number of parameters). */
#define STORE_RUN(s, id, ...)                                                                      \
    store_run((s), (id), (const struct value[]){V_NULL, __VA_ARGS__} + 1,                          \
              sizeof((const struct value[]){V_NULL, __VA_ARGS__}) / sizeof(struct value) - 1)
MUST_CHECK int store_run(struct store *s, enum store_stmt id, const struct value *values, size_t n);
/* Rows inserted, changed or deleted by the last successful STORE_RUN. */
uint64_t store_changed(const struct store *s);
/* The same statement for each of `n_rows` rows of `n` values, which stand one behind the other; to PostgreSQL they go together, so that they cost few round trips.
 * At the first that fails it ends, and the work is spoiled, as below. store_changed() is of all. */
MUST_CHECK int store_run_rows(struct store *s, enum store_stmt id, const struct value *values, size_t n, size_t n_rows);
/* How many STORE_RUN there were on this handle. Between two equal answers nothing was written by it. */
uint64_t store_n_writes(const struct store *s);

/* Start a query; rows_next() gives the first row. Queries may be open inside each other, the same one too.
 * On PostgreSQL the whole result is fetched at once: walk large tables in pages by key (LIMIT in the row).
 * 0, STORE_E_BUSY, STORE_E_LOST, -EINVAL. */
#define STORE_QUERY(s, ret_rows, id, ...)                                                          \
    store_query((s), (ret_rows), (id), (const struct value[]){V_NULL, __VA_ARGS__} + 1,            \
                sizeof((const struct value[]){V_NULL, __VA_ARGS__}) / sizeof(struct value) - 1)
MUST_CHECK int store_query(struct store *s, struct rows **ret_rows, enum store_stmt id, const struct value *values,
                           size_t n);
/* The same for at most one row, which is current on 0. STORE_E_NONE: no row; *ret_rows is untouched. */
#define STORE_ONE(s, ret_rows, id, ...)                                                            \
    store_one((s), (ret_rows), (id), (const struct value[]){V_NULL, __VA_ARGS__} + 1,              \
              sizeof((const struct value[]){V_NULL, __VA_ARGS__}) / sizeof(struct value) - 1)
MUST_CHECK int store_one(struct store *s, struct rows **ret_rows, enum store_stmt id, const struct value *values,
                         size_t n);
/* The same for each of `n_rows` rows of `n` values, as store_run_rows(): `call` gets what was found for row `at`, for the call, and 0 goes on. The answers should
 * be small: a few hundred bytes. */
typedef int store_rows_fn(struct rows *rows, size_t at, void *context);
MUST_CHECK int store_query_rows(struct store *s, enum store_stmt id, const struct value *values, size_t n, size_t n_rows, store_rows_fn *call, void *context);
/* 1: a row is current. 0: the end. Negative: -ETIMEDOUT (deadline), -ESTALE (the transaction it was read in has
 * ended), -EIO, -ENOMEM. All of them but -ESTALE spoil the work of a transaction, as below. */
MUST_CHECK int rows_next(struct rows *rows);
/* Columns of the current row, from 0, as the statement lists them. Borrowed until the next rows_next() or
 * rows_done(). A NULL reads as 0, "" or an empty blob. Reading a column as another type is a bug of the caller. */
int64_t rows_int(struct rows *rows, int col);
struct str rows_str(struct rows *rows, int col);
const char *rows_text(struct rows *rows, int col); /* NUL-ended, never NULL */
struct str rows_blob(struct rows *rows, int col);
bool rows_is_null(struct rows *rows, int col);
void rows_done(struct rows *rows); /* accepts NULL */
DEFINE_CLEANUP(struct rows, rows_done);
#define ROWS_AUTO CLEANUP(rows_donep) struct rows

/* ---- transactions ----
 * Rows still open when a transaction or read snapshot begins or ends are closed: rows_next() answers -ESTALE from then
 * on. They stay open over savepoints; whether they show what was written meanwhile is not said. */

/* Take the write lock of the whole store (S3). 0, STORE_E_BUSY, STORE_E_LOST, STORE_E_FULL. */
MUST_CHECK int store_begin(struct store *s);
/* Make new vault keys durable, then the batch, then remove destroyed keys (S6). After 0 all of it survives a crash.
 * Every savepoint must have been ended (asserted).
 * After any other answer nothing of it is kept and the transaction is over, but:
 * STORE_E_LOST: the server may have committed before the connection broke, or committed without the standby that it
 * was told to wait for; read again before telling anybody.
 * 0, STORE_E_FULL, STORE_E_BUSY, STORE_E_LOST, -ECANCELED (spoiled work was not rolled back), -EIO. */
MUST_CHECK int store_commit(struct store *s);
void store_rollback(struct store *s); /* without a transaction: nothing */
bool store_in_transaction(const struct store *s);

/* Savepoints nest; each is ended by one store_release() (keep) or one store_back_to() (undo, and end it).
 * 0, STORE_E_FULL, STORE_E_LOST; -ENOSPC: STORE_SAVEPOINTS_MAX are open. */
MUST_CHECK int store_savepoint(struct store *s);
MUST_CHECK int store_release(struct store *s);
MUST_CHECK int store_back_to(struct store *s);

/* Queries between the two see one state of the store. Either role; not inside store_begin().
 * 0, STORE_E_BUSY, STORE_E_LOST. */
MUST_CHECK int store_begin_read(struct store *s);
void store_end_read(struct store *s);

/* ---- the vault ----
 * One key for each record, kept apart from the sealed values (S5, S6). */

/* Inside store_begin(), before the record's first personal value is written: collect the key for the commit. A leftover
 * key of a batch that never committed is replaced. 0. STORE_E_EXISTS: the record has personal values, so its key must
 * stay. STORE_E_LOST, STORE_E_BUSY. */
MUST_CHECK int vault_put(struct store *s, struct str record, const uint8_t key[VAULT_KEY_SIZE]);
/* 0: the key is in `ret_key`, the caller wipes it. STORE_E_NONE: no key, or it was destroyed. STORE_E_BUSY,
 * STORE_E_LOST. */
MUST_CHECK int vault_get(struct store *s, struct str record, uint8_t ret_key[VAULT_KEY_SIZE]);
/* The same, drawn and put where there is none: inside store_begin(), under a name that no record has. As both. */
MUST_CHECK int vault_make(struct store *s, struct str name, uint8_t ret_key[VAULT_KEY_SIZE]);
/* Keys of a STORE_READ handle come from `ask` instead, which answers as vault_get(): where the vault is not this process's to read
 * (doc/design/information.md, D1). Kept until the handle closes; NULL: from the vault again. */
typedef int vault_ask_fn(void *ctx, struct str record, uint8_t ret_key[VAULT_KEY_SIZE]);
void vault_elsewhere(struct store *s, vault_ask_fn *ask, void *ctx);
/* Inside store_begin(): the key goes when the batch commits. 0, -ENOMEM. */
MUST_CHECK int vault_destroy(struct store *s, struct str record);
/* Remove the keys of all disposed records and of files that are gone; store_open() does this for a writer. *ret_n (may be NULL): keys removed.
 * Outside of a transaction. 0, STORE_E_BUSY, STORE_E_FULL, STORE_E_LOST. */
MUST_CHECK int vault_sweep(struct store *s, uint64_t *ret_n);
