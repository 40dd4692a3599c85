/* Every check with a pack that passes and one that does not, by its exact message. */
#include "keys-pack.h"
#include "regulation/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

#define FROM_DAY 20560 /* 2026-04-17 */

struct checked {
    char *dir;
    struct pack *pack;
    struct force *force;
    struct diag diag;
    struct check_summary summary;
};

static void load(struct checked *c, const struct keys_change *changes, size_t n)
{
    char path[256];
    struct buf text;

    c->dir = keys_pack_make(changes, n);
    diag_init(&c->diag);
    if (pack_load_dir(c->dir, &c->pack, &c->diag) != 0) {
        buf_init(&text, 65536);
        assert_int_equal(diag_print(&c->diag, &text), 0);
        fail_msg("the pack does not load: %s", text.at);
    }
    (void)snprintf(path, sizeof(path), "%s/force", c->dir);
    assert_int_equal(force_load_dir(path, &c->force, &c->diag), 0);
}

static void run(struct checked *c, const struct check_decider *decider)
{
    struct check_options options = {.decider = decider, .from_day = FROM_DAY, .n_days = 400};

    assert_int_equal(pack_check(c->pack, c->force, options, &c->diag, &c->summary), 0);
}

/* All messages as lines. */
static void expect(struct checked *c, const char *wanted)
{
    struct buf text;

    buf_init(&text, 65536);
    assert_int_equal(buf_add_text(&text, ""), 0);
    assert_int_equal(diag_print(&c->diag, &text), 0);
    assert_string_equal(text.at, wanted);
    buf_done(&text);
}

static void done(struct checked *c)
{
    pack_unref(c->pack);
    force_unref(c->force);
    diag_done(&c->diag);
    keys_pack_remove(c->dir);
}

static void check_changed(const struct keys_change *changes, size_t n, const char *wanted)
{
    struct checked c = {0};

    load(&c, changes, n);
    run(&c, NULL);
    expect(&c, wanted);
    done(&c);
}
#define CHANGED(wanted, ...)                                                                       \
    do {                                                                                           \
        const struct keys_change list_[] = {__VA_ARGS__};                                          \
        check_changed(list_, ARRAY_LEN(list_), wanted);                                            \
    } while (0)

static void passes_a_clean_pack(void **state)
{
    struct checked c = {0};

    load(&c, NULL, 0);
    run(&c, NULL);
    expect(&c, "");
    assert_int_equal(c.summary.n_errors, 0);
    assert_int_equal(c.summary.n_clauses, 5);
    assert_int_equal(c.summary.n_steps, 4);
    assert_int_equal(c.summary.n_states, 4);
    assert_int_equal(c.summary.n_days, 2 * 146097);
    /* apply: 2 in none, 2 elsewhere; decide: note, permitter; return: applicant */
    assert_int_equal(c.summary.n_groups, 6);
    assert_int_equal(c.summary.n_cases, 2 * 4 + 2 * 4 + 2 * 2);
    assert_int_equal(c.summary.n_sampled_groups, 0);
    done(&c);
}

/* ---- unused ---- */

static void tells_what_is_unused(void **state)
{
    CHANGED("directive.yaml:11:5: no rule asks for the parameter \"spare\"; take it out, or use it\n",
            {"directive.yaml", "", "  - {id: spare, type: number, value: 3, why: {ja: 予備, en: Spare}, clauses: [K-3]}\n"});
    CHANGED("org.yaml:5:3: the unit kind \"moon\" is used by no role, field, range or condition; take it out, or use it\n",
            {"org.yaml", "posts:\n", "  moon: {ja: 月, en: Moon}\nposts:\n"});
    CHANGED("org.yaml:8:3: the post \"clerk\" is used by no role or condition; take it out, or use it\n",
            {"org.yaml", "roles:\n", "  clerk: {ja: 係, en: Clerk}\nroles:\n"});
    CHANGED("org.yaml:9:3: the duty \"night\" is used by no role or condition; take it out, or use it\n",
            {"org.yaml", "roles:\n", "duties:\n  night: {ja: 当直, en: Night}\nroles:\n"});
    CHANGED("org.yaml:11:5: the role \"spare\" is used by no procedure, range or clause; take it out, or use it\n",
            {"org.yaml", "", "  - {id: spare, title: {ja: 予備, en: Spare}, post: [head], of: unit, clauses: [K-2]}\n"});
    CHANGED("labels.yaml:4:3: no register has the label \"dark\"; take it out, or use it\n"
            "labels.yaml:9:3: no register is readable by the range \"few\"; take it out, or use it\n",
            {"labels.yaml", "ranges:\n", "  dark: {title: {ja: 秘, en: Dark}, confidentiality: 2, integrity: 1, availability: 1, clauses: [K-1]}\nranges:\n"},
            {"labels.yaml", "", "  few: [{everyone: yes}]\n"},
            {"labels.yaml", "ranges:\n", "restrictions:\n  shut: {ja: 禁, en: Shut}\nranges:\n"},
            {"labels.yaml", "availability: 1, clauses", "availability: 1, restrictions: [shut], clauses"});
    CHANGED("labels.yaml:5:3: the restriction \"shut\" is used by no label; take it out, or use it\n",
            {"labels.yaml", "ranges:\n", "restrictions:\n  shut: {ja: 禁, en: Shut}\nranges:\n"});
}

