/* A growing, capped buffer of bytes; always NUL-ended behind `len` once anything was written.
 * Owner    whoever called buf_init(); buf_done() frees and wipes nothing (see buf_wipe).
 * Limits   `max` bytes, fixed at buf_init(); reaching it answers -ENOSPC and writes nothing of that call.
 * Errors   sticky: after the first failure each call returns it again, so a writer may check once at the end
 *          through buf_error(). */
#pragma once

#include "base/str.h"
#include <stdarg.h>

struct buf {
    char *at;    /* NULL until the first write */
    size_t len;  /* bytes written */
    size_t size; /* private: bytes allocated */
    size_t max;  /* private: cap on len */
    int error;   /* private: 0, -ENOMEM or -ENOSPC */
    bool is_secret; /* private */
};

void buf_init(struct buf *b, size_t max);
void buf_init_secret(struct buf *b, size_t max); /* what it grows out of is overwritten; it ends with buf_wipe() */
void buf_done(struct buf *b); /* accepts a zeroed struct */
void buf_wipe(struct buf *b); /* overwrite, then done: for secrets */
void buf_clear(struct buf *b);
void buf_cut(struct buf *b, size_t len); /* back to its first `len` bytes; what failed behind them is over */
int buf_error(const struct buf *b);
struct str buf_str(const struct buf *b);

/* Each: 0, -ENOMEM, -ENOSPC. */
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_add_str(struct buf *b, struct str s);
int buf_add_text(struct buf *b, const char *nul_ended);
int buf_add_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Big-endian numbers, for wire and tree formats. */
int buf_add_be16(struct buf *b, uint16_t v);
int buf_add_be32(struct buf *b, uint32_t v);
int buf_add_be64(struct buf *b, uint64_t v);
/* Room for `len` more bytes (indeterminate), returned for writing and counted as written; NULL on error. */
void *buf_grow(struct buf *b, size_t len);
/* The bytes as a malloc'ed string, NUL-ended; the buffer is empty then. NULL on a sticky error. */
char *buf_take(struct buf *b);
