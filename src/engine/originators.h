/* Whom what is in a record came from (doc/design/information.md, B11): the units, persons and records that the fields `label_from: {originators: …}` name.
 * A record that is named and has originators itself, a source, stands for them, and so on: what is made of others' information says whose it is.
 *
 * What is out of the asker's sight is not followed and named by nothing. Of more than ORIGINATORS_FOLLOWED records, or LABEL_SET_MAX originators, the
 * rest is left out, and it is said.
 * Threads  as the engine. */
#pragma once

#include "engine/inside.h"

struct sight;

#define ORIGINATORS_FOLLOWED 100u

/* Sorted words "person:ID", "unit:ID" and "record:ID", in the stage's arena; what a label joins (label/label.h). 0 or negative. */
MUST_CHECK int originators_of(struct stage *sc, const struct sight *sight, const struct record *r, struct label_set *ret, bool *ret_is_cut);
/* As "originators": [{"unit": ID} or {"person": ID} or {"record": ID, "name": …}], with "originators_cut" where some are left out; nothing where the
 * register has none. */
MUST_CHECK int originators_put(struct stage *sc, const struct sight *sight, const struct record *r, json_t *o);
