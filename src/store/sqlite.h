/* Inside the driver for SQLite only: what its four files share.
 *
 *   sqlite-connect.c  one connection: settings, limits, errors
 *   sqlite-vault.c    the second connection
 *   sqlite-beside.c   the places beside a store: pieces of files, threat intelligence
 *   sqlite.c          statements, transactions, life */
#pragma once

#include "store/checkpointer.h"
#include "store/driver.h"
#include <sqlite3.h>

#define APPLICATION_ID 0x54534a42 /* "TSJB", in the file's header */
#define VAULT_ID 0x54534a56       /* "TSJV" */
#define STORE_NAME "tsujiban.db"
#define BLOBS_NAME "blobs.db"
#define BLOBS_ID 0x54534a43       /* "TSJC": contents */
#define INTEL_NAME "intel.db"
#define INTEL_ID 0x54534a49       /* "TSJI": threat intelligence */

/* One prepared statement; copies of the same one hang together. */
struct copy {
    sqlite3_stmt *st;
    struct copy *next;
    uint8_t index[STORE_PARAMS_MAX]; /* SQLite's number of $1, $2 …: it counts by first appearance */
    uint8_t n_params;
};

struct sqlite_rows {
    struct rows base;
    unsigned id;
    struct copy *copy;  /* of the pool; NULL when stale */
    sqlite3_stmt *st;   /* copy's, or a scan of the vault that is ours */
    bool is_over;       /* rows_next() has answered other than 1; SQLite itself would begin again */
    int last;           /* what it answered */
};

enum vault_stmt { VAULT_GET, VAULT_PUT, VAULT_DROP, VAULT_STMTS };

struct sqlite_store {
    struct store base;
    char *path, *vault_path;
    sqlite3 *db;
    sqlite3 *vault; /* NULL until first used */
    sqlite3_stmt *vault_st[VAULT_STMTS]; /* NULL until first used */
    struct checkpointer *checkpointer; /* a writer's, on disk */
    struct copy *pool[STMT_ALL]; /* free copies */
    sqlite3_stmt *control[CONTROL_COUNT];
    uint64_t deadline_us; /* monotonic; 0 none */
    int n_frames;         /* of the write-ahead log after the last commit */
    int checkpoint_frames; /* 0: as usual */
    const char *schema; /* what statements call the file; NULL: nothing */
    bool is_bulk; /* OPEN_BULK: without a write-ahead log */
    bool may_change_schema;
    bool vault_must_empty; /* keys were removed, but its log still holds them */
    bool is_doubtful;     /* memory ran out inside SQLite, or it calls the file malformed: the connection is made anew when nothing is under way */
    unsigned n_taken;     /* copies that are out of the pool */
};

static inline struct sqlite_store *sqlite_of(struct store *s)
{
    return (struct sqlite_store *)s;
}

/* Words into store_say(), and what the code means: one of the answers of store.h, never 0. */
int sqlite_answer(struct sqlite_store *s, sqlite3 *db, const char *what, int code);
bool sqlite_is_there(const char *path);
/* Open a file by the store's role and set the connection up. */
MUST_CHECK int sqlite_connect(struct sqlite_store *s, const char *path, sqlite3 **ret, struct diag *diag);
/* Run one literal that makes a mark or table in a new file. */
MUST_CHECK int sqlite_mark(struct sqlite_store *s, sqlite3 *db, const char *sql);
/* STORE_E_SCHEMA: the file is another program's. */
MUST_CHECK int sqlite_mark_check(struct sqlite_store *s, sqlite3 *db, int64_t mark, const char *path,
                                 struct diag *diag);

/* An empty file for the user alone, unless it is there. */
MUST_CHECK int sqlite_file_make(const char *path, struct diag *diag);
/* The connection is there: statements are looked at, and the log is moved by a thread. */
MUST_CHECK int sqlite_set_up(struct sqlite_store *s, struct diag *diag);
/* A store without connection; sqlite_free() when none comes. NULL: out of memory. */
struct sqlite_store *sqlite_new(enum store_role role, const char *path);
void sqlite_free(struct sqlite_store *s);
/* Of the table of functions, store/driver.h. */
int sqlite_beside(struct store *base, enum beside which, enum store_role role, struct store **ret);

/* The vault's connection, opened now unless it is already. */
MUST_CHECK int sqlite_vault_connect(struct sqlite_store *s, bool create);
void sqlite_vault_empty_log(struct sqlite_store *s);
/* Before its connection is closed. */
void sqlite_vault_close(struct sqlite_store *s);
/* Of the table of functions, store/driver.h. */
int sqlite_vault_get(struct store *base, struct str record, uint8_t ret_key[VAULT_KEY_SIZE]);
int sqlite_vault_keep(struct store *base, const struct vault_op *ops, size_t n);
int sqlite_vault_drop(struct store *base, const struct vault_op *ops, size_t n, uint64_t *ret_n);
int sqlite_vault_scan(struct store *base, struct rows **ret);
