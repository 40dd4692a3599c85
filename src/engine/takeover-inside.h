/* What the files of the judging share; private to engine/takeover*.c.
 *
 *   takeover-heading ─> takeover-cell (takeover-name) ─> takeover-row ─> takeover
 *
 * Answers  0, or -ENOMEM and the store's failures; a fault is noted and is no failure. Threads  as the engine. */
#pragma once

#include "engine/takeover.h"

enum column_kind {
    COLUMN_UNKNOWN,
    COLUMN_STATE,
    COLUMN_FORMER,
    COLUMN_FIELD,
    COLUMN_CELL_OF_ROWS,
    COLUMN_PARTY
};

struct column {
    enum column_kind kind;
    const struct field *field;    /* FIELD, CELL_OF_ROWS: the group */
    const struct field *inner;    /* CELL_OF_ROWS: its column */
    const struct proc_role *role; /* PARTY */
    const char *heading;          /* as typed */
};

struct takeover {
    struct engine *e;
    const struct reg *reg;
    const json_t *table; /* borrowed */
    struct sight *sight; /* what its cells may name; NULL: whatever there is */
    struct arena *arena;
    uint64_t now_us;
    struct column *columns;
    size_t n_columns;
    struct takeover_row *rows;
    size_t n_rows;
    json_t *faults;
    size_t n_faults;
    json_t *persons, *units,
        *posts;        /* {folded name: id, or "" when several have it}; NULL: not made yet */
    json_t *titles;    /* {title: folded} */
    struct buf folded; /* of takeover_fold() */
    int error;         /* out of memory where a function cannot answer it; ends the judging */
    json_t *seen;      /* {"field key": row}: what must be unique */
    bool *
        *needed; /* by state: required fields that every way there asks; NULL: not found out yet */
};

struct placed { /* a row at work */
    struct stage sc;
    size_t row; /* from 1 */
};

/* ---- faults: rows from 1, column -1 for the whole row ---- */
MUST_CHECK int takeover_fault_say(struct takeover *t, size_t row, int col, const json_t *say);
MUST_CHECK int takeover_fault(struct takeover *t, size_t row, int col, const char *ja,
                              const char *en);
/* With a name in both sentences. */
MUST_CHECK int takeover_fault_of(struct takeover *t, size_t row, int col, struct text2 name,
                                 const char *ja, const char *en);
/* Has another row this value already? *ret_other: the row that has it, 0 none. */
MUST_CHECK int takeover_see(struct takeover *t, const char *field, const char *key, size_t row,
                            size_t *ret_other);
MUST_CHECK int takeover_fault_twice(struct takeover *t, size_t row, int col, size_t other);

/* ---- names ---- */
/* A word for comparing, until the next call; "" when it can name nothing. */
const char *takeover_fold(struct takeover *t, struct str s);
bool takeover_is_name(struct takeover *t, const char *folded, const char *name);
bool takeover_is_title(struct takeover *t, const char *folded, struct text2 title);
/* What stands in a cell, as its field would have it typed. A fault may be told. */
MUST_CHECK int takeover_word(struct takeover *t, struct placed *at, int col, const struct field *f,
                             struct str s, const char **ret);

/* ---- columns, cells, rows ---- */
MUST_CHECK int takeover_judge_headings(struct takeover *t);
/* -1: no column brings that field. */
int takeover_column_of(const struct takeover *t, const struct field *f);
MUST_CHECK int takeover_find_needed(struct takeover *t);
MUST_CHECK int takeover_judge_cells(struct takeover *t, struct placed *at, const json_t *cells,
                                    struct takeover_row *r);
MUST_CHECK int takeover_judge_row(struct takeover *t, struct placed *at, const json_t *cells,
                                  struct takeover_row *r);
