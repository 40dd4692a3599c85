/* Hex, base64 (RFC 4648, padded), digests and randomness. Digests by OpenSSL EVP, randomness by libsodium.
 * Threads  any. */
#pragma once

#include "base/buf.h"

#define SHA256_SIZE 32

struct digest {
    uint8_t bytes[SHA256_SIZE];
};

enum { CODEC_E_SYNTAX = 1 };

int hex_digit(char c); /* 0..15, or -1: not a hexadecimal digit */
/* Of a digest, by value, with the NUL; never fails. */
struct digest_text {
    char at[2 * SHA256_SIZE + 1];
};
struct digest_text digest_text(const struct digest *d);
int hex_print(const void *bytes, size_t len, struct buf *out); /* lower case */
MUST_CHECK int hex_parse(struct str s, void *ret_bytes, size_t size); /* exactly 2*size digits, either case */
int base64_print(const void *bytes, size_t len, struct buf *out);
MUST_CHECK int base64_parse(struct str s, struct buf *ret_out); /* strict: padding and canonical last bits required */

/* One shot over up to 3 pieces; never fails, also when there is no memory. */
struct digest sha256(struct str a);
struct digest sha256_3(struct str a, struct str b, struct str c);
bool digest_eq(const struct digest *a, const struct digest *b); /* constant time */

/* Incremental. */
struct sha256_state;
struct sha256_state *sha256_new(void); /* NULL when out of memory */
void sha256_add(struct sha256_state *s, struct str bytes);
struct digest sha256_end(struct sha256_state *s); /* frees */

/* Once per process, before any other call here or to libsodium. 0 or -EIO. */
MUST_CHECK int crypto_start(void);
void random_fill(void *bytes, size_t len);
