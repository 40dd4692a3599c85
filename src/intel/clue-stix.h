/* A value as STIX 2.1 has it: an observable, or an indicator that looks for it.
 * Threads  any. */
#pragma once

#include "intel/clue.h"
#include "label/label.h"

struct clue_indicator {
    struct str description;
    uint64_t made_us;  /* created, modified */
    uint64_t until_us; /* valid_until; 0: none. It is valid from when it was made, or from a second before its end where that is earlier */
    int confidence;    /* 0 to 100; -1: none */
    int tlp;           /* enum tlp; -1: none. The mark is an object of its own: clue_stix_mark() */
};

/* Each appends one object. 0; CLUE_E_SHAPE: STIX has no place for such a value; -ENOMEM, -ENOSPC. The id of an observable is what its content gives; that of an
 * indicator is a UUIDv5 of type and value, so that the same value is the same indicator. */
MUST_CHECK int clue_stix_observable(const struct clue *v, struct buf *out, struct buf *ret_id);
MUST_CHECK int clue_stix_indicator(const struct clue *v, const struct clue_indicator *i, struct buf *out);
/* The mark of TLP 2.0. */
int clue_stix_mark(enum tlp tlp, struct buf *out);
