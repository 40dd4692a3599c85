/* What has been kept long enough: two applications of 2026 in January 2028, in the patrol pack, on both databases; and numbers as people
 * type them. PATROL_PACK names the pack. */
#include "setting.h"
#include "engine/clock.h"
#include "engine/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define BOTH_OVER 10 /* acts of y-disposals; the last of them is refused, in January 2028 */

static struct setting sqlite_setting, postgres_setting;

struct story {
    struct scenario_play *play;
    struct engine *e;
    uint64_t now_us;
    const char *first, *second;
};

/* Lists go by the installation's clock: it stands where the story has come to. */
static void set_clock(struct setting *g, struct story *x)
{
    struct store *s = scenario_play_store(x->play);

    OK(store_begin(s));
    OK(clock_save(s, (struct clock_setting){CLOCK_DEMONSTRATION, x->now_us, clock_real_us()}));
    OK(store_commit(s));
    engine_forget(x->e);
    OK(engine_refresh(x->e, &g->diag));
}

static void story_open(void **state, struct story *x, size_t acts)
{
    struct setting *g = *state;
    size_t failed = 0;

    x->play = setting_play(g, g->server != NULL, NULL);
    OK(scenario_play(x->play, scenario_find(g->set, "y-disposals"), acts, NULL, NULL, &failed,
                     &g->diag));
    assert_int_equal(failed, 0);
    x->e = scenario_play_engine(x->play);
    x->now_us = scenario_play_now(x->play);
    set_clock(g, x);
    x->first = scenario_play_record(x->play, "FIRST");
    x->second = scenario_play_record(x->play, "SECOND");
}

static json_t *listed(struct story *x, const char *person, const char *field, const char *key,
                      const char *sort)
{
    const struct list_query q = {"loan-applications", LIST_OVER, field, key, sort, 1, 50};
    json_t *list = NULL;

    OK(engine_list(x->e, person, &q, &list));
    return list;
}

static const char *row(const json_t *list, size_t n)
{
    return json_str(json_array_get(json_arr(list, "rows"), n), "id");
}

static void a_register_is_narrowed_to_it(void **state)
{
    static const char *const sorts[] = {"changed", "opened", "id"};
    struct story x;

    story_open(state, &x, BOTH_OVER);
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
        JSON_AUTO *list = listed(&x, "S", "", "", sorts[i]);

        assert_int_equal(json_int(list, "total"), 2);
        assert_string_equal(row(list, 0), i == 2 ? x.first : x.second);
        assert_string_equal(row(list, 1), i == 2 ? x.second : x.first);
    }
    {
        JSON_AUTO *by_unit = listed(&x, "S", "unit", "seian-kikaku", "id");
        JSON_AUTO *by_other = listed(&x, "S", "unit", "minami-sho", "id");
        JSON_AUTO *unseen = listed(&x, "V", "", "", "id");

        assert_int_equal(json_int(by_unit, "total"), 2);
        assert_int_equal(json_int(by_other, "total"), 0);
        assert_int_equal(json_int(unseen, "total"), 0);
    }
    scenario_play_close(x.play);
}

/* Told to whoever proposes or decides, and to nobody else. */
static void the_days_work_tells_how_many(void **state)
{
    static const char *const told[] = {"S", "D", "N"};
    struct story x;

    story_open(state, &x, BOTH_OVER);
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        JSON_AUTO *today = NULL;
        const json_t *one;

        OK(engine_today(x.e, told[i], x.now_us, &today));
        one = json_array_get(json_arr(today, "over"), 0);
        assert_int_equal(json_array_size(json_arr(today, "over")), 1);
        assert_string_equal(json_str(one, "reg"), "loan-applications");
        assert_int_equal(json_int(one, "n"), 2);
    }
    {
        JSON_AUTO *user = NULL;
        JSON_AUTO *before = NULL;

        OK(engine_today(x.e, "K", x.now_us, &user));
        assert_int_equal(json_array_size(json_arr(user, "over")), 0);
        OK(engine_today(x.e, "S", x.now_us - 4 * US_PER_DAY,
                        &before)); /* the last day on which they are kept */
        assert_int_equal(json_array_size(json_arr(before, "over")), 0);
    }
    scenario_play_close(x.play);
}

