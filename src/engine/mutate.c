#include "engine/mutate.h"

#include "base/tell.h"

#include "engine/branch.h"
#include "engine/mutant.h"
#include "engine/reach.h"
#include "engine/scenario.h"

#include <errno.h>
#include <stdlib.h>

#define CANONICAL_DEPTH 64

/* What became of one clause. */
struct proof {
    bool has_rules; /* a rule that can be taken out, steps apart */
    bool is_proved;
};
/* One rule that is taken out. */
enum trial_kind { TRIAL_UNKNOWN, TRIAL_MUTANT, TRIAL_NONE, TRIAL_UNREADABLE };
struct trial {
    const struct rule_row *row;
    enum trial_kind kind;
    uint8_t *wanted; /* by clause: its scenarios have to notice, and have not yet */
    size_t n_wanted, n_left; /* clauses; those that are still wanted */
    struct reach reach;      /* in the scenario at hand */
};
struct mutation {
    const struct pack *pack;
    const struct scenario_set *scenarios;
    const struct scenario_forces *forces;
    struct coverage coverage;
    json_t *canonical;
    struct proof *proofs;          /* by clause */
    const struct scenario **order; /* the shortest first */
    bool *failed;                  /* by scenario, of the pack as it is */
    struct trial *trials;
    size_t n_trials, n_decided;
    uint8_t *wanted;               /* of all trials */
    struct branches branches;
    const struct scenario *played; /* the scenario at hand */
    struct scenario_play *play;    /* of it */
    struct diag survivors;         /* warnings, told after the errors */
    struct diag *diag;
    const struct mutation_options *options;
    struct mutation_summary *summary;
    int error; /* of keeping what a branch answered */
};

/* ---- in a branch ---- */

/* From a scene of the scenario, or of one that it comes after, to the first act of the scenario that goes otherwise than expected. */
static int play_on(struct scenario_play *p, const struct scenario *s, const struct reach *from, bool to_first, size_t *ret_failed,
                   struct diag *diag)
{
    size_t ignored, first = s == from->in ? from->scene : 0;
    int r = s == from->in ? 0 : play_on(p, s->after, from, false, &ignored, diag);

    *ret_failed = 0;
    if (!to_first)
        return r ? r : scenario_play_scenes(p, s, first, SIZE_MAX, NULL, NULL, ret_failed, diag);
    for (size_t i = first; !r && !*ret_failed && i < s->n_scenes; i++)
        r = scenario_play_scenes(p, s, i, i + 1, NULL, NULL, ret_failed, diag);
    return r;
}

/* A mutant on which the engine itself gives up has been noticed, too. */
static int branch_mutant(void *user, void *branch)
{
    struct mutation *m = user;
    const struct trial *t = branch;
    struct pack *mutant = NULL;
    struct diag quiet;
    size_t failed = 0;
    int r = mutant_make(m->pack, m->canonical, t->row, &mutant); /* this process' own copy */

    if (r)
        return r < 0 ? r : r == MUTANT_E_NONE ? MUTATION_NONE : MUTATION_UNREADABLE;
    diag_init(&quiet);
    r = scenario_play_swap(m->play, mutant, &quiet);
    if (!r)
        r = play_on(m->play, m->played, &t->reach, true, &failed, &quiet);
    return r == -ENOMEM ? r : r || failed ? MUTATION_FAILED : MUTATION_PASSED;
}

/* ---- one scenario ---- */

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

static bool shows(const struct coverage_row *clause, const struct scenario *s)
{
    for (size_t i = 0; i < clause->n_scenarios; i++)
        if (clause->scenarios[i] == s)
            return true;
    return false;
}

static bool seeks(const struct mutation *m, const struct trial *t, const struct scenario *s)
{
    if (t->kind == TRIAL_NONE || t->kind == TRIAL_UNREADABLE || !t->n_left)
        return false;
    for (size_t i = 0; i < m->coverage.n_rows; i++)
        if (t->wanted[i] && shows(&m->coverage.rows[i], s))
            return true;
    return false;
}

