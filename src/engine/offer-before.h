/* Which steps lead to a value that a form does not have yet: told from the text of the directive alone.
 *
 *   a record in a state   steps into that state, by themselves or by an effect of another register's
 *   a role by register    steps into the states of that register which make its holders
 *   no lock               steps that unlock
 *   no record in sight    steps that name the unit in whose sight such a record comes; else those that make one
 *
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"
#include "engine/offer.h"

struct before {
    const struct stage *sc;
    const struct step *at[OFFER_BEFORE_MAX];
    size_t n;
};

/* What would make the condition hold. */
void before_cond(struct before *b, const struct cond *c);
/* What would give the step's field something to choose, where there is nothing. */
void before_field(struct before *b, const struct step *st, const struct field *f);
/* [{"reg","reg_title","step","title","by"}]; NULL when out of memory. */
json_t *before_list(const struct before *b);
