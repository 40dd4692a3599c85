/* A file that somebody asks a station to write: one that he sent for it, or one of a record that he may take out, fetched from the keeper piece by piece into a
 * file without a name, which nothing leaves behind.
 * Threads  one. */
#pragma once

#include "cmd/media-gate.h"

/* `asked`: {"id"}: his upload, or {"record", "file"}. `g` is his. *ret_fd is the caller's to close; -1 unless 0.
 * 0; EXIT_FORBIDDEN: he may not have it, or malware was found in it; EXIT_NOT_YET: it is not examined yet; EXIT_FAILED; each after words. */
MUST_CHECK int station_file_fetch(struct gate *g, const json_t *asked, struct buf *ret_name,
                                  int *ret_fd);
