/* Plans of transfers: what rows do to a force, and that every fault of a table is told by its cell, in both languages. */
#include "base/tell.h"
#include "force/plan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)

static const char *const tables[FORCE_FILES] = {
    [FORCE_UNITS] = "id,parent,name_ja,name_en,kinds,from,to\n"
                    "hq,,本部,HQ,shozoku,,\nchuo,hq,中央署,Chuo,shozoku,,\nkeiji,chuo,刑事課,,,,\nminami,hq,南署,Minami,shozoku,,\n"
                    "m-keiji,minami,刑事課,,,,\nold,hq,旧課,,,,2027-03-31\n",
    [FORCE_RANKS] = "id,level,service,name_ja,name_en\nofficer,10,police,巡査,\nsergeant,20,police,巡査部長,\nkeishi,50,police,警視,\n",
    [FORCE_POSTS] = "id,name_ja,name_en,is_head\nhead,署長,,yes\nmember,係員,,no\nlead,係長,,no\n",
    [FORCE_PERSONS] = "id,name,kana,name_en,rank,from,to\nU,上野 一,,,keishi,,\nV,内田 二,,,keishi,,\nA,青木 三,,,officer,,\n"
                      "B,馬場 四,,,sergeant,,\nG,去田 五,,,officer,,2026-12-31\n",
    [FORCE_APPOINTMENTS] = "id,person,post,unit,kind,from,to\n"
                           "u,U,head,chuo,regular,2024-04-01,\nv,V,head,minami,regular,2024-04-01,\na,A,member,keiji,regular,2024-04-01,\n"
                           "a2,A,member,hq,concurrent,2025-04-01,\nb,B,lead,keiji,regular,2024-04-01,2028-03-31\n"
                           "b2,B,member,minami,regular,2028-04-01,\n",
};

static int32_t day(const char *iso)
{
    int32_t d;

    OK(day_parse_iso(str_of(iso), &d));
    return d;
}

static struct force *load(void)
{
    struct force *f = NULL;
    struct str texts[FORCE_FILES];

    for (int i = 0; i < FORCE_FILES; i++)
        texts[i] = str_of(tables[i]);
    OK(force_load_texts(texts, &f, NULL));
    return f;
}

static struct plan *read_good(const char *text)
{
    CLEANUP(force_unrefp) struct force *f = load();
    CLEANUP(buf_done) struct buf out;
    struct plan *p = NULL;
    struct diag diag;

    diag_init(&diag);
    buf_init(&out, 1u << 20);
    if (plan_read(f, "plan.csv", str_of(text), day("2027-01-15"), &p, &diag)) {
        OK(diag_print(&diag, &out));
        fail_msg("%s", out.at);
    }
    assert_int_equal(diag.n, 0);
    diag_done(&diag);
    return p;
}

/* "post@unit kind from..to" of each appointment that a person has on that day. */
static void assert_holds(const struct plan *p, const char *person, const char *on, const char *want)
{
    static const char *const kinds[] = {"regular", "concurrent", "acting"};
    const struct appointment *held[16];
    CLEANUP(buf_done) struct buf out;
    size_t n = force_appointments(p->after, force_person(p->after, person), day(on), held, ARRAY_LEN(held));

    buf_init(&out, 4096);
    OK(buf_add_text(&out, ""));
    for (size_t i = 0; i < n; i++) {
        OK(buf_printf(&out, "%s%s@%s %s ", i ? ", " : "", held[i]->post->id, held[i]->unit->id, kinds[held[i]->kind]));
        OK(day_print_iso(held[i]->from_day, &out));
        OK(buf_add_text(&out, ".."));
        if (held[i]->to_day != FORCE_OPEN)
            OK(day_print_iso(held[i]->to_day, &out));
    }
    assert_string_equal(out.at, want);
}

