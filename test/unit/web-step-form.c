/* The form of a step over the small pack: every kind of field as controls, back from what a browser sends, with errors in
 * their places, and with hostile text everywhere. ENGINE_PACK names the pack. */
#include "setting.h"
#include "web/step-form.h"
#include "web/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    struct worker worker;
};

struct shown {
    struct http_request req;
    struct http_response resp;
    struct page page;
    struct step_form form;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), false);
    x.play = setting_play(&x.setting, false, NULL);
    x.worker.engine = scenario_play_engine(x.play);
    x.worker.store = engine_store(x.worker.engine);
    *state = &x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    scenario_play_close(x->play);
    setting_close(&x->setting);
    return 0;
}

/* The form of a step by which a record begins, asked by A; `view` NULL: a new one. */
static void open_step(struct fixture *x, struct shown *s, const char *of, const char *act,
                      const json_t *view)
{
    const struct reg *reg = engine_reg(x->worker.engine, of);
    const struct step *step = procedure_step(reg->procedure, act, 0);
    json_t *asks = json_array();

    memset(s, 0, sizeof(*s));
    s->req = (struct http_request){.arena = arena_new(16u << 20), .thread_ctx = &x->worker};
    buf_init(&s->resp.body, 4u << 20);
    s->page = (struct page){.worker = &x->worker, .req = &s->req, .resp = &s->resp, .arena = s->req.arena,
                            .standing = PAGE_SIGNED_IN, .now_us = engine_now(x->worker.engine)};
    memcpy(s->page.session.person, "A", 2);
    html_init(&s->page.html, &s->resp.body, true);
    s->page.w = (struct widget_ctx){.html = &s->page.html, .arena = s->req.arena};
    assert_non_null(page_keep(&s->page, asks));
    for (size_t i = 0; i < step->n_asks; i++)
        assert_int_equal(json_array_append_new(asks, json_string(step->asks[i]->id)), 0);
    assert_int_equal(step_form_init(&s->form, &s->page, reg, step, asks, view, NULL), 0);
}

static void open_form_of(struct fixture *x, struct shown *s, const json_t *view)
{
    open_step(x, s, "loans", "apply", view);
}

static void open_form(struct fixture *x, struct shown *s)
{
    open_form_of(x, s, NULL);
}

static void close_form(struct shown *s)
{
    json_decref(s->page.kept);
    buf_done(&s->resp.body);
    arena_free(s->req.arena);
}

static const char *show(struct shown *s)
{
    assert_int_equal(step_form_show(&s->form), 0);
    assert_int_equal(html_end(&s->page.html), 0);
    return s->resp.body.at;
}

static void sent(struct shown *s, const char *encoded, int answer, json_t **with)
{
    struct form_data form;

    assert_int_equal(form_parse(str_of(encoded), s->page.arena, &form), 0);
    assert_int_equal(step_form_read(&s->form, &form, with), answer);
}

static void every_kind_of_field_has_its_control(void **state)
{
    struct shown s;
    const char *html;

    open_form(*state, &s);
    html = show(&s);
    assert_non_null(strstr(html, "<select class=\"tj-input tj-input--select\" id=\"f-unit\" name=\"unit\""));
    assert_non_null(strstr(html, "name=\"purpose\""));
    assert_non_null(strstr(html, "name=\"starts_on\""));
    assert_non_null(strstr(html, "<textarea"));
    assert_non_null(strstr(html, "name=\"care\" value=\"dry\""));
    assert_non_null(strstr(html, "name=\"parts.3.what\""));
    assert_null(strstr(html, "name=\"parts.4.what\""));
    assert_non_null(strstr(html, "type=\"file\" id=\"f-proof._file\" name=\"proof._file\""));
    assert_non_null(strstr(html, "data-reg=\"loans\" data-field=\"proof\""));
    assert_non_null(strstr(html, "<input type=\"hidden\" name=\"proof\" value=\"\">"));
    close_form(&s);
}