static void tells_what_a_procedure_leaves_unused(void **state)
{
    CHANGED("registers/loans.yaml:16:5: nothing ever fills the field colour of loans; let a step ask for it, set it, or take it out\n",
            {"registers/loans.yaml", "retention:", "  - {id: colour, title: {ja: 色, en: Colour}, type: text, clauses: [K-2]}\nretention:"});
    CHANGED("procedures/loans.yaml:14:3: nobody acts as \"third\" in the procedure loan; take it out, or let a step be by it\n",
            {"procedures/loans.yaml", "periods:\n", "  third: {holds: chief, of: unit, clauses: [K-2]}\nperiods:\n"},
            {"procedures/loans.yaml", "tell: [chief]", "tell: [{person: party.applicant}]"});
    CHANGED("procedures/loans.yaml:16:3: no step asks for the period \"short\"; add {period: short} to its conditions, or take it out\n",
            {"procedures/loans.yaml", "steps:\n", "  short: {from: starts_on, to: ends_on, at_most: P7D}\nsteps:\n"});
    CHANGED("procedures/loans.yaml:15:3: the condition \"short\" is named nowhere in the procedure loan; take it out, or name it\n",
            {"procedures/loans.yaml", "periods:\n", "conditions:\n  short: {record: loans, where: {key: key}, none: yes}\n  noted: {field: note, filled: yes}\nperiods:\n"},
            {"procedures/loans.yaml", "[{field: note, filled: yes}]", "[{condition: noted}]"});
    CHANGED("procedures/loans.yaml:18:17: nothing ever lays the lock \"shut\"; add an effect that does, or take the condition out\n",
            {"procedures/loans.yaml", "[{period: loan}]", "[{unlocked: shut}, {period: loan}]"});
    CHANGED("procedures/loans.yaml:21:98: no condition asks for the lock \"shut\", so it stops nobody; add {unlocked: shut} where it must stop\n",
            {"procedures/loans.yaml", "to: closed, by: [applicant], clauses", "to: closed, by: [applicant], then: [{lock: shut, why: {ja: 閉, en: Shut}}], clauses"});
}

/* A second register that nothing makes. */
static void tells_a_register_that_stays_empty(void **state)
{
    struct checked c = {0};

    load(&c, NULL, 0);
    ((struct step *)(uintptr_t)&c.pack->procedures[0].steps[0])->makes_record = false;
    run(&c, NULL);
    assert_true(c.summary.n_errors > 0);
    assert_string_equal(c.diag.entries[0].message, "no step or effect makes a record of loans; add a step \"from: [none]\" or a \"create\"");
    done(&c);
}

/* ---- clauses, fields, forms, canonical form ---- */

static void tells_clauses_without_a_rule(void **state)
{
    CHANGED("clauses.yaml:8:5: the clause K-6 is informed, but no rule cites it; cite it where it is carried out, or give it another status\n",
            {"clauses.yaml", "", "  - {id: K-6, place: 第6, title: {ja: 説明, en: Told}, status: informed}\n"});
}

static void tells_clauses_without_a_reason(void **state)
{
    struct checked c = {0};

    load(&c, NULL, 0);
    ((struct clause *)(uintptr_t)pack_clause(c.pack, "K-4"))->reason.en = "";
    ((struct clause *)(uintptr_t)pack_clause(c.pack, "K-4"))->by = "";
    run(&c, NULL);
    expect(&c, "clauses.yaml:6:5: the clause K-4 is organisational without a reason; say why no rule can carry it\n"
               "clauses.yaml:6:5: the clause K-4 is organisational, but nobody answers for it; name a role in \"by\"\n");
    done(&c);
}

static void tells_fields_and_cells_without_a_source(void **state)
{
    struct checked c = {0};
    struct field stranger = {.id = "stranger"};

    load(&c, NULL, 0);
    ((struct field *)(uintptr_t)reg_field(&c.pack->regs[0], "note"))->addition.ja = "";
    c.pack->forms[0].rows[0].cells[0].field = &stranger;
    run(&c, NULL);
    expect(&c, "forms/form-1.yaml:1:1: the form form-1 has a cell \"stranger\" that is no field of loans; name one of its fields\n"
               "registers/loans.yaml:15:5: no clause asks for the field note of loans; cite one, or give the reason under \"addition\"\n");
    done(&c);
}

static void tells_a_hash_that_is_not_the_packs(void **state)
{
    struct checked c = {0};

    load(&c, NULL, 0);
    c.pack->hash.bytes[0] ^= 1;
    run(&c, NULL);
    expect(&c, "directive.yaml: the hash of the pack is not that of its canonical form; this is a fault of the program\n");
    done(&c);
}

/* ---- states ---- */

static void tells_states_out_of_reach_and_traps(void **state)
{
    CHANGED("procedures/loans.yaml:10:3: no step or effect leads from none to the state \"lost\"; add one, or take the state out\n",
            {"procedures/loans.yaml", "ends:", "  lost: {ja: 紛失, en: Lost}\nends:"});
    CHANGED("procedures/loans.yaml:10:3: a case in \"lost\" can never come to an end; add a step that leads out, or name it under \"ends\"\n",
            {"procedures/loans.yaml", "ends:", "  lost: {ja: 紛失, en: Lost}\nends:"},
            {"procedures/loans.yaml", "missed: [", "missed: [{move: this, to: lost}, "});
    CHANGED("procedures/loans.yaml:23:5: the obligation \"due\" runs in \"closed\", where a case rests for good; take the state out of \"while\" or of \"ends\"\n",
            {"procedures/loans.yaml", "while: [out]", "while: [out, closed]"});
}

