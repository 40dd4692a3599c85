/* A small installation in memory for targets that need one: the directive in FUZZ_PACK, its force, one loan that was played, an account, and files
 * of Y's in each state: PLACE_FILE and a digit, 1 coming, 2 waiting, 3 examined and clean, 4 infected.
 * Owner    this file; it lives as long as the program. What an input does to it is to be undone.
 * Threads  one. Failing to make it ends the program: there is nothing to test then. */
#pragma once

#include "engine/scenario.h"

#define PLACE_NOW_US (UINT64_C(1775779200) * US_PER_SECOND) /* 2026-04-10T00:00:00Z */
#define PLACE_FILE "0000000000000000000000000000000"
#define PLACE_HASH "hash"                                   /* of the account's password */

/* Made once, which takes longer than a thousand inputs. */
struct scenario_play *place_get(void);
