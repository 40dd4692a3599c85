#include "keeper/poll-operation.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/time.h"
#include "engine/intel-polls.h"
#include "engine/intel.h"
#include "keeper/intel-operation.h"
#include "keeper/stocking.h"

#include <errno.h>
#include <stdio.h>

#define ARENA_MAX ((size_t)8 << 20)
#define SOURCE_MAX 160u /* bytes of an address in an import's record */
#define WORDS_MAX 1000u
#define LAST_MAX 48u

/* As outward/fetcher.h names them, which lies to the right; "": it went well. */
static const char *const troubles[] = {"", "later", "refused", "no-taxii", "stands", "too-large", "crashed", "overdue", "forbidden", "secret", "address"};

/* Columns of STMT_POLL_GET. */
enum { ROW_SOURCE, ROW_COLLECTION, ROW_STATE, ROW_TRIES, ROW_RUN, ROW_NEXT, ROW_HELD, ROW_TRIED, ROW_DONE, ROW_LAST, ROW_GOES_ON, ROW_FAILS };

static int over(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "over", "この取得はすでに別に扱われています。", "That fetch has been dealt with already.");
}

static int get(struct store *s, const char *channel, struct rows **ret)
{
    return STORE_ONE(s, ret, STMT_POLL_GET, V_TEXT(channel));
}

static bool is_begun(struct rows *row)
{
    return !strcmp(rows_text(row, ROW_STATE), "begun");
}

int poll_find(struct store *s, const char *channel, int64_t tries, int64_t *ret_run, char ret_collection[96])
{
    ROWS_AUTO *row = NULL;
    int r = get(s, channel, &row);

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    if (!is_begun(row) || rows_int(row, ROW_TRIES) != tries)
        return 1;
    *ret_run = rows_int(row, ROW_RUN);
    return snprintf(ret_collection, 96, "%s", rows_text(row, ROW_COLLECTION)) < 96 ? 0 : -EIO;
}

/* ---- what is due ---- */

/* A few seconds more, a fifth at most, so that many who were cut off do not come back together. */
static uint64_t by_chance(uint64_t seconds)
{
    uint32_t n;

    random_fill(&n, sizeof(n));
    return (seconds + n % (seconds / 5 + 1)) * US_PER_SECOND;
}

/* What came in for a poll that nobody ended: never open. Where whoever answers for it may not drop it any more, its rows go alone. */
static int drop_run(struct operation_context *c, int64_t run)
{
    JSON_AUTO *outcome = NULL;
    struct engine_import i;
    int r = run ? engine_import_find(c->store, run, NULL, &i) : ENGINE_INTEL_E_NONE;

    if (r)
        return MIN_OF(r, 0);
    r = engine_import_drop(c->engine, c->log, i.person, &i, c->now_us, &outcome);
    if (r == ENGINE_INTEL_E_REFUSED)
        return store_errno(STORE_RUN(c->store, STMT_INTEL_RUN_DROP, V_INT(run)));
    return r > 0 ? -EIO : r;
}

/* It has a row that tells of this very collection there and here. *ret_next: when it is due. */
static int settle(struct operation_context *c, const struct engine_poll *p, uint64_t *ret_next)
{
    ROWS_AUTO *row = NULL;
    int r = get(c->store, p->channel, &row);

    *ret_next = 0;
    if (r && r != STORE_E_NONE)
        return store_errno(r);
    if (!r && !strcmp(rows_text(row, ROW_SOURCE), p->url) && !strcmp(rows_text(row, ROW_COLLECTION), p->collection)) {
        *ret_next = (uint64_t)rows_int(row, ROW_NEXT);
        return 0;
    }
    if (!r && is_begun(row) && (r = drop_run(c, rows_int(row, ROW_RUN))))
        return r;
    return store_errno(STORE_RUN(c->store, STMT_POLL_SET, V_TEXT(p->channel), V_TEXT(p->url), V_TEXT(p->collection)));
}

static int begin(struct operation_context *c, const struct engine_poll *p, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    int r = store_errno(get(c->store, p->channel, &row));

    if (!r && is_begun(row))
        r = drop_run(c, rows_int(row, ROW_RUN));
    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_POLL_BEGIN, V_TEXT(p->channel), V_INT(c->now_us), V_INT(c->real_us + POLL_LEASE_US)));
    return r ? r
             : answer_done(json_pack("{s:s, s:I, s:s, s:s, s:b, s:i, s:s, s:b}", "channel", p->channel, "tries", (json_int_t)(rows_int(row, ROW_TRIES) + 1), "url",
                                     p->url, "user", p->user, "plain", p->is_plain, "tlp", (int)p->tlp, "last", rows_text(row, ROW_LAST), "goes_on",
                                     rows_int(row, ROW_GOES_ON) != 0),
                           ret_answer);
}

