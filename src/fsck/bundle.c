/* 256 entries and the 256 hashes that should be theirs.
 *
 * When everything fits, one pass hashes, reads and compares. When something does not, each entry is first given an
 * identity - the seq that it carries, if its hash is the one that the tree has there - and then the row of identities
 * is compared with the row that should be: what is missing was removed, what stands after a larger one was reordered,
 * what comes twice was repeated, and what has an identity but another hash was altered. */
#include "fsck/fsck.h"

#include <inttypes.h>
#include <string.h>

#define ENTRIES_MAX \
    (2u * WIDTH) /* in one bundle file: more than should be, so that an inserted one is seen */
#define NEAR (3u * WIDTH)

struct one {
    struct {
        char *at;
        size_t len;
    } bytes; /* in the shard's buffer */
    struct hash hash;
    struct entry entry;  /* what it says, unless there is a problem */
    int64_t seq;         /* as written, or -1 */
    const char *problem; /* not canonical */
    bool is_known;       /* the tree has this hash under its seq, or in its place */
    uint64_t id;
};

struct row {
    struct one at[ENTRIES_MAX];
    size_t n;
    bool is_odd; /* something does not fit */
};

/* Cut the bundle into entries. */
static void cut_entries(struct shard *s, struct row *row)
{
    char *at = s->bundle.at, *end = at + s->bundle.len;

    row->n = 0;
    while (at < end) {
        size_t len;

        if (end - at < 2 || row->n == ENTRIES_MAX)
            break;
        len = (size_t)((unsigned char)at[0] << 8 | (unsigned char)at[1]);
        at += 2;
        if (len > (size_t)(end - at)) {
            at -= 2;
            break;
        }
        row->at[row->n++] = (struct one){.bytes = {at, len}};
        at += len;
    }
    if (at < end) {
        report_add(&s->f->report, s->where, "damaged bundle",
                   "the file of entries does not end where its last entry ends (after %zu entries)",
                   row->n);
        row->is_odd = true;
    }
}

/* Of each entry for itself: its hash and what it says. The byte before an entry is the low byte of its length, which has been
 * read: it becomes the prefix of a leaf. */
static void read_entries(void *ctx, size_t from, size_t to, struct sha256 *sha)
{
    struct row *row = ctx;

    for (struct one *one = &row->at[from]; one < &row->at[to]; one++) {
        one->bytes.at[-1] = 0;
        one->hash = sha256_of(sha, one->bytes.at - 1, one->bytes.len + 1);
        one->problem = entry_scan((struct slice){one->bytes.at, one->bytes.len}, &one->entry);
        one->seq = one->problem ? -1 : one->entry.seq;
    }
}

static void keep_first(struct shard *s, const struct one *one)
{
    memcpy(s->first_bytes, one->bytes.at, one->bytes.len);
    s->has_first = entry_scan((struct slice){s->first_bytes, one->bytes.len}, &s->first) == NULL;
}

static void check_time(struct shard *s, const struct entry *e)
{
    if (memcmp(e->t.at, s->last_t, e->t.len) < 0)
        report_add(&s->f->report, s->where, "time goes back",
                   "entry %" PRId64 " was entered at %.27s, after %.27s", e->seq, e->t.at,
                   s->last_t);
    else if (memcmp(e->t.at, s->low, e->t.len) < 0 || memcmp(e->t.at, s->high, e->t.len) >= 0)
        report_add(&s->f->report, s->where, "wrong year", "entry %" PRId64 " was entered at %.27s",
                   e->seq, e->t.at);
    memcpy(s->last_t, e->t.at, e->t.len);
}

/* What hangs on the entries before it. */
static void take_entry(struct shard *s, const struct one *one)
{
    s->f->n_entries++;
    if (one->problem)
        return;
    check_time(s, &one->entry);
    if (s->f->with_records)
        record_learn(s->f, s->year, &one->entry);
}

/* ---- when something is odd ---- */

/* Does the tree have this hash as leaf `seq`? Looks into the tile where that would be. */
static bool tree_has(struct shard *s, uint64_t seq, const struct hash *h)
{
    uint64_t n = seq / WIDTH, size = s->checkpoint.size;
    unsigned width;

    if (seq >= size)
        return false;
    width = n < size / WIDTH ? WIDTH : (unsigned)(size % WIDTH);
    if (!tile_read(s, 0, n, width, &s->other))
        return false;
    return memcmp(s->other.at + seq % WIDTH * HASH_SIZE, h->bytes, HASH_SIZE) == 0;
}

static void identify(struct shard *s, struct one *one, uint64_t place, uint64_t base,
                     unsigned width, size_t n, bool has_tile)
{
    const struct hash *tile = (const struct hash *)s->tile.at;
    bool in_place = has_tile && place - base < width && hash_eq(&tile[place - base], &one->hash);
    bool by_seq = one->seq >= 0 && tree_has(s, (uint64_t)one->seq, &one->hash);

    one->is_known = by_seq || in_place || !has_tile;
    if (one->seq >= 0 && (one->is_known || n != width))
        one->id = (uint64_t)one->seq;
    else
        one->id = place;
    if (!one->is_known && one->id >= base && one->id - base < width && s->n_odds < 1024)
        s->odds[s->n_odds++].seq = one->id;
}