/* What becomes of the trial with that outcome of the scenario at hand. */
static void learn(struct mutation *m, struct trial *t, enum mutation_outcome outcome)
{
    if (outcome == MUTATION_NONE || outcome == MUTATION_UNREADABLE) {
        t->kind = outcome == MUTATION_NONE ? TRIAL_NONE : TRIAL_UNREADABLE;
        m->n_decided++;
        return;
    }
    t->kind = TRIAL_MUTANT;
    for (size_t i = 0; outcome == MUTATION_FAILED && i < m->coverage.n_rows; i++) {
        if (!t->wanted[i] || !shows(&m->coverage.rows[i], m->played))
            continue;
        t->wanted[i] = 0;
        m->n_decided += --t->n_left == 0;
    }
}

static void keep(struct mutation *m, const struct scenario *s, const char *rule, int outcome)
{
    struct mutation_memory *memory = m->options->memory;

    if (memory && !m->error)
        m->error = mutation_memory_keep(memory, s, rule, (enum mutation_outcome)outcome);
}

static int recall(const struct mutation *m, const struct scenario *s, const char *rule)
{
    return m->options->memory ? mutation_memory_recall(m->options->memory, s, rule) : MUTATION_UNKNOWN;
}

static void learn_of_mutant(void *user, void *branch, int answer)
{
    struct mutation *m = user;
    struct trial *t = branch;

    keep(m, m->played, t->row->id, answer);
    learn(m, t, (enum mutation_outcome)answer);
}

static void tell_begun(const struct mutation *m, size_t done, size_t total, const char *rule)
{
    if (m->options->told)
        m->options->told(m->options->user, done, total, rule);
}

static int begin_at(struct mutation *m, const struct reach *place, size_t *n_sought)
{
    int r = 0;

    for (size_t i = 0; !r && i < m->n_trials; i++) {
        struct trial *t = &m->trials[i];

        if (t->reach.in != place->in || t->reach.scene != place->scene)
            continue;
        tell_begun(m, m->n_decided, m->n_trials, t->row->id);
        m->summary->n_runs++;
        --*n_sought;
        r = branches_begin(&m->branches, t);
    }
    return r;
}

/* As the pack is, through what it comes after, as far as there is a mutant left to branch off. */
static int play_trunk(struct mutation *m, const struct scenario *s, size_t *n_sought)
{
    size_t failed;
    int r = s->after ? play_trunk(m, s->after, n_sought) : 0;

    for (size_t i = 0; !r && *n_sought && i < s->n_scenes; i++) {
        r = begin_at(m, &(struct reach){s, i}, n_sought);
        if (!r && *n_sought)
            r = scenario_play_scenes(m->play, s, i, i + 1, NULL, NULL, &failed, m->diag);
    }
    return r;
}

static int play_sought(struct mutation *m, size_t n_sought)
{
    int r = scenario_play_open_for(":memory:", m->pack, m->played, scenario_forces_of(m->forces, m->played), &m->play, m->diag), e;

    branches_init(&m->branches, branch_mutant, learn_of_mutant, m);
    if (!r)
        r = play_trunk(m, m->played, &n_sought);
    e = branches_wait(&m->branches);
    scenario_play_close(m->play);
    m->play = NULL;
    return r ? r : e;
}

/* What is known already is not sought. */
static bool seeks_here(struct mutation *m, struct trial *t, const struct scenario *s)
{
    int known;

    t->reach = (struct reach){0};
    if (!seeks(m, t, s) || !reach_find(m->pack, t->row, s, &t->reach))
        return false;
    known = recall(m, s, t->row->id);
    if (known == MUTATION_UNKNOWN)
        return true;
    t->reach = (struct reach){0};
    learn(m, t, (enum mutation_outcome)known);
    return false;
}

