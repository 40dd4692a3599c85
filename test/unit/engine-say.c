/* What refusals tell people in words of theirs. ENGINE_PACK names the small pack. */
#include "setting.h"
#include "engine/rows.h"
#include "engine/say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    struct engine *e;
    struct stage sc;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), false);
    x.play = setting_play(&x.setting, false, "a-loan");
    x.e = scenario_play_engine(x.play);
    if (stage_open(&x.sc, x.e, "A", scenario_play_now(x.play)))
        return -1;
    *state = &x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    stage_done(&x->sc);
    scenario_play_close(x->play);
    setting_close(&x->setting);
    return 0;
}

static void says(struct fixture *x, const struct cond *c, const char *ja, const char *en)
{
    JSON_AUTO *say = NULL;

    assert_int_equal(say_cond(&x->sc, c, &say), 0);
    assert_string_equal(json_str(say, "ja"), ja);
    assert_string_equal(json_str(say, "en"), en);
}

static struct duration duration(const char *text)
{
    struct duration d = {0};

    assert_int_equal(duration_parse(str_of(text), &d), 0);
    return d;
}

static struct ref literal(const char *text)
{
    return (struct ref){.kind = REF_LITERAL, .text = text};
}

static void a_longest_period_is_told_in_words(void **state)
{
    static const struct {
        const char *cap, *ja, *en;
    } caps[] = {
        {"P1Y", "1年", "1 year"},
        {"P1Y6M", "1年6か月", "1 year 6 months"},
        {"P60D", "60日", "60 days"},
        {"P1W", "7日", "7 days"},
        {"P1DT2H30M", "1日2時間30分", "1 day 2 hours 30 minutes"},
        {"PT1S", "1秒", "1 second"},
        {"P0D", "0日", "0 days"},
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
        struct period p = {.from = literal("2026-04-10"),
                           .to = literal("2036-04-10"),
                           .at_most = duration(caps[i].cap)};
        const struct cond c = {.kind = COND_PERIOD, .period = &p, .say = {"", ""}};
        char ja[256], en[256];

        snprintf(ja, sizeof(ja), "初日を含め%s以内の期間とする", caps[i].ja);
        snprintf(en, sizeof(en), "the period must last at most %s, its first day included",
                 caps[i].en);
        says(x, &c, ja, en);
    }
}

/* What stands in the way of an application with these days. */
static const json_t *refused(struct fixture *x, const char *from, const char *to, json_t **ret)
{
    JSON_AUTO *with = json_pack("{s:s, s:s, s:s, s:s}", "item", scenario_play_record(x->play, "R1"),
                                "purpose", "patrol", "starts_on", from, "ends_on", to);
    struct act act = {.person = "A",
                      .reg = "loans",
                      .step = "apply",
                      .record = "",
                      .with = with,
                      .now_us = scenario_play_now(x->play)};

    assert_int_equal(engine_explain(x->e, &act, ret), 0);
    for (size_t i = 0; i < json_array_size(json_arr(*ret, "unmet")); i++)
        if (!strcmp(json_str(json_array_get(json_arr(*ret, "unmet"), i), "what"), "period"))
            return json_obj(json_array_get(json_arr(*ret, "unmet"), i), "say");
    return NULL;
}

static void a_period_names_its_last_day(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = NULL;
    const json_t *say = refused(x, "2027-04-10", "2027-05-10", &o);

    assert_string_equal(json_str(say, "ja"),
                        "初日を含め1か月以内の期間とする（令和9年5月9日まで）");
    assert_string_equal(
        json_str(say, "en"),
        "the period must last at most 1 month, its first day included (until 2027-05-09)");
}

static void an_end_before_the_beginning_is_told_as_such(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *o = NULL;
    const json_t *say = refused(x, "2027-04-10", "2027-04-09", &o);

    assert_string_equal(json_str(say, "ja"), "「終了日」を「開始日」より前にしない");
    assert_string_equal(json_str(say, "en"), "\"Last day\" must not be before \"First day\"");
}

