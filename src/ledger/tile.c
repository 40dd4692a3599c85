#include "ledger/tile.h"

#include <errno.h>

#define TILE_FILE_MODE 0644u
#define TILE_DIR_MODE 0755u
#define PATH_MAX_BYTES 4096u

/* 1234067 -> x001/x234/067 */
static int put_number(uint64_t n, struct buf *out)
{
    unsigned groups[7]; /* 7 * 3 digits hold any 64-bit number */
    unsigned count = 0;

    do {
        groups[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n);
    while (count > 1) {
        int r = buf_printf(out, "x%03u/", groups[--count]);

        if (r)
            return r;
    }
    return buf_printf(out, "%03u", groups[0]);
}

int tile_path(int level, uint64_t n, unsigned width, struct buf *out)
{
    int r;

    assert(level >= TILE_ENTRIES && level <= TILE_LEVEL_MAX);
    assert(width > 0 && width <= TILE_WIDTH);
    r = level == TILE_ENTRIES ? buf_add_text(out, "tile/entries/")
                              : buf_printf(out, "tile/%d/", level);
    if (!r)
        r = put_number(n, out);
    if (!r && width < TILE_WIDTH)
        r = buf_printf(out, ".p/%u", width);
    return r;
}

/* Three digits from *at on. */
static bool take_group(struct str s, size_t *at, uint64_t *ret)
{
    uint64_t v = 0;

    if (s.len - *at < 3)
        return false;
    for (int i = 0; i < 3; i++) {
        char c = s.at[*at + (size_t)i];

        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (uint64_t)(c - '0');
    }
    *at += 3;
    *ret = v;
    return true;
}

static int parse_number(struct str s, uint64_t *ret)
{
    uint64_t n = 0, group;
    size_t at = 0;
    bool more;

    do {
        more = at < s.len && s.at[at] == 'x';
        if (more)
            at++;
        if (!take_group(s, &at, &group))
            return TILE_E_SYNTAX;
        if (n > (TREE_SIZE_MAX - group) / 1000)
            return TILE_E_SYNTAX;
        if (more && n == 0 && group == 0)
            return TILE_E_SYNTAX; /* x000 in front: not the shortest form */
        n = n * 1000 + group;
        if (more && (at >= s.len || s.at[at++] != '/'))
            return TILE_E_SYNTAX;
    } while (more);
    *ret = n;
    return at == s.len ? 0 : TILE_E_SYNTAX;
}

static bool is_plain_decimal(struct str s)
{
    return s.len > 0 && (s.at[0] != '0' || s.len == 1);
}

static int parse_level(struct str s, int *ret)
{
    uint64_t v;

    if (str_eq(s, STR("entries"))) {
        *ret = TILE_ENTRIES;
        return 0;
    }
    if (!is_plain_decimal(s) || str_to_u64(s, 0, TILE_LEVEL_MAX, &v))
        return TILE_E_SYNTAX;
    *ret = (int)v;
    return 0;
}

int tile_path_parse(struct str path, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    struct str rest = path, piece, number;
    uint64_t width = TILE_WIDTH, n;
    const char *mark;
    int level;

    if (!str_split(&rest, '/', &piece) || !str_eq(piece, STR("tile")) || !rest.at)
        return TILE_E_SYNTAX;
    if (!str_split(&rest, '/', &piece) || parse_level(piece, &level) || !rest.at)
        return TILE_E_SYNTAX;
    number = rest;
    mark = memmem(rest.at, rest.len, ".p/", 3);
    if (mark) {
        struct str w = {mark + 3, (size_t)(rest.at + rest.len - mark) - 3};

        number.len = (size_t)(mark - rest.at);
        if (!is_plain_decimal(w) || str_to_u64(w, 1, TILE_WIDTH - 1, &width))
            return TILE_E_SYNTAX;
    }
    if (parse_number(number, &n))
        return TILE_E_SYNTAX;
    *ret_level = level;
    *ret_n = n;
    *ret_width = (unsigned)width;
    return 0;
}

/* floor(size / 256^level) */
static uint64_t hashes_at(unsigned level, uint64_t size)
{
    return level < TILE_LEVELS ? size >> (8 * level) : 0;
}

uint64_t tile_full_count(unsigned level, uint64_t size)
{
    return hashes_at(level, size) / TILE_WIDTH;
}

unsigned tile_partial_width(unsigned level, uint64_t size)
{
    return (unsigned)(hashes_at(level, size) % TILE_WIDTH);
}

struct digest tile_root(const struct digest hashes[static TILE_WIDTH])
{
    struct digest row[TILE_WIDTH / 2];

    for (unsigned i = 0; i < TILE_WIDTH / 2; i++)
        row[i] = tree_node_hash(&hashes[2 * i], &hashes[2 * i + 1]);
    for (unsigned n = TILE_WIDTH / 4; n > 0; n /= 2)
        for (unsigned i = 0; i < n; i++)
            row[i] = tree_node_hash(&row[2 * i], &row[2 * i + 1]);
    return row[0];
}

int bundle_add(struct buf *bundle, struct str entry)
{
    int r;

    if (entry.len > TILE_ENTRY_MAX)
        return TILE_E_LIMIT;
    r = buf_add_be16(bundle, (uint16_t)entry.len);
    return r ? r : buf_add_str(bundle, entry);
}

int bundle_next(struct str *rest, struct str *ret_entry)
{
    size_t len;

    if (rest->len == 0)
        return TILE_E_END;
    if (rest->len < 2)
        return TILE_E_SYNTAX;
    len = (size_t)((uint8_t)rest->at[0] << 8 | (uint8_t)rest->at[1]);
    if (len > rest->len - 2)
        return TILE_E_SYNTAX;
    *ret_entry = (struct str){rest->at + 2, len};
    *rest = (struct str){rest->at + 2 + len, rest->len - 2 - len};
    return 0;
}

int tile_dir_put(void *user, int level, uint64_t n, unsigned width, struct str bytes)
{
    struct buf path;
    char *slash;
    int r;

    buf_init(&path, PATH_MAX_BYTES);
    r = buf_printf(&path, "%s/", (const char *)user);
    if (!r)
        r = tile_path(level, n, width, &path);
    if (r)
        goto out;
    slash = strrchr(path.at, '/');
    *slash = '\0';
    r = dir_make(path.at, TILE_DIR_MODE, NULL);
    *slash = '/';
    if (!r)
        r = file_write_atomic(path.at, bytes, TILE_FILE_MODE, NULL);
out:
    buf_done(&path);
    return ERR_FOLD(r);
}

int tiler_init(struct tiler *tiler, uint64_t size, const struct tree_source *source)
{
    memset(tiler, 0, sizeof(*tiler));
    tiler->size = size;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t first = tile_full_count(level, size) * TILE_WIDTH;

        tiler->width[level] = tile_partial_width(level, size);
        for (unsigned i = 0; i < tiler->width[level]; i++) {
            int r = source->hash(source->user, level, first + i, &tiler->hashes[level][i]);

            if (r)
                return ERR(r);
        }
    }
    return 0;
}

