#include "base/tell.h"
#include "force/force.h"
#include "store/store.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

static const char *const good[FORCE_FILES] = {
    [FORCE_UNITS] = "id,parent,name_ja,name_en,kinds,from,to\n"
                    "cyber-1,cyber,サイバー第一係,Section 1,,,\n"
                    "hq,,警察本部,Headquarters,hq,,\n"
                    "cyber,hq,サイバー犯罪対策課,Cybercrime Division,shozoku;cyber,,\n"
                    "chuo,hq,中央警察署,Chuo Station,station;shozoku,,\n"
                    "minami,hq,南警察署,Minami Station,station;shozoku,2020-04-01,2025-03-31\n",
    [FORCE_RANKS] = "id,level,service,name_ja,name_en\n"
                    "keishi,60,police,警視,Superintendent\n"
                    "keibu,50,police,警部,Inspector\n"
                    "shuji,30,civilian,主事,Clerk\n",
    [FORCE_POSTS] = "id,name_ja,name_en,is_head\n"
                    "chief,署長,Chief,yes\n"
                    "director,課長,Director,yes\n"
                    "officer,係員,Officer,no\n",
    [FORCE_PERSONS] = "id,name,kana,name_en,rank,from,to\n"
                      "p1,試験 太郎,シケン タロウ,SHIKEN Taro,keishi,,\n"
                      "p2,見本 花子,ミホン ハナコ,MIHON Hanako,keibu,,2026-09-30\n"
                      "p3,例示 次郎,レイジ ジロウ,,shuji,,\n",
    [FORCE_APPOINTMENTS] = "id,person,post,unit,kind,from,to\n"
                           "a1,p1,chief,chuo,regular,2024-04-01,2026-03-31\n"
                           "a2,p1,director,cyber,regular,2026-04-01,\n"
                           "a3,p2,officer,cyber-1,regular,2024-04-01,\n"
                           "a4,p2,director,cyber,acting,2026-05-01,2026-05-10\n"
                           "a5,p1,officer,hq,concurrent,2020/4/1,\n"
                           "a6,p3,chief,minami,regular,R2.4.1,\n",
    [FORCE_DELEGATIONS] = "id,kind,role,unit,post,to_unit,acts,from,to\n"
                          "d1,senketsu,patrol/unit-manager,chuo,officer,chuo,,2024-04-01,\n"
                          "d2,daiketsu,patrol/general-manager,,director,cyber,take-outs/permit; "
                          "loans/approve,2024-04-01,2026-03-31\n",
    [FORCE_ROSTER] = "unit,duty,person,from,to\n"
                     "chuo,night,p2,2026-04-10T17:15,2026-04-11T08:30\n"
                     "chuo,night,p3,2026/4/11 17:15,2026/4/12 8:30\n",
    [FORCE_HOLIDAYS] = "day,name_ja\n2026-04-29,昭和の日\n",
    [FORCE_ADDRESSES] = "address,person,unit\ncyber@police.example,,cyber\nHanako@Police.EXAMPLE,p2,\ntaro.shiken@police.example,p1,\ntaro@police.example,p1,\n",
};

static int32_t day(const char *iso)
{
    int32_t d;

    assert_int_equal(day_parse_iso(str_of(iso), &d), 0);
    return d;
}

static uint64_t instant(const char *iso)
{
    uint64_t t;

    assert_int_equal(instant_parse(str_of(iso), &t), 0);
    return t;
}

/* The good set with one file replaced. */
static int load_with(enum force_file file, const char *text, struct force **ret, struct diag *diag)
{
    struct str texts[FORCE_FILES];

    for (size_t i = 0; i < FORCE_FILES; i++)
        texts[i] = str_of(i == file ? text : good[i]);
    return force_load_texts(texts, ret, diag);
}

static struct force *load_good(void)
{
    struct diag diag;
    struct force *f = NULL;

    diag_init(&diag);
    if (load_with(FORCE_FILES, "", &f, &diag) != 0)
        fail_msg("%s", diag_first(&diag));
    assert_int_equal(diag.n, 0);
    diag_done(&diag);
    return f;
}

