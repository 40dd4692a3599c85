/* Seats: roles that follow from a record, and end when a daily check finds that its holder has left the post for which he was entered.
 * Owner    the caller: two stages that stand at two instants, open while it asks.
 * Answers  negative is fatal: -ENOMEM and the store's failures.
 * Limits   500 records of one register that name one person; others are not looked at.
 * Threads  as the engine; nothing is written. */
#pragma once

#include "engine/inside.h"

/* Whether the record's daily check is met at `eve`, a day's last instant, and not at `day`, the next one's first. 1: so it is; 0: it is met at both, or at neither, or the record is gone. */
MUST_CHECK int check_ends(struct stage *eve, struct stage *day, const char *record,
                          const struct obligation *o);

/* The seat of the person in that role, of the unit for a role per unit, else NULL. `at` is of the role's text. All borrowed for the call. 0: go on. */
typedef int seat_fn(void *arg, const struct reg *at, const struct role *role,
                    const struct unit *unit);
/* His seats that end so on the day. The first answer of `fn` but 0 ends the walk and is returned. */
MUST_CHECK int seats_ending(struct stage *eve, struct stage *day, const struct person *person,
                            seat_fn *fn, void *arg);
