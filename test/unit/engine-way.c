/* What has to be done first, and what is done already, of the patrol pack's scenarios stopped in between. PATROL_PACK names it. */
#include "setting.h"
#include "engine/offer.h"
#include "engine/scenario-play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct bench {
    struct setting setting;
    struct scenario_play *play;
};

/* On a fresh store the scenario before the nth (from 0) act of that name. */
static void play_before(struct bench *b, const char *scenario, const char *reg, const char *act,
                        size_t nth)
{
    const struct scenario *s = scenario_find(b->setting.set, scenario);
    size_t failed = 0, n = 0;

    assert_non_null(s);
    for (; n < s->n_scenes; n++)
        if (s->scenes[n].kind == SCENE_DO && !strcmp(s->scenes[n].reg, reg) &&
            !strcmp(s->scenes[n].act, act) && !nth--)
            break;
    assert_true(n < s->n_scenes);
    scenario_play_close(b->play);
    b->play = setting_play(&b->setting, false, NULL);
    OK(scenario_play(b->play, s, n, NULL, NULL, &failed, &b->setting.diag));
    assert_int_equal(failed, 0);
}

static const char *record_of(struct bench *b, const char *name)
{
    const char *id = scenario_play_record(b->play, name);

    assert_string_not_equal(id, "");
    return id;
}

/* ---- what has to be done first ---- */

/* Of the form of a new record: the first way to a value of the field. Takes `asked`. */
static json_t *first_way(struct bench *b, const char *person, const char *reg, const char *act,
                         const char *field, json_t *asked)
{
    JSON_AUTO *fields = asked;
    JSON_AUTO *all = NULL;

    assert_non_null(fields);
    OK(engine_offers(scenario_play_engine(b->play), person, reg, "", act, fields,
                     scenario_play_now(b->play), &all));
    return json_copied_deep(json_array_get(json_arr(json_obj(all, field), "before"), 0));
}

/* Of an act that is refused. Takes `with`. */
static json_t *refused_ways(struct bench *b, const char *person, const char *reg,
                            const char *record, const char *step, json_t *with)
{
    JSON_AUTO *values = with;
    JSON_AUTO *outcome = NULL;
    struct act act = {.person = person,
                      .reg = reg,
                      .step = step,
                      .record = record,
                      .with = values,
                      .signs = "",
                      .tells_way = true,
                      .now_us = scenario_play_now(b->play)};

    OK(engine_explain(scenario_play_engine(b->play), &act, &outcome));
    return json_copied_deep(json_arr(outcome, "before"));
}

static void assert_way(const json_t *one, const char *reg, const char *step, const char *record)
{
    assert_string_equal(json_str(one, "reg"), reg);
    assert_string_equal(json_str(one, "step"), step);
    assert_string_equal(json_str(one, "record"), record);
}

static void assert_who(const json_t *one, const char *who, bool own)
{
    assert_int_equal(json_array_size(json_arr(one, "who")), 1);
    assert_string_equal(json_string_value(json_array_get(json_arr(one, "who"), 0)), who);
    assert_true(json_flag(one, "own") == own);
}

static void what_does_not_exist_is_made_first(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *way = NULL;
    JSON_AUTO *refused = NULL;

    play_before(b, "a-before-the-loan", "consultations", "propose", 0);
    way = first_way(b, "U", "loan-applications", "apply", "consultation",
                    json_pack("{s:[]}", "consultation"));
    assert_way(way, "consultations", "propose", "");
    assert_who(way, "U", true);
    refused =
        refused_ways(b, "U", "loan-applications", "", "apply",
                     json_pack("{s:s, s:s}", "starts_on", "2026-04-10", "ends_on", "2027-04-09"));
    assert_int_equal(json_array_size(refused), 1);
    assert_way(json_array_get(refused, 0), "consultations", "propose", "");
}

