/* The engine's evaluator beside the naive one on trees grown at random, and mutation over a small directive. */
#include "base/file.h"
#include "engine/decide.h"
#include "engine/engine.h"
#include "engine/mutant.h"
#include "engine/mutate.h"
#include "engine/reach.h"
#include "keys-pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* after the four above */
#include <cmocka.h>

/* ---- random trees ---- */

#define TREES 400u
#define CASES 64u
#define CONDS_MAX 400u
#define CLAUSES 3u

struct grove {
    uint64_t seed;
    struct cond conds[CONDS_MAX];
    const struct cond *children[CONDS_MAX];
    const struct cond *tops[CONDS_MAX];
    size_t n, n_children;
    unsigned n_leaves;
    size_t n_lifted; /* conditions that were, in all */
    struct clause clauses[CLAUSES];
    const struct clause *cited[CONDS_MAX][2];
};

static uint64_t next(struct grove *g, uint64_t below)
{
    g->seed = g->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (g->seed >> 33) % below;
}

/* None, one or two of the few clauses. */
static void cite(struct grove *g, struct cond *c)
{
    const struct clause **cited = g->cited[c - g->conds];

    c->clauses.n = next(g, 3);
    c->clauses.at = cited;
    for (size_t i = 0; i < c->clauses.n; i++)
        cited[i] = &g->clauses[next(g, CLAUSES)];
}

static const struct cond *grow(struct grove *g, unsigned depth)
{
    struct cond *c = &g->conds[g->n++];
    bool is_leaf = depth == 0 || g->n + 8 > CONDS_MAX || next(g, 2) == 0;
    size_t first, n;

    *c = (struct cond){.rule = "", .kind = COND_FILLED, .is_not_yet = next(g, 2) != 0};
    cite(g, c);
    if (g->n + 8 <= CONDS_MAX && depth > 0 && next(g, 5) == 0)
        c->only_if = grow(g, depth - 1);
    if (is_leaf) {
        c->kind = next(g, 4) == 0 ? COND_STATE : COND_FILLED;
        c->leaf = g->n_leaves++;
        return c;
    }
    c->kind = (enum cond_kind)(COND_ALL + next(g, 3));
    n = c->kind == COND_NOT ? 1 : next(g, 4);
    first = g->n_children;
    g->n_children += n;
    if (g->n_children > CONDS_MAX || g->n + 2 * n > CONDS_MAX)
        n = c->kind == COND_NOT ? 1 : 0;
    for (size_t i = 0; i < n; i++)
        g->children[first + i] = grow(g, depth - 1);
    c->children = &g->children[first];
    c->n_children = n;
    return c;
}

static void expect_same(const struct verdict *a, const struct verdict *b)
{
    assert_int_equal(a->result, b->result);
    assert_ptr_equal(a->step, b->step);
    assert_int_equal(a->n_matching, b->n_matching);
    assert_int_equal(a->n_unmet, b->n_unmet);
    assert_memory_equal(a->unmet, b->unmet, a->n_unmet * sizeof(a->unmet[0]));
    assert_int_equal(a->n_lifted, b->n_lifted);
    assert_memory_equal(a->lifted, b->lifted, a->n_lifted * sizeof(a->lifted[0]));
}

static void try_tree(struct grove *g)
{
    struct step steps[3] = {0};
    struct procedure p = {.steps = steps, .n_steps = 3};
    CLEANUP(program_freep) struct program *program = NULL;
    uint8_t truth[CONDS_MAX], lifted[CLAUSES];
    size_t n = 0;

    g->n = g->n_children = g->n_leaves = 0;
    for (unsigned i = 0; i < 3; i++) {
        steps[i] = (struct step){.act = i == 1 ? "other" : "act", .procedure = &p, .no = i, .conds = &g->tops[n]};
        steps[i].n_conds = next(g, 4);
        for (size_t k = 0; k < steps[i].n_conds; k++)
            g->tops[n++] = grow(g, 4);
    }
    p.n_leaves = g->n_leaves;
    assert_int_equal(program_new(&p, &program), 0);
    for (unsigned i = 0; i < CASES; i++) {
        struct facts facts = {.procedure = &p,
                              .act = next(g, 9) == 0 ? "none" : "act",
                              .truth = truth,
                              .lifted = next(g, 2) ? lifted : NULL};
        struct verdict slow, fast, whole;

        for (unsigned k = 0; k < g->n_leaves; k++)
            truth[k] = (uint8_t)next(g, 3);
        for (unsigned k = 0; k < CLAUSES; k++)
            lifted[k] = (uint8_t)next(g, 2);
        naive_decide(&facts, &slow);
        program_decide(program, &facts, &fast);
        engine_decide(&facts, &whole);
        expect_same(&slow, &fast);
        expect_same(&slow, &whole);
        g->n_lifted += fast.n_lifted;
    }
}

