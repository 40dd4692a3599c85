/* Leaving a value out of correlation, where the page shows it: on which list it stands, the record by which somebody left it out and the way to lift that, or
 * the way to the register's form with the value in it (doc/design/intelligence.md, CO5).
 * Owner    the caller of intel_exclude_enter(); intel_exclude_leave().
 * Threads  as struct page. */
#pragma once

#include "intel/known.h"
#include "web/intel-show.h"

struct intel_exclude {
    struct intel *intel;
    const struct reg *reg; /* NULL: no text in force holds exclusions */
    struct known *known;   /* NULL: lists cannot be read */
    struct str why;        /* why not */
    bool is_cut;           /* there are more exclusions than are read */
    bool may;              /* the person could begin one */
};
MUST_CHECK int intel_exclude_enter(struct intel *i, struct intel_exclude *ret);
void intel_exclude_leave(struct intel_exclude *x);
/* A cell of a table. */
void intel_exclude_cell(struct intel_exclude *x, struct table *t, const struct clue *v);
