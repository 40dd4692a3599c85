/* Coverage and the difference of two texts, by their exact lines. */
#include "keys-pack.h"
#include "regulation/coverage.h"
#include "regulation/diff.h"
#include "regulation/falls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

struct loaded {
    char *dir;
    struct pack *pack;
    struct scenario_set *scenarios;
};

static void load(struct loaded *l, const struct keys_change *changes, size_t n)
{
    struct diag diag;

    diag_init(&diag);
    l->dir = keys_pack_make(changes, n);
    assert_int_equal(pack_load_dir(l->dir, &l->pack, &diag), 0);
    assert_int_equal(scenario_set_load(l->dir, l->pack, &l->scenarios, &diag), 0);
    diag_done(&diag);
}

static void done(struct loaded *l)
{
    pack_unref(l->pack);
    scenario_set_free(l->scenarios);
    keys_pack_remove(l->dir);
}

/* ---- coverage ---- */

static void covers_each_clause(void **state)
{
    struct loaded l;
    struct coverage c;
    struct buf text;

    load(&l, NULL, 0);
    assert_int_equal(coverage_load(l.pack, l.scenarios, &c), 0);
    buf_init(&text, 65536);
    assert_int_equal(coverage_print_tsv(&c, &text), 0);
    assert_string_equal(text.at,
                        "K-1\trecorded\thead,expiry,label:plain,loans,loans:retention\t\t\n"
                        "K-2\tenforced\trole:chief,role:worker,loans.unit,loans.key,loans:role.applicant,loans:role.permitter,loans/decide,loans/decide~2,"
                        "loans/return,loans/apply@by,loans/decide@state,loans/decide@by,loans/decide#1,loans/decide~2@state,loans/decide~2@by,"
                        "loans/decide~2#1,loans/return@state,loans/return@by\tloan\t\n"
                        "K-3\tenforced\tparameter:cap,loans.starts_on,loans.ends_on,loans:period.loan,loans/apply,loans/apply@state,loans/apply#1,form:form-1\t"
                        "loan\t\n"
                        "K-4\torganisational\t\t\tA matter of a cabinet\n"
                        "K-5\tdetected\tloans!due,loans!due>1\t\t\n");
    assert_int_equal(coverage_n_missing(&c), 0);
    buf_done(&text);
    coverage_done(&c);
    done(&l);
}

static void names_a_clause_that_nothing_shows(void **state)
{
    const struct keys_change change = {"scenarios/loan.yaml", "answer: {forbidden: [K-3]}", "answer: {invalid: [key]}"};
    struct loaded l;
    struct coverage c;
    struct buf text;

    load(&l, &change, 1);
    assert_int_equal(coverage_load(l.pack, l.scenarios, &c), 0);
    buf_init(&text, 65536);
    assert_int_equal(coverage_print(&c, &text), 0);
    assert_string_equal(text.at, "clauses.yaml:5:5: the clause K-3 (Period) is enforced, but no scenario shows it\n"
                                 "keys: 5 clauses\n"
                                 "  enforced            2   with a rule    2   with a scenario    1\n"
                                 "  detected            1   with a rule    1   with a scenario    0\n"
                                 "  recorded            1   with a rule    1   with a scenario    0\n"
                                 "  informed            0   with a rule    0   with a scenario    0\n"
                                 "  organisational      1   with a rule    0   with a scenario    0\n"
                                 "  out-of-scope        0   with a rule    0   with a scenario    0\n");
    assert_int_equal(coverage_n_missing(&c), 1);
    buf_done(&text);
    coverage_done(&c);
    done(&l);
}

/* ---- diff ---- */

static void expect_between(const struct keys_change *before, size_t n_before, const struct keys_change *changes, size_t n, const char *wanted,
                           size_t n_cases)
{
    struct loaded a, b;
    struct diff_summary s;
    struct buf text;

    load(&a, before, n_before);
    load(&b, changes, n);
    buf_init(&text, 65536);
    assert_int_equal(buf_add_text(&text, ""), 0);
    assert_int_equal(pack_diff(a.pack, b.pack, NULL, &text, &s), 0);
    assert_string_equal(text.at, wanted);
    assert_int_equal(s.n_cases, n_cases);
    buf_done(&text);
    done(&a);
    done(&b);
}

