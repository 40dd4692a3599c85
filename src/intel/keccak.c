/* Source   FIPS 202, sections 3.2, 4 and 5.1; rate 1,088 bits, capacity 512. */
#include "intel/keccak.h"

#define LANES 25u
#define ROUNDS 24u
#define RATE 136u /* bytes */

static uint64_t turn(uint64_t x, unsigned n)
{
    return n ? x << n | x >> (64 - n) : x;
}

/* One bit of the round constants' shift register (3.2.5). */
static bool next_bit(uint8_t *lfsr)
{
    bool bit = *lfsr & 1;

    *lfsr = (uint8_t)(*lfsr & 0x80 ? *lfsr << 1 ^ 0x71 : *lfsr << 1);
    return bit;
}

static void theta(uint64_t a[LANES])
{
    uint64_t column[5];

    for (unsigned x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned x = 0; x < 5; x++)
        for (unsigned y = 0; y < LANES; y += 5)
            a[y + x] ^= column[(x + 4) % 5] ^ turn(column[(x + 1) % 5], 1);
}

static void rho_pi(uint64_t a[LANES])
{
    unsigned x = 1, y = 0;
    uint64_t held = a[1];

    for (unsigned t = 0; t < 24; t++) {
        unsigned to = (2 * x + 3 * y) % 5;
        uint64_t next;

        x = y;
        y = to;
        next = a[x + 5 * y];
        a[x + 5 * y] = turn(held, (t + 1) * (t + 2) / 2 % 64);
        held = next;
    }
}

static void chi(uint64_t a[LANES])
{
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof(row));
        for (unsigned x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

static void permute(uint64_t a[LANES])
{
    uint8_t lfsr = 1;

    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_pi(a);
        chi(a);
        for (unsigned j = 0; j < 7; j++)
            if (next_bit(&lfsr))
                a[0] ^= UINT64_C(1) << ((1u << j) - 1);
    }
}

static void add_byte(uint64_t a[LANES], size_t at, uint8_t byte)
{
    a[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

static struct digest hash(struct str s, uint8_t padding)
{
    uint64_t a[LANES] = {0};
    struct digest d;
    size_t at = 0;

    for (size_t i = 0; i < s.len; i++) {
        add_byte(a, at++, (uint8_t)s.at[i]);
        if (at == RATE) {
            permute(a);
            at = 0;
        }
    }
    add_byte(a, at, padding);
    add_byte(a, RATE - 1, 0x80);
    permute(a);
    for (size_t i = 0; i < sizeof(d.bytes); i++)
        d.bytes[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    return d;
}

struct digest keccak256(struct str s)
{
    return hash(s, 0x01);
}

struct digest keccak_sha3_256(struct str s)
{
    return hash(s, 0x06);
}
