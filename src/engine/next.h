/* What comes next: steps that begin a record of some register and ask which record of this one it is about. Nothing but the texts in
 * force says so; a step for which nobody is waiting (`waits: no`) is not offered.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* What an unread notice asks of the stage's actor, as things stand now. */
struct notice_asked {
    const char *todo, *kind; /* its "do", "" none; what told it: a step, or an obligation's rule */
    uint64_t told_us;
};
struct notice_todo {
    const char *todo; /* the step, as long as one of `roles` takes it of that record's unit, and it is open to him; "" */
    bool is_done;     /* of an obligation: it is met, or its record ended; else the record has left the states of the step or, where it
                       * stays in them, the step was taken since; or somebody has made such a record since, about the same records, and
                       * it was not taken back: of a step that asks for none, for the same unit and persons */
};
/* Does one of `roles` take the step of that record, or the one that makes a record about it, in the unit that it is then of? 1: so it
 * is. */
MUST_CHECK int next_is_theirs(struct stage *sc, const json_t *roles, const struct step *st, struct record *about);
/* `about`: the record that the notice is about, NULL when he sees none; `roles` as roles_of() answers. */
MUST_CHECK int next_todo(struct stage *sc, const json_t *roles, struct record *about,
                         const struct notice_asked *n, struct notice_todo *ret);
