/* One mail message, from what it says to the exact bytes.
 * Threads  any.
 * Source   RFC 5322 (format, header lines within 78 characters), RFC 2045 (UTF-8 text in base64), RFC 2047 (encoded words), RFC 3834 (that no
 *          person wrote it, so that no robot answers). */
#pragma once

#include "base/buf.h"

#define MAIL_MESSAGE_MAX (256u << 10) /* bytes */
#define MAIL_SUBJECT_MAX 300          /* bytes; longer ones are cut at a character */

struct mail_message {
    /* Both make the Message-ID, the same at each try and no other message's: after going back to an
     * older copy the outbox counts from an earlier number again. */
    int64_t id;             /* of the outbox */
    uint64_t made_us;       /* queued then */
    struct str origin;      /* the installation's; told apart in Message-IDs */
    struct str sender, to;  /* addresses that mail_address_ok() */
    struct str sender_name; /* any text */
    struct str subject;     /* any text; line ends and other controls become spaces */
    struct str body;        /* any text, lines ended by LF */
    uint64_t now_us;        /* real clock */
};

enum { MAIL_MESSAGE_E_ADDRESS = 1, MAIL_MESSAGE_E_TEXT };
/* Append the message, lines ended by CR LF. MAIL_MESSAGE_E_ADDRESS; MAIL_MESSAGE_E_TEXT: not UTF-8, or NUL in it; -ENOMEM, -ENOSPC. */
MUST_CHECK int mail_message_print(const struct mail_message *m, struct buf *out);
