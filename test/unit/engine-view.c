/* What persons see of the small pack's story: views, steps, lists, the day's work; staleness; sealing. ENGINE_PACK names it. */
#include "setting.h"
#include "base/file.h"
#include "engine/inside.h"
#include "engine/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct setting setting;
    struct scenario_play *play;
    struct engine *e;
    uint64_t now_us;
    const char *loan, *lamp;
};

static int open_fixture(void **state)
{
    static struct fixture x;

    setting_open(&x.setting, getenv("ENGINE_PACK"), false);
    x.play = setting_play(&x.setting, false, "a-loan");
    x.e = scenario_play_engine(x.play);
    x.now_us = scenario_play_now(x.play);
    x.loan = scenario_play_record(x.play, "APP");
    x.lamp = scenario_play_record(x.play, "L1");
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

static const json_t *with_member(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), key), value))
            return json_array_get(list, i);
    return NULL;
}

static void a_record_shows_values_history_and_links(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *v = NULL;
    JSON_AUTO *lamp = NULL;

    assert_int_equal(engine_view(x->e, "C", x->loan, x->now_us, &v), 0);
    assert_string_equal(json_str(v, "state"), "permitted");
    assert_string_equal(json_str(json_obj(v, "values"), "person"), "A");
    assert_string_equal(json_str(json_obj(v, "personal"), "owner"), "090-0000-0000");
    assert_string_equal(json_str(json_obj(v, "parties"), "applicant"), "A");
    assert_string_equal(json_str(json_array_get(json_arr(v, "history"), 0), "act"), "loans/apply");
    assert_string_equal(json_str(json_obj(json_array_get(json_arr(v, "history"), 0), "title"), "ja"), "申請する");
    assert_int_equal(engine_view(x->e, "Y", x->lamp, x->now_us, &lamp), 0);
    assert_non_null(with_member(json_arr(lamp, "links"), "id", x->loan));
}

/* A paper that everybody may read names a loan that not everybody may. */
static void a_view_tells_which_named_records_are_in_sight(void **state)
{
    struct fixture *x = *state;
    CLEANUP(scenario_play_closep) struct scenario_play *play = NULL;
    JSON_AUTO *seen = NULL;
    JSON_AUTO *hidden = NULL;
    JSON_AUTO *of_loan = NULL;
    const char *paper, *loan;

    play = setting_play(&x->setting, false, "c-people");
    paper = scenario_play_record(play, "DI");
    loan = scenario_play_record(play, "L3");
    assert_int_equal(engine_view(scenario_play_engine(play), "M", paper, scenario_play_now(play), &seen), 0);
    assert_string_equal(json_str(with_member(json_arr(seen, "named"), "id", loan), "reg"), "loans");
    assert_int_equal(json_array_size(json_arr(seen, "named")), 1);
    assert_int_equal(engine_view(scenario_play_engine(play), "X", paper, scenario_play_now(play), &hidden), 0);
    assert_string_equal(json_string_value(json_array_get(json_arr(json_obj(hidden, "values"), "records"), 0)), loan);
    assert_int_equal(json_array_size(json_arr(hidden, "named")), 0);
    assert_int_equal(engine_view(x->e, "C", x->loan, x->now_us, &of_loan), 0);
    assert_string_equal(json_str(with_member(json_arr(of_loan, "named"), "id", x->lamp), "name"), "L-1");
}

/* What an obligation of another register did to a record bears the obligation's name, too. */
static void history_names_obligations(void **state)
{
    struct fixture *x = *state;
    CLEANUP(scenario_play_closep) struct scenario_play *play = NULL;
    JSON_AUTO *lamp = NULL;
    const json_t *locked;

    play = setting_play(&x->setting, false, "b-obligations");
    assert_int_equal(engine_view(scenario_play_engine(play), "Y", scenario_play_record(play, "L1"), scenario_play_now(play), &lamp), 0);
    locked = with_member(json_arr(lamp, "history"), "act", "timer/loans!check");
    assert_non_null(locked);
    assert_string_equal(json_str(json_obj(locked, "title"), "ja"), "月次点検");
}