static bool drop_gap(struct shard *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_gaps; i++) {
        if (id < s->gaps[i].lo || id > s->gaps[i].hi)
            continue;
        if (s->gaps[i].lo == s->gaps[i].hi)
            s->gaps[i] = s->gaps[--s->n_gaps];
        else if (id == s->gaps[i].lo)
            s->gaps[i].lo++;
        else if (id == s->gaps[i].hi)
            s->gaps[i].hi--;
        return true;
    }
    return false;
}

static void add_gap(struct shard *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_early; i++)
        if (s->early[i] == id)
            return;
    if (s->n_gaps > 0 && s->gaps[s->n_gaps - 1].hi + 1 == id)
        s->gaps[s->n_gaps - 1].hi = id;
    else if (s->n_gaps < sizeof(s->gaps) / sizeof(s->gaps[0]))
        s->gaps[s->n_gaps++] = (struct gap){id, id};
}

static void report_place(struct shard *s, const char *what, uint64_t id, uint64_t place)
{
    report_add(&s->f->report, s->where, what, "entry %" PRIu64 " stands in place %" PRIu64, id,
               place);
}

/* An entry that belongs neither to this bundle nor to its neighbours in the row. */
static bool is_stray(const struct shard *s, const struct row *row, size_t i, uint64_t base,
                     unsigned width)
{
    uint64_t id = row->at[i].id;
    bool after = i > 0 && row->at[i - 1].id + 1 == id;
    bool before = i + 1 < row->n && row->at[i + 1].id == id + 1;

    if (id < s->want || id - s->want >= NEAR)
        return true;
    return !(id >= base && id - base < width) && !after && !before && id != s->want;
}

static void check_stray(struct shard *s, uint64_t id, uint64_t place)
{
    if (id >= s->want) {
        report_place(s, "reordered entry", id, place);
        if (s->n_early < sizeof(s->early) / sizeof(s->early[0]))
            s->early[s->n_early++] = id;
        return;
    }
    report_place(s, drop_gap(s, id) ? "reordered entry" : "repeated entry", id, place);
}

static void check_order(struct shard *s, const struct row *row, uint64_t base, unsigned width)
{
    bool present[NEAR] = {0}, any = false;
    uint64_t high = 0, want = s->want;

    for (size_t i = 0; i < row->n; i++) {
        uint64_t id = row->at[i].id;

        if (is_stray(s, row, i, base, width)) {
            check_stray(s, id, base + i);
            continue;
        }
        if (present[id - want])
            report_place(s, "repeated entry", id, base + i);
        else if (any && id < high)
            report_place(s, "reordered entry", id, base + i);
        present[id - want] = true;
        if (!any || id > high)
            high = id;
        any = true;
    }
    if (!any)
        return;
    for (uint64_t id = want; id <= high; id++)
        if (!present[id - want])
            add_gap(s, id);
    s->want = high + 1;
}

static void check_odd(struct shard *s, struct row *row, uint64_t base, unsigned width,
                      bool has_tile)
{
    for (size_t i = 0; i < row->n; i++) {
        struct one *one = &row->at[i];

        identify(s, one, base + i, base, width, row->n, has_tile);
        if (one->problem && one->is_known)
            report_add(&s->f->report, s->where, "not canonical", "entry %" PRIu64 ": %s", one->id,
                       one->problem);
    }
    check_order(s, row, base, width);
}

/* ---- the two towers ---- */

static void push_both(struct shard *s, const struct row *row, unsigned width, bool has_tile,
                      bool fits)
{
    const struct hash *tile = (const struct hash *)s->tile.at;

    if (!fits && !s->is_split) {
        s->tiles = s->entries;
        s->next_since[1] = s->next_since[0];
        s->is_split = true;
    }
    for (size_t i = 0; i < row->n; i++) {
        if (row->at[i].problem)
            s->has_draws_broken = true;
        else
            draws_take(s, &row->at[i].entry);
        shard_push(s, 0, &row->at[i].hash);
    }
    if (!s->is_split)
        return;
    for (size_t i = 0; i < (has_tile ? width : row->n); i++)
        shard_push(s, 1, has_tile ? &tile[i] : &row->at[i].hash);
}

void bundle_check(struct shard *s, uint64_t n, unsigned width, bool has_bundle, bool has_tile)
{
    const struct hash *tile = (const struct hash *)s->tile.at;
    uint64_t base = n * WIDTH;
    struct row row = {.n = 0, .is_odd = false};
    bool fits = has_bundle && has_tile;

    if (has_bundle)
        cut_entries(s, &row);
    if (n == 0 && row.n > 0)
        keep_first(s, &row.at[0]);
    crew_do(s->f->crew, read_entries, &row, row.n, s->f->sha);
    for (size_t i = 0; i < row.n; i++) {
        take_entry(s, &row.at[i]);
        if (row.at[i].seq != (int64_t)(base + i))
            row.is_odd = true;
        fits = fits && i < width && hash_eq(&tile[i], &row.at[i].hash);
    }
    fits = fits && row.n == width;
    if (!has_bundle)
        s->want = base + width; /* said already */
    else if (fits && !row.is_odd && s->want == base)
        s->want = base + width;
    else
        check_odd(s, &row, base, width, has_tile);
    push_both(s, &row, width, has_tile, fits);
}
