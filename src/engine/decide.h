/* The engine's evaluator: a procedure compiled to a flat program over a stack of bits.
 * Every condition of a step becomes one or more lines (an `all` one line for each member, so that the unmet ones can be named);
 * a line is a run of operations in postfix order. Nothing walks the tree at decision time.
 * Threads  a program never changes after program_new(). */
#pragma once

#include "regulation/facts.h"

struct program;
/* 0, -ENOMEM, -E2BIG (conditions nested deeper than 60). */
MUST_CHECK int program_new(const struct procedure *p, struct program **ret);
void program_free(struct program *p); /* accepts NULL */
DEFINE_CLEANUP(struct program, program_free);
void program_decide(const struct program *p, const struct facts *facts, struct verdict *ret);
