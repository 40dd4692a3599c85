/* A compiled set as rules for another program: `intel set SET --to FORMAT`. */
#pragma once

#include "cmd/command.h"
#include "intel/export.h"

struct set_rules_order {
    enum rule_format format;
    const char *out; /* NULL: to standard output */
    uint32_t sid_first;
    uint64_t now_us; /* what ended then is left out; 0: the clock of the machine */
    bool
        is_expired_fine; /* a set that is out of date is taken as well; what has ended in it is still left out */
};

/* An exit_status; what was left out is told on standard error. A set whose bytes do not come to its digest is refused. */
MUST_CHECK int set_rules(const char *path, const struct set *set, const struct set_rules_order *o);
