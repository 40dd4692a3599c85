/* Acts, views and copies of the store when memory runs out or the disk does: nothing is half-done. What is done wholly is in the ledger,
 * what is not has left nothing; a retry succeeds, and in the end everything verifies. ENGINE_PACK names a pack. */
#include "setting.h"
#include "base/file.h"
#include "engine/offer.h"
#include "engine/secret.h"
#include "engine/strip.h"
#include "engine/verify.h"
#include "keeper-place.h"
#include "loop.h"
#include "store/backup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct bench {
    struct setting setting;
    struct scenario_play *play;
    struct store *store;
    struct log *log;
    struct engine *engine;
    uint64_t now_us;
    char *loan; /* record with personal values */
    struct act act;
    unsigned n;      /* acts tried */
    struct digest before, want;
    char result[16]; /* of the act */
    bool is_told;    /* want is set */
    struct buf seen; /* of a view */
    json_t *(*view)(struct bench *b, int *r);
};

/* ---- what the store holds ---- */

static void add_rows(struct rows *rows, const char *columns, struct buf *out)
{
    int r;

    while ((r = rows_next(rows)) == 1) {
        for (int i = 0; columns[i]; i++)
            OK(columns[i] == 'i' ? buf_printf(out, "%lld|", (long long)rows_int(rows, i))
                                 : buf_add_str(out, columns[i] == 'b' ? rows_blob(rows, i) : rows_str(rows, i)));
        OK(buf_add_char(out, '\n'));
    }
    OK(r);
}

static void add_of_record(struct store *s, const char *id, struct buf *out)
{
    static const struct {
        enum store_stmt stmt;
        const char *columns;
    } tables[] = {{STMT_INDEX_OF_RECORD, "tti"}, {STMT_HISTORY_LIST, "iiiitttttt"}, {STMT_LOCK_LIST, "ttitt"},
                  {STMT_TIMER_LIST, "ttii"}, {STMT_WAITING_LIST, "tttii"}, {STMT_PERSONAL_LIST, "tb"}};
    uint8_t key[VAULT_KEY_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        ROWS_AUTO *rows = NULL;

        OK(STORE_QUERY(s, &rows, tables[i].stmt, V_TEXT(id)));
        add_rows(rows, tables[i].columns, out);
    }
    OK(buf_printf(out, "%d\n", vault_get(s, str_of(id), key)));
}

static struct digest digest_of(struct store *s)
{
    CLEANUP(buf_done) struct buf out;
    ROWS_AUTO *heads = NULL;
    ROWS_AUTO *records = NULL;
    ROWS_AUTO *again = NULL;

    buf_init(&out, (size_t)16 << 20);
    OK(STORE_QUERY(s, &heads, STMT_HEAD_LIST));
    add_rows(heads, "itibbi", &out);
    OK(STORE_QUERY(s, &records, STMT_RECORD_ALL, V_TEXT(""), V_INT(100000)));
    add_rows(records, "tttiittiiiiit", &out);
    OK(STORE_QUERY(s, &again, STMT_RECORD_ALL, V_TEXT(""), V_INT(100000)));
    while (rows_next(again) == 1)
        add_of_record(s, rows_text(again, 0), &out);
    return sha256(buf_str(&out));
}

static void assert_sound(struct bench *b)
{
    struct verify_summary sum;

    if (verify_installation(b->store, NULL, NULL, &sum, &b->setting.diag))
        fail_msg("%s", diag_first(&b->setting.diag));
    assert_true(sum.n_entries > 1);
}

/* ---- the place ---- */

static void open_bench(struct bench *b, const char *place)
{
    *b = (struct bench){0};
    buf_init(&b->seen, 1u << 22);
    setting_open(&b->setting, getenv("ENGINE_PACK"), false);
    b->play = setting_play_at(&b->setting, place, "a-loan");
    b->store = scenario_play_store(b->play);
    b->log = scenario_play_log(b->play);
    b->engine = scenario_play_engine(b->play);
    b->now_us = scenario_play_now(b->play);
    assert_non_null(b->loan = strdup(scenario_play_record(b->play, "APP")));
    b->before = digest_of(b->store);
}

static void close_bench(struct bench *b)
{
    assert_sound(b);
    free(b->loan);
    scenario_play_close(b->play);
    setting_close(&b->setting);
    buf_done(&b->seen);
}

/* ---- acts ---- */

