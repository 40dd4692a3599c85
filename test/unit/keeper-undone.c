/* An operation that asks to be undone and then fails costs itself, never the batch. The loop's own source is taken in, to hand it an
 * operation that no table has. */
#include "../../src/keeper/keeper.c"
#include "engine/attachment.h"
#include "engine/file.h"
#include "keeper-bench.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>

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

/* ---- a file that is refused ---- */

#define BYTES "柿栗三年の密約" /* whoever has them has their digest */

/* A paper of M's that may not be copied, with those bytes. */
static void has_paper(struct bench *b, char ret_file[ATTACHMENT_ID_SIZE], char ret_record[64])
{
    CLEANUP(attachment_done) struct attachment a = {0};
    struct digest d = sha256(STR(BYTES));
    char hex[2 * SHA256_SIZE + 1];
    JSON_AUTO *head = NULL;
    JSON_AUTO *answer = NULL;

    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    bench_begin(b);
    OK(attachment_new(b->store, "M", "", "a.txt", strlen(BYTES), 1, ret_file));
    OK(attachment_get(b->store, ret_file, &a));
    OK(attachment_head(b->store, &a, &head));
    OK(json_put_str(head, "type", "text"));
    OK(json_put_str(head, "sha256", hex));
    snprintf(a.state, sizeof(a.state), "clean");
    OK(attachment_save(b->store, &a, head));
    bench_end(b);
    answer = bench_run_as(b, "M", keeper_place_act(&b->home, 'M', "papers", "write", "",
                                                   json_pack("{s:s, s:s, s:s, s:[s], s:s}", "unit", "sho", "subject", "文書", "class", "c1", "limits", "no-copy", "attached", ret_file)));
    assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "allowed");
    snprintf(ret_record, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
}

/* What is entered of it says which record was meant, and nothing by which contents could be tried. */
static void test_a_refused_file_is_entered_without_its_digest(void **state)
{
    struct bench b;
    struct keeper k;
    struct conn c = {.op = operation_find("file-open"), .is_worker = true};
    char file[ATTACHMENT_ID_SIZE], record[64];
    JSON_AUTO *entry = NULL;
    struct operation_context ctx;

    bench_open(state, &b);
    has_paper(&b, file, record);
    k = (struct keeper){.store = b.store, .engine = b.engine, .log = b.log, .clock = b.clock, .diag = &b.diag};
    c.message = bench_well_formed(&b, json_pack("{s:s, s:s, s:s, s:s}", "op", "file-open", "token", keeper_place_cookie(&b.home, 'M'), "record", record, "file", file));
    ctx = bench_context(&b);
    OK(store_begin(b.store));
    OK(log_begin(b.log));
    OK(perform(&k, &c, &ctx));
    json_decref(ctx.tried);
    OK(log_end(b.log));
    OK(store_commit(b.store));
    assert_string_equal(json_str(c.answer, "error"), "forbidden");
    entry = bench_last_entry(&b, "system/leaving", "refused");
    assert_string_equal(json_str(entry, "way"), "file");
    assert_string_equal(json_str(entry, "record"), record);
    assert_string_equal(json_str(entry, "digest"), "");
    json_decref(c.answer);
    json_decref(c.message);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_BOTH(test_it_fails_alone), ON_BOTH(test_a_refused_file_is_entered_without_its_digest)};
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-undone", tests, grounds_start, grounds_stop);
}
