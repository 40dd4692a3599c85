/* The process that examines: the program itself, started anew with four descriptors (request, report, the file, a connection to the
 * scanner) beside standard error, which gives up everything else before it reads the first foreign byte: no files, no network, no other program, no
 * other process (seccomp), bounded memory and time. It cannot even find the file's name on disk.
 * Whatever becomes of it, the caller gets a report: when it dies, the file was too much for it, and that is `not-examinable`
 * with the reason `crashed`; without a scanner `no-scanner`; `overdue` when it had to be killed.
 * Threads  any number of examinations side by side, one process each. */
#pragma once

#include "guard/examine.h"
#include "guard/prepare.h"

#define CLAMD_SOCKET "/run/clamav/clamd.ctl" /* Debian's */
#define EXAMINER_WORD "examiner"             /* the sub-command that runs examiner_main() */

/* `clamd_path` is the scanner's socket. The file is read from its beginning; `in->fd` stays open, `in->name` may be any bytes. 0 with the report; -ENOMEM;
 * -errno when no process or pipe is to be had. */
MUST_CHECK int examiner_run(const char *clamd_path, const struct examine_input *in,
                            const struct examine_limits *limits, json_t **ret_report);
/* The same without a scanner: what a file tells beside what it shows. */
MUST_CHECK int examiner_survey(const struct examine_input *in, const struct examine_limits *limits,
                               json_t **ret_report);
/* mail_read() in such a process; `clamd_path` NULL: without a scanner. One that is not there makes the report {…, "why": "no-scanner"}. A process that ended before it was done makes the report
 * {"verdict": "unreadable", "why": "crashed" | "overdue"}. 0 with the report; -ENOMEM; -errno. */
MUST_CHECK int examiner_mail(const char *clamd_path, int fd, const struct examine_limits *limits,
                             json_t **ret_report);
/* mail_seal() in such a process; `out` is a memory file that holds the cover, filled from its beginning. 0; MAIL_SEAL_E_FORM (also when the process ended before it was
 * done); -ENOMEM; -errno. */
MUST_CHECK int examiner_mail_seal(int fd, const char *name, const char *password, const char *cover, int out);
/* prepare() in such a process; `out` is a memory file, filled from its beginning. 0; PREPARE_E_KIND, PREPARE_E_DAMAGED (also when the process ended
 * before it was done); -ENOMEM; -errno. */
MUST_CHECK int examiner_prepare(const struct examine_input *in, enum prepare_what what, int out);
/* document_draw() in such a process (guard/document-text.h): the text of anything but a PDF, as a stream, to `out`. What it said is believed as far as it is of
 * that form. 0; DOCUMENT_E_…, DAMAGED also when the process ended before it was done; -ENOMEM; -errno. `ret` is filled in each case. */
struct document_answer;
MUST_CHECK int examiner_document(int fd, int out, struct document_answer *ret);
/* The process itself. Ends it: 0, or 1 when it could not report. */
_Noreturn void examiner_main(void);
