#include "intel/set-hash.h"

uint64_t set_hash_short(const char *p, size_t n)
{
    uint64_t w = 0;

    memcpy(&w, p, n);
    return w;
}

void set_hash_init(struct set_hash *k, const uint8_t key[16])
{
    uint64_t a, b;

    memcpy(&a, key, sizeof(a));
    memcpy(&b, key + sizeof(a), sizeof(b));
    k->point = (a & SET_HASH_PRIME) % (SET_HASH_PRIME - 2) + 2;
    for (unsigned i = 0; i < CLUE_N_TYPES; i++)
        k->start[i] = set_hash_step(k, b & SET_HASH_PRIME, i + 1);
}

uint64_t set_hash_name(const struct set_hash *k, struct str name)
{
    uint64_t h = k->start[CLUE_DOMAIN];

    for (; name.len >= SET_HASH_WORD; name.len -= SET_HASH_WORD)
        h = set_hash_step(k, h,
                          set_hash_word(name.at + name.len - SET_HASH_WORD, SET_HASH_WORD,
                                        SET_HASH_WORD, SET_HASH_LOWER));
    return set_hash_step(k, h, set_hash_word(name.at, name.len, name.len, SET_HASH_LOWER));
}

uint64_t set_hash_value(const struct set_hash *k, enum clue_type type, struct str bytes)
{
    if (type == CLUE_DOMAIN)
        return set_hash_end(set_hash_name(k, bytes));
    return set_hash_end(
        set_hash_bytes(k, k->start[type], bytes, 0, type == CLUE_EMAIL ? SET_HASH_LOWER : 0));
}
