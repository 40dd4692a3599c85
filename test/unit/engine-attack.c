/* What somebody may try who wants to see more, or do more, than he should; and what a damaged record may do to the others.
 * ENGINE_PACK names the small pack. */
#include "setting.h"
#include "engine/decided.h"
#include "engine/input.h"
#include "engine/inside.h"
#include "engine/intel.h"
#include "engine/ref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    struct engine *e;
    struct store *store;
    struct log *log;
    uint64_t now_us;
    const char *loan, *lamp;
};

static int open_fixture(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));

    if (!x)
        return -1;
    setting_open(&x->setting, getenv("ENGINE_PACK"), false);
    x->play = setting_play(&x->setting, false, "a-loan");
    x->e = scenario_play_engine(x->play);
    x->store = scenario_play_store(x->play);
    x->log = scenario_play_log(x->play);
    x->now_us = scenario_play_now(x->play);
    x->loan = scenario_play_record(x->play, "APP");
    x->lamp = scenario_play_record(x->play, "L1");
    *state = x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    setting_close(&x->setting);
    free(x);
    return 0;
}

/* ---- acting ---- */

static json_t *try_act(struct fixture *x, const char *person, const char *step, const char *record, json_t *with)
{
    struct act act = {.person = person, .reg = "loans", .step = step, .record = record, .with = with, .now_us = x->now_us};

    json_t *o = setting_act(x->play, &act);

    json_decref(with);
    return o;
}

static json_t *try_read(struct fixture *x, const char *person, const char *record)
{
    json_t *o = NULL;

    setting_begin(x->play);
    assert_int_equal(engine_read(x->e, x->log, &(struct opening){.person = person, .record = record, .channel = RELEASE_PAGE, .now_us = x->now_us}, &o), 0);
    setting_commit(x->play);
    return o;
}

/* What is left of an answer without the place of its entry and the id that was asked for. */
static void assert_alike(json_t *a, json_t *b)
{
    static const char *const own[] = {"record", "seq", "t"};

    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        assert_true(!json_object_get(a, own[i]) == !json_object_get(b, own[i]));
        json_object_del(a, own[i]);
        json_object_del(b, own[i]);
    }
    assert_true(json_equal(a, b));
    json_decref(a);
    json_decref(b);
}

#define MISSING "LO-2026-9404"

static void a_hidden_record_answers_as_a_missing_one(void **state)
{
    struct fixture *x = *state;
    static const char *const steps[] = {"permit", "lend", "change", "apply"};
    static const char *const people[] = {"X", "B"};

    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        for (size_t k = 0; k < ARRAY_LEN(steps); k++)
            assert_alike(try_act(x, people[i], steps[k], x->loan, NULL), try_act(x, people[i], steps[k], MISSING, NULL));
        assert_alike(try_read(x, people[i], x->loan), try_read(x, people[i], MISSING));
        assert_alike(try_act(x, people[i], "change", x->loan, json_pack("{s:s}", "purpose", "no such")),
                     try_act(x, people[i], "change", MISSING, json_pack("{s:s}", "purpose", "no such")));
    }
}

static void explaining_a_hidden_record_tells_no_more(void **state)
{
    struct fixture *x = *state;
    struct act act = {.person = "X", .reg = "loans", .step = "permit", .record = x->loan, .now_us = x->now_us, .seen_version = 1};
    json_t *hidden = NULL, *missing = NULL;

    assert_int_equal(engine_explain(x->e, &act, &hidden), 0);
    act.record = MISSING;
    assert_int_equal(engine_explain(x->e, &act, &missing), 0);
    assert_alike(hidden, missing);
}

/* A refusal is an entry and nothing else; what was asked of a hidden record is not typed, so nothing of it is kept either. */
static void a_refusal_changes_nothing_but_the_ledger(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *was = NULL;
    JSON_AUTO *is = NULL;
    int64_t shard;
    uint64_t size, after;

    assert_int_equal(engine_view(x->e, "C", x->loan, x->now_us, &was), 0);
    log_head(x->log, &shard, &size);
    json_decref(try_act(x, "X", "permit", x->loan, NULL));
    json_decref(try_act(x, "A", "permit", x->loan, NULL));
    log_head(x->log, &shard, &after);
    assert_int_equal(after, size + 2);
    assert_int_equal(engine_view(x->e, "C", x->loan, x->now_us, &is), 0);
    assert_true(json_equal(was, is));
}