static void both_evaluators_agree(void **state)
{
    static struct grove g;

    g.seed = 20260417;
    for (unsigned i = 0; i < CLAUSES; i++)
        g.clauses[i].no = i;
    for (unsigned i = 0; i < TREES; i++)
        try_tree(&g);
    assert_true(g.n_lifted > TREES);
}

/* ---- mutation ---- */

struct mutated {
    struct mutation_summary s;
    struct buf text;
};

/* `kept` NULL: nothing is. */
static void mutate_some(const struct keys_change *changes, size_t n, struct mutation_options options, const char *kept, struct mutated *ret)
{
    char *dir = keys_pack_make(changes, n);
    struct pack *pack = NULL;
    struct scenario_set *scenarios = NULL;
    struct scenario_forces *forces = NULL;
    struct diag diag;

    diag_init(&diag);
    buf_init(&ret->text, 65536);
    assert_int_equal(pack_load_dir(dir, &pack, &diag), 0);
    assert_int_equal(scenario_set_load(dir, pack, &scenarios, &diag), 0);
    assert_int_equal(scenario_forces_load(dir, scenarios, &forces, &diag), 0);
    if (kept)
        assert_int_equal(mutation_memory_open(kept, dir, pack, scenarios, &options.memory, &diag), 0);
    assert_int_equal(mutate_pack(pack, scenarios, forces, &options, &diag, &ret->s), 0);
    mutation_memory_close(options.memory);
    assert_int_equal(buf_add_text(&ret->text, ""), 0);
    assert_int_equal(diag_print(&diag, &ret->text), 0);
    scenario_forces_free(forces);
    scenario_set_free(scenarios);
    pack_unref(pack);
    diag_done(&diag);
    keys_pack_remove(dir);
}

static void mutate(const struct keys_change *changes, size_t n, struct mutated *ret)
{
    mutate_some(changes, n, (struct mutation_options){0}, NULL, ret);
}

struct heard {
    size_t n, n_whole;
};

static void hear(void *user, size_t done, size_t total, const char *rule)
{
    struct heard *h = user;
    bool is_whole = !strcmp(rule, MUTATION_WHOLE);

    assert_true(done < total && *rule);
    assert_true(!is_whole || h->n_whole == h->n); /* all of them come first */
    h->n++;
    h->n_whole += is_whole;
}

/* How far it has come is told from the first play on: of the pack as it is, then of each rule. */
static void tells_how_far_it_has_come(void **state)
{
    struct heard heard = {0};
    struct mutated m;

    mutate_some(NULL, 0, (struct mutation_options){.told = hear, .user = &heard}, NULL, &m);
    assert_true(heard.n_whole > 0);
    assert_int_equal(heard.n, m.s.n_runs);
    assert_true(heard.n > heard.n_whole);
    buf_done(&m.text);
}

#define SURVIVOR(at, rule, clause)                                                                 \
    at ": warning: removing " rule " changes no scenario of " clause "; show in one what the rule prevents or brings about\n"

static void tells_rules_that_no_scenario_misses(void **state)
{
    struct mutated m;

    mutate(NULL, 0, &m);
    assert_string_equal(m.text.at,
                        SURVIVOR("procedures/loans.yaml:17:78", "loans/apply@by", "K-2")
                        SURVIVOR("procedures/loans.yaml:19:103", "loans/decide#1", "K-2")
                        SURVIVOR("procedures/loans.yaml:20:52", "loans/decide~2@by", "K-2")
                        SURVIVOR("procedures/loans.yaml:20:76", "loans/decide~2#1", "K-2")
                        SURVIVOR("registers/loans.yaml:11:5", "loans.unit", "K-2")
                        SURVIVOR("registers/loans.yaml:12:5", "loans.key", "K-2")
                        SURVIVOR("registers/loans.yaml:13:5", "loans.starts_on", "K-3")
                        SURVIVOR("registers/loans.yaml:14:5", "loans.ends_on", "K-3"));
    assert_int_equal(m.s.n_errors, 0);
    assert_int_equal(m.s.n_clauses, 2);
    assert_int_equal(m.s.n_unproved, 0);
    buf_done(&m.text);
}

