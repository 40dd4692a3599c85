/* Doing what was decided: effects in memory, one entry in the ledger, then the rows.
 *
 *   deed_open ─ (judge) ─ deed_step | deed_effects ─ deed_finish
 *
 * Everything a deed needs from outside to be done again is in the entry's `in` and `pii`:
 *   in   {"with": {field: value}, "cleared": [field], "nth": step's index, "role": procedure's role, "unit": actor's unit,
 *         "made": [ids], "did": [indexes of conditional effects that were done], "told": [[person…] for each notice],
 *         "part": timer's part, "held": what others ask for that hold the bytes of a file it names,
 *         "under": [{"id", "clauses"}] (engine/suspend.h), "measured": which program, by its name,
 *         "ticket": what the step's ticket is bound to (engine/ticket.h)}
 *   pii  [{"field", "commit", "record"?}]    record is left out for the case itself
 * Owner    a deed lives for one act. Threads  as the engine. */
#pragma once

#include "engine/inside.h"

#define DEED_PENDING_MAX 1024

/* Rows that wait until the entry has its place. */
enum pending_kind { PENDING_LOCK, PENDING_UNLOCK, PENDING_NOTICE, PENDING_DISPOSE };
struct pending {
    enum pending_kind kind;
    struct record *record; /* locks, disposal; notices: what it is about, may be NULL */
    const char *name;      /* lock; notice: kind */
    const char *source;    /* lock: rule that set it; notice: person */
    struct text2 text;
    const struct clause_list *clauses;
    const struct step *todo; /* notice: what he who is told shall do; may be NULL */
    bool urgent;
};

struct deed {
    struct stage *sc;
    struct log *log;
    const char *act;           /* entry's act */
    const struct step *step;   /* NULL: a timer */
    const char *rule;          /* timer: obligation's rule */
    const char *result;        /* allowed, recorded */
    uint64_t due_us;
    const char *part;          /* timer */
    json_t *in, *made, *told, *did;
    const json_t
        *under; /* records that lifted clauses for it, as suspended_by() says; NULL: none */
    const json_t *given_in, *given_pii; /* replay: what the entry says; NULL live */
    size_t told_at, made_at;   /* replay: next ones */
    struct pending *pending;
    size_t n_pending;
    const struct clause_list *clauses;
    struct log_place place;    /* replay: given before deed_finish() */
    bool effects_written;
};

MUST_CHECK int deed_open(struct deed *d, struct stage *sc, struct log *log);
void deed_done(struct deed *d);

/* Set the inputs of a judged step, number a new record, move it, note party and signature, do the effects.
 * `truth` tells which conditional effects are done; NULL: the entry being replayed does. */
MUST_CHECK int deed_step(struct deed *d, const struct step *st, const struct proc_role *as, const json_t *values,
                         const uint8_t *truth);
/* Number the new record at hand and put it into a state as a table says that it is; no step, no effect. `in` also says {"former",
 * "parties", "table"}. */
struct taken_over {
    const struct state *state;
    const char *former, *table; /* number that it had; the proposal */
    const json_t *values, *parties;
};
MUST_CHECK int deed_take_over(struct deed *d, const struct taken_over *t);
/* The record that a CREATE makes, numbered and filled, without its `link` and `for_each`. */
MUST_CHECK int deed_make(struct deed *d, const struct effect *f, struct record **ret);
/* Effects alone (what happens when an obligation is missed). */
MUST_CHECK int deed_effects(struct deed *d, const struct effect *effects, size_t n, const uint8_t *truth);
/* Tell people. */
struct telling {
    const char *about;       /* the notice's kind */
    struct text2 text;       /* with its places (engine/notice.h) */
    const struct step *todo; /* what they shall do; may be NULL */
    bool urgent;
};
MUST_CHECK int deed_tell(struct deed *d, const struct told *tolds, size_t n, const struct telling *t);
/* A field that must be unique and is not, in any record that the deed touched: its `field` is NULL when all is well. */
struct taken {
    const struct field *field;
    struct record *record, *by; /* by: which has the value */
};
MUST_CHECK int deed_unique(struct deed *d, struct taken *ret);
/* Enter the leaf and write the rows. */
MUST_CHECK int deed_finish(struct deed *d);

/* Actor's member of a leaf; {} for a timer. */
MUST_CHECK json_t *actor_json(const struct stage *sc);
/* Clause ids. */
json_t *clauses_json(const struct clause_list *l);
/* A store's or the log's answer of log_append as an error. */
MUST_CHECK int enter(struct stage *sc, struct log *log, const struct log_leaf *leaf, struct log_place *ret);
