/* A log as it lies there: plain, gzip (also of several members) or zstd (also of several frames), told by its first bytes. Unpacked as it is read,
 * with constant memory.
 * Owner    the caller of log_file_open(); log_file_close().
 * Limits   1 << LOG_WINDOW_LOG bytes of what zstd looks back; LOG_UNPACKED_MAX bytes a packed file.
 * Threads  one file belongs to one at a time. */
#pragma once

#include "base/str.h"

#define LOG_WINDOW_LOG 27 /* 128 MiB */
#define LOG_UNPACKED_MAX (UINT64_C(1) << 44)

enum { LOG_E_CUT = 1, LOG_E_BROKEN, LOG_E_LIMIT };

struct log_file;
/* 0, -errno. */
MUST_CHECK int log_file_open(const char *path, struct log_file **ret);
void log_file_close(struct log_file *f); /* accepts NULL */
DEFINE_CLEANUP(struct log_file, log_file_close);
/* At most `size` > 0 bytes more; *ret_n 0 at the end. 0; -errno; and when it is packed: LOG_E_CUT, it ends in the middle; LOG_E_BROKEN, it is no such
 * stream, or damaged; LOG_E_LIMIT. What was given before stands;
 * of the damaged part itself more or less is given, by the sizes that are asked for. */
MUST_CHECK int log_file_read(struct log_file *f, char *at, size_t size, size_t *ret_n);
uint64_t log_file_size(const struct log_file *f); /* as it lies there; 0: nobody knows */
uint64_t log_file_done(const struct log_file *f); /* bytes of that which are used */
