/* The interface of the store, the same tests against a directory, memory and a real PostgreSQL. */
#include "store-place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static struct store *fresh(void **state)
{
    const char *db = place_fresh(*state);
    struct store *s = NULL;
    struct diag diag;

    assert_non_null(db);
    diag_init(&diag);
    if (store_create(db, &s, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
    return s;
}

static struct store *again(void **state, enum store_role role)
{
    struct place *place = *state;
    struct store *s = NULL;
    struct diag diag;

    diag_init(&diag);
    if (store_open(place->db, role, &s, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
    return s;
}

static void set(struct store *s, const char *key, const char *value)
{
    if (STORE_RUN(s, STMT_META_SET, V_TEXT(key), V_TEXT(value)))
        fail_msg("%s", store_message(s));
}

/* The value of a key must be this one; NULL: there is none. */
static void expect(struct store *s, const char *key, const char *value)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_ONE(s, &rows, STMT_META_GET, V_TEXT(key));

    assert_int_equal(r, value ? 0 : STORE_E_NONE);
    if (value)
        assert_string_equal(rows_text(rows, 0), value);
}

static void add_record(struct store *s, const char *id, int64_t changed_us)
{
    OK(STORE_RUN(s, STMT_RECORD_ADD, V_TEXT(id), V_TEXT("phone"), V_TEXT("open"), V_INT(1), V_INT(1), V_TEXT(""),
                 V_TEXT("p"), V_INT(changed_us), V_INT(changed_us), V_NULL, V_NULL, V_NULL, V_TEXT("{}")));
}

/* ---- values and statements ---- */

static void values_come_back_as_they_were(void **state)
{
    STORE_AUTO *s = fresh(state);
    static const char leaf[] = "\0\1\xff\xfe'\\x00";
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_ENTRY_ADD, V_INT(INT64_MIN), V_INT(INT64_MAX), V_INT(-1), V_BLOB(leaf, sizeof(leaf)),
                 V_BLOB("", 0)));
    assert_int_equal(store_changed(s), 1);
    set(s, "日本語", "辻番 ' \" \\ $1 髙");
    set(s, "empty", "");
    OK(store_commit(s));

    expect(s, "日本語", "辻番 ' \" \\ $1 髙");
    expect(s, "empty", "");
    OK(STORE_ONE(s, &rows, STMT_ENTRY_GET, V_INT(INT64_MIN), V_INT(INT64_MAX)));
    assert_int_equal(rows_int(rows, 0), -1);
    assert_int_equal(rows_blob(rows, 1).len, sizeof(leaf));
    assert_memory_equal(rows_blob(rows, 1).at, leaf, sizeof(leaf));
    assert_false(rows_is_null(rows, 2));
    assert_int_equal(rows_blob(rows, 2).len, 0);
    assert_int_equal(rows_next(rows), 0);
}

static void null_is_null(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    add_record(s, "r1", 5);
    OK(store_commit(s));
    OK(STORE_ONE(s, &rows, STMT_RECORD_GET, V_TEXT("r1")));
    assert_true(rows_is_null(rows, 8));
    assert_int_equal(rows_int(rows, 8), 0);
    assert_false(rows_is_null(rows, 4));
    assert_int_equal(rows_str(rows, 4).len, 0);
}

static void parameters_bind_by_their_number(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_NOTICE_ADD, V_INT(1), V_INT(2), V_INT(3), V_INT(10), V_TEXT("a"), V_TEXT("r"), V_TEXT("k"),
                 V_INT(0), V_TEXT("{}")));
    /* $4 comes first in the text, $5 last */
    OK(STORE_RUN(s, STMT_NOTICE_READ, V_INT(1), V_INT(2), V_INT(3), V_INT(77), V_TEXT("b")));
    assert_int_equal(store_changed(s), 0);
    OK(STORE_RUN(s, STMT_NOTICE_READ, V_INT(1), V_INT(2), V_INT(3), V_INT(77), V_TEXT("a")));
    assert_int_equal(store_changed(s), 1);
    OK(store_commit(s));
    OK(STORE_ONE(s, &rows, STMT_NOTICE_FOR, V_TEXT("a"), V_INT(11), V_INT(5)));
    assert_int_equal(rows_int(rows, 8), 77);
}