/* The id of the paper that was written, or marked; `with` is taken. */
static const char *paper(struct scenario_play *play, const char *person, const char *step, const char *on, json_t *with, char ret[64])
{
    const struct act act = {.person = person, .reg = "papers", .step = step, .record = on, .with = with, .signs = "", .now_us = scenario_play_now(play)};
    JSON_AUTO *outcome = setting_act(play, &act);

    assert_string_equal(json_str(outcome, "result"), "allowed");
    snprintf(ret, 64, "%s", json_str(outcome, "record"));
    json_decref(with);
    return ret;
}

/* As "unit:sho unit:yodo". */
static void assert_originators(struct scenario_play *play, const char *person, const char *record, const char *wanted)
{
    char told[256] = "";
    JSON_AUTO *v = NULL;

    assert_int_equal(engine_view(scenario_play_engine(play), person, record, scenario_play_now(play), &v), 0);
    for (size_t i = 0; i < json_array_size(json_arr(v, "originators")); i++) {
        const char *kind = json_object_iter_key(json_object_iter(json_array_get(json_arr(v, "originators"), i)));

        snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s:%s", *told ? " " : "", kind, json_str(json_array_get(json_arr(v, "originators"), i), kind));
    }
    assert_string_equal(told, wanted);
    assert_false(json_flag(v, "originators_cut"));
}

/* What is made of others' papers says whose they are, down to the first; whose a paper out of sight is, it does not say. */
static void originators_come_along(void **state)
{
    struct fixture *x = *state;
    CLEANUP(scenario_play_closep) struct scenario_play *play = setting_play(&x->setting, false, "o-tickets");
    char first[64], second[64], third[64], again[64];

    paper(play, "Y", "write", "", json_pack("{s:s, s:s, s:s}", "unit", "yodo", "subject", "用度", "class", "c2"), first);
    paper(play, "C", "write", "", json_pack("{s:s, s:s, s:s, s:[s], s:[s]}", "unit", "sho", "subject", "受付", "class", "c2", "readers", "C", "sources", first), second);
    paper(play, "C", "write", "", json_pack("{s:s, s:s, s:s, s:[s], s:[s, s]}", "unit", "sho", "subject", "まとめ", "class", "c2", "readers", "C", "sources", second, first), third);
    assert_originators(play, "Y", first, "unit:yodo");
    assert_originators(play, "C", third, "unit:sho unit:yodo");
    paper(play, "Y", "mark", first, json_pack("{s:[s]}", "readers", "Y"), again);
    assert_originators(play, "C", third, "unit:sho");
}

static void who_is_not_in_the_range_sees_nothing(void **state)
{
    struct fixture *x = *state;
    const struct list_query q = {.reg = "loans", .page = 1, .page_size = 50};
    JSON_AUTO *v = NULL;
    JSON_AUTO *hidden = NULL;
    JSON_AUTO *shown = NULL;

    assert_int_equal(engine_view(x->e, "X", x->loan, x->now_us, &v), 1);
    assert_null(v);
    assert_int_equal(engine_list(x->e, "X", &q, &hidden), 0);
    assert_int_equal(json_int(hidden, "total"), 0);
    assert_int_equal(engine_list(x->e, "M", &q, &shown), 0);
    assert_int_equal(json_int(shown, "total"), 1);
    assert_string_equal(json_str(json_array_get(json_arr(shown, "rows"), 0), "id"), x->loan);
    assert_null(json_object_get(json_obj(json_array_get(json_arr(shown, "rows"), 0), "values"), "_parties"));
}

