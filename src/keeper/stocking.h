/* Segments of threat intelligence on their way in: read, numbered and written beside the keeper's loop, into the fourth place and not under the head's lock
 * (doc/design/intelligence.md, ST6, ST9). Whose run it is is found out here, as the loop would; that there is one was decided by `intel-begin`, in a batch.
 *   intel-segment  {"run", "n": from 0, "data": base64 of a segment (store/segment.h)}
 *                  {"ok": true, "known": objects that were there already}
 *                  "invalid", "none": no such run of his; "over": it is open or dropped; "order": another one comes next; "sign-in", "locked", "full", "busy"
 *   intake-segment {"run", "tries", "n", "data"}, the same of a file that the examiner's process reads (keeper/intake-operation.h)
 *   poll-segment, poll-end  the same of what is fetched (keeper/poll-operation.h)
 *   intel-open     comes back without an answer, with STOCKING_TOTALS: then its batch opens the run; or answered "none", "over", "waits", "not-ready"
 *   intel-remove   comes back without an answer when all its numbers are versions of the object that it names; else "none"
 * A message {"op": "intel-tidy"} of the keeper's own merges or sweeps for a while, and with "decay" writes ends anew (keeper/lives-duty.h), "renewed" at its end; it comes back with "more": true when there is more to do: then it is
 * sent again.
 * Threads  as keeper/aside.h. One: the disk is one. */
#pragma once

#include "keeper/aside.h"
#include "store/intel.h"

/* What the thread writes into an `intel-open`. Nobody else can: no operation has this member. */
#define STOCKING_TOTALS "_totals"
extern const struct aside_work stocking_work;
/* In the keeper's transaction: runs that nobody opened for a day count as dropped. *ret_due: there is or was any run, so that something may be left to do. */
#define STOCKING_LONGEST_US ((uint64_t)86400 * 1000000u)
MUST_CHECK int stocking_sweep(struct store *s, uint64_t now_us, bool *ret_due);
/* What the thread writes into a segment of which some objects carry, byte by byte, what a record of 3 holds (ST13): {"n": objects, "contents": their keyed
 * hashes, some; of a poll "answer": what is told when it is entered}. It goes to a batch then, which enters it. */
#define STOCKING_HELD "_held"
#define STOCKING_HELD_TOLD 16u
/* Out of a message. 0, -EIO: it has none. */
MUST_CHECK int stocking_totals(const json_t *message, struct intel_totals *ret);
