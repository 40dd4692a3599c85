/* A ZIP whose members are encrypted by AES-256, written from its first byte to its last without turning back.
 *
 *   for each member   local header, salt (16), check of the password (2), ciphertext, the first 10 bytes of HMAC-SHA1
 *   then              a central header each, ZIP64's ends where sizes or places ask for them, the end
 *
 * Source   PKWARE APPNOTE 6.3.9, 4.3 to 4.5; WinZip "AES Encryption Information" 1.04: vendor version AE-2 (no CRC), strength 3; PBKDF2 with
 *          SHA-1 and 1,000 rounds, as the format fixes them: so passwords must be long.
 * Neutral  1980-01-01, made by FAT, no attributes, no comment but the one that is asked for, no extra fields but those two; names UTF-8.
 * Owner    the caller. Threads  one. */
#pragma once

#include "guard/outgoing.h"

#define ZIP_SEAL_PIECE ((size_t)64 << 10) /* at most so many bytes are added at once */

struct zip_seal;
MUST_CHECK int zip_seal_new(struct outgoing *out, struct str password /* borrowed until freed */,
                            struct zip_seal **ret);
/* The same into memory, for what leaves by mail. */
MUST_CHECK int zip_seal_new_in(struct buf *memory, struct str password /* borrowed until freed */, struct zip_seal **ret);
void zip_seal_free(struct zip_seal *z); /* accepts NULL */
DEFINE_CLEANUP(struct zip_seal, zip_seal_free);
/* One member: begin with the size that it will have, add exactly so many bytes (`bytes` is encrypted where it lies), end.
 * 0; -ENOMEM; as outgoing_add(); -EINVAL: not exactly so many. */
MUST_CHECK int zip_seal_begin(struct zip_seal *z, const char *name, uint64_t size);
MUST_CHECK int zip_seal_add(struct zip_seal *z, uint8_t *bytes, size_t len);
MUST_CHECK int zip_seal_end(struct zip_seal *z);
/* After the last member. `comment`: of the whole, ASCII, in clear and proved by nothing; STR_NONE: none. */
#define ZIP_SEAL_COMMENT_MAX 1000u
MUST_CHECK int zip_seal_finish(struct zip_seal *z, struct str comment);

/* What the separate reader (libarchive, which checks the HMAC; libzip 1.7.3 takes the CRC that AE-2 leaves out
 * for a wrong one, in 7-Zip's files as well) is to find in a member. */
struct zip_expected {
    const char *name;
    uint64_t size;
    struct digest sha256;
};
#define ZIP_CHECK_WHOLE \
    ((uint64_t)64 << 20) /* members together no larger than this are read to their ends */
/* Opens what `fd` holds with the password and looks whether names, sizes, the cipher and the contents are those; of larger files the
 * beginnings, which prove the password. 0; ZIP_SEAL_E_OTHER: they are not; -ENOMEM. */
enum { ZIP_SEAL_E_OTHER = 1 };
MUST_CHECK int zip_seal_check(int fd, struct str password, const struct zip_expected *want,
                              size_t n);
