/* ssdeep and TLSH: what is published of both as read and compared by their own programs, what is refused, and a slow comparison by the definition (CO6 of
 * doc/design/intelligence.md). */
#include "intel/clue-keys.h"
#include "intel/fuzzy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>

#define OK(call) assert_int_equal((call), 0)

static unsigned score(const char *a, const char *b)
{
    struct ssdeep x, y;

    OK(ssdeep_read(str_of(a), &x));
    OK(ssdeep_read(str_of(b), &y));
    assert_int_equal(ssdeep_score(&x, &y), ssdeep_score(&y, &x));
    return ssdeep_score(&x, &y);
}

/* Pairs with the score that ssdeep itself gives. */
static void published_scores(void **state)
{
    static const char one[] = "192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt";

    assert_int_equal(score("3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C", "3:AXGBicFlIHBGcL6wCrFQEv:AXGH6xLsr2C"), 22);
    assert_int_equal(score(one, "192:JkjRcePWsNVQza3ntZStn5VfsoXMhRD9+xJMinqF6+wNQ7Q40L/i737rPVt:JkjlQyIrx+kll2"), 35);
    assert_int_equal(score("196608:pDSC8olnoL1v/uawvbQD7XlZUFYzYyMb615NktYHF7dREN/JNnQrmhnUPI+/n2Yr:5DHoJXv7XOq7Mb2TwYHXREN/3QrmktPd",
                           "196608:7DSC8olnoL1v/uawvbQD7XlZUFYzYyMb615NktYHF7dREN/JNnQrmhnUPI+/n2Y7:3DHoJXv7XOq7Mb2TwYHXREN/3QrmktPt"),
                     97);
    assert_int_equal(score(one, one), 100);
}

static void block_sizes(void **state)
{
    /* the pieces for the double of one are those for the other */
    assert_int_equal(score("96:ABCDEFGHIJ:abcdefghijklmnop", "192:abcdefghijklmnop:XYZXYZXYZ"), 100);
    assert_int_equal(score("96:abcdefghijklmnop:XYZ", "384:abcdefghijklmnop:XYZ"), 0);
    assert_int_equal(score("96:abcdefghijklmnop:abcdefgh", "192:abcdefghijklmnop:XYZ"), 68); /* 8 edits for 24 letters: 21 of 64, 32 of 100 */
    /* what is short tells little where blocks are small */
    assert_int_equal(score("3:abcdefg:h", "3:abcdefg:i"), 7);
    assert_int_equal(score("3:abcdefg:h", "3:abcdefg:h"), 100);
    /* runs count as three, six letters in common as none */
    assert_int_equal(score("96:aaaaaaaaaabcdefgh:", "96:aaabcdefgh:"), 100);
    assert_int_equal(score("96:abcdef12345:", "96:abcdef67890:"), 0);
    assert_int_equal(score("96::", "96::"), 100);
}

static void refused(void **state)
{
    struct ssdeep d;
    struct tlsh t;
    char text[200];

    assert_int_equal(ssdeep_read(STR_NONE, &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("3:abc"), &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("x:abc:def"), &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("-3:abc:def"), &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("3:a-c:def"), &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("3:abc:def:ghi"), &d), FUZZY_E_SHAPE);
    assert_int_equal(ssdeep_read(STR("5:abc:def"), &d), FUZZY_E_RANGE);
    assert_int_equal(ssdeep_read(STR("0:abc:def"), &d), FUZZY_E_RANGE);
    assert_int_equal(ssdeep_read(STR("6442450944:abc:def"), &d), FUZZY_E_RANGE);
    OK(ssdeep_read(STR("3221225472:abc:def"), &d));
    OK(ssdeep_read(STR("3:abc:def,\"a:file.txt\""), &d));
    snprintf(text, sizeof(text), "3:%065d:a", 1);
    assert_int_equal(ssdeep_read(str_of(text), &d), FUZZY_E_RANGE);
    snprintf(text, sizeof(text), "3:%064d:a", 1);
    OK(ssdeep_read(str_of(text), &d));
    assert_int_equal(d.pieces[0].n, 4); /* 0, 0, 0, 1 */
    assert_int_equal(tlsh_read(STR("1FA1"), &t), FUZZY_E_SHAPE);
    assert_int_equal(tlsh_read(STR("T21FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE"), &t), FUZZY_E_SHAPE);
    assert_int_equal(tlsh_read(STR("GFA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE"), &t), FUZZY_E_SHAPE);
}

