/* A box: an encrypted stream of bytes for receivers who run this program.
 *
 *   magic      16   "tsujiban-box 2\n" and a zero byte
 *   kind        1   0 keys, 1 passphrase
 *   slots       2   how many, most significant byte first; with a passphrase 1
 *   each slot       keys: 8 (the start of BLAKE2b of the public key), 80 (the stream's key in a crypto_box_seal for it)
 *                   passphrase: salt 16, passes 4, memory 4 (KiB), nonce 24, 48 (the stream's key in a crypto_secretbox under Argon2id)
 *   manifest   32   SHA-256 of what the box says of its contents, which is the first thing in it (guard/seal.h)
 *   stream     24   header of crypto_secretstream_xchacha20poly1305
 *   pieces          each BOX_PIECE bytes in clear and 17 more; the last one may be shorter and alone carries the tag FINAL
 *
 * SHA-256 of everything before the pieces is associated data of each piece. So a byte changed anywhere, a piece left out, repeated or moved, a
 * stream cut short or added to is an error.
 * Owner    the caller. Threads  one. Needs crypto_start(). */
#pragma once

#include "guard/outgoing.h"

#define BOX_PIECE ((size_t)64 << 10)
#define BOX_SLOTS_MAX 100u
#define BOX_MEMBERS_MAX 100u
#define BOX_KEY_SIZE 32u
#define BOX_MEMORY_MAX_KIB (1u << 20) /* what a header may ask for: 1 GiB, 16 passes */
#define BOX_PASSES_MAX 16u

struct box_public {
    uint8_t bytes[BOX_KEY_SIZE];
};
struct box_secret {
    uint8_t bytes[BOX_KEY_SIZE];
};
void box_key_make(struct box_secret *ret_secret, struct box_public *ret_public);
/* Keys as text, one line each: "tsujiban-public-key BASE64", "tsujiban-secret-key BASE64"; what follows after a space is a remark. */
int box_public_print(const struct box_public *k, struct buf *out);
int box_secret_print(const struct box_secret *k, struct buf *out);
enum { BOX_E_SYNTAX = 1 };
MUST_CHECK int box_public_parse(struct str line, struct box_public *ret);
MUST_CHECK int box_secret_parse(struct str line, struct box_secret *ret);

/* For whom: keys, or a passphrase when there are none. */
struct box_for {
    const struct box_public *keys;
    size_t n; /* at most BOX_SLOTS_MAX */
    struct str passphrase;
};
/* With what: a key, or a passphrase when it is NULL. */
struct box_with {
    const struct box_secret *key;
    struct str passphrase;
    const char *approved; /* the manifest by which its contents are to have been approved, in hexadecimal; NULL: whichever */
};

struct box_seal;
/* 0; -ENOMEM; as outgoing_add(). */
MUST_CHECK int box_seal_new(struct outgoing *out, const struct box_for *who, const struct digest *manifest, struct box_seal **ret);
MUST_CHECK int box_seal_add(struct box_seal *b, struct str bytes);
MUST_CHECK int box_seal_finish(struct box_seal *b);
void box_seal_free(struct box_seal *b); /* accepts NULL */
DEFINE_CLEANUP(struct box_seal, box_seal_free);

struct box_open;
enum {
    BOX_E_NOT_ONE = 1, /* not a box of this kind, or its header is damaged */
    BOX_E_KEY,         /* for other keys, or another passphrase */
    BOX_E_DAMAGED,     /* changed, cut or added to */
};
/* Reads the header of what `fd` holds, from where it stands. 0, the three above, -ENOMEM, -EIO. `fd` stays the caller's. */
MUST_CHECK int box_open_new(int fd, const struct box_with *with, struct box_open **ret);
/* The next bytes, valid until the next call; none at the proved end. 0, BOX_E_DAMAGED, -EIO. */
MUST_CHECK int box_open_read(struct box_open *b, struct str *ret);
/* The digest that its header cites; the reader of its contents holds them against it. */
struct digest box_open_manifest(const struct box_open *b);
void box_open_free(struct box_open *b); /* accepts NULL */
DEFINE_CLEANUP(struct box_open, box_open_free);
