/* Tables taken over: judged whole and by cell, adopted by another, records like any other, the same when replayed. On SQLite and on a
 * real PostgreSQL. ENGINE_PACK names the pack. */
#include "setting.h"
#include "engine/takeover.h"

#include "engine/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

struct site {
    struct scenario_play *play;
    struct engine *e;
    struct store *s;
    struct log *log;
};

static struct site site_at(struct setting *g)
{
    struct site x = {0};

    x.play = setting_play(g, g->server != NULL, NULL);
    x.e = scenario_play_engine(x.play);
    x.s = scenario_play_store(x.play);
    x.log = scenario_play_log(x.play);
    return x;
}

static json_t *table_of(const char *csv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(4u << 20);
    struct csv_table t;
    json_t *table;

    OK(csv_parse("t", str_of(csv), arena, &t, NULL));
    table = takeover_table(&t);
    assert_non_null(table);
    return table;
}

static uint64_t now(const struct site *x)
{
    return scenario_play_now(x->play);
}

static json_t *judge(struct site *x, const char *reg, const char *csv)
{
    JSON_AUTO *table = table_of(csv);
    json_t *told = NULL;

    OK(engine_takeover_judge(x->e, "Y", reg, table, now(x), &told));
    return told;
}

static void assert_clean(json_t *told)
{
    if (json_int(told, "n_faults"))
        fail_msg("%s", json_dumps(told, JSON_INDENT(1)));
    json_decref(told);
}

/* That fault, and no other in that cell. */
static void assert_fault(const json_t *told, int row, int col, const char *word)
{
    const json_t *faults = json_arr(told, "faults");

    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *one = json_array_get(faults, i);

        if (json_int(one, "row") != row || json_int(one, "col") != col)
            continue;
        assert_true(*json_str(json_obj(one, "say"), "ja"));
        if (!strstr(json_str(json_obj(one, "say"), "en"), word))
            fail_msg("row %d column %d: %s", row, col, json_str(json_obj(one, "say"), "en"));
        return;
    }
    fail_msg("no fault in row %d column %d: %s", row, col, json_dumps(told, 0));
}

/* Propose by Y, adopt by M; the first record's id is in `ret`. */
static void take_over(struct site *x, const char *reg, const char *csv, char ret[64])
{
    JSON_AUTO *table = table_of(csv);
    JSON_AUTO *kept = NULL;
    JSON_AUTO *done = NULL;

    setting_begin(x->play);
    OK(engine_takeover_propose(x->e, "Y", reg, table, now(x), &kept));
    setting_commit(x->play);
    setting_begin(x->play);
    OK(engine_takeover_adopt(x->e, x->log, "M", json_str(kept, "id"), json_str(kept, "digest"),
                             now(x), &done));
    setting_commit(x->play);
    assert_int_equal(json_int(done, "n_rows"), json_int(kept, "n_rows"));
    snprintf(ret, 64, "%s", json_str(done, "first"));
}

#define ITEMS \
    "former,番号,種別,状態,所持者,区分\n台帳-7,L-7,灯火,%s,受付　甲,\n,R-1,radio,%s,A,plain\n"

static const char *first_state(const struct setting *g, const char *reg)
{
    return pack_reg(g->pack, reg)->procedure->states[0].id;
}

static void items(const struct setting *g, char ret[512])
{
    snprintf(ret, 512, ITEMS, first_state(g, "items"),
             pack_reg(g->pack, "items")->procedure->states[0].title.ja);
}

/* ---- judging ---- */

static void every_fault_has_its_cell(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    JSON_AUTO *told = judge(
        &x, "loans",
        "所属,使用者,備品,目的,開始日,終了日,添付,state,遵守事項,附属品／品名,nonsense,目的2,数,"
        "点検回数,unit\n"
        "試験署,受付 "
        "丁,IT-2026-0001,散歩,令和8年2月30日,2026-04-10,,なし,濡らさない、飛ばす,a,,,,一,yodo\n");

    assert_fault(told, 0, 6, "files");
    assert_fault(told, 0, 10, "no heading");
    assert_fault(told, 0, 14, "twice");
    assert_fault(told, 1, 1, "not a person");
    assert_fault(told, 1, 2, "not a record");
    assert_fault(told, 1, 3, "choices");
    assert_fault(told, 1, 4, "calendar");
    assert_fault(told, 1, 7, "no state");
    assert_fault(told, 1, 8, "not on the list");
    assert_fault(told, 1, 13, "whole number");
    json_decref(told);
    told = judge(&x, "items", "番号,状態,価格\nA,,-1\nB,,\"3,50\"\n");
    assert_fault(told, 1, 2, "at least 0");
    assert_fault(told, 2, 2, "3,500");
    scenario_play_close(x.play);
}

