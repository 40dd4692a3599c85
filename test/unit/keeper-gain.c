/* An import of the force by which somebody would see confidentiality 3 that he does not see waits for a second person; any other is taken in at once.
 * Both databases. */
#include "engine/gain.h"
#include "engine/second.h"
#include "keeper-bench.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static void hold(struct bench *b, const char *class)
{
    JSON_AUTO *made = bench_run(b, true, keeper_place_act(&b->home, 'M', "papers", "write", "",
                                                          json_pack("{s:s, s:s, s:s}", "unit", "sho", "subject", "名簿", "class", class)));

    assert_string_equal(json_str(json_obj(made, "outcome"), "result"), "allowed");
}

/* The force of now, with these rows more. */
static json_t *imports_more(struct bench *b, const char *const more[FORCE_FILES])
{
    json_t *files = json_object();

    for (int f = 0; f < FORCE_FILES; f++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 1 << 20);
        OK(force_export(engine_force(b->engine), (enum force_file)f, &text));
        OK(buf_add_text(&text, more[f] ? more[f] : ""));
        OK(json_put_str(files, force_file_name((enum force_file)f), text.at ? text.at : ""));
    }
    return bench_well_formed(b, json_pack("{s:s, s:o}", "op", "force-import", "files", files));
}

static json_t *imports_all(struct bench *b, const char *units, const char *nights, const char *appointments)
{
    return imports_more(b, (const char *[FORCE_FILES]){[FORCE_UNITS] = units, [FORCE_ROSTER] = nights, [FORCE_APPOINTMENTS] = appointments});
}

static json_t *imports(struct bench *b, const char *more)
{
    return imports_all(b, "", "", more);
}

static bool is_appointed(struct bench *b, const char *unit)
{
    const struct appointment *const *all;
    size_t n;

    bench_begin(b); /* reads it again */
    bench_end(b);
    all = force_all_appointments(engine_force(b->engine), &n);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(all[i]->person->id, "X") && !strcmp(all[i]->unit->id, unit))
            return true;
    return false;
}

static json_t *adopts(struct bench *b, const char *plan)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(b->store, &row, STMT_PLAN_GET, V_TEXT(plan)));
    return json_pack("{s:s, s:s, s:s, s:s}", "op", "plan-adopt", "plan", plan, "digest", rows_text(row, 4), "seen", engine_setting(b->engine, "generation"));
}

static void is_held_and_adopted(void **state, const char *more)
{
    struct second_wanted n;
    JSON_AUTO *in = NULL;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    hold(&b, "c3");
    hold(&b, "c2");
    assert_answer(bench_run_as(&b, "M", imports(&b, more)), "second");
    in = bench_last_entry(&b, "system/force-hold", "recorded");
    assert_string_equal(json_str(in, "plan"), "PLAN-2026-0001");
    assert_int_equal(json_int(in, "gains"), 1);
    assert_false(is_appointed(&b, "yodo"));
    OK(second_wanted(b.store, (struct account_actor){"C", RIGHT_ADMINISTRATOR}, "p-c", b.real_us, b.now_us, &n));
    assert_int_equal(n.plans, 1);
    assert_answer(bench_run_as(&b, "M", adopts(&b, "PLAN-2026-0001")), "forbidden"); /* who imported it */
    json_decref(bench_last_entry(&b, "system/plan-adopt", "refused"));
    assert_false(is_appointed(&b, "yodo"));
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "");
    assert_true(is_appointed(&b, "yodo"));
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "over");
    assert_answer(bench_run_as(&b, "M", imports(&b, "")), ""); /* what everybody sees already */
    bench_close(&b);
}

static void test_held_for_today(void **state)
{
    is_held_and_adopted(state, "x2,X,member,yodo,concurrent,2026-04-01,\n");
}

static void test_held_for_a_day_to_come(void **state)
{
    is_held_and_adopted(state, "x2,X,member,yodo,concurrent,2026-07-01,\n");
}

