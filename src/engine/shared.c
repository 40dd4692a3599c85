#include "engine/shared.h"

#include "engine/decide.h"
#include "engine/inside.h"

#include <pthread.h>
#include <stdlib.h>

struct engine_shared {
    pthread_mutex_t lock; /* over everything below */
    struct text *texts;
    struct force *force; /* NULL: not read yet, or forgotten */
    int64_t generation;  /* of the force */
};

static void text_free(struct text *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->programs && i < t->pack->n_procedures; i++)
        program_free(t->programs[i]);
    free(t->programs);
    pack_unref(t->pack);
    free(t);
}
DEFINE_CLEANUP(struct text, text_free);

int engine_shared_new(struct engine_shared **ret)
{
    struct engine_shared *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    *ret = s;
    return 0;
}

void engine_shared_free(struct engine_shared *s)
{
    if (!s)
        return;
    while (s->texts) { /* put, and used by no engine */
        struct text *t = s->texts;

        s->texts = t->next;
        text_free(t);
    }
    force_unref(s->force);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- texts ---- */


static int compile(struct text *t)
{
    const struct pack *p = t->pack;
    int r = 0;

    t->programs = calloc(p->n_procedures + 1, sizeof(*t->programs));
    if (!t->programs)
        return -ENOMEM;
    for (size_t i = 0; !r && i < p->n_procedures; i++)
        r = program_new(&p->procedures[i], &t->programs[i]);
    return r;
}

/* Under the lock; the new one is the first of the list. The pack is taken, whatever comes. */
static int keep_text(struct engine_shared *s, const char *hash, struct pack *pack)
{
    CLEANUP(text_freep) struct text *t = calloc(1, sizeof(*t));
    int r;

    if (!t) {
        pack_unref(pack);
        return -ENOMEM;
    }
    t->pack = pack;
    for (size_t i = 0; i + 1 < sizeof(t->hash) && hash[i]; i++)
        t->hash[i] = hash[i];
    if ((r = compile(t)))
        return r;
    t->next = s->texts;
    s->texts = TAKE(t);
    return 0;
}

static int read_text(struct engine_shared *s, struct store *store, const char *hash,
                     struct diag *diag)
{
    ROWS_AUTO *row = NULL;
    struct pack *pack = NULL;
    int r;

    if ((r = STORE_ONE(store, &row, STMT_PACK_GET, V_TEXT(hash))))
        return store_failed(r);
    if ((r = pack_load_canonical(rows_str(row, 3), &pack, diag)))
        return r < 0 ? r : -EBADMSG;
    return keep_text(s, hash, pack);
}

int shared_text_put(struct engine_shared *s, const char *hash, struct pack *pack)
{
    int r;

    pthread_mutex_lock(&s->lock);
    r = keep_text(s, hash, pack_ref(pack));
    pthread_mutex_unlock(&s->lock);
    return r;
}

static struct text *known_text(const struct engine_shared *s, const char *hash)
{
    struct text *t = s->texts;

    while (t && strcmp(t->hash, hash))
        t = t->next;
    return t;
}

/* Under the lock. */
static int take_text(struct engine_shared *s, struct store *store, const char *hash,
                     struct text **ret, struct diag *diag)
{
    struct text *t = known_text(s, hash);

    if (!t) {
        int r = read_text(s, store, hash, diag);

        if (r)
            return r;
        t = s->texts;
    }
    t->n_slots++;
    *ret = t;
    return 0;
}

int shared_text(struct engine_shared *s, struct store *store, const char *hash, struct text **ret,
                struct diag *diag)
{
    int r;

    pthread_mutex_lock(&s->lock);
    r = take_text(s, store, hash, ret, diag);
    pthread_mutex_unlock(&s->lock);
    return r;
}

void shared_text_leave(struct engine_shared *s, struct text *text)
{
    struct text **at = &s->texts;

    if (!text)
        return;
    pthread_mutex_lock(&s->lock);
    if (!--text->n_slots) {
        while (*at != text)
            at = &(*at)->next;
        *at = text->next;
        text_free(text);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- the force ---- */

static int read_force(struct engine_shared *s, struct store *store, int64_t generation,
                      struct diag *diag)
{
    struct force *force = NULL;
    int r = force_load_store(store, &force, diag);

    if (r)
        return store_failed(r);
    force_unref(s->force);
    s->force = force;
    s->generation = generation;
    return 0;
}

int shared_force(struct engine_shared *s, struct store *store, int64_t generation,
                 struct force **ret, struct diag *diag)
{
    int r = 0;

    pthread_mutex_lock(&s->lock);
    if (!s->force || s->generation != generation)
        r = read_force(s, store, generation, diag);
    if (!r)
        *ret = force_ref(s->force);
    pthread_mutex_unlock(&s->lock);
    return r;
}

void shared_forget(struct engine_shared *s)
{
    pthread_mutex_lock(&s->lock);
    force_unref(s->force);
    s->force = NULL;
    pthread_mutex_unlock(&s->lock);
}