/* A step that is kept so that it is refused leads nowhere. */
static void tells_a_way_out_that_is_banned(void **state)
{
    CHANGED("procedures/loans.yaml:7:3: a case in \"out\" can never come to an end; add a step that leads out, or name it under \"ends\"\n"
            "procedures/loans.yaml:8:3: no step or effect leads from none to the state \"closed\"; add one, or take the state out\n",
            {"procedures/loans.yaml", "by: [applicant], clauses: [K-2]}\nobligations", "by: [applicant], requires: [{never: yes}], clauses: [K-2]}\nobligations"});
}

static void warns_of_retention_that_never_counts(void **state)
{
    CHANGED("registers/loans.yaml:16:12: warning: retention of loans counts from \"out\", where a case does not rest; name ends in \"completed_in\"\n"
            "registers/loans.yaml:16:12: warning: a record of loans that ends in \"refused\" is kept for ever; add the state to \"completed_in\"\n",
            {"registers/loans.yaml", "[closed, refused]", "[closed, out]"});
}

/* ---- steps ---- */

static void tells_two_steps_that_match(void **state)
{
    CHANGED("procedures/loans.yaml:20:5: this step of loans/decide and another match in one case: state applied; by permitter; filled note yes; "
            "by permitter; one-of note 点検,修理; the other one is at procedures/loans.yaml:19, and one of them must exclude the case\n"
            "procedures/loans.yaml:20:5: warning: this step of loans/decide can never be taken, whatever is the case; correct its conditions, or say "
            "{never: yes}\n",
            {"procedures/loans.yaml", "filled: no", "one_of: [点検, 修理]"});
    /* The literals of a field exclude each other. */
    CHANGED("", {"procedures/loans.yaml", "filled: no", "one_of: [修理]"}, {"procedures/loans.yaml", "filled: yes", "one_of: [点検]"});
    CHANGED("", {"procedures/loans.yaml", "filled: no", "none_of: [点検]"}, {"procedures/loans.yaml", "filled: yes", "one_of: [点検]"});
    /* So do times about one pair, and states of one record. */
    CHANGED("", {"procedures/loans.yaml", "{field: note, filled: no}", "{time: today, before: starts_on}"},
            {"procedures/loans.yaml", "{field: note, filled: yes}", "{time: today, not_before: starts_on}"});
    CHANGED("", {"procedures/loans.yaml", "{field: note, filled: no}", "{record: loans, where: {key: key}, in: [out], none: yes}"},
            {"procedures/loans.yaml", "{field: note, filled: yes}", "{record: loans, where: {key: key}, in: [out]}"});
}

static void warns_of_a_step_never_taken(void **state)
{
    CHANGED("procedures/loans.yaml:19:5: warning: this step of loans/decide can never be taken, whatever is the case; correct its conditions, or say {never: yes}\n",
            {"procedures/loans.yaml", "{field: note, filled: yes}", "{field: note, filled: yes}, {field: note, filled: no}"},
            {"procedures/loans.yaml", "filled: no}], clauses", "filled: no}], clauses"});
    /* Said to be so: no warning, and nothing comes of it. */
    CHANGED("procedures/loans.yaml:7:3: no step or effect leads from none to the state \"out\"; add one, or take the state out\n"
            "procedures/loans.yaml:8:3: no step or effect leads from none to the state \"closed\"; add one, or take the state out\n",
            {"procedures/loans.yaml", "{field: note, filled: yes}", "{never: yes}"});
}

#define SUSPENDS                                                                                     \
    {                                                                                                \
        "registers/loans.yaml", "retention:",                                                        \
            "  - {id: scope, title: {ja: 範囲, en: Scope}, type: checklist, items: {one: {ja: "    \
            "一, en: One}, two: {ja: 二, en: Two}}, clauses: [K-2]}\n"                             \
            "  - {id: about, title: {ja: 対象, en: About}, type: record, register: any, clauses: " \
            "[K-2]}\nretention:"                                                                     \
    }
#define SUSPEND(lifts)                                                                            \
    {                                                                                             \
        "procedures/loans.yaml", "",                                                              \
            "suspend:\n  in: [out]\n  during: {from: starts_on, to: ends_on}\n  scope: scope\n  " \
            "lifts: [" lifts "]\n"                                                                \
            "  review: {create: loans, state: applied, act: note, case: about}\n"                 \
    }
#define KEEPS(what) \
    " is ruled (" what "); label, trail, ledger and what suspends stay in force, so take it out\n"

#define FALLS(cond, what)                                                                         \
    CHANGED(LIFTED("procedures/loans.yaml:21:102", "loans/return#1", "one")                       \
                LIFTED("procedures/loans.yaml:21:102", "loans/return#1", "two")                   \
                    RULED("28:11", "one", what) RULED("28:40", "two", what)                       \
            "registers/loans.yaml:16:5: nothing ever fills the field scope of loans; let a step "  \
            "ask for it, set it, or take it out\n",                                               \
            SUSPENDS, SUSPEND("{item: one, clauses: [K-4]}, {item: two, clauses: [K-4]}"),         \
            {"procedures/loans.yaml", "by: [applicant], clauses: [K-2]}\nobligations",             \
             "by: [applicant], requires: [{not: {" cond "}, clauses: [K-4]}], clauses: [K-2]}\n"   \
             "obligations"})
