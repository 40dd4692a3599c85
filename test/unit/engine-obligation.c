/* Obligations over long times, and what an act or a form must not leave behind: a small directive with some lines changed. */
#include "setting.h"
#include "engine/inside.h"
#include "keys-pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CROWD 300 /* more steps than may wait for one record */

static char crowded[CROWD * 128];

static const struct keys_change changes[] = {
    {"registers/loans.yaml", "  - {id: note,",
     "  - {id: decided_on, title: {ja: 決裁日, en: Decided on}, type: day, default: today, clauses: [K-2]}\n"
     "  - {id: least, title: {ja: 下限, en: Least}, type: number, clauses: [K-2]}\n"
     "  - {id: most, title: {ja: 上限, en: Most}, type: number, clauses: [K-2]}\n"
     "  - {id: note,"},
    {"procedures/loans.yaml", "asks: [unit, key, starts_on, ends_on, note]", "asks: [unit, key, starts_on, ends_on, note, least, most]"},
    {"procedures/loans.yaml", "  - {do: return,",
     "  - {do: note, title: {ja: 記す, en: Note}, from: [applied], to: same, by: [permitter], asks: [decided_on], waits: no, clauses: [K-2]}\n"
     "  - {do: void, title: {ja: 取消, en: Void}, from: [applied], to: refused, by: [permitter], signs: [key, decided_on], "
     "requires: [{field: decided_on, filled: no}], waits: no, clauses: [K-2]}\n"
     "  - {do: bound, title: {ja: 範囲, en: Bound}, from: [applied], to: same, by: [permitter], requires: [{field: least, at_most: {ref: most}}], "
     "waits: no, clauses: [K-3]}\n"
     "  - {do: move, title: {ja: 移す, en: Move}, from: [applied], to: same, by: [anyone], asks: [unit], waits: no, clauses: [K-3]}\n"
     "  - {do: pass, title: {ja: 渡す, en: Pass}, from: [out], to: same, by: [permitter], waits: no, clauses: [K-2]}\n"
     "  - {do: glance, title: {ja: 見る, en: Glance}, from: [applied], to: same, by: [permitter, minder], clauses: [K-3]}\n"
     "  - {do: return,"},
    {"procedures/loans.yaml", "  permitter: {holds: chief, of: unit, clauses: [K-2]}\n",
     "  permitter: {holds: chief, of: unit, clauses: [K-2]}\n  minder: {holds: minder, clauses: [K-2]}\n"},
    {"org.yaml", "  - {id: worker,", "  - {id: minder, title: {ja: 世話役, en: Minder}, post: [head], in: workshop, clauses: [K-2]}\n  - {id: worker,"},
    {"procedures/loans.yaml", "obligations:\n",
     "obligations:\n"
     "  - {id: nag, title: {ja: 督促, en: Nag}, while: [out], due: ends_on, do: loans/return, "
     "again: {every: P1D, tell: [chief], about: {ja: '{unit}の鍵{key}は{ends_on}まで。返却（{note}）', en: '{key} of {unit} until {ends_on} ({note})'}}, clauses: [K-5]}\n"
     "  - {id: monthly, title: {ja: 月次, en: Monthly}, while: [out], due: ends_on, again: {every: P1M, tell: [chief]}, clauses: [K-5]}\n"
     "  - {id: weekly, title: {ja: 毎週, en: Weekly}, while: [out], every: week, met_by: {field: unit, filled: yes}, "
     "remind: [{before: P2D, tell: [chief]}], missed: [{tell: [chief], about: {ja: 毎週, en: Weekly}}], clauses: [K-5]}\n"},
    {"procedures/loans.yaml", "  closed: {ja", "  crowded: {ja: 多数, en: Crowded}\n  closed: {ja"},
    {"procedures/loans.yaml", "  - {do: return,", crowded},
};

struct fixture {
    struct diag diag;
    char *dir;
    struct pack *pack;
    struct force *force;
    struct scenario_play *play;
    struct engine *e;
    struct store *store;
    struct log *log;
    uint64_t now_us;
};

static uint64_t noon(const char *day)
{
    int32_t d;

    assert_int_equal(day_parse_iso(str_of(day), &d), 0);
    return instant_of_day(d) + US_PER_DAY / 2;
}

static void crowd(void)
{
    size_t at = (size_t)snprintf(crowded, sizeof(crowded),
                                 "  - {do: crowd, title: {ja: 多数, en: Crowd}, from: [applied], to: crowded, by: [permitter], waits: no, "
                                 "clauses: [K-2]}\n");

    for (size_t i = 0; i < CROWD; i++)
        at += (size_t)snprintf(crowded + at, sizeof(crowded) - at,
                               "  - {do: s%03zu, title: {ja: 多, en: S}, from: [crowded], to: closed, by: [permitter], clauses: [K-2]}\n", i);
    snprintf(crowded + at, sizeof(crowded) - at, "  - {do: return,");
}

