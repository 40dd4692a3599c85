/* How often somebody may ask: a bucket for each address or token that has asked lately.
 * A bucket that holds `burst` requests and fills by one each `every_us` lets through what it holds and tells others how long to wait.
 * Owner    the caller of limiter_new().
 * Threads  any; one lock.
 * Limits   LIMIT_BUCKETS; when there are more askers than that, those quiet for longest are forgotten, which is to their good. */
#pragma once

#include "base/str.h"

#include <stdint.h>

#define LIMIT_BUCKETS 8192u

struct limit_rule {
    unsigned burst;
    uint64_t every_us;
};

struct limiter;

MUST_CHECK int limiter_new(struct limiter **ret);
void limiter_free(struct limiter *l); /* accepts NULL */
/* One request more of `who` at `now_us` of a clock that only goes forward. 0: let it through; else whole seconds to wait first. */
MUST_CHECK unsigned limiter_take(struct limiter *l, struct limit_rule rule, struct str who, uint64_t now_us);
