/* Addresses of Bitcoin and Ethereum, by their checksums.
 * Source   Base58Check (Bitcoin's developer reference), BIP 173 and 350 (bech32, bech32m), EIP-55. Main networks only. */
#include "intel/clue-inside.h"

#include "base/codec.h"
#include "intel/keccak.h"

#include <errno.h>

#define BASE58_BYTES 25u /* version, 20 of the hash, 4 of the checksum */
#define BASE58_MIN 25u
#define BASE58_MAX 35u
#define BECH32_MIN 14u
#define BECH32_MAX 90u
#define BECH32_CHECK 6u
#define BECH32_CONST 1u
#define BECH32M_CONST 0x2bc830a3u

static int digit_of(const char *digits, char c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static bool check_base58(const uint8_t *bytes)
{
    struct digest d = sha256((struct str){(const char *)bytes, BASE58_BYTES - 4});

    d = sha256((struct str){(const char *)d.bytes, sizeof(d.bytes)});
    return !memcmp(d.bytes, bytes + BASE58_BYTES - 4, 4);
}

static int base58(struct str s, struct clue *ret)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    uint8_t bytes[BASE58_BYTES] = {0};
    size_t zeros = 0, ones = 0;

    if (s.len < BASE58_MIN || s.len > BASE58_MAX)
        return CLUE_E_SHAPE;
    for (size_t i = 0; i < s.len; i++) {
        int digit = digit_of(digits, s.at[i]);
        unsigned carry = (unsigned)digit;

        if (digit < 0)
            return CLUE_E_SHAPE;
        for (size_t k = BASE58_BYTES; k-- > 0;) {
            carry += bytes[k] * 58u;
            bytes[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry)
            return CLUE_E_SHAPE;
    }
    /* Each leading zero byte is one leading 1, or there would be several spellings. */
    while (zeros < BASE58_BYTES && !bytes[zeros])
        zeros++;
    while (ones < s.len && s.at[ones] == '1')
        ones++;
    if (zeros != ones || (bytes[0] != 0 && bytes[0] != 5))
        return CLUE_E_SHAPE;
    return check_base58(bytes) ? buf_add_str(&ret->bytes, s) : CLUE_E_CHECKSUM;
}

static uint32_t polymod(uint32_t sum, uint8_t five)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ five;
    for (unsigned i = 0; i < 5; i++)
        if (top >> i & 1)
            sum ^= generator[i];
    return sum;
}

/* The witness program: 2 to 40 bytes, 20 or 32 of version 0, no bits left over. */
static bool check_program(const uint8_t *fives, size_t n)
{
    size_t bits = 5 * (n - 1), bytes = bits / 8, left = bits % 8;
    bool clean = left < 5 && (fives[n - 1] & ((1u << left) - 1)) == 0;

    return fives[0] <= 16 && clean && bytes >= 2 && bytes <= 40 &&
           (fives[0] || bytes == 20 || bytes == 32);
}

static int bech32(struct str s, struct clue *ret)
{
    static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    uint8_t fives[BECH32_MAX];
    bool lower = false, upper = false;
    uint32_t sum = 1;
    size_t n = s.len - 3;

    if (s.len < BECH32_MIN || s.len > BECH32_MAX)
        return CLUE_E_SHAPE;
    sum =
        polymod(polymod(polymod(polymod(polymod(sum, 'b' >> 5), 'c' >> 5), 0), 'b' & 31), 'c' & 31);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        lower |= c >= 'a' && c <= 'z';
        upper |= c >= 'A' && c <= 'Z';
    }
    if (lower && upper)
        return CLUE_E_SHAPE;
    for (size_t i = 0; i < n; i++) {
        char c = s.at[i + 3];
        int digit = digit_of(digits, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);

        if (digit < 0)
            return CLUE_E_SHAPE;
        fives[i] = (uint8_t)digit;
        sum = polymod(sum, fives[i]);
    }
    if (sum != (fives[0] ? BECH32M_CONST : BECH32_CONST))
        return CLUE_E_CHECKSUM;
    if (!check_program(fives, n - BECH32_CHECK))
        return CLUE_E_SHAPE;
    for (size_t i = 0; i < s.len; i++) {
        int r = buf_add_char(&ret->bytes,
                             s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] | 0x20) : s.at[i]);

        if (r)
            return ERR(r);
    }
    return 0;
}

int clue_make_btc(struct str s, struct clue *ret)
{
    if (s.len > 3 && str_eq_nocase((struct str){s.at, 3}, STR("bc1")))
        return bech32(s, ret);
    return base58(s, ret);
}

int clue_show_eth(const uint8_t bytes[20], struct buf *out)
{
    char text[40];
    struct digest d;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    d = keccak256((struct str){text, sizeof(text)});
    for (size_t i = 0; i < sizeof(text); i++)
        if (text[i] >= 'a' && (d.bytes[i / 2] >> (i % 2 ? 0 : 4) & 8))
            text[i] = (char)(text[i] - 'a' + 'A');
    return buf_printf(out, "0x%.40s", text);
}

/* Letters of one case carry no checksum. */
static bool has_both_cases(struct str s)
{
    bool lower = false, upper = false;

    for (size_t i = 0; i < s.len; i++) {
        lower |= s.at[i] >= 'a' && s.at[i] <= 'f';
        upper |= s.at[i] >= 'A' && s.at[i] <= 'F';
    }
    return lower && upper;
}

int clue_make_eth(struct str s, struct clue *ret)
{
    CLEANUP(buf_done) struct buf shown;
    uint8_t bytes[20];
    struct str digits = s.len == 42 ? (struct str){s.at + 2, 40} : STR_NONE;
    int r;

    buf_init(&shown, 64);
    if (s.len != 42 || s.at[0] != '0' || (s.at[1] | 0x20) != 'x' ||
        hex_parse(digits, bytes, sizeof(bytes)))
        return CLUE_E_SHAPE;
    r = clue_show_eth(bytes, &shown);
    if (r)
        return ERR(r);
    if (has_both_cases(digits) && memcmp(shown.at + 2, digits.at, digits.len))
        return CLUE_E_CHECKSUM;
    return buf_add(&ret->bytes, bytes, sizeof(bytes));
}
