/* Fields of type `secret`: the story of them; that nothing but a name of the hash stands anywhere; what a judgement is bound to; what is verified, disposed of
 * and brought back by replay; on SQLite and on a real PostgreSQL. ENGINE_PACK names the pack. */
#include "setting.h"
#include "engine/secret.h"
#include "engine/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOOD "hotaru no yado 42"
#define BETTER "kawa no nagare 7 hon"

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    struct store *store;
    struct engine *engine;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), true);
    *state = &x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    setting_close(&x->setting);
    return 0;
}

static void play_story(struct fixture *x, bool on_server)
{
    x->play = setting_play(&x->setting, on_server, "s-secrets");
    x->store = scenario_play_store(x->play);
    x->engine = scenario_play_engine(x->play);
}

/* ---- acts ---- */

static struct act act_of(struct fixture *x, const char *person, const char *name)
{
    return (struct act){.person = person, .reg = "logins", .step = "set", .record = scenario_play_record(x->play, name), .signs = "", .now_us = scenario_play_now(x->play)};
}

static json_t *judge(struct fixture *x, const char *person, const char *name, const char *typed)
{
    struct act act = act_of(x, person, name);
    json_t *judged = NULL;

    assert_int_equal(engine_secret_judge(x->engine, &act, typed, PASSWORD_PLAYED, &judged), 0);
    return judged;
}

static json_t *acts(struct fixture *x, const struct act *act)
{
    return setting_act(x->play, act);
}

/* `judged` is taken. */
static void sets(struct fixture *x, const char *person, const char *name, json_t *judged, const char *result)
{
    struct act act = act_of(x, person, name);
    json_t *outcome;

    act.secret_judged = judged;
    outcome = acts(x, &act);
    if (strcmp(json_str(outcome, "result"), result) != 0)
        fail_msg("%s on %s: %s instead of %s", person, name, json_str(outcome, "result"), result);
    json_decref(outcome);
    json_decref(judged);
}

static uint64_t entries(struct fixture *x)
{
    ROWS_AUTO *rows = NULL;

    assert_int_equal(STORE_ONE(x->store, &rows, STMT_HEAD_GET, V_INT(2026)), 0);
    return (uint64_t)rows_int(rows, 1);
}

/* ---- what a judgement says ---- */

/* Whoever may not set it, or types what is refused anyhow, learns of no equality and costs no hash. */
static void compares_where_it_counts(struct fixture *x)
{
    json_t *judged = judge(x, "A", "ONE", GOOD);

    assert_int_equal(json_object_size(json_obj(judged, "same")), 3); /* its own one, TWO's and DESK's */
    assert_int_equal(strncmp(json_str(judged, "hash"), "$argon2id$", 10), 0);
    assert_int_equal(json_int(judged, "length"), strlen(GOOD));
    json_decref(judged);
    judged = judge(x, "B", "ONE", "kumo ni kakehashi");
    assert_null(json_object_get(judged, "same"));
    assert_null(json_object_get(judged, "hash"));
    json_decref(judged);
    judged = judge(x, "A", "ONE", "password1234");
    assert_true(json_flag(judged, "common"));
    assert_null(json_object_get(judged, "hash"));
    json_decref(judged);
    judged = judge(x, "A", "ONE", "Uketsuke-Ko-2026");
    assert_true(json_flag(judged, "named"));
    json_decref(judged);
    judged = judge(x, "A", "ONE", "");
    assert_false(json_flag(judged, "fit"));
    json_decref(judged);
}

/* Of two that were judged before either was set, the second is to be judged anew; so is what was judged when it was not allowed, and what somebody says by himself. */
static void holds_for_what_it_was_compared_with(struct fixture *x)
{
    json_t *first = judge(x, "A", "ONE", GOOD), *second = judge(x, "A", "TWO", GOOD), *again = judge(x, "A", "ONE", BETTER);
    uint64_t before;

    sets(x, "A", "ONE", first, "allowed");
    before = entries(x);
    sets(x, "A", "TWO", second, "stale");
    sets(x, "A", "ONE", again, "stale");
    sets(x, "A", "ONE", json_pack("{s:b, s:i}", "fit", 1, "length", 20), "stale");
    sets(x, "A", "ONE", json_pack("{s:b, s:i, s:{}, s:s}", "fit", 1, "length", 20, "same", "hash", "$argon2id$v=19$m=8,t=1,p=1$x$y"), "stale");
    assert_int_equal(entries(x), before);
    sets(x, "A", "TWO", judge(x, "A", "TWO", GOOD), "forbidden");
    sets(x, "A", "ONE", judge(x, "A", "ONE", GOOD), "forbidden");
}

