#include "engine/mutate.h"

#include "engine/mutant.h"
#include "engine/scenario.h"

#include <errno.h>
#include <stdlib.h>

#define CANONICAL_DEPTH 64

enum outcome { OUTCOME_UNKNOWN, OUTCOME_PASSED, OUTCOME_FAILED };

/* What became of one clause. */
struct proof {
    bool has_rules; /* a rule that can be taken out, steps apart */
    bool is_proved;
};
struct mutation {
    const struct pack *pack;
    const struct scenario_set *scenarios;
    const struct scenario_forces *forces;
    struct coverage coverage;
    json_t *canonical;
    struct proof *proofs;  /* by clause */
    uint8_t *outcomes;     /* by scenario, of the mutant at hand */
    struct diag survivors; /* warnings, told after the errors */
    struct diag *diag;
    mutation_told_fn *told;
    void *user;
    struct mutation_summary *summary;
};

/* ---- playing ---- */

/* *ret_passed: every act as expected. A mutant on which the engine itself gives up has been noticed, too. */
static int play(struct mutation *m, const struct pack *pack, const struct scenario *s, bool *ret_passed, struct diag *diag)
{
    CLEANUP(scenario_play_closep) struct scenario_play *p = NULL;
    size_t failed = 0;
    int r = scenario_play_open(":memory:", pack, scenario_forces_of(m->forces, s), &p, diag);

    m->summary->n_runs++;
    if (!r)
        r = scenario_play(p, s, SIZE_MAX, NULL, NULL, &failed, diag);
    *ret_passed = !r && failed == 0;
    return r == -ENOMEM ? r : 0;
}

static int noticed_by(struct mutation *m, const struct pack *mutant, const struct scenario *s, bool *ret)
{
    uint8_t *outcome = &m->outcomes[s - m->scenarios->scenarios];
    struct diag quiet;
    bool passed;
    int r;

    if (*outcome == OUTCOME_UNKNOWN) {
        diag_init(&quiet);
        r = play(m, mutant, s, &passed, &quiet);
        diag_done(&quiet);
        if (r)
            return r;
        *outcome = passed ? OUTCOME_PASSED : OUTCOME_FAILED;
    }
    *ret = *outcome == OUTCOME_FAILED;
    return 0;
}

/* ---- one mutant ---- */

static void tell_survivor(struct mutation *m, const struct rule_row *row, const struct coverage_row *clause)
{
    m->summary->n_survivors++;
    diag_add(&m->survivors, DIAG_WARNING, row->at.file, row->at.line, row->at.col,
             "removing %s changes no scenario of %s; show in one what the rule prevents or brings about", row->id, clause->clause->id);
}

static int try_clause(struct mutation *m, const struct pack *mutant, const struct rule_row *row, const struct coverage_row *clause,
                      bool *ret_noticed)
{
    bool noticed = false;

    for (size_t i = 0; !noticed && i < clause->n_scenarios; i++) {
        int r = noticed_by(m, mutant, clause->scenarios[i], &noticed);

        if (r)
            return r;
    }
    *ret_noticed = noticed;
    if (noticed)
        m->proofs[clause->clause->no].is_proved = true;
    else
        tell_survivor(m, row, clause);
    return 0;
}

static bool counts(const struct coverage_row *clause, const struct rule_row *row)
{
    return clause->clause->status == CLAUSE_ENFORCED && clause->n_scenarios > 0 && clauses_have(&row->clauses, clause->clause);
}

/* Without them less is permitted, which any scenario of an allowed act notices: only for clauses that nothing else carries. */
static bool is_last_resort(const struct rule_row *row)
{
    return row->kind == RULE_STEP || row->kind == RULE_PARAM;
}

static bool wants(const struct mutation *m, const struct coverage_row *clause, const struct rule_row *row)
{
    return counts(clause, row) && (!is_last_resort(row) || !m->proofs[clause->clause->no].has_rules);
}

