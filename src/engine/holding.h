/* Which record holds which bytes (doc/design/information.md, E5 and B5). Contents are found by a keyed hash of their SHA-256: whoever has the
 * database without the vault cannot try whether it knows a file. A changed copy is not found.
 *
 *   examined ── the file and each member ──> rows of the attachment ── an act names it ──> rows of the record ── disposed of ──> none
 *   made by the program: cleaned, packed, sealed, written ──────────> rows of the record that it was made from
 *
 *   a digest set as the content of its record (`content` of `holders`) ─> "said" of the record ── another one is set ──> "said-before"
 *
 * Any other digest that is only named holds nothing: it stands under the same hash in its record (digest.h). What was said before counts for good
 * as the record did when another content took its place, so that nobody frees bytes by changing what a record says; where they are the content
 * again, a step that lowers judges them anew. What is said raises the record of no act that says the same: gates ask.
 *
 * What a record holds counts for its label: an act that names a file joins to its record what the records hold that have the same
 * bytes, as "_held" among its values, and there it stays until a step that lowers. Ranges do not join there, for then a record might vanish
 * before him who made it: they are asked when the bytes themselves are handed out (holding_asks()), as is what rose since.
 * Each audience among the holders is asked once: a picture that every letter has may be held by as many records as there are. Of an audience
 * to all of whose records something was joined some are looked at, and then its label counts, which is never lower. What joins is what a record asks for by
 * itself, without what was joined to it, so that two copies do not hold each other up for ever.
 *
 * What a record holds counts at the record's own label, or, where its register says so (`held_as`), as those fields of the record say: a register
 * of what was provided is confidential itself, but what it holds is as confidential as the item was that was provided.
 *
 * A gate that is about to let bytes out (or finds some lying about) asks the keeper:
 *
 *   {"op": "holding-label", "token": …, "contents": {SHA-256 in hex: size, …}, "receiver": person's id, may be left out,
 *    "addresses": {mail address of the force: true, …}, may be left out}
 *   ─> {"ok": true, "held": true, "label": {"confidentiality": 3, "integrity": 1, "availability": 1, "restrictions": ["no-copy"]},
 *       "admitted": false, "strangers": [{"address", "person", "unit"}, …]}
 *      {"ok": true, "held": false}      nobody holds any of them; nothing is known of them
 *
 *   1. hash the file as it is and every member of it that can be unpacked, down to the last (guard/examine.h reports both), and send them all:
 *      a renamed or packed file is found by its member;
 *   2. judge by the higher of this label and the one of the record that is said to leave: confidentiality, restrictions, and, where `receiver` was
 *      sent, whether he may read all of it;
 *      What comes to an address is read by whose it is in the force's files (force/force.h, struct mailbox), by all of a unit where it is a unit's: a
 *      unit's is admitted where the range names it, or one above, not by each of its persons. `strangers` are the addresses of `addresses` whose readers
 *      are not admitted to all of it, with whose they are ("" and "": nobody's, or his who has left): such a one is admitted to what all staff may read;
 *   3. after bytes left, tell what was written, so that a copy that comes back is known:
 *      {"op": "holding-note", "token": …, "record": id, "form": "sealed", "contents": {SHA-256: size, …}}
 *
 * Only gates may ask (keeper_link_open_gate()), with the session of him who signed in there, the mail gate with its `sender`. The answer names no record and no number of them:
 * it is for judging by, and what a person is told of it is class and clause alone (K1).
 * Threads  as the store's handle. */
#pragma once

#include "engine/inside.h"

#define HOLDING_SIZE_MIN 64u     /* shorter contents are no one's: "yes", an empty form, a line end */
#define HOLDING_KEY "*digest"    /* in the vault; no record's number has a star */
#define RECORD_HELD "_held"      /* among a record's values: {"confidentiality", "integrity", "availability", "restrictions"} */

enum holding_form {
    HOLDING_TAKEN_IN, /* as somebody sent it */
    HOLDING_MEMBER,   /* in it, at any depth */
    HOLDING_CLEANED, /* a copy without what was taken out, and what it was made of */
    HOLDING_PACKED,
    HOLDING_SEALED,
    HOLDING_WRITTEN, /* onto a medium, or as sent */
    HOLDING_SAID,    /* the record's content by its digest alone */
    HOLDING_SAID_BEFORE,
    HOLDING_FORMS
};
const char *holding_form_name(enum holding_form form); /* "taken-in" */
bool holding_form_of(const char *name, enum holding_form *ret);

