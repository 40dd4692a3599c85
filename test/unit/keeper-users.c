/* The file that says which user may be what, and what of it the keeper believes. */
#include "keeper/door.h"
#include "keeper/keeper.h"
#include "base/file.h"
#include "store/blobs.h"
#include "store/store.h"
#include "pg-server.h"
#include "keeper/users.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)
#define GOOD                                                                                     \
    "{\"group\": 64000, \"keeper\": 64001, \"web\": 64002, \"examiner\": [64003], \"courier\": " \
    "64004, \"mail-gate\": [64005, 64006]}"

static int parse(const char *text, struct keeper_users *u, char why[400])
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_users_parse("users.json", str_of(text), u, &diag);
    snprintf(why, 400, "%s", diag_first(&diag));
    diag_done(&diag);
    return r;
}

static void test_each_user_has_his_roles(void **state)
{
    struct keeper_users u;
    char why[400];

    OK(parse(GOOD, &u, why));
    assert_true(u.is_apart);
    assert_int_equal(u.group, 64000);
    assert_int_equal(keeper_users_may(&u, 64001), 1u << ROLE_OPERATOR);
    assert_int_equal(keeper_users_may(&u, 0), 1u << ROLE_OPERATOR);
    assert_int_equal(keeper_users_may(&u, 64002), 1u << ROLE_WEB);
    assert_int_equal(keeper_users_may(&u, 64003), 1u << ROLE_EXAMINER);
    assert_int_equal(keeper_users_may(&u, 64004), 1u << ROLE_COURIER);
    assert_int_equal(keeper_users_may(&u, 64006), 1u << ROLE_MAIL_GATE);
    assert_int_equal(keeper_users_may(&u, 64007), 0);
}

/* Each is refused, with the member that is wrong. */
static void test_what_is_wrong_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"", "end of file"},
        {"[]", "one object"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 3, \"examiner\": 4}", "\"courier\": nobody"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": [], \"examiner\": 4, \"courier\": 5}",
         "\"web\": nobody"},
        {"{\"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": 5}", "\"group\": this member"},
        {"{\"group\": 1, \"web\": 3, \"examiner\": 4, \"courier\": 5}", "\"keeper\": this member"},
        {"{\"group\": 1, \"keeper\": 0, \"web\": 3, \"examiner\": 4, \"courier\": 5}",
         "\"keeper\": a user"},
        {"{\"group\": 1, \"keeper\": \"root\", \"web\": 3, \"examiner\": 4, \"courier\": 5}",
         "runs as root"},
        {"{\"group\": 1, \"keeper\": 4294967295, \"web\": 3, \"examiner\": 4, \"courier\": 5}",
         "\"keeper\": a user"},
        {"{\"group\": 1, \"keeper\": -1, \"web\": 3, \"examiner\": 4, \"courier\": 5}",
         "\"keeper\": a user"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": \"no-such-user\", \"examiner\": 4, \"courier\": "
         "5}",
         "no user \"no-such-user\""},
        {"{\"group\": \"no-such-group\", \"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": "
         "5}",
         "no group \"no-such-group\""},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 3, \"examiner\": 3, \"courier\": 5}",
         "\"examiner\": the web's user"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 2, \"examiner\": 4, \"courier\": 5}",
         "\"web\": the keeper's user"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": 5, \"gate\": 6}",
         "\"gate\": there is no"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": {\"a\": 1}}",
         "\"courier\": a user"},
        {"{\"group\": 1, \"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": "
         "[1,2,3,4,5,6,7,8,9]}",
         "too many"},
        {"{\"group\": 1, \"keeper\": 2, \"keeper\": 2, \"web\": 3, \"examiner\": 4, \"courier\": "
         "5}",
         "keeper"},
    };
    struct keeper_users u;
    char why[400];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(parse(rows[i][0], &u, why), USERS_E_INVALID);
        if (!strstr(why, rows[i][1]))
            fail_msg("%s: wanted \"%s\", got \"%s\"", rows[i][0], rows[i][1], why);
    }
}

