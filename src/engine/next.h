/* What comes next: steps that begin a record of some register and ask which record of this one it is about. Nothing but the texts in
 * force says so; a step for which nobody is waiting (`waits: no`) is not offered.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* The step of a notice's "do", as far as the stage's actor may still do it: *ret is `todo`, or "" when none of `roles` (of
 * roles_of()) does it, or the record that the notice is about has left the states in which it is done. `about` may be NULL. */
MUST_CHECK int next_todo(struct stage *sc, const json_t *roles, const struct record *about,
                         const char *todo, const char **ret);