static void test_dropped(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports(&b, "x2,X,member,yodo,concurrent,2026-04-01,\n")), "second");
    assert_answer(bench_run_as(&b, "Y", json_pack("{s:s, s:s}", "op", "plan-drop", "plan", "PLAN-2026-0001")), "");
    assert_answer(bench_run_as(&b, "Y", adopts(&b, "PLAN-2026-0001")), "over");
    assert_false(is_appointed(&b, "yodo"));
    bench_close(&b);
}

static void test_taken_in_at_once_below_three(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c2");
    assert_answer(bench_run_as(&b, "M", imports(&b, "x2,X,member,yodo,concurrent,2026-04-01,\n")), "");
    json_decref(bench_last_entry(&b, "system/force-import", "recorded"));
    assert_true(is_appointed(&b, "yodo"));
    bench_close(&b);
}

/* In a unit that begins later the appointment, which began long ago, counts from then on. */
static void test_held_for_a_unit_to_come(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports_all(&b, "later,yodo,仮係,Later,section,2026-07-01,\n", "", "x2,X,member,later,concurrent,2026-04-01,\n")),
                  "second");
    assert_false(is_appointed(&b, "later"));
    bench_close(&b);
}

/* However many days others' appointments begin on before it. */
static void test_held_behind_many_days(void **state)
{
    CLEANUP(buf_done) struct buf more;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    buf_init(&more, 1 << 16);
    for (int i = 0; i < 60; i++)
        OK(buf_printf(&more, "a%d,A,member,uke,concurrent,2027-%02d-%02d,2027-%02d-%02d\n", i + 2, i / 20 + 1, i % 20 + 1, i / 20 + 1, i % 20 + 1));
    assert_answer(bench_run_as(&b, "M", imports(&b, more.at)), "");
    assert_answer(bench_run_as(&b, "M", imports(&b, "x2,X,member,yodo,concurrent,2027-07-01,\n")), "second");
    bench_close(&b);
}

/* Of very many appointments only so many count at once: the one that opens something does when the others have ended. */
static void test_held_behind_many_appointments(void **state)
{
    CLEANUP(buf_done) struct buf more;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    buf_init(&more, 1 << 16);
    for (int i = 0; i < 64; i++)
        OK(buf_printf(&more, "xx%d,X,member,kei,concurrent,2020-05-01,2026-06-30\n", i));
    assert_answer(bench_run_as(&b, "M", imports(&b, more.at)), "");
    assert_answer(bench_run_as(&b, "M", imports(&b, "xy,X,member,yodo,concurrent,2020-06-01,\n")), "second");
    bench_close(&b);
}

/* Who has more instants than are looked at counts as gaining. */
static void test_held_for_who_has_too_many(void **state)
{
    CLEANUP(buf_done) struct buf more;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    buf_init(&more, 1 << 18);
    for (int i = 0; i < 240; i++)
        OK(buf_printf(&more, "kei,night-duty,X,2027-%02d-%02dT17:15,2027-%02d-%02dT22:00\n", i / 20 + 1, i % 20 + 1, i / 20 + 1, i % 20 + 1));
    assert_answer(bench_run_as(&b, "M", imports_all(&b, "", more.at, "")), "");
    buf_clear(&more);
    for (int i = 0; i < 40; i++)
        OK(buf_printf(&more, "kei,night-duty,X,2028-%02d-%02dT17:15,2028-%02d-%02dT22:00\n", i / 20 + 1, i % 20 + 1, i / 20 + 1, i % 20 + 1));
    assert_answer(bench_run_as(&b, "M", imports_all(&b, "", more.at, "")), "second");
    bench_close(&b);
}

