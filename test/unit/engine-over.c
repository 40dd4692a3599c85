/* What has been kept long enough: two applications of 2026 in January 2028, in the patrol pack, on both databases; and numbers as people
 * type them. PATROL_PACK names the pack. */
#include "setting.h"
#include "engine/clock.h"
#include "engine/input.h"
#include "label/audience.h"
#include "store/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define BOTH_OVER 10 /* acts of y-disposals; the last of them is refused, in January 2028 */

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

/* ---- a crowd that he does not see ---- */

#define CROWD 60000
#define CROWD_AUDIENCES 50
#define CROWD_SLACK_US 40000 /* of the processor, for all of it together: one row more or less is a millionth of a second */

/* Everything that somebody is asked about, in one. */
static json_t *everything(struct story *x, const char *person)
{
    static const char *const sorts[] = {"changed", "opened", "id"};
    json_t *all = json_array(), *one;

    OK(engine_today(x->e, person, x->now_us, &one));
    json_array_append_new(all, one);
    OK(engine_over(x->e, person, 50, x->now_us, &one));
    json_array_append_new(all, one);
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
        const struct list_query plain = {"loan-applications", "", "unit", "seian-kikaku", sorts[i], 1, 50};

        OK(engine_list(x->e, person, &plain, &one));
        json_array_append_new(all, one);
        json_array_append_new(all, listed(x, person, "", "", sorts[i]));
        json_array_append_new(all, listed(x, person, "unit", "seian-kikaku", sorts[i]));
    }
    return all;
}

static uint64_t processor_us(void)
{
    struct timespec t;

    OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t));
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The quickest of three, since others use the processor's caches, too. */
static uint64_t time_of(struct story *x, const char *person)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < 3; i++) {
        uint64_t began = processor_us();

        json_decref(everything(x, person));
        least = MIN_OF(least, processor_us() - began);
    }
    return least;
}

static int64_t unseen_audiences(struct store *s)
{
    int64_t id = 0;

    for (unsigned i = 0; i < CROWD_AUDIENCES; i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(1 << 16);
        char name[32];
        const char *key;
        struct label_set range = {.n = 1, .at = &key};
        struct audience au = {.label_id = "patrol/patrol", .label = {3, 2, 2, .ranges = &range, .n_ranges = 1}};

        snprintf(name, sizeof(name), "nobody-%u", i);
        assert_non_null(key = admit_person(a, name));
        OK(audience_intern(s, &au, &id));
    }
    return id - CROWD_AUDIENCES + 1;
}

static void fill(struct store *s, const char *sql, ...)
{
    char text[2048];
    va_list args;

    va_start(args, sql);
    vsnprintf(text, sizeof(text), sql, args);
    va_end(args);
    OK(s->driver->exec(s, text));
}

/* They wait for his roles, have been kept long enough, and have the value that he asks for. */
static void add_crowd(struct story *x, const char *person)
{
    struct store *s = scenario_play_store(x->play);
    JSON_AUTO *roles = NULL;
    const json_t *role;
    long long first;
    size_t i;

    OK(engine_roles(x->e, person, x->now_us, &roles));
    assert_true(json_array_size(roles) > 0);
    OK(store_begin(s));
    first = (long long)unseen_audiences(s);
#define ROWS "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) "
    fill(s, "INSERT INTO record(id, register, state, version, audience, opened_us, changed_us, keep_until_day, body) " ROWS
            "SELECT 'ZZ-' || i, 'loan-applications', 'returned', 1, %lld + i %% %d, i, i, 1, '{}' FROM c", CROWD, first, CROWD_AUDIENCES);
    fill(s, "INSERT INTO index_row(register, field, key, record, audience) " ROWS "SELECT 'loan-applications', 'unit', 'seian-kikaku', 'ZZ-' || i, %lld + i %% %d FROM c",
         CROWD, first, CROWD_AUDIENCES);
    fill(s, "INSERT INTO tally(register, audience, state, n, seq) " ROWS "SELECT 'loan-applications', %lld + i %% %d, 'returned', %d, 1000000 + i FROM c", CROWD_AUDIENCES, first,
         CROWD_AUDIENCES, CROWD / CROWD_AUDIENCES);
    json_array_foreach (roles, i, role)
        fill(s, "INSERT INTO waiting(record, step, role, unit, since_us, audience) " ROWS "SELECT 'ZZ-' || i, 'return', '%s', '%s', i, %lld + i %% %d FROM c",
             CROWD / (int)json_array_size(roles), json_str(role, "role"), json_str(role, "unit"), first, CROWD_AUDIENCES);
    OK(store_commit(s));
    engine_forget(x->e);
    OK(engine_refresh(x->e, NULL));
}

static void a_crowd_out_of_sight_costs_nothing(void **state)
{
    struct story x;
    json_t *before, *after;
    uint64_t took, takes;

    story_open(state, &x, BOTH_OVER);
    before = everything(&x, "S");
    took = time_of(&x, "S");
    add_crowd(&x, "S");
    takes = time_of(&x, "S");
    print_message("# %llu us, with a crowd %llu\n", (unsigned long long)took, (unsigned long long)takes);
    if (takes > took + CROWD_SLACK_US)
        fail_msg("%llu us, with a crowd %llu", (unsigned long long)took, (unsigned long long)takes);
    after = everything(&x, "S");
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    scenario_play_close(x.play);
}

static int start_all(void **state)
{
    settings_open(getenv("PATROL_PACK"));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_register_is_narrowed_to_it),   BOTH(the_days_work_tells_how_many),
        BOTH(they_are_offered_one_by_one),    BOTH(what_was_disposed_of_is_over_no_more),
        BOTH(numbers_are_typed_in_any_width), BOTH(a_crowd_out_of_sight_costs_nothing),
    };

    return cmocka_run_group_tests_name("engine-over", tests, start_all, settings_stop);
}
