/* What holds when processes are killed, disks fill up and connections break: the rules of the vault (S6, S7), and that
 * nothing acknowledged is lost. */
#include "store-place.h"
#include "base/file.h"
#include "store/driver.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static struct place dir_place, postgres_place;

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

static struct store *fresh(struct place *place)
{
    struct store *s = NULL;

    assert_non_null(place_fresh(place));
    OK(store_create(place->db, &s, NULL));
    return s;
}

static int set(struct store *s, const char *key, const char *value)
{
    return STORE_RUN(s, STMT_META_SET, V_TEXT(key), V_TEXT(value));
}

static bool has(struct store *s, const char *key)
{
    ROWS_AUTO *rows = NULL;

    return STORE_ONE(s, &rows, STMT_META_GET, V_TEXT(key)) == 0;
}

static int add_record(struct store *s, const char *id)
{
    static const uint8_t key[VAULT_KEY_SIZE] = "a key that nobody else has, true";

    return vault_put(s, str_of(id), key) ?:
           STORE_RUN(s, STMT_RECORD_ADD, V_TEXT(id), V_TEXT("phone"), V_TEXT("open"), V_INT(1), V_INT(1), V_TEXT(""),
                     V_TEXT(""), V_INT(1), V_INT(1), V_NULL, V_NULL, V_NULL, V_TEXT("{}")) ?:
           STORE_RUN(s, STMT_PERSONAL_SET, V_TEXT(id), V_TEXT("name"), V_BLOB("sealed-and-marked", 17));
}

static int dispose(struct store *s, const char *id)
{
    return STORE_RUN(s, STMT_RECORD_DISPOSE, V_TEXT(id), V_TEXT("gone"), V_INT(2), V_INT(9), V_TEXT("{}"), V_INT(1)) ?:
           STORE_RUN(s, STMT_PERSONAL_DROP, V_TEXT(id)) ?: vault_destroy(s, str_of(id));
}

/* ---- killed ---- */

/* Between the vault's commit and the batch's: the key is left over, and replaced when the record is made after all. */
static void a_key_left_over_is_replaced(void **state)
{
    struct place *place = *state;
    uint8_t key[VAULT_KEY_SIZE] = {9}, got[VAULT_KEY_SIZE];
    struct store *s = fresh(place);
    int status;
    pid_t pid;

    store_close(s);
    pid = fork();
    if (pid == 0) {
        s = open_as(place, STORE_WRITE);
        _exit(store_begin(s) || add_record(s, "r1") || s->driver->vault_keep(s, s->ops, s->n_ops));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    s = open_as(place, STORE_WRITE);
    assert_int_equal(vault_get(s, STR("r1"), got), place->kind == PLACE_DIR ? 0 : STORE_E_NONE);
    OK(store_begin(s));
    OK(vault_put(s, STR("r1"), key));
    OK(store_commit(s));
    OK(vault_get(s, STR("r1"), got));
    assert_memory_equal(got, key, sizeof(key));
    store_close(s);
}

/* Between the batch's commit and the vault's: the key goes at the next start. */
static void a_disposed_key_goes_at_the_next_start(void **state)
{
    struct place *place = *state;
    uint8_t got[VAULT_KEY_SIZE];
    struct store *s = fresh(place);

    OK(store_begin(s));
    OK(add_record(s, "r1"));
    OK(add_record(s, "r2"));
    OK(store_commit(s));
    OK(store_begin(s));
    OK(dispose(s, "r1"));
    s->n_ops--; /* as if killed before the vault heard of it */
    free(s->ops[s->n_ops].record);
    OK(store_commit(s));
    OK(vault_get(s, STR("r1"), got));
    store_close(s);
    s = open_as(place, STORE_WRITE);
    assert_int_equal(vault_get(s, STR("r1"), got), STORE_E_NONE);
    OK(vault_get(s, STR("r2"), got));
    store_close(s);
}

/* The writer: batch n makes record n and disposes of record n - 3; its number goes to the pipe after the commit. */
static void work(struct place *place, int from, int pipe_fd)
{
    struct store *s = NULL;
    char id[16];

    if (store_open(place->db, STORE_WRITE, &s, NULL))
        _exit(1);
    for (int n = from;; n++) {
        if (store_begin(s))
            _exit(2);
        snprintf(id, sizeof(id), "r%d", n);
        if (add_record(s, id))
            _exit(3);
        snprintf(id, sizeof(id), "r%d", n - 3);
        if (n >= 3 && dispose(s, id))
            _exit(4);
        if (store_commit(s) || write(pipe_fd, &n, sizeof(n)) != sizeof(n))
            _exit(5);
    }
}

/* Every record below `n`: one that lives has its key and values, a disposed one has neither. Answers how many there
 * are in all. */
static int check_records(struct store *s)
{
    uint8_t key[VAULT_KEY_SIZE];
    char id[16];
    int n = 0;

    for (;; n++) {
        ROWS_AUTO *row = NULL;
        ROWS_AUTO *personal = NULL;
        bool lives;
        int r;

        snprintf(id, sizeof(id), "r%d", n);
        r = STORE_ONE(s, &row, STMT_RECORD_GET, V_TEXT(id));
        if (r == STORE_E_NONE)
            return n;
        OK(r);
        lives = rows_is_null(row, 10);
        assert_int_equal(STORE_ONE(s, &personal, STMT_PERSONAL_ANY, V_TEXT(id)), lives ? 0 : STORE_E_NONE);
        assert_int_equal(vault_get(s, str_of(id), key), lives ? 0 : STORE_E_NONE);
    }
}

static void kill_once(struct place *place, int round, int *n)
{
    int fds[2], acknowledged = *n - 1, got, status;
    struct store *s;
    pid_t pid;

    OK(pipe(fds));
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        work(place, *n, fds[1]);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &acknowledged, sizeof(acknowledged)), sizeof(acknowledged));
    usleep((useconds_t)(round * 1733 % 8000)); /* microseconds; a spread that repeats */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    while (read(fds[0], &got, sizeof(got)) == sizeof(got))
        acknowledged = got;
    close(fds[0]);
    s = open_as(place, STORE_WRITE);
    *n = check_records(s);
    assert_true(*n >= acknowledged + 1);
    store_close(s);
}