static void test_a_new_regular_appointment_ends_the_one_before(void **state)
{
    CLEANUP(plan_freep) struct plan *p = read_good("person,name,unit,post,from\nA,青木三,m-keiji,lead,令和9年4月1日\n");

    assert_holds(p, "A", "2027-03-31", "member@keiji regular 2024-04-01..2027-03-31, member@hq concurrent 2025-04-01..");
    assert_holds(p, "A", "2027-04-01", "lead@m-keiji regular 2027-04-01.., member@hq concurrent 2025-04-01..");
    assert_int_equal(p->n_days, 1);
    assert_int_equal(p->days[0], day("2027-04-01"));
    assert_int_equal(p->n_persons, 1);
}

static void test_several_days_and_kinds(void **state)
{
    CLEANUP(plan_freep) struct plan *p = read_good("職員番号,所属,職,区分,発令日,終了日,退職日\n"
                                                   "A,中央署,係員,,2027-04-01,,\n"
                                                   "A,南署,係員,本務,2027-04-15,,\n"
                                                   "A,hq,member,兼務,,2027-03-31,\n"
                                                   "B,chuo,head,事務取扱,2027-04-01,2027-04-14,\n"
                                                   "U,,,,,,2027-03-31\n"
                                                   "V,chuo,head,regular,2027-04-15,,\n");

    assert_holds(p, "A", "2027-04-01", "member@chuo regular 2027-04-01..2027-04-14");
    assert_holds(p, "A", "2027-04-15", "member@minami regular 2027-04-15..");
    assert_holds(p, "B", "2027-04-14", "lead@keiji regular 2024-04-01..2028-03-31, head@chuo acting 2027-04-01..2027-04-14");
    assert_holds(p, "U", "2027-03-31", "head@chuo regular 2024-04-01..2027-03-31");
    assert_holds(p, "U", "2027-04-01", "");
    assert_int_equal(force_person(p->after, "U")->to_day, day("2027-03-31"));
    assert_int_equal(p->n_days, 2);
    assert_int_equal(p->n_rows, 6);
    assert_int_equal(p->n_persons, 4);
}

/* As the pages call them, in whatever width, case and spacing; of two of one name the one above tells them apart. */
static void test_names_as_the_pages_show_them(void **state)
{
    CLEANUP(plan_freep) struct plan *p = read_good("職員番号,所属,職名,発令日\nＡ,南署刑事課,係長,2027-04-01\nU,中央署　刑事課,ｍｅｍｂｅｒ,2027-04-01\n"
                                                   "V,ｃｈｕｏ,係員,2027-04-01\n");

    assert_holds(p, "A", "2027-04-01", "lead@m-keiji regular 2027-04-01.., member@hq concurrent 2025-04-01..");
    assert_holds(p, "U", "2027-04-01", "member@keiji regular 2027-04-01..");
    assert_holds(p, "V", "2027-04-01", "member@chuo regular 2027-04-01..");
}

static void test_who_comes_and_who_is_promoted(void **state)
{
    CLEANUP(plan_freep) struct plan *p = read_good("person,name,kana,rank,unit,post,from\nN1,新井 六,あらい ろく,巡査,keiji,member,2027-04-01\n"
                                                   "A,,,sergeant,keiji,lead,2027-04-01\n");
    const struct person *n = force_person(p->after, "N1");

    assert_non_null(n);
    assert_string_equal(n->name, "新井 六");
    assert_int_equal(n->from_day, day("2027-04-01"));
    assert_holds(p, "N1", "2027-04-01", "member@keiji regular 2027-04-01..");
    assert_string_equal(force_person(p->after, "A")->rank->id, "officer");
    assert_int_equal(p->n_promotions, 1);
    assert_string_equal(p->promotions[0].rank->id, "sergeant");
}

struct bad {
    const char *text, *want;
};

