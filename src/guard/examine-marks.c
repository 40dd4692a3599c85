/* Archives and images of discs that lie in a file or behind it, whose readers look for where they begin: by the head of each, wherever. Each head is held against what its format wants, so that words
 * and programs that name a format are none. */
#include "guard/examine-inside.h"

#include "base/file.h"
#include "base/little-endian.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAB_SIZE 36u
#define LHA_SIZE 22u
#define PIECE ((size_t)64 << 10)

static bool is_cab(const char *at, size_t left)
{
    uint32_t size, files;

    if (left < CAB_SIZE)
        return false;
    size = le32(at + 8);
    files = le32(at + 16);
    return at[25] == 1 && (uint8_t)at[24] <= 3 && files >= CAB_SIZE && files < size && le16(at + 26) && le16(at + 28);
}

/* `at` is where the method is named, two bytes behind the beginning. */
static bool is_lha(const char *begin, const char *at, size_t left)
{
    const char *h = at - 2;
    uint32_t level, size;

    if (at - begin < 2 || left + 2 < LHA_SIZE || at[4] != '-' || (at[2] != 'h' && at[2] != 'z'))
        return false;
    level = (uint8_t)h[20];
    size = level >= 2 ? le16(h) : (uint8_t)h[0];
    return level == 3 ? size == 4 : level == 2 ? size >= 26 : level < 2 && size >= LHA_SIZE + 1 && (uint8_t)h[21] + LHA_SIZE <= size + (level ? 0u : 2u);
}

/* Marks that are enough by themselves, with the version behind. */
static const struct str found[] = {{"Rar!\x1a\7\0", 7}, {"Rar!\x1a\7\1", 7}, {"7z\xbc\xaf\x27\x1c\0", 7}, {"\1CD001\1", 7}, {"\2CD001\1", 7},
                                   {"\0BEA01\1", 7},    {"\0NSR02\1", 7},    {"\0NSR03\1", 7}};

static bool has_mark(struct str s)
{
    const char *end = s.at + s.len;

    if (!s.len)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(found); i++)
        if (memmem(s.at, s.len, found[i].at, found[i].len))
            return true;
    for (const char *at = s.at; (at = memmem(at, (size_t)(end - at), "MSCF", 4)); at++)
        if (is_cab(at, (size_t)(end - at)))
            return true;
    for (const char *at = s.at; (at = memmem(at, (size_t)(end - at), "-l", 2)); at++)
        if (is_lha(s.at, at, (size_t)(end - at)))
            return true;
    return false;
}

void marks_add(struct marks *m, struct str bytes)
{
    char joint[2 * MARK_MAX];
    size_t n = MIN_OF(bytes.len, (size_t)MARK_MAX);

    if (m->is_found)
        return;
    memcpy(joint, m->seam, m->n);
    memcpy(joint + m->n, bytes.at, n);
    m->is_found = has_mark((struct str){joint, m->n + n}) || has_mark(bytes);
    if (bytes.len >= MARK_MAX) {
        m->n = MARK_MAX;
        memcpy(m->seam, bytes.at + bytes.len - MARK_MAX, MARK_MAX);
    } else {
        size_t all = m->n + n;

        m->n = MIN_OF(all, (size_t)MARK_MAX);
        memcpy(m->seam, joint + all - m->n, m->n);
    }
}

/* ---- behind an archive ---- */

#define ISO_SAYS 130u /* bytes of its first descriptor that tell how long it is */
#define SEVENZ_HEAD 32u

static bool iso_end(int fd, uint64_t *ret)
{
    char first[ISO_SAYS];

    if (file_pread_full(fd, first, sizeof(first), CONTENT_ISO_AT - 1) != (ssize_t)sizeof(first))
        return false;
    *ret = (uint64_t)le32(first + 80) * le16(first + 128);
    return true;
}

