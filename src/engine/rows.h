/* Conditions about the rows of a group and the elements of a list.
 * Threads  as the engine. */
#pragma once

#include "engine/ref.h"

/* Of a COND_WITHIN: is each value of its subject among those of its other? An empty one has none. 1, 0 or negative. */
MUST_CHECK int within_holds(struct stage *sc, const struct cond *c);
/* Those that are not, as they stand; yours. */
MUST_CHECK int within_beyond(struct stage *sc, const struct cond *c, json_t **ret);

/* Of a COND_COVERS, or a COND_RECORD that covers: are all units, or rows, there? 1, 0 or negative. */
MUST_CHECK int covers_holds(struct stage *sc, const struct cond *c);
/* Of units: those that are not, or have no holder there: `max` at most into `ret`, in the order of the force; *ret_n: how many in all. A unit that lies
 * under nothing is not to be known: *ret_n is then SIZE_MAX. */
MUST_CHECK int covers_missing(struct stage *sc, const struct cond *c, const struct unit **ret, size_t max, size_t *ret_n);
/* Of rows: what the column has of those for which no record answers, each once, as it was typed; null for an empty cell. Yours. */
MUST_CHECK int covers_rows_missing(struct stage *sc, const struct cond *c, json_t **ret);

/* Records that one COND_EACH asks something of; where there are more, the answer is the one that refuses. */
#define EACH_RECORDS_MAX 64

/* Does every row, element or record satisfy what a COND_EACH asks of it? None at all does. `permits`: as in gather_cond(); by it, too, where there are more
 * than EACH_RECORDS_MAX records. 1, 0 or negative. */
MUST_CHECK int each_holds(struct stage *sc, const struct cond *c, bool permits);
/* Numbers, from 1, of the rows that do not, `max` at most into `ret`; *ret_n: how many there are in all. */
MUST_CHECK int each_unmet(struct stage *sc, const struct cond *c, size_t *ret, size_t max, size_t *ret_n);
/* The same where the rows are records: their ids, yours. 1: there are too many of them, and those are some. */
MUST_CHECK int each_unmet_records(struct stage *sc, const struct cond *c, size_t max, json_t **ret);
