/* The keyed hash of a set, for who builds one and for who looks into it. Private to intel/set.c and the walk over a text.
 *
 * A value is a row of words of seven bytes, the last of which is never full, so that no value is the start of another's. The words are the
 * coefficients of a polynomial over 2^61 - 1, taken at a point that the set draws when it is built: whoever wrote the values did so before that,
 * and two of them fall together with a chance of less than their number of words in 2^61 (Carter and Wegman). The last step mixes, and loses
 * nothing. The words of a name are taken from its right end, so that the row of its whole words serves every name above it as well; each
 * of those needs one step more.
 *
 * Letters of names and of mail count as lower case: 0x20 is added to each byte, which tells apart whatever stands in them.
 *
 * Of the text of a name or an IPv4 address there is a second, cheaper one: its last sixteen bytes, as two numbers that are each laid over with a part
 * of the key and multiplied. What has the same text has the same; what has not may have, too. */
#pragma once

#include "base/str.h"
#include "intel/clue.h"

#define SET_HASH_PRIME ((UINT64_C(1) << 61) - 1)
#define SET_HASH_WORD 7u
#define SET_HASH_HOST \
    (UINT64_C(1) << 56) /* a word behind the host of a URL, which is a mark and no value */
#define SET_HASH_LOWER UINT64_C(0x2020202020202020)

__extension__ typedef unsigned __int128 set_hash_wide;

struct set_hash {
    uint64_t point;               /* below the prime */
    uint64_t start[CLUE_N_TYPES]; /* what a value of that type begins with */
    uint64_t text[2];             /* laid over the last eight bytes of a text, and those before */
};

static inline uint64_t set_hash_step(const struct set_hash *k, uint64_t h, uint64_t word)
{
    set_hash_wide x = (set_hash_wide)(h + word) * k->point;
    uint64_t sum = ((uint64_t)x & SET_HASH_PRIME) + (uint64_t)(x >> 61);

    return (sum & SET_HASH_PRIME) + (sum >> 61);
}

static inline uint64_t set_hash_end(uint64_t h)
{
    h = h >= SET_HASH_PRIME ? h - SET_HASH_PRIME : h;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 29;
}

/* Eight bytes as a number whose lowest byte is the first. */
static inline uint64_t set_hash_load(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* Of the last bytes of a text. */
uint64_t set_hash_short(const char *p, size_t n);

/* The first n < 8 bytes at `p`, of which `room` can be read. */
static inline uint64_t set_hash_word(const char *p, size_t n, size_t room, uint64_t lower)
{
    uint64_t w;

    if (room < sizeof(w))
        w = set_hash_short(p, n);
    else
        memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return (w | lower) & ((UINT64_C(1) << 8 * n) - 1);
}

/* The words of these bytes, behind which `room` bytes more can be read. */
static inline uint64_t set_hash_bytes(const struct set_hash *k, uint64_t h, struct str s,
                                      size_t room, uint64_t lower)
{
    for (; s.len >= SET_HASH_WORD; s.at += SET_HASH_WORD, s.len -= SET_HASH_WORD)
        h = set_hash_step(k, h, set_hash_word(s.at, SET_HASH_WORD, s.len + room, lower));
    return set_hash_step(k, h, s.len ? set_hash_word(s.at, s.len, s.len + room, lower) : 0);
}

/* The last sixteen bytes of a text, in lower case, less ones zero and before it: the last eight, and those before. */
static inline uint64_t set_hash_pair(const struct set_hash *k, uint64_t last, uint64_t before)
{
    set_hash_wide x = (set_hash_wide)(last ^ k->text[0]) * (before ^ k->text[1]);

    return (uint64_t)x ^ (uint64_t)(x >> 64);
}
uint64_t set_hash_text(const struct set_hash *k, struct str text);

/* A place in a table of 65,536 bits: of the last eight bytes of a top-level label, in lower case, or of the text of an IPv4 address up to its second dot,
 * as a number whose lowest byte is the first. Others may stand at the same place. */
static inline unsigned set_hash_place(const struct set_hash *k, uint64_t text)
{
    return (unsigned)(text * (k->point | 1) >> 48);
}
unsigned set_hash_top(const struct set_hash *k, struct str label);

void set_hash_init(struct set_hash *k, const uint8_t key[16]);
/* Of a whole value, in its canonical bytes. */
uint64_t set_hash_value(const struct set_hash *k, enum clue_type type, struct str bytes);
/* Of a name, not ended. */
uint64_t set_hash_name(const struct set_hash *k, struct str name);
