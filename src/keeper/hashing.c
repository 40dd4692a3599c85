/* A bounded queue in, a list out, an eventfd that tells the loop. Jobs are few (n_max), so the lists are arrays. */
#include "keeper/hashing.h"

#include "base/time.h"
#include "force/account.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
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

struct hashing {
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

bool hashing_wants(const char *op)
{
    return !strcmp(op, "sign-in") || !strcmp(op, "unlock") || !strcmp(op, "password-set") || !strcmp(op, "reset-use") ||
           !strcmp(op, "token-issue");
}

/* ---- the work ---- */

/* The login whose password is meant: typed (sign-in, reset-use), or that of the session. */
static int login_of(struct store *s, const json_t *m, char ret_login[ACCOUNT_LOGIN_MAX + 1])
{
    struct session session;
    int r;

    ret_login[0] = '\0';
    if (*json_str(m, "login")) { /* what is no login has no account */
        r = login_normal(str_of(json_str(m, "login")), ret_login);
        return MIN_OF(r, 0);
    }
    r = session_get(s, str_of(json_str(m, "token")), clock_real_us(), &session);
    if (r && r != ACCOUNT_E_LOCKED)
        return r < 0 ? r : 0;
    memcpy(ret_login, session.login, sizeof(session.login));
    return 0;
}

static int verify(struct store *s, json_t *m, const char *member)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    struct sign_in begun;
    bool is_right;
    int r = login_of(s, m, login);

    if (!r)
        r = sign_in_begin(s, str_of(login), &begun);
    if (r)
        return ERR_FOLD(r);
    /* An unknown login costs the same time. */
    r = password_check(begun.hash, str_of(json_str(m, member)), &is_right);
    if (!r)
        r = json_put_flag(m, "verified", is_right && begun.is_known);
    if (!r)
        r = json_put_str(m, "against", begun.hash);
    sodium_memzero(&begun, sizeof(begun));
    return r;
}

static int hash_new(struct store *s, json_t *m)
{
    char login[ACCOUNT_LOGIN_MAX + 1], hash[PASSWORD_HASH_SIZE];
    struct str password = str_of(json_str(m, "password"));
    enum password_fault fault;
    int r = login_of(s, m, login);

    if (r)
        return r;
    fault = password_judge(str_of(login), password);
    if (fault != PASSWORD_GOOD)
        return json_put_int(m, "weak", fault);
    if ((r = password_hash(password, hash)))
        return r;
    return json_put_str(m, "hash", hash);
}

static void wipe_member(json_t *m, const char *name)
{
    const char *v = json_str(m, name);

    if (*v)
        sodium_memzero((char *)(uintptr_t)v, strlen(v));
    json_object_del(m, name);
}

static int work(struct store *s, json_t *m)
{
    const char *op = json_str(m, "op");
    int r = 0;

    if (!strcmp(op, "sign-in") || !strcmp(op, "unlock") || !strcmp(op, "token-issue"))
        r = verify(s, m, "password");
    else if (!strcmp(op, "password-set"))
        r = verify(s, m, "old");
    if (!r && (!strcmp(op, "password-set") || !strcmp(op, "reset-use")))
        r = hash_new(s, m);
    return r;
}

/* ---- the threads ---- */

static bool take(struct hashing *h, struct job *ret)
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

static void give(struct hashing *h, struct job job)
{
    uint64_t one = 1;

    pthread_mutex_lock(&h->lock);
    h->finished[h->n_finished++] = job;
    pthread_mutex_unlock(&h->lock);
    if (write(h->event_fd, &one, sizeof(one)) < 0)
        return; /* only when the counter is full: then the loop is told already */
}

/* A handle that failed is opened anew once: its server may have been started again since the last job. */
static bool work_and_wipe(struct hashing *h, struct store **s, json_t *m)
{
    int r = -EIO;

    for (int i = 0; i < 2 && r; i++) {
        r = *s ? 0 : store_open(h->db, STORE_READ, s, NULL);
        if (!r)
            r = work(*s, m);
        if (r) {
            store_close(*s);
            *s = NULL;
        }
    }
    wipe_member(m, "password");
    wipe_member(m, "old");
    return !r;
}

static void *hasher(void *user)
{
    struct hashing *h = user;
    struct store *s = NULL;
    struct job job;

    while (take(h, &job)) {
        job.is_done = work_and_wipe(h, &s, job.message);
        give(h, job);
    }
    store_close(s);
    return NULL;
}

int hashing_new(const char *db, unsigned n_threads, unsigned n_max, struct hashing **ret)
{
    struct hashing *h = calloc(1, sizeof(*h));

    assert(n_threads <= THREADS_MAX);
    if (!h)
        return -ENOMEM;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->is_work, NULL);
    h->n_max = n_max;
    h->db = strdup(db);
    h->waiting = calloc(n_max, sizeof(*h->waiting));
    h->finished = calloc(n_max, sizeof(*h->finished));
    h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!h->db || !h->waiting || !h->finished || h->event_fd < 0) {
        hashing_free(h);
        return -ENOMEM;
    }
    for (; h->n_threads < n_threads; h->n_threads++)
        if (pthread_create(&h->threads[h->n_threads], NULL, hasher, h)) {
            hashing_free(h);
            return -EAGAIN;
        }
    *ret = h;
    return 0;
}

void hashing_free(struct hashing *h)
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
        wipe_member(h->waiting[i].message, "password");
        wipe_member(h->waiting[i].message, "old");
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

int hashing_start(struct hashing *h, void *owner, json_t *message)
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
    return r;
}

int hashing_fd(const struct hashing *h)
{
    return h->event_fd;
}

bool hashing_done(struct hashing *h, void **ret_owner, json_t **ret_message, bool *ret_hashed)
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
        *ret_hashed = job.is_done;
    }
    pthread_mutex_unlock(&h->lock);
    return has_one;
}
