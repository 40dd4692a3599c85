/* Who holds a role, by which authority, and what a person may see by it.
 * Threads  as the engine. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "force/force.h"
#include "regulation/model.h"

struct engine;
struct stage;
struct record;
struct sight;

enum standing_authority { STANDING_NONE, STANDING_OWN, STANDING_ACTING, STANDING_SENKETSU, STANDING_DAIKETSU };
/* By what somebody holds a role: the appointment that counts, and for whom he acts. */
struct standing {
    enum standing_authority authority;
    const struct post *post; /* NULL: by register, duty or rank without an appointment */
    const struct unit *unit; /* of that appointment; NULL */
    const char *for_person;  /* acting, senketsu, daiketsu: whose role it is; "" when the post is vacant */
};
/* "own", "acting", "senketsu", "daiketsu"; "" */
const char *authority_text(enum standing_authority a);
enum standing_authority authority_of_text(const char *text); /* any other text: STANDING_NONE */

/* Does `person` hold `role` (of the unit, for a role per unit) at the stage's time? `act` "register/step" limits delegations;
 * NULL: any. *ret (may be NULL) is the strongest authority: own before acting before senketsu before daiketsu. 1: yes. 0: no. */
MUST_CHECK int role_holds(struct stage *sc, const struct person *person, const struct reg *at, const struct role *role,
                          const struct unit *unit, const char *act, struct standing *ret);
/* The role that is asked for: of one that a parameter names, that one at the stage's time, NULL while it is unset; of any other itself. */
MUST_CHECK int role_meant(struct stage *sc, const struct role *role, const struct role **ret);
/* Persons who hold it by own, acting or designated right (no delegations), each once: a JSON array of ids. */
MUST_CHECK int role_holders(struct stage *sc, const struct reg *at, const struct role *role, const struct unit *unit,
                            json_t **ret);
/* All that the person holds, in the packs in force:
 * [{"role": "pack/id", "unit": id or "", "authority", "post", "for", …}] as engine_roles() answers. Of a role for each unit "unit" is "" where the
 * parameter that names it names one for the force: it is held in every unit. */
MUST_CHECK int roles_of(struct stage *sc, const struct person *person, json_t **ret);
/* The same without those that a parameter names, which no range can. */
MUST_CHECK int roles_of_sight(struct stage *sc, const struct person *person, json_t **ret);

/* ---- sight ---- (sight.c; keys and audiences are those of label/audience.h) */
/* What a person may see at the stage's time. */
MUST_CHECK int sight_of_person(struct stage *sc, const struct person *person, struct sight **ret);
/* What may come to a mail address of the force: keys_of_mailbox() of label-of.h. */
MUST_CHECK int sight_of_mailbox(struct stage *sc, const struct mailbox *box, struct sight **ret);
/* 1: records of this one's label and range are in sight. Inside a transaction audiences made since are known, too. */
MUST_CHECK int sight_of_record(struct stage *sc, const struct sight *sight, const struct record *r);
/* The record in the actor's sight, in the stage's hand, which is NULL before; *ret_sight is the caller's, also on 1. 1: it is not there, or out of his sight, which takes
 * the same time: it is not loaded. */
MUST_CHECK int stage_seen(struct stage *sc, const char *id, struct sight **ret_sight);
/* Does everybody here see all records of that register, he among them? */
bool reg_is_open_to(const struct stage *sc, const struct reg *reg, const struct person *person);
/* The record's audience by its register's label and range, interned. Inside a transaction. */
MUST_CHECK int audience_of(struct stage *sc, struct record *r);
/* That as which the bytes count that the record holds, where its register says so; 0: as its own. */
MUST_CHECK int held_audience_of(struct stage *sc, const struct record *r, int64_t *ret);
