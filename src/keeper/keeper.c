/* The keeper's loop.
 *
 *     poll ── read frames ── [passwords and pieces of files aside] ── batch: begin · timers · each act in a savepoint · commit ── answer
 *
 * A batch takes what is there and never waits (A5). Each connection has one message in work at a time, so that its answers come in
 * order; what it sends meanwhile stays in its socket (A9). */
#include "keeper/keeper.h"

#include "base/file.h"
#include "engine/mail.h"
#include "keeper/account-operation.h"
#include "keeper/file-operation.h"
#include "keeper/intel-operation.h"
#include "keeper/keeper-inside.h"
#include "keeper/mail-operation.h"
#include "keeper/poll-operation.h"
#include "keeper/stocking.h"
#include "ledger/note.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_TIMERS 256 /* timers fired in one batch at most */
#define FILL_IDLE 200 /* rows of the search written in one batch when nobody waits … */
#define FILL_BUSY 10  /* … and beside what people do */
#define SWEEP_US (3600 * US_PER_SECOND)
#define RECEIPT_KEPT_US US_PER_DAY
#define SAY_AGAIN_US (60 * US_PER_SECOND)
#define DRAIN_ROUNDS 256    /* batches at most after the order to end … */
#define DRAIN_MAX_US (10 * US_PER_SECOND) /* … and time: hashes, and those who are slow to take an answer */

/* ---- troubles ---- */

/* To standard error, which is the starter's: its operator reads it. The same trouble once a minute. */
static void say(struct keeper *k, const char *what, int r)
{
    const char *store = k->store ? store_message(k->store) : "";
    const char *why = *diag_first(k->diag) ? diag_first(k->diag) : *store ? store : r < 0 ? strerror(-r) : "";
    uint64_t now_us = clock_monotonic_us();
    char text[SAID_MAX];

    snprintf(text, sizeof(text), "%s (%d): %s", what, r, why);
    diag_clear(k->diag);
    if (!strcmp(text, k->said) && now_us - k->said_us < SAY_AGAIN_US)
        return;
    snprintf(k->said, sizeof(k->said), "%s", text);
    k->said_us = now_us;
    fprintf(stderr, "tsujiban keeper: %s\n", text);
}

/* ---- batches ---- */

/* What the asker is told. `is_unsure`: the commit itself failed, so nobody knows whether it counted. */
static json_t *store_error(int r, bool is_unsure)
{
    if ((r == STORE_E_LOST || r == -ENOTCONN) && !is_unsure)
        return answer_error("lost", "データベースに接続できないため、記録できませんでした。何も変更されていません。",
                            "The database cannot be reached, so nothing was recorded. Nothing has changed.");
    switch (r) {
    case STORE_E_FULL:
    case -ENOSPC:
        return answer_error("full", "記憶装置に空きがないため、記録できませんでした。何も変更されていません。",
                            "No space is left on the storage, so nothing was recorded. Nothing has changed.");
    case STORE_E_LOST:
    case -ENOTCONN:
        return answer_error("unknown-outcome",
                            "データベースとの接続が切れました。記録されたかどうかを確かめてから、やり直してください。",
                            "The connection to the database broke. Check whether it was recorded before repeating it.");
    case STORE_E_BUSY:
    case -EBUSY:
        return answer_error("busy", "データベースが混み合っています。少し待ってからやり直してください。",
                            "The database is busy. Wait a moment and try again.");
    case -E2BIG:
    case -EFBIG:
        return answer_error("too-large", "内容が大きすぎるため、記録できません。何も変更されていません。",
                            "This is too large to be entered. Nothing has changed.");
    default:
        return NULL;
    }
}

/* Undo what was done since the savepoint. Other than 0: the store lost the whole batch. */
static int undo(struct keeper *k)
{
    int r = store_back_to(k->store);

    log_back(k->log);
    stations_settle(k->stations, STATIONS_UNDONE);
    if (!r && (r = engine_refresh(k->engine, k->diag))) /* it may have read what is undone now */
        engine_forget(k->engine);
    return r;
}

static int keep(struct keeper *k)
{
    int r = store_release(k->store);

    if (!r)
        stations_settle(k->stations, STATIONS_KEPT);
    return r == -ECANCELED ? -EIO : r; /* an operation passed over a failed statement */
}

