/* PostgreSQL lost at each statement of an act, before the server has it and after it has answered: the keeper answers what it knows, nothing is
 * half done, the act asked again under its word is done once, and the same keeper goes on. ENGINE_PACK names the pack. */
#include "keeper-place.h"
#include "base/json.h"
#include "engine/verify.h"
#include "fault.h"
#include "pg-proxy.h"
#include "store/store.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define TRIES 200
#define TRY_US 10000
#define NEVER 9999
#define ALLOCATIONS_MIN 20
#define STATEMENTS_MIN 10 /* fewer, and the act was not met */

struct losing {
    struct keeper_place home;
    struct pg_proxy *proxy;
    struct keeper_link *worker;
    struct store *store; /* past the proxy */
    size_t n_words, n_lost, n_unknown, n_done;
};

static uint64_t n_entries(struct losing *l)
{
    ROWS_AUTO *heads = NULL;

    OK(STORE_QUERY(l->store, &heads, STMT_HEAD_LIST));
    assert_int_equal(rows_next(heads), 1);
    return (uint64_t)rows_int(heads, 2);
}

static json_t *add_item(struct losing *l, const char *word)
{
    JSON_AUTO *m = keeper_place_act(&l->home, 'Y', "items", "add", "",
                                    json_pack("{s:s, s:s}", "number", word, "price", "100"));
    json_t *answer = NULL;

    OK(json_put_str(m, "once", word));
    OK(keeper_ask(l->worker, m, &answer));
    return answer;
}

/* What the answer says of the ledger is so. True: it is done. */
static bool check_answer(struct losing *l, json_t *answer, uint64_t before)
{
    const char *error = json_str(answer, "error");
    uint64_t n_new = n_entries(l) - before;

    if (json_flag(answer, "ok")) {
        assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "allowed");
        assert_int_equal(n_new, 1);
        l->n_done++;
        return true;
    }
    if (!strcmp(error, "lost")) {
        assert_int_equal(n_new, 0);
        l->n_lost++;
    } else if (!strcmp(error, "unknown-outcome")) {
        assert_true(n_new <= 1);
        l->n_unknown++;
    } else {
        fail_msg("%s", json_dumps(answer, 0));
    }
    return false;
}

/* False: there is no such statement any more. */
static bool lose_at(struct losing *l, enum pg_proxy_cut where, size_t nth)
{
    uint64_t before = n_entries(l);
    bool is_cut, is_done = false;
    json_t *answer;
    char word[32];

    snprintf(word, sizeof(word), "W-%zu", l->n_words++);
    pg_proxy_cut(l->proxy, where, nth);
    answer = add_item(l, word);
    is_cut = pg_proxy_mend(l->proxy);
    for (int i = 0; !(is_done = check_answer(l, answer, before)) && i < TRIES; i++) {
        json_decref(answer);
        usleep(TRY_US);
        answer = add_item(l, word);
    }
    if (!is_done)
        fail_msg("lost %s statement %zu, and never found again: %s",
                 where == PG_PROXY_BEFORE ? "before" : "after", nth, json_dumps(answer, 0));
    json_decref(answer);
    return is_cut;
}