static void test_units(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    const struct unit *section = force_unit(f, "cyber-1"), *cyber = force_unit(f, "cyber");
    size_t n;

    (void)state;
    assert_non_null(section);
    assert_ptr_equal(section->parent, cyber);
    assert_null(force_unit(f, "nowhere"));
    assert_null(force_unit(f, "hq")->parent);
    assert_true(unit_has_kind(cyber, "shozoku"));
    assert_false(unit_has_kind(cyber, "station"));
    assert_true(unit_within(section, force_unit(f, "hq")));
    assert_true(unit_within(section, section));
    assert_false(unit_within(cyber, section));
    assert_ptr_equal(unit_up_to(section, "shozoku"), cyber);
    assert_null(unit_up_to(section, "station"));
    assert_ptr_equal(force_unit_of_kind(f, "cyber", day("2026-04-10")), cyber);
    assert_ptr_equal(force_unit_of_kind(f, "station", day("2026-04-10")), force_unit(f, "chuo"));
    assert_null(force_unit_of_kind(f, "station", day("2024-04-10")));
    assert_null(force_unit_of_kind(f, "juvenile", day("2026-04-10")));
    assert_string_equal(force_units(f, &n)[0]->id, "cyber-1");
    assert_int_equal(n, 5);
}

static void test_appointments(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    const struct person *p1 = force_person(f, "p1"), *p2 = force_person(f, "p2"),
                        *p3 = force_person(f, "p3");
    const struct appointment *at[4];

    (void)state;
    assert_int_equal(force_appointments(f, p1, day("2026-03-31"), at, 4), 2);
    assert_string_equal(at[0]->id, "a1");
    assert_string_equal(at[1]->id, "a5");
    assert_int_equal(force_appointments(f, p1, day("2026-04-01"), at, 1), 2);
    assert_string_equal(at[0]->id, "a2");
    assert_ptr_equal(force_home(f, p1, day("2026-03-31")), force_unit(f, "chuo"));
    assert_ptr_equal(force_home(f, p2, day("2026-04-10")), force_unit(f, "cyber"));
    assert_null(force_home(f, p1, day("2021-01-01"))); /* only a concurrent one */
    assert_null(force_home(f, p2, day("2026-10-01"))); /* has left */
    assert_int_equal(force_appointments(f, p3, day("2020-04-01"), at, 4), 1);
    assert_int_equal(force_appointments(f, p3, day("2025-04-01"), at, 4), 0); /* the unit is gone */
    assert_int_equal(force_holders(f, force_post(f, "director"), force_unit(f, "cyber"),
                                   day("2026-05-10"), at, 4),
                     2);
    assert_string_equal(at[0]->id, "a2");
    assert_string_equal(at[1]->id, "a4");
    assert_int_equal(at[1]->kind, APPOINT_ACTING);
    assert_int_equal(force_holders(f, force_post(f, "director"), force_unit(f, "cyber"),
                                   day("2026-05-11"), at, 4),
                     1);
    assert_int_equal(force_holders(f, force_post(f, "chief"), force_unit(f, "cyber"),
                                   day("2026-05-11"), at, 4),
                     0);
}

static void test_who_has_left(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    CLEANUP(force_unrefp) struct force *ends = NULL;
    CLEANUP(force_unrefp) struct force *none = NULL;

    (void)state;
    assert_false(force_has_left(f, "p2", day("2026-09-30")));
    assert_true(force_has_left(f, "p2", day("2026-10-01"))); /* the last day of his service */
    assert_false(force_has_left(f, "p1", day("2030-04-01")));
    assert_false(force_has_left(f, "p1", day("2019-04-01"))); /* he is still to come */
    assert_false(force_has_left(f, "p3", day("2025-03-31")));
    assert_true(force_has_left(f, "p3", day("2025-04-01"))); /* the last day of his unit */
    assert_false(force_has_left(f, "somebody", day("2026-04-01")));
    assert_int_equal(load_with(FORCE_APPOINTMENTS,
                               "id,person,post,unit,kind,from,to\n"
                               "a1,p1,chief,chuo,regular,2024-04-01,2026-03-31\n"
                               "a2,p1,officer,hq,concurrent,2024-04-01,2026-04-10\n"
                               "a3,p2,officer,cyber-1,regular,2024-04-01,2026-03-31\n"
                               "a4,p2,officer,cyber-1,regular,2026-05-01,\n",
                               &ends, NULL),
                     0);
    assert_false(force_has_left(ends, "p1", day("2026-04-10")));
    assert_true(force_has_left(ends, "p1", day("2026-04-11"))); /* the last day of his appointments */
    assert_false(force_has_left(ends, "p2", day("2026-04-11"))); /* between two of them */
    assert_false(force_has_left(ends, "p3", day("2026-04-11"))); /* he never had one */
    assert_int_equal(load_with(FORCE_APPOINTMENTS, "id,person,post,unit,kind,from,to\n", &none, NULL), 0);
    assert_false(force_has_left(none, "p1", day("2026-04-10")));
}