/* What was undone had been tried: that is entered, by itself. Other than 0: the batch is lost. */
static int enter_tried(struct keeper *k, struct operation_context *ctx)
{
    int r = store_savepoint(k->store);

    if (r)
        return r;
    log_mark(k->log);
    r = operation_enter(ctx, "leaving", "refused", ctx->tried, NULL);
    return r ? r : keep(k);
}

/* One act in its savepoint. Other than 0: the batch is lost. */
static int perform(struct keeper *k, struct conn *c, struct operation_context *ctx)
{
    struct clock_setting clock = k->clock; /* which the act may move */
    int r = store_savepoint(k->store), lost;

    if (r)
        return r;
    c->answer = NULL;
    log_mark(k->log);
    r = operation_authorize(ctx, c->op, c->message, c->is_worker, &c->answer);
    if (!r && !c->answer) {
        engine_ask_by(k->engine, *ctx->token.id ? RELEASE_API : RELEASE_PAGE);
        engine_ask_from(k->engine, ctx->device);
        r = c->op->run(ctx, c->message, &c->answer);
        engine_ask_by(k->engine, RELEASE_PAGE);
        engine_ask_from(k->engine, "");
    }
    if (!r && !ctx->is_undone)
        r = keep(k);
    if (!r && !ctx->is_undone) {
        k->is_stocking = k->is_stocking || c->op->run == op_intel_open || c->op->run == op_intel_drop || c->op->run == op_poll_end ||
                         c->op->run == op_poll_next;
        return 0;
    }
    k->clock = clock;
    lost = undo(k);
    if (!r && !lost) /* it asked to be undone, and its answer counts */
        return ctx->tried ? enter_tried(k, ctx) : 0;
    json_decref(c->answer);
    c->answer = NULL;
    if (lost)
        return lost;
    say(k, c->op->name, r);
    c->answer = store_error(r, false);
    return 0;
}

/* What a duty of the keeper's own works with. */
static struct operation_context own_context(struct keeper *k, uint64_t now_us)
{
    return (struct operation_context){.store = k->store, .engine = k->engine, .log = k->log, .clock = &k->clock, .now_us = now_us, .db = k->config->db,
                                      .real_us = clock_real_us(), .person = "", .login = "", .diag = k->diag};
}

/* Some in each batch, until none is left: a day's backlog holds nobody up. */
static int sweep_files(struct keeper *k, struct operation_context *ctx)
{
    int r;

    if (!k->has_files)
        return 0;
    r = file_sweep(ctx, &k->has_files);
    k->is_tidying = true;
    return r;
}

/* Sessions that are over, what those held who have left, and receipts that nobody will ask for again. Also when a day begins, for it is
 * the first one after somebody's last. */
static int sweep(struct keeper *k, uint64_t installation_us)
{
    struct operation_context ctx = own_context(k, installation_us);
    uint64_t now_us = ctx.real_us;
    int32_t day = day_of_instant(installation_us);
    int r;

    if ((r = lives_end(&ctx, &k->lives)))
        return r;
    if (now_us - k->swept_us < SWEEP_US && day == k->swept_day)
        return sweep_files(k, &ctx);
    k->swept_us = now_us;
    k->swept_day = day;
    if ((r = session_sweep(k->store, now_us)) || (r = account_sweep_left(&ctx)))
        return r;
    k->has_files = true;
    if ((r = stocking_sweep(k->store, installation_us, &k->is_stocking)) || (r = lives_look(&ctx, &k->lives)))
        return r;
    k->is_stocking = k->is_stocking || k->lives.is_due;
    if ((r = sweep_files(k, &ctx)))
        return r;
    if ((r = STORE_RUN(k->store, STMT_OUTBOX_SWEEP, V_INT(now_us - MAIL_KEPT_US))))
        return r;
    return STORE_RUN(k->store, STMT_RECEIPT_DROP_OLD, V_INT(now_us - RECEIPT_KEPT_US));
}

#define DIGESTS_MAX 200 /* persons in one batch */

/* Digests that are due, and messages that nobody reported on, once in each tick. What is left over waits for the next one. */
static int mail_duties(struct keeper *k, uint64_t now_us)
{
    struct operation_context ctx = own_context(k, now_us);
    uint64_t minute = now_us / (60 * US_PER_SECOND), at_us = clock_monotonic_us();
    bool more = false;
    int r;

    if (at_us - k->mailed_us < KEEPER_TICK_MS * UINT64_C(1000))
        return 0;
    k->mailed_us = at_us;
    r = mail_watch(&ctx);
    if (!r && minute != k->gathered_minute)
        r = engine_mail_digests(k->engine, now_us, DIGESTS_MAX, &more);
    if (!r && !more)
        k->gathered_minute = minute;
    return r;
}

