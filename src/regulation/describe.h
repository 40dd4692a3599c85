/* Conditions in words, for messages and for telling two texts of a rule apart.
 * Threads  any. */
#pragma once

#include "regulation/model.h"

/* " phone=phone holder=actor" */
void wheres_describe(const struct where *at, size_t n, struct buf *out);
/* " covering units of KIND under unit by holders of ROLE in FIELD", " covering COLUMN of ROWS only FLAG in FIELD.FIELD" */
void cover_describe(const struct cover *c, struct buf *out);
/* " class said,held outside held_outside sealed sealing zip,box" */
void leaving_describe(const struct leaving *l, struct buf *out);
/* " during from..to at now"; nothing for NULL. */
void range_describe(const struct range *r, struct buf *out); /* "range ID role staff of unit, …" */
void during_describe(const struct during *d, struct buf *out);
/* " draw one in exempt-draw"; nothing for what is not drawn. */
void draw_describe(const struct obligation *o, struct buf *out);
/* "holds actor unit-manager unit"; combinations with what is inside: "all(filled note yes; …)", and " if (…)" behind. */
MUST_CHECK int cond_describe(const struct cond *c, struct buf *out);
