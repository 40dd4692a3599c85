/* Backups go from either database to either, whole or not at all; a changed one is found. */
#include "store-place.h"
#include "base/codec.h"
#include "store/backup.h"
#include "store/blobs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)
#define N_RECORDS 2500

static struct place dir_place, postgres_place;
static char path[160];

static void fill(struct store *s)
{
    uint8_t key[VAULT_KEY_SIZE];
    char id[16];

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("force"), V_TEXT("試験県警察")));
    for (int i = 0; i < N_RECORDS; i++) {
        snprintf(id, sizeof(id), "r%d", i);
        memset(key, i, sizeof(key));
        OK(STORE_RUN(s, STMT_RECORD_ADD, V_TEXT(id), V_TEXT("phone"), V_TEXT("開"), V_INT(1), V_INT(i % 3), V_TEXT(""),
                     V_TEXT("p"), V_INT(i), V_INT(i), i % 2 ? V_INT(i) : V_NULL, V_NULL, V_NULL, V_TEXT("{}")));
        OK(vault_put(s, str_of(id), key));
        OK(STORE_RUN(s, STMT_PERSONAL_SET, V_TEXT(id), V_TEXT("名前"), V_BLOB(key, (size_t)(i % 33))));
    }
    OK(STORE_RUN(s, STMT_SESSION_ADD, V_BLOB("\0\xff", 2), V_TEXT("a"), V_TEXT("b"), V_INT(1)));
    OK(STORE_RUN(s, STMT_SEARCH_ADD, V_INT(1), V_TEXT("r7"), V_TEXT("phone"), V_INT(1), V_TEXT("a1 g1")));
    OK(STORE_RUN(s, STMT_SEARCH_WORDS_ADD, V_TEXT("r7")));
    OK(STORE_RUN(s, STMT_OUTBOX_ADD, V_INT(1), V_TEXT("p"), V_TEXT("test"), V_INT(1), V_INT(1),
                 V_TEXT("{}")));
    OK(STORE_RUN(s, STMT_TILE_ADD, V_INT(2026), V_INT(0), V_INT(0), V_BLOB(path, sizeof(path))));
    OK(store_commit(s));
}

static void check_words(struct store *s)
{
    ROWS_AUTO *rows = NULL;

    OK(STORE_ONE(s, &rows, STMT_SEARCH_FIND, V_TEXT("a1"), V_TEXT("g1"), V_INT(INT64_MAX), V_INT(1)));
    assert_string_equal(rows_text(rows, 1), "r7");
}

/* Whether it went since the backup, nobody knows. */
static void check_nothing_is_sent(struct store *s)
{
    ROWS_AUTO *rows = NULL;

    assert_int_equal(STORE_ONE(s, &rows, STMT_OUTBOX_DUE, V_INT(INT64_MAX)), STORE_E_NONE);
    OK(STORE_ONE(s, &rows, STMT_OUTBOX_UNREPORTED, V_INT(1)));
    assert_int_equal(rows_int(rows, 0), 1);
}

static void check(struct store *s)
{
    uint8_t key[VAULT_KEY_SIZE], want[VAULT_KEY_SIZE];
    ROWS_AUTO *rows = NULL;

    OK(STORE_ONE(s, &rows, STMT_RECORD_COUNT, V_TEXT("phone"), V_INT(0)));
    assert_int_equal(rows_int(rows, 0), (N_RECORDS + 2) / 3);
    rows_done(TAKE(rows));
    OK(STORE_ONE(s, &rows, STMT_RECORD_GET, V_TEXT("r7")));
    assert_int_equal(rows_int(rows, 8), 7);
    rows_done(TAKE(rows));
    assert_int_equal(STORE_ONE(s, &rows, STMT_SESSION_GET, V_BLOB("\0\xff", 2)), STORE_E_NONE); /* whoever signed out since is out */
    rows_done(TAKE(rows));
    OK(vault_get(s, STR("r2049"), key));
    memset(want, 2049, sizeof(want));
    assert_memory_equal(key, want, sizeof(key));
    OK(store_begin(s)); /* and it can be worked with */
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("after"), V_TEXT("1")));
    OK(store_commit(s));
}

static const char *new_file(void)
{
    static int n;

    snprintf(path, sizeof(path), "%s/backup-%d", dir_place.dir, n++);
    return path;
}

static struct store *filled(struct place *place)
{
    struct store *s = NULL;

    assert_non_null(place_fresh(place));
    OK(store_create(place->db, &s, NULL));
    fill(s);
    return s;
}

