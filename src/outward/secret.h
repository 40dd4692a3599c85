/* Secrets with which processes of ours sign in elsewhere: each the first line of a file that nobody else may read, in a folder of the process's own, or among
 * the keys where all processes are one user's.
 *
 *     DATA/courier/smtp.password, DATA/fetcher/IH-2026-0001.secret      with users apart (keeper/users.h)
 *     DATA/keys/…                                                       else
 *
 * Threads  any. */
#pragma once

#include "base/buf.h"

enum {
    SECRET_E_NONE = 1, /* there is no such file */
    SECRET_E_BAD,      /* it cannot be read, is too long, empty, or others may read it */
};
/* Appends where that file is. 0, -ENOMEM, -ENAMETOOLONG. */
MUST_CHECK int secret_path(const char *data, const char *folder, const char *name, struct buf *path);
/* Its first line without spaces at its ends, of at most size - 1 bytes, into `ret`, which the caller wipes; "" where it fails. 0, the above, -ENOMEM,
 * -ENAMETOOLONG. */
MUST_CHECK int secret_read(const char *data, const char *folder, const char *name, char *ret, size_t size);