/* Somebody who was told once and lost his part keeps the notice, but it leads nowhere. */
static void a_notice_names_no_hidden_record(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *today = NULL;
    const json_t *notices;

    setting_begin(x->play);
    assert_int_equal(STORE_RUN(x->store, STMT_NOTICE_ADD, V_INT(2026), V_INT(1), V_INT(77), V_INT(x->now_us), V_TEXT("X"),
                               V_TEXT(x->loan), V_TEXT("loans/permit"), V_INT(0), V_TEXT("{}")), 0);
    setting_commit(x->play);
    assert_int_equal(engine_today(x->e, "X", x->now_us, &today), 0);
    notices = json_arr(today, "notices");
    assert_int_equal(json_array_size(notices), 1);
    assert_string_equal(json_str(json_array_get(notices, 0), "record"), "");
}

static uint64_t decided_for(struct fixture *x, const char *person)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct decided d;

    if (person)
        assert_int_equal(engine_sight(x->e, person, x->now_us, &sight), 0);
    assert_int_equal(engine_decided(x->store, sight, "loans", &d), 0);
    assert_true(d.longest_us >= d.median_us && (d.n || !d.longest_us));
    return d.n;
}

/* Neither how many there are nor how long they took. */
static void what_is_hidden_is_not_counted_among_the_decided(void **state)
{
    struct fixture *x = *state;

    assert_true(decided_for(x, NULL) > 0);
    assert_int_equal(decided_for(x, "C"), decided_for(x, NULL));
    assert_int_equal(decided_for(x, "X"), 0);
}

/* ---- damage and size ---- */

static void set_body(struct fixture *x, const char *record, const char *body)
{
    ROWS_AUTO *row = NULL;

    setting_begin(x->play);
    assert_int_equal(STORE_ONE(x->store, &row, STMT_RECORD_GET, V_TEXT(record)), 0);
    assert_int_equal(STORE_RUN(x->store, STMT_RECORD_UPDATE, V_TEXT(record), V_STR(rows_str(row, 1)), V_INT(rows_int(row, 2)),
                               V_INT(rows_int(row, 3)), V_STR(rows_str(row, 4)), V_STR(rows_str(row, 5)), V_INT(rows_int(row, 7)),
                               V_NULL, V_NULL, V_TEXT(body), V_INT(rows_int(row, 2))), 0);
    setting_commit(x->play);
}

static json_t *timers_of(struct fixture *x, const char *record)
{
    ROWS_AUTO *rows = NULL;
    json_t *list = json_array();

    assert_int_equal(STORE_QUERY(x->store, &rows, STMT_TIMER_LIST, V_TEXT(record)), 0);
    while (rows_next(rows) == 1)
        json_array_append_new(list, json_pack("{s:s, s:I}", "what", rows_text(rows, 0), "due", (json_int_t)rows_int(rows, 2)));
    return list;
}

