/* Operations on imports of threat intelligence: acts of whoever asks, with the rows that open a run (engine/intel.h, keeper/stocking.h).
 *   intel-begin    {"collection", "channel", "source"}  {"ok", "run", "record", "tlp": the channel's default mark, 0 to 4}; with {"object", "reason"} a
 *                                                       withdrawal of that object, which is a step of its own
 *                  with {"file": an upload of his, "format": of intel/intake.h}: it is read into the run (keeper/intake-operation.h); also "no-file"
 *                  with {"of": a record that he sees, out of whose file it was taken; "tlp": no less than this}: what comes without a mark is marked no less than
 *                  that record is; also "readers": others read the collection
 *   intel-segment  answered beside the loop; here comes what carries bytes that a record of 3 holds: "held", entered as system/intel-segment, refused
 *   intel-open     {"run", "left_out"}                  {"ok", "outcome"}; "not-ready": its file has not been read; what was left out of that counts
 *   intel-drop     {"run"}                              {"ok", "outcome"}
 *   intel-export   {"collection", "format"}             {"ok", "level": what leaves at most, of confidentiality 1 to 3}; entered as system/intel-export before
 *                                                       a byte leaves, also where it is refused
 * Refused: "forbidden" with "outcome"; "none"; "over".
 * Threads  the keeper's loop. */
#pragma once

#include "engine/intel.h"
#include "keeper/operation.h"

/* The refusal, in the words that a whole file gets which such a record holds. `m` has STOCKING_HELD; -EIO: it has none, and failed beside the loop. */
MUST_CHECK int intel_refuse_held(struct operation_context *c, const json_t *m, const char *name, const struct engine_import *i, json_t **ret_answer);
/* Enters it as system/`name`, refused: in which import, or "" where none was proposed, into which collection. */
MUST_CHECK int intel_enter_held(struct operation_context *c, const json_t *m, const char *name, const char *record, const char *collection);

/* intel-remove: {"collection", "object": its id, "root": hex, "at": {number: shelf, …}} -> {"ok", "outcome"}; "none" also where one of them is out of sight. */
operation_fn op_intel_remove;
operation_fn op_intel_begin, op_intel_held, op_intel_open, op_intel_drop, op_intel_export;