static void lists_filter_and_page(void **state)
{
    struct fixture *x = *state;
    const struct list_query by_key = {.reg = "items", .field = "kind", .key = "radio", .page = 1, .page_size = 10};
    const struct list_query second = {.reg = "items", .page = 2, .page_size = 1};
    const struct list_query none = {.reg = "items", .state = "lent", .page = 1, .page_size = 10};
    JSON_AUTO *a = NULL;
    JSON_AUTO *b = NULL;
    JSON_AUTO *c = NULL;

    assert_int_equal(engine_list(x->e, "X", &by_key, &a), 0);
    assert_int_equal(json_int(a, "total"), 1);
    assert_int_equal(engine_list(x->e, "X", &second, &b), 0);
    assert_int_equal(json_int(b, "total"), 2);
    assert_int_equal(json_int(b, "pages"), 2);
    assert_int_equal(json_array_size(json_arr(b, "rows")), 1);
    assert_string_equal(json_str(json_array_get(json_arr(b, "rows"), 0), "id"), x->lamp);
    assert_int_equal(engine_list(x->e, "X", &none, &c), 0);
    assert_int_equal(json_array_size(json_arr(c, "rows")), 0);
}

/* A register may call a state of its own "open". */
static void what_is_unfinished_has_a_word_that_no_state_has(void **state)
{
    struct fixture *x = *state;
    static const struct {
        const char *state;
        json_int_t total;
    } rows[] = {{LIST_UNFINISHED, 1}, {"open", 0}, {"permitted", 1}, {"returned", 0}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct list_query q = {.reg = "loans", .state = rows[i].state, .page = 1, .page_size = 10};
        JSON_AUTO *o = NULL;

        assert_int_equal(engine_list(x->e, "M", &q, &o), 0);
        assert_int_equal(json_int(o, "total"), rows[i].total);
    }
}

/* By any width and case of what stands there, and by nothing else. */
static void lists_find_texts_however_typed(void **state)
{
    struct fixture *x = *state;
    static const char *const typed[] = {"L-1", "l-1", "Ｌ－１", "ｌ－1"};

    for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
        const struct list_query q = {
            .reg = "items", .field = "number", .key = typed[i], .page = 1, .page_size = 10};
        JSON_AUTO *o = NULL;

        assert_int_equal(engine_list(x->e, "X", &q, &o), 0);
        assert_int_equal(json_int(o, "total"), 1);
        assert_string_equal(json_str(json_array_get(json_arr(o, "rows"), 0), "id"), x->lamp);
    }
    {
        const struct list_query q = {
            .reg = "items", .field = "number", .key = "L1", .page = 1, .page_size = 10};
        JSON_AUTO *o = NULL;

        assert_int_equal(engine_list(x->e, "X", &q, &o), 0);
        assert_int_equal(json_int(o, "total"), 0);
    }
}

static void lists_keep_their_order_over_pages(void **state)
{
    struct fixture *x = *state;
    static const char *const sorts[] = {"id", "opened", "changed"};

    for (size_t i = 0; i < ARRAY_LEN(sorts); i++)
        for (unsigned page = 1; page <= 2; page++) {
            const struct list_query q = {.reg = "items", .sort = sorts[i], .page = page, .page_size = 1};
            JSON_AUTO *o = NULL;
            bool first = (page == 1) == !strcmp(sorts[i], "id"); /* the lamp was entered first, and changed by nobody */

            assert_int_equal(engine_list(x->e, "X", &q, &o), 0);
            assert_int_equal(json_int(o, "total"), 2);
            assert_string_equal(json_str(json_array_get(json_arr(o, "rows"), 0), "name"), first ? "L-1" : "R-1");
        }
}

static void steps_say_what_is_open_and_what_stands_in_the_way(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *fresh = NULL;
    JSON_AUTO *later = NULL;
    const json_t *apply, *lend;

    assert_int_equal(engine_steps(x->e, "A", "loans", "", x->now_us, &fresh), 0);
    apply = with_member(fresh, "step", "apply");
    assert_non_null(apply);
    assert_string_equal(json_str(apply, "result"), "open");
    assert_string_equal(json_str(json_obj(apply, "initial"), "unit"), "sho");
    assert_int_equal(engine_steps(x->e, "Y", "loans", x->loan, x->now_us, &later), 0);
    lend = with_member(later, "step", "lend");
    assert_non_null(lend);
    assert_string_equal(json_str(lend, "result"), "not-yet"); /* it begins later */
    assert_true(*json_str(json_obj(json_array_get(json_arr(lend, "unmet"), 0), "say"), "ja"));
}

