/* The side that asks: connect, or start a keeper and connect. */
#include "engine/keeper.h"

#include "engine/keeper-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 30000
#define START_TIMEOUT_MS 20000

extern char **environ;

struct keeper_link {
    char *data, *db;
    bool as_worker;
    bool is_open;
    struct frame_conn frame;
    pid_t child; /* keeper that this link started; 0 none */
};

int keeper_socket_address(const char *data, struct sockaddr_un *ret, int *ret_dir_fd)
{
    int dir = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return -errno;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/keeper.sock", dir);
    *ret_dir_fd = dir;
    return 0;
}

static int connect_socket(const char *data, int *ret_fd)
{
    struct sockaddr_un address;
    int dir, fd, r = keeper_socket_address(data, &address, &dir);

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

/* The child's end of the pair becomes its descriptor 3. */
static int start_keeper(struct keeper_link *l, int *ret_fd)
{
    const char *argv[] = {"tsujiban", "keeper", "--data", l->data, "--db", l->db, "--starter", NULL};
    posix_spawn_file_actions_t actions;
    int pair[2], r;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 3);
    r = posix_spawn(&l->child, "/proc/self/exe", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pair[1]);
    if (r) {
        close(pair[0]);
        l->child = 0;
        return -r;
    }
    *ret_fd = pair[0];
    return 0;
}

static int ask_once(struct keeper_link *l, const json_t *message, int timeout_ms, json_t **ret)
{
    return frame_call(&l->frame, message, timeout_ms, ret);
}

static int greet(struct keeper_link *l)
{
    JSON_AUTO *hello = l->as_worker ? json_pack("{s:s, s:s}", "op", "hello", "as", "worker")
                                    : json_pack("{s:s}", "op", "status");
    JSON_AUTO *answer = NULL;

    return hello ? ask_once(l, hello, START_TIMEOUT_MS, &answer) : -ENOMEM;
}

static void link_shut(struct keeper_link *l)
{
    if (!l->is_open)
        return;
    frame_conn_done(&l->frame);
    l->is_open = false;
}

static int link_connect(struct keeper_link *l, bool may_start)
{
    int fd = -1, r = connect_socket(l->data, &fd);

    if (r && may_start)
        r = start_keeper(l, &fd);
    if (r)
        return r;
    frame_conn_init(&l->frame, fd);
    l->is_open = true;
    if ((r = greet(l)))
        link_shut(l);
    return r;
}

int keeper_link_open(const char *data, const char *db, bool as_worker, struct keeper_link **ret,
                     struct diag *diag)
{
    CLEANUP(keeper_link_closep) struct keeper_link *l = calloc(1, sizeof(*l));
    int r;

    if (!l || !(l->data = strdup(data)) || !(l->db = strdup(db)))
        return -ENOMEM;
    l->as_worker = as_worker;
    if ((r = link_connect(l, true))) {
        diag_error(diag, "no keeper answers for \"%s\": %s", data, strerror(-r));
        return r;
    }
    *ret = TAKE(l);
    return 0;
}

void keeper_link_close(struct keeper_link *l)
{
    if (!l)
        return;
    link_shut(l);
    if (l->child)
        waitpid(l->child, NULL, 0); /* it ends when its starter's socket closes */
    free(l->data);
    free(l->db);
    free(l);
}

int keeper_ask(struct keeper_link *l, const json_t *message, json_t **ret_answer)
{
    int r;

    if (!l->is_open && (r = link_connect(l, false)))
        return r == -ECONNREFUSED || r == -ENOENT ? -EPIPE : r;
    r = ask_once(l, message, ANSWER_TIMEOUT_MS, ret_answer);
    if (r)
        link_shut(l); /* an answer that comes late must not be taken for the next one's */
    return r;
}
