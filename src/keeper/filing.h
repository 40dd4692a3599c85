/* Pieces of files on their way in: sealed and written beside the keeper's loop, into the third place and not under the head's lock
 * (doc/design/information.md, E2). Who sends a piece is found out here, as the loop would; that he may send this file at all was decided by
 * `file-begin`, in a batch. A gate sends files for fields that it measures, and pieces of what it began itself; a person's upload is nobody's else.
 * A `file-piece` comes back with "answer": what its sender is told, without a batch; or, when all of the file is there, without it: then
 * op_file_piece() notes that in a batch. Where it could not be done, a database was away.
 *   {"id", "offset": bytes that came before, "data": base64 of the next piece, all of it; or "" to ask for the end once more}
 *   {"ok": true, "offset": bytes now}
 *   "offset" with {"offset"}: another one comes next; "invalid", "none", "sign-in", "locked", "forbidden", "full", "busy"
 * A message {"op": "file-tidy"} of the keeper's own drops pieces of files that are gone, a thousand files at a time; it comes back with
 * "more": true when there may be others behind them: then it is sent again.
 * Threads  as keeper/aside.h. One is enough: the disk is one. */
#pragma once

#include "keeper/aside.h"

#define FILING_FREE_MIN ((uint64_t)2 << 30) /* bytes that stay free on the disk of the third place */

/* What the loop writes into a piece that comes by a gate's connection: gate_name(). Nobody else can: no operation has this member. */
#define FILING_GATE "_gate"
/* Of one of enum measurer; "" of 0. */
const char *gate_name(unsigned measured);
extern const struct aside_work filing_work;
/* There is room for `size` bytes more where the database `db` is a directory; of a server nothing is known here. */
bool filing_has_room(const char *db, uint64_t size);
/* {"ok": false, "error": "full", …}: no room for files. NULL: out of memory. */
json_t *filing_full(void);
