/* Every operation of the keeper when memory runs out or the disk does, over a store on the disk: what is not done wholly has left nothing, not a
 * row of any table, costs its neighbours in the batch nothing, and says of itself that it failed, never that it was refused; what is done
 * is in the ledger, which verifies. ENGINE_PACK names the pack, COLLECT_PACK one beside it with registers for what collectors wrote.
 * Each site of the program is taken, and FAIL_ROUNDS=0 takes every place. FAIL_CASE=NAME runs that case alone. */
#include "base/file.h"
#include "engine/holding.h"
#include "engine/secret.h"
#include "engine/ticket.h"
#include "keeper-bench.h"
#include "engine/mail.h"
#include "engine/verify.h"
#include "keeper/account-operation.h"
#include "keeper/door.h"
#include "keeper/keyring.h"
#include "keeper/mail-operation.h"
#include "keeper/stocking.h"
#include "keeper/station-operation.h"
#include "loop.h"
#include "regulation/model.h"
#include "store-copy.h"
#include "store/blobs.h"
#include "store/segment.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sodium.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define DIGEST "0000000000000000000000000000000000000000000000000000000000000000"
#define ITEM "IT-2026-0001"
#define LOAN "LO-2026-0001"
#define ROUNDS_MEMORY 6
#define ROUNDS_DISK 10

struct keeping;

/* An operation, how it comes to be asked, and what is answered. */
struct keeping_case {
    const char *name;
    char who; /* of the place's persons; 0: the operator, or the courier */
    json_t *(*message)(struct keeping *k);
    void (*prepare)(struct keeping *k); /* may be NULL: what must be there before */
    const char *error;                  /* "" when it is done */
    bool changes_nothing;
    unsigned measured; /* by which gate it is asked: enum measurer; 0: none */
};

/* In a copy of its own, which nobody works in. */
struct held {
    char folder[96];
    struct store *store;
    struct engine *engine; /* NULL: nothing is held */
};

struct keeping {
    struct keeper_place home, aside; /* where it works, and where what is gone back to lies */
    struct engine_shared *shared; /* texts, which no run has to read, */
    struct held held[2];          /* as they are held here: those that all cases have, and those of this one */
    struct bench b;
    struct store_look *look; /* at what is left there */
    const struct keeping_case *at;
    json_t *message;
    char id[64], secret[TOKEN_SIZE], hash[PASSWORD_HASH_SIZE]; /* what was prepared */
    char collection[64]; /* of threat intelligence, whose number is drawn */
    char ticket[TICKET_SIZE];
    struct door door; /* who is here besides */
    bool is_held;     /* what was worked on beside the loop carries what a record of 3 holds */
    struct stations *stations;
    int station_steps; /* what is known in them before each run: 1 a station, 2 a request, 3 it is taken */
    void *ring;       /* of the thread that gives keys out; NULL: nothing is open */
    struct digest before;
    size_t n_keys;
    json_t *answer; /* of the last run that was kept */
    uint64_t stayed_us; /* by the real clock: when the sessions were last in use before a case */
    json_t *(*duty)(struct keeping *k);
};

/* ---- the loop's way with one message ---- */

/* Undo what was done since the savepoint; other than 0: the batch is lost. */
static int undo(struct bench *b)
{
    int r = store_back_to(b->store);

    log_back(b->log);
    return r ? r : engine_refresh(b->engine, &b->diag);
}

static int perform(struct keeping *k, int *ret_failed)
{
    const struct operation *op = operation_find(json_str(k->message, "op"));
    struct operation_context c = bench_context(&k->b);
    struct clock_setting clock = k->b.clock;
    int r = store_savepoint(k->b.store);

    if (r)
        return r;
    c.measured = k->at->measured;
    c.door = &k->door;
    c.stations = k->stations;
    log_mark(k->b.log);
    r = operation_authorize(&c, op, k->message, k->at->who != 0, &k->answer);
    if (!r && !k->answer)
        r = op->run(&c, k->message, &k->answer);
    if (r && c.is_undone)
        fail_msg("%s failed with %d and wants its answer to count", k->at->name, r);
    if (!r && !c.is_undone)
        r = store_release(k->b.store);
    stations_settle(k->stations, r || c.is_undone ? STATIONS_UNDONE : STATIONS_KEPT);
    *ret_failed = r;
    if (!r && !c.is_undone)
        return 0;
    k->b.clock = clock;
    return undo(&k->b);
}

/* What is worked on beside the loop, by a thread whose handles are not open yet. */
static int run_beside(struct keeping *k, const struct aside_work *work)
{
    bool is_done = work->run(k->b.home.db, &k->ring, k->message);

    json_decref(k->answer);
    k->answer = json_incref(json_object_get(k->message, "answer"));
    k->is_held = is_done && json_obj(k->message, STOCKING_HELD); /* the batch says so */
    json_object_del(k->message, "answer");
    json_object_del(k->message, STOCKING_HELD);
    work->end(k->ring);
    k->ring = NULL;
    return is_done ? 0 : -ENOMEM;
}

static int body(struct keeping *k, int *ret_failed)
{
    struct bench *b = &k->b;
    int r;

    if ((r = log_begin(b->log)) || (r = clock_load(b->store, &b->clock)) ||
        (r = engine_refresh(b->engine, &b->diag)) || (r = perform(k, ret_failed)))
        return r;
    return log_end(b->log);
}

static int run_operation(void *user)
{
    struct keeping *k = user;
    struct bench *b = &k->b;
    int failed = 0, r;

    if (keyring_work.wants(json_str(k->message, "op")))
        return run_beside(k, &keyring_work);
    if (str_ends(str_of(json_str(k->message, "op")), STR("-segment")) && *json_str(k->message, "data"))
        return run_beside(k, &stocking_work);
    r = store_begin(b->store);
    json_decref(k->answer);
    k->answer = NULL;
    k->is_held = false;
    if (r)
        return store_errno(r);
    r = body(k, &failed);
    if (r)
        store_rollback(b->store);
    else
        r = store_commit(b->store);
    stations_settle(k->stations, r ? STATIONS_ROLLED_BACK : STATIONS_COMMITTED);
    if (r) {
        log_forget(b->log);
        engine_forget(b->engine);
    }
    return store_errno(r ? r : failed);
}

/* Whose generations may have been other ones before. */
static void reopen(struct keeping *k)
{
    for (size_t i = 0; i < ARRAY_LEN(k->held); i++)
        if (k->held[i].engine)
            engine_forget(k->held[i].engine);
    bench_open_over(&k->home, k->shared, &k->b);
    k->look = store_look_open(k->home.data);
}

static void shut(struct keeping *k)
{
    store_look_close(k->look);
    k->look = NULL;
    bench_close(&k->b);
}

/* ---- what is left ---- */

/* What the loop keeps in memory is what the store holds, and goes on working. */
static void assert_in_step(struct bench *b)
{
    ROWS_AUTO *heads = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *today = NULL;
    int64_t shard;
    uint64_t size;

    OK(engine_refresh(b->engine, &b->diag));
    OK(STORE_ONE(b->store, &row, STMT_META_GET, V_TEXT("generation")));
    assert_string_equal(rows_text(row, 0), engine_setting(b->engine, "generation"));
    OK(store_begin(b->store));
    OK(log_begin(b->log));
    log_head(b->log, &shard, &size);
    OK(STORE_QUERY(b->store, &heads, STMT_HEAD_LIST));
    assert_int_equal(rows_next(heads), 1);
    assert_int_equal(rows_int(heads, 0), shard);
    assert_int_equal(rows_int(heads, 2), size);
    store_rollback(b->store);
    log_forget(b->log);
    OK(engine_today(b->engine, "A", b->now_us, &today));
}

/* `shared`: NULL for texts that are read anew, from what the store holds. */
static void assert_sound(struct bench *b, struct engine_shared *shared)
{
    struct verify_summary sum;

    if (verify_installation_over(b->store, shared, NULL, NULL, &sum, &b->diag))
        fail_msg("%s", diag_first(&b->diag));
    assert_true(sum.n_entries > 1);
}

/* One operation on what is in memory alone: whatever it writes is undone. */
static void run_in_memory(struct keeping *k, unsigned measured, const char *person, json_t *message)
{
    struct operation_context c = bench_context(&k->b);
    json_t *answer = NULL;

    c.stations = k->stations;
    c.measured = measured;
    c.person = person;
    c.login = measured ? "p-m" : "p-a";
    OK(operation_find(json_str(message, "op"))->run(&c, message, &answer));
    assert_true(json_flag(answer, "ok"));
    stations_settle(k->stations, STATIONS_COMMITTED);
    if (*json_str(answer, "id"))
        snprintf(k->id, sizeof(k->id), "%s", json_str(answer, "id"));
    json_decref(answer);
    json_decref(message);
}

static json_t *says_here(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:{s:{s:s}}}", "op", "media-here", "station", "PC-1", "name", "PC-1", "slots", "usb1", "name", "M-1");
}

static json_t *asks_there(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "op", "media-ask", "station", "PC-1", "slot", "usb1", "do", "wipe", "with", "medium", "M-1");
}

