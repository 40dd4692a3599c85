/* What an archive carries beside its members, where programs that look for the head of another one find it: headers of gzip, whatever of a cabinet is none of its data, headers of a tar that say more of the next member. That of a
 * ZIP is looked at with its directory (examine-zip.c). Where a header says what readers take differently, so that one of them finds members where another finds bytes, that is told, too. */
#include "guard/examine-inside.h"

#include "base/file.h"
#include "base/little-endian.h"
#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PIECE ((size_t)64 << 10)

struct regions {
    int fd;
    char *piece; /* PIECE bytes, for whatever is at hand */
    uint64_t size; /* of the file */
    unsigned members_max;
    uint64_t deadline_us;
    struct archive_beside *beside;
};

static int look(struct regions *g, uint64_t from, uint64_t to)
{
    struct marks m = {0};

    for (uint64_t at = from; at < to && !m.is_found;) {
        ssize_t n = file_pread_full(g->fd, g->piece, (size_t)MIN_OF((uint64_t)PIECE, to - at), at);

        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        marks_add(&m, (struct str){g->piece, (size_t)n});
        at += (uint64_t)n;
    }
    g->beside->hides = g->beside->hides || m.is_found;
    return 0;
}

/* Behind the next zero. */
static int pass_text(struct regions *g, uint64_t *at)
{
    const char *end = NULL;
    ssize_t n = 0;

    while (!end && (n = file_pread_full(g->fd, g->piece, PIECE, *at)) > 0) {
        end = memchr(g->piece, '\0', (size_t)n);
        *at += end ? (uint64_t)(end - g->piece) + 1 : (uint64_t)n;
    }
    return n < 0 ? (int)n : 0;
}

/* ---- gzip ---- */

#define GZIP_HEAD 10u
#define GZIP_TAIL 8u
enum { GZIP_SUM = 2, GZIP_EXTRA = 4, GZIP_NAME = 8, GZIP_COMMENT = 16 };

/* Behind its ten bytes: what anybody likes, a name, a comment. *at: where it begins, then where its data do. */
static int in_gzip_head(struct regions *g, uint64_t *at)
{
    const uint64_t from = *at + GZIP_HEAD;
    uint8_t head[GZIP_HEAD + 2] = {0};
    ssize_t n = file_pread_full(g->fd, head, sizeof(head), *at);
    int r = n < 0 ? (int)n : 0;

    *at = from;
    if (head[3] & GZIP_EXTRA)
        *at += 2 + (uint64_t)le16(head + GZIP_HEAD);
    for (unsigned flag = GZIP_NAME; !r && flag <= GZIP_COMMENT; flag <<= 1)
        if (head[3] & flag)
            r = pass_text(g, at);
    if (head[3] & GZIP_SUM)
        *at += 2;
    return r ? r : look(g, from, *at);
}

static const char gzip_mark[] = "\x1f\x8b\x08";
#define GZIP_MARK (sizeof(gzip_mark) - 1)

/* Are these bytes anywhere behind? They may be data. */
static int may_have_parts(struct regions *g, uint64_t at, bool *ret)
{
    ssize_t n = 0;

    for (*ret = false; !*ret && (n = file_pread_full(g->fd, g->piece, PIECE, at)) > (ssize_t)GZIP_MARK; at += (uint64_t)n - GZIP_MARK)
        *ret = memmem(g->piece, (size_t)n, gzip_mark, GZIP_MARK) != NULL;
    return n < 0 ? (int)n : 0;
}

/* Where the data that begin at *at end. 1: nowhere, which the reader says. */
static int pass_packed(struct regions *g, uint64_t *at)
{
    z_stream z = {0};
    char *out = malloc(PIECE);
    int r = out ? inflateInit2(&z, -MAX_WBITS) : Z_MEM_ERROR, e = 0;
    const bool is_open = r == Z_OK;
    ssize_t n;

    while (!e && r == Z_OK) {
        if ((n = file_pread_full(g->fd, g->piece, PIECE, *at)) <= 0) {
            e = n < 0 ? (int)n : 1;
            break;
        }
        z.next_in = (Bytef *)g->piece;
        z.avail_in = (uInt)n;
        do {
            z.next_out = (Bytef *)out;
            z.avail_out = (uInt)PIECE;
            r = inflate(&z, Z_NO_FLUSH);
        } while (r == Z_OK && z.avail_in);
        *at += (uint64_t)n - z.avail_in;
        r = r == Z_BUF_ERROR ? Z_OK : r;
        if (clock_monotonic_us() >= g->deadline_us) {
            g->beside->is_late = true;
            e = 1;
        }
    }
    if (is_open)
        inflateEnd(&z);
    free(out);
    return r == Z_MEM_ERROR ? -ENOMEM : e ? e : r == Z_STREAM_END ? 0 : 1;
}

