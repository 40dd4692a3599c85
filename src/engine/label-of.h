/* The label in force of a record (doc/design/information.md, B1 to B3): its register's own, joined with what the fields named by
 * `label_from` say, and the readers that its range admits.
 *
 *   confidentiality  the highest of its fields; all empty: 2
 *   integrity, availability, restrictions  of its fields; empty: nothing more
 *   range            filled: the persons and units in its fields, beside (and) the register's `readable`
 *
 * with the labels of the records that `records` names as well, as those of a link's collections (doc/design/intelligence.md, CO4),
 * and with what other records that hold the same bytes asked for when an act named them (engine/holding.h, B5).
 *
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

/* Keys of readers, in the stage's arena. */
#define KEYS_MAX 4096
struct keys {
    const char **at;
    size_t n;
};
MUST_CHECK int keys_open(struct stage *sc, struct keys *k);
/* -ENOMEM: also when `key` is NULL; -E2BIG. */
MUST_CHECK int keys_add(struct keys *k, const char *key);

/* The keys by which a person who serves today, or everybody of a unit, is admitted. (sight.c) */
MUST_CHECK int keys_of_person(struct stage *sc, const struct person *person, struct keys *k);
MUST_CHECK int keys_of_unit(struct stage *sc, const struct unit *unit, struct keys *k);
/* The same of whoever reads what comes to a mail address of the force. NULL, or who has left: nobody is known behind it, so that it is admitted to what all the staff
 * may read. */
MUST_CHECK int keys_of_mailbox(struct stage *sc, const struct mailbox *box, struct keys *k);
bool mailbox_is_open(const struct stage *sc, const struct mailbox *box); /* somebody stands behind it today; also NULL */

/* Texts and sets are in the stage's arena. -E2BIG: more readers than a label holds. */
MUST_CHECK int label_of(struct stage *sc, const struct record *r, struct label *ret);
/* The same without what others asked for that hold the same bytes (engine/holding.h). */
MUST_CHECK int label_of_itself(struct stage *sc, const struct record *r, struct label *ret);
/* What the bytes count as that the record holds, where its register says so (`held_as`): confidentiality and restrictions of the fields, and above
 * confidentiality 1 whoever reads the record. 1: nothing says so; its own label counts. */
MUST_CHECK int label_held_as(struct stage *sc, const struct record *r, struct label *ret);
/* 1: `r` asks for no less than `source` of confidentiality, restrictions and range: whoever its fields name is admitted there today. */
MUST_CHECK int label_inherits(struct stage *sc, const struct record *r, const struct record *source);
/* 1: the same without confidentiality: restrictions and range alone. */
MUST_CHECK int label_admits_no_more(struct stage *sc, const struct record *r, const struct record *source);
/* The join of the labels of the records that a reference names; *ret_n: how many there are (0: nothing is set). -E2BIG: no label holds it. */
MUST_CHECK int label_of_sources(struct stage *sc, const struct ref *ref, struct label *ret, size_t *ret_n);
/* The party, the number of his record, if some record of the register that the label names makes a reader of him (B9); none when he does not, or his own record
 * has ended. Parties see nothing: whoever hands something out asks this. */
MUST_CHECK int label_parties_of(struct stage *sc, const struct record *r, const char *party, struct label_set *ret);
/* {"confidentiality": 2, "integrity": 2, "availability": 1, "restrictions": [ids]}, with "tlp": "TLP:AMBER" where the directive maps labels to marks; NULL: out of memory, or no label. */
json_t *label_json(struct stage *sc, const struct record *r);
/* The first record of this act whose label would fall below that of its row, of registers with `label_from` only; NULL: none. Of one that is joined with
 * other records by `records`, below what its row asks for as those stand today. */
MUST_CHECK int label_fallen(struct stage *sc, const struct record **ret);
/* 1: the label of that one record of this act would. */
MUST_CHECK int label_has_fallen(struct stage *sc, const struct record *r);
/* "C2I2A2", of the register's own where there is no record yet; in the arena, NULL when out of memory. */
char *label_text(struct stage *sc, const struct reg *reg, const struct record *r);
