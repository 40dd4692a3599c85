/* Passwords are hashed beside the keeper's loop, so that no batch waits for 60 ms of Argon2id. doc/design/acts.md, A10.
 * A message comes back without its passwords, and with
 *   "verified": bool     sign-in, unlock, password-set, token-issue: the password given is the account's …
 *   "against": text      … as it was by this hash
 *   "hash": text         password-set, reset-use: the new password's hash
 *   "weak": number       enum password_fault: why the new password is refused, instead of "hash"
 * Where it could not be done, the accounts could not be read, or there was no memory.
 * Threads  as keeper/aside.h; each with a STORE_READ handle. */
#pragma once

#include "keeper/aside.h"

extern const struct aside_work hashing_work;
