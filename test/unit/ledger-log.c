/* The log in the store: order, shards, marks, tiles, proofs, tampering; on a directory, in memory and on PostgreSQL. */
#include "base/file.h"
#include "ledger/checkpoint.h"
#include "ledger/leaf.h"
#include "ledger/log.h"
#include "ledger/tree.h"
#include "store-place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static const uint8_t seed[LOG_SEED_SIZE] = {1, 2, 3};

struct world {
    struct store *store;
    struct log *log;
    struct diag diag;
};

static void world_open(void **state, struct world *w)
{
    const char *db = place_fresh(*state);

    diag_init(&w->diag);
    assert_non_null(db);
    if (store_create(db, &w->store, &w->diag))
        fail_msg("%s", diag_first(&w->diag));
    OK(store_begin(w->store));
    OK(STORE_RUN(w->store, STMT_META_SET, V_TEXT("origin"), V_TEXT("force.example/main")));
    OK(store_commit(w->store));
    OK(log_open(w->store, seed, &w->log, &w->diag));
}

static void world_close(struct world *w)
{
    log_close(w->log);
    store_close(w->store);
    diag_done(&w->diag);
}

static void add(struct world *w, const char *act, uint64_t t_us, struct log_place *ret)
{
    JSON_AUTO *actor = json_pack("{s:s}", "id", "p1"), *in = json_pack("{s:s}", "note", "x");
    struct log_leaf leaf = {.act = act, .case_id = "", .from = "", .to = "", .label = "", .rules = "",
                            .result = "recorded", .in = in, .actor = actor};
    struct log_place place;

    OK(log_append(w->log, &leaf, t_us, ret ? ret : &place, &w->diag));
}

static void add_many(struct world *w, unsigned n, uint64_t t_us)
{
    OK(store_begin(w->store));
    OK(log_begin(w->log));
    for (unsigned i = 0; i < n; i++)
        add(w, "test/act", t_us, NULL);
    OK(log_end(w->log));
    OK(store_commit(w->store));
}

static uint64_t at(const char *text)
{
    uint64_t t;

    OK(instant_parse(str_of(text), &t));
    return t;
}

static void test_opens_a_shard_and_keeps_order(void **state)
{
    struct world w = {0};
    struct log_place place;
    int64_t shard;
    uint64_t size;

    world_open(state, &w);
    OK(store_begin(w.store));
    OK(log_begin(w.log));
    add(&w, "test/one", at("2026-04-01T09:00"), &place);
    assert_int_equal(place.shard, 2026);
    assert_int_equal(place.seq, 1); /* behind system/shard */
    add(&w, "test/two", at("2026-03-01T09:00"), &place);
    assert_int_equal(place.t_us, at("2026-04-01T09:00")); /* never back */
    OK(log_end(w.log));
    OK(store_commit(w.store));
    log_head(w.log, &shard, &size);
    assert_int_equal(shard, 2026);
    assert_int_equal(size, 3);
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    world_close(&w);
}

static void test_the_year_turns_in_japan(void **state)
{
    struct world w = {0};
    struct log_place place;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *json = NULL;
    struct leaf leaf;

    world_open(state, &w);
    add_many(&w, 3, at("2026-12-31T23:59:59"));
    OK(store_begin(w.store));
    OK(log_begin(w.log));
    add(&w, "test/new-year", at("2026-12-31T15:00:00Z"), &place);
    assert_int_equal(place.shard, 2027);
    assert_int_equal(place.seq, 1);
    OK(log_end(w.log));
    OK(store_commit(w.store));
    OK(STORE_ONE(w.store, &row, STMT_ENTRY_GET, V_INT(2027), V_INT(0)));
    OK(leaf_parse(rows_blob(row, 1), &leaf, &json, &w.diag));
    assert_string_equal(leaf.act, "system/shard");
    assert_string_equal(json_str(leaf.in, "prev_origin"), "force.example/main/2026");
    assert_int_equal(json_int(leaf.in, "prev_size"), 4);
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    OK(log_verify_shard(w.store, 2027, NULL, NULL, &w.diag));
    assert_int_equal(log_verify_shard(w.store, 2025, NULL, NULL, &w.diag), LOG_E_NONE);
    world_close(&w);
}

