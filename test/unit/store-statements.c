/* Every row of statements.def and tables.def is taken by both databases, reads or writes as it says, and gives columns
 * of the three types that the interface knows. */
#include "store-place.h"
#include "store/blobs.h"
#include "store/driver.h"
#include "store/intel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdlib.h>

static struct place place;

static void make(const char *db)
{
    struct store *s = NULL;
    struct diag diag;

    diag_init(&diag);
    if (store_create(db, &s, &diag))
        fail_msg("%s", diag_first(&diag));
    store_close(s);
    diag_done(&diag);
}

/* The highest $n; each from 1 must be there. */
static unsigned n_params(const struct statement *st, enum store_kind kind)
{
    bool seen[STORE_PARAMS_MAX + 1] = {false};
    unsigned n = 0;

    for (const char *p = strchr(st->sql[kind], '$'); p; p = strchr(p + 1, '$')) {
        unsigned i = (unsigned)strtoul(p + 1, NULL, 10);

        assert_in_range(i, 1, STORE_PARAMS_MAX);
        seen[i] = true;
        n = MAX_OF(n, i);
    }
    for (unsigned i = 1; i <= n; i++) {
        if (!seen[i])
            fail_msg("%s: $%u is missing", st->name, i);
    }
    return n;
}

static void sqlite_takes_all(void **state)
{
    sqlite3 *db;
    char path[200];

    assert_int_equal(place_start(&place, PLACE_DIR), 0);
    make(place_fresh(&place));
    snprintf(path, sizeof(path), "%s/tsujiban.db", place.db);
    assert_int_equal(sqlite3_open(path, &db), 0);
    for (unsigned id = 0; id < STMT_WITH_TABLES; id++) {
        const struct statement *st = statement_of(id);
        sqlite3_stmt *prepared = NULL;

        if (!st->sql[STORE_SQLITE] || (id >= STMT_COUNT && id < STMT_INTEL_COUNT))
            continue;
        if (sqlite3_prepare_v2(db, st->sql[STORE_SQLITE], -1, &prepared, NULL))
            fail_msg("%s: %s", st->name, sqlite3_errmsg(db));
        assert_int_equal(sqlite3_bind_parameter_count(prepared), n_params(st, STORE_SQLITE));
        if ((sqlite3_stmt_readonly(prepared) != 0) != (st->who == STORE_READ))
            fail_msg("%s: says it %s", st->name, st->who == STORE_READ ? "reads" : "writes");
        sqlite3_finalize(prepared);
    }
    sqlite3_close(db);
    place_stop(&place);
}

/* What runs on a place beside the store alone, of which statements call the file `schema`. */
static void beside_are_taken(const char *file, const char *schema, unsigned from, unsigned to)
{
    sqlite3 *db;
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", place.db, file);
    assert_int_equal(sqlite3_open(path, &db), 0);
    if (schema)
        assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_MAINDBNAME, schema), 0);
    for (unsigned id = from; id < to; id++) {
        const struct statement *st = statement_of(id);
        sqlite3_stmt *prepared = NULL;

        if (sqlite3_prepare_v2(db, st->sql[STORE_SQLITE], -1, &prepared, NULL))
            fail_msg("%s: %s", st->name, sqlite3_errmsg(db));
        assert_int_equal(sqlite3_bind_parameter_count(prepared), n_params(st, STORE_SQLITE));
        assert_int_equal(sqlite3_stmt_readonly(prepared) != 0, st->who == STORE_READ);
        sqlite3_finalize(prepared);
    }
    sqlite3_close(db);
}

static void places_beside_are_taken(void **state)
{
    struct store *s = NULL;

    assert_int_equal(place_start(&place, PLACE_DIR), 0);
    make(place_fresh(&place));
    assert_int_equal(blobs_open(place.db, STORE_WRITE, &s, NULL), 0);
    beside_are_taken("blobs.db", NULL, STMT_PIECE_ADD, STMT_PIECE_SCAN + 1);
    store_close(s);
    assert_int_equal(intel_open(place.db, STORE_WRITE, &s, NULL), 0);
    beside_are_taken("intel.db", "intel", STMT_COUNT, STMT_INTEL_COUNT);
    store_close(s);
    place_stop(&place);
}

static void columns_check(const struct statement *st, const PGresult *described)
{
    for (int i = 0; i < PQnfields(described); i++) {
        switch (PQftype(described, i)) {
        case 20: /* bigint */
        case 25: /* text */
        case 17: /* bytea */
            continue;
        default:
            fail_msg("%s: column %d has the type %u; cast it", st->name, i, PQftype(described, i));
        }
    }
    assert_int_equal(PQnparams(described), n_params(st, STORE_POSTGRES));
    assert_true((PQnfields(described) > 0) == (st->who == STORE_READ));
}

static void postgres_takes_all(void **state)
{
    PGconn *conn;

    assert_int_equal(place_start(&place, PLACE_POSTGRES), 0);
    make(place_fresh(&place));
    conn = PQconnectdb(place.db);
    for (unsigned id = 0; id < STMT_ALL; id++) {
        const struct statement *st = statement_of(id);
        PGresult *result;

        if (id == STMT_MANIFEST_ADD || id == STMT_MANIFEST_GET)
            continue; /* a backup is a file of SQLite's */
        if (!st->sql[STORE_POSTGRES])
            continue;
        result = PQprepare(conn, st->name, st->sql[STORE_POSTGRES], 0, NULL);

        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            fail_msg("%s: %s", st->name, PQerrorMessage(conn));
        PQclear(result);
        result = PQdescribePrepared(conn, st->name);
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
        columns_check(st, result);
        PQclear(result);
    }
    PQfinish(conn);
    place_stop(&place);
}

/* tables.def knows every table, and adds as many columns as the table has. */
static void tables_are_complete(void **state)
{
    size_t n;
    const struct table *tables = table_list(&n);
    sqlite3 *db;
    sqlite3_stmt *st;
    char path[200];
    size_t seen = 0;

    assert_int_equal(place_start(&place, PLACE_DIR), 0);
    make(place_fresh(&place));
    snprintf(path, sizeof(path), "%s/tsujiban.db", place.db);
    assert_int_equal(sqlite3_open(path, &db), 0);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT m.name, (SELECT COUNT(*) FROM pragma_table_info(m.name))"
                                        " FROM sqlite_schema m WHERE m.type = 'table'"
                                        " AND m.name NOT LIKE 'search_fts%'", /* made from search_row */
                                        -1, &st, NULL),
                     0);
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 0);
        size_t i = 0;

        while (i < n && strcmp(tables[i].name, name) != 0)
            i++;
        if (i == n)
            fail_msg("tables.def lacks %s", name);
        assert_int_equal(n_params(statement_of(tables[i].copy), STORE_SQLITE), sqlite3_column_int(st, 1));
        seen++;
    }
    assert_int_equal(seen, n);
    sqlite3_finalize(st);
    sqlite3_close(db);
    place_stop(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_takes_all),
        cmocka_unit_test(places_beside_are_taken),
        cmocka_unit_test(postgres_takes_all),
        cmocka_unit_test(tables_are_complete),
    };

    return cmocka_run_group_tests_name("statements", tests, NULL, NULL);
}
