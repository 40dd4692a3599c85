/* What the indicators of a collection look for, as entries of a match set (intel/set.h): for `match` and for the rules of other programs.
 * Of each indicator in sight its newest version counts where it is current (intel/stock-lives.h), until it ends, and no more confidential than may leave. Its pattern has to be one of STIX that
 * only lists values, each by itself (MS5); what is near that is left out and counted, never approximated.
 * Owner    all are borrowed for the call.
 * Threads  one at a time.
 * Sentences LI1, LI4, MS5, LB4 of doc/design/intelligence.md. */
#pragma once

#include "intel/set.h"
#include "intel/stock-lives.h"

struct stock_values {
    uint64_t indicators; /* of which values were taken */
    uint64_t values;
    uint64_t held;       /* more confidential than `level` */
    uint64_t over;       /* no more current: revoked, withdrawn, ended or a false positive */
    uint64_t unlisted;   /* patterns that are no such list, or of another language */
    enum tlp tlp;        /* the strictest of those that were taken */
};

/* The confidentiality that a mark stands for (ST11). */
int stock_level(enum tlp tlp);

/* 0; SET_E_LIMIT: the set is full; STOCK_E_DAMAGED and kin of stock.h; -ENOMEM. */
MUST_CHECK int stock_values(struct stock *k, const struct sight *sight, struct str collection, int level, uint64_t now_us, struct set_builder *set,
                            struct stock_values *ret);
