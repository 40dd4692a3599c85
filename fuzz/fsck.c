/* Any bytes as an entry, a bundle of entries, a key or a checkpoint, as the second program reads them: it never reads beyond
 * them, and it finds nothing wrong with a bundle that fits its tile only when each entry is one. */
#include "fsck/fsck.h"
#include "quiet.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define YEAR 2026
#define LOG_VKEY "ledger.example/audit+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define WITNESS_VKEY "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"

static struct vkey key_of(const char *text)
{
    struct vkey key;

    if (!vkey_parse((struct slice){text, strlen(text)}, &key))
        abort();
    return key;
}

static void try_note(struct slice bytes)
{
    struct vkey log = key_of(LOG_VKEY), witness = key_of(WITNESS_VKEY), other;
    struct checkpoint c;

    (void)vkey_parse(bytes, &other);
    if (checkpoint_parse(bytes, &c))
        return;
    assert(c.text.len + c.signatures.len <= bytes.len);
    /* Only the holder of the key could sign another size. */
    assert(checkpoint_signed_by(&c, &log) != SIGNED_GOOD || c.size == 7);
    (void)checkpoint_signed_by(&c, &witness);
}

static void try_entry(struct fsck *f, struct slice bytes)
{
    struct entry e;

    if (entry_scan(bytes, &e))
        return;
    assert(e.seq >= 0 && e.act.at > bytes.at && e.act.at < bytes.at + bytes.len);
    record_learn(f, YEAR, &e);
    record_learn(f, YEAR, &e);
    assert(f->records.n <= bytes.len && f->commits.n <= bytes.len);
}

/* Hashes of the entries as they stand in the bundle, so that the whole of the reader is reached. */
static unsigned fill_tile(struct fsck *f, const struct bytes *bundle, struct hash tile[static WIDTH])
{
    size_t at = 0;
    unsigned n = 0;

    while (n < WIDTH && bundle->len - at >= 2) {
        size_t len = (size_t)((unsigned char)bundle->at[at] << 8 | (unsigned char)bundle->at[at + 1]);

        at += 2;
        if (len > bundle->len - at)
            break;
        sha256_start(f->sha);
        sha256_add(f->sha, "", 1);
        sha256_add(f->sha, bundle->at + at, len);
        tile[n++] = sha256_end(f->sha);
        at += len;
    }
    return n ? n : 1;
}

static struct bytes bytes_of(const void *at, size_t len)
{
    struct bytes b = {.len = len, .size = len + 2, .base = malloc(len + 2)};

    if (!b.base)
        abort();
    b.at = b.base + 1;
    if (len)
        memcpy(b.at, at, len);
    return b;
}

/* The first byte spoils one hash of the tile, or none. */
static void try_bundle(struct fsck *f, const uint8_t *data, size_t size)
{
    static const struct hash none;
    struct shard *s = calloc(1, sizeof(*s));
    struct hash tile[WIDTH] = {{{0}}};
    unsigned width;
    int kept;

    if (!s)
        abort();
    s->f = f;
    s->year = YEAR;
    memcpy(s->where, "2026", 5);
    memcpy(s->low, "2025-12-31T15:00:00.000000Z", 28);
    memcpy(s->high, "2026-12-31T15:00:00.000000Z", 28);
    s->bundle = bytes_of(data + 1, size - 1);
    width = fill_tile(f, &s->bundle, tile);
    if (data[0] < width)
        tile[data[0]] = none;
    s->tile = bytes_of(tile, width * sizeof(tile[0]));
    kept = quiet_begin();
    bundle_check(s, 0, width, true, true);
    quiet_end(kept);
    assert(s->n_gaps <= sizeof(s->gaps) / sizeof(s->gaps[0]) && s->n_odds <= sizeof(s->odds) / sizeof(s->odds[0]));
    bytes_done(&s->bundle);
    bytes_done(&s->tile);
    free(s->moments);
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsck *f = calloc(1, sizeof(*f));
    char *copy = malloc(size ? size : 1);

    if (!f || !copy || !(f->sha = sha256_new()))
        abort();
    if (size)
        memcpy(copy, data, size);
    try_note((struct slice){copy, size});
    try_entry(f, (struct slice){copy, size});
    if (size > 0)
        try_bundle(f, data, size);
    table_done(&f->records);
    table_done(&f->commits);
    sha256_free(f->sha);
    free(copy);
    free(f);
    return 0;
}