static void the_days_work_lists_what_waits(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *early = NULL;
    JSON_AUTO *keeper = NULL;
    JSON_AUTO *user = NULL;
    JSON_AUTO *roles = NULL;
    JSON_AUTO *steps = NULL;
    const uint64_t later_us = x->now_us + 9 * US_PER_DAY;
    const json_t *lend;

    assert_int_equal(engine_today(x->e, "Y", x->now_us, &early), 0);
    assert_null(with_member(json_arr(early, "waiting"), "step", "lend")); /* refused before its day */
    assert_int_equal(engine_today(x->e, "Y", later_us, &keeper), 0);
    lend = with_member(json_arr(keeper, "waiting"), "step", "lend");
    assert_non_null(lend);
    assert_int_equal(engine_steps(x->e, "Y", "loans", x->loan, later_us, &steps), 0);
    assert_string_equal(json_str(lend, "result"), json_str(with_member(steps, "step", "lend"), "result"));
    assert_string_equal(json_str(lend, "of_unit"), "sho");
    assert_int_equal(engine_today(x->e, "A", x->now_us, &user), 0);
    assert_int_equal(json_array_size(json_arr(user, "waiting")), 0);
    assert_non_null(with_member(json_arr(user, "notices"), "about", "loans/permit"));
    assert_int_equal(engine_roles(x->e, "A", x->now_us, &roles), 0);
    assert_string_equal(json_str(with_member(roles, "role", "kit/user"), "unit"), "sho");
}

/* A loan asks which item it is about; its unit is said by a default. */
static void a_record_leads_to_what_begins_about_it(void **state)
{
    struct fixture *x = *state;
    const struct step *apply = procedure_step(engine_reg(x->e, "loans")->procedure, "apply", 0);
    JSON_AUTO *kept = NULL;
    JSON_AUTO *others = NULL;
    JSON_AUTO *unseen = NULL;
    JSON_AUTO *values = NULL;
    JSON_AUTO *none = NULL;
    const json_t *step;

    assert_int_equal(engine_next(x->e, "A", x->lamp, x->now_us, &kept), 0);
    step = with_member(kept, "step", "apply");
    assert_string_equal(json_str(step, "reg"), "loans");
    assert_string_equal(json_str(json_obj(step, "title"), "ja"), "申請する");
    assert_int_equal(engine_next_values(x->e, "A", apply, x->lamp, x->now_us, &values), 0);
    assert_int_equal(json_object_size(values), 1);
    assert_string_equal(json_str(values, "item"), x->lamp);
    assert_int_equal(engine_next(x->e, "D", x->lamp, x->now_us, &others), 0);
    assert_null(with_member(others, "step", "apply"));
    assert_int_equal(engine_next(x->e, "X", x->loan, x->now_us, &unseen), 0);
    assert_int_equal(json_array_size(unseen), 0);
    assert_int_equal(engine_next_values(x->e, "X", apply, x->loan, x->now_us, &none), 1);
}

static void explaining_changes_nothing(void **state)
{
    struct fixture *x = *state;
    struct act act = {.person = "Y", .reg = "loans", .step = "lend", .record = x->loan, .now_us = x->now_us + 9 * US_PER_DAY};
    JSON_AUTO *yes = NULL;
    JSON_AUTO *stale = NULL;
    JSON_AUTO *other = NULL;
    JSON_AUTO *v = NULL;

    assert_int_equal(engine_explain(x->e, &act, &yes), 0);
    assert_string_equal(json_str(yes, "result"), "allowed");
    assert_string_equal(json_str(yes, "state"), "out");
    act.seen_version = 1;
    assert_int_equal(engine_explain(x->e, &act, &stale), 0);
    assert_string_equal(json_str(stale, "result"), "stale");
    act.record = "LO-2026-0404";
    assert_int_equal(engine_explain(x->e, &act, &other), 0);
    assert_string_equal(json_str(other, "result"), "forbidden");
    assert_int_equal(engine_view(x->e, "Y", x->loan, x->now_us, &v), 0);
    assert_string_equal(json_str(v, "state"), "permitted");
}