/* One behind another, which readers unpack one behind another. */
static int in_gzip_parts(struct regions *g, uint64_t at)
{
    char mark[GZIP_MARK];
    bool may_have;
    int r = may_have_parts(g, at, &may_have);

    while (!r && may_have && !g->beside->hides && !(r = pass_packed(g, &at))) {
        ssize_t n = file_pread_full(g->fd, mark, GZIP_MARK, at += GZIP_TAIL);

        if (n < (ssize_t)GZIP_MARK || memcmp(mark, gzip_mark, GZIP_MARK) != 0)
            return n < 0 ? (int)n : 0;
        r = in_gzip_head(g, &at);
    }
    return r < 0 ? r : 0;
}

static int in_gzip(struct regions *g)
{
    uint64_t at = 0;
    int r = in_gzip_head(g, &at);

    return r ? r : in_gzip_parts(g, at);
}

/* ---- cabinets ---- */

#define CAB_HEAD 36u
#define CAB_FOLDER 8u
#define CAB_FILE 16u
#define CAB_BLOCK 8u
#define CAB_BLOCKS_MAX ((size_t)1 << 20)
enum { CAB_BEFORE = 1, CAB_BEHIND = 2, CAB_RESERVES = 4 };

struct cab {
    uint64_t folders_at;
    uint32_t files_at, n_folders;
    uint8_t of_folder, of_block; /* bytes that are reserved in each */
    struct buf data;             /* stretches of them */
};

struct stretch {
    uint64_t from, to;
};

static int take_cab_head(struct regions *g, struct cab *c)
{
    uint8_t head[CAB_HEAD + 4] = {0};
    const ssize_t n = file_pread_full(g->fd, head, sizeof(head), 0);
    const unsigned flags = le16(head + 30);
    int r = n < 0 ? (int)n : 0;

    c->files_at = le32(head + 16);
    c->n_folders = le16(head + 26);
    c->folders_at = CAB_HEAD;
    if (flags & CAB_RESERVES) {
        c->folders_at += 4 + (uint64_t)le16(head + CAB_HEAD);
        c->of_folder = head[CAB_HEAD + 2];
        c->of_block = head[CAB_HEAD + 3];
    }
    for (unsigned flag = CAB_BEFORE; !r && flag <= CAB_BEHIND; flag <<= 1) /* what the cabinet of a set is called, and its disc */
        for (int i = 0; !r && flags & flag && i < 2; i++)
            r = pass_text(g, &c->folders_at);
    return r;
}

