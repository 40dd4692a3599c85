/* What a row of 本日の仕事 says of its record beside what waits: whether the step can be done, whether it is urgent, what it is about.
 * Threads  as the engine. */
#pragma once

#include "engine/obligation.h"

/* The step of the record at hand, judged as the record stands, in a stage of its own: "allowed"; "open" when it depends on what is
 * still to be filled in; "" when it is refused whatever is. */
MUST_CHECK int task_result(const struct stage *sc, const char *act, const char **ret);
/* An obligation of which somebody is told with urgency: by a reminder, by its repetition, or when it is missed. */
bool obligation_is_urgent(const struct obligation *o);
/* Such an obligation of the record at hand is open. 1: so it is. */
MUST_CHECK int task_is_urgent(struct stage *sc);
/* {field: id} of the records that the record names in fields that are not personal; NULL when out of memory. */
json_t *task_about(const struct record *r);
/* Sort rows: what is urgent first; `by_due` then by the day it is due, else by record in the order given, and of a record's steps
 * those that are allowed first. */
MUST_CHECK int task_sort(struct stage *sc, bool by_due, json_t *list);
/* [{"reg","id","name"}] of all that the rows of the lists are about and that the person sees. */
MUST_CHECK int task_named(struct engine *e, const char *person, uint64_t now_us,
                          const json_t *const *lists, size_t n, json_t **ret);
