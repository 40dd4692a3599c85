/* Who comes in at the keeper's socket: what a peer may be follows from its user (users.h), and who asks for more is refused and entered.
 * One entry for each user and what he asked for, at most DOOR_NOTES in an hour, with how often it was: nobody fills the ledger by knocking.
 * Owner    the keeper.
 * Threads  its loop. */
#pragma once

#include "keeper/operation.h"
#include "keeper/users.h"

#define DOOR_NOTED 8
#define DOOR_CROWDS 2 /* users with too many connections have places of their own, which no knocking takes from them */
#define DOOR_NOTES (DOOR_NOTED + DOOR_CROWDS)
#define DOOR_CROWD KEEPER_ROLES /* in place of a role: one connection more than a user may have */

struct door {
    struct keeper_users users;
    struct door_note {
        uid_t uid;
        int role;            /* asked for, or DOOR_CROWD */
        uint64_t times;      /* since it was entered last */
        uint64_t entered_us; /* monotonic; 0: never */
    } notes[DOOR_NOTES];     /* private; those of crowds come last */
    bool has_notes;          /* something is to be entered */
    struct {
        uid_t uid; /* whose came last */
        size_t n;
    } here[KEEPER_ROLES]; /* connections that have greeted as that */
};

/* The role that a greeting asks for by its word ("worker", "courier", …); -1: there is none. */
int door_role_of(const char *as);
/* The gate that measures: one of enum measurer; 0: no gate. */
unsigned door_measures(enum keeper_role role);
/* One has greeted, or gone. */
void door_in(struct door *d, enum keeper_role role, uid_t uid);
void door_out(struct door *d, enum keeper_role role);
/* {"apart", "processes": [{"role", "user", "n"}]}: the keeper, then each role that somebody is or is named for. NULL: out of memory. */
json_t *door_processes(const struct door *d);
/* A peer that may not be that has asked for it: the answer that it gets, NULL for want of memory. */
json_t *door_refuse(struct door *d, uid_t uid, enum keeper_role role, uint64_t mono_us);
/* May that user have one connection more, who has `n_own` of `n_all`? Where users are not apart, as long as there is room. */
bool door_has_room(const struct door *d, uid_t uid, size_t n_own, size_t n_all);
/* A peer for which there is none: as above. */
json_t *door_refuse_crowd(struct door *d, uid_t uid, uint64_t mono_us);
/* Inside the batch: "system/connection", refused, for what is noted. */
MUST_CHECK int door_enter(struct door *d, struct operation_context *c);
/* The batch was kept. */
void door_entered(struct door *d, uint64_t mono_us);
