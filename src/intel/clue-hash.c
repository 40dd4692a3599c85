/* Digests of files, fuzzy ones (intel/fuzzy.h) among them, and fingerprints and serial numbers of certificates. */
#include "intel/clue-inside.h"

#include "base/codec.h"
#include "intel/fuzzy.h"

#define DIGEST_MAX 64u
#define SERIAL_MAX 20u /* RFC 5280, 4.1.2.2 */

static const struct {
    enum clue_type type;
    size_t size; /* bytes */
} hashes[] = {{CLUE_MD5, 16},    {CLUE_SHA1, 20},   {CLUE_SHA224, 28},
              {CLUE_SHA256, 32}, {CLUE_SHA384, 48}, {CLUE_SHA512, 64}};

enum clue_type clue_hash_of(size_t n_digits)
{
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        if (n_digits == 2 * hashes[i].size)
            return hashes[i].type;
    return CLUE_NONE;
}

int clue_make_hash(enum clue_type type, struct str s, struct clue *ret)
{
    uint8_t bytes[DIGEST_MAX];

    if (clue_hash_of(s.len) != type || hex_parse(s, bytes, s.len / 2))
        return CLUE_E_SHAPE;
    return buf_add(&ret->bytes, bytes, s.len / 2);
}

/* Pairs of hexadecimal digits, together or with one ':' or blank between each two; at most `max` bytes. */
static int read_pairs(struct str s, uint8_t *bytes, size_t max, size_t *ret_n)
{
    char separator = s.len > 2 && (s.at[2] == ':' || s.at[2] == ' ') ? s.at[2] : 0;
    size_t step = separator ? 3 : 2, n = 0;

    if (!s.len || (s.len + (separator ? 1 : 0)) % step)
        return CLUE_E_SHAPE;
    for (size_t at = 0; at < s.len; at += step, n++) {
        int high = hex_digit(s.at[at]), low = hex_digit(s.at[at + 1]);

        if (high < 0 || low < 0 || (separator && at + 2 < s.len && s.at[at + 2] != separator))
            return CLUE_E_SHAPE;
        if (n == max)
            return CLUE_E_LONG;
        bytes[n] = (uint8_t)(high << 4 | low);
    }
    *ret_n = n;
    return 0;
}

int clue_make_cert_digest(struct str s, struct clue *ret)
{
    uint8_t bytes[DIGEST_MAX];
    size_t n;
    int r = read_pairs(s, bytes, sizeof(bytes), &n);

    if (r || (n != 16 && n != 20 && n != 32))
        return CLUE_E_SHAPE;
    return buf_add(&ret->bytes, bytes, n);
}

int clue_make_cert_serial(struct str s, struct clue *ret)
{
    uint8_t bytes[SERIAL_MAX + 1]; /* a positive number may need a byte of zeros before it */
    size_t n, zeros = 0;
    int r;

    if (s.len > 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x')
        s = (struct str){s.at + 2, s.len - 2};
    r = read_pairs(s, bytes, sizeof(bytes), &n);
    if (r)
        return r;
    while (zeros < n && !bytes[zeros])
        zeros++;
    if (zeros == n)
        return CLUE_E_RANGE;
    return n - zeros > SERIAL_MAX ? CLUE_E_LONG : buf_add(&ret->bytes, bytes + zeros, n - zeros);
}

int clue_show_pairs(struct str bytes, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; i < bytes.len && !r; i++)
        r = buf_printf(out, "%s%02x", i ? ":" : "", (unsigned char)bytes.at[i]);
    return r;
}

static int fault_of(int r)
{
    return r == FUZZY_E_RANGE ? CLUE_E_RANGE : CLUE_E_SHAPE;
}

/* Without the file's name that ssdeep puts behind it. */
int clue_make_ssdeep(struct str s, struct clue *ret)
{
    struct ssdeep d;
    int r = ssdeep_read(s, &d);

    if (r)
        return fault_of(r);
    return buf_printf(&ret->bytes, "%u:%.*s:%.*s", d.block_size, d.pieces[0].n, d.pieces[0].at, d.pieces[1].n, d.pieces[1].at);
}

int clue_make_tlsh(struct str s, struct clue *ret)
{
    uint8_t bytes[TLSH_BYTES];
    int r = tlsh_parse(s, bytes);

    return r ? fault_of(r) : buf_add(&ret->bytes, bytes, sizeof(bytes));
}

int clue_show_tlsh(struct str bytes, struct buf *out)
{
    int r = buf_add_text(out, "T1");

    for (size_t i = 0; i < bytes.len && !r; i++)
        r = buf_printf(out, "%02X", (unsigned char)bytes.at[i]);
    return r;
}
