/* Private to those who write workbooks: the file that libxlsxwriter writes lies in memory alone. */
#pragma once

#include "base/buf.h"

#define BOOK_PATH_SIZE 64u
#define BOOK_CELL_MAX 32767u /* characters that Excel takes */

/* A new file and its path, which holds as long as the descriptor is open. *ret_fd is the caller's. 0 or -errno. */
MUST_CHECK int book_file_open(int *ret_fd, char path[BOOK_PATH_SIZE]);
/* All of it into `out`. */
MUST_CHECK int book_file_read(int fd, struct buf *out);
/* Where parts of it lie meanwhile: in memory, or NULL for the library's own choice. */
char *book_file_tmpdir(void);
/* For a printed head or foot, where "&" begins a code: `side` is "&L" or the like; nothing for an empty text. */
MUST_CHECK int book_add_head(struct buf *out, const char *side, struct str text);
/* As much as a cell takes, with its end. */
MUST_CHECK int book_cell_text(struct buf *out, struct str text);
