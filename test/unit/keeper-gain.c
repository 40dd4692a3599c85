/* An import of the force by which somebody would see confidentiality 3 that he does not see waits for a second person; any other is taken in at once.
 * Both databases. */
#include "engine/gain.h"
#include "engine/second.h"
#include "keeper-bench.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static void hold(struct bench *b, const char *class)
{
    JSON_AUTO *made = bench_run(b, true, keeper_place_act(&b->home, 'M', "papers", "write", "",
                                                          json_pack("{s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", class)));

    assert_string_equal(json_str(json_obj(made, "outcome"), "result"), "allowed");
}

/* The force of now, with one appointment more. */
static json_t *imports(struct bench *b, const char *more)
{
    json_t *files = json_object();

    for (int f = 0; f < FORCE_FILES; f++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 1 << 20);
        OK(force_export(engine_force(b->engine), (enum force_file)f, &text));
        if (f == FORCE_APPOINTMENTS)
            OK(buf_add_text(&text, more));
        OK(json_put_str(files, force_file_name((enum force_file)f), text.at ? text.at : ""));
    }
    return bench_well_formed(b, json_pack("{s:s, s:o}", "op", "force-import", "files", files));
}

static bool is_appointed(struct bench *b, const char *unit)
{
    const struct appointment *const *all;
    size_t n;

    bench_begin(b); /* reads it again */
    bench_end(b);
    all = force_all_appointments(engine_force(b->engine), &n);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(all[i]->person->id, "X") && !strcmp(all[i]->unit->id, unit))
            return true;
    return false;
}

static json_t *adopts(struct bench *b, const char *plan)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(plan)));
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", plan, "digest", rows_text(row, 4), "seen", engine_setting(b->engine, "generation"));
}

static void is_held_and_adopted(void **state, const char *more)
{
    struct second_wanted n;
    JSON_AUTO *in = NULL;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    hold(&b, "c3");
    hold(&b, "c2");
    assert_answer(bench_run_as(&b, "M", imports(&b, more)), "second");
    in = bench_last_entry(&b, "system/force-hold", "recorded");
    assert_string_equal(json_str(in, "plan"), "PLAN-2026-0001");
    assert_int_equal(json_int(in, "gains"), 1);
    assert_false(is_appointed(&b, "yodo"));
    OK(second_wanted(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, "p-c", b.real_us, b.now_us, &n));
    assert_int_equal(n.plans, 1);
    assert_answer(bench_run_as(&b, "M", adopts(&b, "PLAN-2026-0001")), "forbidden"); /* who imported it */
    json_decref(bench_last_entry(&b, "system/plan-adopt", "refused"));
    assert_false(is_appointed(&b, "yodo"));
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "");
    assert_true(is_appointed(&b, "yodo"));
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "over");
    assert_answer(bench_run_as(&b, "M", imports(&b, "")), ""); /* what everybody sees already */
    bench_close(&b);
}

static void test_held_for_today(void **state)
{
    is_held_and_adopted(state, "x2,X,member,yodo,concurrent,2026-04-01,\n");
}

static void test_held_for_a_day_to_come(void **state)
{
    is_held_and_adopted(state, "x2,X,member,yodo,concurrent,2026-07-01,\n");
}

static void test_dropped(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports(&b, "x2,X,member,yodo,concurrent,2026-04-01,\n")), "second");
    assert_answer(bench_run_as(&b, "Y", json_pack("{s:s, s:s}", "op", "plan-drop", "plan", "PLAN-2026-0001")), "");
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "over");
    assert_false(is_appointed(&b, "yodo"));
    bench_close(&b);
}

static void test_taken_in_at_once_below_three(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c2");
    assert_answer(bench_run_as(&b, "M", imports(&b, "x2,X,member,yodo,concurrent,2026-04-01,\n")), "");
    json_decref(bench_last_entry(&b, "system/force-import", "recorded"));
    assert_true(is_appointed(&b, "yodo"));
    bench_close(&b);
}

static void test_says_who_gains_what(void **state)
{
    CLEANUP(force_unrefp) struct force *next = NULL;
    JSON_AUTO *message = NULL;
    JSON_AUTO *gains = NULL;
    struct str texts[FORCE_FILES];
    const json_t *one;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    hold(&b, "c3");
    message = imports(&b, "x2,X,member,yodo,concurrent,2026-07-01,\n");
    for (int f = 0; f < FORCE_FILES; f++)
        texts[f] = str_of(json_str(json_obj(message, "files"), force_file_name((enum force_file)f)));
    OK(force_load_texts(texts, &next, NULL));
    OK(engine_gains(b.engine, next, b.now_us, &gains));
    assert_int_equal(json_array_size(gains), 1);
    one = json_array_get(gains, 0);
    assert_string_equal(json_str(one, "person"), "X");
    assert_string_equal(json_str(one, "register"), "papers");
    assert_int_equal(json_int(one, "records"), 2);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_held_for_today), ON_BOTH(test_held_for_a_day_to_come), ON_BOTH(test_dropped), ON_BOTH(test_taken_in_at_once_below_three),
        ON_BOTH(test_says_who_gains_what),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-gain", tests, grounds_start, grounds_stop);
}
