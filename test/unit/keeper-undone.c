/* An operation that asks to be undone and then fails costs itself, never the batch. The loop's own source is taken in, to hand it an
 * operation that no table has. */
#include "../../src/keeper/keeper.c"
#include "keeper-bench.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static int fails_with;
static bool has_tried;

static int op_undone(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    (void)m;
    c->is_undone = true;
    if (has_tried)
        c->tried = json_pack("{s:s}", "way", "print");
    OK(STORE_RUN(c->store, STMT_META_SET, V_TEXT("undone"), V_TEXT("yes")));
    if (!fails_with)
        return answer_done(json_object(), ret_answer);
    *ret_answer = json_object();
    return fails_with;
}

static const struct operation undone = {"undone", OPERATION_ANY, op_undone, "", BY_TOKEN_NEVER};

static void performs(struct bench *b, struct keeper *k, struct conn *c)
{
    struct operation_context ctx = bench_context(b);
    ROWS_AUTO *row = NULL;

    OK(perform(k, c, &ctx));
    assert_true(ctx.is_undone);
    json_decref(ctx.tried);
    assert_int_equal(STORE_ONE(b->store, &row, STMT_META_GET, V_TEXT("undone")), STORE_E_NONE);
}

static void test_it_fails_alone(void **state)
{
    struct bench b;
    struct keeper k;
    struct conn c = {.op = &undone};
    json_t *entry;

    bench_open(state, &b);
    k = (struct keeper){.store = b.store, .engine = b.engine, .log = b.log, .clock = b.clock, .diag = &b.diag};
    c.message = json_object();
    OK(store_begin(b.store));
    OK(log_begin(b.log));
    performs(&b, &k, &c);
    assert_true(json_flag(c.answer, "ok"));
    json_decref(c.answer);
    fails_with = -E2BIG;
    performs(&b, &k, &c);
    assert_string_equal(json_str(c.answer, "error"), "too-large");
    json_decref(c.answer);
    fails_with = -ENOMEM;
    performs(&b, &k, &c);
    assert_null(c.answer); /* the loop says that it failed */
    fails_with = 0;
    performs(&b, &k, &c);
    assert_true(json_flag(c.answer, "ok"));
    json_decref(c.answer);
    has_tried = true; /* what was refused is entered where it was undone */
    performs(&b, &k, &c);
    assert_true(json_flag(c.answer, "ok"));
    json_decref(c.answer);
    OK(log_end(b.log));
    OK(store_commit(b.store));
    entry = bench_last_entry(&b, "system/leaving", "refused");
    assert_string_equal(json_str(entry, "way"), "print");
    json_decref(entry);
    json_decref(c.message);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(test_it_fails_alone)};
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-undone", tests, grounds_start, grounds_stop);
}
