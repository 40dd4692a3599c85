#include "keeper/taxii-operation.h"

#include "engine/intel.h"
#include "engine/subscriber.h"
#include "store/store.h"

#include <errno.h>
#include <sodium.h>

#define KEY_HEX_SIZE (2 * SHA256_SIZE + 1)

static int print_day(const uint8_t key[VAULT_KEY_SIZE], uint64_t day, char ret[KEY_HEX_SIZE])
{
    CLEANUP(buf_wipe) struct buf hex, name;
    struct digest d;
    int r;

    buf_init_secret(&hex, KEY_HEX_SIZE);
    buf_init(&name, 64);
    if ((r = buf_printf(&name, "taxii-cursor/1 %llu", (unsigned long long)day)))
        return r;
    if (crypto_generichash(d.bytes, sizeof(d.bytes), (const uint8_t *)name.at, name.len, key,
                           VAULT_KEY_SIZE))
        return -EIO;
    if (!(r = hex_print(d.bytes, sizeof(d.bytes), &hex)))
        memcpy(ret, hex.at, KEY_HEX_SIZE);
    sodium_memzero(&d, sizeof(d));
    return r;
}

int op_taxii_keys(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char now[KEY_HEX_SIZE], before[KEY_HEX_SIZE];
    uint64_t day = c->real_us / US_PER_DAY;
    uint8_t key[VAULT_KEY_SIZE];
    int r = vault_make(c->store, STR(TAXII_KEY), key);

    if (!r)
        r = print_day(key, day, now);
    if (!r)
        r = print_day(key, day - 1, before);
    sodium_memzero(key, sizeof(key));
    if (!r)
        r = answer_done(json_pack("{s:I, s:s, s:s}", "day", (json_int_t)day, "now", now, "before",
                                  before),
                        ret_answer);
    sodium_memzero(now, sizeof(now));
    sodium_memzero(before, sizeof(before));
    return r;
}

int op_taxii_sight(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const json_t *at = json_obj(m, "at");
    struct subscriber_place place = {json_int(at, "opening"), json_int(at, "number"), json_int(at, "under")};
    struct subscriber_asks who = {c->person, c->token.name, json_str(m, "collection"), at ? &place : NULL};
    int r;

    if (at && (place.opening < 0 || place.number < 0 || place.under < 0))
        return answer_refuse(ret_answer, "invalid", "読み終えた位置が正しくありません。", "The place up to which it was read is none.");
    r = subscriber_ask(c->engine, &who, c->now_us);
    if (r == ENGINE_INTEL_E_NONE)
        return answer_refuse(ret_answer, "none", "その情報集はありません。", "There is no such collection.");
    return r ? r : answer_done(json_object(), ret_answer);
}
