/* Making an installation, its clock, and verifying it: what tampering behind the program's back is found and named as. */
#include "keeper-place.h"
#include "base/file.h"
#include "engine/verify.h"
#include "keeper/install.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static struct install_config config_of(struct ground *g)
{
    struct install_config c = {.data = ground_folder(g), .name_ja = "試験県警察", .name_en = "Shiken",
                               .origin = "shiken.example/test"};

    if (g->is_postgres)
        assert_non_null(c.db = pg_server_database(g->server));
    return c;
}

/* ---- the clock ---- */

static void test_the_clock_is_fixed_at_creation(void **state)
{
    struct install_config c = config_of(*state);
    struct clock_setting clock = {0};
    STORE_AUTO *s = NULL;
    uint64_t later;

    c.clock = (struct clock_setting){CLOCK_DEMONSTRATION, 1000 * US_PER_SECOND, clock_real_us()};
    OK(install_create(&c, NULL));
    OK(store_open(c.db ? c.db : c.data, STORE_WRITE, &s, NULL));
    OK(clock_load(s, &clock));
    assert_int_equal(clock.kind, CLOCK_DEMONSTRATION);
    assert_int_equal(clock.set_us, 1000 * US_PER_SECOND);
    assert_true(clock_now(clock) >= clock.set_us && clock_now(clock) < clock.set_us + 60 * US_PER_SECOND);
    assert_int_equal(clock_advance(&clock, 999 * US_PER_SECOND), CLOCK_E_BACK);
    later = 5000 * US_PER_SECOND;
    OK(clock_advance(&clock, later));
    assert_true(clock_now(clock) >= later);
    OK(store_begin(s));
    OK(clock_save(s, clock));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("unrelated"), V_TEXT("x")));
    OK(store_commit(s));
    clock = (struct clock_setting){0};
    OK(clock_load(s, &clock));
    assert_int_equal(clock.set_us, later);
    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("clock.set_us"), V_TEXT("soon")));
    assert_int_equal(clock_load(s, &clock), -EBADMSG);
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("clock.kind"), V_TEXT("sundial")));
    assert_int_equal(clock_load(s, &clock), -EBADMSG);
    store_rollback(s);
}

static void test_a_system_clock_stays(void **state)
{
    struct clock_setting c = {CLOCK_SYSTEM, 0, 0};
    uint64_t before = clock_real_us(), now = clock_now(c);

    assert_true(now >= before && now <= clock_real_us());
    assert_int_equal(clock_advance(&c, UINT64_MAX / 4), CLOCK_E_SYSTEM);
}

/* A real clock that was set back must not turn time back before the demonstration's beginning. */
static void test_a_clock_never_runs_backwards_from_its_setting(void **state)
{
    struct clock_setting c = {CLOCK_DEMONSTRATION, 7000, clock_real_us() + 3600 * US_PER_SECOND};

    assert_int_equal(clock_now(c), 7000);
}

/* ---- making ---- */

static void test_an_installation_is_made_once(void **state)
{
    struct install_config c = config_of(*state);
    uint8_t seed[LOG_SEED_SIZE], again[LOG_SEED_SIZE];
    struct diag diag;
    struct stat st;
    char path[256];

    OK(install_create(&c, NULL));
    OK(install_read_seed(c.data, seed, NULL));
    snprintf(path, sizeof(path), "%s/keys/ledger.key", c.data);
    OK(stat(path, &st));
    assert_int_equal(st.st_mode & 0777, 0600);
    diag_init(&diag);
    assert_int_equal(install_create(&c, &diag), INSTALL_E_EXISTS);
    assert_non_null(strstr(diag_first(&diag), "exists already"));
    diag_done(&diag);
    OK(install_read_seed(c.data, again, NULL));
    assert_memory_equal(seed, again, sizeof(seed));
    OK(unlink(path)); /* the store alone is enough to refuse */
    assert_int_equal(install_create(&c, NULL), INSTALL_E_EXISTS);
    assert_int_equal(access(path, F_OK), -1);
}