/* What everybody may read anyhow cannot be opened, and no scenario could notice. */
static void what_is_open_is_not_opened(void **state)
{
    const struct keys_change list[] = {{"registers/loans.yaml", "clauses: [K-1]\nfields:", "clauses: [K-2]\nfields:"},
                                       {"labels.yaml", "availability: 1, clauses: [K-1]", "availability: 1, clauses: [K-2]"}};
    struct mutated m;

    mutate(list, ARRAY_LEN(list), &m);
    assert_non_null(strstr(m.text.at, "removing loans.unit changes no scenario of K-2"));
    assert_null(strstr(m.text.at, "removing loans changes"));
    assert_null(strstr(m.text.at, "removing label:plain changes"));
    buf_done(&m.text);
}

/* What was signed, and no act touches: no scenario could notice. */
static void what_nobody_can_change_is_not_asked_for(void **state)
{
    struct keys_change list[] = {
        {"procedures/loans.yaml", "ends_on, note],\n", "ends_on, note], signs: [key],\n"},
        {"procedures/loans.yaml", "requires: [{field: note, filled: yes}]", "requires: [{field: note, filled: yes}, {unchanged_since: apply}]"},
        {"procedures/loans.yaml", "to: out, by: [permitter],", "to: out, by: [permitter], asks: [key],"},
    };
    struct mutated m;

    mutate(list, 2, &m);
    assert_null(strstr(m.text.at, "removing loans/decide#2 changes"));
    buf_done(&m.text);
    mutate(list, ARRAY_LEN(list), &m);
    assert_non_null(strstr(m.text.at, "removing loans/decide#2 changes no scenario of K-2"));
    buf_done(&m.text);
    /* What is changed later only, the condition has seen before; but not where the record comes back. */
    list[2] = (struct keys_change){"procedures/loans.yaml", "obligations:\n", "  - {do: amend, title: {ja: 直す, en: Amend}, from: [out], to: same, by: [permitter], asks: [key], clauses: [K-2]}\nobligations:\n"};
    mutate(list, ARRAY_LEN(list), &m);
    assert_null(strstr(m.text.at, "removing loans/decide#2 changes"));
    buf_done(&m.text);
    list[2].to = "  - {do: amend, title: {ja: 直す, en: Amend}, from: [out], to: applied, by: [permitter], asks: [key], clauses: [K-2]}\nobligations:\n";
    mutate(list, ARRAY_LEN(list), &m);
    assert_non_null(strstr(m.text.at, "removing loans/decide#2 changes no scenario of K-2"));
    buf_done(&m.text);
}

/* What the pack's own value of a parameter meets, and what a default fills whenever it is left empty: no scenario could notice. */
static void what_the_pack_settles_itself_is_not_asked_for(void **state)
{
    struct keys_change list[] = {
        {"directive.yaml", "clauses: [K-3]}\n", "clauses: [K-3]}\n  - {id: spare, type: flag, why: {ja: 予備, en: Spare}, clauses: [K-3]}\n"},
        {"procedures/loans.yaml", "requires: [{period: loan}]", "requires: [{period: loan}, {parameter: cap}, {parameter: cap, is: P1Y}, {parameter: spare, if: {field: note, filled: no}}]"},
        {"registers/loans.yaml", "required: yes, unique: open, clauses: [K-2]}\n", "required: yes, default: {is: x}, clauses: [K-2]}\n  - {id: keeper, title: {ja: 担当, en: Keeper}, type: person, required: yes, default: actor, clauses: [K-2]}\n"},
        {"procedures/loans.yaml", "obligations:\n", "corrections:\n  - {fields: [key], in: [out], by: [permitter], clauses: [K-2]}\nobligations:\n"},
    };
    struct mutated m;

    mutate(list, ARRAY_LEN(list) - 1, &m);
    assert_int_equal(m.s.n_errors, 0);
    assert_null(strstr(m.text.at, "removing loans/apply#2 "));
    assert_null(strstr(m.text.at, "removing loans/apply#3 "));
    assert_non_null(strstr(m.text.at, "removing loans/apply#4 changes no scenario of K-3")); /* it refuses who gives no note */
    assert_null(strstr(m.text.at, "removing loans.key "));
    assert_null(strstr(m.text.at, "removing loans.keeper "));
    buf_done(&m.text);
    /* A correction fills nothing in. */
    mutate(list, ARRAY_LEN(list), &m);
    assert_non_null(strstr(m.text.at, "removing loans.key changes no scenario of K-2"));
    assert_null(strstr(m.text.at, "removing loans.keeper "));
    buf_done(&m.text);
}

