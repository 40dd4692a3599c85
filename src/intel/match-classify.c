#include "intel/match-classify.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* into each way */

enum {
    IS_TOKEN = 1,
    IS_DOT = 2,
    IS_JOINT = 4,
    IS_DIGIT = 8,
    IS_HEX = 16,
    IS_COLON = 32,
    IS_SLASH = 64,
    IS_AT = 128,
};

static const uint8_t kinds[256] = {
    ['0' ... '9'] = IS_TOKEN | IS_DIGIT | IS_HEX,
    ['A' ... 'F'] = IS_TOKEN | IS_HEX,
    ['a' ... 'f'] = IS_TOKEN | IS_HEX,
    ['G' ... 'Z'] = IS_TOKEN,
    ['g' ... 'z'] = IS_TOKEN,
    ['_'] = IS_TOKEN,
    ['-'] = IS_TOKEN | IS_JOINT,
    ['.'] = IS_TOKEN | IS_DOT | IS_JOINT,
    [':'] = IS_COLON,
    ['/'] = IS_SLASH,
    ['@'] = IS_AT,
};

/* ---- what follows ---- */

#define LANES 8u
/* Of so many blocks at once. In memory they lie anywhere. No function takes or gives one and nobody takes the address of one: how they are passed hangs on
 * the processor that is compiled for, and a frame that a sanitizer lays out does not align them. */
typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t)), may_alias));
typedef uint64_t loose_lanes
    __attribute__((vector_size(LANES * sizeof(uint64_t)), aligned(sizeof(uint64_t)), may_alias));

static_assert(CLASSIFY_STRIP % LANES == 0, "whole vectors");

/* From block `i` on; or of the one before the first in the last lane. */
#define LOAD(bits, i) (*(const loose_lanes *)((bits) + (i)))
#define STORE(bits, i, value) (*(loose_lanes *)((bits) + (i)) = (value))
#define FIRST(bits) ((lanes){0, 0, 0, 0, 0, 0, 0, (bits)[0]})

#if defined(__clang__)
#define BEFORE(now, before) __builtin_shufflevector(before, now, 7, 8, 9, 10, 11, 12, 13, 14)
#else
#define BEFORE(now, before) __builtin_shuffle(before, now, (lanes){7, 8, 9, 10, 11, 12, 13, 14})
#endif
/* Each bit of `row` goes `n` places on, into the next block where it has to; row_before is `row` of the blocks before. */
#define ON(row, n) ((row) << (n) | BEFORE(row, row##_before) >> (64 - (n)))

/* What stands behind one, two or three digits behind the bits of `row`, when `one`, `two`, `three` say where so many digits stand before. */
#define BEHIND_NUMBER(row) (one & (ON(row, 2) | (two & (ON(row, 3) | (three & ON(row, 4))))))

/* Behind the last block, what comes out is of no use and is not used. */
static ALWAYS_INLINE void conclude(size_t n, struct classified *c)
{
    lanes dot_before = FIRST(c->dot), joint_before = FIRST(c->joint),
          digit_before = FIRST(c->digit), colon_before = FIRST(c->colon),
          slash_before = FIRST(c->slash), second_before = FIRST(c->second_slash),
          first_before = FIRST(c->octets[0]), other_before = FIRST(c->octets[1]),
          third_before = FIRST(c->octets[2]);

    for (size_t i = 1; i <= n; i += LANES) {
        lanes token = LOAD(c->token, i), dot = LOAD(c->dot, i), joint = LOAD(c->joint, i),
              digit = LOAD(c->digit, i), colon = LOAD(c->colon, i), slash = LOAD(c->slash, i),
              plain = token & ~joint, second = slash & ON(slash, 1) & ON(colon, 2),
              behind = ON(second, 1), one = ON(digit, 1), two = ON(digit, 2), three = ON(digit, 3),
              first = dot & one, other = dot & BEHIND_NUMBER(first),
              third = dot & BEHIND_NUMBER(other);

        STORE(c->edge, i, ~token | dot);
        STORE(c->unnumber, i, ~(digit | dot));
        STORE(c->lettered, i, plain & ~digit & ON(dot, 1));
        STORE(c->path, i, slash & ~ON(joint, 1));
        STORE(c->second_slash, i, second);
        STORE(c->host, i, behind & plain);
        STORE(c->odd_host, i, behind & ~plain);
        STORE(c->octets[0], i, first);
        STORE(c->octets[1], i, other);
        STORE(c->octets[2], i, third);
        STORE(c->address, i, BEHIND_NUMBER(third) & ~plain);
        dot_before = dot;
        joint_before = joint;
        digit_before = digit;
        colon_before = colon;
        slash_before = slash;
        second_before = second;
        first_before = first;
        other_before = other;
        third_before = third;
    }
}

