/* The keeper: the process that holds the write handle and the signing key, and performs every act. doc/design/acts.md.
 * It is started by `tsujiban serve` (or by a command that needs it) as a re-executed child, speaks frames over the socket it
 * was given and over DATA/keeper.sock, and ends when its starter's socket closes.
 * Threads  the loop is one thread; passwords are hashed by KEEPER_HASHERS others, pieces of files written by one.
 * Limits   KEEPER_CONNS_MAX connections, with users apart KEEPER_CONNS_EACH of one of them, KEEPER_BATCH_MAX acts in one transaction, one waiting message a connection. */
#pragma once

#include "base/diag.h"
#include "base/json.h"
#include "engine/engine.h"
#include "keeper/frame.h"

#define KEEPER_CONNS_MAX 512
#define KEEPER_CONNS_EACH 320    /* of one user who is no operator, where users are apart: all serving threads, and some */
#define KEEPER_CONNS_OPERATOR 32 /* kept back for the operator from all others */
#define KEEPER_BATCH_MAX 256
#define KEEPER_HASHERS 2
#define KEEPER_HASHING_MAX 16
#define KEEPER_JUDGING_MAX 8 /* acts with a secret that are judged or wait for it, by one thread (keeper/secret-judging.h) */
#define KEEPER_FILING_MAX 32 /* pieces of files in work or waiting */
#define KEEPER_STOCKING_MAX 32 /* segments of threat intelligence likewise */
#define KEEPER_KEYRINGS 2 /* threads that give keys out, beside the loop */
#define KEEPER_TICK_MS 1000 /* how often timers are looked at when nothing happens */

struct keeper_config {
    const char *data;  /* directory: keys/, ledger/, keeper.sock, keeper.lock, and the databases when db is SQLite */
    const char *db;    /* as for store_open() */
    int starter_fd;    /* socket of the process that started it; -1 none */
    bool publish;      /* write the checkpoint to DATA/ledger/<year>/checkpoint after each batch */
};

/* Runs until the starter's socket closes or SIGTERM. 0, or the failure named in diag.
 * KEEPER_E_HELD: another keeper has this directory. */
enum { KEEPER_E_HELD = 1, KEEPER_E_STORE, KEEPER_E_KEY, KEEPER_E_USERS /* users.json, or this process is not the user that it names */ };
MUST_CHECK int keeper_run(const struct keeper_config *config, struct diag *diag);
/* How a keeper that was started by another program ends when it finds the directory held. */
#define KEEPER_EXIT_HELD 75

/* ---- for those who ask it ---- */

struct keeper_link; /* one connection; one thread at a time */

/* Connect to DATA/keeper.sock; when nobody listens there, start a keeper (the running program re-executed as
 * `keeper --data … --db …`) and connect to it. `as_worker` sends the hello that gives up operator's operations.
 * 0. -ECHILD: a keeper was started and ended again; it has told why on standard error. -errno. diag in either case. */
MUST_CHECK int keeper_link_open(const char *data, const char *db, bool as_worker, struct keeper_link **ret,
                                struct diag *diag);
/* Who may not start a keeper waits so long, at each question, for one that somebody else starts again. */
#define KEEPER_AWAY_MS 3000

/* As the courier, who may ask only mail-begin and mail-end, or the examiner of files, who may ask only exam-begin and exam-end, or as who fetches
 * from other servers (keeper/poll-operation.h). None starts a keeper. `away_ms`: what this courier waits instead of KEEPER_AWAY_MS. */
MUST_CHECK int keeper_link_open_courier(const char *data, unsigned away_ms, struct keeper_link **ret, struct diag *diag);
MUST_CHECK int keeper_link_open_examiner(const char *data, struct keeper_link **ret, struct diag *diag);
MUST_CHECK int keeper_link_open_fetcher(const char *data, struct keeper_link **ret, struct diag *diag);
/* As a gate that stands before a way out or in: it signs somebody in, asks as he could, and what it sends for measured fields counts as
 * measured by it. It starts no keeper.
 * The mail gate has nobody's password. Its messages name, instead of a `token`, the `sender`: the login that the relay authenticated, whose
 * person then asks. So it may ask only for acts whose step asks for something that it measures, for the files that those name, and about
 * contents (engine/holding.h); "none": no open account has the login, or its person has left. */
#define KEEPER_MEDIA_GATE "media-gate"
#define KEEPER_MAIL_GATE "mail-gate"
MUST_CHECK int keeper_link_open_gate(const char *data, const char *gate, struct keeper_link **ret, struct diag *diag);
/* From now on, on each connection of this link, the gate proves that it has this key (keeper/station-key.h), which is borrowed until the link is closed.
 * 0; -EPROTO: the keeper takes no such proof; as keeper_ask(). */
struct station_key;
MUST_CHECK int keeper_link_prove(struct keeper_link *l, const struct station_key *key);
/* The keeper has a user of its own, and so have others: vault and contents of files are asked of it (keeper/keyring.h). As it said when it was
 * connected to last; false for the operator, who greets nobody. */
bool keeper_link_is_apart(const struct keeper_link *l);
/* The key of that name in the vault, for a handle whose vault is elsewhere (vault_elsewhere()), on behalf of whoever the session or token is of;
 * the other one at NULL. As vault_get(); -EACCES: nobody is signed in by it. Wipe the key after use. */
MUST_CHECK int keeper_key_ask(struct keeper_link *l, struct str token, struct str bearer, struct str name, uint8_t ret_key[VAULT_KEY_SIZE]);
void keeper_link_close(struct keeper_link *l); /* accepts NULL; a keeper that it started ends */
DEFINE_CLEANUP(struct keeper_link, keeper_link_close);
/* Ask and wait for the answer (after the commit). The answer is
 *   {"ok": true, …}   the operation's own members; for acts "outcome": {…} as in engine.h
 *   {"ok": false, "error": CODE, "say": {ja, en}}, where CODE is of the operation, or
 *       "busy", "full", "lost", "too-large", "internal"   nothing was done
 *       "unknown-outcome"                                 the database went while it committed: look before repeating
 *       "sign-in", "locked", "forbidden", "malformed"
 * An act may bear a word of its own, "once": asked again under it within a day, also after an unknown outcome, it is not done
 * twice, and the first outcome is answered; another act under the same word is answered "used" and not done. It is the same act with
 * the same values, or, where "sent" is the digest of the form that they were read from, with the same "sent".
 * A keeper that is gone is connected to, or started, anew before the message is sent.
 * -ECONNREFUSED: there is none and none could be started; nothing was done.
 * -ENOMEM: there was none for the message; nothing was done.
 * -EPIPE: it went before it answered, or there was no memory for the answer; -ETIMEDOUT: no answer in 30 s. In both the outcome is
 * unknown. */
MUST_CHECK int keeper_ask(struct keeper_link *l, const json_t *message, json_t **ret_answer);