/* Who is sought is settled before the first is begun, so that it does not rest on who ends first. */
static int try_scenario(struct mutation *m, const struct scenario *s)
{
    size_t n_sought = 0;

    m->played = s;
    for (size_t i = 0; i < m->n_trials; i++)
        n_sought += seeks_here(m, &m->trials[i], s);
    return n_sought ? play_sought(m, n_sought) : 0;
}

/* ---- all rules ---- */

static bool is_asked_for(const struct mutation *m, const struct rule_row *row)
{
    return !m->options->only || str_starts(str_of(row->id), str_of(m->options->only));
}

static bool is_repeated(const struct mutation *m, size_t no)
{
    const struct rule_table *t = &m->coverage.rules;

    for (size_t i = 0; i < no; i++)
        if (is_asked_for(m, &t->at[i]) && mutant_same(&t->at[i], &t->at[no]))
            return true;
    return false;
}

/* The clauses' other rules are tried elsewhere. */
static bool is_part(const struct mutation *m)
{
    return m->options->n_slices || m->options->only;
}

static bool is_in_slice(const struct mutation *m, size_t no)
{
    return !m->options->n_slices || no % m->options->n_slices == m->options->slice - 1;
}

static void gather_trials(struct mutation *m, bool last_resort)
{
    const struct rule_table *t = &m->coverage.rules;
    size_t n = 0;

    m->n_trials = m->n_decided = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct trial *trial = &m->trials[m->n_trials];

        if (is_last_resort(&t->at[i]) != last_resort || !is_asked_for(m, &t->at[i]) || is_repeated(m, i))
            continue;
        *trial = (struct trial){.row = &t->at[i], .wanted = &m->wanted[m->n_trials * m->coverage.n_rows]};
        for (size_t k = 0; k < m->coverage.n_rows; k++) {
            trial->wanted[k] = wants(m, &m->coverage.rows[k], trial->row);
            trial->n_wanted += trial->wanted[k];
        }
        trial->n_left = trial->n_wanted;
        m->n_trials += trial->n_wanted > 0 && is_in_slice(m, n);
        n += trial->n_wanted > 0;
    }
}

static void tell_survivor(struct mutation *m, const struct rule_row *row, const struct coverage_row *clause)
{
    m->summary->n_survivors++;
    diag_tell(&m->survivors, DIAG_WARNING, ((struct diag_place){row->at.file, row->at.line, row->at.col, NULL}), MSG_MUTATE_SURVIVES,
              {"rule", str_of(row->id)}, {"clause", str_of(clause->clause->id)});
}

static void count_mutant(struct mutation *m, const struct trial *t)
{
    m->summary->n_mutants++;
    m->summary->n_killed += t->n_left == 0;
    for (size_t i = 0; i < m->coverage.n_rows; i++) {
        if (!wants(m, &m->coverage.rows[i], t->row))
            continue;
        if (!is_last_resort(t->row))
            m->proofs[i].has_rules = true;
        if (t->wanted[i])
            tell_survivor(m, t->row, &m->coverage.rows[i]);
        else
            m->proofs[i].is_proved = true;
    }
}

/* A rule that no scenario reaches has not been taken out yet. */
static int settle(struct mutation *m, struct trial *t)
{
    CLEANUP(pack_unrefp) struct pack *mutant = NULL;
    int r = t->kind == TRIAL_UNKNOWN ? mutant_load(m->pack, m->canonical, t->row, &mutant) : 0;

    if (r < 0)
        return r;
    if (t->kind == TRIAL_UNKNOWN)
        t->kind = r == MUTANT_E_NONE ? TRIAL_NONE : r ? TRIAL_UNREADABLE : TRIAL_MUTANT;
    m->summary->n_unreadable += t->kind == TRIAL_UNREADABLE;
    if (t->kind == TRIAL_MUTANT)
        count_mutant(m, t);
    return 0;
}

