/* What shares values, for all objects in sight at once: one pass over the postings, and no object is opened (doc/design/intelligence.md, CO4).
 *
 *     correlate_pass(stock, sight, known, &correlate_usual, call, context, &totals)     call: once for each object that shares something
 *
 * The same as correlate() (intel/correlate.h) for the ways SAME, HOST and REGISTERED, by the same counts and points, with `values`, `hot` and `walked` of the
 * limits for each object; but
 *   - versions are told each by itself, and those of one id are not related;
 *   - a host that is its own registered domain counts as REGISTERED also where this one has it as a host, as postings do not tell the two apart.
 * Memory  some 50 bytes for each value and 12 for each place at which one stands, in sight: 10 million of either make 0.6 GB; at most CORRELATE_PASS_PLACES places.
 * Threads as the stock.
 * Answers 0; CORRELATE_PASS_E_MANY: there are more places; -ENOMEM; others as stock.h, and what `call` answers. */
#pragma once

#include "intel/correlate.h"

#define CORRELATE_PASS_PLACES UINT32_C(0x20000000)
enum { CORRELATE_PASS_E_MANY = 60 };

struct correlate_pass_row {
    struct stock_ref ref;
    uint32_t strength;
};
/* Every object that shares a value that was walked, in no order, each once. 0 goes on. */
typedef int correlate_pass_fn(struct stock_ref of, const struct correlate_pass_row *rows, size_t n, void *context);

struct correlate_pass_totals {
    uint64_t objects, values, places; /* in sight: objects with values, types with canonical bytes, places at which one stands */
    uint64_t hot;     /* values that are in more objects than are walked */
    uint64_t hottest; /* objects of the one that is in most, as it is and derived */
    uint64_t walked;  /* places that were looked at */
    uint64_t related; /* rows told */
};
MUST_CHECK int correlate_pass(struct stock *k, const struct sight *sight, const struct known *known, const struct correlate_limits *limits,
                              correlate_pass_fn *call, void *context, struct correlate_pass_totals *ret);
