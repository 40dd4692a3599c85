/* What the files of a stock share: see stock.h. */
#pragma once

#include "intel/pack.h"
#include "intel/stock.h"

/* An opened run. */
struct opened {
    int64_t opening, run;
};

/* What rows of the place call an audience, and the one that it leads to today: another's shelf (ST11), or itself. */
struct shelf {
    int64_t key, audience;
};

struct stock {
    struct store *store;
    struct store *place; /* NULL: nothing was ever written */
    char *db;
    struct opened *opened; /* by run */
    size_t n_opened, size_opened;
    int64_t opening;
    struct shelf *shelves; /* by key */
    size_t n_shelves, size_shelves;
    int64_t shelves_changed; /* up to where they were read */
    struct removed {
        int64_t number, shelf;
    } *removed; /* taken out of their collections, by number */
    size_t n_removed, size_removed;
    int64_t removed_changed;
    int64_t *waiting; /* runs to be asked beside run 0 */
    size_t n_waiting;
    struct buf bytes, id, type, version; /* of the object told last */
    struct unpacker *unpacker;
    struct known_prefixes {
        bool is_known;
        int64_t opening; /* at which they were read */
        struct stock_prefixes at;
    } prefixes[2];
};

/* The opening of that run; NULL: it is not open. */
struct opened *stock_opened_of(const struct stock *k, int64_t run);
/* It is open, and was not taken out: an object that is there. */
bool stock_has(const struct stock *k, int64_t number);
/* Of those that were taken out the first whose number is not less. */
size_t stock_removed_place(const struct stock *k, int64_t number);
/* Begins one state of the place, which store_end_read() ends: what a merger moves is seen in one run or the other. */
MUST_CHECK int stock_snapshot(struct stock *k);
/* The row behind `col`: no, id, type, version, tlp, digest, sum, length, packed. */
MUST_CHECK int stock_take_object(struct stock *k, struct rows *row, int64_t audience, int64_t run, bool wants_bytes, struct stock_object *ret);

typedef int each_fn(struct stock *k, int64_t audience, int64_t run, void *context);
/* For one audience: run 0 and those that wait. Inside a snapshot. */
MUST_CHECK int stock_one_place(struct stock *k, int64_t audience, each_fn *call, void *context);
/* The same for each audience in sight. */
MUST_CHECK int stock_each_place(struct stock *k, const struct sight *sight, each_fn *call, void *context);

/* Whether it is what stock_latest() would give. */
MUST_CHECK int stock_is_latest(struct stock *k, const struct sight *sight, struct stock_ref ref, struct str id, bool *ret);
