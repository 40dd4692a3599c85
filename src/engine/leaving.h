/* What leaves by the program itself (a form that is printed, a file that is fetched, a list that is saved) and is a copy of something that a pack keeps count of
 * (doc/design/information.md, R4). The pack says so by a step that makes a record and asks
 *
 *     a choice `measured: [program]`       among its values "print", "file" or "export", by which it left
 *     a record of one register             of what it is a copy: the record that left, or, of a file, the one of that register which its record names
 *     a text `measured: [program]`         the digest of the bytes, where the step asks for one
 *     a record `measured: [program]`       the record by which it left, where the step asks for one
 *
 * What leaves by mail is known by its contents: the rows that a mail gate measured, where a condition `leaves` names a column `digest`. Counted is each record whose own
 * content that is (`holders` … `content`), which holds these bytes (engine/holding.h), or which a record that holds them names; but not one whose leaving a record that the
 * ticket binds stands for already, as a provision that lets the gate seal. The choice is "mail".
 *
 * and the program does that step in the name of who gets it. Effects of the pack do the rest, as they do for provision and media, and what the step's conditions
 * refuse does not leave.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define LEAVING_BY_MAIL "mail"
#define LEAVING_BY_FILE "file"
#define LEAVING_MAX 300u /* records of one print or list that are counted */

enum { LEAVING_E_REFUSED = 1, LEAVING_E_MANY };

/* `records` is {id: anything}; `digest` hex of what goes out. In the caller's transaction and savepoint, before anything goes out.
 * 0: all that is counted is entered. LEAVING_E_REFUSED: *ret_outcome, as of an act; the caller undoes what was entered for those before. LEAVING_E_MANY: more than
 * LEAVING_MAX of them. */
MUST_CHECK int engine_leaving(struct engine *e, struct log *log, const char *person, const char *way, const json_t *records, const char *digest, uint64_t now_us,
                              json_t **ret_outcome);
/* The same for what a gate lets go by the record that its step made: before its ticket is given, in the same transaction. `record` is the one that the act made. */
MUST_CHECK int engine_leaving_measured(struct engine *e, struct log *log, const char *person, const char *record, uint64_t now_us, json_t **ret_outcome);
