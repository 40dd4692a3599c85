#include "fsck/fsck.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct sha256 {
    EVP_MD *method; /* looked up once: a lookup costs more than hashing an entry */
    EVP_MD_CTX *ctx;
};

static void need(bool ok)
{
    if (!ok)
        abort();
}

struct sha256 *sha256_new(void)
{
    struct sha256 *s = calloc(1, sizeof(*s));

    need(s != NULL);
    s->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->ctx = EVP_MD_CTX_new();
    need(s->method && s->ctx && EVP_DigestInit_ex2(s->ctx, s->method, NULL) == 1);
    return s;
}

void sha256_free(struct sha256 *s)
{
    if (!s)
        return;
    EVP_MD_CTX_free(s->ctx);
    EVP_MD_free(s->method);
    free(s);
}

void sha256_start(struct sha256 *s)
{
    need(EVP_DigestInit_ex2(s->ctx, NULL, NULL) == 1);
}

void sha256_add(struct sha256 *s, const void *at, size_t len)
{
    need(EVP_DigestUpdate(s->ctx, at, len) == 1);
}

struct hash sha256_end(struct sha256 *s)
{
    struct hash h;
    unsigned len = 0;

    need(EVP_DigestFinal_ex(s->ctx, h.bytes, &len) == 1 && len == HASH_SIZE);
    return h;
}

struct hash sha256_of(struct sha256 *s, const void *at, size_t len)
{
    sha256_start(s);
    sha256_add(s, at, len);
    return sha256_end(s);
}

struct hash hash_node(struct sha256 *s, const struct hash *left, const struct hash *right)
{
    uint8_t bytes[1 + 2 * HASH_SIZE];

    bytes[0] = 1;
    memcpy(bytes + 1, left->bytes, HASH_SIZE);
    memcpy(bytes + 1 + HASH_SIZE, right->bytes, HASH_SIZE);
    return sha256_of(s, bytes, sizeof(bytes));
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_SIZE) == 0;
}

/* One more than the value of a digit of base 16; 0 for what is none. */
static const uint8_t hex_plus_one[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hash_from_hex(struct slice hex, struct hash *ret)
{
    unsigned odd = 0;

    if (hex.len != 2 * (size_t)HASH_SIZE)
        return false;
    for (size_t i = 0; i < HASH_SIZE; i++) {
        unsigned high = hex_plus_one[(unsigned char)hex.at[2 * i]] - 1u,
                 low = hex_plus_one[(unsigned char)hex.at[2 * i + 1]] - 1u;

        odd |= high | low;
        ret->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return odd < 16;
}

void hash_to_hex(const struct hash *h, char ret[static 65])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH_SIZE; i++) {
        ret[2 * i] = digits[h->bytes[i] >> 4];
        ret[2 * i + 1] = digits[h->bytes[i] & 15];
    }
    ret[64] = '\0';
}

/* The root of a power of two of hashes. */
static struct hash fold_full(struct sha256 *s, const struct hash *at, unsigned n)
{
    struct hash row[WIDTH / 2];

    if (n == 1)
        return at[0];
    for (unsigned i = 0; i < n / 2; i++)
        row[i] = hash_node(s, &at[2 * i], &at[2 * i + 1]);
    for (n /= 4; n > 0; n /= 2)
        for (unsigned i = 0; i < n; i++)
            row[i] = hash_node(s, &row[2 * i], &row[2 * i + 1]);
    return row[0];
}

unsigned tower_push(struct tower *t, struct sha256 *s, const struct hash *leaf)
{
    struct hash h = *leaf;
    unsigned level = 0;

    t->size++;
    for (; level < LEVELS; level++) {
        t->at[level][t->width[level]++] = h;
        if (t->width[level] < WIDTH)
            break;
        h = fold_full(s, t->at[level], WIDTH);
        t->width[level] = 0;
    }
    return level;
}

/* The binary digits of the size are the binary digits of the widths: fold them from the smallest subtree upwards. */
struct hash tower_root(const struct tower *t, struct sha256 *s)
{
    struct hash r = {0};
    bool any = false;

    for (unsigned level = 0; level < LEVELS; level++) {
        unsigned end = t->width[level];

        for (unsigned bit = 1; bit < WIDTH; bit *= 2) {
            struct hash part;

            if (!(t->width[level] & bit))
                continue;
            end -= bit;
            part = fold_full(s, &t->at[level][end], bit);
            r = any ? hash_node(s, &part, &r) : part;
            any = true;
        }
    }
    return any ? r : sha256_of(s, "", 0);
}
