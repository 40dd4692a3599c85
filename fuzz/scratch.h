/* A folder with one file, for parsers that read files: made anew for each input, so that no input sees what another left.
 * Owner    the caller; scratch_done() removes folder and files.
 * Threads  any. Failing to write ends the program: there is nothing to test then. */
#pragma once

#include <stddef.h>

#define SCRATCH_PATH_MAX 256

struct scratch {
    char path[SCRATCH_PATH_MAX]; /* of the folder, below TMPDIR or /tmp */
};

void scratch_init(struct scratch *s);
/* "folder/name" or "name"; at most one folder deep. */
void scratch_write(const struct scratch *s, const char *name, const void *bytes, size_t len);
void scratch_done(struct scratch *s);
