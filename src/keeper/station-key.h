/* The key by which a station is known to the keeper (doc/design/information.md, G2): made at the station and kept there, in a file of one line,
 *
 *   tsujiban-station-key BASE64 (32 bytes, the seed of an Ed25519 key)
 *
 * The keeper greets a media gate with 32 bytes that it drew for this connection; the gate signs "tsujiban-station 1\n" and those bytes, and so proves that
 * it has the key, and has it now. Whose key it is says the register (engine/station.h), at each act.
 * Secrets  wiped by station_key_done().
 * Threads  any. Needs crypto_start(). */
#pragma once

#include "base/buf.h"
#include "base/macros.h"

#define STATION_NONCE_SIZE 32u
#define STATION_NONCE_HEX (2 * STATION_NONCE_SIZE + 1)
#define STATION_PROOF_HEX 129u /* a signature in hexadecimal, and its NUL */
#define STATION_PUBLIC_HEX 65u
#define STATION_KEY_BYTES 256u /* of its file at most */

struct station_key {
    uint8_t seed[32], secret[64];
    char public_hex[STATION_PUBLIC_HEX];
};
void station_key_make(struct station_key *ret);
void station_key_done(struct station_key *k);
enum { STATION_KEY_E_SYNTAX = 1 };
/* Of the file's text. */
MUST_CHECK int station_key_parse(struct str text, struct station_key *ret);
MUST_CHECK int station_key_print(const struct station_key *k, struct buf *out);
void station_nonce_draw(char ret[STATION_NONCE_HEX]);
/* What the gate answers a greeting with. STATION_KEY_E_SYNTAX: the nonce is none. */
MUST_CHECK int station_key_prove(const struct station_key *k, const char *nonce_hex,
                                 char ret[STATION_PROOF_HEX]);
/* Is it that key's answer to that nonce? */
bool station_proof_holds(const char *public_hex, const char *nonce_hex, const char *proof_hex);
