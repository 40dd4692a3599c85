/* Every reference, condition and effect of a pack in the order of its files, for whoever asks what is used where.
 * Threads  any. */
#pragma once

#include "regulation/model.h"

/* Each function may be NULL. `p` is the procedure at hand; NULL for the defaults of a register's fields. */
struct walk {
    void *user;
    void (*cond)(void *user, const struct procedure *p, const struct cond *c); /* each, also inside others and in `if` */
    void (*effect)(void *user, const struct procedure *p, const struct effect *e);
    void (*told)(void *user, const struct procedure *p, const struct told *t);
    void (*ref)(void *user, const struct procedure *p, const struct ref *r); /* none of kind REF_NONE */
};

void pack_walk(const struct pack *pack, const struct walk *w);
/* One obligation with everything that it is judged by and does. */
void obligation_walk(const struct procedure *p, const struct obligation *o, const struct walk *w);
/* It is judged, or does something, by what lies behind that field of its register: a path of it leads through the record that the field names. */
bool obligation_reads(const struct obligation *o, const struct field *f);
/* One condition with everything inside it. */
void cond_walk(const struct procedure *p, const struct cond *c, const struct walk *w);