static void personal_values_are_sealed(void **state)
{
    struct fixture *x = *state;
    ROWS_AUTO *row = NULL;
    ROWS_AUTO *body = NULL;
    struct str sealed;

    assert_int_equal(STORE_ONE(scenario_play_store(x->play), &row, STMT_PERSONAL_GET, V_TEXT(x->loan), V_TEXT("owner")), 0);
    sealed = rows_blob(row, 0);
    assert_null(memmem(sealed.at, sealed.len, "090-", 4));
    assert_int_equal(STORE_ONE(scenario_play_store(x->play), &body, STMT_RECORD_GET, V_TEXT(x->loan)), 0);
    assert_null(strstr(rows_text(body, 11), "090-"));
    assert_non_null(strstr(rows_text(body, 11), "\"owner\":\"")); /* its commitment */
}

static const char *listed_name(struct scenario_play *play, const char *person, const char *reg, const char *id, char ret[64])
{
    JSON_AUTO *list = NULL;
    struct list_query q = {.reg = reg, .page = 1, .page_size = 50};

    assert_int_equal(engine_list(scenario_play_engine(play), person, &q, &list), 0);
    snprintf(ret, 64, "%s", json_str(with_member(json_arr(list, "rows"), "id", id), "name"));
    return ret;
}

static const char *told_name(struct scenario_play *play, const char *person, const char *reg, const char *id, char ret[64])
{
    JSON_AUTO *ids = json_pack("{s:s}", id, reg);
    JSON_AUTO *named = NULL;

    assert_int_equal(engine_named(scenario_play_engine(play), person, ids, scenario_play_now(play), &named), 0);
    snprintf(ret, 64, "%s", json_str(json_array_get(named, 0), "name"));
    return ret;
}

static const char *page_name(struct scenario_play *play, const char *person, const char *id, char ret[64])
{
    JSON_AUTO *v = NULL;

    assert_int_equal(engine_view(scenario_play_engine(play), person, id, scenario_play_now(play), &v), 0);
    snprintf(ret, 64, "%s", json_str(v, "name"));
    return ret;
}

/* The ledger has no title; who sees the record has it in lists and links below confidentiality 3, and of 3 on its own page alone. */
static void sealed_names_are_told_to_who_sees_them(void **state)
{
    struct fixture *x = *state;
    CLEANUP(scenario_play_closep) struct scenario_play *play = NULL;
    ROWS_AUTO *entries = NULL;
    const char *middle, *high;
    size_t n = 0;
    char name[64];

    play = setting_play(&x->setting, false, "o-tickets");
    middle = scenario_play_record(play, "P1");
    high = scenario_play_record(play, "P3");
    assert_string_equal(listed_name(play, "M", "papers", middle, name), "名簿");
    assert_string_equal(listed_name(play, "M", "papers", high, name), high);
    assert_string_equal(told_name(play, "M", "papers", middle, name), "名簿");
    assert_string_equal(told_name(play, "M", "papers", high, name), high);
    assert_string_equal(page_name(play, "M", middle, name), "名簿");
    assert_string_equal(page_name(play, "M", high, name), "秘密の名簿");
    assert_int_equal(STORE_QUERY(scenario_play_store(play), &entries, STMT_ENTRY_RANGE, V_INT(2026), V_INT(0), V_INT(1 << 20)), 0);
    while (rows_next(entries) == 1) {
        struct str leaf = rows_blob(entries, 2);

        assert_null(memmem(leaf.at, leaf.len, "名簿", strlen("名簿")));
        n += memmem(leaf.at, leaf.len, "papers/write", 12) != NULL;
    }
    assert_true(n >= 2);
}