static void test_names_are_those_of_the_system(void **state)
{
    struct keeper_users u;
    char why[400];

    OK(parse("{\"group\": \"nogroup\", \"keeper\": \"daemon\", \"web\": \"nobody\", \"examiner\": "
             "4444, \"courier\": 4445}",
             &u, why));
    assert_int_equal(u.group, 65534);
    assert_int_equal(u.roles[ROLE_WEB].at[0], 65534);
    assert_int_not_equal(u.keeper, 0);
}

/* ---- the file ---- */

static void write_file(const char *dir, const char *text, unsigned mode)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/users.json", dir);
    OK(file_write_atomic(path, str_of(text), mode, NULL));
    OK(chmod(path, mode));
}

static void test_a_file_that_others_can_write_is_not_believed(void **state)
{
    char dir[] = "/tmp/tsujiban-users-XXXXXX", path[200], other[200];
    struct keeper_users u;

    assert_non_null(mkdtemp(dir));
    OK(keeper_users_read(dir, &u, NULL));
    assert_false(u.is_apart);
    assert_int_equal(keeper_users_may(&u, geteuid()), (1u << KEEPER_ROLES) - 1);
    assert_int_equal(keeper_users_may(&u, geteuid() + 1), 0);
    write_file(dir, GOOD, 0644);
    OK(keeper_users_read(dir, &u, NULL));
    assert_true(u.is_apart);
    write_file(dir, GOOD, 0664);
    assert_int_equal(keeper_users_read(dir, &u, NULL), USERS_E_INVALID);
    snprintf(path, sizeof(path), "%s/users.json", dir);
    if (!geteuid()) {
        write_file(dir, GOOD, 0644);
        OK(chown(path, 64001, 64001));
        assert_int_equal(keeper_users_read(dir, &u, NULL), USERS_E_INVALID);
    }
    snprintf(other, sizeof(other), "%s/other", dir);
    OK(rename(path, other));
    OK(symlink("other", path));
    assert_int_equal(keeper_users_read(dir, &u, NULL), -ELOOP);
    OK(unlink(path));
    OK(unlink(other));
    OK(rmdir(dir));
}

/* ---- becoming one ---- */

static int become(const struct keeper_users *u)
{
    gid_t groups[8];

    if (keeper_users_become(u, 64002) || getuid() != 64002 || geteuid() != 64002 ||
        getgid() != 64000)
        return 1;
    if (getgroups(8, groups) != 1 || groups[0] != 64000)
        return 2;
    return !setuid(0) || !seteuid(0) || !setgid(0) ? 3 : 0;
}