static void missing_and_double_values_are_faults(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    char csv[512];
    JSON_AUTO *told = NULL;
    JSON_AUTO *none = judge(&x, "items", "番号\nA\n");
    JSON_AUTO *empty = judge(&x, "items", "番号,状態\n");

    assert_fault(none, 0, -1, "state");
    assert_fault(empty, 0, -1, "no rows");
    snprintf(csv, sizeof(csv), "番号,状態,旧番号,種別\nA,%1$s,1,\nａ,%1$s,1,\n,%1$s,,\n",
             first_state(g, "items"));
    told = judge(&x, "items", csv);
    assert_fault(told, 2, 0, "row 1");
    assert_fault(told, 2, 2, "row 1");
    assert_fault(told, 3, 0, "must be filled in");
    assert_int_equal(json_int(told, "n_faults"), 3);
    scenario_play_close(x.play);
}

/* What every state asks for need not wait until there is a state; the id of a field is that field, whatever the old number is called. */
static void all_is_told_at_once(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    JSON_AUTO *told = judge(&x, "items", "種別,number\n灯火,\n");

    assert_fault(told, 0, -1, "state");
    assert_fault(told, 1, 1, "must be filled in");
    assert_int_equal(json_int(told, "n_faults"), 2);
    scenario_play_close(x.play);
}

static int64_t faults_of(struct site *x, const char *others)
{
    char csv[256];
    json_t *told;
    int64_t n = 0;

    snprintf(csv, sizeof(csv), "状態,他\n無い,%s\n", others);
    told = judge(x, "trials", csv);
    for (size_t i = 0; i < json_array_size(json_arr(told, "faults")); i++)
        n += json_int(json_array_get(json_arr(told, "faults"), i), "col") == 1;
    json_decref(told);
    return n;
}

/* Each piece is judged: 、 parts a list in which nothing else does. */
static void a_list_is_parted(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);

    assert_int_equal(faults_of(&x, "X-1"), 1);
    assert_int_equal(faults_of(&x, "X-1、X-2、X-3"), 3);
    assert_int_equal(faults_of(&x, "X-1;X-2、X-3"), 2);
    assert_int_equal(faults_of(&x, "X-1、X-2;"), 1);
    scenario_play_close(x.play);
}

/* Long cells in columns that take names: each is told, however many there are. */
static void long_words_are_faults_and_no_more(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    JSON_AUTO *rows = json_array();
    JSON_AUTO *table = NULL;
    JSON_AUTO *told = NULL;
    static char word[60001];

    memset(word, 'x', sizeof(word) - 1);
    for (unsigned i = 0; i < 200; i++)
        OK(json_array_append_new(rows, json_pack("[s, s]", word, word)));
    table = json_pack("{s:[s, s], s:O}", "headings", "state", "種別", "rows", rows);
    OK(engine_takeover_judge(x.e, "Y", "items", table, now(&x), &told));
    assert_fault(told, 1, 0, "no state");
    assert_fault(told, 1, 1, "choices");
    assert_fault(told, 1, -1, "must be filled in");
    assert_int_equal(json_int(told, "n_faults"), 600);
    scenario_play_close(x.play);
}

/* ---- adopting ---- */

static json_t *view_of(struct site *x, const char *person, const char *id)
{
    json_t *view = NULL;

    OK(engine_view(x->e, person, id, now(x), &view));
    assert_non_null(view);
    return view;
}

