/* What forms offer: of the small pack value by value, and of both packs' scenarios as a whole: nothing that an act does is left out of
 * the form of that act, and much of what is refused is. ENGINE_PACK and PATROL_PACK name them. */
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

static void bench_load(struct bench *b, const char *dir)
{
    b->play = NULL;
    setting_open(&b->setting, dir, false);
}

/* The scenario's first scenes, on a fresh store. */
static void bench_play(struct bench *b, const char *scenario, size_t n)
{
    size_t failed = 0;

    scenario_play_close(b->play);
    b->play = setting_play(&b->setting, false, NULL);
    OK(scenario_play(b->play, scenario_find(b->setting.set, scenario), n, NULL, NULL, &failed, &b->setting.diag));
    assert_int_equal(failed, 0);
}

static void bench_done(struct bench *b)
{
    scenario_play_close(b->play);
    setting_close(&b->setting);
}

/* Takes `asked`. */
static json_t *offers(struct bench *b, const char *person, const char *reg, const char *record,
                      const char *act, json_t *asked)
{
    JSON_AUTO *fields = asked;
    json_t *all = NULL;

    assert_non_null(fields);
    OK(engine_offers(scenario_play_engine(b->play), person, reg, record, act, fields,
                     scenario_play_now(b->play), &all));
    return all;
}

static bool is_out(const json_t *all, const char *field, const char *value)
{
    const json_t *out = json_arr(json_obj(all, field), "out");

    assert_non_null(out);
    for (size_t i = 0; i < json_array_size(out); i++)
        if (!strcmp(json_string_value(json_array_get(out, i)), value))
            return true;
    return false;
}

static const json_t *why(const json_t *all, const char *field, size_t nth)
{
    return json_array_get(json_arr(json_obj(all, field), "why"), nth);
}

static const char *clause_of(const json_t *all, const char *field, size_t nth)
{
    return json_string_value(json_array_get(json_arr(why(all, field, nth), "clauses"), 0));
}

/* ---- value by value ---- */

static json_t *asked_of_loan(struct bench *b)
{
    return json_pack("{s:[s, s], s:[s, s, s], s:[s, s, s], s:[s, s]}", "unit", "yodo", "sho",
                     "person", "A", "B", "M", "purpose", "patrol", "drill", "private", "item",
                     scenario_play_record(b->play, "L1"), scenario_play_record(b->play, "R1"));
}

static void what_is_always_refused_is_left_out(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;

    bench_play(b, "a-loan", 16);
    all = offers(b, "A", "loans", "", "apply", asked_of_loan(b));
    assert_true(is_out(all, "purpose", "private"));
    assert_false(is_out(all, "purpose", "patrol"));
    assert_false(is_out(all, "purpose", "drill"));
    assert_string_equal(clause_of(all, "purpose", 0), "K-9");
    assert_true(is_out(all, "person", "B"));
    assert_int_equal(json_int(why(all, "person", 0), "n"), 2);
    assert_string_equal(clause_of(all, "person", 0), "K-1");
    assert_true(is_out(all, "unit", "yodo")); /* he is a user of his station alone */
    assert_false(is_out(all, "unit", "sho"));
}

/* The radio is for duty, not for a drill: which of the two stands in the other field is not known yet. */
static void what_hangs_on_an_open_field_is_offered(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    JSON_AUTO *drill = NULL;

    bench_play(b, "a-loan", 16);
    all = offers(b, "A", "loans", "", "apply", asked_of_loan(b));
    assert_false(is_out(all, "item", scenario_play_record(b->play, "R1")));
    drill =
        offers(b, "A", "loans", "", "apply",
               json_pack("{s:[s], s:[s, s]}", "purpose", "drill", "item",
                         scenario_play_record(b->play, "L1"), scenario_play_record(b->play, "R1")));
    assert_string_equal(json_str(json_obj(drill, "purpose"), "only"), "drill");
    assert_true(is_out(drill, "item", scenario_play_record(b->play, "R1"))); /* now it is */
    assert_string_equal(clause_of(drill, "item", 0), "K-5");
}

static void the_only_value_of_a_needed_field_is_told(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;

    bench_play(b, "a-loan", 16);
    all = offers(b, "A", "loans", "", "apply", asked_of_loan(b));
    assert_string_equal(json_str(json_obj(all, "unit"), "only"), "sho");
    assert_string_equal(json_str(json_obj(all, "person"), "only"), "A");
    assert_string_equal(json_str(json_obj(all, "purpose"), "only"), "");
    assert_true(json_flag(json_obj(all, "unit"), "needed"));
}

