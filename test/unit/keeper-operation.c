/* Operations on sessions and accounts, run as the keeper's loop runs them, over both databases: what was hashed beside the loop counts
 * only for the account as it was then, every guess is counted, and the ledger says what was done. */
#include "keeper-bench.h"
#include "keeper/account-operation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sodium.h>

#define OK(call) assert_int_equal((call), 0)

/* A worker's message, after hashing. */
static json_t *run(struct bench *b, json_t *message)
{
    return bench_run(b, true, message);
}

static void read_hash(struct bench *b, const char *login, char ret[PASSWORD_HASH_SIZE])
{
    struct account a;

    OK(account_get(b->store, login, &a));
    snprintf(ret, PASSWORD_HASH_SIZE, "%s", a.hash);
}

/* ---- tests ---- */

static json_t *signs_in(const char *against)
{
    return json_pack("{s:s, s:s, s:b, s:s}", "op", "sign-in", "login", "p-a", "verified", 1, "against", against);
}

/* Who was proved to know the old password while it was being replaced has proved nothing. */
static void test_a_password_replaced_while_it_was_hashed(void **state)
{
    char before[PASSWORD_HASH_SIZE], after[PASSWORD_HASH_SIZE];
    struct bench b;

    bench_open(state, &b);
    read_hash(&b, "p-a", before);
    OK(password_hash(STR("another-long-password-7"), after));
    OK(store_begin(b.store));
    OK(account_set_password(b.store, "p-a", after, clock_real_us()));
    OK(store_commit(b.store));
    assert_answer(run(&b, signs_in(before)), "refused");
    assert_answer(run(&b, signs_in("")), "refused");
    assert_answer(run(&b, signs_in(after)), "");
    bench_close(&b);
}

static json_t *sets(struct bench *b, const char *against, bool verified)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s}", "op", "password-set", "token", keeper_place_cookie(&b->home, 'A'), "verified",
                     verified, "against", against, "hash", against);
}

/* A session that was left open is no place to try passwords in. */
static void test_guesses_at_the_old_password_are_counted(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    struct account a;
    struct bench b;
    JSON_AUTO *in = NULL;

    bench_open(state, &b);
    read_hash(&b, "p-a", hash);
    for (unsigned i = 0; i <= SIGN_IN_FREE; i++)
        assert_answer(run(&b, sets(&b, hash, false)), "refused");
    in = bench_last_entry(&b, "system/password-set", "refused");
    assert_string_equal(json_str(in, "login"), "p-a");
    OK(account_get(b.store, "p-a", &a));
    assert_int_equal(a.failures, SIGN_IN_FREE + 1);
    assert_answer(run(&b, sets(&b, hash, true)), "refused"); /* too soon, even when right */
    OK(store_begin(b.store));
    OK(STORE_RUN(b.store, STMT_ACCOUNT_FAILURES, V_TEXT("p-a"), V_INT(1), V_INT(0)));
    OK(store_commit(b.store));
    assert_answer(run(&b, sets(&b, hash, true)), "");
    bench_close(&b);
}

static void test_a_locked_session_can_be_left(void **state)
{
    const char *cookie;
    struct session session;
    struct bench b;

    bench_open(state, &b);
    cookie = keeper_place_cookie(&b.home, 'A');
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "lock", "token", cookie)), "");
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "touch", "token", cookie)), "locked");
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "sign-out", "token", cookie)), "");
    assert_int_equal(session_get(b.store, str_of(cookie), clock_real_us(), &session), ACCOUNT_E_NONE);
    bench_close(&b);
}

/* Whose password a code replaced can be found out from the ledger alone: by the entry that approved it. */
#define LEAVES "person,unit,post,kind,from,to,leaving\nA,,,,,,2026-04-15\n"

/* On his last day he works as ever. From the next one on he is refused in the words for a wrong password, which is entered, and what he
 * opened before is over. */
