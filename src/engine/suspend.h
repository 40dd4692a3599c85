/* Clauses that an open record lifts for who acts for its unit (`suspend` of the language; doc/design/information.md, X2).
 * The label guard, uniqueness, the entry and what is measured are asked of no clause, so that nothing lifts them.
 * Threads  as the engine. */
#pragma once

#include "engine/apply.h"

/* What is lifted now for the stage's actor, by the standing that it has: by clause->no of the procedure's text, in the arena. NULL: nothing. */
MUST_CHECK int suspended_now(struct stage *sc, const uint8_t **ret);
/* Which records lifted these conditions: [{"id","clauses":[ids]}], each with those of their clauses that it lifts. */
MUST_CHECK int suspended_by(struct stage *sc, const struct cond *const *lifted, size_t n,
                            json_t **ret);
/* A record for the review of each of them, of the step just done on the record at hand. */
MUST_CHECK int suspend_leave(struct deed *d, const json_t *under);
/* Their ids out of what a row of history says beside; NULL: none. A new reference. */
json_t *suspended_of_note(struct str note);
