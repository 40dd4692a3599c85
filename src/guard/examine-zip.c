/* Whether a ZIP is what its central directory says of it. One reader goes by that, another by the headers before each member, a third by another
 * directory: what they unpack must be the same, or something is unpacked that nobody looked at. */
#include "guard/examine-inside.h"

#include "base/file.h"
#include "base/little-endian.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define END_SIZE 22u
#define END64_SIZE 56u
#define LOCATOR_SIZE 20u
#define CENTRAL_SIZE 46u
#define LOCAL_SIZE 30u
#define COMMENT_MAX 65535u
#define DIRECTORY_MAX ((uint64_t)64 << 20)

enum { FLAG_ENCRYPTED = 1, FLAG_DESCRIPTOR = 8 };

/* Where it begins, and where its bytes end but for a descriptor behind them. */
struct stretch {
    uint64_t from, to;
    bool has_descriptor;
};

struct zip_look {
    int fd;
    uint64_t size;              /* of the file */
    uint64_t at, length, count; /* of the central directory */
    struct stretch *members;
    bool hides; /* another archive in comments or extra fields */
};

static void look(struct zip_look *z, const void *bytes, size_t n)
{
    struct marks m = {0};

    marks_add(&m, (struct str){bytes, n});
    z->hides = z->hides || m.is_found;
}

/* All `n` bytes at `at`. */
static bool take(const struct zip_look *z, uint64_t at, void *to, size_t n)
{
    return at <= z->size && n <= z->size - at && file_pread_full(z->fd, to, n, at) == (ssize_t)n;
}

/* The record before the end that has the numbers which do not fit there; it lies right behind the directory. */
static bool find_end64(struct zip_look *z, uint64_t end)
{
    uint8_t locator[LOCATOR_SIZE], r[END64_SIZE];
    uint64_t at;

    if (end < LOCATOR_SIZE || !take(z, end - LOCATOR_SIZE, locator, sizeof(locator)) ||
        memcmp(locator, "PK\6\7", 4) != 0)
        return false;
    at = le64(locator + 8);
    if (!take(z, at, r, sizeof(r)) || memcmp(r, "PK\6\6", 4) != 0 ||
        le64(r + 4) != end - LOCATOR_SIZE - at - 12)
        return false;
    z->count = le64(r + 32);
    z->length = le64(r + 40);
    z->at = le64(r + 48);
    return z->at <= at && z->length == at - z->at;
}

/* One end, at the end; what is said behind it holds no other one. */
static bool find_end(struct zip_look *z)
{
    size_t n = (size_t)MIN_OF(z->size, (uint64_t)END_SIZE + COMMENT_MAX), at;
    uint8_t *tail = malloc(n + 1);
    bool found = false;
    const uint8_t *e;

    if (!tail || n < END_SIZE || !take(z, z->size - n, tail, n)) {
        free(tail);
        return false;
    }
    for (at = n - END_SIZE + 1; !found && at > 0;)
        found = !memcmp(tail + --at, "PK\5\6", 4);
    e = tail + at;
    found = found && le16(e + 20) == n - at - END_SIZE && le16(e + 8) == le16(e + 10);
    if (found) {
        const uint64_t end = z->size - n + at;

        z->count = le16(e + 10);
        z->length = le32(e + 12);
        z->at = le32(e + 16);
        look(z, e + END_SIZE, n - at - END_SIZE);
        found = z->count == 0xffff || z->length == 0xffffffff || z->at == 0xffffffff
                    ? find_end64(z, end)
                    : z->at <= end && z->length == end - z->at;
    }
    free(tail);
    return found;
}

bool zip_ends(const uint8_t *tail, size_t n, bool is_exact)
{
    for (size_t at = n < END_SIZE ? 0 : n - END_SIZE + 1; at > 0;) {
        const uint8_t *e = tail + --at;

        if (!memcmp(e, "PK\5\6", 4) && (!is_exact || le16(e + 20) == n - at - END_SIZE) && !le32(e + 4) && le16(e + 10) && le16(e + 8) == le16(e + 10) &&
            le32(e + 12) >= CENTRAL_SIZE)
            return true;
    }
    return false;
}

/* Numbers that do not fit stand in the extra field, in this order, those alone. */
static bool take_large(const uint8_t *extra, size_t n, bool has_size, uint64_t *packed,
                       uint64_t *from)
{
    size_t want =
        (has_size ? 8 : 0) + (*packed == 0xffffffff ? 8 : 0) + (*from == 0xffffffff ? 8 : 0);

    for (size_t at = 0; want && at + 4 <= n; at += 4 + (size_t)le16(extra + at + 2)) {
        const uint8_t *p = extra + at + 4;

        if (le16(extra + at) != 1)
            continue;
        if (at + 4 + want > n || le16(extra + at + 2) < want)
            return false;
        p += has_size ? 8 : 0;
        if (*packed == 0xffffffff) {
            *packed = le64(p);
            p += 8;
        }
        if (*from == 0xffffffff)
            *from = le64(p);
        return true;
    }
    return want == 0;
}