/* It exists: the next step of it, which is somebody else's. */
static void what_is_under_way_goes_on(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *way = NULL;

    play_before(b, "a-before-the-loan", "consultations", "hold", 0);
    way = first_way(b, "U", "loan-applications", "apply", "consultation",
                    json_pack("{s:[s], s:[s, s, s]}", "consultation", record_of(b, "CONSULTATION"),
                              "authority", "circular", "former", "own-arrangement"));
    assert_way(way, "consultations", "hold", record_of(b, "CONSULTATION"));
    assert_who(way, "S", false);
}

/* B was designated and nobody has trained him; then he signs; the third time nothing is in his way. */
static void a_new_handler_is_trained_first(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *way = NULL;
    JSON_AUTO *given = NULL;
    JSON_AUTO *typed = NULL;

    play_before(b, "e-changes", "trainings", "give", 0);
    way =
        first_way(b, "B", "take-outs", "apply", "phone",
                  json_pack("{s:[s], s:[s]}", "unit", "shiken-sho", "phone", record_of(b, "CP07")));
    assert_way(way, "trainings", "give", "");
    assert_who(way, "T", false);
    play_before(b, "e-changes", "trainings", "sign", 0);
    given =
        first_way(b, "B", "take-outs", "apply", "phone",
                  json_pack("{s:[s], s:[s]}", "unit", "shiken-sho", "phone", record_of(b, "CP07")));
    assert_way(given, "trainings", "sign", record_of(b, "TRAINING-B"));
    assert_who(given, "B", true);
    typed = refused_ways(b, "B", "take-outs", "", "apply",
                         json_pack("{s:s, s:s, s:s, s:s, s:s}", "phone", record_of(b, "CP07"),
                                   "purpose", "cyber-patrol", "destination", "x", "leaves_at",
                                   "2026-10-05T13:00", "returns_at", "2026-10-05T17:00"));
    assert_int_equal(json_array_size(typed), 1);
    assert_way(json_array_get(typed, 0), "trainings", "sign", record_of(b, "TRAINING-B"));
}

static json_t *way_to_take_out(struct bench *b)
{
    return first_way(b, "A", "take-outs", "apply", "phone",
                     json_pack("{s:[s], s:[s]}", "unit", "shiken-sho", "phone",
                               record_of(b, "CP07")));
}

/* Form 34 is of a phone that is lent, and it is lent to whom was trained: what can be done now comes first. */
static void what_the_first_step_waits_for_comes_before_it(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *none = NULL;
    JSON_AUTO *given = NULL;
    JSON_AUTO *trained = NULL;
    JSON_AUTO *lent = NULL;

    play_before(b, "b-handover", "trainings", "give", 2);
    none = way_to_take_out(b);
    assert_way(none, "trainings", "give", "");
    play_before(b, "b-handover", "trainings", "sign", 0);
    given = way_to_take_out(b);
    assert_way(given, "trainings", "sign", record_of(b, "TRAINING-A"));
    play_before(b, "b-handover", "loans", "hand-over", 3);
    trained = way_to_take_out(b);
    assert_way(trained, "loans", "hand-over", "");
    assert_who(trained, "S", false);
    play_before(b, "b-handover", "issued-phones", "enter", 0);
    lent = way_to_take_out(b);
    assert_way(lent, "issued-phones", "enter", "");
    assert_who(lent, "U", false);
}

/* The record at hand itself is not so far yet. */
static void the_next_step_of_the_record_itself_is_told(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *ways = NULL;

    play_before(b, "a-before-the-loan", "sns-applications", "send", 0);
    ways = refused_ways(b, "S", "sns-applications", record_of(b, "SNS"), "forward",
                        json_pack("{s:s}", "opinion_general", "x"));
    assert_way(json_array_get(ways, 0), "sns-applications", "send", record_of(b, "SNS"));
    assert_who(json_array_get(ways, 0), "U", false);
}

/* A new consultation, as the old one is used up. */
static void an_extension_begins_with_a_consultation(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *way = NULL;

    play_before(b, "f-extension", "consultations", "propose", 0);
    way = first_way(b, "U", "loan-applications", "apply-extension", "consultation",
                    json_pack("{s:[s]}", "consultation", record_of(b, "CONSULTATION")));
    assert_way(way, "consultations", "propose", "");
    assert_who(way, "U", true);
}

