/* Secrets come from files and go into files: a command line and a log are read by others.
 * Threads  one. */
#pragma once

#include "base/buf.h"
#include "base/message.h"

/* The first line of the file, without its end, into `ret` (NUL-ended, wiped by the caller). 0, or EXIT_FAILED after an error was printed: also
 * when it is empty or longer than `max` bytes.. */
MUST_CHECK int secret_file_read(const char *path, enum message_key what, size_t max, struct buf *ret);
/* A new file, mode 0600, with these bytes; nothing is replaced. 0, or EXIT_FAILED after an error was printed. */
MUST_CHECK int secret_file_write(const char *path, struct str bytes);
