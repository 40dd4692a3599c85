#include "intel/fuzzy.h"

#include "base/codec.h"

#include <stdlib.h>

/* ---- ssdeep: reading ---- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* What stands more than three times in a row tells of nothing but a long run of one byte. */
static int read_pieces(struct str text, struct ssdeep_pieces *ret)
{
    ret->n = 0;
    if (text.len > SSDEEP_PIECES_MAX)
        return FUZZY_E_RANGE;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.at[i]))
            return FUZZY_E_SHAPE;
        if (i < 3 || text.at[i] != text.at[i - 1] || text.at[i] != text.at[i - 2] || text.at[i] != text.at[i - 3])
            ret->at[ret->n++] = text.at[i];
    }
    return 0;
}

static bool is_block_size(uint64_t n)
{
    while (n > SSDEEP_BLOCK_MIN && n % 2 == 0)
        n /= 2;
    return n == SSDEEP_BLOCK_MIN;
}

int ssdeep_read(struct str text, struct ssdeep *ret)
{
    struct ssdeep d = {0};
    struct str rest = text, size, first, second;
    const char *comma;
    uint64_t n;
    int r;

    if (!str_split(&rest, ':', &size) || !str_split(&rest, ':', &first) || !rest.at)
        return FUZZY_E_SHAPE;
    second = rest;
    comma = second.len ? memchr(second.at, ',', second.len) : NULL;
    if (comma)
        second.len = (size_t)(comma - second.at);
    r = str_to_u64(size, SSDEEP_BLOCK_MIN, SSDEEP_BLOCK_MAX, &n);
    if (r)
        return r == STR_E_RANGE ? FUZZY_E_RANGE : FUZZY_E_SHAPE;
    if (!is_block_size(n))
        return FUZZY_E_RANGE;
    d.block_size = (uint32_t)n;
    r = read_pieces(first, &d.pieces[0]);
    if (!r)
        r = read_pieces(second, &d.pieces[1]);
    if (!r)
        *ret = d;
    return r;
}

bool ssdeep_is_certain(struct str text)
{
    bool small = false, capital = false, digit = false;
    struct ssdeep d;

    if (!text.len || text.at[0] < '1' || text.at[0] > '9' || ssdeep_read(text, &d) || d.pieces[1].n < 3 || d.pieces[0].n + d.pieces[1].n < 24)
        return false;
    for (unsigned p = 0; p < 2; p++)
        for (unsigned i = 0; i < d.pieces[p].n; i++) {
            char c = d.pieces[p].at[i];

            small = small || (c >= 'a' && c <= 'z');
            capital = capital || (c >= 'A' && c <= 'Z');
            digit = digit || (c >= '0' && c <= '9');
        }
    return small && capital && digit;
}

/* ---- ssdeep: comparing ---- */

static bool share_gram(const struct ssdeep_pieces *a, const struct ssdeep_pieces *b)
{
    for (unsigned i = 0; i + SSDEEP_GRAM <= a->n; i++)
        for (unsigned k = 0; k + SSDEEP_GRAM <= b->n; k++)
            if (!memcmp(a->at + i, b->at + k, SSDEEP_GRAM))
                return true;
    return false;
}

/* Letters to take out and to put in; one for another costs both. */
static unsigned edits(const struct ssdeep_pieces *a, const struct ssdeep_pieces *b)
{
    unsigned row[SSDEEP_PIECES_MAX + 1];

    for (unsigned k = 0; k <= b->n; k++)
        row[k] = k;
    for (unsigned i = 1; i <= a->n; i++) {
        unsigned before = row[0]; /* of the row above, one to the left */

        row[0] = i;
        for (unsigned k = 1; k <= b->n; k++) {
            unsigned above = row[k], least = MIN_OF(above, row[k - 1]) + 1;

            row[k] = a->at[i - 1] == b->at[k - 1] ? MIN_OF(before, least) : least;
            before = above;
        }
    }
    return row[b->n];
}

