/* One line of a relay's log (Postfix, postconf(5) maillog_file or syslog), as far as it says what became of a message for one of its receivers:
 *
 *   STAMP HOST postfix/smtp[42]: 4XA1BC2D: to=<x@example.com>, orig_to=<y@example.jp>, relay=…, delay=…, delays=…, dsn=2.0.0, status=sent (…)
 *   STAMP HOST postfix/qmgr[42]: 4XA1BC2D: from=<k@example.jp>, status=expired, returned to sender
 *   STAMP HOST postfix/qmgr[42]: 4XA1BC2D: removed
 *
 * The stamp is not read. What stands in brackets behind the status is the other side's word, and is looked at by nobody. A line that is not of this
 * form, longer than RELAY_LINE_MAX, or with an address in quotes or with a space in it, says nothing: an address could else be written so that it
 * reads as a status.
 * Owner    what is answered points into the line.  Threads  any. */
#pragma once

#include "base/str.h"

#define RELAY_LINE_MAX 8192u
#define RELAY_ID_MAX 32u       /* characters of a queue's number */
#define RELAY_ADDRESS_MAX 260u /* bytes */

enum relay_outcome {
    RELAY_DELIVERED, /* the next host, or a mailbox, took it */
    RELAY_DEFERRED,  /* it is tried again */
    RELAY_BOUNCED,
    RELAY_EXPIRED, /* whoever was deferred until now gets it no more; no receiver is named */
    RELAY_REMOVED  /* the relay has done with it; likewise */
};
struct relay_line {
    struct str id;
    enum relay_outcome outcome;
    struct str address; /* as it was given to the relay, before aliases; "" none is named */
    struct str code;    /* RFC 3463, "5.1.1"; "" none */
};
enum { RELAY_E_OTHER = 1 /* it says nothing of the kind */ };
MUST_CHECK int relay_line_read(struct str line, struct relay_line *ret);