static void wrong_values_are_refused(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_STR(((struct str){"b\0c", 3}))), -EINVAL);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_NULL), -EINVAL);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_TEXT("\x8e\x8e")), -EINVAL);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a")), -EINVAL);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_TEXT("b"), V_TEXT("c")), -EINVAL);
    OK(store_back_to(s));
    OK(store_commit(s));
    expect(s, "a", NULL);
    assert_int_equal(STORE_ONE(s, &rows, STMT_META_GET, V_TEXT("no")), STORE_E_NONE);
}

static void unique_is_answered(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(store_begin(s));
    OK(store_savepoint(s));
    add_record(s, "same", 1);
    OK(store_release(s));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(1), V_TEXT("x")), 0);
    assert_int_equal(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(2), V_TEXT("x")), STORE_E_EXISTS);
    assert_true(store_message(s)[0] != '\0');
    OK(store_back_to(s));
    OK(store_commit(s));
    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(2), V_TEXT("x")));
    OK(store_commit(s));
}

static void queries_nest(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *outer = NULL;
    char id[8];
    int n = 0;

    OK(store_begin(s));
    for (int i = 0; i < 9; i++) {
        snprintf(id, sizeof(id), "r%d", i);
        add_record(s, id, i);
    }
    OK(STORE_QUERY(s, &outer, STMT_RECORD_ALL, V_TEXT(""), V_INT(100)));
    while (rows_next(outer) == 1) {
        struct rows *inner[6] = {NULL};

        for (int i = 0; i < 6; i++) { /* more at once than are kept prepared */
            OK(STORE_QUERY(s, &inner[i], STMT_RECORD_ALL, V_STR(rows_str(outer, 0)), V_INT(100)));
            n += rows_next(inner[i]);
        }
        set(s, "seen", rows_text(outer, 0));
        for (int i = 0; i < 6; i++)
            rows_done(inner[i]);
    }
    assert_int_equal(n, 8 * 6);
    OK(store_commit(s));
    expect(s, "seen", "r8");
}

static void order_is_bytewise(void **state)
{
    static const char *const keys[] = {"B", "_", "a", "b", "ä", "ア", "亜", "髙", "𠮷"};
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    for (size_t i = ARRAY_LEN(keys); i-- > 0;)
        OK(STORE_RUN(s, STMT_COUNTER_SET, V_TEXT(keys[i]), V_INT(i)));
    OK(store_commit(s));
    OK(STORE_QUERY(s, &rows, STMT_COUNTER_LIST));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_equal(rows_next(rows), 1);
        assert_string_equal(rows_text(rows, 0), keys[i]);
        assert_int_equal(rows_int(rows, 1), i);
    }
    assert_int_equal(rows_next(rows), 0);
}

/* Whoever asks once more than there are rows gets the end again. */
static void the_end_stays_the_end(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(STORE_QUERY(s, &rows, STMT_META_GET, V_TEXT("schema")));
    assert_int_equal(rows_next(rows), 1);
    assert_int_equal(rows_next(rows), 0);
    assert_int_equal(rows_next(rows), 0);
}

static void counters_count(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    for (int i = 0; i < 3; i++)
        OK(STORE_RUN(s, STMT_COUNTER_NEXT, V_TEXT("phone")));
    OK(store_commit(s));
    OK(STORE_ONE(s, &rows, STMT_COUNTER_GET, V_TEXT("phone")));
    assert_int_equal(rows_int(rows, 0), 3);
}

static void pages_walk_everything_once(void **state)
{
    STORE_AUTO *s = fresh(state);
    char id[8], last[8] = "";
    int64_t before = INT64_MAX;
    int seen = 0, n;

    OK(store_begin(s));
    for (int i = 0; i < 25; i++) {
        snprintf(id, sizeof(id), "r%02d", i);
        add_record(s, id, 1000 + i / 4); /* equal instants, too */
    }
    OK(store_commit(s));
    do {
        ROWS_AUTO *rows = NULL;

        OK(STORE_QUERY(s, &rows, STMT_RECORD_WALK, V_TEXT("phone"), V_INT(before), V_TEXT(last), V_INT(4)));
        for (n = 0; rows_next(rows) == 1; n++) {
            assert_true(rows_int(rows, 2) <= before);
            before = rows_int(rows, 2);
            snprintf(last, sizeof(last), "%s", rows_text(rows, 0));
        }
        seen += n;
    } while (n == 4);
    assert_int_equal(seen, 25);
}