static void know_stations(struct keeping *k)
{
    stations_free(k->stations);
    k->stations = NULL;
    if (!k->station_steps)
        return;
    assert_non_null(k->stations = stations_new());
    bench_begin(&k->b);
    for (int i = 1; i <= k->station_steps; i++)
        run_in_memory(k, i == 2 ? 0 : MEASURED_MEDIA, i == 2 ? "A" : "M", i == 2 ? asks_there(k) : says_here(k));
    store_rollback(k->b.store);
    log_forget(k->b.log);
    engine_forget(k->b.engine);
    if (k->message && json_object_get(k->message, "job"))
        OK(json_put_str(k->message, "job", k->id));
}

static void go_back(struct keeping *k)
{
    shut(k);
    store_copy(k->aside.data, k->home.data);
    reopen(k);
    know_stations(k);
}

static void check_operation(void *user, int r)
{
    struct keeping *k = user;
    struct digest now = store_digest(k->look);
    bool is_same = digest_eq(&now, &k->before);

    diag_clear(&k->b.diag);
    if (r && !is_same)
        fail_msg("%s failed with %d and has changed something", k->at->name, r);
    if (r && store_n_keys(k->look) < k->n_keys)
        fail_msg("%s failed with %d and a key is gone", k->at->name, r);
    assert_in_step(&k->b);
    if (r) {
        know_stations(k);
        return;
    }
    if (!k->answer && k->is_held) /* made here, where no memory is missing */
        k->answer = json_pack("{s:s}", "error", "held");
    if (!k->answer || strcmp(json_str(k->answer, "error"), k->at->error) ||
        json_flag(k->answer, "ok") != !*k->at->error)
        fail_msg("%s: %s", k->at->name, k->answer ? json_dumps(k->answer, 0) : "no answer");
    if (is_same != k->at->changes_nothing)
        fail_msg("%s is answered and has changed %s", k->at->name,
                 is_same ? "nothing" : "something");
    assert_sound(&k->b, k->shared);
    go_back(k);
}

/* ---- what the cases need ---- */

static json_t *run_as(struct keeping *k, char who, json_t *message)
{
    if (who)
        OK(json_put_str(message, "token", keeper_place_cookie(&k->home, who)));
    return bench_run(&k->b, who != 0, message);
}

/* What the outcome says of the record. */
static void act(struct keeping *k, char who, const char *reg, const char *step, const char *record,
                json_t *with)
{
    JSON_AUTO *answer =
        bench_run(&k->b, true, keeper_place_act(&k->home, who, reg, step, record, with));

    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed"))
        fail_msg("%s/%s: %s", reg, step, json_dumps(answer, 0));
    if (!strcmp(reg, "intel-collections"))
        snprintf(k->collection, sizeof(k->collection), "%s", json_str(json_obj(answer, "outcome"), "record"));
}

static json_t *set_server(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "op", "mail-set", "server",
                     "smtp://127.0.0.1:25", "sender", "tsujiban@police.example", "base",
                     "https://x.example", "user", "", "timeout", 10, "plain", 0);
}

static json_t *set_contact(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i}", "op", "contact-set", "mail", "a@police.example",
                     "language", "ja", "minute", 510, "urgent", 1);
}

/* Mail, an item, a designation with its notices, a loan with personal values; all words can be found. */
static void furnish(struct keeping *k)
{
    struct bench *b = &k->b;
    bool more = true;

    assert_answer(run_as(k, 0, set_server(k)), "");
    assert_answer(run_as(k, 'A', set_contact(k)), "");
    bench_begin(b);
    while (more)
        OK(engine_search_tend(b->engine, 100, &more));
    bench_end(b);
    act(k, 'Y', "items", "add", "",
        json_pack("{s:s, s:s, s:s}", "number", "L-1", "kind", "lamp", "price", "1200"));
    act(k, 'M', "users", "designate", "", json_pack("{s:s}", "person", "A"));
    act(k, 'A', "loans", "apply", "",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "item", ITEM, "purpose", "patrol", "starts_on",
                  "2026-04-10", "ends_on", "2026-05-09", "note", "秘密の一行", "owner",
                  "090-0000-0000"));
}

static void hold_texts(struct keeping *k, struct held *held)
{
    store_copy(k->home.data, held->folder);
    OK(store_open(held->folder, STORE_READ, &held->store, NULL));
    OK(engine_open_shared(held->store, k->shared, &held->engine, NULL));
}

static void let_texts_go(struct held *held)
{
    engine_close(held->engine);
    store_close(held->store);
    held->engine = NULL;
    held->store = NULL;
}

static void keep_copy(struct keeping *k)
{
    shut(k);
    store_copy(k->home.data, k->aside.data);
    hold_texts(k, &k->held[1]);
    reopen(k);
}

/* ---- acts and reading ---- */

static json_t *adds(struct keeping *k)
{
    json_t *m = keeper_place_act(&k->home, k->at->who, "items", "add", "",
                                 json_pack("{s:s, s:s}", "number", "L-9", "price", "100"));

    OK(json_put_str(m, "once", "form-1"));
    return m;
}

static void add_once(struct keeping *k)
{
    assert_answer(bench_run(&k->b, true, adds(k)), "");
}

static json_t *adds_otherwise(struct keeping *k)
{
    json_t *m = adds(k);

    OK(json_put_str(json_obj(m, "with"), "number", "L-8"));
    return m;
}

/* A login of A's, to set the secret of. */
static void open_login(struct keeping *k)
{
    act(k, 'M', "logins", "open", "", json_pack("{s:s, s:s, s:s}", "unit", "sho", "login", "uke.ko", "who", "A"));
    snprintf(k->id, sizeof(k->id), "LG-2026-0001");
}

/* As it comes from the thread that judged it. */
static json_t *sets_secret(struct keeping *k)
{
    struct act act = {.person = "A", .reg = "logins", .step = "set", .record = k->id, .now_us = engine_now(k->b.engine)};
    json_t *m = keeper_place_act(&k->home, 'A', "logins", "set", k->id, NULL), *judged = NULL;

    OK(engine_secret_judge(k->b.engine, &act, "umi no iro to oto", PASSWORD_PLAYED, &judged));
    OK(json_put_str(m, "op", "act-secret"));
    OK(json_put(m, "judged", judged));
    return m;
}

static json_t *changes(struct keeping *k)
{
    return keeper_place_act(&k->home, 'A', "loans", "change", LOAN,
                            json_pack("{s:s}", "note", "別の一行"));
}

static json_t *corrects(struct keeping *k)
{
    json_t *m = keeper_place_act(&k->home, 'Y', "items", "correct", ITEM,
                                 json_pack("{s:s}", "price", "1300"));

    OK(json_put_str(m, "reason", "書き間違い"));
    return m;
}

static json_t *on_paper(struct keeping *k)
{
    json_t *m = keeper_place_act(&k->home, 'Y', "items", "add", "",
                                 json_pack("{s:s, s:s}", "number", "L-9", "price", "100"));

    OK(json_put(m, "paper", json_pack("{s:s}", "written", "2026-04-10T08:00")));
    return m;
}

static json_t *with_records(const char *op, json_t *records)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "op", op, "digest", DIGEST, "form", "form-1",
                     "records", records);
}

static json_t *reads(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "read", "record", LOAN);
}

static json_t *searches(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "search", "records", LOAN);
}

static json_t *prints(struct keeping *k)
{
    return with_records("print", json_pack("{s:i}", ITEM, 1));
}

static json_t *exports(struct keeping *k)
{
    json_t *m = with_records("export", json_pack("{s:i}", ITEM, 1));

    json_object_del(m, "form");
    OK(json_put_str(m, "reg", "items"));
    OK(json_put_str(m, "format", "csv"));
    return m;
}

static json_t *reads_notice(struct keeping *k)
{
    ROWS_AUTO *rows = NULL;

    OK(STORE_QUERY(k->b.store, &rows, STMT_NOTICE_PAGE, V_TEXT("A"), V_INT(1), V_INT(0)));
    assert_int_equal(rows_next(rows), 1);
    return json_pack("{s:s, s:I, s:I, s:I}", "op", "notice-read", "shard",
                     (json_int_t)rows_int(rows, 0), "seq", (json_int_t)rows_int(rows, 1), "n",
                     (json_int_t)rows_int(rows, 2));
}

static json_t *reads_notices(struct keeping *k)
{
    return json_pack("{s:s, s:I}", "op", "notices-read", "until",
                     (json_int_t)(k->b.now_us + US_PER_DAY));
}

/* ---- mail ---- */

static json_t *tests_mail(struct keeping *k)
{
    return json_pack("{s:s}", "op", "mail-test");
}

static void queue(struct keeping *k)
{
    assert_answer(run_as(k, 'A', tests_mail(k)), "");
    k->b.real_us = clock_real_us() + US_PER_SECOND; /* messages wait by the real clock */
}

static json_t *begins(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:i}", "op", "mail-begin", "id", 1, "tries", 0, "digest",
                     DIGEST, "size", 100);
}