/* What a clause refuses when it is empty is marked as needed, but the browser lets it through: the answer names the clause. */
static void what_a_clause_demands_is_marked(void **state)
{
    struct shown s;
    const struct step *permit;
    json_t *asks = json_pack("[s, s]", "care", "note");
    const char *html, *note;

    open_form(*state, &s);
    assert_non_null(page_keep(&s.page, asks));
    permit = procedure_step(s.form.reg->procedure, "permit", 0);
    assert_int_equal(step_form_init(&s.form, &s.page, s.form.reg, permit, asks, NULL, NULL), 0);
    html = show(&s);
    note = strstr(html, "name=\"note\"");
    assert_non_null(note);
    assert_non_null(strstr(html, "※必須"));
    assert_true(strstr(html, "※必須") < note); /* care; the remark behind it may stay empty */
    assert_null(strstr(note, "※必須"));
    assert_null(strstr(html, " required"));
    close_form(&s);
}

/* Left empty it is refused where the other is not: nobody is told that he may. */
static void what_has_to_repeat_another_is_not_called_optional(void **state)
{
    struct fixture *x = *state;
    const struct reg *trials = engine_reg(x->worker.engine, "trials");
    json_t *asks = json_pack("[s, s]", "word", "copy");
    const char *html, *copy, *optional;
    struct shown s;

    open_form(x, &s);
    assert_non_null(page_keep(&s.page, asks));
    assert_int_equal(step_form_init(&s.form, &s.page, trials, procedure_step(trials->procedure, "words", 0), asks, NULL, NULL), 0);
    html = show(&s);
    copy = strstr(html, "for=\"f-copy\"");
    optional = strstr(html, "※任意");
    assert_non_null(copy);
    assert_non_null(optional);
    assert_true(optional > copy);
    assert_non_null(strstr(html, "※場合により必須"));
    assert_true(strstr(html, "※場合により必須") < copy);
    close_form(&s);
}

static void what_is_sent_becomes_inputs(void **state)
{
    struct shown s;
    json_t *with;
    char *text;

    open_form(*state, &s);
    sent(&s, "unit=&purpose=drill&starts_on=R8.4.10&note=a%0D%0Ab&care=dry&care=lock&parts.1.what=&parts.1.there=&"
             "parts.2.what=%E9%8D%B5&parts.2.there=yes&item=&csrf=x", 0, &with);
    text = json_dumps(with, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"care\":[\"dry\",\"lock\"],\"note\":\"a\\r\\nb\",\"parts\":[{\"there\":\"yes\",\"what\":\"鍵\"}],"
                              "\"purpose\":\"drill\",\"starts_on\":\"R8.4.10\"}");
    free(text);
    close_form(&s);
}

static void more_rows_keep_what_was_typed(void **state)
{
    struct shown s;
    json_t *with;
    const char *html;

    open_form(*state, &s);
    sent(&s, "note=kept&parts.1.what=one&parts.2.what=&parts.3.what=three&_add=parts", 1, &with);
    html = show(&s);
    assert_non_null(strstr(html, "name=\"parts.6.what\""));
    assert_null(strstr(html, "name=\"parts.7.what\""));
    assert_non_null(strstr(html, "value=\"three\""));
    assert_non_null(strstr(html, "kept"));
    close_form(&s);
}

static void errors_stand_at_their_fields(void **state)
{
    struct shown s;
    JSON_AUTO *fields = json_pack("[{s:s, s:{s:s, s:s}}, {s:s, s:{s:s, s:s}}]", "field", "starts_on", "say", "ja", "日付です",
                                  "en", "a day", "field", "parts.2.what", "say", "ja", "入力してください", "en", "fill in");
    const char *html;

    open_form(*state, &s);
    step_form_errors(&s.form, fields);
    step_form_summary(&s.form);
    html = show(&s);
    assert_non_null(strstr(html, "href=\"#f-starts_on\""));
    assert_non_null(strstr(html, "id=\"f-starts_on-error\""));
    assert_non_null(strstr(html, "2行目：品名：入力してください"));
    assert_non_null(strstr(html, "id=\"f-parts\" tabindex=\"-1\" aria-invalid=\"true\" aria-describedby=\"f-parts-error\""));
    close_form(&s);
}

