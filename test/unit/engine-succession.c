/* Two texts of one directive: open cases pass over at midnight, closed ones keep their own text. */
#include "setting.h"
#include "base/file.h"
#include "engine/inside.h"
#include "engine/replay.h"
#include "engine/scenario-play.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char first_procedure[] =
    "format: procedure/1\nid: case\ntitle: {ja: 事案, en: Case}\nregister: cases\n"
    "states: {asked: {ja: 申請, en: Asked}, given: {ja: 貸与, en: Given}, odd: {ja: 別, en: Odd}, shut: {ja: 終了, en: Shut}}\n"
    "ends: [shut]\nroles: {head: {holds: head, of: unit}}\nsteps:\n"
    "  - {do: ask, title: {ja: 申請, en: Ask}, from: [none], to: asked, by: [head], asks: [unit, word], clauses: [C-1]}\n"
    "  - {do: give, title: {ja: 貸与, en: Give}, from: [asked], to: given, by: [head], clauses: [C-1]}\n"
    "  - {do: part, title: {ja: 別, en: Part}, from: [asked], to: odd, by: [head], clauses: [C-1]}\n"
    "  - {do: shut, title: {ja: 終了, en: Shut}, from: [asked, given, odd], to: shut, by: [head], clauses: [C-1]}\n"
    "  - {do: reopen, title: {ja: 再開, en: Reopen}, from: [shut], to: given, by: [head], clauses: [C-1]}\n";
static const char second_procedure[] =
    "format: procedure/1\nid: case\ntitle: {ja: 事案, en: Case}\nregister: cases\n"
    "states: {asked: {ja: 申請, en: Asked}, lent: {ja: 貸与中, en: Lent}, late: {ja: 超過, en: Late}, shut: {ja: 終了, en: Shut}}\n"
    "ends: [shut]\nsucceed: {given: lent}\nroles: {head: {holds: head, of: unit}}\nsteps:\n"
    "  - {do: ask, title: {ja: 申請, en: Ask}, from: [none], to: asked, by: [head], asks: [unit, word], clauses: [C-1]}\n"
    "  - {do: lend, title: {ja: 貸与, en: Lend}, from: [asked], to: lent, by: [head], clauses: [C-1]}\n"
    "  - {do: shut, title: {ja: 終了, en: Shut}, from: [asked, lent, late], to: shut, by: [head], requires: [{field: word, one_of: "
    "[yes]}], clauses: [C-1]}\n"
    "obligations:\n  - {id: late, title: {ja: 超過, en: Late}, while: [lent], due: {day: today, plus: P10D}, missed: [{move: this, to: "
    "late}], clauses: [C-1]}\n";

static const struct {
    const char *path, *text;
} common[] = {
    {"clauses.yaml", "format: clauses/1\nclauses:\n  - {id: C-1, place: 第1, title: {ja: 一, en: One}, status: enforced}\n"},
    {"org.yaml",
     "format: org/1\nunit_kinds: {shozoku: {ja: 所属, en: Unit}}\nposts: {chief: {ja: 長, en: Head}}\n"
     "roles:\n  - {id: head, title: {ja: 長, en: Head}, post: [chief], of: unit}\n"
     "  - {id: all, title: {ja: 統括, en: Overall}, post: [chief], in: shozoku}\n"},
    {"labels.yaml",
     "format: labels/1\nlabels:\n  plain: {title: {ja: 一般, en: Plain}, confidentiality: 1, integrity: 1, availability: 1}\n"
     "ranges:\n  all: [{everyone: yes}]\n"},
    {"registers/cases.yaml",
     "format: register/1\nid: cases\ntitle: {ja: 事案, en: Cases}\nprefix: CA\nunit: unit\nlabel: plain\nreadable: all\nclauses: [C-1]\n"
     "fields:\n  - {id: unit, title: {ja: 所属, en: Unit}, type: unit, kind: shozoku, default: actor.unit, clauses: [C-1]}\n"
     "  - {id: word, title: {ja: 語, en: Word}, type: text, unique: open, clauses: [C-1]}\n"},
    {"force/units.csv", "id,parent,name_ja,name_en,kinds,from,to\nsho,,署,Station,shozoku,,\n"},
    {"force/ranks.csv", "id,level,name_ja,name_en,service\nofficer,10,巡査,Officer,police\n"},
    {"force/posts.csv", "id,name_ja,name_en,is_head\nchief,長,Head,yes\n"},
    {"force/persons.csv", "id,name,kana,name_en,rank,from,to\nM,長 一,おさ はじめ,Hajime Osa,officer,,\n"},
    {"force/appointments.csv", "id,person,post,unit,kind,from,to\nm1,M,chief,sho,regular,2020-04-01,\n"},
};

