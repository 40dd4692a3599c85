/* The mail gate's side of the keeper (keeper.h, KEEPER_MAIL_GATE): acts and files for the person whose login a relay authenticated.
 * Connections are opened when they are needed, kept, and opened anew after a failure; at most MAIL_KEEPER_LINKS at a time, the next one waits.
 * Threads  any, after mail_keeper_use(). */
#pragma once

#include "base/json.h"

#define MAIL_KEEPER_LINKS 4u
/* Registers by what they hold (HOLDS_MARK of regulation/model.h); steps are the parts that the pack gives them. */
#define MAIL_HELD "*mailings"
#define MAIL_PASSWORDS "*mail-passwords"
#define MAIL_REPORTS "*mail-reports"
#define MAIL_LOGIN_SIZE 128u
#define MAIL_FILE_ID_SIZE 128u
#define MAIL_RECORD_SIZE 64u

/* Once, before threads: the keeper of this directory (borrowed). NULL: there is none. */
void mail_keeper_use(const char *data);
/* The act by the person of `login`, which closes `ticket` ("" none); `with` is borrowed. 0 with the keeper's answer; -EIO: the keeper is away, or went
 * before it answered; -ENOMEM. */
MUST_CHECK int mail_keeper_act(const char *login, const char *reg, const char *step,
                               const char *record, const char *ticket, const json_t *with,
                               json_t **ret_answer);
/* The ticket (engine/ticket.h) is used for what `with` says of the message now, by that way. 0; 1: it is not for that, which is entered; -EIO, -ENOMEM. */
MUST_CHECK int mail_keeper_use_ticket(const char *login, const char *ticket, const char *channel,
                                      const json_t *with);
/* What each of {SHA-256 in hex: size} is held as (engine/holding.h): {SHA-256: {"level": 1 to 3, "outside": the person may not read all that holds it,
 * "restrictions": [words], "strangers": [{"address", "person", "unit"}]}}, without what nobody holds. Strangers are those of `addresses` ({address: true}) who
 * may not read all of it, as they stand there; of what the person himself may not read there are none told. What more records hold than the keeper
 * looks at is 3, and outside. 0, -EIO, -ENOMEM. */
MUST_CHECK int mail_keeper_held(const char *login, const json_t *contents, const json_t *addresses, json_t **ret_held);
/* The cover of what goes by the record (engine/cover.h); *ret NULL: it has none. 0, -EIO also where the keeper does not give it, -ENOMEM. */
MUST_CHECK int mail_keeper_cover(const char *login, const char *record, json_t **ret);
/* These bytes were made by sealing from the record. 0, -EIO also where the keeper does not take it, -ENOMEM. */
MUST_CHECK int mail_keeper_sealed(const char *login, const char *record, const json_t *contents);
/* Sends what the memory file holds as a file for that field. 0 with its id, "" when the register has no such field; -EIO, -ENOMEM. */
MUST_CHECK int mail_keeper_file(const char *login, const char *reg, const char *field,
                                const char *name, int fd, char ret_id[MAIL_FILE_ID_SIZE]);
/* SHA-256 of what the memory file holds, in hex. 0, -EIO, -ENOMEM. */
MUST_CHECK int mail_digest(int fd, struct buf *out);
