/* The folders of CSV files that the scenarios of a pack name, each read once.
 * Owner    the caller of scenario_forces_load(); scenario_forces_free().
 * Threads  never changes after loading. */
#pragma once

#include "force/force.h"
#include "regulation/scenario-file.h"

struct scenario_forces;

/* FORCE_E_INVALID: every problem is in diag. Negative: -ENOMEM, -EIO. */
MUST_CHECK int scenario_forces_load(const char *pack_dir, const struct scenario_set *set, struct scenario_forces **ret, struct diag *diag);
void scenario_forces_free(struct scenario_forces *f); /* accepts NULL */
DEFINE_CLEANUP(struct scenario_forces, scenario_forces_free);
/* Never NULL for a scenario of the set. Borrowed. */
const struct force *scenario_forces_of(const struct scenario_forces *f, const struct scenario *s);