struct texts {
    struct diag diag;
    char dir[64];
    struct pack *one, *two;
    struct force *force;
    struct scenario_play *play, *again;
};

static int put(const char *dir, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return file_write_atomic(path, str_of(text), 0644, NULL);
}

static int write_pack(const char *dir, const char *days, const char *procedure)
{
    static const char *const folders[] = {"", "/registers", "/procedures", "/force", "/forms", "/scenarios"};
    char text[1024];
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(text, sizeof(text), "%s%s", dir, folders[i]);
        mkdir(text, 0755);
    }
    for (size_t i = 0; !r && i < ARRAY_LEN(common); i++)
        r = put(dir, common[i].path, common[i].text);
    snprintf(
        text, sizeof(text),
        "format: directive/1\nid: kit\ntitle: {ja: 要領, en: Rules}\nnumber: 第1号\nissued: "
        "2026-01-01\n"
        "effective: {%s}\nclauses: [C-1]\nexpiry: {remind: [P30D], tell: [all], stamp: {ja: 失効, "
        "en: Lapsed}, clauses: [C-1]}\n"
        "parameters: [{id: paper-window, type: duration, value: P7D, why: {ja: 紙, en: Paper}}]\n",
        days);
    return r || put(dir, "directive.yaml", text) || put(dir, "procedures/case.yaml", procedure);
}

static int load(struct texts *t, const char *name, const char *days, const char *procedure, struct pack **ret)
{
    char dir[128], force[160];
    int r;

    snprintf(dir, sizeof(dir), "%s/%s", t->dir, name);
    snprintf(force, sizeof(force), "%s/force", dir);
    mkdir(dir, 0755);
    if (write_pack(dir, days, procedure))
        return -1;
    r = pack_load_dir(dir, ret, &t->diag);
    if (!r && !t->force)
        r = force_load_dir(force, &t->force, &t->diag);
    if (r)
        print_error("%s\n", diag_first(&t->diag));
    return r;
}

