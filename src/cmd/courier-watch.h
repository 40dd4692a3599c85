/* Keeps a process running as long as it has something to do: the courier of mail as long as a mail server is set, the one that has files examined
 * as long as there are files, the one that fetches from other servers as long as a channel says so, any other one always. One that ends is started again, after a wait that grows to a minute.
 * Threads  the one that serves; courier_watch_look() once a second. */
#pragma once

#include "cmd/home.h"

#define COURIER_MORE_MAX 18

struct courier_kind {
    const char *word;                     /* its sub-command */
    int (*is_wanted)(struct store *s);    /* 1, 0; negative: the store does not answer now; NULL: always, and no store is opened */
    const char *more[COURIER_MORE_MAX];   /* further options with their values, up to a NULL */
};
extern const struct courier_kind courier_of_mail, courier_of_documents, courier_of_polls;
/* NULL: where Debian's clamd listens, and what it takes in one stream (MiB); both borrowed. */
struct courier_kind courier_of_files(const char *scanner, const char *stream_max);

struct courier_watch;
/* Both borrowed. */
MUST_CHECK int courier_watch_new(const struct home *home, const struct courier_kind *kind, struct courier_watch **ret);
void courier_watch_look(struct courier_watch *w);
void courier_watch_free(struct courier_watch *w); /* ends it, and waits as long as it may take to finish; accepts NULL */
DEFINE_CLEANUP(struct courier_watch, courier_watch_free);
