#include "intel/run.h"

#include "base/codec.h"
#include "store/segment.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* A segment on its way to the keeper, while the next one is made. */
struct crossing {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_started;
    bool is_under_way; /* the thread has it, and the link; `segment` is its own */
    bool is_over;      /* none comes any more */
    struct buf segment;
    size_t n_objects;
    int e;             /* how it went */
    json_t *answer;
};

struct run {
    const struct run_setting *setting;
    int64_t number;
    char record[96];
    enum tlp tlp; /* the channel's default */
    struct stage_way *stage;
    struct run_counts counts;
    int64_t n_sent; /* segments */
    bool is_last;   /* the segment at hand */
    struct crossing crossing;
    json_t *refused; /* what the keeper said to the segment that was sent last; NULL: yes */
};

/* ---- asking ---- */

/* `message` is taken. RUN_E_REFUSED: the answer is no. */
static int ask(const struct run_setting *s, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *m = message;
    JSON_AUTO *answer = NULL;
    int r = !m ? -ENOMEM : s->token.len ? json_put_strn(m, "token", s->token) : json_put_strn(m, "bearer", s->bearer);

    if (!r)
        r = keeper_ask(s->link, m, &answer);
    if (r)
        return r;
    r = json_flag(answer, "ok") ? 0 : RUN_E_REFUSED;
    *ret_answer = TAKE(answer);
    return r;
}

/* ---- a segment ---- */

static int ask_segment(const struct run *r, struct str segment, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf text;
    int e;

    buf_init(&text, 2 * SEGMENT_SIZE_MAX);
    if ((e = base64_print(segment.at, segment.len, &text)))
        return e;
    return ask(r->setting,
               json_pack("{s:s, s:I, s:I, s:s%}", "op", "intel-segment", "run", (json_int_t)r->number, "n", (json_int_t)r->n_sent, "data", text.at, text.len),
               ret_answer);
}

static int take_answer(struct run *r, int e, json_t *answer, size_t n_objects)
{
    JSON_AUTO *a = answer;

    if (!e) {
        r->n_sent++;
        r->counts.segments++;
        r->counts.known += (uint64_t)json_int(a, "known");
        r->counts.added += n_objects - (uint64_t)json_int(a, "known");
    }
    if (e == RUN_E_REFUSED)
        r->refused = TAKE(a);
    return e;
}