/* Texts of TLSH's own tests: their digests, and the distances that it gives with the length and without. */
static void published_distances(void **state)
{
    static const char *const digests[] = {
        "1FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE", "45D18407A78523B35A030267671FA2C2F725402973629B25545EB43C3356679477F7FC",
        "C8E1E8277B98A6255FA70063B70FBAE1F6618229332C9438084FB331178ADEE53B41D5", "E951784702042376169012B1BA5A76EAF36092FC3311A595B4856235278F9F973763EF",
        "06D29517F780237185070293B60E36FAB735C0F833D66460688DA22D6756E751B7BAEB", "11A1A52753E603564767032A699EB2D3B325813C6150C964306C6BAD37829B483BF9EA",
        "A7B10837B36C23315F0302B53589A1E6FB78854A33BA8E58C41E926533428F447BA3CD",
    };
    static const struct {
        int a, b;
        unsigned with, without;
    } pairs[] = {
        {0, 1, 150, 114}, {0, 2, 265, 217}, {0, 3, 270, 210}, {0, 4, 362, 134}, {1, 2, 213, 212}, {1, 3, 251, 155}, {1, 4, 288, 96},
        {2, 3, 301, 193}, {2, 4, 368, 188}, {0, 5, 113, 113}, {0, 6, 186, 185}, {1, 5, 144, 108}, {1, 6, 241, 217}, {3, 3, 0, 0},
    };
    struct tlsh at[ARRAY_LEN(digests)], other;
    char text[80];

    for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
        OK(tlsh_read(str_of(digests[i]), &at[i]));
        snprintf(text, sizeof(text), "T1%s", digests[i]);
        OK(tlsh_read(str_of(text), &other));
        assert_int_equal(tlsh_distance(&at[i], &other, true), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        assert_int_equal(tlsh_distance(&at[pairs[i].a], &at[pairs[i].b], true), pairs[i].with);
        assert_int_equal(tlsh_distance(&at[pairs[i].b], &at[pairs[i].a], false), pairs[i].without);
    }
}

static unsigned draw(uint64_t *seed, unsigned n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed >> 20) % n;
}

static bool share(const struct ssdeep *a, const struct ssdeep *b)
{
    struct ssdeep_gram x[SSDEEP_GRAMS_MAX], y[SSDEEP_GRAMS_MAX];
    unsigned n = ssdeep_grams(a, x), m = ssdeep_grams(b, y);

    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < m; k++)
            if (x[i].block_size == y[k].block_size && !memcmp(x[i].at, y[k].at, SSDEEP_GRAM))
                return true;
    return false;
}

/* Two digests of few letters: by the grams that postings would hold none is lost, and none is found that is not alike. */
static void grams_find_all(void **state)
{
    uint64_t seed = 20263;
    unsigned n_alike = 0;

    for (int i = 0; i < 20000; i++) {
        struct ssdeep d[2];

        for (int k = 0; k < 2; k++) {
            char text[100];
            size_t n = (size_t)snprintf(text, sizeof(text), "%u:", 96u << draw(&seed, 3));

            for (int p = 0; p < 2; p++) {
                for (unsigned m = 6 + draw(&seed, 20); m; m--)
                    text[n++] = (char)('a' + draw(&seed, 3));
                text[n++] = p ? '\0' : ':';
            }
            OK(ssdeep_read(str_of(text), &d[k]));
        }
        if (ssdeep_score(&d[0], &d[1]) > 0 && !share(&d[0], &d[1]))
            fail_msg("alike without a gram");
        n_alike += ssdeep_score(&d[0], &d[1]) > 0;
    }
    assert_true(n_alike > 100);
}

