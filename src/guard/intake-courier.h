/* Reads files of threat intelligence into imports (doc/design/intelligence.md, ST6, ST9): asks the keeper for one that waits, opens its pieces as they are
 * sent into the cage (guard/intake.h), hands on the segments that come out, and tells how it ended. A thread of the process that has files examined
 * (guard/file-courier.h), so that neither waits for the other; what the keeper lets that process ask is all that it may do.
 *
 *     what waits? ── keeper: intake-begin, one key ── pieces ── cage ── keeper: intake-segment …, intake-tell … ── keeper: intake-end
 *
 * No file is in memory as a whole. Owner  the caller; intake_courier_stop() waits for its end.
 * Threads  one of its own. */
#pragma once

#include "base/diag.h"

#include <stdint.h>

#define INTAKE_POLL_MS 200
#define INTAKE_TELL_US 500000u /* between two words of how far it is */

struct intake_courier;
/* `data`, `db` and `scanner` (clamd's socket) are borrowed; `stream_max`: bytes that clamd takes in one stream. Before anything of a file is parsed clamd is asked
 * of its first `stream_max` bytes: one in which it finds malware is not read. "scan" of the report: "clean"; "no-scanner"; "not-examinable": it is larger, or clamd
 * failed. 0; -ENOMEM, -EAGAIN: no thread. SIGPIPE is ignored and SIGTERM blocked by the caller. */
MUST_CHECK int intake_courier_start(const char *data, const char *db, const char *scanner, uint64_t stream_max, struct intake_courier **ret);
void intake_courier_stop(struct intake_courier *c); /* accepts NULL */
