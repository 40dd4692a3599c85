/* What would leave by an act, as one digest (doc/design/information.md, R2): whoever decides is shown it before, and says its digest with the act, which is
 * refused when something else would leave by then.
 *
 * A step has a manifest when it asks for a file and signs it. The digest is SHA-256 of the canonical JSON of
 *   {"step": "releases/provide",
 *    "signed": {FIELD: value},                                      what the step signs, as it would be
 *    "records": {ID: version},                                      of records that it names: another class, another content is another version
 *    "files": {FIELD: {"sha256", "size", "state", "salt", "contents": seen_contents()}}}
 * The salt is that of what the examination said, sealed with the file: who has the entry cannot guess what the act signed.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define MANIFEST_SIZE 65 /* hexadecimal, and its NUL */

struct stage;

/* Does an act of this step take files that it signs? */
bool step_has_manifest(const struct step *st);
/* Of the step on the record at hand, whose inputs are set. 1: there is none: the step has no manifest, or no file was chosen. */
MUST_CHECK int manifest_of(struct stage *sc, const struct step *st, char ret[MANIFEST_SIZE]);
