#include "guard/outgoing.h"

#include "guard/digest-behind.h"
#include "guard/sameness.h"

#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)128 << 10)
#define LARGE (PIECE / 4)
#define STRIDE ((uint64_t)8 << 20) /* of bytes that are on their way to the medium while the next ones are made */
#define TRIES 16
#define SWEPT_MAX 10000u /* names of a folder that are looked at for what was left behind */

struct outgoing {
    int dir, fd;
    char *name;
    char hidden[64]; /* "": it has its name, or none */
    char *piece;
    size_t n_piece;
    uint64_t size;
    uint64_t n_written, n_started; /* bytes in the file; those of them that the system was told to put on the medium */
    struct sameness_key key; /* that what is read back is what was written */
    struct sameness *check;  /* these two while it is written */
    struct digest_behind *sha;
    struct sameness_mark written;
    struct digest digest;
};

/* ---- names ---- */

/* Characters that show nothing, or turn the writing round. */
static bool is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_device_of_windows(struct str name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
    struct str rest = name, stem = name;

    IGNORE(!str_split(&rest, '.', &stem), "a name without a dot is its own stem");
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        if (str_eq_nocase(stem, str_of(devices[i])))
            return true;
    return stem.len == 4 && stem.at[3] >= '1' && stem.at[3] <= '9' &&
           (str_eq_nocase((struct str){stem.at, 3}, STR("COM")) ||
            str_eq_nocase((struct str){stem.at, 3}, STR("LPT")));
}

bool outgoing_name_is_good(struct str name)
{
    if (name.len == 0 || name.len > OUTGOING_NAME_MAX || !utf8_is_valid(name))
        return false;
    for (size_t at = 0; at < name.len;) {
        uint32_t c = utf8_next(name, &at);

        if (is_invisible(c) || (c < 0x80 && strchr("/\\:*?\"<>|", (int)c)))
            return false;
    }
    return name.at[0] != '.' && name.at[0] != ' ' && name.at[name.len - 1] != '.' &&
           name.at[name.len - 1] != ' ' && !is_device_of_windows(name);
}

/* ---- what was left behind ---- */

bool outgoing_name_is_hidden(const char *name)
{
    return str_starts(str_of(name), STR(OUTGOING_HIDDEN)) &&
           str_ends(str_of(name), STR(OUTGOING_PART));
}

/* Whoever writes one holds its lock. What is no file is none of ours. 0, -EBUSY, -errno. */
static int sweep_one(int dir, const char *name)
{
    struct stat st;
    int fd, r = 0;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISREG(st.st_mode))
        return 0;
    fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        r = -EBUSY;
    else if (unlinkat(dir, name, 0) && errno != ENOENT)
        r = -errno;
    close(fd);
    return r;
}

/* Goes on after a failure, which it answers: the first. */
static int sweep(int dir, unsigned max)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;
    unsigned n = 0;

    if (!d) {
        r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    errno = 0;
    while (n++ < max && (e = readdir(d))) {
        int one = outgoing_name_is_hidden(e->d_name) ? sweep_one(dir, e->d_name) : 0;

        r = r ? r : one;
        errno = 0;
    }
    r = r ? r : -errno;
    closedir(d);
    return r;
}

int outgoing_sweep(int dir)
{
    int r = sweep(dir, UINT_MAX);

    return r ? r : fsync(dir) ? -errno : 0;
}

/* ---- writing ---- */

