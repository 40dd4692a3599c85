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
/* ---- the comparison for a request (compare.c) ---- */

/* What a row tells of a clause: its id and place; its official wording or else its summary, and which of the two it is; how it is carried out; by what
 * (registers, fields, steps with their conditions, deadlines, forms; each once, a line each); the scenarios that show it; the reason; and how long its
 * books took from application to decision. */
enum compare_column { COMPARE_ID, COMPARE_PLACE, COMPARE_SAYS, COMPARE_KIND, COMPARE_STATUS, COMPARE_DONE, COMPARE_SHOWN, COMPARE_REASON, COMPARE_TIMES, COMPARE_COLUMNS };
const char *compare_heading(enum compare_column column, bool english);
struct compare_of {
    bool english;
    const json_t *wordings; /* {clause: text}; NULL: summaries */
    const json_t *shown;    /* {clause: [titles]}, beside the scenarios of the coverage; NULL: those alone */
    const json_t *times;    /* {register: words}; NULL: nothing was measured, and there is no such column in what is printed */
};
/* Cells are borrowed for the call. Negative ends it. */
typedef int compare_row_fn(void *user, const struct clause *clause, const struct str cells[COMPARE_COLUMNS]);
/* 0, -ENOMEM, -ENOSPC, or what `put` answered. */
MUST_CHECK int coverage_compare(struct coverage *c, const struct compare_of *of, compare_row_fn *put, void *user);
/* As CSV, with a row of headings. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int coverage_print_compare(struct coverage *c, const struct compare_of *of, struct buf *out);

/* For people: the clauses that something is missing for, then totals by status. */
MUST_CHECK int coverage_print(const struct coverage *c, struct buf *out);