static void test_who_has_left_is_nobody(void **state)
{
    char hash[PASSWORD_HASH_SIZE], id[RESET_ID_SIZE], code[CODE_SIZE];
    json_t *right, *wrong;
    JSON_AUTO *in = NULL;
    const char *cookie;
    struct account a;
    struct bench b;

    bench_open(state, &b);
    read_hash(&b, "p-a", hash);
    cookie = keeper_place_cookie(&b.home, 'A');
    bench_transfer(&b, LEAVES);
    b.now_us = instant_of_day(day_of_instant(b.now_us) + 6) - 1; /* the last instant of the 15th */
    assert_answer(run(&b, signs_in(hash)), "");
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "touch", "token", cookie)), "");
    b.now_us++;
    right = run(&b, signs_in(hash));
    in = bench_last_entry(&b, "system/sign-in", "refused");
    assert_string_equal(json_str(in, "login"), "p-a");
    wrong = run(&b, signs_in("another"));
    assert_true(json_equal(right, wrong));
    assert_answer(right, "refused");
    assert_answer(wrong, "refused");
    OK(account_get(b.store, "p-a", &a));
    assert_int_equal(a.failures, 0);
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "touch", "token", cookie)), "sign-in");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:b, s:s}", "op", "unlock", "token", cookie, "verified", 1, "against", hash)), "none");
    OK(store_begin(b.store));
    OK(reset_propose(b.store, ACCOUNT_OPERATOR, "p-a", clock_real_us(), id));
    OK(reset_approve(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, id, clock_real_us(), code));
    OK(store_commit(b.store));
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s, s:s}", "op", "reset-use", "login", "p-a", "code", code, "hash", hash)), "refused");
    /* The others go on. */
    assert_answer(run(&b, json_pack("{s:s, s:s}", "op", "touch", "token", keeper_place_cookie(&b.home, 'C'))), "");
    bench_close(&b);
}

static uint64_t size_after_sweep(struct bench *b)
{
    struct operation_context c = bench_context(b);
    int64_t shard;
    uint64_t size;

    bench_begin(b);
    OK(account_sweep_left(&c));
    bench_end(b);
    log_head(b->log, &shard, &size);
    return size;
}

/* What he held is removed, once, and entered; what others hold stays. On his last day nothing happens. */
static void test_what_was_held_by_who_has_left(void **state)
{
    char id[RESET_ID_SIZE], token_id[TOKEN_ID_SIZE], secret[TOKEN_SIZE];
    const struct token_scope scope = {.may_act = true};
    struct session session;
    struct token token;
    struct bench b;
    JSON_AUTO *in = NULL;
    uint64_t before;

    bench_open(state, &b);
    OK(store_begin(b.store));
    OK(token_issue(b.store, "p-a", STR("mine"), &scope, 30, b.real_us, token_id, secret));
    OK(reset_propose(b.store, ACCOUNT_OPERATOR, "p-a", b.real_us, id));
    OK(store_commit(b.store));
    bench_transfer(&b, LEAVES);
    b.now_us = instant_of_day(day_of_instant(b.now_us) + 6) - 1; /* the last instant of the 15th */
    before = size_after_sweep(&b);
    OK(session_get(b.store, str_of(keeper_place_cookie(&b.home, 'A')), b.real_us, &session));
    b.now_us++;
    assert_int_equal(size_after_sweep(&b), before + 1);
    assert_int_equal(size_after_sweep(&b), before + 1);
    in = bench_last_entry(&b, "system/account-left", "recorded");
    assert_string_equal(json_str(in, "login"), "p-a");
    assert_int_equal(session_get(b.store, str_of(keeper_place_cookie(&b.home, 'A')), b.real_us, &session), ACCOUNT_E_NONE);
    OK(token_get(b.store, token_id, &token));
    assert_int_not_equal(token.ended_us, 0);
    OK(session_get(b.store, str_of(keeper_place_cookie(&b.home, 'C')), b.real_us, &session));
    bench_close(&b);
}

static json_t *changes(struct bench *b, char who, const char *op, const char *reason)
{
    return bench_well_formed(b, json_pack("{s:s, s:s, s:s, s:s}", "op", op, "token", keeper_place_cookie(&b->home, who), "login", "p-a",
                                          "reason", reason));
}

/* By an administrator, for one of the reasons there are; opened again, there is no password. */
static void test_an_account_is_closed_and_opened_again(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    JSON_AUTO *closed = NULL;
    JSON_AUTO *opened = NULL;
    struct account a;
    struct bench b;

    bench_open(state, &b);
    read_hash(&b, "p-a", hash);
    assert_answer(run(&b, changes(&b, 'C', "account-close", "")), "invalid");
    assert_answer(run(&b, changes(&b, 'C', "account-close", "he is ill")), "invalid");
    assert_answer(run(&b, changes(&b, 'C', "account-close", "back")), "invalid");
    assert_answer(run(&b, changes(&b, 'B', "account-close", "leak")), "forbidden");
    assert_answer(run(&b, changes(&b, 'A', "account-close", "leak")), "forbidden");
    assert_answer(run(&b, changes(&b, 'C', "account-reopen", "back")), "over");
    assert_answer(run(&b, changes(&b, 'C', "account-close", "leak")), "");
    closed = bench_last_entry(&b, "system/account-close", "recorded");
    assert_string_equal(json_str(closed, "login"), "p-a");
    assert_string_equal(json_str(closed, "reason"), "leak");
    assert_answer(run(&b, signs_in(hash)), "refused");
    assert_answer(run(&b, changes(&b, 'C', "account-close", "leak")), "over");
    assert_answer(run(&b, changes(&b, 'C', "account-reopen", "wrongly")), "");
    opened = bench_last_entry(&b, "system/account-reopen", "recorded");
    assert_string_equal(json_str(opened, "reason"), "wrongly");
    OK(account_get(b.store, "p-a", &a));
    assert_int_equal(a.state, ACCOUNT_NEW);
    assert_answer(run(&b, signs_in(hash)), "refused");
    bench_close(&b);
}

