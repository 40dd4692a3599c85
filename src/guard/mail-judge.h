/* What the handling directive's 第4の4 says of a message that leaves, as far as it follows from the message and a small configuration. Pure: no
 * keeper, no register. A gate that also knows records adds its findings to these and takes the worst.
 *
 * The configuration, as JSON; every key may be left out, and what is left out is as strict as it can be:
 *   {"line": "external" | "internal",       which line the message takes; without it external
 *    "inside": ["police.example", ".police.example"],  domains of the force; with a dot at its start all below it. Without it nobody is inside
 *    "open_addresses_max": 5,               outside addresses in To and Cc together that every receiver may see
 *    "login": "required" | "not-asked",     whether a message without an authenticated sender is refused (the milter); without it required
 *    "system": "JS-0002",                   the sending system's number in the register of systems (the milter that asks the keeper)
 *    "report_to": "fushin@police.example",  the mailbox to which suspicious mail is passed on
 *    "scanner": "/run/clamav/clamd.ctl"}    clamd's socket; without it nothing is scanned
 *
 * The judgement, as JSON:
 *   {"verdict": "allowed" | "not-yet" | "forbidden", "outside": n, "sealed": n,
 *    "findings": [{"clause": "H-4-4-3", "verdict": "not-yet", "words": {"ja": TEXT, "en": TEXT}, "satisfies": {"ja": TEXT, "en": TEXT}}, …]}
 * The worst finding is the verdict. `satisfies` is absent where nothing does. `outside`: receivers outside; `sealed`: sealed attachments.
 *
 *   H-4-4-2.1  more than open_addresses_max different outside addresses in To and Cc, and no group named in MAIL_READ_NEED (H-4-4-2.2): not yet
 *   H-4-4-3    to the outside, an attachment named as confidentiality 2 that is not sealed, or one that could not be looked at to its end, or
 *              a sealed one that a word of the same message opens: not yet
 *   H-4-4-4    by an external line, an attachment named as confidentiality 3, sealed or not, whoever it goes to: forbidden
 *   H-3-2-2    to the outside, an attachment that tells anything beside what it shows (survey.h), where that can be seen: not yet
 * A name is that of an attachment, of a member of an archive in it, or of the same in a message within; it is compared by the words of the catalogue
 * in both languages, any width, also where it is longer than what is shown of it (`named_level`). Contents that are known by their digest are the keeper's to know.
 * Threads  any. */
#pragma once

#include "base/json.h"

#define MAIL_RULES_MAX_BYTES ((size_t)1 << 20)
#define MAIL_RULES_OPEN_DEFAULT 5u

struct mail_rules {
    json_t *inside, *kept; /* array of texts in small letters; all of it; mail_rules_done() */
    const char *system, *report_to, *scanner; /* NULL where not said */
    unsigned open_max;
    bool line_is_external, login_required;
};
enum { MAIL_RULES_E_INVALID = 1 };
/* As strict as it can be. 0, -ENOMEM. */
MUST_CHECK int mail_rules_init(struct mail_rules *rules);
/* Over an initialised one. 0; MAIL_RULES_E_INVALID: diag names file, line or key; -ENOMEM. */
MUST_CHECK int mail_rules_parse(const char *file, struct str text, struct mail_rules *rules,
                                struct diag *diag);
void mail_rules_done(struct mail_rules *rules); /* accepts a zeroed one */

/* The address lies in one of the domains of the force. One whose local part a relay may read as a way further (name%there@here, "name@there"@here,
 * there!name@here) lies in none. */
bool mail_rules_has(const struct mail_rules *rules, const char *address);
/* Different outside addresses in To and Cc. 0, -ENOMEM. */
MUST_CHECK int mail_open_addresses(const json_t *report, const struct mail_rules *rules, size_t *ret);
/* Raises *level (1 to 3, 0 none) to the label that the name bears; a name that bears none leaves it. 0, -ENOMEM. */
MUST_CHECK int mail_name_level(const char *name, unsigned *level);

/* A part of a report, or a member as examine.h reports it, tells anything beside what it shows. */
bool mail_bears_attributes(const json_t *of);
/* `report` as mail-read.h, read. `receivers`: the envelope's, an array of texts; NULL: whoever stands in To, Cc and Bcc. 0, -ENOMEM. */
MUST_CHECK int mail_judge(const json_t *report, const json_t *receivers,
                          const struct mail_rules *rules, json_t **ret_judgement);
/* Why a message is unreadable, in words: "To: one of the addresses …". 0, -ENOMEM. */
MUST_CHECK int mail_why_print(const json_t *report, bool is_english, struct buf *out);
/* It is the judgement that failed, not the message. */
bool mail_why_is_ours(const json_t *report);
