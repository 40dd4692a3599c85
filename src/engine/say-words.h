/* Words in both languages that grow side by side, and the part of saying what would satisfy a condition that names records.
 * Failing to grow is sticky in the buffers and asked for once, at the end.
 * Owner    whoever called words_init(). Threads  any, each its own. */
#pragma once

#include "engine/inside.h"

struct words {
    struct buf ja, en;
    const struct pack *pack; /* whose names are meant; NULL: none */
    bool is_short;           /* there was no memory for a part of them */
};

/* `max`: bytes of one language; what is longer is cut off, which is no failure. `pack` must outlive `w`. */
void words_init(struct words *w, const struct pack *pack, size_t max);
void words_done(struct words *w);
/* Was there no memory for some of them, or of a part of them? */
bool words_are_short(const struct words *w);
/* Words that were made aside and have gone into `w`. */
void part_done(struct words *part, struct words *w);
/* Appends to both. */
void say(struct words *w, const char *ja, const char *en);
void say_text(struct words *w, struct text2 t); /* NULL in it: nothing */
/* Its title among `all`; its id where it is none of them. */
struct text2 title_among(const struct named *all, size_t n, const char *id);

/* What stands in the way by name, as far as the actor may see it; nothing where the condition is of another kind. 0 or negative. */
MUST_CHECK int say_by_name(struct words *w, struct stage *sc, const struct cond *c);
