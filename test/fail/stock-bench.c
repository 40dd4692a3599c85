#include "stock-bench.h"

#include "loop.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define TEXT_MAX ((size_t)1 << 20)
#define ROUNDS 300 /* the places are some hundred, of the longest more than a thousand */

static void have_sight(struct stock_bench *b)
{
    struct arena *a = arena_new(1 << 20);
    const char *key = admit_unit(a, "a");
    struct audience au = {.label_id = "test/intel"};
    struct label_set range;

    OK(label_set_make(a, &key, 1, &range));
    OK(label_make(a, 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label));
    OK(store_begin(b->store));
    OK(audience_intern(b->store, &au, &b->audience));
    OK(store_commit(b->store));
    b->table = audience_table_new();
    OK(audience_table_refresh(b->table, b->store, NULL, NULL));
    OK(sight_new(b->table, &key, 1, &b->sight));
    arena_free(a);
}

void stock_bench_begin(struct stock_bench *b)
{
    *b = (struct stock_bench){.dir = "/tmp/fail-stock-XXXXXX"};
    buf_init(&b->is, TEXT_MAX);
    buf_init(&b->want, TEXT_MAX);
    assert_non_null(mkdtemp(b->dir));
    OK(store_create(b->dir, &b->store, NULL));
    OK(intel_open(b->dir, STORE_WRITE, &b->intel, NULL));
    have_sight(b);
    OK(stock_open(b->dir, b->store, &b->stock, NULL));
}

void stock_bench_end(struct stock_bench *b)
{
    static const char *const names[] = {"intel.db",        "intel.db-wal", "intel.db-shm", "tsujiban.db",  "tsujiban.db-wal",
                                        "tsujiban.db-shm", "vault.db",     "vault.db-wal", "vault.db-shm"};
    char path[100];

    stock_close(b->stock);
    sight_free(b->sight);
    audience_table_free(b->table);
    store_close(b->intel);
    store_close(b->store);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
        unlink(path);
    }
    rmdir(b->dir);
    buf_done(&b->is);
    buf_done(&b->want);
}

static void begin_run(struct stock_bench *b, int64_t run)
{
    char record[32];

    snprintf(record, sizeof(record), "II-2026-%04d", (int)run);
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_BEGIN, V_INT(run), V_TEXT(record), V_TEXT("IC-2026-0001"), V_TEXT("p1"), V_INT(0), V_INT(b->audience),
                 V_INT(b->audience), V_INT(b->audience), V_INT(1), V_TEXT(""), V_TEXT("")));
    OK(store_commit(b->store));
}

void stock_bench_take(struct stock_bench *b, struct segment_writer *w, const struct decay *decay)
{
    const struct intel_writing writing = {.run = ++b->n_runs, .audiences = {b->audience, b->audience, b->audience}, .decay = decay};
    CLEANUP(buf_done) struct buf message;
    struct intel_totals totals;
    struct segment segment;
    struct digest digest;
    uint64_t known;

    buf_init(&message, SEGMENT_SIZE_MAX);
    OK(segment_writer_print(w, &message));
    OK(segment_read(buf_str(&message), &segment));
    digest = sha256(buf_str(&message));
    begin_run(b, writing.run);
    OK(intel_write(b->intel, &writing, 0, &segment, &digest, &known));
    OK(intel_finish(b->intel, &writing, &totals));
    OK(store_begin(b->store));
    OK(STORE_RUN(b->store, STMT_INTEL_RUN_OPEN, V_INT(writing.run), V_INT(writing.run), V_INT(writing.run), V_INT(totals.n_objects), V_TEXT("")));
    OK(store_commit(b->store));
    OK(stock_refresh(b->stock));
    segment_done(&segment);
    segment_writer_clear(w);
}

/* ---- loops ---- */

struct looping {
    struct stock_bench *b;
    int (*run)(void *);
    void *user;
};

static int run_one(void *user)
{
    const struct looping *l = user;

    return l->run(l->user);
}

static void check_text(struct stock_bench *b)
{
    if (!b->want.len)
        OK(buf_add_str(&b->want, buf_str(&b->is)));
    if (!str_eq(buf_str(&b->is), buf_str(&b->want)))
        fail_msg("success, but it wrote \"%.*s\"", STR_ARG(buf_str(&b->is)));
}

static void clear(struct stock_bench *b)
{
    buf_done(&b->is);
    buf_init(&b->is, TEXT_MAX);
}

static void check_one(void *user, int r)
{
    const struct looping *l = user;

    if (r == 0)
        check_text(l->b);
    clear(l->b);
    if (r == 0)
        return;
    OK(l->run(l->user));
    check_text(l->b);
    clear(l->b);
}

void stock_bench_loop(struct stock_bench *b, const char *name, int (*run)(void *), void *user)
{
    const struct fail_operation op = {name, run_one, check_one, FAIL_ALLOC, fail_no_memory, ROUNDS};
    struct looping l = {b, run, user};

    OK(run(user));
    clear(b);
    fail_loop(&op, &l);
    assert_true(b->want.len > 0);
}