/* Nobody gives himself a role or a unit, be it by a night of the roster, and also where no record of 3 is. */
static void test_nobody_appoints_himself(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(bench_run_as(&b, "M", imports(&b, "m2,M,chief,uke,concurrent,2026-04-01,\n")), "second");
    json_decref(bench_last_entry(&b, "system/force-hold", "recorded"));
    assert_answer(bench_run_as(&b, "M", imports(&b, "m2,M,chief,uke,concurrent,2026-07-01,\n")), "second");
    assert_answer(bench_run_as(&b, "M", imports_all(&b, "", "sho,night-duty,M,2026-07-01T17:15,2026-07-01T22:00\n", "")), "second");
    assert_answer(bench_run_as(&b, "M", imports_all(&b, "", "sho,night-duty,M,2026-07-01T10:00,2026-07-01T12:00\n", "")),
                  ""); /* in office hours it is nothing */
    assert_answer(bench_run_as(&b, "M", imports(&b, "a2,A,chief,uke,concurrent,2026-04-01,\n")), "");
    assert_answer(bench_run_as(&b, "Y", imports_more(&b, (const char *[FORCE_FILES]){[FORCE_DELEGATIONS] = "y1,senketsu,kit/manager,sho,head,yodo,papers/write,"
                                                                                                           "2026-07-01,\n"})),
                  "second"); /* nor by a delegation */
    bench_close(&b);
}

/* Who imports without being a person of the force, at the console or by the first administrator's account, may be anybody who has an account. */
static void test_nobody_appoints_himself_as_nobody(void **state)
{
    static const char *const nobodies[] = {"", "first-admin"};
    struct bench b;

    bench_open(state, &b);
    for (size_t i = 0; i < ARRAY_LEN(nobodies); i++) {
        assert_answer(bench_run_as(&b, nobodies[i], imports(&b, "m2,M,chief,uke,concurrent,2026-04-01,\n")), "second");
        json_decref(bench_last_entry(&b, "system/force-hold", "recorded"));
        assert_answer(bench_run_as(&b, nobodies[i], imports(&b, "m2,M,chief,uke,concurrent,2026-07-01,\n")), "second");
        assert_answer(bench_run_as(&b, nobodies[i], imports(&b, "")), "");
    }
    /* Who has no account, or one that is closed, is nobody who imports. */
    assert_answer(bench_run_as(&b, "", imports_more(&b, (const char *[FORCE_FILES]){[FORCE_PERSONS] = "N,新任 一,しんにん はじめ,Hajime Shinnin,officer,,\n",
                                                                                   [FORCE_APPOINTMENTS] = "n1,N,chief,uke,regular,2026-04-01,\n"})),
                  "");
    bench_begin(&b);
    OK(account_close(b.store, ACCOUNT_OPERATOR, "p-m", b.real_us));
    bench_end(&b);
    assert_answer(bench_run_as(&b, "", imports(&b, "m2,M,chief,uke,concurrent,2026-04-01,\n")), "");
    bench_close(&b);
}

static void test_says_who_gains_what(void **state)
{
    CLEANUP(force_unrefp) struct force *next = NULL;
    JSON_AUTO *message = NULL;
    JSON_AUTO *gains = NULL;
    struct str texts[FORCE_FILES];
    const json_t *one;
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    hold(&b, "c3");
    message = imports(&b, "x2,X,member,yodo,concurrent,2026-07-01,\n");
    for (int f = 0; f < FORCE_FILES; f++)
        texts[f] = str_of(json_str(json_obj(message, "files"), force_file_name((enum force_file)f)));
    OK(force_load_texts(texts, &next, NULL));
    OK(engine_gains(b.engine, next, b.now_us, &gains));
    assert_int_equal(json_array_size(gains), 1);
    one = json_array_get(gains, 0);
    assert_string_equal(json_str(one, "person"), "X");
    assert_string_equal(json_str(one, "register"), "papers");
    assert_int_equal(json_int(one, "records"), 2);
    bench_close(&b);
}

static void gains_by_address(struct bench *b, const char *row, const char *person, const char *address)
{
    CLEANUP(force_unrefp) struct force *next = NULL;
    JSON_AUTO *message = imports_more(b, (const char *[FORCE_FILES]){[FORCE_ADDRESSES] = row});
    JSON_AUTO *gains = NULL;
    struct str texts[FORCE_FILES];

    for (int f = 0; f < FORCE_FILES; f++)
        texts[f] = str_of(json_str(json_obj(message, "files"), force_file_name((enum force_file)f)));
    OK(force_load_texts(texts, &next, NULL));
    OK(engine_gains(b->engine, next, b->now_us, &gains));
    assert_int_equal(json_array_size(gains), *person ? 1 : 0);
    if (!*person)
        return;
    assert_string_equal(json_str(json_array_get(gains, 0), "person"), person);
    assert_string_equal(json_str(json_array_get(gains, 0), "name"), address);
    assert_int_equal(json_int(json_array_get(gains, 0), "records"), 1);
}

