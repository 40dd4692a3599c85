#include "guard/medium.h"

#include "base/codec.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR 512u /* of /sys/block/…/size, whatever the disk's own is */

/* ---- the device ---- */

static bool read_word(const char *dir, const char *file, char *ret, size_t size)
{
    CLEANUP(buf_done) struct buf text;
    char path[PATH_MAX + 32];
    struct str s;
    size_t n;

    buf_init(&text, 4096);
    snprintf(path, sizeof(path), "%s/%s", dir, file);
    if (access(path, R_OK) || file_read(path, 4096, &text, NULL) || !text.len)
        return false;
    s = str_trim(buf_str(&text));
    n = MIN_OF(s.len, size - 1);
    for (size_t i = 0; i < n; i++)
        ret[i] = (unsigned char)s.at[i] >= 0x20 && (unsigned char)s.at[i] < 0x7f ? s.at[i] : '?';
    ret[n] = '\0';
    return n > 0;
}

/* The names that buses give to the same thing: USB, SCSI and NVMe, MMC. */
static bool read_first(const char *dir, const char *const names[3], char *ret)
{
    for (int i = 0; i < 3; i++)
        if (read_word(dir, names[i], ret, MEDIUM_WORD_SIZE))
            return true;
    return false;
}

static void read_names(const char *dir, struct medium_device *ret)
{
    static const char *const vendors[] = {"manufacturer", "vendor", "manfid"}, *const products[] = {
                                                                                   "product",
                                                                                   "model", "name"};

    IGNORE(read_first(dir, vendors, ret->vendor), "then it stays unknown");
    IGNORE(read_first(dir, products, ret->product), "then it stays unknown");
}

static void read_capacity(const char *way, struct medium_device *ret)
{
    char disk[PATH_MAX], word[MEDIUM_WORD_SIZE], *slash;
    uint64_t sectors;

    snprintf(disk, sizeof(disk), "%s", way);
    if (read_word(disk, "partition", word, sizeof(word)) && (slash = strrchr(disk, '/')))
        *slash = '\0';
    if (read_word(disk, "size", word, sizeof(word)) &&
        !str_to_u64(str_of(word), 0, UINT64_MAX / SECTOR, &sectors))
        ret->capacity = sectors * SECTOR;
}

bool medium_device_read(const char *sys, dev_t dev, struct medium_device *ret)
{
    char path[PATH_MAX], way[PATH_MAX], top[PATH_MAX], word[MEDIUM_WORD_SIZE];
    bool has_product = false;

    *ret = (struct medium_device){0};
    snprintf(path, sizeof(path), "%s/dev/block/%u:%u", sys, major(dev), minor(dev));
    if (snprintf(top, sizeof(top), "%s/devices", sys) >= (int)sizeof(top) || !realpath(path, way))
        return false;
    read_capacity(way, ret);
    for (char *slash; (slash = strrchr(way, '/')) && (size_t)(slash - way) > strlen(top);
         *slash = '\0') {
        struct medium_device here = {.capacity = ret->capacity};

        read_names(way, &here);
        if (read_word(way, "serial", word, sizeof(word))) {
            memcpy(here.serial, word, sizeof(word));
            *ret = here;
            return true;
        }
        /* Of devices without a number the nearest one that has a name: not the hub's or the controller's. */
        if (!has_product && *here.product) {
            *ret = here;
            has_product = true;
        }
    }
    return has_product || ret->capacity;
}

/* ---- the tag ---- */

bool medium_tag_parse(struct str bytes, struct medium_tag *ret)
{
    if (bytes.len != sizeof(*ret))
        return false;
    memcpy(ret, bytes.at, sizeof(*ret));
    return true;
}

static int read_tag(int fd, struct medium_tag *ret)
{
    char bytes[sizeof(*ret) + 1]; /* one more, so that a longer file is seen */
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

    if (n < 0)
        return -errno;
    return medium_tag_parse((struct str){bytes, (size_t)n}, ret) ? 0 : MEDIUM_TAG_E_FORM;
}

int medium_tag_read(int dir, struct medium_tag *ret)
{
    int fd = openat(dir, MEDIUM_TAG_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT ? MEDIUM_TAG_E_NONE : errno == ELOOP ? MEDIUM_TAG_E_FORM : -errno;
    r = fstat(fd, &st) ? -errno : !S_ISREG(st.st_mode) ? MEDIUM_TAG_E_FORM : read_tag(fd, ret);
    close(fd);
    return r;
}

struct digest_text medium_tag_digest(const uint8_t tag[MEDIUM_TAG_SIZE])
{
    const struct digest d = sha256((struct str){(const char *)tag, MEDIUM_TAG_SIZE});

    return digest_text(&d);
}

const uint8_t *medium_tag_match(const struct medium_tag *t, const char *digest)
{
    if (!strcmp(medium_tag_digest(t->now).at, digest))
        return t->now;
    return !strcmp(medium_tag_digest(t->before).at, digest) ? t->before : NULL;
}

/* What the medium gives back, not what memory has of it, where the system lets it. */
static int write_tag(int fd, const struct medium_tag *t)
{
    struct medium_tag back;
    ssize_t n = pwrite(fd, t, sizeof(*t), 0);
    int r;

    if (n != (ssize_t)sizeof(*t))
        return n < 0 ? -errno : -ENOSPC;
    if (fsync(fd))
        return -errno;
    IGNORE(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "some file systems keep their pages");
    if ((r = read_tag(fd, &back)))
        return r < 0 ? r : -EIO;
    return memcmp(&back, t, sizeof(back)) ? -EIO : 0;
}

int medium_tag_renew(int dir, const uint8_t *before, struct medium_tag *ret)
{
    struct medium_tag t;
    int fd, r;

    randombytes_buf(t.now, sizeof(t.now));
    memcpy(t.before, before ? before : t.now, sizeof(t.before));
    if (unlinkat(dir, MEDIUM_TAG_PART, 0) && errno != ENOENT)
        return -errno;
    fd = openat(dir, MEDIUM_TAG_PART, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    r = write_tag(fd, &t);
    if (close(fd) && !r)
        r = -errno;
    if (!r && renameat(dir, MEDIUM_TAG_PART, dir, MEDIUM_TAG_FILE))
        r = -errno;
    if (r) {
        IGNORE(unlinkat(dir, MEDIUM_TAG_PART, 0), "the next renewal takes it away");
        return r;
    }
    if (fsync(dir))
        return -errno;
    *ret = t;
    return 0;
}
