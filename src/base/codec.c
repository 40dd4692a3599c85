#include "base/codec.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

static const char HEX_DIGITS[] = "0123456789abcdef";
static const char BASE64_DIGITS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- hex ---- */

static void print_digits(const unsigned char *in, size_t len, char *at)
{
    for (size_t i = 0; i < len; i++) {
        at[2 * i] = HEX_DIGITS[in[i] >> 4];
        at[2 * i + 1] = HEX_DIGITS[in[i] & 15];
    }
}

struct digest_text digest_text(const struct digest *d)
{
    struct digest_text text = {0};

    print_digits(d->bytes, SHA256_SIZE, text.at);
    return text;
}

int hex_print(const void *bytes, size_t len, struct buf *out)
{
    char *at;

    if (len > SIZE_MAX / 2)
        return -ENOSPC;
    at = buf_grow(out, 2 * len);
    if (at == NULL)
        return buf_error(out);
    print_digits(bytes, len, at);
    return 0;
}

#define IS_HEX 16u

/* The number of a digit and IS_HEX; 0: it is none. */
static const uint8_t hex_digits[256] = {
    ['0'] = IS_HEX,      ['1'] = IS_HEX | 1,  ['2'] = IS_HEX | 2,  ['3'] = IS_HEX | 3,
    ['4'] = IS_HEX | 4,  ['5'] = IS_HEX | 5,  ['6'] = IS_HEX | 6,  ['7'] = IS_HEX | 7,
    ['8'] = IS_HEX | 8,  ['9'] = IS_HEX | 9,  ['a'] = IS_HEX | 10, ['b'] = IS_HEX | 11,
    ['c'] = IS_HEX | 12, ['d'] = IS_HEX | 13, ['e'] = IS_HEX | 14, ['f'] = IS_HEX | 15,
    ['A'] = IS_HEX | 10, ['B'] = IS_HEX | 11, ['C'] = IS_HEX | 12, ['D'] = IS_HEX | 13,
    ['E'] = IS_HEX | 14, ['F'] = IS_HEX | 15,
};

int hex_digit(char c)
{
    uint8_t digit = hex_digits[(unsigned char)c];

    return digit ? digit & 15 : -1;
}

int hex_parse(struct str s, void *ret_bytes, size_t size)
{
    const unsigned char *in = (const unsigned char *)s.at;
    unsigned char *out = ret_bytes;
    uint8_t all = IS_HEX;

    if (s.len % 2 != 0 || s.len / 2 != size)
        return CODEC_E_SYNTAX;
    for (size_t i = 0; i < s.len; i++)
        all &= hex_digits[in[i]];
    if (!(all & IS_HEX))
        return CODEC_E_SYNTAX;
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)(hex_digits[in[2 * i]] << 4 | (hex_digits[in[2 * i + 1]] & 15));
    return 0;
}

/* ---- base64 ---- */

int base64_print(const void *bytes, size_t len, struct buf *out)
{
    const unsigned char *in = bytes;
    size_t groups = len / 3 + (len % 3 != 0);
    char *at;

    if (groups > SIZE_MAX / 4)
        return -ENOSPC;
    at = buf_grow(out, 4 * groups);
    if (at == NULL)
        return buf_error(out);
    for (size_t i = 0; i < len; i += 3, at += 4) {
        size_t left = len - i;
        uint32_t v = (uint32_t)in[i] << 16;

        if (left > 1)
            v |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            v |= in[i + 2];
        at[0] = BASE64_DIGITS[v >> 18];
        at[1] = BASE64_DIGITS[v >> 12 & 63];
        at[2] = left > 1 ? BASE64_DIGITS[v >> 6 & 63] : '=';
        at[3] = left > 2 ? BASE64_DIGITS[v & 63] : '=';
    }
    return 0;
}

/* 1 more than each digit's value; 0: it is none. A table, for files come in so. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* 0..63, or -1. */
static int base64_value(char c)
{
    return base64_values[(unsigned char)c] - 1;
}