static int open_fixture(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));
    char path[128];

    if (!x || crypto_start())
        return -1;
    crowd();
    diag_init(&x->diag);
    x->dir = keys_pack_make(changes, ARRAY_LEN(changes));
    snprintf(path, sizeof(path), "%s/force", x->dir);
    if (pack_load_dir(x->dir, &x->pack, &x->diag) || force_load_dir(path, &x->force, &x->diag) ||
        scenario_play_open(":memory:", x->pack, x->force, &x->play, &x->diag)) {
        print_error("%s\n", diag_first(&x->diag));
        return -1;
    }
    x->e = scenario_play_engine(x->play);
    x->store = scenario_play_store(x->play);
    x->log = scenario_play_log(x->play);
    x->now_us = noon("2026-01-10");
    *state = x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    force_unref(x->force);
    pack_unref(x->pack);
    keys_pack_remove(x->dir);
    diag_done(&x->diag);
    free(x);
    return 0;
}

/* ---- acting ---- */

static json_t *act_signed(struct fixture *x, const char *person, const char *step, const char *record, json_t *with, const char *signs)
{
    struct act act = {.person = person, .reg = "loans", .step = step, .record = record, .with = with, .signs = signs, .now_us = x->now_us};

    json_t *o = setting_act(x->play, &act);

    json_decref(with);
    return o;
}

static void assert_act(struct fixture *x, const char *person, const char *step, const char *record, json_t *with, const char *result)
{
    JSON_AUTO *o = act_signed(x, person, step, record, with, "");

    assert_string_equal(json_str(o, "result"), result);
}

/* All timers that are due by then, at once: as after a long stop, or a jump of the clock. */
static void tick_at(struct fixture *x, uint64_t now_us)
{
    bool more = true;

    x->now_us = now_us;
    while (more) {
        setting_begin(x->play);
        assert_int_equal(engine_tick(x->e, x->log, now_us, 7, &more, &x->diag), 0);
        setting_commit(x->play);
    }
    assert_int_equal(x->diag.n_errors, 0);
}

static uint64_t entries(const struct fixture *x)
{
    int64_t shard;
    uint64_t size;

    log_head(x->log, &shard, &size);
    return size;
}

static void lend(struct fixture *x, const char *key, const char *starts_on, const char *ends_on)
{
    JSON_AUTO *o = act_signed(x, "B", "apply", "", json_pack("{s:s, s:s, s:s, s:s}", "key", key, "starts_on", starts_on, "ends_on",
                                                             ends_on, "note", "x"), "");

    assert_string_equal(json_str(o, "result"), "allowed");
    assert_act(x, "A", "decide", json_str(o, "record"), NULL, "allowed");
}

static const json_t *with_member(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), key), value))
            return json_array_get(list, i);
    return NULL;
}

static size_t count_with(const json_t *list, const char *key, const char *value)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        n += !strcmp(json_str(json_array_get(list, i), key), value);
    return n;
}

/* ---- obligations ---- */

static void a_catch_up_leaves_one_notice(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *today = NULL;
    JSON_AUTO *later = NULL;
    const json_t *nag;
    uint64_t before;

    lend(x, "1", "2026-01-10", "2026-01-19");
    tick_at(x, noon("2026-01-19"));
    before = entries(x);
    tick_at(x, noon("2026-03-01"));
    assert_int_equal(entries(x) - before, 1 + 40 + 1); /* due on 01-20; then daily from 01-21 to 03-01; monthly on 02-20 */
    assert_int_equal(engine_today(x->e, "A", x->now_us, &today), 0);
    assert_int_equal(count_with(json_arr(today, "notices"), "about", "loans!nag"), 1);
    nag = with_member(json_arr(today, "notices"), "about", "loans!nag");
    assert_int_equal(json_int(nag, "times"), 40);
    assert_string_equal(json_str(nag, "since"), "2026-01-20T15:00:00.000000Z");
    assert_int_equal(json_int(with_member(json_arr(today, "notices"), "about", "loans!monthly"), "times"), 1);
    tick_at(x, noon("2026-03-02")); /* the newest stands for all, also when they come in time */
    tick_at(x, noon("2026-03-03"));
    assert_int_equal(engine_today(x->e, "A", x->now_us, &later), 0);
    assert_int_equal(count_with(json_arr(later, "notices"), "about", "loans!nag"), 1);
    assert_int_equal(json_int(with_member(json_arr(later, "notices"), "about", "loans!nag"), "times"), 42);
}