/* Of a part: whether a rule outside it carries the clause. */
static int find_carrier(struct mutation *m, size_t clause)
{
    const struct rule_table *t = &m->coverage.rules;

    for (size_t i = 0; !m->proofs[clause].has_rules && i < t->n; i++) {
        CLEANUP(pack_unrefp) struct pack *mutant = NULL;
        int r = is_last_resort(&t->at[i]) || !counts(&m->coverage.rows[clause], &t->at[i]) ? MUTANT_E_NONE
                                                                                             : mutant_load(m->pack, m->canonical, &t->at[i], &mutant);

        if (r < 0)
            return r;
        m->proofs[clause].has_rules = !r;
    }
    return 0;
}

static bool has_last_resort(const struct mutation *m, size_t clause)
{
    const struct rule_table *t = &m->coverage.rules;

    for (size_t i = 0; i < t->n; i++)
        if (is_last_resort(&t->at[i]) && is_asked_for(m, &t->at[i]) && counts(&m->coverage.rows[clause], &t->at[i]))
            return true;
    return false;
}

static int find_carriers(struct mutation *m)
{
    int r = 0;

    for (size_t i = 0; !r && is_part(m) && i < m->coverage.n_rows; i++)
        if (has_last_resort(m, i))
            r = find_carrier(m, i);
    return r;
}

static int try_rules(struct mutation *m, bool last_resort)
{
    int r = last_resort ? find_carriers(m) : 0;

    if (r)
        return r;
    gather_trials(m, last_resort);
    for (size_t i = 0; !r && i < m->scenarios->n_scenarios; i++)
        r = try_scenario(m, m->order[i]);
    r = r ? r : m->error;
    for (size_t i = 0; !r && i < m->n_trials; i++)
        r = settle(m, &m->trials[i]);
    return r;
}

/* ---- the pack as it is ---- */

static int play_whole(struct mutation *m, const struct scenario *s, struct diag *diag, bool *ret_failed)
{
    CLEANUP(scenario_play_closep) struct scenario_play *p = NULL;
    size_t failed = 0;
    int r = scenario_play_open_for(":memory:", m->pack, s, scenario_forces_of(m->forces, s), &p, diag);

    if (!r)
        r = scenario_play(p, s, SIZE_MAX, NULL, NULL, &failed, diag);
    *ret_failed = r || failed;
    return r == -ENOMEM ? r : 0;
}

static int branch_whole(void *user, void *branch)
{
    bool failed = false;
    struct diag quiet;
    int r;

    diag_init(&quiet);
    r = play_whole(user, branch, &quiet, &failed);
    return r ? r : failed ? MUTATION_FAILED : MUTATION_PASSED;
}

static void learn_of_whole(void *user, void *branch, int answer)
{
    struct mutation *m = user;
    const struct scenario *s = branch;

    keep(m, s, MUTATION_WHOLE, answer);
    m->failed[s - m->scenarios->scenarios] = answer == MUTATION_FAILED;
}

/* One that fails in a branch is played once more here, for what it has to say. */
static int tell_failed(struct mutation *m, const struct scenario *s)
{
    bool failed = false;
    int r = play_whole(m, s, m->diag, &failed);

    m->summary->n_errors++;
    diag_tell(m->diag, DIAG_ERROR, ((struct diag_place){s->at.file, s->at.line, s->at.col, NULL}), MSG_MUTATE_SCENARIO_FAILS,
              {"scenario", str_of(s->id)});
    return r;
}

/* A rule that is asked for may be tried in it. */
static bool is_needed(const struct mutation *m, const struct scenario *s)
{
    const struct rule_table *t = &m->coverage.rules;
    struct reach reach;

    for (size_t i = 0; m->options->only && i < t->n; i++)
        for (size_t k = 0; is_asked_for(m, &t->at[i]) && k < m->coverage.n_rows; k++)
            if (counts(&m->coverage.rows[k], &t->at[i]) && shows(&m->coverage.rows[k], s) && reach_find(m->pack, &t->at[i], s, &reach))
                return true;
    return !m->options->only;
}