/* Digits before the padding; SIZE_MAX when the text is not base64. */
static size_t base64_digits(struct str s)
{
    size_t n = s.len;

    if (s.len % 4 != 0)
        return SIZE_MAX;
    while (n > 0 && s.len - n < 2 && s.at[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        if (base64_value(s.at[i]) < 0)
            return SIZE_MAX;
    }
    /* Bits of the last digit that no byte takes must be zero, or one value would have several spellings. */
    if (n % 4 == 2 && (base64_value(s.at[n - 1]) & 15) != 0)
        return SIZE_MAX;
    if (n % 4 == 3 && (base64_value(s.at[n - 1]) & 3) != 0)
        return SIZE_MAX;
    return n;
}

int base64_parse(struct str s, struct buf *ret_out)
{
    size_t n = base64_digits(s);
    unsigned char *out;
    uint32_t bits = 0;
    size_t whole = 0; /* digits in groups of four */

    if (n == SIZE_MAX)
        return CODEC_E_SYNTAX;
    out = buf_grow(ret_out, n / 4 * 3 + (n % 4 > 0 ? n % 4 - 1 : 0));
    if (out == NULL)
        return buf_error(ret_out);
    for (; whole + 4 <= n; whole += 4, out += 3) {
        for (size_t i = 0; i < 4; i++)
            bits = bits << 6 | (uint32_t)base64_value(s.at[whole + i]);
        out[0] = (unsigned char)(bits >> 16);
        out[1] = (unsigned char)(bits >> 8);
        out[2] = (unsigned char)bits;
    }
    for (size_t i = whole; i < n; i++) {
        bits = bits << 6 | (uint32_t)base64_value(s.at[i]);
        if (i % 4 == 1)
            *out++ = (unsigned char)(bits >> 4);
        else if (i % 4 == 2)
            *out++ = (unsigned char)(bits >> 2);
    }
    return 0;
}

/* ---- digests ---- */

/* Looked up once per process: a lookup costs more than hashing a short leaf. Written under pthread_once() and constant
 * from then on. */
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256_method;

static void sha256_lookup(void)
{
    sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* NULL: out of memory. */
static EVP_MD_CTX *sha256_begin(void)
{
    EVP_MD_CTX *ctx;

    if (pthread_once(&sha256_once, sha256_lookup) != 0 || sha256_method == NULL)
        return NULL;
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL || EVP_DigestInit_ex2(ctx, sha256_method, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static void sha256_more(EVP_MD_CTX *ctx, struct str s)
{
    if (s.len > 0 && EVP_DigestUpdate(ctx, s.at, s.len) != 1)
        abort();
}

static struct digest sha256_finish(EVP_MD_CTX *ctx)
{
    struct digest d;
    unsigned len = 0;

    if (EVP_DigestFinal_ex(ctx, d.bytes, &len) != 1 || len != SHA256_SIZE)
        abort();
    EVP_MD_CTX_free(ctx);
    return d;
}

/* Slower than OpenSSL's, which asks for memory, and so for when there is none. */
static struct digest sha256_without_memory(const struct str *pieces, size_t n)
{
    crypto_hash_sha256_state state;
    struct digest d;

    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < n; i++)
        if (pieces[i].len > 0)
            crypto_hash_sha256_update(&state, (const unsigned char *)pieces[i].at, pieces[i].len);
    crypto_hash_sha256_final(&state, d.bytes);
    return d;
}

struct digest sha256_3(struct str a, struct str b, struct str c)
{
    EVP_MD_CTX *ctx = sha256_begin();

    if (ctx == NULL)
        return sha256_without_memory((const struct str[]){a, b, c}, 3);
    sha256_more(ctx, a);
    sha256_more(ctx, b);
    sha256_more(ctx, c);
    return sha256_finish(ctx);
}

struct digest sha256(struct str a)
{
    return sha256_3(a, STR_NONE, STR_NONE);
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, SHA256_SIZE) == 0;
}

struct sha256_state {
    EVP_MD_CTX *ctx;
};

struct sha256_state *sha256_new(void)
{
    struct sha256_state *s = malloc(sizeof(*s));

    if (s == NULL)
        return NULL;
    s->ctx = sha256_begin();
    if (s->ctx == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void sha256_add(struct sha256_state *s, struct str bytes)
{
    sha256_more(s->ctx, bytes);
}

struct digest sha256_end(struct sha256_state *s)
{
    struct digest d = sha256_finish(s->ctx);

    free(s);
    return d;
}

/* ---- randomness ---- */

int crypto_start(void)
{
    return sodium_init() < 0 || pthread_once(&sha256_once, sha256_lookup) != 0 ||
                   sha256_method == NULL
               ? -EIO
               : 0;
}

void random_fill(void *bytes, size_t len)
{
    randombytes_buf(bytes, len);
}