static int put_level(struct tiler *tiler, unsigned level, uint64_t n, unsigned width,
                     const struct tile_sink *sink)
{
    struct str bytes = {(const char *)tiler->hashes[level], (size_t)width * SHA256_SIZE};

    return sink->put(sink->user, (int)level, n, width, bytes);
}

int tiler_add(struct tiler *tiler, const struct digest *leaf_hash, const struct tile_sink *sink)
{
    struct digest h = *leaf_hash;

    assert(tiler->size < TREE_SIZE_MAX);
    tiler->size++;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        int r;

        tiler->hashes[level][tiler->width[level]++] = h;
        tiler->changed[level] = true;
        if (tiler->width[level] < TILE_WIDTH)
            break;
        r = put_level(tiler, level, tile_full_count(level, tiler->size) - 1, TILE_WIDTH, sink);
        if (r)
            return ERR(r);
        h = tile_root(tiler->hashes[level]);
        tiler->width[level] = 0;
        tiler->changed[level] = false;
    }
    return 0;
}

int tiler_flush(struct tiler *tiler, const struct tile_sink *sink)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        int r;

        if (!tiler->changed[level] || tiler->width[level] == 0)
            continue;
        r = put_level(tiler, level, tile_full_count(level, tiler->size), tiler->width[level], sink);
        if (r)
            return ERR(r);
        tiler->changed[level] = false;
    }
    return 0;
}