static void test_persons_and_ranks(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    const struct person *p3 = force_person(f, "p3");

    (void)state;
    assert_string_equal(p3->name, "例示 次郎");
    assert_string_equal(p3->name_en, "");
    assert_true(p3->rank->is_civilian);
    assert_int_equal(force_rank(f, "keishi")->level, 60);
    assert_true(force_post(f, "chief")->is_head);
    assert_false(force_post(f, "officer")->is_head);
    assert_int_equal(p3->to_day, FORCE_OPEN);
    assert_int_equal(force_person(f, "p2")->to_day, day("2026-09-30"));
}

static void test_duty_and_holidays(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    const struct unit *chuo = force_unit(f, "chuo");
    const struct person *p2 = force_person(f, "p2"), *p3 = force_person(f, "p3");

    (void)state;
    assert_false(force_on_duty(f, "night", chuo, p2, instant("2026-04-10T17:14:59")));
    assert_true(force_on_duty(f, "night", chuo, p2, instant("2026-04-10T17:15")));
    assert_true(force_on_duty(f, "night", chuo, p2, instant("2026-04-11T08:29")));
    assert_false(force_on_duty(f, "night", chuo, p2, instant("2026-04-11T08:30")));
    assert_true(force_on_duty(f, "night", chuo, p3, instant("2026-04-12T08:29")));
    assert_false(force_on_duty(f, "day", chuo, p3, instant("2026-04-12T08:29")));
    assert_false(force_on_duty(f, "night", force_unit(f, "hq"), p3, instant("2026-04-12T08:29")));
    assert_true(force_has_duty(f, "night", chuo, instant("2026-04-10T17:15"), instant("2026-04-11T08:30")));
    assert_false(force_has_duty(f, "night", chuo, instant("2026-04-10T17:14:59"), instant("2026-04-11T08:30")));
    assert_false(force_has_duty(f, "night", chuo, instant("2026-04-10T17:15"), instant("2026-04-11T08:30:01")));
    assert_false(force_has_duty(f, "night", chuo, instant("2026-04-10T17:15"), instant("2026-04-12T08:30")));
    assert_false(force_has_duty(f, "day", chuo, instant("2026-04-10T17:15"), instant("2026-04-11T08:30")));
    assert_false(force_has_duty(f, "night", force_unit(f, "hq"), instant("2026-04-10T17:15"), instant("2026-04-11T08:30")));
    assert_true(force_is_holiday(f, day("2026-04-29")));
    assert_false(force_is_holiday(f, day("2026-04-30")));
    assert_true(force_is_holiday(f, day("2026-05-02")));
    assert_true(force_is_holiday(f, day("2026-05-03")));
}

static void test_delegations(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    const struct delegation *at[2];

    (void)state;
    assert_int_equal(force_delegations(f, "patrol/unit-manager", force_unit(f, "chuo"),
                                       day("2026-04-10"), at, 2),
                     1);
    assert_string_equal(at[0]->id, "d1");
    assert_string_equal(at[0]->acts, "");
    assert_int_equal(force_delegations(f, "patrol/unit-manager", force_unit(f, "hq"),
                                       day("2026-04-10"), at, 2),
                     0);
    assert_int_equal(force_delegations(f, "patrol/general-manager", NULL, day("2026-03-31"), at, 2),
                     1);
    assert_string_equal(at[0]->acts, "take-outs/permit;loans/approve");
    assert_int_equal(at[0]->kind, DELEGATE_DAIKETSU);
    assert_int_equal(force_delegations(f, "patrol/general-manager", NULL, day("2026-04-01"), at, 2),
                     0);
}

