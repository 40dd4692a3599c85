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
    k->text[0] = set_hash_end(k->start[0] ^ b >> 61);
    k->text[1] = set_hash_end(k->text[0] ^ a) | 1;
}

static uint64_t last_word(const char *end, size_t n)
{
    char bytes[sizeof(uint64_t)] = {0};

    for (size_t i = sizeof(bytes) - n; i < sizeof(bytes); i++)
        bytes[i] = (char)(end[(ptrdiff_t)i - (ptrdiff_t)sizeof(bytes)] | 0x20);
    return set_hash_load(bytes);
}

uint64_t set_hash_text(const struct set_hash *k, struct str text)
{
    size_t last = MIN_OF(text.len, 8u), before = MIN_OF(text.len - last, 8u);
    const char *end = text.at + text.len;

    return set_hash_pair(k, last_word(end, last), last_word(end - last, before));
}

unsigned set_hash_top(const struct set_hash *k, struct str label)
{
    size_t n = MIN_OF(label.len, 8u);

    return set_hash_place(k, n ? last_word(label.at + label.len, n) >> (64 - 8 * n) : 0);
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