/* Two designations are checked at midnight. One record cannot be read: the other is checked all the same, and the first one later. */
static void a_timer_that_fails_stops_no_other(void **state)
{
    struct fixture *x = *state;
    const char *a = scenario_play_record(x->play, "UA");
    uint64_t midnight = instant_of_day(day_of_instant(x->now_us) + 1);
    JSON_AUTO *made = NULL;
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    JSON_AUTO *retried = NULL;
    ROWS_AUTO *row = NULL;
    struct act act = {.person = "M", .reg = "users", .step = "designate", .record = "", .now_us = x->now_us};
    char *body;
    bool more = true;

    act.with = json_pack("{s:s}", "person", "B");
    setting_begin(x->play);
    assert_int_equal(engine_act(x->e, x->log, &act, &made), 0);
    setting_commit(x->play);
    json_decref(act.with);
    assert_string_equal(json_str(made, "result"), "allowed");
    assert_int_equal(STORE_ONE(x->store, &row, STMT_RECORD_GET, V_TEXT(a)), 0);
    body = strdup(rows_text(row, 11));
    rows_done(row);
    row = NULL;
    before = timers_of(x, json_str(made, "record"));
    set_body(x, a, "{}");
    diag_clear(&x->setting.diag);
    setting_begin(x->play);
    assert_int_equal(engine_tick(x->e, x->log, midnight, 1000, &more, &x->setting.diag), 0);
    setting_commit(x->play);
    assert_false(more);
    assert_non_null(strstr(diag_first(&x->setting.diag), a));
    after = timers_of(x, json_str(made, "record"));
    assert_false(json_equal(before, after)); /* B's was fired and set for the next day */
    set_body(x, a, body);
    free(body);
    setting_begin(x->play);
    assert_int_equal(engine_tick(x->e, x->log, midnight + US_PER_DAY / 2, 1000, &more, &x->setting.diag), 0);
    setting_commit(x->play);
    retried = timers_of(x, a);
    assert_true((uint64_t)json_int(json_array_get(retried, 0), "due") > midnight);
}

static json_t *application(const struct fixture *x)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "item", x->lamp, "purpose", "patrol", "starts_on", "2026-04-09", "ends_on",
                     "2026-05-08", "care", "dry", "lock");
}

/* Lending refuses all others who wait for the lamp: too many for one entry of the ledger. */
static void an_act_too_large_for_an_entry_is_answered(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *made = NULL;
    JSON_AUTO *permitted = NULL;
    JSON_AUTO *lent = NULL;
    JSON_AUTO *again = NULL;

    for (size_t i = 0; i < 800; i++)
        json_decref(try_act(x, "A", "apply", "", application(x)));
    made = try_act(x, "A", "apply", "", application(x));
    assert_string_equal(json_str(made, "result"), "allowed");
    permitted = try_act(x, "M", "permit", json_str(made, "record"), NULL);
    assert_string_equal(json_str(permitted, "result"), "allowed");
    lent = try_act(x, "Y", "lend", json_str(made, "record"), NULL);
    assert_string_equal(json_str(lent, "result"), "invalid");
    again = try_act(x, "Y", "lend", MISSING, NULL); /* and the next one finds everything in order */
    assert_string_equal(json_str(again, "result"), "forbidden");
}

/* ---- values ---- */

static void assert_coerced(const struct fixture *x, const char *reg, const char *field, json_t *value, bool fits)
{
    const struct field *f = reg_field(pack_reg(x->setting.pack, reg), field);
    json_t *v = NULL;

    assert_non_null(f);
    assert_int_equal(input_coerce(f, value, &v), 0);
    assert_true((v != NULL) == fits);
    json_decref(v);
    json_decref(value);
}

static void values_of_another_type_leave_a_field_empty(void **state)
{
    struct fixture *x = *state;

    assert_coerced(x, "items", "price", json_string("１２"), false);
    assert_coerced(x, "items", "price", json_string("12"), true);
    assert_coerced(x, "items", "price", json_true(), false);
    assert_coerced(x, "items", "price", json_pack("[i]", 3), false);
    assert_coerced(x, "items", "kind", json_string("tank"), false);
    assert_coerced(x, "items", "kind", json_string("lamp"), true);
    assert_coerced(x, "loans", "ends_on", json_string("soon"), false);
    assert_coerced(x, "loans", "ends_on", json_string("2026-04-01T09:00:00Z"), true);
    assert_coerced(x, "loans", "back_by", json_string("2026-04-01"), true);
    assert_coerced(x, "loans", "back_by", json_integer(5), false);
    assert_coerced(x, "loans", "person", json_pack("[s]", "A"), false);
    assert_coerced(x, "loans", "care", json_string("dry"), true);
    assert_coerced(x, "loans", "care", json_pack("[s]", "fly"), false);
    assert_coerced(x, "loans", "parts", json_pack("[s]", "x"), false);
    assert_coerced(x, "trials", "sure", json_string("maybe"), false);
    assert_coerced(x, "trials", "others", json_pack("[i]", 1), false);
    assert_coerced(x, "trials", "word", json_integer(7), true);
}