static void test_addresses(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    size_t n;

    (void)state;
    assert_string_equal(force_mailbox(f, STR("hanako@police.example"))->person->id, "p2");
    assert_string_equal(force_mailbox(f, STR("HANAKO@police.example"))->person->id, "p2");
    assert_string_equal(force_mailbox(f, STR("taro.shiken@police.example"))->person->id, "p1");
    assert_null(force_mailbox(f, STR("cyber@police.example"))->person);
    assert_string_equal(force_mailbox(f, STR("cyber@police.example"))->unit->id, "cyber");
    assert_null(force_mailbox(f, STR("jiro@police.example")));
    assert_null(force_mailbox(f, STR("taro+list@police.example")));
    assert_null(force_mailbox(f, STR("taro")));
    assert_null(force_mailbox(f, STR("")));
    assert_string_equal(force_mailboxes(f, &n)[1].address, "hanako@police.example");
    assert_int_equal(n, 4);
}

/* What is written is read back the same, to the byte. */
static void test_export(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good();
    CLEANUP(force_unrefp) struct force *again = NULL;
    struct buf texts[FORCE_FILES];
    struct str strs[FORCE_FILES];

    (void)state;
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        buf_init(&texts[file], 1u << 20);
        assert_int_equal(force_export(f, file, &texts[file]), 0);
        strs[file] = buf_str(&texts[file]);
    }
    assert_non_null(
        strstr(texts[FORCE_ROSTER].at, "chuo,night,p3,2026-04-11T17:15,2026-04-12T08:30\r\n"));
    assert_non_null(
        strstr(texts[FORCE_APPOINTMENTS].at, "a6,p3,chief,minami,regular,2020-04-01,\r\n"));
    assert_int_equal(force_load_texts(strs, &again, NULL), 0);
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        struct buf second;

        buf_init(&second, 1u << 20);
        assert_int_equal(force_export(again, file, &second), 0);
        assert_string_equal(second.at, texts[file].at);
        buf_done(&second);
        buf_done(&texts[file]);
    }
}

static void assert_same(const struct force *a, const struct force *b, enum force_file file)
{
    struct buf x, y;

    buf_init(&x, 1u << 20);
    buf_init(&y, 1u << 20);
    assert_int_equal(force_export(a, file, &x), 0);
    assert_int_equal(force_export(b, file, &y), 0);
    assert_string_equal(x.at, y.at);
    buf_done(&x);
    buf_done(&y);
}

static void test_store(void **state)
{
    STORE_AUTO *s = NULL;
    CLEANUP(force_unrefp) struct force *f = load_good(), *empty = NULL, *once = NULL, *twice = NULL;
    struct diag diag;
    const struct appointment *a;

    (void)state;
    diag_init(&diag);
    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, &diag), 0);
    assert_int_equal(force_load_store(s, &empty, &diag), 0);
    assert_null(force_person(empty, "p1"));
    for (int i = 0; i < 2; i++) { /* the second time replaces the first */
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(force_save_store(f, s, &diag), 0);
        assert_int_equal(store_commit(s), 0);
    }
    assert_int_equal(force_load_store(s, &once, &diag), 0);
    assert_int_equal(force_appointments(once, force_person(once, "p1"), day("2026-04-01"), &a, 1),
                     2);
    assert_string_equal(a->id, "a2");
    assert_int_equal(a->to_day, FORCE_OPEN);
    assert_int_equal(force_person(once, "p1")->from_day, INT32_MIN);
    for (enum force_file file = FORCE_PERSONS; file < FORCE_FILES; file++)
        assert_same(f, once, file); /* these stand in the order of their ids already */
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(force_save_store(once, s, &diag), 0);
    assert_int_equal(force_load_store(s, &twice, &diag), 0); /* also inside the transaction */
    assert_int_equal(store_commit(s), 0);
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++)
        assert_same(once, twice, file);
    assert_int_equal(diag.n, 0);
    diag_done(&diag);
}

/* What somebody wrote past us is found, not run with. */
static void test_store_bad(void **state)
{
    STORE_AUTO *s = NULL;
    struct force *f = NULL;
    struct diag diag;
    struct buf out;

    (void)state;
    diag_init(&diag);
    buf_init(&out, 1u << 16);
    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, &diag), 0);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(STORE_RUN(s, STMT_PERSON_SET, V_TEXT("p1"), V_TEXT("名"), V_TEXT(""),
                               V_TEXT(""), V_TEXT("keibu"), V_NULL, V_NULL),
                     0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(force_load_store(s, &f, &diag), FORCE_E_INVALID);
    assert_int_equal(diag_print(&diag, &out), 0);
    assert_string_equal(out.at, "table person:1:5: there is no rank \"keibu\" in table rank; add "
                                "it there or correct it here\n");
    buf_done(&out);
    diag_done(&diag);
}

