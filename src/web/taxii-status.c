/* Sixteen bytes: run (4) and known (3) under a mask, and of a keyed digest of both as many bits as the UUID's own leave. The mask comes of that digest. */
#include "web/taxii-status.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#define PLAIN 7u
#define UUID 16u

static void digest_of(const uint8_t key[SEAL_KEY_SIZE], struct str name, struct str reader, const uint8_t *bytes, size_t len, uint8_t ret[UUID])
{
    crypto_generichash_state s;

    crypto_generichash_init(&s, key, SEAL_KEY_SIZE, UUID);
    crypto_generichash_update(&s, (const uint8_t *)name.at, name.len);
    crypto_generichash_update(&s, (const uint8_t *)reader.at, reader.len);
    crypto_generichash_update(&s, bytes, len);
    crypto_generichash_final(&s, ret, UUID);
}

/* The bits that say version 4 and variant 1 of RFC 9562. */
static void fix(uint8_t uuid[UUID])
{
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

/* Where no bit is fixed. */
static const uint8_t places[PLAIN] = {0, 1, 2, 3, 4, 5, 7};

/* The digest where nothing is masked, its fixed bits fixed; then the masked bytes. */
static void make(const uint8_t key[SEAL_KEY_SIZE], struct str reader, const uint8_t plain[PLAIN], uint8_t ret[UUID])
{
    uint8_t mask[UUID];

    digest_of(key, STR("taxii-status/1\n"), reader, plain, PLAIN, ret);
    for (size_t i = 0; i < PLAIN; i++)
        ret[places[i]] = 0;
    fix(ret);
    digest_of(key, STR("taxii-status-mask/1\n"), reader, ret, UUID, mask);
    for (size_t i = 0; i < PLAIN; i++)
        ret[places[i]] = plain[i] ^ mask[i];
}

int taxii_status_print(const struct taxii_keys *keys, struct str reader, struct taxii_status s, char ret[TAXII_STATUS_SIZE])
{
    const uint8_t plain[PLAIN] = {(uint8_t)(s.run >> 24), (uint8_t)(s.run >> 16),   (uint8_t)(s.run >> 8), (uint8_t)s.run,
                                  (uint8_t)(s.known >> 16), (uint8_t)(s.known >> 8), (uint8_t)s.known};
    CLEANUP(buf_done) struct buf hex;
    uint8_t uuid[UUID];
    int r;

    buf_init(&hex, 2 * UUID);
    if (s.known > TAXII_STATUS_KNOWN_MAX)
        return -ERANGE;
    make(keys->now, reader, plain, uuid);
    if ((r = hex_print(uuid, UUID, &hex)))
        return r;
    snprintf(ret, TAXII_STATUS_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.at, hex.at + 8, hex.at + 12, hex.at + 16, hex.at + 20);
    return 0;
}

/* "01234567-0123-0123-0123-0123456789ab" into its bytes. */
static bool uuid_read(struct str id, uint8_t ret[UUID])
{
    char hex[2 * UUID];
    size_t n = 0;

    if (id.len != TAXII_STATUS_SIZE - 1)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen != (id.at[i] == '-'))
            return false;
        if (!is_hyphen)
            hex[n++] = id.at[i];
    }
    return !hex_parse((struct str){hex, sizeof(hex)}, ret, UUID);
}

static bool read_by(const uint8_t key[SEAL_KEY_SIZE], struct str reader, const uint8_t uuid[UUID], struct taxii_status *ret)
{
    uint8_t open[UUID], mask[UUID], again[UUID], plain[PLAIN];

    memcpy(open, uuid, UUID);
    for (size_t i = 0; i < PLAIN; i++)
        open[places[i]] = 0;
    digest_of(key, STR("taxii-status-mask/1\n"), reader, open, UUID, mask);
    for (size_t i = 0; i < PLAIN; i++)
        plain[i] = uuid[places[i]] ^ mask[i];
    make(key, reader, plain, again);
    if (sodium_memcmp(again, uuid, UUID) != 0)
        return false;
    ret->run = (uint32_t)plain[0] << 24 | (uint32_t)plain[1] << 16 | (uint32_t)plain[2] << 8 | plain[3];
    ret->known = (uint32_t)plain[4] << 16 | (uint32_t)plain[5] << 8 | plain[6];
    return true;
}

bool taxii_status_read(const struct taxii_keys *keys, struct str reader, struct str id, struct taxii_status *ret)
{
    uint8_t uuid[UUID];

    return uuid_read(id, uuid) && (read_by(keys->now, reader, uuid, ret) || read_by(keys->before, reader, uuid, ret));
}
