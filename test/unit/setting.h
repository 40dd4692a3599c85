/* What tests of the engine stand on: a directive out of a folder, with the force in `force/` and the stories in `scenarios/` of it, and places for stores.
 * Owner    the caller of setting_open(); what setting_play() gives is closed by scenario_play_close() before setting_close().
 * Failure  fails the test or the setup that calls, with the reason on standard error.
 * Threads  one. */
#pragma once

#include "pg-server.h"
#include "base/diag.h"
#include "engine/scenario.h"

struct setting {
    struct diag diag;
    struct pack *pack;
    struct force *force;
    struct scenario_set *set;
    struct pg_server *server; /* NULL: none was asked for */
};

/* `folder`: what the environment names, so that NULL fails. */
void setting_open(struct setting *s, const char *folder, bool with_server);
void setting_close(struct setting *s);
/* Of one folder without a server and with one, and rows of the table of a test that runs on both: each finds its setting in *state. */
extern struct setting sqlite_setting, postgres_setting;
void settings_open(const char *folder);
int settings_start(void **state); /* the group's set-up: of the folder that ENGINE_PACK names */
int settings_stop(void **state);
#define BOTH(test)                                                                                     \
    {#test ", sqlite", test, NULL, NULL, &sqlite_setting}, {#test ", postgres", test, NULL, NULL, &postgres_setting}
/* A new installation, on the server or on SQLite in memory, in which that story has been played; NULL: nothing has. */
struct scenario_play *setting_play(struct setting *s, bool on_server, const char *story);
/* The same at a place of the caller's, as store_create() takes it. */
struct scenario_play *setting_play_at(struct setting *s, const char *place, const char *story);
/* One transaction of an installation, as the keeper makes it: acts are entered between the two. */
void setting_begin(struct scenario_play *p);
void setting_commit(struct scenario_play *p);
/* One act in a transaction and savepoint of its own; what came of it is the caller's. */
json_t *setting_act(struct scenario_play *p, const struct act *act);
