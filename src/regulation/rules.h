/* Everything in a pack that cites clauses, as one table: what coverage counts, what the diff compares, what mutation removes.
 * Owner    the caller of rule_table_load(); rule_table_done() frees. Rows borrow from the pack.
 * Threads  a value. */
#pragma once

#include "base/arena.h"
#include "regulation/model.h"

enum rule_kind {
    RULE_HEAD, RULE_EXPIRY, RULE_EASING, RULE_AUTHORITY, RULE_PARAM, RULE_ROLE, RULE_LABEL, RULE_REGISTER, RULE_FIELD, RULE_LABEL_FROM, RULE_HELD_AS, RULE_READS, RULE_DAILY, RULE_RETENTION,
    RULE_PROCEDURE, RULE_PROC_ROLE, RULE_PERIOD, RULE_STEP, RULE_COND, RULE_EFFECT, RULE_OBLIGATION, RULE_SUSPEND, RULE_LIFT, RULE_FORM
};
struct rule_row {
    enum rule_kind kind;
    /* Unique: "head", "expiry", "eases:register:ID" (role, channel), "authority:ID", "parameter:ID", "role:ID", "label:ID", "REG", "REG.FIELD", "REG:label", "REG:held", "REG:reads", "REG:reads.daily", "REG:retention",
     * "REG:procedure", "REG:role.ID", "REG:period.ID", "REG:suspend", "REG:suspend.ITEM", "REG/ACT", and the rule ids of conditions, effects and obligations;
     * what stands inside a named condition is one rule, "REG=NAME.2", with the clauses of all places that name it. */
    const char *id;
    struct clause_list clauses;
    struct place at;
    const void *part;            /* the struct of the model that it is; HEAD, EXPIRY: the pack */
    const struct procedure *procedure; /* PROCEDURE … OBLIGATION */
};
struct rule_table {
    struct rule_row *at;
    size_t n, size;
    struct arena *arena;
    int error;
};

/* 0, -ENOMEM. */
MUST_CHECK int rule_table_load(const struct pack *pack, struct rule_table *ret);
void rule_table_done(struct rule_table *t); /* accepts a zeroed struct */
bool clauses_have(const struct clause_list *l, const struct clause *c);
/* "REG/ACT", "REG/ACT~2" for the second step so named; in the arena, NULL when out of memory. */
const char *step_rule(struct arena *a, const struct step *s);
/* "enforced", "detected" … */
const char *clause_status_name(enum clause_status s);