static void *carry(void *arg)
{
    struct run *r = arg;
    struct crossing *c = &r->crossing;

    pthread_mutex_lock(&c->lock);
    while (!c->is_over)
        if (c->is_under_way) {
            json_t *answer = NULL;
            int e;

            pthread_mutex_unlock(&c->lock);
            e = ask_segment(r, buf_str(&c->segment), &answer);
            pthread_mutex_lock(&c->lock);
            c->e = e;
            c->answer = answer;
            c->is_under_way = false;
            pthread_cond_signal(&c->changed);
        } else
            pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* The answer to the segment before; then the link is ours again. */
static int await(struct run *r)
{
    struct crossing *c = &r->crossing;
    size_t n = c->n_objects;

    if (!c->is_started || !n)
        return 0;
    pthread_mutex_lock(&c->lock);
    while (c->is_under_way)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    c->n_objects = 0;
    return take_answer(r, c->e, TAKE(c->answer), n);
}

static bool start(struct run *r)
{
    struct crossing *c = &r->crossing;

    if (!c->is_started)
        c->is_started = !pthread_create(&c->thread, NULL, carry, r);
    return c->is_started;
}

static int send(struct str segment, size_t n_objects, void *context)
{
    struct run *r = context;
    struct crossing *c = &r->crossing;
    json_t *answer = NULL;
    int e = await(r);

    if (e)
        return e;
    if (r->is_last || !start(r)) {
        e = ask_segment(r, segment, &answer);
        return take_answer(r, e, answer, n_objects);
    }
    buf_clear(&c->segment);
    if ((e = buf_add_str(&c->segment, segment)))
        return e;
    pthread_mutex_lock(&c->lock);
    c->n_objects = n_objects;
    c->is_under_way = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return 0;
}

int run_add(struct run *r, const struct stix_object *o, enum stage_left *ret_left, json_t **ret_answer)
{
    enum tlp tlp;
    int e = stage_add(r->stage, o, ret_left, &tlp);

    *ret_answer = TAKE(r->refused);
    if (!e && *ret_left == STAGE_TAKEN)
        r->counts.values += stage_values(r->stage);
    return e;
}

/* ---- a run ---- */

static int make(const struct run_setting *s, struct run **ret)
{
    struct run *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    r->setting = s;
    buf_init(&r->crossing.segment, SEGMENT_SIZE_MAX);
    pthread_mutex_init(&r->crossing.lock, NULL);
    pthread_cond_init(&r->crossing.changed, NULL);
    *ret = r;
    return 0;
}

/* What is under way arrives first: the link is borrowed, and its answer must not be taken for another one's. */
static void end_crossing(struct run *r)
{
    struct crossing *c = &r->crossing;

    IGNORE(await(r), "nobody asks any more");
    if (c->is_started) {
        pthread_mutex_lock(&c->lock);
        c->is_over = true;
        pthread_cond_signal(&c->changed);
        pthread_mutex_unlock(&c->lock);
        pthread_join(c->thread, NULL);
    }
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    buf_done(&c->segment);
}

int run_begin(const struct run_setting *s, struct run **ret, json_t **ret_answer)
{
    CLEANUP(run_freep) struct run *run = NULL;
    JSON_AUTO *answer = NULL;
    int r = make(s, &run);

    *ret_answer = NULL;
    if (!r)
        r = ask(s, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "op", "intel-begin", "collection", s->collection, "channel", s->channel, "source", s->name, "object", s->object ? s->object : "", "reason",
                             s->object ? s->reason : ""), &answer);
    if (!r) {
        run->number = json_int(answer, "run");
        run->tlp = (enum tlp)json_int(answer, "tlp");
        r = snprintf(run->record, sizeof(run->record), "%s", json_str(answer, "record")) < (int)sizeof(run->record) ? 0 : -EPROTO;
    }
    if (!r && !(run->stage = stage_new(run->tlp, send, run)))
        r = -ENOMEM;
    if (!r && s->object)
        stage_withdraw(run->stage);
    if (r && json_flag(answer, "ok"))
        run_give_up(run); /* nobody else knows of it */
    *ret_answer = TAKE(answer);
    if (!r)
        *ret = TAKE(run);
    return r;
}

void run_free(struct run *r)
{
    if (!r)
        return;
    end_crossing(r);
    stage_free(r->stage);
    json_decref(r->refused);
    free(r);
}

/* ---- the end ---- */

static int answer_is(const json_t *answer, const char *code)
{
    return !strcmp(json_str(answer, "error"), code);
}

int run_open(struct run *r, uint64_t left_out, json_t **ret_answer)
{
    JSON_AUTO *answer = NULL;
    int e;

    *ret_answer = NULL;
    r->is_last = true;
    if ((e = stage_flush(r->stage) ?: await(r))) {
        *ret_answer = TAKE(r->refused);
        return e;
    }
    e = ask(r->setting,
            json_pack("{s:s, s:I, s:I}", "op", "intel-open", "run", (json_int_t)r->number, "left_out", (json_int_t)left_out), &answer);
    if (e == RUN_E_REFUSED && answer_is(answer, "waits"))
        e = RUN_E_WAITS;
    *ret_answer = TAKE(answer);
    return e;
}

int run_drop(struct run *r, json_t **ret_answer)
{
    *ret_answer = NULL;
    IGNORE(await(r), "it is dropped whatever was said to its last segment");
    return ask(r->setting, json_pack("{s:s, s:I}", "op", "intel-drop", "run", (json_int_t)r->number), ret_answer);
}

void run_give_up(struct run *r)
{
    JSON_AUTO *answer = NULL;

    IGNORE(run_drop(r, &answer), "what is not dropped is never seen, and swept after a day");
}

const struct run_counts *run_counts(const struct run *r)
{
    return &r->counts;
}

uint32_t run_number(const struct run *r)
{
    return (uint32_t)r->number;
}

const char *run_record(const struct run *r)
{
    return r->record;
}