/* ---- kinds ---- */

static void by_table(const char *text, size_t n, struct classified *c)
{
    for (size_t b = 1; b <= n; b++) {
        c->token[b] = c->dot[b] = c->joint[b] = c->digit[b] = c->hex[b] = 0;
        c->colon[b] = c->slash[b] = c->at[b] = 0;
        for (unsigned i = 0; i < CLASSIFY_BLOCK; i++) {
            uint64_t kind = kinds[(unsigned char)*text++];

            c->token[b] |= (kind & 1) << i;
            c->dot[b] |= (kind >> 1 & 1) << i;
            c->joint[b] |= (kind >> 2 & 1) << i;
            c->digit[b] |= (kind >> 3 & 1) << i;
            c->hex[b] |= (kind >> 4 & 1) << i;
            c->colon[b] |= (kind >> 5 & 1) << i;
            c->slash[b] |= (kind >> 6 & 1) << i;
            c->at[b] |= (kind >> 7 & 1) << i;
        }
    }
    conclude(n, c);
}

#if defined(__x86_64__)

/* x - low <= high - low, unsigned: a subtraction that wraps, a minimum and a comparison. */
static void by_sse2(const char *text, size_t n, struct classified *c)
{
    const __m128i lower = _mm_set1_epi8(0x20), a = _mm_set1_epi8('a'), z = _mm_set1_epi8(25),
                  f = _mm_set1_epi8(5), zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);

    for (size_t b = 1; b <= n; b++) {
        uint64_t token = 0, dot = 0, joint = 0, digit = 0, hex = 0, colon = 0, slash = 0, at = 0;

        for (unsigned i = 0; i < CLASSIFY_BLOCK; i += 16, text += 16) {
            __m128i x = _mm_loadu_si128((const __m128i *)text),
                    l = _mm_sub_epi8(_mm_or_si128(x, lower), a), d = _mm_sub_epi8(x, zero),
                    is_letter = _mm_cmpeq_epi8(_mm_min_epu8(l, z), l),
                    is_digit = _mm_cmpeq_epi8(_mm_min_epu8(d, nine), d),
                    is_dot = _mm_cmpeq_epi8(x, _mm_set1_epi8('.')),
                    is_joint = _mm_or_si128(is_dot, _mm_cmpeq_epi8(x, _mm_set1_epi8('-'))),
                    is_hex = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(l, f), l), is_digit),
                    is_token =
                        _mm_or_si128(_mm_or_si128(is_letter, is_digit),
                                     _mm_or_si128(is_joint, _mm_cmpeq_epi8(x, _mm_set1_epi8('_'))));

            token |= (uint64_t)(unsigned)_mm_movemask_epi8(is_token) << i;
            dot |= (uint64_t)(unsigned)_mm_movemask_epi8(is_dot) << i;
            joint |= (uint64_t)(unsigned)_mm_movemask_epi8(is_joint) << i;
            digit |= (uint64_t)(unsigned)_mm_movemask_epi8(is_digit) << i;
            hex |= (uint64_t)(unsigned)_mm_movemask_epi8(is_hex) << i;
            colon |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(':')))
                     << i;
            slash |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('/')))
                     << i;
            at |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('@'))) << i;
        }
        c->token[b] = token;
        c->dot[b] = dot;
        c->joint[b] = joint;
        c->digit[b] = digit;
        c->hex[b] = hex;
        c->colon[b] = colon;
        c->slash[b] = slash;
        c->at[b] = at;
    }
    conclude(n, c);
}

/* The same, 32 bytes at once. */
__attribute__((target("avx2,bmi,bmi2"))) static void by_avx2(const char *text, size_t n,
                                                             struct classified *c)
{
    const __m256i lower = _mm256_set1_epi8(0x20), a = _mm256_set1_epi8('a'),
                  z = _mm256_set1_epi8(25), f = _mm256_set1_epi8(5), zero = _mm256_set1_epi8('0'),
                  nine = _mm256_set1_epi8(9), full_stop = _mm256_set1_epi8('.'),
                  dash = _mm256_set1_epi8('-'), under = _mm256_set1_epi8('_'),
                  colons = _mm256_set1_epi8(':'), slashes = _mm256_set1_epi8('/'),
                  ats = _mm256_set1_epi8('@');

