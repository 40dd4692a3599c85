/* Labels: how confidential something is, how much its integrity and availability matter, what restricts its handling, who may
 * read it, and whom it came from. They form a lattice; when things combine, their labels join upwards.
 *
 *   confidentiality, integrity, availability   the higher number wins
 *   restrictions, originators                  all of both
 *   ranges                                     a reader must be admitted by every range (and), and is admitted by a range
 *                                              when any key in it is one of his (or)
 *
 * Ranges are kept minimal: a range that admits everyone says nothing and is left out; one that contains another says less
 * than it and is left out. So equal meaning has equal form, and no range at all means everyone.
 *
 * Owner    values; sets and texts live in the arena given at making, or wherever the maker keeps them.
 * Threads  values; any. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define LABEL_CONFIDENTIALITY_MAX 3 /* 1 low, 2 middle, 3 high */
#define LABEL_INTEGRITY_MAX 2       /* 1 low, 2 high */
#define LABEL_AVAILABILITY_MAX 2
#define LABEL_SET_MAX 256u /* words of one set, ranges of one label */
/* The key of everybody in a range; the others are made by label/audience.h. */
#define LABEL_EVERYONE "*"

/* Words sorted bytewise, each once. */
struct label_set {
    const char *const *at;
    size_t n;
};

struct label {
    int confidentiality, integrity, availability;
    struct label_set restrictions;  /* ids, like "role-holders-only" */
    const struct label_set *ranges; /* keys that admit; sorted; minimal as said above */
    size_t n_ranges;                /* 0: everyone may read */
    struct label_set originators;   /* "unit:…", "person:…", "record:…"; whoever made or gave what is in it. No audience tells them apart */
};

enum { LABEL_E_LEVEL = 1, LABEL_E_LIMIT };

/* Sorted and without doubles; the words themselves stay borrowed. LABEL_E_LIMIT: more than LABEL_SET_MAX. -ENOMEM. */
MUST_CHECK int label_set_make(struct arena *a, const char *const *words, size_t n,
                              struct label_set *ret);
bool label_set_has(struct label_set s, const char *word);
bool label_set_within(struct label_set inner, struct label_set outer);
int label_set_cmp(struct label_set a, struct label_set b);

/* A label in its one form, without originators. LABEL_E_LEVEL: a level out of its bounds. LABEL_E_LIMIT. -ENOMEM. */
MUST_CHECK int label_make(struct arena *a, int confidentiality, int integrity, int availability,
                          struct label_set restrictions, const struct label_set *ranges,
                          size_t n_ranges, struct label *ret);
/* The label of what is made of both. LABEL_E_LIMIT: then nothing may be made of both. -ENOMEM. */
MUST_CHECK int label_join(struct arena *a, const struct label *x, const struct label *y,
                          struct label *ret);
/* `x` asks for no more than `y`: what is x may be where y may be. */
bool label_le(const struct label *x, const struct label *y);
bool label_eq(const struct label *x, const struct label *y);

/* 機密性2（中）・完全性2（高）・可用性2（高） */
int label_print_ja(const struct label *l, struct buf *out);
/* C2I2A2 */
int label_print_short(const struct label *l, struct buf *out);

/* ---- Traffic Light Protocol 2.0 (FIRST, August 2022), for what is shared with others ---- */
enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED }; /* stricter later */
const char *tlp_name(enum tlp t);                                        /* "TLP:AMBER+STRICT" */
/* With or without "TLP:", either case. false: none of them. */
bool tlp_parse(struct str s, enum tlp *ret);
/* How labels are marked on the outside: the mark of each confidentiality, of what nobody is kept from and of what has restrictions or a
 * readable range. */
struct tlp_map {
    enum tlp mark[LABEL_CONFIDENTIALITY_MAX][2]; /* [confidentiality - 1][kept] */
};
/* The loosest there is: confidentiality 1 GREEN (publication is a decision of its own, so never CLEAR), 2 AMBER, kept AMBER+STRICT, 3 RED. */
extern const struct tlp_map tlp_map_default;
enum tlp tlp_of(const struct tlp_map *map, const struct label *l);
/* By that one: what a label is marked with unless a directive says a stricter mark. */
enum tlp tlp_default(const struct label *l);