/* What a list must be the same as stands there as boxes, ticked where it was typed in any width; the rest is in the lines. */
static void what_is_wanted_is_laid_out(void **state)
{
    struct shown s;
    JSON_AUTO *wanted = json_pack("{s:[s, s], s:[s]}", "records", "位置情報 切", "<b>", "note", "no list");
    const char *html, *box;
    json_t *with;

    open_step(*state, &s, "disposals", "propose", NULL);
    assert_int_equal(step_form_want(&s.form, wanted), 0);
    sent(&s, "records=%E4%BD%8D%E7%BD%AE%E6%83%85%E5%A0%B1%E3%80%80%E5%88%87&records=one%0D%0Atwo", 0, &with);
    assert_int_equal(json_array_size(json_object_get(with, "records")), 3);
    html = show(&s);
    box = strstr(html, "value=\"位置情報 切\" checked");
    assert_non_null(box);
    assert_non_null(strstr(box, "value=\"&lt;b&gt;\""));
    assert_null(strstr(box, "value=\"&lt;b&gt;\" checked"));
    box = strstr(box, "<textarea class=\"tj-input tj-input--long\" id=\"f-records-lines\" name=\"records\"");
    assert_non_null(box);
    assert_non_null(strstr(box, "one\ntwo</textarea>"));
    close_form(&s);
}

static void hostile_text_stays_text(void **state)
{
    static const char *const names[] = {"unit",   "person", "item", "purpose", "starts_on",    "ends_on",
                                        "back_by", "note",   "owner", "care",   "parts.1.what", "parts.1.there"};
    static const char hostile[] = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%26%3C%2Ftextarea%3E";
    struct shown s;
    struct buf body;
    json_t *with;
    const char *html;

    buf_init(&body, 65536);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(buf_printf(&body, "%s%s=%s", i ? "&" : "", names[i], hostile), 0);
    open_form(*state, &s);
    sent(&s, body.at, 0, &with);
    html = show(&s);
    assert_null(strstr(html, "<script"));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    close_form(&s);
    buf_done(&body);
}

/* Who corrects a purpose does not take away the item, which he may no longer see. */
static void a_record_out_of_sight_stays_chosen(void **state)
{
    JSON_AUTO *view = json_pack("{s:{s:s, s:s}}", "values", "item", "I-2026-0009", "purpose", "drill");
    struct shown s;
    json_t *with;

    open_form_of(*state, &s, view);
    assert_non_null(strstr(show(&s), "<option value=\"I-2026-0009\" selected>I-2026-0009</option>"));
    sent(&s, "item=I-2026-0009&purpose=patrol", 0, &with);
    assert_null(json_object_get(with, "item"));
    assert_string_equal(json_str(with, "purpose"), "patrol");
    close_form(&s);
}

/* It can no longer be named: it does not stand among the choices, and elsewhere its state is told in words. */
static void what_was_disposed_of_is_no_choice(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_set_freep) struct scenario_set *set = NULL;
    CLEANUP(scenario_play_closep) struct scenario_play *play = NULL;
    struct shown s;
    const char *html;
    size_t failed = 0;

    assert_int_equal(scenario_set_load(getenv("ENGINE_PACK"), x.setting.pack, &set, &x.setting.diag), 0);
    play = setting_play(&x.setting, false, NULL);
    assert_int_equal(scenario_play(play, scenario_find(set, "e-separation"), SIZE_MAX, NULL, NULL,
                                   &failed, &x.setting.diag),
                     0);
    assert_int_equal(failed, 0);
    x.worker.engine = scenario_play_engine(play);
    x.worker.store = scenario_play_store(play);
    open_step(&x, &s, "trials", "begin", NULL);
    html = show(&s);
    assert_non_null(strstr(html, scenario_play_record(play, "REST")));
    assert_null(strstr(html, scenario_play_record(play, "GONE")));
    assert_true(str_eq(state_words(&s.page, s.form.reg, "disposed"), STR("廃棄済み")));
    assert_true(str_eq(state_words(&s.page, s.form.reg, "held"), STR("保持")));
    close_form(&s);
}