/* Whoever knows the rest of an entry, its instant among it, cannot tell from the open hash of its leaf whether it was made. */
static void test_the_same_at_the_same_instant_has_another_leaf(void **state)
{
    struct world w = {0};
    struct log_place place;
    char salts[2][2 * LEAF_BLIND_SIZE + 1];

    world_open(state, &w);
    OK(store_begin(w.store));
    OK(log_begin(w.log));
    for (size_t i = 0; i < 2; i++)
        add(&w, "test/refused", at("2026-04-01T09:00"), &place);
    OK(log_end(w.log));
    OK(store_commit(w.store));
    for (size_t i = 0; i < 2; i++) {
        ROWS_AUTO *row = NULL;
        JSON_AUTO *json = NULL;
        CLEANUP(buf_done) struct buf bytes;
        struct digest guessed, entered;
        struct leaf leaf;

        buf_init(&bytes, LEAF_MAX);
        OK(STORE_ONE(w.store, &row, STMT_ENTRY_GET, V_INT(2026), V_INT(i + 1)));
        entered = tree_leaf_hash(rows_blob(row, 1));
        OK(leaf_parse(rows_blob(row, 1), &leaf, &json, &w.diag));
        assert_int_equal(strlen(leaf.salt), sizeof(salts[i]) - 1);
        snprintf(salts[i], sizeof(salts[i]), "%s", leaf.salt);
        OK(leaf_print(&leaf, &bytes, NULL));
        guessed = tree_leaf_hash(buf_str(&bytes));
        assert_true(digest_eq(&guessed, &entered));
        for (size_t k = 0; k < 2; k++) {
            leaf.salt = k ? "00000000000000000000000000000000" : "";
            buf_clear(&bytes);
            OK(leaf_print(&leaf, &bytes, NULL));
            guessed = tree_leaf_hash(buf_str(&bytes));
            assert_false(digest_eq(&guessed, &entered));
        }
    }
    assert_string_not_equal(salts[0], salts[1]);
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    world_close(&w);
}

static void test_an_act_is_undone_without_its_neighbours(void **state)
{
    struct world w = {0};
    struct log_place place;

    world_open(state, &w);
    OK(store_begin(w.store));
    OK(log_begin(w.log));
    add(&w, "test/kept", at("2026-04-01T09:00"), NULL);
    OK(store_savepoint(w.store));
    log_mark(w.log);
    add(&w, "test/undone", at("2026-04-01T09:00"), &place);
    log_back(w.log);
    OK(store_back_to(w.store));
    add(&w, "test/after", at("2026-04-01T09:00"), &place);
    assert_int_equal(place.seq, 2);
    OK(log_end(w.log));
    OK(store_commit(w.store));
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    world_close(&w);
}

static void test_a_lost_batch_leaves_the_head(void **state)
{
    struct world w = {0};
    int64_t shard;
    uint64_t size;

    world_open(state, &w);
    add_many(&w, 5, at("2026-04-01T09:00"));
    OK(store_begin(w.store));
    OK(log_begin(w.log));
    add(&w, "test/lost", at("2026-04-01T10:00"), NULL);
    store_rollback(w.store);
    log_forget(w.log);
    add_many(&w, 1, at("2026-04-01T11:00"));
    log_head(w.log, &shard, &size);
    assert_int_equal(size, 7);
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    world_close(&w);
}