/* ---- transactions ---- */

static void savepoints_keep_acts_apart(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(store_begin(s));
    OK(store_savepoint(s));
    set(s, "one", "1");
    OK(store_release(s));
    OK(store_savepoint(s));
    set(s, "two", "2");
    OK(store_savepoint(s));
    set(s, "two", "inner");
    OK(store_back_to(s));
    expect(s, "two", "2");
    assert_int_equal(STORE_RUN(s, STMT_AUDIENCE_ADD, V_NULL, V_NULL), -EINVAL);
    /* on both databases the act is spoiled now */
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("x"), V_TEXT("y")), -ECANCELED);
    assert_int_equal(store_release(s), -ECANCELED);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    set(s, "three", "3");
    OK(store_release(s));
    OK(store_commit(s));
    expect(s, "one", "1");
    expect(s, "two", NULL);
    expect(s, "three", "3");
}

static void savepoints_have_a_limit(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(store_begin(s));
    for (int i = 0; i < STORE_SAVEPOINTS_MAX; i++)
        OK(store_savepoint(s));
    assert_int_equal(store_savepoint(s), -ENOSPC);
    set(s, "deep", "1");
    for (int i = 0; i < STORE_SAVEPOINTS_MAX; i++)
        OK(store_release(s));
    OK(store_commit(s));
    expect(s, "deep", "1");
}

#define TOGETHER 300 /* more than go at once */

static int expect_body(struct rows *rows, size_t at, void *context)
{
    size_t *told = context;
    char body[16];

    assert_int_equal(at, *told);
    ++*told;
    snprintf(body, sizeof(body), "b%zu", at);
    assert_int_equal(rows_next(rows), at < TOGETHER);
    if (at < TOGETHER)
        assert_string_equal(rows_text(rows, 0), body);
    return at == TOGETHER ? 7 : 0;
}

static void rows_go_together(void **state)
{
    STORE_AUTO *s = fresh(state);
    static char bodies[TOGETHER][16];
    struct value rows[2 * (TOGETHER + 1)], asked[TOGETHER + 2];
    uint64_t before = store_n_writes(s);
    size_t told = 0;

    for (size_t i = 0; i < TOGETHER; i++) {
        snprintf(bodies[i], sizeof(bodies[i]), "b%zu", i);
        rows[2 * i] = asked[i] = V_INT(i + 1);
        rows[2 * i + 1] = V_TEXT(bodies[i]);
    }
    asked[TOGETHER] = asked[TOGETHER + 1] = V_INT(9999);
    assert_int_equal(store_run_rows(s, STMT_AUDIENCE_ADD, rows, 2, TOGETHER), -EPERM);
    OK(store_begin(s));
    OK(store_savepoint(s));
    OK(store_run_rows(s, STMT_AUDIENCE_ADD, rows, 2, TOGETHER));
    assert_int_equal(store_changed(s), TOGETHER);
    assert_int_equal(store_n_writes(s) - before, TOGETHER);
    OK(store_release(s));
    /* what the call answers ends it, and is the answer: the last one is not told */
    assert_int_equal(store_query_rows(s, STMT_AUDIENCE_GET, asked, 1, TOGETHER + 2, expect_body, &told), 7);
    assert_int_equal(told, TOGETHER + 1);
    /* one that is there already, in the midst of others: none of them stays */
    OK(store_savepoint(s));
    rows[0] = V_INT(5000);
    rows[2] = V_INT(5001);
    assert_int_equal(store_run_rows(s, STMT_AUDIENCE_ADD, rows, 2, 5), STORE_E_EXISTS);
    assert_int_equal(store_run_rows(s, STMT_AUDIENCE_ADD, rows, 2, 1), -ECANCELED);
    OK(store_back_to(s));
    OK(store_savepoint(s));
    OK(store_release(s));
    OK(store_commit(s));
    told = 0;
    asked[0] = V_INT(1);
    assert_int_equal(store_query_rows(s, STMT_AUDIENCE_GET, asked, 1, TOGETHER, expect_body, &told), 0);
    {
        ROWS_AUTO *row = NULL;

        assert_int_equal(STORE_ONE(s, &row, STMT_AUDIENCE_GET, V_INT(5000)), STORE_E_NONE);
    }
    OK(store_query_rows(s, STMT_AUDIENCE_GET, asked, 1, 0, expect_body, &told));
}