/* All blocks of one folder, which lie one behind the other. */
static int take_folder(struct regions *g, struct cab *c, const uint8_t folder[CAB_FOLDER])
{
    uint64_t at = le32(folder);

    for (uint32_t n = le16(folder + 4); n > 0; n--) {
        uint8_t block[CAB_BLOCK];
        struct stretch s;
        const ssize_t got = file_pread_full(g->fd, block, sizeof(block), at);
        int r = got < 0 ? (int)got : 0;

        if (r || got < (ssize_t)sizeof(block))
            return r; /* which the reader says */
        s.from = at + CAB_BLOCK + c->of_block;
        s.to = at = s.from + le16(block + 4);
        if (c->data.len >= CAB_BLOCKS_MAX * sizeof(s))
            g->beside->is_many = true;
        else if ((r = buf_add(&c->data, &s, sizeof(s))))
            return r;
        if (g->beside->is_many)
            return 0;
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* Whatever is none of the data. */
static int look_between(struct regions *g, struct cab *c)
{
    struct stretch *s = (struct stretch *)(void *)c->data.at;
    const size_t n = c->data.len / sizeof(*s);
    uint64_t at = CAB_HEAD;
    int r = 0;

    if (n)
        qsort(s, n, sizeof(*s), by_place);
    for (size_t i = 0; !r && i < n && !g->beside->hides; i++) {
        if (s[i].from < at || s[i].from < (uint64_t)c->files_at)
            g->beside->is_odd = true; /* one in another */
        else
            r = look(g, at, s[i].from);
        at = MAX_OF(at, s[i].to);
    }
    return r ? r : look(g, at, g->size);
}

static int in_cab(struct regions *g)
{
    struct cab c = {0};
    int r;

    buf_init(&c.data, CAB_BLOCKS_MAX * sizeof(struct stretch));
    r = take_cab_head(g, &c);
    for (uint32_t i = 0; !r && i < c.n_folders && !g->beside->is_many; i++) {
        uint8_t folder[CAB_FOLDER];
        const ssize_t n = file_pread_full(g->fd, folder, sizeof(folder), c.folders_at + (uint64_t)i * (CAB_FOLDER + c.of_folder));

        if (n < (ssize_t)sizeof(folder)) {
            r = n < 0 ? (int)n : 0;
            break;
        }
        r = take_folder(g, &c, folder);
    }
    if (!r)
        r = look_between(g, &c);
    buf_done(&c.data);
    return r;
}

/* ---- tars ---- */

#define TAR_BLOCK 512u
#define PAX_MAX ((uint64_t)1 << 20) /* bytes of what says more of one member */
#define STEPS_OF_MEMBER 4u          /* headers that each member may have, itself among them */

/* What the headers before it said of the next member. */
struct tar_said {
    bool has_size;
    uint64_t size;
};

/* In letters, or in bytes with the highest bit set. */
static uint64_t tar_number(const uint8_t *h, size_t at, size_t n)
{
    const size_t end = at + n;
    uint64_t v = 0;

    if (n == 12 && h[at] & 0x80) {
        for (size_t i = end - 8; i < end; i++)
            v = v << 8 | h[i];
        return v;
    }
    while (at < end && (h[at] == ' ' || h[at] == '\t'))
        at++;
    for (; at < end && h[at] >= '0' && h[at] <= '7'; at++)
        v = v * 8 + (uint64_t)(h[at] - '0');
    return v;
}

static bool is_null(const char *block)
{
    return !block[0] && !memcmp(block, block + 1, TAR_BLOCK - 1);
}

/* To the next block that has anything in it, or to the end. */
static int pass_nulls(struct regions *g, uint64_t *at)
{
    ssize_t n;

    while ((n = file_pread_full(g->fd, g->piece, PIECE, *at)) >= (ssize_t)TAR_BLOCK) {
        for (ssize_t k = 0; k + (ssize_t)TAR_BLOCK <= n; k += TAR_BLOCK) {
            if (!is_null(g->piece + k))
                return 0;
            *at += TAR_BLOCK;
        }
    }
    return n < 0 ? (int)n : 0;
}

/* Decimal digits. false: anything else. */
static bool take_decimal(struct str s, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9' || *ret > UINT64_MAX / 10 - 1)
            return false;
        *ret = *ret * 10 + (uint64_t)(s.at[i] - '0');
    }
    return s.len > 0;
}

/* "30 key=value\n": its own length, then what it says. false: it is none. */
static bool take_record(struct str *s, struct str *ret_key, struct str *ret_value)
{
    const char *space = s->len ? memchr(s->at, ' ', s->len) : NULL, *equals;
    struct str rest;
    uint64_t n;

    if (!space || !take_decimal((struct str){s->at, (size_t)(space - s->at)}, &n) || n > s->len || n < (uint64_t)(space - s->at) + 3 || s->at[n - 1] != '\n')
        return false;
    rest = (struct str){space + 1, (size_t)n - (size_t)(space + 1 - s->at) - 1};
    equals = memchr(rest.at, '=', rest.len);
    *s = (struct str){s->at + n, s->len - (size_t)n};
    if (!equals)
        return false;
    *ret_key = (struct str){rest.at, (size_t)(equals - rest.at)};
    *ret_value = (struct str){equals + 1, rest.len - (size_t)(equals + 1 - rest.at)};
    return true;
}

/* A size in it counts for who knows such headers, and for nobody else. */
static void read_records(struct regions *g, struct str s, bool is_for_all, struct tar_said *said)
{
    struct str key, value;

    while (s.len && s.at[0]) {
        uint64_t size;

        if (!take_record(&s, &key, &value)) {
            g->beside->is_odd = true;
            return;
        }
        if (!str_eq(key, STR("size")))
            continue;
        if (is_for_all || !take_decimal(value, &size) || (said->has_size && said->size != size))
            g->beside->is_odd = true;
        else
            *said = (struct tar_said){true, size};
    }
}

static int take_records(struct regions *g, uint64_t at, uint64_t n, bool is_for_all, struct tar_said *said)
{
    char *bytes;
    ssize_t got;

    if (n > PAX_MAX) {
        g->beside->is_odd = true;
        return 0;
    }
    if (!(bytes = malloc((size_t)n + 1)))
        return -ENOMEM;
    got = file_pread_full(g->fd, bytes, (size_t)n, at);
    if (got >= 0)
        read_records(g, (struct str){bytes, (size_t)got}, is_for_all, said);
    free(bytes);
    return got < 0 ? (int)got : 0;
}

/* One of GNU with holes says where in further blocks, before its data. */
static int pass_sparse(struct regions *g, const uint8_t *h, uint64_t *at)
{
    uint8_t block[TAR_BLOCK];
    bool goes_on = h[482];

    while (goes_on) {
        const ssize_t n = file_pread_full(g->fd, block, sizeof(block), *at);

        if (n < (ssize_t)sizeof(block))
            return n < 0 ? (int)n : 0;
        *at += TAR_BLOCK;
        goes_on = block[504];
    }
    return 0;
}

/* A header, behind which *at stands. */
static int take_tar_header(struct regions *g, const uint8_t *h, uint64_t *at, struct tar_said *said)
{
    const char kind = (char)h[156];
    const uint64_t own = tar_number(h, 124, 12);
    int r = 0;

    if (own > g->size - *at) {
        g->beside->is_odd = true;
        *at = g->size;
        return 0;
    }
    if (kind && strchr("xgXLK", kind))
        r = look(g, *at, *at + own);
    if (!r && kind && strchr("xXg", kind))
        r = take_records(g, *at, own, kind == 'g', said);
    if (!kind || !strchr("xgXLK", kind)) {
        g->beside->is_odd = g->beside->is_odd || (said->has_size && said->size != own) || (kind && strchr("123456", kind) && own); /* to some there are bytes behind, to others the next header */
        said->has_size = false;
        if (!r && kind == 'S')
            r = pass_sparse(g, h, at);
    }
    *at += (own + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    return r;
}

/* From header to header. One whose sum is wrong is the reader's to say. */
static int in_tar(struct regions *g)
{
    struct tar_said said = {0};
    uint8_t h[TAR_BLOCK];
    uint64_t at = 0;
    int r = 0;

    for (uint64_t steps = 0; !r && !g->beside->hides && !g->beside->is_odd && !(r = pass_nulls(g, &at)) && at < g->size; steps++) {
        const ssize_t n = file_pread_full(g->fd, h, sizeof(h), at);

        if (n != (ssize_t)sizeof(h))
            return n < 0 ? (int)n : look(g, at, g->size);
        if (steps == STEPS_OF_MEMBER * (uint64_t)g->members_max) {
            g->beside->is_many = true;
            return 0;
        }
        at += TAR_BLOCK;
        r = take_tar_header(g, h, &at, &said);
    }
    return r;
}

int archive_beside(int fd, enum content_type type, uint64_t size, unsigned members_max, uint64_t deadline_us, struct archive_beside *ret)
{
    struct regions g = {.fd = fd, .size = size, .members_max = members_max, .deadline_us = deadline_us, .beside = ret};
    int r = 0;

    *ret = (struct archive_beside){0};
    if (type != CONTENT_GZIP && type != CONTENT_CAB && type != CONTENT_TAR)
        return 0;
    if (!(g.piece = malloc(PIECE)))
        return -ENOMEM;
    if (type == CONTENT_GZIP)
        r = in_gzip(&g);
    else if (type == CONTENT_CAB)
        r = in_cab(&g);
    else
        r = in_tar(&g);
    free(g.piece);
    return r;
}