static int note_change(void *arg, const struct person *before, const struct person *after,
                       unsigned what)
{
    return buf_printf(arg, "%s%s %s %u\n", before ? "-" : "", after ? "+" : "",
                      (after ? after : before)->id, what);
}

static int note_owner(struct buf *out, const char *sign, const struct mailbox *m)
{
    return m ? buf_printf(out, " %s%s%s", m->address, sign, m->person ? m->person->id : m->unit->id) : 0;
}

static int note_mailbox(void *arg, const struct mailbox *before, const struct mailbox *after)
{
    return note_owner(arg, "-", before) ?: note_owner(arg, "+", after) ?: buf_add_char(arg, '\n');
}

static void test_diff(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load_good(), *g = NULL, *h = NULL, *i = NULL;
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 16);
    assert_int_equal(force_diff(f, f, note_change, &out), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(load_with(FORCE_APPOINTMENTS,
                               "id,person,post,unit,kind,from,to\n"
                               "x3,p2,officer,cyber-1,regular,2024-04-01,\n"
                               "x4,p2,director,cyber,acting,2026-05-01,2026-05-10\n"
                               "a6,p3,chief,minami,regular,R2.4.1,2024-03-31\n",
                               &g, NULL),
                     0);
    assert_int_equal(force_diff(f, g, note_change, &out), 0);
    assert_string_equal(out.at, "-+ p1 4\n-+ p3 4\n");
    buf_clear(&out);
    assert_int_equal(load_with(FORCE_PERSONS,
                               "id,name,kana,name_en,rank,from,to\n"
                               "p1,試験 太郎,シケン タロウ,SHIKEN Taro,keibu,,\np0,新,,,keibu,,\n"
                               "p2,改 花子,ミホン ハナコ,MIHON Hanako,keibu,,2026-09-30\np3,例示 "
                               "次郎,レイジ ジロウ,,shuji,,\n",
                               &h, NULL),
                     0);
    assert_int_equal(force_diff(f, h, note_change, &out), 0);
    assert_string_equal(out.at, "+ p0 5\n-+ p1 2\n-+ p2 1\n");
    buf_clear(&out);
    assert_int_equal(force_diff(h, f, note_change, &out), 0);
    assert_string_equal(out.at, "- p0 5\n-+ p1 2\n-+ p2 1\n");
    buf_clear(&out);
    assert_int_equal(load_with(FORCE_ADDRESSES,
                               "address,person,unit\ncyber@police.example,p3,\nhanako@police.example,p2,\ntaro@police.example,p1,\n",
                               &i, NULL),
                     0);
    assert_int_equal(force_diff(f, i, note_change, &out), 0);
    assert_string_equal(out.at, "-+ p1 8\n-+ p3 8\n");
    buf_clear(&out);
    assert_int_equal(force_diff_mailboxes(f, f, note_mailbox, &out), 0);
    assert_int_equal(force_diff_mailboxes(f, i, note_mailbox, &out), 0);
    assert_string_equal(out.at, " cyber@police.example-cyber cyber@police.example+p3\n taro.shiken@police.example-p1\n");
    buf_done(&out);
}

struct bad_case {
    enum force_file file;
    const char *text;
    const char *want; /* all of diag_print() */
};

