/* Tickets as acts make and close them. Threads  as the engine. */
#pragma once

#include "engine/apply.h"
#include "engine/judge.h"
#include "engine/ticket.h"

/* The one way by which the judged step's contents leave, or come in; NULL: there is none, or more than one. */
const char *ticket_channel(const struct step *st, const uint8_t *truth);
/* What the entry says of the ticket to come: in d->in. */
MUST_CHECK int ticket_note(struct deed *d, const char *channel);
/* After the deed has its place: a row, and the ticket itself. 1: a value that it would be bound to is missing. */
MUST_CHECK int ticket_issue(struct stage *sc, const struct step *st, const char *channel,
                            const struct log_place *place, char ret[TICKET_SIZE]);
/* May the step close it? *ret_why NULL: yes. Else one of the words of ticket.h. */
MUST_CHECK int ticket_closable(struct stage *sc, const struct step *st, const char *ticket,
                               const char **ret_why);
MUST_CHECK int ticket_close(struct stage *sc, const struct step *st, const char *ticket);
/* For stories: use act->ticket by whom and at the gate of the act with the very values and way that it is bound to. What stands in its way
 * is entered. */
MUST_CHECK int ticket_use_unchanged(struct engine *e, struct log *log, const struct act *act);
/* {"ja","en"} of such a word. */
json_t *ticket_say(const char *why, const struct field *f);
/* One more thing that stands in the way of the judged step. */
MUST_CHECK int ticket_unmet(struct stage *sc, struct judged *j, const char *why, const struct field *f);
