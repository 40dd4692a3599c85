/* Digests of files that are alike when the files are: ssdeep and TLSH, read and compared (doc/design/intelligence.md, CO6). The rules were written anew
 * from what is published of both; nothing computes a digest here.
 *
 *     ssdeep  BLOCKSIZE:PIECES:PIECES    block size 3 * 2^n, pieces of at most 64 letters of base64 for it and for its double      score 0 to 100
 *     TLSH    [T1]70 hexadecimal digits  checksum, length, quartiles, 128 buckets of two bits; either case                        distance, 0: equal
 *
 * As values both are found by keys that two near ones share: intel/clue-keys.h.
 * Owner    values.
 * Threads  any. Comparing takes some thousand steps at most. */
#pragma once

#include "base/buf.h"

enum {
    FUZZY_E_SHAPE = 1, /* it is no digest of that kind */
    FUZZY_E_RANGE,     /* a block size that is none, or more pieces than there may be */
};

/* ---- ssdeep ---- */

#define SSDEEP_PIECES_MAX 64u
#define SSDEEP_GRAM 7u /* letters in a row that two digests must share to be alike at all */
#define SSDEEP_BLOCK_MIN 3u
#define SSDEEP_BLOCK_MAX 0xc0000000u /* 3 * 2^30 */

struct ssdeep {
    uint32_t block_size;
    struct ssdeep_pieces {
        uint8_t n;
        char at[SSDEEP_PIECES_MAX]; /* of letters that stand more than three times in a row three are kept */
    } pieces[2]; /* for the block size, and for its double */
};
/* A file's name behind a comma is passed over. 0, FUZZY_E_*; *ret is untouched then. */
MUST_CHECK int ssdeep_read(struct str text, struct ssdeep *ret);
/* It is one whatever it stands in: 24 letters and more, three at least in the second row, small, capital and digits among them. */
bool ssdeep_is_certain(struct str text);
/* 0: not alike; 100: equal, or as good as. Block sizes that are neither equal nor one the other's double are never alike. */
unsigned ssdeep_score(const struct ssdeep *a, const struct ssdeep *b);
/* What two digests with a score above 0 have in common at least once, unless they are equal: (block size, seven letters), of both kinds of pieces. For
 * postings. */
#define SSDEEP_GRAMS_MAX (2 * (SSDEEP_PIECES_MAX - SSDEEP_GRAM + 1))
struct ssdeep_gram {
    uint64_t block_size; /* the double of the greatest is beyond 32 bits */
    char at[SSDEEP_GRAM];
};
/* How many were written. */
unsigned ssdeep_grams(const struct ssdeep *d, struct ssdeep_gram ret[SSDEEP_GRAMS_MAX]);

/* ---- TLSH ---- */

struct tlsh {
    uint8_t checksum, length, quartiles[2]; /* length: its logarithm; quartiles: ratios, 0 to 15 */
    uint8_t body[32];
};
#define TLSH_BYTES 35u
#define TLSH_DIGITS (2 * TLSH_BYTES) /* without T1 */
MUST_CHECK int tlsh_read(struct str text, struct tlsh *ret);
/* Its bytes as the digits say them, which are the value's. 0, FUZZY_E_SHAPE. */
MUST_CHECK int tlsh_parse(struct str text, uint8_t ret[TLSH_BYTES]);
struct tlsh tlsh_of(const uint8_t bytes[TLSH_BYTES]);
/* `with_length` false: files of other lengths are not farther for that alone. */
unsigned tlsh_distance(const struct tlsh *a, const struct tlsh *b, bool with_length);
