/* Inside src/store only: what store.c, which keeps the rules of the interface, asks of a database.
 * A driver embeds `struct store` as its first member and answers by the table of functions; it may rely on store.c for:
 * roles, the state of transactions, at most STORE_PARAMS_MAX values, savepoint depth, and texts that are UTF-8 without
 * NUL bytes. That a statement gets as many values as it takes is the driver's to check. */
#pragma once

#include "store/recall.h"

/* Ids behind STMT_INTEL_COUNT: for each table one statement that reads all of it in the order of its key, and one that adds a
 * whole row (store/tables.def). */
enum {
    STMT_BEFORE_TABLES_ = STMT_INTEL_COUNT - 1,
#define TABLE(name, since, scan, copy) STMT_SCAN_##name, STMT_COPY_##name,
#include "store/tables.def"
#undef TABLE
    STMT_WITH_TABLES,
    /* Only in the file of a backup: the digests of its tables. */
    STMT_MANIFEST_ADD = STMT_WITH_TABLES,
    STMT_MANIFEST_GET,
    /* Only in the third place (store/blobs.h). */
    STMT_PIECE_ADD,
    STMT_PIECE_GET,
    STMT_PIECE_COUNT,
    STMT_PIECE_DROP,
    STMT_PIECE_NEXT,
    STMT_PIECE_SCAN,
    /* Only in the fourth place (store/intel.h): its tables, as those of tables.def. */
#define TABLE(name, scan, copy) STMT_SCAN_INTEL_##name, STMT_COPY_INTEL_##name,
#include "store/intel-tables.def"
#undef TABLE
    STMT_ALL
};

struct statement {
    const char *name;
    enum store_role who;
    const char *sql[STORE_KINDS]; /* the text for each database; nearly always the same one. NULL: none needed */
};
/* `id` below STMT_ALL. */
const struct statement *statement_of(unsigned id);

/* Places beside a store, with handles of their own: pieces of files, threat intelligence. */
enum beside { BESIDE_BLOBS, BESIDE_INTEL, BESIDE_COUNT };

struct table {
    const char *name;
    int64_t since; /* schema number that brought it */
    unsigned scan, copy; /* statement ids */
};
const struct table *table_list(size_t *ret_n);
/* Those of a place beside the store. */
const struct table *table_list_beside(enum beside which, size_t *ret_n);

/* One step of the schema: the statements that lead from number - 1 to number, in order, NULL-ended. */
struct schema_step {
    int64_t number;
    const char *const *sql;
    const char *const *more[STORE_KINDS]; /* then those for one database only; NULL: none */
};
const struct schema_step *schema_steps(size_t *ret_n);

/* Transaction control; each driver has its own words for them. */
enum control {
    CONTROL_BEGIN_CREATE, /* in an empty place: also makes what the schema's text takes for granted */
    CONTROL_BEGIN_WRITE,
    CONTROL_BEGIN_OWN, /* writes, but not under the lock of the store's head */
    CONTROL_BEGIN_READ,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_BACK_TO,
    CONTROL_COUNT
};

struct vault_op {
    bool destroy;
    char *record; /* owned */
    uint8_t key[VAULT_KEY_SIZE]; /* unless destroy */
};

struct rows {
    struct store *store;
    const struct driver *by; /* whose they are: the store's, or those out of memory (recall.c) */
    struct rows *next, *prev; /* among the open ones of the store */
    bool is_stale;
};

/* Answers are those of store.h. Each leaves words in store_say() when it is not 0. */
struct driver {
    enum store_kind kind;
    int (*run)(struct store *s, unsigned id, const struct value *values, size_t n, uint64_t *ret_changed);
    /* `stream`: rows come one by one, and nothing else may run on the handle meanwhile. */
    int (*query)(struct store *s, unsigned id, const struct value *values, size_t n, bool stream,
                 struct rows **ret);
    /* For each of `n_rows` rows of `n` values, at most STORE_ROWS_AT_ONCE, sent together: *ret_changed grows by all; ret[i] of each, NULL where memory ran out.
     * query_rows NULL: one by one, by query_held, whose values stay until the rows are done. */
    int (*run_rows)(struct store *s, unsigned id, const struct value *values, size_t n, size_t n_rows, uint64_t *ret_changed);
    int (*query_held)(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret);
    int (*query_rows)(struct store *s, unsigned id, const struct value *values, size_t n, size_t n_rows, struct rows **ret);
    int (*next)(struct rows *rows);
    enum value_type (*type)(struct rows *rows, int col);
    int (*n_cols)(struct rows *rows);
    int64_t (*number)(struct rows *rows, int col);
    struct str (*bytes)(struct rows *rows, int col); /* of a text or blob, NUL behind it */
    void (*rows_done)(struct rows *rows);            /* already taken off the list */
    void (*rows_stale)(struct rows *rows);           /* give up what the transaction held */

    int (*control)(struct store *s, enum control what);
    bool (*in_transaction)(struct store *s); /* does the database still have it open? */
    int (*ready)(struct store *s);           /* connect again after a loss; outside of transactions */
    int (*exec)(struct store *s, const char *sql); /* a literal of the schema, inside a transaction */
    int (*deadline)(struct store *s, unsigned ms);