/* H is the assistant: A has nothing to enter, he asks him. */
static void who_holds_the_role_is_asked(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *way = NULL;

    play_before(b, "a-before-the-loan", "sns-applications", "send", 0);
    way = first_way(b, "A", "sns-applications", "apply", "unit",
                    json_pack("{s:[s]}", "unit", "shiken-sho"));
    assert_way(way, "", "", "");
    assert_who(way, "H", false);
}

/* X works where nobody is designated; B could be, and is not yet. */
static void nobody_is_sent_to_what_is_refused_for_good(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *never = NULL;
    JSON_AUTO *may = NULL;

    play_before(b, "b-handover", "trainings", "give", 2);
    never = first_way(b, "T", "trainings", "give", "trainee",
                      json_pack("{s:[s], s:[s]}", "unit", "shiken-sho", "trainee", "X"));
    play_before(b, "e-changes", "designations", "designate", 0);
    may = first_way(b, "T", "trainings", "give", "trainee",
                    json_pack("{s:[s], s:[s]}", "unit", "shiken-sho", "trainee", "B"));
    assert_null(never);
    assert_way(may, "designations", "designate", "");
}

/* ---- what is done already ---- */

static json_t *notice_of(struct bench *b, const char *person, const char *about)
{
    JSON_AUTO *today = NULL;
    const json_t *list;

    OK(engine_today(scenario_play_engine(b->play), person, scenario_play_now(b->play), &today));
    list = json_arr(today, "notices");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), "about"), about))
            return json_copied_deep(json_array_get(list, i));
    fail_msg("%s was told nothing of %s", person, about);
    return NULL;
}

static void assert_todo(struct bench *b, const char *person, const char *about, const char *todo,
                        bool done)
{
    JSON_AUTO *one = notice_of(b, person, about);

    assert_string_equal(json_str(one, "do"), todo);
    assert_true(json_flag(one, "done") == done);
}

static void a_notice_is_done_when_its_record_is_used(void **state)
{
    struct bench *b = *state;

    play_before(b, "a-before-the-loan", "loan-applications", "apply-beyond-cap", 0);
    assert_todo(b, "U", "consultations/hold", "loan-applications/apply", false);
    play_before(b, "a-before-the-loan", "loan-applications", "approve", 0);
    assert_todo(b, "U", "consultations/hold", "", true);
}

/* By whoever of them it was. */
static void a_notice_is_done_when_somebody_has_made_the_record(void **state)
{
    struct bench *b = *state;

    play_before(b, "b-handover", "trainings", "give", 2);
    assert_todo(b, "T", "loan-applications/approve", "trainings/give", false);
    play_before(b, "b-handover", "trainings", "sign", 0);
    assert_todo(b, "T", "loan-applications/approve", "", true);
    play_before(b, "b-handover", "loans", "hand-over", 3);
    assert_todo(b, "S", "trainings/sign", "loans/hand-over", false);
    play_before(b, "b-handover", "issued-phones", "enter", 0);
    assert_todo(b, "S", "trainings/sign", "", true);
    play_before(b, "b-handover", "issued-phones", "enter", 1);
    assert_todo(b, "U", "loans/receive", "issued-phones/enter", false);
    play_before(b, "b-handover", "phones", "store", 0);
    assert_todo(b, "U", "loans/receive", "", true);
}

/* Which keeps the loan in its state. */
static void a_notice_is_done_when_its_step_was_taken(void **state)
{
    struct bench *b = *state;

    play_before(b, "b-handover", "loans", "receive", 0);
    assert_todo(b, "U", "loans/hand-over", "loans/receive", false);
    play_before(b, "b-handover", "take-outs", "apply", 0);
    assert_todo(b, "U", "loans/hand-over", "", true);
}

/* It names no record: whoever of that unit is entered since, by that step. */
static void a_notice_is_done_when_its_unit_has_what_it_asks(void **state)
{
    struct bench *b = *state;

    play_before(b, "y-seats", "role-ledger", "enter-assistant", 0);
    assert_todo(b, "V", "role-ledger/enter-unit-manager", "role-ledger/enter-assistant", false);
    play_before(b, "y-seats", "phones", "enter", 1);
    assert_todo(b, "V", "role-ledger/enter-unit-manager", "", true);
}

