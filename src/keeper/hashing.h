/* Passwords are hashed beside the keeper's loop, so that no batch waits for 60 ms of Argon2id. doc/design/acts.md, A10.
 * Threads  hashing_start() and hashing_done() from the loop; the work is done by threads of its own, each with a
 *          STORE_READ handle.
 * Limits   `n_max` jobs in all. */
#pragma once

#include "base/json.h"

struct hashing;

MUST_CHECK int hashing_new(const char *db, unsigned n_threads, unsigned n_max, struct hashing **ret);
void hashing_free(struct hashing *h); /* accepts NULL; waits for what is being hashed */
/* Is this operation one whose message must be hashed first? */
bool hashing_wants(const char *op);
/* Hand over a message (a new reference is taken): `owner` comes back with it. -EBUSY: too many. */
MUST_CHECK int hashing_start(struct hashing *h, void *owner, json_t *message);
/* Readable when something is done. */
int hashing_fd(const struct hashing *h);
/* The next finished one: *ret_message is yours: the message without its passwords, and with
 *   "verified": bool     sign-in, unlock, password-set, token-issue: the password given is the account's …
 *   "against": text      … as it was by this hash
 *   "hash": text         password-set, reset-use: the new password's hash
 *   "weak": number       enum password_fault: why the new password is refused, instead of "hash"
 * *ret_hashed false: the accounts could not be read, or there was no memory; what the message says of the above is not to be used, and
 * nobody is to blame. */
bool hashing_done(struct hashing *h, void **ret_owner, json_t **ret_message, bool *ret_hashed);
