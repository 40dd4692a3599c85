/* The generic cell rate algorithm: of each bucket only the instant is kept at which it will be full again. */
#include "web/limit.h"

#include "base/codec.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define WAYS 8u
#define SETS (LIMIT_BUCKETS / WAYS)
#define SALT_SIZE 16u
#define WHO_MAX 128u
static_assert((SETS & (SETS - 1)) == 0, "sets are found by a mask");

struct bucket {
    uint64_t who;     /* of a salted hash; 0: free */
    uint64_t full_us;
};

struct limiter {
    pthread_mutex_t lock; /* holds: sets */
    uint8_t salt[SALT_SIZE];
    struct bucket sets[SETS][WAYS];
};

int limiter_new(struct limiter **ret)
{
    struct limiter *l = calloc(1, sizeof(*l));

    if (!l)
        return -ENOMEM;
    pthread_mutex_init(&l->lock, NULL);
    random_fill(l->salt, sizeof(l->salt));
    *ret = l;
    return 0;
}

void limiter_free(struct limiter *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Nobody can choose names that fall into one set. */
static uint64_t hash_of(const struct limiter *l, struct str who)
{
    char bytes[SALT_SIZE + WHO_MAX];
    size_t n = MIN_OF(who.len, (size_t)WHO_MAX);
    struct digest d;
    uint64_t hash;

    memcpy(bytes, l->salt, SALT_SIZE);
    memcpy(bytes + SALT_SIZE, who.at, n);
    d = sha256((struct str){bytes, SALT_SIZE + n});
    memcpy(&hash, d.bytes, sizeof(hash));
    return hash ? hash : 1;
}

/* His bucket, or the one that has been full for longest. */
static struct bucket *find(struct limiter *l, uint64_t who)
{
    struct bucket *set = l->sets[who & (SETS - 1)], *oldest = set;

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (set[i].full_us < oldest->full_us)
            oldest = &set[i];
    }
    *oldest = (struct bucket){who, 0};
    return oldest;
}

unsigned limiter_take(struct limiter *l, struct limit_rule rule, struct str who, uint64_t now_us)
{
    uint64_t hash = hash_of(l, who), size_us = rule.burst * rule.every_us, full_us, wait_us = 0;
    struct bucket *b;

    pthread_mutex_lock(&l->lock);
    b = find(l, hash);
    full_us = MAX_OF(b->full_us, now_us) + rule.every_us;
    if (full_us - now_us > size_us)
        wait_us = full_us - now_us - size_us;
    else
        b->full_us = full_us;
    pthread_mutex_unlock(&l->lock);
    return (unsigned)((wait_us + 999999) / 1000000);
}
