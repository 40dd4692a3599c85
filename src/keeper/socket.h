/* Where a keeper listens, and whoever else does in its directory.
 * Threads  any. */
#pragma once

#include "base/macros.h"
#include <sys/un.h>

/* Of the socket `name` in the data directory, there already or not. The path of a Unix socket is short and a data directory's may not be: the address goes
 * through /proc/self/fd, so it is good in this process and until the directory is closed. *ret_dir_fd is the directory, to be closed when the address is no longer needed. 0 or -errno. */
#define KEEPER_SOCKET "keeper.sock"
MUST_CHECK int keeper_socket_address(const char *data, const char *name, struct sockaddr_un *ret, int *ret_dir_fd);