static void spoiled_work_is_not_committed(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(store_begin(s));
    set(s, "a", "1");
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("b"), V_NULL), -EINVAL);
    assert_int_equal(store_commit(s), -ECANCELED);
    assert_false(store_in_transaction(s));
    expect(s, "a", NULL);
    OK(store_begin(s));
    set(s, "a", "2");
    store_rollback(s);
    expect(s, "a", NULL);
}

static void writes_need_a_transaction(void **state)
{
    STORE_AUTO *s = fresh(state);

    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_TEXT("b")), -EPERM);
    expect(s, "a", NULL);
}

static void rows_end_with_their_transaction(void **state)
{
    STORE_AUTO *s = fresh(state);
    ROWS_AUTO *rows = NULL;

    OK(store_begin(s));
    OK(STORE_QUERY(s, &rows, STMT_META_LIST));
    assert_int_equal(rows_next(rows), 1);
    OK(store_commit(s));
    assert_int_equal(rows_next(rows), -ESTALE);
}

static void readers_cannot_write(void **state)
{
    struct store *w;

    w = fresh(state);
    {
        STORE_AUTO *s = again(state, STORE_READ);

        assert_int_equal(store_begin(s), -EPERM);
        assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_TEXT("b")), -EPERM);
        OK(store_begin_read(s));
        assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("a"), V_TEXT("b")), -EPERM);
        store_end_read(s);
        expect(s, "schema", "4");
    }
    store_close(w);
}

static void snapshots_stand_still(void **state)
{
    struct store *w, *s;

    w = fresh(state);
    s = again(state, STORE_READ);
    OK(store_begin_read(s));
    OK(store_begin(w));
    set(w, "late", "1");
    expect(s, "late", NULL);
    OK(store_commit(w));
    expect(s, "late", NULL);
    store_end_read(s);
    expect(s, "late", "1");
    store_close(s);
    store_close(w);
}

/* Each process adds to the same counter; with one lock for a batch no addition is lost. */
#define RACE_ROUNDS 40

static int race(const char *db)
{
    struct store *s = NULL;
    int64_t n;

    if (store_open(db, STORE_WRITE, &s, NULL))
        return 1;
    for (int i = 0; i < RACE_ROUNDS; i++) {
        struct rows *rows = NULL;

        if (store_begin(s) || STORE_ONE(s, &rows, STMT_COUNTER_GET, V_TEXT("race")))
            return 2;
        n = rows_int(rows, 0);
        rows_done(rows);
        if (i % 8 == 0)
            usleep(1000);
        if (STORE_RUN(s, STMT_COUNTER_SET, V_TEXT("race"), V_INT(n + 1)) || store_commit(s))
            return 3;
    }
    store_close(s);
    return 0;
}

static void race_all(void **state, struct store *s)
{
    struct place *place = *state;
    ROWS_AUTO *rows = NULL;
    pid_t pids[2];
    int status;

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_COUNTER_SET, V_TEXT("race"), V_INT(0)));
    OK(store_commit(s));
    store_close(s); /* no handle survives a fork */
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(race(place->db));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    s = again(state, STORE_READ);
    OK(STORE_ONE(s, &rows, STMT_COUNTER_GET, V_TEXT("race")));
    assert_int_equal(rows_int(rows, 0), 2 * RACE_ROUNDS);
    rows_done(TAKE(rows));
    store_close(s);
}

