/* What the mail gate asks the keeper: a message that was read (mail-read.h) and its envelope as the fields that the handling pack measures by
 * mail, and the keeper's refusal as words for the sender. Pure: neither a keeper nor a milter.
 *
 *   mailings/begin         route, system, leaves, seen_outside, shared_with, receivers, senders (of From, as far as outside), files, held_limits, strangers, password_beside, release
 *   mail-reports/receive   mail_sender, mail_subject, mail_headers, mail_files
 *
 * Rows of files: each part that is no text of the message itself, and each member in it, with name, size, digest, the class that its name bears
 * (`said`), that by which its content is held (`held`), whether the sender may not read all that holds it (`held_outside`), sealing, examination (`looked`) and whether it tells anything beside what it shows
 * (`attributes`, survey.h) and whether a machine runs it (`runs`, runs.h): of a document or a program that is a package, that file itself bears it, not what
 * lies in it. The message's own texts, and texts attached, again with the line ends of files. A member
 * that nobody can open has the digest of what it lies in.
 * Defanged: '@' and '.' of addresses and names of hosts as "[at]" and "[.]", "http" as "hxxp", so that no page or mail program makes a link of them.
 * Threads  any. */
#pragma once

#include "guard/mail-judge.h"

#define MAIL_ASK_ROWS_MAX 500u /* of files, and of receivers: what one entry of the ledger takes */

enum { MAIL_ASK_E_MANY = 1 }; /* more rows than can be asked about */

/* `sealed_by_gate`: attachments that lie open count as what the gate is about to seal. 0, MAIL_ASK_E_MANY, -ENOMEM. */
MUST_CHECK int mail_ask_begin(const json_t *report, const json_t *receivers,
                              const struct mail_rules *rules, bool sealed_by_gate,
                              json_t **ret_with);
/* What the rows hold, as a gate asks about it: {SHA-256 in hex: size, …}; with `sealing` only of rows that are sealed so. 0, -ENOMEM. */
MUST_CHECK int mail_ask_contents(const json_t *with, const char *sealing, json_t **ret_contents);
/* Other digests under which what it carries may be known (`others` of mail-read.h), those of its rows left out; `held` NULL: all, else those in it. 0, -ENOMEM. */
MUST_CHECK int mail_ask_others(const json_t *report, const json_t *with, const json_t *held, json_t **ret_added);
/* A row more for each of them that is held; before mail_ask_put_held(). 0, MAIL_ASK_E_MANY, -ENOMEM. */
MUST_CHECK int mail_ask_add_others(const json_t *report, bool sealed_by_gate, const json_t *held, json_t *with);
/* To whom within the force it goes: {address: true, …}. 0, -ENOMEM. */
MUST_CHECK int mail_ask_addresses(const json_t *with, json_t **ret_addresses);
/* What each content is held as (mail_keeper_held) becomes `held` and `held_outside` of its rows; the restrictions of all of them are `held_limits`, as far
 * as the register has a choice for them. Each receiver within who may not read it is a row of `strangers`: address, whose it is, and the digest.
 * 0, MAIL_ASK_E_MANY, -ENOMEM. */
MUST_CHECK int mail_ask_put_held(json_t *with, const json_t *held);
/* The way by which it leaves (label/release.h): mail-internal; over an external line mail-inside where nobody outside receives it, mail-sealed where
 * something in it is sealed or about to be, else mail-open. */
const char *mail_ask_channel(const json_t *with);
/* To whom and by which line, of the envelope alone: route, system, leaves, receivers. 0, -ENOMEM. */
MUST_CHECK int mail_ask_envelope(const json_t *receivers, const struct mail_rules *rules,
                                 json_t *with);
/* There is something for the gate to seal. */
bool mail_ask_seals(const json_t *with);
/* What was reported: the first message within, else the message itself. Also of a report that says `unreadable`. 0, -ENOMEM; rows that are too many
 * are left out, and mail_headers says so. */
MUST_CHECK int mail_ask_report(const json_t *report, json_t **ret_with);

/* An outcome that refuses, in both languages, a line each: "第…" words. What is forbidden first. `clauses`: their ids with spaces between. 0, -ENOMEM. */
MUST_CHECK int mail_ask_refusal(const json_t *outcome, json_t **ret_lines, struct buf *clauses);

/* 0, -ENOMEM. */
MUST_CHECK int mail_defang(struct str text, struct buf *out);
