/* Where an installation lies: the options --data and --db that most commands share.
 * Threads  one. */
#pragma once

#include "base/message.h"
#include "cmd/command.h"
#include "keeper/keeper.h"
#include "keeper/users.h"
#include "store/store.h"

/* Rows for a command's option table; they must be its first two. */
#define HOME_OPTIONS                                                                              \
    {"--data", "DIR", MSG_OPTION_HOME_DATA},                  \
    {                                                                                              \
        "--db", "URL", MSG_OPTION_HOME_DB                         \
    }
/* Of a process that another one starts, not people. */
#define CHILD_OPTIONS                                                     \
    HOME_OPTIONS,                                                         \
    {                                                                     \
        "--starter", NULL, MSG_OPTION_HOME_STARTER \
    }
enum { HOME_DATA, HOME_DB, HOME_N, CHILD_STARTER = HOME_N };

struct home {
    const char *data, *db;
};

/* 0, or an exit status after an error was printed. */
MUST_CHECK int home_of(const struct arguments *args, struct home *ret);
/* With users apart and as root: become that role's user, or the keeper's (KEEPER_ROLES). 0, or an exit status after words. */
MUST_CHECK int home_become(const struct home *p, enum keeper_role role);
/* The socket whose closing ends a child; -1: nobody started it. Of a command with CHILD_OPTIONS. */
int home_starter_fd(const struct arguments *args);
MUST_CHECK int home_open(const struct home *p, enum store_role role, struct store **ret);
/* A connection to the keeper as the operator. */
MUST_CHECK int home_keeper(const struct home *p, struct keeper_link **ret);
/* In which the keeper's answers are told: Japanese where the locale says so. */
enum message_lang home_language(void);
/* Before a copy of everything is written by that channel ("backup", "ledger-files"): the keeper says whether, and enters it (keeper/copy-operation.h), so that
 * the copy holds the entry. `snapshot` and *answer are NULL then, and *answer gets what it said. Again, with both, of what the snapshot holds that is to be copied:
 * more may be held by now than was decided on. 0, or an exit status after words. */
MUST_CHECK int home_ask_whole(const struct home *p, const char *channel, struct store *snapshot, json_t **answer);
/* Ask and print what was refused: EXIT_DONE with *ret_answer, or an exit status. */
MUST_CHECK int home_ask(struct keeper_link *link, json_t *message /* taken */, json_t **ret_answer);
