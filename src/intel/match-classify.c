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
/* Of so many blocks at once. In memory it lies anywhere. */
typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t)), may_alias));
typedef uint64_t loose_lanes
    __attribute__((vector_size(LANES * sizeof(uint64_t)), aligned(sizeof(uint64_t)), may_alias));

static_assert(CLASSIFY_STRIP % LANES == 0, "whole vectors");

/* Bits of eight blocks, and in the last lane of `before` those of the block before. */
struct row {
    lanes now, before;
};

#if defined(__clang__)
#define BEFORE(r) __builtin_shufflevector((r).before, (r).now, 7, 8, 9, 10, 11, 12, 13, 14)
#else
#define BEFORE(r) __builtin_shuffle((r).before, (r).now, (lanes){7, 8, 9, 10, 11, 12, 13, 14})
#endif
/* Each bit goes `n` places on, into the next block where it has to. */
#define ON(r, n) ((r).now << (n) | BEFORE(r) >> (64 - (n)))

static ALWAYS_INLINE void begin_row(struct row *r, const uint64_t *bits)
{
    r->before = (lanes){0, 0, 0, 0, 0, 0, 0, bits[0]};
}

static ALWAYS_INLINE void load_row(struct row *r, const uint64_t *bits, size_t i)
{
    r->now = *(const loose_lanes *)(bits + i);
}

static ALWAYS_INLINE void store(uint64_t *bits, size_t i, const lanes *from)
{
    *(loose_lanes *)(bits + i) = *from;
}

/* What stands behind one, two or three digits behind the bits of `dots`, when `one`, `two`, `three` say where so many digits stand before. */
#define BEHIND_NUMBER(dots) (one & (ON(dots, 2) | (two & (ON(dots, 3) | (three & ON(dots, 4))))))

/* Behind the last block, what comes out is of no use and is not used. */
static ALWAYS_INLINE void conclude(size_t n, struct classified *c)
{
    struct row dot, joint, digit, colon, slash, second, octets[3];

    begin_row(&dot, c->dot);
    begin_row(&joint, c->joint);
    begin_row(&digit, c->digit);
    begin_row(&colon, c->colon);
    begin_row(&slash, c->slash);
    begin_row(&second, c->second_slash);
    for (unsigned k = 0; k < 3; k++)
        begin_row(&octets[k], c->octets[k]);
    for (size_t i = 1; i <= n; i += LANES) {
        lanes token = *(const loose_lanes *)(c->token + i), plain, behind, one, two, three, out;

        load_row(&dot, c->dot, i);
        load_row(&joint, c->joint, i);
        load_row(&digit, c->digit, i);
        load_row(&colon, c->colon, i);
        load_row(&slash, c->slash, i);
        plain = token & ~joint.now;
        out = ~token | dot.now;
        store(c->edge, i, &out);
        out = ~(digit.now | dot.now);
        store(c->unnumber, i, &out);
        out = plain & ~digit.now & ON(dot, 1);
        store(c->lettered, i, &out);
        out = slash.now & ~ON(joint, 1);
        store(c->path, i, &out);
        second.now = slash.now & ON(slash, 1) & ON(colon, 2);
        store(c->second_slash, i, &second.now);
        behind = ON(second, 1);
        out = behind & plain;
        store(c->host, i, &out);
        out = behind & ~plain;
        store(c->odd_host, i, &out);
        one = ON(digit, 1);
        two = ON(digit, 2);
        three = ON(digit, 3);
        octets[0].now = dot.now & one;
        octets[1].now = dot.now & BEHIND_NUMBER(octets[0]);
        octets[2].now = dot.now & BEHIND_NUMBER(octets[1]);
        out = BEHIND_NUMBER(octets[2]) & ~plain;
        store(c->address, i, &out);
        dot.before = dot.now;
        joint.before = joint.now;
        digit.before = digit.now;
        colon.before = colon.now;
        slash.before = slash.now;
        second.before = second.now;
        for (unsigned k = 0; k < 3; k++) {
            store(c->octets[k], i, &octets[k].now);
            octets[k].before = octets[k].now;
        }
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
