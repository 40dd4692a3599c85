#include "fsck/fsck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE_MAX (2u * WIDTH * (ENTRY_MAX + 2u))
#define TILE_BYTES (WIDTH * HASH_SIZE)
#define MISSING_MAX 3u /* so many tiles missing in a row: the files end here */

uint64_t hashes_at(unsigned level, uint64_t size)
{
    return level < LEVELS ? size >> (8 * level) : 0;
}

/* Width of the newest tile `n`, when there is one. */
static unsigned width_of(unsigned level, uint64_t n, uint64_t size)
{
    uint64_t total = hashes_at(level, size);

    return n < total / WIDTH ? WIDTH : (unsigned)(total % WIDTH);
}

/* ---- names ---- */

static void number_name(uint64_t n, char *ret, size_t size)
{
    unsigned groups[7];
    size_t count = 0, at = 0;

    do {
        groups[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n);
    while (count > 1)
        at += (size_t)snprintf(ret + at, size - at, "x%03u/", groups[--count]);
    (void)snprintf(ret + at, size - at, "%03u", groups[0]);
}

/* Below the shard's folder. */
static void short_name(int level, uint64_t n, unsigned width, char ret[static 128])
{
    char number[64], part[16] = "";

    number_name(n, number, sizeof(number));
    if (width < WIDTH)
        (void)snprintf(part, sizeof(part), ".p/%u", width);
    if (level < 0)
        (void)snprintf(ret, 128, "tile/entries/%s%s", number, part);
    else
        (void)snprintf(ret, 128, "tile/%d/%s%s", level, number, part);
}

void tile_name(const struct shard *s, int level, uint64_t n, unsigned width, char ret[static PATH_LEN])
{
    char name[128];

    short_name(level, n, width, name);
    if (snprintf(ret, PATH_LEN, "%s/%04d/%s", s->f->dir, s->year, name) >= (int)PATH_LEN)
        ret[0] = '\0';
}

bool tile_read(struct shard *s, int level, uint64_t n, unsigned width, struct bytes *b)
{
    char path[PATH_LEN];

    tile_name(s, level, n, width, path);
    if (bytes_read(path, level < 0 ? BUNDLE_MAX : TILE_BYTES, b) != FILE_READ)
        return false;
    return level < 0 || b->len == (size_t)width * HASH_SIZE;
}

/* ---- the towers and the tiles above level 0 ---- */

static bool tile_equals(struct shard *s, const struct tower *t, unsigned level, unsigned width)
{
    return memcmp(s->other.at, t->at[level], (size_t)width * HASH_SIZE) == 0;
}

/* A tile of level 1 or above must be what the tower says - or, when entries and level 0 tiles differ, what either says. */
static void compare_tile(struct shard *s, int which, unsigned level, uint64_t n, unsigned width)
{
    struct tower *mine = which ? &s->tiles : &s->entries, *other = which ? &s->entries : &s->tiles;
    char name[128];

    short_name((int)level, n, width, name);
    s->f->n_tiles++;
    if (!tile_read(s, (int)level, n, width, &s->other)) {
        report_add(&s->f->report, s->where, "missing tile", "%s is missing or of another length", name);
        return;
    }
    if (tile_equals(s, mine, level, width))
        return;
    if (s->is_split && other->size == mine->size && tile_equals(s, other, level, width))
        return;
    report_add(&s->f->report, s->where, "altered tile", "%s does not hold the roots of the tiles below it", name);
}

static void find_next_since(struct shard *s, int which, uint64_t size)
{
    uint64_t best = 0;

    for (size_t i = 0; i < s->f->n_since; i++) {
        const struct since *since = &s->f->since[i];

        if (since->is_read && slice_eq(since->checkpoint.origin, s->checkpoint.origin) &&
            since->checkpoint.size > size && (best == 0 || since->checkpoint.size < best))
            best = since->checkpoint.size;
    }
    s->next_since[which] = best;
}

static void keep_since(struct shard *s, int which, const struct tower *t)
{
    struct hash root = tower_root(t, s->f->sha);

    for (size_t i = 0; i < s->f->n_since; i++) {
        struct since *since = &s->f->since[i];

        if (since->is_read && slice_eq(since->checkpoint.origin, s->checkpoint.origin) &&
            since->checkpoint.size == t->size) {
            since->root[which] = root;
            since->has_root[which] = true;
        }
    }
    find_next_since(s, which, t->size);
}

void shard_push(struct shard *s, int which, const struct hash *leaf)
{
    struct tower *t = which ? &s->tiles : &s->entries;
    unsigned filled = tower_push(t, s->f->sha, leaf);

    /* compared once: with the tiles' tower as soon as there are two */
    if (which || !s->is_split)
        for (unsigned level = 1; level < filled; level++)
            compare_tile(s, which, level, (t->size >> (8 * (level + 1))) - 1, WIDTH);
    if (t->size == s->next_since[which])
        keep_since(s, which, t);
}

/* ---- checkpoint and keys ---- */

static bool origin_fits(const struct shard *s)
{
    char tail[16];
    size_t len = (size_t)snprintf(tail, sizeof(tail), "/%04d", s->year);
    struct slice o = s->checkpoint.origin;

    return o.len > len && memcmp(o.at + o.len - len, tail, len) == 0;
}

static bool read_own_key(struct shard *s, struct vkey *ret)
{
    struct vkey keys[KEYS_MAX];
    char path[PATH_LEN];
    size_t n = 0;
    const char *problem;

    if (snprintf(path, sizeof(path), "%s/%04d/key", s->f->dir, s->year) >= (int)sizeof(path))
        return false;
    problem = vkeys_read(path, keys, &n);
    if (problem || n != 1 || !slice_is(s->checkpoint.origin, keys[0].name) || keys[0].type != 1) {
        report_add(&s->f->report, s->where, "bad key", "the file key %s",
                   problem ? problem : "does not hold the one key of this shard's origin");
        return false;
    }
    *ret = keys[0];
    return true;
}

/* The key to hold the shard against: a trusted one of that name, or the shard's own one when its public key is trusted.
 * NULL: none. */
static const struct vkey *choose_key(struct shard *s, const struct vkey *own, bool has_own)
{
    struct fsck *f = s->f;

    for (size_t i = 0; i < f->n_trusted; i++)
        if (f->trusted[i].type == 1 && slice_is(s->checkpoint.origin, f->trusted[i].name))
            return &f->trusted[i];
    for (size_t i = 0; has_own && i < f->n_trusted; i++)
        if (f->trusted[i].type == 1 && memcmp(f->trusted[i].public_key, own->public_key, 32) == 0)
            return own;
    if (f->n_trusted > 0) {
        report_add(&f->report, s->where, "bad key", "none of the keys of --key is this shard's");
        return NULL;
    }
    f->has_own_key = f->has_own_key || has_own;
    return has_own ? own : NULL;
}

static const char *name_safe(const struct vkey *key, char ret[static 1024])
{
    return report_safe((struct slice){key->name, strlen(key->name)}, ret);
}

static void check_signature(struct shard *s, const struct vkey *key)
{
    int r = checkpoint_signed_by(&s->checkpoint, key);
    char safe[1024];

    (void)name_safe(key, safe);
    if (r == SIGNED_BAD)
        report_add(&s->f->report, s->where, "bad signature",
                   "the checkpoint was altered or signed by another key than %s", safe);
    else if (r == SIGNED_NOT)
        report_add(&s->f->report, s->where, "bad signature", "the checkpoint is not signed by %s", safe);
    for (size_t i = 0; i < s->f->n_trusted; i++) {
        const struct vkey *witness = &s->f->trusted[i];

        if (witness->type != 4)
            continue;
        r = checkpoint_signed_by(&s->checkpoint, witness);
        if (r == SIGNED_BAD)
            report_add(&s->f->report, s->where, "bad signature", "the cosignature of %s does not fit",
                       name_safe(witness, safe));
        s->f->n_cosignatures += r == SIGNED_GOOD;
    }
}

static void check_since_signature(struct shard *s, const struct vkey *key)
{
    char safe[1024];

    for (size_t i = 0; i < s->f->n_since; i++) {
        struct since *since = &s->f->since[i];

        if (!since->is_read || !slice_eq(since->checkpoint.origin, s->checkpoint.origin))
            continue;
        since->is_used = true;
        if (key && checkpoint_signed_by(&since->checkpoint, key) != SIGNED_GOOD)
            report_add(&s->f->report, s->where, "bad signature", "the older checkpoint %s is not signed by %s",
                       since->path, name_safe(key, safe));
    }
}

static bool open_checkpoint(struct shard *s, struct bytes *text)
{
    char path[PATH_LEN], safe[1024];
    struct vkey own;
    const struct vkey *key;
    const char *problem;
    bool has_own;

    if (snprintf(path, sizeof(path), "%s/%04d/checkpoint", s->f->dir, s->year) >= (int)sizeof(path) ||
        bytes_read(path, TEXT_MAX, text) != FILE_READ) {
        report_add(&s->f->report, s->where, "missing checkpoint", "the file checkpoint cannot be read");
        return false;
    }
    problem = checkpoint_parse((struct slice){text->at, text->len}, &s->checkpoint);
    if (problem) {
        report_add(&s->f->report, s->where, "altered checkpoint", "%s", problem);
        return false;
    }
    if (!origin_fits(s))
        report_add(&s->f->report, s->where, "altered checkpoint", "its origin \"%s\" is not of this year",
                   report_safe(s->checkpoint.origin, safe));
    if (s->checkpoint.has_extensions)
        report_add(&s->f->report, s->where, "altered checkpoint", "it has lines behind the root");
    has_own = read_own_key(s, &own);
    key = choose_key(s, &own, has_own);
    if (key)
        check_signature(s, key);
    check_since_signature(s, key);
    return true;
}

/* ---- entries, tiles, root ---- */

static void check_pair(struct shard *s, uint64_t n, unsigned width, unsigned *missing)
{
    bool has_tile = tile_read(s, 0, n, width, &s->tile);
    bool has_bundle = tile_read(s, -1, n, width, &s->bundle);
    char name[128];

    if (!has_tile && !has_bundle) {
        ++*missing;
        return;
    }
    *missing = 0;
    if (!has_tile) {
        short_name(0, n, width, name);
        report_add(&s->f->report, s->where, "missing tile", "%s is missing or of another length", name);
    }
    if (!has_bundle) {
        short_name(-1, n, width, name);
        report_add(&s->f->report, s->where, "missing bundle",
                   "%s is missing: entries %" PRIu64 " to %" PRIu64 " cannot be read", name, n * WIDTH,
                   n * WIDTH + width - 1);
    }
    s->f->n_tiles += has_tile;
    bundle_check(s, n, width, has_bundle, has_tile);
}

static void check_all_pairs(struct shard *s)
{
    uint64_t size = s->checkpoint.size;
    unsigned missing = 0;

    for (uint64_t n = 0; n * WIDTH < size && missing < MISSING_MAX; n++)
        check_pair(s, n, width_of(0, n, size), &missing);
}

/* Partial tiles above level 0. */
static void check_partial(struct shard *s)
{
    int which = s->is_split;
    const struct tower *t = which ? &s->tiles : &s->entries;

    if (t->size != s->checkpoint.size)
        return;
    for (unsigned level = 1; level < LEVELS; level++)
        if (t->width[level])
            compare_tile(s, which, level, hashes_at(level, t->size) / WIDTH, t->width[level]);
}

static void report_gaps(struct shard *s)
{
    for (size_t i = 0; i < s->n_gaps; i++) {
        const struct gap *g = &s->gaps[i];

        if (g->lo == g->hi)
            report_add(&s->f->report, s->where, "removed entry", "entry %" PRIu64 " is not there", g->lo);
        else
            report_add(&s->f->report, s->where, "removed entries",
                       "entries %" PRIu64 " to %" PRIu64 " are not there", g->lo, g->hi);
    }
    if (s->want < s->checkpoint.size)
        report_add(&s->f->report, s->where, "truncated",
                   "the checkpoint counts %" PRIu64 " entries, those here end before entry %" PRIu64,
                   s->checkpoint.size, s->want);
    else if (s->want > s->checkpoint.size)
        report_add(&s->f->report, s->where, "truncated",
                   "the checkpoint counts %" PRIu64 " entries, but there are %" PRIu64, s->checkpoint.size,
                   s->want);
}

static void report_odd_tiles(struct shard *s)
{
    for (size_t i = 0; i < s->n_odds; i++) {
        char name[128];
        uint64_t n = s->odds[i].seq / WIDTH;

        if (i > 0 && s->odds[i - 1].seq / WIDTH == n)
            continue;
        short_name(0, n, width_of(0, n, s->checkpoint.size), name);
        report_add(&s->f->report, s->where, "altered tile", "%s does not hold the hashes of its entries", name);
    }
}

static void check_root(struct shard *s)
{
    struct hash by_entries = tower_root(&s->entries, s->f->sha), by_tiles = by_entries;
    bool entries_fit, tiles_fit;

    if (s->is_split)
        by_tiles = tower_root(&s->tiles, s->f->sha);
    entries_fit = s->entries.size == s->checkpoint.size && hash_eq(&by_entries, &s->checkpoint.root);
    tiles_fit = s->is_split && s->tiles.size == s->checkpoint.size && hash_eq(&by_tiles, &s->checkpoint.root);
    if (entries_fit) {
        report_odd_tiles(s);
        return;
    }
    for (size_t i = 0; i < s->n_odds; i++)
        report_add(&s->f->report, s->where, "altered entry",
                   "entry %" PRIu64 " does not have the hash that the tree holds for it", s->odds[i].seq);
    if (!tiles_fit)
        report_add(&s->f->report, s->where, "wrong root",
                   "neither the entries nor the tiles give the root that the checkpoint states");
}

/* ---- files that should not be there ---- */

static bool parse_name(const char *name, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    char again[128];
    uint64_t n = 0;
    unsigned width = WIDTH;
    const char *at = name;
    char *end;

    if (strlen(name) >= sizeof(again) - 8)
        return false;
    if (strncmp(at, "entries/", 8) == 0) {
        *ret_level = -1;
        at += 8;
    } else {
        *ret_level = (int)strtol(at, &end, 10);
        if (*end != '/' || *ret_level < 0 || *ret_level > 63)
            return false;
        at = end + 1;
    }
    for (; *at && strncmp(at, ".p/", 3) != 0; at++) {
        if (*at >= '0' && *at <= '9')
            n = n * 10 + (uint64_t)(*at - '0');
        else if (*at != 'x' && *at != '/')
            return false;
    }
    if (*at)
        width = (unsigned)strtoul(at + 3, NULL, 10);
    if (width == 0 || width > WIDTH || n > INT64_MAX / WIDTH)
        return false;
    *ret_n = n;
    *ret_width = width;
    short_name(*ret_level, n, width, again); /* one spelling only */
    return strcmp(again + 5, name) == 0;
}

/* Bytes that the first `n` entries of a bundle take; 0: it does not hold so many. */
static size_t length_of_entries(const struct bytes *bundle, unsigned n)
{
    size_t at = 0;

    for (; n > 0; n--) {
        if (bundle->len - at < 2)
            return 0;
        at += 2 + (size_t)((unsigned char)bundle->at[at] << 8 | (unsigned char)bundle->at[at + 1]);
        if (at > bundle->len)
            return 0;
    }
    return at;
}

/* A partial tile that a fuller one has replaced must be its beginning. */
static void check_old_partial(struct shard *s, int level, uint64_t n, unsigned width, const char *name)
{
    unsigned now = width_of(level < 0 ? 0 : (unsigned)level, n, s->checkpoint.size);
    size_t want = (size_t)width * HASH_SIZE;

    if (width == now || !tile_read(s, level, n, now, &s->tile))
        return; /* said already */
    if (level < 0)
        want = length_of_entries(&s->tile, width);
    if (!tile_read(s, level, n, width, &s->bundle) || s->bundle.len != want ||
        memcmp(s->bundle.at, s->tile.at, want) != 0)
        report_add(&s->f->report, s->where, "altered tile", "tile/%s is not the beginning of the fuller one", name);
}

static bool check_file(void *user, const char *name)
{
    struct shard *s = user;
    char safe[1024];
    unsigned width;
    uint64_t n, total;
    int level;

    if (!parse_name(name, &level, &n, &width)) {
        report_add(&s->f->report, s->where, "unknown file", "tile/%s is no tile",
                   report_safe((struct slice){name, strlen(name)}, safe));
        return true;
    }
    total = hashes_at(level < 0 ? 0 : (unsigned)level, s->checkpoint.size);
    if (n * WIDTH + width > total)
        report_add(&s->f->report, s->where, "truncated",
                   "tile/%s reaches beyond the %" PRIu64 " entries that the checkpoint counts", name,
                   s->checkpoint.size);
    else
        check_old_partial(s, level, n, width, name);
    return true;
}

static void check_files(struct shard *s)
{
    char path[PATH_LEN];

    if (snprintf(path, sizeof(path), "%s/%04d/tile", s->f->dir, s->year) >= (int)sizeof(path))
        return;
    if (!files_walk(path, check_file, s) && s->checkpoint.size > 0)
        report_add(&s->f->report, s->where, "missing tile", "the folder tile cannot be read");
}

/* ---- the chain and the older checkpoints ---- */

static void check_chain(struct shard *s, const struct shard_end *prev)
{
    struct fsck *f = s->f;
    char safe[1024];
    struct hash root;

    if (!s->has_first || s->first.seq != 0)
        return; /* said already */
    if (!prev->is_known) {
        if (s->first.has_prev && f->first_year != s->year)
            report_add(&f->report, s->where, "missing shard",
                       "it continues \"%s\", which is not here (--first %04d when that was lawfully disposed of)",
                       report_safe(s->first.prev_origin, safe), s->year);
        return;
    }
    if (!s->first.has_prev || !slice_is(s->first.prev_origin, prev->origin))
        report_add(&f->report, s->where, "broken chain", "its first entry does not name \"%s\", the shard before",
                   report_safe((struct slice){prev->origin, strlen(prev->origin)}, safe));
    else if (s->first.prev_size < 0 || (uint64_t)s->first.prev_size != prev->size)
        report_add(&f->report, s->where, "broken chain",
                   "its first entry says that %04d ended with %" PRId64 " entries; its checkpoint says %" PRIu64,
                   prev->year, s->first.prev_size, prev->size);
    else if (!hash_from_hex(s->first.prev_root, &root) || !hash_eq(&root, &prev->root))
        report_add(&f->report, s->where, "broken chain", "its first entry names another root for %04d", prev->year);
}

static void check_one_since(struct shard *s, const struct since *since)
{
    const struct checkpoint *old = &since->checkpoint;

    if (old->size > s->checkpoint.size) {
        report_add(&s->f->report, s->where, "truncated",
                   "the older checkpoint %s counts %" PRIu64 " entries, this one only %" PRIu64, since->path,
                   old->size, s->checkpoint.size);
        return;
    }
    if (old->size == 0)
        return;
    for (int which = 0; which <= (int)s->is_split; which++)
        if (since->has_root[which] && hash_eq(&since->root[which], &old->root))
            return;
    /* before the towers parted there was only one, and its root counts for both */
    report_add(&s->f->report, s->where, "rewritten",
               "the first %" PRIu64 " entries are not those that the older checkpoint %s was signed over",
               old->size, since->path);
}

static void check_since(struct shard *s)
{
    for (size_t i = 0; i < s->f->n_since; i++) {
        const struct since *since = &s->f->since[i];

        if (since->is_read && slice_eq(since->checkpoint.origin, s->checkpoint.origin))
            check_one_since(s, since);
    }
}

static void check_opened(struct shard *s, struct shard_end *prev)
{
    struct shard_end end = {.year = s->year, .is_known = true};

    s->prev = *prev;
    find_next_since(s, 0, 0);
    check_all_pairs(s);
    check_partial(s);
    report_gaps(s);
    check_root(s);
    check_files(s);
    check_chain(s, prev);
    check_since(s);
    memcpy(end.origin, s->checkpoint.origin.at, s->checkpoint.origin.len);
    end.size = s->checkpoint.size;
    end.root = s->checkpoint.root;
    *prev = end;
}

void shard_check(struct fsck *f, int year, struct shard_end *prev)
{
    struct shard *s = calloc(1, sizeof(*s));
    struct bytes text = {0};

    if (!s)
        abort();
    s->f = f;
    s->year = year;
    (void)snprintf(s->where, sizeof(s->where), "shard %04d", year);
    (void)snprintf(s->last_t, sizeof(s->last_t), "0000-00-00T00:00:00.000000Z");
    (void)snprintf(s->low, sizeof(s->low), "%04d-12-31T15:00:00.000000Z", year - 1);
    (void)snprintf(s->high, sizeof(s->high), "%04d-12-31T15:00:00.000000Z", year);
    f->n_shards++;
    report_part(&f->report);
    if (open_checkpoint(s, &text))
        check_opened(s, prev);
    else
        prev->is_known = false;
    bytes_done(&text);
    bytes_done(&s->bundle);
    bytes_done(&s->tile);
    bytes_done(&s->other);
    free(s->moments);
    free(s);
}