static void a_day_moved_is_told_with_its_distance(void **state)
{
    static const struct {
        const char *by;
        int sign;
        const char *ja, *en;
    } moved[] = {
        {"P1D", +1, "「日」を今日の翌日とする", "\"Day\" must be the day after today"},
        {"P1D", -1, "「日」を今日の前日とする", "\"Day\" must be the day before today"},
        {"P14D", +1, "「日」を今日の14日後とする", "\"Day\" must be 14 days after today"},
        {"P1M", -1, "「日」を今日の1か月前とする", "\"Day\" must be 1 month before today"},
    };
    struct fixture *x = *state;
    const struct reg *trials = pack_reg(x->setting.pack, "trials");
    const struct step *times = procedure_step(trials->procedure, "times", 0);
    struct cond c = {
        .kind = COND_TIME_IS, .say = {"", ""}, .other = {.kind = REF_TODAY, .has_shift = true}};

    c.subject = (struct ref){.kind = REF_FIELD, .n_hops = 1, .hops = {reg_field(trials, "day")}};
    for (size_t i = 0; i < ARRAY_LEN(moved); i++) {
        c.other.shift = duration(moved[i].by);
        c.other.shift_sign = moved[i].sign;
        says(x, &c, moved[i].ja, moved[i].en);
    }
    for (size_t i = 0; i < times->n_conds; i++)
        if (times->conds[i]->kind == COND_TIME_NOT_AFTER)
            says(x, times->conds[i], "「日」をこの記録の作成日の翌日以前とする",
                 "\"Day\" must not be after the day after this record, day of making");
}

/* A number typed in another width and case is the same number; who may see the record that has it is told which one. */
static void what_is_taken_names_who_has_it(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *with = json_pack("{s:s, s:s}", "number", "ｌ－１", "price", "5");
    struct act act = {.person = "Y",
                      .reg = "items",
                      .step = "add",
                      .record = "",
                      .with = with,
                      .now_us = scenario_play_now(x->play)};
    JSON_AUTO *o = NULL;
    const json_t *one;
    char ja[256], en[256];

    assert_int_equal(engine_explain(x->e, &act, &o), 0);
    one = json_array_get(json_arr(o, "unmet"), 0);
    assert_string_equal(json_str(one, "what"), "unique");
    snprintf(ja, sizeof(ja), "「番号」が他の記録（%s）と重複しない",
             scenario_play_record(x->play, "L1"));
    snprintf(en, sizeof(en), "\"Number\" must not be the same as in another record (%s)",
             scenario_play_record(x->play, "L1"));
    assert_string_equal(json_str(json_obj(one, "say"), "ja"), ja);
    assert_string_equal(json_str(json_obj(one, "say"), "en"), en);
}

static const struct cond *cond_of(struct fixture *x, const char *reg, const char *act,
                                  enum cond_kind kind)
{
    const struct step *st = procedure_step(pack_reg(x->setting.pack, reg)->procedure, act, 0);

    x->sc.procedure = pack_reg(x->setting.pack, reg)->procedure;
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind == kind)
            return st->conds[i];
    return NULL;
}

static void deadlines_are_told_by_clock_and_working_days(void **state)
{
    struct fixture *x = *state;
    struct cond c = {.kind = COND_TIME_NOT_AFTER, .say = {"", ""}, .subject = {.kind = REF_NOW, .text = ""}, .other = {.kind = REF_TODAY, .text = ""}};

    c.other.has_clock = true;
    c.other.clock_minutes = 17 * 60 + 15;
    says(x, &c, "現在時刻を今日の17:15以前とする", "now must not be after 17:15 of today");
    c.other.has_shift = c.other.in_working_days = true;
    c.other.shift_sign = 1;
    c.other.shift = duration("P3D");
    says(x, &c, "現在時刻を今日の3開庁日後の17:15以前とする", "now must not be after 17:15 of 3 working days after today");
    c.other.has_clock = false;
    c.other.shift = duration("P0D");
    says(x, &c, "現在時刻を今日以後の最初の開庁日以前とする", "now must not be after the first working day from today");
}