#define LIFTED(at, rule, item) \
    at ": note: " rule " refuses nothing while the item \"" item "\" of loans is in force\n"
#define RULED(at, item, what)                                                                     \
    "procedures/loans.yaml:" at ": the item \"" item "\" lifts K-4, by which " what               \
    " is ruled (procedures/loans.yaml:21); label, trail, ledger and what suspends stay in force, " \
    "so take it out\n"

/* What keeps labels and records and what suspends cannot be lifted; nor what nothing asks. */
static void tells_what_no_suspension_lifts(void **state)
{
    CHANGED(LIFTED("procedures/loans.yaml:19:103", "loans/decide#1", "one")
                LIFTED("procedures/loans.yaml:20:76", "loans/decide~2#1", "one")
            "procedures/loans.yaml:28:11: the item \"one\" lifts K-1, by which what keeps "
            "labels" KEEPS("labels.yaml:3") "procedures/loans.yaml:28:11: the item \"one\" lifts "
                                            "K-2, by which the suspension itself" KEEPS(
                                                "procedures/loans.yaml:19") "procedures/"
                                                                            "loans.yaml:28:45: the "
                                                                            "item \"two\" lifts "
                                                                            "K-5, by which no "
                                                                            "condition refuses "
                                                                            "anything; name a "
                                                                            "clause that one does\n"
                                                                            "registers/"
                                                                            "loans.yaml:16:5: "
                                                                            "nothing ever fills "
                                                                            "the field scope of "
                                                                            "loans; let a step ask "
                                                                            "for it, set it, or "
                                                                            "take it out\n",
            SUSPENDS, SUSPEND("{item: one, clauses: [K-1, K-2]}, {item: two, clauses: [K-5]}"));
    CHANGED("procedures/loans.yaml:25:3: nothing says what the item \"two\" lifts; add it to "
            "\"lifts\", or take it out of scope\n"
            "procedures/loans.yaml:28:11: the item \"one\" lifts K-5, by which no condition "
            "refuses anything; name a clause that one does\n"
            "registers/loans.yaml:16:5: nothing ever fills the field scope of loans; let a step "
            "ask for it, set it, or take it out\n",
            SUSPENDS, SUSPEND("{item: one, clauses: [K-5]}"));
    /* Inside another condition the signature and the way out would fall with the whole. */
    FALLS("unchanged_since: apply", "what was signed");
    FALLS("leaves: print, of: about", "what keeps labels");
}

static void lie(const void *program, const struct facts *facts, struct verdict *ret)
{
    naive_decide(facts, ret);
    if (ret->n_unmet == 2)
        ret->n_unmet = 1;
}

static int begin_lie(const struct procedure *p, void **ret)
{
    *ret = (void *)(uintptr_t)p;
    return 0;
}

static void end_lie(void *program)
{
}

static void tells_an_evaluator_that_differs(void **state)
{
    const struct check_decider liar = {begin_lie, lie, end_lie};
    struct checked c = {0};

    load(&c, NULL, 0);
    run(&c, &liar);
    assert_int_equal(c.summary.n_errors, 3);
    assert_string_equal(c.diag.entries[0].message,
                        "for loans/apply the engine's evaluator and the naive one differ: state none; not by applicant; not period loan: it says forbidden "
                        "with 1 unmet, not forbidden with 2; this is a fault of the program");
    done(&c);
}

static void hear(void *user, size_t done, size_t total, const char *check)
{
    size_t *n = user;

    assert_true(done == (*n)++ && done < total && *check);
}

static void tells_each_check_before_it_begins(void **state)
{
    size_t n = 0;
    struct check_options options = {.from_day = FROM_DAY, .n_days = 1, .told = hear, .user = &n};
    struct checked c = {0};

    load(&c, NULL, 0);
    assert_int_equal(pack_check(c.pack, c.force, options, &c.diag, &c.summary), 0);
    assert_int_equal(n, 11);
    done(&c);
}

/* Too many combinations: a sample is taken and said, and a double match is found all the same. */
static void tells_a_sample(void **state)
{
    struct check_options options = {.from_day = FROM_DAY, .n_days = 1, .cases_max = 2, .sample = 1};
    const struct keys_change change = {"procedures/loans.yaml", "filled: no", "one_of: [点検, 修理]"};
    struct checked c = {0};

    load(&c, &change, 1);
    assert_int_equal(pack_check(c.pack, c.force, options, &c.diag, &c.summary), 0);
    assert_int_equal(c.summary.n_sampled_groups, 2);
    assert_int_equal(c.summary.n_errors, 1);
    assert_string_equal(c.diag.entries[0].message, "loans/apply depends on 2 subjects with 4 combinations; a sample of 1 in each kind of state was tried");
    done(&c);
}

/* ---- people ---- */

#define SEPARATE                                                                                   \
    {"procedures/loans.yaml", "periods:\n", "separate:\n  - {roles: [applicant, permitter], clauses: [K-2]}\nperiods:\n"}

