/* What people type, by field: typed, checked, canonical.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

#define INPUT_MAX_BYTES 32768u /* of all values that are entered in the ledger */

/* Type `with` for the steps named `act` that are possible from the stage's record (all of that name when none is). `sight` is the
 * asker's sight. *ret_values: {field: value}, null for a field that is emptied; without what a correction, or a value that not every
 * one of those steps asks, would leave as it is. *ret_problems: [{"field","say":{ja,en}}],
 * empty when all is well. -ENOMEM and the store's failures. */
MUST_CHECK int input_take(struct stage *sc, const char *act, const json_t *with, const struct sight *sight,
                          json_t **ret_values, json_t **ret_problems);
/* One more problem. */
MUST_CHECK int input_problem(json_t *problems, const char *path, const char *ja, const char *en);
/* A correction, after input_take(): something must change, and the reason joins the values under this name. */
#define INPUT_REASON "_reason"
MUST_CHECK int input_correction(struct stage *sc, const char *reason, json_t *values,
                                json_t *problems);
/* Type one value of a field, whatever step asks it: *ret is yours, NULL when it is empty or a problem was added. `sight` NULL: any
 * record may be named. */
MUST_CHECK int input_value(struct stage *sc, const struct field *f, const json_t *v, const struct sight *sight, json_t **ret,
                           json_t *problems);
/* Add a problem for each field that the step asks, that is required and that the record lacks. */
MUST_CHECK int input_required(struct stage *sc, const struct step *st, json_t *problems);
/* With several steps of one name, after judging: add a problem for each value of `with` that the judged one does not ask. */
MUST_CHECK int input_others(struct stage *sc, const struct step *st, const json_t *with,
                            const json_t *values, json_t *problems);
/* Fill fields of a new record, or those that the step asks, with their `default` where they are empty. */
MUST_CHECK int input_defaults(struct stage *sc, const char *act);
MUST_CHECK int input_default(struct stage *sc, struct record *r, const struct field *f);
/* A moment as people write it: the day in any form of day_parse_any(), then a space or T (not needed behind 日), then 9:30,
 * 09:30:15 or 9時30分. Local time where no offset is said. With `now_us` the day may be without its year, 11月18日 or 11/18, when that
 * is this year's and within half a year of today (else TIME_E_NO_YEAR), or may be left out, which means today; with 0 it is whole.
 * TIME_E_SYNTAX, TIME_E_RANGE, -ENOMEM. */
MUST_CHECK int input_instant(const char *text, uint64_t now_us, uint64_t *ret);
/* A value as a field of that type holds it, out of a value of another form (a literal's text, say). New reference, NULL: empty. */
MUST_CHECK int input_coerce(const struct field *f, const json_t *value, json_t **ret);
/* Null, a blank text, an empty array or object: the field was left out. */
bool input_is_nothing(const json_t *v);
/* A flag as pages, programs and literals write it: 0 or 1; -1: it is none. */
int input_flag(const json_t *v);
