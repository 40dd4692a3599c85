/* Stores of older releases come forward, on both databases; what cannot come forward stays as it was. */
#include "store-place.h"
#include "base/file.h"
#include "store/driver.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#define OK(call) assert_int_equal((call), 0)

static struct buf sample;

static void sqlite_sample(struct place *place)
{
    char path[200];
    sqlite3 *db;

    OK(mkdir(place->db, 0700));
    snprintf(path, sizeof(path), "%s/vault.db", place->db);
    OK(sqlite3_open(path, &db));
    OK(sqlite3_exec(db,
                    "PRAGMA journal_mode=WAL; PRAGMA application_id=0x54534a56;"
                    "CREATE TABLE record_key (record BYTETEXT NOT NULL PRIMARY KEY, key BLOB NOT NULL);"
                    "INSERT INTO record_key VALUES ('phone-1', zeroblob(32))",
                    NULL, NULL, NULL));
    sqlite3_close(db);
    snprintf(path, sizeof(path), "%s/tsujiban.db", place->db);
    OK(sqlite3_open(path, &db));
    OK(sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA application_id=0x54534a42", NULL, NULL, NULL));
    if (sqlite3_exec(db, sample.at, NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void postgres_sample(struct place *place)
{
    OK(pg_server_sql(place->server, place->db,
                     "CREATE DOMAIN bytetext AS text COLLATE \"C\"; CREATE DOMAIN blob AS bytea; CREATE SCHEMA vault;"
                     "CREATE TABLE vault.record_key (record bytetext NOT NULL PRIMARY KEY, key blob NOT NULL);"
                     "INSERT INTO vault.record_key VALUES ('phone-1', decode(repeat('00', 32), 'hex'))"));
    OK(pg_server_sql(place->server, place->db, sample.at));
}

static void make_sample(struct place *place)
{
    assert_non_null(place_fresh(place));
    if (place->kind == PLACE_DIR)
        sqlite_sample(place);
    else
        postgres_sample(place);
}

static struct store *open_as(struct place *place, enum store_role role)
{
    struct store *s = NULL;
    struct diag diag;

    diag_init(&diag);
    if (store_open(place->db, role, &s, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
    return s;
}

static void check_sample(struct store *s)
{
    ROWS_AUTO *rows = NULL;
    uint8_t key[VAULT_KEY_SIZE];

    OK(STORE_ONE(s, &rows, STMT_META_GET, V_TEXT("schema")));
    assert_string_equal(rows_text(rows, 0), "4");
    rows_done(TAKE(rows));
    OK(STORE_ONE(s, &rows, STMT_RECORD_GET, V_TEXT("phone-1")));
    assert_string_equal(rows_text(rows, 1), "lent");
    assert_true(rows_is_null(rows, 8));
    rows_done(TAKE(rows));
    OK(STORE_ONE(s, &rows, STMT_ENTRY_GET, V_INT(2026), V_INT(0)));
    assert_memory_equal(rows_blob(rows, 1).at, "leaf", 4);
    rows_done(TAKE(rows));
    OK(vault_get(s, STR("phone-1"), key));
}

static void schema_1_comes_forward(void **state)
{
    struct place *place = *state;
    ROWS_AUTO *rows = NULL;
    struct store *s;

    make_sample(place);
    s = open_as(place, STORE_WRITE);
    check_sample(s);
    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_RECEIPT_ADD, V_TEXT("t1"), V_INT(2026), V_INT(0), V_INT(1), V_TEXT("{}")));
    OK(STORE_RUN(s, STMT_RECEIPT_ADD, V_TEXT("t1"), V_INT(2026), V_INT(9), V_INT(1), V_TEXT("{}")));
    assert_int_equal(store_changed(s), 0);
    OK(store_commit(s));
    store_close(s);
    s = open_as(place, STORE_WRITE); /* a second time nothing is left to do */
    check_sample(s);
    OK(STORE_ONE(s, &rows, STMT_RECEIPT_GET, V_TEXT("t1")));
    assert_int_equal(rows_int(rows, 1), 0);
    rows_done(TAKE(rows));
    store_close(s);
}

static void readers_do_not_migrate(void **state)
{
    struct place *place = *state;
    struct store *s = NULL;
    struct diag diag;

    make_sample(place);
    diag_init(&diag);
    assert_int_equal(store_open(place->db, STORE_READ, &s, &diag), STORE_E_SCHEMA);
    assert_non_null(strstr(diag_first(&diag), "schema 1"));
    diag_done(&diag);
}

/* A table that is in the way makes a step fail: all of it is undone. */
static void a_failed_step_changes_nothing(void **state)
{
    struct place *place = *state;
    struct store *s = NULL;
    struct diag diag;

    make_sample(place);
    OK(store_open_raw(place->db, STORE_WRITE, OPEN_EXISTING, &s, NULL));
    OK(store_begin(s));
    OK(s->driver->exec(s, "CREATE INDEX record_by_retention ON record(id)"));
    OK(store_commit(s));
    store_close(s);
    diag_init(&diag);
    assert_int_not_equal(store_open(place->db, STORE_WRITE, &s, &diag), 0);
    assert_non_null(strstr(diag_first(&diag), "nothing was changed"));
    diag_clear(&diag);
    OK(store_open_raw(place->db, STORE_WRITE, OPEN_EXISTING, &s, NULL));
    OK(store_begin(s));
    OK(s->driver->exec(s, "DROP INDEX record_by_retention"));
    OK(store_commit(s));
    store_close(s);
    s = open_as(place, STORE_WRITE); /* the table of the step's first half is not there twice */
    check_sample(s);
    store_close(s);
    diag_done(&diag);
}

/* A new store and one that came forward have the same tables: both take a whole row of each. */
static void new_and_old_agree(void **state)
{
    struct place *place = *state;
    size_t n;
    const struct table *tables = table_list(&n);
    struct store *a = NULL, *b;

    assert_non_null(place_fresh(place));
    OK(store_create(place->db, &a, NULL));
    make_sample(place);
    b = open_as(place, STORE_WRITE);
    for (size_t i = 0; i < n; i++) {
        ROWS_AUTO *x = NULL, *y = NULL;

        OK(store_query_any(a, tables[i].scan, NULL, 0, &x));
        OK(store_query_any(b, tables[i].scan, NULL, 0, &y));
        assert_int_equal(rows_n_cols(x), rows_n_cols(y));
    }
    store_close(a);
    store_close(b);
}

static struct place places[] = {{.kind = PLACE_DIR}, {.kind = PLACE_POSTGRES}};

#define BOTH(test)                                                                                 \
    {"directory: " #test, test, NULL, NULL, &places[0]},                                           \
    {                                                                                              \
        "postgresql: " #test, test, NULL, NULL, &places[1]                                         \
    }

static int start(void **state)
{
    const char *path = getenv("STORE_SAMPLE");

    buf_init(&sample, 1u << 20);
    if (!path) {
        fprintf(stderr, "STORE_SAMPLE must name test/unit/store-schema-1.sql\n");
        return -1;
    }
    return file_read(path, 1u << 20, &sample, NULL) || places_start(places, ARRAY_LEN(places));
}

static int stop(void **state)
{
    buf_done(&sample);
    places_stop(places, ARRAY_LEN(places));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(schema_1_comes_forward),
        BOTH(readers_do_not_migrate),
        BOTH(a_failed_step_changes_nothing),
        BOTH(new_and_old_agree),
    };

    return cmocka_run_group_tests_name("schema", tests, start, stop);
}
