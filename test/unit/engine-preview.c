/* A spring's plan of twenty persons over the story of the demonstration force: what the preview says comes true when the day comes.
 * In memory and on a real PostgreSQL. PATROL_PACK and PLAN_SAMPLE name the pack's folder and the plan. */
#include "pg-server.h"
#include "base/file.h"
#include "engine/preview.h"
#include "engine/scenario.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define RECORDS_MAX 200

static struct pg_server *server;
static struct pack *pack;
static struct scenario_set *set;
/* One installation on each database. Tests that only look come first; the last one lets the day come. */
struct bench {
    struct scenario_play *play;
    struct engine *engine;
    struct store *store;
    struct plan *plan;
};
static struct bench sqlite, postgres;

static int32_t day(const char *iso)
{
    int32_t d;

    OK(day_parse_iso(str_of(iso), &d));
    return d;
}

static void bench_open(struct bench *b, const char *db)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    CLEANUP(buf_done) struct buf path, table;
    const struct scenario *story = scenario_find(set, "c-daily-use");
    struct diag diag;
    size_t failed = 0;

    diag_init(&diag);
    buf_init(&path, 4096);
    buf_init(&table, PLAN_BYTES_MAX);
    OK(buf_printf(&path, "%s/force", getenv("PATROL_PACK")));
    OK(force_load_dir(path.at, &force, &diag));
    OK(scenario_play_open(db, pack, force, &b->play, &diag));
    OK(scenario_play(b->play, story, SIZE_MAX, NULL, NULL, &failed, &diag));
    assert_int_equal(failed, 0);
    b->engine = scenario_play_engine(b->play);
    b->store = scenario_play_store(b->play);
    OK(file_read(getenv("PLAN_SAMPLE"), PLAN_BYTES_MAX, &table, &diag));
    if (plan_read(engine_force(b->engine), "plan", buf_str(&table), day_of_instant(scenario_play_now(b->play)), &b->plan, &diag))
        fail_msg("%s", diag_first(&diag));
    diag_done(&diag);
}

static void bench_close(struct bench *b)
{
    plan_free(b->plan);
    scenario_play_close(b->play);
}

static json_t *preview_for(struct bench *b, const char *viewer)
{
    json_t *preview = NULL;

    OK(engine_preview(b->engine, b->plan, viewer, scenario_play_now(b->play), &preview));
    return preview;
}

/* As the keeper adopts it. */
static void adopt(struct bench *b)
{
    struct log *log = scenario_play_log(b->play);

    OK(store_begin(b->store));
    OK(log_begin(log));
    OK(force_save_store(b->plan->after, b->store, NULL));
    engine_forget(b->engine);
    OK(engine_refresh(b->engine, NULL));
    OK(engine_force_changed(b->engine, log, scenario_play_now(b->play), NULL));
    OK(log_end(log));
    OK(store_commit(b->store));
}


/* ---- what comes about ---- */

static bool is_listed(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), key), value))
            return true;
    return false;
}

static const json_t *on_day(const json_t *preview, const char *iso)
{
    const json_t *days = json_arr(preview, "days");

    for (size_t i = 0; i < json_array_size(days); i++)
        if (!strcmp(json_str(json_array_get(days, i), "day"), iso))
            return json_array_get(days, i);
    fail_msg("nothing is said of %s", iso);
    return NULL;
}

/* Open records that a daily check watches. */
struct watched {
    char ids[RECORDS_MAX][64], states[RECORDS_MAX][64];
    size_t n;
};

static void watch(struct bench *b, struct watched *w)
{
    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_obligations; k++) {
            const struct obligation *o = &pack->procedures[i].obligations[k];

            for (size_t s = 0; o->kind == OBLIGE_DAILY && s < o->n_while; s++) {
                ROWS_AUTO *rows = NULL;

                OK(STORE_QUERY(b->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(pack->procedures[i].reg->id),
                               V_TEXT(o->while_states[s]), V_TEXT(""), V_INT(RECORDS_MAX)));
                while (rows_next(rows) == 1 && w->n < RECORDS_MAX) {
                    snprintf(w->ids[w->n], sizeof(w->ids[0]), "%s", rows_text(rows, 0));
                    snprintf(w->states[w->n++], sizeof(w->states[0]), "%s", o->while_states[s]);
                }
            }
        }
}

