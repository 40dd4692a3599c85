/* How long records are kept: reckoned when a record is completed, and anew whenever a record changes that the period comes from.
 *
 *   completed_day   the day in `completed_on`, else the one on which a state of `completed_in` was entered
 *   keep_until_day  the last day, by the parameter `retention-anchor`; DAY_NONE while the period, or by which years it counts, is not set
 *                   or waits for a record of which none is in force. Nothing is over that has no last day.
 *
 * A period that waits is what the rule in force says now: a later rule gives another last day, and with the last rule it goes.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* Of a record that a deed has touched, before it is written. 0 or negative. */
MUST_CHECK int keeping_set(struct stage *sc, struct record *r);
/* The deed's records are written: the last days of all that waits for one of their registers, in every text. 0 or negative. */
MUST_CHECK int keeping_follow(struct stage *sc);