/* Short pieces of small blocks tell little, so they count for no more than that. */
static unsigned score_of(const struct ssdeep_pieces *a, const struct ssdeep_pieces *b, uint64_t block_size)
{
    uint64_t most = block_size / SSDEEP_BLOCK_MIN * MIN_OF(a->n, b->n);
    unsigned score;

    if (!share_gram(a, b))
        return 0;
    score = edits(a, b) * SSDEEP_PIECES_MAX / ((unsigned)a->n + b->n);
    score = 100 - 100 * score / SSDEEP_PIECES_MAX;
    return score > most ? (unsigned)most : score;
}

static bool is_equal(const struct ssdeep_pieces *a, const struct ssdeep_pieces *b)
{
    return a->n == b->n && !memcmp(a->at, b->at, a->n);
}

unsigned ssdeep_score(const struct ssdeep *a, const struct ssdeep *b)
{
    uint64_t n = a->block_size, m = b->block_size;

    if (n == m) {
        unsigned first, second;

        if (is_equal(&a->pieces[0], &b->pieces[0]) && is_equal(&a->pieces[1], &b->pieces[1]))
            return 100;
        first = score_of(&a->pieces[0], &b->pieces[0], n);
        second = score_of(&a->pieces[1], &b->pieces[1], 2 * n);
        return MAX_OF(first, second);
    }
    if (n == 2 * m)
        return score_of(&a->pieces[0], &b->pieces[1], n);
    return m == 2 * n ? score_of(&a->pieces[1], &b->pieces[0], m) : 0;
}

unsigned ssdeep_grams(const struct ssdeep *d, struct ssdeep_gram ret[SSDEEP_GRAMS_MAX])
{
    unsigned n = 0;

    for (unsigned p = 0; p < 2; p++)
        for (unsigned i = 0; i + SSDEEP_GRAM <= d->pieces[p].n; i++) {
            ret[n].block_size = (uint64_t)d->block_size << p;
            memcpy(ret[n++].at, d->pieces[p].at + i, SSDEEP_GRAM);
        }
    return n;
}

/* ---- TLSH ---- */

/* The digest writes the halves of these bytes the other way round. */
static uint8_t turned(uint8_t byte)
{
    return (uint8_t)(byte << 4 | byte >> 4);
}

int tlsh_parse(struct str text, uint8_t ret[TLSH_BYTES])
{
    if (text.len == TLSH_DIGITS + 2 && (text.at[0] == 'T' || text.at[0] == 't') && text.at[1] == '1')
        text = (struct str){text.at + 2, text.len - 2};
    return text.len != TLSH_DIGITS || hex_parse(text, ret, TLSH_BYTES) ? FUZZY_E_SHAPE : 0;
}

struct tlsh tlsh_of(const uint8_t bytes[TLSH_BYTES])
{
    struct tlsh t = {.checksum = turned(bytes[0]), .length = turned(bytes[1]), .quartiles = {bytes[2] >> 4, bytes[2] & 15}};

    memcpy(t.body, bytes + 3, sizeof(t.body));
    return t;
}

int tlsh_read(struct str text, struct tlsh *ret)
{
    uint8_t bytes[TLSH_BYTES];
    int r = tlsh_parse(text, bytes);

    if (!r)
        *ret = tlsh_of(bytes);
    return r;
}

/* On a ring of so many places. */
static unsigned apart(unsigned a, unsigned b, unsigned places)
{
    unsigned way = a > b ? a - b : b - a;

    return MIN_OF(way, places - way);
}

static unsigned apart_in_body(uint8_t a, uint8_t b)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < 8; i += 2) {
        unsigned x = a >> i & 3, y = b >> i & 3, way = x > y ? x - y : y - x;

        sum += way == 3 ? 6 : way;
    }
    return sum;
}

unsigned tlsh_distance(const struct tlsh *a, const struct tlsh *b, bool with_length)
{
    unsigned sum = a->checksum != b->checksum, way = apart(a->length, b->length, 256);

    if (with_length)
        sum += way <= 1 ? way : 12 * way;
    for (int i = 0; i < 2; i++) {
        way = apart(a->quartiles[i], b->quartiles[i], 16);
        sum += way <= 1 ? way : 12 * (way - 1);
    }
    for (size_t i = 0; i < sizeof(a->body); i++)
        sum += apart_in_body(a->body[i], b->body[i]);
    return sum;
}