static struct step_row *row_named(struct shown *s, const char *id)
{
    for (size_t i = 0; i < s->form.n_rows; i++)
        if (!strcmp(s->form.rows[i].field->id, id))
            return &s->form.rows[i];
    fail_msg("the form has no field %s", id);
    return NULL;
}

/* Two variants of one step that demand the opposite demand nothing. */
static void what_must_be_filled_in_is_asked_for_before_it_is_sent(void **state)
{
    struct cond plain = {.kind = COND_FILLED, .say = {"", ""}, .wanted = true}, own = plain;
    struct shown s;
    json_t *with;

    open_form(*state, &s);
    own.say = (struct text2){"別の言葉", "in words of its own"};
    sent(&s, "purpose=drill", 0, &with);
    assert_int_equal(step_form_blanks(&s.form), 0); /* the engine tells what is required alone */
    row_named(&s, "note")->demand = &own;
    assert_int_equal(step_form_blanks(&s.form), 0);
    row_named(&s, "note")->demand = &plain;
    assert_int_equal(step_form_blanks(&s.form), 1);
    assert_true(row_named(&s, "note")->info.error.len > 0);
    assert_true(row_named(&s, "starts_on")->info.error.len > 0); /* required, and empty as well */
    assert_null(row_named(&s, "purpose")->info.error.at);
    sent(&s, "purpose=drill&note=x", 0, &with);
    assert_int_equal(step_form_blanks(&s.form), 0);
    close_form(&s);
    open_step(*state, &s, "trials", "fork", NULL);
    assert_null(s.form.rows[0].demand);
    close_form(&s);
}

static void what_two_rules_ask_is_said_once(void **state)
{
    JSON_AUTO *say = json_pack("{s:s, s:s}", "ja", "期間を短くする", "en", "shorten it");
    JSON_AUTO *outcome = json_pack("{s:[{s:O}, {s:O}]}", "unmet", "say", say, "say", say);
    struct shown s;
    const char *html, *at;

    open_form(*state, &s);
    refusal_show(&s.page, outcome, false);
    html = show(&s);
    at = strstr(html, "期間を短くする");
    assert_non_null(at);
    assert_null(strstr(at + 1, "期間を短くする"));
    close_form(&s);
}

/* Of a variable that only lives: what the fixture shows is open as long as it is in scope. */
#define IS_KEPT __attribute__((__unused__))
/* A story of the small pack with A before the form of a loan; `n` scenes of it. */
static struct scenario_play *play_story(struct fixture *x, const char *story, size_t n)
{
    CLEANUP(scenario_set_freep) struct scenario_set *set = NULL;
    struct scenario_play *play = NULL;
    size_t failed = 0;

    assert_int_equal(scenario_set_load(getenv("ENGINE_PACK"), x->setting.pack, &set, &x->setting.diag), 0);
    play = setting_play(&x->setting, false, NULL);
    assert_int_equal(
        scenario_play(play, scenario_find(set, story), n, NULL, NULL, &failed, &x->setting.diag), 0);
    assert_int_equal(failed, 0);
    x->worker.engine = scenario_play_engine(play);
    x->worker.store = scenario_play_store(play);
    return play;
}