static const struct bad_case bad_cases[] = {
    {FORCE_UNITS, "",
     "units.csv: this file is missing; it is needed, if only with its first line\n"},
    {FORCE_POSTS, "id,name_ja,name_eng,is_head\nchief,署長,,yes\n",
     "posts.csv:1:1: the column \"name_en\" is missing; add it to the first line, its cells may be "
     "empty\n"
     "posts.csv:1:12: the column \"name_eng\" is unknown; remove it or correct its name\n"},
    {FORCE_HOLIDAYS, "day,name_ja\n2026-02-30,x\n,y\n2026-05-03,憲法記念日\n2026/5/3,同じ\n",
     "holidays.csv:2:1: \"2026-02-30\" is no day; write it like 2026-04-10\n"
     "holidays.csv:3:1: the day is empty; write it like 2026-04-29\n"
     "holidays.csv:5:1: this day stands already in line 4; remove one\n"},
    {FORCE_ADDRESSES,
     "address,person,unit\nhanako@police,p2,\nhanako@,p2,\n,,hq\n-x@police.example,p1,\na@police.example,,\nb@police.example,p1,hq\n"
     "c@police.example,p9,\nA@police.example,,hq\n",
     "addresses.csv:3:1: \"hanako@\" is no mail address; write it like hanako@police.example\n"
     "addresses.csv:4:1: \"\" is no mail address; write it like hanako@police.example\n"
     "addresses.csv:5:1: a name must not begin with \"-\"; a spreadsheet would take it for a formula\n"
     "addresses.csv:6:18: nobody stands behind this address; give a person or a unit\n"
     "addresses.csv:7:18: an address is a person's or a unit's, not of both; empty one of the two cells\n"
     "addresses.csv:8:18: there is no person \"p9\" in persons.csv; the nearest is \"p1\"\n"
     "addresses.csv:9:1: the mail address \"a@police.example\" stands already in line 6; an address is one person's or one unit's\n"},
    {FORCE_RANKS,
     "id,level,service,name_ja,name_en\nkeishi,high,police,警視,\nkeibu,50,army,警部,\nshuji,30,"
     "civilian,,=1+1\nsanji,30,civilian,＠A1,\n",
     "ranks.csv:2:8: \"high\" is no level; write a whole number from 0 to 1000, higher for a "
     "higher rank\n"
     "ranks.csv:3:10: \"army\" is no service; it must be police or civilian\n"
     "ranks.csv:4:19: the name_ja of this rank is empty; it must be filled in\n"
     "ranks.csv:4:20: a name must not begin with \"=\"; a spreadsheet would take it for a "
     "formula\n"
     "ranks.csv:5:19: a name must not begin with \"＠\"; a spreadsheet would take it for a "
     "formula\n"},
    {FORCE_DELEGATIONS,
     "id,kind,role,unit,post,to_unit,acts,from,to\n"
     "d1,proxy,unit-manager,chuo,officer,,loans,,\n",
     "delegations.csv:2:4: \"proxy\" is no kind; it must be senketsu or daiketsu\n"
     "delegations.csv:2:10: \"unit-manager\" is no role; write pack and role like "
     "patrol/unit-manager\n"
     "delegations.csv:2:36: the to_unit of this delegation is empty; give the id of a unit\n"
     "delegations.csv:2:37: \"loans\" is no act; write acts like register/step, several with \";\" "
     "between them\n"},
    {FORCE_ROSTER,
     "unit,duty,person,from,to\n"
     "chuo,night,p2,2026-04-10T17:15,2026-04-10T17:15\n"
     "chuo,night,p9,yesterday,2026-04-10T17:15\n"
     "chuo,night,p3,2026-04-10T17:15,2026-04-11T08:30\n",
     "roster.csv:2:32: this duty ends when it begins or before; \"to\" must lie after \"from\"\n"
     "roster.csv:3:12: there is no person \"p9\" in persons.csv; the nearest is \"p1\"\n"
     "roster.csv:3:15: \"yesterday\" is no instant; write day and time like 2026-04-10T17:15\n"
     "roster.csv:4:15: this duty of this unit begins at the same instant in line 2; one person is "
     "on one duty\n"},
    {FORCE_APPOINTMENTS,
     "id,person,post,unit,kind,from,to\n"
     "a1,p1,chief,chuo,regular,2024-04-01,2026-03-31\n"
     "a1,p2,officer,chou,regular,2024-04-01,2024-03-31\n"
     "a3,p1,inspector-general,hq,concurent,令和8年4月1日,2026-13-01\n"
     "a4,p1,officer,hq,regular,2026-03-31,\n"
     "a 5,,officer,hq,acting,,\n",
     "appointments.csv:3:1: the appointment \"a1\" stands already in line 2; every id must be "
     "different\n"
     "appointments.csv:3:15: there is no unit \"chou\" in units.csv; the nearest is \"chuo\"\n"
     "appointments.csv:3:39: it ends before it begins; \"to\" is the last day and must not lie "
     "before \"from\"\n"
     "appointments.csv:4:7: there is no post \"inspector-general\" in posts.csv; add it there or "
     "correct it here\n"
     "appointments.csv:4:28: \"concurent\" is no kind; it must be regular, concurrent or acting\n"
     "appointments.csv:4:47: \"2026-13-01\" is no day; write it like 2026-04-10\n"
     "appointments.csv:5:26: the regular appointment of \"p1\" overlaps with the one in line 2; "
     "end that one first, or make "
     "one of them concurrent or acting\n"
     "appointments.csv:6:1: \"a 5\" is no id; an id has 1 to 64 ASCII letters, digits, \"-\", "
     "\"_\" or \".\" and begins with "
     "a letter or digit\n"
     "appointments.csv:6:5: the person of this appointment is empty; give the id of a person\n"},
    {FORCE_UNITS,
     "id,parent,name_ja,name_en,kinds,from,to\n"
     "hq,,本部,,,,\nchuo,minami,中央,,,,\nminami,cyber,南,,,,\ncyber,chuo,サ,,,,\ncyber-1,cyber,係,"
     ",a;;b,,\nx,x,自,,k;k,,\n",
     "units.csv:3:6: the units go in a circle: chuo → minami → cyber → chuo; one of "
     "them must have another "
     "parent\n"
     "units.csv:6:18: \"\" is no kind; write kinds like station, several with \";\" between them\n"
     "units.csv:7:3: the units go in a circle: x → x; one of them must have another parent\n"
     "units.csv:7:8: \"k\" stands twice in this list; remove one\n"},
    {FORCE_PERSONS,
     "id,name,kana,name_en,rank,from,to\np1,\"太\n郎\",,,keibu,,\np2,花,,,keibu\np3,次,,,keibu,,\n",
     "persons.csv:4:1: this row has 5 cells; the first line names 7 columns\n"},
    {FORCE_PERSONS,
     "id,name,kana,name_en,rank,from,to\np1,\"太\n郎\",,,keibu,,\np2,花,,,keibu,,\np3,次,,,keibu,,"
     "\n",
     "persons.csv:2:4: line breaks and tabs do not belong into a name; remove them\n"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        struct force *f = NULL;
        struct diag diag;
        struct buf out;

        diag_init(&diag);
        buf_init(&out, 1u << 20);
        assert_int_equal(load_with(bad_cases[i].file, bad_cases[i].text, &f, &diag),
                         FORCE_E_INVALID);
        assert_null(f);
        assert_int_equal(diag_print(&diag, &out), 0);
        assert_string_equal(out.at, bad_cases[i].want);
        buf_done(&out);
        diag_done(&diag);
    }
}

