/* Secrets of other systems, which people type here so that they are judged (doc/design/information.md, V8, Y1 to Y14).
 *
 *   typed ── beside the loop: engine_secret_judge() ── is the act allowed, but for what has to be compared? ──no──> what is known without comparing
 *                                 │ yes
 *                                 └── compared with each hash that it must not be the same as, then hashed ──> {"length" … "same", "hash"}, bound to these hashes
 *   inside the transaction: engine_act() looks again which hashes those are; one that was not compared: "stale", and nothing is entered
 *
 * In the record stands "s1:" and the SHA-256 of the encoded hash, which has a random salt of 16 bytes in it: a name of the hash that tells nothing of the
 * secret. It is entered, replayed and verified as any other value. The hash itself, and SECRET_FORMER_MAX before it, are sealed twice: under the
 * vault's key "*secrets", which no process but the keeper gets, and in the record's value "_secrets" under the record's own key, with which they go.
 * Threads  as the engine; engine_secret_judge() takes as long as so many hashes take. */
#pragma once

#include "engine/inside.h"
#include "force/password.h"

#define SECRET_MARK "s1:"
#define SECRET_FORM_SIZE (sizeof(SECRET_MARK) + (size_t)2 * SHA256_SIZE)
#define SECRET_SEALED "_secrets" /* aside of the record: {field: [{"form", "sealed"}, …]}, the newest first */
#define SECRET_KEY "*secrets"    /* in the vault; no record's number has a star */
#define SECRET_FORMER_MAX 12u    /* that are kept of one field, with the one that counts */
#define SECRET_COMPARED_MAX 32u  /* hashes that one act compares: two to four seconds of a thread */
#define SECRET_TYPED_MAX 1024u   /* bytes; what is longer is no secret */

/* What is known of the secret that the act at hand sets: sc->secret. */
struct secret_facts {
    const struct field *field;
    int64_t length;
    bool is_common, is_named;
    bool is_other, is_former; /* the same as that of another record of who acts; as one that the record has, or had */
    bool is_whole;            /* hashed, and compared with all that it has to be */
    const char *hash;         /* "" none yet */
    char form[SECRET_FORM_SIZE];
};

/* Judge what is typed for the secret of that act: {"length", "fit", "common", "named"}, and where the act would be allowed but for the comparison
 * {"same": {form: bool}, "hash"}. It is act->secret_judged then. Reads; the text is kept nowhere. *ret is yours. */
MUST_CHECK int engine_secret_judge(struct engine *e, const struct act *act, const char *typed, enum password_cost cost, json_t **ret);

/* ---- for act.c ---- */
/* The words of which a secret of the record at hand must not be made, and what can be said without comparing. */
MUST_CHECK int secret_traits(struct stage *sc, const struct field *f, const char *typed, json_t **ret);
/* The hashes with which a secret of the record at hand is compared: {form: {"hash", "is_former"}}. 1: more than SECRET_COMPARED_MAX. */
MUST_CHECK int secret_compared(struct stage *sc, const struct field *f, json_t **ret);
/* After the inputs: the secret that is typed, or was judged, for the act; its value joins `values` and the record at hand, its facts sc->secret. What is wrong
 * is added to `problems`. *ret_traits, yours: of one that is typed. */
MUST_CHECK int secret_take(struct stage *sc, const struct act *act, json_t *values, json_t *problems, json_t **ret_traits);
/* Into `judged`: {form: whether it is the same} of each with which it has to be compared, and the hash that is to be kept. */
MUST_CHECK int secret_compare(const json_t *compared, const char *typed, enum password_cost cost, json_t *judged);
/* sc->secret, out of what was judged. 1: more are to be compared than SECRET_COMPARED_MAX. */
MUST_CHECK int secret_know(struct stage *sc, const struct field *f, const json_t *judged);
/* A property of the secret that the act sets; NULL: it sets none, or another one. */
MUST_CHECK int secret_property(struct stage *sc, const struct field *f, enum ref_property p, json_t **ret);

/* Behind record_save(): seal the hash that this act sets, before those that were there. */
MUST_CHECK int secret_keep(struct stage *sc, struct record *r);
/* Is each hash that the record names sealed, and the one that it was? Names what is not. */
MUST_CHECK int secret_verify(struct store *s, struct record *r, struct diag *diag);
