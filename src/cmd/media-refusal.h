/* What the gate of media refuses is a line of the trail (G1 of doc/design/information.md): which way, on which medium, why, and what was found of which file. Why is
 * a word of the program's own; name and what was found are of the item, as far as it is known, and stand for its readers alone.
 *
 *   scan, bomb, depth, traversal, special files      media-import.c
 *   not cleanable, hidden things                     media-clean.c
 *   changed while it was read, names, pulled out     both ways
 *   no permission                                    the keeper's own refusal is an entry, too; the line says what it lacked
 *   not wiped                                        cmd-media-serve.c
 *
 * Threads  one. */
#pragma once

#include "cmd/media-gate.h"

#define REFUSAL_OUT "output"
#define REFUSAL_IN "input"
#define REFUSAL_WIPE "wipe"

struct held;
struct refusal {
    const char *way; /* one of the above */
    const char *why; /* a choice of the trail's field "refused"; what is none is "unreadable" */
    const char *name;   /* the file's, any bytes; "": none */
    const char *found;  /* what, where, in words; any bytes; "": nothing more */
    const char *inside; /* of a container, as the trail's field of that name; NULL: none */
    const char *digest; /* "": it was not read to its end, and has no size either */
    uint64_t size;
    const struct held *seen; /* what the examination saw of it; NULL: there was none */
};
/* Enters it, printed and told ({"event": "refusal", "record", "name", "why"}). Where it cannot be entered that is said; what was refused stays refused. A text of the
 * directive that knows of no such line enters nothing. */
void gate_refuse(struct gate *g, const struct refusal *r);
/* The same where the last act was refused by the pack, which says what it lacked; where it was not, nothing. */
void gate_refuse_unmet(struct gate *g, const struct refusal *r);
/* The trail's word for an answer of outgoing.h. */
const char *refusal_of_outgoing(int r);