/* ---- keys ---- */

struct key_set {
    struct {
        unsigned kind, len;
        char bytes[20];
    } at[CLUE_PROBES_MAX];
    unsigned n;
};

static int keep_key(unsigned kind, struct str bytes, void *context)
{
    struct key_set *s = context;

    assert_true(s->n < ARRAY_LEN(s->at) && bytes.len <= sizeof(s->at[0].bytes));
    s->at[s->n].kind = kind;
    s->at[s->n].len = (unsigned)bytes.len;
    memcpy(s->at[s->n++].bytes, bytes.at, bytes.len);
    return 0;
}

static bool have_common(const struct key_set *a, const struct key_set *b)
{
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned k = 0; k < b->n; k++)
            if (a->at[i].kind == b->at[k].kind && a->at[i].len == b->at[k].len && !memcmp(a->at[i].bytes, b->at[k].bytes, a->at[i].len))
                return true;
    return false;
}

static bool leads_to(enum clue_type type, struct str asked, struct str other)
{
    static struct key_set probes, keys;

    probes.n = keys.n = 0;
    OK(clue_near_probes(type, asked, keep_key, &probes));
    OK(clue_keys(type, other, keep_key, &keys));
    return have_common(&probes, &keys);
}

/* Digests by chance and what becomes of them by small steps: whatever is near shares a key, from both sides. */
static void near_tlsh_is_found(void **state)
{
    uint64_t seed = 20264;
    unsigned n_near = 0, n_edge = 0, n_far = 0;

    for (int i = 0; i < 6000; i++) {
        uint8_t a[TLSH_BYTES], b[TLSH_BYTES];
        struct str x = {(const char *)a, sizeof(a)}, y = {(const char *)b, sizeof(b)};
        unsigned nearness;

        for (size_t k = 0; k < sizeof(a); k++)
            a[k] = (uint8_t)draw(&seed, 256);
        memcpy(b, a, sizeof(a));
        for (unsigned n = draw(&seed, 36); n; n--) {
            unsigned bucket = draw(&seed, 128), shift = 2 * (bucket % 4), was = b[3 + bucket / 4] >> shift & 3;

            b[3 + bucket / 4] = (uint8_t)((b[3 + bucket / 4] & ~(3u << shift)) | (was ^ (was & 1 ? 2u : 1u)) << shift);
        }
        if (draw(&seed, 2)) /* the length, whose halves are turned */
            b[1] = (uint8_t)(b[1] + 0x10 * draw(&seed, 4));
        nearness = clue_nearness(CLUE_TLSH, x, y);
        n_near += nearness > 0;
        n_edge += nearness > 0 && nearness < 75;
        n_far += !nearness;
        if (nearness && (!leads_to(CLUE_TLSH, x, y) || !leads_to(CLUE_TLSH, y, x)))
            fail_msg("nearness %u without a key", nearness);
    }
    assert_true(n_near > 1000 && n_edge > 100 && n_far > 100);
}

static void near_ssdeep_is_found(void **state)
{
    uint64_t seed = 20265;
    unsigned n_near = 0;

    for (int i = 0; i < 3000; i++) {
        char text[2][160];
        unsigned block = draw(&seed, 20), size = 3u << block;
        int len;

        len = snprintf(text[0], sizeof(text[0]), "%u:", size);
        for (int p = 0; p < 2; p++) {
            for (unsigned m = 20 + draw(&seed, 40); m; m--)
                text[0][len++] = (char)('A' + draw(&seed, 26));
            text[0][len++] = p ? '\0' : ':';
        }
        memcpy(text[1], text[0], sizeof(text[0]));
        for (unsigned n = draw(&seed, 30); n; n--) {
            size_t at = strcspn(text[1], ":") + 1 + draw(&seed, 40);

            if (at < strlen(text[1]) && text[1][at] != ':')
                text[1][at] = (char)('a' + draw(&seed, 26));
        }
        if (clue_nearness(CLUE_SSDEEP, str_of(text[0]), str_of(text[1]))) {
            n_near++;
            assert_true(leads_to(CLUE_SSDEEP, str_of(text[0]), str_of(text[1])));
        }
    }
    assert_true(n_near > 300);
}

