/* What the files of collect-*.c share: one file of lines at work (collect.h).
 *
 *   collect.c         kinds and columns, judging a file as a whole
 *   collect-find.c    the records that a cell names
 *   collect-cell.c    headings, cells and lines
 *   collect-chain.c   what was taken before, numbers and digests
 *   collect-enter.c   who may, and the acts
 *
 * Answers 0 or negative; what is wrong with the file is counted among its faults.
 * Threads  as the engine. */
#pragma once

#include "engine/collect.h"
#include "engine/inside.h"

/* By what they hold (HOLDS_MARK of regulation/model.h), and by parts. */
#define COLLECTIONS "*collections"
#define ENTER "enter"
#define COLLECT_DIGEST_HEX (2 * SHA256_SIZE)
#define CANDIDATES_MAX \
    500 /* records of one key that are looked at; where more might count, that is a fault */

enum cell_type {
    CELL_SEQ,
    CELL_BEFORE,
    CELL_COLLECTOR,
    CELL_AT,
    CELL_EVENT,
    CELL_COMPUTER,
    CELL_ACCOUNT,
    CELL_MEDIUM,
    CELL_VALUE,
    CELL_DIGEST
};

struct cell_rule {
    enum collect_kind kind;
    enum cell_type type;
    const char *field;
    struct collect_column column;
};

struct line {
    size_t row; /* from 1 */
    uint64_t seq, at_us; /* its number at the collector, and when that wrote it */
    const char *before;  /* the digest of the line before it, as it says; in the arena */
    char digest[COLLECT_DIGEST_HEX + 1]; /* of the line itself, in digits */
    const char *unit;    /* id; "" none */
    bool is_mark;        /* says only that the collector was alive */
    json_t *with; /* values of its record */
};

struct candidate {
    const char *id, *state;
    int64_t opened_us;
};

/* The newest file that was taken of this collector. */
struct known {
    const char *id; /* "" none */
    uint64_t last_seq, last_us;
    const char *last_digest;
};

struct collect {
    struct engine *e;
    enum collect_kind kind;
    const struct reg *reg, *collections;
    const json_t *table;
    uint64_t now_us;
    struct arena *arena;
    struct stage sc; /* of the row at work */
    const struct cell_rule *rules;
    int column[32]; /* of the table, by rule; -1 none */
    size_t n_rules, n_faults;
    json_t *faults;
    struct line *lines;
    size_t n_lines, n_skipped, n_marks;
    const char *collector, *collector_name, *unit; /* id, as written, the unit that owns it */
    struct known known;
    struct candidate *found; /* CANDIDATES_MAX, of the last candidates() */
    struct buf all;          /* every digest, for the file's own */
    struct buf gaps, breaks, silent;
};

/* What is looked for: an indexed field that has that text and, unless it is NULL, another one. */
struct sought {
    const char *reg, *field, *text, *other, *other_text;
    const char *state; /* NULL: any; with `other` there is one */
    size_t max;        /* at most CANDIDATES_MAX */
};

/* Counted; the first COLLECT_FAULTS_MAX are told. `rule` -1: the whole row. */
MUST_CHECK int collect_fault(struct collect *c, size_t row, int rule, const char *ja,
                             const char *en);
/* Of a column of the table (-1 the whole row), with the word that is wrong. */
MUST_CHECK int collect_fault_of(struct collect *c, size_t row, int col, const char *word,
                                const char *ja, const char *en);
/* "4-9, 12": what does not fit is left out, which a sign says. */
MUST_CHECK int collect_note(struct buf *out, const char *text);
/* What the directive calls the registers of this kind. */
struct collect_words {
    const char *word, *reg, *step;
    const char *event; /* the one that makes a record; NULL: the choices of the direction */
};
const struct collect_words *collect_words(enum collect_kind k);

/* ---- collect-find.c ---- */

/* Of the records the last ones opened, newest first; until the next call. *ret_more: there are others. */
MUST_CHECK int collect_candidates(struct collect *c, const struct sought *s, struct candidate **ret,
                                  size_t *ret_n, bool *ret_more);
/* The newest that is not over, else the newest. NULL: there is none. */
MUST_CHECK int collect_find_by(struct collect *c, const char *reg_id, const char *field,
                               const char *text, const char **ret);
/* A text of the record that is not sealed; "" there is none. Until the stage of the row ends. */
MUST_CHECK int collect_value_of(struct collect *c, const char *id, const char *field,
                                const char **ret);
/* 1: it has that text; 0; negative. */
MUST_CHECK int collect_same_value(struct collect *c, const char *id, const char *field,
                                  const char *text);
/* The fault that which record is meant cannot be said. */
MUST_CHECK int collect_too_many(struct collect *c, size_t row, int col, const char *word);
/* Whose account it is: by the register of user IDs, one of the computer's system before others; else by his number in the force. NULL: nobody's. */
MUST_CHECK int collect_find_person(struct collect *c, const struct line *l, const char **ret);
/* Puts "grant" into l->with: of this person's grants for this medium the one that fits best; of equals the newest. */
MUST_CHECK int collect_find_grant(struct collect *c, struct line *l);

/* ---- collect-cell.c ---- */

/* Fills c->column; a heading that is unknown or stands twice, and a required one that is missing, are faults. */
MUST_CHECK int collect_headings(struct collect *c);
/* One line out of its cells, with its digest; within c->sc, which the caller opens and ends. */
MUST_CHECK int collect_row(struct collect *c, const json_t *row, struct line *l);

/* ---- collect-chain.c ---- */

/* c->known: of this collector the file of this kind that was taken last. */
MUST_CHECK int collect_find_known(struct collect *c);
/* c->n_skipped: lines that were taken before. */
MUST_CHECK int collect_pass_over(struct collect *c);
/* Gaps, breaks and silent days of the others. */
MUST_CHECK int collect_chain(struct collect *c);

/* ---- collect.c, for collect-enter.c ---- */

void collect_free(struct collect *c);
DEFINE_CLEANUP(struct collect, collect_free);
/* *ret is yours, and borrows engine and table; without register where no directive in force has one of this kind. */
MUST_CHECK int collect_new(struct engine *e, enum collect_kind k, const json_t *table,
                           uint64_t now_us, struct collect **ret);
/* Headings, then all rows, then the chain; each only where nothing before it was a fault. */
MUST_CHECK int collect_judge(struct collect *c);
/* What engine_collect_judge() answers; NULL: no memory. */
json_t *collect_told(const struct collect *c);