static void killed_writers_lose_nothing(void **state)
{
    int n = 0;

    store_close(fresh(*state));
    for (int round = 0; round < 12; round++)
        kill_once(*state, round, &n);
}

/* ---- disposed of ---- */

static bool file_has(const char *path, const char *marker)
{
    struct buf buf;
    bool found;
    int r;

    buf_init(&buf, 64u << 20);
    r = file_read(path, 64u << 20, &buf, NULL);
    found = r == 0 && buf.len && memmem(buf.at, buf.len, marker, strlen(marker));
    buf_done(&buf);
    return found;
}

/* Neither the sealed value nor its key is in any file of the store. */
static bool is_anywhere(struct place *place, const char *marker)
{
    static const char *const names[] = {"tsujiban.db", "tsujiban.db-wal", "vault.db", "vault.db-wal"};
    char path[200];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", place->db, names[i]);
        if (file_has(path, marker))
            return true;
    }
    return false;
}

static void disposal_leaves_no_trace_in_files(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place);

    OK(store_begin(s));
    OK(add_record(s, "r1"));
    OK(store_commit(s));
    assert_true(is_anywhere(place, "sealed-and-marked"));
    assert_true(is_anywhere(place, "a key that nobody else has"));
    OK(store_begin(s));
    OK(dispose(s, "r1"));
    OK(store_commit(s));
    assert_false(is_anywhere(place, "a key that nobody else has"));
    for (int i = 0; i < 100 && is_anywhere(place, "sealed-and-marked"); i++)
        usleep(50000); /* another thread empties the log */
    assert_false(is_anywhere(place, "sealed-and-marked"));
    store_close(s);
}

/* Nor is the body of a record that never had a personal value, and so no key. */
static void disposal_without_a_key_leaves_no_trace_either(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place);

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_RECORD_ADD, V_TEXT("r1"), V_TEXT("phone"), V_TEXT("open"), V_INT(1), V_INT(1), V_TEXT(""),
                 V_TEXT(""), V_INT(1), V_INT(1), V_NULL, V_NULL, V_NULL, V_TEXT("{\"to\":\"body-and-marked\"}")));
    OK(store_commit(s));
    assert_true(is_anywhere(place, "body-and-marked"));
    OK(store_begin(s));
    OK(dispose(s, "r1"));
    OK(store_commit(s));
    for (int i = 0; i < 100 && is_anywhere(place, "body-and-marked"); i++)
        usleep(50000);
    assert_false(is_anywhere(place, "body-and-marked"));
    store_close(s);
}

