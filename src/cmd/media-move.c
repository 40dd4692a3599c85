#include "cmd/media-move.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *move_base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

int move_measure(int fd, uint64_t *ret_size, char ret_digest[2 * SHA256_SIZE + 1])
{
    struct digest d;
    int r = file_digest(fd, ret_size, &d);

    if (r)
        return r == -ENOMEM ? command_fail(MSG_CONSOLE_MEMORY) : command_fail(MSG_FAIL_IT_READ, {"why", str_of(command_why(-r))});
    memcpy(ret_digest, digest_text(&d).at, sizeof(struct digest_text));
    return 0;
}

int move_open_file(const char *path, int flags)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);

    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static int open_below(int dir, const char *path, uint64_t flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};

    return (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
}

/* Looked at before it is opened: opening a device or a pipe may do something. */
int move_open_below(int dir, const char *path)
{
    int fd = open_below(dir, path, O_PATH | O_NOFOLLOW), r = -1;
    char again[64];
    struct stat st;

    if (fd < 0)
        return -1;
    snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
    if (!fstat(fd, &st)) {
        errno = EINVAL;
        if (S_ISREG(st.st_mode))
            r = open(again, O_RDONLY | O_CLOEXEC);
    }
    int error = errno;
    close(fd);
    errno = error;
    return r;
}

int move_folder_below(int dir, const char *path)
{
    return open_below(dir, path, O_RDONLY | O_DIRECTORY);
}

static int keep(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t r = write(fd, bytes, n);

        if (r < 0 && errno != EINTR)
            return SNAPSHOT_E_NO_ROOM;
        bytes += MAX_OF(r, (ssize_t)0);
        n -= (size_t)MAX_OF(r, (ssize_t)0);
    }
    return 0;
}

/* Until its end; *ret_size bytes came. */
static int copy_all(int from, int to, uint64_t keep_max, uint64_t deadline_us, struct sha256_state *s, uint64_t *ret_size)
{
    char piece[65536];
    int r = 0;

    for (*ret_size = 0; !r;) {
        ssize_t n = pread(from, piece, sizeof(piece), (off_t)*ret_size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        sha256_add(s, (struct str){piece, (size_t)n});
        if (*ret_size < keep_max)
            r = keep(to, piece, (size_t)MIN_OF((uint64_t)n, keep_max - *ret_size));
        *ret_size += (uint64_t)n;
        if (!r && deadline_us && clock_monotonic_us() >= deadline_us)
            r = SNAPSHOT_E_LATE;
    }
    return r;
}

static bool is_as_it_was(int fd, const struct stat *then, uint64_t size)
{
    struct stat now;

    return !fstat(fd, &now) && (uint64_t)now.st_size == size && now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec && now.st_ctim.tv_sec == then->st_ctim.tv_sec && now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
}

int move_snapshot(int fd, uint64_t keep_max, uint64_t deadline_us, struct snapshot *ret)
{
    const char *tmp = getenv("TMPDIR");
    int to = open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), r;
    struct sha256_state *s = sha256_new();
    struct digest d;
    struct stat then;

    *ret = (struct snapshot){.fd = -1};
    r = !s ? -ENOMEM : to < 0 ? SNAPSHOT_E_NO_ROOM : fstat(fd, &then) ? -errno : copy_all(fd, to, keep_max, deadline_us, s, &ret->size);
    if (s)
        d = sha256_end(s);
    if (!r && !is_as_it_was(fd, &then, ret->size))
        r = SNAPSHOT_E_CHANGED;
    if (!r)
        memcpy(ret->digest, digest_text(&d).at, sizeof(ret->digest));
    if (r && to >= 0)
        close(to);
    else if (!r)
        ret->fd = to;
    return r;
}

bool move_is_readable(int fd)
{
    char piece[65536];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, piece, sizeof(piece), at)) > 0)
        at += n;
    return !n;
}

/* All bytes of `fd` into `o`, which is settled then. 0, or what outgoing.h answers. */
int move_pour(int fd, struct outgoing *o)
{
    char piece[65536];
    off_t at = 0;
    ssize_t n = 0;
    int r = 0;

    while (!r && (n = pread(fd, piece, sizeof(piece), at)) > 0) {
        r = outgoing_add(o, (struct str){piece, (size_t)n});
        at += n;
    }
    return r ? r : n < 0 ? -errno : outgoing_settle(o);
}

int move_tell(const char *name, int r)
{
    struct diag diag;

    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    diag_done(&diag);
    return EXIT_FAILED;
}

int move_put_measured(json_t *with, const char *name, uint64_t size, const char *digest)
{
    char number[24];

    snprintf(number, sizeof(number), "%" PRIu64, size);
    return json_put_str(with, "file_name", name) || json_put_str(with, "size", number) || json_put_str(with, "file_digest", digest)
               ? command_fail(MSG_CONSOLE_MEMORY)
               : 0;
}

int move_with_of(const struct gate *g, const char *grant, const char *item, const char *cipher, json_t **ret)
{
    *ret = json_pack("{s:s, s:s, s:s, s:s}", "medium", g->medium, "computer", g->computer, "item", item, "cipher", cipher);
    return !*ret || (*grant && json_put_str(*ret, "grant", grant)) ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}
