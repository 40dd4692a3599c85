/* Draws (L32): each is reckoned again from the entries before it. A day ends at 15:00 UTC, midnight in Japan. */
#include "fsck/fsck.h"

#include <inttypes.h>
#include <stdlib.h>

#define HALF_DAY_LEN 13u /* "2026-04-10T00" tells the day and the hour */

/* Before the first entry of each half day: every end of a day is among them. Aborts when out of memory. */
static void keep_moment(struct shard *s, const struct entry *e)
{
    struct moment *m;

    if (s->n_moments == s->max_moments) {
        s->max_moments = s->max_moments ? 2 * s->max_moments : 64;
        s->moments = realloc(s->moments, s->max_moments * sizeof(*s->moments));
        if (!s->moments)
            abort();
    }
    m = &s->moments[s->n_moments++];
    m->size = s->entries.size;
    m->root = tower_root(&s->entries, s->f->sha);
    memcpy(m->t, e->t.at, sizeof(m->t));
}

static bool is_half(const char *t)
{
    return memcmp(t + 11, "15", 2) >= 0;
}

/* The first entry at or after that instant; NULL: none is yet. */
static const struct moment *moment_at(const struct shard *s, struct slice due)
{
    size_t lo = 0, hi = s->n_moments;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (memcmp(s->moments[mid].t, due.at, due.len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n_moments ? &s->moments[lo] : NULL;
}

/* SHA-256(root || record): its first eight bytes, big-endian, times n, below 2^64. */
static bool falls(struct shard *s, const struct hash *root, struct slice record, uint64_t one_in)
{
    char *plain = malloc(record.len + 1);
    uint64_t lot = 0;
    struct hash h;

    if (!plain)
        abort();
    sha256_start(s->f->sha);
    sha256_add(s->f->sha, root->bytes, HASH_SIZE);
    sha256_add(s->f->sha, plain, scan_unescape(record, plain));
    h = sha256_end(s->f->sha);
    free(plain);
    for (size_t i = 0; i < sizeof(lot); i++)
        lot = lot << 8 | h.bytes[i];
    return one_in && !((unsigned __int128)lot * one_in >> 64);
}

static void report_draw(struct shard *s, const struct entry *e, const char *what)
{
    report_add(&s->f->report, s->where, "wrong draw", "entry %" PRId64 ": %s", e->seq, what);
}

static void check_draw(struct shard *s, const struct entry *e)
{
    const struct draw *d = &e->draw;
    struct moment before = {.size = s->prev.size, .root = s->prev.root};
    const struct moment *m = &before;
    bool is_first =
        e->due.len && memcmp(e->due.at, s->low, e->due.len) == 0; /* the year before ended then */
    struct hash root;

    if (!e->due.len || memcmp(e->due.at + 11, "15:00:00.000000", 15) != 0 || !e->case_id.len ||
        memcmp(e->due.at, e->t.at, e->due.len) > 0) {
        report_draw(s, e, "its draw is not of a record at the end of a day that is over");
        return;
    }
    if (is_first && !s->prev.is_known)
        return; /* of a shard that is not here */
    if (!is_first && !(m = moment_at(s, e->due)))
        return; /* entries before it are missing, which was said */
    s->f->n_draws++;
    if (d->shard != s->year - is_first || d->size < 0 || (uint64_t)d->size != m->size)
        report_draw(s, e, "its draw is by another moment than the end of the day");
    else if (!hash_from_hex(d->root, &root) || !hash_eq(&root, &m->root))
        report_draw(s, e, "its draw is by another root than the ledger had then");
    else if (d->one_in < 0 || falls(s, &root, e->case_id, (uint64_t)d->one_in) != d->is_drawn)
        report_draw(s, e,
                    d->is_drawn ? "the draw did not fall on its record, and it says that it did"
                                : "the draw fell on its record, and it says that it did not");
}

void draws_take(struct shard *s, const struct entry *e)
{
    if (s->is_split || e->seq < 0 || (uint64_t)e->seq != s->entries.size) {
        s->has_draws_broken = true; /* what is odd was said; no root can be had from here on */
        return;
    }
    if (s->has_draws_broken)
        return;
    if (!s->n_moments || memcmp(s->last_half, e->t.at, HALF_DAY_LEN - 3) != 0 ||
        is_half(s->last_half) != is_half(e->t.at))
        keep_moment(s, e);
    memcpy(s->last_half, e->t.at, HALF_DAY_LEN);
    if (e->has_draw)
        check_draw(s, e);
}
