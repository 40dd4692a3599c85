/* How far long work has come: one line on a terminal's standard error, from the second second on; nothing anywhere else.
 * Threads  one. */
#pragma once

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