static bool has_moved(struct bench *b, const char *id, const char *state)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_RECORD_GET, V_TEXT(id)));
    return strcmp(rows_text(row, 1), state) != 0;
}

/* Roles by post, duty and rank: those by register follow from records, which the checks above end. */
static void roles_on(struct bench *b, const char *person, uint64_t at, json_t **ret)
{
    json_t *all = NULL, *kept = json_array();

    OK(engine_roles(b->engine, person, at, &all));
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *o = json_array_get(all, i);
        const char *role = strrchr(json_str(o, "role"), '/') + 1;

        if (strcmp(role, "handler") && strcmp(role, "assistant"))
            OK(json_array_append_new(kept, json_pack("[s, s]", json_str(o, "role"), json_str(o, "unit"))));
    }
    json_decref(all);
    *ret = kept;
}

static size_t count_missing(const json_t *roles, const json_t *others, const json_t *said)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(roles); i++) {
        json_t *one = json_array_get(roles, i);
        bool found = false, told = false;

        for (size_t k = 0; k < json_array_size(others); k++)
            found = found || json_equal(one, json_array_get(others, k));
        for (size_t k = 0; k < json_array_size(said); k++) {
            const json_t *o = json_array_get(said, k);

            told = told || (!strcmp(json_str(o, "role"), json_string_value(json_array_get(one, 0))) &&
                            !strcmp(json_str(o, "unit"), json_string_value(json_array_get(one, 1))));
        }
        assert_int_equal(!found, told);
        n += told;
    }
    return n;
}

static const json_t *said_of(const json_t *one_day, const char *person, const char *what)
{
    const json_t *changes = json_arr(one_day, "changes");

    for (size_t i = 0; i < json_array_size(changes); i++)
        if (!strcmp(json_str(json_array_get(changes, i), "person"), person))
            return json_arr(json_array_get(changes, i), what);
    return NULL;
}

static void compare_roles(struct bench *b, const json_t *preview)
{
    size_t lost = 0, gained = 0;

    for (size_t i = 0; i < b->plan->n_days; i++) {
        uint64_t at = instant_of_day(b->plan->days[i]);
        const json_t *one = json_array_get(json_arr(preview, "days"), i);

        for (size_t k = 0; k < b->plan->n_persons; k++) {
            const char *person = b->plan->persons[k]->id;
            JSON_AUTO *before = NULL;
            JSON_AUTO *after = NULL;

            roles_on(b, person, at - 1, &before);
            roles_on(b, person, at, &after);
            lost += count_missing(before, after, said_of(one, person, "lost"));
            gained += count_missing(after, before, said_of(one, person, "gained"));
        }
    }
    assert_true(lost >= 5);
    assert_true(gained >= 4);
}

/* What is said to end does, at the day's first instant, and nothing else does. */
static void compare_checks(struct bench *b, const struct watched *w, const json_t *ends)
{
    size_t n = 0;

    OK(scenario_play_clock(b->play, instant_of_day(day("2026-06-01")) - 1));
    for (size_t i = 0; i < w->n; i++)
        assert_false(has_moved(b, w->ids[i], w->states[i]));
    OK(scenario_play_clock(b->play, instant_of_day(day("2026-06-01"))));
    for (size_t i = 0; i < w->n; i++) {
        bool moved = has_moved(b, w->ids[i], w->states[i]);

        assert_int_equal(moved, is_listed(ends, "record", w->ids[i]));
        n += moved;
    }
    assert_true(n > 0);
}

/* Whose seats are said to fall vacant has them no more once the day's checks are made, and had them before. */
static void compare_seats(struct bench *b, const json_t *vacant, bool is_held)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(vacant); i++) {
        const json_t *seat = json_array_get(vacant, i), *before = json_arr(seat, "before");

        for (size_t k = 0; k < json_array_size(before); k++, n++) {
            JSON_AUTO *roles = NULL;
            bool found = false;

            OK(engine_roles(b->engine, json_string_value(json_array_get(before, k)), scenario_play_now(b->play), &roles));
            for (size_t m = 0; m < json_array_size(roles); m++)
                found = found || (!strcmp(json_str(json_array_get(roles, m), "role"), json_str(seat, "role")) &&
                                  !strcmp(json_str(json_array_get(roles, m), "unit"), json_str(seat, "unit")));
            assert_int_equal(found, is_held);
        }
    }
    assert_true(n >= 2);
}

