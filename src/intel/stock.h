/* Threat intelligence as it is held, for whoever reads it: objects, their versions, what collections hold, and which objects share a value
 * (doc/design/intelligence.md, ST, CO2, TX1, LB2).
 *
 *     stock_open ─ stock_refresh ─┬ stock_page        a collection's members behind a place, with filters
 *                                 ├ stock_versions    of one id
 *                                 ├ stock_get         one object by its reference
 *                                 ├ stock_head        the same without its bytes
 *                                 ├ stock_count       how many objects share a value
 *                                 ├ stock_sharing     which they are
 *                                 ├ stock_postings    all values of all objects, in one pass
 *                                 ├ stock_prefixes    the lengths that networks have
 *                                 ├ stock_life …      how long indicators are good for: intel/stock-lives.h
 *                                 └ stock_standing    how much of a collection is in sight, and since when
 *
 * Sight   every call takes the reader's (label/audience.h; engine_sight() of engine/intel.h gives a person's) and answers as if nothing else were there.
 *         What is hidden costs nothing: rows are keyed by audience, and audiences out of sight are not asked.
 * Runs    what is not opened is not there. stock_refresh() takes up what was opened since; between two of them everything is of one state, but for
 *         stock_count() and stock_sharing() by a moment newer than that.
 * Calls   are given what lives for the call; 0 goes on, anything else ends the walk and is the answer of the function. Those of stock_sharing() and
 *         stock_versions() may ask the same stock; those of stock_page(), stock_ends(), stock_staged() and stock_postings() may not, as they are made within one snapshot.
 * Owner   the caller of stock_open(); stock_close(). The store is borrowed for its life, a reading handle of the same thread.
 * Threads one at a time for each; any number of them side by side. It reads only.
 * Answers STORE_E_BUSY and STORE_E_LOST everywhere: ask again. STOCK_E_DAMAGED: a row is not what was written. -ENOMEM, -EIO. */
#pragma once

#include "base/codec.h"
#include "intel/clue.h"
#include "label/audience.h"
#include "store/store.h"

enum {
    STOCK_E_NONE = 40, /* there is no such thing in sight */
    STOCK_E_DAMAGED,
};

#define STOCK_PAGE_MAX 1000u
#define STOCK_FILTER_MAX 64u /* words of one filter */

/* Where an object lies. The number is the run's times 2^32 and the place in it, from 0; it never changes. Neither is for people or receivers. */
struct stock_ref {
    int64_t audience, number;
};
#define STOCK_RUN(number) ((number) >> 32)

struct stock_object {
    struct stock_ref ref;
    struct str id, type;
    struct str version; /* `modified` as an instant in its one form, "2026-04-10T09:00:00.12" (UTC, no zeros at the end): bytewise order is that of time; "" of an observable */
    enum tlp tlp;         /* the stricter of the channel's default and the object's own marks (LB1) */
    struct digest digest; /* of its content (RFC 8785) */
    struct str bytes;     /* as they came; empty where the caller wants none */
};

struct stock;
struct subscriber; /* engine/subscriber.h */
/* `db` as for store_open(); a place that was never written to is an empty stock. 0, STORE_E_NONE: no store; STORE_E_SCHEMA. */
MUST_CHECK int stock_open(const char *db, struct store *store, struct stock **ret, struct diag *diag);
void stock_close(struct stock *k); /* accepts NULL */
DEFINE_CLEANUP(struct stock, stock_close);
/* Cheap when nothing was opened. */
MUST_CHECK int stock_refresh(struct stock *k);

/* What rows call an audience is a collection's shelf (ST11): may he see what lies on it, and which is the least in sight that is greater than `after`? 0: none. */
bool stock_may_see(const struct stock *k, const struct sight *sight, int64_t audience);
int64_t stock_next_audience(const struct stock *k, const struct sight *sight, int64_t after);
/* The audience of the store's table (label/audience.h) that it leads to today. */
int64_t stock_audience(const struct stock *k, int64_t key);

/* ---- objects ---- */

/* 0: `*ret` lives until the next call for this stock. STOCK_E_NONE. */
MUST_CHECK int stock_get(struct stock *k, const struct sight *sight, struct stock_ref ref, struct stock_object *ret);
/* The same without its bytes, which are neither read nor unpacked. */
MUST_CHECK int stock_head(struct stock *k, const struct sight *sight, struct stock_ref ref, struct stock_object *ret);

/* A version of an object, as one reader sees it: the same content under several of his audiences is told once. */
struct stock_version {
    struct stock_ref ref;
    struct str version;
    struct digest digest;
    bool is_conflict; /* another content of this instant came before (ST4) */
};
typedef int stock_version_fn(const struct stock_version *v, void *context);
/* All in sight, by instant and then in the order in which they came. STOCK_E_NONE. */
MUST_CHECK int stock_versions(struct stock *k, const struct sight *sight, struct str id, stock_version_fn *call, void *context);
/* The newest; of several contents of its instant the one that came first. As stock_get(). */
MUST_CHECK int stock_latest(struct stock *k, const struct sight *sight, struct str id, struct stock_object *ret);

/* ---- what is coming in (ST6) ---- */

/* A place among the objects of a run that nobody has opened: {0, -1} is the beginning. */
struct stock_staged {
    unsigned level; /* of confidentiality, from 0 */
    int64_t no;
};
/* At most `limit` (1 to STOCK_PAGE_MAX) of them behind `after`, by level and place. For whoever brings the run in and nobody else: that he does is the
 * caller's to have found out. `audiences` are the run's, by level. 0, also when there are none. */
