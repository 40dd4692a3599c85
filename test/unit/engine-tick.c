/* A tick: what finds nothing to do is settled for many at once and leaves nothing but its own row, what does something is done one by one and in order, and
 * whether much is fired in one tick or little makes no difference. On SQLite and on PostgreSQL, where many are looked at together. */
#include "setting.h"
#include "engine/inside.h"
#include "engine/verify.h"
#include "keys-pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LOANS 30
#define CHECKS 2 /* each midnight, of a loan that is out */

static const struct keys_change changes[] = {
    {"procedures/loans.yaml", "  closed: {ja", "  late: {ja: 延滞, en: Late}\n  closed: {ja"},
    {"procedures/loans.yaml", "from: [out], to: closed", "from: [out, late], to: closed"},
    {"procedures/loans.yaml", "obligations:\n",
     "obligations:\n"
     /* moves on the day after its last */
     "  - {id: expired, title: {ja: 延滞, en: Expired}, while: [out], check: every-day, met_by: {time: today, not_after: ends_on}, missed: [{move: this, to: late}], clauses: [K-5]}\n"
     /* from then on one tells each of the unit's others, those of the same midnight that come later as well */
     "  - {id: neighbour, title: {ja: 隣, en: Neighbour}, while: [out], check: every-day, met_by: {record: loans, where: {unit: unit}, in: [late], none: yes}, "
     "missed: [{tell: [chief], about: {ja: 延滞あり, en: One is late}}], clauses: [K-5]}\n"
     /* tells each day, and changes nothing that anybody looks at */
     "  - {id: nag, title: {ja: 督促, en: Nag}, while: [late], due: ends_on, do: loans/return, again: {every: P1D, tell: [chief]}, clauses: [K-5]}\n"},
};

struct fixture {
    struct setting setting;
    char *dir;
    struct scenario_play *play;
    uint64_t now_us;
};

static uint64_t noon(const char *day)
{
    int32_t d;

    assert_int_equal(day_parse_iso(str_of(day), &d), 0);
    return instant_of_day(d) + US_PER_DAY / 2;
}

static int open_fixture(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));

    assert_non_null(x);
    x->dir = keys_pack_make(changes, ARRAY_LEN(changes));
    setting_open(&x->setting, x->dir, true);
    *state = x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    setting_close(&x->setting);
    keys_pack_remove(x->dir);
    free(x);
    return 0;
}

/* ---- acting ---- */

static void act(struct fixture *x, const char *person, const char *step, const char *record, json_t *with)
{
    const struct act a = {.person = person, .reg = "loans", .step = step, .record = record, .with = with, .now_us = x->now_us};
    JSON_AUTO *o = setting_act(x->play, &a);

    assert_string_equal(json_str(o, "result"), "allowed");
    json_decref(with);
}

/* Loans of two units. Of Chuo's the second ends on 02-01, the last on 02-05; all others in a year. */
static void begin(struct fixture *x, bool on_server)
{
    x->play = setting_play(&x->setting, on_server, NULL);
    x->now_us = noon("2026-01-10");
    for (int i = 0; i < LOANS; i++) {
        bool is_minami = i >= LOANS / 2;
        const char *ends_on = i == 1 ? "2026-02-01" : i == LOANS / 2 - 1 ? "2026-02-05" : "2026-12-30";
        char key[16], id[32];

        snprintf(key, sizeof(key), "%d", i);
        snprintf(id, sizeof(id), "KL-2026-%04d", i + 1);
        act(x, is_minami ? "D" : "B", "apply", "",
            json_pack("{s:s, s:s, s:s, s:s}", "key", key, "starts_on", "2026-01-10", "ends_on", ends_on, "note", "x"));
        act(x, is_minami ? "C" : "A", "decide", id, NULL);
    }
}

static void end(struct fixture *x)
{
    struct verify_summary sum;

    if (verify_installation(scenario_play_store(x->play), NULL, NULL, &sum, &x->setting.diag))
        fail_msg("%s", diag_first(&x->setting.diag));
    scenario_play_close(x->play);
    x->play = NULL;
}

/* At most `max` in one transaction; how many there were. */
static int tick_through(struct fixture *x, uint64_t to_us, size_t max)
{
    bool more = true;
    int n = 0;

    for (; more; n++) {
        setting_begin(x->play);
        assert_int_equal(engine_tick_through(scenario_play_engine(x->play), scenario_play_log(x->play), &x->now_us, to_us, max, &more, &x->setting.diag), 0);
        setting_commit(x->play);
    }
    x->now_us = to_us;
    return n;
}

/* ---- what is left ---- */

