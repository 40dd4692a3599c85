/* Who would see confidentiality 3 whom he does not see, if another force took this one's place, or be sent it by mail: what a second person adopts (B4 of
 * doc/design/information.md). Asked for now and for each later instant at which by the new force somebody may begin to hold something: an appointment,
 * service, unit or delegation that begins, a night of the roster (force_instants()); and for each at which by this one he ceases to (force_ends()).
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

/* Of one person. Who has more is not looked at: he counts as seeing all of 3 that he does not see now. */
#define GAIN_INSTANTS_MAX 512u
#define GAIN_SHOWN_MAX 1000u

/* [{"person", "name", "register", "records"}], by person and register, new; behind them of each mail address to which could be sent what could not be sent there:
 * it comes to stand for another person or unit, or its unit has another place, other kinds or days. "name" is the address, "person" whose it is. "records" counts
 * those of 3 in that register (of a register of collections of threat intelligence: the objects of 3) that he sees then and not now, at the instant at which they
 * are most. At most GAIN_SHOWN_MAX rows; an empty list: nobody sees more. `after` is borrowed. Reads. */
MUST_CHECK int engine_gains(struct engine *e, struct force *after, uint64_t now_us, json_t **ret);

/* Would that person hold a role, or belong to a unit, now or at one of those instants, that he does not by this force? Nobody gives himself what he may do.
 * Somebody who is no person of this force, the operator among them ("" is who he is), may be anybody who has an account that is not closed: then any of those
 * counts. Reads. */
MUST_CHECK int engine_gains_himself(struct engine *e, struct force *after, const char *person, uint64_t now_us, bool *ret);
