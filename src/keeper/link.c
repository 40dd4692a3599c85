/* The side that asks: connect, or start a keeper and connect. */
#include "keeper/keeper.h"

#include "base/codec.h"
#include "base/tell.h"
#include "base/time.h"
#include "keeper/socket.h"
#include "keeper/station-key.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 30000
#define START_TIMEOUT_MS 20000
#define RETRY_MS 50
#define HELD_US (500 * UINT64_C(1000))

extern char **environ;

struct keeper_link {
    char *data, *db;
    const char *as; /* of its hello; NULL: the operator, who says none */
    bool is_open;
    bool is_apart;
    const struct station_key *station; /* borrowed; NULL: it proves none */
    char nonce[STATION_NONCE_HEX];     /* of this connection; "" the keeper gave none */
    unsigned away_ms; /* a keeper that is started again by somebody else is waited for so long */
    struct frame_conn frame;
    pid_t child;    /* keeper that this link started; 0 none */
    int starter_fd; /* while it is open, that keeper lives; -1 none */
};

int keeper_socket_address(const char *data, const char *name, struct sockaddr_un *ret, int *ret_dir_fd)
{
    int dir = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return -errno;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dir, name);
    *ret_dir_fd = dir;
    return 0;
}

static int connect_socket(const char *data, int *ret_fd)
{
    struct sockaddr_un address;
    int dir, fd, r = keeper_socket_address(data, KEEPER_SOCKET, &address, &dir);

    if (r)
        return r;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        r = -errno;
    else if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        r = -errno;
        close(fd);
    }
    close(dir);
    if (!r)
        *ret_fd = fd;
    return r;
}

/* -EPROTO: it knows no such asker, who then must not go on as the operator. -EACCES: this user may not ask as that. */
static int ask_once(struct frame_conn *c, const char *op, const char *as, int timeout_ms, bool *ret_apart, char ret_nonce[STATION_NONCE_HEX])
{
    JSON_AUTO *message = json_pack("{s:s}", "op", op);
    JSON_AUTO *answer = NULL;
    int r;

    if (!message || (as && json_put_str(message, "as", as)))
        return -ENOMEM;
    r = frame_call(c, message, timeout_ms, &answer);
    *ret_apart = json_flag(answer, "apart");
    snprintf(ret_nonce, STATION_NONCE_HEX, "%s", json_str(answer, "nonce"));
    if (!r && !json_flag(answer, "ok") && !strcmp(json_str(answer, "error"), "role"))
        return -EACCES;
    return r || !as || json_flag(answer, "ok") ? r : -EPROTO;
}

/* ---- the keeper of our own ---- */