/* Though one was set, the form of another one is open: nothing stands in the way before it is typed. */
static void is_open_before_it_is_typed(struct fixture *x)
{
    json_t *steps = NULL;
    size_t n = 0;

    assert_int_equal(engine_steps(x->engine, "A", "logins", scenario_play_record(x->play, "ONE"), scenario_play_now(x->play), &steps), 0);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *one = json_array_get(steps, i);

        if (strcmp(json_str(one, "step"), "set") != 0)
            continue;
        assert_string_equal(json_str(one, "result"), "open");
        n++;
    }
    assert_int_equal(n, 1);
    json_decref(steps);
}

/* Twelve are remembered; what comes behind them is forgotten. */
static void remembers_so_many(struct fixture *x)
{
    char text[64];
    struct record *r;
    struct stage sc;
    json_t *aside = NULL;

    for (unsigned i = 0; i < SECRET_FORMER_MAX; i++) {
        snprintf(text, sizeof(text), "umi no iro %c%c to oto", 'a' + i, 'k' + i);
        sets(x, "A", "ONE", judge(x, "A", "ONE", text), "allowed");
    }
    sets(x, "A", "ONE", judge(x, "A", "ONE", "umi no iro ak to oto"), "forbidden");
    assert_int_equal(stage_open(&sc, x->engine, "A", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, scenario_play_record(x->play, "ONE"), &r), 0);
    assert_int_equal(record_open_aside(x->store, r, SECRET_SEALED, &aside), 0);
    assert_int_equal(json_array_size(json_arr(aside, "word")), SECRET_FORMER_MAX);
    json_decref(aside);
    stage_done(&sc);
    sets(x, "A", "ONE", judge(x, "A", "ONE", GOOD), "allowed");
}

/* More than so many are refused, not passed over. */
static void compares_so_many(struct fixture *x)
{
    uint64_t before;

    for (unsigned i = 0; i < SECRET_COMPARED_MAX; i++) {
        struct act act = {.person = "M", .reg = "logins", .step = "open", .record = "", .signs = "", .now_us = scenario_play_now(x->play)};
        char name[32], text[64];
        json_t *outcome, *judged = NULL;

        snprintf(name, sizeof(name), "more%u", i);
        act.with = json_pack("{s:s, s:s}", "login", name, "who", "C");
        outcome = acts(x, &act);
        json_decref(act.with);
        snprintf(text, sizeof(text), "%c mori no kage %c", 'a' + i % 20, 'b' + i % 23);
        act = (struct act){.person = "C", .reg = "logins", .step = "set", .record = json_str(outcome, "record"), .signs = "", .now_us = scenario_play_now(x->play)};
        assert_int_equal(engine_secret_judge(x->engine, &act, text, PASSWORD_PLAYED, &judged), 0);
        act.secret_judged = judged;
        json_decref(acts(x, &act));
        json_decref(judged);
        json_decref(outcome);
    }
    before = entries(x);
    sets(x, "C", "DESK", judge(x, "C", "DESK", GOOD), "invalid");
    assert_int_equal(entries(x), before);
}

/* ---- where it stands ---- */

static bool holds(struct str where, const char *text)
{
    return where.len && memmem(where.at, where.len, text, strlen(text)) != NULL;
}

static void is_nowhere(struct fixture *x, const char *text)
{
    ROWS_AUTO *list = NULL;
    ROWS_AUTO *records = NULL;
    ROWS_AUTO *sealed = NULL;
    size_t n = 0, named = 0;

    assert_int_equal(STORE_QUERY(x->store, &list, STMT_ENTRY_RANGE, V_INT(2026), V_INT(0), V_INT(10000)), 0);
    for (; rows_next(list) == 1; n++) {
        assert_false(holds(rows_blob(list, 2), text) || holds(rows_blob(list, 2), "argon2"));
        named += holds(rows_blob(list, 2), SECRET_MARK);
    }
    assert_true(n > 20 && named > 5);
    assert_int_equal(STORE_QUERY(x->store, &records, STMT_RECORD_ALL, V_TEXT(""), V_INT(10000)), 0);
    for (n = 0; rows_next(records) == 1; n++)
        assert_false(holds(rows_str(records, 12), text) || holds(rows_str(records, 12), "argon2"));
    assert_true(n >= 6);
    assert_int_equal(STORE_QUERY(x->store, &sealed, STMT_PERSONAL_LIST, V_TEXT(scenario_play_record(x->play, "ONE"))), 0);
    for (n = 0; rows_next(sealed) == 1; n++)
        assert_false(holds(rows_blob(sealed, 1), text) || holds(rows_blob(sealed, 1), "argon2"));
    assert_int_equal(n, 1);
}

/* With the record's key alone no hash is opened. */
static void is_sealed_twice(struct fixture *x)
{
    struct record *r;
    struct stage sc;
    json_t *aside = NULL;
    char *text;

    assert_int_equal(stage_open(&sc, x->engine, "A", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, scenario_play_record(x->play, "ONE"), &r), 0);
    assert_int_equal(record_open_aside(x->store, r, SECRET_SEALED, &aside), 0);
    text = json_dumps(aside, 0);
    assert_non_null(text);
    assert_null(strstr(text, "argon2"));
    assert_non_null(strstr(text, SECRET_MARK));
    free(text);
    json_decref(aside);
    stage_done(&sc);
}

