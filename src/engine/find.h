/* Finding records by the words in them: the rows of the index, and what stands in a record that words can be found in.
 *
 *   record ── pieces: number, texts, names of persons and units, titles of choices ── folded (base/fold.h) ── bigrams
 *          ── keyed hashes of 40 bits ── search_row.grams: "a7 0c1f… 3a9b…"
 *
 * The first word is the audience. The register has a hash, too, so that a search in one register is a search for one more gram.
 * The index proposes and never decides: whoever looks opens the record and compares (engine_search() in find.c does).
 * Key      the vault's, under SEARCH_KEY; made by the keeper, read by workers as the records' keys are. A new key, or another form of
 *          rows (SEARCH_FORM), makes the keeper write all rows again.
 * State    meta `search` is "FORM CHECK ready" or "FORM CHECK after ID": the form of the rows, a hash that tells the key, and how far
 *          the keeper has come through the records.
 * Numbers  search_row.no is made of the instant of the record's last change, so that newest is largest, whenever a row was written.
 * Limits   SEARCH_GRAMS_MAX characters of a record, counted from its beginning; what stands behind them is not found.
 * Threads  as the engine. Source: doc/design/daily-use.md, Q1 to Q8. */
#pragma once

#include "base/fold.h"
#include "engine/inside.h"

#define SEARCH_KEY "*search" /* no record's number has a star */
#define SEARCH_FORM "2"
#define SEARCH_GRAMS_MAX ((size_t)65536)

/* One text of a record. `title`: of its field or role, at the record's number "". Borrowed for the call. Other than 0 ends the walk. */
typedef int piece_fn(void *user, struct text2 title, struct str text);
/* Every piece of the record that can be found; personal ones, too. What was erased or does not open is left out. */
MUST_CHECK int find_pieces(struct stage *sc, struct record *r, piece_fn *fn, void *user);

/* Write the record's row anew, behind record_save(). Without a key there are no rows, and nothing is done. */
MUST_CHECK int find_write(struct stage *sc, struct record *r);

/* The key, if there is one. 1: none. */
MUST_CHECK int find_key(struct engine *e);
/* Whether all rows are there. Answers 1 when the rows are of another key or form: then there is nothing to look in. */
MUST_CHECK int find_state(struct engine *e, bool *ret_ready);

/* Hashes as the statements want them: those of the folded text's bigrams, and that of a register, each with a space before it
 * unless `out` is empty. */
MUST_CHECK int find_grams(const struct engine *e, const struct folded *f, const char *between, struct buf *out);
MUST_CHECK int find_register_gram(const struct engine *e, const char *reg, const char *between, struct buf *out);