static void begin(struct keeping *k)
{
    queue(k);
    assert_answer(run_as(k, 0, begins(k)), "");
}

static json_t *ends(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:i, s:s}", "op", "mail-end", "id", 1, "tries", 1,
                     "result", "failed", "code", 550, "trouble", "5.1.1 no such user");
}

static void fail_to_send(struct keeping *k)
{
    begin(k);
    assert_answer(run_as(k, 0, ends(k)), "");
}

static json_t *again(struct keeping *k)
{
    return json_pack("{s:s, s:i}", "op", "mail-again", "id", 1);
}

static json_t *drops_mail(struct keeping *k)
{
    return json_pack("{s:s, s:i}", "op", "mail-drop", "id", 1);
}

/* ---- sessions, passwords, codes, tokens ---- */

static void know_hash(struct keeping *k)
{
    struct account a;

    OK(account_get(k->b.store, "p-a", &a));
    snprintf(k->hash, sizeof(k->hash), "%s", a.hash);
}

/* As it comes from hashing. */
static json_t *hashed(struct keeping *k, const char *op, bool is_right)
{
    return json_pack("{s:s, s:b, s:s, s:s}", "op", op, "verified", is_right, "against", k->hash,
                     "hash", k->hash);
}

static json_t *signs_in(struct keeping *k)
{
    json_t *m = hashed(k, "sign-in", true);

    OK(json_put_str(m, "login", "p-a"));
    return m;
}

static void require_devices(struct keeping *k)
{
    know_hash(k);
    OK(store_begin(k->b.store));
    OK(STORE_RUN(k->b.store, STMT_META_SET, V_TEXT(META_DEVICES), V_TEXT("1")));
    OK(STORE_RUN(k->b.store, STMT_META_SET, V_TEXT("generation"), V_TEXT("99")));
    OK(store_commit(k->b.store));
}

static json_t *shows(json_t *m)
{
    OK(json_put_str(m, "certificate", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
    return m;
}

static json_t *signs_in_with_certificate(struct keeping *k)
{
    return shows(signs_in(k));
}

static json_t *touches_with_certificate(struct keeping *k)
{
    return shows(json_pack("{s:s}", "op", "touch"));
}

static json_t *unlocks_with_certificate(struct keeping *k)
{
    return shows(hashed(k, "unlock", true));
}

static json_t *requires_devices(struct keeping *k)
{
    return json_pack("{s:s, s:i}", "op", "devices-require", "on", 0);
}

static json_t *guesses(struct keeping *k)
{
    json_t *m = signs_in(k);

    OK(json_put_flag(m, "verified", false));
    return m;
}

static json_t *only(struct keeping *k)
{
    return json_pack("{s:s}", "op", k->at->name);
}

static void lock(struct keeping *k)
{
    know_hash(k);
    assert_answer(run_as(k, 'A', json_pack("{s:s}", "op", "lock")), "");
}

static json_t *unlocks(struct keeping *k)
{
    return hashed(k, "unlock", true);
}

static json_t *sets_password(struct keeping *k)
{
    return hashed(k, "password-set", true);
}

static json_t *issues(struct keeping *k)
{
    json_t *m = hashed(k, "token-issue", true);

    OK(json_put_str(m, "name", "roster"));
    OK(json_put(m, "scope", json_pack("{s:[s], s:[s]}", "may", "read", "registers", "items")));
    OK(json_put_int(m, "days", 30));
    return m;
}

static void issue(struct keeping *k)
{
    struct token_scope scope = {.may_act = true};
    char id[TOKEN_ID_SIZE];

    OK(store_begin(k->b.store));
    OK(token_issue(k->b.store, "p-a", STR("roster"), &scope, 30, k->b.real_us, id, k->secret));
    OK(store_commit(k->b.store));
    snprintf(k->id, sizeof(k->id), "%s", id);
}

static json_t *ends_token(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "token-end", "id", k->id);
}

static json_t *touches_by_token(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "touch", "bearer", k->secret);
}

static json_t *about_login(const char *op, const char *login)
{
    return json_pack("{s:s, s:s}", "op", op, "login", login);
}

static json_t *proposes_reset(struct keeping *k)
{
    return about_login("reset-propose", "p-a");
}

static void propose_reset(struct keeping *k)
{
    JSON_AUTO *answer = run_as(k, 0, proposes_reset(k));

    snprintf(k->id, sizeof(k->id), "%s", json_str(answer, "reset"));
}

static json_t *approves_reset(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "reset-approve", "reset", k->id);
}

static void approve_reset(struct keeping *k)
{
    JSON_AUTO *answer = NULL;

    know_hash(k);
    propose_reset(k);
    answer = run_as(k, 'C', approves_reset(k));
    snprintf(k->secret, sizeof(k->secret), "%s", json_str(answer, "code"));
}

static json_t *uses_reset(struct keeping *k)
{
    json_t *m = hashed(k, "reset-use", false);

    OK(json_put_str(m, "login", "p-a"));
    OK(json_put_str(m, "code", k->secret));
    return m;
}

static json_t *adds_account(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "account-add", "login", "p-x", "person", "X",
                     "rights", "");
}

static json_t *closes_account(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "account-close", "login", "p-b", "reason", "left");
}

static void close_account(struct keeping *k)
{
    assert_answer(run_as(k, 'C', closes_account(k)), "");
}

static json_t *reopens_account(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "account-reopen", "login", "p-b", "reason", "back");
}

static json_t *gives_rights(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-b", "rights",
                     "auditor");
}

/* ---- the installation ---- */

static json_t *imports_with(struct keeping *k, const char *appointment)
{
    json_t *files = json_object();

    for (enum force_file f = FORCE_UNITS; f < FORCE_FILES; f++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 1u << 20);
        OK(force_export(engine_force(k->b.engine), f, &text));
        if (f == FORCE_APPOINTMENTS)
            OK(buf_add_text(&text, appointment));
        if (text.len)
            OK(json_put_str(files, force_file_name(f), text.at));
    }
    return json_pack("{s:s, s:o}", "op", "force-import", "files", files);
}

static json_t *imports(struct keeping *k)
{
    return imports_with(k, "");
}

/* X would see what stores see. */
static json_t *imports_reader(struct keeping *k)
{
    return imports_with(k, "x2,X,member,yodo,concurrent,2026-04-01,\n");
}

static json_t *saves_plan(struct keeping *k)
{
    return json_pack(
        "{s:s, s:s, s:s}", "op", "plan-save", "title", "春の異動", "body",
        "person,unit,post,kind,from,to,leaving\nX,uke,member,,2026-05-01,,\nD,,,,,,2026-04-30\n");
}

static void save_plan(struct keeping *k)
{
    JSON_AUTO *answer = run_as(k, 0, saves_plan(k));

    snprintf(k->id, sizeof(k->id), "%s", json_str(answer, "plan"));
}

static json_t *changes_plan(struct keeping *k)
{
    json_t *m = saves_plan(k);

    OK(json_put_str(m, "plan", k->id));
    OK(json_put_str(m, "title", "別の名"));
    return m;
}

static json_t *drops_plan(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "plan-drop", "plan", k->id);
}

static json_t *adopts_plan(struct keeping *k)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(k->b.store, &row, STMT_PLAN_GET, V_TEXT(k->id)));
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", k->id, "digest",
                     rows_text(row, 4), "seen", engine_setting(k->b.engine, "generation"));
}

static json_t *wrong_plan(struct keeping *k)
{
    json_t *m = saves_plan(k);

    OK(json_put_str(m, "body", "person,unit,post,from\nX,ukke,member,2026-05-01\n"));
    return m;
}

static const struct pack *pack_of(struct keeping *k)
{
    const struct pack *pack;

    assert_int_equal(engine_packs(k->b.engine, &pack, 1), 1);
    return pack;
}

static void hash_of(struct keeping *k, char ret[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf hex;

    buf_init(&hex, 2 * SHA256_SIZE);
    OK(hex_print(pack_of(k)->hash.bytes, SHA256_SIZE, &hex));
    memcpy(ret, hex.at, hex.len + 1);
}

/* The text in force with another title of one register. */
static json_t *proposes_pack(struct keeping *k)
{
    char *text = strndup(pack_of(k)->canonical.at, pack_of(k)->canonical.len), *at;
    json_t *m;

    assert_non_null(text);
    assert_non_null(at = strstr(text, "貸出簿"));
    memcpy(at, "貸与簿", strlen("貸与簿"));
    m = json_pack("{s:s, s:s}", "op", "pack-propose", "canonical", text);
    free(text);
    return m;
}

/* Of what was proposed; the answer is taken. */
static void know_proposed(struct keeping *k, json_t *answer)
{
    if (strlen(json_str(answer, "hash")) != (size_t)2 * SHA256_SIZE)
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(k->hash, sizeof(k->hash), "%s", json_str(answer, "hash"));
    json_decref(answer);
}

static void propose_pack(struct keeping *k)
{
    know_proposed(k, run_as(k, 0, proposes_pack(k)));
}

static json_t *adopts_pack(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "pack-adopt", "hash", k->hash);
}

