/* Objects of STIX out of files that are none: values in tables, lists and texts (doc/design/intelligence.md, EX1). Marks that rows name come before what bears them.
 *
 *     CSV     columns value, and as far as there are type, until, indicator, confidence, tlp; each row an indicator
 *     list    a value a line, empty lines and those behind # passed over; each an indicator
 *     text    the values in it (intel/extract.h), each once: observables only, for no person has confirmed them
 *
 * Owner    the caller of clue_source_new().
 * Limits   a table CSV_MAX_BYTES (base/csv.h), a line of a list CLUE_LINE_MAX bytes; texts are read in pieces.
 * Threads  one at a time. */
#pragma once

#include "base/diag.h"
#include "intel/clue.h"

#define CLUE_LINE_MAX ((size_t)16 << 10)

enum clue_source_kind { CLUE_SOURCE_CSV, CLUE_SOURCE_LIST, CLUE_SOURCE_TEXT };

/* What is left out, or all of it. */
struct clue_source_fault {
    unsigned line, column; /* from 1 */
    const char *what;      /* the column's name; "": the row, or the file */
    struct str written;    /* what stands there */
    enum message_key text;
    const struct diag_entry *entry; /* what the reader of tables says, in place of `text` and the places; NULL: nothing */
};

/* Each: 0 to go on; anything else ends it, with that answer. What it is given lives for the call. */
struct clue_source_calls {
    int (*object)(struct str object, void *context);
    int (*fault)(const struct clue_source_fault *f, void *context);
};

struct clue_source;
/* `made_us`: when what comes of it was made; `name`: of the file, for what is said of it; borrowed. NULL: no memory. */
struct clue_source *clue_source_new(enum clue_source_kind kind, const char *name, uint64_t made_us, const struct clue_source_calls *calls, void *context);
void clue_source_free(struct clue_source *s); /* accepts NULL */
DEFINE_CLEANUP(struct clue_source, clue_source_free);
/* 0, -ENOMEM, -ENOSPC: more than fits; what a call answered. */
MUST_CHECK int clue_source_add(struct clue_source *s, struct str piece);
MUST_CHECK int clue_source_end(struct clue_source *s);
uint64_t clue_source_left_out(const struct clue_source *s); /* values that made no object */