/* What was entered behind the first `from`, but for what is drawn by chance. */
static json_t *entered(struct fixture *x, uint64_t from)
{
    ROWS_AUTO *rows = NULL;
    json_t *list = json_array();

    assert_int_equal(STORE_QUERY(scenario_play_store(x->play), &rows, STMT_ENTRY_RANGE, V_INT(2026), V_INT(from), V_INT(from + 100000)), 0);
    while (rows_next(rows) == 1) {
        JSON_AUTO *json = NULL;
        struct leaf leaf;

        assert_int_equal(leaf_parse(rows_blob(rows, 2), &leaf, &json, NULL), 0);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:O?}", "act", leaf.act, "record", leaf.case_id, "t", (json_int_t)leaf.t_us, "due",
                                              (json_int_t)leaf.due_us, "in", leaf.in));
    }
    return list;
}

static json_t *timers(struct fixture *x)
{
    ROWS_AUTO *rows = NULL;
    json_t *list = json_array();

    assert_int_equal(STORE_QUERY(scenario_play_store(x->play), &rows, STMT_TIMER_DUE, V_INT(INT64_MAX), V_INT(100000)), 0);
    while (rows_next(rows) == 1)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:I}", "record", rows_text(rows, 0), "obligation", rows_text(rows, 1), "part",
                                              rows_text(rows, 2), "due", (json_int_t)rows_int(rows, 3), "nth", (json_int_t)rows_int(rows, 4)));
    return list;
}

static uint64_t n_entries(struct fixture *x)
{
    int64_t shard;
    uint64_t size;

    log_head(scenario_play_log(x->play), &shard, &size);
    return size;
}

static size_t count(const json_t *list, const char *act_name, const char *record)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        n += !strcmp(json_str(json_array_get(list, i), "act"), act_name) && (!record || !strcmp(json_str(json_array_get(list, i), "record"), record));
    return n;
}

/* ---- the tests ---- */

static void quiet_ones_are_settled_together(struct fixture *x, bool on_server)
{
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    uint64_t n, size;

    begin(x, on_server);
    tick_through(x, noon("2026-01-11"), 1000); /* what is armed with the first tick is */
    before = timers(x);
    n = store_n_writes(scenario_play_store(x->play));
    size = n_entries(x);
    assert_int_equal(tick_through(x, noon("2026-01-31"), 10000), 1);
    after = timers(x);
    assert_int_equal(n_entries(x), size);
    n = store_n_writes(scenario_play_store(x->play)) - n;
    assert_in_range(n, LOANS * CHECKS, 2 * LOANS * CHECKS); /* of twenty days; those of the first pages twice */
    assert_int_equal(json_array_size(before), json_array_size(after));
    for (size_t i = 0; i < json_array_size(after); i++)
        assert_true((uint64_t)json_int(json_array_get(after, i), "due") > x->now_us);
    end(x);
}

static void play(struct fixture *x, bool on_server, size_t max, json_t **ret_entered, json_t **ret_timers)
{
    uint64_t size;
    int n;

    begin(x, on_server);
    size = n_entries(x);
    n = tick_through(x, noon("2026-02-10"), max);
    assert_true(max > 1 ? n == 1 : n > LOANS * CHECKS * 20);
    *ret_entered = entered(x, size);
    *ret_timers = timers(x);
    end(x);
}

/* The second loan is late with the first midnight of 02-02: of that midnight the first loan of the unit was looked at before, the others tell. */
static void assert_told(const json_t *list)
{
    uint64_t first = instant_of_day(day_of_instant(noon("2026-02-02")));
    const json_t *one = json_array_get(list, 1), *next = json_array_get(list, 2), *last;

    assert_string_equal(json_str(json_array_get(list, 0), "act"), "timer/loans!due");
    assert_string_equal(json_str(one, "act"), "timer/loans!expired");
    assert_string_equal(json_str(one, "record"), "KL-2026-0002");
    assert_int_equal(json_int(one, "due"), first);
    assert_string_equal(json_str(next, "act"), "timer/loans!neighbour");
    assert_string_equal(json_str(next, "record"), "KL-2026-0003");
    assert_int_equal(json_int(next, "due"), first);
    last = json_array_get(list, LOANS / 2 - 1);
    assert_string_equal(json_str(last, "record"), "KL-2026-0015");
    assert_int_equal(count(list, "timer/loans!neighbour", "KL-2026-0001"), 1); /* with the next midnight */
    assert_int_equal(count(list, "timer/loans!neighbour", NULL), LOANS / 2 - 1); /* once, and nobody's of the other unit */
    assert_int_equal(count(list, "timer/loans!expired", NULL), 2);
    assert_int_equal(count(list, "timer/loans!nag", "KL-2026-0002"), 8); /* 02-03 to 02-10 */
}

static void much_at_once_is_as_one_by_one(struct fixture *x, bool on_server)
{
    JSON_AUTO *one = NULL;
    JSON_AUTO *one_timers = NULL;
    JSON_AUTO *much = NULL;
    JSON_AUTO *much_timers = NULL;

    play(x, on_server, 1, &one, &one_timers);
    play(x, on_server, 100000, &much, &much_timers);
    assert_told(much);
    assert_int_equal(json_array_size(one), json_array_size(much));
    for (size_t i = 0; i < json_array_size(one); i++)
        if (!json_equal(json_array_get(one, i), json_array_get(much, i)))
            fail_msg("%zu: %s, but %s", i, json_dumps(json_array_get(one, i), 0), json_dumps(json_array_get(much, i), 0));
    assert_true(json_equal(one_timers, much_timers));
}

