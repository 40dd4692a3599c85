#include "base/seal.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(NONCE_SIZE + TAG_SIZE == SEAL_MORE, "nonce and tag");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY_SIZE, "key");

int seal_add(const uint8_t key[SEAL_KEY_SIZE], struct str bound_to, struct str plain, struct buf *out)
{
    uint8_t *nonce = buf_grow(out, plain.len + SEAL_MORE);

    if (!nonce)
        return buf_error(out);
    random_fill(nonce, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, (const uint8_t *)plain.at, plain.len, (const uint8_t *)bound_to.at,
                                               bound_to.len, NULL, nonce, key);
    return 0;
}

int seal_open(const uint8_t key[SEAL_KEY_SIZE], struct str bound_to, struct str sealed, struct buf *out)
{
    size_t before = out->len;
    uint8_t *at;

    if (sealed.len < SEAL_MORE)
        return -EBADMSG;
    at = buf_grow(out, sealed.len - SEAL_MORE);
    if (!at)
        return buf_error(out);
    if (!crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, (const uint8_t *)sealed.at + NONCE_SIZE, sealed.len - NONCE_SIZE,
                                                    (const uint8_t *)bound_to.at, bound_to.len, (const uint8_t *)sealed.at, key))
        return 0;
    buf_cut(out, before);
    return -EBADMSG;
}