static void back_up(struct store *s, const char *file)
{
    struct diag diag;

    diag_init(&diag);
    if (store_backup(s, file, NULL, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

static void told(void *arg, const char *table, uint64_t n_rows)
{
    (*(int *)arg)++;
}

static void round_trip(struct place *from, struct place *to)
{
    int n_told = 0;
    struct backup_progress progress = {told, &n_told};
    const char *file = new_file();
    struct store *s = filled(from);
    struct diag diag;
    struct stat st;

    back_up(s, file);
    store_close(s);
    OK(stat(file, &st));
    assert_int_equal(st.st_mode & 0777, 0600);

    diag_init(&diag);
    assert_non_null(place_fresh(to));
    if (store_restore(file, to->db, &progress, &diag))
        fail_msg("%s", diag_first(&diag));
    assert_true(n_told > 10);
    OK(store_open(to->db, STORE_WRITE, &s, &diag));
    check_words(s);
    check_nothing_is_sent(s);
    check(s);
    store_close(s);
    /* not over a store that is there */
    assert_int_equal(store_restore(file, to->db, NULL, &diag), STORE_E_EXISTS);
    OK(store_open(to->db, STORE_WRITE, &s, NULL));
    check_words(s);
    check(s);
    store_close(s);
    diag_done(&diag);
}

static void directory_to_directory(void **state)
{
    round_trip(&dir_place, &dir_place);
}

static void directory_to_postgresql(void **state)
{
    round_trip(&dir_place, &postgres_place);
}

static void postgresql_to_directory(void **state)
{
    round_trip(&postgres_place, &dir_place);
}

static void postgresql_to_postgresql(void **state)
{
    round_trip(&postgres_place, &postgres_place);
}

static void backups_are_not_overwritten(void **state)
{
    const char *file = new_file();
    struct store *s = filled(&dir_place);
    struct diag diag;

    diag_init(&diag);
    back_up(s, file);
    assert_int_equal(store_backup(s, file, NULL, &diag), STORE_E_EXISTS);
    assert_true(diag.n_errors > 0);
    store_close(s);
    diag_done(&diag);
}

/* Commits between two tables of a backup: into one that was read already, and one that is read later. */
static void write_meanwhile(void *arg, const char *table, uint64_t n_rows)
{
    struct store *w = arg;

    if (strcmp(table, "record") != 0 || n_rows)
        return;
    OK(store_begin(w));
    OK(STORE_RUN(w, STMT_META_SET, V_TEXT("unborn"), V_TEXT("1")));
    OK(STORE_RUN(w, STMT_COUNTER_SET, V_TEXT("unborn"), V_INT(1)));
    OK(store_commit(w));
}

/* A reader's handle is enough, and a writer may go on meanwhile without being seen. */
static void readers_back_up_one_snapshot(void **state)
{
    struct place *place = *state;
    const char *file = new_file();
    struct store *w = filled(place), *s = NULL;

    OK(store_open(place->db, STORE_READ, &s, NULL));
    OK(store_backup(s, file, &(struct backup_progress){write_meanwhile, w}, NULL));
    {
        ROWS_AUTO *rows = NULL;

        OK(STORE_ONE(w, &rows, STMT_COUNTER_GET, V_TEXT("unborn")));
    }
    store_close(s);
    store_close(w);
    assert_non_null(place_fresh(place));
    OK(store_restore(file, place->db, NULL, NULL));
    OK(store_open(place->db, STORE_READ, &s, NULL));
    {
        ROWS_AUTO *rows = NULL;

        assert_int_equal(STORE_ONE(s, &rows, STMT_META_GET, V_TEXT("unborn")), STORE_E_NONE);
        assert_int_equal(STORE_ONE(s, &rows, STMT_COUNTER_GET, V_TEXT("unborn")), STORE_E_NONE);
    }
    store_close(s);
}

static void spoil(const char *file, const char *sql)
{
    sqlite3 *db;

    OK(sqlite3_open(file, &db));
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* Each way of changing a backup is found, named, and leaves the place empty. */
static void changed_backups_are_found(void **state)
{
    static const struct {
        const char *sql;
        bool in_vault;
        const char *named;
        int answer;
    } ways[] = {
        {"UPDATE record SET state = 'x' WHERE id = 'r5'", false, "record", STORE_E_DAMAGED},
        {"DELETE FROM personal WHERE record = 'r5'", false, "personal", STORE_E_DAMAGED},
        {"INSERT INTO counter VALUES ('x', 1)", false, "counter", STORE_E_DAMAGED},
        {"UPDATE record SET completed_day = '7' || 'x' WHERE id = 'r5'", false, "record", STORE_E_DAMAGED},
        {"DELETE FROM record_key WHERE record = 'r5'", true, "vault", STORE_E_DAMAGED},
        {"UPDATE record_key SET key = x'00' WHERE record = 'r5'", true, "vault", STORE_E_DAMAGED},
        {"DROP TABLE manifest", false, "manifest", STORE_E_DAMAGED},
        {"UPDATE manifest SET n_rows = x'00'", false, "manifest", STORE_E_DAMAGED},
        {"UPDATE meta SET value = '77' WHERE key = 'schema'", false, "77", STORE_E_SCHEMA},
        {"PRAGMA application_id = 5", false, "another program", STORE_E_SCHEMA},
    };
    struct store *s = filled(&dir_place);

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        char vault[200];
        const char *file = new_file();
        struct diag diag;

        back_up(s, file);
        snprintf(vault, sizeof(vault), "%s.vault", file);
        spoil(ways[i].in_vault ? vault : file, ways[i].sql);
        diag_init(&diag);
        for (int j = 0; j < 2; j++) {
            struct place *to = j ? &postgres_place : &dir_place;
            struct store *none = NULL;

            assert_non_null(place_fresh(to));
            assert_int_equal(store_restore(file, to->db, NULL, &diag), ways[i].answer);
            if (!strstr(diag_first(&diag), ways[i].named))
                fail_msg("%s: \"%s\" does not name %s", ways[i].sql, diag_first(&diag), ways[i].named);
            assert_int_equal(store_open(to->db, STORE_READ, &none, NULL), STORE_E_NONE);
        }
        diag_done(&diag);
    }
    store_close(s);
}

/* A backup of schema 1: what schema 2 added is taken away again. It is brought forward on the way, and not touched. */
static void older_backups_come_forward(void **state)
{
    struct place *place = *state;
    const char *file = new_file();
    struct store *s = filled(&dir_place);
    struct diag diag;

    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("schema"), V_TEXT("1")));
    OK(store_commit(s));
    back_up(s, file);
    store_close(s);
    /* What later schemas brought is not there yet. */
    spoil(file, "DROP TABLE receipt; DROP INDEX record_by_retention; DROP INDEX notice_unread; DROP TABLE contact; DROP TABLE outbox;"
                " DROP TABLE token; DROP TABLE plan; DROP TABLE takeover; DROP TABLE clause_scenario; DROP TABLE search_row; DROP TABLE search_fts;"
                " DROP TABLE tally; DROP INDEX record_by_state_change; DROP INDEX record_by_opening; DROP INDEX record_by_number;"
                " DROP INDEX record_disposed; DROP INDEX record_kept; DROP INDEX record_walk_change; DROP INDEX record_walk_opening;"
                " DROP INDEX record_walk_number; DROP INDEX index_row_by_audience; DROP INDEX waiting_by_audience; CREATE INDEX waiting_by_role ON waiting(role, unit);"
                " CREATE INDEX record_by_change ON record(register, audience, changed_us, id); DROP TABLE attachment; DROP TABLE holding; DROP TABLE ticket; DROP TABLE reading; DROP TABLE whole_copy; DROP TABLE intel_run; DROP TABLE intel_member; DROP TABLE intel_intake; DROP TABLE intel_shelf; DROP TABLE intel_removed; DROP TABLE intel_reader; DROP TABLE intel_sight; DROP TABLE intel_poll; DROP TABLE mailbox; DROP TABLE session_device;"
                " DELETE FROM manifest WHERE name IN ('receipt', 'contact', 'outbox', 'token', 'plan', 'takeover',"
                " 'clause_scenario', 'search_row', 'tally', 'attachment', 'holding', 'ticket', 'reading', 'whole_copy', 'intel_run', 'intel_member', 'intel_intake', 'intel_shelf', 'intel_removed', 'intel_reader', 'intel_sight', 'intel_poll', 'mailbox', 'session_device')");
    diag_init(&diag);
    for (int i = 0; i < 2; i++) { /* the same file twice */
        assert_non_null(place_fresh(place));
        if (store_restore(file, place->db, NULL, &diag))
            fail_msg("%s", diag_first(&diag));
    }
    OK(store_open(place->db, STORE_READ, &s, &diag)); /* which would refuse schema 1 */
    store_close(s);
    OK(store_open(place->db, STORE_WRITE, &s, &diag));
    check(s);
    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_RECEIPT_ADD, V_TEXT("t"), V_INT(1), V_INT(1), V_INT(1), V_TEXT("")));
    OK(store_commit(s));
    store_close(s);
    diag_done(&diag);
}

