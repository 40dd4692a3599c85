/* Tickets: what leaves on a medium or by mail leaves against one, once, as what comes off a medium comes in (R1 of doc/design/information.md).
 *
 *   act …/begin      a step with `ticket`: every condition holds, `leaves` among them (release_decide); one entry, and a ticket
 *   ticket_use       the gate says again what it measured; everything is as it was allowed, and the bytes go: no entry
 *   act …/done       with the ticket: what was written; or …/broken: that nothing was, and why
 *
 * A ticket is bound to its entry, the version that the act made of the record, step, way out, person, gate, contents, whatever else its step
 * `binds` (receiver, medium, computer …), the label in force of each record that `leaves` lets leave, and its end; and `leaves` is asked again when it is used. The store keeps its SHA-256 and one over all of that, so that neither who reads the
 * store nor who changes a row has a ticket. Its step's obligation says what becomes of one that stays open.
 *
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define TICKET_SIZE 44 /* 43 characters of base64url, and NUL */

/* What stands in a refusal's "why". */
#define TICKET_NONE "none"       /* no such ticket, or another record's */
#define TICKET_PERSON "person"   /* it is somebody else's, or another gate's */
#define TICKET_USED "used"       /* it was used, or closed */
#define TICKET_OVER "over"       /* its time is over */
#define TICKET_MOVED "moved"     /* the record is not as the act left it, or the label of what it lets leave */
#define TICKET_LEAVES "leaves"   /* the label lets it leave no more, as whoever gets it stands now */
#define TICKET_CHANNEL "channel" /* another way out */
#define TICKET_OTHER "other"     /* a bound value is another: "field" says which */

/* Before bytes go. */
struct ticket_use {
    const char *ticket;  /* as the act answered it */
    const char *person;  /* who is signed in at the gate */
    unsigned measured;   /* the gate: one of enum measurer */
    const char *channel; /* by which they are about to go, "medium-sealed" */
    const json_t *
        with; /* {field: value} of all contents and of all that it is bound to, as for an act; measured anew */
    uint64_t now_us;
};

/* {"result":"allowed","reg","record","step","until"}: used from now on.
 * {"result":"refused","why","field","say":{ja,en},"reg","record","step","shard","seq","t"}: entered as REG/ticket-use (system/ticket-use where no such ticket is
 * known; without "reg", "record" and "step" then), and nothing has changed.
 * In the caller's transaction. */
MUST_CHECK int engine_ticket_use(struct engine *e, struct log *log, const struct ticket_use *use,
                                 json_t **ret_outcome);
