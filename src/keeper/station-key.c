#include "keeper/station-key.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define WORD "tsujiban-station-key "
#define SIGNED "tsujiban-station 1\n"

_Static_assert(sizeof(((struct station_key *)0)->secret) == crypto_sign_SECRETKEYBYTES,
               "Ed25519 secret key");
_Static_assert(STATION_PROOF_HEX == 2 * crypto_sign_BYTES + 1, "Ed25519 signature");

static void fill_in(struct station_key *k)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];

    IGNORE(crypto_sign_seed_keypair(public_key, k->secret, k->seed), "it cannot fail");
    sodium_bin2hex(k->public_hex, sizeof(k->public_hex), public_key, sizeof(public_key));
}

void station_key_make(struct station_key *ret)
{
    random_fill(ret->seed, sizeof(ret->seed));
    fill_in(ret);
}

void station_key_done(struct station_key *k)
{
    sodium_memzero(k, sizeof(*k));
}

int station_key_parse(struct str text, struct station_key *ret)
{
    CLEANUP(buf_wipe) struct buf seed;
    struct str word = str_of(WORD);
    int r;

    buf_init(&seed, sizeof(ret->seed) + 1);
    while (text.len && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        text.len--;
    if (text.len <= word.len || memcmp(text.at, word.at, word.len) != 0)
        return STATION_KEY_E_SYNTAX;
    r = base64_parse((struct str){text.at + word.len, text.len - word.len}, &seed);
    if (r == -ENOMEM)
        return r;
    if (r || seed.len != sizeof(ret->seed))
        return STATION_KEY_E_SYNTAX;
    memcpy(ret->seed, seed.at, sizeof(ret->seed));
    fill_in(ret);
    return 0;
}

int station_key_print(const struct station_key *k, struct buf *out)
{
    int r = buf_add_text(out, WORD);

    if (!r)
        r = base64_print(k->seed, sizeof(k->seed), out);
    return r ? r : buf_add_char(out, '\n');
}

void station_nonce_draw(char ret[STATION_NONCE_HEX])
{
    uint8_t bytes[STATION_NONCE_SIZE];

    random_fill(bytes, sizeof(bytes));
    sodium_bin2hex(ret, STATION_NONCE_HEX, bytes, sizeof(bytes));
}

/* What is signed. */
static bool message_of(const char *nonce_hex, uint8_t ret[sizeof(SIGNED) - 1 + STATION_NONCE_SIZE])
{
    memcpy(ret, SIGNED, sizeof(SIGNED) - 1);
    return !hex_parse(str_of(nonce_hex), ret + sizeof(SIGNED) - 1, STATION_NONCE_SIZE);
}

int station_key_prove(const struct station_key *k, const char *nonce_hex,
                      char ret[STATION_PROOF_HEX])
{
    uint8_t message[sizeof(SIGNED) - 1 + STATION_NONCE_SIZE], signature[crypto_sign_BYTES];

    if (!message_of(nonce_hex, message))
        return STATION_KEY_E_SYNTAX;
    IGNORE(crypto_sign_detached(signature, NULL, message, sizeof(message), k->secret),
           "it cannot fail");
    sodium_bin2hex(ret, STATION_PROOF_HEX, signature, sizeof(signature));
    return 0;
}

bool station_proof_holds(const char *public_hex, const char *nonce_hex, const char *proof_hex)
{
    uint8_t message[sizeof(SIGNED) - 1 + STATION_NONCE_SIZE], signature[crypto_sign_BYTES],
        public_key[crypto_sign_PUBLICKEYBYTES];

    return message_of(nonce_hex, message) &&
           strspn(public_hex, "0123456789abcdef") == STATION_PUBLIC_HEX - 1 &&
           !hex_parse(str_of(public_hex), public_key, sizeof(public_key)) &&
           !hex_parse(str_of(proof_hex), signature, sizeof(signature)) &&
           !crypto_sign_verify_detached(signature, message, sizeof(message), public_key);
}