/* Whose an address is decides what is sent there: one that would be sent records of 3 is looked at by a second person. */
static void test_held_for_an_address(void **state)
{
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    gains_by_address(&b, "m@police.example,M,\n", "M", "m@police.example");
    gains_by_address(&b, "desk@police.example,,uke\n", "uke", "desk@police.example");
    gains_by_address(&b, "y@partner.example,X,\n", "", ""); /* who reads none of it */
    assert_answer(bench_run_as(&b, "M", imports_more(&b, (const char *[FORCE_FILES]){[FORCE_ADDRESSES] = "m@police.example,M,\n"})), "second");
    bench_close(&b);
}

/* The force of now with these units beside those of the tests' force. */
static json_t *imports_units(struct bench *b, const char *units, const char *const more[FORCE_FILES])
{
    json_t *message = imports_more(b, more), *files = json_obj(message, "files");
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 1 << 20);
    OK(buf_printf(&text,
                  "id,parent,name_ja,name_en,kinds,from,to\nhq,,試験県警察,Shiken Police,force,,\nyodo,hq,用度課,Stores,shozoku;stores,,\n"
                  "sho,hq,試験署,Shiken Station,shozoku;desk-unit,,\nuke,sho,受付係,Desk,section;desk,,\nkei,sho,刑事係,Detectives,section,,\n%s",
                  units));
    OK(json_put_str(files, force_file_name(FORCE_UNITS), text.at));
    return message;
}

static const char *const nothing_more[FORCE_FILES];

/* Nobody serves in the unit: what comes to its address is all that it gains, by a place, by kinds, by a place of what is above it, by days. */
static void test_held_for_an_address_of_a_unit(void **state)
{
    static const char *const changes[][2] = {
        {"kari,,仮係,Spare,section,,\n", "kari,yodo,仮係,Spare,section,,\n"},
        {"kari,sho,仮係,Spare,section,,\n", "kari,sho,仮係,Spare,section;desk,,\n"},
        {"naka,sho,仮室,Middle,section,,\nkari,naka,仮係,Spare,section,,\n", "naka,yodo,仮室,Middle,section,,\nkari,naka,仮係,Spare,section,,\n"},
        {"kari,yodo,仮係,Spare,section,2020-04-01,2020-12-31\n", "kari,yodo,仮係,Spare,section,2020-04-01,\n"},
        {"kari,yodo,仮係,Spare,section,2020-04-01,2020-12-31\n", "kari,yodo,仮係,Spare,section,2026-07-01,2026-07-31\n"},
    };
    struct bench b;

    bench_open(state, &b);
    hold(&b, "c3");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        print_message("# change %zu\n", i);
        assert_answer(bench_run_as(&b, "M", imports_units(&b, changes[i][0], (const char *[FORCE_FILES]){[FORCE_ADDRESSES] = i ? "" : "kari@other.example,,kari\n"})),
                      "");
        assert_answer(bench_run_as(&b, "M", imports_units(&b, changes[i][1], nothing_more)), "second");
    }
    bench_close(&b);
}

/* What it is sent until then it is not sent behind it. */
static void test_held_for_an_address_whose_unit_goes_on(void **state)
{
    static const char before[] = "kari,yodo,仮係,Spare,section,2020-04-01,2026-06-30\n";
    struct bench b;

    bench_open(state, &b);
    assert_answer(bench_run_as(&b, "M", imports_units(&b, before, (const char *[FORCE_FILES]){[FORCE_ADDRESSES] = "kari@other.example,,kari\n"})), "");
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports_units(&b, "kari,yodo,仮係,Spare,section,2020-04-01,\n", nothing_more)), "second");
    assert_answer(bench_run_as(&b, "M", imports_units(&b, before, nothing_more)), "");
    bench_close(&b);
}

