#include "guard/wipe.h"

#include "base/tell.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define SLACK 4096u /* a file's last block is filled, too */
#define FILL_MAX \
    ((uint64_t)1 << 30) /* bytes of one file that fills free space: every file system holds it */
#define DEPTH_MAX 100u
#define DIFFERS (-EBADMSG) /* the medium does not keep what it is given */
#define FILL_NAME ".tsujiban-fill-"

struct wiping {
    const struct wipe_request *q;
    struct diag *diag;
    uint8_t key[crypto_stream_chacha20_KEYBYTES];
    uint64_t stream; /* number of the stream at hand: each file has its own */
    uint8_t *wanted, *found;
    uint64_t files, others, overwritten, free, done, total;
    dev_t dev;
    const char *what, *medium;
};

static int init(struct wiping *w, const struct wipe_request *q, struct diag *diag)
{
    *w = (struct wiping){.q = q, .diag = diag, .medium = "unknown"};
    random_fill(w->key, sizeof(w->key));
    w->wanted = malloc(PIECE);
    w->found = malloc(PIECE);
    return w->wanted && w->found ? 0 : -ENOMEM;
}

static void wiping_done(struct wiping *w)
{
    sodium_memzero(w->key, sizeof(w->key));
    free(w->wanted);
    free(w->found);
}

static int refuse(struct wiping *w, const char *path, enum message_key key)
{
    diag_tell(w->diag, DIAG_ERROR, (struct diag_place){.file = path}, key);
    return WIPE_E_REFUSED;
}

static int fail(struct wiping *w, const char *path, int error)
{
    const char *reason = strerrordesc_np(error > 0 ? error : -error);

    if (error == DIFFERS) {
        diag_tell(w->diag, DIAG_ERROR, (struct diag_place){.file = path}, MSG_WIPE_DIFFERS);
        return WIPE_E_FAILED;
    }
    diag_tell(w->diag, DIAG_ERROR, (struct diag_place){.file = path}, MSG_WIPE_FAILED,
              {"reason", str_of(reason ? reason : "?")});
    return WIPE_E_FAILED;
}

static void tell(struct wiping *w, size_t n)
{
    w->done += n;
    if (w->q->progress.tell)
        w->q->progress.tell(w->q->progress.user, w->done, w->total);
}

/* ---- one file, image or device ---- */

/* `n` bytes of the stream from `at`, which is a multiple of its blocks. */
static void make_wanted(struct wiping *w, uint64_t at, size_t n)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

    for (size_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = (uint8_t)(w->stream >> (8 * i));
    memset(w->wanted, 0, n);
    crypto_stream_chacha20_xor_ic(w->wanted, w->wanted, n, nonce, at / 64, w->key);
}

static int write_piece(int fd, const uint8_t *bytes, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t r = pwrite(fd, bytes, n, (off_t)at);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -EIO;
        bytes += r;
        at += (uint64_t)r;
        n -= (size_t)r;
    }
    return 0;
}

static int overwrite(struct wiping *w, int fd, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += PIECE) {
        size_t n = (size_t)MIN_OF((uint64_t)PIECE, size - at);
        int r;

        make_wanted(w, at, n);
        if ((r = write_piece(fd, w->wanted, n, at)))
            return r;
        tell(w, n);
    }
    return fsync(fd) ? -errno : 0;
}

static int compare(struct wiping *w, int fd, uint64_t size)
{
    IGNORE(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "then it is read from memory");
    for (uint64_t at = 0; at < size; at += PIECE) {
        size_t n = (size_t)MIN_OF((uint64_t)PIECE, size - at), got = 0;

        while (got < n) {
            ssize_t r = pread(fd, w->found + got, n - got, (off_t)(at + got));

            if (r < 0 && errno == EINTR)
                continue;
            if (r <= 0)
                return r < 0 ? -errno : -EIO;
            got += (size_t)r;
        }
        make_wanted(w, at, n);
        if (memcmp(w->wanted, w->found, n))
            return DIFFERS;
        tell(w, n);
    }
    return 0;
}