static void expect_diff(const struct keys_change *changes, size_t n, const char *wanted, size_t n_cases)
{
    expect_between(NULL, 0, changes, n, wanted, n_cases);
}

static void says_nothing_of_equal_texts(void **state)
{
    expect_diff(NULL, 0, "", 0);
}

static void shows_a_decision_that_changed(void **state)
{
    const struct keys_change stricter = {"procedures/loans.yaml", "requires: [{period: loan}]", "requires: [{period: loan}, {field: key, none_of: ['0'], clauses: [K-2]}]"};
    const struct keys_change looser = {"procedures/loans.yaml", "filled: no}]", "filled: no, if: {person: actor, holds: worker, of: unit}}]"};
    const struct keys_change gone[] = {{"procedures/loans.yaml", "do: return", "do: bring"}, {"scenarios/loan.yaml", "loans/return", "loans/bring"}};

    expect_diff(&stricter, 1,
                "+ loans/apply asks none-of key 0 [K-2]\n"
                "loans/apply in none: allowed before, forbidden now: none-of key 0 [K-2]; when state none; by applicant; period loan\n", 1);
    expect_diff(&looser, 1,
                "- loans/decide~2 asks filled note no [K-2]\n"
                "+ loans/decide~2 asks filled note no if holds actor worker unit [K-2]\n", 0);
    expect_diff(gone, 2,
                "+ loans/bring asks by applicant [K-2]\n"
                "+ loans/bring asks state out [K-2]\n"
                "- loans/return asks by applicant [K-2]\n"
                "- loans/return asks state out [K-2]\n"
                "+ step loans/bring from out to closed [K-2]\n"
                "- step loans/return from out to closed [K-2]\n", 0);
}

static void shows_what_only_stands_in_one_text(void **state)
{
    const struct keys_change list[] = {
        {"directive.yaml", "value: P1Y", "value: P6M"},
        {"clauses.yaml", "", "  - {id: K-6, place: 第6, title: {ja: 説明, en: Told}, status: informed}\n"},
        {"registers/loans.yaml", "unique: open", "unique: ever"},
        {"procedures/loans.yaml", "while: [out]", "while: [applied]"},
        {"procedures/loans.yaml", "tell: [chief]", "tell: [worker]"},
    };

    expect_diff(list, ARRAY_LEN(list),
                "+ clause K-6 informed\n"
                "+ field loans.key text required unique-ever max 200 [K-2]\n"
                "- field loans.key text required unique-open max 200 [K-2]\n"
                "- loans!due does tell chief [K-5]\n"
                "+ loans!due does tell worker [K-5]\n"
                "+ obligation loans!due due ends_on while applied [K-5]\n"
                "- obligation loans!due due ends_on while out [K-5]\n"
                "- parameter cap P1Y [K-3]\n"
                "+ parameter cap P6M [K-3]\n"
                "loans: the period loan from 2026-01-05 to 2027-01-04: allowed before, forbidden now [K-3]\n", 1);
}

/* From 5 January both end on the same day; only a leap day parts them. */
static void looks_for_the_day_on_which_a_period_differs(void **state)
{
    const struct keys_change days = {"directive.yaml", "value: P1Y", "value: P365D"}, same = {"directive.yaml", "value: P1Y", "value: P12M"};
    const struct keys_change unset = {"directive.yaml", "value: P1Y, ", ""};

    expect_diff(&days, 1,
                "- parameter cap P1Y [K-3]\n"
                "+ parameter cap P365D [K-3]\n"
                "loans: the period loan from 2027-03-01 to 2028-02-29: allowed before, forbidden now [K-3]\n", 1);
    expect_diff(&same, 1,
                "+ parameter cap P12M [K-3]\n"
                "- parameter cap P1Y [K-3]\n", 0);
    expect_diff(&unset, 1,
                "- parameter cap P1Y [K-3]\n"
                "+ parameter cap unset [K-3]\n"
                "loans: the period loan from 2026-01-05 to 2026-01-05: allowed before, forbidden now [K-3]\n", 1);
}