static json_t *shows_clauses(struct keeping *k)
{
    char hash[2 * SHA256_SIZE + 1];

    hash_of(k, hash);
    return json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:[s, s]}}}", "op", "pack-scenarios", "hash", hash,
                     "scenarios", "a-loan", "ja", "貸出", "en", "A loan", "clauses", "K-3", "K-4");
}

static json_t *gives_text(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "op", "clause-text", "pack", pack_of(k)->id,
                     "digest", DIGEST, "texts", "K-3", "備品は台帳に載せる。", "K-4",
                     "貸出しは記録する。");
}

static json_t *proposes_table(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:{s:[s, s, s, s, s], s:[[s, s, s, s, s], [s, s, s, s, s]]}}",
                     "op", "takeover-propose", "reg", "items", "table", "headings", "former",
                     "番号", "種別", "状態", "所持者", "rows", "台帳-7", "L-7", "灯火", "kept",
                     "受付　甲", "", "R-1", "radio", "kept", "A");
}

static json_t *wrong_table(struct keeping *k)
{
    json_t *m = proposes_table(k);

    OK(json_array_append_new(json_array_get(json_arr(json_obj(m, "table"), "rows"), 0),
                             json_string("x")));
    OK(json_array_remove(json_array_get(json_arr(json_obj(m, "table"), "rows"), 0), 3));
    return m;
}

static void propose_table(struct keeping *k)
{
    JSON_AUTO *answer = run_as(k, 0, proposes_table(k));

    snprintf(k->id, sizeof(k->id), "%s", json_str(answer, "id"));
    snprintf(k->hash, sizeof(k->hash), "%s", json_str(answer, "digest"));
}

static json_t *adopts_table(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "takeover-adopt", "table", k->id, "digest", k->hash);
}

static json_t *drops_table(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "takeover-drop", "table", k->id);
}

/* ---- copies of everything ---- */

static void hold_secret(struct keeping *k)
{
    json_decref(run_as(k, 'M', json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "op", "act", "reg", "papers", "step", "write", "with", "unit", "sho",
                                         "subject", "名簿", "class", "c3")));
}

static json_t *copies_all(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy", "channel", "backup");
}

static json_t *asks_standing(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "whole-copy-ask", "channel", "backup", "until", "2026-05-10");
}

static void ask_for_copy(struct keeping *k)
{
    hold_secret(k);
    json_decref(run_as(k, 0, copies_all(k)));
    snprintf(k->id, sizeof(k->id), "COPY-2026-0001");
}

static json_t *approves_copy(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy-approve", "copy", k->id);
}

static json_t *gives_administrator(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-b", "rights", "administrator");
}

static void have_second(struct keeping *k)
{
    json_decref(run_as(k, 0, json_pack("{s:s, s:s, s:s}", "op", "account-rights", "login", "p-m", "rights", "administrator")));
}

static void hold_right(struct keeping *k)
{
    have_second(k);
    json_decref(run_as(k, 'M', gives_administrator(k)));
    snprintf(k->id, sizeof(k->id), "PLAN-2026-0001");
}

static void hold_own_right(struct keeping *k)
{
    hold_right(k);
    json_decref(run_as(k, 0, gives_administrator(k)));
}

static void hold_import(struct keeping *k)
{
    hold_secret(k);
    json_decref(run_as(k, 0, imports_reader(k)));
    snprintf(k->id, sizeof(k->id), "PLAN-2026-0001");
}

/* ---- after a restore ---- */

static void mark(struct keeping *k, const char *text)
{
    bench_begin(&k->b);
    OK(STORE_RUN(k->b.store, STMT_META_SET, V_TEXT("restored"), V_TEXT(text)));
    OK(STORE_RUN(k->b.store, STMT_META_SET, V_TEXT("generation"), V_TEXT("1000")));
    bench_end(&k->b);
}

static void restore_mark(struct keeping *k)
{
    mark(k, "{\"at\":7,\"file\":\"copy\",\"last\":1,\"shard\":2026,\"size\":3}");
}

static void restore_looked(struct keeping *k)
{
    mark(k, "{\"at\":7,\"by\":[{\"at\":1,\"person\":\"C\"}],\"file\":\"copy\",\"last\":1,\"shard\":2026,\"size\":3}");
}

static json_t *confirms_restore(struct keeping *k)
{
    return json_pack("{s:s, s:i}", "op", "restored-confirm", "at", 7);
}

static json_t *ends_copy(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "whole-copy-end", "copy", k->id);
}

static void approve_copy(struct keeping *k)
{
    ask_for_copy(k);
    json_decref(run_as(k, 'C', approves_copy(k)));
}

static json_t *moves_clock(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "clock-advance", "to", "令和8年4月11日 9:00");
}

/* ---- the table ---- */

/* ---- files ---- */

static json_t *begins_file(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "op", "file-begin", "reg", "trials", "field", "scan", "name", "報告.pdf", "size", 5);
}

/* Its pieces are none of the loop's. */
static void begin_file(struct keeping *k)
{
    JSON_AUTO *answer = run_as(k, 'A', begins_file(k));

    snprintf(k->id, sizeof(k->id), "%s", json_str(answer, "id"));
}

static json_t *sends_last(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i, s:s}", "op", "file-piece", "id", k->id, "offset", 0, "data", "");
}

static void send_file(struct keeping *k)
{
    begin_file(k);
    assert_answer(run_as(k, 'A', sends_last(k)), "");
}

static json_t *drops_file(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "file-drop", "id", k->id);
}

static json_t *begins_exam(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i}", "op", "exam-begin", "id", k->id, "tries", 0);
}

static void begin_exam(struct keeping *k)
{
    send_file(k);
    assert_answer(run_as(k, 0, begins_exam(k)), "");
}

static json_t *ends_exam(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "op", "exam-end", "id", k->id, "tries", 1, "state", "clean", "sha256", DIGEST);
}

static void end_exam(struct keeping *k)
{
    begin_exam(k);
    assert_answer(run_as(k, 0, ends_exam(k)), "");
}

static json_t *names_file(struct keeping *k)
{
    return keeper_place_act(&k->home, 'A', "trials", "begin", "", json_pack("{s:s, s:s}", "word", "x", "scan", k->id));
}

static void name_file(struct keeping *k)
{
    end_exam(k);
    assert_answer(bench_run(&k->b, true, names_file(k)), "");
}

static json_t *opens_file(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "file-open", "record", "TR-2026-0001", "file", k->id);
}

static json_t *previews_file(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "file-preview", "record", "TR-2026-0001", "file", k->id);
}

/* A second record that holds the first, whose step disposes of it: with its file, and its words in the search. */
static void hold_named(struct keeping *k)
{
    name_file(k);
    act(k, 'A', "trials", "begin", "", json_pack("{s:s, s:[s]}", "word", "y", "others", "TR-2026-0001"));
}

static json_t *disposes(struct keeping *k)
{
    return keeper_place_act(&k->home, 'A', "trials", "wipe", "TR-2026-0002", json_object());
}

#define BYTES "an attachment of no less than sixty-four bytes, so that it is known when it comes again"

/* Contents of that digest, and of that many bytes. */
static json_t *contents(void)
{
    char hex[2 * SHA256_SIZE + 1];
    struct digest d = sha256(STR(BYTES));
    JSON_AUTO *o = json_object();

    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    OK(json_put_int(o, hex, (int64_t)strlen(BYTES)));
    return json_incref(o);
}

static json_t *asks_held(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:o, s:{s:b, s:b, s:b}}", "op", "holding-label", "receiver", "A", "contents", contents(), "addresses", "a@police.example", 1,
                     "nobody@police.example", 1, "uke@police.example", 1);
}

static json_t *notes_held(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "op", "holding-note", "record", "TR-2026-0001", "form", "sealed", "contents", contents());
}

static json_t *asks_cover(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "cover", "record", "TR-2026-0001");
}

/* ---- media at stations ---- */

static json_t *tells_of_it(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:i}", "op", "media-tell", "job", k->id, "event", "event", "wiped", "end", 0);
}

static json_t *asks_of_it(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "media-jobs", "job", k->id);
}

static json_t *takes_it_back(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "media-drop", "job", k->id);
}

static void see_station(struct keeping *k)
{
    k->station_steps = 1;
    know_stations(k);
}

static void ask_there(struct keeping *k)
{
    k->station_steps = 2;
    know_stations(k);
}

static void take_there(struct keeping *k)
{
    k->station_steps = 3;
    know_stations(k);
}

/* ---- keys and pieces, beside the loop ---- */

static json_t *asks_key(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "vault-key", "record", LOAN);
}

static json_t *asks_piece(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i}", "op", k->at->name, "id", k->id, "n", 0);
}

static json_t *asks_count(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "file-count", "id", k->id);
}

static void add_piece(struct keeping *k)
{
    struct store *blobs = NULL;

    OK(blobs_open(k->home.db, STORE_WRITE, &blobs, NULL));
    OK(blobs_add(blobs, k->id, 0, STR("sealed")));
    store_close(blobs);
}