static const struct bad bads[] = {
    {"name,unit\nx,y\n", "plan.csv:1:1: the column \"person\" is missing; add it to the first line\n"},
    {"person,所属,unit,boss\n", "plan.csv: there are no rows; write one for each appointment or leaving\n"
                                "plan.csv:1:11: \"unit\" stands for a column that is there already; remove one\n"
                                "plan.csv:1:16: the column \"boss\" is unknown; remove it or correct its name\n"},
    {"person,name,unit,post,kind,from,to,leaving\n"
     "Z9,,keiji,member,,2027-04-01,,\n"
     ",,keiji,member,,2027-04-01,,\n"
     "A,青木 四,keiji,lead,,2027-04-01,,\n"
     "B,,刑事課,member,,2027-04-01,,\n"
     "V,,minamy,boss,chief,2027-4-31,,\n"
     "U,,,,,,,\n",
     "plan.csv:2:1: there is no person \"Z9\"; the nearest is \"U\"; for somebody who comes, give name and rank\n"
     "plan.csv:3:1: the person is empty; give the id of a person\n"
     "plan.csv:4:3: the name of person \"A\" is \"青木 三\"; correct the person or the name\n"
     "plan.csv:5:4: more than one unit is called \"刑事課\", such as keiji and m-keiji; give the id\n"
     "plan.csv:6:4: there is no unit \"minamy\"; the nearest: 南署 (minami)\n"
     "plan.csv:6:11: there is no post \"boss\"; give an id or a name\n"
     "plan.csv:6:16: \"chief\" is no kind; it must be regular, concurrent or acting\n"
     "plan.csv:6:22: \"2027-4-31\" is no day; write it like 2026-04-10\n"
     "plan.csv:7:1: this row neither appoints nor ends anything; fill in \"from\", \"to\" or \"leaving\"\n"},
    {"person,unit,post,from,to\nA,keiji,lead,2027-01-14,\nB,keiji,,2027-04-01,\nU,hq,member,,\nV,old,member,2027-04-01,\nG,hq,member,2027-04-01,\n",
     "plan.csv:2:14: 2027-01-14 has passed; give today or a later day\n"
     "plan.csv:3:9: the post is empty; give its id or name\n"
     "plan.csv:4:13: the first day is empty; a row that ends an appointment has its last day in \"to\"\n"
     "plan.csv:5:3: the unit \"old\" does not exist on 2027-04-01\n"
     "plan.csv:6:13: this person left on 2026-12-31\n"},
    {"person,unit,post,kind,from,to,leaving\n"
     "A,hq,lead,,2027-04-01,2027-04-30,\nA,hq,lead,,2027-04-01,,\nA,chuo,lead,,2027-05-01,2027-04-30,\n"
     "U,,,,,,2027-03-31\nU,,,,,,2027-04-30\n",
     "plan.csv:3:1: this row says the same as line 2; remove one\n"
     "plan.csv:4:25: the last day lies before the first\n"
     "plan.csv:6:8: the last day of this person stands already in line 5; remove one\n"},
    /* F4, and what stands already */
    {"person,unit,post,kind,from,to,leaving\n"
     "A,hq,lead,,2027-04-01,2027-04-30,\nA,chuo,lead,,2027-04-15,,\n"
     "B,hq,lead,,2027-04-01,,\n"
     "U,chuo,head,,2027-04-01,,\n"
     "V,hq,member,concurrent,,2027-03-31,\n",
     "plan.csv:3:14: this regular appointment overlaps with the one in line 2; correct the last day there or the first day here\n"
     "plan.csv:4:12: this person has an appointment as member of minami from 2028-04-01 that overlaps; end it first, or correct the day\n"
     "plan.csv:5:8: this person is head of chuo on that day already; remove this row\n"
     "plan.csv:6:25: this person has no appointment as member of hq that could end on 2027-03-31; look at kind and day\n"},
    {"person,unit,post,kind,from,to,leaving\nA,hq,member,concurrent,2027-04-01,,\nV,hq,lead,,2027-04-01,,2027-03-31\n",
     "plan.csv:2:24: this person has an appointment as member of hq from 2025-04-01 that overlaps; end it first, or correct the day\n"
     "plan.csv:3:12: this lies behind the person's last day, 2027-03-31\n"},
    {"person,unit,post,from\nV,chuo,head,2027-04-01\n",
     "plan.csv:2:8: chuo would have two holders of head: from 2027-04-01 also 上野 一 (U); add that person's transfer, or correct "
     "this row\n"},
    {"職員番号,所属,職名,発令日\nＡ！,南署刑事,係,2027-04-01\n",
     "plan.csv:2:1: \"A!\" is no person's number; write 1 to 64 ASCII letters, digits, \"-\", \"_\" or \".\", beginning with a letter or digit\n"
     "plan.csv:2:4: there is no unit \"南署刑事\"; the nearest: 南署刑事課 (m-keiji), 南署 (minami)\n"
     "plan.csv:2:9: there is no post \"係\"; the nearest: 係員 (member), 係長 (lead)\n"},
    {"person,name,rank,unit,post,from\nN1,新井,,keiji,member,2027-04-01\nN2,=1+1,officer,keiji,member,2027-04-01\nN3,＝1+1,officer,keiji,member,2027-04-01\n",
     "plan.csv:2:7: the rank of the new person \"N1\" is empty; fill it in\n"
     "plan.csv:3:4: a name must not begin with \"=\"; a spreadsheet would take it for a formula\n"
     "plan.csv:4:4: a name must not begin with \"＝\"; a spreadsheet would take it for a formula\n"},
};

