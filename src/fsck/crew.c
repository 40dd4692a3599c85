/* The caller and one more thread: work on many equal things is halved. The two meet at a flag under a lock; nothing else is shared
 * but what `work` was given, of which each half is touched by one thread. */
#include "fsck/fsck.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct crew {
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sha256 *sha; /* of the second thread */
    crew_work *work;    /* NULL: nothing to do */
    void *ctx;
    size_t from, to;
    bool ends;
};

static void *second(void *user)
{
    struct crew *c = user;

    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->work && !c->ends)
            pthread_cond_wait(&c->changed, &c->lock);
        if (!c->work)
            break;
        pthread_mutex_unlock(&c->lock);
        c->work(c->ctx, c->from, c->to, c->sha);
        pthread_mutex_lock(&c->lock);
        c->work = NULL;
        pthread_cond_signal(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct crew *crew_new(void)
{
    struct crew *c = calloc(1, sizeof(*c));

    if (!c || pthread_mutex_init(&c->lock, NULL) || pthread_cond_init(&c->changed, NULL))
        abort();
    c->sha = sha256_new();
    c->has_thread =
        sysconf(_SC_NPROCESSORS_ONLN) > 1 && pthread_create(&c->thread, NULL, second, c) == 0;
    return c;
}

void crew_free(struct crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->ends = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    if (c->has_thread)
        pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    sha256_free(c->sha);
    free(c);
}

void crew_do(struct crew *c, crew_work *work, void *ctx, size_t n, struct sha256 *own)
{
    size_t half = n / 2;

    if (!c || !c->has_thread || n < CREW_WORTH) {
        work(ctx, 0, n, own);
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->work = work;
    c->ctx = ctx;
    c->from = half;
    c->to = n;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    work(ctx, 0, half, own);
    pthread_mutex_lock(&c->lock);
    while (c->work)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