/* ---- the keyed hash ---- */
#define HOLDING_HASH_SIZE (2 * SHA256_SIZE + 1)
#define HOLDING_HASH_ASKED HOLDING_KEY "/" /* and the SHA-256 in hex: what a process without the vault asks the keeper for in place of the key */
/* What stands for the SHA-256 in rows, in hex. The key is made where a writer's transaction lacks it. 1: there is none, so that nothing is held yet. */
MUST_CHECK int holding_hash(struct store *s, const struct digest *sha256, char ret[HOLDING_HASH_SIZE]);

/* ---- inside a transaction of a writer ---- */
/* What the record or, with `record` "", the attachment that no act has named holds. Of fewer than HOLDING_SIZE_MIN bytes nothing is written. */
MUST_CHECK int holding_add(struct store *s, const char *record, const char *attachment, enum holding_form form, const struct digest *sha256,
                           uint64_t size);
/* Each of {SHA-256 in hex: size}, at most HOLDING_CONTENTS_MAX. 1: it is not of that form. */
#define HOLDING_CONTENTS_MAX 10001u
MUST_CHECK int holding_add_all(struct store *s, const char *record, const char *attachment, enum holding_form form, const json_t *contents);
MUST_CHECK int holding_claim(struct store *s, const char *attachment, const char *record); /* an act names it */
/* The record is about to be saved: what it says to be its content, and what it said before. */
MUST_CHECK int holding_say(struct store *s, const struct record *r);
MUST_CHECK int holding_count_as(struct store *s, const char *record, int64_t audience); /* what it holds, from now on; 0: as its own audience */
MUST_CHECK int holding_drop(struct store *s, const char *attachment);                      /* nobody has named it, and it goes */
MUST_CHECK int holding_drop_record(struct store *s, const char *record);                   /* it is disposed of */

/* ---- looking ---- */
/* Join to the record what the files it has just been given are held as elsewhere. Nothing changes where nothing is higher. */
MUST_CHECK int holding_join(struct stage *sc, struct record *r);
/* "_held" of the record joined to `label`. */
MUST_CHECK int holding_add_to_label(struct stage *sc, const struct record *r, struct label *label);
/* A review has decided: what was joined before counts no more. */
void holding_release(struct record *r);

/* What is asked wherever the bytes of the attachment or of one of its members are held but by record `but`. */
struct holding_asked {
    bool is_held;
    bool admits;        /* the person, as he stands today; also where nobody holds them. NULL is nobody */
    struct label label; /* of all of that, without ranges; in the stage's arena */
};
MUST_CHECK int holding_asks(struct stage *sc, const struct person *person, const char *attachment, const char *but, struct holding_asked *ret);
/* The same of what that keyed hash stands for. */
MUST_CHECK int holding_asks_of(struct stage *sc, const struct person *person, const char *hash, struct holding_asked *ret);

/* By any reading handle: which of `n` contents a record of confidentiality 3 holds, or one whose bytes count as that, by the label in force; *ret_n of them.
 * is_high[] is written for each. What such a record holds of less by itself counts too, as the record does. */
MUST_CHECK int holding_are_high(struct store *s, const struct digest *contents, size_t n, bool *is_high, size_t *ret_n);

/* Who stands behind mail addresses of the force, as it is today: {address: …}. In the stage's arena. */
struct holding_readers;
MUST_CHECK int holding_readers_find(struct stage *sc, const json_t *addresses, struct holding_readers **ret);
/* {address: true} of those who may not read all that holds what the keyed hash stands for. */
MUST_CHECK int holding_shut_out(struct stage *sc, const struct holding_readers *readers, const char *hash, json_t **ret);

/* Records that hold the bytes of that SHA-256 (in hex), whoever sees them: {id: true} into `ret`, at most `max`. Of what is none nothing is added. */
MUST_CHECK int holding_records(struct stage *sc, const char *sha256, size_t max, json_t *ret);
/* The same by the keyed hash. */
MUST_CHECK int holding_records_of(struct stage *sc, const char *hash, size_t max, json_t *ret);

/* ---- the gates' question ---- */
#define HOLDING_ADDRESSES_MAX 500u
/* {"held": false} or {"held": true, "label", "admitted" where `receiver` is not "", "strangers" where `addresses` is not NULL}. `contents` and `addresses` as
 * above; 1: they are not of that form, or too many. */
MUST_CHECK int engine_holding_label(struct engine *e, const json_t *contents, const char *receiver, const json_t *addresses, uint64_t now_us, json_t **ret);
/* Who signed in at the gate had these bytes made from the record. 0; 1: contents or form are none; 2: no such record in his sight. */
MUST_CHECK int engine_holding_note(struct engine *e, const char *person, const char *record, const char *form, const json_t *contents,
                                   uint64_t now_us, json_t **ret_in);
