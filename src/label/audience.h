/* Audiences: a label with its readable range, interned in the store under a number, so that what a person may see is a
 * small set of numbers and lists and counts are keyed by it.
 *
 * Canonical form, the text that is interned (RFC 8785 subset of base/json.h):
 *   {"a":2,"c":2,"i":2,"label":"patrol/patrol",
 *    "range":[{"role":"patrol/unit-manager","unit":"chuo"},{"role":"patrol/general-manager"},{"unit":"cyber"},
 *             {"unit_kind":"station"},{"person":"p1"},{"everyone":true}],
 *    "restrictions":["role-holders-only"]}
 * A viewer is in the range when one of its members is true of him; {"everyone":true} stands alone. When labels joined, the
 * ranges that must hold as well stand in "also": [[…], …]. Members are sorted by key, so that one meaning has one text.
 *
 * Keys    one reader as one word, in ranges and in the grants of a viewer: they are compared, never taken apart by callers.
 * Owner   as each function says.
 * Threads a table or sight belongs to one thread at a time. */
#pragma once

#include "base/json.h"
#include "label/label.h"
#include "store/store.h"

#define AUDIENCE_BODY_MAX (64u << 10) /* bytes of the canonical form */

struct audience {
    const char *label_id; /* "pack/label" of the pack that declares it */
    struct label label;   /* with its ranges */
};

/* ---- keys: in the arena; NULL when out of memory ---- */
/* Holds that role in that unit, or, with unit "", that role of the force. `role` is "pack/role". */
const char *admit_role(struct arena *a, const char *role, const char *unit);
/* Has an appointment in that unit or below it: a viewer is granted his units with all their ancestors. */
const char *admit_unit(struct arena *a, const char *unit);
/* Has an appointment in a unit of that kind, or below one. */
const char *admit_unit_kind(struct arena *a, const char *kind);
const char *admit_person(struct arena *a, const char *person);
/* Everyone: LABEL_EVERYONE. */

/* ---- canonical form ---- */
enum { AUDIENCE_E_INVALID = 1 };
/* 0, -ENOMEM, -ENOSPC (over AUDIENCE_BODY_MAX); AUDIENCE_E_INVALID: ids that JSON cannot hold. */
MUST_CHECK int audience_print(const struct audience *au, struct buf *out);
/* Exactly what audience_print() writes; anything else is AUDIENCE_E_INVALID, with diag. -ENOMEM. Texts are in the arena. */
MUST_CHECK int audience_parse(struct str body, struct arena *a, struct audience *ret,
                              struct diag *diag);

/* ---- in the store ---- */
/* The number of that audience; a new one gets the next (the keeper, inside its transaction). 0, AUDIENCE_E_INVALID, or negative
 * as store_errno(). */
MUST_CHECK int audience_intern(struct store *s, const struct audience *au, int64_t *ret_id);
/* AUDIENCE_E_INVALID: no such number, or its text is not an audience (diag). */
MUST_CHECK int audience_get(struct store *s, int64_t id, struct arena *a, struct audience *ret,
                            struct diag *diag);

/* ---- sight ----
 * All audiences, read once and then only what was added. Numbers of audiences never change their meaning. */
struct audience_table;
struct audience_table *audience_table_new(void); /* NULL: out of memory */
void audience_table_free(struct audience_table *t);
DEFINE_CLEANUP(struct audience_table, audience_table_free);
/* Take up what was interned since; cheap when nothing was. *ret_grown (may be NULL): sights made before are incomplete now,
 * which hides too much but never shows too much. AUDIENCE_E_INVALID: see diag. A writer may call it inside its
 * transaction; what it finds there counts until the next call only. */
MUST_CHECK int audience_table_refresh(struct audience_table *t, struct store *s, bool *ret_grown,
                                      struct diag *diag);

/* The audiences that a viewer with these keys may see. The table keeps those asked for lately, so that the next one with the same
 * keys, in the same order, has only to look at what was added. */
struct sight;
/* 0, -ENOMEM. What is given back is freed by the caller; it stays good when the table goes. */
MUST_CHECK int sight_new(struct audience_table *t, const char *const *grants, size_t n,
                         struct sight **ret);
/* Of it what is no more confidential than that, 1 to 3: for a channel that carries no more. What is left out costs whoever asks by it nothing
 * and tells him nothing. 0, -ENOMEM; freed by the caller. The table is the one it was made of. */
MUST_CHECK int sight_at_most(struct audience_table *t, const struct sight *g, int confidentiality, struct sight **ret);
/* It, and whatever is no more confidential than that. 0, -ENOMEM; freed by the caller. The table is the one it was made of. */
MUST_CHECK int sight_and_lower(struct audience_table *t, const struct sight *g, int confidentiality, struct sight **ret);
void sight_free(struct sight *g);
DEFINE_CLEANUP(struct sight, sight_free);
bool sight_may_see(const struct sight *g, int64_t audience);
size_t sight_count(const struct sight *g);
/* The least audience in it that is greater than `after`; 0: none. From 0 on all are found in order. */
int64_t sight_next(const struct sight *g, int64_t after);
/* The audiences in it that have rows of some kind, in order, found by going from one side to the other: what is out of sight costs no more than what
 * is in it. `id` answers the least audience with rows that is not less than its last value; the others are `values`, of which the last one is set here.
 * *audience is the last one found, 0 at first, and 0 behind the last. 0, negative as store_errno(). */
MUST_CHECK int sight_walk(const struct sight *g, struct store *s, enum store_stmt id, struct value *values, size_t n, int64_t *audience);
/* Of two sights of one table with the same serial number, one is the other. */
uint64_t sight_serial(const struct sight *g);
