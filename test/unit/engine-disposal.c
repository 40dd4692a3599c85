/* What stays of records that are disposed of is what the decider saw, comes out the same from the entries, and names nobody. The
 * patrol pack's own disposal; PATROL_PACK names it. */
#include "setting.h"
#include "engine/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct bench {
    struct setting setting;
    struct scenario_play *play, *again, *early;
};

static int open_bench(void **state)
{
    static struct bench b;

    setting_open(&b.setting, getenv("PATROL_PACK"), false);
    b.play = setting_play(&b.setting, false, NULL);
    b.again = setting_play(&b.setting, false, NULL);
    b.early = setting_play(&b.setting, false, NULL);
    *state = &b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;

    scenario_play_close(b->play);
    scenario_play_close(b->again);
    scenario_play_close(b->early);
    setting_close(&b->setting);
    return 0;
}

/* The scenes up to the first decision, or that decision too. */
static size_t decision(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_scenes; i++)
        if (s->scenes[i].kind == SCENE_DO && s->scenes[i].answer == SCENE_ALLOWED &&
            !strcmp(s->scenes[i].reg, "disposals") && !strcmp(s->scenes[i].act, "approve"))
            return i;
    fail_msg("nothing is disposed of");
    return 0;
}

static json_t *seen(struct scenario_play *play, const char *record)
{
    json_t *view = NULL;

    OK(engine_view(scenario_play_engine(play), "S", record, scenario_play_now(play), &view));
    return view;
}

static void what_stays_is_what_was_decided_on(void **state)
{
    struct bench *b = *state;
    const struct scenario *s = scenario_find(b->setting.set, "g-disposal");
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    JSON_AUTO *again = NULL;
    const json_t *rows, *kept;
    size_t failed = 0, at;
    const char *id;

    assert_non_null(s);
    at = decision(s);
    OK(scenario_play(b->play, s, at, NULL, NULL, &failed, &b->setting.diag));
    assert_int_equal(failed, 0);
    id = scenario_play_record(b->play, "DISPOSAL-1");
    before = seen(b->play, id);
    rows = json_arr(json_obj(before, "disposal"), "rows");
    assert_string_equal(json_str(json_obj(before, "disposal"), "field"), "disposed");
    assert_int_equal(json_array_size(rows), 4);
    assert_null(json_object_get(json_obj(before, "values"), "disposed"));
    OK(scenario_play_scenes(b->play, s, at, at + 1, NULL, NULL, &failed, &b->setting.diag));
    assert_int_equal(failed, 0);
    after = seen(b->play, id);
    kept = json_arr(json_obj(after, "values"), "disposed");
    assert_true(json_equal(kept, rows));
    assert_null(json_obj(after, "disposal"));
    assert_string_equal(json_str(json_array_get(kept, 0), "kept_until"), "2027-12-31");
    if (engine_replay(scenario_play_store(b->play), scenario_play_engine(b->again), &b->setting.diag))
        fail_msg("%s", diag_first(&b->setting.diag));
    OK(scenario_play_clock(b->again, scenario_play_now(b->play)));
    again = seen(b->again, id);
    assert_true(json_equal(kept, json_arr(json_obj(again, "values"), "disposed")));
}

/* He who asks too early is told of each record how long it is kept; what he may not see is not named. */
static void what_is_kept_still_is_told_with_its_last_day(void **state)
{
    struct bench *b = *state;
    const struct scenario *s = scenario_find(b->setting.set, "g-disposal");
    JSON_AUTO *with = NULL;
    JSON_AUTO *outcome = NULL;
    struct act act = {.person = "D", .reg = "disposals", .step = "propose", .record = "", .signs = ""};
    CLEANUP(buf_done) struct buf wanted;
    size_t failed = 0;
    const char *id;

    OK(scenario_play(b->early, s, 1, NULL, NULL, &failed, &b->setting.diag)); /* 2027-12-31, before the first proposal */
    id = scenario_play_record(b->early, "APPLICATION");
    act.with = with = json_pack("{s:[s]}", "records", id);
    act.now_us = scenario_play_now(b->early);
    OK(engine_explain(scenario_play_engine(b->early), &act, &outcome));
    buf_init(&wanted, 256);
    OK(buf_printf(&wanted, "%s：令和9年12月31日まで", id));
    assert_non_null(strstr(json_str(json_obj(json_array_get(json_arr(outcome, "unmet"), 0), "say"), "ja"), wanted.at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_is_what_was_decided_on),
        cmocka_unit_test(what_is_kept_still_is_told_with_its_last_day),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
