/* How long indicators are good for, as one reader sees it: by themselves, and by what was reported of them as far as he sees the reports
 * (doc/design/intelligence.md, LI1, LI2).
 *
 * The newest word counts. An indicator ends by itself at the lesser of its `valid_until` and where its worth falls below the threshold (store/decay.h), counted
 * from when its source vouched for it last. A sighting in sight counts the same way from when it was seen. A report that it is a false positive ends it, unless
 * its source vouched for it or somebody saw it since. What was withdrawn by others than its maker stays so until that is taken back; what its maker
 * revoked, too. Several versions of one report are one, and the newest counts.
 *
 * Owner    as intel/stock.h.
 * Threads  as intel/stock.h.
 * Answers  as intel/stock.h. */
#pragma once

#include "intel/stock.h"
#include "store/decay.h"
#include "store/segment.h"

/* Why it ends when it does. */
enum stock_why {
    STOCK_WHY_NEVER,     /* it does not */
    STOCK_WHY_UNTIL,     /* its `valid_until` */
    STOCK_WHY_DECAY,     /* nobody vouched for it since */
    STOCK_WHY_SEEN,      /* nobody saw it since */
    STOCK_WHY_FALSE,     /* a false positive */
    STOCK_WHY_WITHDRAWN, /* withdrawn by another than who made it */
    STOCK_WHY_REVOKED,   /* by who made it */
    STOCK_N_WHYS,
};

struct stock_life {
    int64_t end_us; /* from then on it is not current; DECAY_NEVER, 0: it never was */
    enum stock_why why;
    int64_t own_us; /* the end that it has by itself */
    int64_t from_us, until_us; /* when it was vouched for; `valid_until`, DECAY_NEVER: none */
    uint64_t n_reports, n_seen; /* sightings in sight; how often they say it was seen */
    int64_t first_seen_us, last_seen_us; /* 0: never */
    uint64_t n_false;
    int64_t last_false_us, withdrawn_us; /* 0: never */
};
/* Of that version of the indicator `id`. STOCK_E_NONE: there is no such indicator in sight. */
MUST_CHECK int stock_life(struct stock *k, const struct sight *sight, struct stock_ref ref, struct str id, struct stock_life *ret);

typedef int stock_end_fn(struct stock_ref ref, int64_t end_us, void *context);
/* Indicators of which an end lies behind the instant `behind_us` and not behind `until_us`, INT64_MAX: also those that have no end. By audience and end; one
 * comes with each end that it has, of which the last one counts unless something ended it: stock_life() tells. Later versions are not looked at. */
MUST_CHECK int stock_ends(struct stock *k, const struct sight *sight, int64_t behind_us, int64_t until_us, stock_end_fn *call, void *context);

/* Indicators that their makers revoked: of each audience and run in sight the last `max` by number. Later versions are not looked at. */
MUST_CHECK int stock_revoked(struct stock *k, const struct sight *sight, unsigned max, stock_end_fn *call, void *context);

/* What was said last of indicators, by kind of report (store/segment.h): up to 200 of each audience and run in sight, in no order; also what was taken back
 * since. `id` is of an indicator, which may be out of sight. */
struct stock_report {
    struct str id;
    enum segment_life kind;
    int64_t at_us;
    uint64_t n;
};
typedef int stock_report_fn(const struct stock_report *r, void *context);
MUST_CHECK int stock_reports(struct stock *k, const struct sight *sight, enum segment_life kind, stock_report_fn *call, void *context);

/* All that are current at an instant: a range of the index of ends for each audience in sight, in memory (24 bytes each). */
struct stock_current;
MUST_CHECK int stock_current(struct stock *k, const struct sight *sight, int64_t now_us, struct stock_current **ret);
void stock_current_free(struct stock_current *c); /* accepts NULL */
DEFINE_CLEANUP(struct stock_current, stock_current_free);
/* When that version ends; 0: it is not current, or no indicator. It asks nothing, so that calls of stock_page() may ask it. */
int64_t stock_current_end(const struct stock_current *c, struct stock_ref ref);