static void tells_a_case_in_which_nobody_may_act(void **state)
{
    /* B applies and A permits: fine. Without B only A is left. */
    CHANGED("", SEPARATE);
    CHANGED("procedures/loans.yaml:21:5: from 2026-04-17 only A (試験 一) holds both permitter and applicant in the unit chuo, so that a case there comes to where "
            "nobody may do loans/decide; name a second role for the step, or part the posts\n"
            "procedures/loans.yaml:22:5: from 2026-04-17 only A (試験 一) holds both permitter and applicant in the unit chuo, so that a case there comes to where "
            "nobody may do loans/decide; name a second role for the step, or part the posts\n",
            SEPARATE, {"force/appointments.csv", "b,B,member,kosaku", "b,B,member,hq"});
    /* A second person in the role takes the deadlock away. */
    CHANGED("", SEPARATE, {"force/appointments.csv", "b,B,member,kosaku,regular,2020-04-01,\n", "b,B,head,chuo,concurrent,2020-04-01,\n"});
}

/* Of very many holders a part is looked at, and that is said. */
static void tells_that_holders_are_left_out(void **state)
{
    CLEANUP(buf_done) struct buf persons, posts;

    buf_init(&persons, 65536);
    buf_init(&posts, 65536);
    for (int i = 0; i < 257; i++) {
        assert_int_equal(buf_printf(&persons, "N%03d,試験 %d,しけん,,keibu,,\n", i, i), 0);
        assert_int_equal(buf_printf(&posts, "n%03d,N%03d,member,kosaku,regular,2020-04-01,\n", i, i), 0);
    }
    CHANGED("org.yaml:10:5: warning: from 2026-04-17 more than 256 persons hold the role worker of the unit chuo (中央署); who holds two separated roles "
            "is looked for among 256 of them only\n",
            SEPARATE, {"force/persons.csv", "", persons.at}, {"force/appointments.csv", "", posts.at});
}

static void tells_a_separation_with_a_hole(void **state)
{
    const struct keys_change change = SEPARATE;
    struct checked c = {0};
    struct step *decide;

    load(&c, &change, 1);
    decide = &c.pack->procedures[0].steps[1];
    for (size_t i = 0; i < decide->n_conds; i++) {
        if (decide->conds[i]->kind == COND_SEPARATE)
            decide->conds[i] = decide->conds[--decide->n_conds];
    }
    run(&c, NULL);
    expect(&c, "procedures/loans.yaml:21:5: loans/decide as permitter is open to who acted as applicant, though the two are separated elsewhere: A (試験 一) could "
               "be both in the unit chuo; separate them here, too\n");
    done(&c);
}

static void tells_the_first_day_of_a_vacancy(void **state)
{
    CHANGED("org.yaml:9:5: from 2026-10-01 nobody holds the role chief of the unit chuo (中央署); appoint someone, also acting, or delegate it\n",
            {"force/appointments.csv", "a,A,head,chuo,regular,2020-04-01,", "a,A,head,chuo,regular,2020-04-01,2026-09-30"});
    /* An acting appointment fills the seat. */
    CHANGED("", {"force/appointments.csv", "a,A,head,chuo,regular,2020-04-01,", "a,A,head,chuo,regular,2020-04-01,2026-09-30\ne,B,head,chuo,acting,2026-10-01,"});
    /* Beyond the span nobody looks. */
    CHANGED("", {"force/appointments.csv", "a,A,head,chuo,regular,2020-04-01,", "a,A,head,chuo,regular,2020-04-01,2028-09-30"});
}

/* ---- periods ---- */

static void tells_a_period_of_no_time(void **state)
{
    struct checked c = {0};

    load(&c, NULL, 0);
    c.pack->params[0].duration = (struct duration){0};
    c.pack->regs[0].retention.keep = (struct duration){0};
    run(&c, NULL);
    expect(&c, "procedures/loans.yaml:15:3: the cap of the period \"loan\" is no time at all; give a duration such as P1Y\n"
               "registers/loans.yaml:16:12: the retention of loans is no time at all; give a duration such as P1Y\n");
    done(&c);
}

static void runs_each_length_over_the_whole_cycle(void **state)
{
    static const char *const caps[] = {"P1Y", "P1M", "P6M", "P13M", "P1D", "P60D", "P1W", "P5Y"};

    for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
        const struct keys_change list[] = {{"directive.yaml", "P1Y", caps[i]}, {"registers/loans.yaml", "keep: P1Y, basis: calendar", "keep: P5Y, basis: fiscal"}};

        check_changed(list, ARRAY_LEN(list), "");
    }
}

static void tells_what_is_not_kept_as_long_as_it_is_looked_for(void **state)
{
#define YEARLY(every)                                                                              \
    {"procedures/loans.yaml", "due: ends_on, missed",                                              \
     "every: " every ", met_by: {record: loans, where: {key: key}, in: [closed]}, missed"}
    static const struct keys_change year[] = {YEARLY("calendar-year")}, fiscal[] = {YEARLY("fiscal-year")};

    check_changed(year, 1, "");
    check_changed(fiscal, 1, "");
    CHANGED("procedures/loans.yaml:23:83: the obligation \"due\" looks for records of loans over a fiscal-year, but one completed on 2000-04-01 is kept to 2001-01-31 only; "
            "keep them longer\n",
            YEARLY("fiscal-year"), {"registers/loans.yaml", "keep: P1Y", "keep: P1M"});
#undef YEARLY
}

static void tells_a_period_that_may_be_any_text(void **state)
{
#define CAP                                                                                        \
    {"directive.yaml", "value: P1Y", "from: {register: loans, in: [out], during: {from: starts_on, to: ends_on}, value: note}"}
#define UNSET "procedures/loans.yaml:15:3: note: the period \"loan\" has no cap before the parameter cap is set; until then it is refused\n"
    CHANGED(UNSET "registers/loans.yaml:15:5: \"note\" is a text, from which \"cap\" takes a period; make it a duration, so that what is none is refused when it is typed\n", CAP);
    CHANGED(UNSET, CAP, {"registers/loans.yaml", "type: text, addition", "type: duration, addition"});
#undef UNSET
#undef CAP
}

