/* What a text of a directive asks less of than the text before it (doc/design/information.md, B4): labels, readers, channels and marks. Each such fall has to be
 * said by the text itself, with clauses (`eases` in directive.yaml); who adopts it is shown all of them.
 *
 *   register  its label is lower (confidentiality, restrictions), made of fewer fields, or what it holds counts as fields say; more readers; its
 *             readings are entered no more; a field is sealed no more, or may be known beside what is more confidential
 *   role      it is among somebody's readers, and others may hold it than before
 *   channel   it carries what is more confidential than before
 *   tlp       what is of that confidentiality is marked looser on the outside than before
 *
 * What only one of the texts has does not fall: a new register asks for what it asks.
 * Threads  any. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "regulation/model.h"

struct fall {
    enum easing_of of;
    const char *id;  /* in `after` */
    struct text2 title; /* of that part; a channel's id */
    struct text2 how;   /* "confidentiality 3, now 2"; in the arena, and cut where it is longer than a page of it */
    bool is_said;    /* the text eases it */
};

/* In the order of `after`. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int pack_falls(const struct pack *before, const struct pack *after, struct arena *a, struct fall **ret, size_t *ret_n);