static void piece_is(const char *db, const char *wanted)
{
    CLEANUP(buf_done) struct buf out;
    struct store *b;

    buf_init(&out, 100);
    OK(blobs_open(db, STORE_READ, &b, NULL));
    OK(blobs_get(b, "f", 1, &out));
    assert_string_equal(out.at, wanted);
    store_close(b);
}

/* Pieces of files go along, to either database; without them, or with others, nothing is restored. */
static void files_go_along(void **state)
{
    static struct place *const all[] = {&dir_place, &postgres_place};
    struct place *from = *state;
    struct store *s = filled(from), *b;
    const char *file = new_file();
    struct diag diag;
    char files[200], kept[220];

    diag_init(&diag);
    OK(blobs_open(from->db, STORE_WRITE, &b, NULL));
    OK(blobs_add(b, "f", 0, STR("first")));
    OK(blobs_add(b, "f", 1, STR("second")));
    store_close(b);
    back_up(s, file);
    store_close(s);
    snprintf(files, sizeof(files), "%s.files", file);
    snprintf(kept, sizeof(kept), "%s.kept", files);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_non_null(place_fresh(all[i]));
        if (store_restore(file, all[i]->db, NULL, &diag))
            fail_msg("%s", diag_first(&diag));
        piece_is(all[i]->db, "second");
        OK(store_open(all[i]->db, STORE_WRITE, &s, &diag));
        check(s);
        store_close(s);
        OK(blobs_open(all[i]->db, STORE_WRITE, &b, NULL));
        OK(blobs_add(b, "f", 2, STR("third"))); /* it goes on from there */
        store_close(b);
    }
    OK(rename(files, kept));
    assert_non_null(place_fresh(&dir_place));
    assert_int_equal(store_restore(file, dir_place.db, NULL, &diag), STORE_E_NONE);
    assert_non_null(strstr(diag_first(&diag), "belongs to it"));
    diag_clear(&diag);
    OK(rename(kept, files));
    spoil(files, "UPDATE piece SET sealed = 'other' WHERE n = 1");
    assert_int_equal(store_restore(file, dir_place.db, NULL, &diag), STORE_E_DAMAGED);
    assert_non_null(strstr(diag_first(&diag), "blobs.piece"));
    diag_done(&diag);
}

