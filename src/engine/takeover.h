/* Taking over what ran before the program: a register's table from paper or a spreadsheet, judged whole, adopted by a second
 * administrator, each row then a record by an act `<register>/take-over`. doc/design/daily-use.md, K8 to K11.
 *
 *   table   {"headings": [text…], "rows": [[text…]…]}   cells as typed; every row as long as the headings
 *
 * Headings  a field's id or title; "state" (状態); "number" (旧番号), by which other rows may name the record; of a group one for each
 *           column, "items.name" or "物品／品名", its cells holding a line for each row; "by.ROLE" for who acted in a role of the procedure.
 * Cells     as people type into forms; besides, titles of choices, states and labels, names of units and posts, names of persons
 *           that only one person bears, and former numbers of records adopted earlier. Lists have a line or ";" between.
 * Sight     a cell may name what whoever proposes the table sees, and any record below confidentiality 3: two administrators enter the register, and
 *           learn of others no more than that a number is there. From 3 on what he does not see is answered as no record: he may have a table judged as
 *           often as he likes, and nothing is entered by that. The operator names whatever there is.
 * Threads   as the engine. */
#pragma once

#include "base/csv.h"
#include "engine/inside.h"

#define TAKEOVER_ROWS_MAX 5000u
#define TAKEOVER_FAULTS_MAX 500u /* told; all are counted */
#define TAKEOVER_FORMER_ID "former" /* heading of the old number; no field is called so */
#define TAKEOVER_FORMER_MAX 60u  /* characters of a former number */
#define TAKEOVER_ACT "take-over"
#define TAKEOVER_OPERATOR "operator" /* who proposes at the console */

/* A table that was read from a file, in this form. New reference; NULL: out of memory. */
json_t *takeover_table(const struct csv_table *t);

enum { TAKEOVER_E_NONE = 1, TAKEOVER_E_DECIDED, TAKEOVER_E_STALE, TAKEOVER_E_FAULTS };

/* Judge a table that `by` proposes, a person or TAKEOVER_OPERATOR, for a register of the text in force: {"reg", "n_rows", "columns": [{"heading", "field"}],
 * "faults": [{"row", "col", "say": {ja, en}}], "n_faults"}. Rows count from 1, 0 are the headings; columns count from 0, -1 is
 * the whole row; "field" is "" where the heading is not understood. TAKEOVER_E_NONE: no such register. Nothing is written. */
MUST_CHECK int engine_takeover_judge(struct engine *e, const char *by, const char *reg, const json_t *table, uint64_t now_us, json_t **ret);

/* ---- proposals, inside the caller's transaction ---- */
/* Judge and keep a table, sealed under a key of its own: *ret {"id", "digest", "n_rows"}; TAKEOVER_E_FAULTS: *ret is the judgement;
 * TAKEOVER_E_NONE. */
MUST_CHECK int engine_takeover_propose(struct engine *e, const char *person, const char *reg, const json_t *table, uint64_t now_us,
                                       json_t **ret);
/* Judge again, then make a record of each row: *ret {"reg", "n_rows", "first", "last"}. `digest` is what the person saw.
 * TAKEOVER_E_NONE, TAKEOVER_E_DECIDED, TAKEOVER_E_STALE (another digest); TAKEOVER_E_FAULTS: *ret is the judgement, nothing was done. */
MUST_CHECK int engine_takeover_adopt(struct engine *e, struct log *log, const char *person, const char *id, const char *digest,
                                     uint64_t now_us, json_t **ret);
/* TAKEOVER_E_NONE, TAKEOVER_E_DECIDED. */
MUST_CHECK int engine_takeover_drop(struct engine *e, const char *person, const char *id, uint64_t now_us);

/* {"id", "reg", "state": "proposed" | "adopted" | "dropped", "n_rows", "digest", "made_by", "made", "decided_by", "decided"}, with
 * `with_table` also "table" while it is proposed. TAKEOVER_E_NONE. */
MUST_CHECK int engine_takeover_get(struct engine *e, const char *id, bool with_table, json_t **ret);
/* Newest first, at most `max`, those with an id below `behind` ("" all). */
MUST_CHECK int engine_takeover_list(struct engine *e, const char *behind, unsigned max, json_t **ret);

/* ---- inside the room ---- */
/* A record of that register by its former number: its id in the arena. 1: none. */
MUST_CHECK int takeover_find_former(struct stage *sc, const struct reg *reg, struct str former, const char **ret_id);

/* What one row comes to. */
struct takeover_row {
    const struct state *state; /* NULL: a fault */
    const char *former;        /* "" none */
    json_t *values;            /* {field: typed value} */
    json_t *parties;           /* {role: person} */
};
struct takeover;
MUST_CHECK int takeover_open(struct engine *e, const char *by, const struct reg *reg, const json_t *table, uint64_t now_us, struct takeover **ret);
void takeover_close(struct takeover *t); /* accepts NULL */
DEFINE_CLEANUP(struct takeover, takeover_close);
MUST_CHECK int takeover_judge(struct takeover *t);
size_t takeover_faults(const struct takeover *t);
json_t *takeover_told(const struct takeover *t); /* the judgement; NULL: out of memory */
const struct takeover_row *takeover_rows(const struct takeover *t, size_t *ret_n);