static void a_notice_says_what_it_is_about_and_what_is_to_be_done(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *asked = NULL;
    JSON_AUTO *others = NULL;
    JSON_AUTO *done = NULL;
    const json_t *nag, *row;

    lend(x, "1", "2026-01-10", "2026-01-19");
    tick_at(x, noon("2026-01-21"));
    assert_int_equal(engine_today(x->e, "A", x->now_us, &asked), 0);
    nag = with_member(json_arr(asked, "notices"), "about", "loans!nag");
    assert_string_equal(json_str(json_obj(nag, "title"), "ja"), "中央署の鍵1は令和8年1月19日まで。返却（x）");
    assert_string_equal(json_str(json_obj(nag, "title"), "en"), "1 of Chuo until 2026-01-19 (x)");
    assert_true(json_equal(json_obj(nag, "own_title"), json_obj(nag, "title"))); /* no other record is told of */
    assert_string_equal(json_str(nag, "do"), "loans/return");
    row = with_member(json_arr(asked, "notices"), "about", "loans!monthly");
    assert_null(row); /* its time has not come */
    assert_act(x, "B", "return", json_str(nag, "record"), NULL, "allowed");
    assert_int_equal(engine_today(x->e, "A", x->now_us, &done), 0);
    nag = with_member(json_arr(done, "notices"), "about", "loans!nag");
    assert_string_equal(json_str(nag, "do"), ""); /* nothing is to be done any more */
    assert_int_equal(engine_today(x->e, "C", x->now_us, &others), 0);
    assert_null(with_member(json_arr(others, "notices"), "about", "loans!nag"));
}

static void months_are_counted_from_the_due_day(void **state)
{
    static const char *const days[] = {"2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"};
    struct fixture *x = *state;
    size_t n = 0;

    lend(x, "2", "2026-01-10", "2026-01-30"); /* due when the 30th ends: at the start of the 31st */
    for (uint64_t t = x->now_us; t <= noon("2026-06-01"); t += US_PER_DAY) {
        JSON_AUTO *today = NULL;
        CLEANUP(buf_done) struct buf day = {0};
        const json_t *one;
        uint64_t us;

        tick_at(x, t);
        assert_int_equal(engine_today(x->e, "A", x->now_us, &today), 0);
        one = with_member(json_arr(today, "notices"), "about", "loans!monthly");
        if (!one || (size_t)json_int(one, "times") == n)
            continue;
        buf_init(&day, 32);
        assert_true(n < ARRAY_LEN(days));
        assert_int_equal(instant_parse(str_of(json_str(one, "t")), &us), 0);
        assert_int_equal(day_print_iso(day_of_instant(us), &day), 0);
        assert_string_equal(day.at, days[n++]);
    }
    assert_int_equal(n, ARRAY_LEN(days));
}

static void assert_timer(struct fixture *x, const char *record, const char *part, const char *day, const char *of)
{
    ROWS_AUTO *row = NULL;
    int32_t due, nth;

    assert_int_equal(day_parse_iso(str_of(day), &due), 0);
    assert_int_equal(day_parse_iso(str_of(of), &nth), 0);
    assert_int_equal(STORE_ONE(x->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT("weekly"), V_TEXT(part)), 0);
    assert_int_equal(rows_int(row, 0), instant_of_day(due));
    assert_int_equal(rows_int(row, 1), nth);
}

static void set_timer(struct fixture *x, const char *record, const char *part, const char *day, int64_t nth)
{
    int32_t due;

    assert_int_equal(day_parse_iso(str_of(day), &due), 0);
    assert_int_equal(store_begin(x->store), 0);
    assert_int_equal(STORE_RUN(x->store, STMT_TIMER_SET, V_TEXT(record), V_TEXT("weekly"), V_TEXT(part), V_INT(instant_of_day(due)), V_INT(nth)), 0);
    assert_int_equal(store_commit(x->store), 0);
}

/* As a text leaves them that asked for it each month: taken for the first day of a week, the month's number is one of the year 2036. */
static void weeks_are_not_counted_on_from_months(void **state)
{
    static const char loan[] = "KL-2026-0001";
    const int64_t january = 2026 * 12;
    struct fixture *x = *state;

    lend(x, "2", "2026-01-10", "2026-12-30"); /* on a Saturday */
    assert_timer(x, loan, "missed", "2026-01-12", "2026-01-05");
    assert_timer(x, loan, "remind/0", "2026-01-16", "2026-01-12");
    set_timer(x, loan, "missed", "2026-02-01", january);
    set_timer(x, loan, "remind/0", "2026-01-30", january);
    assert_act(x, "A", "pass", loan, NULL, "allowed");
    assert_timer(x, loan, "missed", "2026-01-12", "2026-01-05");
    assert_timer(x, loan, "remind/0", "2026-01-16", "2026-01-12");
    tick_at(x, noon("2026-01-26"));
    assert_timer(x, loan, "missed", "2026-02-02", "2026-01-26");
    assert_act(x, "A", "pass", loan, NULL, "allowed"); /* what counts weeks is left alone */
    assert_timer(x, loan, "missed", "2026-02-02", "2026-01-26");
}

