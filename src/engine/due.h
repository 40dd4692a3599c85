/* What is due of a record: rows for 本日の仕事 and for the record's own page.
 * Threads  as the engine. */
#pragma once

#include "engine/obligation.h"

/* {"record","reg","reg_title","name","obligation","title","due","overdue","do","or","of_unit","urgent","about"} of the record at hand: "do" is the step that
 * meets it, "or" another way out of it, "" none. 1: it is met, or not due at all. */
MUST_CHECK int due_row(struct stage *sc, const struct obligation *o, json_t **ret);
/* "due": such rows of the record at hand, as far as they are met by a new record that a role of the actor's may make, in whichever unit. Where it
 * is not his in the unit that the record is of, the row says whose it is: "by": [{"unit": id or "", "title"}]. */
MUST_CHECK int due_put(struct stage *sc, json_t *view);