/* What is open has that name. */
static bool is_under(const struct outgoing *o, const char *name)
{
    struct stat mine, there;

    return fstat(o->fd, &mine) == 0 && fstatat(o->dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

/* Another one's sweep may take it between its making and its lock. */
static int open_hidden(struct outgoing *o)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t number;

        random_fill(&number, sizeof(number));
        (void)snprintf(o->hidden, sizeof(o->hidden), OUTGOING_HIDDEN "%016llx" OUTGOING_PART,
                       (unsigned long long)number);
        o->fd = openat(o->dir, o->hidden, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (o->fd < 0) {
            int e = errno;

            o->hidden[0] = '\0';
            if (e == EEXIST)
                continue;
            return -e;
        }
        IGNORE(flock(o->fd, LOCK_EX | LOCK_NB), "where there are no locks nothing is swept");
        if (is_under(o, o->hidden))
            return 0;
        close(o->fd);
        o->fd = -1;
        o->hidden[0] = '\0';
    }
    return -EEXIST;
}

static bool is_taken(const struct outgoing *o)
{
    struct stat st;

    return fstatat(o->dir, o->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int begin(struct outgoing *o, const char *dir, const char *name)
{
    o->name = strdup(name);
    o->piece = malloc(PIECE);
    random_fill(&o->key, sizeof(o->key));
    if (!o->name || !o->piece || sameness_new(&o->key, &o->check) || digest_behind_new(&o->sha))
        return -ENOMEM;
    o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->dir < 0)
        return -errno;
    IGNORE(sweep(o->dir, SWEPT_MAX), "it is tried again the next time");
    return is_taken(o) ? OUTGOING_E_EXISTS : open_hidden(o);
}

int outgoing_begin(const char *dir, const char *name, struct outgoing **ret)
{
    struct outgoing *o;
    int r;

    if (!outgoing_name_is_good(str_of(name)))
        return OUTGOING_E_NAME;
    o = calloc(1, sizeof(*o));
    if (!o)
        return -ENOMEM;
    o->dir = o->fd = -1;
    if ((r = begin(o, dir, name))) {
        outgoing_drop(o);
        return r;
    }
    *ret = o;
    return 0;
}

/* The flush at the end waits for what is left only. What does not work shows there. */
static void start_flushing(struct outgoing *o)
{
    uint64_t n = o->n_written - o->n_started;

    if (n < STRIDE)
        return;
    IGNORE(sync_file_range(o->fd, (off_t)o->n_started, (off_t)n, SYNC_FILE_RANGE_WRITE), "the flush at the end counts");
    o->n_started = o->n_written;
}

static int write_bytes(struct outgoing *o, struct str bytes)
{
    size_t at = 0;

    while (at < bytes.len) {
        ssize_t n = write(o->fd, bytes.at + at, bytes.len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        at += (size_t)n;
    }
    o->n_written += at;
    start_flushing(o);
    digest_behind_add(o->sha, bytes);
    return sameness_add(o->check, bytes);
}

static int write_piece(struct outgoing *o)
{
    size_t n = o->n_piece;

    o->n_piece = 0;
    return n ? write_bytes(o, (struct str){o->piece, n}) : 0;
}

/* Small pieces are gathered, large ones written as they are. */
int outgoing_add(struct outgoing *o, struct str bytes)
{
    int r = 0;

    o->size += bytes.len;
    if (bytes.len > PIECE - o->n_piece || bytes.len >= LARGE)
        r = write_piece(o);
    if (r || bytes.len >= LARGE)
        return r ? r : write_bytes(o, bytes);
    if (bytes.len)
        memcpy(o->piece + o->n_piece, bytes.at, bytes.len);
    o->n_piece += bytes.len;
    return 0;
}

/* Everything past the check. 0, -errno; *ret_size says how much there was. */
static int read_all(struct outgoing *o, struct sameness *check, uint64_t *ret_size)
{
    int r;

    *ret_size = 0;
    for (;;) {
        ssize_t n = pread(o->fd, o->piece, PIECE, (off_t)*ret_size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        if ((r = sameness_add(check, (struct str){o->piece, (size_t)n})))
            return r;
        *ret_size += (uint64_t)n;
    }
}

static int read_back(struct outgoing *o)
{
    CLEANUP(sameness_freep) struct sameness *check = NULL;
    struct sameness_mark found;
    uint64_t size = 0;
    int r;

    if ((r = sameness_new(&o->key, &check)) || (r = read_all(o, check, &size)) || (r = sameness_end(TAKE(check), &found)))
        return r;
    return size == o->size && sameness_eq(&found, &o->written) ? 0 : OUTGOING_E_DIFFERS;
}

int outgoing_settle(struct outgoing *o)
{
    int r = write_piece(o);

    if (!r)
        r = sameness_end(TAKE(o->check), &o->written);
    if (r)
        return r;
    o->digest = digest_behind_end(o->sha);
    if (fsync(o->fd))
        return -errno;
    IGNORE(
        posix_fadvise(o->fd, 0, 0, POSIX_FADV_DONTNEED),
        "a system that keeps its pages is read from memory, which is not worse than not reading");
    return read_back(o);
}

int outgoing_fd(const struct outgoing *o)
{
    return o->fd;
}

/* File systems without a rename that replaces nothing (exFAT of some kernels) are asked first. */
static int rename_over_nothing(const struct outgoing *o)
{
    if (renameat2(o->dir, o->hidden, o->dir, o->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EEXIST)
        return OUTGOING_E_EXISTS;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (is_taken(o))
        return OUTGOING_E_EXISTS;
    return renameat(o->dir, o->hidden, o->dir, o->name) ? -errno : 0;
}

int outgoing_name(struct outgoing *o)
{
    int r;

    if ((r = rename_over_nothing(o)))
        return r;
    o->hidden[0] = '\0';
    if (fsync(o->dir) == 0)
        return 0;
    r = -errno;
    IGNORE(outgoing_unname(o), "whether it would last is unknown either way");
    return r;
}

/* Another file that has the name by now is none of ours. */
int outgoing_unname(struct outgoing *o)
{
    if (!is_under(o, o->name))
        return 0;
    if (unlinkat(o->dir, o->name, 0) || fsync(o->dir))
        return -errno;
    return 0;
}

int outgoing_abandon(struct outgoing *o)
{
    if (o->hidden[0] && unlinkat(o->dir, o->hidden, 0) && errno != ENOENT)
        return -errno;
    o->hidden[0] = '\0';
    return fsync(o->dir) ? -errno : 0;
}

uint64_t outgoing_size(const struct outgoing *o)
{
    return o->size;
}

struct digest outgoing_digest(const struct outgoing *o)
{
    return o->digest;
}

void outgoing_drop(struct outgoing *o)
{
    if (!o)
        return;
    if (o->hidden[0])
        IGNORE(unlinkat(o->dir, o->hidden, 0), "the next one sweeps it");
    if (o->fd >= 0)
        close(o->fd);
    if (o->dir >= 0)
        close(o->dir);
    sameness_free(o->check);
    digest_behind_free(o->sha);
    free(o->piece);
    free(o->name);
    free(o);
}

/* ---- words ---- */

void outgoing_tell(struct diag *diag, const char *name, int r)
{
    const struct diag_place at = {.file = name};
    const char *reason = r < 0 ? strerrordesc_np(-r) : NULL;

    if (r == OUTGOING_E_EXISTS)
        diag_tell(diag, DIAG_ERROR, at, MSG_OUTGOING_EXISTS);
    else if (r == OUTGOING_E_NAME)
        diag_tell(diag, DIAG_ERROR, at, MSG_OUTGOING_NAME);
    else if (r == OUTGOING_E_DIFFERS)
        diag_tell(diag, DIAG_ERROR, at, MSG_OUTGOING_DIFFERS);
    else if (r == -ENOSPC || r == -EFBIG || r == -EDQUOT)
        diag_tell(diag, DIAG_ERROR, at, MSG_OUTGOING_FULL);
    else if (r < 0)
        diag_tell(diag, DIAG_ERROR, at, MSG_OUTGOING_FAILED,
                  {"reason", str_of(reason ? reason : "?")});
}
