/* The place of threat intelligence: DIR/intel.db for SQLite, the schema `intel` for PostgreSQL (doc/design/store.md, S17; intelligence.md, ST6, CO1, CO2).
 * As with pieces of files (store/blobs.h) a handle on it has its own connection and never takes the lock of the store's head. Statements are those of
 * store/intel-statements.def; nobody writes but through this header.
 *
 *     run       number; whether it is finished, merged; objects, segments, root
 *     segment   run, n: objects of each TLP level, digest
 *     pending   run, n: place of its first object, keys of its objects, packed       until they are written as the rows below
 *     object    audience, run, no: id, type, version, digest, bytes as they came (packed)
 *     ident     audience, run, id, version, number: digest                  run 0 holds what was merged
 *     value     type, derived, bytes: number                               the one table without an audience (LB5)
 *     posting   audience, run, value, first: numbers of objects              likewise
 *     life      id, number: audience, run, when vouched for, when to end    for who has the number, and for who writes ends; merged with nothing
 *     sighting  audience, run, id, own id, version, number: of what kind, when, how often   likewise
 *     ending    audience, run, end, number, audience it lies in, told by     likewise; made of the two above (store/intel-lives.h)
 *
 * The number of an object is its run times 2^32 and its place in it, so that merging moves none.
 * Owner    the caller; the handle is a store's (store_close()).
 * Threads  one at a time for each handle; one writer.
 * Answers  also STORE_E_BUSY, STORE_E_FULL, STORE_E_LOST everywhere. */
#pragma once

#include "store/decay.h"
#include "store/segment.h"
#include "store/store.h"

#define STORE_INTEL_WAITING 8u          /* runs that are open and not merged */
#define STORE_INTEL_LEVELS 3u           /* of confidentiality */
#define STORE_INTEL_BLOCK 4096u         /* bytes of one block of postings */
/* Bytes of keys that wait at most, so that writing them takes a second or two: whoever sends a segment, or opens, waits for it. PostgreSQL writes a fifth as fast,
 * and has less from it, as its pages are not written again for each segment. */
#define INTEL_PENDING_MAX ((size_t)32 << 20)
#define INTEL_PENDING_MAX_POSTGRES ((size_t)6 << 20)
#define STORE_INTEL_RUN_MAX INT64_C(0x7fffffff)

/* As blobs_open(). */
MUST_CHECK int intel_open(const char *db, enum store_role role, struct store **ret, struct diag *diag);

/* The segment `n` of that run, in one transaction: its objects are given numbers, shuffled within pieces of 1,000 (TX5). What they are found by waits as it came
 * (`pending`) until there is much of it or the run ends, and is written in the order of its keys.
 * `audiences`: by level of confidentiality, of what is marked CLEAR or GREEN, AMBER or AMBER+STRICT, RED. `is_known` is asked for the objects as
 * which a content lies already under its audience: true, and nothing is added for it; NULL: never.
 * The same segment again (`message`: SHA-256 of its bytes), after an answer that was lost, changes nothing. *ret_known: objects that were not added.
 * STORE_E_EXISTS: another segment has that number, or an earlier one is missing. STORE_E_NONE: the run is finished, or was swept. */
struct intel_seen; /* what a run has, from one segment to the next */
struct intel_seen *intel_seen_new(void); /* NULL: out of memory */
void intel_seen_free(struct intel_seen *x); /* accepts NULL */
struct intel_writing {
    int64_t run;
    int64_t audiences[STORE_INTEL_LEVELS];
    const struct decay *decay; /* NULL: nothing decays */
    int64_t now_us;            /* what is said to have been seen later was seen now; 0: as it is said */
    bool (*is_known)(void *context, int64_t number);
    void *context;
    struct intel_seen *seen; /* of this run or another: it is filled anew where it says nothing of this one; NULL: it is filled for the call */
    size_t pending_max;      /* bytes of keys that wait at most; 0: as above */
};
MUST_CHECK int intel_write(struct store *s, const struct intel_writing *w, int64_t n, const struct segment *segment, const struct digest *message,
                           uint64_t *ret_known);

/* Would writing it add anything? Reads. */
MUST_CHECK int intel_has_new(struct store *s, const struct intel_writing *w, const struct segment *segment, bool *ret);

/* A block of postings: the first number stands in its key, the others as differences in varints (LEB128). True: the next one is *number. */
bool intel_block_next(struct str *block, int64_t *number);

struct intel_totals {
    int64_t n_segments, n_objects;
    int64_t levels[STORE_INTEL_LEVELS]; /* objects of each */
    struct digest root;                 /* SHA-256 over the segments' digests, in order */
};
/* No segment comes behind it; all keys are written. Again: the same. STORE_E_NONE: swept. */
MUST_CHECK int intel_finish(struct store *s, const struct intel_writing *w, struct intel_totals *ret);
/* As intel_finish() told it. STORE_E_NONE: it is not finished. */
MUST_CHECK int intel_totals(struct store *s, int64_t run, struct intel_totals *ret);

/* ---- behind the opening ---- */

/* Moves some rows of an open run into run 0, in one transaction. *ret_more false: it is merged. `is_next`: every run that was begun before it is over, so that
 * no numbers can come between its own and those of run 0; then small blocks of postings are joined to the block that they come behind, so that a value of
 * which many runs have a few objects has few blocks. */
MUST_CHECK int intel_merge(struct store *s, int64_t run, bool is_next, bool *ret_more);
/* The bytes of an object that was taken out; its digests and what is looked up by key stay, and readers pass over it. In a transaction of its own. */
MUST_CHECK int intel_clear(struct store *s, int64_t audience, int64_t number);
/* Removes some rows of a run that was dropped. *ret_more false: nothing of it is left, and none of its segments can come any more. Values stay. */
MUST_CHECK int intel_sweep(struct store *s, int64_t run, bool *ret_more);