static void assert_sound(struct losing *l)
{
    struct verify_summary sum;
    struct diag diag;

    diag_init(&diag);
    if (verify_installation(l->store, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

static void loop(void **state, enum pg_proxy_cut where)
{
    struct losing l = {0};
    size_t n = 0;
    pid_t pid;

    OK(ground_install(*state, &l.home));
    OK(store_open(l.home.db, STORE_READ, &l.store, NULL));
    l.proxy = pg_proxy_start(l.home.db);
    OK(keeper_link_open(l.home.data, pg_proxy_url(l.proxy), true, &l.worker, NULL));
    pid = keeper_place_pid(l.home.data);
    lose_at(&l, where, NEVER); /* what is made once is there */
    while (lose_at(&l, where, n + 1))
        n++;
    /* The keeper does things of its own every second, which may have been cut in the place of the commit. */
    for (size_t i = 0; !l.n_unknown && i < TRIES; i++)
        lose_at(&l, where, n - i % 4);
    print_message("# %zu statements: %zu times lost, %zu unknown, %zu done\n", n, l.n_lost,
                  l.n_unknown, l.n_done);
    assert_true(n >= STATEMENTS_MIN && l.n_lost && l.n_unknown);
    assert_int_equal(keeper_place_pid(l.home.data), pid);
    assert_sound(&l);
    keeper_link_close(l.worker);
    pg_proxy_stop(l.proxy);
    store_close(l.store);
}

static void lost_before_each_statement(void **state)
{
    loop(state, PG_PROXY_BEFORE);
}

static void lost_after_each_statement(void **state)
{
    loop(state, PG_PROXY_AFTER);
}

/* ---- without memory ---- */

static int see_row(struct rows *rows, size_t at, void *context)
{
    int r = rows_next(rows);

    return r < 0 ? r : 0;
}

/* Statements that go with savepoints, several at once, and alone; nothing of it stays. */
static int work(struct store *s)
{
    const struct value keys[] = {V_TEXT("head"), V_TEXT("fail-a"), V_TEXT("fail-b")};
    const struct value pairs[] = {V_TEXT("fail-a"), V_TEXT("1"), V_TEXT("fail-b"), V_TEXT("2")};
    ROWS_AUTO *rows = NULL;
    int r = store_begin(s);

    if (r)
        return r;
    if (!(r = store_savepoint(s)) && !(r = STORE_RUN(s, STMT_META_SET, V_TEXT("fail-a"), V_TEXT("0"))) &&
        !(r = store_run_rows(s, STMT_META_SET, pairs, 2, 2)) && !(r = store_query_rows(s, STMT_META_GET, keys, 1, 3, see_row, NULL)) &&
        !(r = store_release(s)) && !(r = store_savepoint(s)) && !(r = STORE_QUERY(s, &rows, STMT_META_LIST)))
        r = store_back_to(s);
    rows_done(TAKE(rows));
    store_rollback(s);
    return r;
}

/* True: a fault struck. What was done goes on in the same handle. */
static bool work_without_memory(struct store *s, enum fault_kind kind, size_t nth)
{
    ROWS_AUTO *rows = NULL;
    bool has_failed;
    int r, next;

    fault_arm(kind, nth);
    r = work(s);
    has_failed = fault_disarm(NULL);
    if (r && !has_failed)
        fail_msg("answers %d without any fault: %s", r, store_message(s));
    if ((next = STORE_QUERY(s, &rows, STMT_META_LIST)))
        fail_msg("allocation %zu failed (%d), and the next query answers %d: %s", nth, r, next, store_message(s));
    while ((next = rows_next(rows)) > 0)
        assert_false(str_starts(rows_str(rows, 0), STR("fail-")));
    OK(next);
    rows_done(TAKE(rows));
    if ((next = work(s)))
        fail_msg("allocation %zu failed (%d), and the next work answers %d: %s", nth, r, next, store_message(s));
    return has_failed;
}

static void goes_on_after_no_memory(void **state)
{
    static const enum fault_kind kinds[] = {FAULT_ALLOC, FAULT_ALLOC_SINCE};
    struct keeper_place home;
    STORE_AUTO *s = NULL;

    OK(ground_install(*state, &home));
    OK(store_open(home.db, STORE_WRITE, &s, NULL));
    OK(work(s)); /* what is made once is there */
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = 0;

        while (work_without_memory(s, kinds[i], n + 1))
            n++;
        print_message("# %zu allocations\n", n);
        assert_true(n >= ALLOCATIONS_MIN);
    }
}

/* Each statement is met for the first time: what the server has of it and what is known of it are the same behind the fault. */
static void goes_on_after_no_memory_at_first_use(void **state)
{
    struct keeper_place home;
    bool has_failed = true;
    size_t n = 0;

    OK(ground_install(*state, &home));
    for (; has_failed; n++) {
        STORE_AUTO *s = NULL;

        OK(store_open(home.db, STORE_WRITE, &s, NULL));
        has_failed = work_without_memory(s, FAULT_ALLOC, n + 1);
    }
    print_message("# %zu allocations\n", n);
    assert_true(n >= ALLOCATIONS_MIN);
}

int main(int argc, char **argv)
{
    static struct ground ground;
    static const struct CMUnitTest tests[] = {
        {"lost_before_each_statement", lost_before_each_statement, NULL, NULL, &ground},
        {"lost_after_each_statement", lost_after_each_statement, NULL, NULL, &ground},
        {"goes_on_after_no_memory", goes_on_after_no_memory, NULL, NULL, &ground},
        {"goes_on_after_no_memory_at_first_use", goes_on_after_no_memory_at_first_use, NULL, NULL, &ground},
    };
    int status = keeper_place_main(argc, argv);

    if (status >= 0)
        return status;
    if (ground_start(&ground, true))
        return 1;
    status = cmocka_run_group_tests_name("fail-postgres", tests, NULL, NULL);
    ground_stop(&ground);
    return status;
}
