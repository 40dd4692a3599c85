/* The mail gate: a milter for the relay at one line, which judges each message by mail-read.h and mail-judge.h before the relay takes it.
 *
 *   allowed                 taken; the header MAIL_READ_NEED is taken out, so that the name of a group stays inside
 *   not yet, forbidden      550 5.7.1 with clause, words and what would satisfy, in English and Japanese (UTF-8)
 *   unreadable              550 5.6.0 and why
 *   the judgement failed    451 4.7.1: a process could not be started, broke off or took too long. The relay asks again.
 * Receivers are those of the envelope: one of them for whom it is refused refuses the message. Without an authenticated sender (the macro
 * {auth_authen}) MAIL is answered with 550 5.7.1, unless the rules do not ask for one. A relay whose milter is away is to answer 451
 * (Postfix: milter_default_action = tempfail, as it is by itself).
 * Seam       the keeper is asked nothing yet: judge() in mail-gate.c is where the act over the mailings goes, with the login, the receivers
 *            and the report as fields that the mail gate measured.
 * One a process: libmilter keeps its own state. Threads  its own, one a message; at most MAIL_GATE_SIDE_BY_SIDE examinations at a time.
 * Source     the milter protocol, by libmilter 8.17; RFC 3463 for the codes. */
#pragma once

#include "guard/mail-judge.h"

#define MAIL_GATE_SIDE_BY_SIDE 4u
#define MAIL_GATE_RECEIVERS_MAX 2000u

struct mail_gate {
    const char *listen; /* "unix:PATH" or "inet:PORT@HOST", as libmilter takes it */
    const struct mail_rules *rules;
    /* What became of a message, for a log: its queue id ("" when it has none yet), one of allowed, refused, unreadable, failed; and the clauses
     * of a refusal with spaces between them, or why. Called in any thread. */
    void (*tell)(const char *id, const char *outcome, const char *words);
};
/* Until SIGTERM or SIGINT. 0; -EADDRINUSE: nothing can listen there; -EIO: libmilter gave up. */
MUST_CHECK int mail_gate_run(const struct mail_gate *gate);