static void racing_writers_lose_nothing(void **state)
{
    race_all(state, fresh(state));
}

/* A snapshot from before the wait for the lock would hide from each writer what the other has changed since. */
static void an_operators_isolation_does_not_weaken_the_lock(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(state);

    OK(pg_server_sql(place->server, place->db,
                     "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L',"
                     " current_database(), 'repeatable read'); END $$"));
    race_all(state, s);
}

static void a_held_lock_is_answered_busy(void **state)
{
    struct store *a, *b;

    a = fresh(state);
    b = again(state, STORE_WRITE);
    OK(store_begin(a));
    set(a, "a", "1");
    OK(store_deadline(b, 200));
    assert_int_equal(store_begin(b), STORE_E_BUSY);
    assert_false(store_in_transaction(b));
    OK(store_commit(a));
    OK(store_begin(b));
    set(b, "b", "1");
    OK(store_commit(b));
    expect(a, "b", "1");
    store_close(a);
    store_close(b);
}

/* ---- places ---- */

static void places_are_checked(void **state)
{
    struct place *place = *state;
    struct store *s = NULL;
    struct diag diag;

    assert_non_null(place_fresh(place));
    diag_init(&diag);
    assert_int_equal(store_open(place->db, STORE_WRITE, &s, &diag), STORE_E_NONE);
    assert_int_equal(store_open(place->db, STORE_READ, &s, &diag), STORE_E_NONE);
    OK(store_create(place->db, &s, &diag));
    OK(store_begin(s));
    set(s, "mine", "1");
    OK(store_commit(s));
    store_close(s);
    assert_int_equal(store_create(place->db, &s, &diag), STORE_E_EXISTS);
    s = again(state, STORE_WRITE);
    expect(s, "mine", "1");
    store_close(s);
    diag_done(&diag);
}

static void newer_schemas_are_refused(void **state)
{
    struct place *place = *state;
    struct store *s;
    struct diag diag;

    s = fresh(state);
    OK(store_begin(s));
    set(s, "schema", "99");
    OK(store_commit(s));
    store_close(s);
    s = NULL;
    diag_init(&diag);
    assert_int_equal(store_open(place->db, STORE_WRITE, &s, &diag), STORE_E_SCHEMA);
    assert_non_null(strstr(diag_first(&diag), "99"));
    diag_done(&diag);
}

static void unreachable_servers_are_answered(void **state)
{
    struct store *s = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(store_open("postgresql:///none?host=/nonexistent&password=sesame", STORE_READ, &s, &diag),
                     STORE_E_LOST);
    assert_true(diag.n_errors > 0);
    assert_null(strstr(diag_first(&diag), "sesame"));
    diag_done(&diag);
}

/* What libpq says about a URL that it cannot read quotes it. */
static void wrong_urls_keep_their_password(void **state)
{
    static const char *const urls[] = {
        "postgresql://user:100%sesame@127.0.0.1:1/none",
        "postgresql://user:sesame@[::1/none",
        "postgresql://user:sesame@[::1]x/none",
        "postgresql://user@127.0.0.1:1/none?password=%sesame",
        "postgres://127.0.0.1:1/none?password=sesame=&x",
    };

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct store *s = NULL;
        struct diag diag;

        diag_init(&diag);
        assert_int_equal(store_open(urls[i], STORE_READ, &s, &diag), -EINVAL);
        assert_true(diag.n_errors > 0);
        for (size_t j = 0; j < diag.n; j++) {
            if (strstr(diag.entries[j].message, "sesame"))
                fail_msg("%s: \"%s\"", urls[i], diag.entries[j].message);
        }
        diag_done(&diag);
    }
}

/* ---- the vault ---- */

static void put_personal(struct store *s, const char *record)
{
    OK(STORE_RUN(s, STMT_PERSONAL_SET, V_TEXT(record), V_TEXT("name"), V_BLOB("sealed", 6)));
}

