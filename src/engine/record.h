/* One record: its values, its sealed personal values, its digest, its rows.
 *
 *   record.body   {"values": {field: value, "_parties": {role: person}, "_acted": {role: [persons before, and principals]},
 *                  "_signed": {step: hex}, "_corrected": {version: [fields]}, "FIELD@VERSION": what it was before, "_former": number,
 *                  "_held": what others ask for that hold the same bytes (engine/holding.h)},
 *                  "commits": {field: hex, "FIELD@VERSION": hex, "_reason@VERSION": hex}}
 *   personal      nonce(24) || XChaCha20-Poly1305(salt(32) || value), bound to "<record>/<field>", key from the vault
 *   commit        SHA256(salt || value): texts by their UTF-8 bytes, anything else by its canonical JSON
 *
 * A record is read once into a stage, changed there, and saved once; its version goes up by one for each act that touches it.
 * Owner    a stage (its arena holds the texts); record_done() lets go of the values and wipes the key.
 * Threads  one. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "ledger/leaf.h"
#include "regulation/model.h"
#include "store/store.h"

#define DAY_NONE INT64_MIN
#define RECORD_FORMER "_former" /* the number that a record taken over had on paper; an index row, too */
#define STATE_NONE "none"         /* where a new record comes from */
#define STATE_DISPOSED "disposed" /* what a tombstone shows; a procedure may have a state of that name, too */

struct record {
    const char *id; /* "" until it is numbered */
    const struct reg *reg;
    const char *state, *unit, *pack; /* pack: hex of the hash */
    int64_t version;
    int64_t audience; /* 0: none yet */
    int64_t held;     /* set by audience_of(): what the bytes count as that it holds; 0: as its audience */
    uint64_t opened_us, changed_us, disposed_us;
    int64_t completed_day, keep_until_day; /* DAY_NONE */
    json_t *values;   /* not personal; with _parties and _signed */
    json_t *commits;  /* {field: hex} */
    json_t *opened;   /* personal values in clear, as far as they were opened; null: erased */
    json_t *fresh;    /* {field: {"salt": hex, "value": v}} to be sealed at the next save; null: to be dropped */
    uint8_t key[VAULT_KEY_SIZE];
    bool has_key;
    bool is_leaving;        /* this act disposes of it */
    bool is_new;      /* no row yet */
    bool is_touched;  /* by this act: version is already the next one */
    bool is_lowered;  /* by a step that lowers: what it says to be its content was judged anew (holding.h) */
    bool is_dirty;    /* differs from its row */
    const char *from_state;  /* before this act */
    int64_t stored_version;  /* of its row; 0 for a new one */
    int64_t stored_audience; /* by which it is counted, as by stored_state */
    const char *stored_state;
};

/* Read a row into `r` (texts into the arena). 1: no such record. */
MUST_CHECK int record_load(struct store *s, struct arena *a, const char *id,
                           const struct reg *(*reg_of)(void *user, const char *reg, const char *pack), void *user,
                           struct record *ret);
void record_done(struct record *r);
/* It is in a state in which a case rests for good, in none of its text, or disposed of. */
bool record_has_ended(const struct record *r);

/* ---- values ---- */
/* personal: yes, long texts, files, and groups or lists that hold such. */
bool field_is_personal(const struct field *f);
/* Nobody writes its value: it is one of those that there are. */
bool field_is_chosen(const struct field *f);
/* Whether texts of that type are kept as they are (else canonical JSON). */
bool field_is_text(const struct field *f);
/* The value, opened when it is personal. 0: *ret is borrowed from the record, NULL when empty or erased. */
MUST_CHECK int record_value(struct store *s, struct record *r, const struct field *f, json_t **ret);
/* A personal value with its salt, for those who verify or export: *ret is yours, NULL when erased. -EBADMSG: it does not open. */
MUST_CHECK int record_open(struct store *s, struct record *r, const struct field *f, uint8_t ret_salt[LEAF_SALT_SIZE],
                           json_t **ret);
/* A value beside the record's own (why it was opened), sealed under its key and bound to that name: at once, and without a new version. `ret_commit`: hex. Its key
 * goes with the record's. To open: *ret is yours, NULL when erased. */
