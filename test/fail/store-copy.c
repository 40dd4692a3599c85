#include "store-copy.h"
#include "base/file.h"
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define FILE_MAX ((size_t)64 << 20)

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

static void add_table(sqlite3 *db, const char *name, struct buf *out)
{
    sqlite3_stmt *st;
    char sql[128];
    int r;

    snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" ORDER BY 1, 2", name);
    OK(buf_add_text(out, name));
    st = ask(db, sql);
    while ((r = sqlite3_step(st)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            OK(buf_printf(out, "%d|%d|", sqlite3_column_type(st, i), sqlite3_column_bytes(st, i)));
            OK(buf_add(out, sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i)));
        }
    assert_int_equal(r, SQLITE_DONE);
    sqlite3_finalize(st);
}

struct digest store_digest(const char *dir)
{
    sqlite3 *db = open_file(dir, "tsujiban.db");
    sqlite3_stmt *tables = ask(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql "
                                   "NOT LIKE 'CREATE VIRTUAL%' ORDER BY name");
    struct digest digest;
    struct buf all;

    buf_init(&all, FILE_MAX);
    while (sqlite3_step(tables) == SQLITE_ROW)
        add_table(db, (const char *)sqlite3_column_text(tables, 0), &all);
    sqlite3_finalize(tables);
    sqlite3_close(db);
    assert_true(all.len > 1000);
    digest = sha256(buf_str(&all));
    buf_done(&all);
    return digest;
}

size_t store_n_keys(const char *dir)
{
    sqlite3 *db = open_file(dir, "vault.db");
    sqlite3_stmt *st = ask(db, "SELECT COUNT(*) FROM record_key");
    size_t n;

    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    n = (size_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

void store_copy(const char *from, const char *to)
{
    static const char *const names[] = {"tsujiban.db", "vault.db"};
    char path[256];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf bytes;

        buf_init(&bytes, FILE_MAX);
        snprintf(path, sizeof(path), "%s/%s", from, names[i]);
        OK(file_read(path, FILE_MAX, &bytes, NULL));
        snprintf(path, sizeof(path), "%s/%s", to, names[i]);
        OK(file_write_atomic(path, buf_str(&bytes), 0600, NULL));
    }
}