int op_poll_next(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    const struct engine_poll *due = NULL;
    struct engine_polls polls;
    uint64_t least_us = 0;
    int r = a ? engine_polls(c->engine, NULL, c->now_us, a, &polls) : -ENOMEM;

    for (size_t i = 0; !r && i < polls.n; i++) {
        uint64_t next_us;

        r = settle(c, &polls.at[i], &next_us);
        if (!r && next_us <= c->real_us && (!due || next_us < least_us)) {
            due = &polls.at[i];
            least_us = next_us;
        }
    }
    return r ? r : due ? begin(c, due, ret_answer) : answer_done(json_object(), ret_answer);
}

/* ---- what comes ---- */

/* 1: it is over, and answered. */
static int is_his(struct operation_context *c, const json_t *m, int64_t *ret_run, json_t **ret_answer)
{
    char collection[96];
    int r = poll_find(c->store, json_str(m, "channel"), json_int(m, "tries"), ret_run, collection);

    return r == 1 ? over(ret_answer) ?: 1 : r;
}

int op_poll_tell(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int64_t run;
    int r = is_his(c, m, &run, ret_answer);

    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_POLL_DUE, V_TEXT(json_str(m, "channel")), V_INT(c->real_us + POLL_LEASE_US)));
    return r ? MIN_OF(r, 0) : answer_done(json_object(), ret_answer);
}

/* What else was in it is written. */
int op_poll_held(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    json_t *answer = json_object_get(json_obj(m, STOCKING_HELD), "answer");
    struct engine_import i = {.record = ""};
    char collection[96];
    int64_t run;
    int r = answer ? poll_find(c->store, json_str(m, "channel"), json_int(m, "tries"), &run, collection) : -EIO;

    if (r == 1)
        return over(ret_answer);
    if (!r && run)
        r = engine_import_find(c->store, run, NULL, &i);
    if (r >= 0)
        r = intel_enter_held(c, m, "poll-segment", i.record, collection);
    if (!r)
        *ret_answer = json_incref(answer);
    return r;
}

/* As the register says today; NULL: it is fetched no more. */
static int find_poll(struct operation_context *c, const char *person, const char *channel, struct arena *a, const struct engine_poll **ret)
{
    struct engine_polls polls;
    int r = engine_polls(c->engine, person, c->now_us, a, &polls);

    *ret = NULL;
    for (size_t i = 0; !r && i < polls.n; i++)
        if (!strcmp(polls.at[i].channel, channel))
            *ret = &polls.at[i];
    return r;
}

/* `outcome` is taken. */
static int refuse(json_t *outcome, json_t **ret_answer)
{
    JSON_AUTO *o = answer_error("forbidden", "責任者は、いまは取り込むことができません。", "Whoever answers for it may not bring in now.");

    if (!o) {
        json_decref(outcome);
        return -ENOMEM;
    }
    if (outcome && json_put(o, "outcome", outcome))
        return -ENOMEM;
    *ret_answer = TAKE(o);
    return 0;
}

static int propose(struct operation_context *c, const struct engine_poll *p, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf source;
    struct engine_proposal what = {p->collection, p->channel, "", "", "", "", TLP_CLEAR};
    JSON_AUTO *outcome = NULL;
    struct engine_import i;
    int r;

    buf_init(&source, SOURCE_MAX + 16);
    if ((r = buf_printf(&source, "TAXII: %.*s", (int)SOURCE_MAX, p->url)))
        return r;
    what.source = source.at;
    r = engine_import_begin(c->engine, c->log, p->person, &what, c->now_us, &i, &outcome);
    if (r == ENGINE_INTEL_E_REFUSED || r == ENGINE_INTEL_E_NONE) {
        c->is_undone = r == ENGINE_INTEL_E_NONE;
        return refuse(TAKE(outcome), ret_answer);
    }
    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_POLL_RUN, V_TEXT(p->channel), V_INT(i.run)));
    return r ? (r < 0 ? r : -EIO) : answer_done(json_object(), ret_answer);
}

int op_poll_propose(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    const struct engine_poll *p;
    int64_t run;
    int r = a ? is_his(c, m, &run, ret_answer) : -ENOMEM;

    if (!r)
        r = find_poll(c, NULL, json_str(m, "channel"), a, &p);
    if (!r && (run || !p))
        r = over(ret_answer) ?: 1;
    return r ? MIN_OF(r, 0) : propose(c, p, ret_answer);
}

/* ---- its end ---- */

struct ending {
    const char *channel, *trouble;
    uint64_t next_us, held_us;
    int64_t fails;
    bool is_well, goes_on;
};

static bool is_trouble(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
        if (!strcmp(troubles[i], word))
            return true;
    return false;
}

static bool is_end(const json_t *m)
{
    return is_trouble(json_str(m, "trouble")) && strlen(json_str(m, "words")) <= WORDS_MAX && strlen(json_str(m, "last")) < LAST_MAX &&
           json_int(m, "left_out") >= 0 && json_int(m, "wait") >= 0;
}

