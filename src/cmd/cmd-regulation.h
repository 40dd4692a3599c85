/* What the `regulation …` commands share: a pack read from its folder with its scenarios and their forces.
 * Owner    the caller of regulation_open(); regulation_done().
 * Threads  one. */
#pragma once

#include "cmd/command.h"
#include "engine/mutate.h"
#include "engine/scenario-forces.h"
#include "regulation/scenario-file.h"

struct regulation {
    const char *dir;
    struct pack *pack;
    struct scenario_set *scenarios;
    struct scenario_forces *forces; /* of the scenarios */
    struct force *force;            /* DIR/force; NULL when there is none */
};

/* Everything in the folder, or an exit status after the errors were printed. */
MUST_CHECK int regulation_open(const char *dir, struct regulation *ret);
void regulation_done(struct regulation *r); /* accepts a zeroed struct */
/* The wordings of a file, one a line: the id, a tab, the wording. Adds {clause: text} to `ret`; `ret_digest` of the file may be NULL. 1: problems,
 * which were printed. */
MUST_CHECK int regulation_wordings(const char *file, json_t *ret, struct digest *ret_digest);
/* "DIR/file:line:col: …" to standard error. */
void regulation_print_diag(const char *dir, const struct diag *diag);
/* Takes rules out, as the options say but for what is told meanwhile, and prints what came of it. *ret_ok becomes false with errors. An exit status. */
MUST_CHECK int regulation_mutate(const struct regulation *r, const struct mutation_options *options, bool *ret_ok);