static void test_the_day_comes(void **state)
{
    struct watched w = {.n = 0};
    struct bench *b = *state;
    JSON_AUTO *preview = preview_for(b, "S");

    watch(b, &w);
    compare_seats(b, json_arr(on_day(preview, "2026-06-01"), "vacant"), true);
    adopt(b);
    compare_roles(b, preview);
    compare_checks(b, &w, json_arr(on_day(preview, "2026-06-01"), "ends"));
    compare_seats(b, json_arr(on_day(preview, "2026-06-01"), "vacant"), false);
}

static void test_what_falls_vacant(void **state)
{
    JSON_AUTO *preview = preview_for(*state, "S");
    const json_t *first = on_day(preview, "2026-06-01"), *second = on_day(preview, "2026-06-15");

    /* D leaves, and nobody follows; of posts every other has somebody from the first day on, and only seats fall vacant. */
    for (size_t i = 0; i < json_array_size(json_arr(first, "vacant")); i++)
        assert_true(*json_str(json_obj(json_array_get(json_arr(first, "vacant"), i), "reg_title"), "ja"));
    assert_int_equal(json_array_size(json_arr(first, "second")), 0);
    assert_true(is_listed(json_arr(second, "vacant"), "role", "patrol/records-officer"));
    assert_int_equal(json_array_size(json_arr(second, "vacant")), 1);
}

/* H is the assistant of his station by an entry of the role ledger, which the administrator does not see: that he leaves the seat is
 * told all the same, with nothing of the entry. */
static void test_seats_that_follow_from_a_record(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *preview = preview_for(b, "Z");
    const json_t *first = on_day(preview, "2026-06-01"), *vacant = json_arr(first, "vacant"), *seat = NULL;
    JSON_AUTO *want = json_pack("[s]", "H");
    ROWS_AUTO *rows = NULL;
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(vacant); i++)
        if (!strcmp(json_str(json_array_get(vacant, i), "role"), "patrol/assistant") &&
            !strcmp(json_str(json_array_get(vacant, i), "unit"), "shiken-sho"))
            seat = json_array_get(vacant, i);
    assert_non_null(seat);
    assert_true(json_equal(json_arr(seat, "before"), want));
    assert_string_equal(json_str(json_obj(seat, "reg_title"), "ja"), "役割台帳");
    assert_true(is_listed(said_of(first, "H", "lost"), "role", "patrol/assistant"));
    OK(STORE_QUERY(b->store, &rows, STMT_INDEX_FIND, V_TEXT("role-ledger"), V_TEXT("person"), V_TEXT("H"), V_TEXT(""), V_INT(10)));
    for (; rows_next(rows) == 1; n++) {
        CLEANUP(buf_done) struct buf text;
        JSON_AUTO *view = NULL;

        assert_int_equal(engine_view(b->engine, "Z", rows_text(rows, 0), scenario_play_now(b->play), &view), 1);
        buf_init(&text, 1u << 20);
        OK(json_canonical(preview, &text, NULL));
        assert_null(strstr(text.at, rows_text(rows, 0)));
    }
    assert_true(n > 0);
}

/* Whoever is not in sight of a record is told nothing of it, in no list. */
static void test_nothing_out_of_sight(void **state)
{
    static const char *const viewers[] = {"S", "Z", "X", "W", "J"};
    struct bench *b = *state;
    size_t seen = 0, unseen = 0;

    for (size_t v = 0; v < ARRAY_LEN(viewers); v++) {
        JSON_AUTO *preview = preview_for(b, viewers[v]);
        const json_t *lists[3] = {json_arr(preview, "records")};

        for (size_t i = 0; i < b->plan->n_days; i++) {
            lists[1] = json_arr(json_array_get(json_arr(preview, "days"), i), "ends");
            lists[2] = json_arr(json_array_get(json_arr(preview, "days"), i), "stuck");
            for (size_t k = 0; k < ARRAY_LEN(lists); k++)
                for (size_t n = 0; n < json_array_size(lists[k]); n++) {
                    JSON_AUTO *view = NULL;

                    OK(engine_view(b->engine, viewers[v], json_str(json_array_get(lists[k], n), "record"),
                                   scenario_play_now(b->play), &view));
                    assert_non_null(view);
                    seen++;
                }
        }
        unseen += !json_array_size(json_arr(preview, "records"));
    }
    assert_true(seen > 0);
    assert_true(unseen > 0);
}