/* Timers have a savepoint as an act has: one that cannot be fired must not stop what people do. */
static int tick(struct keeper *k, uint64_t now_us)
{
    int r = store_savepoint(k->store), lost;

    if (r)
        return r;
    log_mark(k->log);
    stations_sweep(k->stations, clock_real_us());
    k->has_timers = false;
    r = engine_tick(k->engine, k->log, now_us, TICK_TIMERS, &k->has_timers, k->diag);
    if (!r)
        r = sweep(k, now_us);
    if (!r && !k->has_timers) /* what is due before is told before */
        r = mail_duties(k, now_us);
    if (!r)
        r = keep(k);
    if (!r && *diag_first(k->diag))
        say(k, "a timer was passed over", 0);
    if (!r)
        return 0;
    k->has_timers = false;
    if ((lost = undo(k)))
        return lost;
    say(k, "timers could not be fired and are tried again", r);
    return 0;
}

/* Rows of the search that are missing, a few at a time; what cannot be written now is tried again with the next tick. */
static int fill(struct keeper *k, size_t max)
{
    int r = store_savepoint(k->store), lost;

    if (r)
        return r;
    log_mark(k->log);
    r = engine_search_tend(k->engine, max, &k->has_rows);
    if (!r)
        r = keep(k);
    if (!r)
        return 0;
    k->has_rows = false;
    if ((lost = undo(k)))
        return lost;
    say(k, "rows of the search could not be written and are tried again", r);
    return 0;
}

/* A checkpoint is signed over what earlier batches made durable (A12), so before anything of this one. */
static bool is_first(const struct conn *c)
{
    return !strcmp(c->op->name, "checkpoint");
}

/* While something due is not fired yet, nothing is decided: it might change the answer. What hangs on nobody's record goes on. */
static bool is_held_up(const struct keeper *k, const struct conn *c)
{
    return k->has_timers && c->op->right != OPERATION_ANY;
}

static int perform_all(struct keeper *k, struct conn **batch, size_t n, bool first, struct operation_context *ctx)
{
    for (size_t i = 0; i < n; i++) {
        int r;

        if (is_first(batch[i]) != first || (!first && is_held_up(k, batch[i])))
            continue;
        ctx->now_us = clock_now(k->clock);
        ctx->measured = batch[i]->measured;
        ctx->station_key = batch[i]->station_key;
        ctx->is_undone = false;
        r = perform(k, batch[i], ctx);
        json_decref(ctx->tried);
        ctx->tried = NULL;
        if (r)
            return r;
    }
    return 0;
}

static int note_refused(struct keeper *k)
{
    struct operation_context ctx = own_context(k, clock_now(k->clock));

    return door_enter(&k->door, &ctx);
}

static int batch_body(struct keeper *k, struct conn **batch, size_t n)
{
    struct operation_context ctx = {.store = k->store, .engine = k->engine, .log = k->log, .db = k->config->db, .door = &k->door, .stations = k->stations,
                                    .clock = &k->clock, .real_us = clock_real_us(), .diag = k->diag};
    int r;

    if ((r = log_begin(k->log)))
        return r > 0 ? -EBADMSG : r;
    if ((r = clock_load(k->store, &k->clock)) || (r = engine_refresh(k->engine, k->diag)))
        return r;
    if ((r = perform_all(k, batch, n, true, &ctx)) || (r = tick(k, clock_now(k->clock))) ||
        (r = perform_all(k, batch, n, false, &ctx)) || (r = note_refused(k)) || (r = fill(k, n ? FILL_BUSY : FILL_IDLE)))
        return r;
    return log_end(k->log);
}

/* 0 or the store's answer; nothing is kept unless 0, but *ret_unsure: the commit was asked for and no answer came. */
static int batch_commit(struct keeper *k, struct conn **batch, size_t n, bool *ret_unsure)
{
    int r;

    *ret_unsure = false;
    /* What is read outside of the transaction is committed and need not be read again within it. A failure shows there. */
    if (engine_refresh(k->engine, NULL))
        engine_forget(k->engine);
    if ((r = store_begin(k->store)))
        return r;
    r = batch_body(k, batch, n);
    if (r) {
        store_rollback(k->store);
    } else {
        r = store_commit(k->store);
        *ret_unsure = r == STORE_E_LOST;
    }
    stations_settle(k->stations, r ? STATIONS_ROLLED_BACK : STATIONS_COMMITTED);
    if (r) {
        log_forget(k->log);
        engine_forget(k->engine);
    } else {
        door_entered(&k->door, clock_monotonic_us());
    }
    return r;
}