static void tells_a_clause_that_nothing_proves(void **state)
{
    const struct keys_change list[] = {
        /* Nobody tries too long a loan, but an act says that it shows the clause. */
        {"scenarios/loan.yaml", "ends_on: 2027-04-01}, answer: {forbidden: [K-3]}}", "ends_on: 2027-03-01, note: x}, clauses: [K-3]}"},
        {"scenarios/loan.yaml", "key: '7', starts_on: 2026-04-01, ends_on: 2027-03-31", "key: '8', starts_on: 2026-04-01, ends_on: 2027-03-31"},
    };
    struct mutated m;

    mutate(list, ARRAY_LEN(list), &m);
    assert_non_null(strstr(m.text.at, "clauses.yaml:5:5: no scenario of the enforced clause K-3 fails when a rule of it is removed; show in one what the clause forbids\n"));
    assert_int_equal(m.s.n_errors, 1);
    assert_int_equal(m.s.n_unproved, 1);
    buf_done(&m.text);
}

static void proves_nothing_by_a_scenario_that_fails(void **state)
{
    const struct keys_change change = {"scenarios/loan.yaml", "state: out", "state: closed"};
    struct mutated m;

    mutate(&change, 1, &m);
    assert_string_equal(m.text.at, "scenarios/loan.yaml:1:1: the scenario loan fails as the pack is, so that it proves nothing; see `regulation test`\n");
    assert_int_equal(m.s.n_errors, 1);
    assert_int_equal(m.s.n_mutants, 0);
    buf_done(&m.text);
}

/* A clause that nothing carries but a parameter that a record settles. */
static void a_parameter_from_a_record_is_taken_out(void **state)
{
    const struct keys_change from = {"directive.yaml", "value: P1Y,",
                                     "from: {register: loans, in: [out], during: {from: starts_on, to: ends_on}, value: note},"};
    CLEANUP(rule_table_done) struct rule_table rules = {0};
    char *dir = keys_pack_make(&from, 1);
    struct pack *pack = NULL, *without = NULL;
    JSON_AUTO *canonical = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(pack_load_dir(dir, &pack, &diag), 0);
    assert_non_null(pack->params[0].from);
    assert_int_equal(json_parse(pack->canonical, (struct json_limits){pack->canonical.len + 1, 64}, &canonical, &diag), 0);
    assert_int_equal(rule_table_load(pack, &rules), 0);
    for (size_t i = 0; i < rules.n; i++)
        if (rules.at[i].kind == RULE_PARAM)
            assert_int_equal(mutant_load(pack, canonical, &rules.at[i], &without), 0);
    assert_non_null(without);
    assert_int_equal(without->canonical.len, 0); /* it is only run by */
    assert_null(without->params[0].from);
    assert_false(without->params[0].is_set);
    pack_unref(without);
    pack_unref(pack);
    diag_done(&diag);
    keys_pack_remove(dir);
}

/* ---- named conditions ---- */

static const struct keys_change named[] = {
    {"procedures/loans.yaml", "periods:\n", "conditions:\n  fits: {all: [{period: loan}, {field: key, filled: yes}, {field: unit, filled: yes}]}\n  whole: {all: [{condition: fits}, {not: {field: starts_on, filled: no}}]}\nperiods:\n"},
    {"procedures/loans.yaml", "requires: [{period: loan}]", "requires: [{condition: fits}]"},
    {"procedures/loans.yaml", "requires: [{field: note, filled: yes}]", "requires: [{all: [{field: note, filled: yes}, {condition: whole, clauses: [K-2]}]}]"},
    {"procedures/loans.yaml", "requires: [{field: note, filled: no}]", "requires: [{field: note, filled: no, if: {condition: whole}}]"},
};