static void where_nothing_is_left_it_is_told_what_leads_there(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    const json_t *before;

    bench_play(b, "a-loan", 0);
    all = offers(b, "X", "loans", "", "apply", json_pack("{s:[s, s]}", "unit", "yodo", "sho"));
    assert_true(is_out(all, "unit", "yodo"));
    assert_true(is_out(all, "unit", "sho"));
    before = json_array_get(json_arr(json_obj(all, "unit"), "before"), 0);
    assert_string_equal(json_str(before, "reg"), "users");
    assert_string_equal(json_str(before, "step"), "designate");
    assert_string_equal(json_str(json_array_get(json_arr(before, "by"), 0), "ja"), "所属管理者");
}

static void where_somebody_else_may_he_is_named(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    const json_t *before;

    bench_play(b, "a-loan", 16);
    all = offers(b, "X", "loans", "", "apply", json_pack("{s:[s, s]}", "unit", "yodo", "sho"));
    before = json_array_get(json_arr(json_obj(all, "unit"), "before"), 0);
    assert_string_equal(json_str(before, "step"), "");
    assert_string_equal(json_str(json_array_get(json_arr(before, "by"), 0), "ja"), "使用者");
    assert_string_equal(json_string_value(json_array_get(json_arr(before, "who"), 0)), "A");
}

static void of_no_records_it_is_told_what_makes_one(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    const json_t *before;

    bench_play(b, "a-loan", 0);
    all = offers(b, "M", "loans", "", "apply", json_pack("{s:[]}", "item"));
    before = json_arr(json_obj(all, "item"), "before");
    assert_string_equal(json_str(json_array_get(before, 0), "reg"), "items");
    assert_string_equal(json_str(json_array_get(before, 0), "step"), "add");
}

static void a_list_leaves_out_what_none_of_it_may_be(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    const char *loan;

    bench_play(b, "a-loan", SIZE_MAX);
    loan = scenario_play_record(b->play, "APP");
    all = offers(b, "Y", "disposals", "", "propose", json_pack("{s:[s]}", "records", loan));
    assert_true(is_out(all, "records", loan)); /* it is to be kept still */
    assert_string_equal(json_str(json_obj(all, "records"), "only"), "");
}

static void nothing_is_told_of_what_is_out_of_sight(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *hidden = NULL;
    JSON_AUTO *seen = NULL;
    JSON_AUTO *no_register = NULL;
    const char *loan;

    bench_play(b, "a-loan", 31);
    loan = scenario_play_record(b->play, "APP");
    assert_string_not_equal(loan, "");
    hidden = offers(b, "X", "loans", loan, "change", json_pack("{s:[s]}", "purpose", "drill"));
    assert_int_equal(json_object_size(hidden), 0);
    seen = offers(b, "A", "loans", loan, "change", json_pack("{s:[s]}", "purpose", "drill"));
    assert_false(is_out(seen, "purpose", "drill"));
    no_register = offers(b, "A", "none", "", "change", json_pack("{s:[s]}", "purpose", "drill"));
    assert_int_equal(json_object_size(no_register), 0);
}

static void what_is_beyond_the_bound_is_offered(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *all = NULL;
    json_t *many = json_array();

    bench_play(b, "a-loan", 16);
    for (int i = 0; i < OFFER_VALUES_MAX + 5; i++)
        OK(json_array_append_new(many, json_string("private")));
    all = offers(b, "A", "loans", "", "apply", json_pack("{s:o}", "purpose", many));
    assert_int_equal(json_array_size(json_arr(json_obj(all, "purpose"), "out")), OFFER_VALUES_MAX);
    assert_null(json_arr(json_obj(all, "purpose"), "before")); /* some are left */
}

/* The rank is lifted, the post is not: a member without either is refused by the post. */
static void what_is_lifted_hides_nothing_else(void **state)
{
    struct bench *b = *state;
    const struct scenario *s = scenario_find(b->setting.set, "o-alarm");
    JSON_AUTO *all = NULL;
    size_t n = 0;

    while (n < s->n_scenes && strcmp(s->scenes[n].act, "hand-over") != 0)
        n++;
    assert_true(n < s->n_scenes);
    bench_play(b, "o-alarm", n);
    OK(scenario_play_clock(b->play, s->scenes[n].at_us));
    all = offers(b, "M", "trials", scenario_play_record(b->play, "OF-X"), "hand-over",
                 json_pack("{s:[s, s]}", "who", "A", "Y"));
    assert_true(is_out(all, "who", "A"));
    assert_string_equal(clause_of(all, "who", 0), "K-2");
    assert_false(is_out(all, "who", "Y"));
}

