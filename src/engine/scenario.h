/* Playing the scenarios of a pack: each act through the same engine as everybody's, on a store of its own or in an installation.
 * Owner    the caller of scenario_play_open(); scenario_play_close() gives back what it opened itself.
 * Threads  one.
 * Source   doc/man/regulation-language.md section 10. */
#pragma once

#include "base/message.h"
#include "engine/engine.h"
#include "ledger/log.h"
#include "regulation/scenario-file.h"

struct scenario_play;

/* A fresh store at `db` (":memory:", a directory, a PostgreSQL URL to an empty database) with that pack adopted and that force,
 * and a log under a key made for it. 0, -EEXIST (there is a store), negative; see diag. */
MUST_CHECK int scenario_play_open(const char *db, const struct pack *pack, const struct force *force,
                                  struct scenario_play **ret, struct diag *diag);
/* The same with the directives beside which the scenario plays. */
MUST_CHECK int scenario_play_open_for(const char *db, const struct pack *pack, const struct scenario *s, const struct force *force,
                                      struct scenario_play **ret, struct diag *diag);
/* The same in an installation that stands: all three borrowed. The pack must be adopted there. */
MUST_CHECK int scenario_play_over(struct store *store, struct log *log, struct engine *engine, const struct pack *pack,
                                  struct scenario_play **ret);
void scenario_play_close(struct scenario_play *p); /* accepts NULL */
DEFINE_CLEANUP(struct scenario_play, scenario_play_close);

/* Told after each act. `message`: "file:line: step N: expected …, got …", "" when it passed. */
typedef void scenario_told_fn(void *user, const struct scenario *s, const struct scene *act, bool passed,
                              const char *message);
/* In which `told` is told why an act failed; English until this is said. */
void scenario_play_in(struct scenario_play *p, enum message_lang lang);
/* Play those that it comes after, silently, then this one; `told` may be NULL. At most `max_acts` acts of this one are played
 * (SIZE_MAX: all). *ret_failed counts its failed acts. 0, or negative: the store or the log failed; see diag. */
MUST_CHECK int scenario_play(struct scenario_play *p, const struct scenario *s, size_t max_acts, scenario_told_fn *told,
                             void *user, size_t *ret_failed, struct diag *diag);

/* Play the scenes from `first` up to, not with, `end` of this one alone. Answers as above. */
MUST_CHECK int scenario_play_scenes(struct scenario_play *p, const struct scenario *s, size_t first, size_t end,
                                    scenario_told_fn *told, void *user, size_t *ret_failed, struct diag *diag);
/* From here on what was done and what is to come goes by that pack, as if it were the one adopted; only of a play that was opened with a
 * store of its own, and once. 0 or negative, after which the play may only be closed. */
MUST_CHECK int scenario_play_swap(struct scenario_play *p, struct pack *pack, struct diag *diag);

struct engine *scenario_play_engine(struct scenario_play *p);
struct store *scenario_play_store(struct scenario_play *p);
struct log *scenario_play_log(struct scenario_play *p);
uint64_t scenario_play_now(const struct scenario_play *p);
/* Id of the record made under a name (with or without "$"), "" when there is none. Borrowed. */
const char *scenario_play_record(const struct scenario_play *p, const char *name);
/* Fire all timers up to that instant, each at its own time, and stand there. */
MUST_CHECK int scenario_play_clock(struct scenario_play *p, uint64_t to_us);
