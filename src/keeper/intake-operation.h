/* Operations on files that are read into an import (doc/design/intelligence.md, ST6, ST9): whoever asks for it names a file that he sent in `intel-begin`;
 * the examiner's process takes it up, has it parsed in its cage, sends segments and tells what it found.
 *
 *     waiting ──intake-begin──> begun ──intake-segment…, intake-tell…──> intake-end ──> checked: it can be opened
 *                                                                                  └─> failed: it can only be dropped
 *
 *   intake-begin    {"run", "tries": as it was seen}     {"ok", "id", "name", "size", "key", "type", "format", "tlp", "made": now}; "over": somebody else has it, or nobody waits
 *   intake-segment  {"run", "tries", "n", "data"}        as intel-segment, beside the loop (keeper/stocking.h)
 *   intake-tell     {"run", "tries", "done": bytes}      {"ok"}; "over": it was dropped, or somebody else has it
 *   intake-end      {"run", "tries", "left_out", "report": of intel/intake.h, "sha256": of the file}, or {…, "why": a word}    {"ok"}; "over"
 * What comes in as somebody's own file is none when a record of confidentiality 3 holds these bytes: then its reading fails, as `held`, which is
 * entered as refused; so is a file of which an object carries such bytes (op_intake_held() of an intake-segment: "held"). Out of the record's own file it comes with the record's label (engine/intel.h, `of`).
 * The file goes, with its key, at the end of its reading and when the import is dropped.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define INTAKE_TRIES_MAX 3                   /* beginnings without an end, then it failed */
#define INTAKE_LEASE_US (180 * US_PER_SECOND) /* behind the last word of whoever reads it, somebody else begins anew */
#define INTAKE_REPORT_TEXT_MAX ((size_t)4 << 20)

operation_fn op_intake_begin, op_intake_held, op_intake_tell, op_intake_end; /* examiner */

/* For `intel-begin`: the file, his own and here as a whole, waits to be read into that run. 1: it is not, or no such format, which is answered. */
MUST_CHECK int intake_add_file(struct operation_context *c, int64_t run, const char *file, const char *format, json_t **ret_answer);
/* The run is dropped: so is the file, if there is one. */
MUST_CHECK int intake_drop_file(struct operation_context *c, int64_t run);
/* A run's file is read, or it has none: *ret true. *ret_left: objects that were left out of it, -1 without a file. */
MUST_CHECK int intake_is_checked(struct store *s, int64_t run, bool *ret, int64_t *ret_left);
/* By any reading handle: may a segment come from whoever began that run's file for the nth time? */
MUST_CHECK int intake_is_begun(struct store *s, int64_t run, int64_t tries, bool *ret);
