#include "guard/read-ahead.h"

#include "guard/digest-behind.h"

#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

/* A ring: the thread fills pieces from `filled` on, the caller has the one at `taken`. */
struct read_ahead {
    int fd;
    uint64_t at, size; /* next to be read */
    struct read_ahead_past past;
    uint8_t *bytes;
    size_t n[READ_AHEAD_PIECES];
    uint64_t filled, taken; /* pieces since the beginning */
    bool is_held;           /* the caller has piece `taken` */
    bool is_over, ends;     /* nothing comes any more; the caller wants no more */
    int error;
    bool is_ring; /* before the thread begins */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* Without a thread always the first place, which is still in the processor's cache. */
static size_t place_of(const struct read_ahead *r, uint64_t no)
{
    return r->is_ring ? no % READ_AHEAD_PIECES : 0;
}

static uint8_t *piece(const struct read_ahead *r, uint64_t no)
{
    return r->bytes + place_of(r, no) * READ_AHEAD_PIECE;
}

static int past(struct read_ahead *r, struct str bytes)
{
    if (r->past.sha)
        sha256_add(r->past.sha, bytes);
    return r->past.same ? sameness_add(r->past.same, bytes) : 0;
}

/* Fills one piece, whole but for the last one, however little is read at once: what is sealed goes by whole blocks. Bytes, 0 at the end, negative. */
static ssize_t fill(struct read_ahead *r, uint64_t no)
{
    const ssize_t n = file_pread_full(r->fd, piece(r, no), READ_AHEAD_PIECE, r->at);

    if (n <= 0)
        return n;
    r->at += (uint64_t)n;
    return past(r, (struct str){(const char *)piece(r, no), (size_t)n}) ?: n;
}

static void *run(void *user)
{
    struct read_ahead *r = user;

    pthread_mutex_lock(&r->lock);
    while (!r->is_over) {
        uint64_t no = r->filled;
        ssize_t n;

        while (no - r->taken == READ_AHEAD_PIECES && !r->ends)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->ends)
            break;
        pthread_mutex_unlock(&r->lock);
        n = fill(r, no);
        pthread_mutex_lock(&r->lock);
        r->error = n < 0 ? (int)n : 0;
        r->is_over = n <= 0 || r->at > r->size;
        if (n > 0) {
            r->n[place_of(r, no)] = (size_t)n;
            r->filled++;
        }
        pthread_cond_signal(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

int read_ahead_new(int fd, uint64_t size, struct read_ahead_past to, struct read_ahead **ret)
{
    struct read_ahead *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    r->fd = fd;
    r->size = size;
    r->past = to;
    r->is_ring = size >= READ_AHEAD_LONG && processors_here() > 1;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    r->bytes = malloc(READ_AHEAD_PIECES * READ_AHEAD_PIECE);
    if (r->bytes && r->is_ring)
        r->has_thread = pthread_create(&r->thread, NULL, run, r) == 0;
    if (!r->bytes) {
        read_ahead_free(r);
        return -ENOMEM;
    }
    *ret = r;
    return 0;
}

void read_ahead_free(struct read_ahead *r)
{
    if (!r)
        return;
    if (r->has_thread) {
        pthread_mutex_lock(&r->lock);
        r->ends = true;
        pthread_cond_signal(&r->changed);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
    }
    if (r->bytes)
        sodium_memzero(r->bytes, READ_AHEAD_PIECES * READ_AHEAD_PIECE);
    free(r->bytes);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    free(r);
}

/* A short file, one processor, or no thread to be had: the caller reads it himself. */
static int next_here(struct read_ahead *r)
{
    ssize_t n = r->is_over ? 0 : fill(r, r->filled);

    r->error = n < 0 ? (int)n : 0;
    r->is_over = n <= 0 || r->at > r->size;
    if (n > 0)
        r->n[place_of(r, r->filled++)] = (size_t)n;
    return r->error;
}

int read_ahead_next(struct read_ahead *r, uint8_t **ret_bytes, size_t *ret_n)
{
    int e;

    pthread_mutex_lock(&r->lock);
    if (r->is_held)
        r->taken++;
    r->is_held = false;
    if (r->has_thread) {
        pthread_cond_signal(&r->changed);
        while (r->taken == r->filled && !r->is_over)
            pthread_cond_wait(&r->changed, &r->lock);
    } else if (r->taken == r->filled) {
        IGNORE(next_here(r), "it is asked below");
    }
    r->is_held = r->taken < r->filled;
    e = r->is_held ? 1 : r->error;
    if (r->is_held) {
        *ret_bytes = piece(r, r->taken);
        *ret_n = r->n[place_of(r, r->taken)];
    }
    pthread_mutex_unlock(&r->lock);
    return e;
}