    for (size_t b = 1; b <= n; b++) {
        uint64_t token = 0, dot = 0, joint = 0, digit = 0, hex = 0, colon = 0, slash = 0, at = 0;

        for (unsigned i = 0; i < CLASSIFY_BLOCK; i += 32, text += 32) {
            __m256i x = _mm256_loadu_si256((const __m256i *)text),
                    l = _mm256_sub_epi8(_mm256_or_si256(x, lower), a), d = _mm256_sub_epi8(x, zero),
                    is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(l, z), l),
                    is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(d, nine), d),
                    is_dot = _mm256_cmpeq_epi8(x, full_stop),
                    is_joint = _mm256_or_si256(is_dot, _mm256_cmpeq_epi8(x, dash)),
                    is_hex = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(l, f), l), is_digit),
                    is_token =
                        _mm256_or_si256(_mm256_or_si256(is_letter, is_digit),
                                        _mm256_or_si256(is_joint, _mm256_cmpeq_epi8(x, under)));

            token |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_token) << i;
            dot |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_dot) << i;
            joint |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_joint) << i;
            digit |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_digit) << i;
            hex |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_hex) << i;
            colon |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, colons)) << i;
            slash |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, slashes)) << i;
            at |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, ats)) << i;
        }
        c->token[b] = token;
        c->dot[b] = dot;
        c->joint[b] = joint;
        c->digit[b] = digit;
        c->hex[b] = hex;
        c->colon[b] = colon;
        c->slash[b] = slash;
        c->at[b] = at;
    }
    conclude(n, c);
}

/* A whole block at once: the kinds of a byte by one look into a table of 128. */
__attribute__((
    target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2"))) static void
by_avx512(const char *text, size_t n, struct classified *c)
{
    const __m512i low = _mm512_loadu_si512(kinds), high = _mm512_loadu_si512(kinds + 64);

    for (size_t b = 1; b <= n; b++, text += CLASSIFY_BLOCK) {
        __m512i x = _mm512_loadu_si512(text),
                kind = _mm512_maskz_permutex2var_epi8(~_mm512_movepi8_mask(x), low, x, high);

        c->token[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_TOKEN));
        c->dot[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_DOT));
        c->joint[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_JOINT));
        c->digit[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_DIGIT));
        c->hex[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_HEX));
        c->colon[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_COLON));
        c->slash[b] = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(IS_SLASH));
        c->at[b] = _mm512_movepi8_mask(kind);
    }
    conclude(n, c);
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#endif

void classify_begin(struct classified *c)
{
    memset(c, 0, sizeof(*c));
    c->edge[0] = c->unnumber[0] = UINT64_MAX;
}

void classify_go_on(struct classified *c, const struct classified *before, size_t n)
{
    c->token[0] = before->token[n];
    c->dot[0] = before->dot[n];
    c->joint[0] = before->joint[n];
    c->digit[0] = before->digit[n];
    c->colon[0] = before->colon[n];
    c->slash[0] = before->slash[n];
    c->second_slash[0] = before->second_slash[n];
    c->edge[0] = before->edge[n];
    c->unnumber[0] = before->unnumber[n];
    for (unsigned k = 0; k < 3; k++)
        c->octets[k][0] = before->octets[k][n];
}

static uint64_t count_slowly(struct str s)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < s.len; i++)
        lines += s.at[i] == '\n';
    return lines;
}

#if defined(__x86_64__)

/* Sums of bytes, which must not run over. */
#define COUNTED_MAX 255u

__attribute__((target("avx2"))) static uint64_t count_by_avx2(struct str s)
{
    const __m256i end = _mm256_set1_epi8('\n'), zero = _mm256_setzero_si256();
    uint64_t lines[4], n = s.len / 32;
    __m256i all = zero;

    for (size_t i = 0; i < n;) {
        size_t stop = i + MIN_OF(n - i, COUNTED_MAX);
        __m256i sum = zero;

        for (; i < stop; i++)
            sum = _mm256_sub_epi8(
                sum, _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(s.at + 32 * i)), end));
        all = _mm256_add_epi64(all, _mm256_sad_epu8(sum, zero));
    }
    memcpy(lines, &all, sizeof(lines));
    return lines[0] + lines[1] + lines[2] + lines[3] +
           count_slowly((struct str){s.at + 32 * n, s.len % 32});
}

#endif

uint64_t classify_count_lines(struct str s)
{
    if (!s.len)
        return 0;
#if defined(__x86_64__)
    if (has_avx2())
        return count_by_avx2(s);
#endif
    return count_slowly(s);
}

size_t classify_ways(struct classify_way ret[CLASSIFY_WAYS_MAX])
{
    size_t n = 0;

    ret[n++] = (struct classify_way){"table", by_table};
#if defined(__x86_64__)
    ret[n++] = (struct classify_way){"sse2", by_sse2};
    if (has_avx2())
        ret[n++] = (struct classify_way){"avx2", by_avx2};
    if (has_avx512())
        ret[n++] = (struct classify_way){"avx512", by_avx512};
#endif
    return n;
}

classify_fn *classify_best(void)
{
    struct classify_way at[CLASSIFY_WAYS_MAX];

    return at[classify_ways(at) - 1].run;
}