static bool verifies(struct fixture *x)
{
    struct verify_summary sum;

    diag_clear(&x->setting.diag);
    return !verify_installation(x->store, NULL, NULL, &sum, &x->setting.diag);
}

static void told(struct fixture *x, const char *text)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_int_equal(diag_print(&x->setting.diag, &out), 0);
    if (!strstr(out.at ? out.at : "", text))
        fail_msg("\"%s\" is not told: %s", text, out.at ? out.at : "");
    buf_done(&out);
}

/* Sealed for another record, another one in its place, then nothing. */
static void is_held_against_its_name(struct fixture *x)
{
    const char *one = scenario_play_record(x->play, "ONE"), *two = scenario_play_record(x->play, "TWO");
    char commit[2 * SHA256_SIZE + 1];
    struct record *r, *other;
    struct stage sc;
    json_t *mine = NULL, *his = NULL, *swapped;

    assert_true(verifies(x));
    assert_int_equal(stage_open(&sc, x->engine, "A", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, one, &r), 0);
    assert_int_equal(stage_record(&sc, two, &other), 0);
    assert_int_equal(record_open_aside(x->store, r, SECRET_SEALED, &mine), 0);
    assert_int_equal(record_open_aside(x->store, other, SECRET_SEALED, &his), 0);
    for (int i = 0; i < 2; i++) { /* another record's; the former one before the one that counts */
        swapped = i ? json_deep_copy(mine) : json_incref(his);
        if (i)
            assert_int_equal(json_array_remove(json_arr(swapped, "word"), 0), 0);
        assert_int_equal(store_begin(x->store), 0);
        assert_int_equal(record_seal_aside(x->store, r, SECRET_SEALED, swapped, commit), 0);
        assert_int_equal(store_commit(x->store), 0);
        json_decref(swapped);
        assert_false(verifies(x));
        told(x, one);
        told(x, "another one");
    }
    assert_int_equal(store_begin(x->store), 0);
    assert_int_equal(STORE_RUN(x->store, STMT_PERSONAL_DROP_FIELD, V_TEXT(one), V_TEXT(SECRET_SEALED)), 0);
    assert_int_equal(store_commit(x->store), 0);
    assert_false(verifies(x));
    told(x, "sealed no more");
    assert_int_equal(store_begin(x->store), 0);
    assert_int_equal(record_seal_aside(x->store, r, SECRET_SEALED, mine, commit), 0);
    assert_int_equal(store_commit(x->store), 0);
    assert_true(verifies(x));
    json_decref(mine);
    json_decref(his);
    stage_done(&sc);
}

/* With its record the hash goes, and is compared with nothing more. */
static void goes_with_its_record(struct fixture *x)
{
    const char *one = scenario_play_record(x->play, "ONE");
    uint8_t key[VAULT_KEY_SIZE];
    ROWS_AUTO *sealed = NULL;
    struct record *r;
    struct stage sc;

    assert_int_equal(stage_open(&sc, x->engine, "A", scenario_play_now(x->play)), 0);
    assert_int_equal(stage_record(&sc, one, &r), 0);
    assert_int_equal(store_begin(x->store), 0);
    assert_int_equal(record_dispose(x->store, r, scenario_play_now(x->play)), 0);
    assert_int_equal(store_commit(x->store), 0);
    stage_done(&sc);
    assert_int_equal(STORE_QUERY(x->store, &sealed, STMT_PERSONAL_LIST, V_TEXT(one)), 0);
    assert_int_equal(rows_next(sealed), 0);
    assert_int_equal(vault_get(x->store, str_of(one), key), STORE_E_NONE);
    sets(x, "A", "TWO", judge(x, "A", "TWO", GOOD), "allowed");
}

static void is_judged_and_kept(struct fixture *x, bool on_server)
{
    play_story(x, on_server);
    compares_where_it_counts(x);
    holds_for_what_it_was_compared_with(x);
    is_open_before_it_is_typed(x);
    remembers_so_many(x);
    is_nowhere(x, GOOD);
    is_nowhere(x, "tsuki-kage91");
    is_sealed_twice(x);
    is_held_against_its_name(x);
    goes_with_its_record(x);
    compares_so_many(x);
    scenario_play_close(x->play);
}

static void is_judged_and_kept_in_memory(void **state)
{
    is_judged_and_kept(*state, false);
}

static void is_judged_and_kept_on_a_server(void **state)
{
    is_judged_and_kept(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_judged_and_kept_in_memory), cmocka_unit_test(is_judged_and_kept_on_a_server)};

    return cmocka_run_group_tests_name("engine-secret", tests, open_fixture, close_fixture);
}