static int wipe_bytes(struct wiping *w, int fd, uint64_t size)
{
    int r;

    w->stream++;
    if (!(r = overwrite(w, fd, size)))
        r = compare(w, fd, size);
    if (!r)
        w->overwritten += size;
    return r;
}

/* ---- folders ---- */

struct visit {
    int (*file)(struct wiping *w, int dir, const char *name, const struct stat *st);
    int (*other)(struct wiping *w, int dir, const char *name, const struct stat *st);
};

static int walk(struct wiping *w, int dir, unsigned depth, const struct visit *v);

static int walk_folder(struct wiping *w, int dir, const char *name, unsigned depth,
                       const struct visit *v)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return fail(w, name, errno);
    return walk(w, fd, depth + 1, v);
}

static int visit_one(struct wiping *w, int dir, const char *name, unsigned depth,
                     const struct visit *v)
{
    struct stat st;
    int r = 0;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
        return fail(w, name, errno);
    if (st.st_dev != w->dev)
        return refuse(w, name, MSG_WIPE_OTHER);
    if (S_ISREG(st.st_mode))
        return v->file(w, dir, name, &st);
    if (S_ISDIR(st.st_mode) && depth >= DEPTH_MAX)
        return refuse(w, name, MSG_WIPE_DEEP);
    if (S_ISDIR(st.st_mode))
        r = walk_folder(w, dir, name, depth, v);
    return r ? r : v->other(w, dir, name, &st);
}

/* Takes `dir`. */
static int walk(struct wiping *w, int dir, unsigned depth, const struct visit *v)
{
    DIR *d = fdopendir(dir);
    const struct dirent *e;
    int r = 0;

    if (!d) {
        close(dir);
        return -ENOMEM;
    }
    while (!r && (errno = 0, e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            r = visit_one(w, dirfd(d), e->d_name, depth, v);
    if (!r && errno)
        r = fail(w, w->q->path, errno);
    closedir(d);
    return r;
}

static int count_file(struct wiping *w, int dir, const char *name, const struct stat *st)
{
    if (w->q->files_only && st->st_nlink > 1)
        return refuse(w, name, MSG_WIPE_LINKED);
    w->files++;
    w->overwritten += (uint64_t)st->st_size;
    return 0;
}

static int count_other(struct wiping *w, int dir, const char *name, const struct stat *st)
{
    w->others++;
    return 0;
}

/* Its old name goes before it does. */
static int delete (struct wiping *w, int dir, const char *name, int flags)
{
    char neutral[32];

    (void)snprintf(neutral, sizeof(neutral), ".tsujiban-%08llx",
                   (unsigned long long)(w->files + w->others));
    if (renameat2(dir, name, dir, neutral, RENAME_NOREPLACE) == 0)
        name = neutral;
    return unlinkat(dir, name, flags) ? -errno : 0;
}

static int wipe_file(struct wiping *w, int dir, const char *name, const struct stat *st)
{
    uint64_t size = ((uint64_t)st->st_size + SLACK - 1) / SLACK * SLACK;
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), r;

    if (fd < 0)
        return fail(w, name, errno);
    r = wipe_bytes(w, fd, size);
    if (r == -ENOSPC) /* no room for the rest of its last block */
        r = wipe_bytes(w, fd, (uint64_t)st->st_size);
    if (!r && (r = ftruncate(fd, 0)))
        r = -errno;
    close(fd);
    w->files++;
    if (!r)
        r = delete (w, dir, name, 0);
    return r ? fail(w, name, r) : 0;
}

static int wipe_other(struct wiping *w, int dir, const char *name, const struct stat *st)
{
    int r;

    w->others++;
    r = delete (w, dir, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0);
    return r ? fail(w, name, r) : 0;
}

/* ---- free space ---- */

static void fill_name(char *name, size_t size, unsigned i)
{
    (void)snprintf(name, size, FILL_NAME "%u", i);
}

/* As much as goes in; *ret_size says how much. 1: there is no room for more. */
static int fill_one(struct wiping *w, int fd, uint64_t *ret_size)
{
    size_t n = PIECE;

    *ret_size = 0;
    while (*ret_size < FILL_MAX && n >= SLACK) {
        int r;

        make_wanted(w, *ret_size, n);
        r = write_piece(fd, w->wanted, n, *ret_size);
        if (r == -ENOSPC || r == -EFBIG || r == -EDQUOT) {
            n /= 2;
            continue;
        }
        if (r)
            return r;
        *ret_size += n;
        tell(w, n);
    }
    IGNORE(ftruncate(fd, (off_t)*ret_size),
           "what was written of the last piece is compared with nothing");
    if (fsync(fd))
        return -errno;
    return n < SLACK ? 1 : 0;
}

/* All files that fill are there at once; only then are they compared and given back. */
static int fill_all(struct wiping *w, int dir, unsigned *ret_n, uint64_t first)
{
    int r = 0;

    for (*ret_n = 0; !r; (*ret_n)++) {
        char name[64];
        uint64_t size;
        int fd;

        fill_name(name, sizeof(name), *ret_n);
        fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return errno == ENOSPC ? 0 : -errno;
        w->stream = first + *ret_n;
        r = fill_one(w, fd, &size);
        close(fd);
        if (r < 0)
            (*ret_n)++;
        if (r < 0)
            return r;
        w->free += size;
    }
    return 0;
}

static int compare_fill(struct wiping *w, int dir, unsigned n, uint64_t first)
{
    int r = 0;

    for (unsigned i = 0; !r && i < n; i++) {
        char name[64];
        struct stat st;
        int fd;

        fill_name(name, sizeof(name), i);
        fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st)) {
            r = -errno;
        } else {
            w->stream = first + i;
            r = compare(w, fd, (uint64_t)st.st_size);
        }
        if (fd >= 0)
            close(fd);
    }
    return r;
}