static void adopt_second(struct texts *t, struct scenario_play *p)
{
    CLEANUP(buf_done) struct buf hash = {0};
    struct store *s = scenario_play_store(p);

    buf_init(&hash, 128);
    assert_int_equal(hex_print(t->two->hash.bytes, sizeof(t->two->hash.bytes), &hash), 0);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(STORE_RUN(s, STMT_PACK_ADD, V_STR(buf_str(&hash)), V_TEXT("kit"), V_INT(t->two->from_day), V_INT(t->two->to_day),
                               V_STR(t->two->canonical), V_INT(2), V_TEXT("operator"), V_INT(2), V_TEXT("operator")), 0);
    assert_int_equal(STORE_RUN(s, STMT_META_SET, V_TEXT("generation"), V_TEXT("77")), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(engine_refresh(scenario_play_engine(p), &t->diag), 0);
}

static int open_texts(void **state)
{
    static struct texts t;

    diag_init(&t.diag);
    snprintf(t.dir, sizeof(t.dir), "/tmp/texts-XXXXXX");
    if (!mkdtemp(t.dir) || crypto_start() || load(&t, "one", "from: 2026-04-01, to: 2030-03-31", first_procedure, &t.one) ||
        load(&t, "two", "from: 2026-06-01, to: 2031-03-31", second_procedure, &t.two) ||
        scenario_play_open(":memory:", t.one, t.force, &t.play, &t.diag) ||
        scenario_play_open(":memory:", t.one, t.force, &t.again, &t.diag))
        return -1;
    adopt_second(&t, t.play);
    adopt_second(&t, t.again);
    *state = &t;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static int close_texts(void **state)
{
    struct texts *t = *state;

    scenario_play_close(t->play);
    scenario_play_close(t->again);
    force_unref(t->force);
    pack_unref(t->one);
    pack_unref(t->two);
    diag_done(&t->diag);
    return nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static json_t *act(struct texts *t, const char *step, const char *record, const char *word,
                   const char *paper)
{
    JSON_AUTO *with = word ? json_pack("{s:s}", "word", word) : NULL;
    struct act a = {.person = "M",
                    .reg = "cases",
                    .step = step,
                    .record = record,
                    .with = with,
                    .paper = paper,
                    .now_us = scenario_play_now(t->play)};

    return setting_act(t->play, &a);
}

static void assert_act(struct texts *t, const char *step, const char *record, const char *word, const char *result)
{
    JSON_AUTO *o = act(t, step, record, word, NULL);

    assert_string_equal(json_str(o, "result"), result);
}

static void assert_state(struct texts *t, const char *record, const char *state, const char *title, const struct pack *text)
{
    JSON_AUTO *v = NULL;
    struct engine *e = scenario_play_engine(t->play);

    assert_int_equal(engine_view(e, "M", record, scenario_play_now(t->play), &v), 0);
    assert_string_equal(json_str(v, "state"), state);
    assert_string_equal(json_str(json_obj(v, "state_title"), "en"), title);
    assert_memory_equal(&engine_reg_in(e, "cases", json_str(v, "pack"))->pack->hash, &text->hash, sizeof(text->hash));
}

static void move_to(struct texts *t, const char *day)
{
    int32_t d;

    assert_int_equal(day_parse_iso(str_of(day), &d), 0);
    assert_int_equal(scenario_play_clock(t->play, instant_of_day(d) + US_PER_DAY / 2), 0);
}

static void open_cases_pass_over_and_closed_ones_stay(void **state)
{
    struct texts *t = *state;

    move_to(t, "2026-05-01");
    assert_act(t, "ask", "", "a", "allowed");
    assert_act(t, "ask", "", "b", "allowed");
    assert_act(t, "ask", "", "c", "allowed");
    assert_act(t, "ask", "", "d", "allowed");
    assert_act(t, "give", "CA-2026-0002", NULL, "allowed");
    assert_act(t, "part", "CA-2026-0003", NULL, "allowed");
    assert_act(t, "shut", "CA-2026-0004", NULL, "allowed");
    assert_act(t, "lend", "CA-2026-0001", NULL, "unknown"); /* the new text's step */
    move_to(t, "2026-06-01");
    assert_state(t, "CA-2026-0001", "asked", "Asked", t->two);
    assert_state(t, "CA-2026-0002", "lent", "Lent", t->two);
    assert_state(t, "CA-2026-0003", "odd", "Odd", t->one); /* the new text knows nothing of it */
    assert_state(t, "CA-2026-0004", "shut", "Shut", t->one);
    assert_act(t, "give", "CA-2026-0001", NULL, "unknown");
    assert_act(t, "lend", "CA-2026-0001", NULL, "allowed");
    assert_act(t, "shut", "CA-2026-0002", NULL, "forbidden"); /* by the new text's condition */
    assert_act(t, "shut", "CA-2026-0003", NULL, "allowed");   /* by the old one, which has none */
    assert_state(t, "CA-2026-0003", "shut", "Shut", t->one);
    assert_act(t, "reopen", "CA-2026-0004", NULL, "allowed"); /* open again, it follows the text in force */
    assert_state(t, "CA-2026-0004", "lent", "Lent", t->two);
}

/* Made by the text of its day, which had been followed by another one when it was entered. */
static void what_comes_in_from_paper_passes_over_too(void **state)
{
    struct texts *t = *state;
    JSON_AUTO *o = act(t, "ask", "", "e", "2026-05-31 10:00");
    ROWS_AUTO *row = NULL;

    assert_string_equal(json_str(o, "result"), "allowed");
    assert_string_equal(json_str(o, "record"), "CA-2026-0005");
    assert_state(t, "CA-2026-0005", "asked", "Asked", t->one);
    move_to(t, "2026-06-02");
    assert_state(t, "CA-2026-0005", "asked", "Asked", t->two);
    assert_int_equal(STORE_ONE(scenario_play_store(t->play), &row, STMT_TIMER_GET,
                               V_TEXT("CA-2026-0005"), V_TEXT("!succeed"), V_TEXT("")),
                     STORE_E_NONE);
}

static void what_passed_over_has_the_new_obligations(void **state)
{
    struct texts *t = *state;
    JSON_AUTO *v = NULL;
    const json_t *history;

    move_to(t, "2026-06-20");
    assert_state(t, "CA-2026-0002", "late", "Late", t->two);
    assert_int_equal(engine_view(scenario_play_engine(t->play), "M", "CA-2026-0002", scenario_play_now(t->play), &v), 0);
    history = json_arr(v, "history");
    assert_string_equal(json_str(json_array_get(history, 2), "act"), "timer/cases!!succeed");
    assert_string_equal(json_str(json_array_get(history, 2), "from"), "given");
    assert_string_equal(json_str(json_array_get(history, 2), "to"), "lent");
    assert_string_equal(json_str(json_obj(json_array_get(history, 2), "title"), "en"), "Passed over to the new text");
}

static void print_records(struct scenario_play *p, struct buf *out)
{
    ROWS_AUTO *rows = NULL;

    assert_int_equal(STORE_QUERY(scenario_play_store(p), &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(1000)), 0);
    while (rows_next(rows) == 1)
        assert_int_equal(buf_printf(out, "%s %s %lld %s %s\n", rows_text(rows, 0), rows_text(rows, 2), (long long)rows_int(rows, 3),
                                    rows_text(rows, 6), rows_text(rows, 12)), 0);
}

static void replay_passes_over_too(void **state)
{
    struct texts *t = *state;
    struct buf was, is;
    ROWS_AUTO *row = NULL;
    int r = engine_replay(scenario_play_store(t->play), scenario_play_engine(t->again), &t->diag);

    if (r)
        print_error("%s\n", diag_first(&t->diag));
    assert_int_equal(r, 0);
    buf_init(&was, 1u << 20);
    buf_init(&is, 1u << 20);
    print_records(t->play, &was);
    print_records(t->again, &is);
    assert_string_equal(was.at, is.at);
    assert_int_equal(STORE_ONE(scenario_play_store(t->again), &row, STMT_TIMER_GET,
                               V_TEXT("CA-2026-0005"), V_TEXT("!succeed"), V_TEXT("")),
                     STORE_E_NONE);
    buf_done(&was);
    buf_done(&is);
}

static size_t lapse_notices(struct texts *t)
{
    JSON_AUTO *today = NULL;
    size_t n = 0;

    assert_int_equal(engine_today(scenario_play_engine(t->play), "M", scenario_play_now(t->play), &today), 0);
    for (size_t i = 0; i < json_array_size(json_arr(today, "notices")); i++)
        n += !strcmp(json_str(json_array_get(json_arr(today, "notices"), i), "about"), "kit!expiry");
    return n;
}

/* Stopped before the day, started again behind it. */
static void the_last_text_lapses_and_a_stop_loses_no_reminder(void **state)
{
    struct texts *t = *state;
    struct engine *e = scenario_play_engine(t->play);

    move_to(t, "2030-03-15");
    assert_int_equal(lapse_notices(t), 0); /* the first text is followed by the second */
    move_to(t, "2031-02-28");
    assert_int_equal(lapse_notices(t), 0);
    e->expiry_armed = false;
    t->play->now_us = scenario_play_now(t->play) + 7 * US_PER_DAY;
    move_to(t, "2031-03-08");
    assert_int_equal(lapse_notices(t), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_cases_pass_over_and_closed_ones_stay),
        cmocka_unit_test(what_comes_in_from_paper_passes_over_too),
        cmocka_unit_test(what_passed_over_has_the_new_obligations),
        cmocka_unit_test(replay_passes_over_too),
        cmocka_unit_test(the_last_text_lapses_and_a_stop_loses_no_reminder),
    };

    return cmocka_run_group_tests(tests, open_texts, close_texts);
}