static void what_is_no_backup_is_refused(void **state)
{
    const char *file = new_file();
    char vault[200];
    struct diag diag;
    FILE *f;

    diag_init(&diag);
    assert_non_null(place_fresh(&dir_place));
    assert_int_equal(store_restore(file, dir_place.db, NULL, &diag), STORE_E_NONE);
    snprintf(vault, sizeof(vault), "%s.vault", file);
    for (int i = 0; i < 2; i++) {
        f = fopen(i ? vault : file, "w");
        assert_non_null(f);
        fputs("this is a letter, not a database, and longer than a hundred bytes, so that its header is looked at ......",
              f);
        fclose(f);
    }
    assert_int_equal(store_restore(file, dir_place.db, NULL, &diag), STORE_E_SCHEMA);
    assert_true(diag.n_errors >= 2);
    diag_done(&diag);
}

static int start(void **state)
{
    return crypto_start() || place_start(&dir_place, PLACE_DIR) || place_start(&postgres_place, PLACE_POSTGRES);
}

static int stop(void **state)
{
    place_stop(&dir_place);
    place_stop(&postgres_place);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_to_directory),
        cmocka_unit_test(directory_to_postgresql),
        cmocka_unit_test(postgresql_to_directory),
        cmocka_unit_test(postgresql_to_postgresql),
        cmocka_unit_test(backups_are_not_overwritten),
        {"directory: readers_back_up_one_snapshot", readers_back_up_one_snapshot, NULL, NULL, &dir_place},
        {"postgresql: readers_back_up_one_snapshot", readers_back_up_one_snapshot, NULL, NULL, &postgres_place},
        {"directory: older_backups_come_forward", older_backups_come_forward, NULL, NULL, &dir_place},
        {"postgresql: older_backups_come_forward", older_backups_come_forward, NULL, NULL, &postgres_place},
        {"directory: files_go_along", files_go_along, NULL, NULL, &dir_place},
        {"postgresql: files_go_along", files_go_along, NULL, NULL, &postgres_place},
        cmocka_unit_test(changed_backups_are_found),
        cmocka_unit_test(what_is_no_backup_is_refused),
    };

    return cmocka_run_group_tests_name("backup", tests, start, stop);
}