/* The tenth cannot be read: it stays due, and the others are as without it. */
static void what_cannot_be_looked_at_stops_no_other(struct fixture *x, bool on_server)
{
    static const char damaged[] = "KL-2026-0010";
    struct store *s;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;

    begin(x, on_server);
    s = scenario_play_store(x->play);
    tick_through(x, noon("2026-01-11"), 1000);
    setting_begin(x->play);
    assert_int_equal(STORE_ONE(s, &row, STMT_RECORD_GET, V_TEXT(damaged)), 0);
    assert_int_equal(STORE_RUN(s, STMT_RECORD_UPDATE, V_TEXT(damaged), V_STR(rows_str(row, 1)), V_INT(rows_int(row, 2)), V_INT(rows_int(row, 3)),
                               V_STR(rows_str(row, 4)), V_STR(rows_str(row, 5)), V_INT(rows_int(row, 7)), V_NULL, V_NULL, V_TEXT("{}"), V_INT(rows_int(row, 2))), 0);
    setting_commit(x->play);
    before = timers(x);
    tick_through(x, noon("2026-01-20"), 10000);
    after = timers(x);
    assert_int_equal(x->setting.diag.n_errors, CHECKS);
    assert_non_null(strstr(diag_first(&x->setting.diag), damaged));
    diag_clear(&x->setting.diag);
    for (size_t i = 0; i < json_array_size(after); i++) {
        const json_t *t = json_array_get(after, i);
        bool is_damaged = !strcmp(json_str(t, "record"), damaged) && strcmp(json_str(t, "part"), "missed") != 0;

        assert_int_equal((uint64_t)json_int(t, "due") <= x->now_us, is_damaged);
    }
    scenario_play_close(x->play);
}

/* Behind an import of the force all daily checks are judged at once, due or not: in the order of the text, by records. */
static void what_is_judged_again_is_so_in_order(struct fixture *x, bool on_server)
{
    JSON_AUTO *list = NULL;
    JSON_AUTO *after = NULL;
    uint64_t size;

    begin(x, on_server);
    x->now_us = noon("2026-02-02");
    size = n_entries(x);
    for (int i = 0; i < 2; i++) { /* what was told once is not told again */
        setting_begin(x->play);
        assert_int_equal(engine_force_changed(scenario_play_engine(x->play), scenario_play_log(x->play), x->now_us, &x->setting.diag), 0);
        setting_commit(x->play);
    }
    list = entered(x, size);
    assert_int_equal(json_array_size(list), LOANS / 2);
    assert_string_equal(json_str(json_array_get(list, 0), "act"), "timer/loans!expired");
    assert_string_equal(json_str(json_array_get(list, 0), "record"), "KL-2026-0002");
    for (int i = 1; i < LOANS / 2; i++) {
        char id[32];

        snprintf(id, sizeof(id), "KL-2026-%04d", i == 1 ? 1 : i + 1);
        assert_string_equal(json_str(json_array_get(list, (size_t)i), "act"), "timer/loans!neighbour");
        assert_string_equal(json_str(json_array_get(list, (size_t)i), "record"), id);
    }
    after = timers(x);
    for (size_t i = 0; i < json_array_size(after); i++)
        if (!strcmp(json_str(json_array_get(after, i), "part"), "check"))
            assert_int_equal(json_int(json_array_get(after, i), "due"), instant_of_day(day_of_instant(x->now_us) + 1));
    end(x);
}

/* ---- both databases ---- */

#define EVERYWHERE(test)                                  \
    static void test##_on_sqlite(void **state)            \
    {                                                     \
        test(*state, false);                              \
    }                                                     \
    static void test##_on_postgresql(void **state)        \
    {                                                     \
        test(*state, true);                               \
    }
EVERYWHERE(quiet_ones_are_settled_together)
EVERYWHERE(much_at_once_is_as_one_by_one)
EVERYWHERE(what_cannot_be_looked_at_stops_no_other)
EVERYWHERE(what_is_judged_again_is_so_in_order)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_ones_are_settled_together_on_sqlite),
        cmocka_unit_test(quiet_ones_are_settled_together_on_postgresql),
        cmocka_unit_test(much_at_once_is_as_one_by_one_on_sqlite),
        cmocka_unit_test(much_at_once_is_as_one_by_one_on_postgresql),
        cmocka_unit_test(what_cannot_be_looked_at_stops_no_other_on_sqlite),
        cmocka_unit_test(what_cannot_be_looked_at_stops_no_other_on_postgresql),
        cmocka_unit_test(what_is_judged_again_is_so_in_order_on_sqlite),
        cmocka_unit_test(what_is_judged_again_is_so_in_order_on_postgresql),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