static void a_step_that_never_may_be_done_is_known_by_its_clause(void **state)
{
    struct bench *b = *state;
    const struct cond *ban = step_ban(pack_reg(b->setting.pack, "items")->procedure, "pass-on");

    assert_non_null(ban);
    assert_string_equal(ban->clauses.at[0]->id, "K-9");
    assert_null(step_ban(pack_reg(b->setting.pack, "items")->procedure, "scrap"));
    assert_null(step_ban(pack_reg(b->setting.pack, "items")->procedure, "none"));
}

/* ---- all scenarios ---- */

static bool is_choosable(const struct field *f)
{
    switch (f->type) {
    case FIELD_CHOICE:
    case FIELD_PERSON:
    case FIELD_UNIT:
    case FIELD_POST:
    case FIELD_LABEL:
    case FIELD_RECORD:
        return true;
    case FIELD_LIST:
        return f->fields[0].type == FIELD_RECORD;
    default:
        return false;
    }
}

/* What is chosen in the act, by ids. */
static json_t *chosen(struct bench *b, const struct scene *a)
{
    const struct reg *reg = pack_reg(b->setting.pack, a->reg);
    json_t *with = NULL, *asked = json_object();

    OK(play_resolve_json(b->play, a->with, &with));
    for (size_t i = 0; i < reg->n_fields; i++) {
        const json_t *v = json_object_get(with, reg->fields[i].id);
        bool is_many = json_is_array(v) && json_array_size(v);

        if (is_choosable(&reg->fields[i]) &&
            ((json_is_string(v) && *json_string_value(v)) || is_many))
            OK(json_object_set_new(asked, reg->fields[i].id,
                                   is_many ? json_copied_deep(v) : json_pack("[O]", v)));
    }
    json_decref(with);
    return asked;
}

struct tried {
    size_t n_allowed, n_refused,
        n_left_out; /* acts with choices; of those refused, with one that is left out */
};

static void try_scene(struct bench *b, const struct scene *a, struct tried *t)
{
    CLEANUP(buf_done) struct buf on;
    JSON_AUTO *all = NULL;
    const char *key;
    json_t *one;
    bool any = false;

    buf_init(&on, 256);
    OK(buf_add_text(&on, ""));
    if (*a->on)
        OK(play_resolve(b->play, a->on, &on));
    all = offers(b, a->as, a->reg, on.at, a->act, chosen(b, a));
    json_object_foreach (all, key, one) {
        any |= json_array_size(json_arr(one, "out")) > 0;
        if (a->answer == SCENE_ALLOWED && any)
            fail_msg("line %u: %s is allowed, but its form leaves out %s", a->at.line, a->act,
                     json_str(json_obj(json_array_get(json_arr(one, "why"), 0), "say"), "en"));
    }
    if (!json_object_size(all))
        return;
    t->n_allowed += a->answer == SCENE_ALLOWED;
    t->n_refused += a->answer != SCENE_ALLOWED;
    t->n_left_out += any;
}

static void try_scenario(struct bench *b, const struct scenario *s, struct tried *t)
{
    size_t failed = 0;

    bench_play(b, s->id, 0);
    for (size_t i = 0; i < s->n_scenes; i++) {
        const struct scene *a = &s->scenes[i];

        if (a->has_at)
            OK(scenario_play_clock(b->play, a->at_us));
        if (a->kind == SCENE_DO && !*a->paper && a->answer != SCENE_INVALID)
            try_scene(b, a, t);
        OK(scenario_play_scenes(b->play, s, i, i + 1, NULL, NULL, &failed, &b->setting.diag));
        assert_int_equal(failed, 0);
    }
}

/* The bench has one force: a story of another one is left to the scenarios' own test. */
static void try_all(struct bench *b, struct tried *t)
{
    *t = (struct tried){0};
    for (size_t i = 0; i < b->setting.set->n_scenarios; i++)
        if (!strcmp(b->setting.set->scenarios[i].force, "force"))
            try_scenario(b, &b->setting.set->scenarios[i], t);
}