/* An attempt that ended between the tables and the first entry does not stand in the way of the next one. */
static void test_an_attempt_that_broke_off_is_taken_up(void **state)
{
    struct install_config c = config_of(*state);
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    OK(store_create(c.db ? c.db : c.data, &s, NULL));
    store_close(TAKE(s));
    OK(install_create(&c, NULL));
    OK(store_open(c.db ? c.db : c.data, STORE_READ, &s, NULL));
    diag_init(&diag);
    OK(verify_installation(s, NULL, NULL, &sum, &diag));
    diag_done(&diag);
    assert_int_equal(sum.n_shards, 1);
    assert_int_equal(sum.n_entries, 2);
}

static void test_names_that_cannot_be(void **state)
{
    static const char *const origins[] = {"", "/a", "a/", "a b", "a+b", "a\nb", "試験"};
    struct install_config c = config_of(*state);

    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        c.origin = origins[i];
        assert_int_equal(install_create(&c, NULL), INSTALL_E_INVALID);
    }
    c.origin = "shiken.example/test";
    c.name_ja = "";
    assert_int_equal(install_create(&c, NULL), INSTALL_E_INVALID);
    c.name_ja = "か\xe3\x82\x99"; /* not composed */
    assert_int_equal(install_create(&c, NULL), INSTALL_E_INVALID);
    assert_int_equal(access(c.data, F_OK), -1); /* not even the directory */
}

static void test_keys_that_are_none(void **state)
{
    static const char *const texts[] = {"", "secret", "00", "zz00000000000000000000000000000000000000000000000000000000000000"};
    struct install_config c = config_of(*state);
    uint8_t seed[LOG_SEED_SIZE];
    char path[256];

    OK(install_create(&c, NULL));
    snprintf(path, sizeof(path), "%s/keys/ledger.key", c.data);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        OK(file_write_atomic(path, str_of(texts[i]), 0600, NULL));
        assert_int_equal(install_read_seed(c.data, seed, NULL), INSTALL_E_INVALID);
    }
    OK(unlink(path));
    assert_int_not_equal(install_read_seed(c.data, seed, NULL), 0);
}

/* ---- verifying ---- */

