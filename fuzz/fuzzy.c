/* Any bytes as two digests of files, one a line: what is read is as near to itself as can be, and as near to the other as the other to it; ssdeep's score is at most
 * 100, and what is alike shares a gram. As values (intel/clue-keys.h): of two that are near, each is found by what is asked for the other. Two digests that are
 * near come seldom by chance, so where the second line is empty the other is the first TLSH, changed as the bytes behind it say: the length, then buckets. */
#include "intel/clue-keys.h"
#include "intel/fuzzy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check_ssdeep(const struct ssdeep *a, const struct ssdeep *b)
{
    unsigned score = ssdeep_score(a, b);

    if (ssdeep_score(a, a) != 100 || score > 100 || score != ssdeep_score(b, a))
        abort();
    if (score && score < 100 && !share(a, b))
        abort();
}

static void check_tlsh(const struct tlsh *a, const struct tlsh *b)
{
    for (int with_length = 0; with_length < 2; with_length++)
        if (tlsh_distance(a, a, with_length) || tlsh_distance(a, b, with_length) != tlsh_distance(b, a, with_length))
            abort();
    if (tlsh_distance(a, b, false) > tlsh_distance(a, b, true))
        abort();
}

/* ---- as values ---- */

#define KEY_MAX 8u

struct keys {
    unsigned kind;
    size_t n;
    struct {
        size_t len;
        char at[KEY_MAX];
    } of[CLUE_PROBES_MAX];
};

static int keep(unsigned kind, struct str bytes, void *context)
{
    struct keys *k = context;

    if (k->n == CLUE_PROBES_MAX || bytes.len > KEY_MAX || (k->n && kind != k->kind))
        abort();
    k->kind = kind;
    k->of[k->n].len = bytes.len;
    memcpy(k->of[k->n++].at, bytes.at, bytes.len);
    return 0;
}

/* Asked for what is near to `a`, is `b` found? */
static bool finds(enum clue_type type, struct str a, struct str b)
{
    static struct keys asked, has;

    asked.n = has.n = 0;
    if (clue_near_probes(type, a, keep, &asked) || clue_keys(type, b, keep, &has))
        abort();
    for (size_t i = 0; i < asked.n; i++)
        for (size_t k = 0; k < has.n; k++)
            if (asked.of[i].len == has.of[k].len && !memcmp(asked.of[i].at, has.of[k].at, has.of[k].len))
                return true;
    return false;
}

static void check_near(enum clue_type type, struct str a, struct str b)
{
    unsigned near = clue_nearness(type, a, b);

    if (near > 100 || near != clue_nearness(type, b, a) || clue_nearness(type, a, a) != 100)
        abort();
    if (near && near < 100 && (!finds(type, a, b) || !finds(type, b, a)))
        abort();
}

static void check_values(enum clue_type type, struct str first, struct str second)
{
    struct clue a, b;

    clue_init(&a);
    clue_init(&b);
    if (!clue_read_as(type, first, &a) && !clue_read_as(type, second, &b))
        check_near(type, buf_str(&a.bytes), buf_str(&b.bytes));
    clue_done(&a);
    clue_done(&b);
}

static uint8_t turned(uint8_t b)
{
    return (uint8_t)(b << 4 | b >> 4);
}

/* Its bytes, the length up to three more or less, and of 128 buckets those that are named one more or less. */
static void change(uint8_t at[TLSH_BYTES], struct str how)
{
    static const int length_at = 1, body_at = 3;

    if (how.len)
        at[length_at] = turned((uint8_t)(turned(at[length_at]) + (uint8_t)how.at[0] % 7 - 3));
    for (size_t i = 1; i < how.len; i++) {
        unsigned bucket = (uint8_t)how.at[i] & 127, shift = 2 * (bucket % 4);
        uint8_t *byte = at + body_at + bucket / 4;
        unsigned level = (*byte >> shift) + ((uint8_t)how.at[i] >> 7 ? 1u : 3u);

        *byte = (uint8_t)((*byte & ~(3u << shift)) | (level & 3) << shift);
    }
}

static void check_changed(struct str first, struct str how)
{
    uint8_t a[TLSH_BYTES], b[TLSH_BYTES];
    struct tlsh x, y;

    if (tlsh_parse(first, a))
        return;
    memcpy(b, a, sizeof(b));
    change(b, how);
    x = tlsh_of(a);
    y = tlsh_of(b);
    check_tlsh(&x, &y);
    check_near(CLUE_TLSH, (struct str){(const char *)a, sizeof(a)}, (struct str){(const char *)b, sizeof(b)});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, first = STR_NONE, second = STR_NONE;
    struct ssdeep a, b;
    struct tlsh x, y;

    if (!size || !str_split(&rest, '\n', &first) || !str_split(&rest, '\n', &second))
        return 0;
    if (!second.len) {
        check_changed(first, rest);
        return 0;
    }
    if (!ssdeep_read(first, &a) && !ssdeep_read(second, &b))
        check_ssdeep(&a, &b);
    if (!tlsh_read(first, &x) && !tlsh_read(second, &y))
        check_tlsh(&x, &y);
    check_values(CLUE_SSDEEP, first, second);
    check_values(CLUE_TLSH, first, second);
    return 0;
}