static bool bit_of(const uint8_t *at, unsigned i)
{
    return at[i / 8] >> (7 - i % 8) & 1;
}

/* Networks and addresses by chance: what lies in a network has a key of those that are asked, and what does not has none. */
static void within_is_exact(void **state)
{
    static const uint8_t lengths[] = {0, 4, 7, 12, 16, 17, 23, 24, 25, 30, 31};
    static const struct {
        enum clue_type address, net;
        unsigned size;
    } families[] = {{CLUE_IPV4, CLUE_IPV4_NET, 4}, {CLUE_IPV6, CLUE_IPV6_NET, 16}};
    static struct key_set probes, keys;
    uint64_t seed = 20266;
    unsigned n_in = 0, n_out = 0;

    for (int i = 0; i < 20000; i++) {
        const unsigned f = draw(&seed, 2), size = families[f].size;
        unsigned offset = f ? draw(&seed, 2) * 96 : 0, bits = offset + lengths[draw(&seed, ARRAY_LEN(lengths))], other_bits = 8 * size;
        uint8_t net[17] = {0}, other[17] = {0}, in_use[ARRAY_LEN(lengths) * 2];
        bool is_net = draw(&seed, 2), is_in = true;
        unsigned n = 0;

        for (size_t k = 0; k < ARRAY_LEN(lengths); k++)
            in_use[n++] = lengths[k];
        for (size_t k = 0; f && k < ARRAY_LEN(lengths); k++)
            in_use[n++] = (uint8_t)(96 + lengths[k]);
        for (unsigned k = 0; k < size; k++)
            net[k] = other[k] = (uint8_t)draw(&seed, 256);
        for (unsigned flips = draw(&seed, 3); flips; flips--)
            other[draw(&seed, size)] ^= (uint8_t)(1u << draw(&seed, 8));
        if (is_net)
            other_bits = in_use[draw(&seed, n)];
        for (unsigned k = 0; k < 8 * size; k++) {
            if (k >= bits)
                net[k / 8] &= (uint8_t)~(0x80u >> k % 8);
            if (k >= other_bits)
                other[k / 8] &= (uint8_t)~(0x80u >> k % 8);
        }
        net[size] = (uint8_t)bits;
        other[size] = (uint8_t)other_bits;
        for (unsigned k = 0; k < bits; k++)
            is_in = is_in && bit_of(net, k) == bit_of(other, k);
        is_in = is_in && other_bits >= bits;
        probes.n = keys.n = 0;
        OK(clue_within_probes(families[f].net, (struct str){(const char *)net, size + 1}, in_use, n, keep_key, &probes));
        OK(clue_keys(is_net ? families[f].net : families[f].address, (struct str){(const char *)other, size + is_net}, keep_key, &keys));
        OK(keep_key(is_net ? families[f].net : families[f].address, (struct str){(const char *)other, size + is_net}, &keys)); /* it is had as itself, too */
        if (have_common(&probes, &keys) != is_in)
            fail_msg("/%u and /%u of family %u: %s", bits, other_bits, f, is_in ? "in it, and not found" : "found, and not in it");
        n_in += is_in;
        n_out += !is_in;
    }
    assert_true(n_in > 1000 && n_out > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_scores), cmocka_unit_test(block_sizes), cmocka_unit_test(refused), cmocka_unit_test(published_distances),
        cmocka_unit_test(grams_find_all), cmocka_unit_test(near_tlsh_is_found), cmocka_unit_test(near_ssdeep_is_found), cmocka_unit_test(within_is_exact),
    };

    return cmocka_run_group_tests_name("fuzzy", tests, NULL, NULL);
}