static void a_role_is_told_with_its_unit(void **state)
{
    struct fixture *x = *state;
    const struct cond *post = cond_of(x, "users", "designate", COND_POST);

    says(x, cond_of(x, "loans", "apply", COND_BY), "「所属」の使用者が「申請する」を行う",
         "User of \"Unit\" must do this: Apply");
    says(x, cond_of(x, "disposals", "decide", COND_BY), "受付所属の所属管理者が「決裁する」を行う",
         "Unit manager of Unit with a desk must do this: Decide");
    says(x, cond_of(x, "items", "add", COND_BY), "用度管理者が「登録する」を行う",
         "Keeper of stores must do this: Add");
    says(x, cond_of(x, "trials", "rank", COND_HOLDS), "「者」が「所属」の上級者である",
         "\"Who\" must be Senior of \"Unit\"");
    says(x, post, "「氏名」が「所属」の受付係の係員の職にある",
         "\"Person\" must hold a post in \"Unit\", in Desk: Member");
}

/* What a reader needs in order to do something about it: which unit is meant, in which state the record is now. */
static void a_refusal_is_told_without_a_circle(void **state)
{
    struct fixture *x = *state;
    struct stage *sc = &x->sc;
    struct record *hand = sc->hand;
    struct cond same = {.kind = COND_SAME, .say = {"", ""}, .subject = literal("A"), .other = {.kind = REF_UNIT_KIND, .text = "desk"}};

    says(x, cond_of(x, "loans", "permit", COND_STATE), "状態が「申請中」のときに行う",
         "the record must be in state \"Applied\"");
    assert_int_equal(stage_record(sc, scenario_play_record(x->play, "APP"), &sc->hand), 0);
    says(x, cond_of(x, "loans", "permit", COND_STATE), "状態が「申請中」のときに行う（今は「許可済」）",
         "the record must be in state \"Applied\" (now it is \"Permitted\")");
    sc->hand = hand;
    says(x, &same, "Aを受付係と同じにする", "A must equal Desk");
}

/* Of its own register, the record at hand does not stand in its own way. */
static void records_that_must_not_be_are_told_as_people_say_it(void **state)
{
    const char *applied[] = {"applied"};
    struct fixture *x = *state;
    struct cond c = {.kind = COND_RECORD, .say = {"", ""}, .reg = pack_reg(x->setting.pack, "loans"), .count = COUNT_NONE, .words = applied, .n_words = 1};

    x->sc.procedure = c.reg->procedure;
    says(x, &c, "「貸出簿」に、「申請中」の記録がほかにない", "there must be no other record in state \"Applied\" in \"Loans\"");
    x->sc.procedure = pack_reg(x->setting.pack, "items")->procedure;
    says(x, &c, "「貸出簿」に、「申請中」の記録がない", "there must be no record in state \"Applied\" in \"Loans\"");
    c.n_words = 0;
    c.count = COUNT_AT_LEAST;
    says(x, &c, "「貸出簿」に記録がある", "there must be a record in \"Loans\"");
}

/* A team with those rows in hand; its register's condition of that kind, the nth. */
static const struct cond *in_team(struct fixture *x, const char *rows, enum cond_kind kind, size_t nth)
{
    const struct reg *reg = pack_reg(x->setting.pack, "teams");
    const struct step *check = procedure_step(reg->procedure, "check", 0);
    JSON_AUTO *v = json_loads(rows, 0, NULL);

    assert_non_null(v);
    assert_int_equal(stage_new_record(&x->sc, reg, &x->sc.hand), 0);
    assert_int_equal(record_set(x->sc.hand, reg_field(reg, "rows"), v, NULL), 0);
    x->sc.procedure = reg->procedure;
    for (size_t i = 0; i < check->n_conds; i++)
        if (check->conds[i]->kind == kind && !nth--)
            return check->conds[i];
    return NULL;
}

static void rows_that_fall_short_are_told_by_their_numbers(void **state)
{
    struct fixture *x = *state;
    const char *asked = "「班員」の各行について「者」が「係」の係の職にある、かつ「者」が操作者と別人である",
               *asked_en = "\"Members\", each of them: \"Who\" must hold a post in \"Section\", in Section; and "
                           "\"Who\" must be another person than the person acting";
    char ja[1024], en[1024];
    const struct cond *c = in_team(x, "[{\"section\":\"uke\",\"who\":\"B\"},{\"section\":\"kei\",\"who\":\"B\"}]", COND_EACH, 0);

    snprintf(ja, sizeof(ja), "%s（2行目）", asked);
    snprintf(en, sizeof(en), "%s (row 2)", asked_en);
    says(x, c, ja, en);
    c = in_team(x, "[{},{},{},{\"section\":\"uke\",\"who\":\"B\"},{},{},{}]", COND_EACH, 0);
    snprintf(ja, sizeof(ja), "%s（1、2、3、5、6行目ほか）", asked);
    snprintf(en, sizeof(en), "%s (rows 1, 2, 3, 5, 6 and others)", asked_en);
    says(x, c, ja, en);
}