static void a_foreign_vault_is_refused_each_time(void **state)
{
    struct place *place = *state;
    uint8_t key[VAULT_KEY_SIZE];
    char path[200];
    struct store *s;
    sqlite3 *db;

    store_close(fresh(place));
    snprintf(path, sizeof(path), "%s/vault.db", place->db);
    OK(sqlite3_open(path, &db));
    OK(sqlite3_exec(db, "PRAGMA application_id = 5", NULL, NULL, NULL));
    sqlite3_close(db);
    s = open_as(place, STORE_WRITE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vault_get(s, STR("r1"), key), STORE_E_SCHEMA);
        assert_non_null(strstr(store_message(s), "another program"));
    }
    store_close(s);
}

static void the_log_does_not_grow_for_ever(void **state)
{
    static char blob[200000];
    struct place *place = *state;
    struct store *s = fresh(place);
    char path[200];
    struct stat st;

    snprintf(path, sizeof(path), "%s/tsujiban.db-wal", place->db);
    for (int i = 0; i < 150; i++) { /* 30 MB */
        OK(store_begin(s));
        OK(STORE_RUN(s, STMT_TILE_ADD, V_INT(1), V_INT(0), V_INT(i), V_BLOB(blob, sizeof(blob))));
        OK(store_commit(s));
        if (i % 25 == 24)
            usleep(30000);
    }
    OK(stat(path, &st));
    assert_in_range(st.st_size, 0, 25 << 20);
    store_close(s);
}

/* ---- full ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* In a process of its own, as the limit is on the whole process. Answers the line that failed, or 0. */
static int fill_up(struct place *place)
{
    static char blob[100000];
    struct store *s = NULL;
    char key[16];
    int n, r = 0;

    if (store_open(place->db, STORE_WRITE, &s, NULL))
        return __LINE__;
    signal(SIGXFSZ, SIG_IGN);
    limit_files(3u << 20);
    for (n = 0; n < 100; n++) {
        snprintf(key, sizeof(key), "k%d", n);
        r = store_begin(s) ?: set(s, key, "1") ?:
            STORE_RUN(s, STMT_TILE_ADD, V_INT(1), V_INT(0), V_INT(n), V_BLOB(blob, sizeof(blob)));
        if (!r)
            r = store_commit(s);
        else
            store_rollback(s);
        if (r)
            break;
    }
    if (r != STORE_E_FULL || n < 3 || store_in_transaction(s) || !store_message(s)[0])
        return __LINE__;
    snprintf(key, sizeof(key), "k%d", n - 1);
    if (!has(s, key) || !has(s, "k0"))
        return __LINE__;
    snprintf(key, sizeof(key), "k%d", n);
    if (has(s, key))
        return __LINE__;
    limit_files(RLIM_INFINITY); /* somebody made room: it goes on without a new start */
    if (store_begin(s) || set(s, "after", "1") || store_commit(s))
        return __LINE__;
    store_close(s);
    return 0;
}

static void a_full_disk_stops_acts_and_loses_none(void **state)
{
    struct place *place = *state;
    struct store *s;
    int status;
    pid_t pid;

    store_close(fresh(place));
    pid = fork();
    if (pid == 0) {
        int line = fill_up(place);

        if (line)
            fprintf(stderr, "line %d failed\n", line);
        _exit(line != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    s = open_as(place, STORE_READ);
    assert_true(has(s, "k0"));
    assert_true(has(s, "after"));
    store_close(s);
}

/* The server's own word for it; its disk cannot be filled here without filling everybody's. */
static void a_full_server_is_answered_full(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place);

    OK(pg_server_sql(place->server, place->db,
                     "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
                     " 'could not extend file' USING ERRCODE = '53100'; END $$;"
                     "CREATE TRIGGER full_disk BEFORE INSERT ON audience EXECUTE FUNCTION full_disk()"));
    OK(store_begin(s));
    OK(set(s, "a", "1"));
    OK(store_savepoint(s));
    assert_int_equal(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(1), V_TEXT("x")), STORE_E_FULL);
    assert_int_equal(store_back_to(s), STORE_E_FULL); /* nothing of the batch is kept */
    assert_int_equal(store_commit(s), STORE_E_FULL);
    assert_false(has(s, "a"));
    store_close(s);
}