static void what_would_be_refused_is_no_choice_and_told_below(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 16);
    struct shown s;
    const char *html, *purpose;

    open_form(&x, &s);
    html = show(&s);
    purpose = strstr(html, "id=\"f-purpose\"");
    assert_non_null(purpose);
    assert_non_null(strstr(purpose, "value=\"drill\""));
    assert_null(strstr(purpose, "value=\"private\""));
    assert_non_null(strstr(html, "aria-describedby=\"f-purpose-note\""));
    purpose = strstr(html, "id=\"f-purpose-note\"");
    assert_non_null(purpose);
    assert_non_null(strstr(purpose, "ほかに1件ありますが、次の理由により選べません。"));
    assert_non_null(strstr(purpose, "「目的」を「私用」以外とする"));
    assert_non_null(strstr(purpose, "（K-9）"));
    close_form(&s);
}

static void the_reasons_are_told_in_english(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 16);
    struct shown s;
    const char *note;

    open_form(&x, &s);
    s.page.lang = s.page.w.lang = MESSAGE_EN;
    note = strstr(show(&s), "id=\"f-purpose-note\"");
    assert_non_null(note);
    assert_non_null(strstr(note, "1 more cannot be chosen:"));
    assert_non_null(strstr(note, "must not be &quot;Private&quot;"));
    close_form(&s);
}

/* It stands there to be seen, and is sent as if it had been chosen; who chose otherwise is not corrected. */
static void the_only_choice_is_made_already(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 16);
    struct shown s;
    json_t *with;
    const char *html;

    open_form(&x, &s);
    html = show(&s);
    assert_non_null(strstr(html, "<option value=\"sho\" selected>"));
    assert_null(strstr(html, "<option value=\"A\" selected>")); /* a person is chosen by a person */
    assert_null(strstr(html, "<option value=\"B\""));
    close_form(&s);

    open_form(&x, &s);
    sent(&s, "unit=&purpose=patrol", 0, &with);
    assert_null(json_object_get(with, "unit"));
    assert_null(strstr(show(&s), "<option value=\"sho\" selected>"));
    close_form(&s);

    open_form(&x, &s);
    sent(&s, "unit=sho&purpose=patrol", 0, &with);
    assert_string_equal(json_str(with, "unit"), "sho");
    close_form(&s);
}

/* Whoever sent what is not offered sees what he sent beside the reason for which it was refused. */
static void what_was_sent_stays_among_the_choices(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 16);
    struct shown s;
    json_t *with;

    open_form(&x, &s);
    sent(&s, "purpose=private", 0, &with);
    assert_string_equal(json_str(with, "purpose"), "private");
    assert_non_null(strstr(show(&s), "value=\"private\" checked"));
    close_form(&s);
}

/* What could be chosen on the day on the paper is not what can be chosen today. */
static void a_form_from_paper_offers_everything(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 16);
    struct shown s;
    const char *html;

    open_form(&x, &s);
    s.form.is_paper = true;
    html = show(&s);
    assert_non_null(strstr(html, "value=\"private\""));
    assert_non_null(strstr(html, "<option value=\"B\""));
    assert_null(strstr(html, "purpose-note\""));
    close_form(&s);
}

static void where_nothing_can_be_chosen_it_says_what_leads_there(void **state)
{
    struct fixture x = *(struct fixture *)*state;
    CLEANUP(scenario_play_closep) struct scenario_play *play IS_KEPT = play_story(&x, "a-loan", 0);
    struct shown s;
    const char *note;

    open_form(&x, &s);
    note = strstr(show(&s), "id=\"f-item-note\"");
    assert_non_null(note);
    assert_non_null(strstr(note, "選べる記録が、あなたに見える範囲にありません。"));
    note = strstr(note, "<a href=\"/registers/items\">備品台帳</a> 「登録する」（");
    assert_non_null(note);
    assert_non_null(strstr(note, "用度 太郎に依頼する）"));
    note = strstr(note, "id=\"f-purpose-note\"");
    assert_non_null(note); /* the fields behind it are told of, too */
    close_form(&s);
}

