/* Why somebody opens a record (`reads: {asks: …}` of its register, V7 of doc/design/information.md): what he says, how long it holds, and what of it is kept.
 *
 *   said      a purpose, which is never empty, and a case reference, which may be: there is none
 *   holds     for that person, that record and that channel (pages, or his programs) until READING_HOLDS_US are over, by the installation's clock;
 *             not for another record, another person, or longer because it was used
 *             who acted on the record himself within that time is not asked either, and no case is missed
 *   kept      sealed under the record's key with a salt, {"purpose", "case"}; the entry REG/read-for (or REG/read) holds the commitment as pii "_asked", and
 *             each reading says in its `in` whether a case was named: {"asked": {"case": bool}}, {"asked": {"acted": true}} for his own act
 *
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

#define READING_PURPOSE_MAX 200u /* characters */
#define READING_CASE_MAX 100u
#define READING_HOLDS_US (3600 * US_PER_SECOND)
#define READING_SHOWN 20 /* on a record's page */

/* 1: opening the record is an entry: its register says so, or, whatever that says, what it holds makes it one of confidentiality 3 (RECORD_HELD, engine/holding.h),
 * or the stage's actor is shown in it what is `of` such a one (digest.h). */
MUST_CHECK int reading_is_entered(struct stage *sc, struct record *r);
/* What was typed, trimmed and in NFC: {"purpose", "case"}, yours. 1: it is empty, too long, or holds what no line does. */
MUST_CHECK int reading_take(const char *purpose, const char *case_ref, json_t **ret);
/* What the stage's actor said of the record at hand still holds: *ret_asked as in the entry, yours. 1: he is to be asked. */
MUST_CHECK int reading_holds(struct stage *sc, enum release_channel channel, json_t **ret_asked);
/* Keep what he says now. `ret_pii`: a new list for the entry. In a transaction. */
MUST_CHECK int reading_keep(struct stage *sc, enum release_channel channel, const json_t *said, json_t **ret_pii);
/* [{"t", "person", "purpose", "case"}] of the record, newest first, at most READING_SHOWN; new. What was said before its label fell is {"hidden": true} to who
 * may not see it by that label (fallen.h). */
MUST_CHECK int reading_list(struct stage *sc, const struct sight *sight, struct record *r, json_t **ret);