/* The engine reckons anew when a record changes, so that one must when a rule begins and when it ends. */
static void tells_that_no_rule_comes_for_what_waits(void **state)
{
#define WAITS                                                                                      \
    {"directive.yaml", "",                                                                         \
     "  - {id: kept, type: duration, from: {register: loans, in: [out], during: {from: starts_on, to: ends_on}, value: note}, why: {ja: 保存, en: Kept}, clauses: [K-3]}\n"}, \
    {"registers/loans.yaml", "keep: P1Y", "keep: {parameter: kept}"}, {"registers/loans.yaml", "type: text, addition", "type: duration, addition"}
#define BEGINS                                                                                     \
    {"procedures/loans.yaml", "",                                                                  \
     "  - {id: begins, title: {ja: 開始, en: Begins}, while: [applied], due: starts_on, missed: [{move: this, to: out}], clauses: [K-5]}\n"}
#define ENDS {"procedures/loans.yaml", "missed: [{tell", "missed: [{move: this, to: closed}, {tell"}
    CHANGED("registers/loans.yaml:16:12: the retention of loans waits for records of loans, which no obligation moves into \"out\" on the day in \"starts_on\"; "
            "give one that is due then\n"
            "registers/loans.yaml:16:12: the retention of loans waits for records of loans, which no obligation moves out of \"out\" after the day in \"ends_on\"; "
            "give one that is due then\n",
            WAITS);
    CHANGED("registers/loans.yaml:16:12: the retention of loans waits for records of loans, which no obligation moves out of \"out\" after the day in \"ends_on\"; "
            "give one that is due then\n",
            WAITS, BEGINS);
    CHANGED("registers/loans.yaml:16:12: the retention of loans waits for records of loans, which no obligation moves into \"out\" on the day in \"starts_on\"; "
            "give one that is due then\n",
            WAITS, ENDS);
    CHANGED("", WAITS, BEGINS, ENDS);
    /* A rule that says by which years is counted is waited for as well. */
#define YEARS                                                                                      \
    {"directive.yaml", "",                                                                         \
     "  - {id: years, type: choice, choices: [calendar-year, fiscal-year], from: {register: loans, in: [out], during: {from: starts_on, to: ends_on}, value: by}, why: {ja: 保存, en: Kept}, clauses: [K-3]}\n"}, \
    {"registers/loans.yaml", "basis: calendar-year", "basis: {parameter: years}"},                 \
    {"registers/loans.yaml", "retention:",                                                         \
     "  - {id: by, title: {ja: 年, en: Years}, type: choice, choices: {calendar-year: {ja: 暦年, en: Calendar}, fiscal-year: {ja: 年度, en: Fiscal}}, addition: {ja: 参考, en: For reference}}\nretention:"}, \
    {"procedures/loans.yaml", "key, starts_on", "key, by, starts_on"}
    CHANGED("registers/loans.yaml:17:12: the retention of loans waits for records of loans, which no obligation moves out of \"out\" after the day in \"ends_on\"; "
            "give one that is due then\n",
            YEARS, BEGINS);
    CHANGED("", YEARS, BEGINS, ENDS);
#undef YEARS
#undef ENDS
#undef BEGINS
#undef WAITS
}

/* ---- flows ---- */

#define CLASS                                                                                      \
    {"registers/loans.yaml", "retention:",                                                         \
     "  - {id: class, title: {ja: 機密性, en: Class}, type: choice, choices: {c1: {ja: 低, en: Low}, c3: {ja: 高, en: High}}, clauses: [K-2]}\n"       \
     "  - {id: before, title: {ja: 前, en: Before}, type: record, register: loans, clauses: [K-2]}\nretention:"},                                      \
    {"registers/loans.yaml", "readable: all",                                                      \
     "readable: all\nlabel_from: {confidentiality: [class], clauses: [K-1]}"},                     \
    {"registers/loans.yaml", "reads: quiet", "reads: recorded"},                                   \
    {"registers/loans.yaml", "type: text, required: yes, unique: open", "type: text, personal: yes"}, \
    {"registers/loans.yaml", "type: text, addition", "type: text, personal: yes, addition"},       \
    {"procedures/loans.yaml", "key, starts_on", "key, class, before, starts_on"}
#define COPY(more)                                                                                 \
    {"procedures/loans.yaml", "requires: [{field: note, filled: no}], clauses",                    \
     "requires: [{field: note, filled: no}" more "], then: [{set: {key: before.key}}], clauses"}
#define TOLD                                                                                       \
    "procedures/loans.yaml:20:123: key of loans, of confidentiality up to 3, is written to key of loans, which may be of 1; give that record a label made from this one, or "   \
    "say \"plain: yes\" where the field may be known beside it\n"

static void tells_a_value_that_becomes_less_confidential(void **state)
{
    CHANGED(TOLD, CLASS, COPY(""));
    CHANGED("", CLASS, COPY(""), {"registers/loans.yaml", "personal: yes, clauses", "plain: yes, clauses"});
    CHANGED("", CLASS, COPY(", {inherits: before}"));
    /* A condition that is not always asked guards nothing. */
    CHANGED("procedures/loans.yaml:20:174: key of loans, of confidentiality up to 3, is written to key of loans, which may be of 1; give that record a label made from this one, or "
            "say \"plain: yes\" where the field may be known beside it\n",
            CLASS, COPY(", {inherits: before, if: {field: note, filled: no}}"));
}