static void too_many_rows_stop_at_the_limit(void **state)
{
    struct shown s;
    struct buf body;
    json_t *with;

    buf_init(&body, 1u << 20);
    for (int i = 1; i <= 150; i++)
        assert_int_equal(buf_printf(&body, "%sparts.%d.what=x", i > 1 ? "&" : "", i), 0);
    open_form(*state, &s);
    sent(&s, body.at, 0, &with);
    assert_int_equal(json_array_size(json_arr(with, "parts")), STEP_FORM_ROWS_MAX);
    close_form(&s);
    buf_done(&body);
}

/* Persons of a list have a box each; what was sent stays, also what is not among them. Texts are typed. */
static void persons_of_a_list_are_laid_out(void **state)
{
    struct shown s;
    json_t *with;
    const char *html, *box, *more;

    open_step(*state, &s, "papers", "write", NULL);
    sent(&s, "subject=x&readers=A&readers=nobody", 0, &with);
    assert_int_equal(json_array_size(json_arr(with, "readers")), 2);
    html = show(&s);
    assert_null(strstr(html, "<textarea class=\"tj-input tj-input--area\" id=\"f-readers\""));
    assert_non_null(strstr(html, "name=\"readers\" value=\"Y\""));
    box = strstr(html, "name=\"readers\" value=\"A\"");
    assert_non_null(box);
    assert_memory_equal(box + strlen("name=\"readers\" value=\"A\""), " checked", strlen(" checked"));
    more = strstr(html, "name=\"readers\" value=\"nobody\"");
    assert_non_null(more);
    assert_null(strstr(html, "1行に一つずつ"));
    close_form(&s);
}

/* From confidentiality 3 on a sealed name is for the record's own page; elsewhere its number stands for it. */
static void a_sealed_name_of_3_stays_on_its_page(void **state)
{
    static const struct {
        const char *reg, *shown;
        int confidentiality;
    } all[] = {{"papers", "PA-2026-0001", 3}, {"papers", "名簿", 2}, {"items", "名簿", 3}}; /* what is not sealed is plain */
    struct fixture *x = *state;

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        json_t *view = json_pack("{s:s, s:s, s:{s:i}}", "id", "PA-2026-0001", "name", "名簿", "label_in_force", "confidentiality", all[i].confidentiality);
        struct shown s;

        open_form(x, &s);
        assert_int_equal(is_for_own_page(view), all[i].confidentiality == 3);
        assert_true(str_eq(name_elsewhere(&s.page, engine_reg(x->worker.engine, all[i].reg), view), str_of(all[i].shown)));
        close_form(&s);
        json_decref(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_name_of_3_stays_on_its_page),
        cmocka_unit_test(every_kind_of_field_has_its_control),
        cmocka_unit_test(what_a_clause_demands_is_marked),
        cmocka_unit_test(what_has_to_repeat_another_is_not_called_optional),
        cmocka_unit_test(what_is_sent_becomes_inputs),
        cmocka_unit_test(more_rows_keep_what_was_typed),
        cmocka_unit_test(errors_stand_at_their_fields),
        cmocka_unit_test(what_is_wanted_is_laid_out),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(too_many_rows_stop_at_the_limit),
        cmocka_unit_test(a_record_out_of_sight_stays_chosen),
        cmocka_unit_test(what_was_disposed_of_is_no_choice),
        cmocka_unit_test(what_must_be_filled_in_is_asked_for_before_it_is_sent),
        cmocka_unit_test(what_two_rules_ask_is_said_once),
        cmocka_unit_test(what_would_be_refused_is_no_choice_and_told_below),
        cmocka_unit_test(the_reasons_are_told_in_english),
        cmocka_unit_test(the_only_choice_is_made_already),
        cmocka_unit_test(what_was_sent_stays_among_the_choices),
        cmocka_unit_test(a_form_from_paper_offers_everything),
        cmocka_unit_test(where_nothing_can_be_chosen_it_says_what_leads_there),
        cmocka_unit_test(persons_of_a_list_are_laid_out),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
