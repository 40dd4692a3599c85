/* Who would see confidentiality 3 whom he does not see, if another force took this one's place: what a second person adopts (B4 of
 * doc/design/information.md). Asked for today and for each later day, at most GAIN_DAYS_MAX, on which an appointment of the new force begins.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define GAIN_DAYS_MAX 32
#define GAIN_SHOWN_MAX 1000u

/* [{"person", "name", "register", "records"}], by person and register, new; "records" counts those of 3 in that register that he sees then and not now,
 * on the day on which they are most. At most GAIN_SHOWN_MAX rows; an empty list: nobody sees more. `after` is borrowed. Reads. */
MUST_CHECK int engine_gains(struct engine *e, struct force *after, uint64_t now_us, json_t **ret);
