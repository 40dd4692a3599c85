/* Questions of many who each ask one after the other and none of whom writes: what is not known yet is noted, all that is noted is asked for at once, and
 * whoever was noted asks anew from his first question on, which is answered from memory by then. So it costs as many round trips as one of them alone.
 *
 *   store_recall(s, RECALL_TOGETHER)  each asks by STORE_QUERY and STORE_ONE; STORE_NOTED: it is not known yet
 *   store_recall(s, RECALL_NOT)       queries go to the database again
 *   store_recall_ask(s)               all that was noted; then from the beginning, until nobody is answered with STORE_NOTED
 *
 * What was answered is kept until the transaction ends, is undone to a savepoint, or anything is written that store_recall_holds() does not let pass.
 * Where a question costs no round trip, which is SQLite, nothing is noted and nothing is kept.
 * Owner    the store; inside store_begin() only.
 * Threads  as the store.
 * Limits   RECALL_BYTES_MAX of answers; beyond it each question goes to the database, and what is kept is given up before the next turn.
 * Source   doc/design/store.md, S18. */
#pragma once

#include "store/store.h"

#define RECALL_BYTES_MAX ((size_t)8 << 20)
#define STORE_NOTED (-EINPROGRESS)

enum recalling {
    RECALL_NOT,
    RECALL_TOGETHER,
    RECALL_ALONE, /* what is not known goes to the database at once, and is kept */
};

/* No rows of a turn may be open when the next one begins. */
void store_recall(struct store *s, enum recalling how);
/* 0, STORE_E_BUSY, STORE_E_LOST, and negative as of rows_next(). */
MUST_CHECK int store_recall_ask(struct store *s);
/* What was written since store_n_writes() was `since` is nothing that anybody asks about. */
void store_recall_holds(struct store *s, uint64_t since);
