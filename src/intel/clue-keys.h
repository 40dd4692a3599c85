/* What a value is found by beside itself: keys of what it is near to, and of what it lies in (doc/design/intelligence.md, CO3, CO6). They stand in the
 * dictionary and among the postings as values do, under kinds of their own, and are keyed by audience like them; so what is hidden costs and tells nothing.
 *
 *     SSDEEP  binary digits of block size / 3 (1 byte), seven letters                                            of an ssdeep
 *     TLSH    length (1), number of a band from 0 to 15 (1), the band: two bytes, which are eight buckets (2)    of a TLSH
 *     NET4    1 to 3 whole bytes of the prefix                                                                   of addresses and networks
 *     NET6    1 to 15 whole bytes of the prefix
 *     APART   the beginning of SHA-256 over type and SHA-256 of the bytes (16)                                      of any value, where its source says that it is
 *             not to be joined with others (stix_is_apart() of intel/stix-clues.h)
 *
 * Near    ssdeep's score is above 0 (intel/fuzzy.h), TLSH's distance with the length is CLUE_TLSH_NEAR at most. What shares no key is not near, unless it is
 *         equal; what shares some has to be compared.
 * Within  an address or a network of the network's own length or longer. The keys decide.
 * Owner   bytes are borrowed for the call.
 * Threads any. */
#pragma once

#include "intel/clue.h"

/* As types of segment values (store/segment.h), behind enum clue_type and enum stix_key. */
enum clue_key { CLUE_KEY_SSDEEP = 0xf8, CLUE_KEY_TLSH, CLUE_KEY_NET4, CLUE_KEY_NET6, CLUE_KEY_APART };

/* 0 goes on; else it is the answer. The same key may come more than once. */
typedef int clue_key_fn(unsigned kind, struct str bytes, void *context);
/* The keys of a value of any type, by its canonical bytes; most have none. 0, or the call's answer. */
MUST_CHECK int clue_keys(enum clue_type type, struct str bytes, clue_key_fn *call, void *context);

#define CLUE_APART_SIZE 16u
void clue_apart_key(enum clue_type type, struct str bytes, char ret[CLUE_APART_SIZE]);

#define CLUE_TLSH_NEAR 30u
/* Digests that are near others. */
bool clue_is_fuzzy(enum clue_type type);
/* How near two of that type are: of ssdeep the score, of TLSH 100 less the distance; 0: not. */
unsigned clue_nearness(enum clue_type type, struct str a, struct str b);

/* The keys to ask for what is near: each near value has one of them at least. Of ssdeep its own. Of TLSH those of lengths up to two apart, with bands in which one
 * bucket differs by one: where the length is two apart, which costs 24 of CLUE_TLSH_NEAR, one of 16 bands is equal; else the bands' distances come to 30 at
 * most, and so one of them to one. At most CLUE_PROBES_MAX. */
#define CLUE_PROBES_MAX 1024u
MUST_CHECK int clue_near_probes(enum clue_type type, struct str bytes, clue_key_fn *call, void *context);
bool clue_is_net(enum clue_type type);
/* The keys to ask for what lies in a network: what has one of them lies in it, and nothing else does. The prefix is brought to whole bytes, which makes 256 keys
 * at most; where that are all bytes, they are the addresses themselves (kind CLUE_IPV4 or CLUE_IPV6), which count where they were derived, too. Networks
 * of a length in use up to there (`lengths`: stock_prefixes() of intel/stock.h), at most 255, are asked for as themselves (CLUE_IPV4_NET, CLUE_IPV6_NET). */
MUST_CHECK int clue_within_probes(enum clue_type type, struct str bytes, const uint8_t *lengths, unsigned n_lengths, clue_key_fn *call, void *context);