/* ---- lost ---- */

static void cut_all(struct place *place)
{
    OK(pg_server_sql(place->server, NULL,
                     "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname LIKE 't%' AND"
                     " pid <> pg_backend_pid()"));
}

static void lost_batches_are_answered_and_the_next_one_works(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place);

    OK(store_begin(s));
    OK(store_savepoint(s));
    OK(set(s, "a", "1"));
    cut_all(place);
    assert_int_equal(set(s, "b", "1"), STORE_E_LOST);
    assert_int_equal(store_back_to(s), STORE_E_LOST);
    store_rollback(s);
    OK(store_begin(s));
    assert_false(has(s, "a"));
    OK(set(s, "c", "1"));
    cut_all(place);
    assert_int_equal(store_commit(s), STORE_E_LOST);
    assert_false(store_in_transaction(s));
    assert_false(has(s, "c"));
    OK(store_begin(s));
    OK(set(s, "d", "1"));
    OK(store_commit(s));
    assert_true(has(s, "d"));
    store_close(s);
}

static void expect_standby(struct place *place, const char *name)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT 1 / CAST(current_setting('synchronous_standby_names') = '%s' AS INT)", name);
    OK(pg_server_sql(place->server, NULL, "SELECT pg_reload_conf()"));
    sleep(1); /* each of the server's processes reads it when it gets round to it */
    OK(pg_server_sql(place->server, NULL, sql));
}

