/* One value as people type it, by the type of its field: checked, in the one form that is kept. Inside of input.c, which knows what a step asks.
 * Owner    the caller of input.h: a taking lives as long as its call, and borrows all that it names.
 * Answers  0; 1: a problem was added, in words for who typed it; negative is fatal: -ENOMEM and the store's failures.
 * Threads  as the engine. */
#pragma once

#include "engine/input.h"

#define TAKING_TEXT_MAX ((size_t)4 << 20) /* bytes of one value */

struct taking {
    struct stage *sc;
    const struct sight *sight; /* NULL: whatever there is */
    json_t *problems;          /* as input_take() answers them */
};

/* `path`: the field's id; within rows "FIELD.N.COLUMN", N from 1; within a group "FIELD.COLUMN". 0, -ENOMEM: that a problem was added is not said. */
MUST_CHECK int taking_problem(struct taking *t, const char *path, const char *ja, const char *en);
/* The problem that nothing stands where something must. 0, -ENOMEM. */
MUST_CHECK int taking_blank(struct taking *t, const char *path, const struct field *f);
/* A text with its width folded, as numbers, days and ids are read; `out` gets at least its NUL. 1: it is no UTF-8. -ENOSPC: longer than `out` takes. */
MUST_CHECK int taking_fold(const json_t *v, struct buf *out);
/* *ret is yours; it stays NULL where rows or items were given and nothing is in them: as if nothing had been. */
MUST_CHECK int taking_value(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret);