/* As the keeper's batch does it, with one act. */
static int act_in_batch(struct bench *b)
{
    JSON_AUTO *outcome = NULL;
    int r;

    *b->result = '\0';
    if ((r = log_begin(b->log)) || (r = engine_refresh(b->engine, &b->setting.diag)) || (r = store_savepoint(b->store)))
        return r;
    log_mark(b->log);
    r = engine_act(b->engine, b->log, &b->act, &outcome);
    if (r)
        return r;
    snprintf(b->result, sizeof(b->result), "%s", json_str(outcome, "result"));
    r = store_release(b->store);
    return r ? r : log_end(b->log);
}

/* What the batch came to is kept as a whole, or undone and forgotten. */
static int end_batch(struct bench *b, int r)
{
    if (r)
        store_rollback(b->store);
    else
        r = store_commit(b->store);
    if (r) {
        log_forget(b->log);
        engine_forget(b->engine);
    }
    return r;
}

static int run_act(void *user)
{
    struct bench *b = user;
    int r = store_begin(b->store);

    if (r)
        return store_errno(r);
    return store_errno(end_batch(b, act_in_batch(b)));
}

static void check_act(void *user, int r)
{
    struct bench *b = user;
    struct digest now = digest_of(b->store);

    if (r && !digest_eq(&now, &b->before))
        fail_msg("the act failed with %d and has changed something", r);
    if (!r && digest_eq(&now, &b->before))
        fail_msg("the act is said to be done and has changed nothing");
    b->before = now;
    diag_clear(&b->setting.diag);
    OK(engine_refresh(b->engine, &b->setting.diag)); /* reading all again has a loop of its own */
}

/* Another secret each time, judged and set. */
static int run_secret(void *user)
{
    struct bench *b = user;
    char text[64];
    json_t *judged = NULL;
    int r;

    snprintf(text, sizeof(text), "umi no iro %u to oto %c", b->n, 'a' + b->n % 26);
    b->n++;
    b->act.secret_judged = NULL;
    r = engine_refresh(b->engine, &b->setting.diag);
    if (!r)
        r = engine_secret_judge(b->engine, &b->act, text, PASSWORD_PLAYED, &judged);
    if (!r) {
        b->act.secret_judged = judged;
        r = run_act(b);
    }
    b->act.secret_judged = NULL;
    json_decref(judged);
    return r;
}

/* Each that was set is there, and those before it. */
static void check_secret(void *user, int r)
{
    check_act(user, r);
    assert_sound(user);
}

static const int act_answers[] = {-ENOMEM, -EIO, -ENOSPC, 0};

static void loop_acts(struct bench *b, const char *name, unsigned kinds, unsigned rounds, const char *want)
{
    struct fail_operation op = {name, run_act, check_act, kinds, act_answers, rounds};

    b->act.now_us = b->now_us;
    fail_loop(&op, b);
    assert_string_equal(b->result, want);
}

/* An act before those that are tried. */
static void make(struct bench *b, const char *reg, const char *step, json_t *with)
{
    assert_non_null(with);
    b->act = (struct act){.person = "M", .reg = reg, .step = step, .record = "", .with = with, .now_us = b->now_us};
    OK(run_act(b));
    assert_string_equal(b->result, "allowed");
    b->before = digest_of(b->store);
}

/* A login of A's, to set the secret of. */
static const char *open_login(struct bench *b)
{
    JSON_AUTO *with = json_pack("{s:s, s:s}", "login", "uke.ko", "who", "A");

    make(b, "logins", "open", with);
    return "LG-2026-0001";
}

/* Rows for which records answer, by what they hold and by what they name. */
static void loop_rows(struct bench *b, unsigned kinds, unsigned rounds)
{
    JSON_AUTO *rows = json_pack("{s:[{s:s, s:b}, {s:s}]}", "rows", "text", "ab", "sure", 1, "text", "c");
    JSON_AUTO *trial = json_pack("{s:s, s:s}", "who", "M", "word", "ab");
    JSON_AUTO *names = json_pack("{s:s, s:s}", "who", "M", "peer", "TR-2026-0001");

    make(b, "teams", "draft", rows);
    make(b, "trials", "begin", trial);
    b->act = (struct act){.person = "M", .reg = "teams", .step = "answered", .record = "TM-2026-0001"};
    loop_acts(b, "refused act about rows", kinds, rounds, "not-yet");
    make(b, "trials", "begin", names);
    b->act = (struct act){.person = "M", .reg = "teams", .step = "answered", .record = "TM-2026-0001"};
    loop_acts(b, "act about rows", kinds, rounds, "allowed");
}

