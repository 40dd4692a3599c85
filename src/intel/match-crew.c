#include "intel/match-crew.h"

#include "intel/match-classify.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define PIECE ((size_t)256 << 10) /* handed over when it has as much and a line ends */
#define PUT_MAX ((size_t)16 << 20)

enum piece_state { PIECE_FREE, PIECE_FULL, PIECE_TAKEN, PIECE_DONE };

struct piece {
    enum piece_state state; /* under the lock; the rest belongs to whom it says */
    char *at;               /* MATCH_LINE_MAX bytes */
    size_t len;
    const void *file;
    uint64_t line, offset; /* of its first byte */
    struct buf words;
};

struct member {
    struct match_crew *crew;
    pthread_t thread;
    struct matcher *matcher;
    struct piece *piece; /* at hand */
    uint64_t number;     /* its */
};

struct match_crew {
    struct match_crew_work work;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of what follows */
    struct piece *pieces;
    uint64_t n_pieces, filled, taken,
        written; /* numbers of the next piece to fill, to take, to write */
    bool is_writing, is_ending;
    int error; /* the first */
    /* of the caller alone */
    const void *file;
    uint64_t line, offset;
    struct member *members;
    unsigned n_members;
};

static struct piece *piece_of(struct match_crew *c, uint64_t number)
{
    return &c->pieces[number % c->n_pieces];
}

static void fail_locked(struct match_crew *c, int r)
{
    if (r && !c->error)
        c->error = r;
    pthread_cond_broadcast(&c->changed);
}

/* What a piece has to say, when it is its turn. Nothing after a failure. */
static void write_locked(struct match_crew *c, struct buf *words)
{
    int r = 0;

    if (!c->error && words->len) {
        pthread_mutex_unlock(&c->lock);
        r = c->work.write(buf_str(words), c->work.context);
        pthread_mutex_lock(&c->lock);
    }
    buf_clear(words);
    fail_locked(c, r);
}

/* A hit in words. Who has said enough writes it, as soon as it is his turn. */
static int put(const struct match_hit *hit, void *context)
{
    struct member *m = context;
    struct match_crew *c = m->crew;
    int r = c->work.put(hit, m->piece->file, c->work.context, &m->piece->words);

    if (r || m->piece->words.len < CREW_WORDS_MAX)
        return r;
    pthread_mutex_lock(&c->lock);
    while ((c->written != m->number || c->is_writing) && !c->error)
        pthread_cond_wait(&c->changed, &c->lock);
    write_locked(c, &m->piece->words);
    r = c->error;
    pthread_mutex_unlock(&c->lock);
    return r;
}

static int match_piece(struct member *m)
{
    int r;

    matcher_start(m->matcher, m->piece->line, m->piece->offset);
    r = matcher_add(m->matcher, (struct str){m->piece->at, m->piece->len});
    return r ? r : matcher_end(m->matcher);
}

/* All that is done and whose turn it is. */
static void write_done_locked(struct match_crew *c)
{
    if (c->is_writing)
        return;
    c->is_writing = true;
    while (piece_of(c, c->written)->state == PIECE_DONE) {
        struct piece *p = piece_of(c, c->written);

        write_locked(c, &p->words);
        p->state = PIECE_FREE;
        c->written++;
        pthread_cond_broadcast(&c->changed);
    }
    c->is_writing = false;
    pthread_cond_broadcast(&c->changed);
}

static void *work(void *context)
{
    struct member *m = context;
    struct match_crew *c = m->crew;
    int r;

    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->taken == c->filled && !c->is_ending)
            pthread_cond_wait(&c->changed, &c->lock);
        if (c->taken == c->filled)
            break;
        m->number = c->taken++;
        m->piece = piece_of(c, m->number);
        m->piece->state = PIECE_TAKEN;
        if (!c->error) {
            pthread_mutex_unlock(&c->lock);
            r = match_piece(m);
            pthread_mutex_lock(&c->lock);
            fail_locked(c, r);
        }
        m->piece->state = PIECE_DONE;
        write_done_locked(c);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static int make_pieces(struct match_crew *c, unsigned n_threads)
{
    c->n_pieces = (uint64_t)n_threads * CREW_PIECES + 2;
    c->pieces = calloc(c->n_pieces, sizeof(*c->pieces));
    c->members = calloc(n_threads, sizeof(*c->members));
    if (!c->pieces || !c->members)
        return -ENOMEM;
    for (uint64_t i = 0; i < c->n_pieces; i++) {
        buf_init(&c->pieces[i].words, PUT_MAX + CREW_WORDS_MAX);
        c->pieces[i].at = malloc(MATCH_LINE_MAX);
        if (!c->pieces[i].at)
            return -ENOMEM;
    }
    return 0;
}

