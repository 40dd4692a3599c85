/* Acts replayed from the ledger give the same state: every row of every record but what was personal. ENGINE_PACK names the pack. */
#include "setting.h"
#include "engine/inside.h"
#include "engine/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct dump {
    enum store_stmt stmt;
    const char *columns; /* i: number, t: text */
};

/* Tables of one record. */
static const struct dump of_record[] = {
    {STMT_INDEX_OF_RECORD, "tti"}, {STMT_HISTORY_LIST, "iiiitttttt"}, {STMT_LOCK_LIST, "ttitt"},
    {STMT_TIMER_LIST, "ttii"},     {STMT_WAITING_LIST, "tttii"},
};

static void print_row(struct rows *rows, const char *columns, struct buf *out)
{
    for (int i = 0; columns[i]; i++)
        if (columns[i] == 'i')
            assert_int_equal(buf_printf(out, "%lld|", (long long)rows_int(rows, i)), 0);
        else
            assert_int_equal(buf_printf(out, "%s|", rows_text(rows, i)), 0);
    assert_int_equal(buf_add_char(out, '\n'), 0);
}

static void print_of_record(struct store *s, const char *id, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(of_record); i++) {
        ROWS_AUTO *rows = NULL;

        assert_int_equal(STORE_QUERY(s, &rows, of_record[i].stmt, V_TEXT(id)), 0);
        while (rows_next(rows) == 1)
            print_row(rows, of_record[i].columns, out);
    }
}

static void print_state(struct store *s, struct buf *out)
{
    static const char *const people[] = {"Y", "M", "D", "C", "A", "B", "X"};
    ROWS_AUTO *rows = NULL;

    assert_int_equal(STORE_QUERY(s, &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(100000)), 0);
    while (rows_next(rows) == 1) {
        print_row(rows, "tttiittiiiiit", out);
        print_of_record(s, rows_text(rows, 0), out);
    }
    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        ROWS_AUTO *notices = NULL;

        assert_int_equal(STORE_QUERY(s, &notices, STMT_NOTICE_FOR, V_TEXT(people[i]), V_INT(INT64_MAX), V_INT(10000)), 0);
        while (rows_next(notices) == 1)
            print_row(notices, "iiiittit", out);
    }
}

struct replay_places {
    struct setting setting;
    struct scenario_play *one, *two;
};

static int open_places(void **state)
{
    static struct replay_places p;

    setting_open(&p.setting, getenv("ENGINE_PACK"), false);
    p.one = setting_play(&p.setting, false, NULL);
    p.two = setting_play(&p.setting, false, NULL);
    *state = &p;
    return 0;
}

static int close_places(void **state)
{
    struct replay_places *p = *state;

    scenario_play_close(p->one);
    scenario_play_close(p->two);
    setting_close(&p->setting);
    return 0;
}

static void replay_gives_the_same_state(void **state)
{
    struct replay_places *p = *state;
    struct buf was, is;
    size_t failed;

    assert_int_equal(scenario_play(p->one, scenario_find(p->setting.set, "b-obligations"), SIZE_MAX, NULL, NULL, &failed, &p->setting.diag),
                     0);
    assert_int_equal(failed, 0);
    assert_int_equal(engine_replay(scenario_play_store(p->one), scenario_play_engine(p->two), &p->setting.diag), 0);
    /* Daily checks that found nothing to enter after the last entry are not in the ledger. */
    assert_int_equal(scenario_play_clock(p->two, scenario_play_now(p->one)), 0);
    buf_init(&was, (size_t)16 << 20);
    buf_init(&is, (size_t)16 << 20);
    print_state(scenario_play_store(p->one), &was);
    print_state(scenario_play_store(p->two), &is);
    assert_true(was.len > 5000);
    assert_string_equal(was.at, is.at);
    buf_done(&was);
    buf_done(&is);
}

/* Each of the pack's stories: deputies, transfers, disposal by two persons, conditions, separation. */
static void every_story_gives_the_same_state(void **state)
{
    struct replay_places *p = *state;

    for (size_t i = 0; i < p->setting.set->n_scenarios; i++) {
        const struct scenario *story = &p->setting.set->scenarios[i];
        CLEANUP(scenario_play_closep) struct scenario_play *one = NULL, *two = NULL;
        CLEANUP(buf_done) struct buf was, is;
        size_t failed;

        buf_init(&was, (size_t)16 << 20);
        buf_init(&is, (size_t)16 << 20);
        one = setting_play(&p->setting, false, NULL);
        two = setting_play(&p->setting, false, NULL);
        assert_int_equal(scenario_play(one, story, SIZE_MAX, NULL, NULL, &failed, &p->setting.diag), 0);
        assert_int_equal(failed, 0);
        if (engine_replay(scenario_play_store(one), scenario_play_engine(two), &p->setting.diag))
            fail_msg("%s: %s", story->id, diag_first(&p->setting.diag));
        assert_int_equal(scenario_play_clock(two, scenario_play_now(one)), 0);
        print_state(scenario_play_store(one), &was);
        print_state(scenario_play_store(two), &is);
        print_message("# %s: %zu bytes of rows\n", story->id, was.len);
        assert_true(was.len > 1000);
        assert_string_equal(was.at, is.at);
    }
}

/* The same again must not pass: its records are there already, under other numbers. */
static void replay_names_what_does_not_fit(void **state)
{
    struct replay_places *p = *state;

    assert_int_equal(engine_replay(scenario_play_store(p->one), scenario_play_engine(p->two), &p->setting.diag), REPLAY_E_DAMAGED);
    assert_non_null(strstr(diag_first(&p->setting.diag), "does not fit"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay_gives_the_same_state),
        cmocka_unit_test(every_story_gives_the_same_state),
        cmocka_unit_test(replay_names_what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, open_places, close_places);
}