static void loop_secrets(struct bench *b, unsigned kinds, unsigned rounds)
{
    struct fail_operation op = {"act with a secret", run_secret, check_secret, kinds, act_answers, rounds};

    b->act = (struct act){.person = "A", .reg = "logins", .step = "set", .record = open_login(b), .now_us = b->now_us};
    b->act.with = NULL;
    fail_loop(&op, b);
    assert_string_equal(b->result, "allowed");
}

static void loop_all_acts(const char *db, unsigned kinds, unsigned rounds)
{
    struct bench b;
    JSON_AUTO *item = json_pack("{s:s, s:s}", "number", "L-9", "price", "100");
    JSON_AUTO *personal = json_pack("{s:s}", "note", "秘密の一行");

    open_bench(&b, db);
    b.act = (struct act){.person = "M", .reg = "items", .step = "add", .record = "", .with = item};
    loop_acts(&b, "refused act", kinds, rounds, "forbidden");
    b.act = (struct act){.person = "A", .reg = "loans", .step = "change", .record = b.loan, .with = personal};
    loop_acts(&b, "act with personal values", kinds, rounds, "allowed");
    loop_rows(&b, kinds, rounds);
    loop_secrets(&b, kinds, rounds);
    close_bench(&b);
}

static void acts_without_memory(void **state)
{
    loop_all_acts(":memory:", FAIL_ALLOC, 60);
}

static void acts_without_a_disk(void **state)
{
    loop_all_acts(ground_folder(*state), FAIL_WRITE, 60);
}

/* ---- timers ---- */

/* As the keeper's batch does it: what fails is undone, and the batch goes on. */
static int tick_in_batch(struct bench *b, uint64_t now_us, int *ret_failed)
{
    bool more = true;
    int r;

    if ((r = log_begin(b->log)) || (r = engine_refresh(b->engine, &b->setting.diag)) || (r = store_savepoint(b->store)))
        return r;
    log_mark(b->log);
    *ret_failed = engine_tick(b->engine, b->log, now_us, 1000, &more, NULL);
    assert_true(*ret_failed || !more);
    if (!*ret_failed)
        *ret_failed = store_release(b->store);
    if (*ret_failed) {
        r = store_back_to(b->store);
        log_back(b->log);
    }
    return r ? r : log_end(b->log);
}

/* All that falls due within a day. */
static int run_tick(void *user)
{
    struct bench *b = user;
    int r = store_begin(b->store), failed = 0;

    if (r)
        return store_errno(r);
    r = end_batch(b, tick_in_batch(b, b->now_us + US_PER_DAY, &failed));
    return store_errno(r ? r : failed);
}

/* Its reminders and its due instants are of the day that follows, and it is looked at each midnight from then on. */
static void begin_task(struct bench *b)
{
    JSON_AUTO *with = json_object();

    b->act = (struct act){.person = "A", .reg = "tasks", .step = "begin", .record = "", .with = with, .now_us = b->now_us};
    OK(run_act(b));
    assert_string_equal(b->result, "allowed");
    b->before = digest_of(b->store);
}

/* What was only looked at, what moved on and what was done: all of it is there, or nothing. */
static void check_tick(void *user, int r)
{
    struct bench *b = user;

    check_act(b, r);
    if (r)
        return;
    b->now_us += US_PER_DAY;
    begin_task(b);
}

static void loop_ticks(const char *db, unsigned kinds, unsigned rounds)
{
    struct fail_operation op = {"tick", run_tick, check_tick, kinds, act_answers, rounds};
    struct bench b;

    open_bench(&b, db);
    begin_task(&b);
    fail_loop(&op, &b);
    close_bench(&b);
}

static void ticks_without_memory(void **state)
{
    loop_ticks(":memory:", FAIL_ALLOC, 60);
}

static void ticks_without_a_disk(void **state)
{
    loop_ticks(ground_folder(*state), FAIL_WRITE, 60);
}

/* ---- views ---- */

static json_t *see_record(struct bench *b, int *r)
{
    json_t *v = NULL;

    *r = engine_view(b->engine, "A", b->loan, b->now_us, &v);
    return v;
}

static json_t *see_steps(struct bench *b, int *r)
{
    json_t *v = NULL;

    *r = engine_steps(b->engine, "A", "loans", b->loan, b->now_us, &v);
    return v;
}

static json_t *see_list(struct bench *b, int *r)
{
    const struct list_query q = {.reg = "items", .field = "kind", .key = "radio", .page = 1, .page_size = 10};
    json_t *v = NULL;

    *r = engine_list(b->engine, "Y", &q, &v);
    return v;
}

static bool fits_all(const void *arg, const char *state)
{
    (void)arg;
    return *state != '\0';
}

