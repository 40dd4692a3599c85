/* The hot part of a set, for the walk over a text (intel/match-walk.h): hashes that cannot be in the set are dropped here. What is not dropped is
 * looked for by set_find(), which alone decides. Private to set.c and match-walk.c. */
#pragma once

#include "intel/set-hash.h"
#include "intel/set.h"

#define SET_PLACE_BITS 40u
#define SET_TABLE_SIZE 8192u /* bytes of tops, and of nets */

struct set_hot {
    struct set_hash hash;
    const char *tops, *nets, *texts, *filter, *slots;
    uint64_t n_texts, n_words, n_slots; /* words of texts and filter; slots */
    uint32_t longest;                   /* slots to look at for any value */
    bool has_nets;                      /* of IPv4 */
    bool has_odd_names;                 /* with a dot, and no letter or _ behind any */
};

/* Filled by set_of(); lives as long as the set. */
const struct set_hot *set_hot(const struct set *set);

static inline uint64_t set_at(uint64_t h, uint64_t n)
{
    return (uint64_t)((set_hash_wide)h * n >> 64);
}

static inline uint64_t set_filter_bits(uint64_t h)
{
    return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) | UINT64_C(1) << (h >> 12 & 63) |
           UINT64_C(1) << (h >> 18 & 63);
}

static inline const char *set_filter_place(const struct set_hot *t, uint64_t h)
{
    return t->filter + set_at(h, t->n_words) * sizeof(uint64_t);
}

static inline bool set_filter_has(const struct set_hot *t, uint64_t h)
{
    uint64_t word, bits = set_filter_bits(h);

    memcpy(&word, set_filter_place(t, h), sizeof(word));
    return (word & bits) == bits;
}

static inline uint64_t set_text_bits(uint64_t h)
{
    return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) | UINT64_C(1) << (h >> 12 & 63);
}

static inline const char *set_text_place(const struct set_hot *t, uint64_t h)
{
    return t->texts + set_at(h, t->n_texts) * sizeof(uint64_t);
}

static inline bool set_texts_have(const struct set_hot *t, uint64_t h)
{
    uint64_t word, bits = set_text_bits(h);

    memcpy(&word, set_text_place(t, h), sizeof(word));
    return (word & bits) == bits;
}

static inline uint64_t set_fingerprint(uint64_t h)
{
    return h >> 20 & 0xffffff;
}

static inline const char *set_slot_place(const struct set_hot *t, uint64_t h)
{
    return t->slots + set_at(h, t->n_slots) * sizeof(uint64_t);
}

/* A slot has these bits of the hash. */
static inline bool set_slots_have(const struct set_hot *t, uint64_t h)
{
    uint64_t at = set_at(h, t->n_slots), wanted = set_fingerprint(h);

    for (uint32_t left = t->longest; left; left--) {
        uint64_t slot;

        memcpy(&slot, t->slots + at * sizeof(slot), sizeof(slot));
        if (!slot)
            return false;
        if (slot >> SET_PLACE_BITS == wanted)
            return true;
        at = at + 1 < t->n_slots ? at + 1 : 0;
    }
    return false;
}

static inline bool set_table_has(const char *table, unsigned bit)
{
    return (unsigned char)table[bit / 8] >> (bit & 7) & 1;
}