static int wipe_free(struct wiping *w, int dir)
{
    uint64_t first = w->stream + 1;
    unsigned n = 0;
    int r = fill_all(w, dir, &n, first);

    if (!r)
        r = compare_fill(w, dir, n, first);
    for (unsigned i = 0; i < n; i++) {
        char name[64];

        fill_name(name, sizeof(name), i);
        if (unlinkat(dir, name, 0) && !r)
            r = -errno;
    }
    return r ? fail(w, w->q->path, r) : 0;
}

/* ---- what it is ---- */

static bool reads_one(const char *path, char *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_read = fd >= 0 && read(fd, ret, 1) == 1;

    if (fd >= 0)
        close(fd);
    return is_read;
}

/* The kernel takes what it does not know for turning: sticks behind USB, disks of other machines. So its word counts only where the disk hangs on a
 * bus that tells. A partition's disk stands one folder above it. */
static const char *medium_of(dev_t dev)
{
    static const char *const places[] = {"", "/.."};
    char path[120], way[512], c;
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(dev), minor(dev));
    n = readlink(path, way, sizeof(way) - 1);
    way[MAX_OF(n, (ssize_t)0)] = '\0';
    if (strstr(way, "/usb") || strstr(way, "/mmc") || strstr(way, "/nvme"))
        return "flash";
    if (!strstr(way, "/ata"))
        return "unknown";
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u%s/queue/rotational", major(dev),
                       minor(dev), places[i]);
        if (reads_one(path, &c))
            return c == '1' ? "turning" : "flash";
    }
    return "unknown";
}

static int look_at_folder(struct wiping *w, int fd)
{
    struct stat mine, above;
    struct statfs fs;

    if (fstat(fd, &mine) || fstatat(fd, "..", &above, 0) || fstatfs(fd, &fs))
        return refuse(w, w->q->path, MSG_WIPE_UNREACHABLE);
    if (mine.st_dev == above.st_dev && mine.st_ino == above.st_ino)
        return refuse(w, w->q->path, MSG_WIPE_ROOT);
    if (!w->q->files_only && mine.st_dev == above.st_dev)
        return refuse(w, w->q->path, MSG_WIPE_NO_MEDIUM);
    w->what = "folder";
    w->dev = mine.st_dev;
    w->medium = fs.f_type == TMPFS_MAGIC ? "memory" : medium_of(mine.st_dev);
    return 0;
}

