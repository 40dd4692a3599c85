#include "intel/known-shelf.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

struct known_shelf {
    pthread_mutex_t lock; /* holds: all below */
    char *folder;
    struct known *known;  /* NULL: none yet, or to be read again */
    struct digest seen;   /* of the folder when it was read */
    uint64_t n_readings;
};

struct known_shelf *known_shelf_new(const char *folder)
{
    struct known_shelf *s = calloc(1, sizeof(*s));

    if (s && (s->folder = strdup(folder)) && !pthread_mutex_init(&s->lock, NULL))
        return s;
    if (s)
        free(s->folder);
    free(s);
    return NULL;
}

void known_shelf_free(struct known_shelf *s)
{
    if (!s)
        return;
    known_free(s->known);
    pthread_mutex_destroy(&s->lock);
    free(s->folder);
    free(s);
}

/* ---- the folder as it stands ---- */

struct looking {
    struct sha256_state *state;
    int64_t newest_us;
};

static int64_t us_of(struct timespec t)
{
    return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

static void note_file(struct looking *x, const char *name, const struct stat *st)
{
    const uint64_t words[] = {(uint64_t)st->st_dev,          (uint64_t)st->st_ino,          (uint64_t)st->st_size,        (uint64_t)st->st_mtim.tv_sec,
                              (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec};

    sha256_add(x->state, (struct str){name, strlen(name) + 1});
    sha256_add(x->state, (struct str){(const char *)words, sizeof(words)});
    x->newest_us = MAX_OF(x->newest_us, MAX_OF(us_of(st->st_mtim), us_of(st->st_ctim)));
}

static int look_at(struct known_shelf *s, struct looking *x, const char *name)
{
    CLEANUP(buf_done) struct buf path;
    struct stat st = {0};
    int r;

    buf_init(&path, 8192);
    r = buf_printf(&path, "%s/%s", s->folder, name);
    if (r)
        return r;
    if (stat(path.at, &st)) /* gone since, or not to be had: reading tells */
        st = (struct stat){0};
    note_file(x, name, &st);
    return 0;
}

static int look_through(struct known_shelf *s, struct looking *x)
{
    struct diag unused;
    char **names = NULL;
    size_t n = 0;
    int r;

    diag_init(&unused);
    r = dir_list(s->folder, "", false, &names, &n, &unused);
    diag_done(&unused);
    for (size_t i = 0; !r && i < n; i++)
        if (known_is_list(str_of(names[i])))
            r = look_at(s, x, names[i]);
    names_free(names, n);
    return MIN_OF(r, 0); /* no folder: no lists; one that cannot be read is told by reading */
}

static int look(struct known_shelf *s, struct digest *ret, int64_t *ret_newest_us)
{
    struct looking x = {.state = sha256_new()};
    int r;

    if (!x.state)
        return -ENOMEM;
    r = look_through(s, &x);
    *ret = sha256_end(x.state);
    *ret_newest_us = x.newest_us;
    return r;
}

/* ---- taking ---- */

static int read_again(struct known_shelf *s, const struct digest *seen, struct diag *diag)
{
    struct known *known = NULL;
    int r = known_read(s->folder, &known, diag);

    known_free(s->known);
    s->known = NULL;
    if (r)
        return r;
    s->n_readings++;
    s->known = known;
    s->seen = *seen;
    return 0;
}

static int take(struct known_shelf *s, struct known **ret, struct diag *diag)
{
    struct digest seen;
    int64_t newest_us;
    int r = look(s, &seen, &newest_us);

    if (r)
        return r;
    if (!s->known || memcmp(seen.bytes, s->seen.bytes, sizeof(seen.bytes)) != 0)
        r = read_again(s, &seen, diag);
    if (r)
        return r;
    *ret = known_hold(s->known);
    if ((int64_t)clock_real_us() - newest_us < KNOWN_SHELF_FRESH_US) {
        known_free(s->known);
        s->known = NULL;
    }
    return 0;
}

int known_shelf_take(struct known_shelf *s, struct known **ret, struct diag *diag)
{
    int r;

    pthread_mutex_lock(&s->lock);
    r = take(s, ret, diag);
    pthread_mutex_unlock(&s->lock);
    return r;
}

uint64_t known_shelf_readings(struct known_shelf *s)
{
    uint64_t n;

    pthread_mutex_lock(&s->lock);
    n = s->n_readings;
    pthread_mutex_unlock(&s->lock);
    return n;
}
