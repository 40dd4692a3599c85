#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MAX_FOLDERS 4

void scratch_init(struct scratch *s)
{
    const char *top = getenv("TMPDIR");
    int n = snprintf(s->path, sizeof(s->path), "%s/fuzz-XXXXXX", top && top[0] ? top : "/tmp");

    if (n < 0 || (size_t)n >= sizeof(s->path) || !mkdtemp(s->path))
        abort();
}

void scratch_write(const struct scratch *s, const char *name, const void *bytes, size_t len)
{
    char path[2 * SCRATCH_PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", s->path, name), fd;
    char *slash = strrchr(path, '/');

    if (n < 0 || (size_t)n >= sizeof(path))
        abort();
    *slash = '\0';
    (void)mkdir(path, 0700); /* when it fails, so does opening the file */
    *slash = '/';
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) != 0)
        abort();
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    return remove(path);
}

void scratch_done(struct scratch *s)
{
    if (nftw(s->path, remove_one, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}
