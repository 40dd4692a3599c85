#include "keeper/courier-life.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define REPORT_AGAIN_MS 500

int courier_life_open(struct courier_life *l, int starter_fd)
{
    sigset_t set;

    *l = (struct courier_life){.signal_fd = -1, .starter_fd = starter_fd};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* from the terminal it reaches the starter, too, who ends us */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_SETMASK, &set, NULL))
        return -errno;
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signal_fd < 0 ? -errno : 0;
}

void courier_life_done(struct courier_life *l)
{
    if (l->signal_fd >= 0)
        close(l->signal_fd);
    l->signal_fd = -1;
}

void courier_look(struct courier_life *l, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = l->signal_fd, .events = POLLIN}, {.fd = l->starter_fd, .events = POLLIN}};

    if (!l->is_ending && poll(fds, 2, timeout_ms) > 0)
        l->is_ending = fds[0].revents || fds[1].revents;
}

bool courier_is_away(int r)
{
    return r == -ENOTCONN || r == -EBUSY || r == -ECONNREFUSED || r == -EPIPE || r == -ETIMEDOUT || r == -ENOENT;
}

int courier_ask(struct keeper_link *link, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *owned = message;
    JSON_AUTO *answer = NULL;
    int r = owned ? keeper_ask(link, owned, &answer) : -ENOMEM;

    if (r)
        return r;
    if (!json_flag(answer, "ok"))
        return !strcmp(json_str(answer, "error"), "unknown-outcome") ? -EPIPE : 1;
    if (ret_answer)
        *ret_answer = TAKE(answer);
    return 0;
}

int courier_report(struct courier_life *l, struct keeper_link *link, json_t *message)
{
    JSON_AUTO *owned = message;
    int r = owned ? 0 : -ENOMEM;

    if (r)
        return r;
    while ((r = courier_ask(link, json_incref(owned), NULL)) < 0 && !l->is_ending)
        courier_look(l, REPORT_AGAIN_MS);
    return r == -ENOMEM ? r : 0;
}