#define PIECES(n)                                                                                  \
    {"directive.yaml", "", "  - {id: pieces, type: number, value: " n ", why: {ja: 本数, en: Pieces}, clauses: [K-2]}\n"},                 \
        {"registers/loans.yaml", "  - {id: note,", "  - {id: pieces, title: {ja: 本数, en: Pieces}, type: number, clauses: [K-2]}\n  - {id: note,"}, \
        {"procedures/loans.yaml", "requires: [{period: loan}]", "requires: [{period: loan}, {field: pieces, at_most: {parameter: pieces}}]"},     \
        {"procedures/loans.yaml", "ends_on, note]", "ends_on, pieces, note]"}

static void shows_what_another_figure_changes(void **state)
{
    const struct keys_change one[] = {PIECES("1")}, two[] = {PIECES("2")};

    expect_between(one, ARRAY_LEN(one), two, ARRAY_LEN(two),
                   "- parameter pieces 1 [K-2]\n"
                   "+ parameter pieces 2 [K-2]\n"
                   "loans/apply in none: forbidden before, allowed now: at-most pieces pieces [K-3]; when state none; by applicant; period loan; "
                   "not at-most pieces pieces\n", 1);
}

/* What a name stands for is what counts. */
static void a_named_condition_is_what_it_stands_for(void **state)
{
    const struct keys_change inline_[] = {{"procedures/loans.yaml", "[{period: loan}]", "[{all: [{period: loan}, {field: key, filled: yes}], if: {not: {field: unit, filled: no}}}]"}};
    const struct keys_change named[] = {
        {"procedures/loans.yaml", "periods:\n", "conditions:\n  fits: {all: [{period: loan}, {condition: keyed}], if: {not: {field: unit, filled: no}}}\n  keyed: {field: key, filled: yes}\nperiods:\n"},
        {"procedures/loans.yaml", "[{period: loan}]", "[{condition: fits}]"}};
    const struct keys_change other[] = {named[0], named[1], {"procedures/loans.yaml", "keyed: {field: key, filled: yes}", "keyed: {field: key, none_of: ['0']}"}};

    expect_between(inline_, ARRAY_LEN(inline_), named, ARRAY_LEN(named), "", 0);
    expect_between(named, ARRAY_LEN(named), other, ARRAY_LEN(other),
                   "- loans/apply asks all(period loan; filled key yes) if not(filled unit no) [K-3]\n"
                   "+ loans/apply asks all(period loan; none-of key 0) if not(filled unit no) [K-3]\n"
                   "loans/apply in none: not yet permitted before, allowed now: filled key yes [K-3]; when state none; by applicant; not filled unit no; "
                   "period loan; not filled key yes\n"
                   "loans/apply in none: allowed before, forbidden now: none-of key 0 [K-3]; when state none; by applicant; not filled unit no; period loan; "
                   "filled key yes\n", 2);
}

/* ---- what falls ---- */

#define EASED "  - {id: cap, type: duration, value: P1Y, why: {ja: 上限, en: Cap}, clauses: [K-3]}\n"

/* A name of what `sum` stands for, as a field twice and as a column. */
#define SEEN_BY(seal, tag, column)                                                                                                             \
    {"registers/loans.yaml", "  - {id: note,",                                                                                                 \
     "  - {id: sum, title: {ja: 要約値, en: Sum}, type: digest, clauses: [K-2]}\n"                                                             \
     "  - {id: seal, title: {ja: 印, en: Seal}, type: text, " seal ", clauses: [K-2]}\n"                                                        \
     "  - {id: tag, title: {ja: 札, en: Tag}, type: text, " tag ", clauses: [K-2]}\n"                                                           \
     "  - {id: rows, title: {ja: 行, en: Rows}, type: group, fields: [{id: name, title: {ja: 名, en: Name}, type: text, " column "}], clauses: [K-2]}\n" \
     "  - {id: scan, title: {ja: 写し, en: Scan}, type: file, clauses: [K-2]}\n"                                                              \
     "  - {id: note,"}