/* What stands in one is a rule, however often it is named, with the clauses of all places; what names it is one for each place. */
static void named_conditions_are_taken_out_where_they_stand(void **state)
{
    struct mutated m, some;

    mutate(named, ARRAY_LEN(named), &m);
    assert_int_equal(m.s.n_errors, 0);
    assert_null(strstr(m.text.at, "removing loans=fits.1 ")); /* the period is missed */
    assert_non_null(strstr(m.text.at, SURVIVOR("procedures/loans.yaml:15:32", "loans=fits.2", "K-2") SURVIVOR("procedures/loans.yaml:15:32", "loans=fits.2", "K-3")));
    assert_non_null(strstr(m.text.at, SURVIVOR("procedures/loans.yaml:16:17", "loans=whole.1", "K-2") SURVIVOR("procedures/loans.yaml:16:36", "loans=whole.2", "K-2")));
    assert_non_null(strstr(m.text.at, "removing loans/decide#1.2 "));
    assert_null(strstr(m.text.at, "removing loans/apply#1"));
    assert_null(strstr(m.text.at, "removing loans/decide#1.2."));
    mutate_some(named, ARRAY_LEN(named), (struct mutation_options){.only = "loans=fits"}, NULL, &some);
    assert_int_equal(some.s.n_mutants, 3);
    assert_int_equal(some.s.n_survivors, 4);
    buf_done(&some.text);
    buf_done(&m.text);
}

static void a_part_goes_from_all_places(void **state)
{
    CLEANUP(rule_table_done) struct rule_table rules = {0};
    char *dir = keys_pack_make(named, ARRAY_LEN(named));
    struct pack *pack = NULL, *without = NULL;
    JSON_AUTO *canonical = NULL;
    const struct cond *all;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(pack_load_dir(dir, &pack, &diag), 0);
    assert_int_equal(json_parse(pack->canonical, (struct json_limits){pack->canonical.len + 1, 64}, &canonical, &diag), 0);
    assert_int_equal(rule_table_load(pack, &rules), 0);
    for (size_t i = 0; i < rules.n; i++)
        if (!strcmp(rules.at[i].id, "loans=fits.2"))
            assert_int_equal(mutant_load(pack, canonical, &rules.at[i], &without), 0);
    assert_non_null(without);
    all = procedure_step(without->procedures[0].reg->procedure, "apply", 0)->conds[2];
    assert_int_equal(all->n_children, 2);
    all = procedure_step(without->procedures[0].reg->procedure, "decide", 0)->conds[2]->children[1]->children[0];
    assert_int_equal(all->n_children, 2);
    assert_int_equal(all->children[1]->kind, COND_FILLED);
    assert_string_equal(all->children[1]->subject.text, "unit");
    pack_unref(without);
    pack_unref(pack);
    diag_done(&diag);
    keys_pack_remove(dir);
}

/* ---- slices, and what is kept ---- */

/* Nobody gives the keys back, though an act says that it shows the clause. */
static const struct keys_change no_return = {"scenarios/loan.yaml", "  - {as: C, do: loans/return, on: $L, answer: {forbidden: [K-2]}}\n", ""};

#define SLICES 3u

static void kept_path(char ret[64])
{
    snprintf(ret, 64, "/tmp/tsujiban-kept-%ld", (long)getpid());
    IGNORE(unlink(ret), "none is left of another run");
}

static void slices_add_up(void **state)
{
    struct mutated all, slice, again;
    size_t n_mutants = 0, n_killed = 0, n_survivors = 0;
    char kept[64];

    kept_path(kept);
    mutate(NULL, 0, &all);
    for (unsigned i = 1; i <= SLICES; i++) {
        mutate_some(NULL, 0, (struct mutation_options){.slice = i, .n_slices = SLICES}, kept, &slice);
        assert_true(slice.s.n_mutants > 0 && slice.s.n_mutants < all.s.n_mutants && slice.s.n_runs > 0);
        assert_int_equal(slice.s.n_errors, 0);
        n_mutants += slice.s.n_mutants;
        n_killed += slice.s.n_killed;
        n_survivors += slice.s.n_survivors;
        buf_done(&slice.text);
    }
    assert_int_equal(n_mutants, all.s.n_mutants);
    assert_int_equal(n_killed, all.s.n_killed);
    assert_int_equal(n_survivors, all.s.n_survivors);
    mutate_some(NULL, 0, (struct mutation_options){0}, kept, &again);
    assert_int_equal(again.s.n_runs, 0);
    assert_int_equal(again.s.n_clauses, all.s.n_clauses);
    assert_string_equal(again.text.at, all.text.at);
    buf_done(&again.text);
    buf_done(&all.text);
    assert_int_equal(unlink(kept), 0);
}

