/* Operations on sessions and accounts, run as the keeper's loop runs them, over both databases: what was hashed beside the loop counts
 * only for the account as it was then, every guess is counted, and the ledger says what was done. */
#include "keeper-place.h"
#include "keeper/account-operation.h"
#include "keeper/install.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sodium.h>

#define OK(call) assert_int_equal((call), 0)

static struct ground dir_place, postgres_place;

struct bench {
    struct keeper_place home;
    struct store *store;
    struct log *log;
    struct clock_setting clock;
    struct diag diag;
};

static void bench_open(void **state, struct bench *b)
{
    uint8_t seed[LOG_SEED_SIZE];

    *b = (struct bench){0};
    diag_init(&b->diag);
    OK(ground_install(*state, &b->home));
    OK(install_read_seed(b->home.data, seed, &b->diag));
    OK(store_open(b->home.db, STORE_WRITE, &b->store, &b->diag));
    OK(log_open(b->store, seed, &b->log, &b->diag));
    OK(clock_load(b->store, &b->clock));
}

static void bench_close(struct bench *b)
{
    log_close(b->log);
    store_close(b->store);
    diag_done(&b->diag);
}

/* One message of a worker's, after hashing, in a batch of its own. */
static json_t *run(struct bench *b, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = {.store = b->store, .log = b->log, .clock = &b->clock, .now_us = clock_now(b->clock),
                                  .real_us = clock_real_us(), .diag = &b->diag};
    json_t *answer = NULL;

    assert_non_null(op);
    OK(store_begin(b->store));
    OK(log_begin(b->log));
    OK(store_savepoint(b->store));
    OK(operation_authorize(&c, op, message, true, &answer));
    if (!answer)
        OK(op->run(&c, message, &answer));
    OK(store_release(b->store));
    OK(log_end(b->log));
    OK(store_commit(b->store));
    json_decref(message);
    assert_non_null(answer);
    return answer;
}

static void assert_answer(json_t *answer, const char *error)
{
    if (json_flag(answer, "ok") != !*error || strcmp(json_str(answer, "error"), error))
        fail_msg("wanted %s, got %s", *error ? error : "ok", json_dumps(answer, 0));
    json_decref(answer);
}

/* The last entry's act and result; *ret_in is its inputs. */
static void assert_entered(struct bench *b, const char *act, const char *result, json_t **ret_in)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *json = NULL;
    struct leaf leaf;
    int64_t shard;
    uint64_t size;

    log_head(b->log, &shard, &size);
    OK(STORE_QUERY(b->store, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(size - 1), V_INT(size)));
    assert_int_equal(rows_next(rows), 1);
    OK(leaf_parse(rows_blob(rows, 2), &leaf, &json, NULL));
    assert_string_equal(leaf.act, act);
    assert_string_equal(leaf.result, result);
    *ret_in = json_deep_copy(leaf.in);
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
    assert_entered(&b, "system/password-set", "refused", &in);
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
    assert_entered(&b, "system/reset-use", "recorded", &in);
    assert_string_equal(json_str(in, "reset"), id);
    bench_close(&b);
}

#define BOTH(test) {"directory: " #test, test, NULL, NULL, &dir_place}, {"postgresql: " #test, test, NULL, NULL, &postgres_place}

static int start_all(void **state)
{
    return ground_start(&dir_place, false) || ground_start(&postgres_place, true) ? -1 : 0;
}

static int stop_all(void **state)
{
    ground_stop(&dir_place);
    ground_stop(&postgres_place);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_password_replaced_while_it_was_hashed),
        BOTH(test_guesses_at_the_old_password_are_counted),
        BOTH(test_a_locked_session_can_be_left),
        BOTH(test_a_used_code_is_named_in_the_ledger),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("keeper-operation", tests, start_all, stop_all);
}