static const struct keys_change strict[] = {
    {"labels.yaml", "confidentiality: 1,", "confidentiality: 2,"},
    {"labels.yaml", "  all: [{everyone: yes}]\n", "  all: [{role: chief, of: unit}]\nchannels:\n  page: {at_most: 2}\n  print: {at_most: 2}\n  export: {at_most: 2}\n"
     "tlp: {low: {mark: AMBER}, middle: {mark: AMBER+STRICT}, high: {mark: RED}}\n"},
    {"registers/loans.yaml", "reads: quiet", "reads: {asks: [purpose, case]}"},
    {"registers/loans.yaml", "type: text, addition", "type: long-text, addition"},
    SEEN_BY("of: sum", "of: sum", "of: sum"),
    {"registers/loans.yaml", "readable: all\n", "readable: all\nfiles_in: [closed]\n"},
    {"procedures/loans.yaml", "ends_on, note]", "ends_on, sum, seal, tag, rows, scan, note]"}};
static const struct keys_change loose[] = {
    {"org.yaml", "post: [head], of: unit", "post: [head, member], of: unit"},
    {"labels.yaml", "  all: [{everyone: yes}]\n",
     "  all: [{role: chief, of: unit}, {role: worker, of: unit}]\nchannels:\n  page: {at_most: 3}\n  export: {at_most: 1}\n"},
    {"directive.yaml", EASED, EASED "eases:\n  - {register: loans, clauses: [K-2]}\n  - {channel: print, clauses: [K-1]}\n"},
    SEEN_BY("personal: yes", "max: 200", "personal: yes"),
    {"registers/loans.yaml", "readable: all\n", "readable: all\nfiles_in: [out, closed]\n"},
    {"procedures/loans.yaml", "ends_on, note]", "ends_on, sum, seal, tag, rows, scan, note]"}};

static void tells_what_falls(void **state)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct loaded before, after;
    struct fall *falls;
    struct buf text;
    size_t n;

    load(&before, strict, ARRAY_LEN(strict));
    load(&after, loose, ARRAY_LEN(loose));
    assert_int_equal(pack_falls(before.pack, after.pack, arena, &falls, &n), 0);
    buf_init(&text, 65536);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(buf_printf(&text, "%s %s (%s): %s%s\n", easing_name(falls[i].of), falls[i].id, falls[i].title.en, falls[i].how.en,
                                    falls[i].is_said ? "" : " !"),
                         0);
    assert_string_equal(text.at, "register loans (Loans): confidentiality 2, now 1; role worker (unit) reads; readings are entered no more; "
                                 "who opens a record is asked no purpose; who opens a record is asked no case; files handed out in out; "
                                 "seal shown to who reads the record, no longer to those alone who see sum; tag sealed no more; "
                                 "rows.name shown to who reads the record, no longer to those alone who see sum; note sealed no more\n"
                                 "role chief (Chief): role chief post head of unit acting, now role chief post head,member of unit acting !\n"
                                 "channel page (page): at most 2, now 3 !\n"
                                 "channel print (print): at most 2, now what the program lets it carry\n"
                                 "tlp low (low): marked TLP:AMBER, now TLP:GREEN; kept: marked TLP:AMBER, now TLP:GREEN !\n"
                                 "tlp middle (middle): marked TLP:AMBER+STRICT, now TLP:AMBER !\n");
    assert_string_equal(falls[2].how.ja, "上限が機密性2から3へ");
    /* The other way little falls: fewer posts, fewer readers, lower caps, but a keyed form in place of a seal; and of the same text nothing. */
    assert_int_equal(pack_falls(before.pack, before.pack, arena, &falls, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(pack_falls(after.pack, before.pack, arena, &falls, &n), 0);
    assert_int_equal(n, 2);
    assert_string_equal(falls[0].how.en, "seal sealed no more; rows.name sealed no more");
    assert_string_equal(falls[1].how.en, "at most 1, now 2");
    buf_done(&text);
    arena_free(arena);
    done(&before);
    done(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_each_clause),
        cmocka_unit_test(names_a_clause_that_nothing_shows),
        cmocka_unit_test(says_nothing_of_equal_texts),
        cmocka_unit_test(shows_a_decision_that_changed),
        cmocka_unit_test(shows_what_only_stands_in_one_text),
        cmocka_unit_test(looks_for_the_day_on_which_a_period_differs),
        cmocka_unit_test(shows_what_another_figure_changes),
        cmocka_unit_test(a_named_condition_is_what_it_stands_for),
        cmocka_unit_test(tells_what_falls),
    };

    if (crypto_start() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
