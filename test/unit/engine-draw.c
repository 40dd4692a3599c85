/* Draws: on what they fall, what is entered, and that nobody can say otherwise afterwards. */
#include "setting.h"
#include "engine/draw.h"

#include "engine/replay.h"
#include "engine/verify.h"
#include "keys-pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LOANS 80
#define ONE_IN 4

static const struct keys_change changes[] = {
    {"registers/loans.yaml", "  - {id: note,", "  - {id: drawn_on, title: {ja: 抽出日, en: Drawn on}, type: day, clauses: [K-5]}\n  - {id: note,"},
    {"procedures/loans.yaml", "obligations:\n",
     "obligations:\n  - {id: draw, title: {ja: 抽出, en: Draw}, while: [out], due: ends_on, draw: {one_in: 4}, met_by: {field: note, one_of: [left out]},\n"
     "     missed: [{set: {drawn_on: today}}], clauses: [K-5]}\n"},
};
/* One that may be judged by. */
static const struct keys_change open_note = {"registers/loans.yaml", "type: text, addition", "type: text, index: yes, addition"};

struct fixture {
    struct diag diag;
    char *dir;
    struct pack *pack;
    struct force *force;
    struct scenario_play *play, *other;
    struct store *store;
};

static uint64_t at(const char *text)
{
    uint64_t us;

    assert_int_equal(instant_parse(str_of(text), &us), 0);
    return us;
}

static int open_fixture(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));
    struct keys_change all[] = {changes[0], open_note, changes[1]};
    char path[128];

    if (!x || crypto_start())
        return -1;
    diag_init(&x->diag);
    x->dir = keys_pack_make(all, ARRAY_LEN(all));
    snprintf(path, sizeof(path), "%s/force", x->dir);
    if (pack_load_dir(x->dir, &x->pack, &x->diag) || force_load_dir(path, &x->force, &x->diag) ||
        scenario_play_open(":memory:", x->pack, x->force, &x->play, &x->diag) ||
        scenario_play_open(":memory:", x->pack, x->force, &x->other, &x->diag)) {
        print_error("%s\n", diag_first(&x->diag));
        return -1;
    }
    x->store = scenario_play_store(x->play);
    *state = x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    scenario_play_close(x->other);
    force_unref(x->force);
    pack_unref(x->pack);
    keys_pack_remove(x->dir);
    diag_done(&x->diag);
    free(x);
    return 0;
}

/* ---- doing ---- */

static json_t *act(struct fixture *x, const char *person, const char *step, const char *record, json_t *with, const char *now)
{
    struct act a = {.person = person, .reg = "loans", .step = step, .record = record, .with = with, .signs = "", .now_us = at(now)};
    json_t *o = NULL;

    setting_begin(x->play);
    assert_int_equal(engine_act(scenario_play_engine(x->play), scenario_play_log(x->play), &a, &o), 0);
    setting_commit(x->play);
    json_decref(with);
    assert_string_equal(json_str(o, "result"), "allowed");
    return o;
}

static void lend(struct fixture *x, unsigned key, const char *ends_on, const char *note)
{
    char name[16];
    JSON_AUTO *made = NULL, *lent = NULL;

    snprintf(name, sizeof(name), "%u", key);
    made = act(x, "B", "apply", "", json_pack("{s:s, s:s, s:s, s:s}", "key", name, "starts_on", "2026-01-10", "ends_on", ends_on, "note", note), "2026-01-10T09:00");
    lent = act(x, "A", "decide", json_str(made, "record"), NULL, "2026-01-10T09:00");
}

static void tick(struct fixture *x, const char *now)
{
    bool more = true;

    while (more) {
        setting_begin(x->play);
        assert_int_equal(engine_tick(scenario_play_engine(x->play), scenario_play_log(x->play), at(now), 7, &more, &x->diag), 0);
        setting_commit(x->play);
    }
    assert_int_equal(x->diag.n_errors, 0);
}

/* ---- looking ---- */

