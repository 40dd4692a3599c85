/* The keeper's loop.
 *
 *     poll ── read frames ── [hash passwords aside] ── batch: begin · timers · each act in a savepoint · commit ── answer
 *
 * A batch takes what is there and never waits (A5). Each connection has one message in work at a time, so that its answers come in
 * order; what it sends meanwhile stays in its socket (A9). */
#include "engine/keeper.h"

#include "base/file.h"
#include "engine/account-operation.h"
#include "engine/hashing.h"
#include "engine/keeper-socket.h"
#include "ledger/note.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TICK_TIMERS 256 /* timers fired in one batch at most */

struct conn {
    struct frame_conn frame;
    bool is_worker;  /* has said hello as one */
    bool is_starter;
    bool is_hashing; /* its message is with the hashing threads */
    json_t *message; /* in this batch, or NULL */
    const struct operation *op;
    json_t *answer;
};

struct keeper {
    const struct keeper_config *config;
    struct store *store;
    struct engine *engine;
    struct log *log;
    struct clock_setting clock;
    struct hashing *hashing;
    int lock_fd, listen_fd, signal_fd;
    struct conn *conns[KEEPER_CONNS_MAX];
    size_t n_conns;
    bool is_ending;
    bool has_timers;     /* the last tick left some */
    bool is_unpublished; /* entries were added since the last checkpoint file */
    struct diag *diag;
};

json_t *answer_error(const char *code, const char *ja, const char *en)
{
    return json_pack("{s:b, s:s, s:{s:s, s:s}}", "ok", 0, "error", code, "say", "ja", ja, "en", en);
}

/* ---- connections ---- */

static struct conn *conn_add(struct keeper *k, int fd, bool is_starter)
{
    struct conn *c;

    if (k->n_conns == KEEPER_CONNS_MAX || !(c = calloc(1, sizeof(*c)))) {
        close(fd);
        return NULL;
    }
    frame_conn_init(&c->frame, fd);
    c->is_starter = is_starter;
    k->conns[k->n_conns++] = c;
    return c;
}

static void conn_free(struct conn *c)
{
    frame_conn_done(&c->frame);
    json_decref(c->message);
    json_decref(c->answer);
    free(c);
}

/* A connection that hashes stays until its hash comes back, for the thread holds it. */
static void conns_sweep(struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns;) {
        struct conn *c = k->conns[i];

        if (c->frame.fd >= 0 || c->is_hashing) {
            i++;
            continue;
        }
        if (c->is_starter)
            k->is_ending = true;
        conn_free(c);
        k->conns[i] = k->conns[--k->n_conns];
    }
}

static void conn_drop(struct conn *c)
{
    if (c->frame.fd >= 0)
        close(c->frame.fd);
    c->frame.fd = -1;
}

static void conn_answer(struct conn *c, json_t *answer)
{
    int r = 0;

    if (!answer)
        answer = answer_error("internal", "内部の誤りのため処理できませんでした。", "An internal error stopped this.");
    json_decref(c->message);
    c->message = NULL;
    if (c->frame.fd >= 0 && answer)
        r = frame_put(&c->frame, answer);
    json_decref(answer);
    if (r || (c->frame.fd >= 0 && frame_flush(&c->frame) < 0))
        conn_drop(c);
}

/* ---- who asks ---- */

static bool is_sign_in(const json_t *message)
{
    return hashing_wants(json_str(message, "op"));
}

static json_t *hello(struct conn *c, const json_t *message)
{
    if (strcmp(json_str(message, "as"), "worker"))
        return answer_error("malformed", "挨拶が正しくありません。", "The greeting is wrong.");
    c->is_worker = true;
    return json_pack("{s:b}", "ok", 1);
}

