/* The way to what is missing: which step can be done first, by whom, so that in the end a condition holds.
 *
 *   a record in a state   one that is begun already: the next step of it on the way there
 *                         none: the step that makes one, or the way to what that step itself asks to be there
 *                         a state that only other registers' acts give: the same of those acts
 *   no such record        of the one that is in the way: the next step out of those states
 *   a role by register    of the actor: whoever holds it, he is asked; of nobody, or of a person who may get it: a record in one of the
 *                         states that make its holders
 *   no lock               the steps that unlock, as far as their records are begun
 *   no record in sight    steps that bring one into sight; else those that make one
 *
 * The shortest way is told, by steps that somebody waits for; whether more stands in the way of it is seen when it is tried.
 * Only records in the actor's sight are looked at and named.
 * Limits   WAYS_MAX ways; a bounded number of records is looked at, what lies behind them counts as there.
 * Owner    ways_done(). Threads  as the engine. */
#pragma once

#include "engine/judge.h"

#define WAYS_MAX 3

struct way {
    const struct step *step; /* NULL: who holds the role does it himself */
    struct record *record;   /* NULL: the step makes one */
    const struct role *role; /* without a step */
    const struct unit *unit;
};
struct ways {
    struct stage *sc;
    struct sight *sight;
    struct way at[WAYS_MAX];
    size_t n;
};

/* For the stage's actor. */
MUST_CHECK int ways_open(struct ways *w, struct stage *sc);
void ways_done(struct ways *w);
/* What would make the condition hold, of the record at hand. */
MUST_CHECK int ways_to_cond(struct ways *w, const struct cond *c);
/* What would give the step's field something to choose, where there is nothing. */
MUST_CHECK int ways_to_field(struct ways *w, const struct step *st, const struct field *f);
/* [{"reg","reg_title","step","title","record","from","by":[titles of roles],"who":[persons],"own":bool}]: "record" is the step's, ""
 * where it makes one, which then is about "from" (the record at hand, "" none); "who" takes it, none where they are many; "own": the
 * actor may. Where those who hold a role do it themselves, "reg" and "step" are "". */
MUST_CHECK int ways_json(struct ways *w, json_t **ret);
/* The same of everything that stands in the way of what was judged in the stage; nothing is told of whose step it is. */
MUST_CHECK int ways_of_judged(struct stage *sc, const struct judged *j, json_t **ret);