/* The force of the pack with one text of a file changed. */
static struct force *force_with(enum force_file file, const char *line, const char *changed)
{
    struct buf texts[FORCE_FILES], path;
    struct str given[FORCE_FILES];
    struct force *force = NULL;

    for (enum force_file f = FORCE_UNITS; f < FORCE_FILES; f++) {
        buf_init(&path, 4096);
        buf_init(&texts[f], 1u << 20);
        assert_int_equal(buf_printf(&path, "%s/force/%s", getenv("ENGINE_PACK"), force_file_name(f)), 0);
        assert_true(file_read(path.at, 1u << 20, &texts[f], NULL) == 0 || f > FORCE_APPOINTMENTS);
        buf_done(&path);
        if (f == file) {
            const char *at = strstr(texts[f].at, line);
            struct buf b;

            assert_non_null(at);
            buf_init(&b, 1u << 20);
            assert_int_equal(buf_printf(&b, "%.*s%s%s", (int)(at - texts[f].at), texts[f].at, changed, at + strlen(line)), 0);
            buf_done(&texts[f]);
            texts[f] = b;
        }
        given[f] = buf_str(&texts[f]);
    }
    assert_int_equal(force_load_texts(given, &force, NULL), 0);
    for (enum force_file f = FORCE_UNITS; f < FORCE_FILES; f++)
        buf_done(&texts[f]);
    return force;
}

/* M has left the service with the last of April, his appointment open, and D acts for him in May. */
static struct force *force_without_the_head(void)
{
    return force_with(FORCE_PERSONS, "Hanako Shocho,superintendent,,", "Hanako Shocho,superintendent,,2026-04-30");
}

static bool among(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
            return true;
    return false;
}

static void assert_holders(struct stage *sc, const struct pack *pack, const char *role, const char *is, const char *is_not)
{
    JSON_AUTO *list = NULL;

    assert_int_equal(role_holders(sc, pack_reg(pack, "loans"), pack_role(pack, role), force_unit(sc->e->force, "sho"), &list), 0);
    assert_true(among(list, is));
    assert_false(among(list, is_not));
}

static void who_has_left_holds_nothing_and_nobody_acts_for_him(void **state)
{
    struct fixture *x = *state;
    uint64_t may_us;
    struct force *force = force_without_the_head();
    struct scenario_play *play = NULL;
    JSON_AUTO *roles = NULL;
    const json_t *acting;
    struct stage sc;

    assert_int_equal(instant_parse(STR("2026-05-10T09:00"), &may_us), 0);
    assert_int_equal(scenario_play_open(":memory:", x->setting.pack, force, &play, &x->setting.diag), 0);
    assert_int_equal(engine_roles(scenario_play_engine(play), "D", may_us, &roles), 0);
    acting = with_member(roles, "role", "kit/manager");
    assert_string_equal(json_str(acting, "authority"), "acting");
    assert_string_equal(json_str(acting, "for"), ""); /* the post is vacant */
    assert_int_equal(stage_open(&sc, scenario_play_engine(play), "D", may_us), 0);
    assert_holders(&sc, x->setting.pack, "manager", "D", "M");
    assert_holders(&sc, x->setting.pack, "senior", "D", "M");
    stage_done(&sc);
    scenario_play_close(play);
    force_unref(force);
}

/* A role of each unit is delegated unit by unit: what names none is for none, and a record without one has nobody. */
static void a_delegation_of_no_unit_counts_nowhere(void **state)
{
    struct fixture *x = *state;
    struct force *force = force_with(FORCE_DELEGATIONS, "s1,senketsu,kit/manager,sho,", "s1,senketsu,kit/manager,,");
    struct scenario_play *play = NULL;
    const struct person *deputy;
    struct stage sc;

    assert_int_equal(scenario_play_open(":memory:", x->setting.pack, force, &play, &x->setting.diag), 0);
    assert_int_equal(stage_open(&sc, scenario_play_engine(play), "D", x->now_us), 0);
    deputy = force_person(sc.e->force, "D");
    assert_int_equal(role_holds(&sc, deputy, pack_reg(x->setting.pack, "loans"), pack_role(x->setting.pack, "manager"), NULL, "loans/refuse", NULL), 0);
    assert_int_equal(role_holds(&sc, deputy, pack_reg(x->setting.pack, "loans"), pack_role(x->setting.pack, "manager"),
                                force_unit(sc.e->force, "sho"), "loans/refuse", NULL), 0);
    stage_done(&sc);
    scenario_play_close(play);
    force_unref(force);
}

