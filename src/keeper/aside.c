/* A bounded queue in, a list out, an eventfd that tells the loop. Jobs are few (n_max), so the lists are arrays. */
#include "keeper/aside.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS_MAX 8

struct job {
    void *owner;
    json_t *message;
    bool is_done; /* what was to be found out was */
};

struct aside {
    const struct aside_work *work;
    char *db;
    pthread_mutex_t lock;   /* holds: waiting, finished and their counts, is_ending */
    pthread_cond_t is_work;
    struct job *waiting, *finished;
    size_t n_waiting, n_finished, n_all, n_max;
    bool is_ending;
    int event_fd;
    pthread_t threads[THREADS_MAX];
    unsigned n_threads;
};

static bool take(struct aside *h, struct job *ret)
{
    pthread_mutex_lock(&h->lock);
    while (!h->n_waiting && !h->is_ending)
        pthread_cond_wait(&h->is_work, &h->lock);
    if (h->is_ending) {
        pthread_mutex_unlock(&h->lock);
        return false;
    }
    *ret = h->waiting[0];
    memmove(h->waiting, h->waiting + 1, --h->n_waiting * sizeof(*h->waiting));
    pthread_mutex_unlock(&h->lock);
    return true;
}

static void give(struct aside *h, struct job job)
{
    uint64_t one = 1;

    pthread_mutex_lock(&h->lock);
    h->finished[h->n_finished++] = job;
    pthread_mutex_unlock(&h->lock);
    if (write(h->event_fd, &one, sizeof(one)) < 0)
        return; /* only when the counter is full: then the loop is told already */
}

static void *worker(void *user)
{
    struct aside *h = user;
    void *things = NULL;
    struct job job;

    while (take(h, &job)) {
        job.is_done = h->work->run(h->db, &things, job.message);
        if (h->work->wipe)
            h->work->wipe(job.message);
        give(h, job);
    }
    h->work->end(things);
    return NULL;
}

int aside_new(const struct aside_work *work, const char *db, unsigned n_threads, unsigned n_max, struct aside **ret)
{
    struct aside *h = calloc(1, sizeof(*h));

    assert(n_threads <= THREADS_MAX);
    if (!h)
        return -ENOMEM;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->is_work, NULL);
    h->n_max = n_max;
    h->work = work;
    h->db = strdup(db);
    h->waiting = calloc(n_max, sizeof(*h->waiting));
    h->finished = calloc(n_max, sizeof(*h->finished));
    h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!h->db || !h->waiting || !h->finished || h->event_fd < 0) {
        aside_free(h);
        return -ENOMEM;
    }
    for (; h->n_threads < n_threads; h->n_threads++)
        if (pthread_create(&h->threads[h->n_threads], NULL, worker, h)) {
            aside_free(h);
            return -EAGAIN;
        }
    *ret = h;
    return 0;
}

void aside_free(struct aside *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->is_ending = true;
    pthread_cond_broadcast(&h->is_work);
    pthread_mutex_unlock(&h->lock);
    for (unsigned i = 0; i < h->n_threads; i++)
        pthread_join(h->threads[i], NULL);
    for (size_t i = 0; i < h->n_waiting; i++) {
        if (h->work->wipe)
            h->work->wipe(h->waiting[i].message);
        json_decref(h->waiting[i].message);
    }
    for (size_t i = 0; i < h->n_finished; i++)
        json_decref(h->finished[i].message);
    if (h->event_fd >= 0)
        close(h->event_fd);
    pthread_cond_destroy(&h->is_work);
    pthread_mutex_destroy(&h->lock);
    free(h->waiting);
    free(h->finished);
    free(h->db);
    free(h);
}

bool aside_try(const struct aside_handles *h, const char *db, void **things, json_t *message)
{
    int r = -EIO;

    for (int i = 0; i < 2 && r; i++) {
        r = *things ? 0 : h->open(db, things);
        if (!r)
            r = h->work(*things, db, message);
        if (r) {
            h->end(*things);
            *things = NULL;
        }
    }
    return !r;
}

int aside_tell(json_t *message, json_t *answer)
{
    return answer ? json_put(message, "answer", answer) : -ENOMEM;
}

int aside_start(struct aside *h, void *owner, json_t *message)
{
    int r = -EBUSY;

    pthread_mutex_lock(&h->lock);
    if (h->n_all < h->n_max) {
        h->waiting[h->n_waiting++] = (struct job){owner, json_incref(message), false};
        h->n_all++;
        pthread_cond_signal(&h->is_work);
        r = 0;
    }
    pthread_mutex_unlock(&h->lock);
    if (r && h->work->wipe)
        h->work->wipe(message);
    return r;
}

int aside_fd(const struct aside *h)
{
    return h->event_fd;
}

bool aside_done(struct aside *h, void **ret_owner, json_t **ret_message, bool *ret_done)
{
    uint64_t count;
    bool has_one;

    if (read(h->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        return false;
    pthread_mutex_lock(&h->lock);
    has_one = h->n_finished > 0;
    if (has_one) {
        struct job job = h->finished[0];

        memmove(h->finished, h->finished + 1, --h->n_finished * sizeof(*h->finished));
        h->n_all--;
        *ret_owner = job.owner;
        *ret_message = job.message;
        *ret_done = job.is_done;
    }
    pthread_mutex_unlock(&h->lock);
    return has_one;
}
