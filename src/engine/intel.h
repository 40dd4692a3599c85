/* What threat intelligence needs of the registers: which hold it (`holds` of the language), for whom a collection is, how a channel marks what comes
 * without a mark, and the acts of an import with the rows that open it (doc/design/intelligence.md, ST6, ST10, ST11).
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"
#include "store/intel.h"

/* Of the texts in force; NULL: none holds it. */
const struct reg *engine_holding(const struct engine *e, enum holds what, uint64_t now_us);

/* What a person may see today: for intel/stock.h; after a restore that is not opened nothing above RELEASE_SHUT_AT_MOST. *ret is freed by the caller. Nobody, and who has
 * left, sees nothing. */
MUST_CHECK int engine_sight(struct engine *e, const char *person, uint64_t now_us, struct sight **ret);

/* Of it what is no more confidential than that (label/audience.h, sight_at_most()). */
MUST_CHECK int engine_sight_at_most(struct engine *e, const char *person, int level, uint64_t now_us, struct sight **ret);

enum {
    ENGINE_INTEL_E_NONE = 1, /* no such collection, channel or import, or out of his sight; no text holds imports */
    ENGINE_INTEL_E_OVER,     /* it is open, or dropped */
    ENGINE_INTEL_E_READERS,  /* the collection is read by others than the record that it was taken out of, or bears fewer restrictions; nothing was done */
    ENGINE_INTEL_E_REFUSED,  /* *ret is the act's outcome, which was entered; nothing else was done */
};

struct engine_collection {
    const char *record, *reg, *name, *inbound; /* `inbound`: the channel under which TAXII clients write to it; "" none */
    bool is_disposed;
};
/* One collection in the person's sight, by its record's id. Texts are in the arena given. ENGINE_INTEL_E_NONE. */
MUST_CHECK int engine_intel_collection(struct engine *e, const char *person, const char *record, uint64_t now_us, struct arena *a,
                                       struct engine_collection *ret);

/* May what is in the collection leave to the person by that channel? `level`: of confidentiality, the highest of what would leave (ST11). */
MUST_CHECK int engine_intel_release(struct engine *e, const char *person, const char *collection, int level, enum release_channel channel,
                                    uint64_t now_us, enum release_answer *ret);

/* The highest level of it that may leave so; *ret_level 0: nothing, *ret says why. */
MUST_CHECK int engine_intel_level(struct engine *e, const char *person, const char *collection, enum release_channel channel, uint64_t now_us,
                                  int *ret_level, enum release_answer *ret);

struct engine_import {
    int64_t run;
    char record[96], collection[96], person[96];
    char of[96];  /* the record of whose file it was taken out; "" none */
    unsigned tlp; /* the channel's default mark: enum tlp */
    int64_t audiences[STORE_INTEL_LEVELS]; /* shelves, by level (ST11) */
    int64_t begun_us;
    struct decay decay; /* as the directive said when it began */
};

/* How indicators decay, by the directive's parameters `decay-threshold`, and of each kind (store/decay.def) `life-KIND`, a duration, and `shape-KIND`, a choice
 * of steady, late and early. What no directive says does not decay. Reads. */
MUST_CHECK int engine_decay(struct engine *e, uint64_t now_us, struct decay *ret);

/* In the caller's transaction: the act that proposes, and a row for the run. *ret_outcome is yours. */
/* Where an object came from, as the directive's registers say of its import and its channel; for whoever sees the object. */
struct engine_source {
    char channel[96]; /* id of its record */
    bool is_own;      /* what we make ourselves (`own` of the channel) */
    char reliability, credibility; /* 'A' to 'F' of the channel, '1' to '6' of the import (`reliability`, `credibility`); 0: not said */
};
/* Of a run that was begun. ENGINE_INTEL_E_NONE. Reads. */
MUST_CHECK int engine_intel_source(struct engine *e, int64_t run, uint64_t now_us, struct engine_source *ret);

/* Appends the digest of the contents that the import's record holds (hex), which the ledger cites: "" where it holds none. ENGINE_INTEL_E_NONE. Reads. */
MUST_CHECK int engine_import_root(struct engine *e, const char *import, struct buf *ret);

struct engine_proposal {
    const char *collection, *channel; /* ids of their records */
    const char *source;               /* what it is, for people */
    const char *object, *reason;      /* id of what is withdrawn, and why: the step "withdraw"; "": an import, the step "propose" */
    const char *of;                   /* record whose file it was taken out of, by whoever may read that; "": none. Its label in force travels: what comes
                                         without a mark is marked no less than it (as its directive maps labels, tlp_of()), and the collection's readers must all be its own */
    unsigned tlp;                     /* enum tlp: what comes without a mark is marked no less; the channel's own mark counts in any case */
};
MUST_CHECK int engine_import_begin(struct engine *e, struct log *log, const char *person, const struct engine_proposal *what, uint64_t now_us,
                                   struct engine_import *ret, json_t **ret_outcome);
/* By any reading handle: the run that is coming in for that person. `person` NULL: whosever it is. ENGINE_INTEL_E_NONE, ENGINE_INTEL_E_OVER. */
MUST_CHECK int engine_import_find(struct store *s, int64_t run, const char *person, struct engine_import *ret);
/* The same by the import's record, in whatever state: "coming", "open", "dropped". ENGINE_INTEL_E_NONE. */
MUST_CHECK int engine_import_of_record(struct store *s, const char *record, struct engine_import *ret, char ret_state[16]);
/* An object of a collection that is taken out. */
struct engine_removed {
    int64_t shelf, number;
};
#define ENGINE_REMOVED_MAX 1000u
/* In the caller's transaction: the act that takes those versions of the object `id` out, and their rows. `root` is the digest of their contents, in
 * hexadecimal. ENGINE_INTEL_E_NONE: no text holds removals, or one of them is not in sight by the channel `api`, or in another collection. */
MUST_CHECK int engine_intel_remove(struct engine *e, struct log *log, const char *person, const char *collection, const char *id, const char *root,
                                   const struct engine_removed *at, size_t n, uint64_t now_us, json_t **ret_outcome);
/* In the caller's transaction: the act that opens, measured by the program, and the rows. ENGINE_INTEL_E_READERS: the record that it was taken out of
 * asks for more by now than when it began, or he sees it no more. */
MUST_CHECK int engine_import_open(struct engine *e, struct log *log, const char *person, const struct engine_import *i, const struct intel_totals *totals,
                                  uint64_t left_out, uint64_t now_us, json_t **ret_outcome);
MUST_CHECK int engine_import_drop(struct engine *e, struct log *log, const char *person, const struct engine_import *i, uint64_t now_us,
                                  json_t **ret_outcome);
