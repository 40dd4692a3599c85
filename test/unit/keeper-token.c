/* Tokens of programs, run as the keeper's loop runs them, over both databases: what a scope leaves out is not done whatever the worker says,
 * what has ended is over at once, and the ledger says who may what since when. */
#include "keeper-bench.h"
#include "keeper/account-operation.h"
#include "keeper/token-operation.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static json_t *run(struct bench *b, json_t *message)
{
    return bench_run(b, true, bench_well_formed(b, message));
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

/* The hash of A's password, as it is now. */
static const char *hash_of_a(struct bench *b)
{
    static char hash[PASSWORD_HASH_SIZE];
    struct account a;

    OK(account_get(b->store, "p-a", &a));
    return memcpy(hash, a.hash, sizeof(hash));
}

static json_t *issues(struct bench *b, json_t *scope, const char *name, int days)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:o, s:i}", "op", "token-issue", "token",
                     keeper_place_cookie(&b->home, 'A'), "verified", 1, "against", hash_of_a(b),
                     "name", name, "scope", scope, "days", days);
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
    json_decref(bench_well_formed(b, with_password(json_deep_copy(message))));
    return bench_run(b, true, message);
}

static void issue(struct bench *b, json_t *scope, char ret_secret[TOKEN_SIZE], char ret_id[TOKEN_ID_SIZE])
{
    static unsigned n;
    char name[32];
    json_t *answer;

    snprintf(name, sizeof(name), "roster %u", ++n);
    answer = run_hashed(b, issues(b, scope, name, 30));

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

static void test_not_after_its_owner_has_left(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    struct bench b;

    bench_open(state, &b);
    issue(&b, scope_of(true, ""), secret, id);
    bench_transfer(&b, "person,unit,post,kind,from,to,leaving\nA,,,,,,2026-04-15\n");
    b.now_us = instant_of_day(day_of_instant(b.now_us) + 6) - 1; /* the last instant of the 15th */
    assert_answer(run(&b, by("touch", secret)), "");
    b.now_us++;
    assert_answer(run(&b, by("touch", secret)), "sign-in");
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
        struct operation_context c = bench_context(&b);
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
    b.real_us += 30 * US_PER_DAY - 1;
    assert_answer(run(&b, by("touch", secret)), "");
    b.real_us += 1;
    assert_answer(run(&b, by("touch", secret)), "sign-in");
    b.real_us = clock_real_us();
    /* A new password. */
    issue(&b, scope_of(false, ""), secret, id);
    OK(store_begin(b.store));
    OK(account_set_password(b.store, "p-a", hash_of_a(&b), b.real_us));
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

/* The page that showed the secret is loaded again: the same form is sent once more. */
static void test_one_of_a_name(void **state)
{
    char secret[TOKEN_SIZE], id[TOKEN_ID_SIZE];
    struct bench b;
    json_t *first;

    bench_open(state, &b);
    first = run_hashed(&b, issues(&b, scope_of(false, ""), "roster", 30));
    assert_true(json_flag(first, "ok"));
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), " roster", 30)), "exists");
    assert_int_equal(entries(&b, "system/token-issue"), 1);
    OK(store_begin(b.store));
    OK(token_end(b.store, (struct account_actor){"A", 0}, json_str(first, "id"), b.real_us));
    OK(store_commit(b.store));
    json_decref(first);
    assert_answer(run_hashed(&b, issues(&b, scope_of(false, ""), "roster", 30)), "");
    OK(store_begin(b.store));
    OK(token_issue(b.store, "p-a", STR("roster"), &(struct token_scope){0}, 1, b.real_us + 30 * US_PER_DAY, id, secret));
    OK(store_commit(b.store));
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_issue_use_and_end),         ON_BOTH(test_scopes),
        ON_BOTH(test_not_after_its_owner_has_left),
        ON_BOTH(test_nothing_of_administration), ON_BOTH(test_what_ends_them),
        ON_BOTH(test_what_is_not_issued), ON_BOTH(test_one_of_a_name), ON_BOTH(test_lists),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0
               ? status
               : cmocka_run_group_tests_name("keeper-token", tests, grounds_start, grounds_stop);
}
