/* Work beside the keeper's loop, so that no batch waits for it: passwords that are hashed (hashing.h), pieces of files that are sealed and
 * written (filing.h). doc/design/acts.md, A10.
 * Threads  aside_start() and aside_done() from the loop; the work is done by threads of its own.
 * Limits   `n_max` jobs in all. */
#pragma once

#include "base/json.h"

struct aside_work {
    /* Is this operation one whose message is worked on first? */
    bool (*wants)(const char *op);
    /* Changes the message; *things are those of the thread, NULL at first. False: it could not be done, and nobody is to blame. */
    bool (*run)(const char *db, void **things, json_t *message);
    void (*end)(void *things);      /* accepts NULL */
    void (*wipe)(json_t *message);  /* takes out what must not stay in memory, also of one that was never worked on; may be NULL */
};

struct aside;

MUST_CHECK int aside_new(const struct aside_work *work, const char *db, unsigned n_threads, unsigned n_max, struct aside **ret);
void aside_free(struct aside *h); /* accepts NULL; waits for what is being worked on */
/* For `run`, where a thread's things are handles that a lost connection spoils: the work is tried again once, with others. 0 of `work`: it was done. */
struct aside_handles {
    int (*open)(const char *db, void **ret); /* 0, negative */
    void (*end)(void *things);               /* accepts NULL */
    int (*work)(void *things, const char *db, json_t *message);
};
bool aside_try(const struct aside_handles *h, const char *db, void **things, json_t *message);
/* For `run`: it is answered so, and goes to no batch. `answer` is taken; -ENOMEM: also when it is NULL. */
MUST_CHECK int aside_tell(json_t *message, json_t *answer);
/* Hand over a message (a new reference is taken): `owner` comes back with it. -EBUSY: too many; it is wiped then, too. */
MUST_CHECK int aside_start(struct aside *h, void *owner, json_t *message);
/* Readable when something is done. */
int aside_fd(const struct aside *h);
/* The next finished one: *ret_message is yours. *ret_done false: the work could not be done; what the message says is not to be used. */
bool aside_done(struct aside *h, void **ret_owner, json_t **ret_message, bool *ret_done);
