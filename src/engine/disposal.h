/* What stays of records that are disposed of: a row of each in the field that `dispose … into` names, by the columns that the field
 * has. All of it stands in the record's row and in the text in force, nothing of it in what the record says of anybody.
 *
 *   number        the record's
 *   register      its title, in Japanese, as the printed form has it
 *   form          the form's number; empty without one
 *   completed_on  the day from which retention counts
 *   kept_until    the last day of retention
 *   basis         clauses of the retention, how long it is kept, by which years, and whether another text settles that
 *
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* Behind what both have: "3年（暦年）", "3 years (calendar years)"; of a period that another text settles it says that, and nothing where none is in force. 0 or negative. */
MUST_CHECK int disposal_say_period(struct stage *sc, const struct retention *t, struct buf *ja, struct buf *en);
/* Columns that may be filled, with their types: the reader of the language asks for no others (regulation/reader-effect.c). */
MUST_CHECK int disposal_row(struct stage *sc, const struct field *into, const struct record *r,
                            json_t **ret);
/* "disposal": {"field","rows"} of the record at hand, as long as a step of its state would dispose of what it names: rows as they
 * would stay, of records out of sight the number alone. Nothing where none would. */
MUST_CHECK int disposal_put(struct stage *sc, const struct sight *sight, json_t *view);