/* Who reads a page is told the same in his language, and under which heading. */
static void test_told_in_both_languages(void **state)
{
    struct force *f = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(load_with(FORCE_PERSONS,
                               "id,name,kana,name_en,rank,from,to\np1,太郎,,,keibu,,\np2,,,,keibu,,\n"
                               "p3,花,,,keibo,9a,\n",
                               &f, &diag),
                     FORCE_E_INVALID);
    assert_int_equal(diag.n, 3);
    assert_string_equal(diag.entries[0].heading, "name");
    assert_string_equal(diag_message(&diag.entries[0], MESSAGE_JA),
                        "この職員のnameが空です。記入してください。");
    assert_string_equal(diag_message(&diag.entries[0], MESSAGE_EN),
                        "the name of this person is empty; it must be filled in");
    assert_string_equal(diag.entries[1].heading, "rank");
    assert_non_null(strstr(diag_message(&diag.entries[1], MESSAGE_JA), "階級「keibo」"));
    assert_string_equal(diag.entries[2].heading, "from");
    assert_non_null(strstr(diag_message(&diag.entries[2], MESSAGE_JA), "日付として読めません"));
    diag_clear(&diag);
    diag_error(&diag, "only so");
    assert_string_equal(diag_message(&diag.entries[0], MESSAGE_JA), "only so");
    diag_done(&diag);
}