static void assert_invalid(struct fixture *x, const char *field, json_t *value)
{
    json_t *with = application(x);
    JSON_AUTO *o = NULL;

    json_object_set_new(with, field, value);
    o = try_act(x, "A", "apply", "", with);
    assert_string_equal(json_str(o, "result"), "invalid");
}

static void hostile_inputs_are_answered_field_by_field(void **state)
{
    struct fixture *x = *state;
    json_t *rows = json_array();

    for (size_t i = 0; i < 6; i++)
        json_array_append_new(rows, json_pack("{s:s}", "what", "a"));
    assert_invalid(x, "parts", rows);
    assert_invalid(x, "parts", json_string("x"));
    assert_invalid(x, "parts", json_pack("[{s:s, s:s}]", "what", "a", "else", "b"));
    assert_invalid(x, "care", json_pack("[s]", "fly"));
    assert_invalid(x, "care", json_integer(1));
    assert_invalid(x, "care", json_pack("[i]", 1));
    assert_invalid(x, "starts_on", json_integer(20260410));
    assert_invalid(x, "starts_on", json_string("2026-02-30"));
    assert_invalid(x, "person", json_string("A' OR '1'='1"));
    assert_invalid(x, "item", json_string(MISSING));
    assert_invalid(x, "purpose", json_string("<script>"));
    assert_invalid(x, "owner", json_string("a\x01"));
    assert_invalid(x, "_parties", json_pack("{s:s}", "permitter", "A"));
    assert_invalid(x, "state", json_string("permitted"));
}

/* What is told beforehand of a loan whose item is out of sight is the same however the item stands; who sees it is told. */
static void what_rests_on_an_unseen_record_is_not_told_beforehand(void **state)
{
    struct fixture *x = *state;
    static const char *const stands[] = {"kept", "lent"};
    const struct step *st;
    const struct cond *c = NULL;
    struct record *item;
    struct stage sc;
    JSON_AUTO *id = json_string(x->lamp);

    assert_int_equal(stage_open(&sc, x->e, "C", x->now_us), 0);
    assert_int_equal(stage_new_record(&sc, engine_reg_on(x->e, "loans", sc.today), &sc.hand), 0);
    sc.procedure = sc.hand->reg->procedure;
    assert_int_equal(stage_record(&sc, x->lamp, &item), 0);
    assert_int_equal(record_set(sc.hand, reg_field(sc.hand->reg, "item"), id, NULL), 0);
    st = procedure_step(sc.procedure, "apply", 0);
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_STATE_OF)
            c = st->conds[i];
    assert_non_null(c);
    assert_int_equal(stage_tell(&sc), 0);
    for (size_t i = 0; i < ARRAY_LEN(stands); i++) {
        item->state = stands[i];
        assert_int_equal(leaf_judged(&sc, c, true), !i);
        assert_int_equal(leaf_judged(&sc, c, false), !i);
    }
    item->audience = 0; /* nobody's */
    for (size_t i = 0; i < ARRAY_LEN(stands); i++) {
        item->state = stands[i];
        assert_int_equal(leaf_judged(&sc, c, true), 1);
        assert_int_equal(leaf_judged(&sc, c, false), 0);
    }
    stage_done(&sc);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)
    static const struct CMUnitTest tests[] = {
        CASE(a_hidden_record_answers_as_a_missing_one),
        CASE(what_rests_on_an_unseen_record_is_not_told_beforehand), CASE(explaining_a_hidden_record_tells_no_more),
        CASE(a_refusal_changes_nothing_but_the_ledger),
        CASE(a_notice_names_no_hidden_record),
        CASE(what_is_hidden_is_not_counted_among_the_decided),
        CASE(a_timer_that_fails_stops_no_other),
        CASE(an_act_too_large_for_an_entry_is_answered),
        CASE(values_of_another_type_leave_a_field_empty),
        CASE(hostile_inputs_are_answered_field_by_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