    int (*vault_get)(struct store *s, struct str record, uint8_t ret_key[VAULT_KEY_SIZE]);
    /* Before CONTROL_COMMIT: all puts durable together, at the latest with that commit. */
    int (*vault_keep)(struct store *s, const struct vault_op *ops, size_t n);
    /* After the commit (SQLite) or within it (PostgreSQL): remove. *ret_n counts keys that were there. */
    int (*vault_drop)(struct store *s, const struct vault_op *ops, size_t n, uint64_t *ret_n);
    bool vault_is_inside; /* the vault belongs to the same transaction */
    /* Every key in the order of its record, for a copy: columns record, key. */
    int (*vault_scan)(struct store *s, struct rows **ret);

    /* A place beside this store: a handle of its own, to be closed, or the store itself where they are one database. A writer's is made
     * when it is missing; STORE_E_NONE: there is none to read. */
    int (*beside)(struct store *s, enum beside which, enum store_role role, struct store **ret);

    void (*close)(struct store *s); /* frees the store itself */
};

enum store_tx { TX_NONE, TX_READ, TX_WRITE };

struct store {
    const struct driver *driver;
    enum store_role role;
    enum store_tx tx;
    bool is_spoiled; /* work since the innermost savepoint failed */
    int broken;      /* the answer that ended the whole transaction, or 0 */
    unsigned depth;  /* open savepoints */
    size_t marks[STORE_SAVEPOINTS_MAX]; /* n_ops when each savepoint began */
    uint64_t changed, n_writes;
    struct rows *open_rows;
    enum recalling recalling;
    struct recall *recall; /* NULL: nothing is kept */
    struct tally_notes *tallies; /* of this transaction; NULL: none */
    struct vault_op *ops; /* collected in this transaction */
    size_t n_ops, ops_size;
    struct vault_op *due; /* destroyed by committed batches, but not yet gone from the vault */
    size_t n_due;
    vault_ask_fn *vault_ask; /* of a reader whose vault is not here; NULL: the driver's */
    void *vault_ctx;
    unsigned deadline_ms;
    char message[400];
};

/* How long a lock may be waited for under a deadline of `ms`. */
#define LOCK_WAIT_MS 5000u
static inline unsigned lock_wait_ms(unsigned ms)
{
    return ms && ms < LOCK_WAIT_MS ? ms : LOCK_WAIT_MS;
}

/* Keep one line for store_message(). */
void store_say(struct store *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* OPEN_BULK makes a new store to be filled in one transaction and then closed: without a write-ahead log, so that it
 * needs its space once. */
enum open_how { OPEN_EXISTING, OPEN_CREATE, OPEN_BULK };

/* Open without looking at the schema. STORE_E_EXISTS: to be made, but the place is not empty.
 * STORE_E_NONE, STORE_E_LOST, STORE_E_FULL, STORE_E_BUSY, STORE_E_SCHEMA (a foreign file). */
MUST_CHECK int sqlite_open(const char *dir, enum store_role role, enum open_how how, struct store **ret,
                           struct diag *diag);
/* The same for a pair of named files. */
MUST_CHECK int sqlite_open_files(const char *path, const char *vault_path, enum store_role role, enum open_how how,
                                 struct store **ret, struct diag *diag);
/* Remove the files of a store that sqlite_open() made just now and that could not be filled. */
void sqlite_unmake(const char *dir);
/* Of a place beside: only its own statements run on such a handle. */
MUST_CHECK int sqlite_open_beside_file(const char *path, enum beside which, enum store_role role, bool is_bulk, struct store **ret, struct diag *diag);
MUST_CHECK int sqlite_open_beside(const char *dir, enum beside which, enum store_role role, struct store **ret, struct diag *diag);
/* By the kind of place `db` is. */
MUST_CHECK int store_open_beside(const char *db, enum beside which, enum store_role role, struct store **ret, struct diag *diag);
MUST_CHECK int postgres_open(const char *url, enum store_role role, enum open_how how, struct store **ret,
                             struct diag *diag);

/* schema.c. Make schema `target` in an empty place, inside a transaction that CONTROL_BEGIN_CREATE began. */
MUST_CHECK int schema_make(struct store *s, int64_t target, struct diag *diag);
/* Outside of a transaction: the same with its begin and commit; or bring an older schema to `target`. */
MUST_CHECK int schema_create(struct store *s, int64_t target, struct diag *diag);
MUST_CHECK int schema_advance(struct store *s, int64_t target, struct diag *diag);
/* What meta.schema says. 0, STORE_E_SCHEMA, STORE_E_BUSY, STORE_E_LOST. */
MUST_CHECK int schema_number(struct store *s, int64_t *ret);

/* store.c */
bool store_is_url(const char *db);
/* By the kind of place. */
MUST_CHECK int store_open_raw(const char *db, enum store_role role, enum open_how how, struct store **ret,
                              struct diag *diag);
void store_init(struct store *s, const struct driver *driver, enum store_role role);
void store_fini(struct store *s); /* what store.c itself holds */
MUST_CHECK int store_begin_by(struct store *s, enum control how);
/* All rows of a table or of the vault, one by one; nothing else may run on the handle meanwhile. */
MUST_CHECK int store_scan(struct store *s, unsigned id, struct rows **ret);
MUST_CHECK int store_scan_vault(struct store *s, struct rows **ret);
/* Statements behind STMT_INTEL_COUNT, too. */
MUST_CHECK int store_run_any(struct store *s, unsigned id, const struct value *values, size_t n);
MUST_CHECK int store_query_any(struct store *s, unsigned id, const struct value *values, size_t n, struct rows **ret);
enum value_type rows_type(struct rows *rows, int col);
int rows_n_cols(struct rows *rows);