/* The header before the member says the same of it. */
static bool take_local(struct zip_look *z, const uint8_t *central, uint64_t packed, uint64_t from,
                       struct stretch *ret)
{
    const size_t n_name = le16(central + 28), n_extra_max = UINT16_MAX;
    uint8_t h[LOCAL_SIZE], *name = malloc(MAX_OF(n_name, n_extra_max) + 1);
    bool same =
        name && take(z, from, h, sizeof(h)) && !memcmp(h, "PK\3\4", 4) && le16(h + 26) == n_name &&
        le16(h + 8) == le16(central + 10) && !((le16(h + 6) ^ le16(central + 8)) & FLAG_ENCRYPTED) &&
        take(z, from + LOCAL_SIZE, name, n_name) && !memcmp(name, central + CENTRAL_SIZE, n_name);

    if (same && le16(h + 28) && (same = take(z, from + LOCAL_SIZE + n_name, name, le16(h + 28))))
        look(z, name, le16(h + 28));
    free(name);
    if (!same || packed > z->size)
        return false;
    *ret = (struct stretch){.from = from,
                            .to = from + LOCAL_SIZE + n_name + le16(h + 28) + packed,
                            .has_descriptor = le16(h + 6) & FLAG_DESCRIPTOR};
    return true;
}

static bool take_members(struct zip_look *z, const uint8_t *directory)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < z->count; i++) {
        const uint8_t *c = directory + at;
        uint64_t packed, from, n;

        if (z->length - at < CENTRAL_SIZE || memcmp(c, "PK\1\2", 4) != 0)
            return false;
        n = (uint64_t)CENTRAL_SIZE + le16(c + 28) + le16(c + 30) + le16(c + 32);
        packed = le32(c + 20);
        from = le32(c + 42);
        if (n > z->length - at ||
            !take_large(c + CENTRAL_SIZE + le16(c + 28), le16(c + 30), le32(c + 24) == 0xffffffff,
                        &packed, &from) ||
            !take_local(z, c, packed, from, &z->members[i]))
            return false;
        at += n;
    }
    return at == z->length;
}

static int by_place(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* A descriptor: four or eight bytes a size, with or without its mark; folders are said to have one that have none. */
static bool goes_on_at(const struct stretch *m, uint64_t next)
{
    const uint64_t gap = next - m->to;

    return m->to <= next &&
           (gap == 0 || (m->has_descriptor && (gap == 12 || gap == 16 || gap == 20 || gap == 24)));
}

/* One behind the other from the beginning to the directory: nothing lies between. */
static bool fill_all(struct zip_look *z)
{
    uint8_t mark[4] = {0};
    uint64_t first = 0;

    qsort(z->members, (size_t)z->count, sizeof(*z->members), by_place);
    if (take(z, 0, mark, sizeof(mark)) && (!memcmp(mark, "PK\7\10", 4) || !memcmp(mark, "PK00", 4)))
        first = 4; /* it was to be in parts */
    if ((z->count ? z->members[0].from : z->at) != first)
        return false;
    for (uint64_t i = 0; i < z->count; i++)
        if (!goes_on_at(&z->members[i], i + 1 < z->count ? z->members[i + 1].from : z->at))
            return false;
    return true;
}

bool zip_is_plain(int fd, unsigned members_max, bool *ret_hides)
{
    struct zip_look z = {.fd = fd};
    uint8_t *directory;
    struct stat st;
    bool is_plain;

    *ret_hides = false;
    if (fstat(fd, &st) || st.st_size < 0)
        return false;
    z.size = (uint64_t)st.st_size;
    if (!find_end(&z))
        return false;
    if (z.count > members_max)
        return true; /* which is told */
    if (z.length > DIRECTORY_MAX)
        return false;
    directory = malloc((size_t)z.length + 1);
    z.members = calloc((size_t)z.count + 1, sizeof(*z.members));
    is_plain = directory && z.members && take(&z, z.at, directory, (size_t)z.length) &&
               take_members(&z, directory) && fill_all(&z);
    if (is_plain)
        look(&z, directory, (size_t)z.length);
    *ret_hides = z.hides;
    free(directory);
    free(z.members);
    return is_plain;
}