static void no_act_of_the_small_pack_is_left_out(void **state)
{
    struct tried t;

    try_all(*state, &t);
    print_message("# %zu allowed, %zu refused, of these %zu left out\n", t.n_allowed, t.n_refused,
                  t.n_left_out);
    assert_true(t.n_allowed > 10);
    assert_true(t.n_left_out > 1);
}

static void no_act_of_the_directive_is_left_out(void **state)
{
    struct bench b;
    struct tried t;

    bench_load(&b, getenv("PATROL_PACK"));
    try_all(&b, &t);
    print_message("# %zu allowed, %zu refused, of these %zu left out\n", t.n_allowed, t.n_refused,
                  t.n_left_out);
    assert_true(t.n_allowed > 100);
    assert_true(t.n_left_out > 30);
    bench_done(&b);
}

/* The only phone is refused once the unit, which can be one only, is known: it is not in Form 34 of that unit. */
static void an_only_value_is_judged_with_those_before_it(void **state)
{
    struct bench b;
    JSON_AUTO *all = NULL;
    const char *phone;

    bench_load(&b, getenv("PATROL_PACK"));
    bench_play(&b, "a-before-the-loan", SIZE_MAX);
    phone = scenario_play_record(b.play, "CP07");
    assert_string_not_equal(phone, "");
    all = offers(&b, "A", "take-outs", "", "apply",
                 json_pack("{s:[s, s], s:[s]}", "unit", "shiken-sho", "keimu", "phone", phone));
    assert_true(is_out(all, "phone", phone));
    assert_string_equal(clause_of(all, "phone", 0), "P-3-2-4-A.1");
    assert_string_equal(json_str(json_array_get(json_arr(json_obj(all, "phone"), "before"), 0),
                                 "reg"),
                        "trainings"); /* the phone is not lent before */
    bench_done(&b);
}

/* Nobody has said which phone the station is to have, so nobody there sees one. */
static void a_phone_out_of_sight_is_promised_by_the_consultation(void **state)
{
    struct bench b;
    JSON_AUTO *all = NULL;
    const json_t *before;

    bench_load(&b, getenv("PATROL_PACK"));
    bench_play(&b, "a-before-the-loan", SIZE_MAX);
    all = offers(&b, "H", "sns-applications", "", "apply",
                 json_pack("{s:[], s:[s, s]}", "phone", "purpose", "cyber-patrol", "contact"));
    before = json_array_get(json_arr(json_obj(all, "phone"), "before"), 0);
    assert_string_equal(json_str(before, "reg"), "consultations");
    assert_string_equal(json_str(before, "step"), "propose");
    assert_true(json_flag(json_obj(all, "phone"), "needed"));
    assert_true(is_out(all, "purpose", "contact"));
    assert_string_equal(clause_of(all, "purpose", 0), "P-0-5.3");
    assert_string_equal(json_str(json_obj(all, "purpose"), "only"), "cyber-patrol");
    bench_done(&b);
}

static int open_bench(void **state)
{
    static struct bench b;

    if (crypto_start() || !getenv("ENGINE_PACK"))
        return -1;
    bench_load(&b, getenv("ENGINE_PACK"));
    *state = &b;
    return 0;
}

static int close_bench(void **state)
{
    bench_done(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_always_refused_is_left_out),
        cmocka_unit_test(what_hangs_on_an_open_field_is_offered),
        cmocka_unit_test(the_only_value_of_a_needed_field_is_told),
        cmocka_unit_test(where_nothing_is_left_it_is_told_what_leads_there),
        cmocka_unit_test(where_somebody_else_may_he_is_named),
        cmocka_unit_test(of_no_records_it_is_told_what_makes_one),
        cmocka_unit_test(a_list_leaves_out_what_none_of_it_may_be),
        cmocka_unit_test(nothing_is_told_of_what_is_out_of_sight),
        cmocka_unit_test(what_is_beyond_the_bound_is_offered),
        cmocka_unit_test(what_is_lifted_hides_nothing_else),
        cmocka_unit_test(a_step_that_never_may_be_done_is_known_by_its_clause),
        cmocka_unit_test(no_act_of_the_small_pack_is_left_out),
        cmocka_unit_test(no_act_of_the_directive_is_left_out),
        cmocka_unit_test(an_only_value_is_judged_with_those_before_it),
        cmocka_unit_test(a_phone_out_of_sight_is_promised_by_the_consultation),
    };

    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
