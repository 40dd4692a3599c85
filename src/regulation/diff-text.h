/* The rules of a pack as sorted lines, for comparing two texts of a directive line by line.
 * Owner    the caller of rule_lines_load(); rule_lines_done().
 * Threads  a value. */
#pragma once

#include "regulation/rules.h"

struct rule_lines {
    const char **at; /* sorted; one for each clause, parameter, role, field, condition … */
    size_t n;
    struct arena *arena;
};
MUST_CHECK int rule_lines_load(const struct pack *pack, struct rule_lines *ret);
/* One role as such a line. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int diff_role_line(const struct role *r, struct buf *out);
void rule_lines_done(struct rule_lines *l); /* accepts a zeroed struct */