static void name_file_with_piece(struct keeping *k)
{
    name_file(k);
    add_piece(k);
}

static void begin_file_with_piece(struct keeping *k)
{
    begin_file(k);
    add_piece(k);
}

static void begin_exam_with_piece(struct keeping *k)
{
    begin_exam(k);
    add_piece(k);
}

/* ---- tickets ---- */

static json_t *begins_sending(struct keeping *k)
{
    return keeper_place_act(&k->home, 'M', "sendings", "begin", "",
                            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "unit", "sho", "paper",
                                      k->id, "cipher", "sealed", "medium", "M-014", "receiver", "M",
                                      "content", "aa", "size", "10"));
}

static void write_paper(struct keeping *k)
{
    JSON_AUTO *made = bench_run(&k->b, true,
                                keeper_place_act(&k->home, 'M', "papers", "write", "",
                                                 json_pack("{s:s, s:s, s:s}", "unit", "sho",
                                                           "subject", "名簿", "class", "c3")));

    snprintf(k->id, sizeof(k->id), "%s", json_str(json_obj(made, "outcome"), "record"));
    assert_true(*k->id);
}

/* Mail whose content is known: it is entered as taken, before the ticket is given. */
#define SUM "1111111111111111111111111111111111111111111111111111111111111111"

static json_t *begins_mail(struct keeping *k)
{
    return keeper_place_act(&k->home, 'M', "mails", "begin", "",
                            json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s}], s:[{s:s, s:s, s:s}]}", "unit", "sho", "digest", "aa", "line", "external", "outside", "yes",
                                      "receivers", "address", "x@partner.example", "outside", "yes", "files", "name", "a", "said", "c1", "sum", SUM));
}

static void write_summed(struct keeping *k)
{
    JSON_AUTO *made = bench_run(&k->b, true,
                                keeper_place_act(&k->home, 'M', "papers", "write", "",
                                                 json_pack("{s:s, s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", "c1", "sum", SUM)));

    assert_string_equal(json_str(json_obj(made, "outcome"), "result"), "allowed");
}

static void take_ticket(struct keeping *k)
{
    JSON_AUTO *begun = NULL;

    write_paper(k);
    k->b.measured = MEASURED_MEDIA;
    begun = bench_run(&k->b, true, begins_sending(k));
    snprintf(k->ticket, sizeof(k->ticket), "%s", json_str(begun, "ticket"));
    snprintf(k->id, sizeof(k->id), "%s", json_str(json_obj(begun, "outcome"), "record"));
    assert_int_equal(strlen(k->ticket), TICKET_SIZE - 1);
}

static json_t *uses_ticket(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "op", "ticket-use", "ticket",
                     k->ticket, "channel", "medium-sealed", "with", "cipher", "sealed", "medium",
                     "M-014", "receiver", "M", "content", "aa", "size", "10");
}

static json_t *uses_for_more(struct keeping *k)
{
    json_t *m = uses_ticket(k);

    OK(json_put_str(json_obj(m, "with"), "size", "11"));
    return m;
}

static void use_ticket(struct keeping *k)
{
    take_ticket(k);
    assert_answer(run_as(k, 'M', uses_ticket(k)), "");
}

static json_t *ends_sending(struct keeping *k)
{
    json_t *m = keeper_place_act(&k->home, 'M', "sendings", "end", k->id,
                                 json_pack("{s:s}", "written", "10"));

    OK(json_put_str(m, "ticket", k->ticket));
    return m;
}

/* ---- what collectors wrote ---- */

#define LINE_CELLS 12

/* A line that goes on from the one whose digest is *before. */
static json_t *line(const char *const cells[LINE_CELLS], char before[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf text;
    json_t *row = json_array();
    struct digest d;

    buf_init(&text, 4096);
    for (size_t i = 0; i < LINE_CELLS; i++) {
        const char *cell = i == 1 ? before : cells[i];

        OK(json_array_append_new(row, json_string(cell)));
        OK(buf_printf(&text, "%s%s", i ? "\t" : "", cell));
    }
    d = sha256(buf_str(&text));
    sodium_bin2hex(before, 2 * SHA256_SIZE + 1, d.bytes, sizeof(d.bytes));
    return row;
}

/* One that was granted, one on a medium that nobody knows, and a sign of life. */
static json_t *lines(void)
{
    static const char *const all[][LINE_CELLS] = {
        {"1", "", "PC-1", "2026-04-01T10:00:00+09:00", "output", "PC-1", "A", "U-1", "回答.csv",
         "10", DIGEST, "plain"},
        {"2", "", "PC-1", "2026-04-02T10:00:00+09:00", "input", "PC-1", "B", "U-9", "照会.csv",
         "20", "", ""},
        {"3", "", "PC-1", "2026-04-03T10:00:00+09:00", "mark", "", "", "", "", "", "", ""}};
    char before[2 * SHA256_SIZE + 1] = DIGEST;
    json_t *rows = json_array();

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        OK(json_array_append_new(rows, line(all[i], before)));
    return rows;
}

static json_t *collects(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:{s:[s, s, s, s, s, s, s, s, s, s, s, s], s:o}}", "op",
                     "collect", "kind", "trails", "file", "a.csv", "table", "headings", "seq",
                     "before", "collector", "at", "event", "computer", "account", "serial", "file",
                     "size", "sha256", "cipher", "rows", lines());
}

static json_t *tries_to_collect(struct keeping *k)
{
    json_t *m = collects(k);

    OK(json_put_str(m, "trial", "yes"));
    return m;
}

static json_t *collects_unknown(struct keeping *k)
{
    json_t *m = collects(k);

    OK(json_array_set_new(json_array_get(json_arr(json_obj(m, "table"), "rows"), 1), 5,
                          json_string("PC-9")));
    return m;
}

static void adopt_beside(struct keeping *k)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;

    if (pack_load_dir(getenv("COLLECT_PACK"), &pack, &k->b.diag))
        fail_msg("%s", diag_first(&k->b.diag));
    know_proposed(k, run_as(k, 0,
                            json_pack("{s:s, s:s%}", "op", "pack-propose", "canonical",
                                      pack->canonical.at, pack->canonical.len)));
    assert_answer(run_as(k, 'C', adopts_pack(k)), "");
}

/* A computer, a medium, and a grant of it that fits. */
static void know_terminal(struct keeping *k)
{
    adopt_beside(k);
    act(k, 'M', "devices", "enter", "", json_pack("{s:s, s:s}", "unit", "sho", "name", "PC-1"));
    act(k, 'M', "media", "enter", "", json_pack("{s:s, s:s}", "unit", "sho", "serial", "U-1"));
    act(k, 'M', "media-grants", "grant", "",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "unit", "sho", "applicant", "A", "medium",
                  "MD-2026-0001", "computer", "DV-2026-0001", "direction", "both", "granted_from",
                  "2026-04-01T08:00", "granted_until", "2026-04-01T18:00"));
}

/* ---- threat intelligence ---- */

static void have_collection(struct keeping *k)
{
    adopt_beside(k);
    act(k, 'M', "intel-collections", "enter", "", json_pack("{s:s, s:s}", "unit", "sho", "name", "feeds"));
    act(k, 'M', "intel-channels", "enter", "", json_pack("{s:s, s:s, s:s}", "unit", "sho", "name", "exchange", "mark", "amber"));
}

static json_t *begins_import(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "intel-begin", "collection", k->collection, "channel", "IH-2026-0001", "source", "feed.json");
}

static void begin_import(struct keeping *k)
{
    have_collection(k);
    assert_answer(run_as(k, 'M', begins_import(k)), "");
}

/* One object with a value. */
static json_t *sends_segment(struct keeping *k)
{
    CLEANUP(segment_writer_freep) struct segment_writer *w = segment_writer_new();
    CLEANUP(buf_done) struct buf message, text;
    const struct segment_object o = {.type = STR("tool"), .id = STR("tool--1"), .version = STR(""), .length = 2, .packed = STR("{}"), .life = SEGMENT_INDICATOR};

    buf_init(&message, SEGMENT_SIZE_MAX);
    buf_init(&text, SEGMENT_SIZE_MAX);
    assert_non_null(w);
    OK(segment_writer_value(w, 5, false, STR("example.jp")));
    OK(segment_writer_add(w, &o));
    OK(segment_writer_print(w, &message));
    OK(base64_print(message.at, message.len, &text));
    return json_pack("{s:s, s:i, s:i, s:s}", "op", "intel-segment", "run", 1, "n", 0, "data", text.at);
}

/* A record of 3 holds bytes, which it carries. */
#define CARRIED "What is carried has to have at least as many bytes as anybody is known to hold."

