/* Addresses and networks of IPv4 and IPv6, and numbers of autonomous systems. */
#include "intel/clue-inside.h"

#include "base/codec.h"

#include <arpa/inet.h>
#include <errno.h>

#define IPV4_BITS 32u
#define IPV6_BITS 128u
#define IPV6_TEXT_MAX 45u

static int finish(struct clue *ret, enum clue_type type, const uint8_t *bytes, size_t len)
{
    ret->type = type;
    return buf_add(&ret->bytes, bytes, len);
}

/* A number in one of the three bases of inet_aton(3). */
static int odd_number(struct str s, uint64_t *ret)
{
    unsigned base = 10;
    uint64_t n = 0;

    if (s.len >= 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x') {
        base = 16;
        s = (struct str){s.at + 2, s.len - 2};
    } else if (s.len >= 2 && s.at[0] == '0') {
        base = 8;
        s = (struct str){s.at + 1, s.len - 1};
    } else if (!s.len) {
        return CLUE_E_SHAPE;
    }
    for (size_t i = 0; i < s.len; i++) {
        int digit = hex_digit(s.at[i]);

        if (digit < 0 || (unsigned)digit >= base)
            return CLUE_E_SHAPE;
        n = n * base + (unsigned)digit;
        if (n > UINT64_C(1) << 40)
            n = UINT64_C(1) << 40; /* too large in any place */
    }
    *ret = n;
    return 0;
}

int clue_odd_ipv4(struct str s, uint8_t ret[4])
{
    uint64_t parts[4], address = 0;
    struct str piece;
    size_t n = 0;
    int r;

    while (str_split(&s, '.', &piece)) {
        if (n == 4)
            return CLUE_E_SHAPE;
        r = odd_number(piece, &parts[n++]);
        if (r)
            return r;
    }
    if (!n)
        return CLUE_E_SHAPE;
    for (size_t i = 0; i + 1 < n; i++) {
        if (parts[i] > 255)
            return CLUE_E_RANGE;
        address |= parts[i] << (8 * (3 - i));
    }
    if (parts[n - 1] >= UINT64_C(1) << (8 * (5 - n)))
        return CLUE_E_RANGE;
    address |= parts[n - 1];
    for (size_t i = 0; i < 4; i++)
        ret[i] = (uint8_t)(address >> (8 * (3 - i)));
    return 0;
}