static void each_unit_is_told_that_the_directive_lapses(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *one = NULL;
    JSON_AUTO *other = NULL;

    tick_at(x, noon("2031-02-28"));
    tick_at(x, noon("2031-03-02"));
    assert_int_equal(engine_today(x->e, "A", x->now_us, &one), 0);
    assert_non_null(with_member(json_arr(one, "notices"), "about", "keys!expiry"));
    assert_string_equal(json_str(json_obj(with_member(json_arr(one, "notices"), "about", "keys!expiry"), "title"), "ja"),
                        "「鍵の管理」は令和13年3月31日で効力を失います。改正又は延長の要否を確認してください");
    assert_int_equal(engine_today(x->e, "C", x->now_us, &other), 0);
    assert_non_null(with_member(json_arr(other, "notices"), "about", "keys!expiry"));
}

/* ---- acts ---- */

static void what_is_too_large_leaves_no_entry(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = act_signed(x, "B", "apply", "", json_pack("{s:s, s:s, s:s}", "key", "3", "starts_on", "2026-01-10", "ends_on",
                                                             "2026-01-19"), "");
    uint64_t before = entries(x);

    assert_act(x, "A", "crowd", json_str(o, "record"), NULL, "invalid");
    assert_int_equal(entries(x), before);
    assert_act(x, "A", "decide", json_str(o, "record"), NULL, "allowed");
    assert_int_equal(entries(x), before + 1);
    assert_int_equal(log_verify_shard(x->store, 2026, NULL, NULL, &x->diag), 0);
}

static void each_step_is_judged_without_the_defaults_of_others(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = act_signed(x, "B", "apply", "", json_pack("{s:s, s:s, s:s}", "key", "5", "starts_on", "2026-01-10", "ends_on",
                                                             "2026-01-19"), "");
    JSON_AUTO *steps = NULL;
    JSON_AUTO *voided = NULL;
    const char *id = json_str(o, "record");
    const json_t *note, *empty;

    assert_int_equal(engine_steps(x->e, "A", "loans", id, x->now_us, &steps), 0);
    note = with_member(steps, "step", "note");
    empty = with_member(steps, "step", "void");
    assert_string_equal(json_str(json_obj(note, "initial"), "decided_on"), "2026-01-10");
    assert_string_equal(json_str(empty, "result"), "allowed");
    voided = act_signed(x, "A", "void", id, NULL, json_str(empty, "signs"));
    assert_string_equal(json_str(voided, "result"), "allowed");
}

static void nothing_is_within_a_bound_that_is_not_there(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = act_signed(x, "B", "apply", "", json_pack("{s:s, s:s, s:s, s:s}", "key", "6", "starts_on", "2026-01-10", "ends_on",
                                                             "2026-01-19", "least", "5"), "");

    assert_act(x, "A", "bound", json_str(o, "record"), NULL, "forbidden");
}

static void who_goes_on_waiting_waits_since_the_same_time(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = act_signed(x, "B", "apply", "", json_pack("{s:s, s:s, s:s}", "key", "7", "starts_on", "2026-01-10", "ends_on",
                                                             "2026-01-19"), "");
    const char *id = json_str(o, "record");
    int64_t applied = (int64_t)x->now_us;
    ROWS_AUTO *rows = NULL;
    size_t n = 0;

    x->now_us += US_PER_DAY;
    assert_act(x, "A", "move", id, json_pack("{s:s}", "unit", "minami"), "allowed");
    assert_int_equal(STORE_QUERY(x->store, &rows, STMT_WAITING_LIST, V_TEXT(id)), 0);
    while (rows_next(rows) == 1) {
        if (strcmp(rows_text(rows, 0), "glance") != 0)
            continue;
        n++;
        if (!strcmp(rows_text(rows, 1), "keys/minder"))
            assert_int_equal(rows_int(rows, 3), applied);
        else
            assert_string_equal(rows_text(rows, 2), "minami");
    }
    assert_int_equal(n, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_catch_up_leaves_one_notice, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(a_notice_says_what_it_is_about_and_what_is_to_be_done, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(months_are_counted_from_the_due_day, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(weeks_are_not_counted_on_from_months, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(each_unit_is_told_that_the_directive_lapses, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(what_is_too_large_leaves_no_entry, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(each_step_is_judged_without_the_defaults_of_others, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(nothing_is_within_a_bound_that_is_not_there, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(who_goes_on_waiting_waits_since_the_same_time, open_fixture, close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