static void test_proofs_from_the_store_lead_to_the_signed_root(void **state)
{
    struct world w = {0};
    CLEANUP(log_source_donep) struct log_source *src = NULL;
    CLEANUP(buf_done) struct buf note, vkey;
    struct tree_source source;
    struct note_key key;
    struct checkpoint cp;
    struct digest old_root;

    world_open(state, &w);
    buf_init(&note, 65536);
    buf_init(&vkey, 1024);
    add_many(&w, 300, at("2026-04-01T09:00"));
    OK(log_source_new(w.store, 2026, &src));
    source = log_source_tree(src);
    OK(tree_source_root(&source, 301, &old_root));
    log_source_done(src);
    add_many(&w, 700, at("2026-04-02T09:00"));
    OK(log_checkpoint(w.log, &note));
    OK(log_vkey(w.log, 2026, &vkey));
    OK(note_key_parse(buf_str(&vkey), &key));
    OK(checkpoint_open(buf_str(&note), &key, 1, &cp, NULL));
    assert_int_equal(cp.size, 1001);
    OK(log_source_new(w.store, 2026, &src));
    source = log_source_tree(src);
    for (uint64_t i = 0; i < cp.size; i += 37) {
        ROWS_AUTO *row = NULL;
        struct tree_proof proof;
        struct digest leaf;

        OK(STORE_ONE(w.store, &row, STMT_ENTRY_GET, V_INT(2026), V_INT(i)));
        leaf = tree_leaf_hash(rows_blob(row, 1));
        OK(tree_prove_inclusion(&source, i, cp.size, &proof));
        OK(tree_verify_inclusion(&leaf, i, cp.size, proof.at, proof.n, &cp.root));
    }
    struct tree_proof proof;
    OK(tree_prove_consistency(&source, 301, cp.size, &proof));
    OK(tree_verify_consistency(301, cp.size, &old_root, &cp.root, proof.at, proof.n));
    world_close(&w);
}

/* What an operator with the database file could do. */
static void tamper(struct place *place, const char *sql)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/tsujiban.db", place->db);
    OK(sqlite3_open(path, &db));
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void expect_named(struct world *w, int64_t shard, const char *want)
{
    assert_int_equal(log_verify_shard(w->store, shard, NULL, NULL, &w->diag), LOG_E_DAMAGED);
    for (size_t i = 0; i < w->diag.n; i++)
        if (strstr(w->diag.entries[i].message, want))
            return;
    fail_msg("no finding \"%s\"; first: %s", want, diag_first(&w->diag));
}

static void expect_finding_of(void **state, unsigned n, const char *sql, const char *want)
{
    struct world w = {0};

    world_open(state, &w);
    add_many(&w, n, at("2026-04-01T09:00"));
    OK(log_verify_shard(w.store, 2026, NULL, NULL, &w.diag));
    tamper(*state, sql);
    expect_named(&w, 2026, want);
    world_close(&w);
}

static void expect_finding(void **state, const char *sql, const char *want)
{
    expect_finding_of(state, 20, sql, want);
}

static void test_tampering_is_found_and_named(void **state)
{
    expect_finding(state, "UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"x\"', '\"y\"') AS BLOB) WHERE seq = 7",
                   "entry 7: altered");
    expect_finding(state, "DELETE FROM entry WHERE seq = 9", "entry 9: removed");
    expect_finding(state, "DELETE FROM entry WHERE seq = 20", "entry 20: removed");
    expect_finding(state, "UPDATE entry SET seq = seq + 1000 WHERE seq IN (3, 4);"
                          "UPDATE entry SET seq = 1007 - seq WHERE seq > 1000", "entry 3: reordered");
    expect_finding(state, "UPDATE head SET root = zeroblob(32)", "root");
    expect_finding(state, "UPDATE head SET frontier = zeroblob(length(frontier))", "frontier");
    expect_finding(state, "UPDATE head SET last_us = last_us + 1", "last time");
    expect_finding(state, "INSERT INTO entry SELECT shard, 5000, t_us, leaf, hash FROM entry WHERE seq = 20",
                   "entries outside of its head");
    expect_finding(state, "INSERT INTO entry SELECT shard, -1, t_us, leaf, hash FROM entry WHERE seq = 20",
                   "entries outside of its head");
}