/* The rules of one step are tried alone, and what misses them is told as among all; what other rules of their clauses are good for is not asked. */
static void some_rules_alone(void **state)
{
    struct mutated all, some;

    mutate(NULL, 0, &all);
    mutate_some(NULL, 0, (struct mutation_options){.only = "loans/decide"}, NULL, &some);
    assert_string_equal(some.text.at, SURVIVOR("procedures/loans.yaml:19:103", "loans/decide#1", "K-2")
                                      SURVIVOR("procedures/loans.yaml:20:52", "loans/decide~2@by", "K-2")
                                      SURVIVOR("procedures/loans.yaml:20:76", "loans/decide~2#1", "K-2"));
    assert_true(some.s.n_mutants > some.s.n_survivors && some.s.n_mutants < all.s.n_mutants);
    assert_true(some.s.n_runs < all.s.n_runs);
    assert_int_equal(some.s.n_clauses, 0);
    buf_done(&some.text);
    mutate_some(NULL, 0, (struct mutation_options){.only = ""}, NULL, &some);
    assert_int_equal(some.s.n_mutants, all.s.n_mutants);
    buf_done(&some.text);
    buf_done(&all.text);
}

static void what_is_kept_holds_for_the_same_alone(void **state)
{
    struct mutated before, changed;
    char kept[64];

    kept_path(kept);
    mutate_some(NULL, 0, (struct mutation_options){0}, kept, &before);
    mutate_some(&no_return, 1, (struct mutation_options){0}, kept, &changed);
    assert_true(before.s.n_runs > 0 && changed.s.n_runs > 0);
    assert_non_null(strstr(changed.text.at, "removing loans/return@by changes no scenario of K-2;"));
    buf_done(&before.text);
    buf_done(&changed.text);
    assert_int_equal(unlink(kept), 0);
}

static int open_kept(const char *bytes, const char *kept, struct buf *ret_said)
{
    char *dir = keys_pack_make(NULL, 0);
    struct pack *pack = NULL;
    struct scenario_set *scenarios = NULL;
    struct mutation_memory *memory = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    assert_int_equal(file_write_atomic(kept, str_of(bytes), 0600, &diag), 0);
    assert_int_equal(pack_load_dir(dir, &pack, &diag), 0);
    assert_int_equal(scenario_set_load(dir, pack, &scenarios, &diag), 0);
    r = mutation_memory_open(kept, dir, pack, scenarios, &memory, &diag);
    assert_int_equal(diag_print(&diag, ret_said), 0);
    mutation_memory_close(memory);
    scenario_set_free(scenarios);
    pack_unref(pack);
    diag_done(&diag);
    keys_pack_remove(dir);
    return r;
}

#define KEY "0123456789abcdef01234567"
#define SHAPE "; a line is KEY, SCENARIO, RULE and OUTCOME with tabs between\n"

static void a_line_that_is_none_is_told(void **state)
{
    static const struct {
        const char *bytes, *said;
    } cases[] = {
        {KEY "\tloan\tloans\tpassed\n" KEY "\tloan\tloans\n", ":2:1: this line has not four fields" SHAPE},
        {KEY "\tloan\tloans\tpassed\t\n", ":1:1: this line has not four fields" SHAPE},
        {"\n", ":1:1: this line has not four fields" SHAPE},
        {"012\tloan\tloans\tpassed\n", ":1:1: the key is not of 24 hexadecimal digits" SHAPE},
        {KEY "\tloan\tloans\tPassed\n", ":1:37: the outcome is none of passed, failed, none, unreadable" SHAPE},
        {KEY "\tloan\tloans\xff\tpassed\n", ":1:1: this line is no UTF-8" SHAPE},
    };
    char kept[64];

    kept_path(kept);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(buf_done) struct buf said;

        buf_init(&said, 4096);
        assert_int_equal(open_kept(cases[i].bytes, kept, &said), MUTATION_MEMORY_E_INVALID);
        assert_non_null(strstr(said.at, cases[i].said));
        assert_int_equal(strncmp(said.at, kept, strlen(kept)), 0);
    }
    assert_int_equal(unlink(kept), 0);
}

