/* The slow extractor: tries every place of a line with regular expressions, and reads the text in a way of its own. It shares the
 * normaliser with the fast one, the suffix list, and what counts as a context; nothing else. For texts of a few hundred bytes. */
#pragma once

#include "intel/clue.h"

struct slow_hit {
    size_t offset, len; /* bytes */
    enum clue_type type;
    struct buf bytes;
};

#define SLOW_HITS_MAX 512u

/* The hits of one line. The count; their bytes are the caller's (slow_free). */
size_t slow_extract(struct str line, struct slow_hit hits[SLOW_HITS_MAX]);
void slow_free(struct slow_hit *hits, size_t n);