static void rows_become_records(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    char csv[512], id[64], loan[64];
    JSON_AUTO *view = NULL;
    JSON_AUTO *lent = NULL;
    const json_t *first;

    items(g, csv);
    assert_clean(judge(&x, "items", csv));
    take_over(&x, "items", csv, id);
    view = view_of(&x, "Y", id);
    assert_string_equal(json_str(view, "former"), "台帳-7");
    assert_string_equal(json_str(view, "state"), first_state(g, "items"));
    assert_string_equal(json_str(json_obj(view, "values"), "holder"), "A");
    assert_string_equal(json_str(json_obj(view, "values"), "kind"), "lamp");
    first = json_array_get(json_arr(view, "history"), 0);
    assert_string_equal(json_str(first, "act"), "items/take-over");
    assert_string_equal(json_str(first, "actor"), "M");
    assert_string_equal(json_str(json_obj(first, "title"), "ja"), "引継ぎ（紙台帳から）");
    /* By its old number other rows name it; groups by lines; what is personal is sealed. */
    snprintf(
        csv, sizeof(csv),
        "所属,使用者,備品,目的,開始日,終了日,状態,備考,連絡先,遵守事項,附属品／品名,附属品／有無\n"
        "試験署,A,台帳-7,警ら,R8.4.1,R9.3.31,%s,秘密,090,施錠,\"灯\n箱\",\"有\n無\"\n",
        first_state(g, "loans"));
    assert_clean(judge(&x, "loans", csv));
    take_over(&x, "loans", csv, loan);
    lent = view_of(&x, "M", loan);
    assert_string_equal(json_str(json_obj(lent, "values"), "item"), id);
    assert_string_equal(json_str(json_obj(lent, "personal"), "note"), "秘密");
    assert_string_equal(json_str(json_obj(lent, "personal"), "owner"), "090");
    assert_string_equal(
        json_str(json_array_get(json_arr(json_obj(lent, "values"), "parts"), 1), "what"), "箱");
    assert_false(
        json_flag(json_array_get(json_arr(json_obj(lent, "values"), "parts"), 1), "there"));
    assert_true(json_array_size(json_arr(view, "history")) == 1);
    scenario_play_close(x.play);
}

static void nothing_is_taken_twice(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    char csv[512], id[64];
    JSON_AUTO *told = NULL;
    JSON_AUTO *table = NULL;
    JSON_AUTO *judged = NULL;
    JSON_AUTO *list = NULL;

    items(g, csv);
    take_over(&x, "items", csv, id);
    told = judge(&x, "items", csv);
    assert_fault(told, 1, 0, "taken over already");
    assert_fault(told, 2, 1, "the same as in another record");
    table = table_of(csv);
    setting_begin(x.play);
    assert_int_equal(engine_takeover_propose(x.e, "Y", "items", table, now(&x), &judged),
                     TAKEOVER_E_FAULTS);
    store_rollback(x.s);
    OK(engine_takeover_list(x.e, "", 10, &list));
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(json_str(json_array_get(list, 0), "state"), "adopted");
    scenario_play_close(x.play);
}

/* What is unique within a unit is no other's: neither in the table nor in the store. */
static void another_unit_holds_the_same(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    const char *open = first_state(g, "users");
    char csv[512], id[64];
    JSON_AUTO *told = NULL;
    JSON_AUTO *again = NULL;

    snprintf(csv, sizeof(csv), "所属,氏名,状態\nsho,A,%1$s\nyodo,A,%1$s\nsho,A,%1$s\n", open);
    told = judge(&x, "users", csv);
    assert_fault(told, 3, 1, "row 1");
    assert_int_equal(json_int(told, "n_faults"), 1);
    snprintf(csv, sizeof(csv), "所属,氏名,状態\nsho,A,%1$s\n", open);
    take_over(&x, "users", csv, id);
    snprintf(csv, sizeof(csv), "所属,氏名,状態\nyodo,A,%1$s\nsho,A,%1$s\n", open);
    again = judge(&x, "users", csv);
    assert_fault(again, 2, 1, "the same as in another record");
    assert_int_equal(json_int(again, "n_faults"), 1);
    scenario_play_close(x.play);
}

/* Between the proposal and its adoption somebody else enters the same: nothing of the table is taken. */
static void what_changed_meanwhile_is_seen(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    char csv[512], id[64];
    JSON_AUTO *table = NULL;
    JSON_AUTO *kept = NULL;
    JSON_AUTO *told = NULL;
    JSON_AUTO *again = NULL;
    json_t *none = NULL;

    items(g, csv);
    table = table_of(csv);
    setting_begin(x.play);
    OK(engine_takeover_propose(x.e, "Y", "items", table, now(&x), &kept));
    setting_commit(x.play);
    take_over(&x, "items", csv, id);
    setting_begin(x.play);
    assert_int_equal(engine_takeover_adopt(x.e, x.log, "M", json_str(kept, "id"), "00", now(&x),
                                           &none),
                     TAKEOVER_E_STALE);
    assert_int_equal(engine_takeover_adopt(x.e, x.log, "M", "TAKEOVER-2026-9999", "00", now(&x),
                                           &none),
                     TAKEOVER_E_NONE);
    assert_int_equal(engine_takeover_adopt(x.e, x.log, "M", json_str(kept, "id"),
                                           json_str(kept, "digest"), now(&x), &told),
                     TAKEOVER_E_FAULTS);
    OK(engine_takeover_drop(x.e, "M", json_str(kept, "id"), now(&x)));
    assert_int_equal(engine_takeover_drop(x.e, "M", json_str(kept, "id"), now(&x)),
                     TAKEOVER_E_DECIDED);
    setting_commit(x.play);
    OK(engine_takeover_get(x.e, json_str(kept, "id"), true, &again));
    assert_string_equal(json_str(again, "state"), "dropped");
    assert_null(json_obj(again, "table"));
    scenario_play_close(x.play);
}

