/* What else shares values with an object, or with a value: links that nobody entered, computed when asked (doc/design/intelligence.md, CO3 to CO5).
 *
 *     r = correlate(stock, sight, known, STR("indicator--…"), &correlate_usual, &c);
 *     c->related[0].id, .strength, .reasons[0].value->list …     strongest first
 *     c->values[i].is_walked == false                            shared by too many to be walked; counted all the same
 *
 * Shared  a value is shared with another object in the first of these ways that is true:
 *           SAME        it stands in both as it is
 *           HOST        it is the host of a URL or of an address of mail in one, and stands as it is or as a host in the other
 *           REGISTERED  it is the registered domain of a name, a URL or an address of mail in one, or in both; also where both have it as a host, since
 *                       postings do not tell the two apart
 *           NETWORK     a network of the other one's that an address or a network of this one lies in
 *           WITHIN      a network of this one's in which an address, a host of a URL or a network of the other one lies
 *           NEAR        a fuzzy hash of this one's to which one of the other's is near (intel/clue-keys.h)
 *         The latter two by keys that came in with the values; of what came in by a version of the program before them there are none.
 * Counts  of objects in sight, exact, by postings: those in which it stands as it is, and those from which it was derived.
 * Order   strength, the sum of correlate_points() over the values that are on no list; then the versions' distance in time; then id. Of an id the
 *         newest version in sight that shares something is told, with what any of its versions in sight shares.
 * Bounds  `hot` objects for a value and `walked` in all, the rarest values first and those on lists last; a value beyond that is counted and not
 *         walked. What is not walked still shows in `values`. The latter two ways have bounds of their own: a network is walked or it is not, of a fuzzy hash
 *         the rarest keys are walked first, and of what these lead to those objects that share most keys are opened and compared.
 * Sight   what is out of it changes no answer, no order and no count (LB2, LB3, LB5).
 * Owner   the caller; correlation_free(). Lists' names are borrowed from `known`, all else is the correlation's own.
 * Threads one at a time for a stock.
 * Answers 0; STOCK_E_NONE: no such object in sight; others as stock.h. */
#pragma once

#include "intel/known.h"
#include "intel/stock.h"

enum correlate_way { CORRELATE_SAME, CORRELATE_HOST, CORRELATE_REGISTERED, CORRELATE_NETWORK, CORRELATE_WITHIN, CORRELATE_NEAR, CORRELATE_N_WAYS };
const char *correlate_way_name(enum correlate_way way); /* "same", "host", "registered", "network", "within", "near" */

struct correlate_limits {
    unsigned values; /* of the object that are looked at, at most; others are counted in `n_left` */
    uint64_t hot;    /* objects of one value, at most */
    uint64_t walked; /* objects over all values, at most */
    uint64_t around_hot; /* objects of what lies in one network, or have one key of a fuzzy hash, at most */
    uint64_t around; /* over all networks, and as many over all fuzzy hashes */
    uint64_t opened; /* for their fuzzy hashes, at most */
};
extern const struct correlate_limits correlate_usual; /* 5,000; 1,000, 20,000; 1,000, 20,000, 2,000 */

struct correlate_value {
    enum clue_type type;
    struct str bytes;       /* canonical; clue.h shows them */
    bool is_own, is_derived; /* it stands in the object as it is; it was derived from what does */
    bool is_host;           /* derived as the host of a URL or of an address of mail */
    bool is_network;        /* it contains an address or a network of the object's */
    uint64_t n_same, n_derived; /* objects in sight, the one asked for among them */
    struct str list;        /* on which it is (CO5); STR_NONE: on none */
    bool is_apart;          /* the object's own source says that it is not to be joined */
    bool is_walked;         /* every object that shares it in one of the first four ways is among the related */
    bool is_whole;          /* and every one that is near it, or lies in it */
    uint64_t n_within, n_near; /* objects in sight that lie in it, and that are near it, equal ones and the one asked for among them; where it is not whole: places of
                               the former, and those of the latter that were found */
};

struct correlate_reason {
    const struct correlate_value *value;
    enum correlate_way way;
    uint64_t n; /* objects in sight that share it in that way */
    unsigned nearness; /* of NEAR: clue_nearness() */
    struct str other;  /* of NEAR: the other's hash, canonical */
    unsigned points; /* 0 when it is on a list, or apart */
    bool is_apart; /* the source of either says that it is not to be joined */
};

struct correlate_related {
    struct stock_ref ref;
    struct str id, type, version;
    enum tlp tlp;
    uint64_t strength;
    int64_t apart_us; /* between the two versions; -1: one of them has none */
    const struct correlate_reason *reasons; /* most points first, then by type and bytes */
    size_t n_reasons;
};

struct correlation {
    const struct correlate_value *values; /* by type and bytes: what more rows in sight have than one of the object's; and its networks and fuzzy hashes */
    size_t n_values, n_left;
    const struct correlate_related *related;
    size_t n_related;
    struct arena *arena; /* private */
};
void correlation_free(struct correlation *c); /* accepts NULL */
DEFINE_CLEANUP(struct correlation, correlation_free);

/* `known` may be NULL. Of an object the newest version in sight is asked for. */
MUST_CHECK int correlate(struct stock *k, const struct sight *sight, const struct known *known, struct str id, const struct correlate_limits *limits,
                         struct correlation **ret);
/* The same for a value that need not stand anywhere. */
MUST_CHECK int correlate_clue(struct stock *k, const struct sight *sight, const struct known *known, const struct clue *value,
                              const struct correlate_limits *limits, struct correlation **ret);

/* What one shared value counts for: the weights of way and type, divided by the binary digits of `n`, which is at least 1. Of a network the length of
 * its prefix weighs as well. At most 10,000. Of NEAR that is for a nearness of 100, of which the reason has its part. */
unsigned correlate_points(enum correlate_way way, enum clue_type type, struct str bytes, uint64_t n);