static json_t *sends_carrying(struct keeping *k)
{
    CLEANUP(segment_writer_freep) struct segment_writer *w = segment_writer_new();
    CLEANUP(buf_done) struct buf message, text;
    const struct segment_object o = {.type = STR("tool"), .id = STR("tool--1"), .version = STR(""), .length = 2, .packed = STR("{}"), .life = SEGMENT_LIFELESS};
    struct digest d = sha256(STR(CARRIED));

    buf_init(&message, SEGMENT_SIZE_MAX);
    buf_init(&text, SEGMENT_SIZE_MAX);
    assert_non_null(w);
    OK(segment_writer_value(w, SEGMENT_CONTENT, false, (struct str){(const char *)d.bytes, sizeof(d.bytes)}));
    OK(segment_writer_add(w, &o));
    OK(segment_writer_print(w, &message));
    OK(base64_print(message.at, message.len, &text));
    return json_pack("{s:s, s:i, s:i, s:s}", "op", "intel-segment", "run", 1, "n", 0, "data", text.at);
}

static void hold_high(struct keeping *k)
{
    struct digest d = sha256(STR(CARRIED));
    struct audience au = {.label_id = "high"};
    struct arena *a = arena_new(1 << 16);
    int64_t number;

    assert_non_null(a);
    OK(label_make(a, 3, 1, 1, (struct label_set){NULL, 0}, NULL, 0, &au.label));
    bench_begin(&k->b);
    OK(audience_intern(k->b.store, &au, &number));
    OK(holding_add(k->b.store, k->collection, "", HOLDING_WRITTEN, &d, strlen(CARRIED)));
    OK(holding_count_as(k->b.store, k->collection, number));
    bench_end(&k->b);
    arena_free(a);
}

static void begin_import_and_hold(struct keeping *k)
{
    begin_import(k);
    hold_high(k);
}

/* As the thread beside the loop leaves it. */
static json_t *found_held(json_t *m)
{
    json_t *held = json_pack("{s:i, s:[s]}", "n", 1, "contents", DIGEST);

    OK(json_object_del(m, "data") || json_put(m, STOCKING_HELD, held));
    return m;
}

static json_t *enters_carrying(struct keeping *k)
{
    return found_held(sends_carrying(k));
}

static json_t *sends_nonsense(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "op", "intel-segment", "run", 1, "n", 0, "data", "TSG1");
}

/* As the thread beside the loop leaves it. */
static json_t *opens_import(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:{s:i, s:i, s:[i, i, i], s:s}}", "op", "intel-open", "run", 1, "left_out", 2, STOCKING_TOTALS, "segments", 1,
                     "objects", 3, "levels", 1, 2, 0, "root", DIGEST);
}

static void open_import(struct keeping *k)
{
    begin_import(k);
    assert_answer(run_as(k, 'M', opens_import(k)), "");
}

static json_t *drops_import(struct keeping *k)
{
    return json_pack("{s:s, s:i}", "op", "intel-drop", "run", 1);
}

/* ---- what is fetched ---- */

static void have_fetched(struct keeping *k)
{
    have_collection(k);
    act(k, 'M', "intel-channels", "poll", "IH-2026-0001",
        json_pack("{s:s, s:s, s:s, s:i}", "poll_root", "https://taxii.example.jp/api/", "poll_collection", "c1", "collection", k->collection, "poll_minutes", 60));
}

static json_t *asks_next_poll(struct keeping *k)
{
    return json_pack("{s:s}", "op", "poll-next");
}

static void begin_poll(struct keeping *k)
{
    have_fetched(k);
    assert_answer(run_as(k, 0, asks_next_poll(k)), "");
}

static json_t *proposes_poll(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i}", "op", "poll-propose", "channel", "IH-2026-0001", "tries", 1);
}

static void propose_poll(struct keeping *k)
{
    begin_poll(k);
    assert_answer(run_as(k, 0, proposes_poll(k)), "");
}

static json_t *sends_polled(struct keeping *k)
{
    json_t *m = sends_segment(k);

    OK(json_object_del(m, "run") || json_put_str(m, "op", "poll-segment") || json_put_str(m, "channel", "IH-2026-0001") || json_put_int(m, "tries", 1));
    return m;
}

static json_t *sends_polled_carrying(struct keeping *k)
{
    json_t *m = sends_carrying(k);

    OK(json_object_del(m, "run") || json_put_str(m, "op", "poll-segment") || json_put_str(m, "channel", "IH-2026-0001") || json_put_int(m, "tries", 1));
    return m;
}

static json_t *enters_polled_carrying(struct keeping *k)
{
    json_t *m = found_held(sends_polled_carrying(k)), *answer = json_pack("{s:b, s:i, s:i}", "ok", 1, "known", 0, "held", 1);

    OK(json_put(json_object_get(m, STOCKING_HELD), "answer", answer));
    return m;
}

static void propose_poll_and_hold(struct keeping *k)
{
    propose_poll(k);
    hold_high(k);
}

static void begin_poll_and_hold(struct keeping *k)
{
    begin_poll(k);
    hold_high(k);
}

static json_t *tells_poll(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i}", "op", "poll-tell", "channel", "IH-2026-0001", "tries", 1);
}

static json_t *poll_end(const char *trouble)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:s, s:i, s:i}", "op", "poll-end", "channel", "IH-2026-0001", "tries", 1, "trouble", trouble, "status",
                     200, "wait", 0, "words", "", "last", "2026-04-01T00:00:00Z", "more", 0, "left_out", 1);
}

static json_t *ends_poll(struct keeping *k)
{
    return poll_end("");
}

static json_t *ends_poll_badly(struct keeping *k)
{
    return poll_end("later");
}

static json_t *ends_poll_oddly(struct keeping *k)
{
    return poll_end("<b>");
}

/* As the thread beside the loop leaves it. */
static json_t *opens_polled(struct keeping *k)
{
    json_t *m = poll_end("");

    OK(json_put(m, STOCKING_TOTALS, json_pack("{s:i, s:i, s:[i, i, i], s:s}", "segments", 1, "objects", 3, "levels", 1, 2, 0, "root", DIGEST)));
    return m;
}

static void end_poll(struct keeping *k)
{
    begin_poll(k);
    assert_answer(run_as(k, 0, ends_poll(k)), "");
}

static json_t *polls_now(struct keeping *k)
{
    return json_pack("{s:s, s:s}", "op", "poll-now", "channel", "IH-2026-0001");
}

/* A file that was sent and is read into it. */
static void have_collection_and_file(struct keeping *k)
{
    JSON_AUTO *begun = NULL;

    have_collection(k);
    begun = run_as(k, 'M', json_pack("{s:s, s:s, s:s, s:s, s:i}", "op", "file-begin", "reg", "intel-imports", "field", "intake", "name", "feed.json", "size", 5));
    snprintf(k->id, sizeof(k->id), "%s", json_str(begun, "id"));
    assert_answer(run_as(k, 'M', sends_last(k)), "");
}

static void have_collection_and_no_file(struct keeping *k)
{
    have_collection(k);
    snprintf(k->id, sizeof(k->id), "%032d", 7);
}

static json_t *begins_file_import(struct keeping *k)
{
    json_t *m = begins_import(k);

    OK(json_put_str(m, "file", k->id) || json_put_str(m, "format", "stix"));
    return m;
}

static json_t *begins_odd_import(struct keeping *k)
{
    json_t *m = begins_file_import(k);

    OK(json_put_str(m, "format", "doc"));
    return m;
}

static void begin_file_import(struct keeping *k)
{
    have_collection_and_file(k);
    assert_answer(run_as(k, 'M', begins_file_import(k)), "");
}

static json_t *begins_intake(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i}", "op", "intake-begin", "run", 1, "tries", 0);
}

static void begin_intake(struct keeping *k)
{
    begin_file_import(k);
    assert_answer(run_as(k, 0, begins_intake(k)), "");
}

static json_t *asks_exam_piece(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:i}", "op", "exam-bytes", "id", k->id, "n", 0);
}

static void begin_intake_with_piece(struct keeping *k)
{
    begin_intake(k);
    add_piece(k);
}

static json_t *sends_intake(struct keeping *k)
{
    json_t *m = sends_segment(k);

    OK(json_put_str(m, "op", "intake-segment") || json_put_int(m, "tries", 1));
    return m;
}

static json_t *enters_intake_carrying(struct keeping *k)
{
    return found_held(sends_intake(k));
}

static json_t *tells_intake(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:i}", "op", "intake-tell", "run", 1, "tries", 1, "done", 2);
}

static json_t *ends_intake(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:{s:i}, s:s}", "op", "intake-end", "run", 1, "tries", 1, "left_out", 2, "report", "objects", 3, "sha256",
                     "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
}

static json_t *fails_intake(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "op", "intake-end", "run", 1, "tries", 1, "why", "crashed");
}

static json_t *ends_intake_oddly(struct keeping *k)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "op", "intake-end", "run", 1, "tries", 1, "why", "<b>");
}

static void end_intake(struct keeping *k)
{
    begin_intake(k);
    assert_answer(run_as(k, 0, ends_intake(k)), "");
}

static json_t *exports_collection(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s}", "op", "intel-export", "collection", k->collection, "format", "stix");
}

static json_t *removes_objects(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:I}}", "op", "intel-remove", "collection", k->collection, "object", "indicator--1", "root", "00", "at",
                     "4294967296", (json_int_t)1);
}

