/* An installation to work with: the small pack of ENGINE_PACK in force, its persons with accounts and sessions, a demonstration
 * clock at 2026-04-10. The test's own program is the keeper that links start: main() begins with keeper_place_main().
 * Owner  the caller; keeper_place_make() writes into `data` and `db` and keeps nothing open. */
#pragma once

#include "force/account.h"
#include "keeper/keeper.h"
#include "pg-server.h"

#include <stdbool.h>
#include <sys/types.h>

#define PLACE_PERSONS 5
#define PLACE_PASSWORD "kuruma-ni-noru-inu-7"

struct keeper_place {
    char data[128], db[160];
    struct session_key keys[PLACE_PERSONS]; /* of Y, M, A, B, C */
};

/* Where such tests work: a temporary folder, and a PostgreSQL server or none. */
struct ground {
    bool is_postgres;
    struct pg_server *server;
    char dir[64];
    int n;
};
MUST_CHECK int ground_start(struct ground *g, bool is_postgres);
void ground_stop(struct ground *g); /* and removes everything */
/* The two that a test runs on, and rows of its table: each ON_… test finds its ground in *state. */
extern struct ground sqlite_ground, postgres_ground;
int grounds_start(void **state); /* the group's set-up; 0 or -1 */
int grounds_stop(void **state);
#define ON_SQLITE(test)                                    \
    {                                                      \
        "sqlite: " #test, test, NULL, NULL, &sqlite_ground \
    }
#define ON_POSTGRES(test)                                        \
    {                                                            \
        "postgresql: " #test, test, NULL, NULL, &postgres_ground \
    }
#define ON_BOTH(test) ON_SQLITE(test), ON_POSTGRES(test)
/* A fresh folder below it, in one of two buffers used in turn. */
const char *ground_folder(struct ground *g);
/* A fresh installation; keeper_place_make(). */
MUST_CHECK int ground_install(struct ground *g, struct keeper_place *ret);

/* First in main(). -1: go on with the test, to which cryptography is ready and a broken pipe no signal; else the exit status: of the
 * keeper that this process was. */
MUST_CHECK int keeper_place_main(int argc, char **argv);
/* 0, or -1 after words on standard error. `db` NULL: SQLite in `data`. */
MUST_CHECK int keeper_place_make(struct keeper_place *p, const char *data, const char *db);
/* A second data directory over the same database and key: another node. */
MUST_CHECK int keeper_place_node(const struct keeper_place *first, const char *data, struct keeper_place *ret);
/* All persons sign in anew, inside a transaction; their cookies change. */
MUST_CHECK int keeper_place_sign_in(struct keeper_place *p, struct store *s);
const char *keeper_place_cookie(const struct keeper_place *p, char person);
/* The process that listens on DATA/keeper.sock; 0 none. */
pid_t keeper_place_pid(const char *data);
/* A message {"op": "act", …} of that person; `with` is taken. NULL: out of memory. */
json_t *keeper_place_act(const struct keeper_place *p, char person, const char *reg, const char *step, const char *record,
                         json_t *with);