static void what_lies_outside_is_told_by_name(void **state)
{
    struct fixture *x = *state;
    const struct cond *c;

    IGNORE(in_team(x, "[{\"section\":\"uke\",\"who\":\"B\"},{\"who\":\"X\"}]", COND_EACH, 0) == NULL, "only the hand is wanted");
    c = procedure_step(x->sc.procedure, "match", 0)->conds[2];
    assert_int_equal(c->kind, COND_WITHIN);
    says(x, c, "「班員」の「者」を「立会人」の範囲内とする（範囲外: 受付 乙、刑事 丙）",
         "\"Members\", \"Who\" must be within \"People\" (outside: Otsu Uketsuke, Hei Keiji)");
    c = procedure_step(x->sc.procedure, "whole", 0)->conds[3];
    says(x, c, "「立会人」に全ての所属管理者（所属）を記入する（足りないもの: 試験署、用度課）",
         "\"People\" must hold every Unit manager (Unit with a head) (missing: Shiken Station, Stores)");
    c = procedure_step(x->sc.procedure, "all-units", 0)->conds[2];
    says(x, c, "「利用許可簿」に、「許可中」の記録が全ての所属についてある（足りないもの: 試験署、用度課）",
         "for each of them there must be a record in state \"Given\" in \"Grants\": Unit with a head (missing: Shiken Station, Stores)");
    IGNORE(in_team(x, "[{\"text\":\"甲\",\"sure\":true},{\"text\":\"乙\"},{\"text\":\"丙\",\"sure\":true},{\"text\":\"甲\",\"sure\":true},{\"sure\":true}]", COND_EACH, 0) == NULL, "only the hand is wanted");
    c = procedure_step(x->sc.procedure, "answered", 0)->conds[2];
    says(x, c, "「条件の試し」に、「保持」の記録が全ての語についてある（足りないもの: 甲、丙）",
         "for each of them there must be a record in state \"Held\" in \"Trials of conditions\": Word (missing: 甲, 丙)");
}

/* Two trials in memory, each with a list of its own, stand in two rows. */
static void lists_of_the_records_of_rows_are_one(void **state)
{
    struct fixture *x = *state;
    const struct reg *trials = pack_reg(x->setting.pack, "trials"), *teams = pack_reg(x->setting.pack, "teams");
    const struct ref theirs = {.kind = REF_FIELD,
                               .hops = {reg_field(teams, "rows"), &reg_field(teams, "rows")->fields[2], reg_field(trials, "others")},
                               .n_hops = 3};
    const struct cond in_list = {.kind = COND_WITHIN, .subject = theirs, .other = {.kind = REF_FIELD, .hops = {reg_field(teams, "trials")}, .n_hops = 1}};
    const struct cover sections = {.unit_kind = "section"};
    const struct cond all_there = {.kind = COND_COVERS, .subject = theirs, .cover = &sections};
    JSON_AUTO *list = json_pack("[s, s]", "TR-1", "TR-2");
    JSON_AUTO *rows = json_pack("[{s:s}, {s:s}]", "trial", "TR-1", "trial", "TR-2");

    assert_string_equal(theirs.hops[1]->id, "trial");
    for (int i = 0; i < 2; i++) {
        struct record *r;
        JSON_AUTO *one = json_pack("[s]", i ? "TR-2" : "TR-1");

        assert_int_equal(stage_new_record(&x->sc, trials, &r), 0);
        r->id = i ? "TR-2" : "TR-1";
        assert_int_equal(record_set(r, reg_field(trials, "others"), one, NULL), 0);
    }
    assert_int_equal(stage_new_record(&x->sc, teams, &x->sc.hand), 0);
    x->sc.procedure = teams->procedure;
    assert_int_equal(record_set(x->sc.hand, reg_field(teams, "rows"), rows, NULL), 0);
    assert_int_equal(record_set(x->sc.hand, reg_field(teams, "trials"), list, NULL), 0);
    assert_int_equal(within_holds(&x->sc, &in_list), 1);
    assert_int_equal(json_array_remove(list, 1), 0);
    assert_int_equal(record_set(x->sc.hand, reg_field(teams, "trials"), list, NULL), 0);
    assert_int_equal(within_holds(&x->sc, &in_list), 0);
    assert_int_equal(covers_holds(&x->sc, &all_there), 0);
}