static bool sevenz_end(int fd, uint64_t *ret)
{
    char head[SEVENZ_HEAD];
    uint64_t at, size;

    if (file_pread_full(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    at = le64(head + 12);
    size = le64(head + 20);
    *ret = SEVENZ_HEAD;
    return !size || (!__builtin_add_overflow(*ret, at, ret) && !__builtin_add_overflow(*ret, size, ret)); /* nothing in it: whatever place it names */
}

bool archive_end(int fd, enum content_type type, uint64_t read, uint64_t size, uint64_t *ret)
{
    *ret = read;
    if (type != CONTENT_ISO && type != CONTENT_7Z)
        return true;
    return (type == CONTENT_ISO ? iso_end(fd, ret) : sevenz_end(fd, ret)) && *ret <= size;
}

int archive_between(int fd, uint64_t from, uint64_t to, bool *ret)
{
    char *piece = from < to ? malloc(PIECE + ZIP_END_MAX) : NULL;
    struct marks m = {0};
    ssize_t n = 0;

    *ret = false;
    if (from >= to)
        return 0;
    if (!piece)
        return -ENOMEM;
    for (uint64_t at = from; !m.is_found && at < to && (n = file_pread_full(fd, piece, (size_t)MIN_OF((uint64_t)PIECE, to - at), at)) > 0; at += (uint64_t)n)
        marks_add(&m, (struct str){piece, (size_t)n});
    if (n >= 0 && !m.is_found) {
        const size_t want = (size_t)MIN_OF(to - from, (uint64_t)ZIP_END_MAX);

        n = file_pread_full(fd, piece, want, to - want);
        m.is_found = n > 0 && zip_ends((const uint8_t *)piece, (size_t)n, false);
    }
    free(piece);
    *ret = m.is_found;
    return n < 0 ? -EIO : 0;
}

/* ---- images ---- */

#define VOLUME_SECTOR 2048u
#define VOLUME_SECTORS 64u /* of descriptors that are looked at */

#define VOLUME_PRIMARY 1
#define VOLUME_SUPPLEMENTARY 2
#define VOLUME_END 255
#define VOLUME_ROOT 156u /* the root's record in a descriptor; where it lies and how long it is stand from its third byte on, in both orders of bytes */
#define VOLUME_ROOT_PLACE 16u

static bool is_joliet(const char *s)
{
    return s[0] == VOLUME_SUPPLEMENTARY && !memcmp(s + 88, "%/", 2) && s[90] && strchr("@CE", s[90]);
}

/* Where trees begin: one of Joliet, and one of all others, which are plain names (again, or longer, as of ISO 9660:1999). */
struct roots {
    char place[2][VOLUME_ROOT_PLACE];
    bool has[2];
};

/* False: it is a second one of its kind, elsewhere. */
static bool roots_add(struct roots *r, const char *s)
{
    bool joliet = is_joliet(s);

    if (r->has[joliet])
        return !memcmp(r->place[joliet], s + VOLUME_ROOT + 2, VOLUME_ROOT_PLACE);
    r->has[joliet] = true;
    memcpy(r->place[joliet], s + VOLUME_ROOT + 2, VOLUME_ROOT_PLACE);
    return true;
}

/* Descriptors stand one in each sector from the sixteenth on. UDF, whose stand behind the end of the others, Windows prefers to the file system that is opened. */
struct image_trees image_trees_of(int fd)
{
    struct image_trees t = {0};
    struct roots roots = {0};
    bool is_over = false, has_end = false;
    unsigned i;
    char s[VOLUME_SECTOR];

    for (i = 0; i < VOLUME_SECTORS && file_pread_full(fd, s, sizeof(s), CONTENT_ISO_AT - 1 + (uint64_t)i * VOLUME_SECTOR) == (ssize_t)sizeof(s); i++) {
        t.has_other = t.has_other || !memcmp(s + 1, "NSR0", 4) || !memcmp(s + 1, "BEA01", 5);
        has_end = has_end || memcmp(s + 1, "CD001", 5);
        is_over = is_over || memcmp(s + 1, "CD001", 5) || (uint8_t)s[0] == VOLUME_END;
        if (!is_over && (s[0] == VOLUME_PRIMARY || s[0] == VOLUME_SUPPLEMENTARY))
            t.has_other = !roots_add(&roots, s) || t.has_other;
    }
    t.has_other = t.has_other || (i == VOLUME_SECTORS && !has_end); /* nobody looked behind them */
    t.has_joliet = roots.has[1];
    return t;
}
