/* Tokens of programs, run as the keeper's loop runs them, over both databases: what a scope leaves out is not done whatever the worker says,
 * what has ended is over at once, and the ledger says who may what since when. */
#include "keeper-place.h"
#include "keeper/account-operation.h"
#include "keeper/install.h"
#include "keeper/token-operation.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define DAY (UINT64_C(86400) * 1000000)

static struct ground dir_place, postgres_place;

struct bench {
    struct keeper_place home;
    struct store *store;
    struct engine *engine;
    struct log *log;
    struct clock_setting clock;
    struct diag diag;
    uint64_t real_us;
    char hash[PASSWORD_HASH_SIZE]; /* of A's password */
};

static void bench_open(void **state, struct bench *b)
{
    uint8_t seed[LOG_SEED_SIZE];
    struct account a;

    *b = (struct bench){.real_us = clock_real_us()};
    diag_init(&b->diag);
    OK(ground_install(*state, &b->home));
    OK(install_read_seed(b->home.data, seed, &b->diag));
    OK(store_open(b->home.db, STORE_WRITE, &b->store, &b->diag));
    OK(engine_open(b->store, &b->engine, &b->diag));
    OK(log_open(b->store, seed, &b->log, &b->diag));
    OK(clock_load(b->store, &b->clock));
    OK(account_get(b->store, "p-a", &a));
    memcpy(b->hash, a.hash, sizeof(b->hash));
}

static void bench_close(struct bench *b)
{
    log_close(b->log);
    engine_close(b->engine);
    store_close(b->store);
    diag_done(&b->diag);
}

static json_t *run(struct bench *b, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = {.store = b->store, .engine = b->engine, .log = b->log, .clock = &b->clock,
                                  .now_us = clock_now(b->clock), .real_us = b->real_us, .diag = &b->diag};
    json_t *answer = NULL;

    assert_non_null(op);
    assert_true(operation_message_ok(op, message, &b->diag));
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

/* How many entries there are of that act. */
static unsigned entries(struct bench *b, const char *act)
{
    ROWS_AUTO *rows = NULL;
    unsigned n = 0;
    int r;

    OK(STORE_QUERY(b->store, &rows, STMT_ENTRY_RANGE, V_INT(2026), V_INT(0), V_INT(1000)));
    while ((r = rows_next(rows)) == 1) {
        JSON_AUTO *o = NULL;
        struct leaf leaf;

        OK(leaf_parse(rows_blob(rows, 2), &leaf, &o, NULL));
        n += !strcmp(leaf.act, act);
    }
    OK(r);
    return n;
}

static json_t *issues(struct bench *b, json_t *scope, const char *name, int days)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:o, s:i}", "op", "token-issue", "token", keeper_place_cookie(&b->home, 'A'), "verified",
                     1, "against", b->hash, "name", name, "scope", scope, "days", days);
}

static json_t *with_password(json_t *message)
{
    OK(json_put_str(message, "password", ""));
    json_object_del(message, "verified");
    json_object_del(message, "against");
    return message;
}

/* The keeper's hashing has put "verified" and "against" in the password's place by then, so the shape is not checked here. */
static json_t *run_hashed(struct bench *b, json_t *message)
{
    JSON_AUTO *as_sent = with_password(json_deep_copy(message));
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = {.store = b->store, .engine = b->engine, .log = b->log, .clock = &b->clock,
                                  .now_us = clock_now(b->clock), .real_us = b->real_us, .diag = &b->diag};
    json_t *answer = NULL;

    assert_true(operation_message_ok(op, as_sent, &b->diag));
    OK(store_begin(b->store));
    OK(log_begin(b->log));
    OK(operation_authorize(&c, op, message, true, &answer));
    if (!answer)
        OK(op->run(&c, message, &answer));
    OK(log_end(b->log));
    OK(store_commit(b->store));
    json_decref(message);
    return answer;
}

static void issue(struct bench *b, json_t *scope, char ret_secret[TOKEN_SIZE], char ret_id[TOKEN_ID_SIZE])
{
    json_t *answer = run_hashed(b, issues(b, scope, "roster", 30));

    assert_true(json_flag(answer, "ok"));
    assert_int_equal(strlen(json_str(answer, "secret")), TOKEN_SIZE - 1);
    assert_memory_equal(json_str(answer, "secret"), TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1);
    snprintf(ret_secret, TOKEN_SIZE, "%s", json_str(answer, "secret"));
    snprintf(ret_id, TOKEN_ID_SIZE, "%s", json_str(answer, "id"));
    json_decref(answer);
}

static json_t *scope_of(bool may_act, const char *reg)
{
    json_t *o = may_act ? json_pack("{s:[s, s]}", "may", "read", "act") : json_pack("{s:[s]}", "may", "read");

    if (*reg)
        OK(json_put(o, "registers", json_pack("[s]", reg)));
    return o;
}