static void keys_live_and_die_with_batches(void **state)
{
    STORE_AUTO *s = fresh(state);
    uint8_t key[VAULT_KEY_SIZE], got[VAULT_KEY_SIZE] = {0};

    memset(key, 7, sizeof(key));
    OK(store_begin(s));
    OK(vault_put(s, STR("r1"), key));
    put_personal(s, "r1");
    OK(vault_get(s, STR("r1"), got)); /* before the commit, too */
    assert_memory_equal(got, key, sizeof(key));
    OK(store_savepoint(s));
    OK(vault_put(s, STR("r2"), key));
    OK(store_back_to(s));
    assert_int_equal(vault_get(s, STR("r2"), got), STORE_E_NONE);
    OK(store_commit(s));

    memset(got, 0, sizeof(got));
    OK(vault_get(s, STR("r1"), got));
    assert_memory_equal(got, key, sizeof(key));
    assert_int_equal(vault_get(s, STR("r2"), got), STORE_E_NONE);

    OK(store_begin(s));
    assert_int_equal(vault_put(s, STR("r1"), key), STORE_E_EXISTS); /* would make its values unreadable */
    OK(vault_destroy(s, STR("r1")));
    assert_int_equal(vault_get(s, STR("r1"), got), STORE_E_NONE);
    store_rollback(s);
    OK(vault_get(s, STR("r1"), got));

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_PERSONAL_DROP, V_TEXT("r1")));
    OK(vault_destroy(s, STR("r1")));
    OK(store_commit(s));
    assert_int_equal(vault_get(s, STR("r1"), got), STORE_E_NONE);
}

static void sweeping_removes_keys_of_disposed_records(void **state)
{
    STORE_AUTO *s = fresh(state);
    uint8_t key[VAULT_KEY_SIZE] = {1};
    uint64_t n = 99;
    char id[8];

    OK(store_begin(s));
    for (int i = 0; i < 1200; i++) { /* more than two pages of the sweep */
        snprintf(id, sizeof(id), "r%d", i);
        add_record(s, id, i);
        OK(vault_put(s, str_of(id), key));
        if (i % 2)
            OK(STORE_RUN(s, STMT_RECORD_DISPOSE, V_TEXT(id), V_TEXT("gone"), V_INT(2), V_INT(5), V_TEXT("{}"), V_INT(1)));
    }
    OK(store_commit(s));
    OK(vault_sweep(s, &n));
    assert_int_equal(n, 600);
    OK(vault_get(s, STR("r0"), key));
    assert_int_equal(vault_get(s, STR("r1"), key), STORE_E_NONE);
    OK(vault_sweep(s, &n));
    assert_int_equal(n, 0);
}

/* ---- the suite, over each kind of place ---- */

static struct place places[] = {{.kind = PLACE_DIR}, {.kind = PLACE_MEMORY}, {.kind = PLACE_POSTGRES}};

