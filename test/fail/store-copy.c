#include "store-copy.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static sqlite3 *open_file(const char *dir, const char *name)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    OK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL));
    OK(sqlite3_busy_timeout(db, 5000)); /* for the checkpointer of the log */
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return st;
}

struct store_look {
    char dir[128];
    sqlite3 *db;
    sqlite3_stmt *version;
    int64_t at; /* the version that `digest` is of; before the first: none */
    struct digest digest;
};

struct store_look *store_look_open(const char *dir)
{
    struct store_look *look = calloc(1, sizeof(*look));

    assert_non_null(look);
    snprintf(look->dir, sizeof(look->dir), "%s", dir);
    look->db = open_file(dir, "tsujiban.db");
    look->version = ask(look->db, "PRAGMA data_version");
    look->at = -1;
    return look;
}

void store_look_close(struct store_look *look)
{
    if (!look)
        return;
    sqlite3_finalize(look->version);
    assert_int_equal(sqlite3_close(look->db), SQLITE_OK);
    free(look);
}

static int64_t number(sqlite3_stmt *st)
{
    int64_t n;

    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    n = sqlite3_column_int64(st, 0);
    OK(sqlite3_reset(st));
    return n;
}

/* Each cell behind its type and length, so that no two tables look alike. */
static void add_cell(sqlite3_stmt *st, int i, struct sha256_state *sha)
{
    int head[2] = {sqlite3_column_type(st, i), sqlite3_column_bytes(st, i)};

    sha256_add(sha, (struct str){(const char *)head, sizeof(head)});
    if (head[1])
        sha256_add(sha, (struct str){sqlite3_column_blob(st, i), (size_t)head[1]});
}

/* How many bytes its cells have. */
static size_t add_table(sqlite3 *db, const char *name, struct sha256_state *sha)
{
    sqlite3_stmt *st;
    char sql[128];
    size_t n = 0;
    int r;

    snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" ORDER BY 1, 2", name);
    sha256_add(sha, (struct str){name, strlen(name) + 1});
    st = ask(db, sql);
    while ((r = sqlite3_step(st)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            add_cell(st, i, sha);
            n += (size_t)sqlite3_column_bytes(st, i);
        }
    assert_int_equal(r, SQLITE_DONE);
    sqlite3_finalize(st);
    return n;
}

static struct digest digest_all(sqlite3 *db)
{
    sqlite3_stmt *tables = ask(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql "
                                   "NOT LIKE 'CREATE VIRTUAL%' ORDER BY name");
    struct sha256_state *sha = sha256_new();
    size_t n = 0;

    assert_non_null(sha);
    while (sqlite3_step(tables) == SQLITE_ROW)
        n += add_table(db, (const char *)sqlite3_column_text(tables, 0), sha);
    sqlite3_finalize(tables);
    assert_true(n > 1000);
    return sha256_end(sha);
}

struct digest store_digest(struct store_look *look)
{
    int64_t now = number(look->version);

    if (now != look->at)
        look->digest = digest_all(look->db);
    look->at = now;
    return look->digest;
}

size_t store_n_keys(struct store_look *look)
{
    sqlite3 *db = open_file(look->dir, "vault.db");
    sqlite3_stmt *st = ask(db, "SELECT COUNT(*) FROM record_key");
    size_t n = (size_t)number(st);

    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

/* By the kernel, without passing through memory; a copy that the machine's end would lose is no loss here. */
static void copy_file(const char *from, const char *to)
{
    struct stat st;
    off_t at = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC), out;

    assert_true(in >= 0);
    OK(fstat(in, &st));
    assert_true(unlink(to) == 0 || errno == ENOENT);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(out >= 0);
    while (at < st.st_size)
        assert_true(sendfile(out, in, &at, (size_t)(st.st_size - at)) > 0);
    OK(close(out));
    OK(close(in));
}

void store_copy(const char *from, const char *to)
{
    static const char *const names[] = {"tsujiban.db", "vault.db"};
    char source[256], target[256];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(source, sizeof(source), "%s/%s", from, names[i]);
        snprintf(target, sizeof(target), "%s/%s", to, names[i]);
        copy_file(source, target);
    }
}
