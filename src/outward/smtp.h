/* One message to one receiver over SMTP (libcurl). TLS is asked of the server and its certificate checked, unless the server is this
 * machine or `is_plain` declares that its line is safe.
 * Threads  any; a call blocks for `timeout_s` at most, and a few seconds more for the server's farewell.
 * Source   RFC 5321; 4.5.5 and 6.1 on who is responsible for a message: the server, from its answer to the end of the data on. */
#pragma once

#include "base/buf.h"

struct smtp_server {
    const char *url; /* that mail_server_ok() */
    bool is_here;    /* mail_server_is_here() */
    bool is_plain;
    const char *user, *password; /* "" none */
    const char *ca_file; /* certificates of the authorities believed; "" those of this machine */
    unsigned timeout_s;
};

enum smtp_result {
    SMTP_SENT,
    SMTP_LATER,     /* not taken, for the time being; nothing of it is with the server */
    SMTP_FAILED,    /* refused for good */
    SMTP_UNCERTAIN, /* all was said and no answer came: it may or may not be there */
};

struct smtp_answer {
    enum smtp_result result;
    bool is_server;     /* what went wrong would meet any message: the server, not this receiver */
    int code;           /* the server's last one; 0 none */
    struct buf trouble; /* words of the server, or as engine/mail-trouble.h has them, printable; "" when sent; buf_done() */
};

/* Once in the process, before threads. */
MUST_CHECK int smtp_start(void);
/* `is_ending` (may be NULL) is asked during the transfer: true gives up, as long as nothing of the message was sent.
 * 0, -ENOMEM. */
MUST_CHECK int smtp_send(const struct smtp_server *server, const char *sender, const char *to,
                         struct str message, bool (*is_ending)(void *), void *ctx,
                         struct smtp_answer *ret);