MUST_CHECK int record_seal_aside(struct store *s, struct record *r, const char *name, const json_t *value, char ret_commit[2 * SHA256_SIZE + 1]);
MUST_CHECK int record_open_aside(struct store *s, struct record *r, const char *name, json_t **ret);
/* Filled, without opening. */
bool record_has(const struct record *r, const struct field *f);
/* NULL or an empty text, list or object empties the field. Takes no reference. `commit` (may be NULL) replaces the commitment
 * that would be made: for values that are known by their commitment alone; `value` is ignored then. */
MUST_CHECK int record_set(struct record *r, const struct field *f, const json_t *value, const char *commit);
/* "" when nobody did. */
const char *record_party(const struct record *r, const char *role);
/* He acts in that role now: record_party() is he; those before him stay known. */
MUST_CHECK int record_set_party(struct record *r, const char *role, const char *person);
/* Somebody in whose name it was done. */
MUST_CHECK int record_add_party(struct record *r, const char *role, const char *person);
/* Ever in this case, himself or by somebody who decided in his name? */
bool record_has_acted(const struct record *r, const char *role, const char *person);

/* Before a correction gives the field another value: what it held goes to "FIELD@VERSION", a personal one with its salt, under the
 * version that the act makes; "_corrected" names the field there. Asked again in the same act it does nothing. */
MUST_CHECK int record_keep_old(struct store *s, struct arena *a, struct record *r,
                               const struct field *f);
/* Why the correction of that version was made: personal. In the arena; NULL when out of memory. */
const struct field *record_reason_field(struct arena *a, int64_t version);
/* What a name among the values or commitments is: a field, its old value, a reason. In the arena; NULL: the register has no such. */
const struct field *record_field(struct arena *a, const struct reg *reg, const char *name);

/* Version up, once for each act. */
void record_touch(struct record *r);
MUST_CHECK int record_digest(const struct record *r, struct digest *ret);
/* Digest of the canonical JSON {field: value or commitment} of the signed fields. */
MUST_CHECK int record_signed_digest(const struct record *r, const struct field *const *fields, size_t n, struct digest *ret);

/* Among what was signed: a digest, by the step that signed it. */
MUST_CHECK int record_note_signed(struct record *r, const char *step, const char *hex);

/* ---- rows ---- */
/* Into the arena: PREFIX-YEAR-NNNN from the register's counter, or, where its numbers are drawn, PREFIX-YEAR-NNNNNN at random, which no record has or had (K1 of
 * doc/design/information.md). `given`: the number that an entry gives, for replay; NULL live. -EBADMSG: it is not the next, or, where numbers are drawn, of another
 * register or year, no number, or another record's. */
MUST_CHECK int record_number(struct store *s, struct arena *a, struct record *r, int32_t day, const char *given);
/* Write the row, the sealed values and the index rows. The audience must be set. 0, negative; -ESTALE: somebody was quicker. */
MUST_CHECK int record_save(struct store *s, struct record *r, uint64_t now_us);
/* Destroy the key and those of its files, drop sealed values, rows of indexes and of the search, locks, timers, waiting rows; keep a tombstone of commitments. */
MUST_CHECK int record_dispose(struct store *s, struct record *r, uint64_t now_us);

/* ---- index rows ---- (index.c) */
bool field_is_indexed(const struct field *f);
/* One value of those by which the field finds records: an element of a list, an item of a checklist as a choice. */
struct field field_of_key(const struct field *f);
/* Texts have one key however wide they are typed and in which case, so that ＣＰ－０７ and CP-07 are the same to `unique` and to lists.
 * Conditions compare texts as they stand: of such a field a row tells who may match, not who does. */
bool field_key_is_folded(const struct field *f);
/* The key of one value, at most INDEX_KEY_MAX bytes: longer texts by their digest. 1: such values have no key. `f` NULL: as it
 * stands. */
#define INDEX_KEY_MAX 200
MUST_CHECK int index_key(const struct field *f, const json_t *value, struct buf *out);
MUST_CHECK int index_write(struct store *s, const struct record *r);