typedef int stock_staged_fn(const struct stock_object *o, struct stock_staged place, void *context);
MUST_CHECK int stock_staged(struct stock *k, int64_t run, const int64_t audiences[3], struct stock_staged after, unsigned limit, stock_staged_fn *call,
                            void *context);

/* How many there are. */
MUST_CHECK int stock_staged_count(struct stock *k, int64_t run, int64_t *ret);

/* ---- members of a collection (TX1) ---- */

/* A place in a collection's list: behind the member of that opening and object number. {0, 0} is the beginning, {n, INT64_MAX} behind all of opening n.
 * Openings count from 1 through the installation, given under the head's lock: no smaller one comes later. */
struct stock_place {
    int64_t opening, number;
    int64_t under; /* the opening by which the member came, where it stands at one of the reader's own (TX3); 0: at that itself */
};

enum stock_which { STOCK_ALL, STOCK_LAST, STOCK_FIRST, STOCK_VERSION };

struct stock_query {
    struct str collection;     /* id of its record */
    struct stock_place after;
    int64_t until_opening;     /* members of later openings are not told; 0: all */
    const struct str *types, *ids; /* one of them; none: any */
    size_t n_types, n_ids;     /* at most STOCK_FILTER_MAX each */
    enum stock_which which;    /* first and last are those that the reader sees in this collection */
    struct str version;        /* of STOCK_VERSION, in the form of stock_object */
    unsigned limit;            /* 1 to STOCK_PAGE_MAX */
    bool wants_bytes;
    const struct subscriber *reader; /* members stand where they came into his sight; NULL: where they came into the collection */
};
struct stock_member {
    struct stock_object object;
    struct stock_place place;
    int64_t added_us;   /* `date_added` (TX2): of its own in the collection, strictly increasing along the list */
};
typedef int stock_member_fn(const struct stock_member *m, void *context);
/* *ret_more: others stand behind them. 0 also when there are none. */
MUST_CHECK int stock_page(struct stock *k, const struct sight *sight, const struct stock_query *q, stock_member_fn *call, void *context, bool *ret_more);
/* The place behind all whose `date_added` is not later than the instant: for `added_after`. */
MUST_CHECK int stock_place_of(struct stock *k, struct str collection, const struct subscriber *reader, int64_t added_us, struct stock_place *ret);
/* The last opening that was taken up; 0: none yet. */
int64_t stock_opening(const struct stock *k);

/* ---- values (CO1, CO2) ---- */

/* How a value is asked for: as it stands in an object; or as what was derived from one that does, the registered domain of a name and the host of a URL. */
enum stock_how { STOCK_AS_IT_IS, STOCK_DERIVED };

/* Objects in sight in which it stands; exact. An unknown value has 0, as a hidden one (LB5). */
MUST_CHECK int stock_count(struct stock *k, const struct sight *sight, const struct clue *value, enum stock_how how, uint64_t *ret);
typedef int stock_ref_fn(struct stock_ref ref, void *context);
/* They, by audience and number, behind `after` ({0, 0}: from the first). */
MUST_CHECK int stock_sharing(struct stock *k, const struct sight *sight, const struct clue *value, enum stock_how how, struct stock_ref after,
                             stock_ref_fn *call, void *context);

/* Every place at which a value stands in an object in sight, in one pass over the postings and in one state: by audience, run and value, in pieces. No keys
 * (intel/stix-keys.h, intel/clue-keys.h). The call may not ask the stock. */
struct stock_posting {
    int64_t value; /* the dictionary's number: equal ones are one value that stands in one way */
    enum clue_type type;
    bool is_derived;
    struct str bytes; /* canonical */
    int64_t audience;
    const int64_t *numbers; /* of objects, increasing */
    size_t n; /* 0: all that the piece held was taken out since */
};
typedef int stock_posting_fn(const struct stock_posting *p, void *context);
MUST_CHECK int stock_postings(struct stock *k, const struct sight *sight, stock_posting_fn *call, void *context);
/* The ids of all objects in sight, likewise. */
typedef int stock_id_fn(struct stock_ref ref, struct str id, void *context);
MUST_CHECK int stock_ids(struct stock *k, const struct sight *sight, stock_id_fn *call, void *context);

/* The lengths of prefixes of that family that networks in the dictionary have (CO3), shortest first: 0 to 31, or 0 to 127. CLUE_IPV4_NET or CLUE_IPV6_NET.
 * Also those of networks that nobody in sight has: they say what may be asked for and are told to nobody. Read once behind each opening. */
struct stock_prefixes {
    unsigned n;
    uint8_t bits[128];
};
MUST_CHECK int stock_prefixes(struct stock *k, enum clue_type family, struct stock_prefixes *ret);

/* ---- collections ---- */

struct stock_standing {
    uint64_t n;        /* member rows in sight: versions, each as often as it came in */
    int64_t opened_us; /* when the last opening that brought any in was; 0: none did */
};
/* Of a collection, by its record's id. One that is not in sight stands as an empty one. */
MUST_CHECK int stock_standing(struct stock *k, const struct sight *sight, struct str collection, struct stock_standing *ret);
/* Appends the id of the record of the collection that brought the object in. STOCK_E_NONE: there is no such object in sight. */
MUST_CHECK int stock_collection(struct stock *k, const struct sight *sight, struct stock_ref ref, struct buf *ret);
