/* Where a keeper listens.
 * Threads  any. */
#pragma once

#include "base/macros.h"
#include <sys/un.h>

/* The path of a Unix socket is short and a data directory's may not be: the address goes through /proc/self/fd.
 * *ret_dir_fd is the directory, to be closed when the address is no longer needed. 0 or -errno. */
MUST_CHECK int keeper_socket_address(const char *data, struct sockaddr_un *ret, int *ret_dir_fd);