/* A sees the loan that a copy was made of, X does not. */
static void what_a_hidden_record_holds_is_not_told(void **state)
{
    struct fixture *x = *state;
    const struct reg *copies = pack_reg(x->setting.pack, "copies"), *loans = pack_reg(x->setting.pack, "loans");
    const struct cond c = {.kind = COND_WITHIN,
                           .subject = {.kind = REF_FIELD, .hops = {reg_field(copies, "source"), reg_field(loans, "person")}, .n_hops = 2},
                           .other = {.kind = REF_FIELD, .hops = {reg_field(copies, "digest")}, .n_hops = 1}};
    const struct person *actor = x->sc.actor;
    JSON_AUTO *loan = json_string(scenario_play_record(x->play, "APP"));

    assert_int_equal(stage_new_record(&x->sc, copies, &x->sc.hand), 0);
    assert_int_equal(record_set(x->sc.hand, reg_field(copies, "source"), loan, NULL), 0);
    x->sc.procedure = copies->procedure;
    says(x, &c, "「元」の「使用者」を「要約値」の範囲内とする（範囲外: 受付 甲）", "\"Source\", \"User\" must be within \"Digest\" (outside: Ko Uketsuke)");
    x->sc.actor = force_person(x->setting.force, "X");
    says(x, &c, "「元」の「使用者」を「要約値」の範囲内とする", "\"Source\", \"User\" must be within \"Digest\"");
    x->sc.actor = actor;
}

static void choices_are_told_by_their_titles(void **state)
{
    static struct named sizes[] = {{.id = "s", .title = {"小", "small"}}, {.id = "l", .title = {"大", "large"}}};
    static const char *yes[] = {"yes"}, *both[] = {"s", "l"};
    const struct field flag = {.id = "ready", .title = {"準備済", "Ready"}, .type = FIELD_FLAG};
    const struct field size = {.id = "size", .title = {"寸法", "Size"}, .type = FIELD_CHOICE, .choices = sizes, .n_choices = ARRAY_LEN(sizes)};
    struct cond c = {.kind = COND_ONE_OF, .subject = {.kind = REF_FIELD, .hops = {&flag}, .n_hops = 1}, .words = yes, .n_words = 1};
    struct fixture *x = *state;

    says(x, &c, "「準備済」を「はい」とする", "\"Ready\" must be \"yes\"");
    c.kind = COND_NONE_OF;
    says(x, &c, "「準備済」を「はい」以外とする", "\"Ready\" must not be \"yes\"");
    c.subject = (struct ref){.kind = REF_ROW, .hops = {&size}, .n_hops = 1};
    c.words = both;
    c.n_words = ARRAY_LEN(both);
    says(x, &c, "「寸法」を次のもの以外とする：小、大", "\"Size\" must be none of: small, large");
    c.kind = COND_ONE_OF;
    says(x, &c, "「寸法」を次のいずれかとする：小、大", "\"Size\" must be one of: small, large");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_longest_period_is_told_in_words),
        cmocka_unit_test(a_period_names_its_last_day),
        cmocka_unit_test(an_end_before_the_beginning_is_told_as_such),
        cmocka_unit_test(a_day_moved_is_told_with_its_distance),
        cmocka_unit_test(what_is_taken_names_who_has_it),
        cmocka_unit_test(deadlines_are_told_by_clock_and_working_days),
        cmocka_unit_test(a_role_is_told_with_its_unit),
        cmocka_unit_test(a_refusal_is_told_without_a_circle),
        cmocka_unit_test(records_that_must_not_be_are_told_as_people_say_it),
        cmocka_unit_test(rows_that_fall_short_are_told_by_their_numbers),
        cmocka_unit_test(what_lies_outside_is_told_by_name),
        cmocka_unit_test(lists_of_the_records_of_rows_are_one),
        cmocka_unit_test(what_a_hidden_record_holds_is_not_told),
        cmocka_unit_test(choices_are_told_by_their_titles),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