/* After the batch that dropped them; when all places beside the loop are taken, with the next tick. */
static void tidy_files(struct keeper *k)
{
    JSON_AUTO *message = k->is_tidying ? json_pack("{s:s}", "op", "file-tidy") : NULL;

    if (message && !aside_start(k->filing, NULL, message))
        k->is_tidying = false;
}

/* Behind openings and drops, until nothing is left to do. */
static void tidy_stock(struct keeper *k)
{
    JSON_AUTO *message = k->is_stocking ? json_pack("{s:s, s:I, s:s*}", "op", "intel-tidy", "now", (json_int_t)engine_now(k->engine), "decay",
                                                    k->lives.is_due && !k->lives.is_done ? k->lives.decay : NULL)
                                        : NULL;

    if (message && !aside_start(k->stocking, NULL, message))
        k->is_stocking = false;
}

static int publish_file(const struct keeper *k, int64_t shard, const char *name, const struct buf *text)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    if ((r = buf_printf(&path, "%s/ledger/%04d", k->config->data, (int)shard)) || (r = dir_make(path.at, 0755, k->diag)) ||
        (r = buf_printf(&path, "/%s", name)))
        return r;
    return file_write_atomic(path.at, buf_str(text), 0644, k->diag);
}

static int publish_key(const struct keeper *k, int64_t shard)
{
    CLEANUP(buf_done) struct buf vkey;
    int r;

    buf_init(&vkey, NOTE_MAX);
    if ((r = log_vkey(k->log, shard, &vkey)) || (r = buf_add_char(&vkey, '\n')))
        return r;
    return publish_file(k, shard, "key", &vkey);
}

/* At most once a second: the files are for witnesses and mirrors, and for `ledger verify`; who needs the newest checkpoint
 * asks for one. */
static void publish(struct keeper *k)
{
    CLEANUP(buf_done) struct buf note;
    struct published now;
    int r;

    buf_init(&note, NOTE_MAX);
    log_head(k->log, &now.shard, &now.size);
    if (!k->config->publish || !now.size || (now.shard == k->published.shard && now.size == k->published.size))
        return;
    r = now.shard == k->published.shard ? 0 : publish_key(k, now.shard); /* it stays as it is for the whole year */
    if (!r)
        r = log_checkpoint(k->log, &note);
    if (!r)
        r = publish_file(k, now.shard, "checkpoint", &note);
    if (r) {
        say(k, "the checkpoint could not be written to its file", r);
        return;
    }
    k->published = now;
}

/* Those whose turn it is: the next KEEPER_BATCH_MAX with something to do, in the order of connections. */
static size_t choose(struct keeper *k, struct conn **batch)
{
    size_t n = 0, from = k->n_conns ? k->turn % k->n_conns : 0;

    for (size_t i = 0; i < k->n_conns && n < KEEPER_BATCH_MAX; i++) {
        struct conn *c = k->conns[(from + i) % k->n_conns];

        if (!c->message || c->is_aside)
            continue;
        batch[n++] = c;
        k->turn = from + i + 1;
    }
    return n;
}

static void run_batch(struct keeper *k)
{
    struct conn *batch[KEEPER_BATCH_MAX];
    size_t n = choose(k, batch);
    bool is_unsure;
    int r = batch_commit(k, batch, n, &is_unsure);

    if (r)
        say(k, n ? "a batch could not be kept" : "the store does not work", r);
    for (size_t i = 0; i < n; i++) {
        json_t *answer = TAKE(batch[i]->answer);

        if (!r && is_held_up(k, batch[i]))
            continue; /* stays in work for the next batch */
        if (r) {
            json_decref(answer);
            answer = store_error(r, is_unsure);
        }
        conn_answer(batch[i], answer);
    }
    diag_clear(k->diag);
}

/* ---- the loop ---- */

static bool has_work(const struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns; i++)
        if (k->conns[i]->message && !k->conns[i]->is_aside)
            return true;
    return false;
}

