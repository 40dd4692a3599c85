/* What became of each rule in each scenario, kept in a file, so that a mutation goes on where it was ended, is done in slices, and after a change
 * plays only what the change touches. One outcome a line, in any order, tabs between: KEY SCENARIO RULE OUTCOME. Files of several slices, one
 * behind the other, are such a file, too.
 *   KEY      24 hexadecimal digits of a SHA-256 over this program's own bytes, the pack, the scenario with those that it comes after, their
 *            force and the directives beside: an outcome holds for exactly these, lines of other keys are passed over
 *   RULE     its id; "*" the pack as it is
 *   OUTCOME  passed, failed, none, unreadable: enum mutation_outcome
 * Owner    the caller of mutation_memory_open(); mutation_memory_close().
 * Threads  one. Several processes may add to one file. */
#pragma once

#include "base/diag.h"
#include "regulation/scenario-file.h"

/* What a scenario says to a rule that was taken out; the last two say that no pack without it can be made: such a rule is never tried by itself. */
enum mutation_outcome { MUTATION_PASSED, MUTATION_FAILED, MUTATION_NONE, MUTATION_UNREADABLE };
#define MUTATION_UNKNOWN (-1)
#define MUTATION_WHOLE "*"

struct mutation_memory;

enum { MUTATION_MEMORY_E_INVALID = 1 };
/* Makes the file when there is none; a last line that was cut off is taken away. pack_dir is where pack and scenarios were read from. All but
 * `file` and `pack_dir` are borrowed until it is closed.
 * MUTATION_MEMORY_E_INVALID: a line is none, or the file is above 64 MiB; where, is in diag. Negative: -errno, in diag, or -ENOMEM. */
MUST_CHECK int mutation_memory_open(const char *file, const char *pack_dir, const struct pack *pack, const struct scenario_set *scenarios,
                                    struct mutation_memory **ret, struct diag *diag);
void mutation_memory_close(struct mutation_memory *m); /* accepts NULL */
DEFINE_CLEANUP(struct mutation_memory, mutation_memory_close);
/* An outcome or MUTATION_UNKNOWN. */
int mutation_memory_recall(const struct mutation_memory *m, const struct scenario *s, const char *rule);
/* Written at once, and as durable as a page of the system's cache. -errno. */
MUST_CHECK int mutation_memory_keep(struct mutation_memory *m, const struct scenario *s, const char *rule, enum mutation_outcome outcome);
