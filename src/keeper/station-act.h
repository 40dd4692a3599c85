/* At which computer a media gate measured (doc/design/information.md, G2): where a text in force has a register of stations (engine/station.h), no act of
 * such a gate is taken but from one that is in it, and none that names another one. Refused is entered as "system/station", with what was asked for.
 * Threads  the keeper's loop. */
#pragma once

#include "engine/station.h"
#include "keeper/operation.h"

/* Before the act of a gate. 0: it may be asked, at `ret` (id "": no station is known, or none is asked for). 1: refused, which is answered
 * ("station") and entered. Negative: as an operation. */
MUST_CHECK int station_may_act(struct operation_context *c, const struct act *act,
                               struct station *ret, json_t **ret_answer);
/* Before a gate says what is plugged in at the station of that number. Likewise. */
MUST_CHECK int station_may_serve(struct operation_context *c, const char *id, json_t **ret_answer);
