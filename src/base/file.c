#include "base/file.h"

#include "base/tell.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 * 1024)
/* A directory with more names than this is not one of ours. */
#define NAMES_MAX ((size_t)1000000)

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* "FILE: cannot be …: why" and -error. */
static int fail(struct diag *diag, const char *path, enum message_key what, int error)
{
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){.file = path}), what, tell_why(error));
    return error > 0 ? -error : -EIO;
}

/* ---- reading ---- */

static int read_into(int fd, size_t max, struct buf *out)
{
    size_t left = max;

    for (;;) {
        char bytes[READ_STEP];
        ssize_t n = read(fd, bytes, sizeof(bytes));
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        if ((size_t)n > left)
            return FILE_E_LIMIT;
        left -= (size_t)n;
        r = buf_add(out, bytes, (size_t)n);
        /* the buffer's own cap is a limit on the file too */
        if (r == -ENOSPC)
            return FILE_E_LIMIT;
        if (r)
            return ERR(r);
    }
}

int file_read(const char *path, size_t max, struct buf *out, struct diag *diag)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){path, 0, 0, NULL}), MSG_BASE_FILE_NONE);
        return FILE_E_MISSING;
    }
    if (fd < 0)
        return fail(diag, path, MSG_BASE_OPEN, errno);
    r = read_into(fd, max, out);
    if (r < 0)
        return fail(diag, path, MSG_BASE_READ, -r);
    if (r == FILE_E_LIMIT)
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){path, 0, 0, NULL}), MSG_BASE_FILE_LARGE, {"max", NUMBER(MIN_OF(max, out->max))});
    return r;
}

/* ---- writing ---- */

int file_write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
    }
    return 0;
}

/* `at` -1: from where it stands. */
static ssize_t read_full(int fd, char *to, size_t n, off_t at)
{
    size_t got = 0;

    while (got < n) {
        ssize_t r = at < 0 ? read(fd, to + got, n - got) : pread(fd, to + got, n - got, at + (off_t)got);

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

ssize_t file_read_full(int fd, void *to, size_t n)
{
    return read_full(fd, to, n, -1);
}

ssize_t file_pread_full(int fd, void *to, size_t n, uint64_t at)
{
    return at > INT64_MAX - n ? 0 : read_full(fd, to, n, (off_t)at);
}

/* The directory part of `path`, "." when it has none. malloc'ed. */
static char *dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int sync_dir(const char *dir)
{
    CLEANUP(close_fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        return -errno;
    return 0;
}

/* A hidden name of our own beside the target; dir_list() passes over hidden names. */
static int open_temp(const char *path, const char *dir, unsigned mode, char **ret_temp, int *ret_fd)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;

    for (int tries = 0; tries < 16; tries++) {
        uint64_t random;
        char *temp = NULL;
        int fd;

        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return -EIO;
        if (asprintf(&temp, "%s/.%s.%016llx", dir, base, (unsigned long long)random) < 0)
            return -ENOMEM;
        fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd >= 0) {
            *ret_temp = temp;
            *ret_fd = fd;
            return 0;
        }
        free(temp);
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

static int write_and_close(int fd, struct str bytes)
{
    int r = file_write_all(fd, bytes);

    if (r == 0 && fsync(fd) != 0)
        r = -errno;
    if (close(fd) != 0 && r == 0)
        r = -errno;
    return r;
}

static int replace_file(const char *path, const char *dir, struct str bytes, unsigned mode)
{
    char *temp = NULL;
    int fd = -1;
    int r = open_temp(path, dir, mode, &temp, &fd);

    if (r < 0)
        return r;
    r = write_and_close(fd, bytes);
    if (r == 0 && rename(temp, path) != 0)
        r = -errno;
    if (r < 0)
        (void)unlink(temp);
    free(temp);
    return r < 0 ? r : sync_dir(dir);
}

int file_write_atomic(const char *path, struct str bytes, unsigned mode, struct diag *diag)
{
    char *dir = dir_of(path);
    int r;

    if (dir == NULL)
        return -ENOMEM;
    r = replace_file(path, dir, bytes, mode);
    free(dir);
    return r < 0 ? fail(diag, path, MSG_BASE_WRITE, -r) : 0;
}

/* ---- directories ---- */

static int make_one(const char *path, unsigned mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int dir_make(const char *path, unsigned mode, struct diag *diag)
{
    char *copy = strdup(path);
    int r = 0;

    if (copy == NULL)
        return -ENOMEM;
    for (char *at = copy + 1; r == 0 && copy[0] != '\0' && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        r = make_one(copy, mode);
        *at = '/';
    }
    if (r == 0)
        r = make_one(copy, mode);
    free(copy);
    return r < 0 ? fail(diag, path, MSG_BASE_CREATE_THE_DIRECTORY, -r) : 0;
}

void names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A link counts as what it points to. */
static bool is_wanted(DIR *dir, const struct dirent *entry, struct str suffix, bool dirs)
{
    struct stat st;

    if (entry->d_name[0] == '.' || !str_ends(str_of(entry->d_name), suffix))
        return false;
    if (fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
        return false;
    return dirs ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode);
}

/* `names` holds char * one after another. */
static int collect(DIR *dir, struct str suffix, bool dirs, struct buf *names)
{
    const struct dirent *entry;

    for (;;) {
        char *name;

        errno = 0;
        entry = readdir(dir);
        if (entry == NULL)
            return -errno;
        if (!is_wanted(dir, entry, suffix, dirs))
            continue;
        name = strdup(entry->d_name);
        if (name == NULL)
            return -ENOMEM;
        if (buf_add(names, &name, sizeof(name)) != 0) {
            free(name);
            return buf_error(names);
        }
    }
}

int dir_list(const char *path, const char *suffix, bool dirs, char ***ret_names, size_t *ret_n,
             struct diag *diag)
{
    DIR *dir = opendir(path);
    struct buf names;
    size_t n;
    char **list;
    int r;

    if (dir == NULL && (errno == ENOENT || errno == ENOTDIR)) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){path, 0, 0, NULL}), MSG_BASE_DIR_NONE);
        return FILE_E_MISSING;
    }
    if (dir == NULL)
        return fail(diag, path, MSG_BASE_OPEN_THE_DIRECTORY, errno);
    buf_init(&names, NAMES_MAX * sizeof(char *));
    r = collect(dir, str_of(suffix), dirs, &names);
    (void)closedir(dir);
    n = names.len / sizeof(char *);
    list = (char **)(void *)buf_take(&names);
    if (list == NULL || r < 0) {
        char **kept = list != NULL ? list : (char **)(void *)names.at;

        names_free(kept, n);
        return fail(diag, path, MSG_BASE_LIST_THE_DIRECTORY, r < 0 ? -r : ENOMEM);
    }
    qsort(list, n, sizeof(*list), compare_names);
    *ret_names = list;
    *ret_n = n;
    return 0;
}

/* ---- digests ---- */

int file_digest(int fd, uint64_t *ret_size, struct digest *ret)
{
    struct sha256_state *sum = sha256_new();
    char piece[READ_STEP];
    struct digest d;
    uint64_t at = 0;
    ssize_t n;
    int r;

    if (!sum)
        return -ENOMEM;
    while ((n = pread(fd, piece, sizeof(piece), (off_t)at)) > 0) {
        sha256_add(sum, (struct str){piece, (size_t)n});
        at += (uint64_t)n;
    }
    r = n < 0 ? -errno : 0;
    d = sha256_end(sum);
    if (r)
        return r;
    *ret_size = at;
    *ret = d;
    return 0;
}