static void test_every_fault_is_told_by_its_cell(void **state)
{
    CLEANUP(force_unrefp) struct force *f = load();

    for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
        struct plan *p = NULL;
        struct diag diag;
        struct buf out;

        diag_init(&diag);
        buf_init(&out, 1u << 20);
        assert_int_equal(plan_read(f, "plan.csv", str_of(bads[i].text), day("2027-01-15"), &p, &diag), PLAN_E_INVALID);
        assert_null(p);
        OK(diag_print(&diag, &out));
        assert_string_equal(out.at, bads[i].want);
        for (size_t k = 0; k < diag.n; k++)
            assert_non_null(diag.entries[k].ja);
        diag_done(&diag);
        buf_done(&out);
    }
}

/* What was adopted is no plan any more: entered twice it is a fault, not a second appointment. */
static void test_an_adopted_plan_is_not_adopted_twice(void **state)
{
    static const char text[] = "person,unit,post,from\nA,minami,member,2027-04-01\n";
    CLEANUP(plan_freep) struct plan *p = read_good(text);
    struct plan *again = NULL;

    assert_int_equal(plan_read(p->after, "plan.csv", str_of(text), day("2027-01-15"), &again, NULL), PLAN_E_INVALID);
    assert_null(again);
}

/* Afterwards it is still known what it says, and which of its days lie ahead. */
static void test_an_adopted_plan_is_seen_from_its_days(void **state)
{
    static const char text[] = "person,unit,post,from,leaving\nA,minami,member,2027-04-01,\nA,chuo,member,2027-05-01,\nB,,,,2027-03-31\n";
    CLEANUP(plan_freep) struct plan *p = read_good(text);
    CLEANUP(plan_freep) struct plan *before = NULL;
    CLEANUP(plan_freep) struct plan *after = NULL;
    CLEANUP(plan_freep) struct plan *gone = NULL;

    OK(plan_of_adopted(p->after, str_of(text), day("2027-03-31"), &before));
    assert_int_equal(before->n_rows, 3);
    assert_int_equal(before->n_persons, 2);
    assert_int_equal(before->n_days, 2);
    OK(plan_of_adopted(p->after, STR("person,name,rank,unit,post,from\nA,,,chuo,member,2027-05-01\nN9,去った人,officer,chuo,member,2027-05-01\n"),
                       day("2027-04-01"), &gone));
    assert_int_equal(gone->n_rows, 1); /* who came with it and is no longer there */
    OK(plan_of_adopted(p->after, str_of(text), day("2027-04-01"), &after));
    assert_int_equal(after->n_days, 1);
    assert_int_equal(after->days[0], day("2027-05-01"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_regular_appointment_ends_the_one_before),
        cmocka_unit_test(test_several_days_and_kinds),
        cmocka_unit_test(test_names_as_the_pages_show_them),
        cmocka_unit_test(test_who_comes_and_who_is_promoted),
        cmocka_unit_test(test_every_fault_is_told_by_its_cell),
        cmocka_unit_test(test_an_adopted_plan_is_not_adopted_twice),
        cmocka_unit_test(test_an_adopted_plan_is_seen_from_its_days),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