static void tells_a_record_that_is_made_less_confidential(void **state)
{
#define MADE(sets)                                                                                 \
    {"procedures/loans.yaml", "to: closed, by: [applicant], clauses",                              \
     "to: closed, by: [applicant], then: [{create: loans, state: applied, set: {" sets "}}], clauses"}
    CHANGED("procedures/loans.yaml:21:141: key of loans, of confidentiality up to 3, is written to key of loans, which may be of 1; give that record a label made from this one, or "
            "say \"plain: yes\" where the field may be known beside it\n",
            CLASS, MADE("key: before.key"));
    CHANGED("", CLASS, MADE("key: before.key, class: before.class"));
    /* Of another record it says nothing. */
    CHANGED("procedures/loans.yaml:21:141: key of loans, of confidentiality up to 3, is written to key of loans, which may be of 1; give that record a label made from this one, or "
            "say \"plain: yes\" where the field may be known beside it\n",
            CLASS, MADE("key: before.key, class: class"));
#undef MADE
}

static void tells_reads_that_nobody_enters(void **state)
{
    CHANGED("registers/loans.yaml:1:1: records of loans can be of confidentiality 3; say \"reads: recorded\", so that it is known who read them\n", CLASS,
            {"registers/loans.yaml", "reads: recorded", "reads: quiet"});
}

#define CAPPED {"labels.yaml", "ranges:", "channels: {page: {at_most: 1}}\nranges:"}

static void tells_a_page_that_nobody_would_stop(void **state)
{
    CHANGED("registers/loans.yaml:1:1: records of loans can be above confidentiality 1, which pages are capped at; say \"reads: recorded\", so that their pages are asked for\n",
            {"labels.yaml", "confidentiality: 1", "confidentiality: 2"}, CAPPED);
    CHANGED("", {"labels.yaml", "confidentiality: 1", "confidentiality: 2"}, CAPPED, {"registers/loans.yaml", "reads: quiet", "reads: recorded"});
    CHANGED("", CAPPED);
}

static void tells_a_text_that_stands_in_the_ledger(void **state)
{
    CHANGED("registers/loans.yaml:13:5: records of loans can be of confidentiality 3, and key would stand in the ledger in clear; seal it with \"personal: yes\", or say "
            "\"plain: yes\" where it may be known beside such a record\n",
            CLASS, {"registers/loans.yaml", "type: text, personal: yes, clauses", "type: text, clauses"});
    CHANGED("", CLASS, {"registers/loans.yaml", "type: text, personal: yes, clauses", "type: text, plain: yes, clauses"});
    /* One of several is as much of a text. */
    CHANGED("registers/loans.yaml:19:5: records of loans can be of confidentiality 3, and rows would stand in the ledger in clear; seal it with \"personal: yes\", or say "
            "\"plain: yes\" where it may be known beside such a record\n",
            CLASS,
            {"registers/loans.yaml", "retention:", "  - {id: rows, title: {ja: 行, en: Rows}, type: list, of: text, max: 9, addition: {ja: 参考, en: For reference}}\nretention:"},
            {"procedures/loans.yaml", "key, class, before, starts_on", "key, class, before, rows, starts_on"});
}

/* ---- what is told of others ---- */

#define NARROW(readers) {"labels.yaml", "all: [{everyone: yes}]", "all: [" readers "]"}
#define SIGHT(line, role, step)                                                                    \
    "procedures/loans.yaml:" line ":5: \"key\" of loans is unique, and a refusal would tell " role ", who does " step ", of records that he does not see; say \"within\" " \
    "with the field of the unit whose records he reads, or let him read all\n"
#define DRAWN {"registers/loans.yaml", "prefix: KL", "prefix: KL\nnumbers: drawn"}
#define WITHIN {"registers/loans.yaml", "unique: open", "unique: open, within: unit"}

