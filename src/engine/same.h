/* What `same_as` compares and tells: texts as people read them, and lists of texts as sets of such. So "Ｘ　位置情報　切" is the same as
 * "X 位置情報切": width, case and spaces say nothing. Only the folded form is compared; what was typed is kept.
 * Threads  as the engine. */
#pragma once

#include "engine/ref.h"

/* Does a reference lead to a text, or a list of texts? */
bool same_takes_texts(const struct ref *r);
/* A text, or a list of them, in the form that is compared; other values, and NULL, as they are. *ret is yours. */
MUST_CHECK int same_folded(const json_t *value, json_t **ret);
/* Does a folded list hold the folded text? */
bool same_holds(const json_t *list, const json_t *text);

/* What the subject of a COND_SAME between lists of texts lacks, and what it has beyond the other; as they were typed, both yours.
 * NULL and NULL: the condition is another one, or the record that holds the other list is out of the actor's sight. */
MUST_CHECK int same_difference(struct stage *sc, const struct cond *c, json_t **ret_missing,
                               json_t **ret_beyond);
/* {field: [texts]}: for each list that the step asks and wants to be the same as another record's, what that one holds, as far as the
 * actor may see it. The form lays it before him item by item. */
MUST_CHECK int same_wanted(struct stage *sc, const struct step *st, json_t **ret);
