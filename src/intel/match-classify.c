#include "intel/match-classify.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { IS_TOKEN = 1, IS_DOT = 2, IS_COLON = 4, IS_SLASH = 8, IS_AT = 16, IS_HEX = 32 };

static const uint8_t kinds[256] = {
    ['0' ... '9'] = IS_TOKEN | IS_HEX,
    ['A' ... 'F'] = IS_TOKEN | IS_HEX,
    ['a' ... 'f'] = IS_TOKEN | IS_HEX,
    ['G' ... 'Z'] = IS_TOKEN,
    ['g' ... 'z'] = IS_TOKEN,
    ['_'] = IS_TOKEN,
    ['-'] = IS_TOKEN,
    ['.'] = IS_TOKEN | IS_DOT,
    [':'] = IS_COLON,
    ['/'] = IS_SLASH,
    ['@'] = IS_AT,
};

static void by_table(const char *text, size_t n, struct classified *ret)
{
    for (size_t b = 0; b < n; b++) {
        struct classified c = {0};

        for (unsigned i = 0; i < CLASSIFY_BLOCK; i++) {
            uint64_t kind = kinds[(unsigned char)text[b * CLASSIFY_BLOCK + i]];

            c.token |= (kind & 1) << i;
            c.dot |= (kind >> 1 & 1) << i;
            c.colon |= (kind >> 2 & 1) << i;
            c.slash |= (kind >> 3 & 1) << i;
            c.at |= (kind >> 4 & 1) << i;
            c.hex |= (kind >> 5 & 1) << i;
        }
        ret[b] = c;
    }
}

#if defined(__x86_64__)

/* x - low <= high - low, unsigned: a subtraction that wraps, a minimum and a comparison. */
static void by_sse2(const char *text, size_t n, struct classified *ret)
{
    const __m128i lower = _mm_set1_epi8(0x20), a = _mm_set1_epi8('a'), z = _mm_set1_epi8(25),
                  f = _mm_set1_epi8(5), zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);

    for (size_t b = 0; b < n; b++) {
        struct classified c = {0};

        for (unsigned i = 0; i < CLASSIFY_BLOCK; i += 16) {
            __m128i x = _mm_loadu_si128((const __m128i *)(text + b * CLASSIFY_BLOCK + i)),
                    l = _mm_sub_epi8(_mm_or_si128(x, lower), a), d = _mm_sub_epi8(x, zero),
                    is_letter = _mm_cmpeq_epi8(_mm_min_epu8(l, z), l),
                    is_digit = _mm_cmpeq_epi8(_mm_min_epu8(d, nine), d),
                    is_dot = _mm_cmpeq_epi8(x, _mm_set1_epi8('.')),
                    is_dash = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('-')),
                                           _mm_cmpeq_epi8(x, _mm_set1_epi8('_'))),
                    is_hex = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(l, f), l), is_digit),
                    is_token = _mm_or_si128(_mm_or_si128(is_letter, is_digit),
                                            _mm_or_si128(is_dot, is_dash));

            c.token |= (uint64_t)(unsigned)_mm_movemask_epi8(is_token) << i;
            c.dot |= (uint64_t)(unsigned)_mm_movemask_epi8(is_dot) << i;
            c.hex |= (uint64_t)(unsigned)_mm_movemask_epi8(is_hex) << i;
            c.colon |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(':')))
                       << i;
            c.slash |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('/')))
                       << i;
            c.at |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('@')))
                    << i;
        }
        ret[b] = c;
    }
}

/* The same, 32 bytes at once. */
__attribute__((target("avx2"))) static void by_avx2(const char *text, size_t n,
                                                    struct classified *ret)
{
    const __m256i lower = _mm256_set1_epi8(0x20), a = _mm256_set1_epi8('a'),
                  z = _mm256_set1_epi8(25), f = _mm256_set1_epi8(5), zero = _mm256_set1_epi8('0'),
                  nine = _mm256_set1_epi8(9), dot = _mm256_set1_epi8('.'),
                  dash = _mm256_set1_epi8('-'), under = _mm256_set1_epi8('_'),
                  colon = _mm256_set1_epi8(':'), slash = _mm256_set1_epi8('/'),
                  at = _mm256_set1_epi8('@');

    for (size_t b = 0; b < n; b++) {
        struct classified c = {0};

        for (unsigned i = 0; i < CLASSIFY_BLOCK; i += 32) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(text + b * CLASSIFY_BLOCK + i)),
                    l = _mm256_sub_epi8(_mm256_or_si256(x, lower), a), d = _mm256_sub_epi8(x, zero),
                    is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(l, z), l),
                    is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(d, nine), d),
                    is_dot = _mm256_cmpeq_epi8(x, dot),
                    is_dash =
                        _mm256_or_si256(_mm256_cmpeq_epi8(x, dash), _mm256_cmpeq_epi8(x, under)),
                    is_hex = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(l, f), l), is_digit),
                    is_token = _mm256_or_si256(_mm256_or_si256(is_letter, is_digit),
                                               _mm256_or_si256(is_dot, is_dash));

            c.token |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_token) << i;
            c.dot |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_dot) << i;
            c.hex |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_hex) << i;
            c.colon |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, colon)) << i;
            c.slash |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, slash)) << i;
            c.at |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, at)) << i;
        }
        ret[b] = c;
    }
}

#endif

static uint64_t count_slowly(const char *at, size_t n)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += at[i] == '\n';
    return lines;
}

uint64_t classify_count_lines(struct str s)
{
    size_t i = 0;
    uint64_t lines = 0;

#if defined(__x86_64__)
    const __m128i end = _mm_set1_epi8('\n');

    while (s.len - i >= 16) {
        size_t stop =
            i + MIN_OF((s.len - i) / 16, 255u) * 16; /* a sum of bytes must not run over */
        __m128i sum = _mm_setzero_si128();

        for (; i < stop; i += 16)
            sum = _mm_sub_epi8(sum,
                               _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(s.at + i)), end));
        sum = _mm_sad_epu8(sum, _mm_setzero_si128());
        lines +=
            (uint64_t)_mm_cvtsi128_si64(sum) + (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(sum, 8));
    }
#endif
    return i < s.len ? lines + count_slowly(s.at + i, s.len - i) : lines;
}

size_t classify_ways(struct classify_way ret[CLASSIFY_WAYS_MAX])
{
    size_t n = 0;

    ret[n++] = (struct classify_way){"table", by_table};
#if defined(__x86_64__)
    ret[n++] = (struct classify_way){"sse2", by_sse2};
    if (__builtin_cpu_supports("avx2"))
        ret[n++] = (struct classify_way){"avx2", by_avx2};
#endif
    return n;
}

classify_fn *classify_best(void)
{
    struct classify_way at[CLASSIFY_WAYS_MAX];

    return at[classify_ways(at) - 1].run;
}
