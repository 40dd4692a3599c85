/* Operations of the keeper on files: what begins to come in, what goes out, how they are examined; rows of operation.c's table.
 * doc/design/information.md, E1 to E6 and N7. Pieces themselves go beside the loop (keeper/filing.h).
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define FILES_HELD_MAX 40                      /* that one person has sent and no act has named yet */
#define FILES_HELD_BYTES ((uint64_t)8 << 30)   /* the same in bytes */
#define FILES_LEFT_US US_PER_DAY               /* after that they are dropped */
/* Of a register of imports: a file that is read into one (keeper/intake-operation.h). */
#define INTEL_FILE_FIELD "intake"
#define INTEL_FILE_MAX ((uint64_t)4 << 30)
#define EXAM_TRIES_MAX 3                       /* beginnings without an end, then it counts as crashed */
#define EXAM_MAX_US (180 * US_PER_SECOND)      /* the longest time of one */

operation_fn op_file_begin; /* {"id", "piece": bytes of each piece but the last}; "too-large", "busy" (quota), "full", "none" */
operation_fn op_file_piece; /* the last one has come: {"offset"} */
operation_fn op_file_drop;  /* one's own that no act has named; "none" */
/* {"key", "id", "name", "type", "size"}: the key, in hex, is that of this one file. It is entered before. "none", "forbidden" above the
 * channel's cap, "infected" */
operation_fn op_file_open;
/* {"name", "type", "size", "sha256", "state", "seen": as engine/seen.h; absent for one that was examined before that was kept}: what the file of a
 * record would tell whoever gets it. It is entered before. "none", "forbidden" */
operation_fn op_file_preview;
struct attachment;
/* {"ok", "key", "name", "type", "size", "id"} of that one file. Whether it may go out was the caller's to ask. */
MUST_CHECK int file_answer_key(struct operation_context *c, const struct attachment *a, json_t **ret_answer);
operation_fn op_exam_begin; /* examiner: {"key", "name", "size"}; "over" when somebody else has it or there is nothing to do */
operation_fn op_exam_end;   /* examiner: how it ended; entered. "over" when nobody waits for it */

/* Files that no act has named for a day go, FILES_SWEPT_MAX of them in one batch; *ret_more: others wait for the next one. A store's answer. */
#define FILES_SWEPT_MAX 100
MUST_CHECK int file_sweep(struct operation_context *c, bool *ret_more);
