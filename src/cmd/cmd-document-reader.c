/* `tsujiban document-reader`: the process that takes text out of documents for pages. Started by `serve`, or by systemd with its socket; not by people. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "guard/document-door.h"
#include "keeper/users.h"

#include <stdlib.h>
#include <unistd.h>

#define SYSTEMD_FD 3 /* the first one that it hands on: sd_listen_fds(3) */

/* The socket that systemd made; -1: it made none for this process. */
static int given_socket(void)
{
    const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
    uint64_t given, own;

    if (!pid || !n || str_to_u64(str_of(pid), 1, UINT32_MAX, &own) || own != (uint64_t)getpid() || str_to_u64(str_of(n), 1, 1, &given))
        return -1;
    return SYSTEMD_FD;
}

/* As root, before it becomes its own user, who has no right on the folder. */
static int make_socket(const struct home *home, int *ret)
{
    struct keeper_users users;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_users_read(home->data, &users, &diag);
    if (!r)
        r = document_listen(home->data, &users, ret, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}

static int run(const struct arguments *args)
{
    int fd = given_socket(), r;
    struct home home;

    if ((r = home_of(args, &home)) || (fd < 0 && (r = make_socket(&home, &fd))))
        return r;
    r = home_become(&home, ROLE_READER);
    if (!r && document_serve(fd, home_starter_fd(args)))
        r = command_fail(MSG_FAIL_DOCUMENT_READER_ENDS);
    close(fd);
    return r;
}

static const struct option_row options[] = {
    CHILD_OPTIONS,
};
const struct command cmd_document_reader = {
    "document-reader", "", MSG_HELP_DOCUMENT_READER, options, ARRAY_LEN(options), 0, 0, run, true};
