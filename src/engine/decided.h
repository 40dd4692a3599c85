/* How long it took from an application to the decision on it, register by register, as the history tells: from a record's first act by a person to the
 * first later one of another person. Acts of timers and of the same person decide nothing; what nobody else has acted on is open.
 * Threads  as the store handle. */
#pragma once

#include "label/audience.h"
#include "regulation/model.h"
#include "store/store.h"

#define DECIDED_MAX 1000000 /* of one register; further ones are not counted, and `is_cut` says so */

struct decided {
    uint64_t n;
    uint64_t median_us, longest_us; /* 0 where n is; of an even number the lower of the two in the middle */
    bool is_cut;
};
/* Of the records in that sight (NULL: of all, for who has the store); what lies outside is not counted, as if there were none. By the register's id,
 * whatever text its records are of. Reads. */
MUST_CHECK int engine_decided(struct store *s, const struct sight *sight, const char *reg, struct decided *ret);
/* {register: "12件、中央値3時間5分、最長2日4時間", or "12, median 3 h 5 min, longest 2 d 4 h"} for each register of the pack in which something was decided. Reads. */
MUST_CHECK int engine_decided_words(struct store *s, const struct sight *sight, const struct pack *pack, bool english, json_t **ret);