static json_t *asks_sight(struct keeping *k)
{
    return json_pack("{s:s, s:s, s:{s:i, s:i, s:i}}", "op", "taxii-sight", "collection", k->collection, "at", "opening", 0, "number", 0, "under", 0);
}

/* ---- who is here ---- */

static void have_company(struct keeping *k)
{
    door_in(&k->door, ROLE_WEB, 1001);
    door_in(&k->door, ROLE_COURIER, 1002);
}

static void note_held(struct keeping *k)
{
    struct digest d = sha256(STR(BYTES));

    name_file(k);
    bench_begin(&k->b);
    OK(holding_add(k->b.store, "TR-2026-0001", "", HOLDING_SEALED, &d, strlen(BYTES)));
    bench_end(&k->b);
}

static const struct keeping_case cases[] = {
    {"act", 'Y', adds, NULL, "", false},
    {"act refused", 'M', adds, NULL, "", false},
    {"act asked again", 'Y', adds, add_once, "", true},
    {"act under a used word", 'Y', adds_otherwise, add_once, "used", true},
    {"act with personal values", 'A', changes, NULL, "", false},
    {"act-secret", 'A', sets_secret, open_login, "", false},
    {"correction", 'Y', corrects, NULL, "", false},
    {"act on paper", 'Y', on_paper, NULL, "", false},
    {"read", 'M', reads, NULL, "", false},
    {"search", 'M', searches, NULL, "", false},
    {"notice-read", 'A', reads_notice, NULL, "", false},
    {"notices-read", 'A', reads_notices, NULL, "", false},
    {"print", 'Y', prints, NULL, "", false},
    {"export", 'Y', exports, NULL, "", false},
    {"contact-set", 'A', set_contact, NULL, "", false},
    {"mail-set", 0, set_server, NULL, "", false},
    {"mail-test", 'A', tests_mail, NULL, "", false},
    {"file-begin", 'A', begins_file, NULL, "", false},
    {"file-piece", 'A', sends_last, begin_file, "", false},
    {"file-drop", 'A', drops_file, begin_file, "", false},
    {"exam-begin", 0, begins_exam, send_file, "", false},
    {"exam-end", 0, ends_exam, begin_exam, "", false},
    {"act that names a file", 'A', names_file, end_exam, "", false},
    {"act that disposes", 'A', disposes, hold_named, "", false},
    {"file-open", 'A', opens_file, name_file, "", false},
    {"file-preview", 'A', previews_file, name_file, "", false},
    {"holding-note", 'A', notes_held, name_file, "", false, MEASURED_MEDIA},
    {"holding-label", 'A', asks_held, note_held, "", true, MEASURED_MEDIA},
    {"cover", 'A', asks_cover, name_file, "", true, MEASURED_MEDIA},
    {"media-here", 'M', says_here, see_station, "", true, MEASURED_MEDIA},
    {"media-here that takes a request", 'M', says_here, ask_there, "", false, MEASURED_MEDIA},
    {"media-ask", 'A', asks_there, see_station, "", false},
    {"media-tell", 'M', tells_of_it, take_there, "", true, MEASURED_MEDIA},
    {"media-jobs", 'A', asks_of_it, ask_there, "", true},
    {"media-drop", 'A', takes_it_back, ask_there, "", true},
    {"vault-key", 'A', asks_key, NULL, "", true},
    {"file-bytes", 'A', asks_piece, name_file_with_piece, "", true},
    {"file-count", 'A', asks_count, begin_file_with_piece, "", true},
    {"exam-bytes", 0, asks_piece, begin_exam_with_piece, "", true},
    {"act that gives a ticket", 'M', begins_sending, write_paper, "", false, MEASURED_MEDIA},
    {"mail that is counted", 'M', begins_mail, write_summed, "", false, MEASURED_MAIL},
    {"ticket-use", 'M', uses_ticket, take_ticket, "", false, MEASURED_MEDIA},
    {"ticket-use for more", 'M', uses_for_more, take_ticket, "", false, MEASURED_MEDIA},
    {"ticket-use again", 'M', uses_ticket, use_ticket, "", false, MEASURED_MEDIA},
    {"act that closes a ticket", 'M', ends_sending, use_ticket, "", false, MEASURED_MEDIA},
    {"collect", 'M', collects, know_terminal, "", false},
    {"collect on trial", 'M', tries_to_collect, know_terminal, "", true},
    {"collect with faults", 'M', collects_unknown, know_terminal, "invalid", true},
    {"collect refused", 'A', collects, know_terminal, "forbidden", false},
    {"intel-begin", 'M', begins_import, have_collection, "", false},
    {"intel-begin of nothing", 'M', begins_import, NULL, "none", true},
    {"intel-begin refused", 'A', begins_import, have_collection, "forbidden", false},
    {"intel-segment", 'M', sends_segment, begin_import, "", true}, /* what it writes stays beside the store: the others below send the same, or write nothing */
    {"intel-segment that is none", 'M', sends_nonsense, begin_import, "invalid", true},
    {"intel-segment that carries", 'M', sends_carrying, begin_import_and_hold, "held", true},
    {"intel-segment that carried", 'M', enters_carrying, begin_import_and_hold, "held", false},
    {"intel-segment of another", 'A', sends_segment, begin_import, "none", true},
    {"intel-open", 'M', opens_import, begin_import, "", false},
    {"intel-open again", 'M', opens_import, open_import, "over", true},
    {"intel-drop", 'M', drops_import, begin_import, "", false},
    {"intel-begin of a file", 'M', begins_file_import, have_collection_and_file, "", false},
    {"intel-begin of a format", 'M', begins_odd_import, have_collection_and_file, "invalid", true},
    {"intel-begin of no file", 'M', begins_file_import, have_collection_and_no_file, "no-file", true},
    {"intel-open of what is not read", 'M', opens_import, begin_intake, "not-ready", true},
    {"intel-open of a file", 'M', opens_import, end_intake, "", false},
    {"intel-drop of a file", 'M', drops_import, begin_intake, "", false},
    {"intake-begin", 0, begins_intake, begin_file_import, "", false},
    {"intake-begin again", 0, begins_intake, begin_intake, "over", true},
    {"exam-bytes of what is read", 0, asks_exam_piece, begin_intake_with_piece, "", true},
    {"exam-bytes of what is not", 0, asks_exam_piece, have_collection_and_file, "none", true},
    {"intake-segment", 0, sends_intake, begin_intake, "", true},
    {"intake-segment that carried", 0, enters_intake_carrying, begin_intake, "held", false},
    {"intake-segment behind its end", 0, sends_intake, end_intake, "over", true},
    {"intake-tell", 0, tells_intake, begin_intake, "", false},
    {"intake-end", 0, ends_intake, begin_intake, "", false},
    {"intake-end of what failed", 0, fails_intake, begin_intake, "", false},
    {"intake-end oddly", 0, ends_intake_oddly, begin_intake, "invalid", true},
    {"intake-end again", 0, ends_intake, end_intake, "over", true},
    {"intel-export", 'M', exports_collection, open_import, "", false},
    {"intel-remove of what is not there", 'M', removes_objects, open_import, "none", true},
    {"mail-begin", 0, begins, queue, "", false},
    {"mail-end", 0, ends, begin, "", false},
    {"mail-again", 'C', again, fail_to_send, "", false},
    {"mail-drop", 'C', drops_mail, fail_to_send, "", false},
    {"sign-in", 'A', signs_in, know_hash, "", false},
    {"sign-in guessed", 'A', guesses, know_hash, "refused", false},
    {"sign-in with a certificate", 'A', signs_in_with_certificate, know_hash, "", false},
    {"sign-in at another device", 'A', signs_in_with_certificate, require_devices, "device", false},
    {"touch at another device", 'A', touches_with_certificate, require_devices, "device", false},
    {"unlock at another device", 'A', unlocks_with_certificate, require_devices, "device", false},
    {"devices-require off", 0, requires_devices, require_devices, "", false},
    {"sign-out", 'A', only, NULL, "", false},
    {"touch", 'A', only, NULL, "", false},
    {"poll-next of nothing", 0, asks_next_poll, have_collection, "", true},
    {"poll-next", 0, asks_next_poll, have_fetched, "", false},
    {"poll-next again", 0, asks_next_poll, begin_poll, "", true},
    {"poll-segment without an import", 0, sends_polled, begin_poll, "", true},
    {"poll-propose", 0, proposes_poll, begin_poll, "", false},
    {"poll-propose again", 0, proposes_poll, propose_poll, "over", true},
    {"poll-segment", 0, sends_polled, propose_poll, "", true},
    {"poll-segment that carries, without an import", 0, sends_polled_carrying, begin_poll_and_hold, "held", true},
    {"poll-segment that carried", 0, enters_polled_carrying, propose_poll_and_hold, "", false},
    {"poll-segment behind its end", 0, sends_polled, end_poll, "over", true},
    {"poll-tell", 0, tells_poll, begin_poll, "", false},
    {"poll-tell behind its end", 0, tells_poll, end_poll, "over", true},
    {"poll-end", 0, ends_poll, begin_poll, "", false},
    {"poll-end of what failed", 0, ends_poll_badly, begin_poll, "", false},
    {"poll-end oddly", 0, ends_poll_oddly, begin_poll, "invalid", true},
    {"poll-end with an import", 0, opens_polled, propose_poll, "", false},
    {"poll-end again", 0, ends_poll, end_poll, "over", true},
    {"poll-now", 'M', polls_now, end_poll, "", false},
    {"poll-now of nothing", 'M', polls_now, have_collection, "none", true},
    {"taxii-keys", 'A', only, NULL, "", true},
    {"taxii-sight", 'M', asks_sight, have_collection, "", false},
    {"taxii-sight of what is open", 'M', asks_sight, open_import, "", false},
    {"touch by a token", 'A', touches_by_token, issue, "", false},
    {"lock", 'A', only, NULL, "", false},
    {"unlock", 'A', unlocks, lock, "", false},
    {"password-set", 'A', sets_password, know_hash, "", false},
    {"token-issue", 'A', issues, know_hash, "", false},
    {"token-end", 'A', ends_token, issue, "", false},
    {"account-add", 'C', adds_account, NULL, "", false},
    {"account-close", 'C', closes_account, NULL, "", false},
    {"account-reopen", 'C', reopens_account, close_account, "", false},
    {"account-rights", 'C', gives_rights, NULL, "", false},
    {"account-rights of the second one", 'C', gives_administrator, NULL, "", false},
    {"account-rights that are held", 'C', gives_administrator, have_second, "second", false},
    {"plan-adopt of a right", 'C', adopts_plan, hold_right, "", false},
    {"plan-adopt of one's own right", 'B', adopts_plan, hold_own_right, "forbidden", false},
    {"reset-propose", 0, proposes_reset, NULL, "", false},
    {"reset-approve", 'C', approves_reset, propose_reset, "", false},
    {"reset-use", 'B', uses_reset, approve_reset, "", false},
    {"force-import", 'C', imports, NULL, "", false},
    {"force-import that is held", 'C', imports_reader, hold_secret, "second", false},
    {"plan-adopt of what is held", 'C', adopts_plan, hold_import, "", false},
    {"plan-save", 'C', saves_plan, NULL, "", false},
    {"plan-save again", 'C', changes_plan, save_plan, "", false},
    {"plan-save with faults", 'C', wrong_plan, NULL, "invalid", true},
    {"plan-drop", 'C', drops_plan, save_plan, "", false},
    {"plan-adopt", 'C', adopts_plan, save_plan, "", false},
    {"pack-propose", 'C', proposes_pack, NULL, "", false},
    {"pack-scenarios", 'C', shows_clauses, NULL, "", false},
    {"pack-adopt", 'C', adopts_pack, propose_pack, "", false},
    {"clause-text", 'C', gives_text, NULL, "", false},
    {"takeover-propose", 'C', proposes_table, NULL, "", false},
    {"takeover-propose with faults", 'C', wrong_table, NULL, "invalid", true},
    {"takeover-adopt", 'C', adopts_table, propose_table, "", false},
    {"takeover-drop", 'C', drops_table, propose_table, "", false},
    {"whole-copy of what one may copy", 0, copies_all, NULL, "", false},
    {"whole-copy that waits", 0, copies_all, hold_secret, "second", false},
    {"whole-copy by two", 0, copies_all, approve_copy, "", false},
    {"whole-copy-ask", 0, asks_standing, NULL, "", false},
    {"whole-copy-approve", 'C', approves_copy, ask_for_copy, "", false},
    {"whole-copy-end", 'C', ends_copy, ask_for_copy, "", false},
    {"restored-confirm", 'C', confirms_restore, restore_mark, "", false},
    {"restored-confirm of what one has seen", 'C', confirms_restore, restore_looked, "forbidden", false},
    {"print after a restore", 'Y', prints, restore_mark, "shut", false},
    {"clock-advance", 'C', moves_clock, NULL, "", false},
    {"checkpoint", 'A', only, NULL, "", true},
    {"status", 'A', only, NULL, "", true},
    {"processes", 'C', only, have_company, "", true},
    {"tick", 'A', only, NULL, "", true},
};

