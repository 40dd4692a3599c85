/* Corrections and what was done on paper, beyond what the scenarios of the small pack say: what is kept and shown, what never leaves the
 * record's key, what is refused before anything is entered; on SQLite and on a real PostgreSQL. ENGINE_PACK names the pack. */
#include "setting.h"
#include "engine/inside.h"
#include "engine/verify.h"
#include "store/tally-notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), true);
    *state = &x;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *x = *state;

    setting_close(&x->setting);
    return 0;
}

static void play_story(struct fixture *x, bool on_server, const char *story)
{
    x->play = setting_play(&x->setting, on_server, story);
}

static json_t *outcome_of(struct fixture *x, struct act act)
{
    act.signs = "";
    act.now_us = scenario_play_now(x->play);
    return setting_act(x->play, &act);
}

static int64_t ledger_size(struct fixture *x)
{
    int64_t shard;
    uint64_t size;

    log_head(scenario_play_log(x->play), &shard, &size);
    return (int64_t)size;
}

/* Invalid in exactly that field, and nothing is entered. */
static void refuses(struct fixture *x, struct act act, const char *field)
{
    int64_t before = ledger_size(x);
    json_t *o = outcome_of(x, act);

    assert_string_equal(json_str(o, "result"), "invalid");
    assert_int_equal(json_array_size(json_arr(o, "fields")), 1);
    assert_string_equal(json_str(json_array_get(json_arr(o, "fields"), 0), "field"), field);
    assert_int_equal(ledger_size(x), before);
    json_decref(o);
}

/* No entry, no row but the sealed ones holds the text. */
static void is_nowhere_in_clear(struct fixture *x, const char *text)
{
    struct store *s = scenario_play_store(x->play);
    ROWS_AUTO *entries = NULL;
    ROWS_AUTO *records = NULL;
    size_t n = 0;

    assert_int_equal(STORE_QUERY(s, &entries, STMT_ENTRY_RANGE, V_INT(2026), V_INT(0), V_INT(10000)), 0);
    for (; rows_next(entries) == 1; n++)
        assert_null(memmem(rows_blob(entries, 2).at, rows_blob(entries, 2).len, text, strlen(text)));
    assert_true(n > 10);
    assert_int_equal(STORE_QUERY(s, &records, STMT_RECORD_ALL, V_TEXT(""), V_INT(10000)), 0);
    while (rows_next(records) == 1)
        assert_null(strstr(rows_text(records, 12), text)); /* the body */
}

static json_t *view_of(struct fixture *x, const char *person, const char *record)
{
    json_t *view = NULL;

    assert_int_equal(engine_view(scenario_play_engine(x->play), person, record, scenario_play_now(x->play), &view), 0);
    return view;
}

/* What the record at hand held before, by field, in the order of the corrections. */
static void held(const json_t *view, size_t nth, const char *field, const char *was, const char *reason)
{
    const json_t *one = json_array_get(json_arr(view, "corrections"), nth), *fields = json_arr(one, "fields");

    assert_string_equal(json_str(one, "reason"), reason);
    for (size_t i = 0; i < json_array_size(fields); i++)
        if (!strcmp(json_str(json_array_get(fields, i), "field"), field)) {
            assert_string_equal(json_str(json_array_get(fields, i), "was"), was);
            return;
        }
    fail_msg("%s was not corrected there", field);
}

static void verifies(struct fixture *x, int wanted)
{
    struct verify_summary sum;

    assert_int_equal(verify_installation(scenario_play_store(x->play), NULL, NULL, &sum, &x->setting.diag), wanted);
    assert_true(sum.n_commitments > 0);
}

static void drop_sealed(struct fixture *x, const char *record, const char *field)
{
    struct store *s = scenario_play_store(x->play);

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(STORE_RUN(s, STMT_PERSONAL_DROP_FIELD, V_TEXT(record), V_TEXT(field)), 0);
    assert_int_equal(store_changed(s), 1);
    assert_int_equal(store_commit(s), 0);
}

/* One less, or one more, of such records than there are. */
static void miscount(struct fixture *x, const char *record, bool more)
{
    struct store *s = scenario_play_store(x->play);
    ROWS_AUTO *row = NULL;
    struct tally_note note = {.comes = more, .id = record};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(STORE_ONE(s, &row, STMT_RECORD_GET, V_TEXT(record)), 0);
    note.reg = rows_text(row, 0);
    note.state = rows_text(row, 1);
    note.audience = rows_int(row, 3);
    note.opened_us = rows_int(row, 6);
    note.changed_us = rows_int(row, 7);
    assert_int_equal(store_tally(s, &note), 0);
    assert_int_equal(store_commit(s), 0);
}