/* Whoever was killed has left it. */
static void a_piece_of_a_line_is_taken_away(void **state)
{
    CLEANUP(buf_done) struct buf said, left;
    struct diag diag;
    char kept[64];

    kept_path(kept);
    buf_init(&said, 4096);
    buf_init(&left, 4096);
    diag_init(&diag);
    assert_int_equal(open_kept(KEY "\tloan\tloans\tpassed\n" KEY "\tlo", kept, &said), 0);
    assert_int_equal(file_read(kept, 4096, &left, &diag), 0);
    assert_string_equal(left.at, KEY "\tloan\tloans\tpassed\n");
    diag_done(&diag);
    assert_int_equal(unlink(kept), 0);
}

/* ---- reaching ---- */

static void tells_a_rule_that_no_scenario_reaches(void **state)
{
    struct mutated all, some;

    mutate(NULL, 0, &all);
    mutate(&no_return, 1, &some);
    assert_null(strstr(all.text.at, "removing loans/return@by "));
    assert_non_null(strstr(some.text.at, "removing loans/return@by changes no scenario of K-2;"));
    assert_int_equal(some.s.n_mutants, all.s.n_mutants);
    assert_true(some.s.n_runs < all.s.n_runs);
    buf_done(&all.text);
    buf_done(&some.text);
}

/* The number of the scene, or -1. */
static int scene_of(const struct pack *pack, const struct rule_table *rules, const struct scenario *s, const char *rule)
{
    struct reach at;

    for (size_t i = 0; i < rules->n; i++) {
        if (strcmp(rules->at[i].id, rule) != 0)
            continue;
        if (!reach_find(pack, &rules->at[i], s, &at))
            return -1;
        assert_ptr_equal(at.in, s);
        return (int)at.scene;
    }
    fail_msg("there is no rule %s", rule);
    return -1;
}

static void finds_where_a_rule_is_reached(void **state)
{
    char *dir = keys_pack_make(&no_return, 1);
    CLEANUP(rule_table_done) struct rule_table rules = {0};
    struct pack *pack = NULL;
    struct scenario_set *set = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(pack_load_dir(dir, &pack, &diag), 0);
    assert_int_equal(scenario_set_load(dir, pack, &set, &diag), 0);
    assert_int_equal(rule_table_load(pack, &rules), 0);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans/apply@by"), 0);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans/decide@by"), 2);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans/decide#1"), 2);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans/return@by"), -1);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans.unit"), -1);
    assert_int_equal(scene_of(pack, &rules, &set->scenarios[0], "loans"), 0);
    scenario_set_free(set);
    pack_unref(pack);
    diag_done(&diag);
    keys_pack_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_evaluators_agree),
        cmocka_unit_test(tells_rules_that_no_scenario_misses),
        cmocka_unit_test(tells_how_far_it_has_come),
        cmocka_unit_test(what_is_open_is_not_opened),
        cmocka_unit_test(what_nobody_can_change_is_not_asked_for),
        cmocka_unit_test(what_the_pack_settles_itself_is_not_asked_for),
        cmocka_unit_test(tells_a_clause_that_nothing_proves),
        cmocka_unit_test(proves_nothing_by_a_scenario_that_fails),
        cmocka_unit_test(a_parameter_from_a_record_is_taken_out),
        cmocka_unit_test(named_conditions_are_taken_out_where_they_stand),
        cmocka_unit_test(a_part_goes_from_all_places),
        cmocka_unit_test(slices_add_up),
        cmocka_unit_test(some_rules_alone),
        cmocka_unit_test(what_is_kept_holds_for_the_same_alone),
        cmocka_unit_test(a_line_that_is_none_is_told),
        cmocka_unit_test(a_piece_of_a_line_is_taken_away),
        cmocka_unit_test(tells_a_rule_that_no_scenario_reaches),
        cmocka_unit_test(finds_where_a_rule_is_reached),
    };

    if (crypto_start() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