/* A level above that still fits must not hide what lies below: proofs are read from there, too. */
static void test_tampering_with_tiles(void **state)
{
    expect_finding_of(state, 300,
                      "INSERT INTO tile(shard, level, n, hashes) SELECT shard, 1, 0, substr(frontier, 9, 32) FROM head;"
                      "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0",
                      "tile 0/0: altered");
    expect_finding_of(state, 300,
                      "INSERT INTO tile(shard, level, n, hashes) SELECT shard, 1, 0, substr(frontier, 9, 32) FROM head;"
                      "DELETE FROM tile WHERE level = 0",
                      "tile 0/0: removed");
}

static void two_years(void **state, struct world *w)
{
    world_open(state, w);
    add_many(w, 3, at("2026-12-31T12:00:00"));
    add_many(w, 3, at("2027-01-01T12:00:00"));
    OK(log_verify_shard(w->store, 2027, NULL, NULL, &w->diag));
}

/* Each year names the end of the one before, so that no year can be taken away or written anew by itself. */
static void test_tampering_with_years(void **state)
{
    static const char *const wrong[] = {
        "UPDATE head SET size = size - 1 WHERE shard = 2026",
        "UPDATE head SET root = zeroblob(32) WHERE shard = 2026",
        "UPDATE head SET origin = 'other/2026' WHERE shard = 2026",
        "DELETE FROM head WHERE shard = 2026",
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct world w = {0};

        two_years(state, &w);
        tamper(*state, wrong[i]);
        expect_named(&w, 2027, "broken chain");
        world_close(&w);
    }
    struct world w = {0};

    two_years(state, &w);
    tamper(*state, "UPDATE entry SET shard = 2028 WHERE shard = 2027; UPDATE head SET shard = 2028 WHERE shard = 2027");
    expect_named(&w, 2028, "entry 1: wrong year");
    world_close(&w);
}

static void test_exports_what_a_stranger_can_read(void **state)
{
    struct world w = {0};
    CLEANUP(buf_done) struct buf note, vkey, file;
    const char *dir = place_file(*state, "export");
    char path[256];

    world_open(state, &w);
    buf_init(&note, 65536);
    buf_init(&vkey, 1024);
    buf_init(&file, 1 << 20);
    add_many(&w, 299, at("2026-04-01T09:00"));
    OK(log_checkpoint_of(w.log, 2026, &note));
    OK(log_vkey(w.log, 2026, &vkey));
    if (log_export_shard(w.store, 2026, dir, buf_str(&note), buf_str(&vkey), &w.diag))
        fail_msg("%s", diag_first(&w.diag));
    snprintf(path, sizeof(path), "%s/2026/tile/0/000", dir);
    OK(file_read(path, 1 << 20, &file, NULL));
    assert_int_equal(file.len, 8192);
    snprintf(path, sizeof(path), "%s/2026/tile/entries/001.p/44", dir);
    OK(access(path, R_OK));
    world_close(&w);
}

static struct place places[] = {{.kind = PLACE_DIR}, {.kind = PLACE_MEMORY}, {.kind = PLACE_POSTGRES}};

#define EVERYWHERE(test)                                                                           \
    {"directory: " #test, test, NULL, NULL, &places[0]}, {"memory: " #test, test, NULL, NULL, &places[1]},          \
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERYWHERE(test_opens_a_shard_and_keeps_order),
        EVERYWHERE(test_the_year_turns_in_japan),
        EVERYWHERE(test_the_same_at_the_same_instant_has_another_leaf),
        EVERYWHERE(test_an_act_is_undone_without_its_neighbours),
        EVERYWHERE(test_a_lost_batch_leaves_the_head),
        EVERYWHERE(test_proofs_from_the_store_lead_to_the_signed_root),
        EVERYWHERE(test_exports_what_a_stranger_can_read),
        {"directory: test_tampering_is_found_and_named", test_tampering_is_found_and_named, NULL, NULL, &places[0]},
        {"directory: test_tampering_with_tiles", test_tampering_with_tiles, NULL, NULL, &places[0]},
        {"directory: test_tampering_with_years", test_tampering_with_years, NULL, NULL, &places[0]},
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("ledger-log", tests, start_all, stop_all);
}
