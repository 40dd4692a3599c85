/* What a printed form says of a record beside its values, over the small pack: which of them were corrected. ENGINE_PACK names the pack. */
#include "setting.h"
#include "web/print-sheet.h"
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

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), false);
    x.play = setting_play(&x.setting, false, "f-correction");
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

static struct str mark_of(const struct sheet *s, const char *heading)
{
    for (size_t i = 0; i < s->n_rows; i++)
        for (size_t k = 0; k < s->rows[i].n; k++)
            if (str_eq(s->rows[i].cells[k].heading, str_of(heading)))
                return s->rows[i].cells[k].mark;
    fail_msg("no cell is headed %s", heading);
    return STR_NONE;
}

static void corrected_values_are_marked(void **state)
{
    struct fixture *x = *state;
    const char *record = scenario_play_record(x->play, "L1");
    struct http_request req = {.arena = arena_new(16u << 20), .thread_ctx = &x->worker};
    struct page page = {.worker = &x->worker,
                        .req = &req,
                        .arena = req.arena,
                        .now_us = scenario_play_now(x->play)};
    struct print_position at = {2026, 1};
    JSON_AUTO *view = NULL;
    struct sheet sheet;

    memcpy(page.session.person, "Y", 2);
    assert_int_equal(engine_view(x->worker.engine, "Y", record, page.now_us, &view), 0);
    assert_non_null(view);
    assert_int_equal(
        sheet_of_record(&page, engine_reg(x->worker.engine, "items"), NULL, view, at, &sheet), 0);
    assert_true(str_eq(mark_of(&sheet, "番号"), T(&page, MSG_PRINT_CORRECTED)));
    assert_true(str_eq(mark_of(&sheet, "種別"), T(&page, MSG_PRINT_CORRECTED))); /* emptied */
    assert_int_equal(mark_of(&sheet, "所持者").len, 0);
    /* what stands at the foot in words, for machines */
    assert_true(str_eq(sheet.proof, page_text(&page, "%s %lld 2026/1 sha256:%s", record, (long long)json_int(view, "version"), json_str(view, "digest"))));
    assert_int_equal(strlen(json_str(view, "digest")), 64);
    /* whom it came from stands below it, where its register says */
    assert_int_equal(sheet.n_notes, 0);
    assert_int_equal(json_object_set_new(view, "originators", json_pack("[{s:s}, {s:s, s:s}]", "unit", "sho", "record", "PT-2026-0001", "name", "架空銀行")), 0);
    assert_int_equal(sheet_of_record(&page, engine_reg(x->worker.engine, "items"), NULL, view, at, &sheet), 0);
    assert_int_equal(sheet.n_notes, 1);
    assert_true(str_eq(sheet.notes[0], page_text(&page, "作成元・入手元：%.*s、架空銀行", STR_ARG(unit_words(&page, "sho")))));
    arena_free(req.arena);
}

/* A code only of what was reviewed, and only beside its description. */
static void codes_stand_with_their_description(void **state)
{
    static const struct field site = {.id = "site", .title = {"所在", "Site"}, .type = FIELD_TEXT}, said = {.id = "said", .title = {"記述", "Text"}, .type = FIELD_TEXT},
                              until = {.id = "until", .title = {"期限", "Until"}, .type = FIELD_TEXT};
    static const struct {
        const char *view;
        bool is_drawn;
    } cases[] = {
        {"{\"state\": \"held\", \"values\": {\"site\": \"https://A@police.example:1/a\", \"said\": \"説明\", \"until\": \"x\"}}", true},
        {"{\"state\": \"done\", \"values\": {\"site\": \"https://police.example/a\", \"said\": \"説明\"}}", false},
        {"{\"state\": \"held\", \"values\": {\"site\": \"https://police.example/a\"}}", false},
        {"{\"state\": \"held\", \"values\": {\"site\": \"https://police.example/a\", \"said\": \"\"}}", false},
        {"{\"state\": \"held\", \"values\": {\"site\": \"police.example\", \"said\": \"説明\"}}", false},
        {"{\"state\": \"held\", \"values\": {\"said\": \"説明\"}}", false},
    };
    struct fixture *x = *state;
    struct http_request req = {.arena = arena_new(16u << 20), .thread_ctx = &x->worker};
    struct page page = {.worker = &x->worker, .req = &req, .arena = req.arena};
    const struct field *beside[] = {&until};
    const char *states[] = {"held"};
    struct form_cell cell = {.field = &said, .code = &site, .beside = beside, .n_beside = 1, .states = states, .n_states = 1};
    struct code_shown shown;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        JSON_AUTO *view = json_loads(cases[i].view, 0, NULL);

        assert_non_null(view);
        assert_int_equal(code_of_cell(&page, &cell, view, &shown), cases[i].is_drawn);
        if (!cases[i].is_drawn)
            continue;
        assert_true(str_eq(shown.url, STR("https://A@police.example:1/a")));
        assert_true(str_eq(shown.text, STR("説明\nhttps://A@police.example:1/a\n接続先のホスト：police.example\n期限：x")));
    }
    arena_free(req.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrected_values_are_marked),
        cmocka_unit_test(codes_stand_with_their_description),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
