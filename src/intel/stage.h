/* Objects of STIX made into segments (store/segment.h) on their way into the store: bytes, values and marks, packed; each full segment is handed on
 * (doc/design/intelligence.md, ST6, ST9, LB1). It asks nobody for anything, so it works in the examiner's cage as well as in a command.
 *
 *     w = stage_new(tlp, send, context);
 *     …in the call of stix-read.h, after stix_check() found no error:   r = stage_add(w, object, &left, &tlp);
 *     r = stage_flush(w);
 *
 * Owner    the caller of stage_new().
 * Threads  one at a time. Memory: a segment of SEGMENT_OBJECTS_MAX objects or SEGMENT_SIZE_MAX bytes, twice. */
#pragma once

#include "intel/stix-read.h"
#include "label/label.h"

/* Why one object is not taken. */
enum stage_left {
    STAGE_TAKEN,
    STAGE_TOO_LARGE,  /* packed it is longer than a segment */
    STAGE_NO_ID,      /* no type or id that can be kept */
    STAGE_NO_NUMBER,  /* a number beyond a double: its content has no canonical form to be known by */
    STAGE_NO_INSTANT, /* `modified` is no instant */
};
enum message_key stage_left_text(enum stage_left left);

/* A segment of so many objects; its bytes live for the call. 0 goes on; anything else is the answer of stage_add() or stage_flush(). */
typedef int stage_send_fn(struct str segment, size_t n_objects, void *context);

struct stage_way;
/* `tlp`: of what comes without a mark. NULL: no memory. */
struct stage_way *stage_new(enum tlp tlp, stage_send_fn *send, void *context);
void stage_free(struct stage_way *w); /* accepts NULL */
DEFINE_CLEANUP(struct stage_way, stage_free);
/* False positives in what comes stand for a withdrawal. */
void stage_withdraw(struct stage_way *w);
/* The rules of stix-rules.h are the caller's to ask before. *ret_left: STAGE_TAKEN, with its mark, or why it is left out. 0; what `send` answered; -ENOMEM. */
MUST_CHECK int stage_add(struct stage_way *w, const struct stix_object *o, enum stage_left *ret_left, enum tlp *ret_tlp);
/* Hands on what is left. As stage_add(). */
MUST_CHECK int stage_flush(struct stage_way *w);
/* Places at which values stand in the object that was added last. */
uint64_t stage_values(const struct stage_way *w);