static int try_rule(struct mutation *m, const struct rule_row *row)
{
    CLEANUP(pack_unrefp) struct pack *mutant = NULL;
    bool all = true;
    bool any = false;
    int r;

    for (size_t i = 0; i < m->coverage.n_rows; i++)
        any = any || wants(m, &m->coverage.rows[i], row);
    if (!any)
        return 0;
    r = mutant_load(m->pack, m->canonical, row, &mutant);
    if (r == MUTANT_E_UNREADABLE)
        m->summary->n_unreadable++;
    if (r)
        return r < 0 ? r : 0;
    m->summary->n_mutants++;
    memset(m->outcomes, OUTCOME_UNKNOWN, m->scenarios->n_scenarios);
    for (size_t i = 0; i < m->coverage.n_rows; i++) {
        bool noticed = false;

        if (!wants(m, &m->coverage.rows[i], row))
            continue;
        if (!is_last_resort(row))
            m->proofs[i].has_rules = true;
        r = try_clause(m, mutant, row, &m->coverage.rows[i], &noticed);
        if (r)
            return r;
        all = all && noticed;
    }
    m->summary->n_killed += all;
    return 0;
}

/* ---- all ---- */

static bool is_repeated(const struct rule_table *t, size_t no)
{
    for (size_t i = 0; i < no; i++)
        if (mutant_same(&t->at[i], &t->at[no]))
            return true;
    return false;
}

static int try_rules(struct mutation *m, bool last_resort)
{
    const struct rule_table *t = &m->coverage.rules;
    int r = 0;

    for (size_t i = 0; !r && i < t->n; i++) {
        if (is_last_resort(&t->at[i]) != last_resort || is_repeated(t, i))
            continue;
        if (m->told)
            m->told(m->user, i, t->n, t->at[i].id);
        r = try_rule(m, &t->at[i]);
    }
    return r;
}

static int try_unchanged(struct mutation *m)
{
    for (size_t i = 0; i < m->scenarios->n_scenarios; i++) {
        const struct scenario *s = &m->scenarios->scenarios[i];
        bool passed;
        int r = play(m, m->pack, s, &passed, m->diag);

        if (r)
            return r;
        if (passed)
            continue;
        m->summary->n_errors++;
        diag_add(m->diag, DIAG_ERROR, s->at.file, s->at.line, s->at.col,
                 "the scenario %s fails as the pack is, so that it proves nothing; see `regulation test`", s->id);
    }
    return 0;
}

static void tell(struct mutation *m)
{
    for (size_t i = 0; i < m->coverage.n_rows; i++) {
        const struct coverage_row *row = &m->coverage.rows[i];

        if (row->clause->status != CLAUSE_ENFORCED || !row->n_scenarios)
            continue;
        m->summary->n_clauses++;
        if (m->proofs[i].is_proved)
            continue;
        m->summary->n_unproved++;
        m->summary->n_errors++;
        diag_add(m->diag, DIAG_ERROR, row->clause->at.file, row->clause->at.line, row->clause->at.col,
                 "no scenario of the enforced clause %s fails when a rule of it is removed; show in one what the clause forbids", row->clause->id);
    }
    for (size_t i = 0; i < m->survivors.n; i++) {
        const struct diag_entry *e = &m->survivors.entries[i];

        diag_add(m->diag, e->level, e->file, e->line, e->col, "%s", e->message);
    }
}

static int prepare(struct mutation *m)
{
    int r = coverage_load(m->pack, m->scenarios, &m->coverage);

    if (!r)
        r = json_parse(m->pack->canonical, (struct json_limits){m->pack->canonical.len + 1, CANONICAL_DEPTH}, &m->canonical, m->diag);
    if (r)
        return ERR_FOLD(r);
    m->proofs = calloc(m->coverage.n_rows + 1, sizeof(*m->proofs));
    m->outcomes = calloc(m->scenarios->n_scenarios + 1, 1);
    return m->proofs && m->outcomes ? 0 : -ENOMEM;
}

int mutate_pack(const struct pack *pack, const struct scenario_set *scenarios, const struct scenario_forces *forces,
                mutation_told_fn *told, void *user, struct diag *diag, struct mutation_summary *ret)
{
    struct mutation m = {.pack = pack, .scenarios = scenarios, .forces = forces, .diag = diag, .told = told, .user = user, .summary = ret};
    int r;

    *ret = (struct mutation_summary){0};
    diag_init(&m.survivors);
    r = prepare(&m);
    if (!r)
        r = try_unchanged(&m);
    if (!r && !ret->n_errors) {
        r = try_rules(&m, false);
        if (!r)
            r = try_rules(&m, true);
        if (!r)
            tell(&m);
    }
    coverage_done(&m.coverage);
    json_decref(m.canonical);
    free(m.proofs);
    free(m.outcomes);
    diag_done(&m.survivors);
    return r;
}