static void tells_a_value_that_is_tried_on_others(void **state)
{
    CHANGED(SIGHT("17", "worker", "apply"), NARROW("{role: worker, of: unit}"), DRAWN);
    CHANGED("", NARROW("{role: worker, of: unit}"), DRAWN, WITHIN);
    CHANGED("", NARROW("{role: worker, of: unit}, {everyone: yes}"));
    /* Whoever enters it is not among the readers of the unit. */
    CHANGED(SIGHT("17", "worker", "apply"), NARROW("{role: chief, of: unit}"), DRAWN, WITHIN);
    /* What he corrects is held against the unit that it lies in already; another unit is not his. */
    CHANGED(SIGHT("22", "chief", "amend"), NARROW("{role: worker, of: unit}"), DRAWN, WITHIN,
            {"procedures/loans.yaml", "obligations:", "  - {do: amend, title: {ja: 改める, en: Amend}, from: [out], to: same, by: [permitter], asks: [key], clauses: [K-2]}\nobligations:"});
    CHANGED("", NARROW("{role: worker, of: unit}, {role: chief, of: unit}"), DRAWN, WITHIN,
            {"procedures/loans.yaml", "obligations:", "  - {do: amend, title: {ja: 改める, en: Amend}, from: [out], to: same, by: [permitter], asks: [key], clauses: [K-2]}\nobligations:"});
    CHANGED(SIGHT("22", "chief", "amend"), NARROW("{role: worker, of: unit}, {role: chief, of: unit}"), DRAWN, WITHIN,
            {"procedures/loans.yaml", "obligations:", "  - {do: amend, title: {ja: 改める, en: Amend}, from: [out], to: same, by: [permitter], asks: [unit], clauses: [K-2]}\nobligations:"});
    CHANGED("procedures/loans.yaml:22:5: \"key\" of loans is unique, and a refusal would tell whoever does amend of records that he does not see; let everybody read them, or say who does it\n",
            NARROW("{role: worker, of: unit}"), DRAWN, WITHIN,
            {"procedures/loans.yaml", "obligations:", "  - {do: amend, title: {ja: 改める, en: Amend}, from: [out], to: same, by: [anyone], asks: [key], clauses: [K-2]}\nobligations:"});
    /* An effect writes where its own step's readers may not see. */
    CHANGED(SIGHT("21", "worker", "return"), NARROW("{role: worker, of: unit}"), DRAWN, WITHIN,
            {"procedures/loans.yaml", "to: closed, by: [applicant], clauses", "to: closed, by: [applicant], then: [{set: {key: note}}], clauses"});
    /* All serve in units of a kind that reads: by the post, not by an authority from elsewhere. */
#define NO_SHOP {"org.yaml", "  workshop: {ja: 工作係, en: Workshop}\n", ""}
    CHANGED("", NARROW("{unit_kind: shozoku}"), DRAWN, NO_SHOP, {"org.yaml", "post: [member, head], of: unit, within: [workshop, shozoku]", "post: [member, head], in: shozoku, of: unit"});
    CHANGED(SIGHT("17", "worker", "apply"), NARROW("{unit_kind: shozoku}"), DRAWN, NO_SHOP,
            {"org.yaml", "post: [member, head], of: unit, within: [workshop, shozoku]", "post: [member, head], in: shozoku, of: unit, delegable: [senketsu]"});
#undef NO_SHOP
}

static void tells_numbers_that_tell_how_many_there_are(void **state)
{
#define RUN "registers/loans.yaml:1:1: numbers of loans run, and whoever reads some of its records would learn from the gaps how many others there are; say \"numbers: drawn\", or \"running: [CLAUSE]\" in it where a clause asks for one book\n"
    CHANGED(RUN, NARROW("{role: worker, of: unit}"), WITHIN);
    CHANGED(RUN, NARROW("{role: worker, of: unit}"), WITHIN, {"registers/loans.yaml", "prefix: KL", "prefix: KL\nnumbers: running"});
    CHANGED("", NARROW("{role: worker, of: unit}"), WITHIN, DRAWN);
    CHANGED("", NARROW("{role: worker, of: unit}"), WITHIN, {"registers/loans.yaml", "prefix: KL", "prefix: KL\nnumbers: {running: [K-2]}"});
    CHANGED("", NARROW("{role: worker, of: unit}, {everyone: yes}"), WITHIN);
#undef RUN
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_a_clean_pack),
        cmocka_unit_test(tells_what_is_unused),
        cmocka_unit_test(tells_what_a_procedure_leaves_unused),
        cmocka_unit_test(tells_a_register_that_stays_empty),
        cmocka_unit_test(tells_clauses_without_a_rule),
        cmocka_unit_test(tells_clauses_without_a_reason),
        cmocka_unit_test(tells_fields_and_cells_without_a_source),
        cmocka_unit_test(tells_a_hash_that_is_not_the_packs),
        cmocka_unit_test(tells_states_out_of_reach_and_traps),
        cmocka_unit_test(tells_a_way_out_that_is_banned),
        cmocka_unit_test(warns_of_retention_that_never_counts),
        cmocka_unit_test(tells_two_steps_that_match),
        cmocka_unit_test(warns_of_a_step_never_taken),
        cmocka_unit_test(tells_what_no_suspension_lifts),
        cmocka_unit_test(tells_an_evaluator_that_differs),
        cmocka_unit_test(tells_a_sample),
        cmocka_unit_test(tells_each_check_before_it_begins),
        cmocka_unit_test(tells_a_case_in_which_nobody_may_act),
        cmocka_unit_test(tells_that_holders_are_left_out),
        cmocka_unit_test(tells_a_separation_with_a_hole),
        cmocka_unit_test(tells_the_first_day_of_a_vacancy),
        cmocka_unit_test(tells_a_period_of_no_time),
        cmocka_unit_test(runs_each_length_over_the_whole_cycle),
        cmocka_unit_test(tells_what_is_not_kept_as_long_as_it_is_looked_for),
        cmocka_unit_test(tells_a_period_that_may_be_any_text),
        cmocka_unit_test(tells_that_no_rule_comes_for_what_waits),
        cmocka_unit_test(tells_a_value_that_becomes_less_confidential),
        cmocka_unit_test(tells_a_record_that_is_made_less_confidential),
        cmocka_unit_test(tells_reads_that_nobody_enters),
        cmocka_unit_test(tells_a_page_that_nobody_would_stop),
        cmocka_unit_test(tells_a_value_that_is_tried_on_others),
        cmocka_unit_test(tells_numbers_that_tell_how_many_there_are),
        cmocka_unit_test(tells_a_text_that_stands_in_the_ledger),
    };

    if (crypto_start() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