static int size_of(int fd, const struct stat *st, uint64_t *ret)
{
    *ret = (uint64_t)st->st_size;
    return S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, ret) ? -errno : 0;
}

static bool is_sure(const struct wiping *w)
{
    return !strcmp(w->medium, "turning") || !strcmp(w->medium, "memory");
}

static int report(const struct wiping *w, json_t **ret)
{
    *ret = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:b}", "what", w->what, "files",
                     (json_int_t)w->files, "others", (json_int_t)w->others, "overwritten",
                     (json_int_t)w->overwritten, "free", (json_int_t)w->free, "medium", w->medium,
                     "is_sure", (int)is_sure(w));
    return *ret ? 0 : -ENOMEM;
}

/* Counts what lies there, and sees that nothing stands against it. */
static int count(struct wiping *w, int fd)
{
    static const struct visit counting = {count_file, count_other};
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
    struct statfs fs;

    if (copy < 0)
        return refuse(w, w->q->path, MSG_WIPE_UNREACHABLE);
    if ((r = walk(w, copy, 0, &counting)))
        return r == WIPE_E_FAILED ? WIPE_E_REFUSED : r;
    if (!w->q->files_only && fstatfs(fd, &fs) == 0)
        w->free = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
    return 0;
}

/* Opens it and looks; *ret_fd is closed by the caller, also after a refusal (-1: none). */
static int look(struct wiping *w, bool to_write, int *ret_fd)
{
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, r;
    struct stat st;

    *ret_fd = -1;
    if (lstat(w->q->path, &st))
        return refuse(w, w->q->path, MSG_WIPE_UNREACHABLE);
    if (S_ISDIR(st.st_mode))
        flags |= O_RDONLY | O_DIRECTORY;
    else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
        flags |= (to_write ? O_RDWR : O_RDONLY) | (S_ISBLK(st.st_mode) ? O_EXCL : 0);
    else
        return refuse(w, w->q->path, MSG_WIPE_KIND);
    *ret_fd = open(w->q->path, flags);
    if (*ret_fd < 0)
        return refuse(w, w->q->path, errno == EBUSY ? MSG_WIPE_MOUNTED : MSG_WIPE_UNREACHABLE);
    if (S_ISDIR(st.st_mode))
        return (r = look_at_folder(w, *ret_fd)) ? r : count(w, *ret_fd);
    w->what = S_ISBLK(st.st_mode) ? "device" : "image";
    w->medium = medium_of(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
    return size_of(*ret_fd, &st, &w->overwritten) ? refuse(w, w->q->path, MSG_WIPE_UNREACHABLE) : 0;
}

int wipe_look(const struct wipe_request *q, json_t **ret, struct diag *diag)
{
    CLEANUP(wiping_done) struct wiping w;
    int fd = -1, r = init(&w, q, diag);

    if (!r && !(r = look(&w, false, &fd)))
        r = report(&w, ret);
    if (fd >= 0)
        close(fd);
    return r;
}

/* ---- all of it ---- */

static int wipe_folder(struct wiping *w, int fd)
{
    static const struct visit wiping = {wipe_file, wipe_other};
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = copy < 0 ? -ENOMEM : walk(w, copy, 0, &wiping);

    if (!r && fsync(fd))
        r = fail(w, w->q->path, errno);
    if (!r && !w->q->files_only && !(r = wipe_free(w, fd)) && fsync(fd))
        r = fail(w, w->q->path, errno);
    return r;
}

int wipe(const struct wipe_request *q, json_t **ret, struct diag *diag)
{
    CLEANUP(wiping_done) struct wiping w;
    uint64_t size;
    int fd = -1, r = init(&w, q, diag);

    if (!r && !(r = look(&w, true, &fd))) {
        size = w.overwritten;
        w.total = 2 * (size + w.free);
        w.files = w.others = w.overwritten = w.free = 0;
        if (!strcmp(w.what, "folder"))
            r = wipe_folder(&w, fd);
        else if ((r = wipe_bytes(&w, fd, size)))
            r = fail(&w, q->path, r);
    }
    if (fd >= 0)
        close(fd);
    return r ? r : report(&w, ret);
}