/* What stands before the second item, as a page by its number has it counted. */
static json_t *see_counted(struct bench *b, int *r)
{
    struct strip_ask ask = {.reg = "items", .order = TALLY_BY_CHANGE, .state = "", .fits = fits_all, .skip = 1};
    CLEANUP(sight_freep) struct sight *sight = NULL;
    const struct tally *tally;
    struct strip_place at;
    json_t *v = NULL;
    struct stage sc;

    if (!(*r = stage_open(&sc, b->engine, "Y", b->now_us)))
        *r = sight_of_person(&sc, sc.actor, &sight);
    stage_done(&sc);
    if (!*r)
        *r = tally_of(b->engine->tallies, b->store, "items", &tally);
    ask.sight = sight;
    ask.seq = tally_counter(b->engine->tallies, "items");
    if (!*r && (*r = strip_find(b->engine->strips, b->store, &ask, &at)) >= 0)
        *r = *r == 1 && at.is_begin && at.skip == 1 ? 0 : -EINVAL;
    if (*r)
        return NULL;
    v = json_pack("{s:I}", "skip", (json_int_t)at.skip);
    *r = v ? 0 : -ENOMEM;
    return v;
}

static json_t *see_today(struct bench *b, int *r)
{
    json_t *v = NULL;

    *r = engine_today(b->engine, "Y", b->now_us, &v);
    return v;
}

static json_t *see_roles(struct bench *b, int *r)
{
    json_t *v = NULL;

    *r = engine_roles(b->engine, "A", b->now_us, &v);
    return v;
}

static json_t *explain(struct bench *b, int *r)
{
    const struct act act = {.person = "Y", .reg = "loans", .step = "lend", .record = b->loan, .now_us = b->now_us + 9 * US_PER_DAY};
    json_t *v = NULL;

    *r = engine_explain(b->engine, &act, &v);
    return v;
}

/* Of a form where much is left out, and for one field everything. */
static json_t *see_offers(struct bench *b, int *r)
{
    JSON_AUTO *asked =
        json_pack("{s:[s, s], s:[s, s], s:[s, s, s], s:[s, s]}", "unit", "yodo", "sho", "person",
                  "A", "B", "purpose", "patrol", "drill", "private", "item",
                  scenario_play_record(b->play, "L1"), scenario_play_record(b->play, "R1"));
    json_t *v = NULL;

    *r =
        asked ? engine_offers(b->engine, "A", "loans", "", "apply", asked, b->now_us, &v) : -ENOMEM;
    return v;
}

static json_t *see_found(struct bench *b, int *r)
{
    const struct search_query q = {.text = "灯火", .reg = "", .page = 1, .page_size = 10};
    json_t *v = NULL;

    *r = engine_search(b->engine, "A", &q, &v);
    return v;
}

/* What everything is read from the store again for. */
static json_t *see_after_reading(struct bench *b, int *r)
{
    engine_forget(b->engine);
    *r = engine_refresh(b->engine, NULL);
    return *r ? NULL : see_roles(b, r);
}

/* There is something to find. */
static void index_words(struct bench *b)
{
    JSON_AUTO *found = NULL;
    bool more = true;
    int r;

    OK(store_begin(b->store));
    while (more)
        OK(engine_search_tend(b->engine, 1000, &more));
    OK(store_commit(b->store));
    found = see_found(b, &r);
    OK(r);
    assert_true(json_int(found, "total") > 0);
}

static int run_view(void *user)
{
    struct bench *b = user;
    int r;
    JSON_AUTO *v = b->view(b, &r);

    buf_clear(&b->seen);
    return r ? store_errno(r) : json_canonical(v, &b->seen, NULL);
}

static void check_view(void *user, int r)
{
    struct bench *b = user;
    struct digest is = sha256(buf_str(&b->seen));

    if (r == 0 && !b->is_told) {
        b->want = is;
        b->is_told = true;
    }
    if (r == 0 && !digest_eq(&is, &b->want))
        fail_msg("success, but something else is seen: %.*s", (int)b->seen.len, b->seen.at);
    buf_done(&b->seen);
    buf_init(&b->seen, 1u << 22);
}

static void views_without_memory(void **state)
{
    static const struct {
        const char *name;
        json_t *(*view)(struct bench *b, int *r);
    } views[] = {{"view of a record", see_record},
                 {"steps", see_steps},
                 {"list", see_list},
                 {"rows before a page", see_counted},
                 {"today", see_today},
                 {"search", see_found},
                 {"roles", see_roles},
                 {"explain", explain},
                 {"offers of a form", see_offers},
                 {"reading all again", see_after_reading}};
    struct bench b;

    open_bench(&b, ":memory:");
    index_words(&b);
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct fail_operation op = {views[i].name, run_view, check_view, FAIL_ALLOC, act_answers, 60};

        b.view = views[i].view;
        b.is_told = false;
        fail_loop(&op, &b);
    }
    close_bench(&b);
}

