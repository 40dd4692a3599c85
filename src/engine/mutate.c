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

/* One mutant in one store: a scenario goes on where the one that it comes after has ended, so that what many come after is
 * played once. */
struct session {
    const struct pack *pack;
    const struct force *force;
    struct scenario_play *play;  /* NULL: none is open */
    const struct scenario *last; /* played to its end in `play`; NULL: nothing yet */
};

static void session_end(struct session *ss)
{
    scenario_play_close(ss->play);
    ss->play = NULL;
    ss->last = NULL;
}

static int session_begin(struct session *ss, const struct force *force, struct diag *diag)
{
    session_end(ss);
    ss->force = force;
    return scenario_play_open(":memory:", ss->pack, force, &ss->play, diag);
}

/* Play what it comes after, then itself; the outcome of each is kept. */
static int session_play(struct mutation *m, struct session *ss, const struct scenario *s, const struct force *force, struct diag *diag)
{
    struct scenario alone = *s;
    size_t failed = 0;
    int r = 0;

    if (!ss->play || ss->last != s->after || ss->force != force)
        r = s->after ? session_play(m, ss, s->after, force, diag) : session_begin(ss, force, diag);
    alone.after = NULL;
    m->summary->n_runs++;
    if (!r)
        r = scenario_play(ss->play, &alone, SIZE_MAX, NULL, NULL, &failed, diag);
    m->outcomes[s - m->scenarios->scenarios] = r || failed ? OUTCOME_FAILED : OUTCOME_PASSED;
    ss->last = s;
    if (r)
        session_end(ss);
    return r;
}

/* A mutant on which the engine itself gives up has been noticed, too. */
static int noticed_by(struct mutation *m, struct session *ss, const struct scenario *s, struct diag *diag, bool *ret)
{
    const uint8_t *outcome = &m->outcomes[s - m->scenarios->scenarios];

    if (*outcome == OUTCOME_UNKNOWN && session_play(m, ss, s, scenario_forces_of(m->forces, s), diag) == -ENOMEM)
        return -ENOMEM;
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

static int try_clause(struct mutation *m, struct session *ss, const struct rule_row *row, const struct coverage_row *clause,
                      bool *ret_noticed)
{
    bool noticed = false;
    struct diag quiet;
    int r = 0;

    diag_init(&quiet);
    for (size_t i = 0; !r && !noticed && i < clause->n_scenarios; i++)
        r = noticed_by(m, ss, clause->scenarios[i], &quiet, &noticed);
    diag_done(&quiet);
    if (r)
        return r;
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

static int try_clauses(struct mutation *m, const struct pack *mutant, const struct rule_row *row)
{
    struct session ss = {.pack = mutant};
    bool all = true;
    int r = 0;

    m->summary->n_mutants++;
    memset(m->outcomes, OUTCOME_UNKNOWN, m->scenarios->n_scenarios);
    for (size_t i = 0; !r && i < m->coverage.n_rows; i++) {
        bool noticed = false;

        if (!wants(m, &m->coverage.rows[i], row))
            continue;
        if (!is_last_resort(row))
            m->proofs[i].has_rules = true;
        r = try_clause(m, &ss, row, &m->coverage.rows[i], &noticed);
        all = all && noticed;
    }
    session_end(&ss);
    m->summary->n_killed += !r && all;
    return r;
}

static int try_rule(struct mutation *m, const struct rule_row *row)
{
    CLEANUP(pack_unrefp) struct pack *mutant = NULL;
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
    return try_clauses(m, mutant, row);
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
    struct session ss = {.pack = m->pack};
    int r = 0;

    for (size_t i = 0; !r && i < m->scenarios->n_scenarios; i++) {
        const struct scenario *s = &m->scenarios->scenarios[i];
        bool failed = false;

        r = noticed_by(m, &ss, s, m->diag, &failed);
        if (r || !failed)
            continue;
        m->summary->n_errors++;
        diag_add(m->diag, DIAG_ERROR, s->at.file, s->at.line, s->at.col,
                 "the scenario %s fails as the pack is, so that it proves nothing; see `regulation test`", s->id);
    }
    session_end(&ss);
    return r;
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
