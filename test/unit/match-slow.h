/* The slow matcher: every piece of a line against every entry of a list, with nothing shared but the readers of addresses and URLs. */
#pragma once

#include "intel/clue.h"

#define SLOW_ENTRIES_MAX 64u

struct slow_list {
    struct clue values[SLOW_ENTRIES_MAX];
    struct buf names[SLOW_ENTRIES_MAX]; /* indicators */
    size_t n;
    bool below;
};

/* "offset length type value indicator" of each hit of one line, a line each, unordered, into `out`. */
void slow_match(const struct slow_list *list, struct str line, struct buf *out);
/* A hit as slow_match() writes it. */
void slow_match_print(size_t offset, size_t len, enum clue_type type, struct str bytes,
                      struct str name, struct buf *out);
/* The lines in order, as one malloc'ed string. */
char *slow_match_sorted(const struct buf *lines);
