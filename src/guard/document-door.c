#include "guard/document-door.h"

#include "base/tell.h"
#include "base/utf8.h"
#include "keeper/courier-life.h"
#include "keeper/socket.h"
#include "keeper/users.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define QUESTION "text"
#define ANSWER_MAX ((size_t)4096)
#define QUESTION_S 10 /* for the question, once somebody connected */
#define BACKLOG 16

/* ---- messages with a descriptor ---- */

/* One message; `fd` -1: none goes with it. */
static int send_with(int to, struct str text, int fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {(char *)(uintptr_t)text.at, text.len};
    struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t n;

    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control.bytes);
        control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
    }
    while ((n = sendmsg(to, &m, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return n == (ssize_t)text.len ? 0 : n < 0 ? -errno : -EMSGSIZE;
}

/* *ret_fd -1: none came. -ECONNRESET: nothing did. */
static int receive_with(int from, char *at, size_t max, size_t *ret_n, int *ret_fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {at, max};
    struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.bytes)};
    ssize_t n;
    const struct cmsghdr *c;

    *ret_fd = -1;
    while ((n = recvmsg(from, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return -errno;
    c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
    if (!n || m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        if (*ret_fd >= 0)
            close(*ret_fd);
        *ret_fd = -1;
        return n ? -EMSGSIZE : -ECONNRESET;
    }
    *ret_n = (size_t)n;
    return 0;
}

static int wait_at_most(int fd, unsigned seconds)
{
    const struct timeval t = {.tv_sec = (time_t)seconds};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) ? -errno : 0;
}

/* ---- the process ---- */

static int bind_here(int fd, int dir, const struct sockaddr_un *address, const struct keeper_users *users)
{
    bool is_groups = users->is_apart && !geteuid();
    mode_t mask = umask(is_groups ? 0117 : 0177);
    int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) || listen(fd, BACKLOG) ? -errno : 0;

    umask(mask);
    if (!r && is_groups && fchownat(dir, DOCUMENT_SOCKET, users->keeper, users->group, AT_SYMLINK_NOFOLLOW))
        r = -errno;
    return r;
}

int document_listen(const char *data, const struct keeper_users *users, int *ret_fd, struct diag *diag)
{
    struct sockaddr_un address;
    int dir, fd = -1, r = keeper_socket_address(data, DOCUMENT_SOCKET, &address, &dir);

    if (!r) {
        unlinkat(dir, DOCUMENT_SOCKET, 0);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        r = fd < 0 ? -errno : bind_here(fd, dir, &address, users);
        close(dir);
    }
    if (r) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_KEEPER_FAULT_DOOR, {"data", str_of(data)}, {"socket", STR(DOCUMENT_SOCKET)}, tell_why(-r));
        if (fd >= 0)
            close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

struct serving {
    atomic_uint n; /* threads at work */
};
struct visit {
    struct serving *s;
    int fd;
};

static int answer(int to, int why, const struct document_answer *a, int out)
{
    JSON_AUTO *o = json_pack("{s:i, s:s, s:I}", "why", why, "where", a->where, "inside", (json_int_t)a->n_inside);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    int r = text ? send_with(to, str_of(text), why ? -1 : out) : -ENOMEM;

    free(text);
    return r;
}

/* What fails here, and not in the document, is told as being away. */
static void read_one(int to, int fd)
{
    struct document_answer a = {.n_inside = 0};
    struct stat st;
    int out = memfd_create("text", MFD_CLOEXEC), r = out < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ? -EINVAL : document_text(fd, out, &a);

    IGNORE(answer(to, r < 0 ? DOCUMENT_E_AWAY : r, &a, out), "then who asked has gone");
    if (out >= 0)
        close(out);
}

static void *visit_life(void *context)
{
    struct visit *v = context;
    char question[16];
    size_t n;
    int fd;

    if (!wait_at_most(v->fd, QUESTION_S) && !receive_with(v->fd, question, sizeof(question), &n, &fd)) {
        if (fd >= 0 && str_eq((struct str){question, n}, STR(QUESTION)))
            read_one(v->fd, fd);
        if (fd >= 0)
            close(fd);
    }
    close(v->fd);
    v->s->n--;
    free(v);
    return NULL;
}

static void begin_visit(struct serving *s, int fd)
{
    const struct document_answer nothing = {.n_inside = 0};
    struct visit *v = s->n < DOCUMENT_AT_ONCE ? malloc(sizeof(*v)) : NULL;
    pthread_t thread;

    if (v) {
        *v = (struct visit){s, fd};
        s->n++;
        if (!pthread_create(&thread, NULL, visit_life, v)) {
            pthread_detach(thread);
            return;
        }
        s->n--;
        free(v);
    }
    IGNORE(answer(fd, DOCUMENT_E_AWAY, &nothing, -1), "then who asked has gone");
    close(fd);
}

int document_serve(int listen_fd, int starter_fd)
{
    const struct timespec step = {0, 20000000};
    struct courier_life life;
    struct serving s = {0};
    int r = courier_life_open(&life, starter_fd);

    while (!r && !life.is_ending) {
        struct pollfd fds[3] = {{listen_fd, POLLIN, 0}, {life.signal_fd, POLLIN, 0}, {life.starter_fd, POLLIN, 0}};
        int fd;

        if (poll(fds, 3, -1) <= 0)
            continue;
        courier_look(&life, 0);
        if (!life.is_ending && fds[0].revents && (fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
            begin_visit(&s, fd);
    }
    while (s.n) /* what it has begun it ends; all of it is bounded in time */
        nanosleep(&step, NULL);
    courier_life_done(&life);
    return r;
}

/* ---- who asks ---- */

static int connect_to(const char *data, int *ret)
{
    struct sockaddr_un address;
    int dir, fd, r = keeper_socket_address(data, DOCUMENT_SOCKET, &address, &dir);

    if (r)
        return r;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) || wait_at_most(fd, DOCUMENT_WAIT_S))
        r = -errno;
    close(dir);
    if (r && fd >= 0)
        close(fd);
    *ret = fd;
    return r;
}

/* What it says is of that form, or nothing is believed. */
static int read_answer(struct str text, bool has_stream, struct document_answer *ret)
{
    JSON_AUTO *o = NULL;
    const char *where;
    int r = json_parse(text, (struct json_limits){ANSWER_MAX, 2}, &o, NULL);

    if (r)
        return r < 0 ? r : DOCUMENT_E_AWAY;
    where = json_str(o, "where");
    if (json_int(o, "why") < 0 || json_int(o, "why") > DOCUMENT_E_AWAY || !json_int(o, "why") != has_stream)
        return DOCUMENT_E_AWAY;
    if (strlen(where) < sizeof(ret->where) && utf8_is_valid(str_of(where)))
        snprintf(ret->where, sizeof(ret->where), "%s", where);
    ret->n_inside = (unsigned)MIN_OF(MAX_OF(json_int(o, "inside"), 0), (int64_t)DOCUMENT_MEMBERS_MAX);
    return (int)json_int(o, "why");
}

int document_ask(const char *data, int fd, int *ret_out, struct document_answer *ret)
{
    char text[ANSWER_MAX];
    int to, out = -1, r = connect_to(data, &to);
    size_t n = 0;

    *ret = (struct document_answer){.n_inside = 0};
    if (r)
        return DOCUMENT_E_AWAY;
    r = send_with(to, STR(QUESTION), fd);
    if (!r)
        r = receive_with(to, text, sizeof(text), &n, &out);
    close(to);
    r = r ? DOCUMENT_E_AWAY : read_answer((struct str){text, n}, out >= 0, ret);
    if (r && out >= 0)
        close(out);
    if (!r)
        *ret_out = out;
    return r;
}