static void test_a_used_code_is_named_in_the_ledger(void **state)
{
    char id[RESET_ID_SIZE], code[CODE_SIZE], hash[PASSWORD_HASH_SIZE];
    JSON_AUTO *in = NULL;
    struct bench b;

    bench_open(state, &b);
    read_hash(&b, "p-a", hash);
    OK(store_begin(b.store));
    OK(reset_propose(b.store, ACCOUNT_OPERATOR, "p-a", clock_real_us(), id));
    OK(reset_approve(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, id, clock_real_us(), code));
    OK(store_commit(b.store));
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s, s:s}", "op", "reset-use", "login", "p-a", "code", code, "hash", hash)), "");
    in = bench_last_entry(&b, "system/reset-use", "recorded");
    assert_string_equal(json_str(in, "reset"), id);
    bench_close(&b);
}

/* ---- which scenarios show which clauses ---- */

static json_t *shows(const char *hash, const char *clause)
{
    return json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:[s]}}}", "op", "pack-scenarios", "hash", hash, "scenarios", "a-loan", "ja", "貸出",
                     "en", "A loan", "clauses", clause);
}

static int64_t n_shown(struct bench *b, const char *hash, const char *clause)
{
    ROWS_AUTO *rows = NULL;
    int64_t n = 0;

    OK(STORE_QUERY(b->store, &rows, STMT_CLAUSE_SCENARIO_LIST, V_TEXT(hash), V_TEXT(clause)));
    for (; rows_next(rows) == 1; n++)
        assert_string_equal(rows_text(rows, 1), "貸出");
    return n;
}

static void test_scenarios_are_kept_with_the_text_they_show(void **state)
{
    JSON_AUTO *in = NULL;
    char hash[2 * SHA256_SIZE + 1];
    struct bench b;

    bench_open(state, &b);
    {
        ROWS_AUTO *rows = NULL;

        OK(STORE_QUERY(b.store, &rows, STMT_PACK_LIST));
        assert_int_equal(rows_next(rows), 1);
        snprintf(hash, sizeof(hash), "%s", rows_text(rows, 0));
    }
    assert_answer(bench_run(&b, false, shows("none", "K-3")), "none");
    assert_answer(bench_run(&b, false, shows(hash, "K-99")), "invalid");
    assert_int_equal(n_shown(&b, hash, "K-3"), 0);
    assert_answer(bench_run(&b, false, shows(hash, "K-3")), "");
    in = bench_last_entry(&b, "system/pack-scenarios", "recorded");
    assert_string_equal(json_str(in, "hash"), hash);
    assert_int_equal(strlen(json_str(in, "scenarios")), 2 * SHA256_SIZE);
    assert_int_equal(n_shown(&b, hash, "K-3"), 1);
    assert_answer(bench_run(&b, false, shows(hash, "K-4")), ""); /* in the place of the others */
    assert_int_equal(n_shown(&b, hash, "K-3"), 0);
    assert_int_equal(n_shown(&b, hash, "K-4"), 1);
    bench_close(&b);
}

/* ---- what a text asks less of ---- */

/* The canonical text with one thing in place of another, once. */
static json_t *proposes(const char *canonical, const char *from, const char *to, const char *more, const char *before)
{
    CLEANUP(buf_done) struct buf text;
    const char *at = strstr(canonical, from), *in = strstr(canonical, before);

    buf_init(&text, (size_t)8 << 20);
    assert_non_null(at);
    assert_non_null(in);
    assert_true(in < at);
    OK(buf_add(&text, canonical, (size_t)(in - canonical)));
    OK(buf_add_text(&text, more));
    OK(buf_add(&text, in, (size_t)(at - in)));
    OK(buf_add_text(&text, to));
    OK(buf_add_text(&text, at + strlen(from)));
    return json_pack("{s:s, s:s%}", "op", "pack-propose", "canonical", text.at, text.len);
}

