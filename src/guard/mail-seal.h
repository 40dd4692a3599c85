/* A message whose attachments become one sealed ZIP (zip-seal.h): what the mail gate does where a release lets it.
 *
 *   multipart: text, a.csv, b.pdf        ─>  multipart: text, TE-0001_機密性2（中）.zip (a.csv, b.pdf, the cover)
 *   a message that is an attachment      ─>  one that is the ZIP
 *
 * An attachment is each part that has a name or is neither text/plain nor text/html, and each message within, whole. Names of members are those of
 * the parts where every receiver's system takes them as they stand, else "NUMBER.bin"; of two alike the second has its number before it.
 * The text stays as it is. A signature over the body (DKIM) does not survive it: the relay signs behind the gate.
 * Foreign bytes: called in the examiner's cage (examiner_mail_seal()). Threads  one. */
#pragma once

#include "base/codec.h"

#define MAIL_SEAL_NAME_MAX 255u

/* Loads what ciphers need; once, before the cage. 0, -EIO. */
MUST_CHECK int mail_seal_prepare(void);
enum { MAIL_SEAL_E_FORM = 1 /* no message, or nothing to seal */ };
#define MAIL_SEAL_COVER_MAX ((size_t)4 << 20)
/* `out` is a memory file, filled from its beginning with the message, its lines ended by CRLF. `cover`: the name of one member more, whose bytes `out` holds
 * until then; "": none. 0, MAIL_SEAL_E_FORM, -EIO, -ENOMEM. */
MUST_CHECK int mail_seal(int fd, const char *name, struct str password, const char *cover, int out);
