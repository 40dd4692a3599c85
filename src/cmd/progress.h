/* How far long work has come: one line on a terminal's standard error, from the second second on; nothing anywhere else.
 * Threads  one. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *word; /* "sealing" */
    uint64_t begun_us, told_us;
    bool is_shown;
};

void progress_begin(struct progress *p, const char *word);
/* Fits struct seal_progress and its like; `user` is the struct progress. */
void progress_tell(void *user, uint64_t done, uint64_t size);
void progress_end(struct progress *p); /* clears the line */

/* Reads `fd` from where it stands to its end, PROGRESS_PIECE at most at once, and hands each piece to `add` under that word; `size` is what is expected.
 * 0; -errno; or what `add` answered, which ends it. */
#define PROGRESS_PIECE ((size_t)256 << 10)
MUST_CHECK int progress_read(int fd, uint64_t size, const char *word, int (*add)(void *to, struct str piece), void *to);
