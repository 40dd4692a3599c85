/* What an expectation of a scenario may name. One that names nothing of the directive would hold whatever happens.
 * Threads  any. */
#pragma once

#include "regulation/reader.h"

/* `about` of a notice: an obligation, REGISTER!OBLIGATION, "expiry", or the step REGISTER/STEP. Problems go to rd->src. */
void check_about(struct reading *rd, struct word about);
/* A lock that some effect lays. */
void check_lock(struct reading *rd, struct word lock);
/* The register of REGISTER/STEP; NULL when there is none, which is reported, as is a step that it does not have.
 * *ret_reg and *ret_act: both parts, kept by the source. */
const struct reg *want_step(struct reading *rd, struct word w, const char **ret_reg,
                            const char **ret_act);