static void corrects(struct fixture *x, bool on_server)
{
    char reason[8192];
    const char *loan, *lamp;
    json_t *view, *with = json_pack("{s:s}", "price", "7"), *same = json_pack("{s:s}", "price", "1300");
    struct act act = {.person = "Y", .reg = "items", .step = "correct", .with = with, .reason = "理由"};
    char field[64];

    play_story(x, on_server, "f-correction");
    loan = scenario_play_record(x->play, "APP");
    lamp = act.record = scenario_play_record(x->play, "L1");
    view = view_of(x, "A", loan);
    held(view, 0, "note", "一行目", "090-0000-0000の誤り");
    held(view, 0, "back_by", "2026-04-10T08:00:00.000000Z", "090-0000-0000の誤り");
    held(view, 1, "note", "二行目", "追記");
    held(view, 4, "returned_on", "2026-04-11", "返却日の誤記");
    assert_null(json_object_get(json_array_get(json_arr(json_array_get(json_arr(view, "corrections"), 4), "fields"), 0), "was"));
    assert_string_equal(json_str(json_obj(view, "parties"), "applicant"), "A");
    (void)snprintf(field, sizeof(field), "note@%lld",
                   (long long)json_int(json_array_get(json_arr(view, "corrections"), 0), "version"));
    json_decref(view);
    is_nowhere_in_clear(x, "一行目");
    is_nowhere_in_clear(x, "090-0000-0000");
    verifies(x, 0);
    refuses(x, (struct act){.person = "Y", .reg = "items", .step = "correct", .record = lamp, .with = same, .reason = "理由"}, "");
    memset(reason, 'a', sizeof(reason));
    reason[2001] = '\0';
    act.reason = reason;
    refuses(x, act, "_reason");
    act.reason = "\x01";
    refuses(x, act, "_reason");
    act.reason = "\xff";
    refuses(x, act, "_reason");
    act.reason = "　";
    refuses(x, act, "_reason");
    act.reason = NULL;
    refuses(x, act, "_reason");
    refuses(x, (struct act){.person = "Y", .reg = "items", .step = "scrap", .record = lamp, .reason = "理由"}, "_reason");
    miscount(x, loan, false);
    verifies(x, VERIFY_E_DAMAGED);
    miscount(x, loan, true);
    verifies(x, 0);
    drop_sealed(x, loan, field);
    verifies(x, VERIFY_E_DAMAGED);
    scenario_play_close(x->play);
    json_decref(with);
    json_decref(same);
}

static void takes_in(struct fixture *x, bool on_server)
{
    static const char *const wrong[] = {"now", "2026-04-17", "12:00", "2026-13-01 10:00", "2026-04-18T09:00:01", "9999-12-31 23:59", "\xff"};
    struct act act = {.person = "B", .reg = "loans", .step = "change"};
    json_t *view, *with = json_pack("{s:s}", "note", "後日"), *history;
    const json_t *lent;

    play_story(x, on_server, "g-paper");
    act.with = with;
    act.record = scenario_play_record(x->play, "OWN");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        act.paper = wrong[i];
        refuses(x, act, "_paper");
    }
    act.paper = "2026-04-17T17:00"; /* the permission's own instant */
    refuses(x, act, "_paper");
    view = view_of(x, "Y", scenario_play_record(x->play, "APP"));
    history = json_arr(view, "history");
    assert_int_equal(json_array_size(history), 5);
    lent = json_array_get(history, 2);
    assert_string_equal(json_str(lent, "act"), "loans/lend");
    assert_string_equal(json_str(lent, "paper"), "2026-04-10T03:00:00.000000Z");
    assert_string_equal(json_str(lent, "t"), "2026-04-14T00:00:00.000000Z");
    assert_string_equal(json_str(view, "opened"), "2026-04-09T01:00:00.000000Z");
    json_decref(view);
    verifies(x, 0);
    scenario_play_close(x->play);
    json_decref(with);
}

/* Who has left may key in what he did before he left, and learns nothing of what came after. */
static void tells_nothing_later(struct fixture *x, bool on_server)
{
    json_t *with = json_pack("{s:s}", "note", "後日"), *o;
    struct act act = {.person = "M", .reg = "loans", .step = "refuse", .paper = "2026-04-17T16:00"};

    play_story(x, on_server, "g-paper");
    act.record = scenario_play_record(x->play, "OWN");
    o = outcome_of(x, act);
    assert_string_equal(json_str(o, "result"), "forbidden");
    assert_int_equal(json_array_size(json_arr(o, "unmet")), 1);
    assert_string_equal(json_str(json_array_get(json_arr(o, "unmet"), 0), "what"), "sight");
    json_decref(o);
    act.person = "D"; /* sees it now: he is told */
    act.paper = "2026-04-17T16:59";
    refuses(x, act, "_paper");
    scenario_play_close(x->play);
    json_decref(with);
}

#define ON_BOTH(test)                                                                              \
    static void test##_on_sqlite(void **state) { test(*state, false); }                            \
    static void test##_on_postgres(void **state) { test(*state, true); }
ON_BOTH(corrects)
ON_BOTH(takes_in)
ON_BOTH(tells_nothing_later)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrects_on_sqlite),      cmocka_unit_test(corrects_on_postgres),
        cmocka_unit_test(takes_in_on_sqlite),      cmocka_unit_test(takes_in_on_postgres),
        cmocka_unit_test(tells_nothing_later_on_sqlite), cmocka_unit_test(tells_nothing_later_on_postgres),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
