/* A file of threat intelligence parsed by the examiner's process (guard/examiner.h), which can touch nothing but the bytes that it is sent and what it
 * answers: intel/intake.h in the cage (doc/design/intelligence.md, ST9). What comes out are segments and a report; whoever took the process over can lie in
 * them, as any file could, and nothing else.
 *
 *     bytes ──read──> cage: objects, rules, segments ──> segment … segment ──> report
 *
 * Owner    the caller; the report is the caller's.
 * Signals  SIGPIPE is ignored by the caller.
 * Threads  any number side by side, a process each. The calls are made by the thread that asks. */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "intel/intake.h"

#define INTAKE_CPU_MAX_S 7200u  /* of the process, in all */
#define INTAKE_STILL_MAX_S 120u /* in which no byte goes in or comes out: it is killed */

/* Positive answers. */
enum {
    INTAKE_E_CRASHED = 1, /* it ended before it was done, or answered what is no answer: the file was too much for it */
    INTAKE_E_OVERDUE,     /* it was killed */
    INTAKE_E_STOPPED,     /* a call of the caller's answered something positive */
};

struct intake_job {
    struct intake_setting setting;
    /* Appends the next piece of the file, at most INTAKE_PIECE_MAX bytes; nothing: that was all. */
    int (*read)(void *context, struct buf *piece);
    /* Takes a segment, which lives for the call. */
    int (*segment)(void *context, struct str segment);
    void *context;
};
#define INTAKE_PIECE_MAX ((size_t)1 << 20)

/* 0 with the report of intel/intake.h; the above; -ENOMEM, -errno, or what a call answered, where that was negative. */
MUST_CHECK int intake_run(const struct intake_job *job, json_t **ret_report);
/* In the process, caged: from its request. 0, or 1 when it could not report. */
int intake_serve(const json_t *request, int file, int report);