/* Of very much that waits the oldest is shown, and that there is more. */
static void a_long_day_says_that_there_is_more(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *with = json_object();
    struct scene begin = {.kind = SCENE_DO, .as = "A", .reg = "trials", .act = "begin", .on = "", .name = "T", .with = with};
    struct scenario one = {.id = "long", .scenes = &begin, .n_scenes = 1};
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    size_t failed = 0;

    assert_int_equal(engine_today(x->e, "M", x->now_us, &before), 0);
    assert_false(json_flag(before, "more"));
    for (int i = 0; i < 201; i++)
        assert_int_equal(scenario_play(x->play, &one, SIZE_MAX, NULL, NULL, &failed, &x->setting.diag), 0);
    assert_int_equal(failed, 0);
    assert_int_equal(engine_today(x->e, "M", x->now_us, &after), 0);
    assert_true(json_flag(after, "more"));
    assert_int_equal(json_array_size(json_arr(after, "waiting")), 200);
}

/* Of what was decided before the last day of the directive nothing is said when somebody looks later. The clock goes on: last. */
static void what_is_decided_after_the_last_day_is_stamped(void **state)
{
    struct fixture *x = *state;
    JSON_AUTO *with = json_pack("{s:s, s:s}", "number", "L-9", "price", "100");
    struct scene add = {.kind = SCENE_DO, .has_at = true, .as = "Y", .reg = "items", .act = "add", .on = "", .name = "LATE", .with = with};
    struct scenario late = {.id = "late", .scenes = &add, .n_scenes = 1};
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    size_t failed = 0;

    assert_int_equal(instant_parse(STR("2028-01-01T09:00"), &add.at_us), 0);
    assert_int_equal(engine_view(x->e, "Y", x->lamp, add.at_us, &before), 0);
    assert_false(json_flag(before, "expired_rule"));
    assert_int_equal(scenario_play(x->play, &late, SIZE_MAX, NULL, NULL, &failed, &x->setting.diag), 0);
    assert_int_equal(failed, 0);
    assert_int_equal(engine_view(x->e, "Y", scenario_play_record(x->play, "LATE"), add.at_us, &after), 0);
    assert_true(json_flag(after, "expired_rule"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_shows_values_history_and_links),
        cmocka_unit_test(a_view_tells_which_named_records_are_in_sight),
        cmocka_unit_test(sealed_names_are_told_to_who_sees_them),
        cmocka_unit_test(history_names_obligations),
        cmocka_unit_test(originators_come_along),
        cmocka_unit_test(who_is_not_in_the_range_sees_nothing),
        cmocka_unit_test(lists_filter_and_page),
        cmocka_unit_test(what_is_unfinished_has_a_word_that_no_state_has),
        cmocka_unit_test(lists_find_texts_however_typed),
        cmocka_unit_test(lists_keep_their_order_over_pages),
        cmocka_unit_test(steps_say_what_is_open_and_what_stands_in_the_way),
        cmocka_unit_test(the_days_work_lists_what_waits),
        cmocka_unit_test(a_record_leads_to_what_begins_about_it),
        cmocka_unit_test(explaining_changes_nothing),
        cmocka_unit_test(personal_values_are_sealed),
        cmocka_unit_test(who_has_left_holds_nothing_and_nobody_acts_for_him),
        cmocka_unit_test(a_delegation_of_no_unit_counts_nowhere),
        cmocka_unit_test(a_long_day_says_that_there_is_more),
        cmocka_unit_test(what_is_decided_after_the_last_day_is_stamped),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