/* Opens what came, by whoever answers for it; where he may not any more it is dropped. *ret_forbidden then. */
static int open_run(struct operation_context *c, const json_t *m, const char *channel, int64_t run, bool *ret_forbidden)
{
    JSON_AUTO *outcome = NULL;
    struct intel_totals totals;
    struct engine_import i;
    int r = stocking_totals(m, &totals);

    if (!r)
        r = engine_import_find(c->store, run, NULL, &i);
    if (!r)
        r = engine_import_open(c->engine, c->log, i.person, &i, &totals, (uint64_t)json_int(m, "left_out"), c->now_us, &outcome);
    *ret_forbidden = r == ENGINE_INTEL_E_REFUSED || r == ENGINE_INTEL_E_OVER;
    if (*ret_forbidden)
        return drop_run(c, run);
    if (r)
        return r < 0 ? r : -EIO;
    return store_errno(STORE_RUN(c->store, STMT_POLL_CAME, V_TEXT(channel), V_TEXT(i.record), V_INT(totals.n_objects), V_INT(c->now_us)));
}

/* When it is due next. A register that says so no more leaves the row as it is. */
static int reckon(struct operation_context *c, const json_t *m, struct rows *row, struct ending *e)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    uint64_t wait_us = MIN_OF((uint64_t)json_int(m, "wait"), (uint64_t)POLL_HELD_MAX_S) * US_PER_SECOND, rest_us;
    const struct engine_poll *p;
    int r = a ? find_poll(c, NULL, e->channel, a, &p) : -ENOMEM;

    if (r)
        return r;
    e->is_well = !*e->trouble;
    e->goes_on = e->is_well && json_int(m, "more") != 0;
    e->fails = e->is_well ? 0 : rows_int(row, ROW_FAILS) + 1;
    if (e->is_well)
        rest_us = e->goes_on ? 0 : by_chance((uint64_t)(p ? p->minutes : 1) * 60);
    else
        rest_us = by_chance(MIN_OF((uint64_t)POLL_FAILED_FIRST_S << MIN_OF(e->fails - 1, 16), (uint64_t)POLL_FAILED_LAST_S));
    e->held_us = c->real_us + wait_us;
    e->next_us = c->real_us + MAX_OF(rest_us, wait_us);
    return 0;
}

static int end(struct operation_context *c, const json_t *m, struct rows *row, json_t **ret_answer)
{
    struct ending e = {.channel = json_str(m, "channel"), .trouble = json_str(m, "trouble")};
    int64_t run = rows_int(row, ROW_RUN);
    bool is_forbidden = false;
    int r = run ? open_run(c, m, e.channel, run, &is_forbidden) : 0;

    if (is_forbidden)
        e.trouble = "forbidden";
    if (!r)
        r = reckon(c, m, row, &e);
    if (!r) /* what was not taken in comes again */
        r = store_errno(STORE_RUN(c->store, STMT_POLL_END, V_TEXT(e.channel), V_INT(e.next_us), V_INT(e.held_us),
                                  V_INT(e.is_well ? (int64_t)c->now_us : rows_int(row, ROW_DONE)),
                                  V_TEXT(is_forbidden || !strcmp(e.trouble, "forbidden") ? rows_text(row, ROW_LAST) : json_str(m, "last")), V_INT(e.goes_on),
                                  V_INT(e.fails), V_TEXT(e.trouble), V_INT(json_int(m, "status")), V_TEXT(json_str(m, "words")),
                                  V_INT(json_int(m, "left_out"))));
    return r ? r : answer_done(json_object(), ret_answer);
}

int op_poll_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    int64_t run;
    int r = is_his(c, m, &run, ret_answer);

    if (r)
        return MIN_OF(r, 0);
    if (!is_end(m))
        return answer_refuse(ret_answer, "invalid", "取得の終わり方の形が正しくありません。", "No fetch ends so.");
    r = store_errno(get(c->store, json_str(m, "channel"), &row));
    return r ? r : end(c, m, row, ret_answer);
}

/* ---- at once ---- */

static int enter_now(struct operation_context *c, const char *channel)
{
    JSON_AUTO *in = json_pack("{s:s}", "channel", channel);

    return in ? operation_enter(c, "poll-now", "recorded", in, NULL) : -ENOMEM;
}

int op_poll_now(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(ARENA_MAX);
    const char *channel = json_str(m, "channel");
    const struct engine_poll *p;
    ROWS_AUTO *row = NULL;
    int r = a ? find_poll(c, c->person, channel, a, &p) : -ENOMEM;

    if (!r && !p)
        return answer_refuse(ret_answer, "none", "その取込元からの定期取得はありません。", "Nothing is fetched under that channel.");
    if (!r)
        r = get(c->store, channel, &row);
    if (r == STORE_E_NONE) /* it has never been asked: it is due anyway */
        return answer_done(json_object(), ret_answer);
    if (r)
        return store_errno(r);
    if (is_begun(row))
        return answer_done(json_object(), ret_answer);
    if ((uint64_t)rows_int(row, ROW_HELD) > c->real_us)
        return answer_refuse(ret_answer, "not-yet", "取得元のサーバーが、しばらく取得を待つよう求めています。",
                             "The other server asks to be left alone for a while.");
    r = store_errno(STORE_RUN(c->store, STMT_POLL_DUE, V_TEXT(channel), V_INT(0))) ?: enter_now(c, channel);
    return r ? r : answer_done(json_object(), ret_answer);
}