/* Let go of it and see how it ended: its exit status, or -1. */
static int child_end(struct keeper_link *l)
{
    int status = -1;

    if (l->starter_fd >= 0)
        close(l->starter_fd);
    l->starter_fd = -1;
    if (l->child)
        while (waitpid(l->child, &status, 0) < 0 && errno == EINTR)
            ;
    l->child = 0;
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The child's end of the pair becomes its descriptor 3. */
static int child_spawn(struct keeper_link *l)
{
    const char *argv[] = {"tsujiban", "keeper", "--data", l->data, "--db", l->db, "--starter", NULL};
    posix_spawn_file_actions_t actions;
    int pair[2], r;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -errno;
    r = posix_spawn_file_actions_init(&actions);
    if (!r) {
        r = posix_spawn_file_actions_adddup2(&actions, pair[1], 3);
        if (!r)
            r = posix_spawn(&l->child, "/proc/self/exe", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(pair[1]);
    if (r) {
        close(pair[0]);
        l->child = 0;
        return -r;
    }
    l->starter_fd = pair[0];
    return 0;
}

/* 0: it listens. 1: another one holds the directory. -ECHILD: it ended, and has said why. */
static int child_start(struct keeper_link *l)
{
    struct frame_conn pair;
    char nonce[STATION_NONCE_HEX];
    bool is_apart;
    int r;

    child_end(l);
    if ((r = child_spawn(l)))
        return r;
    frame_conn_init(&pair, l->starter_fd);
    r = ask_once(&pair, "status", NULL, START_TIMEOUT_MS, &is_apart, nonce);
    pair.fd = -1; /* stays with the link */
    frame_conn_done(&pair);
    if (!r)
        return 0;
    if (r == -ETIMEDOUT) {
        kill(l->child, SIGTERM);
        child_end(l);
        return r;
    }
    return child_end(l) == KEEPER_EXIT_HELD ? 1 : -ECHILD;
}

/* ---- the connection ---- */

static void link_shut(struct keeper_link *l)
{
    if (!l->is_open)
        return;
    frame_conn_done(&l->frame);
    l->is_open = false;
}

static int prove(struct keeper_link *l)
{
    char proof[STATION_PROOF_HEX];
    JSON_AUTO *message = NULL;
    JSON_AUTO *answer = NULL;
    int r;

    if (station_key_prove(l->station, l->nonce, proof))
        return -EPROTO;
    message = json_pack("{s:s, s:s, s:s}", "op", "station", "key", l->station->public_hex, "proof", proof);
    if (!message)
        return -ENOMEM;
    r = frame_call(&l->frame, message, ANSWER_TIMEOUT_MS, &answer);
    return r || json_flag(answer, "ok") ? r : -EPROTO;
}

static int link_try(struct keeper_link *l)
{
    int fd = -1, r = connect_socket(l->data, &fd);

    if (r)
        return r;
    frame_conn_init(&l->frame, fd);
    l->is_open = true;
    r = ask_once(&l->frame, l->as ? "hello" : "status", l->as, START_TIMEOUT_MS, &l->is_apart, l->nonce);
    if (!r && l->station)
        r = prove(l);
    if (r)
        link_shut(l);
    return r;
}

int keeper_link_prove(struct keeper_link *l, const struct station_key *key)
{
    int r;

    l->station = key;
    if (!l->is_open)
        return 0; /* with the next connection */
    if ((r = prove(l)))
        link_shut(l);
    return r;
}

/* Nobody is there, or somebody who is just leaving. */
static bool is_nobody(int r)
{
    return r == -ECONNREFUSED || r == -ENOENT || r == -ECONNRESET || r == -EPIPE;
}

/* Who has neither key nor the right to write starts nobody who has: couriers and gates, and whoever the installation's folder does not
 * belong to. */
static bool may_start(const struct keeper_link *l)
{
    struct stat st;

    return (!l->as || !strcmp(l->as, "worker")) && !stat(l->data, &st) && (!geteuid() || st.st_uid == geteuid());
}

/* Several may find that nobody is there and start a keeper each; one of these gets the directory, the others find it. While somebody holds it who
 * does not listen yet, or no longer, they wait instead of starting further ones, which would only keep him from the processor. */
static int link_connect(struct keeper_link *l, unsigned wait_ms)
{
    uint64_t until_us = clock_monotonic_us() + wait_ms * UINT64_C(1000);
    struct timespec pause = {0, RETRY_MS * 1000000L};
    uint64_t held_until_us = may_start(l) ? 0 : UINT64_MAX, now_us;
    int r = link_try(l);

    while (is_nobody(r) && (now_us = clock_monotonic_us()) < until_us) {
        bool starts = now_us >= held_until_us;

        if (starts && (r = child_start(l)) < 0)
            return r;
        if (starts && r == 1)
            held_until_us = clock_monotonic_us() + HELD_US;
        if (!starts || r == 1)
            nanosleep(&pause, NULL);
        r = link_try(l);
    }
    return r;
}

static int link_open(const char *data, const char *db, const char *as, unsigned away_ms, struct keeper_link **ret, struct diag *diag)
{
    CLEANUP(keeper_link_closep) struct keeper_link *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return -ENOMEM;
    l->starter_fd = -1;
    l->as = as;
    l->away_ms = away_ms;
    if (!(l->data = strdup(data)) || !(l->db = strdup(db)))
        return -ENOMEM;
    if ((r = link_connect(l, !as || !strcmp(as, "worker") ? START_TIMEOUT_MS : away_ms))) {
        if (r == -EACCES)
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_MAY_NOT, {"user", NUMBER(geteuid())}, {"as", str_of(as ? as : "operator")},
                      {"data", str_of(data)});
        else
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, r == -ECHILD ? MSG_KEEPER_FAULT_NOT_STARTED : MSG_KEEPER_FAULT_NO_ANSWER, {"data", str_of(data)}, tell_why(-r));
        return r;
    }
    *ret = TAKE(l);
    return 0;
}

int keeper_link_open(const char *data, const char *db, bool as_worker, struct keeper_link **ret,
                     struct diag *diag)
{
    return link_open(data, db, as_worker ? "worker" : NULL, KEEPER_AWAY_MS, ret, diag);
}

int keeper_link_open_courier(const char *data, unsigned away_ms, struct keeper_link **ret, struct diag *diag)
{
    return link_open(data, "", "courier", away_ms, ret, diag);
}

int keeper_link_open_examiner(const char *data, struct keeper_link **ret, struct diag *diag)
{
    return link_open(data, "", "examiner", KEEPER_AWAY_MS, ret, diag);
}

int keeper_link_open_fetcher(const char *data, struct keeper_link **ret, struct diag *diag)
{
    return link_open(data, "", "fetcher", KEEPER_AWAY_MS, ret, diag);
}

int keeper_link_open_gate(const char *data, const char *gate, struct keeper_link **ret, struct diag *diag)
{
    return link_open(data, "", gate, KEEPER_AWAY_MS, ret, diag);
}

bool keeper_link_is_apart(const struct keeper_link *l)
{
    return l->is_apart;
}

int keeper_key_ask(struct keeper_link *l, struct str token, struct str bearer, struct str name, uint8_t ret_key[VAULT_KEY_SIZE])
{
    JSON_AUTO *message = json_pack("{s:s, s:s%}", "op", "vault-key", "record", name.at ? name.at : "", name.len);
    JSON_AUTO *answer = NULL;
    const char *error;
    int r;

    if (!message || (token.at && json_put_strn(message, "token", token)) || (bearer.at && json_put_strn(message, "bearer", bearer)))
        return -ENOMEM;
    r = keeper_ask(l, message, &answer);
    if (r)
        return r == -ENOMEM ? r : STORE_E_LOST;
    error = json_str(answer, "error");
    if (json_flag(answer, "ok")) /* JSON is overwritten when it goes */
        return hex_parse(str_of(json_str(answer, "key")), ret_key, VAULT_KEY_SIZE) ? -EBADMSG : 0;
    return !strcmp(error, "none") ? STORE_E_NONE : !strcmp(error, "busy") ? STORE_E_BUSY : !strcmp(error, "lost") ? STORE_E_LOST : -EACCES;
}

void keeper_link_close(struct keeper_link *l)
{
    if (!l)
        return;
    link_shut(l);
    child_end(l);
    free(l->data);
    free(l->db);
    free(l);
}

int keeper_ask(struct keeper_link *l, const json_t *message, json_t **ret_answer)
{
    unsigned wait_ms = may_start(l) ? START_TIMEOUT_MS : l->away_ms;
    uint64_t until_us = clock_monotonic_us() + wait_ms * UINT64_C(1000);
    int r = -ECONNRESET;

    /* A keeper that was gone before it had the whole message has not done it: the next one is asked. It may go as soon, where keepers live as
     * long as whoever started them. */
    while (r == -ECONNRESET && clock_monotonic_us() < until_us) {
        if (!l->is_open && (r = link_connect(l, wait_ms)))
            return is_nobody(r) ? -ECONNREFUSED : r;
        r = frame_call(&l->frame, message, ANSWER_TIMEOUT_MS, ret_answer);
        if (r)
            link_shut(l); /* an answer that comes late must not be taken for the next one's */
    }
    return r == -ECONNRESET ? -ECONNREFUSED : r;
}