/* The force of now, where the first row of the file that ends on that day ends on none. */
static json_t *imports_going_on(struct bench *b, enum force_file file, const char *day)
{
    json_t *message = imports(b, ""), *files = json_obj(message, "files");
    const char *text = json_str(files, force_file_name(file)), *at = strstr(text, day);
    CLEANUP(buf_done) struct buf open;

    assert_non_null(at);
    buf_init(&open, 1 << 20);
    OK(buf_printf(&open, "%.*s%s", (int)(at - text), text, at + strlen(day)));
    OK(json_put_str(files, force_file_name(file), open.at));
    return message;
}

/* By an appointment, a service, and a delegation, which somebody gives himself. */
static void test_held_for_who_goes_on(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(bench_run_as(&b, "M",
                               imports_more(&b, (const char *[FORCE_FILES]){
                                                    [FORCE_PERSONS] = "N,新任 一,しんにん はじめ,Hajime Shinnin,officer,,2026-06-30\n",
                                                    [FORCE_APPOINTMENTS] = "n1,N,member,yodo,regular,2026-04-01,\nx2,X,member,yodo,concurrent,2026-04-01,2026-06-30\n",
                                                    [FORCE_DELEGATIONS] = "y1,senketsu,kit/manager,sho,head,yodo,papers/write,2026-04-01,2026-06-30\n"})),
                  "");
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports_going_on(&b, FORCE_APPOINTMENTS, "2026-06-30")), "second");
    assert_answer(bench_run_as(&b, "M", imports_going_on(&b, FORCE_PERSONS, "2026-06-30")), "second");
    assert_answer(bench_run_as(&b, "Y", imports_going_on(&b, FORCE_DELEGATIONS, "2026-06-30")), "second");
    assert_answer(bench_run_as(&b, "Y", imports(&b, "")), "");
    bench_close(&b);
}

/* A unit by another name, or moved to where it has no more, is sent nothing new. */
static void test_taken_in_at_once_where_an_address_gains_nothing(void **state)
{
    struct bench b;

    bench_open(state, &b);
    assert_answer(bench_run_as(&b, "M", imports_units(&b, "kari,yodo,仮係,Spare,section;desk,,\n",
                                                      (const char *[FORCE_FILES]){[FORCE_ADDRESSES] = "kari@other.example,,kari\n"})),
                  "");
    hold(&b, "c3");
    assert_answer(bench_run_as(&b, "M", imports_units(&b, "kari,yodo,別係,Other,section;desk,,\n", nothing_more)), "");
    assert_answer(bench_run_as(&b, "M", imports_units(&b, "kari,sho,別係,Other,section,,2026-07-31\n", nothing_more)), "");
    bench_close(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_held_for_today),
        ON_BOTH(test_held_for_a_day_to_come),
        ON_BOTH(test_dropped),
        ON_BOTH(test_taken_in_at_once_below_three),
        ON_BOTH(test_held_for_a_unit_to_come),
        ON_BOTH(test_held_behind_many_days),
        ON_BOTH(test_held_behind_many_appointments), ON_BOTH(test_held_for_who_has_too_many),
        ON_BOTH(test_nobody_appoints_himself), ON_BOTH(test_nobody_appoints_himself_as_nobody),
        ON_BOTH(test_says_who_gains_what),
        ON_BOTH(test_held_for_an_address),
        ON_BOTH(test_held_for_an_address_of_a_unit), ON_BOTH(test_held_for_an_address_whose_unit_goes_on), ON_BOTH(test_held_for_who_goes_on),
        ON_BOTH(test_taken_in_at_once_where_an_address_gains_nothing),
    };
    int status = keeper_place_main(argc, argv);

    return status >= 0 ? status : cmocka_run_group_tests_name("keeper-gain", tests, grounds_start, grounds_stop);
}
