/* A thread of the writer that moves SQLite's write-ahead log into the database file, so that no commit has to wait for
 * it.
 * Owner    checkpointer_start() makes it with a connection of its own; checkpointer_stop() ends and frees it.
 * Threads  checkpointer_note() from the writer; everything else inside. */
#pragma once

#include "base/diag.h"

struct checkpointer;

/* `n_frames`: from so many on it copies; 0: CHECKPOINT_FRAMES. 0, -ENOMEM, -EAGAIN (no thread), -EIO (no connection). */
#define CHECKPOINT_FRAMES 1000 /* 4 MB */
MUST_CHECK int checkpointer_start(const char *path, int n_frames, struct checkpointer **ret);
void checkpointer_stop(struct checkpointer *c); /* accepts NULL; truncates the log a last time when that is due */
/* After a commit: the log has `n_frames` frames. `erase`: the log must be emptied, as it holds what was disposed of
 * (S7); it is tried until readers let it happen. Never waits. */
void checkpointer_note(struct checkpointer *c, int n_frames, bool erase);