/* Take one message off a connection, when it has none in work. */
static void conn_take(struct keeper *k, struct conn *c)
{
    const char *name;
    int r;

    if (c->message || c->is_hashing || c->frame.fd < 0)
        return;
    r = frame_next(&c->frame, &c->message);
    if (r < 0) {
        conn_drop(c);
        return;
    }
    if (r == 0)
        return;
    name = json_str(c->message, "op");
    if (!strcmp(name, "hello")) {
        conn_answer(c, hello(c, c->message));
        return;
    }
    c->op = operation_find(name);
    if (!c->op || !operation_message_ok(c->op, c->message, NULL)) {
        conn_answer(c, answer_error("malformed", "要求の形が正しくありません。", "The request is malformed."));
        conn_drop(c); /* A8 */
        return;
    }
    if (!is_sign_in(c->message))
        return;
    if (hashing_start(k->hashing, c, c->message)) {
        conn_answer(c, answer_error("busy", "ただいま混み合っています。少し待ってからやり直してください。",
                                    "Too many sign-ins at once. Wait a moment and try again."));
        return;
    }
    c->is_hashing = true;
}

/* ---- batches ---- */

static json_t *store_error(int r)
{
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
    default:
        return NULL;
    }
}

/* Nothing of this batch can be kept. The engine hands the store's answers up as errors. */
static bool batch_is_lost(int r)
{
    return r == STORE_E_FULL || r == STORE_E_LOST || r == -ENOSPC || r == -ENOTCONN;
}

static int perform(struct keeper *k, struct conn *c, struct operation_context *ctx)
{
    int r;

    c->answer = NULL;
    if ((r = store_savepoint(k->store)))
        return r;
    log_mark(k->log);
    r = operation_authorize(ctx, c->op, c->message, c->is_worker, &c->answer);
    if (!r && !c->answer)
        r = c->op->run(ctx, c->message, &c->answer);
    if (!r)
        return store_release(k->store);
    log_back(k->log);
    json_decref(c->answer);
    c->answer = store_error(r);
    if (batch_is_lost(r))
        return r;
    return store_back_to(k->store);
}

/* Timers have a savepoint as an act has: one that cannot be fired must not stop what people do. */
static int tick(struct keeper *k, uint64_t now_us)
{
    int r = store_savepoint(k->store);

    if (r)
        return r;
    log_mark(k->log);
    k->has_timers = false;
    r = engine_tick(k->engine, k->log, now_us, TICK_TIMERS, &k->has_timers);
    if (!r)
        return store_release(k->store);
    k->has_timers = false;
    log_back(k->log);
    if (batch_is_lost(r))
        return r;
    diag_add(k->diag, DIAG_WARNING, NULL, 0, 0, "timers could not be fired (%d); they are tried again", r);
    return store_back_to(k->store);
}

static int batch_body(struct keeper *k, struct conn **batch, size_t n)
{
    struct operation_context ctx = {.store = k->store, .engine = k->engine, .log = k->log,
                                    .clock = &k->clock, .real_us = clock_real_us(), .diag = k->diag};
    int r;

    if ((r = log_begin(k->log)))
        return r;
    if ((r = clock_load(k->store, &k->clock)))
        return r;
    if ((r = engine_refresh(k->engine, k->diag)))
        return r;
    ctx.now_us = clock_now(k->clock);
    if ((r = tick(k, ctx.now_us)))
        return r;
    for (size_t i = 0; i < n; i++) {
        ctx.now_us = clock_now(k->clock);
        if ((r = perform(k, batch[i], &ctx)))
            return r;
    }
    return log_end(k->log);
}

/* 0 or the store's answer; nothing is kept unless 0. */
static int batch_commit(struct keeper *k, struct conn **batch, size_t n)
{
    int r = store_begin(k->store);

    if (r)
        return r;
    r = batch_body(k, batch, n);
    if (r) {
        store_rollback(k->store);
        log_forget(k->log);
        return r;
    }
    r = store_commit(k->store);
    if (r)
        log_forget(k->log);
    return r;
}

/* At most once a second: the file is for witnesses and mirrors; who needs the newest one asks for a checkpoint. */
static void publish(struct keeper *k)
{
    CLEANUP(buf_done) struct buf path, note;
    int64_t shard;
    uint64_t size;

    buf_init(&path, 4096);
    buf_init(&note, NOTE_MAX);
    log_head(k->log, &shard, &size);
    if (!k->config->publish || !k->is_unpublished || !size || log_checkpoint(k->log, &note))
        return;
    k->is_unpublished = false;
    if (buf_printf(&path, "%s/ledger/%04d", k->config->data, (int)shard) || dir_make(path.at, 0755, NULL))
        return;
    if (buf_add_text(&path, "/checkpoint"))
        return;
    IGNORE(file_write_atomic(path.at, buf_str(&note), 0644, NULL),
           "a checkpoint is derived: the next batch writes a newer one");
}

