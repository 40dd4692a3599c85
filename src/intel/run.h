/* Taking threat intelligence in: a run (doc/design/intelligence.md, ST5, ST6, LB1). The process that imports reads foreign bytes; the keeper takes finished
 * segments and writes them beside the acts; one act opens all of it.
 *
 *     run_begin ─ run_add … ─┬ run_open    everything is there at once, as one entry
 *                            └ run_drop    nothing is; what was written is swept
 *
 *     struct run_setting s = {.link = link, .token = cookie, .collection = "IC-2026-0001", .channel = "IH-2026-0001", .name = "feed.json"};
 *     r = run_begin(&s, &run, &answer);
 *     …in the call of stix-read.h, after stix_check() found no error:   r = run_add(run, object, &left);
 *     r = run_open(run, &answer);
 *
 * A run that is neither opened nor dropped (its process was killed) is never seen, and swept after a day.
 * Owner    the caller of run_begin(); run_free(). The link and all texts of the setting are borrowed for its life.
 * Threads  one at a time. A full segment crosses to the keeper in a thread of its own while the next one is made; until it has arrived the link is not the
 *          caller's to use, which it is after run_open(), run_drop() and run_free().
 * Memory   two segments of SEGMENT_OBJECTS_MAX objects or SEGMENT_SIZE_MAX bytes (store/segment.h), and what it takes to print one. */
#pragma once

#include "base/json.h"
#include "intel/stage.h"
#include "keeper/keeper.h"
#include "label/label.h"

/* Positive answers. */
enum {
    RUN_E_REFUSED = 1, /* *ret_answer says why: the keeper's answer, or an act's outcome in "outcome" (engine/engine.h) */
    RUN_E_WAITS,       /* run_open(): STORE_INTEL_WAITING runs are not merged yet; ask again */
};

struct run_setting {
    struct keeper_link *link;
    struct str token, bearer;     /* of a session, or of a program; the other one STR_NONE */
    const char *collection, *channel; /* ids of their records */
    const char *name;             /* where it came from, for people: a file's name, an address; at most 200 bytes */
    const char *object, *reason;  /* id of what is withdrawn, and why: false positives in it stand for the withdrawal; NULL: it is an import */
};

struct run_counts {
    uint64_t added, known; /* known: the collection held this content for those readers already, and nothing was added */
    uint64_t values;       /* places at which values stand in what was added */
    unsigned segments;
};

struct run;
/* The act that proposes the import, and a run for it. 0; RUN_E_REFUSED; negative as keeper_ask(). */
MUST_CHECK int run_begin(const struct run_setting *s, struct run **ret, json_t **ret_answer);
void run_free(struct run *r); /* accepts NULL; leaves the run to the sweep where it was neither opened nor dropped */
DEFINE_CLEANUP(struct run, run_free);
/* Takes the object's bytes, values and marks; the rules of stix-rules.h are the caller's to ask before. *ret_left: STAGE_TAKEN, or why it is left out.
 * A full segment is sent behind the keeper's answer to the one before, which is what this call tells. 0; RUN_E_REFUSED: *ret_answer; negative. */
MUST_CHECK int run_add(struct run *r, const struct stix_object *o, enum stage_left *ret_left, json_t **ret_answer);
/* Sends what is left and asks for the act that opens the run. `left_out`: objects that the caller left out, for the entry.
 * 0: *ret_answer has "outcome". RUN_E_REFUSED; RUN_E_WAITS; negative: -EPIPE and -ETIMEDOUT: the outcome is unknown, the record tells. */
MUST_CHECK int run_open(struct run *r, uint64_t left_out, json_t **ret_answer);
/* The act that drops it. 0, RUN_E_REFUSED, negative. */
MUST_CHECK int run_drop(struct run *r, json_t **ret_answer);
/* The same for who has something else to tell: what cannot be dropped now is never seen, and swept after a day. Also where an answer was lost on its way: the
 * keeper drops nothing that is open. Where nobody is there to be asked (-ECONNREFUSED) nobody needs to call it. */
void run_give_up(struct run *r);

const struct run_counts *run_counts(const struct run *r);
uint32_t run_number(const struct run *r);     /* the program's own, for nobody to see */
const char *run_record(const struct run *r); /* id of the import's record */
