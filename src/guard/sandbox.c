#include "guard/sandbox.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/bwrap"
#define FOLDER_SIZE "536870912" /* bytes of the file system in memory */
#define FAILED 40               /* what the script's failure becomes, to tell it from bwrap's */
#define FD_INPUT 3
/* KiB of address space, seconds of processor, blocks of 512 bytes in one file */
#define BOUNDS "ulimit -c 0; ulimit -v 2097152; ulimit -t 120; ulimit -f 1048576; "

static const char *const before[] = {
    PROGRAM,
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--setenv",
    "PATH",
    "/usr/bin:/bin",
    "--setenv",
    "LC_ALL",
    "C.UTF-8",
    "--setenv",
    "HOME",
    "/f",
    "--ro-bind",
    "/usr",
    "/usr",
    "--ro-bind",
    "/dev/null",
    PROGRAM, /* mat2 would call it for what lies in a document, where it cannot work */
    "--symlink",
    "usr/bin",
    "/bin",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
    "--ro-bind-try",
    "/etc/ld.so.cache",
    "/etc/ld.so.cache",
    "--ro-bind-try",
    "/etc/alternatives",
    "/etc/alternatives",
    "--ro-bind-try",
    "/etc/fonts",
    "/etc/fonts",
    "--ro-bind-try",
    "/var/cache/fontconfig",
    "/var/cache/fontconfig",
    "--ro-bind-try",
    "/etc/mime.types",
    "/etc/mime.types",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--size",
    FOLDER_SIZE,
    "--tmpfs",
    "/f",
    "--chdir",
    "/f",
    "--cap-drop",
    "ALL",
    "--file",
    "3",
};

struct child {
    pid_t pid;
    int out, err;
};

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Read from its beginning, wherever the caller's stands. */
static int reopened(int fd)
{
    char path[40];
    int r;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    r = open(path, O_RDONLY | O_CLOEXEC);
    return r < 0 ? -errno : r;
}

static int hand_on(posix_spawn_file_actions_t *actions, int in, int out, int err)
{
    int r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (!r && !(r = posix_spawn_file_actions_adddup2(actions, out, 1)) &&
        !(r = posix_spawn_file_actions_adddup2(actions, err, 2)))
        r = posix_spawn_file_actions_adddup2(actions, in, FD_INPUT);
    return r;
}

static int spawn(const char *const argv[], int in, int out, int err, pid_t *ret)
{
    static const char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int r = posix_spawn_file_actions_init(&actions);

    sigemptyset(&none);
    if (r)
        return -r;
    if (!(r = posix_spawnattr_init(&attributes))) {
        if (!(r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) &&
            !(r = posix_spawnattr_setsigmask(&attributes, &none)) &&
            !(r = hand_on(&actions, in, out, err)))
            r = posix_spawn(ret, PROGRAM, &actions, &attributes, (char *const *)(uintptr_t)argv,
                            (char *const *)(uintptr_t)no_environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* Descriptors above those that the child is given, so that none is overwritten before it is handed on. */
static int start(const struct sandbox_job *job, const char *const argv[], struct child *ret)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1}, fds[3] = {-1, -1, -1};
    int in = reopened(job->in), r = in < 0 ? in : 0;

    if (!r && (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)))
        r = -errno;
    if (!r) {
        fds[0] = fcntl(in, F_DUPFD_CLOEXEC, 16);
        fds[1] = fcntl(out[1], F_DUPFD_CLOEXEC, 16);
        fds[2] = fcntl(err[1], F_DUPFD_CLOEXEC, 16);
        r = fds[0] < 0 || fds[1] < 0 || fds[2] < 0 ? -EMFILE
                                                   : spawn(argv, fds[0], fds[1], fds[2], &ret->pid);
    }
    close_all(fds, ARRAY_LEN(fds));
    close_all(&in, 1);
    close_all(&out[1], 1);
    close_all(&err[1], 1);
    if (r) {
        close_all(&out[0], 1);
        close_all(&err[0], 1);
        return r;
    }
    ret->out = out[0];
    ret->err = err[0];
    return 0;
}

static int keep_output(int out, const char *at, size_t n)
{
    while (n > 0) {
        ssize_t w = write(out, at, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return w < 0 ? -errno : -EIO;
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

/* One piece of one of the two; *fd becomes -1 at its end. */
static int take(int *fd, bool is_out, const struct sandbox_job *job, struct buf *said,
                uint64_t *size)
{
    char piece[65536];
    ssize_t n = read(*fd, piece, sizeof(piece));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return 0;
    }
    if (!is_out)
        return buf_add(said, piece, MIN_OF((size_t)n, SANDBOX_SAID_MAX - said->len)) == -ENOMEM
                   ? -ENOMEM
                   : 0;
    *size += (uint64_t)n;
    return *size > SANDBOX_OUT_MAX ? SANDBOX_E_LARGE : keep_output(job->out, piece, (size_t)n);
}

static int collect(struct child *c, const struct sandbox_job *job, struct buf *said)
{
    uint64_t deadline_us = clock_monotonic_us() + job->time_s * US_PER_SECOND, size = 0;
    int r = 0;

    while (!r && (c->out >= 0 || c->err >= 0)) {
        struct pollfd p[2] = {{c->out, POLLIN, 0}, {c->err, POLLIN, 0}};
        uint64_t now = clock_monotonic_us();

        if (now >= deadline_us)
            return SANDBOX_E_TIME;
        if (poll(p, 2, (int)MIN_OF((deadline_us - now) / 1000 + 1, (uint64_t)60000)) <= 0)
            continue;
        if (p[0].revents)
            r = take(&c->out, true, job, said, &size);
        if (!r && p[1].revents)
            r = take(&c->err, false, job, said, &size);
    }
    return r;
}

static int end(struct child *c, int r)
{
    int status = 0;

    if (r)
        kill(c->pid, SIGKILL); /* all that it started dies with it */
    close_all(&c->out, 1);
    close_all(&c->err, 1);
    while (waitpid(c->pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    if (r)
        return r;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) != FAILED ? SANDBOX_E_NONE : SANDBOX_E_FAILED;
}

int sandbox_run(const struct sandbox_job *job, struct buf *said)
{
    const char *argv[ARRAY_LEN(before) + 6];
    CLEANUP(buf_done) struct buf path, script;
    struct child c = {.out = -1, .err = -1};
    size_t n = ARRAY_LEN(before);
    int r;

    buf_init(&path, 300);
    buf_init(&script, 4096);
    if ((r = buf_printf(&path, "/f/%s", job->name)) ||
        (r = buf_printf(&script, BOUNDS "{ %s; } || exit %d", job->script, FAILED)))
        return r;
    memcpy(argv, before, sizeof(before));
    argv[n++] = path.at;
    argv[n++] = "--";
    argv[n++] = "/bin/sh";
    argv[n++] = "-c";
    argv[n++] = script.at;
    argv[n] = NULL;
    if ((r = start(job, argv, &c)))
        return r == -ENOENT ? SANDBOX_E_NONE : r;
    return end(&c, collect(&c, job, said));
}
