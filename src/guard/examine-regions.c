/* What an archive carries beside its members, where programs that look for the head of another one find it: the header of gzip, the reserved area of a cabinet, headers of a tar that say more of the next member. That of a ZIP
 * is looked at with its directory (examine-zip.c). */
#include "guard/examine-inside.h"

#include "base/little-endian.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define TAR_BLOCK 512u

/* As many of `n` bytes at `at` as there are; negative: none can be read. */
static ssize_t take(int fd, void *to, size_t n, uint64_t at)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = pread(fd, (char *)to + got, n - got, (off_t)(at + got));

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -EIO;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

static int look(int fd, char *piece, uint64_t from, uint64_t to, bool *ret)
{
    struct marks m = {0};

    for (uint64_t at = from; at < to && !m.is_found;) {
        ssize_t n = take(fd, piece, (size_t)MIN_OF((uint64_t)PIECE, to - at), at);

        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        marks_add(&m, (struct str){piece, (size_t)n});
        at += (uint64_t)n;
    }
    *ret = *ret || m.is_found;
    return 0;
}

enum { GZIP_EXTRA = 4, GZIP_NAME = 8, GZIP_COMMENT = 16 };

/* Behind its ten bytes: what anybody likes, a name, a comment. */
static int in_gzip(int fd, char *piece, bool *ret)
{
    uint8_t head[12] = {0};
    uint64_t at = 10;
    ssize_t n = take(fd, head, sizeof(head), 0);

    if (n < 0)
        return (int)n;
    if (head[3] & GZIP_EXTRA)
        at += 2 + (uint64_t)le16(head + 10);
    for (unsigned flag = GZIP_NAME; flag <= GZIP_COMMENT; flag <<= 1) {
        const char *end = NULL;

        while (head[3] & flag && !end && (n = take(fd, piece, PIECE, at)) > 0) {
            end = memchr(piece, '\0', (size_t)n);
            at += end ? (uint64_t)(end - piece) + 1 : (uint64_t)n;
        }
        if (n < 0)
            return (int)n;
    }
    return look(fd, piece, 10, at, ret);
}

/* Between its own head and the list of its files. */
static int in_cab(int fd, char *piece, bool *ret)
{
    uint8_t head[20] = {0};
    ssize_t n = take(fd, head, sizeof(head), 0);

    return n < 0 ? (int)n : look(fd, piece, 36, le32(head + 16), ret);
}

/* In letters, or in bytes with the highest bit set. */
static uint64_t tar_size(const uint8_t *h)
{
    uint64_t v = 0;
    size_t at = 124;

    if (h[124] & 0x80) {
        for (size_t i = 128; i < 136; i++)
            v = v << 8 | h[i];
        return v;
    }
    while (at < 136 && (h[at] == ' ' || h[at] == '\t'))
        at++;
    for (; at < 136 && h[at] >= '0' && h[at] <= '7'; at++)
        v = v * 8 + (uint64_t)(h[at] - '0');
    return v;
}

/* From header to header; what is none is the reader's to say. */
static int in_tar(int fd, char *piece, uint64_t size, unsigned members_max, bool *ret)
{
    uint8_t h[TAR_BLOCK];
    uint64_t at = 0;
    int r = 0;

    for (uint64_t steps = 0; !r && !*ret && at < size && steps < 4 * (uint64_t)members_max; steps++) {
        ssize_t n = take(fd, h, sizeof(h), at);
        const uint64_t own = n == (ssize_t)sizeof(h) ? tar_size(h) : 0;

        if (n != (ssize_t)sizeof(h))
            return n < 0 ? (int)n : 0;
        at += TAR_BLOCK;
        if (!h[0])
            continue;
        if (own > size - at)
            break;
        if (h[156] && strchr("xgXLK", h[156]))
            r = look(fd, piece, at, at + own, ret);
        if (!h[156] || !strchr("123456", h[156])) /* links, devices and folders have nothing behind */
            at += (own + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    return r;
}

int archive_hides(int fd, enum content_type type, uint64_t size, unsigned members_max, bool *ret)
{
    char *piece;
    int r = 0;

    *ret = false;
    if (type != CONTENT_GZIP && type != CONTENT_CAB && type != CONTENT_TAR)
        return 0;
    if (!(piece = malloc(PIECE)))
        return -ENOMEM;
    if (type == CONTENT_GZIP)
        r = in_gzip(fd, piece, ret);
    else if (type == CONTENT_CAB)
        r = in_cab(fd, piece, ret);
    else
        r = in_tar(fd, piece, size, members_max, ret);
    free(piece);
    return r;
}
