#include "guard/digest-behind.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <stdlib.h>

/* A ring: the caller fills pieces from `filled` on, the thread digests those from `taken` on. */
struct digest_behind {
    struct sha256_state *sha;
    uint64_t total; /* bytes added */
    uint8_t *bytes; /* NULL: there is no thread */
    size_t n[DIGEST_BEHIND_PIECES];
    uint64_t filled, taken; /* pieces since the beginning */
    bool ends;              /* nothing comes any more */
    bool was_tried;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

unsigned processors_here(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

static uint8_t *piece(const struct digest_behind *b, uint64_t no)
{
    return b->bytes + no % DIGEST_BEHIND_PIECES * DIGEST_BEHIND_PIECE;
}

static void *run(void *user)
{
    struct digest_behind *b = user;

    pthread_mutex_lock(&b->lock);
    for (;;) {
        struct str at;

        while (b->taken == b->filled && !b->ends)
            pthread_cond_wait(&b->changed, &b->lock);
        if (b->taken == b->filled)
            break;
        at = (struct str){(const char *)piece(b, b->taken), b->n[b->taken % DIGEST_BEHIND_PIECES]};
        pthread_mutex_unlock(&b->lock);
        sha256_add(b->sha, at);
        pthread_mutex_lock(&b->lock);
        b->taken++;
        pthread_cond_signal(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

int digest_behind_new(struct digest_behind **ret)
{
    struct digest_behind *b = calloc(1, sizeof(*b));

    if (!b)
        return -ENOMEM;
    b->sha = sha256_new();
    if (!b->sha) {
        free(b);
        return -ENOMEM;
    }
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    *ret = b;
    return 0;
}

/* Once. */
static void try_thread(struct digest_behind *b)
{
    b->was_tried = true;
    if (processors_here() < 2)
        return;
    b->bytes = malloc(DIGEST_BEHIND_PIECES * DIGEST_BEHIND_PIECE);
    if (b->bytes && pthread_create(&b->thread, NULL, run, b)) {
        free(b->bytes);
        b->bytes = NULL;
    }
}

static void hand_over(struct digest_behind *b, struct str bytes)
{
    uint64_t no;

    pthread_mutex_lock(&b->lock);
    while (b->filled - b->taken == DIGEST_BEHIND_PIECES)
        pthread_cond_wait(&b->changed, &b->lock);
    no = b->filled;
    pthread_mutex_unlock(&b->lock);
    memcpy(piece(b, no), bytes.at, bytes.len);
    pthread_mutex_lock(&b->lock);
    b->n[no % DIGEST_BEHIND_PIECES] = bytes.len;
    b->filled++;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

void digest_behind_add(struct digest_behind *b, struct str bytes)
{
    b->total += bytes.len;
    if (b->total >= DIGEST_BEHIND_LONG && !b->was_tried)
        try_thread(b);
    if (!b->bytes) {
        sha256_add(b->sha, bytes);
        return;
    }
    while (bytes.len > 0) {
        size_t n = MIN_OF(bytes.len, DIGEST_BEHIND_PIECE);

        hand_over(b, (struct str){bytes.at, n});
        bytes = (struct str){bytes.at + n, bytes.len - n};
    }
}

/* The thread has done all that it was given. */
static void end_thread(struct digest_behind *b)
{
    if (!b->bytes)
        return;
    pthread_mutex_lock(&b->lock);
    b->ends = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    sodium_memzero(b->bytes, DIGEST_BEHIND_PIECES * DIGEST_BEHIND_PIECE);
    free(b->bytes);
    b->bytes = NULL;
}

void digest_behind_free(struct digest_behind *b)
{
    if (!b)
        return;
    end_thread(b);
    if (b->sha)
        IGNORE(sha256_end(b->sha).bytes[0], "nobody asked for it");
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
    free(b);
}

struct digest digest_behind_end(struct digest_behind *b)
{
    end_thread(b);
    return sha256_end(TAKE(b->sha));
}
