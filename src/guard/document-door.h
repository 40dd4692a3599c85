/* The process that takes text out of documents for pages (doc/design/intelligence.md, EX7): bytes in, text and places out, and nothing else. The pages' process
 * may start no program and make no name space; this one may, because it holds nothing: no store, no key, no file of the installation, no network. It listens at
 * DATA/documents.sock, which root or systemd makes, so that its user needs no right on that folder; who may connect is said by the socket's group and mode.
 *
 *     pages ── descriptor of a memory file ──> reader ──┬─ cage (guard/document-text.h)
 *           <── descriptor of a stream, or why not ──   └─ sandbox (PDF)
 *
 * One question and one answer a connection. The stream is read as strictly by who asks as if it came from anywhere.
 * Threads  document_ask(): any. */
#pragma once

#include "base/diag.h"
#include "guard/document-text.h"

#define DOCUMENT_SOCKET "documents.sock"
#define DOCUMENT_AT_ONCE 4u   /* documents; who comes beyond that is told to come again */
#define DOCUMENT_WAIT_S 75u   /* for an answer: longer than the bounds of reading */

struct keeper_users;
/* The socket, listening; readable by the group of users apart, where this is root, else by its maker alone. One that a process before left is replaced.
 * 0; -errno, which diag has in words. */
MUST_CHECK int document_listen(const char *data, const struct keeper_users *users, int *ret_fd, struct diag *diag);
/* Until its starter goes (`starter_fd`, -1: nobody's) or SIGTERM comes. `listen_fd` stays the caller's. 0; -errno. */
MUST_CHECK int document_serve(int listen_fd, int starter_fd);

/* Asks that process. *ret_out: the stream, for document_load(), yours to close. 0; DOCUMENT_E_…; -ENOMEM, -errno. */
MUST_CHECK int document_ask(const char *data, int fd, int *ret_out, struct document_answer *ret);
