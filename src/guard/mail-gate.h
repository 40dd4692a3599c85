/* The mail gate: a milter for the relay at one line, which judges each message by mail-read.h and mail-judge.h before the relay takes it.
 *
 *   allowed                 taken; the headers of mail-read.h are taken out, so that what they say stays inside
 *   not yet, forbidden      550 5.7.1 with clause, words and what would satisfy, in English and Japanese (UTF-8)
 *   unreadable              550 5.6.0 and why
 *   the judgement failed    451 4.7.1: a process could not be started, broke off or took too long. The relay asks again.
 *   it broke off often         550 5.6.0: at MAIL_GATE_CRASHES_MAX examinations of the same body within a day that a process did not survive
 * With `data` the keeper decides (mail-ask.h): the act mailings/begin of the pack in force, by the person whose login the relay authenticated,
 * over what was measured. Refused: its clauses and words, Japanese first; where they do not fit, mailings/refuse makes a record of them, and the
 * sender has a notice. What C refuses by itself, because no pack is asked about it: structure that two readers take apart differently,
 * more rows than an entry takes, a sender without a login or whose login is nobody's, and a report to the mailbox that goes elsewhere, too.
 * Without `data` the message is judged by itself (mail-judge.h), as `tsujiban mail check` does.
 * The act answers a ticket (engine/ticket.h), which is used for the message and its receivers as they are when all is made and nothing was given to
 * the relay yet; one that is not for that is 451, and entered. What the relay is given is entered at the end (left_digest).
 * What became of it: mailings/end with the relay's number once the relay has the answer and goes on (next message, or connection's end), for the
 * protocol has no word that a message was queued; mailings/broken where the gate failed after the act, or the relay hung up before the answer.
 * Where neither can be entered the mailing stays on its way, which the pack makes somebody's to explain.
 * What records hold (engine/holding.h) is asked before the act, for each content; what the gate sealed is told as made from the release.
 * Where the header MAIL_READ_RELEASE names a release that lets the gate seal, what lies open becomes one sealed ZIP (mail-seal.h) once the act is
 * allowed, the reader of mail has found it sealed, and the password is a record that the sender alone sees (seal-words/give): never in the mail,
 * an answer or the log. A failure between leaves the record of a message that did not go; the next try makes its own.
 * Mail to `report_to` is no mail that leaves: mail-reports/receive makes a record of it, with the message as its file where the pack has that
 * field, and the relay is told to discard what it holds. Without the field it goes on into the mailbox.
 * Receivers are those of the envelope, and whoever gets it back when it cannot be delivered (MAIL): outside as a receiver, within as one who reads it. One of
 * them for whom it is refused refuses the message. Without an authenticated sender (the macro
 * {auth_authen}) MAIL is answered with 550 5.7.1, unless the rules do not ask for one. A relay whose milter is away is to answer 451
 * (Postfix: milter_default_action = tempfail, as it is by itself).
 * One a process: libmilter keeps its own state. Threads  its own, one a message; at most MAIL_GATE_SIDE_BY_SIDE examinations at a time.
 * Source     the milter protocol, by libmilter 8.17; RFC 3463 for the codes. */
#pragma once

#include "guard/mail-judge.h"

#define MAIL_GATE_SIDE_BY_SIDE 4u
#define MAIL_GATE_RECEIVERS_MAX 2000u
#define MAIL_GATE_CRASHES_MAX 3u

struct mail_gate {
    const char *listen; /* "unix:PATH" or "inet:PORT@HOST", as libmilter takes it */
    const struct mail_rules *rules;
    const char *data; /* the keeper's directory; NULL: nobody is asked */
    /* What became of a message, for a log: its queue id ("" when it has none yet), one of allowed, refused, unreadable, failed, reported, end, broken, open
     * (neither of the two could be entered); and the clauses of a refusal with spaces between them, the mailing, or why. Called in any thread. */
    void (*tell)(const char *id, const char *outcome, const char *words);
    /* Makes the cover of what it seals (outward/cover.h, which this room does not know) of what the keeper tells, with its name. 0, negative. Called in any thread. */
    int (*cover)(const json_t *cover, struct buf *ret_name, struct buf *ret_pdf);
};
/* Until SIGTERM or SIGINT. 0; -EADDRINUSE: nothing can listen there; -EIO: libmilter gave up. */
MUST_CHECK int mail_gate_run(const struct mail_gate *gate);
