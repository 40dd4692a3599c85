#include "intel/clue-keys.h"

#include "base/codec.h"
#include "intel/clue-inside.h"
#include "intel/fuzzy.h"

/* ---- ssdeep ---- */

static int ssdeep_keys(struct str bytes, clue_key_fn *call, void *context)
{
    struct ssdeep_gram grams[SSDEEP_GRAMS_MAX];
    struct ssdeep d;
    unsigned n = ssdeep_read(bytes, &d) ? 0 : ssdeep_grams(&d, grams);
    char key[1 + SSDEEP_GRAM];
    int r = 0;

    for (unsigned i = 0; !r && i < n; i++) {
        key[0] = (char)__builtin_ctzll(grams[i].block_size / SSDEEP_BLOCK_MIN);
        memcpy(key + 1, grams[i].at, SSDEEP_GRAM);
        r = call(CLUE_KEY_SSDEEP, (struct str){key, sizeof(key)}, context);
    }
    return r;
}

static unsigned ssdeep_nearness(struct str a, struct str b)
{
    struct ssdeep x, y;

    return ssdeep_read(a, &x) || ssdeep_read(b, &y) ? 0 : ssdeep_score(&x, &y);
}

/* ---- TLSH ---- */

#define BANDS 16u

static bool is_tlsh(struct str bytes)
{
    return bytes.len == TLSH_BYTES;
}

static int tell_band(uint8_t length, unsigned band, const uint8_t at[2], clue_key_fn *call, void *context)
{
    const char key[4] = {(char)length, (char)band, (char)at[0], (char)at[1]};

    return call(CLUE_KEY_TLSH, (struct str){key, sizeof(key)}, context);
}

/* Each of its eight buckets one more and one less. */
static int tell_around(uint8_t length, unsigned band, const uint8_t at[2], clue_key_fn *call, void *context)
{
    int r = 0;

    for (unsigned i = 0; !r && i < 16; i += 2) {
        unsigned shift = i % 8, bucket = at[i / 8] >> shift & 3;
        uint8_t other[2] = {at[0], at[1]};

        other[i / 8] = (uint8_t)(at[i / 8] + (1u << shift));
        if (bucket < 3)
            r = tell_band(length, band, other, call, context);
        other[i / 8] = (uint8_t)(at[i / 8] - (1u << shift));
        if (!r && bucket > 0)
            r = tell_band(length, band, other, call, context);
    }
    return r;
}

static int band_probes(const struct tlsh *t, unsigned band, clue_key_fn *call, void *context)
{
    const uint8_t *at = t->body + 2 * band;
    int r = 0;

    for (int apart = -2; !r && apart <= 2; apart++) {
        uint8_t length = (uint8_t)(t->length + apart);

        r = tell_band(length, band, at, call, context);
        if (!r && apart > -2 && apart < 2)
            r = tell_around(length, band, at, call, context);
    }
    return r;
}

static int tlsh_keys(struct str bytes, bool is_asked, clue_key_fn *call, void *context)
{
    struct tlsh t;
    int r = 0;

    if (!is_tlsh(bytes))
        return 0;
    t = tlsh_of((const uint8_t *)bytes.at);
    for (unsigned band = 0; !r && band < BANDS; band++)
        r = is_asked ? band_probes(&t, band, call, context) : tell_band(t.length, band, t.body + 2 * band, call, context);
    return r;
}

static unsigned tlsh_nearness(struct str a, struct str b)
{
    struct tlsh x, y;
    unsigned distance;

    if (!is_tlsh(a) || !is_tlsh(b))
        return 0;
    x = tlsh_of((const uint8_t *)a.at);
    y = tlsh_of((const uint8_t *)b.at);
    distance = tlsh_distance(&x, &y, true);
    return distance > CLUE_TLSH_NEAR ? 0 : 100 - distance;
}

bool clue_is_fuzzy(enum clue_type type)
{
    return type == CLUE_SSDEEP || type == CLUE_TLSH;
}

unsigned clue_nearness(enum clue_type type, struct str a, struct str b)
{
    return type == CLUE_SSDEEP ? ssdeep_nearness(a, b) : type == CLUE_TLSH ? tlsh_nearness(a, b) : 0;
}

