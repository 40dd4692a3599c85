/* Copies of everything at once (backups, the ledger with its records): who asked for one, and the second person who agreed.
 *
 *   asked      by the operator, when confidentiality 3 is held; good for WHOLE_COPY_WAIT_US, or, standing, to the end of a day
 *   approved   by an administrator with an account of his own: good for one copy, or, standing, for any number until it ends
 *   used       the one copy was allowed
 *   ended      by an administrator or the operator, before its time
 *
 * What is asked or approved and past its time is good for nothing; its row stays, as what was done.
 * Source   doc/design/information.md, E7. Threads  as the store handle. */
#pragma once

#include "store/store.h"

#define WHOLE_COPY_WAIT_US (3600ull * 1000000u) /* from asking to copying, the second person's answer among it */
#define WHOLE_COPY_DAYS_MAX 366                 /* of a standing one, from the day on which it is asked for */
#define WHOLE_COPY_ID_SIZE 40
#define WHOLE_COPY_LIST_MAX 100u

struct whole_copy {
    char id[WHOLE_COPY_ID_SIZE]; /* COPY-2026-0001 */
    char channel[24];            /* "backup", "ledger-files" */
    char state[12];
    char asked_by[64], decided_by[64]; /* person.id, "operator"; decided_by "" before */
    uint64_t until_us, asked_us, decided_us; /* the installation's time */
    bool is_standing;
};

enum { WHOLE_COPY_E_NONE = 1, WHOLE_COPY_E_OVER };

/* Inside the caller's transaction. */
MUST_CHECK int whole_copy_ask(struct store *s, const char *channel, bool is_standing, uint64_t until_us, const char *by, uint64_t now_us,
                              char ret_id[WHOLE_COPY_ID_SIZE]);
/* WHOLE_COPY_E_NONE. */
MUST_CHECK int whole_copy_get(struct store *s, const char *id, struct whole_copy *ret);
/* By that channel and state, standing or not, and not past its time. WHOLE_COPY_E_NONE. */
MUST_CHECK int whole_copy_good(struct store *s, const char *channel, const char *state, bool is_standing, uint64_t now_us,
                               struct whole_copy *ret);
/* From one state into another. WHOLE_COPY_E_OVER: it is in another one. */
MUST_CHECK int whole_copy_decide(struct store *s, const struct whole_copy *w, const char *to, const char *by, uint64_t now_us);
/* Newest first, at most `max` (WHOLE_COPY_LIST_MAX). */
MUST_CHECK int whole_copy_list(struct store *s, struct whole_copy *ret, size_t max, size_t *ret_n);
/* Neither used nor ended, and not past its time. */
bool whole_copy_is_open(const struct whole_copy *w, uint64_t now_us);
