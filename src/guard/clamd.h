/* clamd's side of an examination: one connection (IDSESSION), any number of streams one after the other (INSTREAM), as clamd(8)
 * says. clamd answers OK for much that it did not see to the end, so what it says of one stream counts for the bytes of that stream
 * alone, and what it could not take is told apart from what is clean.
 * Owner    whoever opened it. The descriptor is closed with it.
 * Threads  one.
 * Limits   every call ends by the deadline; a stream takes `stream_max` bytes, which must not be above clamd's StreamMaxLength. */
#pragma once

#include "base/str.h"

#include <stdint.h>

#define CLAMD_NAME_MAX 255u /* bytes of a signature's name that are kept */

struct clamd;

/* Connects to clamd's Unix socket. A descriptor; -errno (-ENOENT, -ECONNREFUSED: no scanner runs there). */
MUST_CHECK int clamd_connect(const char *path);
/* Begins a session on a connected socket and asks for the version. `deadline_us` is monotonic. Takes `fd`, also on failure.
 * 0; -EPROTO: whatever answers there is not clamd; -ETIMEDOUT; -EPIPE, -ECONNRESET and the like; -ENOMEM. */
MUST_CHECK int clamd_open(int fd, uint64_t deadline_us, struct clamd **ret);
void clamd_close(struct clamd *c);
DEFINE_CLEANUP(struct clamd, clamd_close);
/* "ClamAV 1.4.6/27800/Sat Nov 28 09:26:31 2026"; without official signatures only "ClamAV 1.4.6". Valid until closed. */
const char *clamd_version(const struct clamd *c);
/* The same in words of this program's: "ClamAV 1.4.6/27800", and the day of its definitions, "2026-11-28". "" each where it is not said so. */
#define CLAMD_SCANNER_SIZE 41u
#define CLAMD_DAY_SIZE 11u
void clamd_describe(const char *version, char ret_scanner[CLAMD_SCANNER_SIZE], char ret_day[CLAMD_DAY_SIZE]);

enum clamd_answer {
    CLAMD_CLEAN,
    CLAMD_FOUND,  /* name says what */
    CLAMD_UNABLE, /* clamd answered with an error: name is its text; the session has ended */
};
struct clamd_said {
    enum clamd_answer answer;
    char name[CLAMD_NAME_MAX + 1]; /* printable ASCII */
};
/* One stream: begin, bytes, end. After a failure (negative) only clamd_close() is left. clamd may answer before the end, and
 * an answer that came early is what clamd_end() tells. */
MUST_CHECK int clamd_begin(struct clamd *c);
MUST_CHECK int clamd_add(struct clamd *c, struct str bytes);
MUST_CHECK int clamd_end(struct clamd *c, struct clamd_said *ret);