/* Ahead of a record whose daily check is told, more records in its state than are looked at; with a wait of each for `role` of
 * `unit`. All are out of everybody's sight. */
static void add_unseen(struct bench *b, const char *record, const char *role, const char *unit)
{
    ROWS_AUTO *one = NULL;
    char id[64];

    OK(STORE_ONE(b->store, &one, STMT_RECORD_GET, V_TEXT(record)));
    for (size_t i = 0; i <= PREVIEW_CHECKS_MAX; i++) {
        snprintf(id, sizeof(id), "0-%06zu", i);
        OK(STORE_RUN(b->store, STMT_RECORD_ADD, V_TEXT(id), V_TEXT(rows_text(one, 0)), V_TEXT(rows_text(one, 1)), V_INT(1), V_INT(0),
                     V_TEXT(""), V_TEXT(pack->id), V_INT(1), V_INT(1), V_NULL, V_NULL, V_NULL, V_TEXT("{}")));
        OK(STORE_RUN(b->store, STMT_WAITING_ADD, V_TEXT(id), V_TEXT("permit"), V_TEXT(role), V_TEXT(unit), V_INT(0), V_INT(0), V_NULL));
    }
}

/* What is told and whether it is all does not depend on what the viewer may not see. */
static void test_nothing_counts_out_of_sight(void **state)
{
    struct bench *b = *state;
    JSON_AUTO *before = preview_for(b, "S");
    JSON_AUTO *after = NULL;
    const json_t *first = on_day(before, "2026-06-01"), *lost = json_array_get(json_arr(first, "vacant"), 0);

    assert_non_null(lost);
    assert_false(json_flag(before, "more"));
    OK(store_begin(b->store));
    add_unseen(b, json_str(json_array_get(json_arr(first, "ends"), 0), "record"), json_str(lost, "role"), json_str(lost, "unit"));
    after = preview_for(b, "S");
    store_rollback(b->store);
    assert_true(json_equal(before, after));
}

/* Open records of persons who move or leave are named with their link. */
static void test_records_that_name_who_moves(void **state)
{
    JSON_AUTO *preview = preview_for(*state, "S");
    const json_t *records = json_arr(preview, "records");
    bool found = false;

    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *o = json_array_get(records, i);

        found = found || (!strcmp(json_str(o, "person"), "A") && !strcmp(json_str(o, "reg"), "designations"));
        assert_false(json_flag(o, "leaves") != (strchr("UMJD", *json_str(o, "person")) != NULL));
    }
    assert_true(found);
}

#define BOTH(test) {"sqlite: " #test, test, NULL, NULL, &sqlite}, {"postgresql: " #test, test, NULL, NULL, &postgres}

static int start(void **state)
{
    bench_open(&sqlite, ":memory:");
    bench_open(&postgres, pg_server_database(server));
    return 0;
}

static int stop(void **state)
{
    bench_close(&sqlite);
    bench_close(&postgres);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_what_falls_vacant),
        BOTH(test_seats_that_follow_from_a_record),
        BOTH(test_nothing_out_of_sight),
        BOTH(test_records_that_name_who_moves),
        BOTH(test_nothing_counts_out_of_sight),
        BOTH(test_the_day_comes),
    };
    int r;

    if (crypto_start() || pack_load_dir(getenv("PATROL_PACK"), &pack, NULL) ||
        scenario_set_load(getenv("PATROL_PACK"), pack, &set, NULL) || !(server = pg_server_start()))
        return 1;
    r = cmocka_run_group_tests_name("preview", tests, start, stop);
    pg_server_stop(server);
    scenario_set_free(set);
    pack_unref(pack);
    return r;
}
