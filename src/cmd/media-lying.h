/* What lies on a medium already when watching it begins (G4 of doc/design/information.md): files that were changed since it is known that nothing was
 * unwatched. The mark of fanotify stands before this is asked, so that between the two no file is missed.
 * Threads  one. */
#pragma once

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

#define LYING_FILES_MAX 100000u /* that are looked at below one mount */
#define LYING_MARGIN_S 3u       /* of a file's time: FAT counts in two seconds */

/* Shows each regular file on the file system of `path` whose bytes or name were changed at `since_us` (real time) or later, open for reading, with that
 * time; what has a hidden name of the gate's and somebody holds a lock of is being written, and its end is seen. `see` answers 0 or an exit status,
 * which ends the walk. 0; an exit status of `see` or after words. *ret_is_cut: more lies there than was looked at. */
MUST_CHECK int lying_walk(const char *path, uint64_t since_us,
                          int (*see)(void *user, int fd, uint64_t changed_us), void *user,
                          bool *ret_is_cut);
