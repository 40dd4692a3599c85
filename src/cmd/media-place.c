#include "cmd/media-place.h"

#include "base/file.h"
#include "guard/medium.h"
#include "guard/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- which medium ---- */

static bool find_device(dev_t dev, char way[PATH_MAX])
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(dev), minor(dev));
    return realpath(path, way) != NULL;
}

static void read_partition(const char *way, char *ret, size_t size)
{
    CLEANUP(buf_done) struct buf text;
    char path[PATH_MAX + 16];

    buf_init(&text, 64);
    snprintf(path, sizeof(path), "%s/partition", way);
    if (!access(path, R_OK) && !file_read(path, 64, &text, NULL)) /* else a medium without partitions */
        snprintf(ret, size, "%.*s", STR_ARG(str_trim(buf_str(&text))));
}

struct place {
    char device[32], fs[24], serial[MEDIUM_WORD_SIZE], partition[16];
};

static int place_of(int fd, struct place *ret)
{
    struct medium_device device;
    char way[PATH_MAX];
    struct statvfs fs;
    struct stat st;

    *ret = (struct place){0};
    if (fstat(fd, &st) || fstatvfs(fd, &fs))
        return -errno;
    snprintf(ret->device, sizeof(ret->device), "%u:%u", major(st.st_dev), minor(st.st_dev));
    snprintf(ret->fs, sizeof(ret->fs), "%lx", fs.f_fsid);
    IGNORE(medium_device_read("/sys", st.st_dev, &device), "then it is known by the device's number");
    memcpy(ret->serial, device.serial, sizeof(ret->serial));
    if (find_device(st.st_dev, way))
        read_partition(way, ret->partition, sizeof(ret->partition));
    return 0;
}

int place_put(const char *dir, json_t *note)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
    struct place p;

    if (fd < 0)
        return -errno;
    r = place_of(fd, &p);
    close(fd);
    if (!r && (json_put_str(note, "device", p.device) || json_put_str(note, "fs", p.fs) || json_put_str(note, "serial", p.serial) ||
               json_put_str(note, "partition", p.partition)))
        r = -ENOMEM;
    return r;
}

static bool has_tag(int fd, const char *digest)
{
    struct medium_tag t;

    return !medium_tag_read(fd, &t) && medium_tag_match(&t, digest);
}

/* A note that names no device is of no medium. */
static bool is_same(int fd, const json_t *note, const char *tag)
{
    struct place p;

    if (place_of(fd, &p) || strcmp(p.serial, json_str(note, "serial")) != 0 || strcmp(p.partition, json_str(note, "partition")) != 0)
        return false;
    if (*tag)
        return has_tag(fd, tag);
    return *p.serial || (!strcmp(p.device, json_str(note, "device")) && !strcmp(p.fs, json_str(note, "fs")));
}

/* ---- what lies there ---- */

/* 1 these bytes, 0 others, -errno. */
static int has_bytes(int fd, const char *sha256)
{
    uint64_t size;
    struct digest is;
    int r = file_digest(fd, &size, &is);

    return r ? r : !strcmp(digest_text(&is).at, sha256);
}

/* 1, 0 as above; -ENOENT: nothing has the name. */
static int look_at_file(int dir, const json_t *note)
{
    int fd = openat(dir, json_str(note, "name"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r;

    if (fd < 0)
        return -errno;
    r = has_bytes(fd, json_str(note, "sha256"));
    close(fd);
    return r == -ENOENT ? -EIO : r;
}

/* What is being written just now may get its name between the two: so the name is looked for last. */
static int look_in(int dir, const json_t *note)
{
    int r = look_at_file(dir, note);

    if (r != -ENOENT)
        return r;
    r = outgoing_sweep(dir);
    return r == -ENOENT ? -EIO : r ? r : look_at_file(dir, note);
}

enum place_found place_look(const json_t *note, const char *tag, int *ret_errno)
{
    int dir = open(json_str(note, "dir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
    bool is_here;

    *ret_errno = 0;
    if (dir < 0) {
        *ret_errno = errno;
        return errno == ENOENT || errno == ENOTDIR ? PLACE_AWAY : PLACE_UNREAD;
    }
    if ((is_here = is_same(dir, note, tag)))
        r = look_in(dir, note);
    else
        r = -ENODEV;
    close(dir);
    if (!is_here)
        return PLACE_AWAY;
    *ret_errno = r < 0 ? -r : 0;
    return r == -ENOENT ? PLACE_NONE : r < 0 ? PLACE_UNREAD : r ? PLACE_WHOLE : PLACE_OTHER;
}