/* Some are answered already; the others go on to a batch. */
static void take_done(struct keeper *k, struct aside *aside)
{
    struct conn *c;
    json_t *message;
    bool is_done;

    while (aside_done(aside, (void **)&c, &message, &is_done)) {
        if (!c) { /* a duty of the keeper's own */
            bool *is_due = aside == k->stocking ? &k->is_stocking : &k->is_tidying;

            *is_due = *is_due || (is_done && json_flag(message, "more"));
            k->lives.is_done = k->lives.is_done || (is_done && json_flag(message, "renewed"));
            json_decref(message);
            continue;
        }
        c->is_aside = false;
        json_decref(c->message);
        c->message = message;
        if (!is_done)
            conn_answer(c, answer_busy());
        else if (json_object_get(message, "answer"))
            conn_answer(c, json_incref(json_object_get(message, "answer")));
    }
}

static void take_all_done(struct keeper *k)
{
    take_done(k, k->hashing);
    take_done(k, k->filing);
    take_done(k, k->stocking);
    take_done(k, k->keyring);
    take_done(k, k->judging);
}

/* In a few words, as far as its socket takes them at once. */
static void turn_away(struct keeper *k, int fd, uid_t uid)
{
    JSON_AUTO *answer = door_refuse_crowd(&k->door, uid, clock_monotonic_us());
    struct frame_conn frame;

    frame_conn_init(&frame, fd);
    if (answer && !frame_put(&frame, answer))
        IGNORE(frame_flush(&frame), "it goes either way");
    frame_conn_done(&frame);
}

static bool has_room(const struct keeper *k, uid_t uid)
{
    size_t n_own = 0;

    for (size_t i = 0; i < k->n_conns; i++)
        n_own += k->conns[i]->uid == uid;
    return door_has_room(&k->door, uid, n_own, k->n_conns);
}

static void accept_all(struct keeper *k)
{
    int fd;

    while ((fd = accept4(k->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct ucred peer;
        socklen_t len = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || !keeper_users_may(&k->door.users, peer.uid)) {
            close(fd);
            continue;
        }
        if (has_room(k, peer.uid))
            conn_add(k, fd, peer.uid, false);
        else
            turn_away(k, fd, peer.uid);
    }
    k->is_full_of_files = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
}

static void read_conn(struct keeper *k, struct conn *c, short events)
{
    if (events & POLLOUT && frame_flush(&c->frame) < 0) {
        conn_drop(c);
        return;
    }
    if (events & (POLLIN | POLLHUP | POLLERR) && frame_fill(&c->frame) < 0)
        conn_drop(c);
}

#define FIXED_FDS 7

static int wait_and_read(struct keeper *k, int timeout_ms)
{
    struct pollfd fds[FIXED_FDS + KEEPER_CONNS_MAX];
    size_t n = k->n_conns;

    fds[0] = (struct pollfd){.fd = k->is_full_of_files ? -1 : k->listen_fd, .events = POLLIN};
    k->is_full_of_files = false;
    fds[1] = (struct pollfd){.fd = k->signal_fd, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = aside_fd(k->hashing), .events = POLLIN};
    fds[3] = (struct pollfd){.fd = aside_fd(k->filing), .events = POLLIN};
    fds[4] = (struct pollfd){.fd = aside_fd(k->keyring), .events = POLLIN};
    fds[5] = (struct pollfd){.fd = aside_fd(k->stocking), .events = POLLIN};
    fds[6] = (struct pollfd){.fd = aside_fd(k->judging), .events = POLLIN};
    for (size_t i = 0; i < n; i++) {
        struct conn *c = k->conns[i];
        bool is_stuck = c->frame.out.len > c->frame.sent;
        bool is_waiting = c->message || c->is_aside || is_stuck || frame_is_whole(&c->frame);
        short events = (short)((is_waiting ? 0 : POLLIN) | (is_stuck ? POLLOUT : 0));

        fds[FIXED_FDS + i] = (struct pollfd){.fd = c->frame.fd, .events = events};
    }
    if (poll(fds, FIXED_FDS + n, timeout_ms) < 0)
        return errno == EINTR ? 0 : -errno;
    for (size_t i = 0; i < n; i++)
        if (fds[FIXED_FDS + i].revents)
            read_conn(k, k->conns[i], fds[FIXED_FDS + i].revents);
    if (fds[2].revents || fds[3].revents || fds[4].revents || fds[5].revents || fds[6].revents)
        take_all_done(k);
    if (fds[1].revents)
        k->is_ending = true;
    if (fds[0].revents)
        accept_all(k);
    return 0;
}

static void take_all(struct keeper *k)
{
    uint64_t now_us = clock_monotonic_us();

    for (size_t i = 0; i < k->n_conns; i++) {
        conn_take(k, k->conns[i]);
        conn_watch(k->conns[i], now_us);
    }
}

/* Something can be done without waiting for anybody. */
static bool is_pressed(const struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns; i++)
        if (conn_is_ready(k->conns[i]))
            return true;
    return k->has_timers || k->has_rows || k->door.has_notes || has_work(k);
}