static json_t *acts(const char *bearer, const char *reg, const char *record)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{}}", "op", "act", "bearer", bearer, "reg", reg, "step", "no-such-step", "record", record,
                     "with");
}

static json_t *searches(const char *bearer, const char *records)
{
    return json_pack("{s:s, s:s, s:s}", "op", "search", "bearer", bearer, "records", records);
}

static json_t *by(const char *op, const char *bearer)
{
    return json_pack("{s:s, s:s}", "op", op, "bearer", bearer);
}

static void test_issue_use_and_end(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    struct token t;
    struct bench b;

    bench_open(state, &b);
    issue(&b, scope_of(true, ""), secret, id);
    assert_int_equal(entries(&b, "system/token-issue"), 1);
    OK(token_find(b.store, str_of(secret), b.real_us, &t));
    assert_string_equal(t.id, id);
    assert_string_equal(t.person, "A");
    assert_int_equal(t.used_us, 0);
    /* The first use is entered, and the next ones are noted by the minute. */
    assert_answer(run(&b, by("touch", secret)), "");
    b.real_us += 1000000;
    assert_answer(run(&b, by("touch", secret)), "");
    assert_int_equal(entries(&b, "system/token-use"), 1);
    OK(token_get(b.store, id, &t));
    assert_int_equal(t.used_us, b.real_us - 1000000);
    b.real_us += TOKEN_TOUCH_US;
    assert_answer(run(&b, by("touch", secret)), "");
    OK(token_get(b.store, id, &t));
    assert_int_equal(t.used_us, b.real_us);
    assert_int_equal(entries(&b, "system/token-use"), 1);
    /* Ended by its owner it is over with the answer. */
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "token-end", "token", keeper_place_cookie(&b.home, 'A'), "id", id)), "");
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "token-end", "token", keeper_place_cookie(&b.home, 'A'), "id", id)), "over");
    assert_int_equal(entries(&b, "system/token-end"), 1);
    bench_close(&b);
}

static void test_scopes(void **state)
{
    char reads[TOKEN_SIZE], all[TOKEN_SIZE], one[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    const struct pack *pack;
    const char *mine, *other, *prefix;
    struct bench b;
    char record[64], own[64], both[160];

    bench_open(state, &b);
    assert_true(engine_packs(b.engine, &pack, 1) >= 1);
    assert_true(pack->n_regs >= 2);
    mine = pack->regs[0].id;
    other = pack->regs[1].id;
    prefix = pack->regs[1].prefix;
    snprintf(record, sizeof(record), "%s-2026-0001", prefix);
    snprintf(own, sizeof(own), "%s-2026-0001", pack->regs[0].prefix);
    snprintf(both, sizeof(both), "%s %s", own, record);
    issue(&b, scope_of(false, ""), reads, id);
    issue(&b, scope_of(true, ""), all, id);
    issue(&b, scope_of(true, mine), one, id);
    assert_answer(run(&b, acts(reads, mine, "")), "scope");
    assert_answer(run(&b, acts(all, mine, "")), ""); /* an outcome: there is no such step */
    assert_answer(run(&b, acts(one, mine, "")), "");
    assert_answer(run(&b, acts(one, other, "")), "scope");
    /* A record of another register, whether it is there or not, under either register's name. */
    assert_answer(run(&b, acts(one, mine, record)), "scope");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "read", "bearer", one, "record", record)), "scope");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "read", "bearer", one, "record", "nonsense")), "scope");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "read", "bearer", reads, "record", record)), "");
    /* What a search found, each record of it. Within the scope they are looked at further: no such record is there to be shown. */
    assert_answer(run(&b, searches(one, record)), "scope");
    assert_answer(run(&b, searches(one, both)), "scope");
    assert_answer(run(&b, searches(one, "nonsense")), "scope");
    assert_answer(run(&b, searches(one, own)), "stale");
    assert_answer(run(&b, searches(reads, both)), "stale");
    assert_int_equal(entries(&b, "system/search"), 0);
    /* Somebody else's notice, or none, is beyond a bounded one; marking is acting. */
    assert_answer(run(&b, json_pack("{s:s, s:s, s:i, s:i, s:i}", "op", "notice-read", "bearer", one, "shard", 2026, "seq", 0, "n", 0)),
                  "scope");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:i, s:i, s:i}", "op", "notice-read", "bearer", reads, "shard", 2026, "seq", 0, "n", 0)),
                  "scope");
    bench_close(&b);
}

