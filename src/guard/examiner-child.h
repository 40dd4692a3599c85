/* The process of guard/examiner.h as its callers hold it: started, asked, awaited. Private to this room.
 * Threads  any number of processes side by side; one thread for each. */
#pragma once

#include "base/str.h"

#include <sys/types.h>

/* Descriptors of the process. */
enum {
    FD_REQUEST = 0,
    FD_REPORT = 1,
    FD_FILE = 3,
    FD_OTHER = 4 /* the scanner, or where to write */,
    FD_ABOVE = 5
};
/* What is asked of it: "job" of its request, which is JSON of at most 64 KiB. */
enum examiner_job { JOB_EXAMINE, JOB_SURVEY, JOB_PREPARE, JOB_INTAKE, JOB_DOCUMENT, JOB_MAIL, JOB_MAIL_SCANNED, JOB_MAIL_SEAL /* mail stands last */ };

struct examiner_child {
    pid_t pid;
    int request, report; /* our ends */
};
/* `file` and `other` stay the caller's. 0; -errno: there is no process. */
MUST_CHECK int examiner_start(int file, int other, struct examiner_child *ret);
/* The whole request, once. It fits into the pipe's own buffer, so it cannot wait. */
void examiner_send(const struct examiner_child *c, struct str text);
/* Closes its report and waits for its end. One that a file has taken over may shut its report and stay: it is killed. 0 with the status of waitpid();
 * -ETIMEDOUT: it was killed; -errno. */
MUST_CHECK int examiner_await(struct examiner_child *c, int *ret_status);
