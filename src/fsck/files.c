#include "fsck/fsck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALK_DEPTH 12u /* seven groups of digits, level, width, and some */

void bytes_done(struct bytes *b)
{
    free(b->base);
    *b = (struct bytes){0};
}

static void make_room(struct bytes *b, size_t size)
{
    if (b->size >= size)
        return;
    free(b->base);
    b->base = malloc(size + 2);
    if (!b->base)
        abort();
    b->size = size;
    b->at = b->base + 1;
}

static int read_all(int fd, struct bytes *b, size_t size)
{
    make_room(b, size ? size : 1);
    for (b->len = 0; b->len < size;) {
        ssize_t n = read(fd, b->at + b->len, size - b->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FILE_BROKEN; /* also when it shrank meanwhile */
        b->len += (size_t)n;
    }
    return FILE_READ;
}

int bytes_read(const char *path, size_t max, struct bytes *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int r;

    b->len = 0;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FILE_MISSING : FILE_BROKEN;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        r = FILE_BROKEN;
    else if ((uint64_t)st.st_size > max)
        r = FILE_TOO_LARGE;
    else
        r = read_all(fd, b, (size_t)st.st_size);
    (void)close(fd);
    return r;
}

struct walk {
    const char *root;
    bool (*each)(void *user, const char *name);
    void *user;
    bool is_stopped;
};

static bool walk_below(struct walk *w, const char *name, unsigned depth);

static bool walk_one(struct walk *w, const char *parent, const char *child, unsigned depth)
{
    char name[PATH_LEN], path[PATH_LEN];
    struct stat st;

    if (snprintf(name, sizeof(name), "%s%s%s", parent, *parent ? "/" : "", child) >= (int)sizeof(name) ||
        snprintf(path, sizeof(path), "%s/%s", w->root, name) >= (int)sizeof(path))
        return false;
    if (lstat(path, &st) != 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return walk_below(w, name, depth + 1);
    if (!w->each(w->user, name))
        w->is_stopped = true;
    return true;
}

static bool walk_below(struct walk *w, const char *name, unsigned depth)
{
    char path[PATH_LEN];
    struct dirent **list;
    bool good = true;
    int n;

    if (depth > WALK_DEPTH || snprintf(path, sizeof(path), "%s/%s", w->root, name) >= (int)sizeof(path))
        return false;
    n = scandir(path, &list, NULL, alphasort);
    if (n < 0)
        return false;
    for (int i = 0; i < n; i++) {
        const char *child = list[i]->d_name;

        if (good && !w->is_stopped && strcmp(child, ".") != 0 && strcmp(child, "..") != 0)
            good = walk_one(w, name, child, depth);
        free(list[i]);
    }
    free(list);
    return good;
}

bool files_walk(const char *path, bool (*each)(void *user, const char *name), void *user)
{
    struct walk w = {.root = path, .each = each, .user = user};

    return walk_below(&w, "", 0);
}

static int is_year(const struct dirent *d)
{
    return strlen(d->d_name) == 4 && strspn(d->d_name, "0123456789") == 4;
}

int files_years(const char *path, int *ret_years, size_t max)
{
    struct dirent **list;
    int n = scandir(path, &list, is_year, alphasort), count = 0;

    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        if ((size_t)count < max)
            ret_years[count++] = (int)strtol(list[i]->d_name, NULL, 10);
        free(list[i]);
    }
    free(list);
    return count;
}