int clue_near_probes(enum clue_type type, struct str bytes, clue_key_fn *call, void *context)
{
    return type == CLUE_SSDEEP ? ssdeep_keys(bytes, call, context) : type == CLUE_TLSH ? tlsh_keys(bytes, true, call, context) : 0;
}

/* ---- networks ---- */

/* Of addresses and networks of one family. */
static const struct family {
    enum clue_type address, net;
    enum clue_key key;
    unsigned size; /* bytes of an address */
} families[] = {{CLUE_IPV4, CLUE_IPV4_NET, CLUE_KEY_NET4, 4}, {CLUE_IPV6, CLUE_IPV6_NET, CLUE_KEY_NET6, 16}};

static const struct family *family_of(enum clue_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (type == families[i].address || type == families[i].net)
            return &families[i];
    return NULL;
}

bool clue_is_net(enum clue_type type)
{
    return type == CLUE_IPV4_NET || type == CLUE_IPV6_NET;
}

static int net_keys(const struct family *f, enum clue_type type, struct str bytes, clue_key_fn *call, void *context)
{
    unsigned bits = type == f->net ? (uint8_t)bytes.at[f->size] : 8 * f->size;
    int r = 0;

    for (unsigned n = 1; !r && n < f->size && 8 * n <= bits; n++)
        r = call(f->key, (struct str){bytes.at, n}, context);
    return r;
}

/* All that begin with the first `bits` bits of the network, of `n` bytes. */
static int tell_beginnings(unsigned kind, const uint8_t *net, unsigned bits, unsigned n, clue_key_fn *call, void *context)
{
    uint8_t key[16];
    int r = 0;

    memcpy(key, net, n);
    for (unsigned i = 0; !r && i < 1u << (8 * n - bits); i++) {
        key[n - 1] = (uint8_t)(net[n - 1] + i);
        r = call(kind, (struct str){(const char *)key, n}, context);
    }
    return r;
}

/* The networks of that length in it, which ends in the same byte. */
static int tell_networks(const struct family *f, const uint8_t *net, unsigned bits, unsigned n, uint8_t length, clue_key_fn *call, void *context)
{
    uint8_t key[17];
    int r = 0;

    memcpy(key, net, f->size);
    key[f->size] = length;
    for (unsigned i = 0; !r && i < 1u << (8 * n - bits); i += 1u << (8 * n - length)) {
        key[n - 1] = (uint8_t)(net[n - 1] + i);
        r = call(f->net, (struct str){(const char *)key, f->size + 1}, context);
    }
    return r;
}

int clue_within_probes(enum clue_type type, struct str bytes, const uint8_t *lengths, unsigned n_lengths, clue_key_fn *call, void *context)
{
    const struct family *f = clue_is_net(type) ? family_of(type) : NULL;
    const uint8_t *net = (const uint8_t *)bytes.at;
    unsigned bits = f ? net[f->size] : 0, n = MAX_OF((bits + 7) / 8, 1u);
    int r;

    if (!f)
        return 0;
    r = tell_beginnings(n < f->size ? (unsigned)f->key : (unsigned)f->address, net, bits, n, call, context);
    for (unsigned i = 0; !r && i < n_lengths; i++)
        if (lengths[i] >= bits && lengths[i] < 8 * n)
            r = tell_networks(f, net, bits, n, lengths[i], call, context);
    return r;
}

int clue_keys(enum clue_type type, struct str bytes, clue_key_fn *call, void *context)
{
    const struct family *f = family_of(type);

    if (f)
        return net_keys(f, type, bytes, call, context);
    return type == CLUE_SSDEEP ? ssdeep_keys(bytes, call, context) : type == CLUE_TLSH ? tlsh_keys(bytes, false, call, context) : 0;
}

void clue_apart_key(enum clue_type type, struct str bytes, char ret[CLUE_APART_SIZE])
{
    const struct digest of_bytes = sha256(bytes);
    char text[1 + sizeof(of_bytes.bytes)];
    struct digest d;

    text[0] = (char)type;
    memcpy(text + 1, of_bytes.bytes, sizeof(of_bytes.bytes));
    d = sha256((struct str){text, sizeof(text)});
    memcpy(ret, d.bytes, CLUE_APART_SIZE);
}
