#include "guard/sameness.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>

/* One is an EVP_MAC_CTX under another name. */
static EVP_MAC_CTX *of(struct sameness *s)
{
    return (EVP_MAC_CTX *)s;
}

bool sameness_eq(const struct sameness_mark *a, const struct sameness_mark *b)
{
    return sodium_memcmp(a->bytes, b->bytes, SAMENESS_SIZE) == 0;
}

int sameness_new(const struct sameness_key *key, struct sameness **ret)
{
    static uint8_t iv[12]; /* the same for all that are compared: a key of their own is what GMAC needs then */
    char cipher[] = "AES-256-GCM";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, iv, sizeof(iv)),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "GMAC", NULL);
    EVP_MAC_CTX *c = kind ? EVP_MAC_CTX_new(kind) : NULL;

    EVP_MAC_free(kind);
    if (!c || EVP_MAC_init(c, key->bytes, sizeof(key->bytes), params) != 1) {
        EVP_MAC_CTX_free(c);
        return -ENOMEM;
    }
    *ret = (struct sameness *)c;
    return 0;
}

int sameness_add(struct sameness *s, struct str bytes)
{
    return EVP_MAC_update(of(s), (const uint8_t *)bytes.at, bytes.len) == 1 ? 0 : -ENOMEM;
}

int sameness_end(struct sameness *s, struct sameness_mark *ret)
{
    size_t n = 0;
    bool is_good = EVP_MAC_final(of(s), ret->bytes, &n, SAMENESS_SIZE) == 1 && n == SAMENESS_SIZE;

    sameness_free(s);
    return is_good ? 0 : -ENOMEM;
}

void sameness_free(struct sameness *s)
{
    EVP_MAC_CTX_free(of(s));
}
