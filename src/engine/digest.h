/* Values that stand in a record by a keyed form: digests, which are the SHA-256 of a file or a text, and texts that are of another record (`of`), which
 * stand by the SHA-256 of theirs (doc/design/information.md, E8, B6).
 *
 *   typed, measured ── canonical: 64 hex digits in small letters ── keyed (engine/holding.h) ──> "k1:" and 64 hex digits; "k2:" of a text
 *
 * The keyed form is the value: it stands in the body and in entries, is judged, found, compared and replayed as any other value, and is the same
 * wherever the digest is the same; whoever lacks the vault's key cannot try whether a file is meant. What was typed is sealed beside it under the
 * record's key, all digests of a record in one value "_digests": {keyed: in clear}, which goes with the key. It holds nothing that the
 * keyed values do not prove: what does not come out as its keyed form was altered.
 * Owner    a stage remembers what was typed in its act, until the record that names it is saved.
 * Threads  as the engine. */
#pragma once

#include "engine/holding.h"
#include "engine/inside.h"

#define DIGEST_MARK "k1:"
#define DIGEST_MARK_TEXT "k2:"
#define DIGEST_KEYED_SIZE (sizeof(DIGEST_MARK) + (size_t)2 * SHA256_SIZE)
#define DIGEST_SEALED "_digests"

/* A digest as people and programs write it: hex in any case and width, with spaces in it, "sha256:" or "SHA-256:" before it. 1: it is none. -ENOMEM. */
MUST_CHECK int digest_read(struct str typed, struct digest *ret);
/* The keyed form. Where there is no key yet it equals no value that any record holds. */
MUST_CHECK int digest_keyed(struct store *s, const struct digest *d, char ret[DIGEST_KEYED_SIZE]);
bool digest_is_keyed(const char *value);
/* The SHA-256 by which contents are found (engine/holding.h), out of the keyed form of a digest: 64 hex digits in it. */
static inline const char *digest_hash(const char *keyed)
{
    return keyed + strlen(DIGEST_MARK);
}
/* The value of what is typed: *ret is yours; the stage knows its clear form from now on. 1: it is no digest. */
MUST_CHECK int digest_value(struct stage *sc, struct str typed, json_t **ret);
/* The same of a text. */
MUST_CHECK int digest_of_text(struct stage *sc, struct str text, json_t **ret);

/* Does the field hold such, as itself, in a list or in a column? */
bool digest_is_in(const struct field *f);
/* The field's value in clear, and of a file that says of what it is (`of`) what is known of it: *ret is yours. In place of what is known no more stands {"erased": true}, of what is of something that the stage's actor
 * (nobody: the program itself) does not see {"hidden": true}: of a record that it names, or of any that holds the content that it names. `is_list`: outside
 * the record's own page, where what is of a record of confidentiality 3 is hidden, too. A value without such as it is. */
MUST_CHECK int digest_show(struct stage *sc, bool is_list, struct record *r, const struct field *f, const json_t *value, json_t **ret);
/* A text in clear, as above, in the arena; "" where it is hidden or known no more. */
MUST_CHECK int digest_show_text(struct stage *sc, bool is_list, struct record *r, const struct field *f, const char **ret);

/* 1: a text or a file of the record is of one of that confidentiality or more (or of a content that such a one holds), and the stage's actor is shown it. */
MUST_CHECK int digest_shows_of(struct stage *sc, struct record *r, int confidentiality);

/* 1: the field `only` holds what stands by that keyed form, and the stage's actor is shown it, as digest_show() says. `only` NULL: whichever field does;
 * also 1 where none holds it. For finding: nobody finds by a value what he would not be shown. */
MUST_CHECK int digest_is_told(struct stage *sc, bool is_list, struct record *r, const struct field *only, const char *keyed);

/* Behind record_save(): seal the clear form of every digest that the record names, as this act knows it, or another record of the stage. */
MUST_CHECK int digest_keep(struct stage *sc, struct record *r);
/* Does each digest of the record come out of what is sealed? Names what does not. */
MUST_CHECK int digest_verify(struct store *s, struct arena *a, struct record *r, struct diag *diag);
