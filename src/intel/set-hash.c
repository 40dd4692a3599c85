#include "intel/set-hash.h"

void set_hash_init(struct set_hash *k, const uint8_t key[16])
{
    uint64_t a, b;

    memcpy(&a, key, sizeof(a));
    memcpy(&b, key + sizeof(a), sizeof(b));
    k->point = (a & SET_HASH_PRIME) % (SET_HASH_PRIME - 2) + 2;
    for (unsigned i = 0; i < CLUE_N_TYPES; i++)
        k->start[i] = set_hash_step(k, b & SET_HASH_PRIME, i + 1);
    k->host = set_hash_step(k, b & SET_HASH_PRIME, 256);
}

uint64_t set_hash_name(const struct set_hash *k, uint64_t h, struct str name)
{
    for (;;) {
        const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL,
                   *from = dot ? dot + 1 : name.at;

        h = set_hash_bytes(k, h, (struct str){from, name.len - (size_t)(from - name.at)}, 0,
                           SET_HASH_LOWER);
        if (!dot)
            return h;
        name.len = (size_t)(dot - name.at);
    }
}

uint64_t set_hash_value(const struct set_hash *k, enum clue_type type, struct str bytes)
{
    uint64_t h = k->start[type];

    if (type == CLUE_DOMAIN)
        return set_hash_end(set_hash_name(k, h, bytes));
    return set_hash_end(set_hash_bytes(k, h, bytes, 0, type == CLUE_EMAIL ? SET_HASH_LOWER : 0));
}