struct found {
    size_t n, n_drawn;
    int64_t shard, size; /* of the last one */
};

/* All entries of draws in a shard, each reckoned here by hand. */
static struct found look(struct fixture *x, int64_t shard)
{
    struct found f = {0};
    ROWS_AUTO *rows = NULL;

    assert_int_equal(STORE_QUERY(x->store, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(0), V_INT(100000)), 0);
    while (rows_next(rows) == 1) {
        JSON_AUTO *o = NULL;
        struct leaf leaf;
        const json_t *draw;
        struct digest root, d;
        enum message_key why = MESSAGE_COUNT;
        char bytes[64];
        size_t n;

        assert_int_equal(leaf_parse(rows_blob(rows, 2), &leaf, &o, NULL), 0);
        if (!(draw = json_obj(leaf.in, "draw")))
            continue;
        assert_string_equal(leaf.act, "timer/loans!draw");
        assert_string_equal(leaf.result, "recorded");
        assert_int_equal(json_int(draw, "one_in"), ONE_IN);
        assert_int_equal(hex_parse(str_of(json_str(draw, "root")), &root, sizeof(root)), 0);
        memcpy(bytes, root.bytes, sizeof(root.bytes));
        n = sizeof(root.bytes) + (size_t)snprintf(bytes + sizeof(root.bytes), sizeof(bytes) - sizeof(root.bytes), "%s", leaf.case_id);
        d = sha256((struct str){bytes, n});
        assert_int_equal(d.bytes[0] < 256 / ONE_IN, json_flag(draw, "drawn"));
        assert_int_equal(leaf.obj != NULL, json_flag(draw, "drawn")); /* what it falls on is changed, nothing else */
        assert_int_equal(draw_check(x->store, &leaf, &why), 0);
        f.n++;
        f.n_drawn += json_flag(draw, "drawn");
        f.shard = json_int(draw, "shard");
        f.size = json_int(draw, "size");
    }
    return f;
}

static size_t count_drawn(struct store *s, const char *day)
{
    ROWS_AUTO *rows = NULL;
    char part[64];
    size_t n = 0;

    snprintf(part, sizeof(part), "\"drawn_on\":\"%s\"", day);
    assert_int_equal(STORE_QUERY(s, &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(100000)), 0);
    while (rows_next(rows) == 1)
        n += strstr(rows_text(rows, 12), part) != NULL;
    return n;
}

static int verify(struct fixture *x)
{
    struct verify_summary sum;

    return verify_installation(x->store, NULL, NULL, &sum, &x->diag);
}

/* ---- tests ---- */

/* By another program: sha256(bytes 0 to 31, then the id). */
static void it_falls_by_the_root_and_the_record(void **state)
{
    static const struct {
        const char *record;
        uint32_t least; /* of 1 in so many it falls, of 1 in one more it does not */
    } known[] = {{"KL-2026-0001", 1}, {"KL-2026-0006", 15}, {"KL-2026-0010", 16}, {"KL-2026-0018", 10}, {"KL-2026-0047", 289}, {"KL-2026-0328", 928}};
    struct digest root;

    (void)state;
    for (uint8_t i = 0; i < sizeof(root.bytes); i++)
        root.bytes[i] = i;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        assert_true(draw_falls(&root, known[i].record, known[i].least));
        assert_false(draw_falls(&root, known[i].record, known[i].least + 1));
        assert_true(draw_falls(&root, known[i].record, 1));
        assert_false(draw_falls(&root, known[i].record, 0));
        assert_false(draw_falls(&root, known[i].record, DRAW_ONE_IN_MAX));
    }
}