/* What stands alone and is an address to some readers only. */
static int odd_or(struct str s, int otherwise)
{
    uint8_t bytes[4];
    bool is_one =
        memchr(s.at, '.', s.len) || (s.len > 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x');

    return is_one && clue_odd_ipv4(s, bytes) == 0 ? CLUE_E_ODD : otherwise;
}

int clue_parse_ipv4(struct str s, uint8_t ret[4])
{
    struct str rest = s, piece;
    uint8_t bytes[4];
    uint64_t octet;
    size_t n = 0;
    int r;

    if (!s.len)
        return CLUE_E_SHAPE;
    while (str_split(&rest, '.', &piece)) {
        if (n == 4)
            return CLUE_E_SHAPE;
        r = str_to_u64(piece, 0, 255, &octet);
        if (r == STR_E_SYNTAX)
            return odd_or(s, CLUE_E_SHAPE);
        if (r)
            return odd_or(s, CLUE_E_RANGE);
        if (piece.len > 1 && piece.at[0] == '0')
            return CLUE_E_ODD;
        bytes[n++] = (uint8_t)octet;
    }
    if (n != 4)
        return odd_or(s, CLUE_E_SHAPE);
    memcpy(ret, bytes, sizeof(bytes));
    return 0;
}

int clue_parse_ipv6(struct str s, uint8_t ret[16])
{
    char text[IPV6_TEXT_MAX + 1];

    if (s.len && memchr(s.at, '%', s.len) && memchr(s.at, ':', s.len))
        return CLUE_E_ZONE;
    if (!s.len || s.len > IPV6_TEXT_MAX || memchr(s.at, 0, s.len))
        return CLUE_E_SHAPE;
    memcpy(text, s.at, s.len);
    text[s.len] = 0;
    return inet_pton(AF_INET6, text, ret) == 1 ? 0 : CLUE_E_SHAPE;
}

/* "a/b" cut; *ret_bits is `whole` when there is no slash. */
static int cut_prefix(struct str s, unsigned whole, struct str *ret_address, unsigned *ret_bits)
{
    const char *slash = s.len ? memchr(s.at, '/', s.len) : NULL;
    struct str digits;
    uint64_t bits;

    *ret_address = s;
    *ret_bits = whole;
    if (!slash)
        return 0;
    *ret_address = (struct str){s.at, (size_t)(slash - s.at)};
    digits = (struct str){slash + 1, s.len - ret_address->len - 1};
    if ((digits.len > 1 && digits.at[0] == '0') || str_to_u64(digits, 0, whole, &bits))
        return CLUE_E_RANGE;
    *ret_bits = (unsigned)bits;
    return 0;
}

/* Bits behind the prefix are no part of a network. */
void clue_mask(uint8_t *bytes, size_t n, unsigned bits)
{
    for (size_t i = 0; i < n; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * (unsigned)i;

        bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

int clue_make_ipv4_net(struct str s, struct clue *ret)
{
    uint8_t bytes[5];
    unsigned bits;
    int r = cut_prefix(s, IPV4_BITS, &s, &bits), fault = clue_parse_ipv4(s, bytes);

    if (fault || r)
        return fault ? fault : CLUE_E_RANGE;
    if (bits == IPV4_BITS)
        return finish(ret, CLUE_IPV4, bytes, 4);
    clue_mask(bytes, 4, bits);
    bytes[4] = (uint8_t)bits;
    return finish(ret, CLUE_IPV4_NET, bytes, 5);
}

int clue_make_ipv4(struct str s, struct clue *ret)
{
    int r = clue_make_ipv4_net(s, ret);

    return r ? r : ret->type == CLUE_IPV4 ? 0 : CLUE_E_SHAPE;
}

static bool is_mapped(const uint8_t *bytes)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return !memcmp(bytes, prefix, sizeof(prefix));
}

int clue_make_ipv6_net(struct str s, struct clue *ret)
{
    uint8_t bytes[17];
    unsigned bits;
    int r, fault;

    if (s.len > 2 && s.at[0] == '[' && s.at[s.len - 1] == ']')
        s = (struct str){s.at + 1, s.len - 2};
    r = cut_prefix(s, IPV6_BITS, &s, &bits);
    fault = clue_parse_ipv6(s, bytes);
    if (fault || r)
        return fault ? fault : CLUE_E_RANGE;
    if (is_mapped(bytes) && bits >= IPV6_BITS - IPV4_BITS) {
        bytes[16] = (uint8_t)(bits - (IPV6_BITS - IPV4_BITS));
        if (bits == IPV6_BITS)
            return finish(ret, CLUE_IPV4, bytes + 12, 4);
        clue_mask(bytes + 12, 4, bytes[16]);
        return finish(ret, CLUE_IPV4_NET, bytes + 12, 5);
    }
    if (bits == IPV6_BITS)
        return finish(ret, CLUE_IPV6, bytes, 16);
    clue_mask(bytes, 16, bits);
    bytes[16] = (uint8_t)bits;
    return finish(ret, CLUE_IPV6_NET, bytes, 17);
}

int clue_make_ipv6(struct str s, struct clue *ret)
{
    int r = clue_make_ipv6_net(s, ret);

    return r ? r : ret->type == CLUE_IPV6 || ret->type == CLUE_IPV4 ? 0 : CLUE_E_SHAPE;
}

/* AS64496, ASN 64496, 64496 with AS; AS1.10 is the older way of writing 65546. */
int clue_make_asn(struct str s, struct clue *ret)
{
    uint64_t high = 0, low;
    struct str head;
    uint8_t bytes[4];

    if (s.len < 3 || !str_eq_nocase((struct str){s.at, 2}, STR("AS")))
        return CLUE_E_SHAPE;
    s = (struct str){s.at + 2, s.len - 2};
    if ((s.at[0] | 0x20) == 'n')
        s = (struct str){s.at + 1, s.len - 1};
    s = str_trim(s);
    if (s.len && memchr(s.at, '.', s.len)) {
        if (!str_split(&s, '.', &head) || str_to_u64(head, 0, 65535, &high) ||
            str_to_u64(s, 0, 65535, &low))
            return CLUE_E_SHAPE;
    } else {
        switch (str_to_u64(s, 0, UINT32_MAX, &low)) {
        case 0:
            break;
        case STR_E_RANGE:
            return CLUE_E_RANGE;
        default:
            return CLUE_E_SHAPE;
        }
    }
    low += high << 16;
    if (low == 0)
        return CLUE_E_RANGE;
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(low >> (8 * (3 - i)));
    return finish(ret, CLUE_ASN, bytes, 4);
}

int clue_print_ipv6(const uint8_t bytes[16], struct buf *out)
{
    char text[INET6_ADDRSTRLEN];

    return inet_ntop(AF_INET6, bytes, text, sizeof(text)) ? buf_add_text(out, text) : -EINVAL;
}

static int print_ipv4(const uint8_t *at, struct buf *out)
{
    return buf_printf(out, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
}

int clue_show_net(const struct clue *v, struct buf *out)
{
    const uint8_t *at = (const uint8_t *)v->bytes.at;
    int r;

    switch (v->type) {
    case CLUE_IPV4:
        return print_ipv4(at, out);
    case CLUE_IPV4_NET:
        r = print_ipv4(at, out);
        return r ? ERR(r) : buf_printf(out, "/%u", at[4]);
    case CLUE_IPV6:
        return clue_print_ipv6(at, out);
    case CLUE_IPV6_NET:
        r = clue_print_ipv6(at, out);
        return r ? ERR(r) : buf_printf(out, "/%u", at[16]);
    default:
        return buf_printf(out, "AS%u",
                          (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 |
                              at[3]);
    }
}
