/* Whole files, read with a limit and written so that a crash leaves the old or the new one.
 * Threads  any. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"

#include <stdint.h>
#include <sys/types.h>

enum { FILE_E_MISSING = 1, FILE_E_LIMIT };

/* Append the file's bytes to `out`. FILE_E_MISSING, FILE_E_LIMIT (larger than `max` or `out` takes); -errno. diag names the path. */
MUST_CHECK int file_read(const char *path, size_t max, struct buf *out, struct diag *diag);
/* Temp file in the same directory, fsync, rename, fsync directory. `mode` as for open(2). -errno.
 * After a failure the old file stands, and no temp file is left. */
MUST_CHECK int file_write_atomic(const char *path, struct str bytes, unsigned mode, struct diag *diag);
/* All of the bytes, whatever write() takes at once. 0, -errno. */
MUST_CHECK int file_write_all(int fd, struct str bytes);
/* As many of `n` bytes as there are, however few are read at once: from where the file stands, or at `at`, which leaves that as it is. The number, less at the end only; -EIO. */
MUST_CHECK ssize_t file_read_full(int fd, void *to, size_t n);
MUST_CHECK ssize_t file_pread_full(int fd, void *to, size_t n, uint64_t at);
/* Create a directory and its parents; existing ones are fine. */
MUST_CHECK int dir_make(const char *path, unsigned mode, struct diag *diag);
/* Names in a directory that end in `suffix` ("" for all), sorted bytewise, files only (or directories when `dirs`);
 * names that begin with "." are passed over. 0, FILE_E_MISSING, -errno.
 * *ret_names is malloc'ed, each name too; free with names_free(). */
MUST_CHECK int dir_list(const char *path, const char *suffix, bool dirs, char ***ret_names, size_t *ret_n,
                        struct diag *diag);
void names_free(char **names, size_t n);
/* SHA-256 of an open file's bytes from its first one to its end, *ret_size of them; where it stands stays. 0, -ENOMEM, -errno. */
MUST_CHECK int file_digest(int fd, uint64_t *ret_size, struct digest *ret);