/* ---- replay ---- */

static void print_records(struct store *s, struct buf *out)
{
    ROWS_AUTO *rows = NULL;

    OK(STORE_QUERY(s, &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(1000)));
    while (rows_next(rows) == 1) {
        ROWS_AUTO *index = NULL;
        ROWS_AUTO *waiting = NULL;

        for (int c = 0; c < 13; c++)
            if (c < 3 || c == 12)
                OK(buf_printf(out, "%s|", rows_text(rows, c)));
        OK(STORE_QUERY(s, &index, STMT_INDEX_OF_RECORD, V_TEXT(rows_text(rows, 0))));
        while (rows_next(index) == 1)
            OK(buf_printf(out, "%s=%s;", rows_text(index, 0), rows_text(index, 1)));
        OK(STORE_QUERY(s, &waiting, STMT_WAITING_LIST, V_TEXT(rows_text(rows, 0))));
        while (rows_next(waiting) == 1)
            OK(buf_printf(out, "%s/%s/%s;", rows_text(waiting, 0), rows_text(waiting, 1),
                          rows_text(waiting, 2)));
        OK(buf_add_char(out, '\n'));
    }
}

static void replay_makes_the_same(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g), y = site_at(g);
    CLEANUP(buf_done) struct buf was, is;
    char csv[512], id[64];

    buf_init(&was, 1u << 20);
    buf_init(&is, 1u << 20);
    items(g, csv);
    take_over(&x, "items", csv, id);
    snprintf(csv, sizeof(csv),
             "所属,使用者,備品,目的,開始日,終了日,状態,備考,by.%s\nsho,A,台帳-7,drill,R8.4.1,R9.3."
             "31,%s,秘密,B\n",
             pack_reg(g->pack, "loans")->procedure->roles[0].id, first_state(g, "loans"));
    take_over(&x, "loans", csv, id);
    if (engine_replay(x.s, y.e, &g->diag))
        fail_msg("%s", diag_first(&g->diag));
    print_records(x.s, &was);
    print_records(y.s, &is);
    assert_non_null(strstr(was.at, "_former=台帳-7"));
    assert_non_null(strstr(was.at, "\"_parties\""));
    assert_string_equal(was.at, is.at);
    scenario_play_close(x.play);
    scenario_play_close(y.play);
}

/* Administrators read the whole table: what its readers alone may read, each time as an entry, comes in by no table, nor does what the directive lets nobody
 * save as a file. */
static void level_3_comes_by_no_table(void **state)
{
    struct setting *g = *state;
    struct site x = site_at(g);
    const char *at = first_state(g, "papers");
    struct pack *pack = (struct pack *)(uintptr_t)engine_reg(x.e, "papers")->pack;
    struct channel *said = pack->channels, capped = {.id = "export", .at_most = 1};
    size_t n_said = pack->n_channels;
    char csv[512];
    JSON_AUTO *told = NULL, *lower = NULL;

    snprintf(csv, sizeof(csv), "所属,件名,状態,class,asked_class\nsho,名簿,%s,c2,\nsho,名簿,%s,c3,\nsho,名簿,%s,c1,c3\n", at, at, at);
    told = judge(&x, "papers", csv);
    if (json_int(told, "n_faults") != 2)
        fail_msg("%s", json_dumps(told, JSON_INDENT(1)));
    assert_fault(told, 2, -1, "confidentiality 3");
    assert_fault(told, 3, -1, "confidentiality 3");
    pack->channels = &capped;
    pack->n_channels = 1;
    lower = judge(&x, "papers", csv);
    pack->channels = said;
    pack->n_channels = n_said;
    assert_int_equal(json_int(lower, "n_faults"), 3);
    assert_fault(lower, 1, -1, "confidentiality 2");
    scenario_play_close(x.play);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(every_fault_has_its_cell),
        BOTH(missing_and_double_values_are_faults),
        BOTH(all_is_told_at_once),
        BOTH(a_list_is_parted),
        BOTH(long_words_are_faults_and_no_more),
        BOTH(rows_become_records),
        BOTH(nothing_is_taken_twice),
        BOTH(another_unit_holds_the_same),
        BOTH(level_3_comes_by_no_table),
        BOTH(what_changed_meanwhile_is_seen),
        BOTH(replay_makes_the_same),
    };

    return cmocka_run_group_tests(tests, settings_start, settings_stop);
}
