/* Keccak-256 as Ethereum uses it: SHA3-256 with the padding of the submission (01) instead of the standard's (06), which OpenSSL 3.0
 * does not offer. One shot; for texts of a few bytes.
 * Threads  any. */
#pragma once

#include "base/codec.h"

struct digest keccak256(struct str s);
/* SHA3-256 by the same permutation: so that a test can hold it against OpenSSL's. */
struct digest keccak_sha3_256(struct str s);