static void run_batch(struct keeper *k)
{
    struct conn *batch[KEEPER_BATCH_MAX];
    size_t n = 0;
    int r;

    for (size_t i = 0; i < k->n_conns && n < KEEPER_BATCH_MAX; i++)
        if (k->conns[i]->message && !k->conns[i]->is_hashing)
            batch[n++] = k->conns[i];
    r = batch_commit(k, batch, n);
    for (size_t i = 0; i < n; i++) {
        json_t *answer = batch[i]->answer;

        batch[i]->answer = NULL;
        if (r) {
            json_decref(answer);
            answer = store_error(r);
        }
        conn_answer(batch[i], answer);
    }
    k->is_unpublished = k->is_unpublished || !r;
}

/* ---- the loop ---- */

static bool has_work(const struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns; i++)
        if (k->conns[i]->message && !k->conns[i]->is_hashing)
            return true;
    return false;
}

static void take_hashes(struct keeper *k)
{
    struct conn *c;
    json_t *message;

    while (hashing_done(k->hashing, (void **)&c, &message)) {
        c->is_hashing = false;
        json_decref(c->message);
        c->message = message;
    }
}

static void accept_all(struct keeper *k)
{
    int fd;

    while ((fd = accept4(k->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct ucred peer;
        socklen_t len = sizeof(peer);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || peer.uid != geteuid()) {
            close(fd);
            continue;
        }
        conn_add(k, fd, false);
    }
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

#define FIXED_FDS 3

static int wait_and_read(struct keeper *k, int timeout_ms)
{
    struct pollfd fds[FIXED_FDS + KEEPER_CONNS_MAX];
    size_t n = k->n_conns;

    fds[0] = (struct pollfd){.fd = k->listen_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = k->signal_fd, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = hashing_fd(k->hashing), .events = POLLIN};
    for (size_t i = 0; i < n; i++) {
        struct conn *c = k->conns[i];
        bool is_waiting = c->message || c->is_hashing;
        short events = (short)((is_waiting ? 0 : POLLIN) | (c->frame.out.len > c->frame.sent ? POLLOUT : 0));

        fds[FIXED_FDS + i] = (struct pollfd){.fd = c->frame.fd, .events = events};
    }
    if (poll(fds, FIXED_FDS + n, timeout_ms) < 0)
        return errno == EINTR ? 0 : -errno;
    for (size_t i = 0; i < n; i++)
        if (fds[FIXED_FDS + i].revents)
            read_conn(k, k->conns[i], fds[FIXED_FDS + i].revents);
    if (fds[2].revents)
        take_hashes(k);
    if (fds[1].revents)
        k->is_ending = true;
    if (fds[0].revents)
        accept_all(k);
    return 0;
}

static bool has_unread(const struct keeper *k)
{
    for (size_t i = 0; i < k->n_conns; i++)
        if (!k->conns[i]->message && !k->conns[i]->is_hashing &&
            k->conns[i]->frame.in.len > k->conns[i]->frame.taken)
            return true;
    return false;
}

static int loop(struct keeper *k)
{
    uint64_t ticked_us = 0;

    while (!k->is_ending) {
        uint64_t now_us = clock_monotonic_us();
        bool is_due = now_us - ticked_us >= KEEPER_TICK_MS * UINT64_C(1000);
        int r;

        for (size_t i = 0; i < k->n_conns; i++)
            conn_take(k, k->conns[i]);
        if (has_work(k) || is_due || k->has_timers)
            run_batch(k);
        if (is_due) {
            publish(k);
            ticked_us = now_us;
        }
        conns_sweep(k);
        if (k->is_ending)
            break;
        if ((r = wait_and_read(k, k->has_timers || has_unread(k) ? 0 : KEEPER_TICK_MS)))
            return r;
    }
    return 0;
}

/* ---- start and end ---- */

static int take_directory(struct keeper *k)
{
    CLEANUP(buf_done) struct buf path;

    buf_init(&path, 4096);
    if (buf_printf(&path, "%s/keeper.lock", k->config->data))
        return -ENAMETOOLONG;
    k->lock_fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (k->lock_fd < 0) {
        diag_error(k->diag, "cannot open \"%s\": %s", path.at, strerror(errno));
        return -errno;
    }
    if (flock(k->lock_fd, LOCK_EX | LOCK_NB)) {
        diag_error(k->diag, "another keeper is at work in \"%s\"; stop it first", k->config->data);
        return KEEPER_E_HELD;
    }
    return 0;
}

static int listen_here(struct keeper *k)
{
    struct sockaddr_un address;
    int dir, r = keeper_socket_address(k->config->data, &address, &dir);
    mode_t mask;

    if (r)
        return r;
    unlinkat(dir, "keeper.sock", 0);
    k->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mask = umask(0177);
    r = k->listen_fd < 0 || bind(k->listen_fd, (struct sockaddr *)&address, sizeof(address)) ||
                listen(k->listen_fd, 128)
            ? -errno
            : 0;
    umask(mask);
    close(dir);
    if (r)
        diag_error(k->diag, "cannot listen on \"%s/keeper.sock\": %s", k->config->data, strerror(-r));
    return r;
}

static int open_key(struct keeper *k)
{
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_wipe) struct buf text;
    uint8_t seed[LOG_SEED_SIZE];
    int r;

    buf_init(&path, 4096);
    buf_init(&text, 256);
    if (buf_printf(&path, "%s/keys/ledger.key", k->config->data))
        return -ENAMETOOLONG;
    if ((r = file_read(path.at, 256, &text, k->diag)))
        return KEEPER_E_KEY;
    if (hex_parse(str_trim(buf_str(&text)), seed, sizeof(seed))) {
        diag_error(k->diag, "\"%s\" is not a signing key: 64 hexadecimal digits are wanted", path.at);
        return KEEPER_E_KEY;
    }
    r = log_open(k->store, seed, &k->log, k->diag);
    sodium_memzero(seed, sizeof(seed));
    return r;
}

static int open_signals(struct keeper *k)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -errno;
    k->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return k->signal_fd < 0 ? -errno : 0;
}

