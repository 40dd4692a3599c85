/* Finding objects of threat intelligence by what is written in them, by their type, and by what they refer to (doc/design/intelligence.md, FO1 to FO6, LB2).
 * An index of pieces proposes, audience by audience; each object is opened and compared before it is a hit, and is told once, in its newest version in sight.
 *
 * Order    what is called by just these words before other hits in names before hits in other texts before hits in relationships and sightings; in each, what came in last comes first.
 * Work     bounded, however common the words are: STOCK_FIND_OPENED_MAX objects are opened, so many blocks of postings read. Where that ends a search, or
 *          nobody looked behind the page, `more` says so.
 * Sight, owner, threads, answers  as intel/stock.h. Calls may ask the same stock, which ends the life of what they were given. */
#pragma once

#include "base/fold-words.h"
#include "intel/stock.h"

#define STOCK_FIND_OPENED_MAX 5000u
#define STOCK_FIND_HITS_MAX 1000u /* none behind these is told */
#define STOCK_LIST_MAX 100000u    /* of the newest rows of a list */

enum stock_rank { STOCK_CALLED, STOCK_IN_NAMES, STOCK_IN_TEXTS, STOCK_IN_LINKS };

struct stock_hit {
    const struct stock_object *object; /* with its bytes */
    enum stock_rank rank;
    struct str before, hit, after;     /* of the first text, not a name, that has a word: around it; empty where only names have one */
};
typedef int stock_hit_fn(const struct stock_hit *hit, void *context);

struct stock_found {
    uint64_t total; /* hits up to the end of the page */
    bool more;      /* there are others, or may be */
};
/* All words, each in some text of the object; `type`: of that type, empty: of any. Hits [skip, skip + limit) are told; skip + limit is at most
 * STOCK_FIND_HITS_MAX. 0 also when there are none. Words of which none has two characters find nothing. */
MUST_CHECK int stock_find(struct stock *k, const struct sight *sight, const struct fold_words *words, struct str type, unsigned skip, unsigned limit,
                          stock_hit_fn *call, void *context, struct stock_found *ret);

/* What a list is of: objects of a type; objects that refer to an id (marks left out); objects that name it as who made or changed them. */
enum stock_list { STOCK_OF_TYPE, STOCK_REFERRING, STOCK_MADE_BY };

struct stock_listed {
    uint64_t n;      /* versions in sight, exact */
    unsigned n_older; /* of the rows at hand those that were left out, since a newer version is in sight */
    bool more;       /* rows behind them */
};
/* Rows [skip, skip + limit) of what is in sight, what came in last first; skip + limit is at most STOCK_LIST_MAX. A row whose object has a newer version in
 * sight is left out, so that fewer are told. `type`: only of that type (then `n` counts all types); empty: of any. */
MUST_CHECK int stock_list(struct stock *k, const struct sight *sight, enum stock_list what, struct str key, struct str type, unsigned skip, unsigned limit,
                          stock_hit_fn *call, void *context, struct stock_listed *ret);
/* How many versions in sight; exact. */
MUST_CHECK int stock_list_count(struct stock *k, const struct sight *sight, enum stock_list what, struct str key, uint64_t *ret);
