/* What one administrator began and another has to look at: nothing else would tell him that it waits.
 * Threads  as the store handle. */
#pragma once

#include "force/account.h"

struct second_wanted {
    size_t codes;     /* proposed, to be approved */
    size_t takeovers; /* tables, to be adopted */
    size_t plans;     /* drafts of transfers */
    size_t packs;     /* directives whose text, proposed last, is to be adopted */
    size_t copies;    /* of everything, to be agreed to */
    size_t restored;  /* 1: the store was restored, and he has not looked at it */
};

/* Of what this account may decide: by its rights, and neither begun by its person nor, a code, for itself. Of plans and tables
 * the newest SECOND_LOOKED_AT are looked at. `real_us` is the real clock, `now_us` the installation's time. */
#define SECOND_LOOKED_AT 500
MUST_CHECK int second_wanted(struct store *s, struct account_actor by, const char *login,
                             uint64_t real_us, uint64_t now_us, struct second_wanted *ret);
