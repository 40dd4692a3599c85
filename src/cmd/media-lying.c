#include "cmd/media-lying.h"

#include "cmd/command.h"

#include "base/time.h"
#include "guard/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t us_of(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * US_PER_SECOND + (uint64_t)t->tv_nsec / 1000u;
}

/* Where the file system keeps no time of change (FAT), that is the time of the bytes. */
static uint64_t changed_us(const struct stat *st)
{
    return MAX_OF(us_of(&st->st_ctim), us_of(&st->st_mtim));
}

static int show(const FTSENT *e, int (*see)(void *user, int fd, uint64_t changed_us), void *user)
{
    int fd = open(e->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), r = 0;
    struct stat st;

    if (fd < 0) /* gone meanwhile, or not given back: nothing is known of it but its name */
        return 0;
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
        (!outgoing_name_is_hidden(e->fts_name) || !flock(fd, LOCK_SH | LOCK_NB) ||
         errno != EWOULDBLOCK))
        r = see(user, fd, changed_us(&st));
    close(fd);
    return r;
}

int lying_walk(const char *path, uint64_t since_us,
               int (*see)(void *user, int fd, uint64_t changed_us), void *user, bool *ret_is_cut)
{
    char *const roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    unsigned n = 0;
    FTSENT *e;
    int r = 0;

    *ret_is_cut = false;
    if (!tree)
        return command_fail(MSG_FAIL_LISTED, {"path", str_of(path)}, {"why", str_of(command_why(errno))});
    while (!r && !*ret_is_cut && (e = fts_read(tree))) {
        *ret_is_cut |= e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS;
        if (e->fts_info != FTS_F)
            continue;
        if (++n > LYING_FILES_MAX)
            *ret_is_cut = true;
        else if (changed_us(e->fts_statp) >= since_us)
            r = show(e, see, user);
    }
    if (fts_close(tree))
        *ret_is_cut = true;
    return r;
}
