/* The newest record by a value that the index holds, by nobody's sight: for a gate that was told a number by a machine and asks an act about its record
 * in the name of who stands in it. Nothing of what is answered may be shown.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define NEWEST_SIZE 160u

struct newest {
    char record[NEWEST_SIZE], state[NEWEST_SIZE];
    char person[NEWEST_SIZE]; /* what its field `person` holds; "" nothing */
};
enum {
    NEWEST_E_NONE = 1 /* no such register or field in force, or no record that holds exactly that */
};
/* Reads. */
MUST_CHECK int engine_newest(struct engine *e, const char *reg, const char *field,
                             const char *value, const char *person, struct newest *ret);