static int keeper_open(struct keeper *k)
{
    int r;

    if ((r = open_signals(k)))
        return r;
    if ((r = take_directory(k)))
        return r;
    if ((r = store_open(k->config->db, STORE_WRITE, &k->store, k->diag)))
        return r < 0 ? r : KEEPER_E_STORE;
    if ((r = open_key(k)))
        return r;
    if ((r = engine_open(k->store, &k->engine, k->diag)))
        return r;
    if ((r = hashing_new(k->config->db, KEEPER_HASHERS, KEEPER_HASHING_MAX, &k->hashing)))
        return r;
    if ((r = listen_here(k)))
        return r;
    if (k->config->starter_fd >= 0) {
        fcntl(k->config->starter_fd, F_SETFL, O_NONBLOCK);
        conn_add(k, k->config->starter_fd, true);
    }
    return 0;
}

static void keeper_close(struct keeper *k)
{
    hashing_free(k->hashing); /* waits for its threads: they hold connections */
    for (size_t i = 0; i < k->n_conns; i++)
        conn_free(k->conns[i]);
    engine_close(k->engine);
    log_close(k->log);
    store_close(k->store);
    if (k->listen_fd >= 0)
        close(k->listen_fd);
    if (k->signal_fd >= 0)
        close(k->signal_fd);
    if (k->lock_fd >= 0)
        close(k->lock_fd);
}

int keeper_run(const struct keeper_config *config, struct diag *diag)
{
    struct keeper k = {.config = config, .lock_fd = -1, .listen_fd = -1, .signal_fd = -1, .diag = diag};
    int r = keeper_open(&k);

    if (!r)
        r = loop(&k);
    if (!r)
        publish(&k);
    keeper_close(&k);
    return r;
}
