/* Which rules carry each clause and which scenarios show it: computed, not asserted.
 * Owner    the caller of coverage_load(); coverage_done() frees. Rows borrow from pack, rule table and scenarios.
 * Threads  a value. */
#pragma once

#include "regulation/rules.h"
#include "regulation/scenario-file.h"

struct coverage_row {
    const struct clause *clause;
    const struct rule_row **rules;
    size_t n_rules;
    const struct scenario **scenarios;
    size_t n_scenarios;
};
struct coverage {
    const struct pack *pack;
    struct coverage_row *rows; /* one a clause, in their order */
    size_t n_rows;
    struct rule_table rules;
};

/* Does an act of the scenario show the clause: as a refusal that it expects, or in its `clauses`? */
bool scenario_shows(const struct scenario *s, const struct clause *c);
/* {"SCENARIO": {"ja", "en", "clauses": [ids]}} of those that show a clause; yours now. 0, -ENOMEM. */
MUST_CHECK int coverage_scenarios(const struct pack *pack, const struct scenario_set *scenarios, json_t **ret);
/* `scenarios` may be NULL. 0, -ENOMEM. */
MUST_CHECK int coverage_load(const struct pack *pack, const struct scenario_set *scenarios, struct coverage *ret);
void coverage_done(struct coverage *c); /* accepts a zeroed struct */
/* Enforced without a rule or without a scenario. */
bool coverage_is_missing(const struct coverage_row *r);
size_t coverage_n_missing(const struct coverage *c);
/* One line a clause: id, status, rule ids, scenario ids, reason, with tabs between and commas inside. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int coverage_print_tsv(const struct coverage *c, struct buf *out);
/* For a request, in Japanese, as CSV: a row for each clause with its id, place, official wording (of `wordings`, {clause: text}, which may be
 * NULL) or else its summary and which of the two it is, how it is carried out, by what (registers, fields, steps with their conditions, deadlines,
 * forms; each once, a line each), the scenarios that show it, and the reason; with `times` ({register: words}, else NULL) how long its books took
 * from application to decision. 0, -ENOMEM, -ENOSPC. (compare.c) */
MUST_CHECK int coverage_print_compare(struct coverage *c, const json_t *wordings, const json_t *times, struct buf *out);
/* For people: the clauses that something is missing for, then totals by status. */
MUST_CHECK int coverage_print(const struct coverage *c, struct buf *out);