/* Shut for reading, a socket still gives what came before, and its other end learns at once that nothing more is taken: who could
 * send his whole message gets an answer, who could not knows that it was not done. */
static void shut_and_read(struct conn *c)
{
    if (c->frame.fd < 0)
        return;
    shutdown(c->frame.fd, SHUT_RD);
    while (frame_fill(&c->frame) == 1)
        ;
}

static bool is_aside_any(const struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns; i++)
        if (k->conns[i]->is_aside)
            return true;
    return false;
}

#define DRAIN_FDS 5

/* Wait until work beside the loop is done or an answer can be sent on. False: there is neither any more. */
static bool drain_wait(struct keeper *k)
{
    struct pollfd fds[DRAIN_FDS + KEEPER_CONNS_MAX];
    size_t n = k->n_conns;
    bool is_any = is_aside_any(k);

    fds[0] = (struct pollfd){.fd = aside_fd(k->hashing), .events = POLLIN};
    fds[1] = (struct pollfd){.fd = aside_fd(k->filing), .events = POLLIN};
    fds[2] = (struct pollfd){.fd = aside_fd(k->keyring), .events = POLLIN};
    fds[3] = (struct pollfd){.fd = aside_fd(k->stocking), .events = POLLIN};
    fds[4] = (struct pollfd){.fd = aside_fd(k->judging), .events = POLLIN};
    for (size_t i = 0; i < n; i++) {
        struct conn *c = k->conns[i];
        bool is_stuck = c->frame.fd >= 0 && c->frame.out.len > c->frame.sent;

        fds[DRAIN_FDS + i] = (struct pollfd){.fd = is_stuck ? c->frame.fd : -1, .events = POLLOUT};
        is_any = is_any || is_stuck;
    }
    if (!is_any || poll(fds, DRAIN_FDS + n, KEEPER_TICK_MS) < 0)
        return is_any;
    for (size_t i = 0; i < n; i++)
        if (fds[DRAIN_FDS + i].revents && frame_flush(&k->conns[i]->frame) < 0)
            conn_drop(k->conns[i]);
    take_all_done(k);
    return true;
}

/* After the order to end: whoever has asked already gets his answer; nobody new is let in. */
static void drain(struct keeper *k)
{
    uint64_t until_us = clock_monotonic_us() + DRAIN_MAX_US;

    close(k->listen_fd);
    k->listen_fd = -1;
    for (size_t i = 0; i < k->n_conns; i++)
        shut_and_read(k->conns[i]);
    for (unsigned i = 0; i < DRAIN_ROUNDS && clock_monotonic_us() < until_us; i++) {
        take_all(k);
        if (has_work(k))
            run_batch(k);
        else if (!drain_wait(k))
            return;
    }
}

static int loop(struct keeper *k)
{
    uint64_t ticked_us = 0;

    while (!k->is_ending) {
        uint64_t now_us = clock_monotonic_us();
        bool is_due = now_us - ticked_us >= KEEPER_TICK_MS * UINT64_C(1000);
        int r;

        take_all(k);
        if (has_work(k) || is_due || k->has_timers || k->has_rows || k->door.has_notes)
            run_batch(k);
        tidy_stock(k);
        if (is_due) {
            publish(k);
            tidy_files(k);
            ticked_us = now_us;
        }
        conns_sweep(k);
        if (!k->is_ending && (r = wait_and_read(k, is_pressed(k) ? 0 : KEEPER_TICK_MS)))
            return r;
    }
    drain(k);
    return 0;
}

int keeper_run(const struct keeper_config *config, struct diag *diag)
{
    struct keeper k = {.config = config, .lock_fd = -1, .db_lock_fd = -1, .listen_fd = -1, .signal_fd = -1, .diag = diag};
    int r = keeper_open(&k);

    if (!r)
        r = loop(&k);
    if (!r)
        publish(&k);
    keeper_close(&k);
    return r;
}