static void one_in_four_is_drawn_and_all_is_entered(void **state)
{
    struct fixture *x = *state;
    struct found f;

    for (unsigned i = 0; i < LOANS; i++)
        lend(x, i, "2026-12-31", "x");
    for (unsigned i = 0; i < 5; i++)
        lend(x, LOANS + i, "2026-12-31", "left out");
    lend(x, LOANS + 5, "2026-06-30", "x");
    tick(x, "2026-06-30T23:59:59");
    f = look(x, 2026);
    assert_int_equal(f.n, 0);
    tick(x, "2026-07-01T00:00:00");
    f = look(x, 2026);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.shard, 2026);
    assert_int_equal(f.size, 2 * (LOANS + 6) + 1); /* all acts behind the shard's first entry, and no timer of that midnight */
    tick(x, "2027-01-01T00:00:00"); /* of two shards, the one that the day lay in */
    f = look(x, 2027);
    assert_int_equal(f.n, LOANS);
    assert_int_equal(f.shard, 2026);
    assert_in_range(f.n_drawn, 1, LOANS - 1);
    assert_int_equal(count_drawn(x->store, "2027-01-01"), f.n_drawn);
    tick(x, "2027-03-01T00:00:00");
    assert_int_equal(look(x, 2027).n, LOANS);
    assert_int_equal(verify(x), 0);
    assert_int_equal(x->diag.n_errors, 0);
}

static void replay_draws_the_same(void **state)
{
    struct fixture *x = *state;

    if (engine_replay(x->store, scenario_play_engine(x->other), &x->diag))
        fail_msg("%s", diag_first(&x->diag));
    assert_int_equal(count_drawn(scenario_play_store(x->other), "2027-01-01"), count_drawn(x->store, "2027-01-01"));
}

/* Whoever holds the key enters it in good order: the tree is sound, and only the draw is not. */
static void enter_false(struct fixture *x, const struct draw *d, const char *record, const char *due)
{
    JSON_AUTO *in = json_pack("{s:s}", "part", "draw");
    struct log_leaf leaf = {.act = "timer/loans!draw", .case_id = record, .from = "", .to = "", .label = "", .rules = "", .result = "recorded", .in = in, .due_us = at(due)};
    struct log_place place;

    assert_int_equal(draw_put(d, in), 0);
    setting_begin(x->play);
    assert_int_equal(log_append(scenario_play_log(x->play), &leaf, at("2027-04-01T12:00"), &place, &x->diag), 0);
    setting_commit(x->play);
}

static void what_a_false_entry_says_is_found(void **state)
{
    struct fixture *x = *state;
    struct draw d;
    struct {
        const char *due, *words;
        int64_t shard;
        uint64_t less;
        uint32_t one_in;
        bool is_turned, is_other_root;
    } bad[] = {
        {"2027-03-02T00:00", "by another moment", 0, 1, ONE_IN, false, false},
        {"2027-03-02T00:00", "by another moment", -1, 0, ONE_IN, false, false},
        {"2027-03-02T00:00", "by another root", 0, 0, ONE_IN, false, true},
        {"2027-03-02T00:00", "it says that", 0, 0, ONE_IN, true, false},
        {"2027-03-02T00:01", "at the end of a day", 0, 0, ONE_IN, false, false},
        {"2027-03-02T00:00", "one in a number", 0, 0, DRAW_ONE_IN_MAX + 1, false, false},
        {"2020-03-02T00:00", "nothing was entered before", 0, 0, ONE_IN, false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(draw_make(x->store, at("2027-03-02T00:00"), "KL-2026-0001", ONE_IN, &d), 0);
        d.shard += bad[i].shard;
        d.size -= bad[i].less;
        d.one_in = bad[i].one_in;
        d.is_drawn ^= bad[i].is_turned;
        d.root.bytes[31] ^= bad[i].is_other_root;
        enter_false(x, &d, "KL-2026-0001", bad[i].due);
        diag_clear(&x->diag);
        assert_int_equal(verify(x), VERIFY_E_DAMAGED);
        assert_int_equal(x->diag.n_errors, i + 1); /* those before, too */
        assert_non_null(strstr(x->diag.entries[i].message, bad[i].words));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_falls_by_the_root_and_the_record), cmocka_unit_test(one_in_four_is_drawn_and_all_is_entered),
        cmocka_unit_test(replay_draws_the_same), cmocka_unit_test(what_a_false_entry_says_is_found),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