static int add_member(struct match_crew *c)
{
    struct member *m = &c->members[c->n_members];
    int r;

    m->crew = c;
    m->matcher = matcher_new(c->work.set, &c->work.options, put, m);
    if (!m->matcher)
        return -ENOMEM;
    r = pthread_create(&m->thread, NULL, work, m);
    if (r) {
        matcher_free(m->matcher);
        return -EAGAIN;
    }
    c->n_members++;
    return 0;
}

int match_crew_new(const struct match_crew_work *what, unsigned n_threads, struct match_crew **ret)
{
    struct match_crew *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return -ENOMEM;
    n_threads = MAX_OF(MIN_OF(n_threads, CREW_THREADS_MAX), 1u);
    c->work = *what;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    r = make_pieces(c, n_threads);
    while (!r && c->n_members < n_threads)
        r = add_member(c);
    if (r && !(r == -EAGAIN && c->n_members)) {
        match_crew_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

void match_crew_free(struct match_crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->is_ending = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->n_members; i++) {
        pthread_join(c->members[i].thread, NULL);
        matcher_free(c->members[i].matcher);
    }
    for (uint64_t i = 0; c->pieces && i < c->n_pieces; i++) {
        buf_done(&c->pieces[i].words);
        free(c->pieces[i].at);
    }
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c->pieces);
    free(c->members);
    free(c);
}

/* The piece to fill: it is free, whenever the caller has the crew. */
static struct piece *at_hand(struct match_crew *c)
{
    return piece_of(c, c->filled);
}

void match_crew_begin(struct match_crew *c, const void *file)
{
    c->file = file;
    c->line = 1;
    c->offset = 0;
    at_hand(c)->len = 0;
}

char *match_crew_room(struct match_crew *c, size_t *ret_size)
{
    struct piece *p = at_hand(c);

    *ret_size = p->len < PIECE ? PIECE - p->len : MIN_OF(MATCH_LINE_MAX - p->len, PIECE);
    return p->at + p->len;
}

/* The first `n` bytes of the piece at hand are matched; the rest begins the next one. */
static int hand_over(struct match_crew *c, size_t n)
{
    struct piece *p = at_hand(c), *next;
    int r;

    p->file = c->file;
    p->line = c->line;
    p->offset = c->offset;
    c->line += classify_count_lines((struct str){p->at, n});
    c->offset += n;
    pthread_mutex_lock(&c->lock);
    next = piece_of(c, c->filled + 1);
    while (next->state != PIECE_FREE)
        pthread_cond_wait(&c->changed, &c->lock);
    next->len = p->len - n;
    memcpy(next->at, p->at + n, next->len);
    p->len = n;
    p->state = PIECE_FULL;
    c->filled++;
    r = c->error;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return r;
}

int match_crew_filled(struct match_crew *c, size_t n)
{
    struct piece *p = at_hand(c);
    const char *end;

    p->len += n;
    if (p->len < PIECE)
        return 0;
    end = memrchr(p->at, '\n', p->len);
    if (!end && p->len < MATCH_LINE_MAX)
        return 0;
    return hand_over(c, end ? (size_t)(end + 1 - p->at) : p->len);
}

int match_crew_end(struct match_crew *c)
{
    return at_hand(c)->len ? hand_over(c, at_hand(c)->len) : 0;
}

int match_crew_finish(struct match_crew *c)
{
    int r;

    pthread_mutex_lock(&c->lock);
    while (c->written != c->filled)
        pthread_cond_wait(&c->changed, &c->lock);
    r = c->error;
    pthread_mutex_unlock(&c->lock);
    return r;
}
