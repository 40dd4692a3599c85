#include "keeper-bench.h"
#include "store/backup.h"
#include "keeper/account-operation.h"
#include "keeper/install.h"
#include "keeper/station-operation.h"
#include "ledger/leaf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

void bench_open_over(const struct keeper_place *home, struct engine_shared *shared, struct bench *b)
{
    uint8_t seed[LOG_SEED_SIZE];

    *b = (struct bench){.home = *home};
    diag_init(&b->diag);
    OK(install_read_seed(b->home.data, seed, &b->diag));
    OK(store_open(b->home.db, STORE_WRITE, &b->store, &b->diag));
    OK(log_open(b->store, seed, &b->log, &b->diag));
    OK(engine_open_shared(b->store, shared, &b->engine, &b->diag));
    OK(clock_load(b->store, &b->clock));
    b->now_us = clock_now(b->clock);
    b->real_us = clock_real_us();
}

void bench_open_at(const struct keeper_place *home, struct bench *b)
{
    bench_open_over(home, NULL, b);
}

void bench_open(void **state, struct bench *b)
{
    struct keeper_place home;

    OK(ground_install(*state, &home));
    bench_open_at(&home, b);
}

void bench_close(struct bench *b)
{
    engine_close(b->engine);
    log_close(b->log);
    store_close(b->store);
    diag_done(&b->diag);
}

struct operation_context bench_context(struct bench *b)
{
    return (struct operation_context){.store = b->store,
                                      .engine = b->engine,
                                      .log = b->log,
                                      .clock = &b->clock,
                                      .now_us = b->now_us,
                                      .real_us = b->real_us,
                                      .person = "",
                                      .login = "",
                                      .measured = b->measured, .station_key = b->station_key ? b->station_key : "",
                                      .stations = b->stations,
                                      .diag = &b->diag};
}

void bench_begin(struct bench *b)
{
    OK(store_begin(b->store));
    OK(log_begin(b->log));
    OK(engine_refresh(b->engine, &b->diag));
    OK(store_savepoint(b->store));
}

void bench_end(struct bench *b)
{
    OK(store_release(b->store));
    stations_settle(b->stations, STATIONS_COMMITTED);
    OK(log_end(b->log));
    OK(store_commit(b->store));
}

json_t *bench_run(struct bench *b, bool is_worker, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = bench_context(b);
    json_t *answer = NULL;

    assert_non_null(op);
    bench_begin(b);
    OK(operation_authorize(&c, op, message, is_worker, &answer));
    if (!answer)
        OK(op->run(&c, message, &answer));
    bench_end(b);
    json_decref(c.tried); /* that it is undone is the loop's */
    json_decref(message);
    assert_non_null(answer);
    return answer;
}

json_t *bench_run_as(struct bench *b, const char *person, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));
    struct operation_context c = bench_context(b);
    json_t *answer = NULL;

    assert_non_null(op);
    c.person = person;
    bench_begin(b);
    OK(op->run(&c, message, &answer));
    bench_end(b);
    json_decref(message);
    assert_non_null(answer);
    return answer;
}

json_t *bench_well_formed(struct bench *b, json_t *message)
{
    const struct operation *op = operation_find(json_str(message, "op"));

    assert_non_null(op);
    if (!operation_message_ok(op, message, &b->diag))
        fail_msg("%s", diag_first(&b->diag));
    return message;
}

void bench_transfer(struct bench *b, const char *table)
{
    JSON_AUTO *saved = bench_run_as(b, "M", json_pack("{s:s, s:s, s:s}", "op", "plan-save", "title", "異動", "body", table));
    ROWS_AUTO *row = NULL;

    assert_true(json_flag(saved, "ok"));
    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(json_str(saved, "plan"))));
    assert_answer(bench_run_as(b, "Y", json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", json_str(saved, "plan"), "digest", rows_text(row, 4),
                                                 "seen", engine_setting(b->engine, "generation"))),
                  "");
}

void assert_answer(json_t *answer, const char *error)
{
    if (json_flag(answer, "ok") != !*error || strcmp(json_str(answer, "error"), error))
        fail_msg("wanted %s, got %s", *error ? error : "ok", json_dumps(answer, 0));
    json_decref(answer);
}

json_t *bench_last_entry(struct bench *b, const char *act, const char *result)
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
    return json_deep_copy(leaf.in);
}

void bench_sign_in(struct bench *b)
{
    bench_begin(b);
    OK(keeper_place_sign_in(&b->home, b->store));
    bench_end(b);
}

void bench_restore_elsewhere(struct ground *g, struct bench *b)
{
    struct keeper_place home = b->home;
    char folder[200], file[256];

    snprintf(folder, sizeof(folder), "%s/to-XXXXXX", home.data);
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/copy", folder);
    OK(store_backup(b->store, file, NULL, &b->diag));
    bench_close(b);
    snprintf(home.db, sizeof(home.db), "%s", g->is_postgres ? pg_server_database(g->server) : ground_folder(g));
    OK(store_restore(file, home.db, NULL, NULL));
    bench_open_at(&home, b);
    bench_sign_in(b);
}
