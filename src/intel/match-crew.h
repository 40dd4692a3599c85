/* Matching by many threads: one reads, the others match pieces of whole lines, and what they found is written in the order of the files and of their
 * bytes, whoever was faster.
 *
 *   room, filled ──> pieces (a ring) ──> threads: match, put into words ──> write, in the order of the pieces
 *
 * Memory   CREW_PIECES a thread and two more, of MATCH_LINE_MAX bytes each, and CREW_WORDS_MAX of words for each; who has more to say waits until
 *          it is its turn, and writes as it goes.
 * Owner    the caller of match_crew_new(); match_crew_free(), which ends the threads. The set is borrowed for its life, a file until the crew is
 *          finished.
 * Threads  one calls; `put` and `write` are called in any, `write` in one at a time. */
#pragma once

#include "intel/match.h"

#define CREW_THREADS_MAX 64u
#define CREW_PIECES 2u
#define CREW_WORDS_MAX ((size_t)1 << 20) /* bytes, and one hit more */

struct match_crew_work {
    const struct set *set;
    struct match_options options;
    /* A hit in words, appended to `out`, which takes 16 MiB. 0, or what ends the work. */
    int (*put)(const struct match_hit *hit, const void *file, void *context, struct buf *out);
    /* The next words. 0, or what ends the work. */
    int (*write)(struct str words, void *context);
    void *context;
};

struct match_crew;
/* 0; -ENOMEM; -EAGAIN: no thread could be begun. Fewer threads than asked are not told. */
MUST_CHECK int match_crew_new(const struct match_crew_work *work, unsigned n_threads,
                              struct match_crew **ret);
void match_crew_free(struct match_crew *c); /* accepts NULL */
DEFINE_CLEANUP(struct match_crew, match_crew_free);

/* A file begins; `file` is what `put` gets. */
void match_crew_begin(struct match_crew *c, const void *file);
/* Room for more of it, at least 1 byte. */
char *match_crew_room(struct match_crew *c, size_t *ret_size);
/* `n` bytes were put there. 0, or the first that ended the work. */
MUST_CHECK int match_crew_filled(struct match_crew *c, size_t n);
/* The file ends. As above. */
MUST_CHECK int match_crew_end(struct match_crew *c);
/* All is matched and written. As above. */
MUST_CHECK int match_crew_finish(struct match_crew *c);