static bool has_bearer(const json_t *message)
{
    return json_object_get(message, "bearer") != NULL;
}

#define STAY_US (60 * US_PER_SECOND)

/* All cases together may take longer than a session may be idle: those that every case begins with are of the last minute. */
static void stay(struct keeping *k, const struct keeper_place *furnished)
{
    uint64_t now_us = clock_real_us();

    if (now_us - k->stayed_us < STAY_US)
        return;
    OK(store_begin(k->b.store));
    for (size_t i = 0; i < PLACE_PERSONS; i++)
        OK(session_touch(k->b.store, str_of(k->home.keys[i].cookie), now_us));
    OK(store_commit(k->b.store));
    shut(k);
    store_copy(k->home.data, furnished->data);
    reopen(k);
    k->stayed_us = now_us;
}

/* From what all cases begin with. */
static void open_case(struct keeping *k, const struct keeping_case *at,
                      const struct keeper_place *furnished)
{
    k->at = at;
    store_copy(furnished->data, k->home.data);
    reopen(k);
    stay(k, furnished);
    if (at->prepare)
        at->prepare(k);
    k->message = at->message(k);
    assert_non_null(k->message);
    if (at->who && !has_bearer(k->message) && !json_object_get(k->message, "token"))
        OK(json_put_str(k->message, "token", keeper_place_cookie(&k->home, at->who)));
    keep_copy(k);
    k->before = store_digest(k->look);
    k->n_keys = store_n_keys(k->look);
}

static void close_case(struct keeping *k)
{
    assert_sound(&k->b, NULL);
    shut(k);
    let_texts_go(&k->held[1]);
    json_decref(k->message);
    json_decref(k->answer);
    k->message = k->answer = NULL;
    k->door = (struct door){.has_notes = false};
    k->station_steps = 0;
    know_stations(k);
}

static void loop_case(struct keeping *k, const struct keeping_case *at,
                      const struct keeper_place *furnished)
{
    struct fail_operation memory = {at->name,   run_operation,  check_operation,
                                    FAIL_ALLOC, fail_no_memory, ROUNDS_MEMORY};
    struct fail_operation disk = {at->name,   run_operation, check_operation,
                                  FAIL_WRITE, fail_io,       ROUNDS_DISK};
    const char *wanted = getenv("FAIL_CASE");

    if (wanted && strcmp(wanted, at->name))
        return;
    open_case(k, at, furnished);
    fail_loop(&memory, k);
    if (!at->changes_nothing)
        fail_loop(&disk, k);
    close_case(k);
}

/* The place to work in, one aside to go back to, and one that every case begins with, which comes in *ret. */
static void furnish_place(void **state, struct keeping *k, struct keeper_place *ret)
{
    char folder[96];

    OK(ground_install(*state, &k->home));
    *ret = k->aside = k->home;
    snprintf(folder, sizeof(folder), "%s", ground_folder(*state));
    OK(dir_make(folder, 0700, NULL));
    snprintf(k->aside.data, sizeof(k->aside.data), "%s", folder);
    snprintf(folder, sizeof(folder), "%s", ground_folder(*state));
    OK(dir_make(folder, 0700, NULL));
    snprintf(ret->data, sizeof(ret->data), "%s", folder);
    for (size_t i = 0; i < ARRAY_LEN(k->held); i++) {
        snprintf(k->held[i].folder, sizeof(k->held[i].folder), "%s", ground_folder(*state));
        OK(dir_make(k->held[i].folder, 0700, NULL));
    }
    OK(engine_shared_new(&k->shared));
    reopen(k);
    furnish(k);
    shut(k);
    store_copy(k->home.data, ret->data);
    hold_texts(k, &k->held[0]);
}

static void operations_whole_or_not_at_all(void **state)
{
    struct keeper_place furnished;
    struct keeping k = {0};

    furnish_place(state, &k, &furnished);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        loop_case(&k, &cases[i], &furnished);
    let_texts_go(&k.held[0]);
    engine_shared_free(k.shared);
}

/* A row of the table without a case here would go untried. */
static void every_operation_has_a_case(void **state)
{
    for (size_t i = 0; operation_at(i); i++) {
        const char *name = operation_at(i)->name;
        bool has_one = false;

        for (size_t k = 0; k < ARRAY_LEN(cases); k++)
            has_one = has_one || str_starts(str_of(cases[k].name), str_of(name));
        if (!has_one)
            fail_msg("there is no case of \"%s\"", name);
    }
}

int main(int argc, char **argv)
{
    static struct ground ground;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_case),
        {"operations_whole_or_not_at_all", operations_whole_or_not_at_all, NULL, NULL, &ground},
    };
    int status = keeper_place_main(argc, argv);

    if (status >= 0)
        return status;
    if (ground_start(&ground, false))
        return 1;
    status = cmocka_run_group_tests_name("fail-keeper", tests, NULL, NULL);
    ground_stop(&ground);
    return status;
}