static void is_proposed(struct bench *b, json_t *message, char ret_hash[2 * SHA256_SIZE + 1])
{
    JSON_AUTO *answer = bench_run_as(b, "M", message);

    if (!json_flag(answer, "ok"))
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(ret_hash, 2 * SHA256_SIZE + 1, "%s", json_str(answer, "hash"));
}

static json_t *adopts(struct bench *b, const char *hash)
{
    /* The clock stands: of two texts from one day on the one that was adopted later counts, in one instant, too. */
    return bench_run_as(b, "Y", json_pack("{s:s, s:s}", "op", "pack-adopt", "hash", hash));
}

#define CAP "\"page\":{\"at_most\":\"2\"}"
#define CAP_3 "\"page\":{\"at_most\":\"3\"}"
#define CAP_1 "\"page\":{\"at_most\":\"1\"}"
#define HEAD "\"effective\":{"
#define EASES "\"eases\":[{\"channel\":\"page\",\"clauses\":[\"K-5\"]}],"

/* The text in force with that in place of the other, adopted. */
static void succeed(struct bench *b, const char *from, const char *to)
{
    char hash[2 * SHA256_SIZE + 1];
    const struct pack *pack;

    assert_int_equal(engine_packs(b->engine, &pack, 1), 1);
    is_proposed(b, proposes(pack->canonical.at, from, to, "", HEAD), hash);
    assert_answer(adopts(b, hash), "");
    OK(engine_refresh(b->engine, &b->diag));
}

static void test_a_text_that_asks_less_says_so(void **state)
{
    char said[2 * SHA256_SIZE + 1], same[2 * SHA256_SIZE + 1], strict[2 * SHA256_SIZE + 1];
    const char *canonical;
    const struct pack *pack;
    struct bench b;
    JSON_AUTO *in = NULL;
    JSON_AUTO *answer = NULL;

    bench_open(state, &b);
    succeed(&b, CAP_3, CAP); /* room to ask less, of a text that was never there */
    succeed(&b, "試験第1号", "試験第9号");
    assert_int_equal(engine_packs(b.engine, &pack, 1), 1);
    canonical = pack->canonical.at;
    answer = bench_run_as(&b, "M", proposes(canonical, CAP, CAP_3, "", HEAD));
    if (!json_array_size(json_arr(answer, "problems")))
        fail_msg("%s", json_dumps(answer, 0));
    assert_string_equal(json_str(json_obj(json_array_get(json_arr(answer, "problems"), 0), "say"), "en"),
                        "the channel \"page\" asks less than the text before: at most 2, now 3; take it back, or say so with clauses in \"eases\" of directive.yaml");
    assert_int_equal(json_array_size(json_arr(answer, "problems")), 1);
    assert_answer(TAKE(answer), "invalid");
    is_proposed(&b, proposes(canonical, CAP, CAP_3, EASES, HEAD), said);
    in = bench_last_entry(&b, "system/pack-propose", "recorded");
    assert_string_equal(json_string_value(json_array_get(json_arr(in, "eases"), 0)), "channel:page");
    json_decref(TAKE(in));
    is_proposed(&b, proposes(canonical, "試験第9号", "試験第2号", "", HEAD), same);
    in = bench_last_entry(&b, "system/pack-propose", "recorded");
    assert_null(json_object_get(in, "eases"));
    json_decref(TAKE(in));
    /* What asked no less when it was proposed does once a stricter one was adopted between. */
    is_proposed(&b, proposes(canonical, CAP, CAP_1, "", HEAD), strict);
    assert_answer(adopts(&b, strict), "");
    OK(engine_refresh(b.engine, &b.diag));
    assert_answer(adopts(&b, same), "invalid");
    json_decref(bench_last_entry(&b, "system/pack-adopt", "refused"));
    assert_answer(adopts(&b, said), "");
    in = bench_last_entry(&b, "system/pack-adopt", "recorded");
    assert_string_equal(json_string_value(json_array_get(json_arr(in, "eases"), 0)), "channel:page");
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_a_password_replaced_while_it_was_hashed),
        ON_BOTH(test_guesses_at_the_old_password_are_counted),
        ON_BOTH(test_a_locked_session_can_be_left),
        ON_BOTH(test_who_has_left_is_nobody),
        ON_BOTH(test_what_was_held_by_who_has_left),
        ON_BOTH(test_an_account_is_closed_and_opened_again),
        ON_BOTH(test_a_used_code_is_named_in_the_ledger),
        ON_BOTH(test_scenarios_are_kept_with_the_text_they_show),
        ON_BOTH(test_a_text_that_asks_less_says_so),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status
                       : cmocka_run_group_tests_name("keeper-operation", tests, grounds_start,
                                                     grounds_stop);
}
