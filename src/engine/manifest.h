/* What would leave by an act, as one digest (doc/design/information.md, R2): whoever decides is shown it before, and says its digest with the act, which is
 * refused when something else would leave by then.
 *
 * A step has a manifest when it asks for a file and signs it, or says `manifest: yes`. The digest is SHA-256 of the canonical JSON of
 *   {"step": "releases/provide",
 *    "signed": {FIELD: value},                                      what the step signs, as it would be
 *    "records": {ID: version},                                      of records that it names: another class, another content is another version
 *    "files": {FIELD: {"sha256", "size", "state", "salt", "contents": seen_contents()}}}
 * Of a step that says so, "records" is {ID: {"label": "C2I2A1 no-copy", "content": digest, "version": of a record with files}}: what another step may still ask for when the
 * record itself was worked on (`unchanged_since`), which the same act leaves among what was signed, as "ACT/manifest".
 * The salt is that of what the examination said, sealed with the file: who has the entry cannot guess what the act signed.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define MANIFEST_SIZE 65 /* hexadecimal, and its NUL */

struct stage;

/* Does an act of this step take files that it signs? */
bool step_signs_file(const struct step *st);
/* Or does it say that it has a manifest? */
bool step_has_manifest(const struct step *st);
/* Of the step on the record at hand, whose inputs are set. 1: there is none: the step has no manifest, or names nothing that leaves. */
MUST_CHECK int manifest_of(struct stage *sc, const struct step *st, char ret[MANIFEST_SIZE]);
/* Of a step that says `manifest: yes`: note it in the record at hand, whose act this is. Nothing of another step. */
MUST_CHECK int manifest_note(struct stage *sc, const struct step *st);
/* It is what was noted; also of a step that says nothing of a manifest. 1, 0 or negative. */
MUST_CHECK int manifest_holds(struct stage *sc, const struct step *st);
