/* Who reads a collection by TAXII, and what came into his sight later than it came into the collection (TX3 of doc/design/intelligence.md).
 *
 *     first poll           each shelf in sight: since 0: every member stands where it came in
 *     a shelf comes in     since N, the installation's next opening, his own: what is on it behind `after` and before N stands at N for him
 *     it goes out          `until`: where he stood then, the least of all such polls
 *     it comes again       `after` is what he had been told by then; where nothing came meanwhile the row goes on
 *
 * Of the rows of a shelf that reach over a member the one with the greatest `since` says where it stands. So a reader who goes on from any cursor of his gets
 * what is new to his sight once, and no more of what he had; two programs of one account that stand at different places may get some of it twice, never less.
 * The rows are the keeper's; a worker asks for them when they do not agree with what it sees, before it answers.
 * Owner    subscriber_done().
 * Threads  as the engine.
 * Answers  also -ENOMEM, and what store_failed() makes of the store's. */
#pragma once

#include "label/audience.h"
#include "store/store.h"

struct engine;

/* As struct stock_place of intel/stock.h: behind that member; `under`: the opening by which it came, where it stands at another. */
struct subscriber_place {
    int64_t opening, number, under;
};

struct sight_row {
    int64_t shelf, since, after_opening, after_number;
    struct subscriber_place until; /* opening -1: in sight */
    int64_t at_us, span;
};

/* Something of a run of `span` objects, opened by `opening`, may lie behind that place. */
static inline bool sight_row_is_behind(int64_t after_opening, int64_t after_number, int64_t opening, int64_t span)
{
    return opening > after_opening || (opening == after_opening && (after_number & UINT32_MAX) + 1 < span);
}

struct subscriber {
    bool is_known;
    int level;          /* up to which confidentiality he was given it last */
    int64_t upto, last_us;
    struct sight_row *rows; /* by shelf, the latest `since` first */
    size_t n;
};

/* The number of the next opening, and where its dates may begin (TX1, TX2). In the keeper's transaction. */
MUST_CHECK int engine_next_opening(struct store *s, uint64_t now_us, int64_t *ret_opening, int64_t *ret_us);

MUST_CHECK int subscriber_read(struct store *s, const char *person, const char *collection, struct subscriber *ret);
void subscriber_done(struct subscriber *b);

/* Does the keeper have to be asked before this reader is answered? `at` NULL: he asks for one object, which tells nothing of what he has. */
MUST_CHECK int subscriber_is_due(struct store *s, const struct subscriber *b, const char *collection, const struct sight *sight,
                                 const struct subscriber_place *at, uint64_t now_us, bool *ret);
/* Everything that his rows say is in sight is so. */
bool subscriber_agrees(struct store *s, const struct subscriber *b, const char *collection, const struct sight *sight);

struct subscriber_asks {
    const char *person, *program, *collection;
    const struct subscriber_place *at; /* as above */
};
/* In the keeper's transaction: rows by what he sees now. ENGINE_INTEL_E_NONE: nothing of it. */
MUST_CHECK int subscriber_ask(struct engine *e, const struct subscriber_asks *who, uint64_t now_us);
/* The same by a sight that is given, up to a level. */
MUST_CHECK int subscriber_enter(struct store *s, const struct subscriber_asks *who, const struct sight *sight, int level, uint64_t now_us);

/* A reader as others are told of him; the texts live until the call returns. */
struct subscriber_known {
    const char *collection, *person, *program;
    int level;
    int64_t first_us, last_us;
};
typedef int subscriber_fn(const struct subscriber_known *k, void *context);
/* The readers of those collections (a JSON array of ids), by collection and person; the first 1,000. Whether the asker sees them is the caller's. Ends with what
 * `call` answers that is not 0. */
MUST_CHECK int subscriber_each(struct store *s, const json_t *collections, subscriber_fn *call, void *context);