/* ---- copies of a store ---- */

struct copying {
    struct bench b;
    char folder[128], file[160], place[160];
    struct buf note, vkey;
    unsigned n;
};

static const int copy_answers[] = {-ENOMEM, -EIO, -ENOSPC, STORE_E_FULL, 0};

static int run_backup(void *user)
{
    struct copying *c = user;

    return store_backup(c->b.store, c->file, NULL, &c->b.setting.diag);
}

/* Both files or none, and nothing beside them. */
static void check_backup(void *user, int r)
{
    struct copying *c = user;
    char **names;
    size_t n;

    OK(dir_list(c->folder, "", false, &names, &n, NULL));
    if (n != (r ? 0 : 2))
        fail_msg("the backup answered %d and left %zu files", r, n);
    for (size_t i = 0; i < n; i++) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", c->folder, names[i]);
        OK(unlink(path));
    }
    names_free(names, n);
    diag_clear(&c->b.setting.diag);
}

static int run_export(void *user)
{
    struct copying *c = user;

    snprintf(c->place, sizeof(c->place), "%s/out-%u", c->folder, c->n++);
    return log_export_shard(c->b.store, 2026, c->place, buf_str(&c->note), buf_str(&c->vkey), &c->b.setting.diag);
}

/* A folder with a checkpoint is complete. */
static void check_export(void *user, int r)
{
    struct copying *c = user;
    char path[256];

    diag_clear(&c->b.setting.diag);
    snprintf(path, sizeof(path), "%s/2026/checkpoint", c->place);
    if (r == 0)
        OK(access(path, R_OK));
    if (r == -ENOMEM)
        assert_int_equal(access(path, R_OK), -1);
}

static int run_restore(void *user)
{
    struct copying *c = user;

    snprintf(c->place, sizeof(c->place), "%s/in-%u", c->folder, c->n++);
    return store_restore(c->file, c->place, NULL, &c->b.setting.diag);
}

/* A whole store, or an empty place. */
static void check_restore(void *user, int r)
{
    struct copying *c = user;
    STORE_AUTO *s = NULL;
    struct digest is;

    diag_clear(&c->b.setting.diag);
    if (r) {
        assert_int_not_equal(store_open(c->place, STORE_READ, &s, NULL), 0);
        return;
    }
    OK(store_open(c->place, STORE_READ, &s, NULL));
    is = digest_of(s);
    assert_true(digest_eq(&is, &c->b.before));
}

static void copies_whole_or_not_at_all(void **state)
{
    struct copying c = {0};
    struct fail_operation backup = {"backup", run_backup, check_backup, FAIL_ALLOC | FAIL_WRITE, copy_answers, 40};
    struct fail_operation restore = {"restore", run_restore, check_restore, FAIL_ALLOC | FAIL_WRITE, copy_answers, 40};
    struct fail_operation export = {"export", run_export, check_export, FAIL_ALLOC | FAIL_WRITE, copy_answers, 40};

    open_bench(&c.b, ground_folder(*state));
    snprintf(c.folder, sizeof(c.folder), "%s", ground_folder(*state));
    snprintf(c.file, sizeof(c.file), "%s/b", c.folder);
    OK(dir_make(c.folder, 0700, NULL));
    fail_loop(&backup, &c);
    OK(run_backup(&c));
    fail_loop(&restore, &c);
    buf_init(&c.note, 65536);
    buf_init(&c.vkey, 1024);
    OK(log_checkpoint(c.b.log, &c.note));
    OK(log_vkey(c.b.log, 2026, &c.vkey));
    fail_loop(&export, &c);
    buf_done(&c.note);
    buf_done(&c.vkey);
    close_bench(&c.b);
}

static int start(void **state)
{
    static struct ground ground;

    *state = &ground;
    return ground_start(&ground, false);
}

static int stop(void **state)
{
    ground_stop(*state);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_without_memory),
        cmocka_unit_test(acts_without_a_disk),
        cmocka_unit_test(ticks_without_memory),
        cmocka_unit_test(ticks_without_a_disk),
        cmocka_unit_test(views_without_memory),
        cmocka_unit_test(copies_whole_or_not_at_all),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("fail-engine", tests, start, stop);
}