/* In a process of its own: until the commit has come back, end its wait as an operator would. */
static pid_t cancel_waits(struct place *place)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    while (getppid() == parent) {
        usleep(200000);
        if (pg_server_sql(place->server, NULL,
                          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
            _exit(1);
    }
    _exit(0);
}

/* An operator asked for a second copy, and ended the wait for it: the server commits with a warning. */
static void a_commit_without_its_second_copy_is_not_acknowledged(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place);
    pid_t pid;
    int r;

    OK(pg_server_sql(place->server, NULL, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
    expect_standby(place, "nobody");
    pid = cancel_waits(place);
    OK(store_begin(s));
    OK(set(s, "a", "1"));
    r = store_commit(s);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    OK(pg_server_sql(place->server, NULL, "ALTER SYSTEM RESET synchronous_standby_names"));
    expect_standby(place, "");
    assert_int_equal(r, STORE_E_LOST);
    assert_non_null(strstr(store_message(s), "replication"));
    assert_false(store_in_transaction(s));
    OK(store_begin(s));
    OK(set(s, "b", "1"));
    OK(store_commit(s));
    store_close(s);
}

static void idle_connections_come_back_unseen(void **state)
{
    struct place *place = *state;
    struct store *s = fresh(place), *reader = open_as(place, STORE_READ);

    cut_all(place);
    OK(store_begin(s));
    OK(set(s, "a", "1"));
    OK(store_commit(s));
    assert_true(has(reader, "a"));
    cut_all(place);
    OK(store_begin_read(reader));
    cut_all(place);
    {
        ROWS_AUTO *rows = NULL;

        assert_int_equal(STORE_ONE(reader, &rows, STMT_META_GET, V_TEXT("a")), STORE_E_LOST);
    }
    store_end_read(reader);
    OK(store_begin_read(reader));
    assert_true(has(reader, "a"));
    assert_int_equal(STORE_RUN(reader, STMT_META_SET, V_TEXT("a"), V_TEXT("b")), -EPERM);
    store_end_read(reader);
    store_close(reader);
    store_close(s);
}

/* The database refuses, too, not only our own look at the role; also on a connection that was made anew. */
static void the_database_itself_refuses_a_reader(void **state)
{
    struct place *place = *state;
    struct value values[] = {V_TEXT("a"), V_TEXT("b")};
    struct store *w = fresh(place), *s = open_as(place, STORE_READ);
    uint64_t n;

    assert_int_equal(s->driver->run(s, STMT_META_SET, values, 2, &n), -EPERM);
    if (place->kind == PLACE_POSTGRES) {
        cut_all(place);
        assert_int_equal(s->driver->run(s, STMT_META_SET, values, 2, &n), -EPERM);
    }
    assert_int_not_equal(s->driver->exec(s, "DROP TABLE meta"), 0);
    store_close(s);
    assert_false(has(w, "a"));
    store_close(w);
}

/* ---- late ---- */

static const char rows_sql[] =
    "INSERT INTO record(id, register, state) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE"
    " n < 100000) SELECT CAST(n AS TEXT), 'phone', CAST(n % 1000 AS TEXT) FROM c";

static void long_queries_meet_their_deadline(void **state)
{
    ROWS_AUTO *rows = NULL;
    struct store *s = fresh(*state);

    OK(store_begin(s));
    OK(s->driver->exec(s, rows_sql));
    OK(store_commit(s));
    OK(store_deadline(s, 1));
    assert_int_equal(STORE_ONE(s, &rows, STMT_TALLY_DIFFERS), STORE_E_BUSY);
    OK(store_deadline(s, 0));
    OK(STORE_ONE(s, &rows, STMT_TALLY_DIFFERS));
    assert_int_equal(rows_int(rows, 3), -100);
    rows_done(TAKE(rows));
    store_close(s);
}

/* SQLite reads as the rows are asked for: what fails then spoils the work as on PostgreSQL, where the query fails. */
static void late_rows_spoil_the_work(void **state)
{
    ROWS_AUTO *rows = NULL;
    struct store *s = fresh(*state);

    OK(store_begin(s));
    OK(s->driver->exec(s, rows_sql));
    OK(store_commit(s));
    OK(store_deadline(s, 1));
    OK(store_begin(s));
    OK(store_savepoint(s));
    OK(set(s, "a", "1"));
    OK(STORE_QUERY(s, &rows, STMT_TALLY_DIFFERS));
    assert_int_equal(rows_next(rows), -ETIMEDOUT);
    assert_int_equal(rows_next(rows), -ETIMEDOUT);
    assert_int_equal(set(s, "b", "1"), -ECANCELED);
    OK(store_back_to(s));
    OK(set(s, "c", "1"));
    OK(store_commit(s));
    assert_false(has(s, "a"));
    assert_true(has(s, "c"));
    rows_done(TAKE(rows));
    store_close(s);
}

static int start(void **state)
{
    return place_start(&dir_place, PLACE_DIR) || place_start(&postgres_place, PLACE_POSTGRES);
}

static int stop(void **state)
{
    place_stop(&dir_place);
    place_stop(&postgres_place);
    return 0;
}

#define DIRECTORY(test) {"directory: " #test, test, NULL, NULL, &dir_place}
#define POSTGRESQL(test) {"postgresql: " #test, test, NULL, NULL, &postgres_place}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY(a_key_left_over_is_replaced),
        POSTGRESQL(a_key_left_over_is_replaced),
        DIRECTORY(a_disposed_key_goes_at_the_next_start),
        POSTGRESQL(a_disposed_key_goes_at_the_next_start),
        DIRECTORY(killed_writers_lose_nothing),
        POSTGRESQL(killed_writers_lose_nothing),
        DIRECTORY(disposal_leaves_no_trace_in_files),
        DIRECTORY(disposal_without_a_key_leaves_no_trace_either),
        DIRECTORY(a_foreign_vault_is_refused_each_time),
        DIRECTORY(the_log_does_not_grow_for_ever),
        DIRECTORY(a_full_disk_stops_acts_and_loses_none),
        POSTGRESQL(a_full_server_is_answered_full),
        POSTGRESQL(lost_batches_are_answered_and_the_next_one_works),
        POSTGRESQL(a_commit_without_its_second_copy_is_not_acknowledged),
        POSTGRESQL(idle_connections_come_back_unseen),
        DIRECTORY(the_database_itself_refuses_a_reader),
        POSTGRESQL(the_database_itself_refuses_a_reader),
        DIRECTORY(long_queries_meet_their_deadline),
        POSTGRESQL(long_queries_meet_their_deadline),
        DIRECTORY(late_rows_spoil_the_work),
    };

    return cmocka_run_group_tests_name("crash", tests, start, stop);
}
