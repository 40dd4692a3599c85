/* A disk of our choice, and how often it was waited for: preloaded into a program, it lets every fsync and fdatasync take
 * SYNC_US microseconds more, and counts those of SQLite's write-ahead log.
 *
 *     SYNC_US=5000 SYNC_COUNT=counts LD_PRELOAD=build/bench/libslow-sync.so PROGRAM
 *
 * At its end each process that has the library adds a line "N" to the file SYNC_COUNT: commits that it waited for. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ulong n_commits;

static useconds_t extra_us(void)
{
    static long us = -1;
    const char *text;

    if (us < 0) {
        text = getenv("SYNC_US");
        us = text ? strtol(text, NULL, 10) : 0;
    }
    return (useconds_t)us;
}

static void count(int fd)
{
    char link[64], path[4096];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    if (n > 0) {
        path[n] = '\0';
        if (n > 15 && !strcmp(path + n - 15, "tsujiban.db-wal"))
            atomic_fetch_add(&n_commits, 1);
    }
}

static int sync_by(const char *name, int fd)
{
    int (*real)(int);

    *(void **)&real = dlsym(RTLD_NEXT, name);
    count(fd);
    if (extra_us())
        usleep(extra_us());
    return real(fd);
}

int fsync(int fd)
{
    return sync_by("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_by("fdatasync", fd);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("SYNC_COUNT");
    char line[32];
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    int n = snprintf(line, sizeof(line), "%lu\n", atomic_load(&n_commits));

    if (fd < 0)
        return;
    if (write(fd, line, (size_t)n) != n)
        perror("slow-sync");
    close(fd);
}