static void test_root_is_given_up_for_good(void **state)
{
    struct keeper_users u;
    char why[400];
    int status;
    pid_t child;

    if (geteuid())
        return; /* who is not root cannot become somebody else */
    OK(parse(GOOD, &u, why));
    child = fork();
    if (!child)
        _exit(become(&u));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- who was refused ---- */

static void test_knocking_fills_nothing(void **state)
{
    struct door d = {.has_notes = false};
    size_t n = 0;

    for (uid_t uid = 1; uid <= 1000; uid++)
        json_decref(door_refuse(&d, uid, ROLE_COURIER, 1000000));
    for (size_t i = 0; i < DOOR_NOTED; i++)
        n += d.notes[i].times;
    assert_int_equal(n, DOOR_NOTED);
    assert_true(d.has_notes);
    door_entered(&d, 2000000);
    for (int i = 0; i < 1000; i++)
        json_decref(door_refuse(&d, 1, ROLE_COURIER, 3000000));
    assert_false(d.has_notes); /* within the hour it is only counted */
    json_decref(door_refuse(&d, 1, ROLE_COURIER, 2000000 + 3600 * UINT64_C(1000000)));
    assert_true(d.has_notes);
    assert_int_equal(d.notes[0].times, 1001);
}

/* Whoever breaks into one process takes what its user may have, and leaves room for the others and, from all of them, for the operator. */
static void test_one_user_leaves_room(void **state)
{
    struct door d = {.has_notes = false};
    char why[400];

    assert_true(door_has_room(&d, 64002, KEEPER_CONNS_MAX - 1, KEEPER_CONNS_MAX - 1)); /* one user is all */
    assert_false(door_has_room(&d, 64002, KEEPER_CONNS_MAX, KEEPER_CONNS_MAX));
    OK(parse(GOOD, &d.users, why));
    assert_true(door_has_room(&d, 64002, KEEPER_CONNS_EACH - 1, KEEPER_CONNS_EACH));
    assert_false(door_has_room(&d, 64002, KEEPER_CONNS_EACH, KEEPER_CONNS_EACH));
    assert_true(door_has_room(&d, 64003, 0, KEEPER_CONNS_EACH));
    assert_false(door_has_room(&d, 64003, 0, KEEPER_CONNS_MAX - KEEPER_CONNS_OPERATOR));
    assert_true(door_has_room(&d, 64001, 0, KEEPER_CONNS_MAX - KEEPER_CONNS_OPERATOR));
    assert_true(door_has_room(&d, 0, 0, KEEPER_CONNS_MAX - 1));
    assert_false(door_has_room(&d, 0, 0, KEEPER_CONNS_MAX));
    for (uid_t uid = 1; uid <= 1000; uid++) /* whoever knocks takes no place from it */
        json_decref(door_refuse(&d, uid, ROLE_COURIER, 1000000));
    door_entered(&d, 1000000);
    assert_false(d.has_notes);
    json_decref(door_refuse_crowd(&d, 64002, 1000000));
    assert_true(d.has_notes);
    assert_int_equal(d.notes[DOOR_NOTED].role, DOOR_CROWD);
}

/* ---- a server's roles ---- */

/* As the manual says to set them up (tsujiban.1, "A user for each process"). */
static const char grants[] = "CREATE ROLE web LOGIN; GRANT USAGE ON SCHEMA public TO web; GRANT "
                             "SELECT ON ALL TABLES IN SCHEMA public TO web";

static void fill_store(const char *db)
{
    STORE_AUTO *s = NULL;
    STORE_AUTO *blobs = NULL;
    uint8_t key[VAULT_KEY_SIZE] = {1};

    OK(store_create(db, &s, NULL));
    OK(store_begin(s));
    OK(vault_put(s, STR("R-1"), key));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("origin"), V_TEXT("shiken.example/main")));
    OK(store_commit(s));
    OK(blobs_open(db, STORE_WRITE, &blobs, NULL));
    OK(blobs_add(blobs, "f", 0, STR("sealed")));
}

static void test_a_role_of_postgresql_reads_no_vault(void **state)
{
    struct pg_server *server = pg_server_start();
    STORE_AUTO *s = NULL;
    STORE_AUTO *blobs = NULL;
    ROWS_AUTO *row = NULL;
    CLEANUP(buf_done) struct buf piece;
    char url[200];
    uint8_t key[VAULT_KEY_SIZE];
    const char *db;

    buf_init(&piece, 100);
    assert_non_null(server);
    db = pg_server_database(server);
    assert_non_null(db);
    fill_store(db);
    OK(pg_server_sql(server, db, grants));
    snprintf(url, sizeof(url), "%.*sweb", (int)(strstr(db, "user=postgres") - db) + 5, db);
    OK(store_open(url, STORE_READ, &s, NULL));
    OK(STORE_ONE(s, &row, STMT_META_GET, V_TEXT("origin")));
    assert_string_equal(rows_text(row, 0), "shiken.example/main");
    assert_int_not_equal(vault_get(s, STR("R-1"), key), 0);
    assert_true(blobs_open(url, STORE_READ, &blobs, NULL) || blobs_get(blobs, "f", 0, &piece));
    pg_server_stop(server);
}

int main(void)
{
    if (crypto_start())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_role_of_postgresql_reads_no_vault),
        cmocka_unit_test(test_each_user_has_his_roles),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_names_are_those_of_the_system),
        cmocka_unit_test(test_a_file_that_others_can_write_is_not_believed),
        cmocka_unit_test(test_root_is_given_up_for_good),
        cmocka_unit_test(test_knocking_fills_nothing),
        cmocka_unit_test(test_one_user_leaves_room),
    };

    return cmocka_run_group_tests_name("keeper: users", tests, NULL, NULL);
}