/* A user who applied for a lamp: records of four registers, and a sealed value. */
static void fill(struct keeper_place *home)
{
    CLEANUP(keeper_link_closep) struct keeper_link *l = NULL;
    char lamp[64];
    json_t *messages[4] = {NULL}, *answer = NULL;

    OK(keeper_link_open(home->data, home->db, true, &l, NULL));
    messages[0] = keeper_place_act(home, 'M', "users", "designate", "", json_pack("{s:s, s:s}", "person", "A", "unit", "sho"));
    messages[1] = keeper_place_act(home, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", "L-1", "price", "5"));
    for (int i = 0; i < 3; i++) {
        if (i == 2)
            messages[2] = keeper_place_act(home, 'A', "loans", "apply", "",
                                           json_pack("{s:s, s:s, s:s, s:s, s:s}", "item", lamp, "purpose", "patrol", "starts_on",
                                                     "2026-04-10", "ends_on", "2026-05-01", "owner", "090-0000-0000"));
        OK(keeper_ask(l, messages[i], &answer));
        if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed"))
            fail_msg("%s", json_dumps(answer, 0));
        snprintf(lamp, sizeof(lamp), "%s", json_str(json_obj(answer, "outcome"), "record"));
        json_decref(messages[i]);
        json_decref(answer);
    }
}

static void change(struct ground *g, const struct keeper_place *home, const char *sql)
{
    char path[256];
    sqlite3 *db = NULL;

    if (g->is_postgres) {
        OK(pg_server_sql(g->server, home->db, sql));
        return;
    }
    snprintf(path, sizeof(path), "%s/tsujiban.db", home->data);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static bool is_named(const struct diag *diag, const char *what)
{
    for (size_t i = 0; i < diag->n; i++)
        if (strstr(diag->entries[i].message, what))
            return true;
    return false;
}

/* What changes on the way back undoes the tampering, so that one installation serves all rows. */
static void test_tampering_is_found_and_named(void **state)
{
    static const struct {
        const char *wrong, *back, *named;
    } rows[] = {
        {"UPDATE record SET body = replace(body, 'L-1', 'L-2') WHERE register = 'items'",
         "UPDATE record SET body = replace(body, 'L-2', 'L-1') WHERE register = 'items'",
         "record IT-2026-0001 (Items), 2026-04-10 09:00, number: altered: register says L-2, ledger proves L-1"},
        {"UPDATE record SET version = version + 1 WHERE register = 'items'",
         "UPDATE record SET version = version - 1 WHERE register = 'items'", "record IT-2026-0001: altered: it is not what entry 2026/"},
        {"UPDATE record SET state = 'refused' WHERE register = 'loans'",
         "UPDATE record SET state = 'applied' WHERE register = 'loans'",
         "record LO-2026-0001 (Loans), 2026-04-10 09:00, state: altered: register says refused, ledger proves applied"},
        {"UPDATE record SET body = 'x' WHERE register = 'users'", NULL, "record US-2026-0001: unreadable"},
        {"DELETE FROM record WHERE register = 'copies'", NULL, "record CP-2026-0001: removed: entry 2026/"},
        {"UPDATE personal SET sealed = (SELECT leaf FROM entry WHERE seq = 0)", NULL,
         "record LO-2026-0001, field owner: altered: the sealed value does not open"},
        {"DELETE FROM personal WHERE field = 'owner'", NULL,
         "record LO-2026-0001, field owner: removed: there is no value, but nothing disposed of the record"},
        {"UPDATE record SET id = 'LO-2026-0002' WHERE register = 'loans'", NULL,
         "record LO-2026-0002: the ledger does not know it"},
        {"UPDATE head SET root = (SELECT hash FROM entry WHERE seq = 0)", NULL, "the entries do not have the root that was entered"},
        {"DELETE FROM entry WHERE seq = 2", NULL, "entry 2: removed"},
        {"UPDATE entry SET t_us = t_us + 1 WHERE seq = 3", NULL, "entry 3: its time"},
        {"DELETE FROM entry WHERE seq > 3", NULL, "entry 4: removed"},
    };
    struct ground *g = *state;
    struct keeper_place home;
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    OK(ground_install(g, &home));
    fill(&home);
    OK(store_open(home.db, STORE_READ, &s, NULL));
    diag_init(&diag);
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    assert_int_equal(sum.n_records, 4);
    assert_int_equal(sum.n_commitments, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        change(g, &home, rows[i].wrong);
        diag_clear(&diag);
        assert_int_equal(verify_installation(s, NULL, NULL, &sum, &diag), VERIFY_E_DAMAGED);
        if (!is_named(&diag, rows[i].named))
            fail_msg("%s: wanted \"%s\", got \"%s\"", rows[i].wrong, rows[i].named, diag_first(&diag));
        if (!rows[i].back)
            continue;
        change(g, &home, rows[i].back);
        diag_clear(&diag);
        OK(verify_installation(s, NULL, NULL, &sum, &diag));
    }
    diag_done(&diag);
}

/* Verifying while somebody works sees one moment. */
static void test_verifying_while_acts_go_on(void **state)
{
    struct keeper_place home;
    CLEANUP(keeper_link_closep) struct keeper_link *l = NULL;
    STORE_AUTO *s = NULL;
    struct verify_summary sum;
    struct diag diag;

    OK(ground_install(*state, &home));
    OK(keeper_link_open(home.data, home.db, true, &l, NULL));
    OK(store_open(home.db, STORE_READ, &s, NULL));
    diag_init(&diag);
    for (int i = 0; i < 20; i++) {
        JSON_AUTO *message = NULL;
        JSON_AUTO *answer = NULL;
        char number[16];

        snprintf(number, sizeof(number), "W-%d", i);
        message = keeper_place_act(&home, 'Y', "items", "add", "", json_pack("{s:s, s:s}", "number", number, "price", "5"));
        OK(keeper_ask(l, message, &answer));
        OK(verify_installation(s, NULL, NULL, &sum, &diag));
        assert_int_equal(sum.n_records, i + 1);
    }
    diag_done(&diag);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_the_clock_is_fixed_at_creation),
        cmocka_unit_test(test_a_system_clock_stays),
        cmocka_unit_test(test_a_clock_never_runs_backwards_from_its_setting),
        ON_BOTH(test_an_installation_is_made_once),
        ON_BOTH(test_an_attempt_that_broke_off_is_taken_up),
        ON_BOTH(test_names_that_cannot_be),
        ON_BOTH(test_keys_that_are_none),
        ON_BOTH(test_tampering_is_found_and_named),
        ON_BOTH(test_verifying_while_acts_go_on),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-install", tests, grounds_start, grounds_stop);
}