#define EVERYWHERE(test)                                                                           \
    {"directory: " #test, test, NULL, NULL, &places[0]}, {"memory: " #test, test, NULL, NULL, &places[1]}, \
    {                                                                                              \
        "postgresql: " #test, test, NULL, NULL, &places[2]                                         \
    }

/* Two handles see one store: not in memory. */
#define SHARED(test)                                                                               \
    {"directory: " #test, test, NULL, NULL, &places[0]},                                           \
    {                                                                                              \
        "postgresql: " #test, test, NULL, NULL, &places[2]                                         \
    }

static int start_all(void **state)
{
    return places_start(places, ARRAY_LEN(places));
}

static int stop_all(void **state)
{
    places_stop(places, ARRAY_LEN(places));
    return 0;
}

static void search_add(struct store *s, int64_t no, const char *record, const char *grams)
{
    OK(STORE_RUN(s, STMT_SEARCH_ADD, V_INT(no), V_TEXT(record), V_TEXT("phones"), V_INT(1), V_TEXT(grams)));
    OK(STORE_RUN(s, STMT_SEARCH_WORDS_ADD, V_TEXT(record)));
}

static void search_drop(struct store *s, const char *record)
{
    OK(STORE_RUN(s, STMT_SEARCH_WORDS_DROP, V_TEXT(record)));
    OK(STORE_RUN(s, STMT_SEARCH_DROP, V_TEXT(record)));
}

/* Words as the database wants them: with OR or AND between, or only a space. */
static void found(struct store *s, const char *audiences[2], const char *grams[2], const char *want)
{
    ROWS_AUTO *rows = NULL;
    char got[64] = "";
    int k = store_kind(s), r;

    OK(STORE_QUERY(s, &rows, STMT_SEARCH_FIND, V_TEXT(audiences[k]), V_TEXT(grams[k]), V_INT(INT64_MAX), V_INT(10)));
    while ((r = rows_next(rows)) > 0) {
        assert_in_range(strlen(got), 0, sizeof(got) - 8);
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", rows_text(rows, 1));
    }
    OK(r);
    assert_string_equal(got, want);
}

static void words_are_found_until_they_are_dropped(void **state)
{
    const char *one[] = {"a1", "a1"}, *two[] = {"a1 OR a2", "a1 a2"}, *g[] = {"g1", "g1"}, *gg[] = {"g1 AND g2", "g1 g2"};
    struct store *s = fresh(state);

    OK(store_begin(s));
    search_add(s, 1, "r1", "a1 g1 g2");
    search_add(s, 2, "r2", "a2 g1");
    search_add(s, 3, "r3", "a1 g1 g3");
    found(s, one, g, "r3 r1 ");
    found(s, two, g, "r3 r2 r1 ");
    found(s, two, gg, "r1 ");
    search_drop(s, "r3");
    found(s, one, g, "r1 ");
    store_rollback(s);
    OK(store_begin(s));
    search_add(s, 1, "r1", "a1 g1 g2");
    search_add(s, 2, "r2", "a1 g1");
    search_drop(s, "r1");
    search_add(s, 3, "r1", "a1 g1");
    OK(store_commit(s));
    found(s, one, g, "r1 r2 ");
    found(s, one, gg, "");
    store_close(s);
}

static void readers_find_words(void **state)
{
    const char *one[] = {"a1", "a1"}, *g[] = {"g1", "g1"};
    struct store *s = fresh(state), *reader;

    OK(store_begin(s));
    search_add(s, 1, "r1", "a1 g1 g2");
    OK(store_commit(s));
    OK(store_open(((struct place *)*state)->db, STORE_READ, &reader, NULL));
    found(reader, one, g, "r1 ");
    OK(store_begin(s));
    search_add(s, 2, "r2", "a1 g1");
    OK(store_commit(s));
    found(reader, one, g, "r2 r1 ");
    store_close(reader);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERYWHERE(values_come_back_as_they_were),
        EVERYWHERE(null_is_null),
        EVERYWHERE(parameters_bind_by_their_number),
        EVERYWHERE(wrong_values_are_refused),
        EVERYWHERE(unique_is_answered),
        EVERYWHERE(queries_nest),
        EVERYWHERE(words_are_found_until_they_are_dropped),
        EVERYWHERE(order_is_bytewise),
        EVERYWHERE(the_end_stays_the_end),
        EVERYWHERE(counters_count),
        EVERYWHERE(pages_walk_everything_once),
        EVERYWHERE(savepoints_keep_acts_apart),
        EVERYWHERE(savepoints_have_a_limit),
        EVERYWHERE(rows_go_together),
        EVERYWHERE(spoiled_work_is_not_committed),
        EVERYWHERE(writes_need_a_transaction),
        EVERYWHERE(rows_end_with_their_transaction),
        SHARED(readers_find_words),
        SHARED(readers_cannot_write),
        SHARED(snapshots_stand_still),
        SHARED(racing_writers_lose_nothing),
        {"postgresql: an_operators_isolation_does_not_weaken_the_lock", an_operators_isolation_does_not_weaken_the_lock,
         NULL, NULL, &places[2]},
        SHARED(a_held_lock_is_answered_busy),
        SHARED(places_are_checked),
        SHARED(newer_schemas_are_refused),
        cmocka_unit_test(unreachable_servers_are_answered),
        cmocka_unit_test(wrong_urls_keep_their_password),
        EVERYWHERE(keys_live_and_die_with_batches),
        EVERYWHERE(sweeping_removes_keys_of_disposed_records),
    };

    return cmocka_run_group_tests_name("store", tests, start_all, stop_all);
}