static void a_reminder_is_done_when_its_obligation_is_met(void **state)
{
    struct bench *b = *state;

    play_before(b, "e-changes", "inspections", "inspect", 3);
    assert_todo(b, "H", "loans!inspection", "inspections/inspect", false);
    play_before(b, "e-changes", "deviations", "answer", 0);
    assert_todo(b, "H", "loans!inspection", "", true);
}

/* Of a list of a person's first page what has that value; false: nothing. */
static bool today_has(struct bench *b, const char *person, const char *which, const char *key,
                      const char *value, json_t **ret)
{
    JSON_AUTO *today = NULL;
    const json_t *list;

    OK(engine_today(scenario_play_engine(b->play), person, scenario_play_now(b->play), &today));
    list = json_arr(today, which);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), key), value)) {
            *ret = json_copied_deep(json_array_get(list, i));
            return true;
        }
    return false;
}

static void an_untrained_handler_waits_for_a_trainer(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *due = NULL;
    JSON_AUTO *begin = NULL;
    JSON_AUTO *later = NULL;

    play_before(b, "e-changes", "trainings", "give", 0);
    assert_true(today_has(b, "T", "due", "obligation", "untrained", &due));
    assert_string_equal(json_str(due, "do"), "trainings/give");
    OK(engine_next_values(scenario_play_engine(b->play), "T",
                          procedure_step(pack_reg(b->setting.pack, "trainings")->procedure, "give", 0),
                          json_str(due, "record"), scenario_play_now(b->play), &begin));
    assert_string_equal(json_str(begin, "trainee"), "B");
    assert_string_equal(json_str(begin, "unit"), "shiken-sho");
    play_before(b, "e-changes", "trainings", "sign", 0);
    assert_false(today_has(b, "T", "due", "obligation", "untrained", &later));
}

static void a_suspended_phone_waits_for_its_manager(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *due = NULL;
    JSON_AUTO *later = NULL;

    play_before(b, "e-changes", "incident-followups", "file", 0);
    assert_true(today_has(b, "U", "due", "obligation", "still-suspended", &due));
    assert_string_equal(json_str(due, "do"), "incident-followups/file");
    assert_string_equal(json_str(due, "or"), "incidents/lift");
    assert_string_equal(json_str(due, "record"), record_of(b, "INCIDENT"));
    play_before(b, "e-changes", "incidents", "lift", 1);
    assert_false(today_has(b, "U", "due", "obligation", "still-suspended", &later));
    assert_true(today_has(b, "U", "waiting", "step", "lift", &later));
}

static int open_bench(void **state)
{
    static struct bench b;

    setting_open(&b.setting, getenv("PATROL_PACK"), false);
    *state = &b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;

    scenario_play_close(b->play);
    setting_close(&b->setting);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_exist_is_made_first),
        cmocka_unit_test(what_is_under_way_goes_on),
        cmocka_unit_test(a_new_handler_is_trained_first),
        cmocka_unit_test(what_the_first_step_waits_for_comes_before_it),
        cmocka_unit_test(the_next_step_of_the_record_itself_is_told),
        cmocka_unit_test(an_extension_begins_with_a_consultation),
        cmocka_unit_test(who_holds_the_role_is_asked),
        cmocka_unit_test(nobody_is_sent_to_what_is_refused_for_good),
        cmocka_unit_test(a_notice_is_done_when_its_record_is_used),
        cmocka_unit_test(a_notice_is_done_when_somebody_has_made_the_record),
        cmocka_unit_test(a_notice_is_done_when_its_step_was_taken),
        cmocka_unit_test(a_notice_is_done_when_its_unit_has_what_it_asks),
        cmocka_unit_test(a_reminder_is_done_when_its_obligation_is_met),
        cmocka_unit_test(an_untrained_handler_waits_for_a_trainer),
        cmocka_unit_test(a_suspended_phone_waits_for_its_manager),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