/* C administrates, and his token does not. */
static void test_nothing_of_administration(void **state)
{
    static const char *const ops[] = {"sign-out", "lock", "token-end", "reset-propose", "account-close", "pack-adopt", "clock-advance"};
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    struct token_scope scope = {.may_act = true};
    struct bench b;

    bench_open(state, &b);
    OK(store_begin(b.store));
    OK(token_issue(b.store, "p-c", STR("all"), &scope, 1, b.real_us, id, secret));
    OK(store_commit(b.store));
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        struct operation_context c = {.store = b.store, .engine = b.engine, .log = b.log, .clock = &b.clock, .real_us = b.real_us,
                                      .diag = &b.diag};
        JSON_AUTO *message = by(ops[i], secret);
        json_t *answer = NULL;

        OK(operation_authorize(&c, operation_find(ops[i]), message, true, &answer));
        assert_answer(answer, "forbidden");
        assert_int_equal(c.rights, 0);
    }
    bench_close(&b);
}

static void test_what_ends_them(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    struct bench b;
    json_t *m;

    bench_open(state, &b);
    /* Time. */
    issue(&b, scope_of(false, ""), secret, id);
    b.real_us += 30 * DAY - 1;
    assert_answer(run(&b, by("touch", secret)), "");
    b.real_us += 1;
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    b.real_us = clock_real_us();
    /* A new password. */
    issue(&b, scope_of(false, ""), secret, id);
    OK(store_begin(b.store));
    OK(account_set_password(b.store, "p-a", b.hash, b.real_us));
    OK(store_commit(b.store));
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    /* His account closed, and an administrator's word; a stranger's word does not. */
    OK(store_begin(b.store));
    OK(token_issue(b.store, "p-a", STR("x"), &(struct token_scope){0}, 5, b.real_us, id, secret));
    OK(store_commit(b.store));
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "token-end", "token", keeper_place_cookie(&b.home, 'B'), "id", id)), "none");
    assert_answer(run(&b, by("touch", secret)), "");
    assert_answer(run(&b, json_pack("{s:s, s:s, s:s}", "op", "token-end", "token", keeper_place_cookie(&b.home, 'C'), "id", id)), "");
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    OK(store_begin(b.store));
    OK(token_issue(b.store, "p-a", STR("x"), &(struct token_scope){0}, 5, b.real_us, id, secret));
    OK(account_close(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, "p-a", b.real_us));
    OK(store_commit(b.store));
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    /* Neither a cookie beside it nor in its place. */
    m = by("touch", secret);
    OK(json_put_str(m, "token", keeper_place_cookie(&b.home, 'B')));
    assert_answer(run(&b, m), "malformed");
    assert_answer(run(&b, by("touch", keeper_place_cookie(&b.home, 'B'))), "sign-in");
    assert_answer(run(&b, by("touch", "")), "sign-in");
    bench_close(&b);
}

static void test_what_is_not_issued(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE], name[2 * TOKEN_NAME_MAX + 2];
    struct bench b;
    json_t *m;

    bench_open(state, &b);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), " ", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "two\nlines", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), name, 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "x", 0)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "x", 366)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, "no-such-register"), "x", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, json_pack("{s:[s]}", "may", "act"), "x", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, json_pack("{s:[s, s]}", "may", "read", "administer"), "x", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, json_pack("{s:[s], s:[]}", "may", "read", "registers"), "x", 30)), "invalid");
    assert_answer(run_hashed(&b, issues(&b, json_pack("{s:[s], s:b}", "may", "read", "admin", 1), "x", 30)), "invalid");
    m = issues(&b, scope_of(false, ""), "x", 30);
    OK(json_put_flag(m, "verified", false));
    assert_answer(run_hashed(&b, m), "refused");
    assert_int_equal(entries(&b, "system/token-issue"), 1); /* the refusal */
    for (unsigned i = 0; i < TOKENS_MAX; i++)
        issue(&b, scope_of(false, ""), secret, id);
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "x", 30)), "over");
    bench_close(&b);
}

static int count(void *arg, const struct token *t)
{
    unsigned *n = arg;

    ++*n;
    return 0;
}

static void test_lists(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    unsigned n = 0;
    struct bench b;

    bench_open(state, &b);
    for (int i = 0; i < 5; i++)
        issue(&b, scope_of(i % 2, ""), secret, id);
    OK(store_begin(b.store));
    OK(token_end(b.store, (struct account_actor){"A", 0}, id, b.real_us));
    OK(store_commit(b.store));
    OK(token_each(b.store, "p-a", b.real_us, 0, 3, count, &n));
    OK(token_each(b.store, "p-a", b.real_us, 3, 3, count, &n));
    assert_int_equal(n, 5);
    n = 0;
    OK(token_each(b.store, NULL, b.real_us, 0, 100, count, &n));
    assert_int_equal(n, 4);
    n = 0;
    OK(token_each(b.store, "p-b", b.real_us, 0, 100, count, &n));
    assert_int_equal(n, 0);
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
        BOTH(test_issue_use_and_end), BOTH(test_scopes),           BOTH(test_nothing_of_administration),
        BOTH(test_what_ends_them),    BOTH(test_what_is_not_issued), BOTH(test_lists),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("keeper-token", tests, start_all, stop_all);
}