static void test_too_deep(void **state)
{
    struct force *f = NULL;
    struct diag diag;
    struct buf text;

    (void)state;
    diag_init(&diag);
    buf_init(&text, 1u << 20);
    assert_int_equal(buf_add_text(&text, "id,parent,name_ja,name_en,kinds,from,to\nu0,,頂,,,,\n"),
                     0);
    for (int i = 1; i < 33; i++)
        assert_int_equal(buf_printf(&text, "u%d,u%d,部,,,,\n", i, i - 1), 0);
    struct str texts[FORCE_FILES] = {buf_str(&text), STR("id,level,service,name_ja,name_en\n"),
                                     STR("id,name_ja,name_en,is_head\n"),
                                     STR("id,name,kana,name_en,rank,from,to\n"),
                                     STR("id,person,post,unit,kind,from,to\n")};
    assert_int_equal(force_load_texts(texts, &f, &diag), FORCE_E_INVALID);
    assert_string_equal(diag_first(&diag),
                        "more than 32 units above each other; make the tree flatter");
    assert_int_equal(diag.entries[0].line, 34);
    buf_done(&text);
    diag_done(&diag);
}

static void test_folder(void **state)
{
    char dir[] = "/tmp/force-test-XXXXXX", path[100];
    struct force *f = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(force_load_dir(dir, &f, &diag), FORCE_E_INVALID);
    assert_int_equal(diag.n, 5); /* the five that are needed */
    diag_clear(&diag);
    for (enum force_file file = FORCE_UNITS; file <= FORCE_APPOINTMENTS; file++) {
        FILE *out;

        (void)snprintf(path, sizeof(path), "%s/%s", dir, force_file_name(file));
        out = fopen(path, "w");
        assert_non_null(out);
        assert_true(fputs(good[file], out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    assert_int_equal(force_load_dir(dir, &f, &diag), 0);
    assert_non_null(force_person(f, "p1"));
    force_unref(f);
    for (enum force_file file = FORCE_UNITS; file <= FORCE_APPOINTMENTS; file++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, force_file_name(file));
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(remove(dir), 0);
    diag_done(&diag);
}

/* A whole prefecture: 10,000 persons. */
static void test_large(void **state)
{
    struct buf persons, appointments;
    CLEANUP(force_unrefp) struct force *f = NULL;
    struct str texts[FORCE_FILES];
    const struct appointment *a;
    uint64_t start;

    (void)state;
    buf_init(&persons, 64u << 20);
    buf_init(&appointments, 64u << 20);
    (void)buf_add_text(&persons, "id,name,kana,name_en,rank,from,to\n");
    (void)buf_add_text(&appointments, "id,person,post,unit,kind,from,to\n");
    for (int i = 0; i < 10000; i++) {
        (void)buf_printf(&persons, "p%d,職員 %d,ショクイン,OFFICER %d,keibu,2020-04-01,\n", i, i,
                         i);
        (void)buf_printf(&appointments, "a%d,p%d,officer,%s,regular,2024-04-01,\n", i, i,
                         i % 2 ? "chuo" : "cyber-1");
    }
    assert_int_equal(buf_error(&persons), 0);
    assert_int_equal(buf_error(&appointments), 0);
    for (size_t i = 0; i < FORCE_FILES; i++)
        texts[i] = str_of(good[i]);
    texts[FORCE_PERSONS] = buf_str(&persons);
    texts[FORCE_APPOINTMENTS] = buf_str(&appointments);
    start = clock_monotonic_us();
    assert_int_equal(force_load_texts(texts, &f, NULL), 0);
    print_message("# 10,000 persons loaded in %" PRIu64 " us\n", clock_monotonic_us() - start);
    for (int i = 0; i < 10000; i++) {
        char id[20];

        (void)snprintf(id, sizeof(id), "p%d", i);
        assert_int_equal(force_appointments(f, force_person(f, id), day("2026-04-10"), &a, 1), 1);
        assert_string_equal(a->person->id, id);
    }
    assert_int_equal(force_holders(f, force_post(f, "officer"), force_unit(f, "chuo"),
                                   day("2026-04-10"), &a, 1),
                     5000);
    buf_done(&persons);
    buf_done(&appointments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_appointments),
        cmocka_unit_test(test_who_has_left),
        cmocka_unit_test(test_persons_and_ranks),
        cmocka_unit_test(test_duty_and_holidays),
        cmocka_unit_test(test_delegations),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_told_in_both_languages),
        cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_store_bad),
        cmocka_unit_test(test_diff),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests_name("force", tests, NULL, NULL);
}
