/* What the files of correlation share. Private to src/intel/correlate*.c. */
#pragma once

#include "intel/correlate.h"

/* How an object was found: by a posting of the value as it is, or of what was derived; as one that lies in it; as one that is near it. */
enum hit_how { HIT_AS_IT_IS, HIT_DERIVED, HIT_WITHIN, HIT_NEAR };

struct hit {
    struct stock_ref ref;
    uint32_t value;
    enum hit_how how;
    bool is_apart; /* the source of the other says so */
    unsigned nearness;
    struct str other; /* the arena's */
};

/* An object that was hit: a version of something. */
struct found {
    struct correlate_related r;
    size_t first, n; /* hits */
};

struct asking {
    struct stock *k;
    const struct sight *sight;
    const struct known *known;
    const struct correlate_limits *limits;
    struct correlation *c;
    struct stix_clues *clues;
    struct str id; /* its own; STR_NONE of a value */
    int64_t at_us; /* of its version */
    bool has_at;
    bool is_apart; /* its source says so of all its values */

    struct correlate_value *values; /* first all that are its own, then those that others share */
    size_t n_values, size_values;
    enum clue_type before; /* of the value told last: the next derived one is its host, or its registered domain */

    struct hit *hits;
    size_t n_hits, size_hits;
    struct found *found;
    size_t n_found;
};

MUST_CHECK int correlate_add_hit(struct asking *x, struct hit hit);
/* By reference, which an audience's number and then an object's make. */
int correlate_ref_cmp(struct stock_ref a, struct stock_ref b);
/* The values of an object, by its bytes, told by x->clues. */
MUST_CHECK int correlate_read_values(struct asking *x, struct str bytes, int (*call)(const struct clue *v, bool is_derived, void *context), void *context);
/* What lies in networks, and what fuzzy hashes are near: hits of x->values. */
MUST_CHECK int correlate_walk_near(struct asking *x);