static void they_are_offered_one_by_one(void **state)
{
    struct story x;
    JSON_AUTO *all = NULL;
    JSON_AUTO *one = NULL;
    JSON_AUTO *unseen = NULL;
    JSON_AUTO *none = NULL;

    story_open(state, &x, BOTH_OVER);
    OK(engine_over(x.e, "D", 50, x.now_us, &all));
    assert_int_equal(json_array_size(json_arr(all, "rows")), 2);
    assert_string_equal(row(all, 0), x.first);
    assert_string_equal(json_str(json_array_get(json_arr(all, "rows"), 0), "keep_until"),
                        "2027-12-31");
    assert_false(json_flag(all, "more"));
    OK(engine_over(x.e, "D", 1, x.now_us, &one));
    assert_int_equal(json_array_size(json_arr(one, "rows")), 1);
    assert_true(json_flag(one, "more"));
    OK(engine_over(x.e, "V", 50, x.now_us, &unseen));
    assert_int_equal(json_array_size(json_arr(unseen, "rows")), 0);
    /* Behind a full list there is more for who may see it alone. */
    OK(engine_over(x.e, "V", 0, x.now_us, &none));
    assert_false(json_flag(none, "more"));
    scenario_play_close(x.play);
}

static void what_was_disposed_of_is_over_no_more(void **state)
{
    struct story x;
    JSON_AUTO *today = NULL;
    JSON_AUTO *all = NULL;
    JSON_AUTO *list = NULL;

    story_open(state, &x, SIZE_MAX);
    OK(engine_today(x.e, "N", x.now_us, &today));
    assert_int_equal(json_array_size(json_arr(today, "over")), 0);
    OK(engine_over(x.e, "N", 50, x.now_us, &all));
    assert_int_equal(json_array_size(json_arr(all, "rows")), 0);
    list = listed(&x, "N", "", "", "id");
    assert_int_equal(json_int(list, "total"), 0);
    scenario_play_close(x.play);
}

/* The number is kept as the register gives it. */
static void numbers_are_typed_in_any_width(void **state)
{
    static const char *const typed[] = {"ＫＳ－２０２６－０００１", "ks-2026-0001", "KS−2026−0001",
                                        "　KS-2026-0001 "};
    struct story x;
    struct stage sc;

    story_open(state, &x, BOTH_OVER);
    assert_string_equal(x.first, "KS-2026-0001");
    OK(stage_open(&sc, x.e, "D", x.now_us));
    sc.procedure = engine_reg(x.e, "disposals")->procedure;
    for (size_t i = 0; i < ARRAY_LEN(typed) + 1; i++) {
        JSON_AUTO *v = json_string(i < ARRAY_LEN(typed) ? typed[i] : "ＫＳ－２０２６－９９９９");
        JSON_AUTO *problems = json_array();
        JSON_AUTO *got = NULL;

        OK(input_value(&sc, &reg_field(sc.procedure->reg, "records")->fields[0], v, NULL, &got,
                       problems));
        if (i < ARRAY_LEN(typed))
            assert_string_equal(json_string_value(got), x.first);
        else
            assert_null(got);
    }
    stage_done(&sc);
    scenario_play_close(x.play);
}

static int start_all(void **state)
{
    setting_open(&sqlite_setting, getenv("PATROL_PACK"), false);
    setting_open(&postgres_setting, getenv("PATROL_PACK"), true);
    return 0;
}

static int stop_all(void **state)
{
    setting_close(&sqlite_setting);
    setting_close(&postgres_setting);
    return 0;
}

#define BOTH(test)                                             \
    {#test ", sqlite", test, NULL, NULL, &sqlite_setting},      \
    {                                                          \
#test ", postgres", test, NULL, NULL, &postgres_setting \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_register_is_narrowed_to_it),   BOTH(the_days_work_tells_how_many),
        BOTH(they_are_offered_one_by_one),    BOTH(what_was_disposed_of_is_over_no_more),
        BOTH(numbers_are_typed_in_any_width),
    };

    return cmocka_run_group_tests_name("engine-over", tests, start_all, stop_all);
}
