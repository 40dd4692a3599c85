/* Helper programs that parse foreign files but cannot work in the examiner's cage, because they open files and start programs (mat2 is Python
 * and calls exiftool, which is Perl): run by bubblewrap (bwrap) in namespaces of their own.
 *
 *   there is      the system's programs (/usr, read only), /proc and /dev of their own, the input in a file system in memory
 *   there is no   network, other file, other process, environment, privilege, terminal
 *   bounds        time (killed with all that it started), processor time, address space, file size, size of the file system in memory, output
 *
 * Why not the cage: its list of calls has no open() and no exec(). Why not mat2's own use of bubblewrap: it falls back to none, and only
 * wraps what mat2 itself starts.
 * Threads  any number side by side. */
#pragma once

#include "base/buf.h"

#define SANDBOX_SAID_MAX 4096u
#define SANDBOX_OUT_MAX ((uint64_t)512 << 20)

enum {
    SANDBOX_E_NONE = 1, /* bubblewrap is missing or may not work here; `said` has its words */
    SANDBOX_E_FAILED,   /* the program ended with a failure; `said` has its words */
    SANDBOX_E_TIME,
    SANDBOX_E_LARGE, /* more than SANDBOX_OUT_MAX came out */
};
struct sandbox_job {
    const char *script; /* for sh, in the folder that holds the input; a constant of ours */
    const char *name;   /* of the input there: "in.jpg"; a constant of ours */
    int in;             /* its bytes, from their beginning; stays the caller's */
    int out;            /* takes the script's standard output; stays the caller's */
    unsigned time_s;
};
/* 0; the above; -ENOMEM, -errno. `said` (a buffer that takes SANDBOX_SAID_MAX bytes) has the start of its standard error. */
MUST_CHECK int sandbox_run(const struct sandbox_job *job, struct buf *said);