static int try_unchanged(struct mutation *m)
{
    int r = 0, e;

    branches_init(&m->branches, branch_whole, learn_of_whole, m);
    for (size_t i = 0; !r && i < m->scenarios->n_scenarios; i++) {
        if (!is_needed(m, &m->scenarios->scenarios[i]) || recall(m, &m->scenarios->scenarios[i], MUTATION_WHOLE) == MUTATION_PASSED)
            continue;
        tell_begun(m, i, m->scenarios->n_scenarios, MUTATION_WHOLE);
        m->summary->n_runs++;
        r = branches_begin(&m->branches, &m->scenarios->scenarios[i]);
    }
    e = branches_wait(&m->branches);
    r = r ? r : e ? e : m->error;
    for (size_t i = 0; !r && i < m->scenarios->n_scenarios; i++)
        if (m->failed[i])
            r = tell_failed(m, &m->scenarios->scenarios[i]);
    return r;
}

/* ---- all ---- */

static void tell(struct mutation *m)
{
    for (size_t i = 0; !is_part(m) && i < m->coverage.n_rows; i++) {
        const struct coverage_row *row = &m->coverage.rows[i];

        if (row->clause->status != CLAUSE_ENFORCED || !row->n_scenarios)
            continue;
        m->summary->n_clauses++;
        if (m->proofs[i].is_proved)
            continue;
        m->summary->n_unproved++;
        m->summary->n_errors++;
        diag_tell(m->diag, DIAG_ERROR, ((struct diag_place){row->clause->at.file, row->clause->at.line, row->clause->at.col, NULL}),
                  MSG_MUTATE_CLAUSE_UNPROVED, {"clause", str_of(row->clause->id)});
    }
    for (size_t i = 0; i < m->survivors.n; i++) {
        const struct diag_entry *e = &m->survivors.entries[i];

        diag_add_both(m->diag, e->level, (struct diag_place){e->file, e->line, e->col, NULL}, e->key, e->message, e->ja);
    }
}

static size_t length_of(const struct scenario *s)
{
    return s->n_scenes + (s->after ? length_of(s->after) : 0);
}

static int put_in_order(struct mutation *m)
{
    size_t n = m->scenarios->n_scenarios;

    m->order = calloc(n + 1, sizeof(struct scenario *));
    if (!m->order)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct scenario *s = &m->scenarios->scenarios[i];
        size_t at = i;

        for (; at > 0 && length_of(m->order[at - 1]) > length_of(s); at--)
            m->order[at] = m->order[at - 1];
        m->order[at] = s;
    }
    return 0;
}

static bool is_any_asked_for(const struct mutation *m)
{
    for (size_t i = 0; i < m->coverage.rules.n; i++)
        if (is_asked_for(m, &m->coverage.rules.at[i]))
            return true;
    return false;
}

static int prepare(struct mutation *m)
{
    int r = coverage_load(m->pack, m->scenarios, &m->coverage);

    if (!r)
        r = json_parse(m->pack->canonical, (struct json_limits){m->pack->canonical.len + 1, CANONICAL_DEPTH}, &m->canonical, m->diag);
    if (r)
        return ERR_FOLD(r);
    m->proofs = calloc(m->coverage.n_rows + 1, sizeof(*m->proofs));
    m->failed = calloc(m->scenarios->n_scenarios + 1, sizeof(*m->failed));
    m->trials = calloc(m->coverage.rules.n + 1, sizeof(*m->trials));
    m->wanted = calloc(m->coverage.rules.n + 1, m->coverage.n_rows + 1);
    if (!m->proofs || !m->failed || !m->trials || !m->wanted)
        return -ENOMEM;
    return is_any_asked_for(m) ? put_in_order(m) : MUTATE_E_NOTHING;
}

int mutate_pack(const struct pack *pack, const struct scenario_set *scenarios, const struct scenario_forces *forces,
                const struct mutation_options *options, struct diag *diag, struct mutation_summary *ret)
{
    struct mutation m = {.pack = pack, .scenarios = scenarios, .forces = forces, .diag = diag, .options = options, .summary = ret};
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
    free(m.order);
    free(m.failed);
    free(m.trials);
    free(m.wanted);
    diag_done(&m.survivors);
    return r;
}
