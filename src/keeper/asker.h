/* Who asks for what is done beside the loop, by a thread that reads the store itself. In a batch operation_authorize() looks again.
 * Threads  the thread's that holds the handle. */
#pragma once

#include "base/json.h"
#include "force/account.h"
#include "force/token.h"

struct asker {
    char person[ACCOUNT_PERSON_MAX + 1];
    unsigned rights; /* of the session; a program has none */
    bool is_program;
    struct token token; /* of a program */
};

/* By the message's "token", "bearer" or "sender"; `to_act`: a program's must allow acts. 1: nobody, or not so, and that is the message's answer. */
MUST_CHECK int asker_find(struct store *s, json_t *message, bool to_act, struct asker *ret);
